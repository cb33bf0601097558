"""What /readyz says of a channel while somebody in danger could not be told whom to call."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.engine import Engine

from bot import readiness
from bot.readiness import NotReady
from bot.store.audit import session
from bot.store.library_tables import ContactRow

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def add(engine: Engine, key: str, phone: str, sample: str = "") -> None:
    with session(engine, "test", NOW) as changes:
        changes.add(ContactRow(key=key, name=key, phone=phone, sample=sample, hours="", what_for="", source="x"))


def test_a_channel_that_reaches_students_waits_for_every_number(engine: Engine) -> None:
    """It says which is missing and what to do; with the number it is on."""
    add(engine, "emergency", "999")
    add(engine, "counselling", "", sample="the number")

    with pytest.raises(NotReady, match=r"counselling .*Emergency contacts"):
        readiness.channel(engine, "messenger", real=True)
    with session(engine, "test", NOW) as changes:
        row = changes.query(ContactRow).filter_by(key="counselling").one()
        row.phone, row.sample = "2358 1234", ""
    assert readiness.channel(engine, "messenger", real=True) == "on"


def test_over_a_stand_in_a_missing_number_is_only_told(engine: Engine) -> None:
    """Whoever tries the sample library is not held up."""
    add(engine, "counselling", "", sample="the number")

    assert readiness.channel(engine, "messenger", real=False).startswith("on; to be filled in")


def test_a_store_without_contacts_is_not_ready_for_students(engine: Engine) -> None:
    """Nobody has loaded them yet, after an upgrade for example."""
    with pytest.raises(NotReady, match=r"contacts\.yml"):
        readiness.channel(engine, "whatsapp", real=True)
