"""Announcements in the console: written, previewed, counted and priced, approved by another person, stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from flask import Flask
from sqlalchemy.engine import Engine

from bot.console.desk import NAME
from bot.store import announcements, costs, people, subscriptions
from connectors.messages import Address
from tests.console.conftest import NOW, Visitor

FORM = {"audience": "contest:", "category": "marketing", "en": "The contest is open!", "zh-Hant": "比賽開始了！"}
SEEN = {"since": NOW.isoformat(), "changes": 0, "results": []}


def subscribed(engine: Engine, count: int, channel: str = "messenger") -> None:
    for number in range(count):
        with engine.begin() as connection:
            address = Address(channel, f"{channel}-{number}")
            person = people.find_or_add(connection, address, NOW, wrote_at=NOW - timedelta(hours=1)).id
        subscriptions.begin(engine, person, "contest", "", asked="?", words="yes", seen=SEEN, now=NOW)


def test_one_is_written_counted_and_sent(engine: Engine, librarian: Visitor) -> None:
    """The page shows it on each channel in each language, and whom it reaches; then how far it is."""
    subscribed(engine, 3)
    subscribed(engine, 1, "whatsapp")
    saved = librarian.post("/console/announcements/edit", FORM)
    page = librarian.get(saved.location).text
    sent = librarian.post(saved.location, {"does": "send"}, follow_redirects=True).text

    assert "4 people: 3 free in their window, 0 by template, 1 cannot be reached" in page
    assert "The channel is switched off." in page
    assert page.count("The contest is open!") >= 3
    assert "比賽開始了！" in page
    assert "It goes to 4 people from now on." in sent
    assert "Stop now" in sent
    stopped = librarian.post(saved.location, {"does": "stop"}, follow_redirects=True).text
    assert "Stopped. 4 people do not get it." in stopped


def test_above_a_number_another_person_approves(
    app: Flask, engine: Engine, signed_in: Callable[[str], Visitor]
) -> None:
    """Who wrote it is told so, and cannot send it by hand either."""
    app.extensions[NAME] = replace(app.extensions[NAME], approval_above=1)
    subscribed(engine, 2)
    writer, other = signed_in("librarian"), signed_in("administrator")
    where = writer.post("/console/announcements/edit", FORM).location
    refused = writer.post(where, {"does": "send"}, follow_redirects=True).text
    writer.post(where, {"does": "ask"})
    waits, approves = writer.get(where).text, other.get(where).text
    other.post(where, {"does": "send"})
    [each] = announcements.listed(engine)

    assert "Somebody else than who wrote it has to approve it." in refused
    assert "Waiting for a colleague" in waits
    assert "Approve and send" in approves
    assert (each.state, each.created_by, each.approved_by) == ("sending", "lib", "ada")


def test_what_is_missing_is_said_beside_its_field(librarian: Visitor) -> None:
    """And what was typed is still there."""
    response = librarian.post("/console/announcements/edit", {**FORM, "en": "", "audience": "x"})

    assert response.status_code == 422
    assert "Write it in English at least" in response.text
    assert "Choose who should get it." in response.text
    assert "比賽開始了！" in response.text


def test_rates_price_an_announcement_and_the_month(
    engine: Engine, signed_in: Callable[[str], Visitor], app: Flask
) -> None:
    """Administrators enter them; Home multiplies what was billable, and warns before the free messages are used up."""
    at = app.extensions[NAME]
    app.extensions[NAME] = replace(at, on=frozenset({"messenger", "whatsapp"}))
    subscribed(engine, 2, "whatsapp")
    administrator = signed_in("administrator")
    where = administrator.post("/console/announcements/edit", FORM).location
    before = administrator.get(where).text
    wrong = administrator.post("/console/rates", {"currency": "usd", "whatsapp-service": "much"})
    administrator.post("/console/rates", {"currency": "USD", "whatsapp-service": "0.02", "whatsapp-utility": "0.03"})
    with engine.begin() as connection:
        costs.count(connection, f"{NOW:%Y-%m}", "whatsapp", "service", billable=False, messages=790)
        costs.count(connection, f"{NOW:%Y-%m}", "whatsapp", "service", billable=True, messages=50)
    home = administrator.get("/console/").text

    assert "The price is not known" in before
    assert wrong.status_code == 422
    assert "Three capital letters" in wrong.text
    assert "A price of one message" in wrong.text
    assert "At most 0.04 USD" in administrator.get(where).text
    assert "<strong>840 of the 1,000</strong>" in home
    assert "1.00 USD" in home
