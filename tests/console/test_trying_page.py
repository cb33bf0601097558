"""The test console: what a student would see, why, and what is kept of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from sqlalchemy.engine import Engine

from bot.console.keeping import KEPT, annotated, asked_in
from bot.console.trying import pieces
from bot.store import evaluation, inbox
from tests.console.conftest import Rehearsed, Visitor


def conversation(visitor: Visitor) -> str:
    """Return the conversation of a new chat."""
    found = re.search(r'name="conversation" value="([^"]+)"', visitor.get("/console/try").text)
    assert found
    return found[1]


def test_a_turn_shows_the_platforms_screen_the_calls_and_the_trace(librarian: Visitor, rehearsed: Rehearsed) -> None:
    form = {"said": "how late r u open", "conversation": conversation(librarian), "channel": "whatsapp"}
    text = librarian.post("/console/try/turn", form).text
    assert "screen-whatsapp" in text
    assert "Open until 11 pm." in text
    assert "messaging_product" in text
    assert "action_opening_hours" in text
    assert "5.0 ms" in text
    assert rehearsed.asked[0][1] == form["conversation"]


def test_what_is_remembered_is_told_in_words(librarian: Visitor) -> None:
    text = librarian.post("/console/try/turn", {"said": "open?", "conversation": conversation(librarian)}).text
    words = " ".join(re.sub(r"<[^>]+>", "", text).split())
    assert "today, 10 pm, tomorrow, 6 pm – midnight, Thursday, Thursday 24 December – " in words
    assert "24 December – Saturday 26 December" in words
    assert "starts" not in words


def test_a_moment_and_a_condition_are_pretended(librarian: Visitor, rehearsed: Rehearsed) -> None:
    form = {"said": "open?", "moment": "2026-12-25T23:00", "conditions": "typhoon-8"}
    librarian.post("/console/try/turn", {**form, "conversation": conversation(librarian)})
    message, _, conditions = rehearsed.asked[0]
    assert message.sent_at == datetime(2026, 12, 25, 23, 0, tzinfo=ZoneInfo("Asia/Hong_Kong"))
    assert conditions == ("typhoon-8",)


@pytest.mark.parametrize("moment", ["", "soon", "2026-13-45T99:99"])
def test_a_moment_that_is_none_is_now(librarian: Visitor, rehearsed: Rehearsed, moment: str) -> None:
    librarian.post("/console/try/turn", {"said": "open?", "moment": moment})
    assert rehearsed.asked[0][0].sent_at.isoformat() == "2026-11-24T12:00:00+08:00"


def test_the_language_of_the_answers_may_be_set(librarian: Visitor, rehearsed: Rehearsed) -> None:
    """Left alone, and where it is none, it is that of the words."""
    for language in ("zh-Hant", "", "x-pig"):
        librarian.post("/console/try/turn", {"said": "open?", "language": language})
    assert [asked[0].details.get("language") for asked in rehearsed.asked] == ["zh-Hant", None, None]


def test_a_number_is_the_choice_that_was_offered(librarian: Visitor, rehearsed: Rehearsed) -> None:
    offered = '[{"title": "A person", "payload": "/contact_librarian"}]'
    librarian.post("/console/try/turn", {"said": "1", "offered": offered})
    librarian.post("/console/try/turn", {"said": "1", "offered": "no json"})
    assert [asked[0].choice for asked in rehearsed.asked] == ["/contact_librarian", None]


def test_nobody_talks_in_somebody_elses_conversation(signed_in: Callable[[str], Visitor], rehearsed: Rehearsed) -> None:
    theirs = conversation(signed_in("administrator"))
    for name in (theirs, "0123456789abcdef0123456789abcdef", ""):
        signed_in("librarian").post("/console/try/turn", {"said": "hi", "conversation": name})
    assert all(asked[1].startswith("test-") and asked[1] != theirs for asked in rehearsed.asked)


def test_a_chat_of_staff_is_in_no_figure(engine: Engine, librarian: Visitor) -> None:
    librarian.post("/console/try/turn", {"said": "hi", "conversation": conversation(librarian)})
    assert inbox.counts(engine) == {}


def test_a_bot_that_is_down_says_so(librarian: Visitor, rehearsed: Rehearsed) -> None:
    rehearsed.down = True
    assert "The bot does not answer" in librarian.post("/console/try/turn", {"said": "hi"}).text
    assert "Type something" in librarian.post("/console/try/turn", {"said": "  "}).text


def test_a_turn_carries_what_was_pretended_to_the_test(librarian: Visitor) -> None:
    form = {"said": "open?", "moment": "2026-12-25T23:00", "conditions": ["typhoon-8", "rain-black"]}
    text = librarian.post("/console/try/turn", {**form, "conversation": conversation(librarian)}).text
    assert 'name="was_moment" value="2026-12-25T23:00:00+08:00"' in text
    assert "[&#34;typhoon-8&#34;, &#34;rain-black&#34;]" in text


def test_a_chat_is_kept_as_a_test_of_rasas(engine: Engine, librarian: Visitor, rehearsed: Rehearsed) -> None:
    form = {"title": "Hours: late", "was_said": ["now open?", "1"], "was_choice": ["", "/contact_librarian"]}
    form |= {"was_moment": ["2026-12-25T23:00:00+08:00", ""], "was_conditions": ['["typhoon-8"]', "no json"]}
    downloaded = librarian.post("/console/try/keep", {**form, "does": "download"})
    assert 'filename="hours_late.yml"' in downloaded.headers["Content-Disposition"]
    assert rehearsed.asked[0][0].sent_at.isoformat() == "2026-12-25T23:00:00+08:00"
    assert rehearsed.asked[0][2] == ("typhoon-8",)
    told = YAML(typ="safe").load(downloaded.text)
    assert told["stories"][0]["metadata"]["said"] == [
        {"time": "2026-12-25T23:00:00+08:00", "pretend": ["typhoon-8"]},
        {"time": "2026-11-24T12:00:00+08:00", "pretend": []},
    ]
    steps = told["stories"][0]["steps"]
    assert steps[0]["user"] == '[now]{"entity": "time", "value": "2026-11-24T00:00:00+08:00"} open?\n'
    assert steps[0]["intent"] == "opening_hours"
    assert steps[1:3] == [{"action": "action_opening_hours"}, {"slot_was_set": [{"topic": "hours"}]}]
    assert steps[3]["user"] == "/contact_librarian\n"
    for _ in range(2):
        librarian.post("/console/try/keep", {**form, "does": "write"})
    kept = [each.story for each in evaluation.all_conversations(engine) if each.file == KEPT]
    assert kept == [told["stories"][0]] * 2
    assert "nothing to keep" in librarian.post("/console/try/keep", {"title": "x"}, follow_redirects=True).text


ENTITY = st.fixed_dictionaries(
    {
        "entity": st.just("time"),
        "start": st.integers(-2, 30) | st.none(),
        "end": st.integers(-2, 30) | st.none(),
        "value": st.text(max_size=5) | st.dictionaries(st.just("from"), st.text(max_size=3)),
    }
)


@given(st.text(max_size=25), st.lists(ENTITY, max_size=4))
@example("0", [{"entity": "time", "start": 1, "end": 0, "value": ""}])
def test_marked_words_are_all_the_words_in_their_order(text: str, entities: list[dict[str, object]]) -> None:
    assert "".join(each.text for each in pieces(text, entities)) == text


@given(st.text("ab []", min_size=1, max_size=25).map(str.strip).filter(bool), st.lists(ENTITY, max_size=2))
def test_a_kept_message_is_read_back_as_it_was_said(text: str, entities: list[dict[str, object]]) -> None:
    marked = [each for each in entities if "]" not in text]
    told = {"time": "2026-12-25T23:00:00+08:00", "pretend": ["typhoon-8"]}
    kept = {"metadata": {"said": [told]}, "steps": [{"user": annotated(text, marked)}, {"action": "x"}]}
    asked = asked_in(kept)
    assert [(each.words, each.choice, each.conditions) for each in asked] == [(text, "", ("typhoon-8",))]
