"""What a waiting model would answer otherwise: in three sentences, and row by row, the worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from bot.console.access import LIBRARIAN, allows, may, me
from bot.console.desk import Desk, desk
from bot.console.words import topic_name
from bot.retraining import hiding
from bot.retraining.changes import BETTER, OTHER, WORSE, WORST_FIRST, unseen
from bot.store import conversations, examples, library, models
from bot.store.models import Model

SHOWN = 60
LABELS = {BETTER: "better", WORSE: "worse", OTHER: "another answer"}


def add(pages: Blueprint) -> None:
    """Add the routes behind the rows, and what the menu says of a model that waits."""

    @pages.post("/training/models/<name>/rows/<int:inbox_id>")
    @allows(LIBRARIAN)
    def judge_row(name: str, inbox_id: int) -> Any:
        at = desk()
        model, does = models.get(at.engine, name), request.form.get("does", "")
        known = {row["inbox_id"] for row in _rows(model.figures)} if model else set()
        if model is None or inbox_id not in known or does not in {"right", "wrong"}:
            abort(404)
        models.judge(at.engine, name, inbox_id, right=does == "right", by=me().name, now=at.now())
        if not request.headers.get("HX-Request"):
            return redirect(url_for("console.model_page", name=name))
        found = shown(at, model)
        row = next(row for row in found["rows"] if row["inbox_id"] == inbox_id)
        return render_template("console/gate_row.html", model=model, row=row, sentences=found["sentences"])

    @pages.context_processor
    def approvals() -> dict[str, Any]:
        return {"waits_for_me": waits_for_me}


def waits_for_me() -> Model | None:
    """Return the model whose approval whoever looks at the page may give; looked up once per request."""
    if "waits_for_me" not in g:
        at = desk()
        try:
            found = models.awaiting(at.engine, second=at.second_approver) if may(LIBRARIAN) else None
        except SQLAlchemyError:  # the page that says so must not fail for the same reason
            found = None
        mine = found is not None and at.second_approver and found.made_by == me().name
        g.waits_for_me = None if mine else found
    waiting: Model | None = g.waits_for_me
    return waiting


def _rows(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows that a model's figures hold, the worst first, each message once."""
    learnt = [{**row, "learnt": True} for row in (figures.get("learnt") or {}).get("rows", ())]
    of_week = [{"kind": OTHER, "meant": "", **row} for row in (figures.get("week") or {}).get("rows", ())]
    found = {row["inbox_id"]: row for row in [*of_week, *learnt]}
    return sorted(found.values(), key=lambda row: (WORST_FIRST[row["kind"]], not unseen(row)))


def shown(at: Desk, model: Model) -> dict[str, Any]:
    """Return the three sentences, the rows with both answers, and the new examples to look at."""
    said = models.judged(at.engine, model.name)
    return {
        "sentences": sentences(model.figures, said),
        "rows": _told(at, _rows(model.figures), said),
        "doubtful": _doubtful(at, model.figures),
    }


def week(at: Desk, figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of two models' comparison: nobody judges them there."""
    return _told(at, _rows(figures), {})


def sentences(figures: Mapping[str, Any], said: Mapping[int, bool]) -> list[tuple[str, str]]:
    """Return what changes for students as (kind, sentence); what staff have said of a row goes over what was known."""
    found = figures.get("week") or {}
    if not found.get("count"):
        return []
    counts = Counter({name: found.get(name, 0) for name in LABELS})
    counts[OTHER] = found["changed"] - counts[BETTER] - counts[WORSE]
    for row in found.get("rows", ()):
        if row["inbox_id"] in said:
            counts[row.get("kind", OTHER)] -= 1
            counts[BETTER if said[row["inbox_id"]] else WORSE] += 1
    words = ((BETTER, "a better answer"), (WORSE, "a worse one"), (OTHER, "another one"))
    return [(name, f"{counts[name]} {'gets' if counts[name] == 1 else 'get'} {answer}") for name, answer in words]


def _told(at: Desk, rows: Sequence[dict[str, Any]], said: Mapping[int, bool]) -> list[dict[str, Any]]:
    texts = conversations.texts(at.engine, [row["inbox_id"] for row in rows])
    hidden = hiding.words(at.engine, texts.items())
    known = overviews(at)
    return [
        {
            **row,
            "text": hidden[row["inbox_id"]],
            "was": answer_of(row["before"], known),
            "now": answer_of(row["after"], known),
            "unseen": unseen(row),
            "said": said.get(row["inbox_id"]),
            "label": LABELS[row["kind"]],
        }
        for row in rows
        if row["inbox_id"] in texts
    ][:SHOWN]


def _doubtful(at: Desk, figures: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the new examples that contradict others or look misplaced, while they stand where they stood."""
    care = figures.get("care") or {}
    pairs = [each for each in care.get("contradictions", ()) if each.get("new")]
    wrong = [each for each in care.get("wrong", ()) if each.get("new")]
    numbers = {each["id"] for each in (*pairs, *wrong)} | {each["other"] for each in pairs}
    there = examples.named(at.engine, [number for number in numbers if number is not None])
    found = [
        {"text": there[a].text, "intent": there[a].intent, "rather": there[b].intent, "other": there[b].text}
        for a, b in ((each["id"], each["other"]) for each in pairs)
        if a in there and b in there and there[a].intent != there[b].intent
    ]
    found += [
        {"text": there[each["id"]].text, "intent": each["intent"], "rather": each["rather"], "other": ""}
        for each in wrong
        if each["id"] in there and there[each["id"]].intent == each["intent"]
    ]
    return list({each["text"]: each for each in reversed(found)}.values())[::-1][:SHOWN]


def overviews(at: Desk) -> dict[str, str]:
    """Return the overview text of each topic of the store's answers."""
    return {each.topic: each.text for each in library.read_answers(at.engine) if each.overview}


def answer_of(intent: str, known: Mapping[str, str]) -> tuple[str, str]:
    """Return a topic's name and what the bot says about it; "" means asking back."""
    if not intent:
        return "asks back", ""
    return topic_name(intent), known.get(intent, "")
