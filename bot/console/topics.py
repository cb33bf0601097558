"""Topics renamed, merged and split: changes are previewed, written in one transaction, and can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.retraining.redaction import redact
from bot.store import audit, examples, topics
from bot.store.examples import ExamplesError

DOES = ("rename", "merge", "split")
SHOWN = 20


@dataclass(frozen=True)
class Reshape:
    """A requested change to a topic: rename (to `label`), merge (`into`), split (the examples `chosen`, `label`)."""

    does: str
    topic: str
    label: str = ""
    into: str = ""
    chosen: tuple[int, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The result of a change, and what is left to do, in words."""

    says: tuple[str, ...]
    missing: tuple[str, ...] = ()


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/examples/topics")
    @allows(LIBRARIAN)
    def topics_page() -> Any:
        return _page(desk(), _wanted())

    @pages.post("/examples/topics")
    @allows(LIBRARIAN)
    def reshape_topic() -> Any:
        at, wanted = desk(), _wanted()
        if request.form.get("sure") != "yes":
            return _page(at, wanted)
        try:
            with topics.changing(at.engine, me().name, at.now()) as opened:
                plan = _reshaped(opened, wanted, at)
        except ExamplesError as error:
            return _page(at, wanted, [str(each) for each in error.problems])
        later = "The next answer uses it." if wanted.does == "rename" else "The bot knows it after the next training."
        flash(f"Written. {later}", "success")
        for each in plan.missing:
            flash(each, "warning")
        return redirect(url_for("console.topics_page"))

    @pages.post("/examples/topics/<int:change_id>/undo")
    @allows(LIBRARIAN)
    def undo_topics(change_id: int) -> Response:
        at = desk()
        change = audit.get(at.engine, change_id)
        try:
            if change is None or change["table"] != "topics":
                raise ExamplesError(["This can be undone no more."])
            with topics.changing(at.engine, me().name, at.now()) as opened:
                topics.undo(opened, change, by=me().name, now=at.now())
            flash("Undone.", "success")
        except ExamplesError as error:
            flash(str(error), "danger")
        return redirect(url_for("console.topics_page"))


def _wanted() -> Reshape:
    return Reshape(
        does=request.values.get("does", ""),
        topic=request.values.get("topic", ""),
        label=redact(request.values.get("label", "").strip()).text,
        into=request.values.get("into", ""),
        chosen=tuple(request.values.getlist("chosen", type=int)),
    )


def _page(at: Desk, wanted: Reshape, problems: list[str] | None = None) -> Any:
    plan: Plan | None = None
    found = problems or []
    if request.method == "POST" and not found and wanted.does in DOES:
        try:
            plan = _tried(at, wanted)
        except ExamplesError as error:
            found = [str(each) for each in error.problems]
    texts = examples.page(at.engine, intent=wanted.topic, most=10_000).rows if wanted.does == "split" else ()
    lately = [each for each in audit.page(at.engine, table="topics", limit=SHOWN) if "does" in (each["after"] or {})]
    shown = render_template(
        "console/topics.html",
        wanted=wanted,
        plan=plan,
        problems=found,
        counts=examples.counts(at.engine),
        texts=texts,
        answers=topics.answers_of(at.engine, wanted.topic) if plan else 0,
        decisions=topics.decisions_of(at.engine, wanted.topic) if plan else 0,
        # What an older Carrel did to files cannot be undone.
        lately=[{**each, "undoable": not isinstance(each["after"].get("undo"), str)} for each in lately],
    )
    return shown, (422 if found else 200)


class _Tried(Exception):
    """Rolls back a dry run."""


def _tried(at: Desk, wanted: Reshape) -> Plan:
    """Make the change, note its result, and roll it back. Raises ExamplesError."""
    plan = Plan(())
    try:
        with topics.changing(at.engine, me().name, at.now()) as opened:
            plan = _reshaped(opened, wanted, at)
            raise _Tried
    except _Tried:
        return plan


def _reshaped(opened: Any, wanted: Reshape, at: Desk) -> Plan:
    """Make the change and return its result. Raises ExamplesError."""
    connection: Connection = opened.connection()
    known, counts = topics.every(connection), examples.counts(at.engine)
    whose: dict[str, Any] = {"by": me().name, "now": at.now()}
    called = known[wanted.topic].called if wanted.topic in known else wanted.topic
    if wanted.does == "rename":
        topics.rename(connection, wanted.topic, wanted.label, **whose)
        return Plan((f"“{called}” becomes “{wanted.label}”, on its button and here.",))
    if wanted.does == "merge":
        topics.merge(opened, wanted.topic, wanted.into, **whose)
        count, into = counts.get(wanted.topic, 0), known[wanted.into].called
        return Plan((f"The {count} examples of “{called}” become examples of “{into}”; “{called}” is gone.",))
    topics.split(connection, wanted.topic, wanted.label, wanted.chosen, **whose)
    went, left = len(wanted.chosen), counts.get(wanted.topic, 0) - len(wanted.chosen)
    missing = f"“{wanted.label}” has no answer yet: write one under Answers, and move those of “{called}” that fit."
    asked = "Test questions stay under the old topic: some may mean the new one now."
    return Plan((f"{went} examples of “{called}” become the topic “{wanted.label}”; {left} stay.",), (missing, asked))
