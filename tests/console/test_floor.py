"""What holds on every page: forms' addresses lead back to a page, words are those of people, counts agree."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from flask import Flask
from sqlalchemy.engine import Engine

from bot.store import threads, users
from tests.console.conftest import NOW, ROLES, Clock, Visitor
from tests.console.test_access import routes
from tests.console.test_inbox_pages import thread as thread  # a fixture
from tests.console.test_inbox_pages import writes

# What only a program says: an intent's or a column's name, a moment as it is stored, a rule of a calendar, JSON.
OF_PROGRAMS = re.compile(
    r"(?<![{\w])[a-z]+(?:_[a-z]+)+\b|\d{4}-\d\d-\d\d[T ]\d\d:\d\d|\bRRULE|FREQ=|[\[{]\s*\"|<[A-Z]\w+ object"
)
# Pages that still speak as programs do.
APART = {"/console/events/edit"}


class Words(HTMLParser):
    """What a person reads of a page: neither scripts nor attributes, nor what stands there as code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        """Note what begins."""
        if tag in {"script", "style", "code", "svg", "datalist"}:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note what ends."""
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        """Keep what is read."""
        if not self._inside:
            self.said.append(data)


def spoken(page: str) -> list[str]:
    """Return what of a page only a program would say."""
    return OF_PROGRAMS.findall("\n".join(Words(page).said))


@pytest.mark.parametrize("role", ROLES.values())
def test_pages_speak_as_people_do(
    app: Flask, signed_in: Callable[[str], Visitor], engine: Engine, role: str, thread: threads.Thread
) -> None:
    """No topic by its name in the program, no table's name, no stored moment, as whoever looks."""
    writes(engine, "asdf", "nlu_fallback", at=NOW - timedelta(hours=1))
    visitor, looked = signed_in(role), 0
    for _, method, path in routes(app):
        if method != "GET" or path in APART or "/live" in path or "export" in path:
            continue
        response = visitor.get(path)
        if response.status_code == 200 and response.mimetype == "text/html":
            looked += 1
            assert spoken(response.text) == [], path
    assert looked > 20


def test_a_forms_address_leads_back_to_its_page(librarian: Visitor, thread: threads.Thread) -> None:
    """Loaded anew, or come back to; only what is nowhere is not there."""
    here = f"/console/inbox/{thread.id}"
    for address, page in {
        f"{here}/reply": here,
        f"/console/conversations/{thread.person_id}/replay": f"/console/conversations/{thread.person_id}",
        f"/console/conversations/{thread.person_id}/words": f"/console/conversations/{thread.person_id}",
        f"/console/conversations/{thread.person_id}/notes/4/remove": f"/console/conversations/{thread.person_id}",
        "/console/staff/3": "/console/staff",
        "/console/conditions/switch": "/console/conditions",
        "/console/sign-out": "/console/",
    }.items():
        response = librarian.get(address)
        assert (response.status_code, response.location) == (302, page), address
    assert librarian.get("/console/nowhere/3").status_code == 404


def test_who_waits_is_counted_alike_everywhere(librarian: Visitor, engine: Engine, thread: threads.Thread) -> None:
    """On Home, beside the menu's entry, and on the tab."""
    writes(engine, "hello?", "answer_later", at=NOW - timedelta(hours=1))
    home, inbox = librarian.get("/console/").text, librarian.get("/console/inbox").text

    [tile] = re.findall(r'Wait for staff</div><div class="h1 mb-0"><a[^>]*>(\d+)<', home)
    badges = re.findall(r"data-waiting-number>(\d+)<", home + inbox)
    [tab] = re.findall(r'Waiting<span class="badge[^"]*">(\d+)<', inbox)
    assert {tile, tab, *badges} == {"1"}


def test_what_cannot_be_said_any_more_is_not_promised(librarian: Visitor, clock: Clock, thread: threads.Thread) -> None:
    """When stepping in, and when closing, after the platform's time is over."""
    page = f"/console/conversations/{thread.person_id}"
    librarian.post(f"/console/inbox/{thread.id}/claim")
    librarian.post(f"/console/inbox/{thread.id}/close")
    assert "The student is told that you are here" in librarian.get(page).text
    clock.now = NOW + timedelta(hours=25)
    librarian.sign_in("lib")
    assert "nobody is told that you are here" in librarian.get(page).text
    there = librarian.post(f"{page}/step-in", follow_redirects=True).text
    assert "The student cannot be told any more" in there
    [number] = re.findall(r"/console/inbox/(\d+)/close", there)
    closed = librarian.post(f"/console/inbox/{number}/close", follow_redirects=True).text
    assert "but the student could not be told so" in closed


def test_who_was_given_a_conversation_is_not_there_yet(
    librarian: Visitor, signed_in: Callable[[str], Visitor], engine: Engine, thread: threads.Thread
) -> None:
    """The page says so to both, until the colleague says that they are."""
    librarian.post(f"/console/inbox/{thread.id}/pass", {"to": "ada"})
    assert "who has not come yet" in librarian.get(f"/console/inbox/{thread.id}").text
    ada = signed_in("administrator")
    assert "I am here" in ada.get(f"/console/inbox/{thread.id}").text
    assert "not here yet" in ada.get("/console/inbox?tab=mine").text
    ada.post(f"/console/inbox/{thread.id}/claim")
    assert "I am here" not in ada.get(f"/console/inbox/{thread.id}").text
    assert users.named(engine, "ada")
