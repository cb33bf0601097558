"""Importing a calendar in a real browser: progress, what will happen, and the undo, by keyboard and for every eye."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import Engine

from bot.console.desk import Desk
from bot.store.content import edit
from bot.workers.importer import Importer
from tests.console.conftest import Clock
from tests.console.test_import_pages import calendar, event
from tests.e2e.browsing import faults, launched, served, visits

EVENTS = (
    *(event(number, "DESCRIPTION:" + "words " * 40) for number in range(300)),
    event(900, "CLASS:PRIVATE"),
    "BEGIN:VEVENT\r\nUID:none\r\nDTSTART:20261201T100000\r\nEND:VEVENT\r\n",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def come(app: Flask, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Gives a page on which somebody has signed in."""
    with served(app) as url:
        yield from visits(browser, url, [])


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for them."""
    if "CARREL_SHOTS" in os.environ:
        page.screenshot(path=Path(os.environ["CARREL_SHOTS"]) / f"{name}.png", full_page=name.endswith("full"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_large_calendar_is_imported_watched_and_undone(
    come: Callable[..., Page], engine: Engine, at: Desk, clock: Clock, tmp_path: Path, theme: str
) -> None:
    """The page looks by itself until the worker has done its part; nothing on it is serious to axe-core."""
    importer = Importer(engine, at.zone, clock)
    file = tmp_path / "library.ics"
    file.write_bytes(calendar(*EVENTS))
    page = come("lib", theme=theme)
    page.goto("/console/events/import")
    shot(page, f"import-{theme}")
    page.get_by_label("Calendar file").set_input_files(file)
    page.get_by_label("Calendar file").press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#job [role=status]")).to_contain_text("Looking at the file")
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert faults(page) == []
    shot(page, f"progress-{theme}")
    importer.step()
    expect(page.get_by_text("300 new")).to_be_visible()
    expect(page.get_by_text("SUMMARY is missing")).to_be_visible()
    assert faults(page) == []
    shot(page, f"preview-{theme}")

    page.get_by_label("Take it all the same").check()
    page.get_by_role("button", name="Import 300 events").click()
    expect(page.locator("#job [role=status]")).to_contain_text("Storing the events")
    importer.step()
    expect(page.get_by_text("301 events are taken over.")).to_be_visible()
    shot(page, f"taken-{theme}")
    assert edit.entry(engine, "events", "tour-900")

    page.get_by_role("button", name="Undo this import").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.locator("#job [role=status]")).to_contain_text("Undoing the import")
    importer.step()
    expect(page.get_by_text("301 events are again what they were.")).to_be_visible()
    assert edit.entry(engine, "events", "tour-900") is None


def test_a_file_that_is_refused_says_why_beside_its_field(come: Callable[..., Page], tmp_path: Path) -> None:
    """The alert is the field's own description, and another file can be chosen at once, on a telephone too."""
    file = tmp_path / "letter.ics"
    file.write_bytes(b"Dear library,\r\n")
    page = come("lib", width=390)
    page.goto("/console/events/import")
    page.get_by_label("Calendar file").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("alert")).to_contain_text("It should begin with BEGIN:VCALENDAR")
    assert "p-file" in (page.get_by_label("Calendar file").get_attribute("aria-describedby") or "")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shot(page, "refused-phone")
