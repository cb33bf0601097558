"""The terminal chat, against a web process with a real Messenger channel and a bot of three sentences."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import httpx
import pytest
from werkzeug.serving import make_server

from bot.simulator import chat
from bot.simulator.fake_meta import Failure, FakeMeta, problem_of
from connectors.messages import Card, Choice, IncomingMessage, Kind, Link, Reply
from connectors.messenger import Messenger
from connectors.web import create_app

PAGE = {"page_id": "61550018834421", "access_token": "token", "app_secret": "secret", "verify_token": "word"}
HOURS = Reply(text="Open until 11 pm.", choices=(Choice("Tomorrow", "/tomorrow"), Choice("Events", "/events")))
EVENTS = Reply(
    text="This week:",
    cards=(
        Card("Workshop", "Friday, 3 pm", None, (Link("Register", "https://x.example"),), (Choice("More", "/more"),)),
    ),
)


def answer(message: IncomingMessage) -> Reply | None:
    """Return what the small bot says."""
    if message.choice:
        return EVENTS if message.choice == "/events" else Reply(text=f"You tapped {message.choice}.")
    return HOURS if message.kind is Kind.TEXT and message.text != "silence" else None


class Library:
    """A web process whose messages are answered at once, in a thread, over HTTP."""

    def __init__(self, graph_port: int) -> None:
        self.client = httpx.Client(timeout=5)
        self.seen: list[IncomingMessage] = []
        self.messenger = Messenger(
            **PAGE,
            api_url=f"http://127.0.0.1:{graph_port}",
            api_version="v26.0",
            client=self.client,
            now=lambda: datetime.now(UTC),
        )
        app = create_app({"messenger": self.messenger}, self.record, dict)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.webhook_url = f"http://127.0.0.1:{self.server.server_port}/webhooks/messenger"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def record(self, channel: str, messages: Sequence[IncomingMessage], request_id: str) -> None:
        for message in messages:
            self.seen.append(message)
            threading.Thread(target=self.reply, args=(message,)).start()

    def reply(self, message: IncomingMessage) -> None:
        reply = answer(message)
        if reply is None or message.sender is None:
            return
        for call in (*self.messenger.courtesies(message), *self.messenger.render(reply, message.sender)):
            self.messenger.send(call)

    def stop(self) -> None:
        self.server.shutdown()
        self.client.close()


Talk = Callable[..., tuple[int, str]]


@pytest.fixture
def graph_port() -> int:
    """A port that nobody listens on."""
    stand_in = FakeMeta(access_token="", page_id="")
    stand_in.start()
    stand_in.stop()
    return stand_in.port


@pytest.fixture
def library(graph_port: int) -> Iterator[Library]:
    running = Library(graph_port)
    yield running
    running.stop()


@pytest.fixture
def talk(library: Library, graph_port: int) -> Talk:
    """Returns the exit code and what stood on the terminal."""

    def run(*, says: Sequence[str] = (), typed: str = "", **other: str) -> tuple[int, str]:
        out = io.StringIO()
        settings = {**PAGE, "webhook_url": library.webhook_url, **other}
        code = chat.run(
            **settings, graph_port=graph_port, says=list(says), out=out, inp=io.StringIO(typed), patience=2.0
        )
        return code, out.getvalue()

    return run


def test_one_shot_prints_the_answer(talk: Talk) -> None:
    """What is said, the answer, its choices by number; exit code 0."""
    code, screen = talk(says=["when do you close?"])
    assert code == 0
    assert screen == "> when do you close?\n  │ Open until 11 pm.\n    [1] Tomorrow   [2] Events\n"


def test_one_shot_fails_without_an_answer(talk: Talk) -> None:
    """Exit code 1, and a word on it, when one of several is not answered."""
    code, screen = talk(says=["hi", "silence"])
    assert code == 1
    assert "No answer within 2 seconds" in screen


def test_numbers_tap_buttons(talk: Talk, library: Library) -> None:
    """A quick reply and a card's button are tapped by their number, a number without a button is a word."""
    code, screen = talk(typed="hi\n2\n1\n7\n/quit\nnot said\n")
    assert code == 0
    assert "  ┌ Workshop\n  │ Friday, 3 pm\n  │ Register → https://x.example\n  │ [1] More\n  └\n" in screen
    assert "You tapped /more." in screen
    said = [(each.kind, each.choice, each.text) for each in library.seen if each.kind is not Kind.STATUS]
    assert said == [
        (Kind.TEXT, None, "hi"),
        (Kind.TEXT, "/events", "Events"),
        (Kind.POSTBACK, "/more", "More"),
        (Kind.TEXT, None, "7"),
    ]


def test_commands(talk: Talk, library: Library) -> None:
    """/postback taps, /help lists, the end of the input ends the chat."""
    code, screen = talk(typed="/help\n\n/postback GET_STARTED\n")
    assert code == 0
    assert "/postback PAYLOAD" in screen
    assert [each.choice for each in library.seen if each.kind is Kind.POSTBACK] == ["GET_STARTED"]


def test_answers_are_read(talk: Talk, library: Library) -> None:
    """The student reads the answer, and Carrel hears of it as from Meta."""
    talk(says=["hi"])
    assert [each.status for each in library.seen if each.kind is Kind.STATUS] == ["read"]


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"verify_token": "another"}, "MESSENGER_VERIFY_TOKEN"),
        ({"app_secret": "another"}, "403"),
        ({"webhook_url": "http://127.0.0.1:9/webhooks/messenger"}, "make run"),
    ],
)
def test_what_is_wrong_is_named(talk: Talk, setting: dict[str, str], words: str) -> None:
    """A wrong token, a wrong secret, no Carrel: exit code 1 and what to do."""
    code, screen = talk(says=["hi"], **setting)
    assert code == 1
    assert words in screen


def test_a_channel_that_is_off_is_named(talk: Talk, library: Library) -> None:
    """404: the settings that switch it on."""
    code, screen = talk(says=["hi"], webhook_url=library.webhook_url.replace("messenger", "nothing"))
    assert code == 1
    assert "MESSENGER_" in screen


def test_a_taken_port_is_named(library: Library) -> None:
    """Two chats at once: the second says so."""
    other = FakeMeta(access_token="", page_id="")
    out = io.StringIO()
    settings = {**PAGE, "webhook_url": library.webhook_url, "graph_port": other.port}
    code = chat.run(**settings, says=["hi"], out=out, inp=io.StringIO())
    other.start()
    other.stop()
    assert code == 1
    assert str(other.port) in out.getvalue()


# The stand-in itself ----------------------------------------------------------------------------------------------


@pytest.fixture
def meta() -> Iterator[FakeMeta]:
    stand_in = FakeMeta(access_token="token", page_id="1")
    stand_in.start()
    yield stand_in
    stand_in.stop()


def call(meta: FakeMeta, body: object, bearer: str = "token", page: str = "1") -> httpx.Response:
    headers = {"Authorization": f"Bearer {bearer}"}
    return httpx.post(f"{meta.url}/v26.0/{page}/messages", json=body, headers=headers, timeout=5)


def message(**parts: object) -> dict[str, object]:
    return {"recipient": {"id": "7"}, "messaging_type": "RESPONSE", "message": parts}


def test_the_stand_in_answers_as_meta(meta: FakeMeta) -> None:
    """The recipient and a message id; the call is kept in order."""
    ids = [call(meta, message(text=text)).json() for text in ("one", "two")]
    assert [each["recipient_id"] for each in ids] == ["7", "7"]
    assert len({each["message_id"] for each in ids}) == 2
    assert meta.messages_to("7") == [{"text": "one"}, {"text": "two"}]


@pytest.mark.parametrize(("bearer", "page", "code"), [("another", "1", 190), ("token", "2", 100)])
def test_the_stand_in_checks_token_and_page(meta: FakeMeta, bearer: str, page: str, code: int) -> None:
    """Errors have Meta's form."""
    assert call(meta, message(text="x"), bearer, page).json()["error"]["code"] == code
    assert meta.taken == []


def test_the_stand_in_fails_when_told_to(meta: FakeMeta) -> None:
    """The next call, once, with the status and the header."""
    meta.failures.append(Failure(status=429, code=613, retry_after=3))
    failed, taken = call(meta, message(text="x")), call(meta, message(text="x"))
    assert (failed.status_code, failed.headers["Retry-After"], taken.status_code) == (429, "3", 200)


def test_waiting_ends_with_the_message_or_in_time(meta: FakeMeta) -> None:
    """Whoever waits is woken by the message, and told when none comes."""
    assert not meta.wait_for_message("7", timeout=0.05)
    sender = threading.Timer(0.1, call, (meta, message(text="x")))
    sender.start()
    assert meta.wait_for_message("7", timeout=5)
    sender.join()


def element(**parts: object) -> dict[str, object]:
    payload = {"template_type": "generic", "elements": [{"title": "x", **parts}]}
    return message(attachment={"type": "template", "payload": payload})


BUTTON = {"type": "postback", "title": "x", "payload": "x"}
TAP = {"content_type": "text", "title": "x", "payload": "x"}


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"message": {"text": "x"}},
        message(),
        message(text=""),
        message(text="x" * 2001),
        message(text="x", quick_replies=[TAP] * 14),
        message(text="x", quick_replies=[{**TAP, "title": "x" * 21}]),
        message(text="x", quick_replies=[{**TAP, "payload": "x" * 1001}]),
        message(text="x", quick_replies=[{**TAP, "title": ""}]),
        message(attachment={"type": "image", "payload": {"url": "map.png"}}),
        element(),
        element(subtitle="x" * 81),
        element(title="x" * 81, subtitle="x"),
        element(buttons=[BUTTON] * 4),
        element(buttons=[{**BUTTON, "title": "x" * 21}]),
        element(buttons=[{**BUTTON, "payload": "x" * 1001}]),
        {"recipient": {"id": "7"}, "sender_action": "dance"},
        {**message(text="x"), "sender_action": "typing_on"},
    ],
)
def test_the_stand_in_refuses_what_meta_refuses(meta: FakeMeta, body: object) -> None:
    """Over the limits, or without form: error 100, and nothing is kept."""
    response = call(meta, body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, 100)
    assert meta.taken == []


@pytest.mark.parametrize(
    "body",
    [
        message(text="x" * 2000, quick_replies=[{**TAP, "title": "x" * 20, "payload": "x" * 1000}] * 13),
        element(title="x" * 80, subtitle="x" * 80, buttons=[BUTTON] * 3),
        message(attachment={"type": "image", "payload": {"url": "https://x.example/map.png"}}),
        {"recipient": {"id": "7"}, "sender_action": "typing_on"},
    ],
)
def test_the_stand_in_takes_what_is_at_the_limits(body: object) -> None:
    """The limits themselves are allowed."""
    assert problem_of(body) == ""
