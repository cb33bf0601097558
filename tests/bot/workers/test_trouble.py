"""What comes too late, too early, from the wrong time or under another name, and what a platform takes back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from bot.store import inbox, outbox, people
from bot.store.message_tables import OutboxRow, PersonRow
from connectors.errors import OperatorError, RetryableError
from connectors.messages import IncomingMessage, Kind, OutboundCall
from tests.bot.workers.house import ANN, BEN, START, House, text

HOUR = 3600.0


def choice_or_text(message: IncomingMessage) -> str:
    return f"re: {message.choice or message.text}"


def said(house: House) -> list[str]:
    return [words for _, words in house.pigeon.taken]


def stopped(house: House) -> bool:
    with house.engine.connect() as connection:
        return connection.execute(sa.select(PersonRow.stopped_at)).scalar_one() is not None


def status(state: str, about: str, **details: object) -> IncomingMessage:
    return IncomingMessage(
        f"{about}:{state}", Kind.STATUS, ANN, START, status=state, refers_to=(about,), details=dict(details)
    )


def row(house: House) -> sa.engine.Row:
    with house.engine.connect() as connection:
        return connection.execute(sa.select(OutboxRow.__table__)).one()


def test_a_stop_that_comes_too_late_to_be_answered_holds(house: House) -> None:
    """Nothing is said to it, and nothing more is said until START."""
    house.clock.forward(hours=2)
    house.deliver(text("STOP"))
    house.deliver(text("are you open?", after=2 * HOUR))
    house.work()

    assert said(house) == []
    assert inbox.counts(house.engine) == {"stale": 1, "recorded": 1}


def test_a_stop_that_comes_too_late_does_not_undo_a_later_start(house: House) -> None:
    """What the person said last counts, in whatever order it arrives."""
    house.clock.forward(hours=2)
    house.deliver(text("START", after=10))
    house.deliver(text("STOP", after=5))
    assert not stopped(house)
    house.deliver(text("stop", id="again", after=20))
    assert stopped(house)
    house.deliver(text("start", id="late", after=15))
    assert stopped(house)


def test_start_is_confirmed_even_when_the_dialogue_was_down(house: House) -> None:
    """The wish is held with the answer to it, so that a second try knows it still."""
    house.script.rule = choice_or_text
    house.deliver(text("STOP"))
    house.work()
    house.script.down = True
    house.deliver(text("START", after=1))
    house.work()
    assert stopped(house)
    house.script.down = False
    house.clock.forward(minutes=1)
    house.work()

    assert said(house) == ["re: /stop", "re: /start_again"]
    assert not stopped(house)


def test_a_message_from_the_future_counts_as_of_now(house: House) -> None:
    """A clock that is wrong neither lengthens the window nor turns a batch round."""
    house.deliver(text("two", after=9 * HOUR), text("one", after=8 * HOUR))
    house.work()
    person = people.get(house.engine, 1)

    assert said(house) == ["re: one", "re: two"]
    assert person.last_message_at == house.clock()
    house.clock.forward(minutes=1)
    house.deliver(text("three", after=60))
    house.work()
    assert said(house)[2:] == ["re: three"]


def test_an_old_message_is_waited_for_as_long_as_a_fresh_one(house: House) -> None:
    """The patience counts from when it came to us: a webhook may have been away for half an hour."""
    house.script.down = True
    house.clock.forward(minutes=50)
    house.deliver(text("hi"))
    for _ in range(20):
        house.work()
        house.clock.forward(seconds=16)
    assert inbox.counts(house.engine) == {"waiting": 1}
    house.script.down = False
    house.work()

    assert said(house) == ["re: hi"]


def test_the_dialogue_is_asked_a_few_times_however_long_a_worker_was_away(house: House) -> None:
    """One refusal after a night without workers is no reason to give up."""
    house.deliver(text("hi"))
    house.clock.forward(minutes=40)
    house.script.down = True
    house.work()
    assert inbox.counts(house.engine) == {"waiting": 1}
    for _ in range(10):
        house.clock.forward(seconds=20)
        house.work()

    assert inbox.counts(house.engine) == {"failed": 1}
    assert said(house) == ["please hold"]


def test_a_user_id_that_changes_keeps_the_conversation(house: House) -> None:
    """Of somebody who is known by it alone, and of somebody who has a number as well."""
    alone = IncomingMessage("1", Kind.TEXT, ANN, START, text="hi", details={"user_id": "ann"})
    both = IncomingMessage("2", Kind.TEXT, BEN, START, text="hi", details={"user_id": "US.ben"})
    house.deliver(alone, both)
    for old, new in (("ann", "US.ann2"), ("US.ben", "US.ben2"), ("US.nobody", "US.x")):
        details = {"previous_user_id": old, "new_user_id": new}
        house.deliver(IncomingMessage(f"moved {old}", Kind.SYSTEM, None, START, details=details))
    house.work()
    new_ann = IncomingMessage("3", Kind.TEXT, ANN.__class__("pigeon", "US.ann2"), START, text="still me")
    new_ben = IncomingMessage("4", Kind.TEXT, BEN.__class__("pigeon", "US.ben2"), START, text="me too")
    house.deliver(new_ann, new_ben)
    house.work()

    assert len(set(house.script.asked)) == 2
    assert {person for person, _ in house.pigeon.taken} == {"US.ann2", "ben"}


@pytest.mark.parametrize(
    ("status_of", "state"),
    [
        (lambda about: status("failed", about, code="131047", reason="Over."), "failed"),
        (lambda about: status("delivered", about), "delivered"),
        (lambda about: IncomingMessage("made:7", Kind.STATUS, ANN, START, status="read", refers_to=(about,)), "read"),
    ],
    ids=["failed", "delivered", "by another id"],
)
def test_a_status_that_comes_before_the_note_of_the_sending_counts(
    house: House, status_of: Callable[[str], IncomingMessage], state: str
) -> None:
    """A platform may be quicker than our commit."""
    taken = house.pigeon.send

    def quick(call: OutboundCall) -> str:
        about = taken(call)
        if call.purpose != "typing":
            house.deliver(status_of(about))
        return about

    house.pigeon.send = quick  # type: ignore[method-assign]
    house.deliver(text("hi"))
    house.work()

    assert row(house).state == state
    assert row(house).problem == ("Over." if state == "failed" else "")


def test_a_status_that_calls_for_an_operator_raises_the_alarm_and_loses_nothing(house: House) -> None:
    """The platform took it, and says later that the account is locked: it goes again when that is repaired."""
    house.deliver(text("hi"))
    house.work()
    house.deliver(
        status("failed", "id-1", code="131031", reason="Locked.", operator="WhatsApp has locked the account.")
    )
    assert outbox.alarms(house.engine) == {"pigeon": "WhatsApp has locked the account."}
    assert row(house).state == "waiting"
    house.clock.forward(minutes=11)
    house.work()

    assert said(house) == ["re: hi", "re: hi"]
    assert (row(house).state, outbox.alarms(house.engine)) == ("sent", {})


@pytest.mark.parametrize(
    ("error", "alarm"),
    [
        (OperatorError("Meta does not understand the request.", code="100", most_tries=3), True),
        (RetryableError("Meta cannot take the message now (2).", code="2", most_tries=3), False),
    ],
    ids=["100", "2"],
)
def test_a_code_that_may_mean_never_is_given_up_on_and_what_comes_after_goes(
    house: House, error: Exception, alarm: bool
) -> None:
    """After a few tries; the operator is told where there may be something to repair."""
    house.script.rule = lambda message: "a|b"
    house.pigeon.failures = [error, error, error]  # type: ignore[list-item]
    house.deliver(text("hi"))
    for tries in range(3):
        assert said(house) == []
        house.work()
        assert bool(outbox.alarms(house.engine)) == (alarm and tries < 2)
        house.clock.forward(seconds=61)

    assert said(house) == ["b"]
    assert outbox.counts(house.engine) == {"failed": 1, "sent": 1}


def test_a_move_to_an_id_that_another_channel_knows_is_a_move(house: House) -> None:
    """Ids of two channels have nothing to do with each other."""
    with house.engine.begin() as connection:
        people.find_or_add(connection, ANN.__class__("other", "new"), START)
    house.deliver(text("hi"))
    house.deliver(IncomingMessage("moved", Kind.SYSTEM, ANN, START, details={"moved_to": "new"}))
    house.work()

    assert {person for person, _ in house.pigeon.taken} == {"new"}


def test_the_line_of_one_channel_hides_nobody_of_another(house: House) -> None:
    """However many wait for a platform that hangs, the sweep finds the others."""
    now = house.clock()
    with house.engine.begin() as connection:
        for channel, count in (("slow", 30), ("quick", 2)):
            for number in range(count):
                person = people.find_or_add(connection, ANN.__class__(channel, f"{channel} {number}"), now).id
                outbox.add(connection, person, None, [OutboundCall(channel, "", {"text": "hi"})], now)

    assert set(outbox.people_due(house.engine, now, limit=10)) == {31, 32, *range(1, 11)}
