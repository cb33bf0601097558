"""Messages that ask where "that" is: the place that was spoken of, or else the thing."""

from __future__ import annotations

import pytest

from bot.nlu.wheres import asked_where, where

DESK = {"place": "information-desk", "name": "Information Desk", "said": "諮詢台"}
SENT = {
    "text": "the copier ate my long thesis chapter",
    "intent": "printing_scanning_copying",
    "at": {"where": DESK, "aside": False},
}
ASIDE = {**SENT, "at": {"where": DESK, "aside": True}}
NOWHERE = {**SENT, "at": {}}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("where is that", "where is the Information Desk"),
        ("wheres that", "where is the Information Desk"),
        ("ok n where's it exactly?", "where is the Information Desk"),
        ("lol so expensive. where is it tho", "where is the Information Desk"),
        ("so the 24h place? where is that", "where is the Information Desk"),
        ("ok thanks! where r they", "where is the Information Desk"),
        ("location?", "where is the Information Desk"),
        ("which floor", "which floor is the Information Desk"),
        ("what floor is that on", "which floor is the Information Desk"),
        ("how do i get there", "how do i get to the Information Desk"),
        ("how to go there pls", "how do i get to the Information Desk"),
        ("喺邊", "諮詢台喺邊度"),
        ("佢喺邊度呀", "諮詢台喺邊度"),
        ("好貴呀。喺邊呀", "諮詢台喺邊度"),
        ("在哪裡", "諮詢台喺邊度"),
        ("幾樓", "諮詢台喺邊層"),
        ("嗰度點去", "諮詢台點去"),
        ("怎麼去", "諮詢台點去"),
    ],
)
def test_where_that_is_means_the_place_that_was_spoken_of(text: str, says: str) -> None:
    """The question is the one that the store knows an answer to."""
    asked = where(text, SENT)

    assert asked == {"intent": "location_directions", "says": says, "place": "information-desk"}


@pytest.mark.parametrize("before", [ASIDE, NOWHERE])
def test_an_it_means_the_thing_where_no_place_was_gone_to(before: dict[str, object]) -> None:
    """ "The Information Desk can tell you" of the printers: "where is it" are these."""
    for text in ("lol so expensive. where is it tho", "and where are they", "where"):
        asked = where(text, before)

        assert asked == {
            "intent": "printing_scanning_copying",
            "says": "where is it",
            "after": "the copier ate my long thesis chapter",
        }


def test_a_that_means_the_place_though_it_only_may_know() -> None:
    """ "Ask the Circulation Counter whether there is one" – "wheres that"."""
    assert (where("wheres that", ASIDE) or {})["place"] == "information-desk"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "where is my book",
        "where is the printer",
        "where do i print",
        "which floor is quiet",
        "how do i do that",
        "how much is it",
        "how is it",
        "is it there",
        "where is it and is it open",
        "where is that. can i bring my dog?",
        "喺邊度影印",
        "lib喺邊",
        "點算",
    ],
)
def test_whatever_else_is_asked_is_for_others_to_understand(text: str) -> None:
    """A thing that is named is what is asked about."""
    assert asked_where(text) == ""


@pytest.mark.parametrize("before", [{}, {"text": "hi", "intent": "greet"}, {"text": "anything on", "intent": "events"}])
def test_of_nothing_nobody_can_tell_where_it_is(before: dict[str, object]) -> None:
    """And events say themselves where they are."""
    assert where("where is that", before) is None


def test_the_thing_that_was_asked_about_is_named_where_that_was_little_more() -> None:
    """ "How much is a locker" – "and where are they"."""
    asked = where("and where are they", {"text": "how much is a locker", "intent": "lockers_equipment"})

    assert asked == {"intent": "lockers_equipment", "says": "where is the locker"}
