"""In a real browser: Christmas hours in at most ten clicks, the calendar by keys, at two sizes, light and dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy.engine import Engine

from bot.calendar.hours import LibraryCalendar
from bot.store import library
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
    assert [each for each in problems if "422" not in each] == []


def test_christmas_hours_for_three_places_take_at_most_ten_clicks(come: Callable[..., Page], engine: Engine) -> None:
    page, clicks = come("lib"), 0

    def click(what: Locator) -> None:
        nonlocal clicks
        what.click()
        clicks += 1

    click(page.get_by_role("link", name="Calendar", exact=True))
    click(page.get_by_role("link", name="Change days"))
    for name, day in (("First day", "2026-12-24"), ("Last day", "2026-12-26")):
        click(page.get_by_label(name))
        page.get_by_label(name).fill(day)
    for name in ("Library", "Learning Commons", "Circulation Counter"):
        click(page.get_by_label(name, exact=True))
    click(page.get_by_label("Hours", exact=True))
    page.keyboard.type("10-4")
    click(page.get_by_label("Reason"))
    page.keyboard.type("Christmas")
    expect(page.get_by_role("row", name="Thursday 24 December 8 am – 11 pm 10 am – 4 pm")).to_be_visible()
    click(page.get_by_role("button", name="Save all of it"))
    expect(page.get_by_text("Saved. The next answer uses it.")).to_be_visible()
    assert clicks <= 10
    day = LibraryCalendar(library.read_facts(engine, ZoneInfo("Asia/Hong_Kong"))).day("library", date(2026, 12, 26))
    assert [(each.opens, each.closes) for each in day.periods] == [(600, 960)]
    page.get_by_role("button", name="Undo all of it").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Undone, all")).to_be_visible()


def test_arrow_keys_go_from_day_to_day(come: Callable[..., Page]) -> None:
    page = come("lib")
    page.goto("/console/calendar?on=2026-12-10")
    page.get_by_role("link", name="Thursday 10 December").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Thursday 17 December")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Wednesday 16 December")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(come: Callable[..., Page], theme: str) -> None:
    page = come("lib", theme=theme)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        days = ("?view=month", "?view=week", "?view=year", "/day?on=2026-12-25", "/change", "/copy?year=2028")
        for address in (*(f"calendar{each}" for each in days), "events", "events/edit?name=citation-clinic"):
            page.goto(f"/console/{address}")
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
