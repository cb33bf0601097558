"""A store as a busy library has it after some years."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import inbox
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow, TurnRow
from connectors.messages import Address, IncomingMessage, Kind

MESSAGES, PEOPLE, AT_ONCE = 100_000, 5_000, 10_000
CHANNELS = ("messenger", "whatsapp", "messenger", "twilio")
TOPICS = ("renew_loan", "opening_hours", "renew_loan", "book_room", "printing", "renew_loan", "wifi", "fines", "events")
# One message in ten has no answer, and each is worded in its own way.
OUTCOMES = ("unsure", *["answered"] * 6, "out_of_scope", "answered", "handed")
ANSWER = (
    "You can renew what you have borrowed in your library account, up to five times, unless somebody waits for it. "
)


def fill(engine: Engine, now: datetime) -> None:
    """Store 100,000 messages of 5,000 people, each with its turn and answer, one every two minutes up to `now`."""
    people = [
        {
            "id": n,
            "channel": CHANNELS[n % 4],
            "person": f"{n:011}",
            "conversation": f"{n * 2654435761 % 2**32:08x}{n:024x}",
            "first_seen_at": now,
            "last_message_at": now,
        }
        for n in range(1, PEOPLE + 1)
    ]
    with engine.begin() as connection:
        connection.execute(sa.insert(PersonRow.__table__), people)
        for start in range(0, MESSAGES, AT_ONCE):
            numbers = range(start + 1, start + AT_ONCE + 1)
            connection.execute(sa.insert(InboxRow.__table__), [_message(n, now) for n in numbers])
            connection.execute(sa.insert(TurnRow.__table__), [_turn(n, now) for n in numbers])
            connection.execute(sa.insert(OutboxRow.__table__), [_call(n, now) for n in numbers])


def _place(n: int, now: datetime) -> tuple[int, str, datetime]:
    person = n % PEOPLE + 1
    return person, CHANNELS[person % 4], now - timedelta(minutes=(MESSAGES - n) * 2)


def _message(n: int, now: datetime) -> dict[str, Any]:
    person, channel, at = _place(n, now)
    text = f"how do i renew book number {n}"
    message = IncomingMessage(f"m{n}", Kind.TEXT, Address(channel, f"{person:011}"), at, text)
    return {
        "id": n,
        "channel": channel,
        "message_id": message.id,
        "person_id": person,
        "kind": "text",
        "said": True,
        "event": inbox.message_to_json(message),
        "text": text,
        "sent_at": at,
        "received_at": at,
        "state": "answered",
        "next_try_at": at,
    }


def _turn(n: int, now: datetime) -> dict[str, Any]:
    person, _, at = _place(n, now)
    outcome = OUTCOMES[n % 10]
    intent, sure = TOPICS[n % 9], 0.3 if outcome == "unsure" else 0.9
    understanding = {
        "intent": {"name": intent, "confidence": sure},
        "intent_ranking": [{"name": name, "confidence": sure / number} for number, name in enumerate(TOPICS, 1)],
        "entities": [{"entity": "place", "start": 0, "end": 3, "value": "library"}],
        "slots_before": {"topic": None, "place": None},
        "slots_after": {"topic": "answers", "place": "library"},
        "actions": ["action_unsure" if outcome == "unsure" else "action_answer"],
        "timings": {"tracker_ms": 1.1, "understand_ms": 4.2, "act_ms": 6.3, "save_ms": 1.4},
        "model": "20261124-040000-a-model.tar.gz",
    }
    return {
        "inbox_id": n,
        "person_id": person,
        "at": at,
        "understanding": understanding,
        "replies": [{"text": ANSWER * 2, "choices": [], "cards": [], "image": None}],
        "intent": intent,
        "confidence": sure,
        "outcome": outcome,
    }


def _call(n: int, now: datetime) -> dict[str, Any]:
    person, channel, at = _place(n, now)
    return {
        "inbox_id": n,
        "channel": channel,
        "person_id": person,
        "body": {"recipient": {"id": f"{person:011}"}, "message": {"text": ANSWER * 2}},
        "state": "failed" if n % 500 == 0 else "delivered",
        "created_at": at,
        "next_try_at": at,
        "sent_at": at,
    }
