"""What is said to somebody in danger, and next: the texts of the sample content, in the order in which they are due."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from actions.library import Library
from actions.questions import Near, Question
from actions.safety import cared, looked_up, next_words, safety, said_in_care
from bot.calendar.facts import Answer, Facts
from bot.calendar.hours import LibraryCalendar
from bot.nlu.caring import stays
from tests.stores import sample

# What is nearest to what somebody says, as bot.nlu.sayings would tell.
PARSED = {"my hands are shaking": {"safety": {"says": "scared", "said": 0.8}}}
NEAREST = (("location_directions", "way"), ("counselling", "counselling"))
NOW = datetime(2026, 11, 28, 2, 0, tzinfo=ZoneInfo("Asia/Hong_Kong"))


@pytest.fixture(scope="module")
def told() -> tuple[Answer, ...]:
    """The sample texts in English, as the store would give them."""
    records = sample().records["answers"].values()
    fields = ("key", "topic", "title", "text")
    return tuple(Answer(**{name: each[name] for name in fields}) for each in records if each["language"] == "en")


def said(told: tuple[Answer, ...], kind: str, says: str, *before: str, about: str = "", stage: str = "") -> str:
    care = [each for each in told if each.topic == "care"]
    answer = next_words(care, kind, about, stage, says, before)
    assert answer is not None
    return answer.key


def words(told: tuple[Answer, ...], key: str) -> str:
    return next(each.text for each in told if each.key == key)


@pytest.mark.parametrize("kind", ["fire_gas", "medical_emergency", "violence"])
def test_where_minutes_count_whatever_is_written_next_is_answered_with_what_to_do(
    told: tuple[Answer, ...], kind: str
) -> None:
    """And not with comfort, however unclear it is; then with something else, not the same again."""
    first = said(told, kind, "anything")

    assert "{contact:emergency}" in words(told, first)
    assert said(told, kind, "anything", first) != first


@pytest.mark.parametrize(
    ("kind", "says", "about", "stage", "expected"),
    [
        ("harassment", "called", "", "", "care-harassment-called"),
        ("fire_gas", "out", "", "", "care-fire_gas-out"),
        ("fire_gas", "out", "", "called", "care-fire_gas-called-out"),
        ("fire_gas", "where", "stuck", "", "care-fire_gas-stuck-where"),
        ("fire_gas", "where", "", "", "care-fire_gas-where"),
        ("medical_emergency", "secret", "own", "", "care-medical_emergency-secret"),
        ("self_harm", "cost", "", "", "care-cost"),
        ("self_harm", "stay", "others", "", "care-self_harm-stay"),
        ("distress", "no such thing", "", "", "care-distress-anything"),
        ("medical_emergency", "short", "", "called", "care-called-short"),
        ("violence", "scared", "", "called", "care-violence-scared"),
    ],
)
def test_the_words_that_are_nearest_to_what_was_said_are_chosen(
    told: tuple[Answer, ...], kind: str, says: str, about: str, stage: str, expected: str
) -> None:
    """Of this danger and of how far it has come, before those for any."""
    assert said(told, kind, says, about=about, stage=stage) == expected


def test_the_same_is_not_said_twice_in_a_row(told: tuple[Answer, ...]) -> None:
    """What has one text is followed by a line that is right for anything, and may be said again later."""
    first = "care-fire_gas-where"
    then = said(told, "fire_gas", "where", first)

    assert then == "care-fire_gas-anything"
    assert said(told, "fire_gas", "where", first, then) == first


def test_thanks_in_an_emergency_are_answered_as_such(told: tuple[Answer, ...]) -> None:
    """What has words of its own keeps them."""
    assert "thanks" in said(told, "fire_gas", "thanks")


def asked(told: tuple[Answer, ...], kind: str, text: str = "") -> Question:
    place = Library(LibraryCalendar(Facts(ZoneInfo("Asia/Hong_Kong"))), told)
    return Question(place, NOW, text=text, intent=kind)


def test_words_that_only_sound_of_another_danger_go_on_with_the_one_that_is_known(told: tuple[Answer, ...]) -> None:
    """Somebody short of breath who wants nobody told is not told of suicide."""
    care = {"kind": "medical_emergency", "about": "own", "said": []}

    found = safety(asked(told, "self_harm"), {"says": "secret", "said": 0.9, "about": ["own"]}, care)

    assert found.slots["care"]["said"] == ["care-medical_emergency-secret"]
    assert found.slots["request"] == "medical_emergency"


def test_first_aid_where_a_danger_goes_on_is_only_for_when_it_is_safe(told: tuple[Answer, ...]) -> None:
    """Somebody bleeds while a man with a knife is there."""
    care = {"kind": "violence", "about": "", "said": []}

    found = safety(asked(told, "medical_emergency"), {"says": "", "about": ["bleeding"], "certain": True}, care)

    assert found.says[0].values["answer"] == words(told, "violence-hurt")
    assert found.slots["care"]["kind"] == "violence"


def test_another_side_of_the_same_danger_has_words_of_its_own(told: tuple[Answer, ...]) -> None:
    """Somebody who fainted does not breathe any more."""
    care = {"kind": "medical_emergency", "about": "others", "said": []}

    found = safety(asked(told, "medical_emergency"), {"says": "", "about": ["breathing"], "certain": True}, care)

    assert found.says[0].values["answer"] == words(told, "medical_emergency-breathing")


def test_who_says_that_all_is_well_is_left_alone(told: tuple[Answer, ...]) -> None:
    """Care stays at hand, so that words of need bring it back; new words of danger are a danger anew."""
    over = cared(asked(told, ""), "fine", {"kind": "distress", "said": []})

    assert over.slots["care"]["soft"]
    again = safety(asked(told, "distress"), {"says": "", "about": []}, over.slots["care"])
    assert again.says[0].values["answer"] == words(told, "distress-overview")


def test_new_words_of_the_same_danger_are_told_what_to_do_now(told: tuple[Answer, ...]) -> None:
    """Somebody who has found the means is told to move away from them, with the emergency number."""
    care = {"kind": "self_harm", "about": "", "said": []}
    question = asked(told, "self_harm", "i have the pills here")

    found = safety(question, {"says": "", "about": []}, care)

    assert "{contact:emergency}" in str(found.says[0].values["answer"])
    assert found.slots["request"] == "self_harm"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("security no?", "care-number-security"),
        ("ambulance number", "care-number-emergency"),
        ("保安電話", "care-number-security"),
        ("samaritans no", "care-number-listen"),
        ("number?", "care-number"),
    ],
)
def test_who_asks_for_a_number_is_given_just_that(told: tuple[Answer, ...], text: str, key: str) -> None:
    found = cared(asked(told, "", text), "number", {"kind": "medical_emergency", "about": "others", "said": []})

    assert found.slots["care"]["said"] == [key]


def test_thanks_of_who_has_gone_on_leave_them_where_they_are(told: tuple[Answer, ...]) -> None:
    """They are answered with care, and the next question is one of the library as before."""
    found = cared(asked(told, "thanks"), "thanks", {"kind": "distress", "said": [], "soft": True})

    assert found.slots["care"]["said"] == ["care-thanks"]
    assert found.slots["care"]["soft"]


@pytest.mark.parametrize(("certain", "share", "kind"), [(False, 0.86, "medical_emergency"), (True, 0.99, "violence")])
def test_the_emergency_at_hand_stays_unless_another_is_sure(
    told: tuple[Answer, ...], certain: bool, share: float, kind: str
) -> None:
    """A few words after it that sound of another are of this one."""
    care = {"kind": "medical_emergency", "about": "others", "said": []}
    question = replace(asked(told, "violence", "security come pls"), ranking=(("violence", share),))

    found = safety(question, {"says": "", "about": [], "certain": certain}, care)

    assert found.slots["care"]["kind"] == kind


def test_who_does_not_move_after_fainting_harasses_nobody(told: tuple[Answer, ...]) -> None:
    """However sure the words alone sound of harassment."""
    care = {"kind": "medical_emergency", "about": "others", "said": []}
    question = replace(asked(told, "harassment", "hes still not moving"), ranking=(("harassment", 0.96),))

    found = safety(question, {"says": "", "about": ["others"]}, care)

    assert found.slots["care"]["kind"] == "medical_emergency"


def test_who_has_locked_themselves_in_is_in_despair_still(told: tuple[Answer, ...]) -> None:
    """And not stuck in a lift."""
    care = {"kind": "self_harm", "about": "others", "said": []}
    question = replace(asked(told, "fire_gas", "he locked himself in bathroom"), ranking=(("fire_gas", 0.89),))

    found = safety(question, {"says": "", "about": ["stuck", "others"]}, care)

    assert found.slots["care"]["kind"] == "self_harm"


def test_tears_over_an_exam_are_no_alarm(told: tuple[Answer, ...]) -> None:
    """A warm word and somebody who listens; no emergency number, no staff, and no care that holds on."""
    found = safety(asked(told, "distress", "exam tmr im crying"), {"says": "", "about": ["light"]}, None)

    words_said = str(found.says[0].values["answer"])
    assert "{contact:emergency}" not in words_said
    assert "{contact:samaritans}" in words_said
    assert "request" not in found.slots
    assert found.slots["care"]["soft"]


def test_tears_in_care_are_cared_for(told: tuple[Answer, ...]) -> None:
    """Whoever has spoken of despair is not told that it is a hard day."""
    care = {"kind": "distress", "about": "", "said": []}

    found = safety(asked(told, "distress", "exam tmr im crying"), {"says": "", "about": ["light"]}, care)

    assert found.slots["request"] == "distress"
    assert found.slots["care"]["said"]


def test_help_that_is_there_already_is_a_relief(told: tuple[Answer, ...]) -> None:
    """Also where the words tell of the danger once more; nobody is told to call."""
    words_said = {"says": "arrived", "said": 0.95, "about": ["others"], "certain": True}
    first = safety(asked(told, "medical_emergency"), words_said, None)
    next_ = safety(asked(told, "medical_emergency"), words_said, {"kind": "medical_emergency", "about": "", "said": []})

    assert [each.slots["care"]["said"] for each in (first, next_)] == [["care-medical_emergency-arrived"]] * 2


@pytest.mark.parametrize(
    ("kind", "own", "found"), [("distress", 0.9, True), ("distress", 0.4, False), ("fire_gas", 0.9, False)]
)
def test_a_question_in_care_is_answered_from_the_store(
    told: tuple[Answer, ...], kind: str, own: float, found: bool
) -> None:
    """Where an answer is near; and never where minutes count."""
    near = (Near("counselling", "counselling-confidential", 0.9, 0.9, own),)
    question = replace(asked(told, "nlu_fallback", "is counselling free"), near=near)

    said_then = looked_up(question, "cost", {"kind": kind, "said": []})

    assert (said_then is not None) is found
    assert said_then is None or said_then.slots["care"]["kind"] == kind


def test_who_asks_in_despair_for_somebody_on_campus_is_told_of_counselling(told: tuple[Answer, ...]) -> None:
    """And not the way to the library, whose words are nearer."""
    near = tuple(Near(topic, f"{word}-overview", 0.9, 0.9, 0.9) for topic, word in NEAREST)
    question = replace(asked(told, "counselling", "is there someone on campus"), near=near)

    found = looked_up(question, "ask", {"kind": "distress", "said": []})

    assert found is not None
    assert words(told, "counselling-overview") in str(found.says)
    assert found.slots["care"]["kind"] == "distress"


@pytest.mark.parametrize(
    ("says", "expected"), [("ask", "thanks"), ("", "thanks"), ("called", "called"), ("bad", "bad")]
)
def test_thanks_in_care_are_thanks_whatever_else_is_heard_in_them(says: str, expected: str) -> None:
    assert said_in_care({"says": says}, "thanks") == expected


@pytest.mark.parametrize(
    ("text", "intent", "sure", "expected"),
    [
        ("learning commons", "opening_hours", 1.0, True),
        ("since last friday", "opening_hours", 1.0, True),
        ("what time does the library close", "opening_hours", 0.97, False),
        ("how do i print", "printing_scanning_copying", 0.97, False),
        ("my hands are shaking", "accessibility_services", 0.95, True),
        ("btw what time u close today", "opening_hours", 0.99, False),
        ("圖書館幾點關門", "opening_hours", 0.95, False),
        ("how do i print", "printing_scanning_copying", 0.6, False),
        ("merry xmas", "out_of_scope", 0.95, False),
        ("it rains", "out_of_scope", 0.95, True),
    ],
)
def test_care_ends_with_a_clear_question_and_not_with_where_one_is(
    text: str, intent: str, sure: float, expected: bool
) -> None:
    """A place or a time by itself tells of the danger; a library question is answered as one."""
    tracker = DialogueStateTracker.from_events(
        "somebody",
        [
            SlotSet("care", {"kind": "distress"}),
            UserUttered(text, {"name": intent, "confidence": sure}, parse_data=PARSED.get(text, {})),
        ],
        slots=[AnySlot("care", mappings=[])],
    )

    assert stays(tracker, 0.9) is expected


@pytest.mark.parametrize(
    ("says", "said", "expected"), [("scared", 0.9, True), ("scared", 0.4, False), ("thanks", 0.99, False)]
)
def test_who_has_gone_on_comes_back_with_words_of_need(says: str, said: float, expected: bool) -> None:
    tracker = DialogueStateTracker.from_events(
        "somebody",
        [
            SlotSet("care", {"kind": "distress", "soft": True}),
            UserUttered("…", {"name": "nlu_fallback"}, parse_data={"safety": {"says": says, "said": said}}),
        ],
        slots=[AnySlot("care", mappings=[])],
    )

    assert stays(tracker, 0.9) is expected
