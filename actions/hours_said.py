"""Which sentences say the hours of one place: first what was asked, then what matters besides."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from actions.questions import Question
from actions.saying import Part, Say, Value
from actions.spans import Span, day_span
from bot.calendar import words
from bot.calendar.facts import Place
from bot.calendar.hours import DayHours, OpenState, Why

# A question with one of these wants a time and no yes; and "are you closed?" must not be answered by "Yes, open".
NO_YES = frozenset(
    [
        "what",
        "wat",
        "wht",
        "whats",
        "when",
        "how",
        "until",
        "till",
        "til",
        "which",
        "where",
        "why",
        "close",
        "closed",
        "closes",
        "closing",
        "shut",
    ]
)
ALL_DAY = re.compile(r"\b24\b|\b24/7|\b24 ?-?h|round.the.clock|all night|overnight", re.IGNORECASE)
# What may be the reason that a place is closed; and besides, what changes the hours at which it is open.
CLOSING = frozenset({"closed", "changed", "condition"})
UNUSUAL = CLOSING | {"extended"}
NOW = timedelta(minutes=5)
SOON = timedelta(minutes=45)
TABLE_DAYS, LOOKED_THROUGH_DAYS, LISTED_DAYS = 14, 92, 10
# Duckling's weekend begins on Friday evening, a library's on Saturday.
EVENING = 17
# Words of a condition's name that are long enough to point to it: "typhoon", "rainstorm", "black", "signal".
TELLING = 5


def asks_all_day(question: Question) -> bool:
    """Return whether the question is about being open round the clock."""
    return ALL_DAY.search(question.text) is not None


def in_general(question: Question, place: Place) -> list[Say]:
    """Return whether the place is open now and, unless that alone was asked, the hours of this week."""
    says = _at_moment(question, place, question.now)
    if _wants_yes(question):
        return says
    week = question.library.calendar.week(place.key, question.today)
    if all(day.all_day for day in week):
        return says
    return [*says, Say("utter_hours_week", {"place": place.name, "table": words.week(week, question.tongue)})]


def in_span(question: Question, place: Place, span: Span) -> list[Say]:
    """Return whether the place is, or was, open at that time."""
    if span.grain == "moment":
        return _at_moment(question, place, span.starts)
    if span.grain == "part":
        return _in_part(question, place, span)
    if span.grain == "day":
        return _on_day(question, place, span.starts.date())
    return _on_days(question, place, span)


def all_day(question: Question, place: Place) -> list[Say]:
    """Return whether the place is open round the clock, and if not, which one is."""
    state = question.library.calendar.state(place.key, question.now)
    if state.day.all_day and state.is_open:
        return _at_moment(question, place, question.now)
    if state.day.closed:
        return _on_day(question, place, question.today)
    hours = words.periods(state.day.periods, question.tongue)
    says = [Say("utter_hours_not_round_clock", {"place": place.name, "hours": hours})]
    return [*says, *_elsewhere(question, place, question.now, always=True)]


def whereabouts(place: Place) -> list[Say]:
    """Return where the place is and what is to know of it, as far as the store says."""
    where = place.where or place.address
    says = [Say("utter_hours_where", {"place": place.name, "where": where})] if where else []
    return [*says, Say("utter_note", {"note": place.note})] if place.note else says


def conditions_not_in_force(question: Question) -> list[Say]:
    """Return what would happen under a condition that the text mentions ("typhoon") but that is not switched on."""
    calendar = question.library.calendar
    says = []
    for condition in calendar.facts.conditions:
        named = {word for word in re.findall(r"\w+", condition.name.casefold()) if len(word) >= TELLING}
        if not named & question.words or calendar.holds(condition.key, question.now):
            continue
        effects = [
            Part(
                f"part_effect_{effect.does}",
                {"place": place.name, "hours": words.periods(effect.periods, question.tongue)},
            )
            for effect in condition.effects
            if (place := calendar.find_place(effect.place))
        ]
        says.append(Say("utter_condition_off", {"condition": condition.name, "effects": effects}))
    return says


def _at_moment(question: Question, place: Place, moment: datetime) -> list[Say]:
    state = question.library.calendar.state(place.key, moment)
    is_now = abs(moment - question.now) <= NOW
    said = question.moment(moment)
    when = Part("part_now") if is_now else Part("part_at", {"moment": said})
    values: dict[str, Value] = {"place": place.name, "when": when}
    if not is_now and moment < question.now:
        says = [Say("utter_hours_was_open" if state.is_open else "utter_hours_was_closed", values)]
        return says if state.is_open else [*says, *_reason(state.why)]
    if not state.is_open:
        return [*_closed(question, state, values), *_elsewhere(question, place, moment)]
    if state.until is None:
        says = [Say(_yes(question, "utter_hours_round_clock"), values), *_unusual(state.why)]
        return [*says, *_in_force(question, place, moment)]
    says = [Say(_yes(question, "utter_hours_open_until"), {**values, "until": _until(question, moment, state.until)})]
    if not is_now or state.until - question.now > SOON:
        return [*says, *_unusual(state.why), *_in_force(question, place, moment)]
    minutes = max(1, round((state.until - question.now) / timedelta(minutes=1)))
    soon = Say("utter_hours_closing_soon", {"minutes": str(minutes)})
    return [*says, soon, *_unusual(state.why), *_afterwards(question, place, state.until)]


def _closed(question: Question, state: OpenState, values: dict[str, Value]) -> list[Say]:
    if state.opens is None:
        return [Say(_no(question, "utter_hours_closed_unknown"), values), *_reason(state.why)]
    values = {**values, "opens": question.moment(state.opens)}
    if state.why.kind in CLOSING and state.why.reason:
        says = [Say(_no(question, "utter_hours_closed_why"), {**values, "reason": state.why.reason})]
        return [*says, *_note(state.why)]
    return [Say(_no(question, "utter_hours_closed"), values)]


def _in_part(question: Question, place: Place, span: Span) -> list[Say]:
    calendar = question.library.calendar
    if span.ends <= question.now:
        return _at_moment(question, place, span.starts)
    moment = max(span.starts, question.now)
    state = calendar.state(place.key, moment)
    day = calendar.day(place.key, span.starts.date())
    if state.is_open and state.until is not None:
        until = question.moment(state.until)
        says = [Say(_yes(question, "utter_hours_open_part"), {"place": place.name, "until": until})]
        return [*says, *_unusual(state.why), *_afterwards(question, place, state.until)]
    if state.is_open or (state.opens and state.opens < span.ends) or day.closed:
        return _on_day(question, place, day.date)
    if moment == question.now:
        return _over(question, state, day) or _at_moment(question, place, moment)
    said = {"place": place.name, "day": question.day(day.date), "hours": words.periods(day.periods, question.tongue)}
    return [Say(_no(question, "utter_hours_closed_then"), said), *_elsewhere(question, place, moment)]


def _over(question: Question, state: OpenState, day: DayHours) -> list[Say]:
    """Return when the place closed and opens again, if it is the day's end and nothing else that closed it."""
    midnight = datetime.combine(day.date, time(), tzinfo=question.now.tzinfo)
    closed = [end for period in day.periods if (end := midnight + timedelta(minutes=period.closes)) <= question.now]
    if not closed or state.opens is None or state.why.kind == "condition":
        return []
    said = {"closed": question.moment(closed[-1]), "opens": question.moment(state.opens)}
    says = [Say(_no(question, "utter_hours_closed_since"), {"place": state.place.name, **said})]
    return [*says, *_elsewhere(question, state.place, question.now)]


def _on_day(question: Question, place: Place, day: date) -> list[Say]:
    calendar = question.library.calendar
    hours = calendar.day(place.key, day)
    values = {"place": place.name, "day": question.day(day)}
    if day < question.today:
        if hours.closed:
            return [Say("utter_hours_day_was_closed", values), *_reason(hours.why)]
        return [Say("utter_hours_day_was_open", {**values, "hours": words.periods(hours.periods, question.tongue)})]
    if hours.closed:
        reason = hours.why.reason if hours.why.kind in CLOSING else ""
        name = "utter_hours_day_closed_why" if reason else "utter_hours_day_closed"
        says = [Say(_no(question, name), {**values, **({"reason": reason} if reason else {})}), *_note(hours.why)]
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=calendar.zone)
        return [*says, *_elsewhere(question, place, noon, always=True)]
    if hours.all_day:
        says = [Say(_yes(question, "utter_hours_day_round_clock"), values), *_unusual(hours.why)]
        return [*says, *(_in_force(question, place, question.now) if day == question.today else [])]
    says = [
        Say(_yes(question, "utter_hours_day_open"), {**values, "hours": words.periods(hours.periods, question.tongue)})
    ]
    return [*says, *_unusual(hours.why), *_over_for_today(question, place, hours)]


def _on_days(question: Question, place: Place, span: Span) -> list[Say]:
    calendar = question.library.calendar
    shown = _whole_days(question, span)
    first = shown.starts.date()
    count = min((shown.last_day - first).days + 1, LOOKED_THROUGH_DAYS)
    days = tuple(calendar.day(place.key, first + timedelta(days=each)) for each in range(count))
    table = words.week(days if count <= TABLE_DAYS else calendar.week(place.key, first), question.tongue)
    says = [Say("utter_hours_days", {"place": place.name, "days": question.days(shown), "table": table})]
    # A table that shows every day gives the reasons itself.
    unusual = [day for day in days if day.why.kind in UNUSUAL and day.why.reason][:LISTED_DAYS]
    if not unusual or count <= TABLE_DAYS:
        return says
    return [*says, Say("utter_hours_days_unusual", {"days": [_line(question, day) for day in unusual]})]


def _whole_days(question: Question, span: Span) -> Span:
    """Return the span without the days of it that are over, and a weekend without its Friday evening."""
    starts = span.starts
    if starts.hour >= EVENING:
        starts = day_span(starts.date() + timedelta(days=1), question.library.calendar.zone).starts
    if starts < question.now < span.ends:
        starts = question.now
    return Span(starts, span.ends, "days")


def _line(question: Question, day: DayHours) -> Part:
    named = question.day(day.date)
    return Part(
        "part_day", {"day": named, "hours": words.periods(day.periods, question.tongue), "reason": day.why.reason}
    )


def _over_for_today(question: Question, place: Place, hours: DayHours) -> list[Say]:
    if hours.date != question.today:
        return []
    state = question.library.calendar.state(place.key, question.now)
    if state.is_open or state.opens is None or state.opens.date() == question.today:
        return []
    return [Say("utter_hours_over_for_today", {"opens": question.moment(state.opens)})]


def _elsewhere(question: Question, place: Place, moment: datetime, *, always: bool = False) -> list[Say]:
    """Return another place that is open at `moment`; with `always`, only one that is open round the clock."""
    states = _open_instead(question, place, moment)
    if states and question.library.calendar.conditions_at(moment):
        # In a typhoon nobody is to be sent across the campus for a seat.
        stays = states[0].place
        return [Say("utter_hours_elsewhere_stays_open", {"place": stays.name}), *_in_force(question, stays, moment)]
    round_clock = [state for state in states if state.until is None]
    if round_clock:
        return [Say("utter_hours_elsewhere_round_clock", {"place": round_clock[0].place.name})]
    if always or not states:
        return []
    until = states[0].until
    values = {"place": states[0].place.name, "until": _until(question, moment, until) if until else ""}
    return [Say("utter_hours_elsewhere", values)]


def _afterwards(question: Question, place: Place, closes: datetime) -> list[Say]:
    """Return the place to which one can go on when this one closes."""
    if question.library.calendar.conditions_at(closes):
        return []
    round_clock = [state for state in _open_instead(question, place, closes) if state.until is None]
    return [Say("utter_hours_afterwards", {"place": round_clock[0].place.name})] if round_clock else []


def _in_force(question: Question, place: Place, moment: datetime) -> list[Say]:
    """Return what is to be said of a place that carries on as usual while a condition holds."""
    effects = [effect for holding in question.library.calendar.conditions_at(moment) for effect in holding.effects]
    notes = [each.note for each in effects if each.place == place.key and each.does == "as_usual" and each.note]
    return [Say("utter_note", {"note": note}) for note in notes]


def _open_instead(question: Question, place: Place, moment: datetime) -> list[OpenState]:
    """Return the other places that are open at `moment`; a seat is no substitute for a service."""
    if place.kind == "service":
        return []
    calendar = question.library.calendar
    others = [other for other in calendar.facts.places if other.kind == "place" and other.key != place.key]
    return [state for other in others if (state := calendar.state(other.key, moment)).is_open]


def _until(question: Question, moment: datetime, until: datetime) -> str:
    last = until - timedelta(minutes=1)
    return words.clock(until, question.tongue) if last.date() == moment.date() else question.moment(until)


def _unusual(why: Why) -> list[Say]:
    if why.kind not in UNUSUAL:
        return []
    says = [Say("utter_hours_unusual", {"reason": why.reason})] if why.reason else []
    return [*says, *_note(why)]


def _reason(why: Why) -> list[Say]:
    says = [Say("utter_hours_reason", {"reason": why.reason})] if why.reason and why.kind in CLOSING else []
    return [*says, *_note(why)]


def _note(why: Why) -> list[Say]:
    return [Say("utter_note", {"note": why.note})] if why.note else []


def _wants_yes(question: Question) -> bool:
    return "open" in question.words and not question.words & NO_YES


def _yes(question: Question, response: str) -> str:
    return f"{response}_yes" if _wants_yes(question) else response


def _no(question: Question, response: str) -> str:
    return f"{response}_no" if _wants_yes(question) else response
