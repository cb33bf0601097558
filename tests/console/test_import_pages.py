"""Calendar files in the console: looked at, asked about, taken over by a worker, undone; killed in the middle too."""

from __future__ import annotations

import html
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.desk import Desk
from bot.store import audit, imports, jobs
from bot.store.content import edit
from bot.store.import_tables import ImportRow
from bot.store.jobs import IMPORTS
from bot.workers.importer import Importer
from tests.console.conftest import NOW, Clock, Visitor

PAGE = "/console/events/import"


def event(number: int, *more: str) -> str:
    lines = (f"UID:tour-{number}", f"SUMMARY:Tour {number}", "DTSTART:20261201T100000", "DTEND:20261201T110000", *more)
    return "".join(f"{line}\r\n" for line in ("BEGIN:VEVENT", *lines, "END:VEVENT"))


def calendar(*events: str) -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


LARGE = calendar(*(event(number, "DESCRIPTION:" + "words " * 60) for number in range(400)))


def hand_in(visitor: Visitor, data: bytes) -> Any:
    file = {"file": (io.BytesIO(data), "events.ics")}
    return visitor.post(PAGE, file, content_type="multipart/form-data")


def number_of(text: str) -> int:
    found = re.search(rf"{PAGE}/(\d+)", text)
    assert found
    return int(found[1])


@pytest.fixture
def importer(engine: Engine, at: Desk, clock: Clock) -> Importer:
    """A worker's hand that does what was asked for when it is told to."""
    return Importer(engine, at.zone, clock)


def test_a_large_file_is_looked_at_and_taken_over_by_a_worker(
    engine: Engine, librarian: Visitor, importer: Importer
) -> None:
    """The page answers at once, shows how far it is, and then what will happen; nothing is stored before the yes."""
    answer = hand_in(librarian, LARGE)
    assert answer.status_code == 303
    page = answer.location
    waiting = librarian.get(page).text
    assert 'role="status"' in waiting
    assert 'role="progressbar"' in waiting
    assert "HX-Refresh" not in librarian.get(f"{page}/progress").headers

    assert importer.step()
    assert librarian.get(f"{page}/progress").headers["HX-Refresh"] == "true"
    looked = librarian.get(page).text
    assert "400 new" in looked
    assert "Import 400 events" in looked
    assert edit.entry(engine, "events", "tour-7") is None

    librarian.post(page, {"does": "take"})
    assert edit.entry(engine, "events", "tour-7") is None
    assert importer.step()
    assert edit.entry(engine, "events", "tour-7")
    assert "400 events are taken over." in librarian.get(page).text
    assert audit.history(engine, "events", "tour-7")[0]["who"] == "lib"

    librarian.post(page, {"does": "undo"})
    assert importer.step()
    assert edit.entry(engine, "events", "tour-7") is None
    assert "400 events are again what they were." in librarian.get(page).text
    assert not importer.step()


def test_a_preview_says_what_is_new_what_changes_what_stays_and_what_is_left_out(
    engine: Engine, librarian: Visitor
) -> None:
    """Field by field, with why; and what staff have noted besides stays."""
    first = number_of(hand_in(librarian, calendar(event(1), event(2))).text)
    librarian.post(f"{PAGE}/{first}", {"does": "take"})
    stored = edit.entry(engine, "events", "tour-1")
    assert stored
    edit.save(engine, "events", {"price": "free", "type": "tour"}, was="tour-1", actor="lib", now=NOW)
    said = html.unescape(
        hand_in(
            librarian,
            calendar(
                event(1, "LOCATION:LG1"),
                event(2),
                event(3),
                "BEGIN:VEVENT\r\nUID:x\r\nDTSTART:20261201\r\nEND:VEVENT\r\n",
            ),
        ).text
    )
    assert "place: nothing → LG1" in said
    assert "price:" not in said
    for counted in ("1 new", "1 changed", "1 unchanged", "1 left out", "SUMMARY is missing", "line 23"):
        assert counted in said
    librarian.post(f"{PAGE}/{number_of(said)}", {"does": "take"})
    now = edit.entry(engine, "events", "tour-1")
    assert now
    assert (now["place"], now["price"], now["type"]) == ("LG1", "free", "tour")


def test_what_is_private_is_taken_once_it_is_ticked_alone(engine: Engine, librarian: Visitor) -> None:
    """One is ticked, one is not, and one is for everybody."""
    data = calendar(event(1, "CLASS:PRIVATE"), event(2, "STATUS:TENTATIVE"), event(3))
    said = hand_in(librarian, data).text
    assert "marked as private" in said
    ticked = re.search(r'name="chosen" value="(\d+)"', said)
    assert ticked
    librarian.post(f"{PAGE}/{number_of(said)}", {"does": "take", "chosen": ticked[1]})
    assert [bool(edit.entry(engine, "events", f"tour-{each}")) for each in (1, 2, 3)] == [True, False, True]


def test_what_somebody_changed_meanwhile_stops_the_import_whole(engine: Engine, librarian: Visitor) -> None:
    """Nothing of it is stored, and it says whose event it is."""
    first = number_of(hand_in(librarian, calendar(event(1))).text)
    librarian.post(f"{PAGE}/{first}", {"does": "take"})
    said = hand_in(librarian, calendar(event(1, "LOCATION:LG1"), event(2))).text
    edit.save(engine, "events", {"place": "LG5"}, was="tour-1", actor="ada", now=NOW + timedelta(minutes=1))
    page = f"{PAGE}/{number_of(said)}"
    librarian.post(page, {"does": "take"})
    assert "Somebody has changed or removed &#34;Tour 1&#34;" in librarian.get(page).text
    assert edit.entry(engine, "events", "tour-2") is None


def test_an_undo_keeps_what_somebody_has_changed_since(engine: Engine, librarian: Visitor) -> None:
    """The others are what they were; the one that was changed is named."""
    page = f"{PAGE}/{number_of(hand_in(librarian, calendar(event(1), event(2))).text)}"
    librarian.post(page, {"does": "take"})
    edit.save(engine, "events", {"place": "LG5"}, was="tour-1", actor="ada", now=NOW + timedelta(minutes=1))
    librarian.post(page, {"does": "undo"})
    assert [bool(edit.entry(engine, "events", f"tour-{each}")) for each in (1, 2)] == [True, False]
    assert "Kept, since somebody has changed them: Tour 1." in librarian.get(page).text


class Killed(BaseException):
    """Ends a worker where it stands, as a kill does: nothing catches it."""


class Dying(Clock):
    """A clock that kills whoever looks at it once too often."""

    def __init__(self, looks: int) -> None:
        super().__init__()
        self.looks = looks

    def __call__(self) -> datetime:
        """Return the moment, or die."""
        self.looks -= 1
        if not self.looks:
            raise Killed
        return self.now


def _until_it_dies(dying: Importer) -> None:
    while True:
        dying.step()


@pytest.mark.parametrize("looks", range(3, 8))
def test_a_worker_killed_in_the_middle_leaves_nothing_half_done_and_the_job_is_taken_up(
    engine: Engine, librarian: Visitor, importer: Importer, at: Desk, clock: Clock, looks: int
) -> None:
    """Wherever it dies, another worker finds the job silent and does all of it, once."""
    page = hand_in(librarian, LARGE).location
    importer.step()
    librarian.post(page, {"does": "take"})
    dying = Importer(engine, at.zone, Dying(looks))
    with pytest.raises(Killed):
        _until_it_dies(dying)
    there = sum(bool(edit.entry(engine, "events", f"tour-{each}")) for each in (0, 399))
    assert there in {0, 2}
    clock.now += timedelta(seconds=30)
    importer.step()
    assert [bool(edit.entry(engine, "events", f"tour-{each}")) for each in (0, 399)] == [True, True]
    assert len(audit.history(engine, "events", "tour-0")) == 1
    assert "400 events are taken over." in librarian.get(page).text


def test_a_job_that_kills_whoever_does_it_is_given_up(
    engine: Engine, librarian: Visitor, importer: Importer, clock: Clock
) -> None:
    """After the third, it is said to have failed, and nothing has changed."""
    page = hand_in(librarian, LARGE).location
    for _ in range(3):
        assert jobs.take(engine, clock(), IMPORTS)
        clock.now += timedelta(seconds=30)
        if _ < 2:
            assert jobs.take_up(engine, clock(), IMPORTS, "") == []
    assert not importer.step()
    assert "has died three times" in librarian.get(page).text
    assert edit.entry(engine, "events", "tour-0") is None


def test_an_import_that_is_stopped_changes_nothing(engine: Engine, librarian: Visitor, importer: Importer) -> None:
    """Before a worker has begun, and while it is at it."""
    page = hand_in(librarian, LARGE).location
    librarian.post(page, {"does": "stop"})
    assert not importer.step()
    assert "It was stopped" in librarian.get(page).text

    page = hand_in(librarian, LARGE).location
    importer.step()
    librarian.post(page, {"does": "take"})
    with engine.begin() as connection:
        connection.execute(sa.update(jobs.jobs).where(jobs.jobs.c.state == "waiting").values(cancel=True))
    importer.step()
    assert edit.entry(engine, "events", "tour-0") is None
    assert "Import 400 events" in librarian.get(page).text


def test_a_trainer_at_work_holds_up_no_import_and_is_held_up_by_none(
    engine: Engine, librarian: Visitor, importer: Importer, clock: Clock
) -> None:
    """Each takes its own work; neither sees or ends the other's."""
    jobs.ask(engine, "train", by="lib", now=clock())
    trainers = jobs.take(engine, clock())
    assert trainers
    page = hand_in(librarian, LARGE).location
    assert [each.kind for each in jobs.page(engine)] == ["train"]
    assert jobs.take(engine, clock()) is None
    assert importer.step()
    clock.now += timedelta(minutes=5)
    assert jobs.take_up(engine, clock(), IMPORTS, "") == []
    assert "400 new" in librarian.get(page).text
    assert jobs.find_lost(engine, clock()) == [trainers.id]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            calendar(event(1, f"RDATE:{','.join(['20261201T100000'] * 4000)}")) * 1,
            "RDATE names 4,000 times; 366 at most",
        ),
        (b"x" * (2 * 1024 * 1024 + 1), "2 at most"),
        (b"hello", "BEGIN:VCALENDAR"),
        (calendar(), "There is no event in this file"),
    ],
    ids=["rdates", "large", "hello", "empty"],
)
def test_a_file_over_a_limit_is_refused_in_words(
    engine: Engine, librarian: Visitor, importer: Importer, data: bytes, says: str
) -> None:
    """And nothing is stored."""
    before = audit.page(engine, limit=1)
    answer = hand_in(librarian, data)
    importer.step()
    text = answer.text if answer.status_code != 303 else librarian.get(answer.location).text

    assert says in text
    assert audit.page(engine, limit=1) == before


def test_imports_of_more_than_a_month_ago_are_forgotten(engine: Engine, librarian: Visitor, clock: Clock) -> None:
    """The files themselves are gone as soon as they have been looked at."""
    hand_in(librarian, calendar(event(1)))
    with engine.connect() as connection:
        assert connection.execute(sa.select(ImportRow.data)).scalars().all() == [b""]
    clock.now += timedelta(days=31)
    librarian.sign_in("lib")
    hand_in(librarian, calendar(event(2)))
    (kept,) = imports.page(engine)
    found = imports.get(engine, kept.id)
    assert found
    assert [each["title"] for each in found.plan] == ["Tour 2"]
