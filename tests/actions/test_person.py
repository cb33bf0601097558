"""Staff are asked for where somebody asks to be answered by a person; who asks of the staff is answered."""

import pytest

from bot.store.audit import session
from tests.actions.small_library import MONDAY_EVENING, answer_row

CONTACT = "contact_librarian"


def near(*found):
    """Return what the pipeline tells of words that may ask for these answers: key, cosine, how surely."""
    answers = [{"topic": CONTACT, "key": key, "score": score, "sure": sure} for key, score, sure in found]
    return [{"intent": CONTACT, "start": 0, "end": 200, "answers": answers}]


@pytest.fixture
def told(ask, store):
    """Asks over a store that knows of meeting librarians, and of their subjects."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(answer_row("meet", "An appointment", "Book half an hour online.", topic=CONTACT))
        changes.add(answer_row("subject", "Subject librarians", "Each subject has its own.", topic=CONTACT))
    return ask


@pytest.mark.parametrize(
    "text",
    [
        "human pls",
        "get me a librarian",
        "let me talk to someone about my thesis",
        "can i talk to a person",
        "i need a librarian urgent",
        "how do i get a human here",
        "anyone?",
        "talk to a librarian",
        "想同真人傾",
        "not now, i need a human",
        "唔使機械人，轉真人",
        "不用机器人了 我想找职员",
    ],
)
def test_who_asks_for_a_person_gets_one(told, text):
    """However near their words are to a text, as long as that is not surely meant."""
    found = near(("contact", 0.8, 0.5), ("meet", 0.75, 0.3))

    assert told(text, CONTACT, questions=found).names == ("utter_request_noted",)


@pytest.mark.parametrize("text", ["可唔可以搵個職員過嚟睇下", "可唔可以同個librarian傾下 我搵唔到paper"])
@pytest.mark.parametrize("intent", [CONTACT, "nlu_fallback"])
def test_who_asks_for_a_person_in_chinese_gets_one_whatever_else_they_say(told, text, intent):
    """Though the rest of the message is near a text, or of no clear topic."""
    found = near(("subject", 0.8, 0.9))

    assert told(text, intent, questions=found).names == ("utter_request_noted",)


def test_how_staff_renew_a_book_is_asked_of_no_person_here(told):
    """ "Can I find staff to renew it" asks for the way."""
    assert told("可唔可以搵職員續借", CONTACT, questions=near(("meet", 0.8, 0.9))).texts[0].startswith("Book half")


@pytest.mark.parametrize(
    "text", ["not now, maybe next week", "ok maybe later", "not today thx", "下次先啦", "暫時唔使住"]
)
def test_who_puts_it_off_alarms_nobody(told, conversation, text):
    """Though they speak of meeting a librarian."""
    heard = told(text, CONTACT, questions=near(("meet", 0.3, 0.3)))

    assert heard.names == ("utter_acknowledge",)
    assert not conversation.slots.get("request")


@pytest.mark.parametrize("text", ["請問有哪位館員負責，可否提供聯絡方式", "邊個負責㗎 有冇email", "谁管这个 有电话吗"])
def test_who_asks_in_chinese_how_to_reach_somebody_is_told_so(told, text):
    """And staff are a tap away."""
    heard = told(text, CONTACT, questions=near(("contact", 0.4, 0.3)))

    assert heard.texts[0].startswith("Write to library@library.example.")
    assert heard.names[-1] == "utter_ask_a_person"


@pytest.mark.parametrize(
    ("text", "found", "answer"),
    [
        ("who is the chem librarian", [("subject", 0.7, 0.5), ("contact", 0.6, 0.3)], "Each subject has its own."),
        ("can i meet her this wk", [("contact", 0.6, 0.9), ("meet", 0.5, 0.1)], "Book half an hour online."),
        ("how do i talk to a librarian about my thesis", [("contact", 0.8, 0.9), ("meet", 0.7, 0.1)], "Book half"),
        ("how can i reach u guys", [("contact", 0.8, 0.9), ("meet", 0.3, 0.1)], "Write to library@library.example."),
    ],
)
def test_who_asks_of_the_staff_is_answered_with_the_person_a_tap_away(told, text, found, answer):
    """Nobody of the staff is alarmed by a question to which the store has the answer."""
    heard = told(text, CONTACT, questions=near(*found))

    assert heard.texts[0].startswith(answer)
    assert heard.names[-1] == "utter_ask_a_person"
    assert told.__self__.slots.get("request") is None


def test_what_else_was_likely_meant_is_offered(told):
    """Where the likeliest is not sure."""
    heard = told("library phone number", CONTACT, questions=near(("subject", 0.8, 0.5), ("phone", 0.7, 0.4)))

    assert ("Telephone", '/contact_librarian{"answer": "phone"}') in heard.buttons
