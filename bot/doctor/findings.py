"""The findings of the doctor's checks, and how these call the platforms: whatever goes wrong is a readable finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import httpx

from bot.settings import Settings
from connectors.messenger.profile import Access, GraphError
from connectors.meta import plain

T = TypeVar("T")

BUSY = frozenset({1, 2, 4, 17, 32, 613, 80007, 130429})
PERMISSIONS = {
    "MESSENGER": "pages_messaging and pages_manage_metadata",
    "WHATSAPP": "whatsapp_business_messaging and whatsapp_business_management",
}


@dataclass(frozen=True)
class Finding:
    """What a check has found: the part, its state, a description, and what to do."""

    part: str
    state: Literal["ok", "warn", "wrong"]
    says: str
    do: str = ""


class Stop(Exception):
    """A check cannot go on; `finding` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.says)
        self.finding = finding


WEBHOOK_DO = "Is Carrel started (carrel serve), and PUBLIC_URL its address from outside?"


def no_webhook(name: str, where: str, response: httpx.Response) -> Finding:
    """Return what is wrong with an address that does not answer as a Carrel webhook."""
    if response.status_code == 404:
        todo = f"Start Carrel again with the {name.upper()}_ settings; the proxy must pass /webhooks/ on."
        return Finding(name, "wrong", f"There is no webhook at {where} (HTTP 404).", todo)
    if response.is_redirect:
        todo = "Set PUBLIC_URL to the address it leads to: platforms do not follow."
        return Finding(name, "wrong", f"{where} redirects (HTTP {response.status_code}).", todo)
    return Finding(name, "wrong", f"What answers at {where} is not Carrel (HTTP {response.status_code}).", WEBHOOK_DO)


def access_of(settings: Settings, client: httpx.Client, token: str, secret: str) -> Access:
    """Return how to reach the Graph API with a token and the secret of its app."""
    return Access(settings.graph_api_url, settings.graph_api_version, token, secret, client)


def ask_graph(name: str, prefix: str, ask: Callable[[], T]) -> T:
    """Return what `ask` returns. Raises Stop, with what Meta's error means, when the Graph API refuses."""
    token = f"{prefix}_PAGE_ACCESS_TOKEN" if prefix == "MESSENGER" else f"{prefix}_ACCESS_TOKEN"
    node = f"{prefix}_PAGE_ID" if prefix == "MESSENGER" else f"{prefix}_PHONE_NUMBER_ID"
    try:
        return reached(name, "Is GRAPH_API_URL right, and the way out open?", ask)
    except GraphError as error:
        raise Stop(_refused(name, prefix, token, node, error)) from error


def _refused(name: str, prefix: str, token: str, node: str, error: GraphError) -> Finding:
    said = f" Meta's words: {error}" if str(error) else ""
    if "appsecret_proof" in str(error):
        todo = f"Set {prefix}_APP_SECRET to the secret of the app that the token is of."
        return Finding(name, "wrong", "The app secret does not go with the token.", todo)
    # WhatsApp reports it as error 0 with a 401.
    if error.code == 190 or (str(error) and error.status == 401):
        return Finding(name, "wrong", "The token is expired or wrong (190).", f"Make a new token and set {token}.")
    if error.code in {3, 10} or 200 <= error.code <= 299:
        todo = f"Grant the app {PERMISSIONS[prefix]} and make a new token."
        return Finding(name, "wrong", f"The token lacks a permission ({error.code}).{said}", todo)
    if error.code in BUSY or error.status == 429 or error.status >= 500:
        says = f"Meta cannot answer now ({error.code or f'HTTP {error.status}'}).{said}"
        return Finding(name, "warn", says, "Try again later.")
    if not error.code:
        says = f"What answers at GRAPH_API_URL is not Meta's Graph API (HTTP {error.status})."
        return Finding(name, "wrong", says, "Check GRAPH_API_URL.")
    todo = f"Check {node} and GRAPH_API_VERSION."
    return Finding(name, "wrong", f"Meta refuses the call ({error.code}).{said}", todo)


def reached(name: str, todo: str, ask: Callable[[], T]) -> T:
    """Return what `ask` returns. Raises Stop when there is no answer."""
    try:
        return ask()
    except httpx.TimeoutException as error:
        raise Stop(Finding(name, "wrong", f"No answer in time{_of(error)}.", todo)) from error
    except httpx.ConnectError as error:
        # The error message may contain the URL, and the URL a verify token.
        refused = "certificate" in str(error).lower()
        says = "The certificate is not accepted" if refused else "Nothing answers"
        raise Stop(Finding(name, "wrong", f"{says}{_of(error)}.", todo)) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Stop(Finding(name, "wrong", f"The call failed ({type(error).__name__}){_of(error)}.", todo)) from error


def _of(error: Exception) -> str:
    try:
        url = error.request.url if isinstance(error, httpx.RequestError) else None
    except RuntimeError:  # raised by httpx for an error without a request
        url = None
    return f" at {url.scheme}://{url.netloc.decode()}" if url else ""


def json_object(response: httpx.Response) -> dict[str, Any]:
    """Return the JSON object in a response; an empty one if there is none."""
    try:
        value = response.json()
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def json_list(value: object, name: str) -> list[Any]:
    """Return the list under `name`; an empty one if there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def shown(value: object, most: int = 60) -> str:
    """Return a platform's value, safe to show in a terminal."""
    return "".join(filter(str.isprintable, plain(value) or ""))[:most].strip() or "unknown"
