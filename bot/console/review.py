"""Review: what the bot was least sure of, one card at a time; a decision teaches the next model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from bot.console import screens
from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.console.words import topic_name
from bot.retraining import hiding
from bot.retraining.redaction import redact
from bot.retraining.usefulness import FALLBACK, REASONS
from bot.store import audit, cards, conversations, examples, jobs, reviews, threads_shown, topics
from bot.store.alike import MARKS
from bot.store.cards import Card
from bot.store.content import edit
from bot.store.content.schema import Record
from bot.store.events import reply_from_json

OFFERED = 6
MOST_SKIPPED = 200
MOST_OF_CLUSTER = 200
SHOWN_MEMBERS = 12
OUT_OF_SCOPE = "out_of_scope"


def add(pages: Blueprint) -> None:
    """Add the pages."""

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
            intents=list(examples.counts(at.engine)),
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
        decision, intent, others, problem = _decision(at, card, does)
        if problem:
            return _onward(at, cluster, card=card, problem=problem)
        members = {number for number, _ in card.members}
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
        return _onward(at, cluster)

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
    def refresh_queue() -> Response:
        try:
            jobs.ask(desk().engine, "queue", by=me().name, now=desk().now())
            flash("The messages are being sorted anew; that takes some seconds.", "success")
        except jobs.JobError as error:
            flash(str(error), "danger")
        return redirect(url_for("console.review"))

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


def _decision(at: Desk, card: Card, does: str) -> tuple[str, str, list[str], str]:
    """Return (decision, intent, other intents, what is wrong) for the button that was pressed."""
    known = examples.counts(at.engine)
    if does in {"not_useful", "unsure"}:
        return does, "", [], ""
    if does == "out_of_scope":
        return does, OUT_OF_SCOPE, [], ""
    if does == "right":
        guessed = card.intent if card.intent != FALLBACK else card.suggested
        if guessed not in known:
            return "", "", [], "The bot took it for nothing: say what it means."
        return "right", guessed, [], ""
    typed = _typed(at, request.form.get("topic", ""))
    chosen = [does.removeprefix("is:")] if does.startswith("is:") else typed
    if not chosen:
        return "", "", [], "Choose a topic, or type one."
    if unknown := [each for each in chosen if each not in known]:
        return "", "", [], f"There is no topic {topic_name(unknown[0])}. Choose one of the list, or make a new one."
    if len(chosen) > 1:
        return "several", chosen[0], chosen[1:], ""
    if chosen[0] == OUT_OF_SCOPE:
        return "out_of_scope", OUT_OF_SCOPE, [], ""
    return ("right" if chosen[0] == card.intent else "intent"), chosen[0], [], ""


def _typed(at: Desk, text: str) -> list[str]:
    """Return the topics that were typed, comma-separated, by name or label; a label may contain a comma itself."""
    called = {each.called.casefold(): each.name for each in topics.every(at.engine).values()}
    words = [text] if text.strip().casefold() in called else text.split(",")
    plain = [each.strip().casefold() for each in words if each.strip()]
    return [called.get(each, each.replace(" ", "_")) for each in plain]


def _next(at: Desk, cluster: int | None, card: Card | None = None, problem: str = "", told: str = "") -> dict[str, Any]:
    skip = session.get("skipped", ())
    card = card or cards.next_card(at.engine, me().name, at.now(), cluster=cluster, skip=skip)
    shown: dict[str, Any] = {
        "card": card,
        "problem": problem,
        "told": told,
        "marks": MARKS,
        "waiting": cards.waiting(at.engine, me().name),
        "done": reviews.done_since(at.engine, me().name, at.midnight(at.today())),
        "staged": len(reviews.staged(at.engine)),
        "sorting": any(job.kind == "queue" and job.under_way for job in jobs.page(at.engine, 3)),
    }
    if card is not None:
        words = hiding.of_messages(at.engine, dict([(card.inbox_id, card.text), *card.members[:SHOWN_MEMBERS]]))
        shown |= {
            "redacted": words[card.inbox_id],
            "members": [(number, words[number].text) for number, _ in card.members[:SHOWN_MEMBERS]],
            "reasons": [REASONS[reason][0] for reason in card.reasons if reason in REASONS],
            "offered": _offered(card),
            "said": [screens.screen(card.channel, call.body) for call in _calls(at, card)],
            "person_said": threads_shown.answered_in(at.engine, card.inbox_id) if "person" in card.reasons else (),
        }
    return shown


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


def _onward(at: Desk, cluster: int | None, card: Card | None = None, problem: str = "", told: str = "") -> Any:
    """Show the next card, or `card` again with its problem; `told`: what happened instead of what was requested."""
    if request.headers.get("HX-Request"):
        intents = list(examples.counts(at.engine))
        shown = _next(at, cluster, card, problem, told)
        return render_template("console/review_card.html", cluster=cluster, intents=intents, **shown)
    if told:
        flash(told, "warning")
    if problem:
        flash(problem, "danger")
        return abort(422)
    return redirect(url_for("console.review", cluster=None if card is not None else cluster))
