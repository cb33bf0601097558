"""Figures: a period beside the one before it, as tables, as CSV files, and as a monthly report to be printed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request, url_for

from bot.console import months
from bot.console.access import VIEWER, allows
from bot.console.desk import Desk, desk
from bot.console.forms import DAY_NAMES
from bot.console.tables import as_csv
from bot.console.words import OUTCOMES, age, channel_name, language_name, topic_name
from bot.retraining import hiding
from bot.store import missed, trends
from bot.store.trends import Trend

DAYS = (7, 30, 90)
MOST_IN_REPORT = 10


@dataclass(frozen=True)
class Row:
    """A figure of a period, that of the period before, and the conversations behind it ("" if none can be shown)."""

    name: str
    now: int
    before: int
    address: str = ""

    @property
    def change(self) -> str:
        """Return the change in percent, as it is read; "" if there is nothing to compare with."""
        if not self.before:
            return "new" if self.now else ""
        percent = round(100 * (self.now - self.before) / self.before)
        return f"{percent:+d} %".replace("-", "−") if percent else "the same"


@dataclass(frozen=True)
class Table:
    """A table of figures."""

    key: str
    title: str
    column: str
    rows: tuple[Row, ...]


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/figures")
    @allows(VIEWER)
    def figures() -> str:
        at, days = desk(), _days()
        first, last = _period(at, days)
        now, before = _both(at, first, last)
        tables = _tables(now, before, first, last)
        return render_template(
            "console/trends.html",
            tables=tables,
            now=now,
            before=before,
            days=days,
            choices=DAYS,
            helped=_helped(now, before),
        )

    @pages.get("/figures.csv")
    @allows(VIEWER)
    def figures_csv() -> Response:
        at = desk()
        first, last = _period(at, _days())
        now, before = _both(at, first, last)
        wanted = request.args.get("table", "")
        found = [each for each in _tables(now, before, first, last) if wanted in {"", each.key}]
        if not found:
            abort(404)
        rows = [(each.title, row.name, row.now, row.before, row.change) for each in found for row in each.rows]
        columns = ("table", "what", f"{first} to {last}", "as many days before", "change")
        return as_csv(f"figures-{wanted or 'all'}-{first}", columns, rows)

    @pages.get("/report")
    @allows(VIEWER)
    def report() -> str:
        at = desk()
        month = months.month(request.args.get("month"), (at.today().replace(day=1) - timedelta(days=1)))
        first, last = month.first, month.first.replace(day=28) + timedelta(days=4)
        last = last - timedelta(days=last.day)
        earlier = date.fromisoformat(f"{month.earlier}-01")
        now, before = _trend(at, first, last), _trend(at, earlier, first - timedelta(days=1))
        groups = [
            each
            for each in missed.groups(at.engine, at.midnight(first))
            if each.first_at < at.midnight(last + timedelta(days=1))
        ]
        groups = groups[:MOST_IN_REPORT]
        words = hiding.words(at.engine, [each.wordings[0] for each in groups])
        return render_template(
            "console/report.html",
            month=month,
            is_over=last < at.today(),
            tables=_tables(now, before, first, last),
            now=now,
            before=before,
            helped=_helped(now, before),
            missed=[(words[each.wordings[0][0]], each) for each in groups],
        )


def _days() -> int:
    days = request.args.get("days", 30, type=int)
    return days if days in DAYS else 30


def _period(at: Desk, days: int) -> tuple[date, date]:
    return at.today() - timedelta(days=days - 1), at.today()


def _both(at: Desk, first: date, last: date) -> tuple[Trend, Trend]:
    """Return the figures of the days from `first` to `last`, and of as many days before."""
    length = (last - first).days + 1
    return _trend(at, first, last), _trend(at, first - timedelta(days=length), first - timedelta(days=1))


def _trend(at: Desk, first: date, last: date) -> Trend:
    return trends.trend(at.engine, at.midnight(first), at.midnight(last + timedelta(days=1)), at.zone)


def _tables(now: Trend, before: Trend, first: date, last: date) -> list[Table]:
    since, until = first.isoformat(), last.isoformat()

    def named(key: str, title: str, column: str, mine: Any, earlier: Any, called: Any, asked: str) -> Table:
        names = sorted({*mine, *earlier}, key=lambda name: (-mine.get(name, 0), -earlier.get(name, 0), name))
        rows = (
            Row(
                called(name),
                mine.get(name, 0),
                earlier.get(name, 0),
                _lead(asked, name, since, until),
            )
            for name in names
        )
        return Table(key, title, column, tuple(rows))

    def counted(key: str, title: str, column: str, names: list[str], mine: Any, earlier: Any) -> Table:
        return Table(key, title, column, tuple(map(Row, names, mine, earlier)))

    hours = [f"{hour}:00" for hour in range(24)]
    outcomes = {name: now.outcomes.get(name, 0) for name in OUTCOMES if name in now.outcomes or name in before.outcomes}
    return [
        named(
            "outcomes",
            "How it went",
            "Outcome",
            outcomes,
            before.outcomes,
            lambda name: OUTCOMES.get(name, name),
            "outcome",
        ),
        named("topics", "What they ask about", "Topic", now.topics, before.topics, topic_name, "topic"),
        named("channels", "By channel", "Channel", now.channels, before.channels, channel_name, "channel"),
        named("languages", "By language", "Language", now.languages, before.languages, language_name, "language"),
        counted("weekdays", "By weekday", "Day", list(DAY_NAMES), now.weekdays, before.weekdays),
        counted("hours", "By hour of the day", "Hour", hours, now.hours, before.hours),
    ]


def _lead(asked: str, name: str, since: str, until: str) -> str:
    """Return the page of the conversations behind a figure; "" if it has no name to look for."""
    wanted: dict[str, Any] = {asked: name, "since": since, "until": until}
    return url_for("console.conversations", **wanted) if name else ""


def _helped(now: Trend, before: Trend) -> list[tuple[str, str, str]]:
    """Return how staff helped: (what, now, before)."""

    def lasted(seconds: float | None) -> str:
        return age(timedelta(seconds=seconds)) if seconds is not None else "–"

    def rated(trend: Trend) -> str:
        given = trend.help.good + trend.help.poor
        return f"{trend.help.good} of {given}" if given else "–"

    return [
        ("Asked for a person, or were taken over", str(now.help.asked), str(before.help.asked)),
        ("Answered by staff", str(now.help.answered), str(before.help.answered)),
        ("First word after (median)", lasted(now.help.waited), lasted(before.help.waited)),
        ("Closed after (median)", lasted(now.help.took), lasted(before.help.took)),
        ("It helped", rated(now), rated(before)),
    ]
