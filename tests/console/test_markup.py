"""Markup that somebody else wrote is shown as text: stored in any row, or carried by any address."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine

from bot.console import inbox_live
from bot.store import cards, examples, models, topics, users
from bot.store.cards import Queued
from bot.store.library_tables import Audited
from bot.store.message_tables import InboxRow
from tests.console.conftest import NOW, Visitor
from tests.console.test_access import routes
from tests.console.test_conversation_pages import say

EVIL = "<script>alert(7)</script><img src=x onerror=alert(7)>\"'><svg/onload=alert(7)>"
# Every word by which a page's address may carry something.
ASKED = [
    "q",
    "text",
    "topic",
    "intent",
    "channel",
    "outcome",
    "show",
    "since",
    "until",
    "before",
    "days",
    "name",
    "next",
    "from",
    "state",
    "tab",
    "thread",
    "view",
    "weeks",
    "month",
    "past",
    "on",
    "like",
    "reason",
    "say",
    "table",
    "key",
    "who",
    "cluster",
    "page",
    "sort",
    "back",
    "model",
    "a",
    "b",
]
# What staff write in words.
WRITTEN = [
    "title",
    "name",
    "reason",
    "theme",
    "text",
    "description",
    "place",
    "note",
    "address",
    "where",
    "owner",
    "audience",
    "edition",
    "changed_by",
]


class Scripts(HTMLParser):
    """What a browser would run of a page, or take for an address to run."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note scripts without a source, handlers, addresses that are code, and pictures of nowhere."""
        told = dict(attrs)
        self._inside = tag == "script" and "src" not in told
        if self._inside or told.get("src") == "x":
            self.found.append(f"<{tag}>")
        self.found += [f"{tag} {name}" for name in told if name.startswith("on")]
        self.found += [
            f"{tag} {name}"
            for name in ("href", "src", "action", "formaction", "hx-get", "hx-post")
            if (told.get(name) or "").strip().lower().startswith(("javascript:", "data:text", "//", "http://evil"))
        ]


def pages(app: Flask) -> list[str]:
    """Return the address of every page, of everything that is stored first."""
    return [path for _, method, path in routes(app) if method == "GET" and not path.endswith((".csv", ".ics"))]


@pytest.fixture(autouse=True)
def _streams_end_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_live, "STREAM_SECONDS", 0.0)


@pytest.fixture
def everywhere(engine: Engine) -> Engine:
    """A store in which students, staff and content say something evil wherever they can."""
    people = [say(engine, f"{EVIL} {number}", intent="nlu_fallback", confidence=0.3) for number in range(3)]
    with engine.begin() as connection:
        found = connection.execute(sa.select(InboxRow.id)).scalars().all()
        for table in (each.__table__ for each in Audited.__subclasses__() if hasattr(each, "__table__")):
            connection.execute(sa.update(table).values({name: EVIL for name in WRITTEN if name in table.columns}))
        models.add(connection, "m1", now=NOW, by=EVIL, reason=EVIL)
    cards.refresh(engine, [Queued(each, 1.0, ("unsure",), each, cluster=1) for each in found])
    users.add(engine, "eve@campus.example", "viewer", None, actor=EVIL, now=NOW)
    with engine.begin() as connection:
        examples.add(connection, [("wifi", EVIL)], source="staff", by=EVIL, now=NOW)
        topics.add(connection, EVIL, by=EVIL, now=NOW)
    assert people
    return engine


def test_what_is_stored_is_shown_as_text(app: Flask, everywhere: Engine, administrator: Visitor) -> None:
    shown = 0
    for path in [*pages(app), "/console/answers/edit?name=wifi-overview/en", "/console/places/edit?name=library"]:
        response = administrator.get(path)
        assert response.status_code in {200, 302, 404}, path
        assert Scripts(response.text).found == [], path
        shown += "&lt;script&gt;alert(7)" in response.text
    assert shown >= 8, "many of them show it"


@pytest.mark.parametrize(
    ("words", "headers"),
    [(EVIL, {}), (EVIL, {"HX-Request": "true"}), ("javascript:alert(7)", {}), ("//evil.example/", {})],
    ids=["markup", "markup in a part of a page", "code as an address", "another site"],
)
def test_what_an_address_carries_is_shown_as_text(
    app: Flask, administrator: Visitor, words: str, headers: dict[str, str]
) -> None:
    query = "&".join(f"{name}={quote(words)}" for name in ASKED)
    for path in pages(app):
        response = administrator.get(f"{path}?{query}", headers=headers)
        assert response.status_code in {200, 302, 404}, path
        assert Scripts(response.text).found == [], path
        assert "evil" not in (response.location or ""), path


def test_what_is_typed_comes_back_as_text(librarian: Visitor) -> None:
    for path in ("/console/places/edit", "/console/events/edit", "/console/answers/edit", "/console/review/topic"):
        typed = dict.fromkeys(("name", "title", "starts", "label", "text", "asked", "questions", "link"), EVIL)
        for address in (path, f"{path.removesuffix('/edit')}/preview") if path.endswith("edit") else (path,):
            assert Scripts(librarian.post(address, typed).text).found == [], address
    assert (
        Scripts(librarian.post("/console/try/turn", {"said": EVIL, "offered": EVIL, "moment": EVIL}).text).found == []
    )
    assert Scripts(librarian.post("/console/events/import", {"text": EVIL}).text).found == []
