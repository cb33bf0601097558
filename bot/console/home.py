"""Home: what is open, how the bot is doing, what could not be answered, whether everything is running."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, render_template, request, url_for

from bot.calendar import words
from bot.calendar.hours import LibraryCalendar
from bot.console import costs
from bot.console.access import ADMINISTRATOR, VIEWER, allows, may
from bot.console.desk import Desk, desk
from bot.console.places import state_words
from bot.console.words import OUTCOMES, channel_name, topic_name
from bot.retraining import hiding
from bot.store import door, library, statistics, threads_shown
from bot.store.statistics import Figures

DAYS = (7, 30, 90)
PARTS = {"store": "Database", "queue": "Queue", "rasa": "Rasa", "actions": "Actions", "worker": "Workers"}
SHARES = ("answered", "unsure", "out_of_scope", "handed", "kept", "failed")


def add(pages: Blueprint) -> None:
    """Add the page."""

    @pages.get("/")
    @allows(VIEWER)
    def home() -> str:
        at = desk()
        days = request.args.get("days", 30, type=int)
        days = days if days in DAYS else 30
        begin = at.midnight(at.today() - timedelta(days=days - 1))
        figures = statistics.figures(at.engine, begin, at.now() + timedelta(minutes=1), at.zone)
        calendar = LibraryCalendar(library.read_facts(at.engine, at.zone))
        now = at.local(at.now())
        return render_template(
            "console/home.html",
            days=days,
            since=begin.date().isoformat(),
            choices=DAYS,
            figures=figures,
            shares=_shares(figures),
            charts=_charts(figures, at, days),
            open_now=[_place(calendar, place.key, now, at) for place in calendar.facts.places],
            on=[each for each in calendar.facts.conditions if calendar.holds(each.key, now)],
            channels=statistics.channel_states(at.engine, at.on, at.now()),
            each_answer=statistics.messages_an_answer(at.engine, begin, at.now() + timedelta(minutes=1)),
            given=statistics.help_given(at.engine, begin, at.now() + timedelta(minutes=1)),
            staff_awaited=sum(figures.asked_for.values()),
            in_danger=threads_shown.in_danger(at.engine),
            knocked=door.held_up(at.engine, at.now() - timedelta(hours=24)) if may(ADMINISTRATOR) else [],
            missed=_missed(at, begin),
            month=costs.this_month(at),
        )

    @pages.get("/health")
    @allows(VIEWER)
    def health() -> str:
        # Loaded separately from the page: a part that hangs must not hold up everything else.
        return render_template("console/health.html", parts=desk().health(), names=PARTS)


def _missed(at: Desk, begin: datetime) -> list[tuple[str, int, int]]:
    """Return what the bot had no answer to: redacted text, how often, a person's ID."""
    found = statistics.not_answered(at.engine, begin)
    words = hiding.words(at.engine, ((each.inbox_id, each.text) for each in found))
    return [(words[each.inbox_id].lower(), each.times, each.person_id) for each in found]


def _place(calendar: LibraryCalendar, key: str, now: datetime, at: Desk) -> dict[str, Any]:
    state = calendar.state(key, now)
    said = words.periods(calendar.day(key, at.today()).periods)
    return {"place": state.place, "open": state.is_open, "state": state_words(state, at), "today": said}


def _shares(figures: Figures) -> list[tuple[str, str, int, int]]:
    """Return each outcome with its name, count, and share in percent."""
    whole = sum(figures.outcomes.values()) or 1
    found = [(key, name, figures.outcomes.get(key, 0)) for key, name in OUTCOMES.items() if key in SHARES]
    return [(key, name, number, round(100 * number / whole)) for key, name, number in found]


def _charts(figures: Figures, at: Desk, days: int) -> list[dict[str, Any]]:
    """Return charts as the browser draws them, each with the same numbers as a table for those who can't see it."""
    dates = [at.today() - timedelta(days=days - 1 - number) for number in range(days)]
    names = sorted({name for day in figures.by_day.values() for name in day} | set(at.on))
    by_day = [
        {"label": channel_name(name), "data": [figures.by_day.get(on, {}).get(name, 0) for on in dates]}
        for name in names
    ]
    hours = [{"label": "Messages", "data": list(figures.by_hour)}]
    topics = [{"label": "Messages", "data": [number for _, number in figures.topics]}]
    found = "console.conversations"
    days_lead = [url_for(found, since=on.isoformat(), until=on.isoformat()) for on in dates]
    since, until = dates[0].isoformat(), dates[-1].isoformat()
    topics_lead = [url_for(found, topic=name, since=since, until=until) for name, _ in figures.topics]
    return [
        _chart(
            "days", "Messages a day", [on.strftime("%-d %b") for on in dates], by_day, stacked=True, leads=days_lead
        ),
        _chart("hours", "By hour of the day", [f"{hour}:00" for hour in range(24)], hours),
        _chart(
            "topics",
            "What they ask about",
            [topic_name(name) for name, _ in figures.topics],
            topics,
            across=True,
            leads=topics_lead,
        ),
    ]


def _chart(
    key: str,
    title: str,
    labels: list[str],
    sets: list[dict[str, Any]],
    *,
    stacked: bool = False,
    across: bool = False,
    leads: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a chart; `leads`: for each label the page of the conversations behind it."""
    drawn = json.dumps({"labels": labels, "sets": sets, "stacked": stacked, "across": across, "leads": list(leads)})
    rows = [
        (label, [each["data"][number] for each in sets], leads[number] if leads else "")
        for number, label in enumerate(labels)
    ]
    total = sum(sum(each["data"]) for each in sets)
    return {"key": key, "title": title, "drawn": drawn, "sets": sets, "rows": rows, "total": total}
