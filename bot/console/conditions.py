"""Special conditions: one big switch each, and what every place does while it is on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.calendar.hours import LibraryCalendar
from bot.console import editing
from bot.console.access import LIBRARIAN, VIEWER, allows
from bot.console.desk import Desk, desk
from bot.console.editing import SAMPLE, Editor, Preview
from bot.console.forms import Field, Option, options
from bot.console.places import state_words
from bot.store import library
from bot.store.content import edit
from bot.store.content.schema import Record

HOURS = (3, 6, 12)


def _fields(at: Desk) -> Sequence[Field]:
    places = tuple(Option(each["key"], each["name"]) for each in edit.entries(at.engine, "places"))
    return [
        Field("name", "Name", required=True, placeholder="Typhoon signal no. 8"),
        Field(
            "effects",
            "What each place does",
            "rows",
            "A place that stands nowhere here keeps its usual hours.",
            columns=(
                Field("place", "Place", "choose", options=(Option("", "–"), *places)),
                Field(
                    "does",
                    "Does",
                    "choose",
                    options=options(
                        ("closed", "closes"), ("as_usual", "stays open as usual"), ("changed", "has these hours")
                    ),
                ),
                Field("hours", "Hours", placeholder="10:00-16:00"),
                Field("note", "Said besides", placeholder="Please stay where you are safe."),
            ),
        ),
        SAMPLE,
    ]


def _as_entry(written: Any) -> dict[str, Any]:
    effects = [{"does": "closed", **each} for each in written["effects"] if each.get("place")]
    return {**written, "effects": effects}


def _preview(at: Desk, record: Record, was: str | None) -> Sequence[Preview]:
    return switched_on(at, record, was)


def switched_on(at: Desk, record: Record, was: str | None) -> list[Preview]:
    """Return what would be said about each place if the condition were switched on now."""
    now = at.now()
    on = {**edit.plain(record), "since": now, "until": None}
    facts = edit.facts_with(at.engine, at.zone, "conditions", on, was=was)
    calendar = LibraryCalendar(facts)
    touched = [each["place"] for each in record["effects"]]
    found = []
    for key in touched:
        state = calendar.state(key, at.local(now))
        note = f"\n{state.why.note}" if state.why.note else ""
        found.append(Preview(state.place.name, f"{state_words(state, at)}{note}"))
    return found or [Preview("Nothing happens", "No place does anything yet. Add what each place does.")]


CONDITIONS = Editor(
    slug="conditions",
    kind="conditions",
    noun="special condition",
    called_by="name",
    fields=_fields,
    preview=_preview,
    as_entry=_as_entry,
    help="Write down in quiet times what happens in a storm. When it comes, one switch changes every answer. The "
    "preview shows what would be said if it were switched on now.",
)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/conditions")
    @allows(VIEWER)
    def conditions() -> str:
        at = desk()
        holding = LibraryCalendar(library.read_facts(at.engine, at.zone))
        shown = [
            {
                "entry": each,
                "on": holding.holds(each["key"], at.now()),
                "says": switched_on(at, each, each["key"]),
            }
            for each in edit.entries(at.engine, "conditions")
        ]
        return render_template("console/conditions.html", conditions=shown, hours=HOURS)

    @pages.post("/conditions/switch")
    @allows(LIBRARIAN)
    def switch() -> Response:
        on, now = request.form.get("does") == "on", desk().now()
        hours = request.form.get("hours", type=int)
        until = now + timedelta(hours=hours) if on and hours in HOURS else None
        said = f"{{}} is {'on' if on else 'off'}. The next answer knows it."
        editing.change(CONDITIONS, request.form.get("name", ""), {"since": now if on else None, "until": until}, said)
        return redirect(url_for("console.conditions"))

    editing.add(pages, CONDITIONS)
