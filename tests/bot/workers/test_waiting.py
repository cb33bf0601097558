"""While somebody waits for a person: what is answered, when one will come, and that none is needed any more."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from bot.store import inbox, threads
from bot.workers.waiting import asks_when, takes_back, takes_only_back
from tests.bot.workers.house import House, build
from tests.bot.workers.test_handover import ASKED, handed, heard, said, thread_of


@pytest.fixture
def house(engine: Engine) -> House:
    """A Carrel whose bot hands over who asks for a person, and is moderately sure of all else."""
    made = build(engine)
    made.script.wishes = {ASKED: "contact_librarian", "human": "contact_librarian"}
    made.script.sure = 0.7
    return made


def test_a_question_is_answered_as_ever_until_somebody_comes(house: House) -> None:
    """At night the bot is all there is; whoever has come is not talked over, nor who has written and gone again."""
    thread = handed(house)
    house.script.actions = ("action_answer",)
    said(house, "fine. can i sleep here")
    said(house, "my book was stolen and i need help")
    assert heard(house)[1:] == ["re: fine. can i sleep here"]

    house.handover.claim(thread.id, "ada")
    said(house, "can i eat here")
    house.handover.reply(thread.id, "ada", "Which book is it?", "one")
    house.handover.pass_on(thread.id, by="ada", to="")
    said(house, "can i smoke here")

    assert "re: can i eat here" not in heard(house)
    assert "re: can i smoke here" not in heard(house)


def test_what_is_not_understood_is_left_to_the_staff(house: House) -> None:
    """And what asks staff for something else."""
    handed(house)
    house.script.actions = ("action_unsure",)
    said(house, "can you see my earlier one")

    assert len(heard(house)) == 1


@pytest.mark.parametrize("words", ["when will they answer", "hello??", "is anyone there", "human"])
def test_who_asks_when_somebody_comes_is_told_when_the_desk_is_staffed(house: House, words: str) -> None:
    """Once more whoever asks once more; the wish stays with the staff, and the bot quiet."""
    handed(house)
    house.script.rule = lambda message: f"{message.choice}"
    said(house, words)

    assert "contact-reply" in heard(house)[-1]
    assert thread_of(house).quiet
    assert inbox.counts(house.engine) == {"answered": 2}


def test_nobody_is_told_when_somebody_comes_who_has_come(house: House) -> None:
    """A hello is then said to them."""
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    house.work()
    before = len(heard(house))
    said(house, "hello??")

    assert len(heard(house)) == before


@pytest.mark.parametrize("words", ["forget it", "nvm ill go there", "唔使喇"])
def test_who_needs_nobody_any_more_is_back_with_the_bot_in_one_line(house: House, words: str) -> None:
    """As by a tap on the way back; what they asked staff stays for the staff to see."""
    handed(house)
    house.script.rule = lambda message: message.choice or f"re: {message.text}"
    said(house, words)
    said(house, "two")

    assert heard(house)[1:] == ["/handover_back", "re: two"]
    assert thread_of(house).state == "waiting"


def test_who_asks_something_with_it_is_answered(house: House) -> None:
    """ "nvm ill go there, when r they open" """
    handed(house)
    said(house, "actually nvm ill go there, when r they open")

    assert heard(house)[1:] == ["re: actually nvm ill go there, when r they open"]
    assert not thread_of(house).quiet


def test_words_to_somebody_who_has_come_take_nothing_back(house: House) -> None:
    """They are theirs to read."""
    thread = handed(house)
    house.handover.claim(thread.id, "ada")
    said(house, "never mind")

    assert threads.get(house.engine, thread.id).state == "held"
    assert "re: never mind" not in heard(house)


@pytest.mark.parametrize(
    ("words", "back", "only"),
    [
        ("nvm", True, True),
        ("no need thx", True, True),
        ("its ok i found it", True, True),
        ("i'll go there myself", True, True),
        ("forget it, ill ask at the desk tmr", True, True),
        ("nvm when do u open", True, False),
        ("no need to hurry", False, False),
        ("cancel my booking", False, False),
        ("never mind the noise, i lost my card", False, False),
        ("i need it now", False, False),
        ("唔使借書證得唔得", False, False),
    ],
)
def test_what_takes_the_wish_back_is_no_wish_of_another_kind(words: str, back: bool, only: bool) -> None:
    assert (takes_back(words), takes_only_back(words)) == (back, only)


@pytest.mark.parametrize(
    ("words", "so"),
    [
        ("u there?", True),
        ("how long do i have to wait", True),
        ("why is nobody answering", True),
        ("有冇人呀", True),
        ("幾時覆我", True),
        ("when r they open", False),
        ("how long can i keep a book", False),
        ("hi i lost my card", False),
        ("is there anyone who can renew my books", False),
    ],
)
def test_only_what_asks_of_nothing_else_asks_when_they_come(words: str, so: bool) -> None:
    assert asks_when(words) == so
