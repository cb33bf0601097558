"""The data officer's page: requests with the days left, legal holds, what retention removed, the statement."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot import own_archive
from bot.console.access import ADMINISTRATOR, allows, me
from bot.console.desk import Desk, desk
from bot.store import conversations, legal_holds, retention, statement
from bot.store import data_requests as register
from bot.store.data_requests import ACCESS, ERASURE, STAFF, STAFF_SOURCE, DataRequest

KINDS = {ACCESS: "to see what is kept", ERASURE: "to be forgotten"}
SOURCES = {"chat": "in the chat", "meta": "through Meta", "staff": "told to staff", "command": "carrel forget"}
STATES = {
    "asked": "to be confirmed in the chat",
    "due": "being done",
    "staff": "for you to see to",
    "done": "done",
    "refused": "refused",
    "withdrawn": "withdrawn",
}
LONGEST = 500
REST = {"rasa": "The bot's memory of conversations", "tombstones": "Keyed hashes of who was erased"}
HEADINGS = ("code", "kind", "source", "channel", "asked", "state", "days left", "ended", "by", "reason")


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/data-requests")
    @allows(ADMINISTRATOR)
    def data_requests() -> str:
        at = desk()
        titles = {each.name: each.title for each in retention.KINDS} | REST
        old = [(each.title, at.keep.get(each.keep, 0), _old(at, each)) for each in retention.KINDS]
        return render_template(
            "console/data_requests.html",
            requests=register.listed(at.engine),
            words={"kind": KINDS, "source": SOURCES, "state": STATES},
            now=at.now(),
            holds=legal_holds.standing(at.engine),
            rounds=retention.report(at.engine),
            titles=titles,
            old=old,
            version=statement.version(at.engine),
            since=statement.since(at.engine),
        )

    @pages.get("/data-requests.csv")
    @allows(ADMINISTRATOR)
    def data_requests_csv() -> Response:
        at, file = desk(), io.StringIO()
        table = csv.writer(file)
        table.writerow(HEADINGS)
        table.writerows(_line(at, each) for each in register.listed(at.engine))
        headers = {"Content-Disposition": f'attachment; filename="data-requests-{at.today()}.csv"'}
        return Response(file.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)

    @pages.post("/data-requests")
    @allows(ADMINISTRATOR)
    def add_data_request() -> AnyResponse:
        at, kind, reason = desk(), request.form.get("kind", ""), request.form.get("reason", "").strip()
        if kind not in KINDS or not reason:
            return _back("Say what was asked for, and how it came.", "danger")
        found = register.add(
            at.engine, kind, source=STAFF_SOURCE, channel="", now=at.now(), state=STAFF, by=me().name, reason=reason
        )
        return _back(f"Entered as {found.code}: it has to be answered within 40 days.")

    @pages.post("/data-requests/<int:request_id>")
    @allows(ADMINISTRATOR)
    def answer_data_request(request_id: int) -> AnyResponse:
        at, state, reason = desk(), request.form.get("state", ""), request.form.get("reason", "").strip()
        if state not in {register.DONE, register.REFUSED} or not reason:
            return _back("Write down what was done, or why it was refused: the register has to say so.", "danger")
        done = register.answer(at.engine, request_id, state, by=me().name, reason=reason, now=at.now())
        return _back("Noted." if done else "This request had been answered already.", "success" if done else "danger")

    @pages.post("/data-requests/holds")
    @allows(ADMINISTRATOR)
    def add_hold() -> AnyResponse:
        at, reason = desk(), request.form.get("reason", "").strip()
        person_id = request.form.get("person", type=int)
        if not reason or person_id is None or not legal_holds.order(at.engine, person_id, me().name, reason, at.now()):
            return _back("Give the number at the end of a conversation's address, and the reason.", "danger")
        return _back("Nothing of this person is removed until you end the hold.")

    @pages.post("/conversations/<int:person_id>/hold")
    @allows(ADMINISTRATOR)
    def hold_conversation(person_id: int) -> AnyResponse:
        at, reason = desk(), request.form.get("reason", "").strip()[:LONGEST]
        if not reason:
            flash("Write down why the data has to stay: the order stands with its reason.", "danger")
        elif legal_holds.order(at.engine, person_id, me().name, reason, at.now()):
            flash("Nothing of this person is removed until an administrator ends the hold.", "success")
        else:
            abort(404)
        return redirect(url_for("console.conversation", person_id=person_id))

    @pages.post("/conversations/<int:person_id>/everything")
    @allows(ADMINISTRATOR)
    def everything(person_id: int) -> AnyResponse:
        at, why = desk(), request.form.get("why", "").strip()[:LONGEST]
        if not why:
            flash("Write down what you need it for: that is recorded with your name.", "danger")
            return redirect(url_for("console.conversation", person_id=person_id))
        if not conversations.note_everything(at.engine, person_id, why, actor=me().name, now=at.now()):
            abort(404)
        headers = {"Content-Disposition": f'attachment; filename="student-data-{at.today()}.zip"'}
        body = own_archive.packed(at.engine, at.photos, person_id)
        return Response(body, content_type="application/zip", headers=headers)

    @pages.post("/data-requests/holds/<int:hold_id>/end")
    @allows(ADMINISTRATOR)
    def end_hold(hold_id: int) -> AnyResponse:
        legal_holds.lift(desk().engine, hold_id, me().name, desk().now())
        person_id = request.args.get("back", type=int)
        return _back("The hold has ended; what is old enough goes with the next round.", person_id=person_id)

    @pages.post("/data-requests/statement")
    @allows(ADMINISTRATOR)
    def declare_statement() -> AnyResponse:
        note = request.form.get("note", "").strip()
        if not note:
            return _back("Say what has changed in the statement.", "danger")
        number = statement.declare(desk().engine, by=me().name, note=note, now=desk().now())
        return _back(f"This is version {number} now: everybody is told of it again, inside their next answer.")


def _old(at: Desk, kind: retention.Kind) -> int:
    days = at.keep.get(kind.keep)
    return retention.counted(at.engine, kind, days, at.now()) if days else 0


def _line(at: Desk, found: DataRequest) -> list[Any]:
    ended = at.local(found.ended_at).isoformat(timespec="minutes") if found.ended_at else ""
    left = "" if found.ended_at else found.days_left(at.now())
    asked = at.local(found.asked_at).isoformat(timespec="minutes")
    cells = [
        found.code,
        found.kind,
        found.source,
        found.channel,
        asked,
        found.state,
        left,
        ended,
        found.by,
        found.reason,
    ]
    # A spreadsheet would run a cell that begins like a formula.
    return [f"'{each}" if isinstance(each, str) and each[:1] in "=+-@\t" and each else each for each in cells]


def _back(words: str, kind: str = "success", *, person_id: int | None = None) -> AnyResponse:
    """Return to this page, or to somebody's conversation, and say something there."""
    flash(words, kind)
    if person_id is not None:
        return redirect(url_for("console.conversation", person_id=person_id))
    return redirect(url_for("console.data_requests"))
