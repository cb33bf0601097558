"""The current place: the one the conversation is about, because somebody named it or the last answer referred to it.

Follow-ups ("r they open", "where is that") are about this place. If it is closed at that moment, the reply says so at
once, so that nobody walks to a closed desk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from actions.questions import Question
from actions.saying import Part, Say, Value
from bot.calendar.facts import Place
from bot.pieces import sentences

SHUT_NOW = "utter_shut_now"
# Floors inside the library. LG1 is left out: it has the Learning Commons, which has its own entrance.
_FLOOR = re.compile(r"\bLG[2-9]\b|\b\d/F\b")
# "The Information Desk can tell you": a place that may know, not one to go to for the thing itself.
_MAY_KNOW = re.compile(
    r"\b(?:can|may|might|will|would) (?:also )?(?:tell|know|help|say)\b|\bask the\b"
    r"|[請请][問问]|告[訴诉]|知道|[詢询][問问]"
)
_TILL_WHEN = re.compile(r"\b(?:un)?till? (?:when|wen|wh?at time)\b|\bhow late\b")
# "the Makerspace", "the Media Room", "the recording studio".
_ROOM = re.compile(
    r"\bthe (?P<room>[A-Za-z]+space|[A-Za-z]+ (?:room|studio|lounge|zone|lab|office|centre))\b", re.IGNORECASE
)
# Responses that say that a place is closed now.
_SAYS_SHUT = frozenset({SHUT_NOW, "utter_hours_closed", "utter_hours_closed_no", "utter_hours_closed_yes"})
_NOW = Part("part_now")
# Responses that refer people to another place than the one they asked about.
_ELSEWHERE = ("utter_hours_elsewhere", "utter_hours_afterwards")


def closed_now(question: Question, says: Sequence[Say]) -> list[Say]:
    """Return the sentence about the first place named in `says` that is closed now, or [] if none is.

    Whoever asks until when ("till when do those at the desk give them out") is told how long an open desk is staffed.

    Desks come before the building and, among several desks, the one asked about comes first. A place that was already
    said to be closed in the previous turn is not repeated.
    """
    text = _text(says)
    main = question.library.main
    desks = _desks(question, text)
    asked = [place for place in desks if place in question.places]
    for place in asked or desks or ([main] if main and _FLOOR.search(text) else []):
        state = question.library.calendar.state(place.key, question.now)
        if not state.is_open:
            if state.opens is None or place.key == question.shut:
                return []
            return [Say(SHUT_NOW, {"place": place.name, "opens": question.moment(state.opens)})]
        if place.kind == "service" and state.until and _TILL_WHEN.search(question.plain):
            return [Say("utter_contact_staffed", {"place": place.name, "until": question.moment(state.until)})]
    return []


def at_hand(question: Question, says: Sequence[Say], slots: Mapping[str, Any]) -> dict[str, Any]:
    """Return the current place after `says`, for the slot `before`.

    `place` is its key; `aside` says whether it was only named as one that may know; `shut` is the key of a place said
    to be closed now; `room` is a room without hours on record. `where` is what "where is that" refers to, named in both
    languages: the place that people are referred to, if any. For a place without hours of its own, it is the place that
    contains it.
    """
    text, room = _text(says), ""
    if "time" in slots:  # a reply about hours
        place, aside = _of_key(question, slots.get("place")), False
        room = "" if question.places else question.room
        on = _in_order(question, _text([say for say in says if say.response.startswith(_ELSEWHERE)]))
        where = on[0] if on else place
    else:
        place, aside = _sent_to(question, says)
        where = place
        if place and place.kind == "place" and question.library.main in question.places:
            place = question.library.main  # the question was about the library, so it stays the current place
        room = "" if place and place.kind == "service" else _room(question, text)
    while where and not where.week:
        where = _of_key(question, where.parent)
    closed = [place for place in _in_order(question, text) if place.key == question.shut]
    shut = [say for say in says if say.response in _SAYS_SHUT and say.values.get("when", _NOW) == _NOW]
    closed += _in_order(question, _text(shut))
    found: dict[str, Any] = {
        "place": place.key if place else "",
        "aside": aside,
        "shut": closed[-1].key if closed else "",
        "room": room,
    }
    if room and (where is None or where == question.library.main):
        found["where"] = {"place": "", "name": room, "said": room}
    elif where:
        found["where"] = {"place": where.key, "name": where.name, "said": question.said(where.name)}
    return {name: value for name, value in found.items() if value}


def _sent_to(question: Question, says: Sequence[Say]) -> tuple[Place | None, bool]:
    """Return the place that an answer refers to, and whether it is only one that may know.

    In order: the place named in the question, a closed place, the desk named last, the only place named.
    """
    text, main = _text(says), question.library.main
    own = [place for place in question.places if place != main]
    if own:
        return own[-1], False
    shut = [place for say in says if say.response == SHUT_NOW for place in _in_order(question, _text([say]))]
    found = [place for place in _in_order(question, text) if place != main]
    desks = [place for place in found if place.kind == "service"]
    if shut or desks:
        place = shut[0] if shut else desks[-1]
    elif len(found) == 1:
        place = found[0]
    else:
        return None, False
    told = sentences(_text([say for say in says if say.response != SHUT_NOW]))
    naming = [each for each in told if any(name in each for name in _names(question, place))]
    return place, bool(naming) and all(_MAY_KNOW.search(each) for each in naming)


def _room(question: Question, text: str) -> str:
    """Return the only room in a text that is not a place on record ("the Makerspace"), or ""."""
    known = {
        name.casefold() for place in question.library.calendar.facts.places for name in (place.name, *place.aliases)
    }
    found = dict.fromkeys(each["room"] for each in _ROOM.finditer(text) if each["room"].casefold() not in known)
    return next(iter(found)) if len(found) == 1 else ""


def _desks(question: Question, text: str) -> list[Place]:
    places = question.library.calendar.facts.places
    desks = [place for place in places if place.kind == "service" and place.week]
    return [place for place in desks if any(name in text for name in _names(question, place))]


def _in_order(question: Question, text: str) -> list[Place]:
    """Return the places with hours of their own in a text, ordered by where they are last named."""
    places = [place for place in question.library.calendar.facts.places if place.week]
    last = {place.key: max(text.rfind(name) for name in _names(question, place)) for place in places}
    return sorted((place for place in places if last[place.key] >= 0), key=lambda place: last[place.key])


def _names(question: Question, place: Place) -> tuple[str, str]:
    return place.name, question.said(place.name)


def _of_key(question: Question, key: object) -> Place | None:
    return next((place for place in question.library.calendar.facts.places if place.key == key), None)


def _text(says: Sequence[Say]) -> str:
    return "\n".join(text for say in says for value in say.values.values() for text in _strings(value))


def _strings(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Part):
        for each in value.values.values():
            yield from _strings(each)
    else:
        for each in value:
            yield from _strings(each)
