"""What is said in one turn, as one reply."""

from __future__ import annotations

from connectors.joining import as_one
from connectors.messages import Card, Choice, Reply

MAPS = Card("Old maps", "until Saturday", choices=(Choice("More", "/maps"),))


def test_texts_are_paragraphs_and_the_picture_is_kept() -> None:
    """In their order; white space about them is nothing that was said."""
    found = as_one(
        [Reply(text="Yes.\n"), Reply(image="https://a.example/p.png"), Reply(text=" "), Reply(text="Until 9.")]
    )

    assert found == (Reply(text="Yes.\n\nUntil 9.", image="https://a.example/p.png"),)


def test_cards_before_a_text_become_words_so_that_the_order_stays() -> None:
    """With what could be tapped on them among the choices; cards at the end stay cards."""
    said = [Reply(text="What is on:"), Reply(cards=(MAPS,)), Reply(text="And we close at 9.")]

    assert as_one(said[:2]) == (Reply(text="What is on:", cards=(MAPS,)),)
    assert as_one(said) == (
        Reply(text="What is on:\n\nOld maps\nuntil Saturday\n\nAnd we close at 9.", choices=MAPS.choices),
    )


def test_another_picture_needs_another_reply() -> None:
    """The choices ride on the last."""
    first, second = "https://a.example/1.png", "https://a.example/2.png"
    hours = Choice("Hours", "/hours")
    found = as_one([Reply(text="One", image=first, choices=(hours,)), Reply(text="Two", image=second)])

    assert found == (Reply(text="One", image=first), Reply(text="Two", image=second, choices=(hours,)))


def test_nothing_said_is_no_reply() -> None:
    """And choices alone are one."""
    assert as_one([Reply(text=" ")]) == ()
    assert as_one([Reply(choices=(Choice("Hours", "/hours"),))]) == (Reply(choices=(Choice("Hours", "/hours"),)),)


def test_what_introduces_choices_is_said_last() -> None:
    """The choices stand below everything that is said, and their words with them."""
    more = Choice("Toilets", "/toilets")

    found = as_one(
        [Reply(text="The entrance."), Reply(text="More about …", choices=(more,)), Reply(text="We are open.")]
    )

    assert found == (Reply(text="The entrance.\n\nWe are open.\n\nMore about …", choices=(more,)),)
