"""What goes on with an answer: its sentence that is asked for, another answer, the topic at hand; and remarks."""

import pytest

from bot.store.audit import session
from bot.store.library_tables import AnswerRow
from tests.actions.small_library import MONDAY_EVENING

PRINTING, DAYTIME = "printing_scanning_copying", "2026-11-23T10:00"


def near(*found: dict[str, object], **question: object) -> list[dict[str, object]]:
    """Return what the pipeline tells of a message that goes on with the one before: the answers it may ask for."""
    usual = {"topic": PRINTING, "score": 0.8, "sure": 0.9, "own": 0.3, "points": [0.1, 0.1]}
    after = {"intent": PRINTING, "start": 0, "end": 40, "after": "where are the printers", **question}
    return [{**after, "answers": [{**usual, **each} for each in found]}]


@pytest.fixture
def told(ask, store):
    """Somebody has been told where the printers are, in two sentences."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        row = changes.query(AnswerRow).filter_by(key="print-where").one()
        row.text = "In the Learning Commons. Tap your card at the Information Desk."
    ask("where are the printers", PRINTING, now=DAYTIME, questions=near({"key": "print-where"}, after=""))
    return ask


def test_a_further_question_is_answered_with_the_sentence_that_it_is_about(told):
    """Nobody wants the whole text again."""
    heard = told("need my card?", PRINTING, now=DAYTIME, questions=near({"key": "print-where", "points": [0.1, 0.5]}))

    assert heard.texts == ("Tap your card at the Information Desk.",)


def test_a_further_question_that_no_sentence_is_about_is_not_on_record(told):
    """Instead of the same text, which does not tell it."""
    heard = told("who made it?", PRINTING, now=DAYTIME, questions=near({"key": "print-where", "points": [0.0, 0.05]}))

    assert heard.names == ("utter_no_more_on_record",)


def test_who_tells_more_of_their_case_hears_that_it_stays_so(told):
    """No question, and so no answer that it is not on record."""
    questions = near({"key": "print-where", "points": [0.2, 0.0]}, asks=False)

    assert told("for my thesis", PRINTING, now=DAYTIME, questions=questions).names == ("utter_still_so",)


def test_another_answer_that_is_nearer_to_the_new_words_is_meant(told):
    """With the question before, the answer before is always the likeliest."""
    found = near({"key": "print-where"}, {"key": "print-colour", "sure": 0.1, "own": 0.6})

    assert told("and colour?", PRINTING, now=DAYTIME, questions=found).texts == ("Two dollars a page.",)


def test_an_it_that_nobody_has_named_is_asked_for(ask):
    """A price of anything would be a guess."""
    asked = [{"intent": PRINTING, "start": 0, "end": 14, "of_nothing": True, "answers": []}]

    assert ask("how much is it", PRINTING, questions=asked).names == ("utter_of_what",)


@pytest.mark.parametrize(("now", "shut"), [("2026-11-23T20:30", True), (DAYTIME, False)])
def test_a_desk_that_is_closed_now_is_said_to_be_so_once(ask, store, now, shut):
    """Whoever is sent there at night would stand before a closed desk."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(AnswerRow).filter_by(key="print-where").one().text = "Ask at the Information Desk."
    first = ask("printers", PRINTING, now=now, questions=near({"key": "print-where"}, after=""))
    again = ask("printers?", PRINTING, now=now, questions=near({"key": "print-where"}, after=""))

    assert ("utter_shut_now" in first.names) == shut
    assert "utter_shut_now" not in again.names


def test_the_topic_at_hand_is_gone_on_with_where_the_words_are_near_to_an_answer_of_it(told):
    """Instead of a question back."""
    ranking = [{"name": "fines_fees", "confidence": 0.4}, {"name": PRINTING, "confidence": 0.35}]
    questions = near({"key": "print-colour", "own": 0.5}, after="")

    heard = told("cant get colour", "nlu_fallback", now=DAYTIME, questions=questions, intent_ranking=ranking)

    assert heard.texts == ("Two dollars a page.",)


def test_a_remark_gets_a_word_and_no_excuse(told):
    """ "wah so expensive" asks nothing."""
    asked = near(asks=False, after="")
    ranking = [{"name": "fines_fees", "confidence": 0.2}]

    assert told("wah so expensive", "nlu_fallback", questions=asked, intent_ranking=ranking).names == ("utter_remark",)


def test_thanks_among_other_words_are_taken_as_thanks(told):
    """ "ok now works lol thank u" """
    asked = near(asks=False, after="")

    heard = told("ok now works thank u", "nlu_fallback", questions=asked, intent_ranking=[])

    assert heard.names == ("utter_thanks",)


def test_a_graduate_is_not_sent_to_a_door_that_opens_for_members(ask):
    """The Learning Commons is open all night: for whom, is said."""
    heard = ask("im an alumnus can i stay in the lc overnight", "learning_commons_24h")

    assert heard.names[-1] == "utter_hours_for_members"


def test_what_may_be_meant_is_offered_before_a_remark_is_taken_for_one(told):
    """By the answers' titles; one alone is told, since nobody should have to say yes to it first."""
    two = near({"key": "print-where", "meant": 0.3}, {"key": "print-colour", "meant": 0.2}, asks=False)
    one = near({"key": "print-where", "meant": 0.05}, {"key": "print-colour", "meant": 0.3}, asks=False)

    assert told("nobody there", "nlu_fallback", now=DAYTIME, questions=two).names == ("utter_did_you_mean",)
    heard = told("ten coloured ones", "nlu_fallback", now=DAYTIME, questions=one)
    assert heard.texts[0] == "Two dollars a page."


def test_what_is_likelier_of_no_answer_offers_none(told):
    """A remark stays one."""
    none = near({"key": "print-where", "meant": 0.2}, {"key": "print-colour", "meant": 0.1}, asks=False, none=0.6)

    assert told("cool story", "nlu_fallback", now=DAYTIME, questions=none).names == ("utter_remark",)


def test_what_is_likelier_of_no_answer_tells_the_only_one_that_it_may_be(told):
    """ "who has to sign that": told with its title before it, so that nobody takes it for sure; a person is offered."""
    asked = near({"key": "print-where", "meant": 0.05}, {"key": "print-colour", "meant": 0.2}, none=0.6)

    heard = told("who pays for colour", PRINTING, now=DAYTIME, questions=asked)

    assert heard.names == ("utter_if_it_is", "utter_answer", "utter_ask_a_person")
    assert heard.texts[1] == "Two dollars a page."


def test_what_is_likelier_of_no_answer_offers_the_two_that_it_may_be(told):
    """Neither is told: the one is as likely as the other."""
    two = near({"key": "print-colour", "meant": 0.2}, {"key": "print", "meant": 0.15}, none=0.6)

    heard = told("and the big ones", PRINTING, now=DAYTIME, questions=two)

    assert heard.names == ("utter_perhaps_on_record",)
    assert told("hm", PRINTING, now=DAYTIME, questions=near(none=0.6)).names == ("utter_no_more_on_record",)


def test_the_day_after_goes_on_with_the_day_before_it(ask):
    """Though no words of it were understood."""
    day = {"entity": "time", "value": "2026-11-24T00:00:00.000+08:00", "additional_info": {"grain": "day"}}
    ask("are you open on tuesday", "opening_hours", entities=[day])

    heard = ask("and the day after", "nlu_fallback", intent_ranking=[{"name": "opening_hours", "confidence": 0.4}])

    assert "Wednesday" in heard.texts[0]


def test_the_whole_text_is_given_again_where_it_is_meant_though_no_sentence_stands_out(told):
    """ "what should i do", after something was stolen."""
    asked = near({"key": "print-where", "points": [0.0, 0.05], "meant": 0.5}, none=0.3)

    heard = told("what should i do", PRINTING, now=DAYTIME, questions=asked)

    assert heard.texts == ("In the Learning Commons. Tap your card at the Information Desk.",)


def test_a_storm_is_no_matter_beyond_the_library(ask):
    """Whatever else it was taken for."""
    heard = ask("is there a typhoon plan, do u close", "out_of_scope")

    assert "utter_out_of_scope" not in heard.names


def test_a_fragment_that_goes_on_asks(told):
    """ "and patents" is no remark, although it has nothing of a question."""
    none = near({"key": "print-where", "meant": 0.05}, asks=False, none=0.7)

    assert told("and patents", PRINTING, questions=none).names == ("utter_no_more_on_record",)


def test_who_asks_until_when_is_told_how_long_the_desk_is_staffed(ask, store):
    """The answer names the desk, and the hours are those of the desk."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(AnswerRow).filter_by(key="print-where").one().text = "Ask at the Information Desk."

    heard = ask("till when do they print at the desk", PRINTING, now=DAYTIME, questions=near({"key": "print-where"}))

    assert heard.names[-1] == "utter_contact_staffed"
