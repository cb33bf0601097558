"""What is on, as a student hears it."""

import pytest

from bot.store.audit import session
from bot.store.library_tables import EventRow
from tests.actions.small_library import MONDAY_EVENING, day, event_row, interval, moment, week

EVENTS = "events"
ENDNOTE = "EndNote for beginners, Wednesday, 2 pm – 4 pm."
NOTHING = "I have nothing on record for"
MAPS = "Old maps, until 6 pm Saturday"


def test_this_week_lists_what_is_on_and_shows_cards(ask):
    """A sentence for those who read, a card each for those who tap."""
    heard = ask("what's on this week", EVENTS, week("2026-11-23"))

    assert heard.texts == (f"What is on today – Sunday:\n• {MAPS}\n• EndNote for beginners, Wednesday, 2 pm – 4 pm",)
    assert heard.cards == (
        {"title": "Old maps", "subtitle": "until 6 pm Saturday\nLibrary"},
        {
            "title": "EndNote for beginners",
            "subtitle": "Wednesday, 2 pm – 4 pm\nLibrary",
            "links": [{"title": "Sign up", "url": "https://library.example/endnote"}],
        },
    )


@pytest.mark.parametrize(
    ("text", "when", "answer"),
    [
        ("what's on tonight", interval("2026-11-23T18:00", "2026-11-24T00:00"), f"{NOTHING} today."),
        (
            "anything on wednesday",
            day("2026-11-25"),
            f"What is on Wednesday: {ENDNOTE}",
        ),
        (
            "anything wednesday at 3",
            moment("2026-11-25T15:00"),
            f"What is on Wednesday: {ENDNOTE}",
        ),
        ("what was on last wednesday", day("2026-11-18"), f"{NOTHING} Wednesday 18 November."),
        (
            "what's on next week",
            week("2026-11-30"),
            f"{NOTHING} Monday 30 November – Sunday 6 December.",
        ),
    ],
)
def test_only_what_is_on_at_the_time_counts(ask, store, text, when, answer):
    """A day, a part of a day, a moment of a day, days that are over and days to come."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.delete(changes.query(EventRow).filter_by(key="maps").one())

    assert ask(text, EVENTS, when).texts[0] == answer


def test_when_nothing_is_on_the_next_event_is_named(ask):
    """An empty week is no dead end."""
    heard = ask("what's on today", EVENTS, day("2026-11-29"), now="2026-11-22T10:00")

    assert heard.names == ("utter_events_none", "utter_events_next")
    assert heard.texts[1] == f"The next: {ENDNOTE}"
    assert [card["title"] for card in heard.cards] == ["EndNote for beginners"]


def test_without_any_event_to_come_the_bot_says_so(ask):
    """Nothing is invented to fill a silence."""
    assert ask("what's on", EVENTS, now="2027-06-01T10:00").names == ("utter_events_none_known",)


@pytest.mark.parametrize("text", ["any workshops?", "when is the endnote class", "WORKSHOP"])
def test_a_kind_or_a_title_narrows_the_answer(ask, text):
    """Who asks for a workshop does not want the exhibition."""
    heard = ask(text, EVENTS)

    assert heard.texts == (
        "Coming up at the library: EndNote for beginners, Wednesday, 2 pm – 4 pm.",
        "Cite with ease.",
    )


def test_a_kind_that_is_not_on_then_says_when_it_is(ask):
    """The exhibition that is on is no answer to who asked for a workshop."""
    heard = ask("any workshop on tuesday", EVENTS, day("2026-11-24"))

    assert heard.texts == (
        "I have nothing of that kind on record for tomorrow.",
        f"The next: {ENDNOTE}",
    )


def test_a_follow_up_asks_about_events_again(ask):
    """After events, "and on Saturday?" is about events, not about hours."""
    ask("what's on today", EVENTS, day("2026-11-23"))

    heard = ask("and on saturday?", "follow_up", day("2026-11-28"))

    assert heard.texts == (f"What is on Saturday: {MAPS}.",)


def test_a_cancelled_event_is_not_announced(ask, store):
    """Cancelled by staff, it is gone from the next answer."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(EventRow).filter_by(key="endnote").one().cancelled = True

    assert "EndNote" not in ask("what's on this week", EVENTS, week("2026-11-23")).text


def test_a_long_list_is_cut_and_says_how_many_are_left(ask, store):
    """More cards than a person scrolls through are counted instead."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add_all(
            event_row(f"talk-{hour}", f"Talk {hour}", f"2026-11-26T{hour}:00", f"2026-11-26T{hour}:30", type="talk")
            for hour in range(10, 23)
        )

    heard = ask("any talks", EVENTS)

    assert len(heard.cards) == 10
    assert heard.texts[1] == "There are 3 more. Ask me about one day to see its events."


def test_repeats_of_an_event_are_found(ask, store):
    """A weekly event is on in a week in which it did not begin."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(
            event_row("tour", "Library tour", "2026-09-03T12:00", "2026-09-03T12:30", type="tour", rrule="FREQ=WEEKLY")
        )

    heard = ask("when is the next tour", EVENTS)

    assert "• Library tour, Thursday, 12 noon – 12:30 pm" in heard.text
