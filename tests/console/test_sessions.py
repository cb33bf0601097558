"""Sessions: rows that end, are seen and are ended; what happened at the door is on record; words outlive a session."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine

from bot.console.desk import Desk
from bot.store import audit, door, kept_forms, threads, users
from bot.store.message_tables import OutboxRow
from bot.store.session_tables import KeptFormRow, SessionRow
from tests.console.conftest import PASSWORD, Clock, Visitor, installed
from tests.console.test_inbox_pages import address, token, writes

IN, OUT = 200, 302
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


def copied(visitor: Visitor) -> Visitor:
    """Return somebody who has got hold of a visitor's cookie."""
    cookie = visitor.client.get_cookie("carrel", path="/console/")
    assert cookie
    thief = Visitor(visitor.client.application.test_client())
    thief.client.set_cookie("carrel", cookie.value, path="/console/")
    return thief


def state(visitor: Visitor) -> int:
    """Return how a page is answered to a visitor."""
    return visitor.get("/console/inbox").status_code


@pytest.fixture
def thread(engine: Engine) -> threads.Thread:
    """Somebody who asked for a person."""
    found = threads.open_of(engine, writes(engine, "how much is a late book", "contact_librarian"))
    assert found
    return found


def test_a_cookie_that_was_copied_is_worth_nothing_after_signing_out(librarian: Visitor) -> None:
    """Pages and exports alike."""
    thief = copied(librarian)
    assert state(thief) == IN
    librarian.post("/console/sign-out")

    assert state(thief) == OUT
    assert thief.get("/console/conversations/export.csv").status_code == OUT


@pytest.mark.parametrize("by", ["password", "own password", "role", "closed", "one by one"])
def test_sessions_end_with_a_new_password_another_role_and_by_hand(
    by: str, engine: Engine, librarian: Visitor, administrator: Visitor, app: Flask
) -> None:
    """All of a person's, in every browser; nobody else's."""
    other = Visitor(app.test_client())
    other.sign_in("lib")
    lib = users.named(engine, "lib")
    assert lib
    if by == "own password":
        form = {"old": PASSWORD, "new": "another good password", "again": "another good password"}
        assert other.post("/console/password", form).status_code == OUT
        assert state(other) == IN
        assert state(librarian) == OUT
        return
    if by == "one by one":
        for number in re.findall(r"/console/sessions/(\d+)/end", administrator.get("/console/sessions").text):
            with engine.connect() as connection:
                whose = connection.execute(sa.select(SessionRow.user_id).where(SessionRow.id == number)).scalar_one()
            if whose == lib.id:
                administrator.post(f"/console/sessions/{number}/end")
    else:
        does = {
            "password": {"does": "password"},
            "role": {"does": "role", "role": "viewer"},
            "closed": {"does": "close"},
        }
        administrator.post(f"/console/staff/{lib.id}", does[by])

    assert (state(librarian), state(other), state(administrator)) == (OUT, OUT, IN)


def test_who_works_stays_signed_in_and_who_does_not_is_signed_out(clock: Clock, librarian: Visitor) -> None:
    """Ten hours after the last sign of life, whenever the sign-in was; what a page asks by itself is none."""
    for _ in range(5):
        clock.now += timedelta(hours=9, minutes=59)
        assert state(librarian) == IN
    clock.now += timedelta(hours=9)
    assert librarian.get("/console/inbox", headers={"HX-Request": "true"}).status_code == IN
    clock.now += timedelta(hours=1)
    assert state(librarian) == OUT
    assert librarian.sign_in("lib").location == "/console/"


def test_a_session_ends_after_a_week_however_busy_somebody_is(clock: Clock, librarian: Visitor) -> None:
    """And no page, and no cookie that is signed anew, makes it longer."""
    for _ in range(7 * 3 - 1):
        clock.now += timedelta(hours=8)
        librarian.get("/console/review")
        assert state(librarian) == IN
    clock.now += timedelta(hours=8)
    assert state(librarian) == OUT


def test_the_lifetimes_are_settings(at: Desk, clock: Clock) -> None:
    """As the library wants them."""
    short = replace(at, lifetimes=replace(at.lifetimes, idle=timedelta(minutes=5)))
    visitor = Visitor(installed(short).test_client())
    visitor.sign_in("lib")
    clock.now += timedelta(minutes=5)
    assert state(visitor) == OUT


def test_only_a_hash_of_the_token_is_stored(engine: Engine, librarian: Visitor) -> None:
    """Who reads the table signs in as nobody."""
    with engine.connect() as connection:
        [row] = connection.execute(sa.select(SessionRow.__table__))
    app, cookie = librarian.client.application, librarian.client.get_cookie("carrel", path="/console/")
    reader = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    assert cookie
    held = reader.loads(cookie.value)["_user_id"]

    assert len(held) > 40
    assert held not in str(tuple(row))


def test_everybody_sees_and_ends_their_own_and_an_administrator_all(
    engine: Engine, app: Flask, administrator: Visitor
) -> None:
    """With the browser, since when, last seen; one's own is marked; no other's can be ended by guessing its number."""
    lib = Visitor(app.test_client())
    lib.sign_in("lib", headers={"User-Agent": FIREFOX})
    mine, all_of_them = lib.get("/console/sessions").text, administrator.get("/console/sessions").text
    [number] = re.findall(r"/console/sessions/(\d+)/end", mine)
    others = set(re.findall(r"/console/sessions/(\d+)/end", all_of_them)) - {number}

    assert "Firefox on Linux" in mine
    assert "this one" in mine
    assert "127.0.0.1" not in mine
    assert "127.0.0.0/24" in mine
    assert len(others) == 1
    assert "ada" in all_of_them
    assert "lib" in all_of_them
    lib.post(f"/console/sessions/{others.pop()}/end")
    assert state(administrator) == IN
    lib.post(f"/console/sessions/{number}/end")
    assert state(lib) == OUT


def test_the_door_keeps_a_record(engine: Engine, app: Flask, administrator: Visitor) -> None:
    """Sign-ins, refusals, waits and ends: with the browser and the beginning of the address, and no password."""
    lib = Visitor(app.test_client())
    for _ in range(door.MOST_FOR_NAME):
        lib.sign_in("lib", "secret-word-typed", headers={"User-Agent": FIREFOX})
    lib.sign_in("my password in the wrong field", "x")
    administrator.post("/console/sign-out")
    events = audit.page(engine, table=door.TABLE)
    told = [(each["key"], each["after"]["did"]) for each in reversed(events)]

    refused = [("lib", "refused")] * door.MOST_FOR_NAME
    assert told == [
        ("ada", "signed in"),
        *refused,
        ("lib", "held up"),
        (door.UNKNOWN, "refused"),
        ("ada", "signed out"),
    ]
    assert events[-2]["after"] == {
        "did": "refused",
        "why": "wrong password",
        "from": "127.0.0.0/24",
        "browser": "Firefox on Linux",
    }
    assert "secret-word" not in str(events)
    assert "wrong field" not in str(events)
    assert "127.0.0.1" not in str(events)
    with engine.connect() as connection:
        assert "wrong field" not in str(connection.execute(sa.text("SELECT * FROM refusals")).all())


def test_an_administrator_is_told_on_the_first_page_and_nobody_else(
    app: Flask, administrator: Visitor, librarian: Visitor
) -> None:
    """Of names whose door was held; who signed in from where is no librarian's concern."""
    stranger = Visitor(app.test_client())
    for _ in range(door.MOST_FOR_NAME):
        stranger.sign_in("lib", "wrong")

    assert "tried again and again for lib" in administrator.get("/console/").text
    assert "are not held up" in administrator.get("/console/sessions").text
    assert "tried again and again" not in librarian.get("/console/").text
    assert "Sign-ins" in administrator.get("/console/changes").text
    assert "Sign-ins" not in librarian.get("/console/changes").text


def test_a_reply_sent_when_the_session_has_ended_comes_back_and_goes_once(
    engine: Engine, clock: Clock, librarian: Visitor, thread: threads.Thread
) -> None:
    """With and without htmx; for who wrote it alone."""
    librarian.post(address(thread, "/claim"))
    form = {"text": "It is 5 dollars a day.", "token": token(librarian.get(address(thread)).text)}
    forms = librarian.token()
    with engine.begin() as connection:
        connection.execute(sa.update(SessionRow.__table__).values(ended="ended by an administrator"))
    headers = {"X-CSRFToken": forms, "HX-Request": "true"}
    refused = librarian.client.post(address(thread, "/reply"), data=form, headers=headers)
    assert refused.status_code == 401
    assert urlsplit(refused.headers["HX-Redirect"]).query == f"next={address(thread)}"
    ada = Visitor(librarian.client.application.test_client())
    ada.sign_in("ada")
    assert "5 dollars" not in ada.get(address(thread)).text

    query = f"?next={address(thread)}"
    assert librarian.sign_in("lib", query=query).location == address(thread)
    page = librarian.get(address(thread)).text
    assert "It is 5 dollars a day.</textarea>" in page
    assert "not sent and still stands below" in page
    again = {"text": form["text"], "token": token(page)}
    assert again["token"] == form["token"]
    for _ in range(2):
        librarian.post(address(thread, "/reply"), again)
    with engine.connect() as connection:
        bodies = [str(each) for each in connection.execute(sa.select(OutboxRow.body)).scalars()]
    assert sum("5 dollars" in each for each in bodies) == 1
    lib = users.named(engine, "lib")
    assert lib
    assert kept_forms.every(engine, lib.id, clock()) == []


def test_a_page_saved_when_the_session_has_ended_comes_back_filled_in(
    engine: Engine, clock: Clock, librarian: Visitor
) -> None:
    """As it was typed, with a word where somebody else has changed it meanwhile; saved, it is gone from there."""
    path = "/console/places/edit?name=library"
    page = librarian.get(path).text
    forms = librarian.token()
    form = dict(re.findall(r'<input[^>]* name="([^"]+)" value="([^"]*)"', page)) | {"name": "The Library of words"}
    form = {name: value for name, value in form.items() if name != "csrf_token"}
    clock.now += timedelta(hours=11)
    refused = librarian.client.post(path, data=form, headers={"X-CSRFToken": forms})
    assert refused.status_code == OUT
    after = librarian.sign_in("lib", query="?" + urlsplit(refused.location).query).location

    assert after == path
    back = librarian.get(path).text
    assert 'value="The Library of words"' in back
    assert "You were signed out before this was saved" in back


def test_other_forms_are_shown_again_to_be_sent_or_thrown_away(
    engine: Engine, librarian: Visitor, clock: Clock
) -> None:
    """A note beside a conversation; another person's is not to be had."""
    person = writes(engine, "hmm")
    forms = librarian.token(f"/console/conversations/{person}")
    clock.now += timedelta(hours=11)
    refused = librarian.client.post(
        f"/console/conversations/{person}/notes", data={"text": "Asked twice"}, headers={"X-CSRFToken": forms}
    )
    where = librarian.sign_in("lib", query="?" + urlsplit(refused.location).query).location
    ada = Visitor(librarian.client.application.test_client())
    ada.sign_in("ada")

    assert "/console/kept/" in where
    assert "Asked twice" in librarian.get(where).text
    assert ada.get(where).status_code == 404
    assert "is kept for you" in librarian.get("/console/").text
    librarian.post(f"{where}/drop")
    assert librarian.get(where).status_code == 404
    assert "is kept for you" not in librarian.get("/console/").text


def test_what_is_typed_after_signing_out_in_another_window_is_kept_too(engine: Engine, librarian: Visitor) -> None:
    """The window had the form open; its token is still the right one."""
    person = writes(engine, "hmm")
    forms = librarian.token(f"/console/conversations/{person}")
    librarian.post("/console/sign-out")
    refused = librarian.client.post(
        f"/console/conversations/{person}/notes", data={"text": "Asked twice"}, headers={"X-CSRFToken": forms}
    )

    assert refused.status_code == OUT
    where = librarian.sign_in("lib", query="?" + urlsplit(refused.location).query).location
    assert "Asked twice" in librarian.get(where).text


def test_nothing_is_kept_of_strangers_of_forged_forms_and_of_passwords(
    engine: Engine, clock: Clock, librarian: Visitor, visitor: Visitor
) -> None:
    """Nor anything larger than a form is, nor for longer than days."""
    forms = librarian.token()
    clock.now += timedelta(hours=11)
    visitor.client.post("/console/inbox/1/reply", data={"text": "hello"}, headers={"X-CSRFToken": visitor.token()})
    assert librarian.client.post("/console/inbox/1/reply", data={"text": "x"}).status_code == 400
    headers = {"X-CSRFToken": forms}
    librarian.client.post("/console/password", data={"old": "a", "new": "b", "again": "b"}, headers=headers)
    librarian.client.post("/console/inbox/1/reply", data={"text": "x" * 200_000}, headers=headers)
    librarian.client.post("/console/inbox/1/claim", data={}, headers=headers)
    by_itself = {**headers, "HX-Request": "true", "Referer": "http://localhost/console/places/edit?name=library"}
    shown = librarian.client.post("/console/places/preview?name=library", data={"name": "typed"}, headers=by_itself)
    assert shown.headers["HX-Redirect"].endswith("?next=/console/places/edit?name%3Dlibrary")
    with engine.connect() as connection:
        assert connection.execute(sa.select(KeptFormRow.id)).all() == []
    librarian.client.post("/console/inbox/1/reply", data={"text": "kept", "password": "p"}, headers=headers)
    with engine.connect() as connection:
        [row] = connection.execute(sa.select(KeptFormRow.__table__))

    assert row.fields == {"text": ["kept"]}
    assert kept_forms.every(engine, row.user_id, clock() + kept_forms.KEPT_FOR) == []


def test_who_may_what_is_asked_before_anything_is_done_with_a_kept_form(
    signed_in: Callable[[str], Visitor], engine: Engine, clock: Clock
) -> None:
    """A form that came back is a form like another: a viewer's reply is refused as ever."""
    viewer = signed_in("viewer")
    forms = viewer.token()
    clock.now += timedelta(hours=11)
    viewer.client.post("/console/inbox/1/reply", data={"text": "x"}, headers={"X-CSRFToken": forms})
    viewer.sign_in("vic")
    assert viewer.post("/console/inbox/1/reply", {"text": "x"}).status_code == 403
