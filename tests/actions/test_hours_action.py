"""Opening hours as a student hears them."""

from datetime import timedelta

import pytest

from bot.store.audit import session
from bot.store.library_tables import ConditionRow, ExceptionRow, PlaceRow
from tests.actions.small_library import MONDAY_EVENING, WEEKDAYS, WEEKEND, at, day, interval, moment, place_row, week

HOURS, COMMONS = "opening_hours", "learning_commons_24h"
SATURDAY = "2026-11-28T16:00"
TONIGHT = interval("2026-11-23T18:00", "2026-11-24T00:00")


def test_how_late_tonight_is_answered_by_the_closing_time(ask):
    """The time that was asked for comes first, then where to go on."""
    heard = ask("how late are you open tonight?", HOURS, TONIGHT)

    assert heard.texts == (
        "The Library is open until 11 pm today.",
        "After that, the Learning Commons is open 24 hours.",
    )


def test_tonight_asked_after_closing_says_that_it_is_closed(ask):
    """Late in the evening, "tonight" is no promise any more; the time that was asked for is still said."""
    late = ask("how late are you open tonight", HOURS, TONIGHT, now="2026-11-23T23:30")
    open_yet = ask("are you open tonight", HOURS, TONIGHT, now="2026-11-23T23:30")

    assert late.texts[0] == "The Library closed at 11 pm today. It opens at 8 am tomorrow."
    assert open_yet.texts[0] == "No, the Library closed at 11 pm today. It opens at 8 am tomorrow."


@pytest.mark.parametrize(
    ("text", "now", "answer"),
    [
        ("are you open now", "2026-11-23T20:30", "Yes, the Library is open now, until 11 pm."),
        ("how long are you here", "2026-11-23T20:30", "The Library is open now, until 11 pm."),
        ("are you closed?", "2026-11-23T20:30", "The Library is open now, until 11 pm."),
        ("are you open now", "2026-11-23T23:00", "No, the Library is closed now. It opens at 8 am tomorrow."),
        ("are you open now", "2026-11-24T07:59", "No, the Library is closed now. It opens at 8 am today."),
        ("open?", "2026-12-25T12:00", "No, the Library is closed now (Christmas). It opens at 9 am Sunday."),
        ("", "2026-11-28T12:00", "The Library is open now, until 9 pm."),
    ],
)
def test_now_is_the_moment_of_the_message(ask, text, now, answer):
    """A yes or a no only where a yes or a no was asked for, and never "yes" to "closed?"."""
    assert ask(text, HOURS, now=now).texts[0] == answer


def test_a_closing_that_is_near_is_said(ask):
    """Twenty minutes before closing, the minutes matter."""
    heard = ask("are you open", HOURS, now="2026-11-23T22:40")

    assert "That's in 20 minutes." in heard.texts


def test_where_a_closed_library_leaves_a_place_open_it_is_named(ask):
    """Who stands before a closed library learns of the Learning Commons."""
    heard = ask("are you open", HOURS, now="2026-11-23T23:30")

    assert heard.texts[1] == "The Learning Commons is open 24 hours, so you can go there at any time."


def test_the_week_is_shown_to_whoever_asks_for_the_hours(ask):
    """ "Opening hours" with no time means all of them."""
    heard = ask("opening hours pls", HOURS)

    assert heard.texts[1] == "Hours of the Library this week:\nMon – Fri: 8 am – 11 pm\nSat – Sun: 9 am – 9 pm"


@pytest.mark.parametrize(
    ("text", "when", "answer"),
    [
        ("hours on sunday", day("2026-11-29"), "The Library is open Sunday: 9 am – 9 pm."),
        ("open on sunday?", day("2026-11-29"), "Yes, the Library is open Sunday: 9 am – 9 pm."),
        ("open at christmas?", day("2026-12-25"), "No, the Library is closed Friday 25 December (Christmas)."),
        ("were you open yesterday", day("2026-11-22"), "The Library was open yesterday: 9 am – 9 pm."),
        (
            "open at 7am?",
            moment("2026-11-24T07:00"),
            "No, the Library is closed at 7 am tomorrow. It opens at 8 am tomorrow.",
        ),
        ("open at 10pm?", moment("2026-11-24T22:00"), "Yes, the Library is open at 10 pm tomorrow, until 11 pm."),
        ("hi at noon", moment("2026-11-23T12:00"), "The Library was open at 12 noon today."),
        (
            "tomorrow morning?",
            interval("2026-11-24T04:00", "2026-11-24T12:00"),
            "The Library is open tomorrow: 8 am – 11 pm.",
        ),
        (
            "open saturday night?",
            interval("2026-11-28T21:30", "2026-11-29T00:00"),
            "No, the Library is closed then. Its hours Saturday: 9 am – 9 pm.",
        ),
        (
            "this weekend",
            interval("2026-11-27T18:00", "2026-11-30T00:00"),
            "Hours of the Library, Saturday and Sunday:\nSat – Sun: 9 am – 9 pm",
        ),
        (
            "next week",
            week("2026-11-30"),
            "Hours of the Library, Monday 30 November – Sunday 6 December:\n"
            "Mon – Fri: 8 am – 11 pm\nSat – Sun: 9 am – 9 pm",
        ),
    ],
)
def test_a_time_that_is_named_is_the_time_that_is_answered(ask, text, when, answer):
    """A moment, a part of a day, a day and days each have their own answer; the past is told as past."""
    assert ask(text, HOURS, when).texts[0] == answer


def test_a_day_that_is_over_says_when_the_next_begins(ask):
    """Asked about today after closing, today's hours alone would mislead."""
    heard = ask("hours today", HOURS, day("2026-11-23"), now="2026-11-23T23:30")

    assert heard.texts == (
        "The Library is open today: 8 am – 11 pm.",
        "It has closed for today and opens again at 8 am tomorrow.",
    )


def test_a_month_is_told_by_its_week_and_the_days_that_differ(ask):
    """Thirty-one lines would help nobody."""
    december = {**day("2026-12-01"), "additional_info": {"grain": "month"}}

    heard = ask("hours in december", HOURS, december)

    assert heard.texts[1] == (
        "These days are different from usual:\n"
        "Friday 25 December: closed (Christmas)\nSaturday 26 December: closed (Christmas)"
    )


def test_a_follow_up_keeps_what_it_does_not_name(ask):
    """ "And on Sunday?" keeps the place, "what about the Learning Commons?" keeps the time."""
    ask("when is somebody at the information desk", HOURS, places=("information-desk",))
    on_sunday = ask("and on sunday?", "follow_up", day("2026-11-29"))
    elsewhere = ask("what about the learning commons?", "follow_up", places=("learning-commons",))

    assert on_sunday.texts == ("The Information Desk is open Sunday: 1 pm – 5 pm.",)
    assert elsewhere.texts == ("The Learning Commons is open Sunday, all 24 hours.",)


def test_a_new_question_forgets_the_time_of_the_last(ask):
    """A whole question is about now again, and about the library."""
    ask("is the learning commons open on sunday", HOURS, day("2026-11-29"), places=("learning-commons",))

    assert ask("are you open", HOURS).texts[0] == "Yes, the Library is open now, until 11 pm."


def test_it_is_the_place_that_was_last_spoken_of(ask):
    """ "Is it open on Sunday?" goes back to the desk."""
    ask("information desk hours", HOURS, places=("information-desk",))

    heard = ask("is it open on sunday?", HOURS, day("2026-11-29"))

    assert heard.texts == ("Yes, the Information Desk is open Sunday: 1 pm – 5 pm.",)


def test_a_service_is_asked_about_and_not_the_house_around_it(ask):
    """ "The desk in the library" means the desk, and a seat elsewhere is no substitute for it."""
    heard = ask("is the desk in the library open", HOURS, places=("library", "information-desk"))

    assert heard.texts == ("No, the Information Desk is closed now. It opens at 9 am tomorrow.",)


def test_the_learning_commons_is_open_at_three(ask):
    """The question that gave the bot its name among night owls."""
    heard = ask(
        "is the learning commons open at 3am", COMMONS, moment("2026-11-24T03:00"), places=("learning-commons",)
    )

    assert heard.texts == (
        "Yes, the Learning Commons is open at 3 am tomorrow. It is open 24 hours, every day.",
        "Where to find the Learning Commons: ground floor.",
    )


@pytest.mark.parametrize("intent", [HOURS, COMMONS])
def test_the_library_itself_is_not_open_round_the_clock(ask, intent):
    """Asked of the library, the answer is no, with the place for which it is yes."""
    heard = ask("is the library open 24 hours", intent, places=("library",))

    assert heard.texts == (
        "No, the Library isn't open round the clock. Its hours today: 8 am – 11 pm.",
        "The Learning Commons is open 24 hours, so you can go there at any time.",
    )


def test_a_typhoon_that_is_not_switched_on_is_foretold(ask):
    """A student may hear of the signal before staff have switched it on."""
    heard = ask("signal 8 is up, is the library still open", HOURS, places=("library",))

    assert heard.texts == (
        "As far as I know, Typhoon signal no. 8 isn't in force now. When it is:\n"
        "• Library: closed\n• Learning Commons: open as usual. Please do not travel.",
        "Otherwise:",
        "The Library is open today: 8 am – 11 pm.",
    )


def test_a_typhoon_closes_the_library_and_not_the_learning_commons(ask, store):
    """Once staff have switched it on, the same question has another answer, with no training."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(ConditionRow).one().since = at("2026-11-23T19:00")

    heard = ask("signal 8 is up, is the library still open", HOURS, places=("library",))

    assert heard.texts == (
        "No, the Library is closed now. I don't know yet when it opens again.",
        "The reason: Typhoon signal no. 8.",
        "The Learning Commons stays open.",
        "Please do not travel.",
    )


def test_in_a_typhoon_the_learning_commons_is_open_with_a_warning(ask, store):
    """Open is not an invitation when the signal is up."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(ConditionRow).one().since = at("2026-11-23T19:00")

    heard = ask("is the learning commons open", COMMONS, places=("learning-commons",))

    assert heard.texts[:2] == (
        "Yes, the Learning Commons is open now. It is open 24 hours, every day.",
        "Please do not travel.",
    )


def test_the_typhoon_is_over_when_its_time_is(ask, store):
    """A condition that has ended changes nothing any more."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        condition = changes.query(ConditionRow).one()
        condition.since, condition.until = at("2026-11-23T09:00"), at("2026-11-23T12:00")

    assert ask("are you open", HOURS).texts == ("Yes, the Library is open now, until 11 pm.",)


def test_hours_that_staff_change_are_said_the_next_moment(ask, store):
    """The facts are kept only until the store has changed."""
    before = ask("are you open", HOURS)
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(PlaceRow).filter_by(key="library").one().week = ["08:00-22:00"] * 5 + WEEKEND
    after = ask("are you open", HOURS)

    assert before.texts[0] == "Yes, the Library is open now, until 11 pm."
    assert after.texts[0] == "Yes, the Library is open now, until 10 pm."


def test_changed_hours_come_with_their_reason(ask, store):
    """A closing time that differs from the usual would otherwise look like a mistake."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(
            ExceptionRow(
                key="stocktaking",
                starts=at("2026-11-24").date(),
                ends=at("2026-11-24").date(),
                kind="changed",
                reason="stocktaking",
                hours="08:00-17:00",
                places=["library"],
            )
        )

    heard = ask("hours tomorrow", HOURS, day("2026-11-24"))

    assert heard.texts == ("The Library is open tomorrow: 8 am – 5 pm.", "Not the usual hours: stocktaking.")


def test_hours_past_midnight_are_said_with_their_day(ask, store):
    """Open until 2 am means tomorrow's 2 am."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(PlaceRow).filter_by(key="library").one().week = ["08:00-02:00"] * 7

    assert ask("are you open", HOURS).texts[0] == "Yes, the Library is open now, until 2 am tomorrow."
    assert ask("are you open", HOURS, now="2026-11-24T01:00").texts[0] == "Yes, the Library is open now, until 2 am."


@pytest.mark.parametrize("intent", ["opening_hours", "follow_up", "events"])
def test_a_date_that_there_is_not_is_said_back(ask, intent):
    """Nobody is told the hours of another day."""
    heard = ask("open on feb 30?", intent, {"entity": "impossible_date", "value": "feb 30"})

    assert heard.names == ("utter_date_impossible",)
    assert "feb 30" in heard.text


@pytest.mark.parametrize("intent", ["opening_hours", "learning_commons_24h", "follow_up", "events"])
def test_a_date_that_was_not_read_is_asked_for(ask, intent):
    """It never becomes now or today."""
    heard = ask("are you open on 31.11", intent, {"entity": "unread_time", "value": "31.11"})

    assert heard.names == ("utter_date_unread",)


def test_without_any_place_the_bot_says_that_it_knows_no_hours(ask, store):
    """An empty store is no reason to fall silent."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        for row in changes.query(PlaceRow):
            changes.delete(row)

    for intent in (HOURS, COMMONS):
        assert ask("are you open", intent).names == ("utter_hours_unknown",)


def test_a_place_that_the_store_does_not_know_is_said_to_be_unknown(ask):
    """An alias that training knew and staff removed must not break the turn."""
    heard = ask("is the annex open", HOURS, places=("annex",))

    assert "“annex”" in heard.texts[0]
    assert heard.names[1:] == ("utter_hours_week",)


def test_the_time_zone_of_the_message_does_not_matter(ask, conversation):
    """The platform says UTC, the student thinks in Hong Kong."""
    conversation.now = at("2026-11-23T20:30").astimezone() + timedelta(hours=2, minutes=10)

    assert "That's in 20 minutes." in ask("are you open", HOURS).texts


def test_several_places_are_answered_one_by_one(ask, store):
    """ "Are the library and the annex open?" asks two questions."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(place_row("annex", "Annex", week=WEEKDAYS + ["closed"] * 2, position=3))

    heard = ask("are the library and the annex open on sunday", HOURS, day("2026-11-29"), places=("library", "annex"))

    assert [text.split(":")[0] for text in heard.texts[:2]] == [
        "Yes, the Library is open Sunday",
        "No, the Annex is closed Sunday.",
    ]


def test_a_second_question_is_about_the_place_of_the_first(ask):
    """ "where is the information desk and is it open now"."""
    text = "where is the information desk and is it open now"
    questions = [
        {"intent": "location_directions", "start": 0, "end": 29, "answers": []},
        {"intent": "opening_hours", "start": 34, "end": len(text), "answers": []},
    ]
    place = {"entity": "place", "value": "information-desk", "start": 13, "end": 29}
    heard = ask(text, "location_directions", place, questions=questions, now="2026-11-23T10:00")

    assert "Information Desk is open" in heard.texts[-1]


@pytest.mark.parametrize("text", ["isnt it 11??", "i thought u close at 11", "google says 11", "r u sure"])
def test_hours_that_are_doubted_are_told_with_the_whole_week(ask, text):
    """The same again explains nothing."""
    ask("till when are you open today", HOURS, now=SATURDAY)
    heard = ask(text, HOURS, day("2026-11-28"), now=SATURDAY)

    assert "11 pm" in heard.text
    assert "9 pm" in heard.text


def test_where_to_go_after_that_is_asked_of_the_hour_at_which_it_closes(ask):
    """ "Open today" is no answer to it."""
    ask("till when are you open today", HOURS, now=SATURDAY)
    heard = ask("where do i sit after that", HOURS, now=SATURDAY)

    assert "closed at 9 pm today" in heard.text
    assert "Learning Commons" in heard.text
