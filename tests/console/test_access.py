"""The door and the guards: who may open what, forged forms, other sites, too many tries, what browsers are told."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy.engine import Engine

from bot.console.access import ANYBODY, STATIC, role_of
from bot.console.desk import Desk
from bot.store import audit, door, users
from bot.store.door import Caller
from tests.console.conftest import PASSWORD, Clock, Visitor, installed

BELOW = {"librarian": "viewer", "administrator": "librarian"}


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Return every route of the console as (endpoint, method, path)."""
    found = []
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("console.") or rule.endpoint == STATIC:
            continue
        values = {name: "csv" if name == "kind" else "x" if name == "rest" else 1 for name in rule.arguments}
        with app.test_request_context():
            path = app.url_map.bind("localhost").build(rule.endpoint, values)
        found += [(rule.endpoint, method, path) for method in rule.methods or () if method in {"GET", "POST"}]
    return found


def test_every_route_declares_a_role(app: Flask) -> None:
    assert not [endpoint for endpoint, _, _ in routes(app) if role_of(app, endpoint) is None]


def test_nobody_gets_in_unsigned(app: Flask, visitor: Visitor) -> None:
    for endpoint, method, path in routes(app):
        if role_of(app, endpoint) == ANYBODY:
            continue
        response = visitor.client.open(path, method=method)
        assert response.status_code == 302, (endpoint, method)
        assert urlsplit(response.location).path == "/console/sign-in", (endpoint, method)


def test_a_lower_role_is_refused(app: Flask, signed_in: Callable[[str], Visitor]) -> None:
    visitors = {role: signed_in(role) for role in BELOW.values()}
    tried = 0
    for endpoint, method, path in routes(app):
        role = role_of(app, endpoint)
        if role not in BELOW:
            continue
        visitor = visitors[BELOW[role]]
        response = visitor.post(path) if method == "POST" else visitor.get(path)
        assert response.status_code == 403, (endpoint, method)
        tried += 1
    assert tried > 15


def test_a_viewer_changes_no_content(app: Flask, signed_in: Callable[[str], Visitor]) -> None:
    viewer = signed_in("viewer")
    for slug in ("places", "terms", "closures", "conditions", "events", "contests", "answers"):
        assert viewer.post(f"/console/{slug}/edit", {"name": "Mine"}).status_code == 403
        assert viewer.get(f"/console/{slug}/edit").status_code == 200


def test_a_form_without_its_token_changes_nothing(app: Flask, engine: Engine, librarian: Visitor) -> None:
    before = audit.page(engine, limit=1)
    for endpoint, method, path in routes(app):
        if method != "POST" or endpoint == "console.sign_out":
            continue
        for headers in ({}, {"X-CSRFToken": "forged"}):
            response = librarian.client.post(path, data={"name": "x", "text": "x"}, headers=headers)
            assert response.status_code == 400, endpoint
            assert "Nothing was changed" in response.text
    assert audit.page(engine, limit=1) == before


def test_what_browsers_are_told(librarian: Visitor) -> None:
    headers = librarian.get("/console/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == "no-store"


def test_cookies_are_for_this_site_alone(visitor: Visitor) -> None:
    cookie = visitor.sign_in("lib").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/console/" in cookie


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/console//evil.example", "javascript:alert(1)", ""],
)
def test_signing_in_leads_to_no_other_site(visitor: Visitor, elsewhere: str) -> None:
    response = visitor.sign_in("lib", query=f"?next={elsewhere}")
    assert response.status_code == 302
    assert response.location == "/console/"


def test_signing_in_leads_back_to_the_page_that_was_asked_for(visitor: Visitor) -> None:
    sent = visitor.get("/console/answers?q=wifi").location
    assert visitor.sign_in("lib", query="?" + urlsplit(sent).query).location == "/console/answers?q=wifi"


def test_a_session_from_before_the_sign_in_is_worth_nothing(visitor: Visitor) -> None:
    visitor.get("/console/sign-in")
    before = visitor.client.get_cookie("carrel", path="/console/")
    visitor.sign_in("lib")
    after = visitor.client.get_cookie("carrel", path="/console/")
    assert before
    assert after
    assert before.value != after.value
    visitor.client.set_cookie("carrel", before.value, path="/console/")
    assert visitor.get("/console/").status_code == 302


def test_wrong_passwords_close_the_door_for_ever_longer(visitor: Visitor, clock: Clock) -> None:
    """For whoever tries that name; others may come in, and what was held up does not lengthen the wait."""
    for _ in range(door.MOST_FOR_NAME):
        response = visitor.sign_in("lib", "wrong")
        assert response.status_code == 401
        assert "do not fit together" in response.text
    for _ in range(3):
        assert "Wait 1 minute," in visitor.sign_in("lib").text
    assert visitor.sign_in("ada").status_code == 302, "others may come in"
    other = Visitor(visitor.client.application.test_client())
    clock.now += door.FIRST_WAIT
    assert "do not fit together" in other.sign_in("lib", "wrong").text
    assert "Wait 2 minutes," in other.sign_in("lib").text
    clock.now += 2 * door.FIRST_WAIT
    assert other.sign_in("lib").status_code == 302


def test_a_browser_that_has_signed_in_before_is_not_held_up_by_strangers(
    app: Flask, librarian: Visitor, engine: Engine
) -> None:
    """Its own wrong tries are counted apart, and a mark that was made up is none."""
    librarian.post("/console/sign-out")
    stranger = Visitor(app.test_client())
    for _ in range(door.MOST_FOR_ADDRESS + 5):
        stranger.sign_in("lib", "wrong")
    assert "Too many" in stranger.sign_in("lib").text
    assert librarian.sign_in("lib").status_code == 302
    librarian.post("/console/sign-out")
    mark = librarian.client.get_cookie("carrel_device", path="/console/")
    assert mark
    assert mark.http_only
    stranger.client.set_cookie("carrel_device", mark.value[:-3] + "abc", path="/console/")
    assert "Too many" in stranger.sign_in("lib").text
    for _ in range(door.MOST_FOR_NAME):
        assert "do not fit" in librarian.sign_in("lib", "wrong").text
    assert "Too many" in librarian.sign_in("lib").text


def test_who_tries_many_names_is_stopped_too(visitor: Visitor) -> None:
    for number in range(door.MOST_FOR_ADDRESS):
        visitor.sign_in(f"somebody-{number}", "wrong")
    assert "Too many wrong passwords" in visitor.sign_in("lib").text


def test_an_unknown_name_is_answered_like_a_wrong_password(visitor: Visitor) -> None:
    unknown, wrong = visitor.sign_in("nobody", "wrong"), visitor.sign_in("lib", "wrong")
    assert unknown.status_code == wrong.status_code == 401
    assert "do not fit together" in unknown.text


def test_a_first_password_has_to_be_changed(engine: Engine, visitor: Visitor, clock: Clock) -> None:
    users.add(engine, "new", "viewer", "first password of theirs", actor="ada", now=clock())
    visitor.sign_in("new", "first password of theirs")
    assert visitor.get("/console/answers").location == "/console/password"
    form = {"old": "first password of theirs", "new": PASSWORD, "again": PASSWORD}
    assert visitor.post("/console/password", {**form, "again": "other"}).status_code == 422
    assert visitor.post("/console/password", {**form, "new": "short", "again": "short"}).status_code == 422
    assert visitor.post("/console/password", form).location == "/console/"
    assert visitor.get("/console/answers").status_code == 200


def test_sessions_end_with_the_day_with_the_password_and_with_the_right(
    engine: Engine, clock: Clock, signed_in: Callable[[str], Visitor]
) -> None:
    viewer, administrator = signed_in("viewer"), signed_in("administrator")
    vic = users.named(engine, "vic")
    assert vic
    administrator.post(f"/console/staff/{vic.id}", {"does": "close"})
    assert viewer.get("/console/").status_code == 302
    assert viewer.sign_in("vic").status_code == 401
    administrator.post(f"/console/staff/{vic.id}", {"does": "open"})
    assert viewer.sign_in("vic").status_code == 302
    assert administrator.post(f"/console/staff/{vic.id}", {"does": "password"}).status_code == 200
    assert viewer.get("/console/").status_code == 302


def test_under_https_cookies_and_browsers_stay_there(at: Desk) -> None:
    visitor = Visitor(installed(replace(at, public_url="https://library.example")).test_client())
    response = visitor.get("/console/sign-in", base_url="https://library.example")
    assert response.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Secure" in response.headers["Set-Cookie"]


def test_many_tries_at_once_are_no_more_than_one_after_the_other(app: Flask) -> None:
    visitors = [Visitor(app.test_client()) for _ in range(4 * door.MOST_FOR_NAME)]
    for visitor in visitors:
        visitor.get("/console/sign-in")
    with ThreadPoolExecutor(len(visitors)) as pool:
        told = list(pool.map(lambda each: each.sign_in("lib", "wrong").text, visitors))
    assert sum("do not fit together" in text for text in told) <= door.MOST_FOR_NAME
    assert sum("Too many wrong passwords" in text for text in told) >= 3 * door.MOST_FOR_NAME


def test_an_administrator_adds_somebody_with_a_password_shown_once(
    engine: Engine, signed_in: Callable[[str], Visitor]
) -> None:
    administrator = signed_in("administrator")
    shown = administrator.post("/console/staff", {"name": "Chan.Siu-Ming", "role": "librarian"}).text
    password = shown.split('<code class="fs-3">')[1].split("<")[0]
    assert users.sign_in(engine, "chan.siu-ming", password, Caller(), Clock()()).role == "librarian"
    assert password not in administrator.get("/console/staff").text
    assert "already" in administrator.post("/console/staff", {"name": "chan.siu-ming", "role": "viewer"}).text


def test_the_last_administrator_stays(engine: Engine, signed_in: Callable[[str], Visitor]) -> None:
    administrator, ada = signed_in("administrator"), users.named(engine, "ada")
    assert ada
    response = administrator.post(f"/console/staff/{ada.id}", {"does": "role", "role": "viewer"}, follow_redirects=True)
    assert "last administrator" in response.text
    still = users.named(engine, "ada")
    assert still
    assert still.role == "administrator"


def test_signing_out_ends_it(librarian: Visitor) -> None:
    assert librarian.post("/console/sign-out").location == "/console/sign-in"
    assert librarian.get("/console/").status_code == 302


def test_htmx_is_sent_to_the_door_as_a_whole(visitor: Visitor) -> None:
    response = visitor.get("/console/health", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/console/sign-in"


def test_an_address_that_is_not_there_says_so(librarian: Visitor) -> None:
    response = librarian.get("/console/nowhere")
    assert response.status_code == 404
    assert "There is no such page" in response.text
