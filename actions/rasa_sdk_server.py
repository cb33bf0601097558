"""Rasa's action server with Carrel's token at its door: asked from this machine it answers all, else for the token."""

from __future__ import annotations

import rasa_sdk.__main__
from rasa_sdk.plugin import plugin_manager
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import passes


def may(token: str, route: passes.Route, peer: str, came: str) -> bool:
    """Return whether a request may pass. A server without a token answers this machine alone."""
    return route in passes.HEALTH or passes.local(peer) or passes.right(token, came)


def attach_sanic_app_extensions(app: Sanic) -> None:
    """Put the door before all of the server's routes; rasa_sdk calls this by its name."""
    token = passes.expected()

    async def check(request: Request) -> HTTPResponse | None:
        came = passes.given(request.headers, {name: request.args.get(name) for name in request.args})
        if may(token, (request.method, request.path), request.ip, came):
            return None
        return response.json({"error": "this needs Carrel's token"}, status=401)

    app.register_middleware(check, "request")


def main() -> None:
    """Run the server; the command line is rasa_sdk's own."""
    import pluggy

    class Door:
        attach_sanic_app_extensions = staticmethod(pluggy.HookimplMarker("rasa_sdk")(attach_sanic_app_extensions))

    plugin_manager().register(Door())
    rasa_sdk.__main__.main()


if __name__ == "__main__":
    main()
