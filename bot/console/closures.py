"""Exceptional days: a monthly calendar of closures and changed hours, with public holidays suggested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.calendar import words
from bot.calendar.holidays import suggestions
from bot.calendar.hours import LibraryCalendar
from bot.console import editing, months
from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.console.editing import SAMPLE, Editor, Preview
from bot.console.forms import Field, Option, key_for, options
from bot.store.content import edit
from bot.store.content.schema import Record

MOST_DAYS_SHOWN = 7
KINDS = {"closed": "Closed", "changed": "Other hours", "extended": "Open longer"}


def _fields(at: Desk) -> Sequence[Field]:
    places = tuple(Option(each["key"], each["name"]) for each in edit.entries(at.engine, "places"))
    return [
        Field("reason", "Reason", help="As the bot says it: Christmas Day, stocktaking.", required=True),
        Field("starts", "First day", "day", required=True),
        Field("ends", "Last day", "day", required=True),
        Field(
            "kind",
            "What happens",
            "choose",
            options=options(
                ("closed", "Closed"), ("changed", "These hours instead of the usual ones"), ("extended", "Open longer")
            ),
        ),
        Field("hours", "Hours", help="Where it is not closed: 10:00-16:00", placeholder="10:00-16:00"),
        Field(
            "places",
            "Where",
            "several",
            "None ticked: everywhere but where it is open round the clock.",
            options=places,
        ),
        SAMPLE,
    ]


def _preview(at: Desk, record: Record, was: str | None) -> Sequence[Preview]:
    before = LibraryCalendar(edit.facts_with(at.engine, at.zone, "exceptions", None, was=was))
    after = LibraryCalendar(edit.facts_with(at.engine, at.zone, "exceptions", record, was=was))
    days = (record["ends"] - record["starts"]).days + 1
    found = []
    for place in after.facts.places:
        lines = []
        for number in range(min(days, MOST_DAYS_SHOWN)):
            on = record["starts"] + timedelta(days=number)
            old, new = before.day(place.key, on), after.day(place.key, on)
            if old.periods != new.periods or old.why != new.why:
                usual = "" if old.periods == new.periods else f" (otherwise {words.periods(old.periods)})"
                lines.append(f"{words.full_date(on, at.today())}: {words.periods(new.periods)}{usual}")
        if lines:
            more = [f"… and {days - MOST_DAYS_SHOWN} days more"] if days > MOST_DAYS_SHOWN else []
            found.append(Preview(place.name, "\n".join([*lines, *more])))
    return found or [Preview("Nothing changes", "On these days the hours stay what they are.")]


def _beginning(_at: Desk, asked: Mapping[str, str]) -> Mapping[str, Any]:
    return {"starts": asked.get("on"), "ends": asked.get("on"), "kind": "closed", "reason": asked.get("reason", "")}


CLOSURES = Editor(
    slug="closures",
    kind="exceptions",
    noun="closure",
    called_by="reason",
    fields=_fields,
    preview=_preview,
    beginning=_beginning,
    help="What differs on some dates. The bot says the reason with the hours. A public holiday closes everything but "
    "what is open round the clock; tick a place to close that one too.",
)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/closures")
    @allows(VIEWER)
    def closures() -> str:
        at = desk()
        month = months.month(request.args.get("month"), at.today())
        entries = edit.entries(at.engine, "exceptions")
        suggested = [each for year in {month.begin.year, month.end.year} for each in suggestions(year)]
        days = [
            [
                {
                    "date": on,
                    "entries": [each for each in entries if each["starts"] <= on <= each["ends"]],
                    "suggested": [each for each in suggested if each.starts <= on <= each.ends],
                    "outside": on.month != month.first.month,
                }
                for on in week
            ]
            for week in month.weeks
        ]
        coming = sorted((each for each in entries if each["ends"] >= at.today()), key=lambda each: each["starts"])
        return render_template(
            "console/closures.html",
            days=days,
            month=month,
            today=at.today(),
            coming=coming,
            kinds=KINDS,
            left=_not_taken(at, entries),
        )

    @pages.post("/closures/holidays")
    @allows(LIBRARIAN)
    def take_holidays() -> Response:
        at = desk()
        left = _not_taken(at, edit.entries(at.engine, "exceptions"))
        for each in left:
            taken = [entry["key"] for entry in edit.entries(at.engine, "exceptions")]
            written = {"starts": each.starts, "ends": each.ends, "kind": "closed", "reason": each.reason}
            key = key_for(f"{each.reason} {each.starts.year}", taken)
            checked = edit.check(at.engine, "exceptions", {**written, "key": key})
            if not checked.problems:
                edit.save(at.engine, "exceptions", checked.record, was=None, actor=me().name, now=at.now())
        flash(f"{len(left)} public holidays are closures now. Each can be changed or removed.", "success")
        return redirect(url_for("console.closures"))

    editing.add(pages, CLOSURES)


def _not_taken(at: Desk, entries: Sequence[Record]) -> list[Any]:
    """Return the public holidays of the coming year that have no entry yet."""
    until = at.today() + timedelta(days=365)
    known = {each["starts"] for each in entries}
    coming = [each for year in (at.today().year, until.year) for each in suggestions(year)]
    return [each for each in dict.fromkeys(coming) if at.today() <= each.starts <= until and each.starts not in known]
