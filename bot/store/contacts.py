"""Contacts: numbers kept in one place, substituted into the texts that name them, and which are missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.store.library_tables import ContactRow

# "{contact:security}" in a text is replaced by the number of the contact with the key "security".
NAMED = re.compile(r"\{contact:([^{}]*)\}")
_SENTENCE = re.compile(r"[^.!?\u3002\uff01\uff1f\n]*(?:[.!?\u3002\uff01\uff1f]+[\"\u201d]?|\n|$)\s*")


@dataclass(frozen=True)
class Contact:
    """Somebody to call. `phone` is empty until it is filled in; `sample` says what is made up."""

    key: str
    name: str
    phone: str
    hours: str = ""
    what_for: str = ""
    source: str = ""
    sample: str = ""


def read_contacts(engine: Engine) -> tuple[Contact, ...]:
    """Return all contacts, in the order they were entered."""
    with Session(engine, future=True) as opened:
        return contacts_of(opened)


def contacts_of(opened: Session) -> tuple[Contact, ...]:
    """Return all contacts as the caller's session sees them."""
    rows = opened.scalars(sa.select(ContactRow).order_by(ContactRow.id))
    return tuple(Contact(*(getattr(row, name) for name in Contact.__annotations__)) for row in rows)


def missing(contacts: Sequence[Contact]) -> list[str]:
    """Return the contacts that the library still has to fill in; nobody may be told to call them."""
    if not contacts:
        return ["every emergency contact (content/contacts.yml is not loaded)"]
    return [each.name for each in contacts if each.sample or not each.phone]


def numbers(contacts: Sequence[Contact]) -> Mapping[str, str]:
    """Return the number of each contact that may be called, by key."""
    return {each.key: each.phone for each in contacts if each.phone and not each.sample}


def filled(text: str, known: Mapping[str, str]) -> str:
    """Return a text with its contacts' numbers; a sentence naming one that may not be called is dropped."""
    if not NAMED.search(text):
        return text
    kept = [each for each in _SENTENCE.findall(text) if all(key.strip() in known for key in NAMED.findall(each))]
    return NAMED.sub(lambda found: known[found[1].strip()], "".join(kept)).strip()
