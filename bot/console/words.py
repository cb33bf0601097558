"""Template helpers: moments in the library's time zone, icons, names of channels and topics, stored values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, g, has_app_context, url_for
from markupsafe import Markup

from bot import dangers
from bot.calendar import words
from bot.console.access import ADMINISTRATOR, LIBRARIAN, VIEWER, may
from bot.console.desk import desk
from bot.store import threads, topics

VENDOR = Path(__file__).parent / "static" / "vendor"
CHANNELS = {"messenger": "Messenger", "whatsapp": "WhatsApp", "twilio": "WhatsApp (Twilio)"}
# What became of a message, in one set of words for every page and export.
OUTCOMES = {
    "answered": "Answered",
    "unsure": "Asked back",
    "out_of_scope": "Beyond the library",
    "handed": "Handed to a person",
    "kept": "With a person already",
    "failed": "Not answered in time",
    "stopped": "Wants no answers",
    "stale": "Too late for the bot",
    "waiting": "Not answered yet",
    "joined": "Answered together with the next",
    "recorded": "Needs no answer",
}
NOT_TOLD = {"key", "position", "undo"}


def add(pages: Blueprint) -> None:
    """Make these helpers available to templates."""

    @pages.context_processor
    def helpers() -> dict[str, Any]:
        return {
            "icon": icon,
            "asset": asset,
            "when": when,
            "exactly": exactly,
            "day": day,
            "clock": clock,
            "channel_name": channel_name,
            "topic_name": topic_name,
            "outcome_name": outcome_name,
            "language_name": language_name,
            "why_name": why_name,
            "is_danger": is_danger,
            "age": age,
            "remembered": remembered,
            "lasted": lasted,
            "may": may,
            "VIEWER": VIEWER,
            "LIBRARIAN": LIBRARIAN,
            "ADMINISTRATOR": ADMINISTRATOR,
            "zone_name": str(desk().zone),
        }


@cache
def _svg(name: str) -> str:
    found = next(VENDOR.glob("icons-*")) / f"{name}.svg"
    return found.read_text(encoding="utf-8").replace("<svg", '<svg aria-hidden="true" focusable="false"', 1)


def icon(name: str) -> Markup:
    """Return a purely visual icon: there is text beside it or in the label around it."""
    return Markup(_svg(name))  # noqa: S704 - our own files


def asset(name: str) -> str:
    """Return the URL of a static file, including its modification time, so that browsers may cache it."""
    path = Path(__file__).parent / "static" / name
    return url_for("console.static", filename=name, v=int(path.stat().st_mtime))


def when(moment: datetime | None) -> Markup | str:
    """Return a moment in readable form, in the library's time zone: "today, 3 pm"."""
    if moment is None:
        return "never"
    local = desk().local(moment)
    said = f"{words.day_name(local.date(), desk().today())}, {words.clock(local)}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(local.isoformat(), exactly(moment), said)


def exactly(moment: datetime) -> str:
    """Return a moment to the second, in the library's time zone."""
    return desk().local(moment).strftime("%Y-%m-%d %H:%M:%S")


def remembered(value: Any) -> Markup | str:
    """Return a dialogue slot's value in readable form: a time span by its days and hours."""
    if value is None:
        return ""
    if isinstance(value, list):
        return Markup(", ").join(remembered(each) for each in value)
    if not (isinstance(value, Mapping) and {"starts", "ends", "grain"} <= value.keys()):
        return str(value)
    try:
        starts, ends = (datetime.fromisoformat(str(value[end])) for end in ("starts", "ends"))
    except ValueError:
        return str(value)
    if value["grain"] == "moment":
        return when(starts)
    if value["grain"] == "part":
        return when(starts) + Markup(" – ") + clock(ends)
    first, last = (desk().local(each).date() for each in (starts, ends - timedelta(microseconds=1)))
    return words.days(first, last, desk().today())


def day(on: date) -> str:
    """Return a date in readable form."""
    return words.day_name(on, desk().today())


def clock(moment: datetime) -> str:
    """Return the time of a moment in the library's time zone: "3.30 pm"."""
    return words.clock(desk().local(moment))


def channel_name(name: str) -> str:
    """Return a channel's display name."""
    return CHANNELS.get(name, name)


def topic_name(name: str | None) -> str:
    """Return an intent's display name: its label, if it has one."""
    if name == "nlu_fallback":
        return "Not sure"
    if name == "out_of_scope":
        return "Beyond the library"
    if has_app_context() and name in (called := _called()):
        return called[name]
    return (name or "nothing").replace("_", " ").capitalize()


def _called() -> dict[str, str]:
    """Return the display names of topics, looked up once per request."""
    if "topics" not in g:
        g.topics = {each.name: each.called for each in topics.every(desk().engine).values()}
    found: dict[str, str] = g.topics
    return found


LANGUAGES = {"en": "English", "zh-Hant": "Traditional Chinese", "zh-Hans": "Simplified Chinese", "": "Not known yet"}


def language_name(language: str) -> str:
    """Return a language's name, in English."""
    return LANGUAGES.get(language, language)


def outcome_name(outcome: str) -> str:
    """Return what became of a message, in readable form."""
    return OUTCOMES.get(outcome, topic_name(outcome))


def lasted(seconds: float | None) -> str:
    """Return how long something took; a dash if unknown."""
    return age(timedelta(seconds=seconds)) if seconds is not None else "–"


def age(span: timedelta) -> str:
    """Return a length of time in its two largest units: "45 s", "7 min", "1 h 11 min", "2 d 3 h"."""
    seconds = max(0, int(span.total_seconds()))
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


WHY = {
    dangers.VIOLENCE: "Danger: violence or a threat",
    dangers.MEDICAL: "Danger: a medical emergency",
    dangers.FIRE: "Danger: fire, gas or a lift",
    dangers.SELF_HARM: "Danger: suicide or self-harm",
    dangers.HARASSMENT: "Danger: harassment",
    dangers.DISTRESS: "Words of distress",
    threads.CONTACT: "Asked for a person",
    threads.FAILURES: "Not understood",
    threads.LATER: "Wants an answer later",
    threads.COMPLAINT: "Feedback or a complaint",
    threads.STEPPED_IN: "Staff stepped in",
    threads.OUTSIDE: "Answered in the platform's own inbox",
    threads.TOO_LATE: "Came too late for the bot",
    threads.REPEATS: "The same words again and again",
}


def why_name(why: str) -> str:
    """Return why a conversation is with the staff, in readable form."""
    return WHY.get(why, topic_name(why))


def is_danger(why: str) -> bool:
    """Return whether a conversation is with the staff because somebody is in danger."""
    return why in dangers.DANGERS


_TOPICS = frozenset({"topic", "intent"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def shown(value: Any, name: str = "") -> str:
    """Return a stored value as it is read: lists line by line, what is inside of one by name, moments in words."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        inside = ((key, shown(each, str(key))) for key, each in value.items())
        return "; ".join(f"{str(key).replace('_', ' ')}: {each}" for key, each in inside if each)
    if isinstance(value, list):
        return "\n".join(shown(each, name) for each in value)
    return _said(str(value), name)


def _said(text: str, name: str) -> str:
    if name in _TOPICS:
        return topic_name(text)
    try:
        if _DAY.fullmatch(text):
            return words.full_date(date.fromisoformat(text), desk().today())
        if _MOMENT.fullmatch(text):
            moment = datetime.fromisoformat(text)
            local = desk().local(moment) if moment.tzinfo else moment
            return f"{words.full_date(local.date(), desk().today())}, {words.clock(local)}"
    except ValueError:
        return text
    return text.replace("_", " ") if re.fullmatch(r"[a-z]+(?:_[a-z]+)+", text) else text
