"""Small stand-ins for Meta's Graph API (a page, a WhatsApp number) and for Twilio's API.

They accept what Carrel sends, check it as the platform does, keep it, and fail on demand.
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from bot.simulator.fake_page import PagePhotos
from bot.simulator.files import Files
from bot.simulator.limits import template_problem, twilio_problem, whatsapp_problem

Json = dict[str, Any]

SENDER_ACTIONS = frozenset({"mark_seen", "typing_on", "typing_off"})


@dataclass(frozen=True)
class Taken:
    """A call that the stand-in accepted."""

    person: str
    body: Json
    at: float

    @property
    def is_message(self) -> bool:
        """Whether a person sees it as a message (not a typing indicator or read receipt)."""
        return not ("sender_action" in self.body or "status" in self.body)

    @property
    def message(self) -> Json:
        """What a person sees: Messenger's `message`, or the whole call for the others."""
        return dict(self.body.get("message", self.body))


@dataclass(frozen=True)
class Failure:
    """How a call should fail: an HTTP status with the platform's error, or a connection that is reset or hangs.

    "slow" does not fail: the call is accepted after `seconds`. "lost" is accepted too, and its answer never arrives.
    """

    kind: Literal["http", "reset", "hang", "slow", "lost"] = "http"
    status: int = 500
    code: int = 2
    subcode: int | None = None
    retry_after: int | None = None
    seconds: float = 30.0


class FakeMeta:
    """The server. `on_call` is called for every accepted call, in the server's thread."""

    def __init__(
        self,
        *,
        access_token: str,
        page_id: str = "",
        phone_number_id: str = "",
        port: int = 0,
        on_call: Callable[[Taken], None] | None = None,
    ) -> None:
        self.access_token = access_token
        self.page_id = page_id
        self.phone_number_id = phone_number_id
        self.taken: list[Taken] = []
        self.refused: list[str] = []
        self.failures: deque[Failure] = deque()
        # The page-scoped ids of app-scoped users, for the ID Matching API.
        self.page_scoped: dict[str, list[str]] = {}
        self.files = Files()
        self.photos = PagePhotos()
        self._on_call = on_call
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self.handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Return the class that handles requests."""
        return _graph(self)

    @property
    def url(self) -> str:
        """The value for GRAPH_API_URL, or TWILIO_API_URL."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve in a thread."""
        threading.Thread(target=self._server.serve_forever, daemon=True, name="fake-meta").start()

    def stop(self) -> None:
        """Stop the server."""
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def messages_to(self, person: str) -> list[Json]:
        """Return the messages that a person has received, in order."""
        with self._changed:
            return [each.message for each in self.taken if each.person == person and each.is_message]

    def wait_for_message(self, person: str, *, timeout: float, after: int = 0) -> bool:
        """Return True as soon as a person has more than `after` messages, False on timeout."""
        return self.wait(lambda: len(self.messages_to(person)) > after, timeout)

    def wait(self, until: Callable[[], bool], timeout: float) -> bool:
        """Return True as soon as `until` is true after some call, False on timeout."""
        end = time.monotonic() + timeout
        with self._changed:
            while not until():
                if not self._changed.wait(max(0.0, end - time.monotonic())):
                    return until()
        return True

    def take(self, person: str, body: Json) -> str:
        """Record a call and return the message's id."""
        taken = Taken(person, body, time.monotonic())
        with self._changed:
            self.taken.append(taken)
            self._changed.notify_all()
        if self._on_call:
            self._on_call(taken)
        return f"m_{uuid.uuid4().hex}"

    def next_failure(self) -> Failure | None:
        """Return how the next message should fail, if at all."""
        with self._changed:
            return self.failures.popleft() if self.failures else None

    def hang(self, seconds: float) -> None:
        """Wait until the server stops, or for `seconds`."""
        self._ended.wait(seconds)


class FakeTwilio(FakeMeta):
    """The same for Twilio's REST API: `access_token` is "account:token"."""

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """Return the class that handles requests."""
        return _twilio(self)


def problem_of(body: object) -> str:
    """Return why Meta would reject a call's body, or "": the format and limits of the Send API."""
    if not isinstance(body, dict) or not isinstance(body.get("recipient"), dict) or not body["recipient"].get("id"):
        return "(#100) The parameter recipient is required"
    message = body.get("message")
    if "sender_action" in body:
        if message is not None:
            return "(#100) Cannot send both message and state at the same time"
        return "" if body["sender_action"] in SENDER_ACTIONS else "(#100) Unknown sender_action"
    if isinstance(message, dict) and "template" in message:
        utility = body.get("messaging_type") == "UTILITY"
        return template_problem(message["template"]) if utility else "(#100) A template is of the type UTILITY"
    if not isinstance(message, dict) or ("text" in message) == ("attachment" in message):
        return "(#100) A message has either text or an attachment"
    if "text" in message and not _has(message, "text", 2000):
        return "(#100) Length of param message[text] must be between 1 and 2000"
    return _quick_reply_problem(message.get("quick_replies", [])) or _attachment_problem(message.get("attachment"))


def _has(part: Json, name: str, most: int) -> bool:
    value = part.get(name)
    return isinstance(value, str) and bool(value.strip()) and len(value) <= most


def _quick_reply_problem(replies: list[Json]) -> str:
    if len(replies) > 13:
        return "(#100) At most 13 quick replies"
    for reply in replies:
        if reply.get("content_type") != "text" or not _has(reply, "title", 20) or not _has(reply, "payload", 1000):
            return "(#100) A quick reply is a text; its title has 1 to 20 characters, its payload 1 to 1000"
    return ""


def _attachment_problem(attachment: Json | None) -> str:
    if attachment is None:
        return ""
    payload = attachment.get("payload", {})
    if attachment.get("type") == "image":
        return "" if str(payload.get("url")).startswith(("http://", "https://")) else "(#100) An image needs an address"
    if attachment.get("type") == "template" and payload.get("template_type") == "button":
        return _button_problem(payload)
    if attachment.get("type") != "template" or payload.get("template_type") != "generic":
        return "(#100) The stand-in knows attachments of type image, the generic and the button template"
    elements = payload.get("elements", [])
    if not 1 <= len(elements) <= 10:
        return "(#100) A generic template has 1 to 10 elements"
    return next(filter(None, map(_element_problem, elements)), "")


def _element_problem(element: Json) -> str:
    if not _has(element, "title", 80) or ("subtitle" in element and not _has(element, "subtitle", 80)):
        return "(#100) An element's title and subtitle have 1 to 80 characters"
    if len(element) < 2:
        return "(#100) An element needs something besides its title"
    return _button_problem(element) if "buttons" in element else ""


def _button_problem(part: Json) -> str:
    buttons = part.get("buttons", [])
    if not 1 <= len(buttons) <= 3:
        return "(#100) An element has 1 to 3 buttons"
    for button in buttons:
        target = "url" if button.get("type") == "web_url" else "payload"
        if not _has(button, "title", 20) or not _has(button, target, 2048 if target == "url" else 1000):
            return "(#100) A button has a title of 1 to 20 characters and an address, or a payload of 1 to 1000"
    return ""


def _handler(stand_in: FakeMeta) -> Any:
    """Return what all handlers share: failing on demand, answering in JSON, logging nothing."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def sent(self) -> bytes:
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def _fail(self, failure: Failure) -> None:
            if failure.kind == "hang":
                stand_in.hang(failure.seconds)
            if failure.kind in {"hang", "reset"}:
                self.close_connection = True
                self.connection.close()
                return
            self._error(failure.status, failure.code, "A made-up failure.", failure.subcode, failure.retry_after)

        def _error(
            self, status: int, code: int, text: str, subcode: int | None = None, retry_after: int | None = None
        ) -> None:
            error: Json = {"message": text, "type": "OAuthException", "code": code, "fbtrace_id": "stand-in"}
            if subcode is not None:
                error["error_subcode"] = subcode
            self._answer(status, {"error": error}, retry_after)

        def _answer(self, status: int, body: Json, retry_after: int | None = None) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if retry_after is not None:
                self.send_header("Retry-After", str(retry_after))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            if address := stand_in.files.address_of(self.path, stand_in.url):
                if (file := stand_in.files.at(self.path)) is None:
                    return self._answer(200, {"url": address})
                self.send_response(200)
                self.send_header("Content-Type", file.type)
                self.send_header("Content-Length", str(len(file.body)))
                self.end_headers()
                self.wfile.write(file.body)
                return None
            return self._error(404, 100, "Unsupported get request.")

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing: the terminal is for the chat."""

    return Handler


def _graph(meta: FakeMeta) -> type[BaseHTTPRequestHandler]:
    class Handler(_handler(meta)):  # type: ignore[misc]
        def do_GET(self) -> None:  # noqa: N802 - the name that http.server calls
            node = urlsplit(self.path).path.split("/")[2:]
            if self._about_photos("GET", b""):
                return None
            if node[1:] != ["ids_for_pages"]:
                super().do_GET()
                return None
            if self.headers.get("Authorization") != f"Bearer {meta.access_token}":
                return self._error(401, 190, "Invalid OAuth access token.")
            if node[0] not in meta.page_scoped:
                return self._error(400, 100, "Unsupported get request.")
            page = {"id": meta.page_id, "name": "The library"}
            return self._answer(200, {"data": [{"id": each, "page": page} for each in meta.page_scoped[node[0]]]})

        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            body = self.sent()
            if self._about_photos("POST", body):
                return None
            address = urlsplit(self.path)
            # Meta accepts the token in either place, and "me" for the page that the token belongs to.
            token = f"Bearer {dict(parse_qsl(address.query)).get('access_token')}"
            if f"Bearer {meta.access_token}" not in {self.headers.get("Authorization"), token}:
                return self._error(401, 190, "Invalid OAuth access token.")
            node = address.path.split("/")[2:]
            if node not in ([meta.page_id, "messages"], [meta.phone_number_id, "messages"], ["me", "messages"]):
                return self._error(404, 100, "Unsupported post request.")
            try:
                call = json.loads(body)
            except ValueError:
                call = None
            whatsapp = node[0] == meta.phone_number_id
            problem = whatsapp_problem(call) if whatsapp else problem_of(call)
            if problem:
                meta.refused.append(problem)
                return self._error(400, 100, problem)
            courtesy = "sender_action" in call or "status" in call
            failure = None if courtesy else meta.next_failure()
            if failure is not None and failure.kind == "slow":
                meta.hang(failure.seconds)
            elif failure is not None:
                return self._fail(failure)
            if not whatsapp:
                person = str(call["recipient"]["id"])
                return self._answer(200, {"recipient_id": person, "message_id": meta.take(person, call)})
            person = str(call.get("to") or call.get("recipient") or "")
            return self._answer(200, {"messages": [{"id": f"wamid.{meta.take(person, call)}"}]})

        def do_DELETE(self) -> None:  # noqa: N802 - the name that http.server calls
            if not self._about_photos("DELETE", b""):
                self._error(404, 100, "Unsupported delete request.")

        def _about_photos(self, method: str, body: bytes) -> bool:
            """Answer a call about the page's photos; return whether it was one."""
            path = urlsplit(self.path).path.split("/")[2:]
            if path[1:] != ["photos"] and method != "DELETE" and path not in ([], [""]):
                return False
            if self.headers.get("Authorization") != f"Bearer {meta.access_token}":
                self._error(401, 190, "Invalid OAuth access token.")
                return True
            failure = meta.next_failure()
            if failure is not None and failure.kind != "lost":
                self._fail(failure)
                return True
            told = meta.photos.answer(method, self.path, meta.page_id, self.headers.get("Content-Type", ""), body)
            if told is None:
                return False
            if failure is not None:
                self._fail(Failure("reset"))
            else:
                self._answer(400 if "error" in told else 200, told)
            return True

    return Handler


def _twilio(twilio: FakeTwilio) -> type[BaseHTTPRequestHandler]:
    class Handler(_handler(twilio)):  # type: ignore[misc]
        def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
            form = {name.lower(): value for name, value in parse_qsl(self.sent().decode(), keep_blank_values=True)}
            account = twilio.access_token.split(":")[0]
            given = base64.b64encode(twilio.access_token.encode()).decode()
            if self.headers.get("Authorization") != f"Basic {given}":
                return self._refuse(401, 20003, "Authenticate")
            if self.path != f"/2010-04-01/Accounts/{account}/Messages.json":
                return self._refuse(404, 20404, "The requested resource was not found")
            names = {
                "body": "body",
                "mediaurl": "media_url",
                "contentsid": "content_sid",
                "contentvariables": "content_variables",
            }
            call = {ours: form[theirs] for theirs, ours in names.items() if theirs in form}
            problem = twilio_problem(call)
            if problem:
                twilio.refused.append(problem)
                return self._refuse(400, int(problem.split(":")[0]), problem)
            failure = twilio.next_failure()
            if failure is not None and failure.kind == "http":
                return self._refuse(failure.status, failure.code, "A made-up failure.", failure.retry_after)
            if failure is not None and failure.kind == "slow":
                twilio.hang(failure.seconds)
            elif failure is not None:
                return self._fail(failure)
            return self._answer(201, {"sid": f"SM{twilio.take(form.get('to', ''), call)}", "status": "queued"})

        def _refuse(self, status: int, code: int, text: str, retry_after: int | None = None) -> None:
            self._answer(status, {"code": code, "message": text, "status": status}, retry_after)

    return Handler
