"""Rasa's action server behind Carrel's token: requests from this machine pass, all others need the token."""

from __future__ import annotations

import rasa_sdk.__main__
from rasa_sdk.plugin import plugin_manager
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import passes


def may(token: str, route: passes.Route, peer: str, came: str) -> bool:
    """Return whether a request may pass. Without a token, the server answers only this machine."""
    return route in passes.HEALTH or passes.local(peer) or passes.right(token, came)


def attach_sanic_app_extensions(app: Sanic) -> None:
    """Check every request before the server's routes do; rasa_sdk calls this function by its name."""
    token = passes.expected()

    async def check(request: Request) -> HTTPResponse | None:
        came = passes.given(request.headers, {name: request.args.get(name) for name in request.args})
        if may(token, (request.method, request.path), request.ip, came):
            return None
        return response.json({"error": "this needs Carrel's token"}, status=401)

    app.register_middleware(check, "request")


def main() -> None:
    """Run the server; the command line is that of rasa_sdk."""
    import pluggy

    class Door:
        attach_sanic_app_extensions = staticmethod(pluggy.HookimplMarker("rasa_sdk")(attach_sanic_app_extensions))

    plugin_manager().register(Door())
    rasa_sdk.__main__.main()


if __name__ == "__main__":
    main()
