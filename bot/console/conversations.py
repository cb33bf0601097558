"""What students asked and what they were told: searched, read, annotated, exported, replayed."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from bot import offers
from bot.console import privacy, screens, trying, unasked
from bot.console.access import LIBRARIAN, VIEWER, allows, may, me
from bot.console.desk import Desk, desk
from bot.console.tables import safe
from bot.console.words import channel_name, outcome_name, topic_name
from bot.dialogue import DialogueUnavailable
from bot.handover import FREE, NONE
from bot.retraining.redaction import redact
from bot.store import conversations as stored
from bot.store import found_people, legal_holds, models, transcripts
from bot.store.conversations import Filter, Found
from bot.store.transcripts import Said, StaffSaid
from bot.store.unasked_said import UnaskedSaid

A_PAGE, MOST_REPLAYED = 50, 40
# Messages of an export redacted per batch.
AT_ONCE = 200


def wanted_by(args: MultiDict[str, str], at: Desk) -> Filter:
    """Return a search form's filter; dates are days in the library's time zone, the last one inclusive."""

    def begin(name: str, days: int = 0) -> datetime | None:
        try:
            on = date.fromisoformat(args.get(name, ""))
        except ValueError:
            return None
        return at.midnight(on + timedelta(days=days))

    return Filter(
        text=args.get("q", "").strip()[:200],
        intent=args.get("topic", ""),
        channel=args.get("channel", ""),
        outcome=args.get("outcome", "") if args.get("outcome", "") in stored.OUTCOMES else "",
        language=args.get("language", "")[:16],
        since=begin("since"),
        until=begin("until", 1),
        low=args.get("show") == "low",
        media=args.get("show") == "media",
        feedback=args.get("show") == "feedback",
    )


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/conversations")
    @allows(VIEWER)
    def conversations() -> str:
        at = desk()
        wanted = wanted_by(request.args, at)
        before_id = request.args.get("before", type=int)
        found = stored.search(at.engine, wanted, before_id=before_id, limit=A_PAGE + 1)
        more = found[A_PAGE - 1].id if len(found) > A_PAGE else None
        shown = privacy.without_names(at.engine, found[:A_PAGE])
        if not may(LIBRARIAN):
            shown = [each for each in shown if privacy.finds(each, wanted.text)]
        page = "console/found.html" if request.headers.get("HX-Request") else "console/conversations.html"
        asked = {name: value for name, value in request.args.items() if name != "before" and value}
        return render_template(
            page,
            found=shown,
            more=more,
            asked=asked,
            intents=stored.intents(at.engine),
            outcomes=stored.OUTCOMES,
            low=offers.ASKS_BACK,
        )

    @pages.get("/conversations/export.<kind>")
    @allows(LIBRARIAN)
    def export_conversations(kind: str) -> Response:
        if kind not in {"csv", "json"}:
            abort(404)
        at = desk()
        looked_for = {name: redact(value).text for name, value in request.args.items() if value}
        stored.note_export(at.engine, kind, looked_for, actor=me().name, now=at.now())
        rows = stored.every(at.engine, wanted_by(request.args, at))
        lines = _csv(rows, at) if kind == "csv" else _json(rows, at)
        headers = {"Content-Disposition": f'attachment; filename="conversations-{at.today()}.{kind}"'}
        types = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
        return Response(lines, headers=headers, content_type=types[kind])

    @pages.route("/conversations/find", methods=["GET", "POST"])
    @allows(LIBRARIAN)
    def find_student() -> Any:
        # Sent as a form: an address would leave the number in the browser's history and in the proxy's log.
        words = request.form.get("number", "")
        at, sent = desk(), request.method == "POST"
        found = found_people.find(at.engine, words, actor=me().name, now=at.now()) if sent else ()
        if len(found) == 1:
            return redirect(url_for("console.conversation", person_id=found[0].id))
        return render_template("console/find.html", found=found, sent=sent, least=found_people.LEAST_DIGITS)

    @pages.get("/conversations/<int:person_id>")
    @allows(VIEWER)
    def conversation(person_id: int) -> str:
        return _conversation(person_id, as_written=False)

    @pages.post("/conversations/<int:person_id>/words")
    @allows(LIBRARIAN)
    def words(person_id: int) -> str:
        if not stored.note_words(desk().engine, person_id, actor=me().name, now=desk().now()):
            abort(404)
        return _conversation(person_id, as_written=True)

    @pages.post("/conversations/<int:person_id>/identity")
    @allows(LIBRARIAN)
    def who(person_id: int) -> str:
        found = stored.identity(desk().engine, person_id, actor=me().name, now=desk().now())
        if found is None:
            abort(404)
        return render_template("console/identity.html", identity=found)

    @pages.post("/conversations/<int:person_id>/notes")
    @allows(LIBRARIAN)
    def add_note(person_id: int) -> AnyResponse:
        text = request.form.get("text", "").strip()[:4000]
        if text and transcripts.transcript(desk().engine, person_id, limit=1) is not None:
            stored.add_note(desk().engine, person_id, text, actor=me().name, now=desk().now())
        else:
            flash("The note was empty, so nothing was kept.", "danger")
        if back := request.args.get("back", type=int):
            return redirect(url_for("console.thread", thread_id=back))
        return redirect(url_for("console.conversation", person_id=person_id))

    @pages.post("/conversations/<int:person_id>/notes/<int:note_id>/remove")
    @allows(LIBRARIAN)
    def remove_note(person_id: int, note_id: int) -> AnyResponse:
        if not stored.remove_note(desk().engine, note_id, actor=me().name):
            flash("Only your own notes can be removed.", "danger")
        return redirect(url_for("console.conversation", person_id=person_id))

    @pages.post("/conversations/<int:person_id>/replay")
    @allows(VIEWER)
    def replay(person_id: int) -> Any:
        found = transcripts.transcript(desk().engine, person_id, limit=MOST_REPLAYED)
        if found is None:
            abort(404)
        try:
            rows = _replayed(desk(), [said for said in found.said if said.understanding])
        except DialogueUnavailable:
            flash("The bot does not answer: Rasa is starting, or down. Wait a moment and try it again.", "danger")
            return redirect(url_for("console.conversation", person_id=person_id))
        return render_template("console/replay.html", transcript=found, rows=rows)


def _conversation(person_id: int, *, as_written: bool) -> str:
    """Return the page of a conversation; `as_written`: not redacted."""
    before_id = request.args.get("before", type=int)
    found = transcripts.transcript(desk().engine, person_id, before_id=before_id)
    if found is None:
        abort(404)
    redacted = privacy.hidden(desk().engine, found.said)
    taken = sum(one is not other for one, other in zip(found.said, redacted, strict=True))
    if not as_written:
        staff = tuple(replace(each, text=redact(each.text).text) for each in found.staff)
        found = replace(found, said=tuple(redacted), staff=staff)
    active = models.active(desk().engine)
    return render_template(
        "console/conversation.html",
        transcript=found,
        shown=[(each, screens.screens_of(each, found.channel), _trace(each)) for each in found.in_order()],
        names=unasked.names(desk(), found.unasked),
        told=desk().handover.window_of(person_id).way == FREE,
        reachable=desk().handover.window_of(person_id).way != NONE,
        models=[each for each in models.page(desk().engine) if each.name != active and each.state != "pruned"],
        taken=0 if as_written else taken,
        as_written=as_written,
        before=before_id,
        holds=legal_holds.standing(desk().engine, person_id),
    )


def _trace(said: Said | StaffSaid | UnaskedSaid) -> dict[str, Any] | None:
    if not isinstance(said, Said) or not said.understanding:
        return None
    return trying.trace(trying.Turn(said.replies, said.understanding), said.message.text or "")


def _replayed(at: Desk, said: list[Said]) -> list[dict[str, Any]]:
    """Return each message with the answer given then and the answer given now, in a conversation of its own."""
    conversation, rows = trying.new_conversation(me().id), []
    for each, shown in zip(said, privacy.hidden(at.engine, said), strict=True):
        now = at.dialogue.rehearse(each.message, conversation)
        then_intent = (each.understanding.get("intent") or {}).get("name") or ""
        now_intent = (now.understanding.get("intent") or {}).get("name") or ""
        then_text = "\n".join(reply.text or "" for reply in each.replies)
        now_text = "\n".join(reply.text or "" for reply in now.replies)
        rows.append(
            {
                "said": shown,
                "then": (then_intent, then_text),
                "now": (now_intent, now_text),
                "differs": (then_intent, then_text) != (now_intent, now_text),
            }
        )
    return rows


def _rows(found: Iterator[Found], at: Desk) -> Iterator[dict[str, Any]]:
    """Yield messages as exported: without the person's identity, in the text too."""
    while some := list(itertools.islice(found, AT_ONCE)):
        for each in privacy.without_names(at.engine, some):
            yield {
                "at": at.local(each.at).isoformat(timespec="seconds"),
                "person": each.name,
                "channel": each.channel,
                "kind": each.kind,
                "text": each.text,
                "topic": each.intent,
                "confidence": round(each.confidence, 3),
                "outcome": each.outcome,
            }


def _csv(rows: Iterator[Found], at: Desk) -> Iterator[str]:
    names = ("at", "person", "channel", "kind", "text", "topic", "confidence", "outcome")
    yield "\ufeff" + ",".join(names) + "\r\n"
    for row in _rows(rows, at):
        out = io.StringIO()
        row["topic"] = topic_name(row["topic"]) if row["topic"] else ""
        row |= {"channel": channel_name(row["channel"]), "outcome": outcome_name(row["outcome"])}
        row["text"] = safe(row["text"])
        csv.DictWriter(out, names).writerow(row)
        yield out.getvalue()


def _json(rows: Iterator[Found], at: Desk) -> Iterator[str]:
    yield "["
    for number, row in enumerate(_rows(rows, at)):
        yield ("," if number else "") + "\n" + json.dumps(row, ensure_ascii=False)
    yield "\n]\n"
