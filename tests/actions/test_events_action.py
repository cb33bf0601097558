"""What is on, as a student hears it."""

import pytest

from bot.store.audit import session
from bot.store.library_tables import EventRow
from tests.actions.small_library import MONDAY_EVENING, day, event_row, interval, moment, week

EVENTS = "events"
ENDNOTE = "EndNote for beginners, Wednesday, 2 pm – 4 pm."
NOTHING = "I have nothing on record for"
MAPS = "Old maps, until 6 pm Saturday"
FACTS = "Cite with ease.\n• Where: Library\n• Sign up: https://library.example/endnote"


def test_this_week_lists_what_is_on(ask):
    """A line each, with when, where and how to sign up; nothing is told twice."""
    heard = ask("what's on this week", EVENTS, week("2026-11-23"))

    assert heard.texts == (
        f"What's on today – Sunday:\n• {MAPS}, Library\n"
        "• EndNote for beginners, Wednesday, 2 pm – 4 pm, Library\n   Sign up: https://library.example/endnote",
    )
    assert heard.cards == ()


def test_events_with_pictures_are_cards_under_a_heading(ask, store):
    """What a channel shows as tiles or in words stands there once, and not in a list as well."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(EventRow).filter_by(key="maps").one().image_url = "https://library.example/maps.jpg"
    heard = ask("what's on this week", EVENTS, week("2026-11-23"))

    assert heard.texts == ("What's on today – Sunday:\n",)
    assert heard.cards == (
        {
            "title": "Old maps",
            "subtitle": "until 6 pm Saturday\nLibrary",
            "image": "https://library.example/maps.jpg",
        },
        {
            "title": "EndNote for beginners",
            "subtitle": "Wednesday, 2 pm – 4 pm\nLibrary",
            "links": [{"title": "Sign up", "url": "https://library.example/endnote"}],
        },
    )


@pytest.mark.parametrize("text", ["any exhibition on", "tell me about old maps"])
def test_the_picture_of_one_event_is_sent_with_its_text(ask, store, text):
    """And no card that would tell the same once more."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(EventRow).filter_by(key="maps").one().image_url = "https://library.example/maps.jpg"
    heard = ask(text, EVENTS)

    assert (heard.images, heard.cards) == (("https://library.example/maps.jpg",), ())


@pytest.mark.parametrize(
    ("text", "when", "answer"),
    [
        ("what's on tonight", interval("2026-11-23T18:00", "2026-11-24T00:00"), f"{NOTHING} today."),
        (
            "anything on wednesday",
            day("2026-11-25"),
            f"What's on Wednesday: {ENDNOTE}",
        ),
        (
            "anything wednesday at 3",
            moment("2026-11-25T15:00"),
            f"What's on Wednesday: {ENDNOTE}",
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

    assert heard.names == ("utter_events_none", "utter_events_next_one", "utter_event_facts")
    assert heard.texts[1:] == (f"Next up: {ENDNOTE}", FACTS)


def test_without_any_event_to_come_the_bot_says_so(ask):
    """Nothing is invented to fill a silence."""
    assert ask("what's on", EVENTS, now="2027-06-01T10:00").names == ("utter_events_none_known",)


@pytest.mark.parametrize("text", ["any workshops?", "any class i can join", "WORKSHOP"])
def test_a_kind_narrows_the_answer(ask, text):
    """Who asks for a workshop does not want the exhibition."""
    heard = ask(text, EVENTS)

    assert heard.texts == (
        "Coming up at the library: EndNote for beginners, Wednesday, 2 pm – 4 pm.",
        FACTS,
    )


def test_a_kind_that_is_not_on_then_says_when_it_is(ask):
    """The exhibition that is on is no answer to who asked for a workshop."""
    heard = ask("any workshop on tuesday", EVENTS, day("2026-11-24"))

    assert heard.texts == (
        "I have nothing of that kind on record for tomorrow.",
        f"Next up: {ENDNOTE}",
        FACTS,
    )


def test_a_follow_up_asks_about_events_again(ask):
    """After events, "and on Saturday?" is about events, not about hours."""
    ask("what's on today", EVENTS, day("2026-11-23"))

    heard = ask("and on saturday?", "follow_up", day("2026-11-28"))

    assert heard.texts == (f"What's on Saturday: {MAPS}.", "• Where: Library")


def test_a_cancelled_event_is_not_announced(ask, store):
    """Cancelled by staff, it is gone from the next answer."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(EventRow).filter_by(key="endnote").one().cancelled = True

    assert "EndNote" not in ask("what's on this week", EVENTS, week("2026-11-23")).text


def test_a_long_list_is_cut_and_says_how_many_are_left(ask, store):
    """More lines than a person scrolls through are counted instead."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add_all(
            event_row(f"talk-{hour}", f"Talk {hour}", f"2026-11-26T{hour}:00", f"2026-11-26T{hour}:30", type="talk")
            for hour in range(10, 23)
        )

    heard = ask("any talks", EVENTS)

    assert heard.text.count("• Talk") == 6
    assert heard.texts[1] == "There are 7 more. Ask me about one day to see its events."


def test_repeats_of_an_event_are_found(ask, store):
    """A weekly event is on in a week in which it did not begin."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(
            event_row("tour", "Library tour", "2026-09-03T12:00", "2026-09-03T12:30", type="tour", rrule="FREQ=WEEKLY")
        )

    heard = ask("when is the next tour", EVENTS)

    assert heard.texts[0] == "Coming up at the library: Library tour, Thursday, 12 noon – 12:30 pm."


@pytest.mark.parametrize(
    "rule",
    ["FREQ=WEEKLY;BYDAY=WED", "FREQ=WEEKLY;INTERVAL=0", "FREQ=WEEKLY;COUNT=ten", "FREQ=SECONDLY", "BYDAY=", "weekly"],
)
def test_an_event_whose_repeating_cannot_be_read_takes_no_other_down(ask, store, rule):
    """It may have come into the store by another way than the console's."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(event_row("odd", "Odd tour", "2026-09-03T12:00", "2026-09-03T12:30", rrule=rule))
    heard = ask("what's on this week", EVENTS, week("2026-11-23"))

    assert "EndNote for beginners" in heard.text
    assert "Old maps" in ask("tell me about old maps", EVENTS).text


@pytest.fixture
def clinic(store):
    """A weekly event of which everything is known but where to sign up, as none is needed."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(
            event_row(
                "clinic",
                "Citation clinic",
                "2026-09-02T15:00",
                "2026-09-02T16:00",
                type="workshop",
                rrule="FREQ=WEEKLY;BYDAY=WE",
                description="Bring your reference list.",
                place="Information Desk",
                audience="postgraduates",
                capacity=12,
            )
        )


@pytest.mark.parametrize(
    "text", ["tell me about the citation clinic", "citation clinic?", "whats the Citation Clinics"]
)
def test_one_event_that_is_asked_for_by_name_is_told_in_full(ask, clinic, text):
    """What it is, when and when again, where, for whom, how to sign up."""
    assert ask(text, EVENTS).texts == (
        "Citation clinic\n"
        "Bring your reference list.\n"
        "• When: Wednesday, 3 pm – 4 pm\n"
        "• Also on: Wednesday 2 December, Wednesday 9 December\n"
        "• Where: Information Desk\n"
        "• For: postgraduates\n"
        "• Places: 12\n"
        "• Signing up: I have no registration link for it",
    )


def test_the_whole_title_of_an_event_decides_whatever_else_its_words_could_mean(ask, clinic):
    """ "Citation" alone is a topic of its own."""
    by_title = ask("tell me about the citation clinic", "research_help_citation")
    by_a_word = ask("citation please", "research_help_citation")

    assert by_title.names == ("utter_event_in_full",)
    assert by_a_word.names == ("utter_answer_none",)


def test_an_event_with_a_registration_link_names_it(ask):
    """Who hears of it can sign up at once."""
    heard = ask("when is the endnote class", EVENTS)

    assert heard.names == ("utter_event_in_full",)
    assert "• Sign up: https://library.example/endnote" in heard.text


def test_an_event_that_repeats_is_listed_once(ask, clinic):
    """Two weeks hold two of a weekly event, and one line is enough."""
    assert ask("any events coming up", EVENTS, now="2026-11-24T20:30").texts[0] == (
        "Coming up at the library:\n"
        f"• {MAPS}, Library\n"
        "• EndNote for beginners, tomorrow, 2 pm – 4 pm, Library\n   Sign up: https://library.example/endnote\n"
        "• Citation clinic, tomorrow, 3 pm – 4 pm, Information Desk"
    )


@pytest.mark.parametrize(
    "text",
    ["anything about reference lists", "events at the information desk", "is there something for postgraduates"],
)
def test_what_is_written_about_an_event_points_to_it(ask, clinic, text):
    """Description, place and audience count, where no title does."""
    assert ask(text, EVENTS).texts[0].startswith("Coming up at the library: Citation clinic")


@pytest.mark.parametrize(
    "text",
    ["is there a talk on origami", "any film screenings", "do you have something about calligraphy", "any gigs?"],
)
def test_what_there_is_not_is_said_before_what_is_on(ask, text):
    """Neither silence nor a list that looks like the answer."""
    heard = ask(text, EVENTS)

    assert heard.texts[0] == "I have nothing of that kind on record."
    assert heard.texts[1].startswith("Coming up at the library:\n")


def test_what_there_is_not_on_a_day_is_said_before_what_is_on_then(ask):
    """The day is kept, the kind is not there."""
    heard = ask("any concert on wednesday", EVENTS, day("2026-11-25"))

    assert heard.texts[:2] == (
        "I have nothing of that kind on record for Wednesday.",
        f"What's on Wednesday:\n• {MAPS}, Library\n"
        "• EndNote for beginners, Wednesday, 2 pm – 4 pm, Library\n   Sign up: https://library.example/endnote",
    )


@pytest.mark.parametrize("text", ["anything on this week", "show me whats on", "what's on right now", "hows it going"])
def test_words_that_name_nothing_narrow_nothing(ask, text):
    """Asking is not naming."""
    assert ask(text, EVENTS).texts[0].startswith("Coming up at the library:\n")


def test_an_event_that_is_cancelled_or_over_is_said_to_be(ask, store):
    """Whoever looks forward to it hears the truth of it."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(EventRow).filter_by(key="endnote").one().cancelled = True

    assert ask("is the endnote workshop still on", EVENTS).texts == ("EndNote for beginners has been cancelled.",)
    assert ask("tell me about old maps", EVENTS, now="2026-12-05T10:00").texts == (
        "Old maps is over, and I don't know of another date.",
    )


@pytest.fixture
def priced(store):
    """A concert that is free, a film that is not; of the workshop and the exhibition nobody has said it."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        tonight = ("2026-11-23T21:00", "2026-11-23T22:00")
        changes.add(event_row("concert", "Concert", *tonight, type="performance", price="free"))
        changes.add(event_row("film", "Film night", *tonight, type="film", price="HK$ 20"))


def test_what_is_free_tonight_is_told_apart_from_what_may_be(ask, priced):
    """Only what is known to be free is said to be; a price that nobody has said is said to be unknown."""
    heard = ask("anything free tonight?", EVENTS, interval("2026-11-23T18:00", "2026-11-24T00:00"))

    assert heard.texts == (
        "What's on today: Concert, today, 9 pm – 10 pm.",
        "“Concert”: free.",
        "• Where: Library",
        f"I don't know what these cost:\n• {MAPS}, Library",
    )


def test_prices_are_listed_for_who_asks_what_things_cost(ask, priced):
    """Each line says its price, or that it is not known."""
    heard = ask("how much do the events cost", EVENTS)

    assert heard.texts[0] == (
        "Coming up at the library:\n"
        f"• {MAPS}, Library (I don't know the price)\n"
        "• Concert, today, 9 pm – 10 pm, Library (free)\n"
        "• Film night, today, 9 pm – 10 pm, Library (HK$ 20)\n"
        "• EndNote for beginners, Wednesday, 2 pm – 4 pm, Library (I don't know the price)\n"
        "   Sign up: https://library.example/endnote"
    )


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("how much is the film night", "“Film night”: HK$ 20."),
        ("is the film night free", "“Film night”: HK$ 20."),
        ("is the endnote workshop free", "I don't have a price on record for “EndNote for beginners”."),
    ],
)
def test_the_price_of_one_event_is_the_first_that_is_said(ask, priced, text, answer):
    """The question first, the rest after it."""
    assert ask(text, EVENTS).texts[0] == answer


def test_nothing_free_is_admitted(ask):
    """No price on record is not free."""
    assert ask("any free events", EVENTS).names[0] == "utter_events_none_free"
