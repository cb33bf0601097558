"""What an import of events would do, event by event, and doing it: computed in one pass over the store's events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.calendar.facts import Event
from bot.store.content.edit import plain_row, revived, set_row
from bot.store.content.files import explain
from bot.store.content.plan import columns, stored
from bot.store.content.schema import KINDS, EventEntry

ADDED, CHANGED, SAME, ASKED, LEFT_OUT = "is added", "changes", "stays as it is", "is asked about", "is left out"
SHOWN_LETTERS = 80
STAFFS = (
    *("type", "audience", "price", "registration_url", "image_url", "capacity", "url", "sample"),
    *("draft", "live_from", "poster"),
)
EVENTS = next(kind for kind in KINDS if kind.name == "events")

Row = dict[str, Any]


class ImportRefused(Exception):
    """The events have changed since they were looked at; the text says what to do."""


def planned(
    engine: Engine, events: Sequence[tuple[Event, str]], when: Callable[[Event], str], tell: Callable[[int, int], None]
) -> list[Row]:
    """Return what would happen to each event, each with why it is asked about, or ""."""
    with Session(engine, future=True) as opened:
        there = {name: (columns(row), row.changed_at) for name, row in stored(opened, EVENTS).items()}
    found = []
    for number, (event, asked) in enumerate(events, 1):
        tell(number, len(events))
        old, changed_at = there.get(event.uid, (None, None))
        row: Row = {"title": event.title, "when": when(event), "why": asked, "changes": [], "record": None}
        row |= {"was": event.uid if old else None, "seen": changed_at.isoformat() if changed_at else ""}
        written = {**event.__dict__, "key": event.uid, "exdates": [each.isoformat() for each in event.exdates]}
        del written["uid"]
        try:
            record = EventEntry.parse_obj(written).record()
        except ValidationError as error:
            wrong = error.errors()[0]
            field = str(wrong["loc"][0])
            found.append({**row, "does": LEFT_OUT, "why": f"{field}: {explain(EventEntry, [field], wrong)}"})
            continue
        # What staff have added to an event beyond its calendar's data stays.
        record |= {name: old[name] for name in STAFFS if old is not None and not record[name]}
        differs = [name for name, value in record.items() if old is not None and old.get(name) != value]
        row["changes"] = [f"{name}: {_short(old[name])} → {_short(record[name])}" for name in differs] if old else []
        does = ADDED if old is None else CHANGED if differs else SAME
        row["record"] = None if does == SAME else plain_row(record)
        found.append({**row, "does": ASKED if asked and does != SAME else does})
    return found


def _short(value: Any) -> str:
    text = value.isoformat() if isinstance(value, datetime) else str(value) or "nothing"
    return text if len(text) <= SHOWN_LETTERS else f"{text[: SHOWN_LETTERS - 1]}…"


def take(opened: Session, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Store what was planned, within an audit session, and return each row's earlier state. Raises ImportRefused."""
    there = stored(opened, EVENTS)
    before = []
    for each in rows:
        record = revived("events", each["record"]) or {}
        row = there.get(record["key"])
        seen = row.changed_at.isoformat() if row is not None else ""
        if seen != each["seen"]:
            raise ImportRefused(
                f'Somebody has changed or removed "{each["title"]}" since this was looked at. Hand the file in again.'
            )
        before.append({"key": record["key"], "row": plain_row(columns(row)) if row is not None else None})
        if row is None:
            opened.add(EVENTS.table(**record))
        else:
            set_row(row, record)
    return before


def undo(opened: Session, before: Iterable[Mapping[str, Any]], actor: str, taken_at: datetime) -> tuple[int, list[str]]:
    """Restore each row's earlier state; return how many, and the titles of those changed by somebody since."""
    there = stored(opened, EVENTS)
    brought, kept = 0, []
    for each in before:
        row = there.get(each["key"])
        if row is None or (row.changed_by, row.changed_at) != (actor, taken_at):
            kept.append(row.title if row is not None else each["key"])
            continue
        brought += 1
        if each["row"] is None:
            opened.delete(row)
        else:
            set_row(row, revived("events", each["row"]) or {})
    return brought, kept
