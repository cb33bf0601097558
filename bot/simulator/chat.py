"""The terminal chat over the real path: signed webhooks to Carrel, and its replies shown as the platform would."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TextIO

import httpx

from bot.language import CHOSEN
from bot.simulator.fake_meta import FakeMeta, FakeTwilio, Taken
from bot.simulator.files import named
from bot.simulator.messenger_client import MessengerClient
from bot.simulator.whatsapp_clients import TwilioClient, WhatsAppClient

Student = MessengerClient | WhatsAppClient | TwilioClient

HELP = """\
  What you type is sent as a student's message. A number taps the button [number] of the last answer.
  /postback PAYLOAD   tap a menu entry with this payload (GET_STARTED: the first tap of all)
  /photo FILE …       send photos, or other files, all at once
  /language zh-Hant   be answered in this language: en, zh-Hant or zh-Hans
  /help  /quit
"""
# Several messages of one answer follow each other faster than this.
QUIET_SECONDS = 0.7


@dataclass(frozen=True)
class Button:
    """Something in the last answer that can be tapped by its number."""

    title: str
    payload: str
    quick_reply: bool


@dataclass
class Screen:
    """Shows the replies to one person as they arrive. Called from the stand-in's threads."""

    person: str
    out: TextIO
    lines_of: Callable[[dict[str, Any], list[Button]], list[str]]
    buttons: list[Button] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _typing: bool = False

    def show(self, taken: Taken) -> None:
        """Show a call that Carrel made, if it is for this person."""
        if taken.person != self.person:
            return
        with self._lock:
            self._end_typing()
            if taken.is_message:
                self._write(self.lines_of(taken.message, self.buttons))
            elif ("typing_indicator" in taken.body or taken.body.get("sender_action") == "typing_on") and (
                self.out.isatty()
            ):
                self.out.write("  ● ● ●")
                self._typing = True
            self.out.flush()

    def say(self, *lines: str) -> None:
        """Show the simulator's own lines."""
        with self._lock:
            self._end_typing()
            self._write(lines)
            self.out.flush()

    def _write(self, lines: Iterable[str]) -> None:
        self.out.writelines(f"{line}\n" for line in lines)

    def _end_typing(self) -> None:
        if self._typing:
            self.out.write("\r\x1b[K")
            self._typing = False


def lines_of(message: dict[str, Any], buttons: list[Button]) -> list[str]:
    """Return a Send API message as lines of text; adds what can be tapped to `buttons`, numbered from 1."""
    lines = [f"  │ {line}" for line in message.get("text", "").splitlines()]
    attachment = message.get("attachment", {})
    payload = attachment.get("payload", {})
    if attachment.get("type") == "image":
        lines.append(f"  │ (picture: {payload.get('url')})")
    for element in payload.get("elements", ()):
        lines += _card(element, buttons)
    quick = []
    for reply in message.get("quick_replies", ()):
        buttons.append(Button(reply["title"], reply["payload"], quick_reply=True))
        quick.append(f"[{len(buttons)}] {reply['title']}")
    return [*lines, "    " + "   ".join(quick)] if quick else lines


def whatsapp_lines(message: dict[str, Any], buttons: list[Button]) -> list[str]:
    """Return a WhatsApp message as lines of text; adds what can be tapped to `buttons`, numbered from 1."""
    interactive = message.get("interactive", {})
    image = message.get("image") or interactive.get("header", {}).get("image", {})
    text = message.get("text", {}).get("body") or interactive.get("body", {}).get("text", "")
    lines = [f"  │ (picture: {image['link']})"] if image else []
    lines += [f"  │ {line}" for line in (text or image.get("caption", "")).splitlines()]
    action = interactive.get("action", {})
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    if rows:
        lines.append(f"  │ {action['button']} opens a list:")
    for choice in [*(each["reply"] for each in action.get("buttons", ())), *rows]:
        buttons.append(Button(choice["title"], choice["id"], quick_reply=False))
        more = f" – {choice['description']}" if choice.get("description") else ""
        lines.append(f"    [{len(buttons)}] {choice['title']}{more}")
    return lines


def twilio_lines(message: dict[str, Any], _buttons: list[Button]) -> list[str]:
    """Return a Twilio message as lines of text: nothing can be tapped, a number is typed instead."""
    picture = [f"  │ (picture: {message['media_url']})"] if "media_url" in message else []
    return [*picture, *(f"  │ {line}" for line in message.get("body", "").splitlines())]


def _card(element: dict[str, Any], buttons: list[Button]) -> list[str]:
    lines = [f"  ┌ {element['title']}"]
    if subtitle := element.get("subtitle"):
        lines.append(f"  │ {subtitle}")
    if image := element.get("image_url"):
        lines.append(f"  │ (picture: {image})")
    for button in element.get("buttons", ()):
        if button["type"] == "web_url":
            lines.append(f"  │ {button['title']} → {button['url']}")
        else:
            buttons.append(Button(button["title"], button["payload"], quick_reply=False))
            lines.append(f"  │ [{len(buttons)}] {button['title']}")
    return [*lines, "  └"]


def run(
    *,
    page_id: str,
    app_secret: str,
    verify_token: str,
    access_token: str,
    webhook_url: str,
    graph_port: int,
    says: list[str],
    out: TextIO,
    inp: TextIO,
    patience: float = 30.0,
) -> int:
    """Chat as one new student until all of `says` are sent or, without any, until `inp` ends.

    `graph_port` is where Carrel's GRAPH_API_URL points: the stand-in listens there. `patience` is how many seconds an
    answer may take. Returns the exit code: 0, or 1 when something was not answered or Carrel can't be reached.
    """
    screen = Screen(str(uuid.uuid4().int)[:16], out, lines_of)
    return _run(
        screen,
        lambda: FakeMeta(access_token=access_token, page_id=page_id, port=graph_port, on_call=screen.show),
        lambda client: MessengerClient(webhook_url, page_id, app_secret, verify_token, client),
        Told("MESSENGER", "GRAPH_API_URL", graph_port, webhook_url, patience),
        says,
        inp,
    )


def run_whatsapp(
    *,
    phone_number_id: str,
    app_secret: str,
    verify_token: str,
    access_token: str,
    webhook_url: str,
    graph_port: int,
    says: list[str],
    out: TextIO,
    inp: TextIO,
    patience: float = 30.0,
) -> int:
    """Do the same as a person on WhatsApp, through Meta's Cloud API."""
    screen = Screen(f"852{uuid.uuid4().int % 10**8:08d}", out, whatsapp_lines)
    return _run(
        screen,
        lambda: FakeMeta(
            access_token=access_token, phone_number_id=phone_number_id, port=graph_port, on_call=screen.show
        ),
        lambda client: WhatsAppClient(webhook_url, phone_number_id, app_secret, verify_token, client),
        Told("WHATSAPP", "GRAPH_API_URL", graph_port, webhook_url, patience),
        says,
        inp,
    )


def run_twilio(
    *,
    account_sid: str,
    auth_token: str,
    number: str,
    webhook_url: str,
    api_port: int,
    says: list[str],
    out: TextIO,
    inp: TextIO,
    patience: float = 30.0,
) -> int:
    """Do the same as a person on WhatsApp, through Twilio."""
    screen = Screen(f"whatsapp:+852{uuid.uuid4().int % 10**8:08d}", out, twilio_lines)
    return _run(
        screen,
        lambda: FakeTwilio(access_token=f"{account_sid}:{auth_token}", port=api_port, on_call=screen.show),
        lambda client: TwilioClient(webhook_url, account_sid, auth_token, number, client),
        Told("TWILIO", "TWILIO_API_URL", api_port, webhook_url, patience),
        says,
        inp,
    )


@dataclass(frozen=True)
class Told:
    """What error messages need: the settings' prefix, and where the stand-in has to listen."""

    settings: str
    api_setting: str
    port: int
    webhook_url: str
    patience: float


def _run(
    screen: Screen,
    serve: Callable[[], FakeMeta],
    connect: Callable[[httpx.Client], Student],
    told: Told,
    says: list[str],
    inp: TextIO,
) -> int:
    try:
        server = serve()
    except OSError as error:
        screen.say(
            f"Port {told.port}, where {told.api_setting} points, cannot be used ({error.strerror}): another chat?"
        )
        return 1
    server.start()
    try:
        with httpx.Client(timeout=10.0) as client:
            chat = Chat(screen, server, connect(client), told)
            if not chat.connected():
                return 1
            return chat.say_all(says) if says else chat.listen(inp)
    finally:
        server.stop()


@dataclass(frozen=True)
class Chat:
    """One student's conversation."""

    screen: Screen
    meta: FakeMeta
    student: Student
    told: Told

    def connected(self) -> bool:
        """Verify the webhook as Meta does at setup; report what is wrong if that fails."""
        try:
            status = self.student.handshake("1158201444").status_code
        except httpx.HTTPError as error:
            at = self.told.webhook_url
            self.screen.say(f"Nothing answers at {at} ({type(error).__name__}). Start Carrel: make run")
            return False
        name = self.told.settings
        wrong = {
            403: f"it has another {name}_VERIFY_TOKEN than this command. Start it again after changing .env.",
            404: f"its {name.title()} channel is off: set the {name}_… settings in .env and start it again.",
        }
        if status != 200:
            problem = wrong.get(status, "that is not what a webhook of Carrel answers to Meta's handshake.")
            self.screen.say(f"Carrel at {self.told.webhook_url} answers {status}: {problem}")
        return status == 200

    def say_all(self, says: list[str]) -> int:
        """Send each text and wait for its answer. Returns 1 when one got none."""
        answered = []
        for words in says:
            self.screen.say(f"> {words}")
            answered.append(self.answer(words))
        return 0 if all(answered) else 1

    def listen(self, inp: TextIO) -> int:
        """Send `inp`, line by line, until it ends or says /quit. Returns 1 when something got no answer."""
        self.screen.say("You are a student who writes to the library's page. /help lists what you can do.")
        answered = True
        while True:
            self.screen.out.write("> ")
            self.screen.out.flush()
            words = inp.readline()
            if not words or words.strip() == "/quit":
                return 0 if answered else 1
            if words.strip() == "/help":
                self.screen.say(HELP)
            elif words.strip():
                answered = self.answer(words.strip()) and answered

    def answer(self, words: str) -> bool:
        """Send `words`, or the tap they stand for, and wait until the answer is shown. False: there was none."""
        before = self._received()
        refused = len(self.meta.refused)
        try:
            response = self._send(words)
        except (OSError, ValueError) as error:
            self.screen.say(f"The file can't be sent: {error}. Write for example /photo sunset.jpg")
            return False
        except httpx.HTTPError as error:
            self.screen.say(f"Carrel did not take the message ({type(error).__name__}). Is it still running?")
            return False
        if response.status_code != 200:
            self.screen.say(f"Carrel refused the message: {response.status_code} {response.text}")
            return False
        came = self.meta.wait_for_message(self.screen.person, timeout=self.told.patience, after=before)
        while came and self.meta.wait_for_message(self.screen.person, timeout=QUIET_SECONDS, after=self._received()):
            pass
        for problem in self.meta.refused[refused:]:
            self.screen.say(f"The platform would refuse what Carrel tried to send: {problem}")
        if came:
            with contextlib.suppress(httpx.HTTPError):  # a lost receipt does not matter
                self.student.read(self.screen.person)
        else:
            self.screen.say(f"No answer within {self.told.patience:.0f} seconds. Carrel's log says why.")
        return came

    def _received(self) -> int:
        return len(self.meta.messages_to(self.screen.person))

    def _send(self, words: str) -> httpx.Response:
        person, offered = self.screen.person, list(self.screen.buttons)
        self.screen.buttons.clear()
        if words.startswith("/photo "):
            return self.student.files(person, named(words), self.meta.files, self.meta.url)
        if words.startswith("/postback "):
            payload = words.removeprefix("/postback ").strip()
            return self.student.postback(person, payload, payload)
        if (language := words.removeprefix("/language ").strip()) in CHOSEN and words.startswith("/language "):
            return self.student.postback(person, language, CHOSEN[language])
        if words.isdecimal() and 1 <= int(words) <= len(offered):
            button = offered[int(words) - 1]
            if button.quick_reply and isinstance(self.student, MessengerClient):
                return self.student.text(person, button.title, payload=button.payload)
            return self.student.postback(person, button.title, button.payload)
        return self.student.text(person, words)
