"""Which sentences give the hours of one place: first what was asked, then whatever else matters."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from actions import hours_beside as beside
from actions.hours_days import on_day, on_days, week
from actions.hours_polarity import expects_yes, told
from actions.hours_stated import stated
from actions.questions import Question
from actions.saying import Part, Say, Value
from actions.spans import Span
from bot.calendar import words
from bot.calendar.facts import Place
from bot.calendar.hours import DayHours, OpenState

ALL_DAY = re.compile(r"\b24\b|\b24/7|\b24 ?-?h|round.the.clock|all night|overnight", re.IGNORECASE)
REOPENS = re.compile(r"\bopens? (?:up )?(?:again|next)\b|\bre-?open|\bnext open(?:s|ing)?\b|\bopen\b.*\bagain\b")
EVERY_DAY = frozenset(["every", "everyday", "daily", "weekly", "always", "usually", "normally"])
NOW = timedelta(minutes=5)
SOON = timedelta(minutes=45)
# A bare hour up to this one means the afternoon, unless the place is open at that hour in the morning.
_AFTERNOON_UNTIL = 6


def asks_all_day(question: Question) -> bool:
    """Return whether the question is about being open round the clock."""
    return ALL_DAY.search(question.plain) is not None


def in_general(question: Question, place: Place) -> list[Say]:
    """Return whether the place is open now and, unless only that was asked, this week's hours."""
    if question.words & EVERY_DAY:
        return usual_week(question, place)
    says = _at_moment(question, place, question.now)
    return says if expects_yes(question) else [*says, *usual_week(question, place)]


def usual_week(question: Question, place: Place) -> list[Say]:
    """Return this week's hours; [] for a place that never closes this week."""
    days = week(question, place, question.today)
    if all(day.all_day for day in days) and not (question.doubt or question.words & EVERY_DAY):
        return []
    return [Say("utter_hours_week", {"place": place.name, "table": words.week(days, question.tongue, question.said)})]


def in_span(question: Question, place: Place, span: Span) -> list[Say]:
    """Return whether the place is, or was, open at that time."""
    if compared := stated(question, place, span):
        return compared
    if span.until:
        return _until(question, place, span)
    if span.grain == "moment":
        return _at_moment(question, place, _meant(question, place, span))
    if span.grain == "part":
        return _in_stretch(question, place, span) if span.exact else _in_part(question, place, span)
    if span.grain == "day":
        return on_day(question, place, span.starts.date())
    return on_days(question, place, span)


def reopens(question: Question, place: Place) -> list[Say]:
    """Return when the place opens again: after the time mentioned before, or after now."""
    begin = question.earlier_spans[-1].starts if question.earlier_spans else question.now
    moment = max(begin, question.now)
    return _at_moment(question, place, moment)


def all_day(question: Question, place: Place) -> list[Say]:
    """Return whether the place is open round the clock and, if not, which place is."""
    state = question.library.calendar.state(place.key, question.now)
    if state.day.all_day and state.is_open:
        return _at_moment(question, place, question.now)
    if state.day.closed:
        return on_day(question, place, question.today)
    hours = words.periods(state.day.periods, question.tongue)
    says = [Say("utter_hours_not_round_clock", {"place": place.name, "hours": hours})]
    return [*says, *beside.elsewhere(question, place, question.now, always=True)]


def whereabouts(place: Place) -> list[Say]:
    """Return where the place is and what to know about it, as far as the store says."""
    where = place.where or place.address
    says = [Say("utter_hours_where", {"place": place.name, "where": where})] if where else []
    return [*says, Say("utter_note", {"note": place.note})] if place.note else says


def _meant(question: Question, place: Place, span: Span) -> datetime:
    """Return the moment meant: an hour without am or pm is in the morning if the place is open then."""
    earlier = span.starts - timedelta(hours=12)
    afternoon = 12 < span.starts.hour <= 12 + _AFTERNOON_UNTIL
    if not span.guessed or not afternoon or earlier < question.now:
        return span.starts
    calendar = question.calendar_on(earlier.date())
    day = calendar.day(place.key, earlier.date())
    return earlier if not day.all_day and calendar.state(place.key, earlier).is_open else span.starts


def _until(question: Question, place: Place, span: Span) -> list[Say]:
    """Return whether the place is still open just before the hour in "until …"."""
    state = question.calendar_on(span.starts.date()).state(place.key, span.starts)
    if not state.is_open or state.until is None:
        return _at_moment(question, place, span.starts if state.is_open else span.ends)
    until = question.moment(state.until)
    asks = "open" in question.words and not question.doubt and not question.words & {"what", "when", "how"}
    response = "utter_hours_open_part_yes" if asks else "utter_hours_open_part"
    return [Say(response, {"place": place.name, "until": until}), *beside.unusual(state.why)]


def _at_moment(question: Question, place: Place, moment: datetime) -> list[Say]:
    state = question.calendar_on(moment.date()).state(place.key, moment)
    is_now = abs(moment - question.now) <= NOW
    said = question.moment(moment)
    when = Part("part_now") if is_now else Part("part_at", {"moment": said})
    values: dict[str, Value] = {"place": place.name, "when": when}
    if not is_now and moment < question.now:
        says = [Say("utter_hours_was_open" if state.is_open else "utter_hours_was_closed", values)]
        return says if state.is_open else [*says, *beside.reason(state.why)]
    if not state.is_open:
        return [*_closed(question, state, values), *beside.elsewhere(question, place, moment)]
    if state.until is None:
        says = [Say(told(question, "utter_hours_round_clock", is_open=True), values), *beside.unusual(state.why)]
        return [*says, *beside.in_force(question, place, moment)]
    until = beside.until_when(question, moment, state.until)
    says = [Say(told(question, "utter_hours_open_until", is_open=True), {**values, "until": until})]
    if not is_now or state.until - question.now > SOON:
        return [*says, *beside.unusual(state.why), *beside.in_force(question, place, moment)]
    minutes = max(1, round((state.until - question.now) / timedelta(minutes=1)))
    soon = Say("utter_hours_closing_soon", {"minutes": str(minutes)})
    return [*says, soon, *beside.unusual(state.why), *beside.afterwards(question, place, state.until)]


def _closed(question: Question, state: OpenState, values: dict[str, Value]) -> list[Say]:
    if state.opens is None:
        return [Say(told(question, "utter_hours_closed_unknown", is_open=False), values), *beside.reason(state.why)]
    values = {**values, "opens": question.moment(state.opens)}
    if state.why.kind in beside.CLOSING and state.why.reason:
        values["reason"] = state.why.reason
        return [Say(told(question, "utter_hours_closed_why", is_open=False), values), *beside.note(state.why)]
    return [Say(told(question, "utter_hours_closed", is_open=False), values)]


def _in_stretch(question: Question, place: Place, span: Span) -> list[Say]:
    """Return whether the place is open throughout the stretch between two given hours."""
    calendar = question.calendar_on(span.starts.date())
    state, day = calendar.state(place.key, span.starts), calendar.day(place.key, span.starts.date())
    if span.ends <= question.now or day.closed or day.all_day:
        return on_day(question, place, day.date)
    values = {"place": place.name, "day": question.day(day.date), "hours": words.periods(day.periods, question.tongue)}
    if state.is_open and (state.until is None or state.until >= span.ends):
        return [Say(told(question, "utter_hours_day_open", is_open=True), values), *beside.unusual(day.why)]
    if state.is_open or (state.opens and state.opens < span.ends):
        return [Say("utter_hours_part_only", values), *beside.unusual(day.why)]
    says = [Say(told(question, "utter_hours_closed_then", is_open=False), values)]
    return [*says, *beside.elsewhere(question, place, span.starts)]


def _in_part(question: Question, place: Place, span: Span) -> list[Say]:
    calendar = question.calendar_on(span.starts.date())
    if span.ends <= question.now:
        return _at_moment(question, place, span.starts)
    moment = max(span.starts, question.now)
    state = calendar.state(place.key, moment)
    day = calendar.day(place.key, span.starts.date())
    if state.is_open and state.until is not None:
        until = question.moment(state.until)
        says = [Say(told(question, "utter_hours_open_part", is_open=True), {"place": place.name, "until": until})]
        return [*says, *beside.unusual(state.why), *beside.afterwards(question, place, state.until)]
    if state.is_open or (state.opens and state.opens < span.ends) or day.closed:
        return on_day(question, place, day.date)
    if moment == question.now:
        return _over(question, state, day) or _at_moment(question, place, moment)
    said = {"place": place.name, "day": question.day(day.date), "hours": words.periods(day.periods, question.tongue)}
    says = [Say(told(question, "utter_hours_closed_then", is_open=False), said)]
    return [*says, *beside.elsewhere(question, place, moment)]


def _over(question: Question, state: OpenState, day: DayHours) -> list[Say]:
    """Return when the place closed and reopens, if it closed as usual at the end of the day; otherwise []."""
    midnight = datetime.combine(day.date, time(), tzinfo=question.now.tzinfo)
    closed = [end for period in day.periods if (end := midnight + timedelta(minutes=period.closes)) <= question.now]
    if not closed or state.opens is None or state.why.kind == "condition":
        return []
    values = {"closed": question.moment(closed[-1]), "opens": question.moment(state.opens), "place": state.place.name}
    says = [Say(told(question, "utter_hours_closed_since", is_open=False), values)]
    return [*says, *beside.elsewhere(question, state.place, question.now)]
