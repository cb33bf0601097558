"""HTML and entities in a calendar's texts as plain text: what students read has no tags."""

from __future__ import annotations

import html
import re

_HIDDEN = re.compile(r"<(style|script|head|title)\b", re.IGNORECASE)
_LINK = re.compile(
    r"""<a\b[^<>]{0,500}?\bhref\s*=\s*["']?(https?://[^\s"'<>]{1,2000})[^<>]{0,500}>([^<]*)</a\s*>""", re.IGNORECASE
)
_BREAK = re.compile(r"</?(?:p|br|div|tr|table|ul|ol|h[1-6]|blockquote|hr|section|article)\b[^<>]*>", re.IGNORECASE)
_ITEM = re.compile(r"<li\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(
    r"<(?:/?(?:a|abbr|address|b|big|body|button|center|cite|code|col|colgroup|dd|dl|dt|em|figure|font|footer|form|head|"
    r"header|html|i|iframe|img|input|label|li|link|main|mark|meta|nav|o:p|object|pre|s|script|small|span|strike|strong|"
    r"style|sub|sup|tbody|td|tfoot|th|thead|title|u|video|wbr)\b[^<>]*|!--[^<>]*--|!doctype[^<>]*|!\[[^<>]*\])>",
    re.IGNORECASE,
)
# Only with its semicolon: "&copy=2" in a URL is not a copyright sign.
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060\ufeff]")
_TIMES = 3  # "&amp;nbsp;" was escaped twice


def plain(text: str) -> str:
    """Return a text without markup, its lines and links kept."""
    if "<" in text:
        text = _LINK.sub(_linked, _shown(text))
        text = _TAG.sub("", _BREAK.sub("\n", _ITEM.sub("\n• ", text)))
    for _ in range(_TIMES):
        found = _ENTITY.sub(lambda each: html.unescape(each[0]), text)
        if found == text:
            break
        text = found
    if "<" in text:  # escaped tags, too
        text = _TAG.sub("", _BREAK.sub("\n", _ITEM.sub("\n• ", text)))
    lines = (" ".join(line.split()) for line in _INVISIBLE.sub("", text).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _linked(matched: re.Match[str]) -> str:
    address, words = html.unescape(matched[1]), " ".join(matched[2].split())
    return words if not words or address.rstrip("/").endswith(words.rstrip("/")) else f"{words} ({address})"


def _shown(text: str) -> str:
    """Return a text without what a browser doesn't show: styles, scripts, the head."""
    parts, at = [], 0
    folded = text.lower()
    while (matched := _HIDDEN.search(text, at)) is not None:
        end = folded.find(f"</{matched[1].lower()}", matched.end())
        if end < 0:
            break
        parts.append(text[at : matched.start()])
        close = text.find(">", end)
        at = close + 1 if close >= 0 else len(text)
    return "".join([*parts, text[at:]])
