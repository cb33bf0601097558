"""Contradictions in content between fields and between entries, each of them valid by itself."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator

from bot.calendar.hours import folded
from bot.dangers import CARE
from bot.store.contacts import NAMED
from bot.store.content.problems import Content, Problem
from bot.store.content.schema import Record

# Topics of answers that no question has: said while the bot is out of order, about the contest, when staff take
# over, and to somebody in danger.
_CONTEST = ("contest_news", "contest_entering", "contest_reason", "contest_told")
UNASKED = ("holding", *_CONTEST, "handover", "privacy", CARE)


def contradictions(content: Content) -> Iterator[Problem]:
    """Yield contradictions between fields and between entries."""
    for kind, name, record in _records(content):
        key = record["key"]
        for first, last in (("starts", "ends"), ("opens", "closes"), ("voting_opens", "voting_closes")):
            if record.get(first) and record.get(last) and record[last] < record[first]:
                text = f"{record[last]} is before {first}, {record[first]}"
                yield Problem(*content.at(kind, name, last), f"{key}.{last}", text)
        for where, place in _references(kind, record):
            if not content.knows("places", place):
                shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)
                text = _no_such(place, content.records["places"], "place")
                yield Problem(*content.at(kind, name, *where), f"{key}{shown}", text)
    yield from _of_places(content)
    yield from _of_names(content)
    yield from _of_topics(content)
    yield from _of_contacts(content)


def _records(content: Content) -> Iterator[tuple[str, str, Record]]:
    for kind, records in content.records.items():
        for name, record in records.items():
            yield kind, name, record


def _references(kind: str, record: Record) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if kind == "places" and record["parent"]:
        yield ("parent",), record["parent"]
    if kind == "exceptions":
        yield from ((("places", number), place) for number, place in enumerate(record["places"]))
    if kind == "conditions":
        yield from ((("effects", number, "place"), each["place"]) for number, each in enumerate(record["effects"]))


def _no_such(name: str, known: Collection[str], what: str) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}."
    return f'there is no {what} "{name}"; {hint}'


def _of_places(content: Content) -> Iterator[Problem]:
    places = content.records["places"]
    for key, record in places.items():
        for term in record["term_weeks"]:
            if not content.knows("terms", term):
                at = content.at("places", key, "term_hours", term)
                yield Problem(*at, f"{key}.term_hours", _no_such(term, content.records["terms"], "term"))
        line, parent = {key}, record["parent"]
        while parent in places:
            if parent in line:
                at = content.at("places", key, "parent")
                yield Problem(*at, f"{key}.parent", "the parents go round in a circle; one of them must have none")
                break
            line.add(parent)
            parent = places[parent]["parent"]


def _of_topics(content: Content) -> Iterator[Problem]:
    overviews: dict[tuple[str, str], str] = {}
    for name, record in content.records["answers"].items():
        if not record["overview"]:
            continue
        topic = (record["topic"], record["language"])
        if topic in overviews:
            text = f"the topic has an overview already, {overviews[topic]}; leave overview out here"
            yield Problem(*content.at("answers", name, "overview"), f"{record['key']}.overview", text)
        overviews[topic] = record["key"]


def _of_contacts(content: Content) -> Iterator[Problem]:
    """Yield contacts that a text names but that don't exist."""
    for name, record in content.records["answers"].items():
        for key in NAMED.findall(record["text"]):
            if key not in content.records["contacts"]:
                text = _no_such(key, content.records["contacts"], "contact")
                yield Problem(*content.at("answers", name, "text"), f"{record['key']}.text", text)


def _of_names(content: Content) -> Iterator[Problem]:
    """Yield names and aliases that would refer to two places at once."""
    taken: dict[str, str] = {}
    for key, record in content.records["places"].items():
        for called in (key, record["name"]):
            other = taken.setdefault(folded(called), key)
            if other != key:
                text = f'"{called}" means {other} too; a name means one place'
                yield Problem(*content.at("places", key, "name"), f"{key}.name", text)
    for key, record in content.records["places"].items():
        for number, alias in enumerate(record["aliases"]):
            other = taken.setdefault(folded(alias), key)
            if other != key:
                text = f'"{alias}" means {other} too; leave it out here or there'
                yield Problem(*content.at("places", key, "aliases", number), f"{key}.aliases[{number}]", text)


def unknown_topics(content: Content, topics: Collection[str]) -> Iterator[Problem]:
    """Yield topics that no question has, once per file."""
    known, told = [*topics, *UNASKED], set()
    for name, record in content.records["answers"].items():
        topic, file = record["topic"], content.places["answers", name][0]
        if not topics or topic in known or (file, topic) in told:
            continue
        told.add((file, topic))
        near = difflib.get_close_matches(topic, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "it should be one of the intents in domain.yml."
        written = "topic" in content.written["answers", name]
        at = content.at("answers", name, "topic") if written else (file, 1)
        whence = "" if written else " by the file's name"
        yield Problem(*at, f"{record['key']}.topic", f'there is no topic "{topic}"{whence}; {hint}')
