"""Access to Rasa's server and its action server: the token shared by Carrel's own processes.

Local requests may have a message parsed and check the server's health. Everything that changes or reads more (the
model, the conversations, the bot's own channel) requires the token.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Collection, Mapping

NAME = "RASA_TOKEN"
SCHEME = "Bearer "

Route = tuple[str, str]  # method and path

# Exactly as written here: with an additional slash the token is required.
OF_RASA: Collection[Route] = frozenset(
    {("GET", "/"), ("GET", "/version"), ("GET", "/status"), ("POST", "/model/parse"), ("GET", "/webhooks/carrel/")}
)
# Health checks, open to everybody.
HEALTH: Collection[Route] = frozenset({("GET", "/health")})


def expected() -> str:
    """Return the token that this process requires; "" for one started by hand, which requires none.

    It is passed by the environment, since the command line is readable by every user of the machine.
    """
    return os.environ.get(NAME, "")


def headers(token: str) -> dict[str, str]:
    """Return the headers of Carrel's own requests."""
    return {"Authorization": f"{SCHEME}{token}"} if token else {}


def given(request: Mapping[str, str], query: Mapping[str, str]) -> str:
    """Return a request's token, from its headers (lower-case names) or from Rasa's own ?token=…"""
    header = request.get("authorization", "")
    return header.removeprefix(SCHEME) if header.startswith(SCHEME) else query.get("token", "")


def right(token: str, came: str) -> bool:
    """Return whether the received token is the expected one, in constant time."""
    return bool(token) and hmac.compare_digest(token.encode(), came.encode("utf-8", "surrogateescape"))


def local(peer: str) -> bool:
    """Return whether the other end of a connection is on this machine."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
