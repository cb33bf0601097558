"""Requires a token for every request to Rasa's server: see `bot.passes`."""

from __future__ import annotations

import time
from typing import Any, Optional

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import passes
from bot.logs import apart

lines = apart("rasa")

SAID = "this needs Carrel's token, as the header Authorization: Bearer …; docs/operations.md says where it is kept"
TOLD_EVERY_SECONDS = 60.0


def may(token: str, route: passes.Route, peer: str, came: str) -> bool:
    """Return whether a request may pass: with the token, or from this machine if the route is an open one."""
    return passes.right(token, came) or (route in passes.OF_RASA and passes.local(peer))


def guard(routes: Blueprint) -> None:
    """Make the server that takes these routes require the token on all routes; if none is set, allow everyone."""
    token, told_at = passes.expected(), -TOLD_EVERY_SECONDS

    async def check(request: Request) -> Optional[HTTPResponse]:
        nonlocal told_at
        came = passes.given(request.headers, {name: request.args.get(name) for name in request.args})
        if may(token, (request.method, request.path), request.ip, came):
            return None
        now = time.monotonic()
        if now - told_at >= TOLD_EVERY_SECONDS:  # so that repeated attempts do not fill the log
            told_at = now
            lines.warning("rasa_refused", method=request.method, token="wrong" if came else "none")
        return response.json({"status": "failure", "reason": "NotAuthenticated", "message": SAID}, status=401)

    @routes.listener("before_server_start")
    async def begin(app: Any, _loop: Any) -> None:
        if token:
            app.register_middleware(check, "request")
