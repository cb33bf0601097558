"""How an event repeats is chosen in words on its form, with the dates that result; no rule is shown."""

from __future__ import annotations

import re

from sqlalchemy.engine import Engine

from bot.store.content import edit
from tests.console.conftest import NOW, Visitor

CLINIC = {"title": "Clinic", "starts": "2026-12-01T15:00", "ends": "2026-12-01T16:00"}


def rule(engine: Engine) -> str:
    """Return the rule that is stored."""
    stored = edit.entry(engine, "events", "clinic")
    assert stored
    return str(stored["rrule"])


def test_the_dates_that_result_are_listed_while_choosing(librarian: Visitor) -> None:
    form = {**CLINIC, "repeats": "weekly", "last_day": "2026-12-20", "exdates": "2026-12-08"}
    shown = librarian.post("/console/events/preview", form).text
    assert "Every Tuesday until Sunday 20 December" in shown
    assert "Tuesday 15 December" in shown
    assert "8 December" not in shown
    assert "22 December" not in shown


def test_a_choice_is_stored_shown_again_and_said_in_the_list_and_the_history(
    engine: Engine, librarian: Visitor
) -> None:
    form = {**CLINIC, "repeats": "nth", "nth": "1", "nth_day": "0", "every": "1"}
    librarian.post("/console/events/edit", form)
    assert rule(engine) == "FREQ=MONTHLY;BYDAY=1MO"
    page = librarian.get("/console/events/edit?name=clinic").text
    assert '<option value="nth" selected>' in page
    assert '<option value="kept"' not in page
    assert "on the first Monday of every month" in page
    assert "on the first Monday of every month" in librarian.get("/console/events?q=clinic").text
    for each in (page, librarian.get("/console/changes").text):
        assert not re.search("FREQ|RRULE|BYDAY", each)


def test_an_imported_rule_that_cannot_be_chosen_is_kept(engine: Engine, librarian: Visitor) -> None:
    librarian.post("/console/events/edit", CLINIC)
    odd = "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1"
    edit.save(engine, "events", {"rrule": odd}, was="clinic", actor="ada", now=NOW)
    page = librarian.get("/console/events/edit?name=clinic").text
    assert '<option value="kept" selected>' in page
    assert "BYSETPOS" not in page
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen
    librarian.post("/console/events/edit?name=clinic", {**CLINIC, "repeats": "kept", "seen": seen[1], "price": "free"})
    assert rule(engine) == odd
