"""Answers of the store, a person to talk to, and what happens when the facts are out of reach."""

import pytest

from bot.store.audit import session
from bot.store.library_tables import AnswerRow, PlaceRow
from tests.actions.small_library import MONDAY_EVENING, answer_row, at, day

CONTACT, PRINTING = "contact_librarian", "printing_scanning_copying"


@pytest.mark.parametrize(
    ("now", "staff"),
    [
        ("2026-11-23T10:00", "The Information Desk is staffed until 7 pm today, so somebody should be with you soon"),
        ("2026-11-23T20:00", "Nobody is at the Information Desk right now. It's staffed again from 9 am tomorrow"),
        ("2026-12-25T10:00", "Nobody is at the Information Desk right now. It's staffed again from 1 pm Sunday"),
    ],
)
def test_a_person_is_asked_for_with_who_answers_and_when(ask, now, staff):
    """When somebody is there, and nothing of where else to write: who asks is here. The bot can be kept on."""
    heard = ask("can i talk to a person", CONTACT, now=now)

    assert heard.names == ("utter_request_noted",)
    assert staff in heard.text
    assert heard.buttons == (("Go on with the bot", "/handover_back"),)


def test_an_answer_that_has_expired_says_so(ask, store):
    """An old answer is better than none, with a warning."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(AnswerRow).filter_by(key="print-where").one().expires = at("2026-11-22").date()

    assert "utter_answer_expired" in ask("printers", PRINTING, questions=near(("print-where", 0.9))).names


def test_the_day_of_expiry_is_still_good(ask, store):
    """Expires on Monday: good on Monday."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(AnswerRow).filter_by(key="print-where").one().expires = at("2026-11-23").date()

    assert "utter_answer_expired" not in ask("printers", PRINTING, questions=near(("print-where", 0.9))).names


def test_who_asks_for_a_person_is_told_nothing_of_hours_that_are_not_known(ask, store):
    """The store knows no desk: the request is taken all the same."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.delete(changes.query(PlaceRow).filter_by(key="information-desk").one())

    heard = ask("contact", CONTACT)

    assert heard.names == ("utter_request_noted",)
    assert "don't know yet when somebody" in heard.text


def near(*found: tuple[str, float], score: float = 0.8, topic: str = PRINTING) -> list[dict[str, object]]:
    """Return what the pipeline tells of a message of one question: the answers that it may ask for, and how surely."""
    answers = [{"topic": topic, "key": key, "score": score, "sure": sure} for key, sure in found]
    return [{"intent": topic, "start": 0, "end": 200, "answers": answers}]


def test_the_answer_that_is_surely_meant_is_given_alone(ask):
    """One text a sub-question, and no more than was asked."""
    heard = ask("where are the printers", PRINTING, questions=near(("print-where", 0.9), ("print-colour", 0.1)))

    assert heard.texts == ("In the Learning Commons.",)
    assert heard.buttons == ()


def test_an_answer_that_is_only_likely_has_its_rivals_beside_it(ask):
    """The right one is a tap away, should it be another."""
    heard = ask("printer colour where", PRINTING, questions=near(("print-where", 0.5), ("print-colour", 0.4)))

    assert heard.texts[0] == "In the Learning Commons."
    assert heard.names[-1] == "utter_answers_more"
    assert heard.buttons == (("Colour printing", '/printing_scanning_copying{"answer": "print-colour"}'),)


def test_answers_none_of_which_is_likely_become_choices_below_the_overview_and_a_tap_gives_one(ask):
    """The person hears something at once, and chooses; the button stands for that answer and no other."""
    heard = ask("printer?", PRINTING, questions=near(("print-colour", 0.35), ("print-where", 0.34)))
    titles = [title for title, _ in heard.buttons]

    assert heard.texts[0] == "There are printers."
    assert heard.names[-1] == "utter_answers_more"
    assert titles == ["Colour printing", "Where printers are"]
    assert heard.buttons[0][1] == '/printing_scanning_copying{"answer": "print-colour"}'
    assert ask(heard.buttons[0][1], PRINTING, answer="print-colour").texts == ("Two dollars a page.",)


def test_a_text_that_is_perhaps_meant_is_told_under_its_title(ask):
    """It is more use than the overview, which answers nothing in particular; the next likeliest are a tap away."""
    found = near(("print-colour", 0.2), ("print-where", 0.1), score=0.3)
    for each, meant in zip(found[0]["answers"], (0.35, 0.15), strict=True):
        each["meant"] = meant
    heard = ask("it came out grey", PRINTING, questions=found)

    assert heard.names == ("utter_if_it_is", "utter_answer", "utter_answers_more")
    assert heard.texts[1] == "Two dollars a page."
    assert [title for title, _ in heard.buttons] == ["Where printers are"]


def test_a_tapped_topic_gives_its_overview_with_the_others_as_choices(ask):
    """The topic as a whole, and what else is known of it."""
    heard = ask(f"/{PRINTING}", PRINTING)

    assert heard.texts[0] == "There are printers."
    assert [title for title, _ in heard.buttons] == ["Where printers are", "Colour printing"]


def test_what_no_answer_comes_near_is_said_to_be_not_on_record(ask):
    """The overview follows, and does not seem to be the answer; a person is offered."""
    heard = ask("can i print on fabric", PRINTING, questions=near(("print-colour", 0.9), score=0.2))

    assert heard.names == ("utter_not_on_record", "utter_answer", "utter_ask_a_person")
    assert heard.buttons == ()


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("how much is it where the printers are", "print-where", ("utter_not_on_record_what", "utter_answer")),
        ("how much is colour", "print-colour", ("utter_answer",)),
        ("how long may i use it", "print-where", ("utter_not_on_record_what", "utter_answer")),
        ("where are the printers", "print-where", ("utter_answer",)),
    ],
)
def test_a_price_or_a_time_that_an_answer_leaves_out_is_said_to_be_not_on_record(ask, text, key, expected):
    """An answer of the right topic is no answer to everything about it."""
    assert ask(text, PRINTING, questions=near((key, 0.9))).names == expected


@pytest.mark.parametrize(
    ("text", "intent", "first"),
    [
        ("renew my book pls", "renew_loan", "utter_cannot_renew"),
        ("can u extend all my loans", "renew_loan", "utter_cannot_renew"),
        ("book me a room tmr", "study_room_booking", "utter_cannot_book"),
        ("search sapiens for me", "find_book_catalogue", "utter_cannot_search"),
        ("do i have any fines", "fines_fees", "utter_cannot_see_account"),
        ("check my fine", "fines_fees", "utter_cannot_see_account"),
        ("is my hold ready", "recall_hold", "utter_cannot_see_account"),
        ("put this on hold for me", "recall_hold", "utter_cannot_do"),
        ("any room free at 3", "study_room_booking", "utter_cannot_see_live"),
    ],
)
def test_what_the_bot_cannot_do_or_see_is_said_first(ask, text, intent, first):
    """Nobody waits for a renewal that never comes; how they do it themselves follows."""
    heard = ask(text, intent)

    assert heard.names[0] == first
    assert len(heard.names) > 1


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("how do i renew my book", "renew_loan"),
        ("where can i check my fines", "fines_fees"),
        ("can my friend return my book", "borrow_loan_rules"),
        ("can i renew my book twice", "renew_loan"),
        ("do i have to pay for a late book", "fines_fees"),
    ],
)
def test_who_asks_how_is_simply_told(ask, text, intent):
    """Asking how to do something is no request to do it."""
    assert not ask(text, intent).names[0].startswith("utter_cannot")


def test_who_asks_the_way_to_a_place_gets_its_map(ask, store):
    """A place with no map of its own is found on that of the place it is in; a link is said once."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(PlaceRow).filter_by(key="library").one().map_url = "https://library.example/map"
        changes.add(answer_row("way", "The way", "Up the hill.", topic="location_directions", overview=True))
    to_desk = ask("where is the information desk", "location_directions", places=("information-desk",))
    to_nowhere = ask("where do i go", "location_directions")
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(AnswerRow).filter_by(key="way").one().link = "https://library.example/map"
    to_library = ask("where is the library", "location_directions", places=("library",))

    assert to_desk.texts == ("Up the hill.", "Information Desk on the map: https://library.example/map")
    assert to_nowhere.texts == ("Up the hill.",)
    assert to_library.texts == ("Up the hill.\nhttps://library.example/map",)


def test_a_topic_without_any_answer_is_admitted(ask):
    """Nothing is invented, and a person is offered."""
    assert ask("is there wifi", "wifi").names == ("utter_answer_none",)


def test_an_answer_that_was_deleted_meanwhile_is_not_given(ask):
    """An old button, the text of which is gone: the overview."""
    assert ask("/x", PRINTING, answer="print-fax").texts[0] == "There are printers."


def test_a_follow_up_stays_with_the_topic(ask):
    """ "and in colour?" after a question about printing."""
    ask("where are the printers", PRINTING, questions=near(("print-where", 0.9)))

    assert ask("and in colour?", "follow_up", questions=near(("print-colour", 0.8))).texts == ("Two dollars a page.",)


@pytest.mark.parametrize("before", [PRINTING, "contest_eligibility"])
def test_a_follow_up_that_names_a_day_asks_for_hours(ask, conversation, before):
    """ "and on sunday?" after a question whose answer knows no days; its rule must hold to the end."""
    ask("when are you open", "opening_hours")
    ask("another thing", before)
    topic = conversation.slots["topic"]

    assert "Sunday" in ask("and on sunday?", "follow_up", day("2026-11-29")).text
    assert conversation.slots["topic"] == topic


def test_a_question_for_the_telephone_is_no_request_for_a_person(ask, conversation):
    """Only who asks for a person is put on record."""
    heard = ask("phone number", CONTACT, questions=near(("phone", 0.9), topic=CONTACT))

    assert heard.texts[0] == "Call 1234 5678."
    assert conversation.slots.get("request") is None


@pytest.mark.parametrize(
    ("intent", "told"),
    [
        (CONTACT, "I've asked the library's staff"),
        ("feedback_complaint", "on record for the library's staff"),
        ("distress", "I have told the library's staff"),
    ],
)
def test_who_needs_a_person_is_put_on_record(ask, conversation, intent, told):
    """Staff find it; the words say so, and promise no more."""
    heard = ask("the toilet is flooded, send somebody", intent)

    assert conversation.slots["request"] == intent
    assert told in heard.text


def test_words_of_distress_are_answered_with_the_emergency_number_even_without_an_answer_in_the_store(ask):
    """Fixed words: nothing is chosen at random."""
    heard = ask("i want to die", "distress")

    assert "999" in heard.text


def ranking(*ranked: tuple[str, float]) -> list[dict[str, object]]:
    """Return an intent ranking as the pipeline tells it."""
    return [{"name": name, "confidence": confidence} for name, confidence in ranked]


def test_between_two_topics_the_bot_asks_and_the_choice_answers_the_words(ask):
    """A tap answers the question as it was put: the time and the nearest answer are not asked for again."""
    unclear = ask(
        "colour on sunday",
        "nlu_fallback",
        questions=near(("print-colour", 0.8)),
        intent_ranking=ranking(("nlu_fallback", 0.5), (PRINTING, 0.4), ("opening_hours", 0.35), ("wifi", 0.01)),
    )
    chosen = ask(f"/{PRINTING}", PRINTING)

    assert unclear.names == ("utter_did_you_mean",)
    assert unclear.buttons == (
        ("Print, scan, copy", f"/{PRINTING}"),
        ("Opening hours", "/opening_hours"),
        ("Talk to a person", "/contact_librarian"),
    )
    assert chosen.texts == ("Two dollars a page.",)


def test_an_answer_that_is_not_certain_has_the_next_topics_beside_it(ask):
    """The words are answered, and a tap answers the same words as a question of the other topic."""
    first = ask(
        "colour on sunday",
        "opening_hours",
        questions=near(("print-colour", 0.8)),
        intent_ranking=ranking(("opening_hours", 0.8), (PRINTING, 0.15), ("out_of_scope", 0.02), ("wifi", 0.03)),
    )
    tapped = ask(f"/{PRINTING}", PRINTING)

    assert first.names[-1] == "utter_or_rather"
    assert len(first.names) > 1
    assert first.buttons == (("Print, scan, copy", f"/{PRINTING}"),)
    assert tapped.texts == ("Two dollars a page.",)


@pytest.mark.parametrize(
    ("intent", "ranked"),
    [
        ("opening_hours", [("opening_hours", 0.89), (PRINTING, 0.11)]),
        ("opening_hours", [("opening_hours", 0.8), ("out_of_scope", 0.11), ("wifi", 0.09)]),
        ("feedback_complaint", [("feedback_complaint", 0.8), (PRINTING, 0.15)]),
    ],
    ids=["certain", "nothing else likely", "a person is asked for"],
)
def test_nothing_stands_beside_an_answer_without_need(ask, intent, ranked):
    """Most answers are certain, and who complains is not sent elsewhere."""
    assert "utter_or_rather" not in ask("words", intent, intent_ranking=ranking(*ranked)).names


def test_a_yes_after_an_answer_with_topics_beside_it_chooses_none_of_them(ask):
    """The bot has not asked back: whoever says yes then means the answer."""
    ranked = ranking(("opening_hours", 0.8), (PRINTING, 0.15))
    assert ask("when", "opening_hours", intent_ranking=ranked).names[-1] == "utter_or_rather"
    assert ask("yes", "affirm").names == ("utter_affirm",)


def test_another_button_than_those_offered_is_a_question_of_its_own(ask, conversation):
    """And the unclear words are forgotten after it."""
    ask("x", "nlu_fallback", intent_ranking=ranking(("wifi", 0.4), ("donate", 0.3)), questions=near(("print", 0.9)))
    ask("/opening_hours", "opening_hours")

    assert conversation.slots["asked"] is None


def test_what_is_not_understood_is_admitted_with_how_to_ask_and_a_person(ask):
    """Below every threshold nothing is guessed, and a single guess is no choice."""
    heard = ask("asdf", "nlu_fallback", intent_ranking=ranking(("out_of_scope", 0.2), ("wifi", 0.1), ("donate", 0.05)))

    assert heard.names == ("utter_fallback",)
    assert [title for title, _ in heard.buttons] == ["Talk to a person", "What can you do?"]


def test_after_three_misses_in_a_row_a_person_is_offered_and_staff_are_asked_at_a_yes(ask, conversation):
    """Nobody is alarmed because the bot does not understand; what is beyond the library is a miss too."""
    rank = ranking(("out_of_scope", 0.2), ("wifi", 0.1))
    first = ask("asdf", "nlu_fallback", intent_ranking=rank)
    second = ask("asdf jk", "out_of_scope", intent_ranking=rank)
    third = ask("asdf", "nlu_fallback", intent_ranking=rank)
    recorded = conversation.slots.get("request")

    assert [each.names for each in (first, second, third)] == [
        ("utter_fallback",),
        ("utter_out_of_scope",),
        ("utter_failed_often",),
    ]
    assert "staffed" in third.text
    assert [payload for _, payload in third.buttons] == ["/contact_librarian", "/handover_later", "/deny"]
    assert recorded is None
    assert ask("yes", "affirm").names == ("utter_request_noted",)
    assert conversation.slots["request"] == "contact_librarian"


def test_a_fourth_miss_does_not_offer_a_person_in_the_same_words_again(ask):
    """The next offer comes after three more."""
    rank = ranking(("out_of_scope", 0.2), ("wifi", 0.1))
    said = [ask("asdf", "nlu_fallback", intent_ranking=rank).names[0] for _ in range(6)]

    assert said == ["utter_fallback", "utter_fallback", "utter_failed_often"] * 2


def test_a_failure_after_an_answer_is_the_first_again(ask):
    """Only misses in a row lead to a person."""
    rank = ranking(("out_of_scope", 0.2), ("wifi", 0.1))
    ask("asdf", "nlu_fallback", intent_ranking=rank)
    ask("where are the printers", PRINTING, questions=near(("print-where", 0.9)))

    assert ask("asdf", "nlu_fallback", intent_ranking=rank).names == ("utter_fallback",)


def test_who_wants_to_be_answered_later_is_put_on_record(ask, conversation, store):
    """The sentence is the store's."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(answer_row("handover-later", "Answer me later", "You will hear from us.", topic="handover"))
    heard = ask("", "handover_later")

    assert heard.texts[0] == "You will hear from us."
    assert conversation.slots["request"] == "answer_later"


def test_what_is_beyond_the_library_is_declined_with_a_person_and_what_else_it_could_have_meant(ask):
    """A near miss can be put right with one tap; what is quite unlikely is not offered."""
    near = ask("can i donate blood", "out_of_scope", intent_ranking=ranking(("out_of_scope", 0.6), ("donate", 0.3)))
    far = ask("will it rain", "out_of_scope", intent_ranking=ranking(("out_of_scope", 0.99), ("donate", 0.001)))

    assert near.names == far.names == ("utter_out_of_scope",)
    assert [title for title, _ in near.buttons] == ["Donate", "Talk to a person", "What can you do?"]
    assert [title for title, _ in far.buttons] == ["Talk to a person", "What can you do?"]


@pytest.mark.parametrize("text", ["", "🙂🙂", "?!", "   "])
def test_no_words_are_told_so(ask, text):
    """Only emoji, only signs."""
    assert ask(text, "nlu_fallback", intent_ranking=[]).names == ("utter_no_words",)


def test_two_questions_get_two_answers_each_with_its_own_time(ask):
    """In their order, and "tomorrow" belongs to the first alone."""
    text = "are you open on christmas? and where are the printers"
    first = text.index("and where")
    christmas = {**day("2026-12-25"), "start": 16, "end": 25}
    heard = ask(
        text,
        "opening_hours",
        christmas,
        questions=[
            {"intent": "opening_hours", "start": 0, "end": first - 1, "answers": []},
            {**near(("print-where", 0.9))[0], "start": first, "end": len(text)},
        ],
    )

    assert "closed" in heard.texts[0].lower()
    assert heard.texts[-1] == "In the Learning Commons."


@pytest.mark.parametrize("intent", ["opening_hours", "learning_commons_24h", "events", "contest_rules", CONTACT])
@pytest.mark.parametrize(
    "settings",
    [
        {"DATABASE_URL": "sqlite:////dev/null/carrel.db"},
        {"DATABASE_URL": "postgresql://postgres@127.0.0.1:1/nothing"},
        {"DATABASE_URL": "no address"},
        {"LIBRARY_TIMEZONE": "Mars/Olympus"},
    ],
)
def test_a_store_that_is_down_is_admitted(conversation, monkeypatch, tmp_path, intent, settings):
    """The person reads one sentence, the conversation goes on, and nothing is remembered from the failed turn."""
    monkeypatch.setenv("CARREL_VAR", str(tmp_path))
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    heard = conversation.ask("are you open", intent)

    assert heard.names == ("utter_store_down",)
    assert set(conversation.slots.values()) == {None}


def test_a_store_with_no_tables_is_admitted(conversation, monkeypatch, tmp_path):
    """A database that nobody has prepared yet is down, too."""
    monkeypatch.setenv("CARREL_VAR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")

    assert conversation.ask("are you open", "opening_hours").names == ("utter_store_down",)


def test_a_message_with_an_impossible_time_is_answered_now(ask, conversation):
    """Metadata that cannot be read is no reason to fail; the answer is then about the present."""
    call = {
        "next_action": "action_opening_hours",
        "tracker": {
            "sender_id": "someone",
            "slots": {},
            "latest_message": {"text": "open?", "metadata": {"time": "yesterday-ish"}},
            "events": [],
        },
        "domain": conversation.domain,
    }

    said = conversation.run(call)["responses"]

    assert said[0]["response"].startswith("utter_hours_")
