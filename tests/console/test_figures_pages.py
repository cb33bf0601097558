"""Figures that lead to work: questions without an answer, periods compared, the monthly report, tables as files."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import missed, reviews
from bot.store.message_tables import TurnRow
from connectors.messages import Address
from tests.console.conftest import NOW, Clock, Visitor
from tests.console.test_inbox_pages import writes

PAGE = "/console/unanswered"


def asks(engine: Engine, who: str, words: str, outcome: str = "unsure", **more: int) -> None:
    """Store a question and what came of it, some time before NOW."""
    writes(engine, words, who=Address("messenger", who), at=NOW - timedelta(**more))
    with engine.begin() as connection:
        last = sa.select(sa.func.max(TurnRow.id)).scalar_subquery()
        connection.execute(sa.update(TurnRow).where(TurnRow.id == last).values(outcome=outcome))


@pytest.fixture
def printers(engine: Engine) -> Engine:
    """Two people who asked for a 3D printer, in two wordings, and one who asked for the gym."""
    asks(engine, "1", "can i borrow a 3d printer?", hours=5)
    asks(engine, "1", "Can I borrow a 3D printer", hours=4)
    asks(engine, "2", "can i borrow a 3d printer", hours=3)
    asks(engine, "3", "where is the gym, my number is 9123 4567", "out_of_scope", hours=2)
    asks(engine, "4", "how much is a late book", "answered", hours=1)
    return engine


def questions(page: str) -> list[str]:
    """Return the questions of a page, in order."""
    return re.findall(r'<strong class="text-break">([^<]+)</strong>', page)


def keys(page: str) -> list[str]:
    return re.findall(r'data-value="(\w+)"', page)


def test_questions_without_an_answer_are_grouped_by_how_many_asked(
    printers: Engine, signed_in: Callable[[str], Visitor]
) -> None:
    """A question mark makes no other question; what names a person is hidden; a viewer reads and decides nothing."""
    page = signed_in("viewer").get(PAGE).text

    assert questions(page) == ["can i borrow a 3d printer", "where is the gym, my number is ‹phone›"]
    assert "2 people" in page
    assert "3 times since" in page
    assert "Make an answer" not in page


def test_an_answer_is_made_and_whom_it_helps_is_counted(printers: Engine, librarian: Visitor, clock: Clock) -> None:
    """The form knows the question; who began it sees to it; once it is answered, those whom it helps are counted."""
    first = keys(librarian.get(PAGE).text)[0]
    made = librarian.post(PAGE, {"key": first, "does": "make"}, follow_redirects=True).text
    assert "can i borrow a 3d printer</textarea>" in made
    mine = librarian.get(f"{PAGE}?show=mine").text
    assert questions(mine) == ["can i borrow a 3d printer"]
    assert "An answer is being made" in mine
    librarian.post(PAGE, {"key": first, "does": "done"})
    assert questions(librarian.get(PAGE).text) == ["where is the gym, my number is ‹phone›"]
    clock.now += timedelta(minutes=30)
    writes(printers, "can I borrow a 3D printer", who=Address("messenger", "5"), at=clock.now)
    assert "1 person helped since" in librarian.get(f"{PAGE}?show=settled").text
    librarian.post(PAGE, {"key": first, "does": "open"})
    assert questions(librarian.get(PAGE).text)[0] == "can i borrow a 3d printer"


def test_what_is_taught_or_not_ours_is_decided_as_in_review(printers: Engine, librarian: Visitor) -> None:
    """For the next training, redacted, and settled here."""
    first, second = keys(librarian.get(PAGE).text)
    assert (
        "Choose the topic"
        in librarian.post(PAGE, {"key": first, "does": "teach", "topic": "nonsense"}, follow_redirects=True).text
    )
    librarian.post(PAGE, {"key": first, "does": "teach", "topic": "lockers_equipment"})
    librarian.post(PAGE, {"key": second, "does": "not_ours"})

    staged = {(each.intent, each.text) for each in reviews.staged(printers)}
    assert ("lockers_equipment", "can i borrow a 3d printer") in staged
    assert not any("9123" in text for _, text in staged)
    assert questions(librarian.get(PAGE).text) == []
    assert {each.state for each in missed.groups(printers, NOW - timedelta(days=1))} == {"taught", "not_ours"}


def test_a_question_is_somebodys(printers: Engine, librarian: Visitor) -> None:
    first = keys(librarian.get(PAGE).text)[0]
    librarian.post(PAGE, {"key": first, "does": "owner", "owner": "ada"})
    [group, *_] = missed.groups(printers, NOW - timedelta(days=1))

    assert (group.owner, group.state) == ("ada", "open")


def test_periods_are_compared_and_lead_to_their_conversations(printers: Engine, librarian: Visitor) -> None:
    """Of a week and of the week before; every table is a file too."""
    asks(printers, "6", "can i renew", "answered", days=9)
    page = librarian.get("/console/figures?days=7").text
    assert re.search(r"Messages</th><td[^>]*>5</td><td[^>]*>1</td>", page)
    lead = re.search(r'href="([^"]+outcome=unsure[^"]+)"', page)
    assert lead
    found = librarian.get(lead[1].replace("&amp;", "&")).text
    assert found.count("3d printer") + found.count("3D printer") == 3
    rows = csv.DictReader(
        io.StringIO(librarian.get("/console/figures.csv?days=7&table=outcomes").text.lstrip("\ufeff"))
    )
    assert {row["what"]: row["change"] for row in rows}["Asked back"] == "new"
    assert librarian.get("/console/figures.csv?table=nonsense").status_code == 404


def test_the_monthly_report_says_what_was_asked_without_an_answer(printers: Engine, librarian: Visitor) -> None:
    page = librarian.get("/console/report?month=2026-11").text

    assert "November 2026" in page
    assert "This month is not over yet" in page
    assert "can i borrow a 3d printer" in page
    assert "9123 4567" not in page


def test_questions_are_a_file_without_formulas(printers: Engine, librarian: Visitor) -> None:
    asks(printers, "7", "=1+1", hours=1)
    rows = list(csv.DictReader(io.StringIO(librarian.get(f"{PAGE}.csv").text.lstrip("\ufeff"))))

    assert rows[0]["question"] == "can i borrow a 3d printer"
    assert rows[0]["people"] == "2"
    assert "'=1+1" in {row["question"] for row in rows}
