"""The bot's training examples: searched, added, moved, removed; and what seems wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import topics
from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.retraining.redaction import redact
from bot.store import examples, models
from bot.store.alike import MARKS
from bot.store.examples import Example, ExamplesError, Pair

A_PAGE = 100
THIN = 15


def add(pages: Blueprint) -> None:
    """Add the pages."""
    topics.add(pages)

    @pages.get("/examples")
    @allows(VIEWER)
    def examples_page() -> str:
        at = desk()
        wanted, topic = request.args.get("text", "").strip().casefold(), request.args.get("topic", "")
        begin = max(0, request.args.get("from", 0, type=int))
        found = examples.page(at.engine, intent=topic, words=wanted.split(), begin=begin, most=A_PAGE)
        counts, edited = examples.counts(at.engine), request.args.get("edit", type=int)
        return render_template(
            "console/examples.html",
            found=found.rows,
            total=found.total,
            begin=begin,
            after=begin + A_PAGE if begin + A_PAGE < found.total else None,
            counts=counts,
            whole=sum(counts.values()),
            asked={"text": wanted, "topic": topic},
            edited=examples.named(at.engine, [edited]).get(edited) if edited is not None else None,
            marks=MARKS,
        )

    @pages.post("/examples")
    @allows(LIBRARIAN)
    def change_examples() -> Response:
        try:
            changed = _change(desk(), request.form.get("does", ""), request.form.getlist("chosen", type=int))
        except ExamplesError as error:
            flash(str(error), "danger")
        else:
            told = "Written. The bot knows it after the next training. It can be undone under Changes."
            flash(
                told if changed else "That stands there already; nothing was changed.",
                "success" if changed else "warning",
            )
        shown = request.form.get("shown", "")
        return redirect(url_for("console.examples_page", topic=shown, text=request.form.get("searched", "")))

    @pages.get("/examples/care")
    @allows(VIEWER)
    def care() -> str:
        at = desk()
        counts = examples.counts(at.engine)
        thin = sorted(((intent, count) for intent, count in counts.items() if count < THIN), key=lambda each: each[1])
        return render_template("console/care.html", thin=thin, **_doubts(at))


def _doubts(at: Desk) -> dict[str, Any]:
    """Return what the last training found doubtful, minus what has been fixed since."""
    looked = models.looked_at(at.engine)
    found: Mapping[str, Any] = looked.figures["care"] if looked else {}
    numbers = {number for each in found.get("contradictions", ()) for number in (each["id"], each["other"])}
    there = examples.named(at.engine, numbers | {each["id"] for each in found.get("wrong", ())})
    return {
        "wrong": [
            {**each, "text": there[each["id"]].text}
            for each in found.get("wrong", ())
            if each["id"] in there and there[each["id"]].intent == each["intent"]
        ],
        "contradictions": [
            _contradiction(there[each["id"]], there[each["other"]])
            for each in found.get("contradictions", ())
            if each["id"] in there and each["other"] in there
            if there[each["id"]].intent != there[each["other"]].intent
        ],
        "alike": found.get("alike", ()),
        "looked": looked is not None,
    }


def _contradiction(one: Example, other: Example) -> dict[str, Any]:
    return {"id": one.id, "intent": one.intent, "text": one.text, "other": other.text, "rather": other.intent}


def _change(at: Desk, does: str, chosen: Sequence[int]) -> bool:
    """Make a form's change and record it in the audit log; return whether anything changed. Raises ExamplesError."""
    topic, text = request.form.get("topic", ""), request.form.get("text", "")
    whose: dict[str, Any] = {"by": me().name, "now": at.now()}
    removed: Sequence[Pair] = ()
    added: Sequence[Pair] = ()
    with at.engine.begin() as connection:
        if does == "add" and text.strip():
            lines = [(topic, redact(line).text) for line in text.splitlines() if line.strip()]
            if topic not in examples.counts(at.engine):
                raise ExamplesError([f"There is no topic {topic}; add the topic first."])
            added = examples.add(connection, lines, source="staff", **whose)
        elif does == "remove" and chosen:
            removed = examples.remove(connection, chosen, **whose)
        elif does == "move" and chosen:
            removed, added = examples.move(connection, chosen, topic, **whose)
        elif does == "edit" and chosen:
            before, after = examples.rewrite(connection, chosen[0], redact(text).text, **whose)
            removed, added = [before], [after]
        else:
            raise ExamplesError(["Tick examples first, or write some."])
        examples.note(connection, removed, added, **whose)
    return bool(removed or added)


def undo(at: Desk, change: Mapping[str, Any]) -> str:
    """Undo a change to the examples; return what is wrong, or ""."""
    try:
        with at.engine.begin() as connection:
            examples.undo(connection, change, by=me().name, now=at.now())
    except ExamplesError as error:
        return str(error)
    return ""
