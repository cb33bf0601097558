"""What is said, fitted to what was said before."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.nlu.manners import Heard, fitted

OPEN = "Yes, the library is open now, until 9 pm."


def after(*turns: Heard) -> list[str]:
    """Return what is said in the last of `turns`; responses of the domain by their names."""

    async def say(name: str, **values: Any) -> dict[str, Any]:
        return {"text": name + "".join(f" [{value}]" for value in values.values())}

    messages = [{"text": text} for text in turns[-1].said]
    return [each["text"] for each in asyncio.run(fitted(messages, list(turns), say))]


def hours() -> Heard:
    return Heard("opening_hours", said=[OPEN])


def test_the_first_greeting_tells_what_the_bot_knows_and_the_next_is_short() -> None:
    """A minute later nobody wants to read it again."""
    assert after(Heard("greet", said=["welcome"])) == ["welcome"]
    assert after(Heard("greet", said=["welcome"]), Heard("greet", said=["welcome"])) == ["utter_greet_again"]
    assert after(hours(), Heard("greet", said=["welcome"])) == ["utter_greet_again"]


@pytest.mark.parametrize("second", ["acknowledge", "thanks"])
@pytest.mark.parametrize("first", ["acknowledge", "thanks", "goodbye"])
def test_a_second_courtesy_in_a_row_is_left_without_a_word(first: str, second: str) -> None:
    """The other way round it would never end."""
    assert after(hours(), Heard(first, said=["great"]), Heard(second, said=["great"])) == []


def test_thanks_and_goodbye_are_answered_both() -> None:
    """One is the end, the other was not."""
    assert after(Heard("thanks", said=["welcome"]), Heard("goodbye", said=["bye"])) == ["bye"]


def test_ok_to_a_question_of_the_bots_is_no_answer() -> None:
    """It says what is missing, and does not ask the same again."""
    asked = Heard("nlu_fallback", actions=["action_unsure"], said=["Did you mean …"], asked=True)

    assert after(asked, Heard("acknowledge", said=["great"])) == ["utter_acknowledge_asked"]


def test_ok_where_nothing_is_to_be_chosen_is_a_word() -> None:
    """The bot was not sure, and answered all the same."""
    answered = Heard("nlu_fallback", actions=["action_unsure"], said=["That stays as it is."])

    assert after(answered, Heard("acknowledge", said=["great"])) == ["great"]


def test_a_wish_is_wished_back_once() -> None:
    """Whatever it was read as; the same again is left without a word."""
    xmas = Heard("out_of_scope", said=["beyond me"], text="merry xmas bot")

    assert after(hours(), xmas) == ["utter_wish_christmas"]
    assert after(Heard("thanks", said=["welcome"]), Heard("goodbye", said=["bye"], text="have a nice day")) == [
        "utter_wish"
    ]
    assert after(hours(), xmas, xmas) == []


def test_a_curse_after_an_answer_is_no_insult() -> None:
    """A kind word, one more, then nothing; after what was not understood it is the bot's, and it is sorry."""
    curse = Heard("annoyed", said=["sorry"], text="ffs")
    missed = Heard("nlu_fallback", actions=["action_unsure"], said=["what?"], responses=["utter_fallback"])
    answered = Heard("nlu_fallback", actions=["action_unsure"], said=["LG1"], responses=["utter_answer"])

    assert after(hours(), curse) == ["utter_swears"]
    assert after(hours(), curse, curse) == ["utter_swears"]
    assert after(hours(), curse, curse, curse) == []
    assert after(missed, curse) == ["sorry"]
    assert after(answered, curse) == ["utter_swears"]
    assert after(hours(), curse, Heard("annoyed", said=["sorry"], text="stupid bot")) == ["sorry"]


def test_insults_are_answered_each_time_otherwise_and_then_no_more() -> None:
    """No apology twice in the same words."""
    turn = Heard("annoyed", said=["sorry"])
    said = [after(*[turn] * times) for times in (1, 2, 3, 4, 5)]

    assert said == [["sorry"], ["utter_annoyed_again"], ["utter_annoyed_more"], [], []]


def test_the_same_answer_points_up_and_then_offers_a_person() -> None:
    """Also where the question was put in other words."""
    assert after(hours()) == [OPEN]
    assert after(hours(), hours()) == [f"utter_said_above [{OPEN}]"]
    assert after(hours(), hours(), hours()) == [f"utter_said_above_more [{OPEN}]"]


def test_of_a_long_answer_the_line_that_is_asked_for_is_said_again() -> None:
    """And where none is, that it stands above: nobody wants the whole again, and nobody half of it."""
    won = "The winners:\n• First: a cat\n• Most likes: a dog, 207 likes\n" + "There was much to see. " * 20
    first = Heard("contest_winners", text="who won", said=[won])

    def again(words: str) -> list[str]:
        return after(first, Heard("contest_winners", text=words, said=[won]))

    assert again("how many likes was it") == ["utter_said_above [Most likes: a dog, 207 likes]"]
    assert again("and who else") == ["utter_said_above_all"]


def test_another_answer_between_makes_it_new_again() -> None:
    """It has scrolled up."""
    assert after(hours(), Heard("wifi", said=["It is free."]), hours()) == [OPEN]


def test_a_tap_is_answered_whole() -> None:
    """The menu does as it says."""
    assert after(hours(), Heard("opening_hours", tapped=True, said=[OPEN])) == [OPEN]


def test_words_of_distress_are_answered_whole_however_often() -> None:
    """Nobody in need is told that it was said above."""
    turn = Heard("distress", said=["Please call 999."])

    assert after(turn, turn, turn) == ["Please call 999."]


@pytest.mark.parametrize("intent", ["greet", "thanks", "acknowledge", "annoyed", "nlu_fallback"])
def test_in_care_everything_is_said_as_it_is(intent: str) -> None:
    """Whatever somebody in danger writes next, no manners come between."""
    turn = Heard(intent, actions=["action_care"], said=["I am here."])

    assert after(Heard("distress", said=["Please call 999."]), turn, turn) == ["I am here."]
