"""Yes and no, after the bot has asked back and after it has not."""

import pytest

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
