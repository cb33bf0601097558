"""Albums: photos that come as a message each get one answer, a moment after the last of them."""

from __future__ import annotations

from collections import Counter

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.dialogue import files
from bot.store.message_tables import InboxRow
from connectors.messages import IncomingMessage, Kind, Media
from tests.bot.workers.house import ANN, START, House, build, text


@pytest.fixture
def house(engine: Engine) -> House:
    built = build(engine)
    built.script.rule = lambda message: (
        f"got {' '.join(each['at'] for each in files(message))}" if message.media else (f"re: {message.text}")
    )
    return built


def photo(number: int, kind: str = "image") -> IncomingMessage:
    return IncomingMessage(f"p{number}", Kind.MEDIA, ANN, START, media=(Media(kind, None, str(number)),))


def said(house: House) -> list[str]:
    return [words for _, words in house.pigeon.taken]


def states(house: House) -> Counter[str]:
    with house.engine.connect() as connection:
        return Counter(connection.execute(sa.select(InboxRow.__table__.c.state)).scalars())


def test_photos_that_come_one_by_one_are_answered_together_after_the_last(house: House) -> None:
    for number in range(4):
        house.deliver(photo(number))
        house.work()
        assert said(house) == []
        house.clock.forward(seconds=1)
    house.clock.forward(seconds=1)
    house.work()
    assert said(house) == ["got p0#0 p1#0 p2#0 p3#0"]
    assert states(house) == {"joined": 3, "answered": 1}


def test_nobody_waits_for_ever_while_photos_trickle_in(house: House) -> None:
    for number in range(12):
        house.deliver(photo(number))
        house.work()
        house.clock.forward(seconds=1)
    house.clock.forward(seconds=2)
    house.work()
    assert len(said(house)) == 2
    assert " ".join(said(house)).replace("got ", "").split() == [f"p{number}#0" for number in range(12)]


def test_words_after_the_photos_end_the_album_at_once(house: House) -> None:
    house.deliver(photo(1), photo(2), text("these are for the contest"))
    house.work()
    assert said(house) == ["got p1#0 p2#0", "re: these are for the contest"]


def test_a_sticker_is_answered_at_once(house: House) -> None:
    house.deliver(photo(1, "sticker"))
    house.work()
    assert len(said(house)) == 1


def test_unclear_words_before_an_album_are_answered_with_it(house: House) -> None:
    house.script.unsure = lambda words: words == "look"
    house.deliver(text("look"), photo(1), photo(2))
    house.work()
    house.clock.forward(seconds=2)
    house.work()
    assert said(house) == ["got p1#0 p2#0"]
    assert states(house) == {"joined": 2, "answered": 1}


def test_an_album_that_could_not_be_answered_is_answered_whole_and_once(house: House) -> None:
    house.script.down = True
    house.deliver(*(photo(number) for number in range(3)))
    house.clock.forward(seconds=2)
    house.work()
    house.script.down = False
    house.deliver(photo(3))
    house.clock.forward(seconds=30)
    house.work()
    assert said(house) == ["got p0#0 p1#0 p2#0 p3#0"]


def test_more_photos_than_one_answer_holds_are_all_answered(house: House) -> None:
    house.deliver(*(photo(number) for number in range(70)))
    house.work()
    house.clock.forward(seconds=2)
    house.work()
    answered = " ".join(said(house)).replace("got ", "").split()
    assert sorted(answered) == sorted(f"p{number}#0" for number in range(70))
    assert len(said(house)) == 3
