"""Votes in the chat: whose words are one ("vote 17", "投17"), and which of many look bought."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.folding import folded

# A button's payload for a vote; words that are one are turned into it.
PAYLOAD = "/contest_vote"
LONGEST = 60
_NUMBER = r"(?:#|no\.?|nr\.?|number|num)? ?#? ?(\d{1,6})"
_WHAT = r"(?:the )?(?:photo|pic|picture|image|entry|one|submission)?"
_COURTESY = r"(?:please|pls|plz|thanks|thank you|thx|hi|hello|hey|ok|okay)"
_ENGLISH = re.compile(
    rf"(?:{_COURTESY}[ ,!]{{0,3}}){{0,3}}(?:i(?: would|'d)? ?(?:want to|wanna|like to|will|'ll)? ?|my )?"
    rf"(?:re-?)?vot(?:e|es|ed|ing)"
    rf"(?: goes| is)?:? ?(?:for|to|4)? ?{_WHAT} ?{_NUMBER}(?:[ ,!.]{{0,3}}{_COURTESY}){{0,3}}[ !.]{{0,5}}"
    rf"|(?:change|switch|move) my vote (?:to|for) ?{_WHAT} ?{_NUMBER}[ !.]{{0,5}}"
    rf"|{_WHAT} ?{_NUMBER} (?:gets|has) my vote[ !.]{{0,5}}"
)
_CHINESE = re.compile(
    r"(?:你好|唔該|麻煩|請|请|[,，、\s]){0,6}(?:我)?(?:想|要|會|会|改)?(?:為|为)?投(?:票|選|选)?(?:一票)?(?:俾|畀|比|給|给|咗|了|到|去)?"
    r"(?:第|編號|编号|作品|相片|照片|相|no\.?|#|\s){0,3}(\d{1,6})(?:號|号|張|张|個|个)?(?:作品|相片|照片|相)?\s?(?:一票)?"
    r"(?:啦|喇|吧|呀|啊|唔該|謝謝|谢谢|多謝|[!！。.\s]){0,4}"
)


def payload(number: int) -> str:
    """Return the payload of a button that votes for an entry."""
    return f"{PAYLOAD} {number}"


def tapped(choice: str | None) -> int | None:
    """Return the number of the entry that a payload votes for; None for any other payload."""
    name, _, number = (choice or "").partition(" ")
    return int(number) if name == PAYLOAD and number.isascii() and number.isdigit() and len(number) < 7 else None


def voted(text: str | None) -> int | None:
    """Return the number of the entry that words vote for; None if they are no vote, or say more than that."""
    words = folded(text) if text and len(text) <= 2 * LONGEST else ""
    if not words or len(words) > LONGEST:
        return None
    found = _ENGLISH.fullmatch(words) or _CHINESE.fullmatch(words)
    return next((int(each) for each in found.groups() if each), None) if found else None


@dataclass(frozen=True)
class Cast:
    """A vote as it stands: who gave it to which entry, when, and since when that person is known."""

    person_id: int
    entry_id: int
    at: datetime
    known_since: datetime


# Somebody who wrote for the first time so shortly before voting came in order to vote.
NEW = timedelta(minutes=30)
# So many of them for one entry within such a time do not come by chance.
MANY, WITHIN = 5, timedelta(hours=1)


def marked(votes: Iterable[Cast]) -> frozenset[int]:
    """Return the people whose votes look bought: many new accounts that vote for one entry within a short time.

    They are marked for staff to look at, and count as every other.
    """
    new: dict[int, list[Cast]] = {}
    for each in votes:
        if each.at - each.known_since < NEW:
            new.setdefault(each.entry_id, []).append(each)
    return frozenset(person for found in new.values() for person in _crowd(sorted(found, key=lambda each: each.at)))


def _crowd(votes: Sequence[Cast]) -> set[int]:
    """Return who of the new voters for one entry, in order of time, is one of MANY within the span."""
    found: set[int] = set()
    first = 0
    for last, vote in enumerate(votes):
        while vote.at - votes[first].at > WITHIN:
            first += 1
        if last - first + 1 >= MANY:
            found |= {each.person_id for each in votes[first : last + 1]}
    return found
