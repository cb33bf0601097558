"""A contest in a real browser: entries decided by keyboard, the jury, the results, and what axe-core finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import Engine

from bot import public
from bot.console.desk import Desk
from bot.public.counter import Counter
from bot.store import entries, entries_shown, jury, library, posts
from tests.console.conftest import NOW
from tests.contest import CONTEST, edition
from tests.contest_entries import entry, many, somebody
from tests.e2e.browsing import faults, launched, served, visits

DAY = timedelta(days=1)
PAGES = tuple(
    f"/console/contests/{page}?name={CONTEST}"
    for page in ("edition", "entries", "jury", "facebook", "results", "judge", "edit")
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def at(at: Desk) -> Desk:
    """A library that publishes photos on its Facebook page."""
    return replace(at, facebook=True)


@pytest.fixture
def come(app: Flask, at: Desk, engine: Engine, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Gives signed-in pages, over a closed edition with twelve entries, two of which look alike."""
    edition(
        engine, NOW, opens=NOW - 30 * DAY, closes=NOW - DAY, published=True, awards=[{"name": "First", "prize": ""}]
    )
    many(engine, 10, NOW, at.photos)
    for number in (11, 12):
        entry(engine, number, somebody(engine, f"twin-{number}", NOW), NOW, at.photos, phash=f"{number:016x}")
    jury.appoint(engine, CONTEST, ["lib", "ada", "vic"], by="ada", now=NOW)
    public.install(app, Counter(engine, at.now, {}, at.photos, zone=at.zone))
    with served(app) as url:
        yield from visits(browser, url, [])


def heading(page: Page, number: int) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"#{number} ")


def on_facebook(engine: Engine) -> None:
    """Let three entries be accepted: one is on the page with its likes, one can't be, and one waits."""
    found = entries.of_contest(engine, CONTEST)[:3]
    for each in found:
        entries.move(engine, each.id, "accepted", NOW, before={"entered"})
    posts.ask(engine, CONTEST, {each.id: each.title for each in found}, "lib", NOW)
    first, second = (posts.take(engine, NOW, 90) for _ in range(2))
    assert first
    assert second
    posts.published(engine, first, "9001", NOW)
    posts.read(engine, [(first.id, 207)], NOW)
    posts.failed(engine, second, "The page's access token lacks a permission: pages_manage_posts publishes photos.")


def counts(engine: Engine) -> dict[str, int]:
    return entries_shown.counts(engine, CONTEST)


def test_from_the_first_entry_to_the_winner_by_keyboard(come: Callable[..., Page], engine: Engine, at: Desk) -> None:
    page = come("lib")
    page.goto(f"/console/contests/entries?name={CONTEST}")
    page.keyboard.press("Enter")
    heading(page, 1)
    page.get_by_label("Why not").select_option("contest-reason-size")
    page.get_by_label("Why not").blur()
    page.keyboard.press("r")
    heading(page, 2)
    page.keyboard.press("a")
    heading(page, 3)
    assert counts(engine) == {"entered": 10, "accepted": 1, "refused": 1}
    page.keyboard.press("u")
    heading(page, 3)
    expect(page.get_by_text("The entrant was told nothing.")).to_be_visible()
    assert counts(engine) == {"entered": 11, "refused": 1}
    page.keyboard.press("z")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    for number in range(3, 13):
        heading(page, number)
        page.keyboard.press("a")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Entries")
    assert counts(engine) == {"entered": 1, "accepted": 10, "refused": 1}

    for name in ("ada", "vic"):
        juror = come(name)
        juror.goto(f"/console/contests/judge?name={CONTEST}")
        for _ in range(10):
            title = juror.get_by_role("heading", level=1).inner_text()
            juror.get_by_role("radio", name="9" if title == "Photo 5" else "6").check()
            juror.get_by_role("button", name="Keep, and the next").click()
        expect(juror.get_by_text("You have judged every photo.")).to_be_visible()

    page.goto(f"/console/contests/jury?name={CONTEST}")
    expect(page.locator("tbody tr").first).to_contain_text("#5 Photo 5")
    page.goto(f"/console/contests/results?name={CONTEST}")
    page.get_by_label("Award").fill("First")
    page.get_by_label("Photo", exact=False).first.fill("5")
    page.get_by_role("button", name="Give").click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Published.")).to_be_visible()
    [contest] = [each for each in library.read_facts(engine, at.zone).contests if each.key == CONTEST]
    assert [(each.award, each.title) for each in contest.results] == [("First", "Photo 5")]


@pytest.mark.slow
def test_92_entries_are_decided_without_a_mouse(come: Callable[..., Page], engine: Engine, at: Desk) -> None:
    """As many as came to the first contest; every tenth is refused with a reason."""
    for number in range(13, 93):
        entry(engine, number, somebody(engine, f"more-{number}", NOW), NOW, at.photos)
    page = come("lib")
    page.goto(f"/console/contests/entries?name={CONTEST}")
    page.keyboard.press("Enter")
    for number in range(1, 93):
        heading(page, number)
        if number % 10:
            page.keyboard.press("a")
        else:
            page.get_by_label("Why not").select_option("contest-reason-person")
            page.get_by_label("Why not").blur()
            page.keyboard.press("r")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Entries")
    assert counts(engine) == {"accepted": 83, "refused": 9}


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
def test_no_page_keeps_anybody_out(come: Callable[..., Page], engine: Engine, width: int, theme: str) -> None:
    """Nothing that axe calls serious, and nothing wider than the window."""
    page = come("lib", width=width, theme=theme)
    on_facebook(engine)
    for address in (*PAGES, f"/console/contests/entry?name={CONTEST}&number=11", f"/contest/{CONTEST}"):
        page.goto(address)
        page.wait_for_load_state("networkidle")
        assert faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
