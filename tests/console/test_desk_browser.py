"""In a real browser: the floor that every page stands on, and the inbox as a desk, at three sizes, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import Engine

from bot.store import threads
from bot.store.session_tables import SessionRow
from connectors.messages import Address
from tests.console.conftest import NOW, PASSWORD
from tests.console.test_inbox_pages import writes
from tests.e2e.browsing import faults, launched, served, visits


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def come(app: Flask, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Gives a page on which somebody has signed in."""
    problems: list[str] = []
    with served(app) as url:
        yield from visits(browser, url, problems)
    assert [each for each in problems if not any(code in each for code in ("401", "404", "422"))] == []


@pytest.fixture
def waits(engine: Engine) -> list[threads.Thread]:
    """Three students who wait for staff."""
    found = []
    for number, words in enumerate(("how much is a late book", "i cannot sign in", "please call me")):
        who = Address("messenger", f"p{number}")
        person = writes(engine, words, "contact_librarian", who=who, at=NOW - timedelta(minutes=9))
        thread = threads.open_of(engine, person)
        assert thread
        found.append(thread)
    return found


def within(page: Page, selector: str) -> bool:
    """Return whether the whole of an element can be seen without scrolling."""
    box, size = page.locator(selector).bounding_box(), page.viewport_size
    assert box
    assert size
    return bool(box["y"] >= 0 and box["y"] + box["height"] <= size["height"] and box["x"] >= 0)


def kept(page: Page) -> None:
    """Wait until the browser has stored what is being typed."""
    page.evaluate(
        """async () => {
            const there = () => Object.keys(localStorage).some((key) => key.startsWith("carrel-draft"));
            while (!there()) await new Promise((done) => requestAnimationFrame(done));
        }"""
    )


def test_a_question_is_in_sight_wherever_the_page_is_scrolled_to(
    come: Callable[..., Page], waits: list[threads.Thread]
) -> None:
    """On a laptop and on a phone; the way out and the theme are there without scrolling."""
    page = come("lib")
    for width, height in ((1366, 768), (390, 700)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/console/places/edit?name=library")
        if width > 1000:
            assert within(page, "[aria-label='Sign out']")
            assert within(page, "[data-theme-switch]")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        page.evaluate("document.querySelector('[data-confirm] button').click()")
        assert within(page, "#confirm")
        expect(page.get_by_role("button", name="Leave it")).to_be_focused()
        page.keyboard.press("Escape")


def test_what_was_typed_is_there_after_a_crash_a_second_tab_and_the_sessions_end(
    come: Callable[..., Page], engine: Engine, waits: list[threads.Thread]
) -> None:
    """On this device and for this person alone; gone once it was sent, thrown away, or at signing out."""
    page, here = come("lib"), f"/console/inbox/{waits[0].id}"
    page.goto(here)
    page.get_by_role("button", name="Take it", exact=True).click()
    page.get_by_label("Your message").fill("It is 5 dollars a day")
    other = page.context.new_page()
    kept(page)
    page.close(run_before_unload=False)
    other.goto(here)
    expect(other.get_by_label("Your message")).to_have_value("It is 5 dollars a day")
    expect(other.get_by_text("stands here again")).to_be_visible()
    with engine.begin() as connection:
        connection.execute(sa.update(SessionRow.__table__).values(ended="ended by an administrator"))
    other.goto(here)
    other.get_by_label("Name").fill("lib")
    other.get_by_label("Password").fill(PASSWORD)
    other.keyboard.press("Enter")
    expect(other.get_by_label("Your message")).to_have_value("It is 5 dollars a day")
    other.get_by_role("button", name="Send", exact=True).click()
    expect(other.get_by_label("Your message")).to_have_value("")
    other.reload()
    expect(other.get_by_label("Your message")).to_have_value("")
    other.get_by_label("New note").fill("asked the registry")
    kept(other)
    other.once("dialog", lambda dialog: dialog.accept())
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    assert other.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('carrel-draft'))") == []


def test_what_is_wrong_has_the_focus(come: Callable[..., Page]) -> None:
    """At the first field that needs a correction."""
    page = come("lib")
    page.goto("/console/events/edit")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_desk_is_accessible_and_fits_at_three_sizes(
    come: Callable[..., Page], waits: list[threads.Thread], theme: str
) -> None:
    page, found = come("lib", theme=theme), []
    for path in ("/console/inbox", f"/console/inbox/{waits[0].id}", "/console/", "/console/changes"):
        for width in (1440, 1024, 390):
            page.set_viewport_size({"width": width, "height": 844})
            page.goto(path)
            page.wait_for_load_state("networkidle")
            found += faults(page)
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found += [f"{path} at {width}: {overflow} px too wide"] if overflow > 1 else []
    assert not found, "\n".join(found)
