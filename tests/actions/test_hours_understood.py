"""Never a yes that was not understood: what a question about hours names, and what the record knows of it."""

from __future__ import annotations

import pytest

from bot.store.audit import session
from bot.store.library_tables import ConditionRow, PlaceRow, TermRow
from tests.actions.small_library import MONDAY_EVENING, WEEKEND, at, day, interval, moment, place_row, time_entity, week

HOURS, COMMONS, FOLLOW_UP = "opening_hours", "learning_commons_24h", "follow_up"
TABLE = "Hours of the Library this week:\nMon – Fri: 8 am – 11 pm\nSat – Sun: 9 am – 9 pm"


def guessed(text):
    """Return what is made of "at 3": an hour whose half of the day nobody has said."""
    return {**moment(text), "additional_info": {"grain": "hour", "guessed": True}}


def exact(first, last):
    """Return what is made of "9-5"."""
    return {**interval(first, last), "additional_info": {"grain": "minute", "exact": True}}


def until(text):
    """Return what is made of "till 10"."""
    return time_entity({"from": None, "to": at(text).isoformat()}, "hour")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("is it open during exams", "exams"),
        ("exam period opening hours", "exam period"),
        ("are you open in finals week", "finals week"),
        ("next sem opening hours", "next sem"),
        ("sem break hours", "sem break"),
        ("is the lib open in reading week", "reading week"),
        ("last day of term hours", "last day of term"),
        ("summer hours?", "summer hours"),
        ("open on congregation day?", "congregation day"),
        ("are the hours the same for alumni", "alumni"),
        ("is the makerspace open", "makerspace"),
        ("when does the media room close", "media room"),
        ("cafe hours", "cafe"),
        ("law library", "law library"),
        ("what are the hours for the law library", "law library"),
        ("is the 5th floor open", "5th floor"),
        ("til when can i sit on 3/f", "3/f"),
        ("does the basement close earlier", "basement"),
        ("special collections opening hours", "special collections"),
    ],
)
def test_what_is_not_on_record_is_said_to_be_so(ask, text, name):
    """Then come the usual hours, and no yes."""
    heard = ask(text, HOURS)

    assert f"“{name}”" in heard.texts[0]
    assert heard.texts[1:] == (TABLE,)


@pytest.mark.parametrize(
    "text",
    [
        "are you open now",
        "is the library open",
        "is the library still open rn",
        "u guys open",
        "hi is the lib open pls",
        "yo is the library open",
        "are the doors open yet",
        "is anybody there, are you open",
        "is the building open to students",
        "i'm outside, are you open",
        "how come it says closed, are you open",
        "has the library opened already, is it open",
    ],
)
def test_an_ordinary_question_is_answered_as_ever(ask, text):
    """Words that carry neither a place nor a condition disturb nothing."""
    assert "on record" not in ask(text, HOURS).text


def test_a_day_beside_what_is_not_on_record_is_answered_without_a_yes(ask):
    """The café's Sunday may be another one than the library's."""
    heard = ask("is the cafe open on sunday", HOURS, day("2026-11-29"))

    assert heard.texts[1] == "The Library is open Sunday: 9 am – 9 pm."


@pytest.fixture
def terms(store):
    """An autumn term and its exams, the latter with longer hours."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(
            TermRow(key="autumn", name="Autumn semester", starts=at("2026-09-01").date(), ends=at("2026-12-06").date())
        )
        changes.add(
            TermRow(key="exams", name="Exam weeks", starts=at("2026-12-07").date(), ends=at("2026-12-20").date())
        )
        changes.add(
            TermRow(key="spring", name="Spring semester", starts=at("2027-02-01").date(), ends=at("2027-05-15").date())
        )
        changes.flush()
        library = changes.query(PlaceRow).filter_by(key="library").one()
        library.term_weeks = {"exams": ["08:00-02:00"] * 7}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("exam hours", "Hours of the Library, Monday 7 December – Sunday 20 December"),
        ("opening hours in the finals", "Hours of the Library, Monday 7 December – Sunday 20 December"),
        ("open on the last day of term?", "Yes, the Library is open Sunday 6 December: 9 am – 9 pm."),
        ("first day of term", "The Library is open Monday 1 February 2027: 8 am – 11 pm."),
        ("next sem opening hours", "Hours of the Library, Monday 1 February 2027 – Saturday 15 May 2027"),
    ],
)
def test_a_term_that_is_on_record_is_answered_from_it(ask, terms, text, answer):
    """Staff have entered its dates, and hours for some."""
    heard = ask(text, HOURS)

    assert heard.texts[0].startswith(answer)
    assert "on record" not in heard.texts[0]


def test_public_holidays_are_told_from_the_record(ask):
    """Which are the next ones, and how it is then."""
    heard = ask("is it open on public holidays", HOURS)
    commons = ask("are you open on holidays", HOURS, places=("learning-commons",))

    assert heard.texts == (
        "The Library keeps its usual hours except on these days:\n"
        "Friday 25 December: closed (Christmas)\nSaturday 26 December: closed (Christmas)",
    )
    assert commons.names == ("utter_hours_holidays_none",)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        (day("2028-12-25"), "The Library on a usual Monday: 8 am – 11 pm."),
        (moment("2028-12-25T10:00"), "The Library on a usual Monday: 8 am – 11 pm."),
        (week("2028-12-25"), "The Library in a usual week:\nMon – Fri: 8 am – 11 pm\nSat – Sun: 9 am – 9 pm"),
    ],
)
def test_a_year_whose_holidays_nobody_has_entered_is_said_to_be_so(ask, when, said):
    """A Christmas of which the record knows nothing is not simply a Monday."""
    heard = ask("open on christmas 2028?", HOURS, when)

    assert "2028" in heard.texts[0]
    assert heard.texts[1] == said


@pytest.mark.parametrize(
    "text",
    [
        "typhoon 8 tomorrow",
        "t8",
        "T8 hoisted, open?",
        "t10 are you open",
        "signal no. 9",
        "no.8 is up",
        "typhoon!",
        "is it open in a storm",
    ],
)
def test_a_signal_that_is_not_switched_on_has_its_rule_first(ask, text):
    """Nobody is sent out by a yes before it."""
    heard = ask(text, HOURS, *([day("2026-11-24")] if "tomorrow" in text else []))

    assert heard.names[:2] == ("utter_condition_off", "utter_hours_otherwise")
    assert heard.texts[2].startswith("The Library is open to")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("signal 3 are you open", "typhoon signal no. 3"),
        ("typhoon 3 only, u open right", "typhoon signal no. 3"),
        ("T1 now", "typhoon signal no. 1"),
        ("red rain, open?", "the red rainstorm warning"),
        ("amber", "the amber rainstorm warning"),
    ],
)
def test_a_signal_without_a_rule_is_said_to_have_none(ask, text, name):
    """With what there are rules for, and the hours without a yes."""
    heard = ask(text, HOURS)

    assert name in heard.texts[0]
    assert "Typhoon signal no. 8" in heard.texts[0]
    assert heard.texts[2] == "The Library is open today: 8 am – 11 pm."


@pytest.fixture
def typhoon(store):
    """Signal no. 8 is up, and nobody knows until when."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(ConditionRow).one().since = at("2026-11-23T19:00")


def test_a_signal_without_an_end_holds_for_now_and_not_for_later_days(ask, typhoon):
    """ "While it is up" is no "closed on 10 December"."""
    now = ask("are you open", HOURS)
    later = ask("are you open on 10 december", HOURS, day("2026-12-10"))
    weeks = ask("hours next week", HOURS, week("2026-11-30"))

    assert now.texts[0] == "No, the Library is closed now. I don't know yet when it opens again."
    assert later.texts == (
        "Typhoon signal no. 8 is in force now, and I don't know until when. Once it's over:",
        "Yes, the Library is open Thursday 10 December: 8 am – 11 pm.",
    )
    assert weeks.texts[1].endswith("Mon – Fri: 8 am – 11 pm\nSat – Sun: 9 am – 9 pm")


def test_this_weeks_hours_in_a_typhoon_are_closed_for_today_alone(ask, typhoon):
    """The table tells what is known."""
    heard = ask("opening hours", HOURS)

    assert "Mon: 8 am – 7 pm (Typhoon signal no. 8)\nTue – Fri: 8 am – 11 pm" in heard.text


@pytest.mark.parametrize(
    ("text", "when", "answer"),
    [
        ("so you close at 11 today right", guessed("2026-11-23T23:00"), "Yes, the Library closes at 11 pm today."),
        ("you close at 10 right?", guessed("2026-11-23T22:00"), "No, the Library closes at 11 pm today."),
        ("do you close at 9 on sunday", guessed("2026-11-29T09:00"), "Yes, the Library closes at 9 pm Sunday."),
        ("does it close at 9 am on sunday", moment("2026-11-29T09:00"), "No, the Library closes at 9 pm Sunday."),
        ("you open at 7 right?", guessed("2026-11-24T07:00"), "No, the Library opens at 8 am tomorrow."),
        ("do you open at 8 tmr", guessed("2026-11-24T08:00"), "Yes, the Library opens at 8 am tomorrow."),
        ("u close at 10 or 11", guessed("2026-11-23T22:00"), "The Library closes at 11 pm today."),
        ("are you open till 10", until("2026-11-23T22:00"), "Yes, the Library is open until 11 pm today."),
        ("open till 11?", until("2026-11-23T23:00"), "Yes, the Library is open until 11 pm today."),
        ("does it open before 9", until("2026-11-24T09:00"), "Yes, the Library opens at 8 am tomorrow."),
        ("do you open before 8", until("2026-11-24T08:00"), "No, the Library opens at 8 am tomorrow."),
        ("open until 10 on sunday", until("2026-11-29T22:00"), "No, the Library closes at 9 pm Sunday."),
        (
            "are you open at 7",
            guessed("2026-11-24T07:00"),
            "No, the Library is closed at 7 am tomorrow. It opens at 8 am tomorrow.",
        ),
    ],
)
def test_an_hour_that_somebody_has_in_mind_is_held_against_the_librarys(ask, text, when, answer):
    """Yes, or no and the right one."""
    assert ask(text, HOURS, when).texts[0] == answer


@pytest.mark.parametrize(
    ("text", "when", "answer"),
    [
        ("its closed on sunday isnt it", day("2026-11-29"), "No, the Library is open Sunday: 9 am – 9 pm."),
        (
            "you're closed on 25 dec right?",
            day("2026-12-25"),
            "Yes, the Library is closed Friday 25 December (Christmas).",
        ),
        ("you are open on sunday right", day("2026-11-29"), "Yes, the Library is open Sunday: 9 am – 9 pm."),
        ("so you're closed now, correct?", None, "No, the Library is open now, until 11 pm."),
        (
            "closed at 3am right",
            moment("2026-11-24T03:00"),
            "Yes, the Library is closed at 3 am tomorrow. It opens at 8 am tomorrow.",
        ),
    ],
)
def test_whoever_says_that_it_is_closed_is_told_whether_that_is_so(ask, text, when, answer):
    """ "Isn't it?" expects a yes or a no."""
    assert ask(text, HOURS, *([when] if when else [])).texts[0] == answer


@pytest.mark.parametrize(
    ("when", "answer"),
    [
        (exact("2026-11-24T11:30", "2026-11-24T13:00"), "Yes, the Library is open tomorrow: 8 am – 11 pm."),
        (
            exact("2026-11-24T03:00", "2026-11-24T12:00"),
            "Not all of that time: the Library is open tomorrow 8 am – 11 pm.",
        ),
        (
            exact("2026-11-24T22:00", "2026-11-24T23:30"),
            "Not all of that time: the Library is open tomorrow 8 am – 11 pm.",
        ),
        (
            exact("2026-11-24T05:00", "2026-11-24T07:00"),
            "No, the Library is closed then. Its hours tomorrow: 8 am – 11 pm.",
        ),
        (exact("2026-12-25T10:00", "2026-12-25T12:00"), "No, the Library is closed Friday 25 December (Christmas)."),
    ],
)
def test_a_stretch_of_hours_is_open_as_a_whole_in_part_or_not(ask, when, answer):
    """A yes is for all of it."""
    assert ask("open then?", HOURS, when).texts[0] == answer


def test_a_bare_hour_is_the_mornings_where_the_place_is_open_then(ask, store):
    """1 to 6 are in the afternoon, but not where people come at six in the morning."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(place_row("pool", "Pool", week=["06:00-22:00"] * 7, position=3))

    pool = ask("is the pool open tomorrow at 6", HOURS, guessed("2026-11-24T18:00"), places=("pool",))
    library = ask("is it open tomorrow at 6", HOURS, guessed("2026-11-24T18:00"), places=("library",))
    commons = ask("is it open tomorrow at 6", HOURS, guessed("2026-11-24T18:00"), places=("learning-commons",))

    assert pool.texts[0].startswith("Yes, the Pool is open at 6 am tomorrow")
    assert library.texts[0].startswith("Yes, the Library is open at 6 pm tomorrow")
    assert commons.texts[0].startswith("Yes, the Learning Commons is open at 6 pm tomorrow")


def test_todays_own_weekday_is_said_to_be_today(ask):
    """Asked on a Monday about Monday."""
    heard = ask("are you open on monday", HOURS, day("2026-11-23"))

    assert heard.texts[0] == "Yes, the Library is open today, Monday: 8 am – 11 pm."


@pytest.fixture
def till_midnight(store):
    """A library that closes at 24:00."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(PlaceRow).filter_by(key="library").one().week = ["08:00-24:00"] * 5 + WEEKEND


@pytest.mark.parametrize(
    ("text", "when", "answer"),
    [
        (
            "how late are you open tonight",
            interval("2026-11-23T18:00", "2026-11-24T00:00"),
            "The Library is open until midnight tonight.",
        ),
        (
            "is the library open this evening",
            interval("2026-11-23T18:00", "2026-11-24T00:00"),
            "Yes, the Library is open until midnight tonight.",
        ),
        (
            "open 10:30-12:30 on friday",
            exact("2026-11-27T10:30", "2026-11-27T12:30"),
            "Yes, the Library is open Friday: 8 am – midnight.",
        ),
        ("are you open now", None, "Yes, the Library is open now, until midnight tonight."),
        (
            "open friday evening",
            interval("2026-11-27T18:00", "2026-11-28T00:00"),
            "Yes, the Library is open until midnight at the end of Friday.",
        ),
    ],
)
def test_midnight_ends_the_day_that_was_asked_for(ask, till_midnight, text, when, answer):
    """ "Midnight tomorrow" would be a day late."""
    assert ask(text, HOURS, *([when] if when else [])).texts[0] == answer


@pytest.mark.parametrize(
    "text",
    ["are they open now", "is it open on sunday?", "when do they close", "is there anybody there now, is it open"],
)
def test_they_and_there_are_the_place_that_was_last_spoken_of(ask, text):
    """People at a desk are they."""
    ask("information desk hours", HOURS, places=("information-desk",))

    assert "Information Desk" in ask(text, HOURS).texts[0]


def test_every_day_asks_for_the_week(ask):
    """And not for now."""
    assert ask("are you open every day", HOURS).texts == (TABLE,)
