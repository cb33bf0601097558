"""The examples that the bot has learnt from: searched, added, moved, removed; and what seems wrong with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import topics
from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.retraining import examples, files
from bot.retraining.examples import Change, Done, ExamplesError
from bot.retraining.redaction import redact
from bot.store import audit, topic_names
from bot.store.alike import MARKS

A_PAGE = 100
THIN = 15


def add(pages: Blueprint) -> None:
    """Add the pages."""
    topics.add(pages)

    @pages.get("/examples")
    @allows(VIEWER)
    def examples_page() -> str:
        at = desk()
        data = examples.read(_folder(at))
        wanted, topic = request.args.get("text", "").strip().casefold(), request.args.get("topic", "")
        found = [
            each
            for each in data.examples
            if (not topic or each.intent == topic) and all(word in each.text.casefold() for word in wanted.split())
        ]
        begin = max(0, request.args.get("from", 0, type=int))
        counts = {intent: len(rows) for intent, rows in data.by_intent().items()}
        return render_template(
            "console/examples.html",
            found=found[begin : begin + A_PAGE],
            total=len(found),
            begin=begin,
            after=begin + A_PAGE if begin + A_PAGE < len(found) else None,
            counts=dict(sorted(counts.items())),
            problems=data.problems,
            whole=len(data.examples),
            asked={"text": wanted, "topic": topic},
            version=data.version(),
            edited=_pair(request.args["edit"]) if "edit" in request.args else None,
            marks=MARKS,
        )

    @pages.post("/examples")
    @allows(LIBRARIAN)
    def change_examples() -> Response:
        at = desk()
        does, topic = request.form.get("does", ""), request.form.get("topic", "")
        chosen = [_pair(each) for each in request.form.getlist("chosen")]
        if does == "add":
            lines = [redact(line).text for line in request.form.get("text", "").splitlines() if line.strip()]
            wanted = Change(add=tuple((topic, line) for line in lines))
        elif does == "remove":
            wanted = Change(remove=tuple(chosen))
        elif does == "move":
            moved = [(topic, text) for intent, text in chosen if intent != topic]
            wanted = Change(add=tuple(moved), remove=tuple(each for each in chosen if each[0] != topic))
        elif does == "edit" and chosen:
            text = redact(request.form.get("text", "")).text
            wanted = Change(edit=((*chosen[0], examples.clean(text)),))
        else:
            wanted = Change()
        _change(at, wanted)
        shown = request.form.get("shown", "")
        return redirect(url_for("console.examples_page", topic=shown, text=request.form.get("searched", "")))

    @pages.get("/examples/care")
    @allows(VIEWER)
    def care() -> str:
        at = desk()
        data = examples.read(_folder(at))
        kept = at.shop.var / "care.json"
        found: Mapping[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
        there = {(each.intent, each.text) for each in data.examples}
        thin = sorted(((intent, len(rows)) for intent, rows in data.by_intent().items()), key=lambda each: each[1])
        return render_template(
            "console/care.html",
            # What was mended since is not told again.
            wrong=[each for each in found.get("wrong", ()) if (each["intent"], each["text"]) in there],
            contradictions=[
                each
                for each in found.get("contradictions", ())
                if {(each["intent"], each["text"]), (each["rather"], each["other"])} <= there
            ],
            alike=found.get("alike", ()),
            thin=[each for each in thin if each[1] < THIN],
            looked=bool(found),
            problems=data.problems,
        )


def _folder(at: Desk) -> Any:
    return at.shop.root / "data" / "nlu"


def _pair(value: str) -> tuple[str, str]:
    intent, _, text = value.partition("\t")
    return intent, text


def _change(at: Desk, wanted: Change) -> None:
    """Write a change and note it in the audit; say what was wrong where it cannot be made."""
    if not (wanted.add or wanted.remove or wanted.edit):
        flash("Choose examples first, or write some.", "danger")
        return
    try:
        done = _write(at, wanted)
    except ExamplesError as error:
        flash(str(error), "danger")
        return
    if not (done.added or done.removed):
        flash("That stands there already; nothing was changed.", "warning")
        return
    flash("Written. The bot knows it after the next training. It can be undone under Changes.", "success")


def _write(at: Desk, wanted: Change) -> Done:
    """Write a change with what hangs on it: where an example came from follows it, and the audit tells it."""
    folder = _folder(at)
    with files.locked(folder):
        done = examples.planned(folder, wanted)
        # What was really added or removed, not what was asked for: an undo takes back this alone.
        removed = {"removed": [list(each) for each in done.removed]} if done.removed else None
        added = {"added": [list(each) for each in done.added]} if done.added else None
        with files.writing(folder, done.after), topic_names.changing(at.engine, me().name, at.now()) as opened:
            topic_names.moved(opened, _followed(wanted))
            if removed or added:
                key = (done.added or done.removed)[0][0]
                audit.note(opened.connection(), me().name, "examples", key, removed, added, at.now())
    return done


def _followed(wanted: Change) -> dict[tuple[str, str], tuple[str, str]]:
    """Return which examples go on as another: rewritten, or moved to another topic."""
    there = {text: intent for intent, text in wanted.add}
    moved = {(intent, text): (there[text], text) for intent, text in wanted.remove if text in there}
    return {**moved, **{(intent, old): (intent, new) for intent, old, new in wanted.edit}}


def undo(at: Desk, change: Mapping[str, Any]) -> str:
    """Take back a change of the examples; return what is wrong, or ""."""
    added = [tuple(each) for each in (change["after"] or {}).get("added", ())]
    removed = [tuple(each) for each in (change["before"] or {}).get("removed", ())]
    try:
        if len(added) == len(removed) == 1 and added[0][0] == removed[0][0]:
            # Rewritten: it goes back to its line.
            _write(at, Change(edit=((added[0][0], added[0][1], removed[0][1]),)))
        else:
            _write(at, Change(add=tuple(removed), remove=tuple(added)))
    except ExamplesError as error:
        return str(error)
    return ""
