"""The place that is being talked about: one that somebody has named, or that the last answer sends them to.

What it is asked next ("r they open", "where is that") is asked of that place; and where it is closed at that moment, so
much is said at once, so that nobody walks to a shut desk.
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
# Floors inside the library; LG1 has the Learning Commons, which has a door of its own.
_FLOOR = re.compile(r"\bLG[2-9]\b|\b\d/F\b")
# "The Information Desk can tell you": somebody who may know, and no place to go to for the thing itself.
_MAY_KNOW = re.compile(
    r"\b(?:can|may|might|will|would) (?:also )?(?:tell|know|help|say)\b|\bask the\b"
    r"|[請请][問问]|告[訴诉]|知道|[詢询][問问]"
)
# "the Makerspace", "the Media Room", "the recording studio".
_ROOM = re.compile(
    r"\bthe (?P<room>[A-Za-z]+space|[A-Za-z]+ (?:room|studio|lounge|zone|lab|office|centre))\b", re.IGNORECASE
)
# Paragraphs that say that a place is closed now, …
_SAYS_SHUT = frozenset({SHUT_NOW, "utter_hours_closed", "utter_hours_closed_no", "utter_hours_closed_yes"})
_NOW = Part("part_now")
# … and such as send people to another place than the one that was asked for.
_ELSEWHERE = ("utter_hours_elsewhere", "utter_hours_afterwards")


def closed_now(question: Question, says: Sequence[Say]) -> list[Say]:
    """Return the sentence about the first place named in `says` that is closed now; [] for none.

    A desk before the building, and of several desks the one that is asked about; nothing of a place of which that was
    said in the turn before.
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
    return []


def at_hand(question: Question, says: Sequence[Say], slots: Mapping[str, Any]) -> dict[str, Any]:
    """Return, for the slot `before`, the place that is talked about once `says` are said.

    `place` is its key, `aside` whether it was only named as one that may know, `shut` the key of one that was said to
    be closed now, `room` what has no hours on record at all. `where` is what "where is that" means, by its name in both
    languages: the place that people are sent on to, if any; and for one without hours of its own, what it is in.
    """
    text, room = _text(says), ""
    if "time" in slots:  # hours
        place, aside = _of_key(question, slots.get("place")), False
        room = "" if question.places else question.room
        on = _in_order(question, _text([say for say in says if say.response.startswith(_ELSEWHERE)]))
        where = on[0] if on else place
    else:
        place, aside = _sent_to(question, says)
        where = place
        if place and place.kind == "place" and question.library.main in question.places:
            place = question.library.main  # who asked of the library goes on with it, "that" may be what was added
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
    """Return the place that an answer sends to, and whether it only may know: the one that was named, a shut one, …

    … the desk that is named last, or else the only place that is named.
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
    """Return the only room that a text names and that is no place on record: "the Makerspace"."""
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
    """Return the places with hours of their own that a text names, the one that is named last at the end."""
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
