"""Times of the year in a question about hours that may not be on record: terms, holidays, years.

A mistaken "yes, open" sends people to closed doors. The reply therefore says first what is not on record, then gives
the usual hours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from actions.glossing import as_said, has_chinese
from actions.hours_beside import UNUSUAL
from actions.hours_days import line
from actions.questions import Question
from actions.saying import Say
from actions.spans import Span, day_span
from bot.calendar import words
from bot.calendar.facts import Place, Term
from bot.calendar.hours import DayHours

MOST_HOLIDAYS, LOOKED_AHEAD_DAYS = 6, 400
_LEADS = "the|a|an|my|our|your|ur|next|this|last|first|second|spring|fall|autumn|summer|winter|new|coming|final|mid"
# "the next spring term": no more than this many such words stand before a name.
_A = rf"(?:(?:{_LEADS}) ){{0,5}}"
_OF_TEACHING = r"(?:terms?|sem(?:ester)?s?|school|class(?:es)?|teaching|lectures?|exams?|finals)"
_OF_THE_YEAR = re.compile(
    rf"\b(?:first|last|final) (?:day|week)s? of (?:the )?(?:\w+ )?{_OF_TEACHING}\b"
    rf"|\b{_A}(?:exams?|examinations?|finals|mid-?terms?)(?: (?:periods?|weeks?|wk|seasons?|time|days?|break))?\b"
    rf"|\b{_A}(?:between )?(?:semesters?|sems?|terms?|trimesters?|inter-?session)"
    r"(?:[ -](?:break|holidays?|time|recess|start|starts|end|ends|vacation))?\b"
    r"|\b(?:reading|study|revision|recess|orientation|term|mid-term|summer|winter|spring|autumn|fall|sem)[ -]"
    r"(?:weeks?|wk|break|days?|recess|vacation|holidays?|session|camp|term)\b"
    r"|\b(?<!mid )(?<!mid-)(?:summer|winter|spring|autumn)\b(?! (?:solstice|roll|jacket))(?:[ -](?:hours?|time))?"
    r"|\b(?:golden week|o-?week|ocamp|orientation|graduation|congregation|commencement|convocation|open day|info day|"
    r"staff (?:training|retreat|meeting)|stock ?taking|maintenance|fire drill|ramadan|strike)"
    r"(?: (?:day|week|ceremony|period))?\b"
)
_TERMS = re.compile(r"\b(?:terms?|sem(?:ester)?s?|trimesters?|school|class(?:es)?|teaching|lectures?)\b")
_HOLIDAYS = re.compile(
    r"\b(?:public|bank|general|statutory|university|uni|school|official|gov(?:ernment)?|hk|hong kong) holi?days?\b|"
    r"\bholidays\b|\b(?:on|during|over) (?:a |the )?holiday\b|\bholiday (?:hours?|arrangements?|opening|schedule)\b|"
    r"\bred days?\b|\bdays? off\b|\bclosure days?\b|\bwhich days are you closed\b|\bnext clos(?:ure|ing day)\b",
)
_FOR_WHOM = re.compile(
    r"\b(?:for|as an?)\s+(?P<who>alumn(?:i|us|a)|visitors?|outsiders?|the public|non-?members?|guests?|retirees)\b"
)
# Stems that tell no term from another.
_COMMON = frozenset(("next", "last", "firs", "fina", "week", "brea", "this", "peri", "hour", "time"))


def time_not_on_record(question: Question) -> str:
    """Return the time of the year or the group of readers without hours on record, as it was written; "" if none."""
    text = question.plain
    match = _OF_THE_YEAR.search(text) or _FOR_WHOM.search(text)
    if match is None:
        return ""
    said = (match.groupdict().get("who") or match.group()).strip()
    named = re.sub(r"^(?:(?:the|a|an|my|our|your|ur|during|over|in|between)\s+)+", "", said)
    return as_said(question.text, named) if has_chinese(question.text) else named


def without_times_of_year(text: str, mark: str) -> str:
    """Return a plain text with each time of the year replaced by a mark."""
    return _OF_THE_YEAR.sub(mark, text)


def of_a_term(question: Question) -> tuple[Span, ...]:
    """Return the days of a term on record that the question names: all of it, or its first or last day or week."""
    text, terms = question.plain, question.library.calendar.facts.terms
    match = _OF_THE_YEAR.search(text)
    if match is None or not terms:
        return ()
    term = _term(match.group(), terms, question.today)
    if term is None:
        return ()
    zone = question.library.calendar.zone
    which = re.search(r"\b(first|last|final) (day|week)", match.group())
    if which is None:
        return (Span(day_span(term.starts, zone).starts, day_span(term.ends, zone).ends, "days"),)
    days = timedelta(days=6 if which[2] == "week" else 0)
    first = term.starts if which[1] == "first" else max(term.starts, term.ends - days)
    last = min(term.ends, first + days)
    if first == last:
        return (day_span(first, zone),)
    return (Span(day_span(first, zone).starts, day_span(last, zone).ends, "days"),)


def asks_of_holidays(question: Question) -> bool:
    """Return whether the question is about the holidays in general rather than one of them."""
    return not question.spans and _HOLIDAYS.search(question.plain) is not None


def holidays(question: Question, place: Place) -> list[Say]:
    """Return the next days on record with unusual hours at a place."""
    calendar = question.library.calendar
    found: list[DayHours] = []
    for number in range(LOOKED_AHEAD_DAYS):
        day = calendar.lifted.day(place.key, question.today + timedelta(days=number))
        if day.why.kind in UNUSUAL and day.why.reason:
            found.append(day)
    if not found:
        return [Say("utter_hours_holidays_none", {"place": place.name})]
    days = [line(question, day) for day in found[:MOST_HOLIDAYS]]
    return [Say("utter_hours_holidays", {"place": place.name, "days": days})]


def year_not_on_record(question: Question, day: date) -> str:
    """Return a day's year if no holidays are on record for it; "" if some are, or if the record has none at all."""
    facts = question.library.calendar.facts
    known = {each.year for exception in facts.exceptions for each in (exception.starts, exception.ends)}
    known |= {each.year for term in facts.terms for each in (term.starts, term.ends)} if known else set()
    return str(day.year) if known and not min(known) <= day.year <= max(known) else ""


def usually(question: Question, place: Place, span: Span) -> list[Say]:
    """Return the usual hours on a date in a year whose holidays are not on record."""
    day = span.starts.date()
    says = [Say("utter_hours_year_unknown", {"year": year_not_on_record(question, day)})]
    usual = question.library.calendar.usual
    if span.grain == "days":
        table = words.week(usual.week(place.key, day), question.tongue, question.said)
        return [*says, Say("utter_hours_usual_week", {"place": place.name, "table": table})]
    values = {
        "place": place.name,
        "weekday": question.tongue.weekdays[day.weekday()],
        "hours": words.periods(usual.day(place.key, day).periods, question.tongue),
    }
    return [*says, Say("utter_hours_usual_day", values)]


def _term(said: str, terms: Sequence[Term], today: date) -> Term | None:
    """Return the named term: the current or next one; a future one for "next" or for a first day. None if unknown."""
    stems = {word[:4] for word in re.findall(r"[a-z]{4,}", said)} - {
        "next",
        "last",
        "firs",
        "fina",
        "week",
        "brea",
        "this",
    }
    stems |= {"exam", "fina"} if re.search(r"\bexam|\bfinals\b", said) else set()
    named = [each for each in terms if stems & {word[:4] for word in re.findall(r"[a-z]{4,}", each.name.casefold())}]
    if not named and _TERMS.search(said) and not re.search(r"break|holiday|recess|vacation|between", said):
        named = [each for each in terms if not re.search(r"exam|break|final|vacation", each.name.casefold())]
    to_come = re.search(r"\bnext\b|\bfirst\b|\bnew\b|\bcoming\b", said) is not None
    left = [each for each in named if (each.starts >= today if to_come else each.ends >= today)]
    return min(left, key=lambda each: each.starts, default=None)
