"""The place that is talked about: hours and ways are asked of the desk that the last answer sent to."""

import pytest

from bot.store.audit import session
from bot.store.library_tables import AnswerRow, PlaceRow
from tests.actions.small_library import MONDAY_EVENING, answer_row, day, place_row

PRINTING, HOURS, DAYTIME = "printing_scanning_copying", "opening_hours", "2026-11-23T10:00"
SATURDAY = "2026-11-28T10:00"


def near(**question: object) -> list[dict[str, object]]:
    """Return what the pipeline tells of a question that the store answers with where the printers are."""
    found = {"topic": PRINTING, "key": "print-where", "score": 0.8, "sure": 0.9, "own": 0.8, "points": [0.1]}
    return [{"intent": PRINTING, "start": 0, "end": 40, "answers": [found], **question}]


@pytest.fixture
def sent(ask, store):
    """Return a function with which somebody is told a text about printing; they go on with what it returns."""

    def tell(text: str, now: str = DAYTIME, **more: object):
        with session(store, "staff", MONDAY_EVENING) as changes:
            changes.query(AnswerRow).filter_by(key="print-where").one().text = text
        ask("printers", PRINTING, now=now, questions=near(), **more)
        return ask

    return tell


@pytest.fixture
def counter(store):
    """A second desk."""
    hours = ["09:00-21:00"] * 5 + ["10:00-18:00"] * 2
    with session(store, "staff", MONDAY_EVENING) as changes:
        names = {"kind": "service", "parent": "library", "aliases": ["counter"], "position": 3}
        changes.add(place_row("circulation-counter", "Circulation Counter", week=hours, **names))


@pytest.mark.parametrize(
    "text",
    [
        "r they open",
        "is that open now",
        "open now?",
        "still open?",
        "desk still open?",
        "is the desk open",
        "whats their hours",
        "佢哋開緊未",
    ],
)
def test_hours_without_a_place_are_the_desks_that_the_answer_sent_to(sent, text):
    """The library is open while the desk is closed: a yes would send somebody there for nothing."""
    heard = sent("Ask at the Information Desk.", now=SATURDAY)(text, HOURS)

    assert heard.texts[0].removeprefix("No, the ").removeprefix("The ").startswith("Information Desk is closed now")
    assert "1 pm today" in heard.texts[0]


def test_a_day_alone_is_asked_of_that_desk(sent):
    """ "So tomorrow then?" """
    heard = sent("Ask at the Information Desk.", now=SATURDAY)("so tomorrow then?", "follow_up", day("2026-11-29"))

    assert heard.texts == ("The Information Desk is open tomorrow: 1 pm – 5 pm.",)


def test_now_and_another_day_are_both_answered(sent):
    """ "Open now? n tmr" asks twice."""
    heard = sent("Ask at the Information Desk.", now=SATURDAY)("open now? n tmr", HOURS, day("2026-11-29"))

    assert heard.texts[0].startswith("No, the Information Desk is closed now.")
    assert "tomorrow" in heard.texts[1]


def test_the_last_answer_alone_counts(sent, ask, store):
    """What an answer further back sent to is not meant any more."""
    sent("Ask at the Information Desk.")
    sent("They are everywhere.")

    assert ask("open now?", HOURS).texts[0].startswith("Yes, the Library is open")


def test_a_place_that_was_named_is_meant_rather_than_one_that_was_said(sent):
    """The answer to a question about one desk may name another place."""
    heard = sent("Or in the Learning Commons.", places=("information-desk",))("are they open", HOURS, now=SATURDAY)

    assert "Information Desk" in heard.texts[0]


def test_of_several_desks_the_last_one_counts(sent, counter):
    """ "Not at the Circulation Counter: bring it to the Information Desk." """
    ask = sent("Not at the Circulation Counter: bring it to the Information Desk.")

    assert "Information Desk" in ask("are they open", HOURS).texts[0]


def test_the_counter_may_be_the_desk_that_was_spoken_of(sent, counter):
    """Whoever calls it so hears of both."""
    heard = sent("Ask at the Information Desk.", now="2026-11-23T20:00")(
        "is the counter open", HOURS, {"entity": "place", "value": "circulation-counter", "text": "counter"}
    )

    assert heard.texts[0].startswith("No, the Information Desk")
    assert "Yes, the Circulation Counter is open now, until 9 pm." in heard.texts


def test_a_desk_without_a_name_is_the_information_desk_where_none_was_spoken_of(ask):
    """ "Desk open til?" """
    assert ask("desk open til?", HOURS, now=DAYTIME).texts[0] == "The Information Desk is open now, until 7 pm."


@pytest.mark.parametrize(("text", "names"), [("is it open", "Library"), ("are you open", "Library")])
def test_the_library_is_told_too_where_it_may_be_meant(sent, text, names):
    """ "The desk can tell you" sends nobody there; and "you" are both."""
    heard = sent("I have no price on record. The Information Desk can tell you.", now="2026-11-23T20:00")(text, HOURS)

    assert [each for each in heard.texts if "Information Desk is closed" in each]
    assert [each for each in heard.texts if f"{names} is open" in each]


def test_a_typhoon_is_asked_of_the_library(sent):
    """Whatever desk was spoken of."""
    assert "Library" in sent("Ask at the Information Desk.")("what if there is a typhoon", HOURS).text


def test_where_that_is_is_remembered_for_the_next_message(sent, conversation):
    """bot.nlu.wheres puts its name into the question."""
    sent("The Information Desk can tell you.")

    where = {"place": "information-desk", "name": "Information Desk", "said": "Information Desk"}
    assert conversation.slots["before"]["at"] == {
        "place": "information-desk",
        "where": where,
        "aside": True,
    }


def test_where_people_are_sent_on_to_is_what_where_means(ask, conversation):
    """The library is closed, the Learning Commons open: "where is that" is asked of that."""
    ask("is the library open", HOURS, places=("library",), now="2026-11-23T23:30")

    at = conversation.slots["before"]["at"]
    assert (at["place"], at["where"]["place"]) == ("library", "learning-commons")


def test_the_words_with_the_name_are_what_is_answered(ask, store):
    """ "Where is that" is kept as "where is the Information Desk", for what goes on with it."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(PlaceRow).filter_by(key="information-desk").one().map_url = "https://map.example/desk"
    asked = {"intent": "location_directions", "start": 0, "end": 13, "answers": []}
    heard = ask(
        "where is that",
        "location_directions",
        questions=[{**asked, "says": "where is the Information Desk", "place": "information-desk"}],
    )

    assert "https://map.example/desk" in heard.text


def test_who_asked_of_the_library_goes_on_with_it(sent, conversation):
    """ "The doors of the library are closed" – "enter the Learning Commons" – "when does it open"."""
    ask = sent("Enter the Learning Commons.", now="2026-11-23T23:30", places=("library",))

    assert conversation.slots["before"]["at"]["where"]["place"] == "learning-commons"
    assert ask("when does it open", HOURS).texts[0] == "The Library is closed now. It opens at 8 am tomorrow."


@pytest.mark.parametrize("text", ["its freezing in the lc again", "and how much is that yearly thing"])
@pytest.mark.parametrize("intent", [HOURS, "learning_commons_24h"])
def test_what_asks_for_no_hours_is_told_none(ask, text, intent):
    """A complaint that names a place, a price: whatever else it is about is answered."""
    questions = near(intent=intent, end=len(text), asks="how much" in text)

    assert ask(text, intent, questions=questions).texts[-1] == "In the Learning Commons."


def test_a_room_without_hours_on_record_is_said_to_have_none(sent):
    """ "In the Makerspace": that the library is open does not say that this is."""
    heard = sent("They are in the Makerspace on LG1.")("is that open now", HOURS)

    assert heard.names[0] == "utter_hours_place_not_on_record"
    assert "Makerspace" in heard.texts[0]
    assert not heard.texts[1].startswith("Yes")


@pytest.mark.parametrize("text", ["the lc is amazing", "its sunday night theres nobody", "Learning Commons 好凍"])
def test_a_remark_that_nothing_is_near_to_is_taken_as_one(ask, text):
    """Nobody asked when it is open."""
    asked = [{"intent": "learning_commons_24h", "start": 0, "end": len(text), "asks": False, "answers": []}]
    place = {"entity": "place", "value": "learning-commons", "text": "lc"}

    assert ask(text, "learning_commons_24h", place, questions=asked).names == ("utter_remark",)


@pytest.mark.parametrize("text", ["lc", "the lc pls", "i want to stay until 3", "learning commons tonight"])
def test_a_place_alone_or_a_time_asks_for_hours_all_the_same(ask, text):
    """Many who ask do not say so."""
    asked = [{"intent": "learning_commons_24h", "start": 0, "end": len(text), "asks": False, "answers": []}]
    place = {"entity": "place", "value": "learning-commons", "text": "lc"}

    assert "open" in ask(text, "learning_commons_24h", place, questions=asked).texts[0]


def test_that_a_desk_is_shut_is_not_said_again_whatever_place_was_named(sent, ask):
    """Who names the Learning Commons is told once that the desk is closed."""
    sent("Ask at the Information Desk.", now="2026-11-23T20:30", places=("learning-commons",))

    assert "utter_shut_now" not in ask("printers?", PRINTING, questions=near()).names


def test_the_way_to_a_room_that_is_no_place_on_record_is_asked_by_its_name(sent, ask, conversation):
    """ "In the Makerspace" – "is that open now" – "where is it"."""
    sent("They are in the Makerspace on LG1.")
    ask("is that open now", HOURS)

    assert conversation.slots["before"]["at"]["where"]["name"] == "Makerspace"


def test_where_the_learning_commons_is_is_told_with_its_hours(ask, store):
    """ "So the 24h place? where is that"."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(PlaceRow).filter_by(key="learning-commons").one().where = ""
        changes.add(answer_row("way", "Learning Commons", "Down on LG1.", topic="location_directions"))

    assert "Down on LG1." in ask("so the 24h place? where is that", "learning_commons_24h").texts
    assert "Down on LG1." not in ask("is the 24h place open", "learning_commons_24h").texts


def test_what_is_not_understood_leaves_the_place_as_it_was(sent, ask):
    """Whoever says it in other words goes on with that desk."""
    sent("Ask at the Information Desk.")
    ask("hmm blah", "nlu_fallback")

    assert "Information Desk" in ask("are they open", HOURS).texts[0]


def test_behind_what_is_not_understood_the_library_is_told_too(sent, ask):
    """Which of the two is meant nobody knows by then."""
    sent("Ask at the Information Desk.")
    ask("hmm blah", "nlu_fallback")

    heard = ask("open till?", HOURS).text
    assert "Information Desk is open now, until 7 pm" in heard
    assert "Library is open now, until 11 pm" in heard


@pytest.mark.parametrize("text", ["now?", "and now?", "is it now", "right now?"])
def test_a_now_alone_asks_for_the_desk_that_the_answer_sent_to(sent, text):
    """Whoever gives the day pass, and not the library."""
    heard = sent("Passes are given at the Information Desk.", now=SATURDAY)(text, "follow_up", bare=True)

    assert "Information Desk is closed now" in heard.texts[0]
