"""Meta's message templates, the same on Messenger and WhatsApp: in which language, and with what in it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.plain_words import one_line
from connectors.splitting import shorten

# The longest body of a template, and so the longest text that may go into it.
BODY = 1024
# Meta's codes for each of our languages, the closest first.
_READ: Mapping[str, tuple[str, ...]] = {
    "zh-Hant": ("zh_HK", "zh_TW"),
    "zh-Hans": ("zh_CN",),
    "en": ("en", "en_GB", "en_US"),
}


def approved_for(language: str, approved: Sequence[str]) -> str:
    """Return which of a template's approved languages somebody reads, the first one if none."""
    return next((each for each in _READ.get(language, ()) if each in approved), approved[0])


def filled(name: str, language: str, text: str) -> dict[str, Any]:
    """Return an approved template with `text` as its one variable, cut to its length.

    A variable can't contain line breaks, tabs or more than four consecutive spaces.
    """
    parameter = {"type": "text", "text": shorten(one_line(text), BODY)}
    return {
        "name": name,
        "language": {"code": language},
        "components": [{"type": "body", "parameters": [parameter]}],
    }
