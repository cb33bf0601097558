"""The review queue in a real browser: what a fast typist's keys decide."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import Engine

from bot.store import cards, inbox, reviews, turns
from bot.store.cards import Queued
from bot.store.message_tables import InboxRow
from connectors.messages import Address, IncomingMessage, Kind
from tests.console.conftest import NOW
from tests.e2e.browsing import launched, served, visits

MEANT = {
    "spilt coffee on it omg": "fines_fees",
    "rnw onlin how": "renew_loan",
    "wher can i prnt": "printing_scanning_copying",
    "kept it 2 weeks past the date": "fines_fees",
    "is wifi down": "wifi",
    "my thing ran out": "renew_loan",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def page(app: Flask, engine: Engine, browser: Browser) -> Iterator[Page]:
    """The review page, with messages that wait."""
    found = []
    for number, text in enumerate(MEANT):
        message = IncomingMessage(
            id=f"m{number}", kind=Kind.TEXT, sender=Address("messenger", f"p{number}"), sent_at=NOW, text=text
        )
        inbox.add(engine, "messenger", [message], now=NOW, stale_after_seconds=3600, request_id="r")
        with engine.connect() as connection:
            row = connection.execute(sa.select(InboxRow.id, InboxRow.person_id).order_by(InboxRow.id.desc())).first()
        ranking = [{"name": "opening_hours", "confidence": 0.4}, {"name": "borrow_loan_rules", "confidence": 0.2}]
        understanding = {"intent": {"name": "nlu_fallback", "confidence": 0.6}, "intent_ranking": ranking}
        turns.answered(engine, row.id, row.person_id, replies=(), understanding=understanding, calls=(), now=NOW)
        found.append(row.id)
    cards.refresh(engine, [Queued(each, 1.0 - each / 100, ("unsure",), each) for each in found])
    with served(app) as url:
        for come in visits(browser, url, []):
            opened = come("lib")
            opened.goto("/console/review")
            yield opened


def test_what_is_typed_is_what_is_decided(page: Page, engine: Engine) -> None:
    """Enter in the field takes the typed topic, never the first button of the list."""
    for _ in MEANT:
        said = page.locator(".review-said").inner_text(timeout=5000)
        page.keyboard.press("/")
        page.keyboard.type(MEANT[said])
        page.keyboard.press("Enter")
        expect(page.locator(".review-said").filter(has_text=said)).to_have_count(0)
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    assert {each.text: each.intent for each in reviews.staged(engine)} == MEANT


def test_selected_words_are_marked_by_a_key_and_by_a_button(page: Page, engine: Engine) -> None:
    """In the field by Shift and the arrows, or anywhere on the card with the mouse; the example keeps Rasa's form."""
    said = page.locator(".review-said").inner_text()
    first = said.split()[0]
    field = page.get_by_label("What the example will say")
    field.focus()
    page.keyboard.press("Home")
    for _ in first:
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Alt+Digit1")
    expect(field).to_have_value(said.replace(first, f"[{first}](time)", 1))
    last = said.split()[-1]
    page.locator(".review-said").evaluate(
        """(shown, from) => {
            document.activeElement.blur();
            const range = document.createRange();
            range.setStart(shown.firstChild, from);
            range.setEnd(shown.firstChild, shown.firstChild.length);
            getSelection().removeAllRanges();
            getSelection().addRange(range);
        }""",
        len(said) - len(last),
    )
    page.get_by_role("button", name="Place").click()
    marked = f"[{first}](time){said[len(first) : len(said) - len(last)]}[{last}](place)"
    expect(field).to_have_value(marked)
    page.get_by_role("heading", name=said).click()
    page.keyboard.press("1")
    expect(page.locator(".review-said").filter(has_text=said)).to_have_count(0)
    assert [each.text for each in reviews.staged(engine)] == [marked]


def test_a_key_that_is_held_down_decides_once(page: Page, engine: Engine) -> None:
    said = page.locator(".review-said").inner_text()
    page.keyboard.down("1")
    for _ in range(4):
        page.keyboard.down("1")  # a second time without letting go: the browser tells it as a repeat
    page.keyboard.up("1")
    expect(page.locator(".review-said").filter(has_text=said)).to_have_count(0)
    expect(page.get_by_text("you have decided 1 today")).to_be_visible()
    assert len(reviews.staged(engine)) == 1
