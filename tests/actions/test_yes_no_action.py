"""Yes and no, after the bot has asked back and after it has not."""

import pytest

PRINTING = "printing_scanning_copying"
SURENESS = (("print-where", 0.7), ("print-colour", 0.25), ("print", 0.01))
UNCLEAR = {
    "intent_ranking": [
        {"name": "printing_scanning_copying", "confidence": 0.4},
        {"name": "opening_hours", "confidence": 0.3},
    ],
    "questions": [
        {
            "intent": "printing_scanning_copying",
            "start": 0,
            "end": 11,
            "answers": [{"topic": "printing_scanning_copying", "key": "print-where", "score": 0.8}],
        }
    ],
}


def test_yes_takes_the_first_topic_that_was_offered_and_answers_the_words(ask, conversation):
    """As if its button had been tapped: the words that were unclear are answered, not the yes."""
    assert ask("printers in", "nlu_fallback", **UNCLEAR).names == ("utter_did_you_mean",)
    heard = ask("yes", "affirm")

    assert heard.texts == ("In the Learning Commons.",)
    assert conversation.slots["asked"] is None


def test_no_says_so_and_offers_a_person(ask, conversation):
    """None of them was meant: no third guess."""
    ask("printers in", "nlu_fallback", **UNCLEAR)

    assert ask("no", "deny").names == ("utter_deny_all",)
    assert conversation.slots["asked"] is None


@pytest.mark.parametrize(
    ("text", "intent", "answer"), [("yes", "affirm", "utter_affirm"), ("no", "deny", "utter_deny")]
)
def test_yes_and_no_to_nothing_in_particular(ask, text, intent, answer):
    """Nothing was offered, so nothing is taken."""
    assert ask(text, intent).names == (answer,)


@pytest.mark.parametrize(
    ("text", "intent", "answer"), [("yes", "affirm", "utter_affirm"), ("no", "deny", "utter_deny")]
)
def test_an_offer_holds_for_the_next_message_alone(ask, text, intent, answer):
    """After another question, yes and no are about that one."""
    ask("printers in", "nlu_fallback", **UNCLEAR)
    ask("how late are you open", "opening_hours")

    assert ask(text, intent).names == (answer,)


def test_yes_to_something_beyond_the_library_takes_no_topic(ask):
    """What was declined was not asked back."""
    ask("canteen menu", "out_of_scope", **UNCLEAR)

    assert ask("yes", "affirm").names == ("utter_affirm",)


def test_yes_to_help_gives_help(ask):
    """What the bot can do is one of the topics."""
    ranking = [{"name": "help", "confidence": 0.4}, {"name": "events", "confidence": 0.3}]
    ask("what", "nlu_fallback", intent_ranking=ranking)

    assert ask("ok", "affirm").names == ("utter_help",)


@pytest.mark.parametrize("intent", ["affirm", "deny"])
def test_yes_and_no_need_no_store(conversation, monkeypatch, tmp_path, intent):
    """While the facts are out of reach, small talk goes on."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/nowhere/none.db")

    assert conversation.ask("yes", intent).names == (f"utter_{intent}",)


def test_yes_to_the_offer_of_a_person_asks_staff(ask, conversation):
    """After three misses, the last of them beyond the library."""
    for _ in range(3):
        offered = ask("qwe", "out_of_scope", intent_ranking=[{"name": "out_of_scope", "confidence": 0.5}])

    assert offered.names == ("utter_failed_often",)
    assert ask("yes", "affirm").names == ("utter_request_noted",)
    assert conversation.slots["request"] == "contact_librarian"


def test_not_that_after_an_answer_offers_what_else_was_likely(ask, conversation):
    """The next answer of the topic, and the next topic; a tap on that answers the words that were said."""
    near = [{"topic": PRINTING, "key": key, "score": 0.8, "sure": sure} for key, sure in SURENESS]
    ranked = [{"name": PRINTING, "confidence": 0.95}, {"name": "opening_hours", "confidence": 0.04}]
    ask(
        "colour printer",
        PRINTING,
        questions=[{"intent": PRINTING, "start": 0, "end": 14, "answers": near}],
        intent_ranking=ranked,
    )
    heard = ask("no not that", "deny")

    assert heard.names == ("utter_not_it",)
    assert [title for title, _ in heard.buttons] == ["Colour printing", "Opening hours", "Talk to a person"]
    assert conversation.slots["asked"]["text"] == "colour printer"
    assert conversation.slots["before"]["text"] == "colour printer"


def test_a_no_to_an_answer_that_takes_nothing_back_is_a_no(ask):
    """ "no thanks" is the end of it."""
    ask("where are the printers", PRINTING)

    assert ask("no thanks", "deny").names == ("utter_deny",)


def test_who_does_not_want_a_person_is_not_offered_one(ask):
    """Nothing is handed over, and what is wanted instead is asked."""
    said = "i don't want to talk to a human"
    refused = [{"intent": "deny", "start": 0, "end": len(said), "refused": "contact_librarian", "answers": []}]
    heard = ask(said, "deny", questions=refused)

    assert heard.names == ("utter_not_wanted",)
    assert heard.buttons == ()
