"""A page's greeting, menu and ice breakers: read from a file, validated, turned into calls; and Graph API access.

Messenger Platform, "Messenger Profile API", and Graph API, "Page subscribed apps", read in November 2026.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from connectors.meta import part, plain
from connectors.splitting import length

PROFILE = Path(__file__).with_name("profile.yml")
GET_STARTED = "GET_STARTED"
# What Carrel subscribes to. Without the first two it receives no messages.
NEEDED = ("messages", "messaging_postbacks")
FIELDS = (
    *NEEDED,
    "messaging_referrals",
    "messaging_optins",
    "message_deliveries",
    "message_reads",
    "message_reactions",
    "message_edits",
    "message_echoes",
    "messaging_handovers",
    "standby",
)
GREETING, TITLE, QUESTION, PAYLOAD = 160, 30, 80, 1000
MENU_ITEMS, ICE_BREAKERS = 20, 4
_FIELDS = frozenset({"greeting", "menu", "ice_breakers"})


class ProfileError(Exception):
    """The profile file is invalid. The text has one line per problem: where, and what is expected."""


class GraphError(Exception):
    """The Graph API refused a call, or something else answered: `code` is Meta's (0 for none), `status` HTTP's.

    The text is Meta's own, without ids and tokens.
    """

    def __init__(self, words: str, *, code: int, status: int) -> None:
        super().__init__(words)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Access:
    """How to reach the Graph API for a page or a number."""

    url: str
    version: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    client: httpx.Client


@dataclass(frozen=True)
class Item:
    """Something to tap: its text and the payload that comes back."""

    words: str
    payload: str


@dataclass(frozen=True)
class Profile:
    """What a page shows before the first message, and its menu; `locales`: the same for other Facebook languages."""

    greeting: str
    menu: tuple[Item, ...]
    ice_breakers: tuple[Item, ...]
    locales: Mapping[str, Profile] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A POST to make: the node below the version, and the body."""

    node: str
    body: Mapping[str, Any]


def read_profile(text: str) -> Profile:
    """Return the profile held in YAML. Raises ProfileError with one line for everything invalid or too long."""
    try:
        data = YAML(typ="safe").load(text)
    except (YAMLError, ValueError, RecursionError) as error:
        raise ProfileError(f"not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ProfileError("should hold greeting, menu and ice_breakers")
    problems: list[str] = []
    others = data.pop("locales", None) or {}
    profile = _profile(data, "", problems)
    if not isinstance(others, dict):
        problems.append("locales: should hold a locale each, such as zh_HK")
        others = {}
    locales = {str(locale): _of_locale(str(locale), each, problems) for locale, each in others.items()}
    if problems:
        raise ProfileError("\n".join(problems))
    return replace(profile, locales=locales)


def _of_locale(locale: str, data: object, problems: list[str]) -> Profile:
    if not re.fullmatch(r"[a-z]{2}_[A-Z]{2}", locale):
        problems.append(f"locales, {locale}: is no locale; write for example zh_HK")
    if not isinstance(data, dict):
        problems.append(f"locales, {locale}: should hold greeting, menu and ice_breakers")
        return Profile("", (), ())
    return _profile(data, f"locales, {locale}, ", problems)


def _profile(data: Mapping[Any, Any], of: str, problems: list[str]) -> Profile:
    before = len(problems)
    problems += [f"{of}{name}: there is no such field" for name in data if name not in _FIELDS]
    profile = Profile(
        greeting=_words(data.get("greeting"), f"{of}greeting", GREETING, problems),
        menu=_items(data.get("menu"), f"{of}menu", "title", (MENU_ITEMS, TITLE), problems),
        ice_breakers=_items(
            data.get("ice_breakers"), f"{of}ice_breakers", "question", (ICE_BREAKERS, QUESTION), problems
        ),
    )
    if not profile.menu and len(problems) == before:
        problems.append(f"{of}menu: should have an item at least")
    return profile


def _words(value: object, where: str, most: int, problems: list[str]) -> str:
    if not isinstance(value, str) or not value.strip():
        problems.append(f"{where}: should be text")
        return ""
    words = value.strip()
    if length(words) > most:
        problems.append(f"{where}: has {length(words)} characters, Messenger takes {most}")
    return words


def _items(value: object, where: str, name: str, limits: tuple[int, int], problems: list[str]) -> tuple[Item, ...]:
    entries = [] if value is None else value
    if not isinstance(entries, list):
        problems.append(f"{where}: should be a list")
        return ()
    many, long = limits
    if len(entries) > many:
        problems.append(f"{where}: has {len(entries)} items, Messenger takes {many}")
    found = []
    for number, entry in enumerate(entries, start=1):
        place = f"{where}, item {number}"
        if not isinstance(entry, dict) or set(entry) != {name, "payload"}:
            problems.append(f"{place}: should have {name} and payload, and nothing else")
            continue
        words = _words(entry[name], f"{place}, {name}", long, problems)
        payload = _words(entry["payload"], f"{place}, payload", PAYLOAD, problems)
        if payload and not re.match(r"/\w", payload):
            problems.append(f"{place}, payload: {payload!r} should be an intent such as /opening_hours")
        found.append(Item(words, payload))
    return tuple(found)


def setup_calls(profile: Profile, page_id: str) -> tuple[Call, ...]:
    """Return the calls that write `profile` to the page and subscribe the app to the events Carrel uses."""
    spoken = {"default": profile, **profile.locales}
    body: dict[str, Any] = {
        "greeting": [{"locale": locale, "text": each.greeting} for locale, each in spoken.items()],
        "get_started": {"payload": GET_STARTED},
        "persistent_menu": [
            {"locale": locale, "composer_input_disabled": False, "call_to_actions": _postbacks(each.menu)}
            for locale, each in spoken.items()
        ],
    }
    questions = [
        {"locale": locale, "call_to_actions": [{"question": item.words, "payload": item.payload} for item in asked]}
        for locale, each in spoken.items()
        if (asked := each.ice_breakers)
    ]
    if questions:
        body["ice_breakers"] = questions
    return (
        Call("me/messenger_profile", body),
        Call(f"{page_id}/subscribed_apps", {"subscribed_fields": list(FIELDS)}),
    )


def _postbacks(menu: Sequence[Item]) -> list[dict[str, str]]:
    return [{"type": "postback", "title": each.words, "payload": each.payload} for each in menu]


def call(
    access: Access, node: str, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """GET `/<version>/<node>`, or POST `body` to it, and return the answer.

    The token is sent in a header; its proof, which is worthless without it, in the URL. Raises GraphError for an error
    from Meta or an answer that is not Meta's, and httpx's errors if there is no answer.
    """
    proof = hmac.new(access.app_secret.encode(), access.access_token.encode(), hashlib.sha256).hexdigest()
    response = access.client.request(
        "GET" if body is None else "POST",
        f"{access.url}/{access.version}/{node}",
        params={**(query or {}), "appsecret_proof": proof},
        content=None if body is None else json.dumps(body).encode(),
        headers={
            b"Authorization": b"Bearer " + access.access_token.encode(),
            **({} if body is None else {b"Content-Type": b"application/json"}),
        },
    )
    status = response.status_code
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict) or (not response.is_success and not isinstance(answer.get("error"), dict)):
        raise GraphError("", code=0, status=status)
    if response.is_success and "error" not in answer:
        return answer
    error = part(answer, "error")
    code = error.get("code")
    number = code if isinstance(code, int) and not isinstance(code, bool) else 0
    raise GraphError(_safe(plain(error.get("message")) or "", access), code=number, status=status)


def _safe(words: str, access: Access) -> str:
    # Meta's messages may contain ids, numbers and even tokens.
    for secret in (access.access_token, access.app_secret):
        words = words.replace(secret, "…")
    words = "".join(letter for letter in " ".join(words.split()) if letter.isprintable())
    return re.sub(r"\+?\d[\d\s()-]{4,}|\S{25,}", "…", words)[:200]
