"""What names a person is looked for once a message, kept with it as places, and gone with it."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.retraining import hiding
from bot.retraining.redaction import MOST_CHARACTERS, find, redact
from bot.store import forgetting, inbox, threads_shown
from bot.store.message_tables import InboxRow, RedactionRow
from connectors.messages import Address, IncomingMessage, Kind
from tests.console.conftest import NOW, Visitor
from tests.console.test_conversation_pages import say
from tests.console.test_inbox_pages import writes

messages, redactions = InboxRow.__table__, RedactionRow.__table__
# The longest that a platform delivers, of what expressions like least.
HOSTILE = ("a.", "1.2.3.4 ", "a@a.", "::", "2000 ", "+852 ", "A-", "my name is ", "我叫", "student id 20123456 ")


def _hear(engine: Engine, *texts: str) -> None:
    said = [
        IncomingMessage(f"h{number}", Kind.TEXT, Address("messenger", f"p{number}"), NOW, text)
        for number, text in enumerate(texts)
    ]
    inbox.add(engine, "messenger", said, now=NOW, stale_after_seconds=3600)


def _kept(engine: Engine) -> dict[int, list[list[object]]]:
    with engine.connect() as connection:
        return {row.inbox_id: row.spans for row in connection.execute(sa.select(redactions))}


def _texts(engine: Engine) -> dict[int, str]:
    with engine.connect() as connection:
        return {row.id: row.text for row in connection.execute(sa.select(messages.c.id, messages.c.text))}


@pytest.mark.parametrize("piece", HOSTILE)
def test_what_is_taken_out_of_a_long_message_takes_no_longer_than_its_length(piece: str) -> None:
    """65,000 characters took minutes: the whole of this takes seconds of the processor on any machine."""
    started = time.process_time()
    redacted = redact((piece * 65_000)[:65_000])

    assert redacted.text.endswith("‹…›")
    assert redacted.found[-1].start == MOST_CHARACTERS
    assert time.process_time() - started < 2


def test_pages_are_fast_over_the_worst_messages(engine: Engine, librarian: Visitor) -> None:
    """Fifty of the longest messages that a platform delivers: a minute of waiting before, and each time again."""
    for number in range(50):
        text = f"{number} {HOSTILE[number % len(HOSTILE)] * 4096}"[:4096]
        say(engine, text, person=str(number), intent="nlu_fallback", confidence=0.2, minutes=number)
        writes(engine, text, "contact_librarian", who=Address("messenger", f"waiting {number}"))
    first, found = _seconds(librarian, "/console/conversations")
    assert found.count("found-text") == len(HOSTILE) * 5
    assert first < 10
    # What is kept is what is shown: no page looks at the words anew.
    with engine.begin() as connection:
        connection.execute(sa.update(redactions).values(spans=[[0, 2, "PERSON"]]))
    assert _seconds(librarian, "/console/conversations")[1].count("‹name›") == 50
    waiting = threads_shown.page(engine, "waiting", "lib", NOW)[0].thread.id
    for page in ("/console/", "/console/inbox", f"/console/inbox/{waiting}"):
        _seconds(librarian, page)
        assert _seconds(librarian, page)[0] < 1, page


def _seconds(visitor: Visitor, page: str) -> tuple[float, str]:
    """Return the seconds of the processor that a page takes a process which has not seen its messages, and the page."""
    find.cache_clear()
    started = time.process_time()
    answer = visitor.get(page)
    assert answer.status_code == 200
    return time.process_time() - started, answer.text


def test_what_was_found_is_kept_until_the_words_or_the_way_of_looking_change(engine: Engine) -> None:
    """A page looks at what is kept; an edited message and a new version are looked at anew."""
    _hear(engine, "call me at 9123 4567", "nothing here")
    (first, said), (second, _) = _texts(engine).items()
    assert hiding.words(engine, _texts(engine).items()) == {first: "call me at ‹phone›", second: "nothing here"}
    assert _kept(engine) == {first: [[11, 20, "PHONE_NUMBER"]], second: []}

    with engine.begin() as connection:
        connection.execute(sa.update(redactions).values(spans=[]))
    assert hiding.words(engine, [(first, said)]) == {first: said}
    assert hiding.words(engine, [(first, "call me at 6123 4567")]) == {first: "call me at ‹phone›"}
    with engine.begin() as connection:
        connection.execute(sa.update(redactions).values(spans=[], version=0))
    assert hiding.words(engine, [(first, said)]) == {first: "call me at ‹phone›"}


def test_messages_that_nobody_has_opened_are_looked_at_meanwhile(engine: Engine) -> None:
    """The latest first, back to the first one; then what comes."""
    _hear(engine, *(f"my number is 9123 {number:04}" for number in range(120)))
    filling = hiding.Filling(engine)
    done = [filling.run() for _ in range(5)]

    assert done == [50, 50, 20, 0, 0]
    assert len(_kept(engine)) == 120
    say(engine, "mail me: abc@ust.hk", person="late")
    assert [filling.run(), filling.run()] == [1, 0]
    assert "abc" not in hiding.words(engine, _texts(engine).items())[121]


def test_what_is_kept_of_a_message_goes_with_it(engine: Engine) -> None:
    """Who is forgotten leaves no places of their words either."""
    _hear(engine, "call 9123 4567", "call 9123 4568")
    hiding.words(engine, _texts(engine).items())
    found = forgetting.traces(engine, "messenger", "p0")
    forgetting.forget(engine, found, actor="ada", now=NOW + timedelta(minutes=1))

    assert list(_kept(engine)) == [2]
