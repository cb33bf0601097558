"""Places, their weekly hours, and the terms in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template, request

from bot.calendar import words
from bot.calendar.facts import DAY
from bot.calendar.hours import DayHours, LibraryCalendar, OpenState
from bot.console import editing
from bot.console.access import VIEWER, allows
from bot.console.desk import Desk, desk
from bot.console.editing import SAMPLE, Editor, Preview
from bot.console.forms import Field, Option, options
from bot.store import library
from bot.store.content import edit
from bot.store.content.schema import Record


def state_words(state: OpenState, at: Desk) -> str:
    """Return, in words, whether a place is open, and until when or when it opens next."""
    if state.is_open:
        return f"Open until {words.moment(state.until, at.today())}" if state.until else "Open round the clock"
    opens = f"opens {words.moment(state.opens, at.today())}" if state.opens else "it is not known until when"
    reason = f" ({state.why.reason})" if state.why.reason and state.why.kind not in {"usual", "term"} else ""
    return f"Closed{reason}, {opens}"


def bars(day: DayHours) -> list[tuple[float, float]]:
    """Return the start and length of a day's periods, in percent of the day from midnight."""
    return [
        (period.opens / DAY * 100, (min(period.closes, DAY) - period.opens) / DAY * 100)
        for period in day.periods
        if period.opens < DAY
    ]


def _options(at: Desk, kind: str, empty: str) -> tuple[Option, ...]:
    return (Option("", empty), *(Option(each["key"], each["name"]) for each in edit.entries(at.engine, kind)))


def _place_fields(at: Desk) -> Sequence[Field]:
    terms = [(each["key"], each["name"]) for each in edit.entries(at.engine, "terms")]
    return [
        Field("name", "Name", required=True),
        Field("kind", "Kind", "choose", options=options(("place", "A place"), ("service", "A service in a place"))),
        Field("parent", "Part of", "choose", options=_options(at, "places", "nothing: it stands for itself")),
        Field("own_hours", "It has hours of its own", "tick", "Otherwise it keeps those of what it is part of."),
        Field("hours", "Every week", "week"),
        *(
            field
            for key, name in terms
            for field in (
                Field(f"differs_{key}", f"Other hours in {name}", "tick"),
                Field(f"term_{key}", f"Every week in {name}", "week"),
            )
        ),
        Field("aliases", "Other names", "lines", "What students call it, one a line: lib, the commons, LC."),
        Field("where", "Where it is", help="As the bot says it: on the ground floor, left of the entrance."),
        Field("address", "Address"),
        Field("map_url", "Map", placeholder="https://…"),
        Field("note", "To be said besides", "area", "Said whenever somebody asks: bring your card after 11 pm."),
        SAMPLE,
    ]


def _as_entry(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's fields as an entry: the tick boxes decide which weeks apply."""
    entry = {name: value for name, value in written.items() if not name.startswith(("differs_", "term_"))}
    if not entry.pop("own_hours", False):
        entry["hours"] = None
    entry["parent"] = entry.get("parent") or None
    entry["term_hours"] = {
        name.removeprefix("term_"): week
        for name, week in written.items()
        if name.startswith("term_") and written.get(f"differs_{name.removeprefix('term_')}")
    }
    return entry


def _as_form(entry: Mapping[str, Any]) -> dict[str, Any]:
    terms = entry.get("term_hours") or {}
    found = {name: value for name, value in entry.items() if name != "term_hours"}
    found["own_hours"] = entry.get("hours") is not None
    for key, week in terms.items():
        found |= {f"differs_{key}": True, f"term_{key}": week}
    return found


def _place_preview(at: Desk, record: Record, was: str | None) -> Sequence[Preview]:
    calendar = LibraryCalendar(edit.facts_with(at.engine, at.zone, "places", record, was=was))
    return hours_said(at, calendar, record["key"])


def hours_said(at: Desk, calendar: LibraryCalendar, key: str) -> list[Preview]:
    """Return what is said about a place's hours: now, this week, and next week if it differs."""
    place, today = calendar.place(key), at.today()
    if place.week is None and place.parent is None:
        return [Preview(place.name, "No hours are known, and the bot says so.")]
    this, following = (calendar.week(key, today + timedelta(days=days)) for days in (0, 7))
    found = [
        Preview("Asked now", f"{place.name}: {state_words(calendar.state(key, at.local(at.now())), at)}."),
        Preview("This week", words.week(this)),
    ]
    if [day.periods for day in this] != [day.periods for day in following]:
        found.append(Preview("Next week", words.week(following)))
    return found


def _term_preview(at: Desk, record: Record, was: str | None) -> Sequence[Preview]:
    calendar = LibraryCalendar(edit.facts_with(at.engine, at.zone, "terms", record, was=was))
    concerned = [place for place in calendar.facts.places if record["key"] in place.term_weeks]
    if not concerned:
        return [Preview("Nothing differs yet", "Open a place and give it other hours in this term.")]
    return [Preview(place.name, words.week(calendar.week(place.key, record["starts"]))) for place in concerned]


PLACES = Editor(
    slug="places",
    kind="places",
    noun="place",
    called_by="name",
    fields=_place_fields,
    preview=_place_preview,
    help="The hours of a usual week. A day that differs once is a closure, a stretch of dates that differs is a term, "
    "and a typhoon is a special condition: none of them needs a change here.",
    as_entry=_as_entry,
    as_form=_as_form,
)
TERMS = Editor(
    slug="terms",
    kind="terms",
    noun="term",
    called_by="name",
    fields=lambda _at: [
        Field("name", "Name", required=True, placeholder="Summer term"),
        Field("starts", "First day", "day", required=True),
        Field("ends", "Last day", "day", required=True),
        SAMPLE,
    ],
    preview=_term_preview,
    help="A stretch of dates in which places have other hours than usually. Add it here, then open each place that "
    "differs and tick the term there.",
)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/places")
    @allows(VIEWER)
    def places() -> str:
        at = desk()
        calendar = LibraryCalendar(library.read_facts(at.engine, at.zone))
        now = at.local(at.now())
        weeks = int(request.args.get("weeks", 0, type=int))
        day = at.today() + timedelta(weeks=max(-52, min(52, weeks)))
        rows = [
            {
                "place": place,
                "state": state_words(calendar.state(place.key, now), at),
                "open": calendar.state(place.key, now).is_open,
                "week": [(each, words.periods(each.periods), bars(each)) for each in calendar.week(place.key, day)],
            }
            for place in calendar.facts.places
        ]
        return render_template("console/places.html", rows=rows, weeks=weeks)

    @pages.get("/terms")
    @allows(VIEWER)
    def terms() -> str:
        return render_template("console/terms.html", terms=edit.entries(desk().engine, "terms"))

    editing.add(pages, PLACES)
    editing.add(pages, TERMS)
