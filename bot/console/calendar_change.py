"""Other hours on one or several days, for one or several places: the result is shown before anything is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from bot.calendar import words
from bot.calendar.facts import DatedException, Facts, Place
from bot.calendar.hours import LibraryCalendar
from bot.calendar.painting import Does, Painted, Stroke, inside, painted
from bot.console.access import LIBRARIAN, allows, me
from bot.console.changes import new_batch
from bot.console.desk import Desk, desk
from bot.console.forms import key_for
from bot.store import library
from bot.store.content import edit
from bot.store.content.hours import doubt, read_periods, spelt_out, write_periods
from bot.store.content.schema import Record

MOST_DAYS = 62
DOES: Mapping[Does, str] = {
    "changed": "These hours instead of the usual ones",
    "closed": "Closed all day",
    "cut": "Closed for part of the day",
    "extended": "Open besides the usual hours",
    "usual": "The usual hours again",
}
NAMES = ("starts", "ends", "does", "hours", "begins", "until", "reason")
AFTERNOON = "13:00"


@dataclass(frozen=True)
class Line:
    """A place's day in the result."""

    on: date
    before: str
    after: str

    @property
    def same(self) -> bool:
        """Whether nothing changes."""
        return self.before == self.after


@dataclass(frozen=True)
class Shown:
    """A place in the result. `asked`: it is inside another one that changes; `stays`: and keeps its hours then."""

    place: Place
    lines: tuple[Line, ...]
    asked: bool = False
    stays: bool = False


@dataclass(frozen=True)
class Result:
    """What a change would do: its effect by place, what would be stored, and a value that stands for both."""

    places: tuple[Shown, ...]
    painted: Painted
    seen: str

    @property
    def changes(self) -> int:
        """How many days of places change."""
        return sum(not line.same for each in self.places for line in each.lines)


@dataclass(frozen=True)
class Form:
    """What somebody has filled in, and what is wrong with it, by field."""

    values: Mapping[str, Any]
    stroke: Stroke | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/calendar/change")
    @allows(LIBRARIAN)
    def calendar_change_page() -> str:
        at = desk()
        on, sent = request.args.get("on", ""), {name: request.args.get(name, "") for name in NAMES[2:]}
        does = sent["does"] if sent["does"] in DOES else "changed"
        values = {**sent, "starts": on, "ends": on, "does": does, "begins": sent["begins"] or AFTERNOON}
        form = Form({**values, "places": request.args.getlist("place")})
        return _page(at, library.read_facts(at.engine, at.zone), form, None)

    @pages.post("/calendar/change")
    @allows(LIBRARIAN)
    def calendar_save() -> Any:
        at = desk()
        facts, form, result = _sent(at)
        seen = request.form.get("seen", "")
        if result is None or not result.changes or seen != result.seen:
            if result and seen and seen != result.seen:
                flash("The result is another one now. Look at it once more, then save.", "warning")
            return _page(at, facts, form, result), 422 if form.problems else 200
        batch = new_batch()
        try:
            edit.save_all(
                at.engine, "exceptions", stored_as(at, result.painted), actor=me().name, now=at.now(), batch=batch
            )
        except edit.EditError as error:
            flash(str(error), "danger")
            return _page(at, facts, form, result), 422
        flash("Saved. The next answer uses it.", "success")
        return redirect(url_for("console.calendar", on=request.form["starts"], done=batch))

    @pages.post("/calendar/result")
    @allows(LIBRARIAN)
    def calendar_result() -> str:
        at = desk()
        _, form, result = _sent(at)
        return render_template("console/calendar_result.html", **_shown(at, form, result))


def _sent(at: Desk) -> tuple[Facts, Form, Result | None]:
    """Return the facts, the form that was sent, and what it would do; None if something is wrong with it."""
    facts = library.read_facts(at.engine, at.zone)
    form = read(facts, request.form)
    return facts, form, result_of(facts, form.stroke, request.form) if form.stroke else None


def _page(at: Desk, facts: Facts, form: Form, result: Result | None) -> str:
    return render_template("console/calendar_change.html", places=facts.places, does=DOES, **_shown(at, form, result))


def _shown(at: Desk, form: Form, result: Result | None) -> dict[str, Any]:
    said = {
        line.on: words.full_date(line.on, at.today())
        for each in (result.places if result else ())
        for line in each.lines
    }
    return {"values": form.values, "problems": form.problems, "result": result, "said": said}


def read(facts: Facts, sent: MultiDict[str, str]) -> Form:
    """Return a filled-in form: what is to be done, or what is wrong."""
    values: dict[str, Any] = {name: sent.get(name, "").strip() for name in NAMES}
    known = {each.key for each in facts.places}
    values["places"] = [each for each in sent.getlist("places") if each in known]
    problems: dict[str, str] = {}
    days = {name: _day(values, name, problems) for name in ("starts", "ends")}
    starts, ends = days["starts"], days["ends"] or days["starts"]
    if starts and ends and ends < starts:
        problems["ends"] = "The last day is before the first."
    elif starts and ends and (ends - starts).days >= MOST_DAYS:
        problems["ends"] = f"{MOST_DAYS} days at most. A longer stretch of other hours is a term."
    if not values["places"]:
        problems["places"] = "Tick at least one place."
    does: Does = next((each for each in DOES if each == values["does"]), "closed")
    periods = _periods(values, problems) if does in {"changed", "extended"} else ()
    begins, until = (_minutes(values, name, problems) if does == "cut" else None for name in ("begins", "until"))
    if does == "cut" and begins is None:
        problems.setdefault("begins", "From when is it closed? Write for example 13:00.")
    if begins is not None and until is not None and until <= begins:
        problems["until"] = "It ends before it begins."
    if not values["reason"] and does != "usual":
        problems["reason"] = "Say why: the bot tells it with the hours."
    elif values["reason"] and (wrong := _wrong_reason(values["reason"])):
        problems["reason"] = wrong
    if problems or starts is None or ends is None:
        return Form(values, None, problems)
    stroke = Stroke(
        does, tuple(values["places"]), starts, ends, values["reason"], periods, begins=begins or 0, until=until
    )
    return Form(values, stroke)


def _day(values: Mapping[str, Any], name: str, problems: dict[str, str]) -> date | None:
    if not values[name]:
        if name == "starts":
            problems[name] = "Which day? Write for example 2026-12-25."
        return None
    try:
        return date.fromisoformat(values[name])
    except ValueError:
        problems[name] = "This is no day. Write for example 2026-12-25."
        return None


def _periods(values: Mapping[str, Any], problems: dict[str, str]) -> Any:
    if not values["hours"]:
        problems["hours"] = "Which hours? Write for example 10-4, 10am-4pm or 10:00-16:00."
        return ()
    try:
        periods = read_periods(spelt_out(values["hours"]))
    except ValueError as error:
        problems["hours"] = str(error)
        return ()
    if wrong := doubt(periods):
        problems["hours"] = wrong
    return periods


def _minutes(values: Mapping[str, Any], name: str, problems: dict[str, str]) -> int | None:
    if not values[name]:
        return None
    try:
        return read_periods(f"{values[name]}-24:00")[0].opens
    except ValueError:
        problems[name] = "This is no time of the day. Write for example 13:00."
        return None


def _wrong_reason(reason: str) -> str:
    """Return what is wrong with a reason, by the rules for closures."""
    written = {"key": "x", "starts": date(2000, 1, 1), "ends": date(2000, 1, 1), "kind": "closed", "reason": reason}
    return edit.wrong("exceptions", written).get("reason", "")


def result_of(facts: Facts, stroke: Stroke, sent: Mapping[str, str]) -> Result:
    """Return what a stroke does, with what was chosen for the places inside those that change."""
    plain = replace(facts, conditions=())
    before = LibraryCalendar(plain)
    asked = inside(facts.places, stroke.places) if stroke.does in {"closed", "cut", "changed"} else ()
    for place in asked:
        choice = sent.get(f"inside-{place.key}", "")
        if choice not in {"stays", "follows"}:
            continue
        after = LibraryCalendar(replace(plain, exceptions=painted(facts, stroke).every))
        changes = any(before.day(place.key, on).periods != after.day(place.key, on).periods for on in stroke.days)
        if choice == "stays" and changes:
            stroke = replace(stroke, keep=(*stroke.keep, place.key))
        elif choice == "follows" and not changes:
            stroke = replace(stroke, places=(*stroke.places, place.key))
    found = painted(facts, stroke)
    after = LibraryCalendar(replace(plain, exceptions=found.every))
    shown = []
    for place in facts.places:
        lines = tuple(_line(before, after, place.key, on) for on in stroke.days)
        inner = any(each.key == place.key for each in asked)
        if inner or place.key in stroke.places or not all(line.same for line in lines):
            shown.append(Shown(place, lines, inner, inner and all(line.same for line in lines)))
    seen = hashlib.sha256(repr((shown, found)).encode()).hexdigest()[:24]
    return Result(tuple(shown), found, seen)


def _line(before: LibraryCalendar, after: LibraryCalendar, place: str, on: date) -> Line:
    old, new = before.day(place, on), after.day(place, on)
    return Line(on, words.periods(old.periods), words.periods(new.periods))


def stored_as(at: Desk, found: Painted) -> list[tuple[Record | None, str | None]]:
    """Return what must be stored for a stroke, as edit.save_all takes it."""
    entries = {each["key"]: each for each in edit.entries(at.engine, "exceptions")}
    records: list[tuple[Record | None, str | None]] = [(None, key) for key in found.removed]
    for each in found.changed:
        records.append((_record(each, each.key, entries[each.key]["sample"]), each.key))
    taken = {*entries}
    for each in found.added:
        key = key_for(f"{each.reason} {each.starts}", taken)
        taken.add(key)
        records.append((_record(each, key), None))
    return records


def _record(each: DatedException, key: str, sample: str = "") -> Record:
    return {
        "key": key,
        "starts": each.starts,
        "ends": each.ends,
        "kind": each.kind,
        "reason": each.reason,
        "hours": write_periods(each.periods) if each.kind != "closed" else "",
        "places": list(each.places),
        "sample": sample,
    }
