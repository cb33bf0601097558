"""WhatsApp through Twilio: the channel. Webhooks are form-encoded; buttons need templates, so choices are numbered.

Parameter names: Twilio, "Messaging webhook request" and "Messages resource", read in November 2026.
"""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from connectors.channel import WHATSAPP_PAIR_LIMIT, Late, Pace, WebhookRequest
from connectors.deadline import SEND_SECONDS, within
from connectors.downloads import DownloadError, Source
from connectors.errors import OperatorError, PayloadError, PermanentError, RetryableError, SendError, SignatureError
from connectors.joining import worded
from connectors.markup import in_marks
from connectors.messages import Address, IncomingMessage, Kind, Media, OutboundCall, Reply
from connectors.meta import fingerprint, plain, retry_after
from connectors.plain_words import choices_in_words, joined, one_line
from connectors.reach import TWILIO, Category, Rules
from connectors.splitting import length, shorten, split_text

NAME = "twilio"
TEXT, VARIABLE = 1600, 1024
# WhatsApp's limit for text under a picture.
CAPTION = 1024
LONGEST_ID = 200
# Its longest text is 20 KB form-encoded, and a form must be parsed before its signature can be checked: hence a limit.
LONGEST_FORM = 256 * 1024
CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
# Where Twilio stores the files people send. PLATFORMS, section 4.
FILES = ("api.twilio.com", "mms.twiliocdn.com")
REAL_API = "https://api.twilio.com"
# Twilio's statuses that have another name in the outbox.
_STATUSES = {"undelivered": "failed"}

PERMANENT: Mapping[int, str] = {
    21211: "Twilio knows no such number.",
    21610: "This person has told Twilio to stop messages from the library.",
    21617: "The message is longer than Twilio takes.",
    21658: "A part of the message is longer than Twilio takes.",
    63003: "WhatsApp knows no such person.",
    63016: "The 24 hours in which WhatsApp lets a bot answer this message are over.",
    63021: "WhatsApp does not understand the message.",
    63024: "WhatsApp cannot deliver to this person.",
    63032: "WhatsApp holds this message back.",
}
RETRY = frozenset({20429, 63018, 63012, 30001})
OPERATOR: Mapping[int, str] = {
    20003: "Twilio does not accept the account or its token: TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is wrong.",
    21606: "The library's number is not a WhatsApp sender of this Twilio account: check TWILIO_WHATSAPP_NUMBER.",
}


class Twilio:
    """One WhatsApp number at Twilio. Implements `connectors.channel.Channel`. `now` returns the current time.

    `template` is the SID of an approved template with one variable, for staff messages after 24 hours; `templates`
    those for messages that nobody has just asked for.
    """

    name = NAME
    # Twilio expects instructions in the response: none, since the answer is sent separately.
    acknowledgement = ("<Response/>", "text/xml")
    taps = False
    pace: Pace | None = WHATSAPP_PAIR_LIMIT
    rules: Rules = TWILIO

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        number: str,
        public_url: str,
        api_url: str,
        now: Callable[[], datetime],
        timeout: float = READ_SECONDS,
        template: str = "",
        templates: Mapping[Category, str] | None = None,
    ) -> None:
        self._template = template
        self.templates: Mapping[Category, str] = templates or {}
        self.late = Late(until=None, template=True, longest=VARIABLE) if template else None
        self._number = number
        self._public = public_url.rstrip("/")
        self._validator = RequestValidator(auth_token)
        # Twilio's errors leave out the headers: Retry-After is kept for the calling thread.
        self._answer = threading.local()
        http = TwilioHttpClient(request_hooks={"response": [self._keep_header]})
        http.timeout = (min(CONNECT_SECONDS, timeout), timeout)
        self._client = Client(account_sid, auth_token, http_client=http)
        self._client.api.base_url = api_url.rstrip("/")
        self._credentials = "Basic " + b64encode(f"{account_sid}:{auth_token}".encode()).decode()
        # The real Twilio rejects a message whose callback it can't reach.
        reachable = self._public.startswith("https://") or api_url.rstrip("/") != REAL_API
        self._callback = f"{self._public}/webhooks/twilio/status" if reachable else None
        self._now = now

    def handshake(self, request: WebhookRequest) -> str:  # noqa: ARG002
        """Raise SignatureError: Twilio has no verification handshake."""
        raise SignatureError("Twilio verifies by its signature alone, with POST")

    def verify(self, request: WebhookRequest) -> None:
        """Return if Twilio signed the form for the URL under PUBLIC_URL. Raises SignatureError."""
        given = request.headers.get("x-twilio-signature", "")
        called, public = urlsplit(request.url), urlsplit(self._public)
        # A proxy may strip a prefix of PUBLIC_URL before forwarding the call.
        path = called.path if called.path.startswith(f"{public.path}/") else public.path + called.path
        address = urlunsplit((*public[:2], path, called.query, ""))
        try:
            form = _form(request.body)
        except PayloadError as error:
            raise SignatureError("the body is no form, so Twilio cannot have signed it") from error
        # The validator compares text: a non-ASCII header can't be valid.
        if not given or not given.isascii() or not self._validator.validate(address, form, given):
            raise SignatureError("X-Twilio-Signature is missing or wrong: is PUBLIC_URL the address that Twilio calls?")

    def parse(self, request: WebhookRequest) -> tuple[IncomingMessage, ...]:
        """Return the form's one event. Raises PayloadError for a body that is not Twilio's."""
        form = {name: plain(value) for name, value in _form(request.body).items()}
        if not any(form.get(name) for name in ("MessageSid", "SmsSid", "SmsMessageSid", "From")):
            raise PayloadError("the form should hold MessageSid and From")
        return (_status(form, self._now()) if _is_status(form) else _message(form, self._now()),)

    def render(self, reply: Reply, to: Address) -> tuple[OutboundCall, ...]:
        """Return the calls that show `reply`: one text including cards and numbered choices, a picture above it."""
        told = worded(in_marks(reply, "*"))
        text = joined(told.text, choices_in_words(told.choices))
        picture = {"media_url": told.picture} if told.picture else {}
        if picture and text and length(text) <= CAPTION:
            bodies = [{"body": text, **picture}]
        else:
            bodies = [*([picture] if picture else []), *({"body": part} for part in split_text(text, TEXT))]
        return tuple(OutboundCall(NAME, to.person, body) for body in bodies)

    def render_late(self, text: str, to: Address, language: str = "") -> tuple[OutboundCall, ...]:  # noqa: ARG002 - has one text for all languages
        """Return the call that sends a staff member's `text` in the approved template; () if there is none."""
        return _in_template(self._template, text, to) if self._template else ()

    def render_unasked(
        self,
        reply: Reply,
        to: Address,
        *,
        template: str = "",
        language: str = "",  # noqa: ARG002 - as above
    ) -> tuple[OutboundCall, ...]:
        """Return the calls that send what nobody has just asked for."""
        return _in_template(template, reply.text or "", to) if template else self.render(reply, to)

    def source_of(self, media: Media) -> Source:
        """Return where a file is: at Twilio, behind the account's credentials. Raises DownloadError."""
        if not media.url:
            raise DownloadError("Twilio has given no address for this file.")
        return Source(media.url, FILES, self._client.api.base_url, {"Authorization": self._credentials})

    def courtesies(self, message: IncomingMessage) -> tuple[OutboundCall, ...]:  # noqa: ARG002
        """Return nothing: Twilio's typing indicator is experimental and may change."""
        return ()

    def send(self, call: OutboundCall) -> str | None:
        """Make the call; return Twilio's message id: queued, not yet delivered. Raises SendError."""
        media = call.body.get("media_url")
        words: dict[str, Any] = {
            name: call.body[name] for name in ("body", "content_sid", "content_variables") if name in call.body
        }
        if media:
            words["media_url"] = [media]
        if self._callback:
            words["status_callback"] = self._callback
        try:
            return within(SEND_SECONDS, lambda: self._create(call.person, words))
        except (requests.Timeout, TimeoutError) as error:
            raise RetryableError("Twilio did not answer in time.", code="timeout") from error
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as error:
            raise OperatorError("TWILIO_API_URL is not usable in a request.") from error
        except requests.RequestException as error:
            raise RetryableError("The connection to Twilio failed.", code="connection") from error
        except (TwilioException, ValueError, TypeError) as error:
            raise RetryableError("What answered for Twilio is not Twilio.", code="no json") from error

    def _create(self, person: str, words: Mapping[str, Any]) -> str | None:
        self._answer.retry_after = ""
        try:
            return plain(self._client.messages.create(to=person, from_=self._number, **words).sid)
        except TwilioRestException as error:
            raise _send_error(error, retry_after(self._answer.retry_after, self._now())) from error

    def _keep_header(self, response: requests.Response, **_: object) -> None:
        self._answer.retry_after = response.headers.get("Retry-After", "")


def _in_template(template: str, text: str, to: Address) -> tuple[OutboundCall, ...]:
    variables = json.dumps({"1": shorten(one_line(text), VARIABLE)}, ensure_ascii=False)
    return (OutboundCall(NAME, to.person, {"content_sid": template, "content_variables": variables}),)


class _Form(dict[str, str]):
    """A form; a repeated name has its last value. The validator reads all values of a name with `getlist`."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def getlist(self, name: str) -> list[str]:
        """Return every value of a name."""
        return [value for each, value in self._pairs if each == name]


def _form(body: bytes) -> _Form:
    if len(body) > LONGEST_FORM:
        raise PayloadError("the form is longer than any of Twilio's")
    try:
        return _Form(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=1000))
    except ValueError as error:
        raise PayloadError("the body is no form") from error


def _is_status(form: Mapping[str, str | None]) -> bool:
    # A status may arrive at the same URL: `From` is then the library's own number.
    return bool(form.get("MessageStatus")) or form.get("SmsStatus") not in {None, "received"}


def _status(form: Mapping[str, str | None], now: datetime) -> IncomingMessage:
    about, told = _sid(form), form.get("MessageStatus") or form.get("SmsStatus") or "unknown"
    code = form.get("ErrorCode")
    number = int(code) if code and code.isdigit() and len(code) < 9 else 0
    reason = PERMANENT.get(number) or OPERATOR.get(number) or "Twilio reports that it could not be delivered."
    person = form.get("To") or ""
    return IncomingMessage(
        id=f"{about}:{told[:40]}" if about else fingerprint("status", dict(form)),
        kind=Kind.STATUS,
        # A short code is not a person.
        sender=Address(NAME, person) if person.startswith(("whatsapp:", "+")) and len(person) <= LONGEST_ID else None,
        sent_at=now,
        status=_STATUSES.get(told, told)[:40],
        refers_to=(about,) if about else (),
        details={"code": code, "reason": reason, "retry": number in RETRY, "operator": OPERATOR.get(number)}
        if code
        else {},
    )


def _message(form: Mapping[str, str | None], now: datetime) -> IncomingMessage:
    person = form.get("From")
    user = form.get("ExternalUserId")
    if user and not user.startswith("whatsapp:"):
        user = f"whatsapp:{user}"
    return IncomingMessage(
        id=_sid(form) or fingerprint("message", dict(form)),
        sender=Address(NAME, person) if person and len(person) <= LONGEST_ID else None,
        sent_at=now,
        reply_to=form.get("OriginalRepliedMessageSid"),
        referral=form.get("ReferralSourceId"),
        **_read(form, {"user_id": user} if user else {}),
    )


def _read(form: Mapping[str, str | None], details: dict[str, Any]) -> dict[str, Any]:
    body = form.get("Body")
    text = body if body and body.strip() else None
    if form.get("ButtonPayload") or form.get("ButtonText"):
        title = form.get("ButtonText") or text
        return {"kind": Kind.POSTBACK, "choice": form.get("ButtonPayload") or title, "text": title, "details": details}
    media = _media(form)
    if media:
        return {"kind": Kind.MEDIA, "text": text, "media": media, "details": details}
    place = _coordinates(form)
    if place:
        return {"kind": Kind.LOCATION, "latitude": place[0], "longitude": place[1], "details": details}
    if text:
        return {"kind": Kind.TEXT, "text": text, "details": details}
    return {"kind": Kind.UNSUPPORTED, "details": {**details, "type": (form.get("MessageType") or "")[:40]}}


def _media(form: Mapping[str, str | None]) -> tuple[Media, ...]:
    count = form.get("NumMedia") or "0"
    found = []
    for number in range(min(int(count), 10) if count.isdigit() and len(count) < 4 else 0):
        mime = form.get(f"MediaContentType{number}") or ""
        kind = "sticker" if mime == "image/webp" else mime.split("/")[0] or "unknown"
        found.append(Media(type=kind, url=form.get(f"MediaUrl{number}"), mime=mime or None))
    return tuple(found)


def _coordinates(form: Mapping[str, str | None]) -> tuple[float, float] | None:
    try:
        latitude, longitude = float(form.get("Latitude") or ""), float(form.get("Longitude") or "")
    except ValueError:
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _sid(form: Mapping[str, str | None]) -> str | None:
    sid = form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid")
    return sid if sid and len(sid) <= LONGEST_ID else None


def _send_error(error: TwilioRestException, wait: float | None) -> SendError:
    code = int(error.code or 0)
    name = str(code) if code else f"http {error.status}"
    if code in PERMANENT:
        return PermanentError(PERMANENT[code], code=name)
    if code in RETRY or error.status in {408, 429} or error.status >= 500:
        return RetryableError(f"Twilio cannot take the message now ({name}).", code=name, retry_after=wait)
    if code in OPERATOR or error.status in {401, 403, 404}:
        words = OPERATOR.get(code, "Twilio refuses the account or its token: check the TWILIO_ settings.")
        return OperatorError(words, code=name)
    return PermanentError(f"Twilio refuses the message ({name}).", code=name)
