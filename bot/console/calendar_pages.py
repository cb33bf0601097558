"""The calendar: hours, terms, closures, conditions and events by week, month and year, and one day of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template, request

from bot.calendar import words
from bot.calendar.facts import Facts
from bot.console import calendar_change, calendar_copy, months
from bot.console.access import VIEWER, allows
from bot.console.calendar_cells import DAY, cells, week_rows
from bot.console.desk import Desk, desk
from bot.store import audit, library

VIEWS = {"week": "Week", "month": "Month", "year": "Year"}
FIRST, LAST = date(2000, 1, 1), date(2200, 12, 31)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/calendar")
    @allows(VIEWER)
    def calendar() -> str:
        at = desk()
        facts = library.read_facts(at.engine, at.zone)
        view = request.args.get("view", "month")
        show = {"week": _week, "year": _year}.get(view, _month)
        on, place = asked_day(at), asked_place(facts)
        title, earlier, later, shown = show(facts, on, place)
        return render_template(
            "console/calendar.html",
            view=view if view in VIEWS else "month",
            views=VIEWS,
            on=on,
            today=at.today(),
            place=place,
            places=facts.places,
            period=title,
            earlier=earlier,
            later=later,
            done=_done(at),
            **shown,
        )

    @pages.get("/calendar/day")
    @allows(VIEWER)
    def calendar_day() -> str:
        at = desk()
        facts = library.read_facts(at.engine, at.zone)
        on, place = asked_day(at), asked_place(facts)
        return render_template(
            "console/calendar_day.html",
            on=on,
            title=words.full_date(on, at.today()),
            place=place,
            places=facts.places,
            cell=cells(facts, [on])[0],
            rows=week_rows(facts, [on], place),
            earlier=on - DAY,
            later=on + DAY,
        )

    calendar_change.add(pages)
    calendar_copy.add(pages)


def asked_day(at: Desk) -> date:
    """Return the day that the page's address names; today if it names none."""
    on = at.today()
    with suppress(ValueError):
        on = date.fromisoformat(request.args.get("on", ""))
    return min(max(on, FIRST), LAST)


def asked_place(facts: Facts) -> str:
    """Return the place that the page's address names; "" for all."""
    wanted = request.args.get("place", "")
    return wanted if wanted in {each.key for each in facts.places} else ""


def _week(facts: Facts, on: date, place: str) -> tuple[str, date, date, dict[str, Any]]:
    monday = on - timedelta(days=on.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    title = f"{days[0]:%-d %B} – {days[-1]:%-d %B %Y}"
    shown = {"cells": cells(facts, days, place), "rows": week_rows(facts, days, place)}
    return title, on - timedelta(days=7), on + timedelta(days=7), shown


def _month(facts: Facts, on: date, place: str) -> tuple[str, date, date, dict[str, Any]]:
    month = months.month(f"{on:%Y-%m}", on)
    found = cells(facts, [each for week in month.weeks for each in week], place, month=month.first)
    weeks = [found[number : number + 7] for number in range(0, len(found), 7)]
    earlier = (month.first - DAY).replace(day=1)
    return f"{on:%B %Y}", earlier, (month.first + timedelta(days=32)).replace(day=1), {"weeks": weeks}


def _year(facts: Facts, on: date, place: str) -> tuple[str, date, date, dict[str, Any]]:
    found = []
    starts, ends = on.replace(month=1, day=1), on.replace(month=12, day=31)
    every = [starts + timedelta(days=number) for number in range((ends - starts).days + 1)]
    # Terms and events last for weeks: in a year they would colour every day.
    known = {each.date: each for each in cells(replace(facts, terms=()), every, place)}
    for number in range(1, 13):
        month = months.month(f"{on.year}-{number:02}", on)
        weeks = [[known.get(each) if each.month == number else None for each in week] for week in month.weeks]
        found.append({"first": month.first, "weeks": weeks})
    terms = sorted((each for each in facts.terms if each.starts <= ends and each.ends >= starts), key=_begins)
    earlier, later = on.replace(year=max(on.year - 1, 2000), day=1), on.replace(year=min(on.year + 1, 2200), day=1)
    return f"{on.year}", earlier, later, {"year": found, "terms": terms}


def _begins(each: Any) -> date:
    starts: date = each.starts
    return starts


def _done(at: Desk) -> list[dict[str, Any]]:
    """Return the changes that were just made in one go, to be undone."""
    batch = request.args.get("done", "")
    return audit.page(at.engine, batch=batch, limit=500) if batch else []
