"""Who wrote: found by either of their ids, added once, and looked for along an index alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import inbox, people
from bot.store.people import Known
from connectors.messages import Address, IncomingMessage, Kind

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


def found(engine: Engine, person: str, *, alias: str | None = None, wrote_at: datetime | None = None) -> Known:
    with engine.begin() as connection:
        return people.find_or_add(connection, Address("whatsapp", person), NOW, alias=alias, wrote_at=wrote_at)


def test_somebody_new_is_added_once(engine: Engine) -> None:
    first = found(engine, "852", wrote_at=NOW)
    assert first.new
    assert found(engine, "852") == Known(first.id)
    assert found(engine, "853").id != first.id
    assert people.get(engine, first.id).last_message_at == NOW


def test_the_same_id_on_another_channel_is_somebody_else(engine: Engine) -> None:
    one = found(engine, "852")
    with engine.begin() as connection:
        assert people.find_or_add(connection, Address("messenger", "852"), NOW).id != one.id


def test_who_is_known_by_the_alias_is_the_same_and_is_answered_at_the_address(engine: Engine) -> None:
    known = found(engine, "US.1")
    assert found(engine, "852", alias="US.1") == Known(known.id)
    assert people.get(engine, known.id).address == Address("whatsapp", "852")
    assert found(engine, "US.1").id == known.id
    assert found(engine, "852", alias="US.2").id == known.id
    assert found(engine, "US.2").id == known.id


def test_the_address_decides_before_the_alias(engine: Engine) -> None:
    other, known = found(engine, "US.1"), found(engine, "852")
    assert found(engine, "852", alias="US.1").id == known.id != other.id


@pytest.mark.parametrize(("wrote_at", "then"), [(LATER, LATER), (NOW - timedelta(hours=1), NOW), (None, NOW)])
def test_the_window_counts_from_the_latest_word(engine: Engine, wrote_at: datetime | None, then: datetime) -> None:
    known = found(engine, "852", wrote_at=NOW)
    found(engine, "852", wrote_at=wrote_at)
    assert people.get(engine, known.id).last_message_at == then


def test_nobody_is_looked_for_among_all_of_a_channel(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL looks through a small table whatever its indexes are")
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, text: str, values: object, *_: object) -> None:
        if text.startswith(("SELECT", "UPDATE")):
            asked.append((text, values))

    sa.event.listen(engine, "before_cursor_execute", note)
    for number, alias in enumerate(({}, {"user_id": "US.1"}, {})):
        message = IncomingMessage(
            f"m{number}", Kind.TEXT, Address("whatsapp", f"85{number % 2}"), NOW, text="hi", details=alias
        )
        inbox.add(engine, "whatsapp", [message], now=NOW, stale_after_seconds=60)
    sa.event.remove(engine, "before_cursor_execute", note)
    plans = []
    with engine.connect() as connection:
        for text, values in asked:
            plans += [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
    of_people = [plan for plan in plans if " people " in plan]
    assert len(of_people) >= 5
    assert not [plan for plan in of_people if plan.startswith("SCAN") or plan.endswith("(channel=?)")], of_people
