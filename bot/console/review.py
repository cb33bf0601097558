"""Review: what the bot was least sure of, one card at a time; a decision teaches the next model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for

from bot.console import decisions, screens, topic_box
from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.retraining import hiding
from bot.retraining.redaction import redact
from bot.retraining.usefulness import FALLBACK, REASONS
from bot.store import around, audit, cards, conversations, examples, jobs, reviews, sorting, threads_shown, topics
from bot.store import decisions as past
from bot.store.alike import MARKS
from bot.store.cards import Card
from bot.store.content import edit
from bot.store.content.schema import Record
from bot.store.events import reply_from_json

OFFERED = 6
MOST_SKIPPED = 200
MOST_OF_CLUSTER = 200
# Of those that say nearly the same: how many a card decides along, and how many of them are in sight.
MOST_MEMBERS, SHOWN_MEMBERS = 60, 8
AGAIN_AFTER = timedelta(minutes=1)
OUT_OF_SCOPE = "out_of_scope"


def add(pages: Blueprint) -> None:
    """Add the pages."""
    decisions.add(pages)

    @pages.get("/review")
    @allows(LIBRARIAN)
    def review() -> str:
        at = desk()
        session.pop("skipped", None)
        cluster = request.args.get("cluster", type=int)
        return render_template(
            "console/review.html",
            clusters=cards.clusters(at.engine),
            cluster=cluster,
            intents=topics_to_choose(at),
            **_next(at, cluster),
        )

    @pages.post("/review/<int:inbox_id>")
    @allows(LIBRARIAN)
    def decide(inbox_id: int) -> Any:
        at = desk()
        cluster = request.form.get("cluster", type=int)
        card = cards.card(at.engine, inbox_id, me().name)
        if card is None:
            return _onward(at, cluster, told="That message was removed meanwhile.")
        does = request.form.get("does", "")
        if does == "skip":
            session["skipped"] = [*session.get("skipped", ()), inbox_id][-MOST_SKIPPED:]
            return _onward(at, cluster)
        decision, intent, others, typed = _decision(at, card, does)
        if not decision:
            problem = topic_box.question(typed) if typed.unknown else "Choose a topic, or type one."
            return _onward(at, cluster, card=card, problem=problem, near=typed.near)
        members = {number for number, _ in card.members[:MOST_MEMBERS]}
        also = [number for number in request.form.getlist("also", type=int) if number in members]
        # The submitted text is redacted once more: no more is kept than the reviewer has seen.
        text = _example(request.form.get("text", "") or card.text)
        try:
            reviews.decide(
                at.engine,
                [inbox_id, *also],
                decision,
                by=me().name,
                now=at.now(),
                text=text if decision in reviews.TEACHES else "",
                intent=intent,
                others=others,
            )
        except reviews.Decided as error:
            return _onward(at, cluster, told=str(error))
        return _onward(at, cluster, told=" ".join(topic_box.noted(typed, decisions.called(at))))

    @pages.post("/review/undo")
    @allows(LIBRARIAN)
    def undo_review() -> Any:
        at = desk()
        found = reviews.undo(at.engine, me().name, at.now())
        card = cards.card(at.engine, found, me().name) if found is not None else None
        if card is None:
            return _onward(at, None, told="There is nothing to take back: what a model has learnt stays decided.")
        return _onward(at, None, card=card)

    @pages.post("/review/refresh")
    @allows(LIBRARIAN)
    def refresh_queue() -> Any:
        at, problem = desk(), ""
        try:
            jobs.ask(at.engine, "queue", by=me().name, now=at.now())
        except jobs.JobError:
            problem = "The trainer is busy; the messages are sorted right after."
        if request.headers.get("HX-Request"):
            return render_template("console/review_standing.html", standing=_standing(at), problem=problem)
        flash(problem or "The messages are being sorted anew; that takes some seconds.", "success")
        return redirect(url_for("console.review"))

    @pages.get("/review/standing")
    @allows(LIBRARIAN)
    def review_standing() -> Any:
        standing = _standing(desk())
        # Somebody who looks at an empty page gets the new cards; nobody loses the card that they read.
        over = not standing["sorting"] and "empty" in request.args
        shown = render_template("console/review_standing.html", standing=standing, problem="")
        return shown, 200, {"HX-Refresh": "true"} if over else {}

    @pages.route("/review/topic", methods=["GET", "POST"])
    @allows(LIBRARIAN)
    def new_topic() -> Any:
        at = desk()
        form: dict[str, str] = {
            name: request.values.get(name, "").strip() for name in ("label", "asked", "text", "link")
        }
        problems: list[str] = []
        if request.method == "POST":
            problems = _new_topic(at, form, request.form.getlist("message", type=int))
            if not problems:
                flash(
                    f"The topic {form['label']} is there. Its answer is given at once to what is asked in these words; "
                    "after the next training also to what is like them.",
                    "success",
                )
                return redirect(url_for("console.review"))
        elif (cluster := request.args.get("cluster", type=int)) is not None:
            form["asked"] = "\n".join(dict.fromkeys(_example(text) for _, text in _of_cluster(at, cluster)))
        shown = render_template("console/new_topic.html", form=form, problems=problems, messages=_messages(at))
        return shown, (422 if problems else 200)


def _example(text: str) -> str:
    return examples.clean(redact(text).text)


def _of_cluster(at: Desk, cluster: int) -> list[tuple[int, str]]:
    return cards.of_cluster(at.engine, cluster)[:MOST_OF_CLUSTER]


def _messages(at: Desk) -> list[int]:
    """Return the messages that a topic is made of: a cluster's, one card's, or those of the rejected form."""
    cluster = request.args.get("cluster", type=int)
    of_cluster = [number for number, _ in _of_cluster(at, cluster)] if cluster is not None else []
    return request.values.getlist("message", type=int) or of_cluster


def _new_topic(at: Desk, form: dict[str, str], messages: Sequence[int]) -> list[str]:
    """Add a topic, its examples and its answer; return what is wrong, in which case nothing is changed.

    This decides those of `messages` whose texts are among the examples.
    """
    if not form["text"]:
        return ["Write what the bot should answer: a topic without an answer helps nobody."]
    asked = [text for line in form["asked"].splitlines() if (text := _example(line))]
    label = " ".join(form["label"].split())
    with at.engine.connect() as connection:
        if problems := topics.problems(connection, label, asked):
            return problems
    entry: dict[str, Any] = {
        "key": f"{topics.name_of(label).replace('_', '-')}-overview",
        "topic": topics.name_of(label),
        "title": label,
        "text": form["text"],
        "overview": True,
        "questions": asked,
    }
    if form["link"]:
        entry["link"] = form["link"]
    checked = edit.check(at.engine, "answers", edit.filled("answers", entry))
    if checked.problems:
        return [f"{field}: {problem}" for field, problem in checked.problems.items()]
    _make_topic(at, label, asked, checked.record, conversations.texts(at.engine, messages))
    return []


def _make_topic(at: Desk, label: str, asked: Sequence[str], answer: Record, said: Mapping[int, str]) -> None:
    """Store a topic with its answer, its examples and the decisions behind them: all or nothing."""
    whose: dict[str, Any] = {"by": me().name, "now": at.now()}
    with topics.changing(at.engine, whose["by"], whose["now"]) as opened:
        connection = opened.connection()
        name = topics.add(connection, label, **whose)
        opened.add(edit.as_row("answers", answer))
        made = {number: text for number, words in said.items() if (text := _example(words)) in asked}
        # Before the others, so that their examples are deleted along with whoever said them.
        reviews.make_topic(connection, made, name, **whose)
        examples.add(connection, [(name, text) for text in asked], source="topic", **whose)
        told = {"label": label, "examples": list(asked)}
        audit.note(connection, whose["by"], "topics", name, None, told, whose["now"])


def topics_to_choose(at: Desk) -> list[str]:
    """Return the topics that can be typed; what is beyond the library has a button of its own."""
    return [each for each in examples.counts(at.engine) if each != OUT_OF_SCOPE]


def _standing(at: Desk) -> dict[str, Any]:
    found = sorting.standing(at.engine, at.now())
    due = found.unsorted and not found.sorting and (found.sorted_at is None or at.now() > found.sorted_at + AGAIN_AFTER)
    return {**vars(found), "due": bool(due) and not found.problem}


def _decision(at: Desk, card: Card, does: str) -> tuple[str, str, Sequence[str], topic_box.Typed]:
    """Return (decision, intent, other intents, what was typed) for the button pressed; "": it says too little."""
    if does in {"not_useful", "unsure"}:
        return does, "", (), topic_box.Typed()
    guessed = card.intent if card.intent != FALLBACK else card.suggested
    typed = topic_box.Typed((guessed,) if does == "right" else (does.removeprefix("is:"),))
    known = examples.counts(at.engine)
    if does == "typed":
        typed = topic_box.read(request.form.get("topic", ""), decisions.called(at), known)
    elif typed.names[0] not in known:
        typed = topic_box.Typed(unknown=typed.names[0])
    chosen = typed.names
    if typed.unknown or not chosen:
        return "", "", (), typed
    if chosen == (OUT_OF_SCOPE,):
        return "out_of_scope", OUT_OF_SCOPE, (), typed
    if len(chosen) > 1:
        return "several", chosen[0], chosen[1:], typed
    return ("right" if does == "right" or chosen[0] == card.intent else "intent"), chosen[0], (), typed


def _next(
    at: Desk,
    cluster: int | None,
    card: Card | None = None,
    problem: str = "",
    told: str = "",
    near: Sequence[str] = (),
) -> dict[str, Any]:
    skip = session.get("skipped", ())
    card = card or cards.next_card(at.engine, me().name, at.now(), cluster=cluster, skip=skip)
    shown: dict[str, Any] = {
        "card": card,
        "problem": problem,
        "told": told,
        "near": near,
        "marks": MARKS,
        "waiting": cards.waiting(at.engine, me().name),
        "done": reviews.done_since(at.engine, me().name, at.midnight(at.today())),
        "staged": len(past.fresh(at.engine)),
        "standing": _standing(at),
    }
    if card is not None:
        before, after = around.around(at.engine, card.inbox_id, card.person_id)
        said = [(each.inbox_id, each.text) for each in (*before, *after)]
        words = hiding.of_messages(at.engine, dict([*said, (card.inbox_id, card.text), *card.members[:MOST_MEMBERS]]))
        shown |= {
            "redacted": words[card.inbox_id],
            "members": [(number, words[number].text) for number, _ in card.members[:MOST_MEMBERS]],
            "in_sight": SHOWN_MEMBERS,
            "before": [_turn(each, words[each.inbox_id].text) for each in before],
            "after": [_turn(each, words[each.inbox_id].text) for each in after],
            "reasons": [REASONS[reason][0] for reason in card.reasons if reason in REASONS],
            "offered": _offered(card),
            "said": [screens.screen(card.channel, call.body) for call in _calls(at, card)],
            "person_said": threads_shown.answered_in(at.engine, card.inbox_id) if "person" in card.reasons else (),
        }
    return shown


def _turn(turned: around.Turned, words: str) -> dict[str, Any]:
    answers = [str(each.get("text") or "") for each in turned.replies]
    return {"at": turned.at, "said": words, "answer": " ".join(each for each in answers if each)}


def _calls(at: Desk, card: Card) -> list[Any]:
    return screens.render(at.channels[card.channel], [reply_from_json(dict(each)) for each in card.replies])


def _offered(card: Card) -> list[tuple[str, float]]:
    """Return the topics to choose from by a number key: what the student chose, then the bot's own ranking."""
    ranking = [
        (each["name"], float(each["confidence"]))
        for each in card.understanding.get("intent_ranking", ())
        if each["name"] not in {FALLBACK, OUT_OF_SCOPE}
    ]
    near = [(each["intent"], 0.0) for each in card.near if each["intent"] != OUT_OF_SCOPE]
    found = dict([*([(card.suggested, 1.0)] if "chose" in card.reasons and card.suggested else []), *reversed(near)])
    for name, confidence in ranking:
        found[name] = confidence
    first = [card.suggested] if "chose" in card.reasons and card.suggested else []
    order = [*first, *(name for name, _ in ranking), *found]
    return [(name, found[name]) for name in dict.fromkeys(order) if name != OUT_OF_SCOPE][:OFFERED]


def _onward(
    at: Desk,
    cluster: int | None,
    card: Card | None = None,
    problem: str = "",
    told: str = "",
    near: Sequence[str] = (),
) -> Any:
    """Show the next card, or `card` again with its problem and the topics that may be meant (`near`).

    `told`: what happened instead of what was requested, or how it was understood.
    """
    if request.headers.get("HX-Request"):
        shown = _next(at, cluster, card, problem, told, near)
        return render_template("console/review_card.html", cluster=cluster, intents=topics_to_choose(at), **shown)
    if told:
        flash(told, "warning")
    if problem:
        flash(problem, "danger")
        return abort(422)
    return redirect(url_for("console.review", cluster=None if card is not None else cluster))
