"""An edition's page: its life, what students are told in each phase, what Meta asks of it."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from bot.calendar.promotion import RELEASE, STATEMENT
from bot.store import audit
from bot.store.library_tables import ContestRow
from tests.actions.small_library import contest_row
from tests.console.conftest import NOW, Clock, Rehearsed, Visitor

KEY = "quiet-corners-2026"


def at(text: str) -> datetime:
    """Return a moment in Hong Kong."""
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.fixture
def edition(engine: Engine) -> ContestRow:
    """An edition that is open until the end of November, with a vote after it."""
    row = contest_row(
        KEY,
        "Quiet Corners",
        edition="2026",
        opens=at("2026-11-01T09:00"),
        closes=at("2026-11-30T17:00"),
        voting_opens=at("2026-12-01T09:00"),
        voting_closes=at("2026-12-14T17:00"),
        may_enter=["students"],
        rules=["Photos are taken on campus."],
    )
    with audit.session(engine, "lib", NOW) as changes:
        changes.add(row)
    return row


def test_the_list_names_each_editions_phase_and_what_meta_misses(librarian: Visitor, edition: ContestRow) -> None:
    text = librarian.get("/console/contests").text
    assert "Quiet Corners 2026" in text
    assert "2 of Meta’s rules" in text
    assert text.index("Quiet Corners") < text.index("Day and Night")
    assert text.count("of Meta’s rules") == 1  # none is asked of an edition that is over


def test_an_edition_shows_its_life_with_dates(librarian: Visitor, edition: ContestRow) -> None:
    text = librarian.get(f"/console/contests/edition?name={KEY}").text
    assert text.index(">Announced") < text.index(">Open") < text.index(">Voting") < text.index(">Judging")
    assert text.count('aria-current="step"') == 1
    assert RELEASE in text
    assert STATEMENT in text


def test_what_is_told_in_a_phase_is_asked_of_the_bot_itself(
    librarian: Visitor, edition: ContestRow, rehearsed: Rehearsed
) -> None:
    text = librarian.get("/console/contests/told?at=2026-12-01T09:01:00%2B08:00").text
    assert "Open until 11 pm." in text
    assert {asked[0].choice for asked in rehearsed.asked} == {"/contest_deadline", "/contest_entry", "/contest_winners"}
    assert {asked[0].sent_at for asked in rehearsed.asked} == {at("2026-12-01T09:01")}
    rehearsed.down = True
    assert "The bot does not answer" in librarian.get("/console/contests/told?at=2026-12-01T09:01").text


def test_an_edition_or_a_moment_that_is_none_is_not_found(librarian: Visitor) -> None:
    assert librarian.get("/console/contests/edition?name=no-such").status_code == 404
    assert librarian.get("/console/contests/told?at=soon").status_code == 404


def test_an_edition_that_is_over_is_no_longer_news(librarian: Visitor, edition: ContestRow, clock: Clock) -> None:
    clock.now = at("2027-07-01T00:00")
    librarian.sign_in("lib")
    assert "Archived" in librarian.get("/console/contests").text
