"""The jury's pages and the results: blind, conflicts, ranking, awards published at once, the export."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.desk import Desk
from bot.store import awards, entries_shown, jury, library, verdicts, votes
from bot.store.contest_tables import EntryRow
from bot.workers.photo_end import PhotoEnd
from tests.console.conftest import NOW, Clock, Visitor
from tests.contest import CONTEST, edition
from tests.contest_entries import many, somebody

JURY, JUDGE = f"/console/contests/jury?name={CONTEST}", f"/console/contests/judge?name={CONTEST}"
RESULTS = f"/console/contests/results?name={CONTEST}"
CRITERIA = [{"name": "Theme", "weight": 2}, {"name": "Technique", "weight": 1}]
DAY = timedelta(days=1)


@pytest.fixture
def accepted(engine: Engine, at: Desk) -> list[int]:
    """An edition that is closed, with four accepted photos, judged by the viewer and the librarian."""
    dates = {
        "opens": NOW - 30 * DAY,
        "closes": NOW - 3 * DAY,
        "voting_opens": NOW - 2 * DAY,
        "voting_closes": NOW - DAY,
    }
    edition(engine, NOW, criteria=CRITERIA, voting="chat", files_kept_days=30, **dates)
    made = many(engine, 4, NOW, at.photos, state="accepted")
    jury.appoint(engine, CONTEST, ["lib", "vic"], by="ada", now=NOW)
    return made


@pytest.fixture
def juror(signed_in: Callable[[str], Visitor]) -> Visitor:
    """A juror from outside the library: a viewer."""
    return signed_in("viewer")


def judged(visitor: Visitor, entry_id: int, *points: int, **more: str) -> int:
    """Give points; return the status of the answer."""
    form = {f"points-{number}": str(each) for number, each in enumerate(points)}
    return visitor.post("/console/contests/judge", {"name": CONTEST, "entry": entry_id, **form, **more}).status_code


def test_a_juror_sees_photo_and_title_and_no_name(juror: Visitor, accepted: list[int]) -> None:
    text = juror.get(JUDGE).text
    assert re.search(r"What photo \d shows", text)
    assert "Entrant" not in text
    assert "0 of 4 done" in text


def test_points_are_kept_and_the_next_photo_comes(juror: Visitor, accepted: list[int], engine: Engine) -> None:
    assert judged(juror, accepted[0], 9, 6, comment="Strong light.") == 302
    assert jury.sheets(engine, CONTEST, "vic")[accepted[0]]["vic"] == jury.Sheet(
        {"Theme": 9, "Technique": 6}, "Strong light."
    )
    assert "1 of 4 done" in juror.get(JUDGE).text
    judged(juror, accepted[0], 10, 6)
    assert jury.sheets(engine, CONTEST, "vic")[accepted[0]]["vic"].points["Theme"] == 10


@pytest.mark.parametrize("points", [(9,), (9, 11), (0, 5), ()])
def test_a_sheet_that_is_not_whole_is_not_kept(
    juror: Visitor, accepted: list[int], engine: Engine, points: tuple[int, ...]
) -> None:
    assert judged(juror, accepted[0], *points) == 422
    assert jury.sheets(engine, CONTEST) == {}


def test_who_is_not_on_the_jury_does_not_judge(administrator: Visitor, accepted: list[int], engine: Engine) -> None:
    assert administrator.get(JUDGE).status_code == 403
    assert judged(administrator, accepted[0], 9, 9) == 403
    assert jury.sheets(engine, CONTEST) == {}


def test_a_jurors_own_photo_is_hidden_and_does_not_count(
    juror: Visitor, librarian: Visitor, accepted: list[int], engine: Engine
) -> None:
    judged(juror, accepted[0], 9, 9)
    judged(juror, accepted[0], does="aside")
    text = juror.get(f"{JUDGE}&entry={accepted[0]}").text
    assert "You do not judge this one" in text
    assert "What photo 1 shows" not in text
    assert "0 of 3, 1 not judged" in librarian.get(JURY).text
    assert jury.sheets(engine, CONTEST)[accepted[0]]["vic"].points == {}
    judged(juror, accepted[0], does="back")
    assert "What photo 1 shows" in juror.get(f"{JUDGE}&entry={accepted[0]}").text


def test_the_ranking_is_for_librarians_and_shows_ties(juror: Visitor, librarian: Visitor, accepted: list[int]) -> None:
    for entry_id, points in zip(accepted, [(9, 6), (8, 8), (10, 10), (5, 5)], strict=True):
        judged(juror, entry_id, *points)
    text = librarian.get(JURY).text
    places = re.findall(r"<tr><td>(\d)(?: <span[^>]*>tie</span>)?</td>.*?#(\d)", text, re.DOTALL)
    assert places == [("1", "3"), ("2", "1"), ("2", "2"), ("4", "4")]
    assert text.count(">tie<") == 2
    assert "Ranking" not in juror.get(JURY).text


def test_the_jury_is_set_by_a_librarian(
    librarian: Visitor, juror: Visitor, accepted: list[int], engine: Engine
) -> None:
    librarian.post("/console/contests/jury/members", {"name": CONTEST, "juror": ["ada", "nobody"]})
    assert jury.jury_of(engine, CONTEST) == ("ada",)
    assert juror.post("/console/contests/jury/members", {"name": CONTEST, "juror": ["vic"]}).status_code == 403


def test_awards_are_previewed_and_published_at_once(
    librarian: Visitor, accepted: list[int], engine: Engine, at: Desk
) -> None:
    for award, number in (("People's choice", "2"), ("Winning entry", "3")):
        librarian.post("/console/contests/results/give", {"name": CONTEST, "award": award, "number": number})
    text = librarian.get(RESULTS).text
    assert "Winning entry: “Photo 3” by Entrant 3" in text
    assert library.read_facts(engine, at.zone).contests[-1].results == ()
    librarian.post("/console/contests/results/publish", {"name": CONTEST})
    [contest] = [each for each in library.read_facts(engine, at.zone).contests if each.key == CONTEST]
    assert [(each.award, each.title, each.by) for each in contest.results] == [
        ("Winning entry", "Photo 3", "Entrant 3"),
        ("People's choice", "Photo 2", "Entrant 2"),
    ]
    assert contest.figures == "4 entries by 4 people."
    assert [(each.what, each.reason) for each in verdicts.due(engine, NOW)] == [
        ("award", "People's choice"),
        ("award", "Winning entry"),
    ]
    librarian.post("/console/contests/results/publish", {"name": CONTEST})
    assert len(verdicts.due(engine, NOW)) == 2
    [first, _] = awards.of_contest(engine, CONTEST)
    librarian.post("/console/contests/results/take", {"name": CONTEST, "award": first.id})
    assert len(awards.of_contest(engine, CONTEST)) == 2


@pytest.mark.parametrize("number", ["99", "", "x", "1 or 2", "²"])
def test_an_award_needs_an_accepted_photo(librarian: Visitor, accepted: list[int], engine: Engine, number: str) -> None:
    form = {"name": CONTEST, "award": "Winning entry", "number": number}
    assert "Nothing was given" in librarian.post("/console/contests/results/give", form, follow_redirects=True).text
    assert awards.of_contest(engine, CONTEST) == ()


def test_nothing_is_published_while_people_vote(
    librarian: Visitor, accepted: list[int], engine: Engine, clock: Clock
) -> None:
    clock.now = NOW - 1.5 * DAY
    librarian.sign_in("lib")
    librarian.post("/console/contests/results/give", {"name": CONTEST, "award": "Winning entry", "number": "1"})
    said = librarian.post("/console/contests/results/publish", {"name": CONTEST}, follow_redirects=True).text
    assert "People still vote" in said
    assert verdicts.due(engine, clock.now) == ()


def test_votes_that_look_bought_are_marked_and_counted(librarian: Visitor, accepted: list[int], engine: Engine) -> None:
    for number in range(6):
        votes.cast(
            engine, CONTEST, somebody(engine, f"new-{number}", NOW), accepted[0], NOW + timedelta(minutes=number)
        )
    text = librarian.get(RESULTS).text
    assert "6 votes" in text
    assert "6 look bought" in text


def test_the_export_has_every_photo_and_a_spreadsheet(librarian: Visitor, accepted: list[int], engine: Engine) -> None:
    with engine.begin() as connection:
        named = sa.update(EntryRow.__table__).where(EntryRow.__table__.c.number == 2)
        connection.execute(named.values(title='=HYPERLINK("x")/..\\..', contact="a@ust.example"))
    got = librarian.get(f"/console/contests/export.zip?name={CONTEST}")
    with zipfile.ZipFile(io.BytesIO(got.data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        rows = list(csv.DictReader(io.StringIO(archive.read("entries.csv").decode("utf-8-sig"))))
        assert archive.read(names[0])[:2] == b"\xff\xd8"
    assert names == ["0001 Photo 1.jpg", names[1], "0003 Photo 3.jpg", "0004 Photo 4.jpg", "entries.csv"]
    assert not set('/\\:"') & set(names[1])
    assert rows[1]["title"].startswith("'=HYPERLINK")
    assert (rows[1]["contact"], rows[0]["name"], rows[0]["file"]) == ("a@ust.example", "Entrant 1", names[0])


def test_files_are_deleted_when_their_days_are_over_and_the_page_says_when(
    librarian: Visitor, accepted: list[int], engine: Engine, at: Desk, clock: Clock
) -> None:
    assert "files are deleted" in librarian.get(RESULTS).text
    ends = PhotoEnd(engine, at.photos, clock, at.zone)
    assert ends.run() == 0
    clock.now = NOW + 29 * DAY
    assert ends.run() == 12
    assert list(at.photos.keys()) == []
    assert ends.run() == 0
    shown = entries_shown.one(engine, CONTEST, 1)
    assert shown
    assert (shown.title, shown.thumb) == ("Photo 1", "")
