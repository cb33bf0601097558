"""An hour that somebody has in mind ("you close at 11, right?", "open till 10?"), checked against the real one."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from actions.hours_polarity import ends_in_tag, wants_a_time
from actions.questions import Question
from actions.saying import Say
from actions.spans import Span
from bot.calendar.facts import DAY, Place

_HALF_DAY = DAY // 2
# Hours after midnight, up to this one, count towards the previous day.
_NIGHT_ENDS = 6
_A_TIME = r"[^.?!,;]{0,25}?(?:\d|\bnoon\b|\bmidnight\b)"
_CLOSES = re.compile(
    rf"\b(?:clos(?:e|es|ing)|shuts?|lock(?:s|ing)? up)\b(?!\s+(?:to|earl\w+|late\w*)\b){_A_TIME}", re.I
)
_OPENS = re.compile(rf"\bopens?\b\s+(?:\w+\s+){{0,2}}?(?:at|from|by|around|about)?\s*{_A_TIME}", re.IGNORECASE)
_IS_OPEN = re.compile(r"\b(?:is|are|r|be|still|stay|stays|was|were)\b[^.?!]{0,30}\bopen\b", re.IGNORECASE)
_DOES_OPEN = re.compile(r"\b(?:do|does|did|don't|doesn't)\b[^.?!]{0,30}\bopen\b|\bopens\b", re.IGNORECASE)
_OPENS_BEFORE = re.compile(r"\bopens?\b[^.?!]{0,20}\bbefore\b", re.IGNORECASE)
_EITHER = re.compile(r"\d\s*(?:[ap]m)?\s+or\s+\d", re.IGNORECASE)


def stated(question: Question, place: Place, span: Span) -> list[Say]:
    """Return a yes, or a no with the real hour, if the message states when a place opens or closes; otherwise []."""
    if span.grain != "moment" or question.doubt:
        return []
    which = _which(question, span)
    if not which:
        return []
    said = span.ends if span.until else span.starts
    early = which == "closes" and said.hour < _NIGHT_ENDS
    day = said.date() - timedelta(days=1 if early else 0)
    hours = question.calendar_on(day).day(place.key, day)
    if hours.closed or hours.all_day or day < question.today:
        return []
    true = hours.periods[0].opens if which == "opens" else hours.periods[-1].closes
    minutes = said.hour * 60 + said.minute + (DAY if early else 0)
    at = datetime.combine(day, time(), tzinfo=question.now.tzinfo) + timedelta(minutes=true)
    values = {"place": place.name, "at": question.moment(at)}
    response = "utter_hours_opens" if which == "opens" else "utter_hours_closes"
    if which == "opens" and span.until:
        return [Say(f"{response}_yes" if true < minutes else f"{response}_no", values)]
    if span.until:
        return [Say(f"{response}_no", values)] if true < minutes else []
    if _EITHER.search(question.plain):
        return [Say(response, values)]
    right = (true - minutes) % (_HALF_DAY if span.guessed else DAY) == 0
    return [Say(f"{response}_yes" if right else f"{response}_no", values)]


def _which(question: Question, span: Span) -> str:
    """Return "opens" or "closes" for what the message states about a place; "" if it asks for something else."""
    text = question.plain
    if span.until:
        opens = _OPENS_BEFORE.search(text) and not _IS_OPEN.search(text)
        return "opens" if opens else "closes" if "open" in question.words and "before" not in question.words else ""
    if wants_a_time(question):
        return ""
    if _CLOSES.search(text):
        return "closes"
    if _OPENS.search(text) and not _IS_OPEN.search(text) and (_DOES_OPEN.search(text) or ends_in_tag(question)):
        return "opens"
    return ""
