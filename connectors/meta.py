"""Shared by Meta's channels: signature, handshake, tolerant JSON parsing, and Graph API calls."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from connectors.channel import WebhookRequest
from connectors.deadline import SEND_SECONDS, within
from connectors.downloads import AGAIN, DownloadError
from connectors.errors import OperatorError, PayloadError, PermanentError, RetryableError, SendError, SignatureError

# Where Meta stores the files people send. PLATFORMS, section 4.
FILES = ("lookaside.fbsbx.com", ".fbsbx.com", ".fbcdn.net")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# In seconds this number is in the year 5138, in milliseconds in 1973.
_FIRST_MILLISECONDS = 100_000_000_000
_LAST_SECOND = 253_402_300_799  # the end of the year 9999


@dataclass(frozen=True)
class ErrorTable:
    """What a product's error codes mean. A pair is a code and its subcode, 0 for any.

    permanent: this message to this person will never be delivered, with a text for staff. retry: worth another try.
    operator: somebody has to fix something, with a text; `permission` is the text for codes 200 to 299. `growth`: the
    back-off factor of a code, where the platform specifies one. `tries`: how many before a call
    is given up, for codes that may mean a temporary or a permanent failure.
    """

    permanent: Mapping[tuple[int, int], str]
    retry: frozenset[int]
    operator: Mapping[int, str]
    permission: str
    growth: Mapping[int, float] = field(default_factory=dict)
    tries: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """How to reach Meta's Graph API. `now` returns the current time, UTC: a Retry-After may be a date."""

    url: str
    version: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    client: httpx.Client
    now: Callable[[], datetime]
    errors: ErrorTable


def check_signature(request: WebhookRequest, app_secret: str) -> None:
    """Return if `X-Hub-Signature-256` is the HMAC-SHA256 of the raw body under `app_secret`. Raises SignatureError."""
    given = request.headers.get("x-hub-signature-256", "")
    right = "sha256=" + hmac.new(app_secret.encode(), request.body, hashlib.sha256).hexdigest()
    # As bytes: compare_digest raises TypeError for non-ASCII text, and a header may contain anything.
    if not _same(given, right):
        raise SignatureError("X-Hub-Signature-256 is missing or is not the body's HMAC-SHA256 under the app secret")


def challenge(request: WebhookRequest, verify_token: str) -> str:
    """Return the challenge of Meta's verification GET. Raises SignatureError for another mode or token."""
    if request.query.get("hub.mode") != "subscribe" or not _same(
        request.query.get("hub.verify_token", ""), verify_token
    ):
        raise SignatureError("hub.mode is not subscribe, or hub.verify_token is not the configured one")
    return request.query.get("hub.challenge", "")


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def envelope(request: WebhookRequest) -> tuple[str, list[Any]]:
    """Return a webhook's `object` and its `entry` list. Raises PayloadError when the body is not in this format."""
    try:
        payload = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise PayloadError("the body is not JSON") from error
    if not isinstance(payload, dict):
        raise PayloadError("the body is JSON, but not an object")
    kind, entries = payload.get("object"), payload.get("entry")
    if not isinstance(kind, str) or not isinstance(entries, list):
        raise PayloadError('the body should hold "object", a string, and "entry", a list')
    return kind, entries


def part(value: object, name: str) -> dict[str, Any]:
    """Return the object under `name` in `value`; an empty one if it is missing or not an object."""
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def plain(value: object) -> str | None:
    """Return a string or whole number as text that any database accepts, or None for anything else and for "".

    NUL is removed, since PostgreSQL refuses it; a lone surrogate, which can't be encoded, becomes U+FFFD.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).replace("\0", "")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") or None


def moment(value: object) -> datetime | None:
    """Return a timestamp in seconds or milliseconds, number or string, as a UTC datetime; None if it is not one."""
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except (ValueError, OverflowError):
        return None
    seconds = number / 1000 if number >= _FIRST_MILLISECONDS else number
    if not math.isfinite(seconds) or not 0 < seconds <= _LAST_SECOND:
        return None
    return EPOCH + timedelta(milliseconds=round(seconds * 1000))


def fingerprint(*facts: object) -> str:
    """Return an id for an event that has none: equal for equal JSON-safe `facts`, regardless of key order."""
    return "made:" + hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:40]


def post(graph: Graph, node: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """POST `body` to `/<version>/<node>/messages` and return Meta's answer. Raises a SendError.

    The token is sent in a header and its proof in the body, so that neither ends up in a log of URLs.
    """
    content = json.dumps({**body, "appsecret_proof": proof(graph)}).encode()
    return call(graph, "POST", f"{node}/messages", content=content, headers={b"Content-Type": b"application/json"})


def proof(graph: Graph) -> str:
    """Return what shows Meta that a call comes from who has the app's secret."""
    return hmac.new(graph.app_secret.encode(), graph.access_token.encode(), hashlib.sha256).hexdigest()


def call(
    graph: Graph, method: str, path: str, *, headers: Mapping[bytes, bytes] | None = None, **request: Any
) -> dict[str, Any]:
    """Make any call of the Graph API, given as httpx takes it, and return Meta's answer. Raises a SendError."""
    authorized = {b"Authorization": b"Bearer " + graph.access_token.encode(), **(headers or {})}

    def made() -> httpx.Response:
        return graph.client.request(method, f"{graph.url}/{graph.version}/{path}", headers=authorized, **request)

    try:
        response = within(SEND_SECONDS, made)
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
        raise OperatorError("GRAPH_API_URL, the page id or the access token is not usable in a request.") from error
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise RetryableError("Meta cannot be reached.", code="unreachable") from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise RetryableError("Meta did not answer in time.", code="timeout") from error
    except httpx.RequestError as error:
        raise RetryableError("The connection to Meta failed.", code="connection") from error
    return _answer(response, graph.now(), graph.errors)


def file_address(graph: Graph, media_id: str | None) -> str:
    """Return the URL of a file that a person sent. Raises DownloadError when Meta does not give one."""
    if not media_id or not re.fullmatch(r"[\w.:-]{1,128}", media_id):
        raise DownloadError("WhatsApp has given no id for this file.")
    headers = {"Authorization": f"Bearer {graph.access_token}"}
    try:
        response = graph.client.get(f"{graph.url}/{graph.version}/{media_id}", headers=headers)
        found = response.json() if response.is_success else None
    except (httpx.HTTPError, ValueError, RecursionError) as error:
        raise DownloadError("The platform does not answer. Try it again.", again=True) from error
    if response.status_code in AGAIN:
        raise DownloadError("The platform can't give the file now. Try it again.", again=True)
    url = plain(found.get("url")) if isinstance(found, dict) else None
    if not url:
        raise DownloadError("The platform does not give this file any more: it keeps files for some days.")
    return url


def _answer(response: httpx.Response, now: datetime, errors: ErrorTable) -> dict[str, Any]:
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict) and response.is_success and "error" not in answer:
        return answer
    if response.is_success and not isinstance(answer, dict):
        # A proxy answered instead of Meta, so the message most likely was not sent.
        raise RetryableError("What answered for Meta is not Meta: a 200 without JSON.", code="http 200")
    raise _send_error(part(answer, "error"), response, now, errors)


def _send_error(error: Mapping[str, Any], response: httpx.Response, now: datetime, errors: ErrorTable) -> SendError:
    """Return the error for Meta's answer: what Meta calls transient is retried, unless its code is permanent."""
    status, code, subcode = response.status_code, _number(error.get("code")), _number(error.get("error_subcode"))
    name = f"{code}/{subcode}" if subcode else str(code) if code else f"http {status}"
    words = plain(error.get("message")) or ""
    permanent = errors.permanent.get((code, subcode)) or errors.permanent.get((code, 0))
    if code == 200 and "this person" in words.lower():
        permanent = errors.permanent.get((200, 1545041), permanent)
    if permanent:
        return PermanentError(permanent, code=name)
    if code in errors.retry or status in {408, 429} or status >= 500 or error.get("is_transient") is True:
        wait = retry_after(response.headers.get("retry-after", ""), now)
        return RetryableError(
            f"Meta cannot take the message now ({name}).",
            code=name,
            retry_after=wait,
            growth=errors.growth.get(code, 2.0),
            most_tries=errors.tries.get(code),
        )
    # WhatsApp's code 0 is a rejected token; an answer with no code at all is not Meta's.
    if (code in errors.operator and "code" in error) or 200 <= code <= 299:
        reason = f"{errors.operator.get(code, errors.permission)}{_quote(words)}"
        return OperatorError(reason, code=name, most_tries=errors.tries.get(code))
    if not code and status != 400 and status != 413:
        return OperatorError(
            f"What answers at GRAPH_API_URL is not Meta's Graph API: HTTP {status} without an error of Meta's.",
            code=name,
        )
    return PermanentError(f"Meta refuses the message ({name}).{_quote(words)}", code=name)


def _quote(words: str) -> str:
    # Meta's messages may contain ids and even tokens; staff need neither.
    safe = re.sub(r"\d{5,}|\S{25,}", "…", " ".join(words.split()))[:200]
    return f" Meta's words: {safe}" if safe else ""


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def retry_after(header: str, now: datetime) -> float | None:
    """Return the seconds that a Retry-After asks for: RFC 9110 allows a number or a date."""
    if re.fullmatch(r"\d{1,9}", header.strip()):
        return float(header)
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - now).total_seconds())
