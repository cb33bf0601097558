"""Contests: every edition, with what may be asked about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template

from bot.calendar import words
from bot.calendar.contests import lateness, phase
from bot.calendar.facts import Contest
from bot.calendar.promotion import lacks
from bot.console import editing
from bot.console.access import VIEWER, allows
from bot.console.desk import Desk, desk
from bot.console.editing import SAMPLE, Editor, Preview
from bot.console.forms import Field, options
from bot.store import library
from bot.store.content import edit
from bot.store.content.promotions import ASKED_OF
from bot.store.content.schema import Record

VOTING = options(("none", "No vote"), ("chat", "Votes in the chat"), ("likes", "Likes on the Facebook page"))


def _fields(_at: Desk) -> Sequence[Field]:
    return [
        Field("title", "Title", required=True),
        Field("edition", "Edition", placeholder="2026"),
        Field("theme", "Theme"),
        Field("hashtag", "Hashtag"),
        Field("about", "In short", "area"),
        Field("opens", "Opens", "moment"),
        Field("closes", "Closes", "moment", "Left empty, the bot says that the date is not known yet."),
        Field("voting_opens", "Voting opens", "moment"),
        Field("voting_closes", "Voting closes", "moment"),
        Field("may_enter", "Who may enter", "lines", "One a line."),
        Field("may_not_enter", "Who may not", "lines", "One a line."),
        Field("entries_per_person", "Entries a person", "number"),
        Field("max_file_mb", "Largest file, MB", "number"),
        Field("file_types", "File types", "lines", "One a line: JPG."),
        Field("how_to_enter", "How to enter", "area"),
        Field(
            "entries_in_chat",
            "The bot takes photos",
            "tick",
            "While the contest is open, students can enter in the chat. Needs the rules, and when it opens and closes.",
        ),
        Field("contact_asked", "Ask for contact", "tick", "The bot asks for a university e-mail address or number."),
        Field("rules", "Rules", "lines", "One a line, each as the bot may say it.", rows=6),
        Field("awards", "Awards", "rows", columns=(Field("name", "Award"), Field("prize", "Prize"))),
        Field(
            "criteria",
            "What the jury judges",
            "rows",
            "Each is given 1 to 10 points; a criterion of weight 2 counts twice. Empty rows are left out.",
            columns=(Field("name", "Criterion"), Field("weight", "Weight", placeholder="1")),
        ),
        Field("voting", "People’s choice", "choose", "Votes in the chat: “vote 17”, one a person.", options=VOTING),
        Field("vote_for_own", "Entrants may vote for their own photos", "tick"),
        Field("published", "Public gallery", "tick", "Accepted photos are shown to everybody, with the names to show."),
        Field(
            "files_kept_days",
            "Delete the photos’ files after",
            "number",
            "So many days after the last date. Names and titles of winners stay. Empty: they are kept.",
        ),
        Field(
            "results",
            "Results",
            "rows",
            columns=(Field("award", "Award"), Field("title", "Photo"), Field("by", "By"), Field("note", "Note")),
        ),
        Field("figures", "Figures", help="How many took part."),
        Field("url", "Page", placeholder="https://…"),
        SAMPLE,
    ]


def _preview(at: Desk, record: Record, _was: str | None) -> Sequence[Preview]:
    def said(name: str) -> str:
        moment = record.get(name)
        return words.moment(moment.astimezone(at.zone), at.today()) if moment else "not known: the bot says so"

    pieces = [
        Preview("When is the deadline?", f"Opens: {said('opens')}\nCloses: {said('closes')}"),
        Preview("When can I vote?", f"From: {said('voting_opens')}\nUntil: {said('voting_closes')}"),
    ]
    for title, lines in (
        ("Can I take part?", [*record["may_enter"], *(f"Not: {each}" for each in record["may_not_enter"])]),
        ("What are the rules?", [f"• {each}" for each in record["rules"]]),
        ("What can I win?", [": ".join(filter(None, (e["name"], e.get("prize")))) for e in record["awards"]]),
        ("Who won?", [" – ".join(filter(None, (e["award"], e["title"], e.get("by")))) for e in record["results"]]),
    ):
        pieces.append(Preview(title, "\n".join(lines) or "Nothing is known: the bot says so."))
    return pieces


# What the next edition begins with, of what an edition is run by.
CARRIED = ("criteria", "voting", "vote_for_own", "files_kept_days")


def _beginning(at: Desk, asked: Mapping[str, str]) -> Mapping[str, Any]:
    stored = edit.entry(at.engine, "contests", asked["like"]) if asked.get("like") else None
    if not stored:
        return {}
    old = edit.as_written("contests", stored)
    kept = ("title", "about", "may_enter", "may_not_enter", "entries_per_person", "max_file_mb", "file_types")
    return {
        name: old[name]
        for name in (*kept, "how_to_enter", "rules", "awards", "hashtag", "contact_asked", *CARRIED)
        if name in old
    }


CONTESTS = Editor(
    slug="contests",
    kind="contests",
    noun="contest",
    called_by="title",
    fields=_fields,
    preview=_preview,
    beginning=_beginning,
    help="The bot answers from these fields. What is empty, it says it does not know, and offers a person; it never "
    "makes up a date or a rule.",
)


def _newest(contest: Contest) -> tuple[bool, tuple[datetime, str]]:
    """Return by what the list is ordered: drafts are the newest, whatever their edition is called."""
    return not (contest.opens or contest.closes or contest.results), lateness(contest)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/contests")
    @allows(VIEWER)
    def contests() -> str:
        at = desk()
        found = sorted(library.read_facts(at.engine, at.zone).contests, key=_newest, reverse=True)
        rows = [(each, phase(each, at.now()), lacks(each)) for each in found]
        made_up = {each["key"] for each in edit.entries(at.engine, "contests") if each["sample"]}
        return render_template("console/contests.html", contests=rows, made_up=made_up, asked_of=ASKED_OF)

    editing.add(pages, CONTESTS)
