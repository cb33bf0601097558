"""Past decisions of Review: found, corrected and taken back, each with its effect on what the bot knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from bot.console import topic_box
from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.console.words import topic_name
from bot.retraining import hiding
from bot.retraining.redaction import redact
from bot.store import decisions, examples, topics
from bot.store.decisions import BACK, LIVE, NEXT, NOTHING, TOPIC, WAITING, Past, Wanted

A_PAGE = 30
OUT_OF_SCOPE = "out_of_scope"
LABELS = {
    "right": "the bot was right",
    "intent": "it meant another topic",
    "several": "it asked several things",
    OUT_OF_SCOPE: "beyond the library",
    "not_useful": "of no use",
    "unsure": "unsure",
}
EFFECTS = {
    NEXT: "The next training learns it.",
    WAITING: "A model that is not live yet has learnt it.",
    LIVE: "A model that has gone live has learnt it.",
    BACK: "Its model was taken back, and it with it.",
    TOPIC: "It is one of the first examples of the topic that was made of it.",
    NOTHING: "It teaches the bot nothing.",
}


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/review/decisions")
    @allows(LIBRARIAN)
    def decisions_page() -> str:
        return _shown(desk())

    @pages.post("/review/decisions/<int:review_id>")
    @allows(LIBRARIAN)
    def change_decision(review_id: int) -> Any:
        at, does = desk(), request.form.get("does", "")
        past = decisions.one(at.engine, review_id)
        if past is None:
            flash("This decision does not stand any more: somebody has changed it meanwhile.", "warning")
            return redirect(url_for("console.decisions_page"))
        try:
            return _changed(at, past, does)
        except decisions.Changed as error:
            flash(str(error), "warning")
        return redirect(url_for("console.decisions_page"))


def called(at: Desk) -> dict[str, str]:
    """Return what pages call the topics, by name."""
    return {name: topic_name(name) for name in topics.every(at.engine)}


def _changed(at: Desk, past: Past, does: str) -> Any:
    """Do what was asked for; raises decisions.Changed."""
    whose: dict[str, Any] = {"by": me().name, "now": at.now()}
    back = redirect(url_for("console.decisions_page", words=" ".join(past.said.split()[:6]) or None))
    if does == "back":
        decisions.take_back(at.engine, past.id, **whose)
        flash(f"Taken back. {_unlearnt(past)} The message comes back to Review when it is sorted next.", "success")
        return redirect(url_for("console.decisions_page"))
    chosen: tuple[str, ...]
    if does in {OUT_OF_SCOPE, "not_useful"}:
        chosen = (OUT_OF_SCOPE,) if does == OUT_OF_SCOPE else ()
    else:
        known = examples.counts(at.engine)
        typed = topic_box.read(request.form.get("topic", ""), called(at), known)
        if does.startswith("is:"):
            typed = topic_box.Typed((name,)) if (name := does.removeprefix("is:")) in known else typed
        if typed.unknown or not typed.names:
            problem = topic_box.question(typed) if typed.unknown else "Type a topic."
            return _shown(at, opened=past.id, problem=problem, near=typed.near), 422
        chosen = typed.names
    decision = _kind(chosen)
    intent = chosen[0] if chosen else ""
    text = past.text or examples.clean(redact(past.said).text)
    decisions.correct(at.engine, past.id, decision, text=text, intent=intent, others=chosen[1:], **whose)
    flash(_effect(past, decision, intent), "success")
    return back


def _kind(chosen: tuple[str, ...]) -> str:
    if not chosen:
        return "not_useful"
    if len(chosen) > 1:
        return "several"
    return OUT_OF_SCOPE if chosen[0] == OUT_OF_SCOPE else "intent"


def _effect(past: Past, decision: str, intent: str) -> str:
    if decision in {"not_useful", "several"}:
        return f"Corrected. {_unlearnt(past)} It teaches nothing now."
    return f"Corrected. {_unlearnt(past)} The next training learns it as {topic_name(intent).lower()}."


def _unlearnt(past: Past) -> str:
    """Return what becomes of what was learnt from a decision."""
    if past.effect == LIVE:
        return "The model that answers now may have learnt the old decision; the next one forgets it."
    if past.effect == WAITING:
        return f"The model {past.model} has learnt the old decision: train again before it goes live."
    return "No model has learnt the old decision." if past.effect == NEXT else ""


def _withdrawn(past: Past) -> str:
    """Return what a confirmation says before a decision is taken back."""
    covered = f"{past.covers} messages are" if past.covers > 1 else "The message is"
    return f"{covered} undecided again. {_unlearnt(past)}".strip()


def _shown(at: Desk, *, opened: int = 0, problem: str = "", near: tuple[str, ...] = ()) -> str:
    asked = {name: request.args.get(name, "").strip() for name in Wanted.__dataclass_fields__}
    wanted, before = Wanted(**asked), request.args.get("before", type=int) or None
    if opened:
        wanted, before = Wanted(), opened + 1
    found = decisions.page(at.engine, wanted, before_id=before, most=A_PAGE + 1)
    hidden = hiding.words(at.engine, [(each.inbox_id, each.said) for each in found])
    rows = [replace(each, said=hidden[each.inbox_id]) for each in found[:A_PAGE]]
    return render_template(
        "console/decisions.html",
        rows=rows,
        more=rows[-1].id if len(found) > A_PAGE else None,
        wanted=wanted,
        asked=any(asked.values()),
        intents=[each for each in examples.counts(at.engine) if each != OUT_OF_SCOPE],
        reviewers=decisions.reviewers(at.engine),
        labels=LABELS,
        effects=EFFECTS,
        withdrawn=_withdrawn,
        opened=opened,
        problem=problem,
        near=near,
    )
