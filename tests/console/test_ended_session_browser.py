"""In a real browser: a session ends in the middle of a reply and of a form, and no word is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import Engine

from bot.store import threads
from bot.store.message_tables import OutboxRow
from bot.store.session_tables import SessionRow
from tests.console.test_inbox_pages import writes
from tests.e2e.browsing import PASSWORD, launched, served, visits


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def page(app: Flask, browser: Browser) -> Iterator[Page]:
    """A librarian who has signed in."""
    with served(app) as url:
        for come in visits(browser, url, []):
            yield come("lib")


def end_sessions(engine: Engine) -> None:
    """As an administrator does, or the night."""
    with engine.begin() as connection:
        connection.execute(sa.update(SessionRow.__table__).values(ended="ended by an administrator"))


def sign_in_again(page: Page) -> None:
    """At the door that came in the place of what was asked for."""
    expect(page.get_by_role("heading", name="Sign in to the console")).to_be_visible()
    page.get_by_label("Name").fill("lib")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")


def sent(engine: Engine, words: str) -> int:
    """Return how many calls to the platform hold `words`."""
    with engine.connect() as connection:
        return sum(words in str(body) for body in connection.execute(sa.select(OutboxRow.body)).scalars())


def test_a_reply_comes_back_after_signing_in_again_and_is_sent_once(page: Page, engine: Engine) -> None:
    """In the box in which it was written, beside the conversation."""
    thread = threads.open_of(engine, writes(engine, "how much is a late book", "contact_librarian"))
    assert thread
    page.goto(f"/console/inbox/{thread.id}")
    page.get_by_role("button", name="Take it", exact=True).first.click()
    page.get_by_label("Your message").fill("It is 5 dollars a day.\nAt most 200.")
    end_sessions(engine)
    page.get_by_role("button", name="Send", exact=True).click()
    sign_in_again(page)

    expect(page.get_by_label("Your message")).to_have_value("It is 5 dollars a day.\nAt most 200.")
    assert sent(engine, "5 dollars") == 0
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_label("Your message")).to_have_value("")
    assert sent(engine, "5 dollars") == 1
    page.reload()
    expect(page.get_by_label("Your message")).to_have_value("")
    expect(page.get_by_text("is kept for you")).to_have_count(0)


def test_a_form_comes_back_filled_in_after_signing_in_again(page: Page, engine: Engine) -> None:
    """Every field as it was typed; one click saves it."""
    page.goto("/console/places/edit?name=library")
    page.get_by_label("Monday").fill("10:00-20:00")
    end_sessions(engine)
    page.get_by_role("button", name="Save").click()
    sign_in_again(page)

    expect(page.get_by_label("Monday")).to_have_value("10:00-20:00")
    expect(page.get_by_role("alert").filter(has_text="You were signed out before this was saved")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(page.get_by_label("Monday")).to_have_value("10:00-20:00")
    expect(page.get_by_text("is kept for you")).to_have_count(0)
