"""A person's request to be forgotten: everything that came from them is deleted, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import audit, facts, kept_counts
from bot.store.alike import same
from bot.store.contest_tables import EntryRow
from bot.store.learning_tables import QueueRow, ReviewRow
from bot.store.library_tables import AnswerRow, AuditRow
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow
from bot.store.people import aside
from bot.store.reviews import MADE_A_TOPIC
from bot.store.teaching_tables import ExampleRow

people, inbox, outbox = PersonRow.__table__, InboxRow.__table__, OutboxRow.__table__
reviews, taught, entries = ReviewRow.__table__, ExampleRow.__table__, EntryRow.__table__


@dataclass(frozen=True)
class Traces:
    """What is stored about a person.

    `examples`: (intent, text) that came from them, as they read now; they are deleted with the decisions; `questions`:
    those of them that a new topic was made from, whose answer lists these wordings too; `addresses`: channel and id,
    under each id that the platform has for them.
    """

    person_ids: tuple[int, ...]
    conversations: tuple[str, ...]
    messages: int
    answers: int
    examples: tuple[tuple[str, str], ...]
    questions: tuple[str, ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()


def traces(engine: Engine, channel: str, person: str) -> Traces:
    """Return what is stored about whoever has, or had, this id on a channel."""
    who = sa.and_(people.c.channel == channel, sa.or_(people.c.person == person, people.c.alias == person))
    with engine.connect() as connection:
        found = connection.execute(sa.select(people).where(who)).all()
        ids = [row.id for row in found]
        count = sa.func.count()
        messages = connection.execute(
            sa.select(count).select_from(inbox).where(inbox.c.person_id.in_(ids))
        ).scalar_one()
        answers = connection.execute(
            sa.select(count).select_from(outbox).where(outbox.c.person_id.in_(ids))
        ).scalar_one()
        said = connection.execute(sa.select(reviews).where(reviews.c.person_id.in_(ids), reviews.c.text != "")).all()
        mine = sa.select(taught).where(taught.c.review_id.in_([row.id for row in said]))
        examples = [(row.intent, row.text) for row in connection.execute(mine)]
    conversations = tuple(name for row in found for name in (row.conversation, aside(row.conversation)))
    questions = tuple(dict.fromkeys(row.text for row in said if row.learnt_in == MADE_A_TOPIC))
    addresses = tuple((row.channel, name) for row in found for name in (row.person, row.alias) if name)
    return Traces(tuple(ids), conversations, messages, answers, tuple(examples), questions, addresses)


def forget(engine: Engine, found: Traces, *, actor: str, now: datetime) -> None:
    """Delete a person's rows and their dependents; the audit records that it was done, not for whom.

    Their examples and the conversations kept as tests are deleted by the database's cascades, and so are the photos of
    their contest entries, whose files the next sweep removes (bot.contest). Other copies of their words are removed
    wherever they went: ways to ask an answer, the nearest examples of other messages, audit entries.
    """
    gone, questions = {same(text) for _, text in found.examples}, {same(text) for text in found.questions}
    with engine.begin() as connection:
        overwriting(connection)
        kept_counts.keep(connection, found.person_ids)
        _scrub(connection, QueueRow.__table__, "inbox_id", ("near",), gone)
        _scrub(connection, AuditRow.__table__, "id", ("before", "after"), gone)
        # An answer's own questions may match one of their examples, and still be staff's own wording.
        if _scrub(connection, AnswerRow.__table__, "id", ("questions",), questions):
            facts.changed(connection)
        connection.execute(sa.delete(entries).where(entries.c.person_id.in_(found.person_ids)))
        connection.execute(sa.delete(people).where(people.c.id.in_(found.person_ids)))
        told = {"messages": found.messages, "examples": len(found.examples)}
        audit.note(connection, actor, "people", "forgotten", told, None, now)


def overwriting(connection: Connection) -> None:
    """Have SQLite overwrite with zeros what this connection deletes, instead of only marking it as free."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _scrub(connection: Connection, table: sa.Table, key: str, names: Sequence[str], gone: set[str]) -> bool:
    """Remove the texts in `gone` from a table's JSON; return whether there were any."""
    if not gone:
        return False
    columns, found = [table.c[name] for name in names], False
    for row in connection.execute(sa.select(table.c[key].label("scrubbed_key"), *columns)).all():
        values = {name: without(getattr(row, name), gone) for name in names}
        changed = {name: value for name, value in values.items() if value != getattr(row, name)}
        if changed:
            mine = table.c[key] == row.scrubbed_key
            connection.execute(sa.update(table).where(mine).values(changed))
            found = True
    return found


def without(value: Any, gone: set[str]) -> Any:
    """Return JSON without the texts in `gone` (compared by bot.store.alike.same) and the entries made of them."""
    if isinstance(value, Mapping):
        return {key: without(each, gone) for key, each in value.items()}
    if isinstance(value, list):
        return [without(each, gone) for each in value if not _made_of(each, gone)]
    return value


def _made_of(entry: Any, gone: set[str]) -> bool:
    """Return whether an entry is a text in `gone`, or an (intent, text, …) or {"text", …} with one."""
    texts = [entry]
    if isinstance(entry, list):
        texts = entry[1:]
    elif isinstance(entry, Mapping):
        texts = [entry.get("text"), entry.get("other")]
    return any(isinstance(each, str) and same(each) in gone for each in texts)


def forget_conversations(url: str, conversations: Sequence[str], schema: str | None = None) -> int:
    """Delete conversations from Rasa's tracker store at `url`; return how many events were deleted.

    Raises SQLAlchemyError if it can't be done now: nobody may be told that it was.
    """
    engine = sa.create_engine(url, future=True, hide_parameters=True)
    events = sa.table("events", sa.column("sender_id"), schema=schema)
    try:
        if not sa.inspect(engine).has_table("events", schema=schema):
            return 0  # nobody has ever talked to this Rasa
        with engine.begin() as connection:
            overwriting(connection)
            done = int(connection.execute(sa.delete(events).where(events.c.sender_id.in_(conversations))).rowcount)
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return done
    finally:
        engine.dispose()


# So many events at a time: Rasa writes to the same table.
EVENTS = 500


def forget_old_events(url: str, before: datetime, schema: str | None = None) -> int:
    """Delete events from before a moment in Rasa's store at `url`; return how many.

    Of a conversation that still goes on, those since its last session began stay: its memory is made of them.
    """
    engine = sa.create_engine(url, future=True, hide_parameters=True)
    names = [sa.column(name) for name in ("id", "sender_id", "type_name", "timestamp")]
    events = sa.table("events", *names, schema=schema)
    later, done = events.alias("later"), 0
    ended = ~sa.exists().where(later.c.sender_id == events.c.sender_id, later.c.timestamp >= before.timestamp())
    left = sa.exists().where(
        later.c.sender_id == events.c.sender_id, later.c.id > events.c.id, later.c.type_name == "session_started"
    )
    old = sa.select(events.c.id).where(events.c.timestamp < before.timestamp(), sa.or_(ended, left)).limit(EVENTS)
    try:
        if not sa.inspect(engine).has_table("events", schema=schema):
            return 0
        while True:
            with engine.begin() as connection:
                overwriting(connection)
                ids = connection.execute(old).scalars().all()
                if not ids:
                    return done
                done += int(connection.execute(sa.delete(events).where(events.c.id.in_(ids))).rowcount)
    finally:
        engine.dispose()
