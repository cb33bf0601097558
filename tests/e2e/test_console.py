"""The console in a real browser, before a whole Carrel: as each role, by keyboard, on a phone, with axe looking on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.simulator.messenger_client import MessengerClient
from bot.store.engine import connect
from tests.e2e.browsing import faults, launched, let_in, visits
from tests.stack import APP_SECRET, PAGE_ID, VERIFY_TOKEN, Stack, whole

pytestmark = pytest.mark.slow

PAGES = (
    "/console/",
    "/console/try",
    "/console/inbox",
    "/console/inbox/texts",
    "/console/unanswered",
    "/console/figures",
    "/console/report",
    "/console/conversations/find",
    "/console/doctor",
    "/console/conversations",
    "/console/conversations/1",
    "/console/places",
    "/console/places/edit?name=library",
    "/console/terms",
    "/console/terms/edit",
    "/console/closures",
    "/console/closures/edit?name=holiday-2026-12-25",
    "/console/conditions",
    "/console/conditions/edit?name=typhoon-8",
    "/console/events",
    "/console/events/edit?name=citation-clinic",
    "/console/events?view=month",
    "/console/events/import",
    "/console/contests",
    "/console/contests/edit",
    "/console/answers",
    "/console/answers/edit?name=wifi-overview/en",
    "/console/review",
    "/console/review/topic",
    "/console/training",
    "/console/examples",
    "/console/examples/care",
    "/console/learning",
    "/console/changes",
    "/console/staff",
    "/console/sessions",
    "/console/password",
    "/console/nowhere",
)


@pytest.fixture(scope="module")
def stack(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A whole Carrel, with one person of each role and a student who has written."""
    with whole(tmp_path_factory.mktemp("console"), models) as (running, meta):
        engine = connect(running.database_url)
        let_in(engine, vic="viewer", lib="librarian", ada="administrator")
        engine.dispose()
        student = MessengerClient(running.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN)
        assert student.text("7788001122", "how late are you open tonight <b>pls</b>").status_code == 200
        assert meta.wait_for_message("7788001122", timeout=30)
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    yield from launched()


@pytest.fixture
def come(stack: Stack, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Gives a page on which somebody has signed in; its own console has nothing to complain about."""
    problems: list[str] = []
    yield from visits(browser, stack.url, problems)
    # A browser notes down each page that is not there, or that a role may not open.
    assert [each for each in problems if not any(code in each for code in ("403", "404"))] == []


def ask(page: Page, words: str) -> str:
    """Say something in the test console and return what the bot says to it."""
    if not page.url.endswith("/console/try"):
        page.goto("/console/try")
    turns = page.locator(".turn").count()
    page.get_by_label("What a student says").fill(words)
    page.keyboard.press("Enter")
    expect(page.locator(".turn")).to_have_count(turns + 1)
    return "\n".join(page.locator(".turn").last.locator(".bubble-bot").all_inner_texts())


@pytest.mark.parametrize(
    ("name", "theme", "width"),
    [("ada", "light", 1440), ("ada", "dark", 390), ("lib", "light", 390), ("vic", "dark", 1440)],
)
def test_every_page_is_accessible_and_fits_its_screen(
    come: Callable[..., Page], name: str, theme: str, width: int
) -> None:
    """As each role, on a phone and on a wide screen, light and dark; what a role may not open says so, accessibly."""
    page = come(name, width=width, theme=theme)
    found: list[str] = []
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        found += faults(page)
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{path}: {overflow} px too wide"] if overflow > 1 else []
        if folder := os.environ.get("CARREL_SCREENSHOTS"):
            shown = path.removeprefix("/console/").replace("/", "-").split("?")[0] or "home"
            page.screenshot(path=f"{folder}/{shown}-{width}-{theme}.png", full_page=True)
    assert not found, "\n".join(found)


def test_the_door_is_accessible(stack: Stack, browser: Browser) -> None:
    page = browser.new_context(base_url=stack.url).new_page()
    page.goto("/console/sign-in")
    assert faults(page) == []
    page.context.close()


def test_hours_are_changed_and_the_next_answer_knows(come: Callable[..., Page]) -> None:
    page = come("lib")
    before = ask(page, "what are your opening hours")
    assert "11 pm" in before
    page.goto("/console/places/edit?name=library")
    page.get_by_label("Monday").fill("10:00-20:00")
    page.get_by_role("button", name="to all days").click()
    expect(page.get_by_text("Mon – Sun: 10 am – 8 pm")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    assert "Mon – Sun: 10 am – 8 pm" in ask(page, "what are your opening hours")
    page.goto("/console/places/edit?name=library")
    page.locator(".history").get_by_role("link", name="Undo").first.click()
    expect(page.get_by_role("row", name="Every week")).to_contain_text("8 am – 11 pm")
    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    assert "Mon – Fri: 8 am – 11 pm" in ask(page, "what are your opening hours")


def test_a_closure_is_added_on_the_calendar_and_asked_for(come: Callable[..., Page]) -> None:
    page = come("lib")
    page.goto("/console/closures?month=2027-03")
    page.get_by_label("New closure on 17 March").click()
    page.get_by_label("Reason").fill("Stocktaking")
    expect(page.get_by_text("closed (otherwise 8 am – 11 pm)")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Stocktaking")
    page.goto("/console/try")
    said = ask(page, "are you open on 17 march 2027")
    assert "closed" in said.lower()
    assert "Stocktaking" in said


def test_a_typhoon_is_pretended_for_oneself_and_then_switched_on_for_all(come: Callable[..., Page]) -> None:
    page = come("lib")
    page.goto("/console/try")
    page.locator("summary", has_text="Pretend").click()
    page.get_by_label("The moment is").fill("2026-12-09T10:00")
    page.get_by_label("Typhoon signal no. 8").check()
    page.locator("summary", has_text="Pretend").click()
    assert "Typhoon signal no. 8" in ask(page, "are you open")
    expect(page.locator("#trace")).to_contain_text("action_opening_hours")
    page.goto("/console/try")
    assert "Typhoon" not in ask(page, "are you open")
    page.goto("/console/conditions")
    page.get_by_role("button", name="Switch it on").first.click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Typhoon signal no. 8 is on.")).to_be_visible()
    assert "Typhoon signal no. 8" in ask(page, "are you open now")
    page.goto("/console/conditions")
    page.get_by_role("button", name="Switch it off").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("Typhoon signal no. 8 is off.")).to_be_visible()


def test_an_event_is_imported_and_asked_for(come: Callable[..., Page], tmp_path: Path) -> None:
    file = tmp_path / "events.ics"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", "BEGIN:VEVENT", "UID:e2e", "SUMMARY:Zine making"]
    lines += ["DTSTART:20270310T140000", "DTEND:20270310T150000", "END:VEVENT", "END:VCALENDAR", ""]
    file.write_bytes("\r\n".join(lines).encode())
    page = come("lib")
    page.goto("/console/events/import")
    page.get_by_label("Calendar file").set_input_files(file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("is added")).to_be_visible()
    page.get_by_role("button", name="Import 1 events").click()
    expect(page.get_by_text("1 events are taken over")).to_be_visible()
    page.goto("/console/try")
    assert "Zine making" in ask(page, "what events are on 10 march 2027")


def test_a_contest_is_edited_and_unsaved_words_are_not_lost_unasked(come: Callable[..., Page]) -> None:
    page = come("lib")
    page.goto("/console/contests")
    page.get_by_role("link", name="Next edition").first.click()
    page.get_by_label("Edition", exact=True).fill("2027")
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.get_by_role("link", name="Answers").click()
    assert asked == ["beforeunload"]
    page.get_by_label("Theme").fill("Rain on the terrace")
    page.get_by_label("Closes", exact=True).fill("2027-03-31T23:59")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert "31 March" in ask(page, "when is the deadline of the photo contest")


def test_a_conversation_is_found_read_and_kept_as_a_test(come: Callable[..., Page]) -> None:
    page = come("lib")
    page.goto("/console/conversations")
    page.keyboard.press("/")
    page.keyboard.type("tonight")
    page.keyboard.press("Enter")
    page.locator("#found a").first.click()
    expect(page.locator(".bubble-student").first).to_have_text("how late are you open tonight <b>pls</b>")
    expect(page.get_by_text("Sent", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Show who it is").click()
    expect(page.get_by_text("7788001122")).to_be_visible()
    page.get_by_role("button", name="Play it again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("played again")
    page.goto("/console/try")
    ask(page, "when do you close tonight")
    page.get_by_role("button", name="Keep as a test").click()
    page.get_by_label("What it shows").fill("Closing time")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    kept = Path(download.value.path()).read_text()
    assert "intent: opening_hours" in kept
    assert "- action: action_opening_hours" in kept


def test_a_viewer_sees_and_changes_nothing(come: Callable[..., Page]) -> None:
    page = come("vic")
    page.goto("/console/places/edit?name=library")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.get_by_text("Librarians may change it")).to_be_visible()
    page.goto("/console/conversations/1")
    expect(page.get_by_role("button", name="Show who it is")).to_have_count(0)
    expect(page.get_by_role("link", name="Staff")).to_have_count(0)


def test_the_keyboard_is_enough(come: Callable[..., Page]) -> None:
    page = come("ada")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Special conditions")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("e")
    expect(page.get_by_role("heading", level=1)).to_have_text("Events")
    page.keyboard.press("g")
    page.keyboard.press("s")
    expect(page.get_by_role("heading", level=1)).to_have_text("Staff")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the page")).to_be_focused()
