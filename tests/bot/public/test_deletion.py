"""Meta's deletion callback: only what Meta signed is taken, ids are matched, and what cannot be is left to staff."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from bot import public
from bot.public.counter import Counter
from bot.retraining.erasure import Erasure
from bot.simulator.fake_meta import FakeMeta
from bot.store import data_requests, people
from bot.store.message_tables import PersonRow
from bot.workers.erasing import Erasing
from connectors.messages import Address
from connectors.messenger.matching import Matching
from connectors.web import create_app
from tests.stack import ACCESS_TOKEN, APP_SECRET, PAGE_ID, stand_in
from tests.stores import sqlite

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """A store with one person, whom the page knows as 7788."""
    made = sqlite(tmp_path / "store.db")
    with made.begin() as connection:
        people.find_or_add(connection, Address("messenger", "7788"), NOW - timedelta(days=1))
    yield made
    made.dispose()


@pytest.fixture
def browser(engine: Engine) -> FlaskClient:
    """Meta, or anybody, at the door."""
    app = create_app({}, lambda *_: None, dict)
    public.install(app, Counter(engine, lambda: NOW, {}, None, (APP_SECRET,), "https://bot.example"))
    return app.test_client()


@pytest.fixture
def meta() -> Iterator[FakeMeta]:
    """The stand-in, which knows that user 4455 of the app is 7788 on the page."""
    with stand_in() as made:
        made.page_scoped["4455"] = ["7788"]
        yield made


def working(engine: Engine, meta: FakeMeta, folder: Path) -> Erasing:
    matching = Matching(meta.url, "v26.0", PAGE_ID, ACCESS_TOKEN, APP_SECRET, httpx.Client())
    return Erasing(engine, Erasure(engine, folder, "a key of the tests", lambda: NOW), matching.page_scoped)


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def signed(told: Any, secret: str = APP_SECRET) -> str:
    payload = encoded(json.dumps(told).encode())
    return f"{encoded(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest())}.{payload}"


def right(user: str = "4455") -> dict[str, Any]:
    return {"algorithm": "HMAC-SHA256", "issued_at": 1_790_000_000, "user_id": user}


def send(browser: FlaskClient, request: str) -> Any:
    return browser.post("/webhooks/meta/deletion", data={"signed_request": request})


def known(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(sa.select(PersonRow.person)).scalars())


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ("", 403),
        ("nonsense", 403),
        ("a.b.c", 403),
        ("é.é", 403),
        (signed(right(), "another secret"), 403),
        (signed(right()).split(".")[0] + "." + encoded(json.dumps(right("1")).encode()), 403),
        ("." + signed(right()).split(".")[1], 403),
        ("x" * 5000, 403),
        (signed({**right(), "algorithm": "none"}), 400),
        (signed({"algorithm": "HMAC-SHA256"}), 400),
        (signed({**right(), "user_id": "../7788"}), 400),
        (signed([]), 400),
    ],
)
def test_what_meta_has_not_signed_changes_nothing(
    browser: FlaskClient, engine: Engine, request_: str, status: int
) -> None:
    """Forged, cut, signed by somebody else, or signed and not a deletion request."""
    assert send(browser, request_).status_code == status
    assert data_requests.listed(engine) == []


def test_a_true_request_is_matched_and_done(
    browser: FlaskClient, engine: Engine, meta: FakeMeta, tmp_path: Path
) -> None:
    """Meta gets a code and the address of a page that says how it stands; delivered twice, it is one request."""
    answer = send(browser, signed(right())).get_json()
    assert send(browser, signed(right())).get_json() == answer
    page = answer["url"].removeprefix("https://bot.example")
    assert answer["confirmation_code"] in browser.get(page).text
    assert "carrying it out" in browser.get(page).text
    work = working(engine, meta, tmp_path)
    assert (work.run(), work.run()) == (0, 1)

    assert known(engine) == []
    assert "Done" in browser.get(page).text
    assert "已完成" in browser.get(page, headers={"Accept-Language": "zh-TW"}).text
    [request] = data_requests.listed(engine)
    assert (request.state, request.subject, request.source) == ("done", "", "meta")


def test_an_id_that_meta_does_not_match_is_left_to_staff(
    browser: FlaskClient, engine: Engine, meta: FakeMeta, tmp_path: Path
) -> None:
    """It is not called done: staff see the id and why, and end it with a reason."""
    page = send(browser, signed(right("999"))).get_json()["url"].removeprefix("https://bot.example")
    working(engine, meta, tmp_path).run()

    [request] = data_requests.listed(engine)
    assert (request.state, request.subject) == ("staff", "999")
    assert "error 100" in request.reason
    assert known(engine) == ["7788"]
    assert "by hand" in browser.get(page).text
    assert data_requests.answer(engine, request.id, "done", by="ada", reason="found by name", now=NOW)
    assert not data_requests.answer(engine, request.id, "refused", by="ada", reason="again", now=NOW)
    assert "Done" in browser.get(page).text
    assert data_requests.listed(engine)[0].subject == ""


def test_somebody_who_never_wrote_has_nothing_here(
    browser: FlaskClient, engine: Engine, meta: FakeMeta, tmp_path: Path
) -> None:
    """Meta has matched the id, so this is known and not guessed."""
    meta.page_scoped["321"] = ["9999"]
    send(browser, signed(right("321")))
    working(engine, meta, tmp_path).run()

    assert data_requests.listed(engine)[0].state == "done"
    assert known(engine) == ["7788"]


def test_the_status_page_tells_nobody_anything_else(browser: FlaskClient, engine: Engine) -> None:
    """Unknown codes, and codes of other requests, show nothing; without Messenger there is no callback."""
    asked = data_requests.add(engine, "access", source="chat", channel="messenger", now=NOW, state="done")
    for code in ("NONE-0000", asked.code, "%00", "<script>"):
        response = browser.get(f"/privacy/deletion/{code}")
        assert response.status_code == 404
        assert "<script" not in response.text
    app = create_app({}, lambda *_: None, dict)
    public.install(app, Counter(engine, lambda: NOW, {}))
    assert send(app.test_client(), signed(right())).status_code == 404
