"""Emergency contacts: each number in one place, which texts use it, and what is still missing."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template

from bot.console import editing
from bot.console.access import VIEWER, allows
from bot.console.desk import Desk, desk
from bot.console.editing import SAMPLE, Editor, Preview
from bot.console.forms import Field
from bot.store import contacts as numbers
from bot.store.content import edit
from bot.store.content.schema import Record

MOST_TEXTS = 6


def _fields(_at: Desk) -> Sequence[Field]:
    return [
        Field("name", "Name", required=True, placeholder="Campus security"),
        Field(
            "phone", "Number", help="As one dials it. Leave it empty while you do not know it.", placeholder="2896 0000"
        ),
        Field("hours", "Hours", placeholder="24 hours"),
        Field("what_for", "What for"),
        Field("source", "Who states the number", help="An organisation or its page: somebody checks it once a year."),
        SAMPLE,
    ]


def _preview(at: Desk, record: Record, _was: str | None) -> Sequence[Preview]:
    known = {each["key"]: each["phone"] for each in edit.entries(at.engine, "contacts") if not each["sample"]}
    known.pop(record["key"], None)
    if record["phone"] and not record["sample"]:
        known[record["key"]] = record["phone"]
    named = [
        each for each in edit.entries(at.engine, "answers") if record["key"] in numbers.NAMED.findall(each["text"])
    ]
    shown = [Preview(each["title"], numbers.filled(each["text"], known)) for each in named[:MOST_TEXTS]]
    return shown or [
        Preview("Not named yet", f"Write {{contact:{record['key']}}} into an answer to have it said there.")
    ]


CONTACTS = Editor(
    slug="contacts",
    kind="contacts",
    noun="contact",
    called_by="name",
    fields=_fields,
    preview=_preview,
    help="Somebody in danger calls what stands here. While a number is missing or a sample, no sentence that names it "
    "is said, and no channel counts as ready.",
)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/contacts")
    @allows(VIEWER)
    def contacts() -> str:
        at = desk()
        texts = [numbers.NAMED.findall(each["text"]) for each in edit.entries(at.engine, "answers")]
        shown = [
            {**each, "texts": sum(each["key"] in named for named in texts)}
            for each in edit.entries(at.engine, "contacts")
        ]
        missing = numbers.missing(numbers.read_contacts(at.engine))
        return render_template("console/contacts.html", contacts=shown, missing=missing)

    editing.add(pages, CONTACTS)
