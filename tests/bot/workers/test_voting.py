"""Votes in the chat, through the real worker: counted once, changed, refused, whatever becomes of Rasa."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from bot.store import facts, votes
from bot.store.library_tables import ContestRow
from bot.workers.voting import Booth
from connectors.messages import Address, IncomingMessage, Kind
from tests.bot.workers.house import ANN, BEN, START, House, text
from tests.contest import CONTEST, edition
from tests.contest_entries import entry, somebody, told_texts

HK = ZoneInfo("Asia/Hong_Kong")
DAY = timedelta(days=1)


def polls(house: House, **other: Any) -> House:
    """Return the house with an edition on which people vote, and three accepted photos: 1 and 2 are Ann's and Ben's."""
    told_texts(house.engine, START)
    dates = {"closes": START - DAY, "voting_opens": START - DAY, "voting_closes": START + DAY, "voting": "chat"}
    edition(house.engine, START, **{**dates, **other})
    for number, name in ((1, "ann"), (2, "ben"), (3, "cat")):
        who = somebody(house.engine, name, START, channel="pigeon")
        entry(house.engine, number, who, START, state="accepted")
    entry(house.engine, 4, None, START)
    house.answer = replace(house.answer, booth=Booth(house.engine, HK))
    return house


def say(house: House, *words: str, who: Address = ANN) -> list[str]:
    """Say words one after the other; return what is answered."""
    before = len(house.pigeon.taken)
    for number, each in enumerate(words):
        house.deliver(text(each, sender=who, id=f"{who.person}:{each}:{number}:{before}"))
        house.work()
        house.clock.forward(seconds=5)
    return [said for _, said in house.pigeon.taken[before:]]


def votes_in(house: House) -> list[int]:
    """Return the numbers of the entries that were voted for."""
    return [row[1] for row in votes.standing(house.engine, CONTEST)]


def test_a_vote_counts_once_and_can_be_changed(house: House) -> None:
    polls(house)
    first, again, other = say(house, "vote 2", "Vote #2 please", "vote 3")
    assert first.startswith("Your vote for #2, “Photo 2”, is counted.")
    assert "8 pm tomorrow" in first
    assert again.startswith("You have already voted for #2")
    assert other.startswith("Your vote now goes to #3")
    assert votes_in(house) == [3]
    assert house.script.asked == []


def test_a_vote_in_chinese_is_answered_in_chinese(house: House) -> None:
    polls(house)
    assert say(house, "唔該，我想投2號")[0].startswith("已記錄你投給 #2「Photo 2」的一票")


def test_a_vote_needs_no_rasa(house: House) -> None:
    polls(house)
    house.script.down = True
    assert say(house, "vote 2")[0].startswith("Your vote for #2")


@pytest.mark.parametrize("words", ["vote 1", "vote 4", "vote 99"])
def test_nobody_votes_for_their_own_or_for_what_is_not_accepted(house: House, words: str) -> None:
    polls(house)
    [said] = say(house, words)
    assert ("your own photo" in said) == (words == "vote 1")
    assert ("no photo" in said) == (words != "vote 1")
    assert votes_in(house) == []


def test_an_edition_may_let_entrants_vote_for_their_own(house: House) -> None:
    polls(house, vote_for_own=True)
    assert say(house, "vote 1")[0].startswith("Your vote for #1")


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        ({"voting_opens": START + DAY, "voting_closes": START + 2 * DAY}, "hasn't begun"),
        ({"voting_closes": START - timedelta(seconds=1)}, "no vote going on"),
        ({"voting": "likes"}, "likes on the library's Facebook page"),
    ],
)
def test_outside_its_time_a_vote_is_not_counted_and_that_is_said(house: House, dates: Any, said: str) -> None:
    polls(house, **dates)
    assert said in say(house, "vote 2")[0]
    assert votes_in(house) == []


def test_what_was_sent_before_the_end_counts_though_it_is_read_after(house: House) -> None:
    polls(house, voting_closes=START + timedelta(seconds=30))
    house.deliver(text("vote 2", after=29))
    house.clock.forward(minutes=5)
    house.work()
    assert votes_in(house) == [2]
    house.deliver(text("vote 3", after=31))
    house.work()
    assert votes_in(house) == [2]


def test_without_a_vote_the_words_are_the_dialogues(house: House) -> None:
    polls(house, voting="none")
    assert say(house, "vote 2") == ["re: vote 2"]


def test_a_tapped_button_votes_too(house: House) -> None:
    polls(house)
    tap = IncomingMessage("tap", Kind.POSTBACK, BEN, sent_at=START, text="Vote", choice="/contest_vote 1")
    house.deliver(tap)
    house.work()
    assert votes_in(house) == [1]


def test_a_vote_beside_other_words_is_not_lost(house: House) -> None:
    polls(house)
    house.deliver(text("hello there", sender=BEN), text("vote 3", sender=BEN, after=0.5))
    house.work()
    house.clock.forward(seconds=5)
    house.work()
    assert votes_in(house) == [3]


def test_a_vote_counts_while_staff_have_the_conversation(house: House) -> None:
    polls(house)
    person = somebody(house.engine, "ann", START, channel="pigeon")
    house.handover.step_in(person, "kim")
    say(house, "vote 2")
    assert votes_in(house) == [2]


def test_a_photo_that_is_no_longer_accepted_has_no_votes(house: House) -> None:
    polls(house)
    say(house, "vote 2")
    with house.engine.begin() as connection:
        connection.execute(sa.text("UPDATE contest_entries SET state = 'withdrawn' WHERE number = 2"))
    assert votes_in(house) == []


def test_of_two_hundred_votes_at_once_each_person_has_one(house: House) -> None:
    polls(house)
    who = [somebody(house.engine, f"voter-{number}", START, channel="pigeon") for number in range(100)]
    rush = [(person, number) for number in (2, 3) for person in who]
    with ThreadPoolExecutor(16) as pool:
        told = list(pool.map(lambda each: votes.cast(house.engine, CONTEST, each[0], each[1], START), rush))
    assert sorted(set(told)) == ["changed", "counted"]
    assert told.count("counted") == 100
    found = votes.standing(house.engine, CONTEST)
    assert len(found) == len({row[0] for row in found}) == 100


def test_changing_the_edition_in_the_console_is_followed_at_once(house: House) -> None:
    polls(house)
    with house.engine.begin() as connection:
        connection.execute(sa.update(ContestRow.__table__).values(voting="none"))
        facts.changed(connection)
    assert say(house, "vote 2") == ["re: vote 2"]
