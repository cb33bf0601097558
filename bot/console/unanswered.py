"""Questions without an answer, and the work that follows: make an answer, teach, or decide that they are not ours."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.console.tables import as_csv
from bot.retraining import hiding
from bot.retraining.redaction import redact
from bot.store import examples, missed, reviews, users
from bot.store.missed import ANSWER, DONE, NOT_OURS, OPEN, TAUGHT, Group

DAYS = (7, 30, 90)
A_PAGE, MOST_WORDINGS, MOST_TAUGHT = 40, 4, 40
STATES = {
    OPEN: "Open",
    ANSWER: "An answer is being made",
    TAUGHT: "Taught",
    NOT_OURS: "Not for us",
    DONE: "Answered now",
}
SHOWN = {"open": "Open", "mine": "Mine", "settled": "Settled", "all": "All"}


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/unanswered")
    @allows(VIEWER)
    def unanswered() -> str:
        at, days, show = desk(), _days(), request.args.get("show", "open")
        show = show if show in SHOWN else "open"
        every = _groups(at, days)
        found = [each for each in every if _is_shown(each, show)]
        begin = max(0, request.args.get("from", 0, type=int))
        page = found[begin : begin + A_PAGE]
        return render_template(
            "console/unanswered.html",
            groups=page,
            words=_words(at, page, MOST_WORDINGS),
            days=days,
            choices=DAYS,
            show=show,
            shows=SHOWN,
            counts={name: sum(_is_shown(each, name) for each in every) for name in SHOWN},
            total=len(found),
            begin=begin,
            more=begin + A_PAGE if len(found) > begin + A_PAGE else None,
            states=STATES,
            staff=[each.name for each in users.all_users(at.engine) if each.may(LIBRARIAN)],
            topics=list(examples.counts(at.engine)),
        )

    @pages.get("/unanswered.csv")
    @allows(LIBRARIAN)
    def unanswered_csv() -> Response:
        at = desk()
        columns = ("question", "people", "times", "first asked", "last asked", "state", "owner", "people helped since")
        every = _groups(at, _days())
        words = _words(at, every)
        rows = [
            (
                words[each.key][0],
                each.people,
                len(each.inbox_ids),
                f"{at.local(each.first_at):%Y-%m-%d %H:%M}",
                f"{at.local(each.last_at):%Y-%m-%d %H:%M}",
                STATES[each.state],
                each.owner,
                each.helped,
            )
            for each in every
        ]
        return as_csv(f"unanswered-{at.today()}", columns, rows)

    @pages.post("/unanswered")
    @allows(LIBRARIAN)
    def settle_question() -> AnyResponse:
        at, key, days = desk(), request.form.get("key", ""), _days()
        back = redirect(url_for("console.unanswered", days=days, show=request.args.get("show") or None))
        group = next((each for each in _groups(at, days) if key in each.keys), None)
        if group is None:
            flash("Nobody has asked this in the period that is shown: choose a longer one.", "danger")
            return back
        does = request.form.get("does", "")
        if does == "owner":
            missed.settle(at.engine, group.keys, by=me().name, now=at.now(), owner=_owner(at))
        elif does == "make":
            missed.settle(at.engine, group.keys, by=me().name, now=at.now(), state=ANSWER, owner=me().name)
            return redirect(url_for("console.answers_edit", question=_words(at, [group])[group.key][0]))
        elif does in {"teach", "not_ours"}:
            said, kind = _taught(at, group, request.form.get("topic", "") if does == "teach" else "")
            flash(said, kind)
        elif does in STATES:
            missed.settle(at.engine, group.keys, by=me().name, now=at.now(), state=does)
        return back


def _days() -> int:
    days = request.args.get("days", 30, type=int)
    return days if days in DAYS else 30


def _groups(at: Desk, days: int) -> list[Group]:
    return missed.groups(at.engine, at.midnight(at.today() - timedelta(days=days - 1)))


def _is_shown(group: Group, show: str) -> bool:
    is_open = group.state in {OPEN, ANSWER}
    return {"open": is_open, "mine": group.owner == me().name, "settled": not is_open}.get(show, True)


def _owner(at: Desk) -> str:
    wanted = request.form.get("owner", "")
    return wanted if wanted in {each.name for each in users.all_users(at.engine)} else ""


def _words(at: Desk, found: list[Group], most: int = 1) -> dict[str, list[str]]:
    """Return questions' latest wordings by key, as lists show them: without what names a person."""
    told = hiding.words(at.engine, [each for group in found for each in group.wordings[:most]])
    return {group.key: [told[number] for number, _ in group.wordings[:most]] for group in found}


def _taught(at: Desk, group: Group, topic: str) -> tuple[str, str]:
    """Decide on a question's messages as Review does; no topic: it is beyond the library. Returns what is said, how."""
    if topic and topic not in examples.counts(at.engine):
        return "Choose the topic that is meant.", "danger"
    text = examples.clean(redact(group.wordings[0][1]).text)
    decision = "intent" if topic else "out_of_scope"
    try:
        reviews.decide(
            at.engine,
            list(group.inbox_ids[:MOST_TAUGHT]),
            decision,
            by=me().name,
            now=at.now(),
            text=text,
            intent=topic,
        )
    except reviews.Decided as error:
        return str(error), "danger"
    state = TAUGHT if topic else NOT_OURS
    missed.settle(at.engine, group.keys, by=me().name, now=at.now(), state=state, owner=group.owner or me().name)
    if topic:
        return "Taught. The bot knows it after the next training.", "success"
    return "Not for us: after the next training the bot says so at once.", "success"
