"""Which messages are worth a look, and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.retraining.usefulness import sampled, seen

AT = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
NOT_SAMPLED = next(number for number in range(1, 99) if not sampled(number))
SAMPLED = next(number for number in range(1, 999) if sampled(number))


def message(
    outcome: str = "answered", first: float = 0.95, second: float = 0.02, number: int = NOT_SAMPLED
) -> dict[str, Any]:
    """Return a message as the store gives it."""
    ranking = [{"name": "renew_loan", "confidence": first}, {"name": "recall_hold", "confidence": second}]
    return {
        "id": number,
        "person_id": 1,
        "text": "how 2 renew",
        "sent_at": AT,
        "intent": "renew_loan",
        "confidence": first,
        "outcome": outcome,
        "understanding": {"intent_ranking": ranking},
    }


def after(minutes: float = 1, kind: str = "text", person: int = 1, **event: Any) -> dict[str, Any]:
    """Return what a person did next."""
    return {"person_id": person, "sent_at": AT + timedelta(minutes=minutes), "kind": kind, "event": event}


def reasons(row: dict[str, Any], *later: dict[str, Any]) -> tuple[str, ...]:
    """Return why a message is worth a look; () where it is not."""
    found = seen([row], later, set())
    return found[0].reasons if found else ()


@pytest.mark.parametrize(
    ("row", "later", "expected"),
    [
        (message(), (), ()),
        (message(number=SAMPLED), (), ("sample",)),
        (message("unsure", 0.4, 0.1), (), ("unsure",)),
        (message(first=0.5, second=0.1), (), ("unsure",)),
        (message(first=0.7, second=0.6), (), ("close",)),
        (message("out_of_scope", 0.7), (), ("unknown",)),
        (message("out_of_scope", 0.99), (), ()),
        (message("failed", 0.0, 0.0), (), ("failed", "close")),
        (message("unsure", 0.4, 0.1), (after(kind="postback", choice="/recall_hold"),), ("unsure", "chose")),
        (message(), (after(kind="postback", choice="/contact_librarian"),), ("handed",)),
        (message(), (after(text="thats wrong"),), ("complaint",)),
        (message(), (after(kind="reaction", details={"emoji": "👎"}),), ("complaint",)),
        (message(), (after(kind="reaction", details={"emoji": "👍"}),), ()),
        (message(), (after(text="thanks"),), ()),
        (message(), (after(minutes=30, text="thats wrong"),), ()),
        (message(), (after(person=2, text="thats wrong"),), ()),
    ],
)
def test_why(row: dict[str, Any], later: tuple[dict[str, Any], ...], expected: tuple[str, ...]) -> None:
    assert reasons(row, *later) == expected


def test_what_the_student_chose_is_suggested() -> None:
    [found] = seen([message("unsure", 0.4, 0.1)], [after(kind="postback", choice='/recall_hold{"answer": "x"}')], set())
    assert found.suggested == "recall_hold"
    [alone] = seen([message("unsure", 0.4, 0.1)], [], set())
    assert alone.suggested == "renew_loan"


def test_what_was_decided_is_not_shown_again_and_complaints_come_first() -> None:
    assert seen([message("unsure", 0.4)], [], {NOT_SAMPLED}) == []
    [complaint] = seen([message()], [after(text="useless")], set())
    [unsure] = seen([message("unsure", 0.6, 0.3)], [], set())
    assert complaint.score > unsure.score
