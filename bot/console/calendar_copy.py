"""Last year's closures once more: moved to this year's days, shown and corrected, then stored in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from bot.calendar.holidays import suggestions
from bot.console.access import LIBRARIAN, allows, me
from bot.console.changes import new_batch
from bot.console.closures import KINDS
from bot.console.desk import Desk, desk
from bot.console.forms import key_for
from bot.store.content import edit
from bot.store.content.hours import spelt_out
from bot.store.content.schema import Record

MOST = 200


@dataclass(frozen=True)
class Moved:
    """A closure of the year before, with the form's fields for the new one, and what is wrong with them.

    `there`: the new year has it already. `holiday`: its date was taken from the public holidays. `dropped`: it was a
    public holiday, and the new year has none of that name.
    """

    old: Record
    values: Mapping[str, str]
    ticked: bool
    there: bool = False
    holiday: bool = False
    dropped: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/calendar/copy")
    @allows(LIBRARIAN)
    def calendar_copy_page() -> str:
        at = desk()
        year = _year(at)
        return _page(at, year, moved(edit.entries(at.engine, "exceptions"), year))

    @pages.post("/calendar/copy")
    @allows(LIBRARIAN)
    def calendar_copy_save() -> Any:
        at = desk()
        year, entries = _year(at), edit.entries(at.engine, "exceptions")
        taken, records, shown = {each["key"] for each in entries}, [], []
        for number, each in enumerate(moved(entries, year)):
            values = {name: request.form.get(f"{name}-{number}", "").strip() for name in each.values}
            ticked = f"take-{number}" in request.form and request.form.get(f"of-{number}") == each.old["key"]
            written = {
                **edit.as_written("exceptions", each.old),
                **values,
                "hours": spelt_out(values["hours"]),
                "key": key_for(f"{values['reason']} {values['starts']}", taken),
            }
            checked = edit.check(at.engine, "exceptions", written) if ticked else None
            problems = {**checked.doubts, **checked.problems} if checked else {}
            if checked and not problems:
                taken.add(checked.record["key"])
                records.append((checked.record, None))
            shown.append(replace(each, values=values, ticked=ticked, problems=problems))
        if any(each.problems for each in shown):
            return _page(at, year, shown), 422
        if not records:
            flash("Tick what is to be copied.", "danger")
            return _page(at, year, shown), 422
        batch = new_batch()
        edit.save_all(at.engine, "exceptions", records, actor=me().name, now=at.now(), batch=batch)
        flash(f"{len(records)} closures of {year} are saved. The next answer uses them.", "success")
        return redirect(url_for("console.calendar", view="year", on=date(year, 1, 1), done=batch))


def _year(at: Desk) -> int:
    year = request.args.get("year", at.today().year + 1, type=int)
    return min(max(year, 2001), 2200)


def _page(at: Desk, year: int, found: list[Moved]) -> str:
    names = {each["key"]: each["name"] for each in edit.entries(at.engine, "places")}
    return render_template(
        "console/calendar_copy.html", year=year, found=found, kinds=KINDS, names=names, this_year=at.today().year
    )


def moved(entries: list[Record], year: int) -> list[Moved]:
    """Return the closures that begin in the year before `year`, in order, each moved to `year`.

    A public holiday, known by its reason, is moved to its own date; anything else to the same date.
    """
    holidays = {each.reason: each.starts for each in suggestions(year)}
    earlier = {each.reason for each in suggestions(year - 1)}
    there = [each for each in entries if each["starts"].year == year]
    found = []
    for old in sorted((each for each in entries if each["starts"].year == year - 1), key=lambda each: each["starts"]):
        starts = holidays.get(old["reason"], _same_day(old["starts"], year))
        values = {
            "starts": starts.isoformat(),
            "ends": (starts + (old["ends"] - old["starts"])).isoformat(),
            "reason": old["reason"],
            "hours": old["hours"],
        }
        known = any(
            each["reason"] == old["reason"] and set(each["places"]) == set(old["places"]) and _near(each, starts)
            for each in there
        )
        holiday = old["reason"] in holidays
        dropped = old["reason"] in earlier and not holiday
        found.append(Moved(old, values, not known and not dropped, known, holiday, dropped))
    return found[:MOST]


def _near(each: Record, starts: date) -> bool:
    return bool(abs((each["starts"] - starts).days) <= 31)


def _same_day(on: date, year: int) -> date:
    return on.replace(year=year, day=28) if (on.month, on.day) == (2, 29) else on.replace(year=year)
