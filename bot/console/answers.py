"""Answers: every text that the bot may say, by topic, flagging those about to expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import editing, screens
from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.console.editing import SAMPLE, Editor, Preview
from bot.console.forms import Field, Option
from bot.console.words import channel_name, topic_name
from bot.language import FIRST
from bot.store.content import edit
from bot.store.content.schema import Record
from connectors.messages import Reply

SOON = timedelta(days=30)
CHECK_AFTER = timedelta(days=365)


def _fields(at: Desk) -> Sequence[Field]:
    topics = sorted({each["topic"] for each in edit.entries(at.engine, "answers")})
    return [
        Field("topic", "Topic", "choose", options=tuple(Option(each, topic_name(each)) for each in topics)),
        Field("title", "Title", help="As a student would call it: it stands on a button too.", required=True),
        Field("text", "Answer", "area", "Short sentences: most read it on a phone.", required=True, rows=7),
        Field(
            "questions",
            "Ways to ask it",
            "lines",
            "One a line, as students type them. The bot finds this answer by them, without training: ten in different "
            "words, one for each thing that it tells, find it more surely than four.",
            rows=10,
        ),
        Field("link", "Page", placeholder="https://…"),
        Field("overview", "It stands for the whole topic", "tick", "Said when nobody knows which part is meant."),
        Field("owner", "Owner", help="Who knows whether it is still true."),
        Field("last_checked", "Last checked", "day"),
        Field("expires", "Expires", "day", "After this day it is said with a warning, and a person is offered."),
        Field("language", "Language", help="en, zh-Hant: two letters, or two with a script.", required=True),
        SAMPLE,
    ]


def _preview(at: Desk, record: Record, _was: str | None) -> Sequence[Preview]:
    text = f"{record['text']}\n{record['link']}" if record["link"] else record["text"]
    found = []
    for name, channel in at.channels.items():
        shown = [screens.screen(name, call.body) for call in screens.render(channel, [Reply(text=text)])]
        found.append(Preview(channel_name(name), screens=tuple(shown)))
    if record["expires"] and record["expires"] < at.today():
        found.insert(0, Preview("Expired", "The bot warns that this may be out of date, and offers a person."))
    return found


def _beginning(at: Desk, asked: Mapping[str, str]) -> Mapping[str, Any]:
    return {"language": "en", "topic": asked.get("topic", ""), "last_checked": at.today(), "owner": me().name}


ANSWERS = Editor(
    slug="answers",
    kind="answers",
    noun="answer",
    called_by="title",
    fields=_fields,
    preview=_preview,
    beginning=_beginning,
)


def state_of(answer: Mapping[str, Any], at: Desk) -> str:
    """Return whether an answer needs attention: expired, expires, check, or ""."""
    if answer["expires"]:
        if answer["expires"] < at.today():
            return "expired"
        if answer["expires"] - at.today() <= SOON:
            return "expires"
    if answer["language"] != FIRST and answer["last_checked"] is None:
        return ""  # its original is what gets checked
    if answer["last_checked"] is None or at.today() - answer["last_checked"] > CHECK_AFTER:
        return "check"
    return ""


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/answers")
    @allows(VIEWER)
    def answers() -> str:
        at = desk()
        wanted, topic, state = (request.args.get(name, "").strip() for name in ("q", "topic", "state"))
        language = request.args.get("language", FIRST)
        every = [
            {**each, "needs": state_of(each, at)}
            for each in edit.entries(at.engine, "answers")
            if each["language"] == language
        ]
        found = [
            each
            for each in every
            if (not topic or each["topic"] == topic)
            and (not state or each["needs"] == state)
            and wanted.casefold() in " ".join((each["title"], each["text"], *each["questions"])).casefold()
        ]
        found.sort(key=lambda each: (each["topic"], not each["overview"], each["title"]))
        counts = {name: sum(each["needs"] == name for each in every) for name in ("expired", "expires", "check")}
        topics = sorted({each["topic"] for each in every})
        return render_template(
            "console/answers.html", answers=found, topics=topics, counts=counts, total=len(every), filtered=request.args
        )

    @pages.post("/answers/checked")
    @allows(LIBRARIAN)
    def answer_checked() -> Response:
        checked = {"last_checked": desk().today()}
        editing.change(ANSWERS, request.form.get("name", ""), checked, "“{}” is checked today.")
        state, topic = request.args.get("state"), request.args.get("topic")
        return redirect(url_for("console.answers", state=state, topic=topic))

    editing.add(pages, ANSWERS)
