"""Events: a list, a monthly calendar, a form, and all of them as a calendar file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, request

from bot.calendar import ical, words
from bot.calendar.facts import Event, Occurrence
from bot.calendar.occurrences import live, next_occurrences, occurrences, problem
from bot.calendar.posters import pictured
from bot.calendar.repeats_said import said
from bot.console import editing, event_repeats, months, screens
from bot.console.access import VIEWER, allows
from bot.console.desk import Desk, desk
from bot.console.editing import SAMPLE, Editor, Preview
from bot.console.forms import Field
from bot.store import library
from bot.store.content import edit
from bot.store.content.schema import Record
from connectors.messages import Card, Link, Reply

SHOWN_DAYS = 90
MOST_SHOWN = 100
MOMENT = timedelta(microseconds=1)  # an event that begins and ends at midnight is on that day


def _fields(_at: Desk) -> Sequence[Field]:
    return [
        Field("title", "Title", required=True),
        Field("starts", "Begins", "moment", required=True),
        Field("ends", "Ends", "moment", required=True),
        Field("all_day", "Whole days", "tick", "Ends is then the midnight after the last day."),
        Field("place", "Where"),
        Field("description", "What it is", "area", "Two or three sentences."),
        Field("type", "Type", help="workshop, exhibition, talk, tour: what students may ask for."),
        Field("audience", "For whom"),
        Field("price", "Price", help="“free”, or what it costs. Empty: the bot says that it does not know."),
        Field("capacity", "Places", "number"),
        Field("registration_url", "Registration", placeholder="https://…"),
        Field("url", "Page", placeholder="https://…"),
        Field("image_url", "Picture", placeholder="https://…"),
        *event_repeats.FIELDS,
        Field("draft", "It is a draft", "tick", "The bot does not tell of it to anybody until the tick is taken away."),
        Field("live_from", "Told from", "moment", "Before this moment the bot does not tell of it. Empty: at once."),
        Field("cancelled", "It is cancelled", "tick", "The bot says so to whoever asks."),
        SAMPLE,
    ]


def _preview(at: Desk, record: Record, was: str | None) -> Sequence[Preview]:
    facts = edit.facts_with(at.engine, at.zone, "events", record, was=was)
    event = pictured(next(each for each in facts.events if each.uid == record["key"]), at.public_url)
    coming = next_occurrences([event], at.now(), 3)
    if event.cancelled:
        return [Preview("Cancelled", f"{event.title} is cancelled.")]
    if not coming:
        if event.rrule and event.starts > at.now():
            return [Preview("Never", "Every day on which it would take place is left out.")]
        return [Preview("Over", "It lies in the past, and the bot does not name it any more.")]
    times = [words.span(each.starts, each.ends, at.today(), all_day=event.all_day) for each in coming]
    links = [Link(label, url) for label, url in (("Sign up", event.registration_url), ("More", event.url)) if url]
    subtitle = " · ".join(filter(None, (times[0], event.place)))
    reply = Reply(cards=(Card(event.title, subtitle, event.image_url or None, tuple(links)),))
    found = _untold(event, at)
    found += [Preview("Takes place", event_repeats.dates(event, at))] if event.rrule else []
    found.append(Preview("Next", "\n".join(times)))
    for name, channel in at.channels.items():
        shown = [screens.screen(name, call.body) for call in screens.render(channel, [reply])]
        found.append(Preview(name.capitalize(), screens=tuple(shown)))
    return found


def _untold(event: Event, at: Desk) -> list[Preview]:
    """Return what says that an event is not told of yet, and what keeps it."""
    if event.draft:
        return [Preview("A draft", "The bot tells nobody of it. What follows is what it will say.")]
    if event.live_from and event.live_from > at.now():
        begins = words.moment(event.live_from.astimezone(at.zone), at.today())
        return [Preview("Not yet", f"The bot tells nobody of it before {begins}. What follows is what it will say.")]
    return []


def _as_entry(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's fields as an entry. The poster has a form of its own, and stays."""
    stored = edit.entry(desk().engine, "events", request.args.get("name") or request.args.get("like") or "")
    return {**event_repeats.as_entry(written), "poster": stored["poster"] if stored else ""}


def _beginning(at: Desk, asked: Mapping[str, str]) -> Mapping[str, Any]:
    if asked.get("like"):
        stored = edit.entry(at.engine, "events", asked["like"])
        if stored:
            return {**edit.as_written("events", stored), "title": f"{stored['title']} (copy)"}
    begins = at.local(at.now()).replace(hour=14, minute=0, second=0, microsecond=0) + timedelta(days=7)
    with suppress(ValueError):
        begins = begins.combine(date.fromisoformat(asked.get("on", "")), begins.timetz())
    return {"starts": begins, "ends": begins + timedelta(hours=1), "audience": "everyone at the university"}


EVENTS = Editor(
    slug="events",
    kind="events",
    noun="event",
    called_by="title",
    fields=_fields,
    preview=_preview,
    beginning=_beginning,
    as_entry=_as_entry,
    as_form=event_repeats.as_form,
    wrong=event_repeats.wrong,
    more="console.events_poster",
    more_title="Poster",
)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/events")
    @allows(VIEWER)
    def events() -> str:
        at = desk()
        if request.args.get("view") == "month":
            return _calendar(at)
        past = request.args.get("past") == "yes"
        now = at.local(at.now())
        if past:
            found = _on(at, now - timedelta(days=SHOWN_DAYS), now)[::-1]
        else:
            found = _on(at, now, now + timedelta(days=SHOWN_DAYS))
        rows = [
            (each, words.span(each.starts, each.ends, at.today(), all_day=each.event.all_day))
            for each in found[:MOST_SHOWN]
        ]
        return render_template(
            "console/events.html",
            rows=rows,
            more=len(found) > MOST_SHOWN,
            past=past,
            days=SHOWN_DAYS,
            spoilt=_spoilt(at),
            cancelled=_cancelled(at),
            untold=lambda event: "draft" if event.draft else "not told yet" if not live([event], now) else "",
            repeats=lambda event: said(event.rrule, event.starts, at.today()),
        )

    @pages.get("/events/calendar.ics")
    @allows(VIEWER)
    def events_file() -> Response:
        facts = library.read_facts(desk().engine, desk().zone)
        headers = {"Content-Disposition": 'attachment; filename="library-events.ics"'}
        return Response(
            ical.write(tuple(each for each in facts.events if not each.draft)),
            headers=headers,
            content_type="text/calendar; charset=utf-8",
        )

    editing.add(pages, EVENTS)


def _on(at: Desk, starts: datetime, ends: datetime) -> list[Occurrence]:
    """Return the events between two moments that match the search, cancelled ones too, so that staff can find them."""
    wanted = request.args.get("q", "").strip().casefold()
    events = [replace(each, cancelled=False) for each in library.read_facts(at.engine, at.zone).events]
    found = [each for each in events if wanted in f"{each.title} {each.type}".casefold()]
    return list(occurrences(found, starts, ends))


def _cancelled(at: Desk) -> set[str]:
    return {each.uid for each in library.read_facts(at.engine, at.zone).events if each.cancelled}


def _spoilt(at: Desk) -> list[Event]:
    """Return the events whose recurrence rule cannot be read."""
    return [each for each in library.read_facts(at.engine, at.zone).events if problem(each)]


def _calendar(at: Desk) -> str:
    """Return the page of a month: each day with its events, earliest first."""
    month = months.month(request.args.get("month"), at.today())
    found = _on(at, at.midnight(month.begin), at.midnight(month.end + timedelta(days=1)))
    days = [
        [
            {
                "date": on,
                "entries": [
                    (each, "" if each.event.all_day or each.starts.date() < on else words.clock(each.starts))
                    for each in found
                    if each.starts.date() <= on and max(each.ends, each.starts + MOMENT) > at.midnight(on)
                ],
                "outside": on.month != month.first.month,
            }
            for on in week
        ]
        for week in month.weeks
    ]
    return render_template(
        "console/events_month.html", month=month, days=days, today=at.today(), cancelled=_cancelled(at)
    )
