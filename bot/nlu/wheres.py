"""Messages that ask where "that" is without naming it: "wheres that", "which floor", "how do i get there", 喺邊.

They mean the place that the last answer named (actions.at_hand). If it named none, or one that only may know more,
"where is it" means the thing mentioned before.
"""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, Optional, Text

from bot.dangers import DANGERS
from bot.nlu.cantonese import spoken_as_written
from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.questions import asks, parts
from bot.nlu.readings import CHAT
from bot.nlu.script import folded, has_chinese
from bot.nlu.vague import thing
from bot.plain import plain

DIRECTIONS = "location_directions"
# A message that asks only this is no longer than this many characters.
LONGEST = 80
# The most words in a thing's name, and the most words of the previous question that may be used to name the thing.
SUBJECT, NAMED = 5, 2
# These topics have no location, or give it themselves.
_NOWHERE = CHAT | {*DANGERS} | {"", "out_of_scope", "sent_media", "events", "event_registration", "opening_hours"}

_LEAD = (
    r"(?:(?:and|n|so|ok|okay|but|btw|oh|umm?|er|pls|plz|please|sorry|lol|haha|wait|then|also|hmm+|actually|yes|yeah|thx"
    r"|thanks|thank (?:you|u)|ty|great|cool|nice)\b[\s,.!…]*){0,4}"
)
_THAT = (
    r"(?:it(?:'?s)?|that(?:'?s)?|this|they|those|these|them|there|the (?:place|room|spot|thing)"
    r"|(?:that|this) (?:place|room|one|thing))"
)
_TAIL = (
    r"(?: (?:tho|though|again|exactly|pls|plz|please|btw|located|then|at|ar|ah|la|lah|bro|actually|now|here"
    r"|in (?:the )?lib(?:rary)?|in here|(?:on|in) campus)){0,4}"
)
# Words that point to a place; "it" and "they" may just as well mean the thing mentioned before.
_POINTS = re.compile(r"\b(?:that(?:'?s)?|there|place|room|spot)\b|[嗰那果](?:度|[里裡裏边邊]|個地方|个地方)")
_FLOOR = r"(?:(?:on|at) )?(?:which|what|wat|wht|wich) (?:floor|level|lvl|lv)s?"
# What is asked: where it is, on which floor, how to get there; each with the words to put before the place's name.
_ASKED = (
    (
        re.compile(
            rf"{_LEAD}(?:(?:where|wheres|where's|whers|whr)(?: (?:is|are|r|s|(?:can|do) i (?:find|go)|to find))?"
            rf"(?: {_THAT})?|{_THAT}(?: is| are| r)? (?:where|whr)|(?:location|where ?abouts)(?: of {_THAT})?){_TAIL}"
        ),
        "where is the",
    ),
    (re.compile(rf"{_LEAD}{_FLOOR}(?: (?:is|are|r))?(?: {_THAT})?(?: on)?{_TAIL}"), "which floor is the"),
    (
        re.compile(rf"{_LEAD}{_THAT}(?: is| are)? on (?:which|what|wat) (?:floor|level|lvl|lv){_TAIL}"),
        "which floor is the",
    ),
    (
        re.compile(
            rf"{_LEAD}how (?:do|can|to|should|would|2)?(?: (?:i|we|u|you|one))?(?: (?:get|go|come|find|walk|reach))?"
            rf"(?: (?:to|down|up|over))? {_THAT}{_TAIL}"
        ),
        "how do i get to the",
    ),
)
_GOES = re.compile(r"\b(?:get|go|come|find|walk|reach)\b")
_CHINESE_LEAD = r"(?:咁|那么|那|请问|哦|噢|即系|但系|但是|所以|同埋|另外|不过|ok|[,，\s])*"
_CHINESE_THAT = r"(?:佢哋|佢|它们|它|嗰度|嗰个|呢个|呢度|果度|那里|那个|这个|这里|他们|地方|个)?"
_CHINESE_TAIL = r"(?:呀|啊|吖|㗎|嘅|的|呢|嚟|来|架|喎|先|[?？!！。.\s])*"
_CHINESE = (
    (
        re.compile(
            rf"{_CHINESE_LEAD}{_CHINESE_THAT}(?:其实|究竟)?(?:位置)?(?:喺|系|在|响)?(?:边度|边处|边到|边|哪里|哪儿|哪边|哪|咩地方|什么地方|何处)"
            rf"{_CHINESE_TAIL}"
        ),
        "喺邊度",
    ),
    (
        re.compile(
            rf"{_CHINESE_LEAD}{_CHINESE_THAT}(?:喺|系|在|响)?(?:几楼|几多楼|边层|边一层|哪层|哪一层|哪楼|边楼|几层){_CHINESE_TAIL}"
        ),
        "喺邊層",
    ),
    (
        re.compile(
            rf"{_CHINESE_LEAD}{_CHINESE_THAT}(?:应该)?(?:点样|点|怎么|怎样|如何)(?:先)?(?:可以)?(?:去|行去|行|过去|走|搵)(?:到)?{_CHINESE_THAT}{_CHINESE_TAIL}"
        ),
        "點去",
    ),
)


def asked_where(text: Text) -> Text:
    """Return the words with which a message asks where an unnamed thing is, such as "where is the"; otherwise "".

    One part of the message asks this, and the other parts ask nothing: "lol so expensive. where is it tho".
    """
    said = text[:MOST_CHARACTERS]
    pieces = [said[start:end] for start, end in parts(said)] or [said]
    found = [_asked(piece) for piece in pieces]
    others = [piece for piece, how in zip(pieces, found, strict=True) if not how]
    return "" if any(map(_asks_more, others)) else next((how for how in found if how), "")


def _asks_more(piece: Text) -> bool:
    """Return whether another part of a message asks something else; "so the 24h place?" only says which place."""
    return asks(piece) and (asks(piece.rstrip("?？!！. ")) or len(piece.split()) > SUBJECT)


def _asked(piece: Text) -> Text:
    if len(piece) > LONGEST:
        return ""
    if has_chinese(piece):
        told = folded(plain(piece).casefold()).strip()
        written = folded(spoken_as_written(plain(piece).casefold())).strip()
        return next((how for pattern, how in _CHINESE if pattern.fullmatch(told) or pattern.fullmatch(written)), "")
    told = re.sub(r"[\W_]+$", "", re.sub(r"\s+", " ", plain(piece).casefold().replace("’", "'"))).strip()
    how = next((how for pattern, how in _ASKED if pattern.fullmatch(told)), "")
    return "" if how.startswith("how") and not _GOES.search(told) else how


def points(text: Text) -> bool:
    """Return whether a message points to a place: "that", "there"."""
    return _POINTS.search(plain(text).casefold()) is not None


def where(text: Text, before: Mapping[Text, Any]) -> Optional[Dict[Text, Any]]:
    """Return what a message means that asks where "that" is: its intent, and `says`, the text with the name inserted.

    None if it asks something else, or nothing was mentioned before.
    """
    how = asked_where(text)
    if not how:
        return None
    at, chinese = before.get("at") or {}, has_chinese(how)
    place = at.get("where") or {}
    if place and (points(text) or not at.get("aside")):
        says = f"{place['said']}{how}" if chinese else f"{how} {place['name']}"
        return {"intent": DIRECTIONS, "says": says, "place": place["place"]}
    intent = str(before.get("intent") or "")
    if not before.get("text") or intent in _NOWHERE:
        return None
    of = thing(str(before["text"]))
    if 0 < len(of.split()) <= NAMED and not chinese:
        return {"intent": intent, "says": f"{how} {of}"}
    says = f"嗰個{how}" if chinese else {"which floor is the": "which floor is it on"}.get(how, "where is it")
    return {"intent": intent, "says": says, "after": str(before["text"])}
