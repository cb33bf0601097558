"""Messages that were edited, deleted, or that answer another: before the answer, after it, and for the staff."""

from __future__ import annotations

from dataclasses import replace

from bot.store import conversations, inbox, transcripts
from bot.store.transcripts import Said
from connectors.messages import IncomingMessage, Kind
from tests.bot.workers.house import ANN, START, House, text


def edit(words: str, of: str, *, after: float) -> IncomingMessage:
    made = text(words, id=f"edit:{of}:{after}", after=after)
    return replace(made, kind=Kind.EDIT, refers_to=(of,))


def deletion(of: str, *, after: float) -> IncomingMessage:
    made = text("", id=f"deleted:{of}", after=after)
    return replace(made, kind=Kind.DELETED, text=None, refers_to=(of,))


def said(house: House) -> list[str]:
    return [words for _, words in house.pigeon.taken]


def shown(house: House) -> list[Said]:
    found = transcripts.transcript(house.engine, house.people()[0])
    assert found is not None
    return list(found.said)


def test_an_edit_before_the_answer_changes_what_is_answered(house: House) -> None:
    """One answer, to the new words."""
    house.deliver(text("the red book", id="m1"))
    house.deliver(edit("the blue book", "m1", after=1))
    house.work()

    assert said(house) == ["re: the blue book"]


def test_an_edit_at_once_after_the_answer_is_answered_anew(house: House) -> None:
    """A slip put right; a second delivery of the edit changes nothing."""
    house.deliver(text("the red book", id="m1"))
    house.work()
    house.clock.forward(seconds=20)
    for _ in range(2):
        house.deliver(edit("the blue book", "m1", after=20))
        house.work()

    assert said(house) == ["re: the red book", "re: the blue book"]


def test_a_late_edit_and_one_that_says_the_same_are_for_the_record(house: House) -> None:
    """Nobody is written to a day later, or for a capital letter."""
    house.deliver(text("the red book", id="m1"))
    house.work()
    house.deliver(edit("The red book", "m1", after=5))
    house.clock.forward(seconds=600)
    house.deliver(edit("the blue book", "m1", after=600))
    house.work()

    assert said(house) == ["re: the red book"]
    assert [(each.message.text, each.edited) for each in shown(house)] == [("the red book", "the blue book")]


def test_a_message_that_was_deleted_before_the_answer_is_not_answered(house: House) -> None:
    """It was taken back."""
    house.deliver(text("my id is 123456", id="m1"))
    house.deliver(deletion("m1", after=1))
    house.work()

    assert said(house) == []
    assert inbox.counts(house.engine)["recorded"] == 2


def test_what_was_deleted_is_shown_to_nobody(house: House) -> None:
    """Not in its place, and not in a list that is searched."""
    house.deliver(text("my id is 123456", id="m1"))
    house.work()
    house.deliver(deletion("m1", after=30))
    (only,) = shown(house)

    assert (only.message.text, only.deleted) == (None, True)
    assert conversations.search(house.engine, conversations.Filter(text="123456")) == []


def test_edits_and_deletions_are_marked_in_place_while_staff_have_the_conversation(house: House) -> None:
    """And neither is one more message."""
    house.deliver(text("hello", id="m0"))
    house.work()
    house.handover.step_in(house.people()[0], "kim")
    house.deliver(text("the red book", id="m1", after=1), text("a secret", id="m2", after=2))
    house.work()
    house.deliver(edit("the blue book", "m1", after=3), deletion("m2", after=4))
    house.work()

    assert [(each.message.text, each.edited, each.deleted) for each in shown(house)[1:]] == [
        ("the red book", "the blue book", False),
        (None, "", True),
    ]
    assert said(house) == ["re: hello"]


def test_this_one_stands_beneath_what_it_answers(house: House) -> None:
    """A librarian's message, the bot's, the student's own."""
    house.deliver(text("hello", id="m0"))
    house.work()
    person = house.people()[0]
    thread = house.handover.step_in(person, "kim")
    house.handover.reply(thread.id, "kim", "Which one do you mean, 1984 or Emma?", "t1")
    house.work()
    ids = {words: f"id-{number}" for number, words in enumerate(said(house), start=1)}
    staff = ids["Which one do you mean, 1984 or Emma?"]
    house.deliver(
        replace(text("this one", id="m1", after=1), reply_to=staff),
        replace(text("and that", id="m2", after=2), reply_to=ids["re: hello"]),
        replace(text("i said it", id="m3", after=3), reply_to="m0"),
        replace(text("what", id="m4", after=4), reply_to="unknown"),
    )
    house.work()

    assert [each.quoted for each in shown(house)[1:]] == [
        "Which one do you mean, 1984 or Emma?",
        "re: hello",
        "hello",
        "",
    ]


def test_an_edit_of_somebody_elses_message_changes_nothing(house: House) -> None:
    """Ids are the platform's, and a person's messages are theirs alone."""
    house.deliver(text("the red book", id="m1"))
    house.deliver(replace(edit("the blue book", "m1", after=1), sender=replace(ANN, person="ben")))
    house.work()

    assert said(house) == ["re: the red book"]
    assert house.clock.moment == START
