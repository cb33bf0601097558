"""Who is asking, once they have said it, and what they are told."""

import pytest

from actions.glossing import glossed
from actions.who import said_who, who_in
from bot.store.audit import session
from tests.actions.small_library import MONDAY_EVENING, answer_row

LOANS, VISITING, ROOMS = "borrow_loan_rules", "visitor_access", "study_room_booking"


@pytest.fixture
def told(ask, store):
    """Asks over a store that knows of alumni, and of nobody else from outside."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add_all(
            [
                answer_row("loans", "Borrowing", "Undergraduates: 30 items.", topic=LOANS, overview=True),
                answer_row("loans-late", "Late", "One dollar a day.", topic=LOANS),
                answer_row("rooms", "Rooms", "Book a room online.", topic=ROOMS, overview=True),
                answer_row("visit", "Visiting", "Visitors need a day pass.", topic=VISITING, overview=True),
                answer_row("visit-alumni", "Alumni", "Alumni borrow for a fee.", topic=VISITING),
            ]
        )

    def told(text, intent, key):
        return ask(text, intent, questions=near(intent, key))

    told.ask = ask
    return told


def near(topic, key):
    """Return what the pipeline tells of a message that surely asks for one answer."""
    return [
        {"intent": topic, "start": 0, "end": 200, "answers": [{"topic": topic, "key": key, "score": 0.8, "sure": 0.9}]}
    ]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("hi i graduated in 2011, can i come in", "alumni"),
        ("As an alumna, may I borrow?", "alumni"),
        ("i'm a master student from polyu", "other_university"),
        ("we are from another university", "other_university"),
        ("im not a student here", "visitor"),
        ("my son studies here", "visitor"),
        ("i am an exchange student", "exchange"),
        ("im a year 2", "undergraduate"),
        ("I'm a PhD student", "postgraduate"),
        ("i'm staff", "staff"),
        ("im looking for a book from hku", ""),
        ("when i graduated from school", ""),
        ("im from hkust", ""),
        ("im at the library", ""),
        ("were not from the uni", "visitor"),
        ("im not from ust tho", "visitor"),
        ("not a student here", "visitor"),
        ("i dont study here", "visitor"),
        ("we r tourists", "visitor"),
        ("im not a student, im staff", "staff"),
        ("Hi! graduated in 2015, can i still get in?", "alumni"),
        ("im not on campus", ""),
        ("im not here today", ""),
        ("my friend is not a student", ""),
        ("my dad wants to come", ""),
        ("我係校友 仲入唔入得嚟", "alumni"),
        ("我是2015年畢業的校友", "alumni"),
        ("我舊年畢咗業 而家仲可唔可以入嚟", "alumni"),
        ("本人是公眾人士，可否進入？", "visitor"),
        ("我唔係你哋學校嘅學生", "visitor"),
        ("我是内地来的访客", "visitor"),
        ("我係exchange student", "exchange"),
        ("我是教授", "staff"),
        ("我係中大學生", "other_university"),
        ("我畢業咗之後仲可唔可以借書", ""),
        ("我幾時畢業", ""),
        ("我係學生", ""),
    ],
)
def test_who_is_asking_is_what_they_say_of_themselves(text, who):
    """Not what they say of a book, or of a day to come."""
    assert said_who(glossed(text)) == who


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("can alumni come in", "alumni"),
        ("my dad wants to come", "visitor"),
        ("our parents are visiting", "visitor"),
        ("hes not a student", "visitor"),
        ("my friend is late with a book", ""),
    ],
)
def test_for_whom_somebody_asks_is_no_matter_of_who_they_are(text, who):
    """Their father comes from outside, they themselves need not."""
    assert who_in(text) == who


def test_who_has_said_it_is_told_what_holds_for_them(told):
    """Two questions later, too: students' loans are none of theirs."""
    told("i graduated in 2011, can i come in", VISITING, "visit-alumni")
    told("do you have rooms", ROOMS, "rooms")

    assert told("can i borrow", LOANS, "loans").texts == ("Alumni borrow for a fee.",)


def test_who_has_not_said_it_is_told_what_holds_for_students(told):
    """Most are students; whoever asks for alumni once need not be one."""
    told("what do alumni pay", VISITING, "visit-alumni")

    assert told("can i borrow", LOANS, "loans").texts == ("Undergraduates: 30 items.",)


def test_what_is_not_on_record_for_such_people_is_said_to_be_so(told):
    """The students' answer follows, and does not seem to be theirs; a person is offered."""
    heard = told("can alumni book a room", ROOMS, "rooms")

    assert heard.names == ("utter_not_on_record_who", "utter_answer", "utter_ask_a_person")
    assert "alumni" in heard.text


def test_what_any_visitor_is_told_is_not_told_to_who_is_more_than_that(told):
    """With a day pass nobody borrows; alumni do."""
    told("i graduated in 2011", VISITING, "visit-alumni")

    assert told("and can i borrow", VISITING, "visit").texts == ("Alumni borrow for a fee.",)


def test_what_holds_for_everybody_is_told_to_everybody(told):
    """A price is the same for all."""
    told("i'm a visitor", VISITING, "visit")

    assert told("what if it is late", LOANS, "loans-late").texts == ("One dollar a day.",)


def test_the_last_that_somebody_says_of_themselves_counts(told):
    """They may have tried the bot out, or meant a friend."""
    told("i graduated in 2011", VISITING, "visit-alumni")
    told("sorry, i'm a phd student", VISITING, "visit")

    assert told("can i borrow", LOANS, "loans").texts == ("Undergraduates: 30 items.",)


def test_a_text_for_alumni_that_is_of_something_else_is_no_answer_to_them(told):
    """That they can borrow tells nobody whether they can book a room; nor does it hold for them what visitors may."""
    heard = told("can alumni book a study room", VISITING, "visit-alumni")

    assert heard.names == ("utter_not_on_record_for",)
    assert "Information Desk" in heard.text


def test_what_visitors_may_is_told_to_alumni_as_what_it_is(told, store):
    """It is all that there is, and better than nothing."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(answer_row("visit-rooms", "Visitors and rooms", "Visitors can't use study rooms.", topic=VISITING))

    heard = told("can alumni book a study room", VISITING, "visit-rooms")

    assert heard.names == ("utter_not_on_record_for_but", "utter_answer")


def test_what_asks_the_same_of_something_else_asks_it_for_the_same_people(told):
    """ "and can they borrow", after alumni were asked for."""
    told("can alumni come in", VISITING, "visit-alumni")

    assert told("what abt loans, can they", LOANS, "loans").texts == ("Alumni borrow for a fee.",)


def test_who_says_only_what_they_are_is_told_what_holds_for_them(told):
    """Though nobody knows what the words are about, and in whatever language they stand."""
    told("do you have rooms", ROOMS, "rooms")
    unclear = {"intent_ranking": [], "questions": [{"intent": ROOMS, "start": 0, "end": 50, "asks": False}]}

    assert told.ask("were not from the uni", "nlu_fallback", **unclear).texts == ("Visitors need a day pass.",)
    assert told.ask("我是訪客", "nlu_fallback", **unclear).texts == ("Visitors need a day pass.",)


def test_who_has_not_got_what_such_people_need_is_told_what_else(told, store):
    """ "dont hv one", to whom the card of other universities was named."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(answer_row("julac", "Other universities", "Come in with the JULAC card.", topic=VISITING))
        changes.add(answer_row("no-julac", "No JULAC card yet", "Without it, take the day pass.", topic=VISITING))
    told("cityu student here can i use ur lib", VISITING, "julac")
    unclear = {"intent_ranking": [], "questions": [{"intent": VISITING, "start": 0, "end": 50, "asks": False}]}

    assert told.ask("dont hv one", "nlu_fallback", **unclear).texts == ("Without it, take the day pass.",)


def test_what_holds_for_alumni_is_not_told_to_people_from_another_university(told):
    """They are told what visitors are, or that nothing is on record."""
    told("hi im from another university", VISITING, "visit")

    assert "fee" not in " ".join(told("can i borrow", VISITING, "visit-alumni").texts)
