"""`carrel chat`: what a person types and sees, over Rasa's answers as they come over HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from bot import terminal
from bot.dialogue import DialogueUnavailable, RasaDialogue, words
from bot.store import subscriptions
from bot.workers.trial import Trials
from connectors.messages import Address, IncomingMessage, Kind
from tests.stores import sqlite

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNDERSTANDING = {
    "intent_ranking": [{"name": "greet", "confidence": 0.91}],
    "entities": [],
    "slots_before": {},
    "slots_after": {"topic": "hours"},
    "actions": ["utter_greet"],
    "timings": {"understand_ms": 3.2},
}
ANSWER = {
    "replies": [
        {
            "text": "Hello [bold]you[/]",
            "choices": [{"title": "Opening hours", "payload": "/opening_hours"}],
            "cards": [
                {"title": "Talk", "subtitle": "Tomorrow", "links": [{"title": "More", "url": "https://l.example"}]}
            ],
        }
    ],
    "understanding": UNDERSTANDING,
}


@dataclass
class Rasa:
    """Rasa's server: keeps what it was asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, json=ANSWER)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.asked.append(json.loads(request.content))
        return self.answer()


@pytest.fixture
def rasa() -> Rasa:
    return Rasa()


@pytest.fixture
def dialogue(rasa: Rasa) -> Iterator[RasaDialogue]:
    with httpx.Client(transport=httpx.MockTransport(rasa)) as client:
        yield RasaDialogue("http://rasa", client)


def chat(dialogue: RasaDialogue, *lines: str, trials: Trials | None = None) -> tuple[int, str]:
    """Type `lines`; return the exit code and what was shown."""
    out = io.StringIO()
    typed = io.StringIO("".join(f"{line}\n" for line in lines))
    return terminal.run(dialogue, [], typed, out, lambda: NOW, HONG_KONG, trials), out.getvalue()


def test_a_reply_is_shown_with_its_choices_and_cards(dialogue: RasaDialogue) -> None:
    """As it is: what looks like markup is no markup."""
    code, shown = chat(dialogue, "hi")

    assert code == 0
    for expected in ("Hello [bold]you[/]", "1 Opening hours", "Talk", "Tomorrow", "https://l.example"):
        assert expected in shown


@pytest.mark.parametrize("typed", ["1", "opening HOURS"])
def test_a_choice_is_taken_by_number_and_by_its_words(dialogue: RasaDialogue, rasa: Rasa, typed: str) -> None:
    """Its payload goes to Rasa."""
    chat(dialogue, "hi", typed)

    assert rasa.asked[1]["choice"] == "/opening_hours"


def test_a_number_that_is_no_choice_is_a_message(dialogue: RasaDialogue, rasa: Rasa) -> None:
    """Students do write numbers."""
    chat(dialogue, "hi", "7")

    assert rasa.asked[1]["text"] == "7"


def test_what_rasa_is_not_asked_is_told_as_a_dry_run(dialogue: RasaDialogue, rasa: Rasa, tmp_path: Path) -> None:
    """A choice of it is taken by number; after STOP the bot is silent. The store holds nothing of it."""
    store = sqlite(tmp_path / "store.db")
    trials = Trials(store, HONG_KONG, str, lambda at, _language: str(at))
    _, shown = chat(dialogue, "notify me about new workshops", "1", "my subscriptions", "stop", "hi", trials=trials)

    assert "Shall I message you here" in shown
    assert "Done: I'll tell you about new workshops" in shown
    assert shown.count("Only tried: nothing was erased, subscribed or counted") == 3
    assert [each.get("choice") for each in rasa.asked] == ["/stop"]
    assert shown.rstrip().endswith("The person has told the bot to stop.")
    assert subscriptions.active(store) == ()


def test_trace_shows_the_turns_understanding(dialogue: RasaDialogue) -> None:
    """Intents, slots, actions and milliseconds; silent before and after."""
    _, shown = chat(dialogue, "hi", "/trace", "hi", "/trace", "hi")

    assert shown.count("greet 0.91") == 1
    assert "topic: None → hours" in shown
    assert "utter_greet" in shown
    assert "understand 3.2" in shown


def test_a_moment_can_be_pretended(dialogue: RasaDialogue, rasa: Rasa) -> None:
    """In the library's zone where none is given; nonsense is told, and changes nothing."""
    _, shown = chat(dialogue, "/at 2026-12-25T23:00", "hi", "/at soon", "hi", "/at now", "hi")

    assert [each["time"] for each in rasa.asked] == [
        "2026-12-25T23:00:00+08:00",
        "2026-12-25T23:00:00+08:00",
        "2026-11-23T12:00:00+00:00",
    ]
    assert "write for example" in shown


def test_restart_begins_another_conversation(dialogue: RasaDialogue, rasa: Rasa) -> None:
    """Nothing said before is remembered, choices neither."""
    chat(dialogue, "hi", "/restart", "1", "/quit", "never heard")

    first, second = rasa.asked
    assert first["conversation"] != second["conversation"]
    assert second["text"] == "1"


def test_help_lists_the_commands(dialogue: RasaDialogue, rasa: Rasa) -> None:
    """A command that there is not shows the help as well."""
    _, shown = chat(dialogue, "/help", "/dance", "")

    assert shown.count("/trace") == 2
    assert rasa.asked == []


def test_a_rasa_that_is_down_is_told(dialogue: RasaDialogue, rasa: Rasa) -> None:
    """In words, with what to do; the exit code of `--say` tells a script."""
    rasa.answer = lambda: httpx.Response(503)
    out = io.StringIO()

    assert terminal.run(dialogue, ["hi"], io.StringIO(), out, lambda: NOW) == 1
    assert "make run" in out.getvalue()


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"replies": []}),
        httpx.Response(200, json={"replies": [{"cards": [{}]}], "understanding": {}}),
        httpx.Response(200, json=[]),
    ],
    ids=["500", "no JSON", "no understanding", "a card without a title", "a list"],
)
def test_whatever_rasa_answers_wrongly_is_one_error(dialogue: RasaDialogue, rasa: Rasa, answer: httpx.Response) -> None:
    """Callers retry on one exception, and on no other."""
    rasa.answer = lambda: answer
    with pytest.raises(DialogueUnavailable):
        dialogue.reply_to(_message(Kind.TEXT, text="hi"), "c")


def _message(kind: Kind, **parts: Any) -> IncomingMessage:
    return IncomingMessage(id="m", kind=kind, sender=Address("messenger", "p"), sent_at=NOW, **parts)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (_message(Kind.TEXT, text="/greet"), {"text": "/greet"}),
        (_message(Kind.TEXT, text="Events", choice="/events"), {"choice": "/events"}),
        (_message(Kind.TEXT, text="Old button", choice="OLD_PAYLOAD"), {"text": "Old button"}),
        (_message(Kind.POSTBACK, text="Get started", choice="GET_STARTED"), {"choice": "/greet"}),
        (_message(Kind.MEDIA), {"choice": "/sent_media"}),
    ],
    ids=["text", "our choice", "a choice of another bot's", "get started", "a photo"],
)
def test_what_rasa_is_told_of_a_message(message: IncomingMessage, told: dict[str, str]) -> None:
    """Only a choice of ours names an intent; what a student types never does."""
    assert words(message) == told
