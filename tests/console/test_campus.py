"""Signing in by the campus, before a real OpenID Connect server: whom it lets in, whom not, and what it says then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Engine
from werkzeug.test import TestResponse

from bot.console.desk import Desk, OpenIdConnect
from bot.store import users
from tests.console.campus import CLIENT_ID, CLIENT_SECRET, Campus, another_key
from tests.console.conftest import NOW, Visitor, installed

ADDRESS = "siu.ming@campus.example"


@pytest.fixture
def campus() -> Iterator[Campus]:
    """The campus's server."""
    made = Campus()
    made.person = {"email": ADDRESS, "email_verified": True}
    made.start()
    yield made
    made.stop()


@pytest.fixture
def visitor(at: Desk, campus: Campus, engine: Engine) -> Visitor:
    """Somebody at the door of a console that knows the campus, where one of the campus is a librarian."""
    users.add(engine, ADDRESS, "librarian", None, actor="ada", now=NOW)
    at = replace(at, single_sign_on=OpenIdConnect(campus.issuer, CLIENT_ID, CLIENT_SECRET))
    return Visitor(installed(at).test_client())


def come_back(visitor: Visitor, query: str = "", *, change: str = "") -> TestResponse:
    """Go to the campus and come back with what it gave; `change` is added to its address."""
    sent = visitor.get(f"/console/campus{query}")
    back = httpx.get(sent.location).headers["Location"].removeprefix("http://localhost")
    return visitor.get(back + change)


def refused(visitor: Visitor, response: TestResponse) -> str:
    """Return what the door says to somebody who was not let in."""
    assert response.status_code == 302
    assert response.location == "/console/sign-in"
    assert visitor.get("/console/").status_code == 302
    return visitor.get("/console/sign-in").text


def test_the_door_offers_the_campus(visitor: Visitor) -> None:
    assert "/console/campus" in visitor.get("/console/sign-in").text


@pytest.mark.parametrize("verified", [True, "true"])
def test_who_has_a_verified_address_comes_in_where_they_wanted_to_go(
    visitor: Visitor, campus: Campus, verified: Any
) -> None:
    campus.person = {"email": ADDRESS.title(), "email_verified": verified}
    assert come_back(visitor, "?next=/console/answers").location == "/console/answers"
    assert "librarian" in visitor.get("/console/answers").text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_campus_leads_to_no_other_site(visitor: Visitor, elsewhere: str) -> None:
    assert come_back(visitor, f"?next={elsewhere}").location == "/console/"


@pytest.mark.parametrize(
    "told",
    [
        {"email": ADDRESS, "email_verified": False},
        {"email": ADDRESS},
        {"email": ADDRESS, "email_verified": "no"},
        {"email": "eve@campus.example", "email_verified": False, "preferred_username": ADDRESS},
        {"email": "ada", "email_verified": True},
        {"email": ["ada"], "email_verified": True},
        {"preferred_username": "ada", "upn": "ada", "name": "ada"},
        {},
    ],
)
def test_nothing_but_a_verified_address_says_who_somebody_is(
    visitor: Visitor, campus: Campus, told: dict[str, Any]
) -> None:
    campus.person = told
    assert "has not verified your e-mail address" in refused(visitor, come_back(visitor))


def test_who_was_not_added_is_told_whom_to_ask(visitor: Visitor, campus: Campus) -> None:
    campus.person = {"email": "eve@campus.example", "email_verified": True}
    assert "nobody has added you here yet" in refused(visitor, come_back(visitor))


def test_who_was_closed_out_does_not_come_in_by_the_campus(visitor: Visitor, engine: Engine) -> None:
    added = users.named(engine, ADDRESS)
    assert added
    users.change(engine, added.id, actor="ada", now=NOW, active=False)
    assert "nobody has added you here yet" in refused(visitor, come_back(visitor))


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.example"}, {"aud": "another"}, {"exp": 1_000_000_000}, {"nonce": "replayed"}],
    ids=["issuer", "audience", "expired", "nonce"],
)
def test_a_token_for_somebody_else_or_of_another_time_is_refused(
    visitor: Visitor, campus: Campus, claims: dict[str, Any]
) -> None:
    campus.claims = claims
    assert "did not confirm who you are" in refused(visitor, come_back(visitor))


def test_a_token_that_another_key_signed_is_refused(visitor: Visitor, campus: Campus) -> None:
    campus.key = another_key()
    assert "did not confirm who you are" in refused(visitor, come_back(visitor))


def test_an_answer_that_nobody_asked_for_is_refused(visitor: Visitor) -> None:
    for query in ("", "?code=x", "?code=x&state=y", "?error=access_denied&state=y"):
        assert "did not confirm who you are" in refused(visitor, visitor.get(f"/console/campus/back{query}"))
    assert "did not confirm who you are" in refused(visitor, come_back(visitor, change="x"))


def test_who_says_no_at_the_campus_is_back_at_the_door(visitor: Visitor, campus: Campus) -> None:
    campus.refuses = "access_denied"
    assert "did not confirm who you are" in refused(visitor, come_back(visitor))


@pytest.mark.parametrize("broken", ["token", "keys"])
def test_a_campus_that_fails_on_the_way_back_is_said_and_no_fault_of_ours(
    visitor: Visitor, campus: Campus, broken: str
) -> None:
    campus.broken = broken
    assert "did not confirm who you are" in refused(visitor, come_back(visitor))


def test_a_campus_that_is_down_leaves_the_password(visitor: Visitor, campus: Campus) -> None:
    campus.broken = "discovery"
    assert "does not answer" in refused(visitor, visitor.get("/console/campus"))
    campus.broken = ""
    sent = visitor.get("/console/campus")
    back = httpx.get(sent.location).headers["Location"].removeprefix("http://localhost")
    campus.stop()
    assert "did not confirm who you are" in refused(visitor, visitor.get(back))
    assert visitor.sign_in("lib").location == "/console/"


def test_without_a_campus_its_addresses_lead_to_the_door(at: Desk) -> None:
    visitor = Visitor(installed(at).test_client())
    for path in ("/console/campus", "/console/campus/back?code=x&state=y"):
        assert visitor.get(path).location == "/console/sign-in"
