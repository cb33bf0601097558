"""Who may ask Rasa's server and the action server for what."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions import rasa_sdk_server
from bot import passes
from bot.nlu import guard
from bot.settings import read_settings

TOKEN = "a-token-of-the-tests"
HERE, THERE = ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"), ("10.0.0.7", "::ffff:10.0.0.7", "fe80::1%eth0", "")
GUARDED = (
    ("DELETE", "/model"),
    ("PUT", "/model"),
    ("POST", "/model/train"),
    ("POST", "/model/parse/"),
    ("GET", "/model/parse"),
    ("POST", "/webhooks/carrel/webhook"),
    ("POST", "/webhooks/rest/webhook"),
    ("GET", "/conversations/a/tracker"),
    ("GET", "/domain"),
    ("OPTIONS", "/status"),
)


@pytest.mark.parametrize("peer", [*HERE, *THERE])
def test_rasa_takes_the_token_for_all_that_changes_or_reads_more(peer: str) -> None:
    """From this machine too, where understanding a message and seeing how the server fares alone are open."""
    for route in GUARDED:
        assert guard.may(TOKEN, route, peer, TOKEN)
        assert not guard.may(TOKEN, route, peer, "")
        assert not guard.may(TOKEN, route, peer, "another")
        assert not guard.may("", route, peer, "")
    for route in passes.OF_RASA:
        assert guard.may(TOKEN, route, peer, "") == (peer in HERE)


def test_the_action_server_answers_this_machine_and_the_token() -> None:
    """From elsewhere its health alone is open."""
    for peer in HERE:
        assert rasa_sdk_server.may(TOKEN, ("POST", "/webhook"), peer, "")
    for peer in THERE:
        assert rasa_sdk_server.may(TOKEN, ("POST", "/webhook"), peer, TOKEN)
        assert not rasa_sdk_server.may(TOKEN, ("POST", "/webhook"), peer, "another")
        assert not rasa_sdk_server.may("", ("POST", "/webhook"), peer, "")
        assert rasa_sdk_server.may(TOKEN, ("GET", "/health"), peer, "")


def test_a_token_comes_by_the_header_or_as_rasa_wants_it() -> None:
    """What is sent is what is read, whatever its letters."""
    assert passes.given({name.lower(): value for name, value in passes.headers(TOKEN).items()}, {}) == TOKEN
    assert passes.given({}, {"token": TOKEN}) == TOKEN
    assert passes.given({"authorization": "Basic eA=="}, {}) == ""
    assert passes.headers("") == {}
    assert not passes.right(TOKEN, "köln\udcff")


def test_the_token_is_made_once_kept_closed_and_can_be_set(tmp_path: Path) -> None:
    """Under var/, for the owner alone."""
    first, again = (read_settings({"CARREL_VAR": str(tmp_path)}, None) for _ in range(2))
    set_to = read_settings({"CARREL_VAR": str(tmp_path), "RASA_TOKEN": "x" * 20}, None)

    assert len(first.rasa_token) > 40
    assert first.rasa_token == again.rasa_token
    assert first.rasa_token not in repr(first)
    assert (tmp_path / "rasa_token").stat().st_mode & 0o777 == 0o600
    assert set_to.rasa_token == "x" * 20
