"""What templates say: moments in the library's zone, icons, names of channels and topics, differences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, url_for
from markupsafe import Markup

from bot.calendar import words
from bot.console.access import ADMINISTRATOR, LIBRARIAN, VIEWER, may
from bot.console.desk import desk
from bot.store import threads

VENDOR = Path(__file__).parent / "static" / "vendor"
CHANNELS = {"messenger": "Messenger", "whatsapp": "WhatsApp", "twilio": "WhatsApp (Twilio)"}
_NOT_TOLD = {"key", "position"}


def add(pages: Blueprint) -> None:
    """Give templates these words."""

    @pages.context_processor
    def helpers() -> dict[str, Any]:
        return {
            "icon": icon,
            "asset": asset,
            "when": when,
            "exactly": exactly,
            "day": day,
            "clock": clock,
            "channel_name": channel_name,
            "topic_name": topic_name,
            "why_name": why_name,
            "duration": words.duration,
            "remembered": remembered,
            "lasted": lasted,
            "may": may,
            "VIEWER": VIEWER,
            "LIBRARIAN": LIBRARIAN,
            "ADMINISTRATOR": ADMINISTRATOR,
            "differences": differences,
            "zone_name": str(desk().zone),
        }


@cache
def _svg(name: str) -> str:
    found = next(VENDOR.glob("icons-*")) / f"{name}.svg"
    return found.read_text(encoding="utf-8").replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)


def icon(name: str) -> Markup:
    """Return an icon, for eyes alone: words stand beside it or in the label around it."""
    return Markup(_svg(name))  # noqa: S704 - our own files


def asset(name: str) -> str:
    """Return the address of a static file; the file's own time is part of it, so that browsers may keep it."""
    path = Path(__file__).parent / "static" / name
    return url_for("console.static", filename=name, v=int(path.stat().st_mtime))


def when(moment: datetime | None) -> Markup | str:
    """Return a moment as people say it, in the library's zone: "today, 3 pm"."""
    if moment is None:
        return "never"
    local = desk().local(moment)
    said = f"{words.day_name(local.date(), desk().today())}, {words.clock(local)}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(local.isoformat(), exactly(moment), said)


def exactly(moment: datetime) -> str:
    """Return a moment to the second, in the library's zone."""
    return desk().local(moment).strftime("%Y-%m-%d %H:%M:%S")


def remembered(value: Any) -> Markup | str:
    """Return what a slot of the dialogue holds, as people say it: a span of time by its days and hours."""
    if value is None:
        return ""
    if isinstance(value, list):
        return Markup(", ").join(remembered(each) for each in value)
    if not (isinstance(value, Mapping) and {"starts", "ends", "grain"} <= value.keys()):
        return str(value)
    try:
        starts, ends = (datetime.fromisoformat(str(value[end])) for end in ("starts", "ends"))
    except ValueError:
        return str(value)
    if value["grain"] == "moment":
        return when(starts)
    if value["grain"] == "part":
        return when(starts) + Markup(" – ") + clock(ends)
    first, last = (desk().local(each).date() for each in (starts, ends - timedelta(microseconds=1)))
    return words.days(first, last, desk().today())


def day(on: date) -> str:
    """Return a date as people say it."""
    return words.day_name(on, desk().today())


def clock(moment: datetime) -> str:
    """Return the time of a moment in the library's zone: "3.30 pm"."""
    return words.clock(desk().local(moment))


def channel_name(name: str) -> str:
    """Return a channel as people call it."""
    return CHANNELS.get(name, name)


def topic_name(name: str | None) -> str:
    """Return an intent as people call it."""
    if name == "nlu_fallback":
        return "Not sure"
    return (name or "nothing").replace("_", " ").capitalize()


def lasted(seconds: float | None) -> str:
    """Return how long something took; a dash where nothing is known."""
    return words.duration(timedelta(seconds=seconds)) if seconds is not None else "–"


WHY = {
    threads.DISTRESS: "Words of distress",
    threads.CONTACT: "Asked for a person",
    threads.FAILURES: "Not understood twice",
    threads.LATER: "Wants an answer later",
    threads.COMPLAINT: "Feedback or a complaint",
    threads.STEPPED_IN: "Staff stepped in",
    threads.OUTSIDE: "Answered in the platform's own inbox",
}


def why_name(why: str) -> str:
    """Return why a conversation is with the staff, as they call it."""
    return WHY.get(why, topic_name(why))


def differences(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[tuple[str, str, str]]:
    """Return what a change changed: (field, before, after) as text."""
    before, after = before or {}, after or {}
    names = [name for name in {**before, **after} if name not in _NOT_TOLD]
    found = [(name, _shown(before.get(name)), _shown(after.get(name))) for name in names]
    return [each for each in found if each[1] != each[2]]


def _shown(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
