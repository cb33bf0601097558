"""An announcement in a real browser, from writing to stopping: by keyboard, wide and narrow, and for every eye."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import Engine

from bot.console.desk import NAME, Desk
from bot.store import costs, legal_holds, subscriptions
from tests.console.conftest import NOW
from tests.console.test_announcement_pages import SEEN, subscribed
from tests.console.test_conversation_pages import say
from tests.console.test_unasked_lines import announce
from tests.e2e.browsing import faults, launched, served, visits


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def come(app: Flask, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Gives a page on which somebody has signed in."""
    app.extensions[NAME] = replace(app.extensions[NAME], on=frozenset({"messenger", "twilio"}))
    with served(app) as url:
        yield from visits(browser, url, [])


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for them."""
    if "CARREL_SHOTS" in os.environ:
        page.screenshot(path=Path(os.environ["CARREL_SHOTS"]) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_one_is_written_looked_at_sent_and_stopped(
    come: Callable[..., Page], engine: Engine, theme: str, width: int
) -> None:
    """The confirmation says how many people it goes to; nothing on the pages is serious to axe-core."""
    subscribed(engine, 3)
    subscribed(engine, 2, "whatsapp")
    with engine.begin() as connection:
        costs.count(connection, f"{NOW:%Y-%m}", "whatsapp", "service", billable=True, messages=900)
    page = come("lib", theme=theme, width=width)
    page.goto("/console/announcements")
    assert faults(page) == []
    shot(page, f"announcements-empty-{theme}")
    page.goto("/console/announcements/edit")
    page.get_by_label("In English").fill("The photo contest is open! Send your best picture of the campus.")
    page.get_by_label("In Traditional Chinese").fill("攝影比賽開始了！把你最好的校園照片傳給我們。")
    assert faults(page) == []
    shot(page, f"announcement-edit-{theme}")
    page.get_by_role("button", name="Save and look at it").press("Enter")
    expect(page.get_by_text("5 people: 3 free in their window")).to_be_visible()
    assert faults(page) == []
    shot(page, f"announcement-{theme}")

    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("It goes to 3 people.")).to_be_visible()
    page.get_by_role("button", name="Do it").press("Enter")
    expect(page.get_by_role("button", name="Stop now")).to_be_visible()
    assert faults(page) == []
    shot(page, f"announcement-sending-{theme}")
    page.get_by_role("button", name="Stop now").press("Enter")
    expect(page.get_by_text("Stopped. 5 people do not get it.")).to_be_visible()

    page.goto("/console/rates")
    assert faults(page) == []
    shot(page, f"rates-{theme}")
    page.goto("/console/")
    expect(page.get_by_text("900 of the 1,000")).to_be_visible()
    assert faults(page) == []
    shot(page, f"home-{theme}")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_it_stands_in_the_conversation_where_their_data_can_be_held(
    come: Callable[..., Page], engine: Engine, at: Desk, theme: str, width: int
) -> None:
    """A hold is ordered by keyboard, and ended again after a question."""
    person = say(engine, "when do you close", minutes=60)
    subscriptions.begin(engine, person, "contest", "", asked="?", words="yes", seen=SEEN, now=NOW)
    announce(engine, at, "Vote for your photo!")
    page = come("ada", theme=theme, width=width)
    page.goto(f"/console/conversations/{person}")
    expect(page.get_by_text("Vote for your photo!")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Why their data has to stay").fill("A court's order")
    page.get_by_role("button", name="Hold").press("Enter")
    expect(page.get_by_text("Kept for a legal reason: A court's order")).to_be_visible()
    assert faults(page) == []
    shot(page, f"conversation-held-{theme}")
    page.get_by_role("button", name="End the hold").press("Enter")
    page.get_by_role("button", name="Do it").press("Enter")
    expect(page.get_by_label("Why their data has to stay")).to_be_visible()
    assert legal_holds.standing(engine) == []
    with page.expect_download() as taken:
        page.get_by_label("What you need their data for").fill("By mail, 2026/15")
        page.get_by_role("button", name="Everything about this student").press("Enter")
    assert taken.value.suggested_filename.endswith(".zip")
