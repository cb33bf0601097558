"""Which sentences give the hours of one place on a day, or on several days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from actions import hours_beside as beside
from actions.hours_polarity import told
from actions.questions import Question
from actions.saying import Part, Say
from actions.spans import Span, day_span
from bot.calendar import words
from bot.calendar.facts import Place
from bot.calendar.hours import DayHours

TABLE_DAYS, LOOKED_THROUGH_DAYS, LISTED_DAYS = 14, 92, 10
# Duckling's weekend starts on Friday evening, the library's on Saturday.
EVENING = 17


def on_day(question: Question, place: Place, day: date) -> list[Say]:
    """Return whether the place is, or was, open on that day, and its hours."""
    calendar = question.calendar_on(day)
    hours = calendar.day(place.key, day)
    values = {"place": place.name, "day": question.day(day)}
    if day < question.today:
        if hours.closed:
            return [Say("utter_hours_day_was_closed", values), *beside.reason(hours.why)]
        return [Say("utter_hours_day_was_open", {**values, "hours": words.periods(hours.periods, question.tongue)})]
    if hours.closed:
        reason = hours.why.reason if hours.why.kind in beside.CLOSING else ""
        name = "utter_hours_day_closed_why" if reason else "utter_hours_day_closed"
        values |= {"reason": reason} if reason else {}
        says = [Say(told(question, name, is_open=False), values), *beside.note(hours.why)]
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=calendar.zone)
        return [*says, *beside.elsewhere(question, place, noon, always=True)]
    if hours.all_day:
        says = [Say(told(question, "utter_hours_day_round_clock", is_open=True), values), *beside.unusual(hours.why)]
        return [*says, *(beside.in_force(question, place, question.now) if day == question.today else [])]
    values |= {"hours": words.periods(hours.periods, question.tongue)}
    says = [Say(told(question, "utter_hours_day_open", is_open=True), values)]
    return [*says, *beside.unusual(hours.why), *_over_for_today(question, place, hours)]


def on_days(question: Question, place: Place, span: Span) -> list[Say]:
    """Return the hours for the days of a span as a table; for many days, the usual week and the exceptions."""
    shown = _whole_days(question, span)
    first = shown.starts.date()
    count = min((shown.last_day - first).days + 1, LOOKED_THROUGH_DAYS)
    days = [_day(question, place, first + timedelta(days=each)) for each in range(count)]
    listed = days if count <= TABLE_DAYS else week(question, place, first)
    table = words.week(listed, question.tongue, question.said)
    says = [Say("utter_hours_days", {"place": place.name, "days": question.days(shown), "table": table})]
    # A table that shows every day already gives the reasons.
    unusual = [day for day in days if day.why.kind in beside.UNUSUAL and day.why.reason][:LISTED_DAYS]
    if not unusual or count <= TABLE_DAYS:
        return says
    return [*says, Say("utter_hours_days_unusual", {"days": [line(question, day) for day in unusual]})]


def week(question: Question, place: Place, any_date: date) -> list[DayHours]:
    """Return the days of a week; a condition without an end applies only to today."""
    monday = any_date - timedelta(days=any_date.weekday())
    return [_day(question, place, monday + timedelta(days=each)) for each in range(7)]


def line(question: Question, day: DayHours) -> Part:
    """Return a day with unusual hours as one line."""
    named = question.day(day.date)
    return Part(
        "part_day", {"day": named, "hours": words.periods(day.periods, question.tongue), "reason": day.why.reason}
    )


def _day(question: Question, place: Place, day: date) -> DayHours:
    return question.calendar_on(day).day(place.key, day)


def _whole_days(question: Question, span: Span) -> Span:
    """Return the span without the days that are over, and a weekend without its Friday evening."""
    starts = span.starts
    if starts.hour >= EVENING:
        starts = day_span(starts.date() + timedelta(days=1), question.library.calendar.zone).starts
    if starts < question.now < span.ends:
        starts = question.now
    return Span(starts, span.ends, "days")


def _over_for_today(question: Question, place: Place, hours: DayHours) -> list[Say]:
    if hours.date != question.today:
        return []
    state = question.library.calendar.state(place.key, question.now)
    if state.is_open or state.opens is None or state.opens.date() == question.today:
        return []
    return [Say("utter_hours_over_for_today", {"opens": question.moment(state.opens)})]
