"""Who is trying to sign in: the IP address, the browser's name, and the marker of one that has signed in before.

The marker is a signed cookie. It grants no access: it only has this browser's attempts counted separately from those of
strangers, who may try a known name as often as they like and hold up only themselves.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta

from flask import after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from bot.store.door import Caller

COOKIE = "carrel_device"
LASTS = timedelta(days=180)

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def caller(name: str) -> Caller:
    """Return who is trying to sign in as `name`."""
    return Caller(request.remote_addr or "", browser(request.user_agent.string), _device(name.strip().lower()))


def browser(agent: str) -> str:
    """Return a browser's readable name, such as "Firefox on Linux"; "" if it is not recognised."""
    found = next((name for sign, name in _BROWSERS if re.search(rf"\b{sign}", agent)), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return " on ".join(each for each in (found, system) if each)


def remember(name: str) -> None:
    """Mark this browser as one in which `name` has signed in."""
    if _device(name):
        return
    mark = _serializer().dumps([name, secrets.token_hex(16)])

    @after_this_request
    def give(response: Response) -> Response:
        response.set_cookie(
            COOKIE,
            mark,
            max_age=LASTS,
            path=current_app.config["SESSION_COOKIE_PATH"],
            secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
            httponly=True,
            samesite="Lax",
        )
        return response


def _device(name: str) -> str:
    try:
        known, mark = _serializer().loads(request.cookies.get(COOKIE, ""), max_age=int(LASTS.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return ""
    return str(mark) if known == name else ""


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="carrel device")
