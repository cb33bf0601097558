"""Topics renamed, merged and split: what would change is shown first, written all at once, and can be undone."""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.retraining import examples, files, reshaping
from bot.retraining.examples import ExamplesError
from bot.retraining.redaction import redact
from bot.retraining.reshaping import Plan, Reshape
from bot.store import audit, topic_names
from bot.store.audit import page as changes

DOES = ("rename", "merge", "split")
SHOWN = 20


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
            plan = _reshape(at, wanted)
        except ExamplesError as error:
            return _page(at, wanted, [str(each) for each in error.problems])
        flash("Written. The bot knows it after the next training; until then it answers as before.", "success")
        for each in plan.missing:
            flash(each, "warning")
        return redirect(url_for("console.topics_page"))

    @pages.post("/examples/topics/<name>/undo")
    @allows(LIBRARIAN)
    def undo_topics(name: str) -> Response:
        problem = _undo(desk(), name)
        flash(problem or "Undone.", "danger" if problem else "success")
        return redirect(url_for("console.topics_page"))


def _wanted() -> Reshape:
    texts = request.values.getlist("text")
    return Reshape(
        does=request.values.get("does", ""),
        topic=request.values.get("topic", ""),
        label=redact(request.values.get("label", "").strip()).text,
        into=request.values.get("into", ""),
        texts=tuple(texts),
    )


def _page(at: Desk, wanted: Reshape, problems: list[str] | None = None) -> Any:
    data = examples.read(at.shop.root / "data" / "nlu")
    by_intent = data.by_intent()
    plan: Plan | None = None
    found = problems or []
    if request.method == "POST" and not found and wanted.does in DOES:
        try:
            plan = reshaping.planned(at.shop.root, wanted)
        except ExamplesError as error:
            found = [str(each) for each in error.problems]
    shown = render_template(
        "console/topics.html",
        wanted=wanted,
        plan=plan,
        problems=found,
        counts={name: len(rows) for name, rows in sorted(by_intent.items())},
        texts=[each.text for each in by_intent.get(wanted.topic, ())],
        answers=topic_names.answers_of(at.engine, wanted.topic) if plan else 0,
        decisions=topic_names.decisions_of(at.engine, wanted.topic) if plan else 0,
        lately=[_lately(at, each) for each in changes(at.engine, table="topics", limit=SHOWN) if _is_ours(each)],
    )
    return shown, (422 if found else 200)


def _is_ours(change: dict[str, Any]) -> bool:
    return "does" in (change["after"] or {})


def _lately(at: Desk, change: dict[str, Any]) -> dict[str, Any]:
    return {**change, "undoable": _snapshot(at, change["after"]["undo"]).exists()}


def _snapshot(at: Desk, name: str) -> Path:
    return at.shop.var / "undo" / f"{name}.json"


def _reshape(at: Desk, wanted: Reshape) -> Plan:
    """Write what is wanted: files, answers, decisions; all of it or nothing. Raises ExamplesError."""
    root, folder = at.shop.root, at.shop.root / "data" / "nlu"
    name = uuid.uuid4().hex[:12]
    snapshot = _snapshot(at, name)
    snapshot.parent.mkdir(parents=True, exist_ok=True)
    with files.locked(folder):
        plan = reshaping.planned(root, wanted)
        before = {path: path.read_text(encoding="utf-8") if path.exists() else None for path in plan.after}
        with (
            files.writing(folder, plan.after),
            topic_names.changing(at.engine, me().name, at.now()) as opened,
        ):
            topic_names.moved(opened, plan.moved)
            split = wanted.does == "split" or plan.name == wanted.topic
            told = {} if split else topic_names.renamed(opened, wanted.topic, plan.name)
            kept = {
                "topic": wanted.topic,
                "files": {str(path.relative_to(root)): text for path, text in before.items()},
                "after": {str(path.relative_to(root)): _mark(text) for path, text in plan.after.items()},
                "moved": [[list(old), list(new)] for old, new in plan.moved.items()],
                "renamed": [wanted.topic, plan.name, told] if told else None,
            }
            files.replace(snapshot, json.dumps(kept))
            note = {"does": wanted.does, "topic": wanted.topic, "name": plan.name, "undo": name}
            audit.note(opened.connection(), me().name, "topics", wanted.topic, None, note, at.now())
    return plan


def _mark(text: str | None) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if text is not None else ""


def _undo(at: Desk, name: str) -> str:
    """Take a change of topics back; return what hinders it, or ""."""
    root, folder, snapshot = at.shop.root, at.shop.root / "data" / "nlu", _snapshot(at, name)
    if not name.isalnum() or not snapshot.exists():
        return "This can be undone no more."
    with files.locked(folder):
        kept = json.loads(snapshot.read_text(encoding="utf-8"))
        for path, mark in kept["after"].items():
            now = (root / path).read_text(encoding="utf-8") if (root / path).exists() else None
            if _mark(now) != mark:
                return f"{path} was changed since, so this cannot be undone as a whole. Nothing was changed."
        before = {root / path: text for path, text in kept["files"].items()}
        with (
            files.writing(folder, before),
            topic_names.changing(at.engine, me().name, at.now()) as opened,
        ):
            if kept["renamed"]:
                topic_names.renamed_back(opened, *kept["renamed"])
            topic_names.moved(opened, {(new[0], new[1]): (old[0], old[1]) for old, new in kept["moved"]})
            audit.note(opened.connection(), me().name, "topics", kept["topic"], None, {"undone": name}, at.now())
        snapshot.unlink()
    return ""
