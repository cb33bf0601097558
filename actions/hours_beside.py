"""What is added to a place's hours: why they differ, notes for visitors, and where else to go."""

from __future__ import annotations

from datetime import datetime, timedelta

from actions.questions import Question
from actions.saying import Say
from bot.calendar import words
from bot.calendar.facts import Place
from bot.calendar.hours import OpenState, Why

# Reasons why a place may be closed; UNUSUAL adds longer opening hours.
CLOSING = frozenset({"closed", "changed", "condition"})
UNUSUAL = CLOSING | {"extended"}


def elsewhere(question: Question, place: Place, moment: datetime, *, always: bool = False) -> list[Say]:
    """Return another place that is open at `moment`; with `always`, only one that is open round the clock."""
    states = _open_instead(question, place, moment)
    if states and question.calendar_on(moment.date()).conditions_at(moment):
        # In a typhoon nobody should be sent across the campus for a seat.
        stays = states[0].place
        return [Say("utter_hours_elsewhere_stays_open", {"place": stays.name}), *in_force(question, stays, moment)]
    round_clock = [state for state in states if state.until is None]
    if round_clock:
        return [Say("utter_hours_elsewhere_round_clock", {"place": round_clock[0].place.name})]
    if always or not states:
        return []
    until = states[0].until
    values = {"place": states[0].place.name, "until": until_when(question, moment, until) if until else ""}
    return [Say("utter_hours_elsewhere", values)]


def afterwards(question: Question, place: Place, closes: datetime) -> list[Say]:
    """Return the place to go to when this one closes."""
    if question.calendar_on(closes.date()).conditions_at(closes):
        return []
    round_clock = [state for state in _open_instead(question, place, closes) if state.until is None]
    return [Say("utter_hours_afterwards", {"place": round_clock[0].place.name})] if round_clock else []


def in_force(question: Question, place: Place, moment: datetime) -> list[Say]:
    """Return the notes for a place that stays open as usual while a special condition is in force."""
    holding = question.calendar_on(moment.date()).conditions_at(moment)
    effects = [effect for each in holding for effect in each.effects]
    notes = [each.note for each in effects if each.place == place.key and each.does == "as_usual" and each.note]
    return [Say("utter_note", {"note": note}) for note in notes]


def until_when(question: Question, moment: datetime, until: datetime) -> str:
    """Return when a place closes, with the day if it is not that of `moment`."""
    last = until - timedelta(minutes=1)
    on_the_day = last.date() == moment.date() and until.date() == last.date()
    return words.clock(until, question.tongue) if on_the_day else question.moment(until)


def unusual(why: Why) -> list[Say]:
    """Return why an open place has unusual hours."""
    if why.kind not in UNUSUAL:
        return []
    says = [Say("utter_hours_unusual", {"reason": why.reason})] if why.reason else []
    return [*says, *note(why)]


def reason(why: Why) -> list[Say]:
    """Return why a place is closed."""
    says = [Say("utter_hours_reason", {"reason": why.reason})] if why.reason and why.kind in CLOSING else []
    return [*says, *note(why)]


def note(why: Why) -> list[Say]:
    """Return the note that goes with the hours, if there is one."""
    return [Say("utter_note", {"note": why.note})] if why.note else []


def _open_instead(question: Question, place: Place, moment: datetime) -> list[OpenState]:
    """Return the other places that are open at `moment`; a seat does not replace a service."""
    if place.kind == "service":
        return []
    calendar = question.calendar_on(moment.date())
    others = [other for other in calendar.facts.places if other.kind == "place" and other.key != place.key]
    return [state for other in others if (state := calendar.state(other.key, moment)).is_open]
