"""Answers: every text that the bot may say, by topic, flagging those about to expire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import answer_use, editing, screens
from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.answer_use import OFTEN
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
A_PAGE = 50
FILTERS = ("q", "topic", "state", "owner", "given")
KEPT = (*FILTERS, "language", "from")
GIVEN = {"never": "never given lately", "often": f"given {OFTEN} times or more lately"}
STATES = {
    "expired": "expired",
    "expires": "expire within 30 days",
    "check": "not checked for a year",
    "sample": "made-up samples",
    "alike": "nearly like another",
}


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
    """Return the answer as students see it, after warnings about what is nearly the same elsewhere."""
    alike = [
        f"“{each.words}” is nearly a way to ask for “{each.other.title}”: “{each.theirs}”."
        if each.asked
        else f"The text is nearly that of “{each.other.title}”."
        for each in answer_use.alike(at, record["language"]).of(edit.answer_with(record))
    ]
    warned = (
        [Preview("Look again", "\n".join([*alike, "The bot may not know which of the two is meant."]))] if alike else []
    )
    return [*warned, *_shown(at, record)]


def _shown(at: Desk, record: Record) -> Sequence[Preview]:
    text = f"{record['text']}\n{record['link']}" if record["link"] else record["text"]
    found = []
    for name, channel in at.channels.items():
        shown = [screens.screen(name, call.body) for call in screens.render(channel, [Reply(text=text)])]
        found.append(Preview(channel_name(name), screens=tuple(shown)))
    if record["expires"] and record["expires"] < at.today():
        found.insert(0, Preview("Expired", "The bot warns that this may be out of date, and offers a person."))
    return found


def _beginning(at: Desk, asked: Mapping[str, str]) -> Mapping[str, Any]:
    fresh = {"language": "en", "topic": asked.get("topic", ""), "last_checked": at.today(), "owner": me().name}
    return {**fresh, "questions": [asked["question"]]} if asked.get("question") else fresh


ANSWERS = Editor(
    slug="answers",
    kind="answers",
    noun="answer",
    called_by="title",
    fields=_fields,
    preview=_preview,
    beginning=_beginning,
    more="console.answers_use",
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


def _is(answer: Mapping[str, Any], state: str) -> bool:
    if state in {"sample", "alike"}:
        return bool(answer[state])
    return bool(answer["needs"] == state)


def _fits(answer: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    """Return whether an answer is what is looked for: all words, and each of the filters."""
    told = " ".join((answer["title"], answer["text"], *answer["questions"])).casefold()
    same = all(not asked[name] or answer[name] == asked[name] for name in ("topic", "owner"))
    state = not asked["state"] or _is(answer, asked["state"])
    least = {"never": answer["given"] == 0, "often": answer["given"] >= OFTEN}
    return (
        same
        and state
        and least.get(asked["given"], True)
        and all(word in told for word in asked["q"].casefold().split())
    )


def _changed(at: Desk, name: str, fields: Record) -> bool:
    try:
        edit.save(at.engine, "answers", fields, was=name, actor=me().name, now=at.now())
    except edit.EditError:
        return False
    return True


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/answers")
    @allows(VIEWER)
    def answers() -> str:
        at = desk()
        asked = {name: request.args.get(name, "").strip() for name in FILTERS}
        asked["language"], begin = request.args.get("language", FIRST), max(0, request.args.get("from", 0, type=int))
        given = answer_use.counted(at)
        # Looked for only where it is asked for: it takes longer than a page may.
        alike = answer_use.alike(at, asked["language"]).every if asked["state"] == "alike" else {}
        every = [
            {**each, "needs": state_of(each, at), "given": given.get(each["key"], 0), "alike": alike.get(each["key"])}
            for each in edit.entries(at.engine, "answers")
            if each["language"] == asked["language"]
        ]
        found = [each for each in every if _fits(each, asked)]
        found.sort(key=lambda each: (each["topic"], not each["overview"], each["title"]))
        counts = {name: sum(_is(each, name) for each in every) for name in STATES if name != "alike"}
        # A page that is typed into exchanges its list alone.
        page = "answers_list" if request.headers.get("HX-Target") == "answers" else "answers"
        return render_template(
            f"console/{page}.html",
            answers=found[begin : begin + A_PAGE],
            begin=begin,
            after=begin + A_PAGE if begin + A_PAGE < len(found) else None,
            before=max(0, begin - A_PAGE) if begin else None,
            found=len(found),
            topics=sorted({each["topic"] for each in every}),
            owners=sorted({each["owner"] for each in every if each["owner"]}),
            states=STATES,
            counts=counts,
            often=GIVEN,
            total=len(every),
            filtered=asked,
        )

    @pages.post("/answers/several")
    @allows(LIBRARIAN)
    def several_answers() -> Response:
        """Change all ticked answers at once, each with an entry of its own among the changes."""
        at, chosen, does = desk(), request.form.getlist("chosen")[:A_PAGE], request.form.get("does", "")
        fields: dict[str, Record] = {
            "checked": {"last_checked": at.today()},
            "owner": {"owner": request.form.get("owner", "").strip()},
        }
        if not chosen:
            flash("Tick the answers first.", "danger")
        elif does in fields:
            done = sum(_changed(at, name, fields[does]) for name in chosen)
            flash(f"{done} of {len(chosen)} answers are changed. Each can be undone under Changes.", "success")
        kept: dict[str, Any] = {name: request.args.get(name) or None for name in KEPT}
        return redirect(url_for("console.answers", **kept))

    editing.add(pages, ANSWERS)
