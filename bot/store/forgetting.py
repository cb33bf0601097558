"""A person's wish to be forgotten: everything that came from them goes, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import audit
from bot.store.alike import same
from bot.store.learning_tables import ModelRow, QueueRow, ReviewRow
from bot.store.library_tables import AnswerRow, AuditRow
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow
from bot.store.people import aside
from bot.store.reviews import MADE_A_TOPIC, SECOND

people, inbox, outbox = PersonRow.__table__, InboxRow.__table__, OutboxRow.__table__
reviews, models = ReviewRow.__table__, ModelRow.__table__


@dataclass(frozen=True)
class Traces:
    """What there is of a person.

    `examples`: (intent, text) that came from them and nowhere else into the examples, as they read now; `questions`:
    those of them that a new topic was made of, whose answer is asked in these words too.
    """

    person_ids: tuple[int, ...]
    conversations: tuple[str, ...]
    messages: int
    answers: int
    examples: tuple[tuple[str, str], ...]
    questions: tuple[str, ...] = ()


def traces(engine: Engine, channel: str, person: str) -> Traces:
    """Return what there is of whoever has this id on a channel, or had it."""
    who = sa.and_(people.c.channel == channel, sa.or_(people.c.person == person, people.c.alias == person))
    with engine.connect() as connection:
        found = connection.execute(sa.select(people.c.id, people.c.conversation).where(who)).all()
        ids = [row.id for row in found]
        count = sa.func.count()
        messages = connection.execute(
            sa.select(count).select_from(inbox).where(inbox.c.person_id.in_(ids))
        ).scalar_one()
        answers = connection.execute(
            sa.select(count).select_from(outbox).where(outbox.c.person_id.in_(ids))
        ).scalar_one()
        said = connection.execute(sa.select(reviews).where(reviews.c.person_id.in_(ids), reviews.c.text != "")).all()
        examples = _taught(connection, said)
    conversations = tuple(name for row in found for name in (row.conversation, aside(row.conversation)))
    questions = tuple(dict.fromkeys(row.text for row in said if row.learnt_in == MADE_A_TOPIC))
    return Traces(tuple(ids), conversations, messages, answers, tuple(examples), questions)


def _taught(connection: Connection, said: Sequence[Any]) -> dict[tuple[str, str], None]:
    """Return the examples that decisions became, without those that stood there before."""
    written = {
        model.name: {(each[0], each[1]) for each in model.changes["written"]}
        for model in connection.execute(sa.select(models.c.name, models.c.changes)).all()
        if "written" in (model.changes or {})
    }
    examples: dict[tuple[str, str], None] = {}
    for row in said:
        pair = ("out_of_scope" if row.decision == "out_of_scope" else row.intent, row.text)
        model = row.learnt_in.removeprefix("taken back with ")
        # Of a model that was live before this was written down, nobody knows: it goes.
        new = row.learnt_in == MADE_A_TOPIC or pair in written.get(model, {pair})
        if row.learnt_in not in ("", SECOND) and new:
            examples[pair] = None
    return examples


def forget(engine: Engine, found: Traces, *, actor: str, now: datetime) -> None:
    """Remove a person's rows and those that hang on them; the audit keeps that it was done, not of whom.

    What was made of their words goes from wherever it was copied to: what models have learnt, ways to ask an answer,
    the nearest examples of other messages, what is written down of changes.
    """
    gone, questions = {same(text) for _, text in found.examples}, {same(text) for text in found.questions}
    with engine.begin() as connection:
        mine = sa.select(reviews.c.id).where(reviews.c.person_id.in_(found.person_ids))
        _forget_in_models(connection, set(connection.execute(mine).scalars()), gone)
        _scrub(connection, QueueRow.__table__, "inbox_id", ("near",), gone)
        _scrub(connection, AuditRow.__table__, "id", ("before", "after"), gone)
        # An answer's own questions may say the same as an example of theirs, and are staff's words all the same.
        _scrub(connection, AnswerRow.__table__, "id", ("questions",), questions)
        connection.execute(sa.delete(people).where(people.c.id.in_(found.person_ids)))
        told = {"messages": found.messages, "examples": len(found.examples)}
        audit.note(connection, actor, "people", "forgotten", told, None, now)


def _scrub(connection: Connection, table: sa.Table, key: str, names: Sequence[str], gone: set[str]) -> None:
    if not gone:
        return
    columns = [table.c[name] for name in names]
    for row in connection.execute(sa.select(table.c[key].label("scrubbed_key"), *columns)).all():
        values = {name: without(getattr(row, name), gone) for name in names}
        changed = {name: value for name, value in values.items() if value != getattr(row, name)}
        if changed:
            mine = table.c[key] == row.scrubbed_key
            connection.execute(sa.update(table).where(mine).values(changed))


def without(value: Any, gone: set[str]) -> Any:
    """Return JSON without the texts in `gone` (as bot.store.alike.same compares them) and the entries made of them."""
    if isinstance(value, Mapping):
        return {key: without(each, gone) for key, each in value.items()}
    if isinstance(value, list):
        return [without(each, gone) for each in value if not _made_of(each, gone)]
    return value


def _made_of(entry: Any, gone: set[str]) -> bool:
    """Return whether an entry is a text in `gone`, or (intent, text, …) or {"text", …} with one."""
    texts = [entry]
    if isinstance(entry, list):
        texts = entry[1:]
    elif isinstance(entry, Mapping):
        texts = [entry.get("text"), entry.get("other")]
    return any(isinstance(each, str) and same(each) in gone for each in texts)


def _forget_in_models(connection: Connection, numbers: set[int], gone: set[str]) -> None:
    for row in connection.execute(sa.select(models.c.name, models.c.changes)).all():
        changes = dict(row.changes or {})
        # Two lists, side by side: the text and the decision that it came from.
        learnt = [
            (pair, number)
            for pair, number in zip(changes.get("add", ()), changes.get("reviews", ()), strict=False)
            if number not in numbers
        ]
        if "reviews" not in changes:
            changes |= {"add": without(changes.get("add", []), gone)}
        else:
            changes |= {"add": [pair for pair, _ in learnt], "reviews": [number for _, number in learnt]}
        changes |= {key: without(changes[key], gone) for key in ("written", "taken") if key in changes}
        if changes != row.changes:
            connection.execute(sa.update(models).where(models.c.name == row.name).values(changes=changes))


def forget_conversations(url: str, conversations: Sequence[str], schema: str | None = None) -> int:
    """Remove Rasa's own record of conversations from its tracker store at `url`; return how many events went."""
    engine = sa.create_engine(url, future=True)
    events = sa.table("events", sa.column("sender_id"), schema=schema)
    try:
        with engine.begin() as connection:
            return int(connection.execute(sa.delete(events).where(events.c.sender_id.in_(conversations))).rowcount)
    except sa.exc.OperationalError:  # nobody has ever talked to this Rasa
        return 0
    except sa.exc.ProgrammingError:
        return 0
    finally:
        engine.dispose()
