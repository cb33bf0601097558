"""Content files: every mistake told with its line, loaded whole or not at all, written back as they were."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from bot.calendar.facts import DAY, Period
from bot.retraining import seed
from bot.store import audit, library
from bot.store import content as files
from bot.store.content.hours import read_periods, read_week, write_periods, write_week
from bot.store.library_tables import PlaceRow

ROOT = Path(__file__).parents[3]
HK = ZoneInfo("Asia/Hong_Kong")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANSWERS = {"fines_fees", "holding", "privacy", "wifi"}

PLACES = """\
places:
  - key: library
    name: Library
    hours:
      mon-fri: 08:00-23:00
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the sample library without most of its answers, which take seconds to read."""
    shutil.copytree(ROOT / "content", tmp_path / "content")
    for path in (tmp_path / "content" / "answers").rglob("*.yml"):
        if path.stem not in ANSWERS:
            path.unlink()
    return tmp_path / "content"


def load(engine: Engine, folder: Path, **how: bool) -> files.Plan:
    content = files.read(folder)
    assert content.problems == []
    plan = files.plan(engine, content, **how)
    files.apply(engine, plan, now=NOW)
    return plan


# ruff: noqa: E501
MISTAKES = [
    # file, its text, the line and what is said
    (
        "places.yml",
        "places:\n  - key: library\n    name: A\n    hours:\n      mon: 25:00-26:00\n",
        4,
        'write for example "08:00-23:00"',
    ),
    ("places.yml", "places:\n  - key: library\n    name: A\n    hours:\n      someday: 24h\n", 4, "names no days"),
    (
        "places.yml",
        "places:\n  - key: library\n    name: A\n    hours: {mon-tue: 24h, tue: closed}\n",
        4,
        "tue is named twice",
    ),
    ("places.yml", "places:\n  - key: library\n    name: A\n    adress: here\n", 4, "did you mean address?"),
    ("places.yml", "places:\n  - key: library\n", 2, "name: is missing"),
    ("places.yml", "places:\n  - key: The Library\n    name: A\n", 2, "is no key"),
    ("places.yml", "places:\n  - key: a\n    name: A\n    kind: room\n", 4, "should be one of place, service"),
    (
        "places.yml",
        "places:\n  - key: a\n    name: A\n    parent: libary\n  - key: library\n    name: B\n",
        4,
        "did you mean library?",
    ),
    (
        "places.yml",
        "places:\n  - key: a\n    name: A\n    parent: b\n  - key: b\n    name: B\n    parent: a\n",
        4,
        "circle",
    ),
    ("places.yml", "places:\n  - key: a\n    name: A\n  - key: a\n    name: B\n", 4, "stands in"),
    ("places.yml", "places:\n  - key: a\n    name: A\n    map_url: maps\n", 4, "is no web address"),
    ("places.yml", "places:\n  - key: a\n    name: A\n    aliases: lib\n", 4, "should be a list"),
    ("places.yml", "places:\n  - key: a\n    name: A\n    term_hours: {exams: {mon: 24h}}\n", 4, "there is no term"),
    ("places.yml", "places:\n  key: a\n", 1, "should be a list"),
    ("places.yml", "places:\n  - library\n", 2, "an entry should hold fields"),
    ("places.yml", "- key: a\n", 1, "should begin with"),
    ("places.yml", "palces:\n  - key: a\n", 1, "there is no such list here"),
    ("places.yml", "places:\n  - key: [a\n    name: A\n", 3, "this is no YAML"),
    (
        "exceptions.yml",
        "exceptions:\n  - key: x\n    starts: 2026-12-25\n    ends: 2026-12-24\n    kind: closed\n    reason: R\n",
        4,
        "is before starts",
    ),
    (
        "exceptions.yml",
        "exceptions:\n  - key: x\n    starts: 25/12/2026\n    ends: 2026-12-25\n    kind: closed\n    reason: R\n",
        3,
        "is no date or time",
    ),
    (
        "exceptions.yml",
        "exceptions:\n  - key: x\n    starts: 2026-12-25\n    ends: 2026-12-25\n    kind: changed\n    reason: R\n",
        2,
        "needs hours",
    ),
    (
        "exceptions.yml",
        "exceptions:\n  - key: x\n    starts: 2026-12-25\n    ends: 2026-12-25\n    kind: closed\n    reason: R\n    hours: 24h\n",
        7,
        "a closed day has no hours",
    ),
    (
        "exceptions.yml",
        "exceptions:\n  - key: x\n    starts: 2026-12-25\n    ends: 2026-12-25\n    kind: closed\n    reason: R\n    places: [gym]\n",
        7,
        'there is no place "gym"',
    ),
    (
        "events.yml",
        "events:\n  - key: e\n    title: T\n    starts: 2026-12-25T10:00:00\n    ends: 2026-12-25T11:00:00+08:00\n",
        4,
        "has no zone",
    ),
    (
        "events.yml",
        "events:\n  - key: e\n    title: T\n    starts: 2026-12-25T10:00:00+08:00\n    ends: 2026-12-25T11:00:00+08:00\n    rrule: every week\n",
        6,
        "FREQ=WEEKLY",
    ),
    (
        "events.yml",
        "events:\n  - key: e\n    title: T\n    starts: 2026-12-25T10:00:00+08:00\n    ends: 2026-12-25T11:00:00+08:00\n    capacity: lots\n",
        6,
        "should be a whole number",
    ),
    (
        "conditions.yml",
        "conditions:\n  - key: t8\n    name: T8\n    effects:\n      - place: library\n        does: shut\n",
        6,
        "should be one of closed, as_usual, changed",
    ),
    ("contests.yml", "contests:\n  - key: c\n    title: T\n    awards: [first]\n", 4, "should be"),
    (
        "answers/wifi.yml",
        "answers:\n  - key: a\n    title: T\n    text: X\n    overview: true\n  - key: b\n    title: T\n    text: X\n    overview: true\n",
        9,
        "has an overview already",
    ),
    ("answers/wifi.yml", "answers:\n  - key: a\n    title: T\n    text: ''\n", 4, "is empty; write something"),
    ("answers/wfi.yml", "answers:\n  - key: a\n    title: T\n    text: X\n", 1, "did you mean wifi?"),
    ("answers/quidditch.yml", "answers:\n  - key: a\n    title: T\n    text: X\n", 1, "intents in domain.yml"),
    (
        "answers/wifi.yml",
        "answers:\n  - key: a\n    topic: renew_laon\n    title: T\n    text: X\n",
        3,
        "did you mean renew_loan?",
    ),
    (
        "places.yml",
        "places:\n  - key: a\n    name: Hall\n    aliases: [big room]\n  - key: b\n    name: Attic\n    aliases:\n      - top\n      - Big  Room\n",
        9,
        '"Big  Room" means a too',
    ),
    (
        "places.yml",
        "places:\n  - key: a\n    name: Hall\n    aliases: [attic]\n  - key: b\n    name: Attic\n",
        4,
        '"attic" means b too',
    ),
    ("places.yml", "places:\n  - key: a\n    name: Hall\n  - key: b\n    name: hall\n", 5, "a name means one place"),
    (
        "contests.yml",
        "contests:\n  - key: c\n    title: T\n    opens: 2026-12-25T10:00:00+08:00\n    closes: 2026-12-24T10:00:00+08:00\n",
        5,
        "is before opens",
    ),
    (
        "conditions.yml",
        "conditions:\n  - key: t8\n    name: T8\n    effects:\n      - place: libary\n        does: closed\n",
        5,
        "did you mean library?",
    ),
    (
        "conditions.yml",
        "conditions:\n  - key: t8\n    name: T8\n    effects:\n      - place: library\n        does: changed\n        hours: late\n",
        7,
        "is no time range",
    ),
    ("answer.yml", "answers: []\n", 1, "no file of this name is read"),
]


@pytest.mark.parametrize(("file", "text", "line", "says"), MISTAKES, ids=lambda value: str(value)[:30])
def test_each_mistake_is_told_with_file_line_and_what_would_be_right(
    tmp_path: Path, file: str, text: str, line: int, says: str
) -> None:
    """A librarian finds the place and knows what to write."""
    if file != "places.yml":
        (tmp_path / "places.yml").write_text(PLACES)
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    told = [str(problem) for problem in files.read(tmp_path, seed.topics(ROOT)).problems]

    assert any(each.startswith(f"{tmp_path / file}:{line}: ") and says in each for each in told), told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """Two wrong entries in two files: both are told, in order."""
    (tmp_path / "places.yml").write_text("places:\n  - key: a\n  - key: b\n")
    (tmp_path / "events.yml").write_text("events:\n  - key: e\n    title: T\n")
    told = files.read(tmp_path).problems

    assert len(told) == 4
    assert [problem.file for problem in told] == sorted(problem.file for problem in told)


def test_an_event_keeps_the_uid_that_another_calendar_gave_it(tmp_path: Path) -> None:
    """Capitals, and the moment of a changed occurrence, are no mistake in what a calendar file brings."""
    key = "040000008200E00074C5B7101A82E008/2026-11-10T15:00:00+08:00"
    (tmp_path / "events.yml").write_text(
        f"events:\n  - key: '{key}'\n    title: T\n"
        "    starts: 2026-12-25T10:00:00+08:00\n    ends: 2026-12-25T11:00:00+08:00\n"
    )
    content = files.read(tmp_path)

    assert (content.problems, list(content.records["events"])) == ([], [key])


def test_the_sample_library_has_no_mistake() -> None:
    """Its topics are the domain's, and no name means two places."""
    assert files.read(ROOT / "content", seed.topics(ROOT)).problems == []


def test_no_folder_is_told(tmp_path: Path) -> None:
    """A wrong path is no traceback."""
    (told,) = files.read(tmp_path / "nowhere").problems

    assert "no such folder" in str(told)


def test_a_second_load_changes_nothing_and_leaves_no_trace(engine: Engine, folder: Path) -> None:
    """Loading is idempotent, in the tables and in the audit."""
    load(engine, folder)
    before = audit.page(engine, limit=1)
    again = load(engine, folder)

    assert again.changes_nothing
    assert audit.page(engine, limit=1) == before


def test_the_summary_says_field_by_field_what_changes(engine: Engine, folder: Path) -> None:
    """Before and after are shown before anything is loaded, and nothing is loaded by showing them."""
    load(engine, folder)
    contests = folder / "contests.yml"
    contests.write_text(contests.read_text().replace("[students, staff]", "[students, staff, alumni]"))
    plan = files.plan(engine, files.read(folder))

    assert "~ contests photo-contest-2018" in str(plan)
    assert "may_enter: ['students', 'staff'] -> ['students', 'staff', 'alumni']" in str(plan)
    assert "1 changed" in str(plan)
    assert library.read_facts(engine, HK).contests[0].may_enter == ("students", "staff")


def test_what_staff_changed_in_the_store_is_kept_unless_overruled(engine: Engine, folder: Path) -> None:
    """A load does not silently undo what a librarian did in the console."""
    load(engine, folder)
    with audit.session(engine, "mary", NOW) as opened:
        opened.query(PlaceRow).filter_by(key="library").one().note = "Use the side door."
    kept = load(engine, folder)

    assert [change.does for change in kept.changes] == ["conflict"]
    assert library.read_facts(engine, HK).places[0].note == "Use the side door."

    load(engine, folder, overwrite=True)

    assert library.read_facts(engine, HK).places[0].note == ""


def test_what_is_gone_from_the_files_is_removed_only_when_asked(engine: Engine, folder: Path) -> None:
    """A file that was lost by accident takes no facts with it."""
    load(engine, folder)
    (folder / "contests.yml").unlink()
    load(engine, folder)
    assert library.read_facts(engine, HK).contests

    load(engine, folder, remove=True)

    assert not library.read_facts(engine, HK).contests


def test_a_failure_in_the_middle_leaves_nothing_behind(engine: Engine, folder: Path) -> None:
    """One transaction: all of it or nothing."""
    content = files.read(folder)
    plan = files.plan(engine, content)
    broken = files.Plan((*plan.changes, plan.changes[0]), 0)  # the same row twice breaks the unique key
    with pytest.raises(Exception, match=r"(?i)unique"):
        files.apply(engine, broken, now=NOW)

    assert library.is_empty(engine)
    assert audit.page(engine) == []


def test_an_export_passes_the_check_and_plans_no_change(engine: Engine, folder: Path, tmp_path: Path) -> None:
    """What the store writes is what the store reads."""
    load(engine, folder)
    out = tmp_path / "out"
    files.export(engine, out, HK)
    content = files.read(out)

    assert content.problems == []
    assert files.plan(engine, content).changes_nothing


def test_an_export_into_the_same_files_keeps_comments_and_changes_only_what_differs(
    engine: Engine, folder: Path
) -> None:
    """A diff shows the change and nothing else."""
    load(engine, folder)
    before = {path: path.read_text().splitlines() for path in folder.rglob("*.yml")}
    files.export(engine, folder, HK)
    assert {path: path.read_text().splitlines() for path in folder.rglob("*.yml")} == before

    with audit.session(engine, "mary", NOW) as opened:
        opened.query(PlaceRow).filter_by(key="library").one().note = "Use the side door."
    files.export(engine, folder, HK)
    changed = (folder / "places.yml").read_text().splitlines()

    assert [line for line in changed if line not in before[folder / "places.yml"]] == ["    note: Use the side door."]


def test_every_change_is_audited_with_before_and_after(engine: Engine, folder: Path) -> None:
    """Who, when, what it was, what it is; and a change that changes nothing leaves nothing."""
    load(engine, folder)
    with audit.session(engine, "mary", NOW) as opened:
        row = opened.query(PlaceRow).filter_by(key="library").one()
        row.note, row.name = "New.", row.name
    with audit.session(engine, "john", NOW) as opened:
        opened.query(PlaceRow).filter_by(key="library").one().note = "New."
    changes = audit.history(engine, "places", "library")

    assert [change["who"] for change in changes] == ["mary", "content"]
    assert (changes[0]["before"]["note"], changes[0]["after"]["note"]) == ("", "New.")
    assert changes[1]["before"] is None


def test_the_sample_library_holds_the_facts_that_are_known(engine: Engine, folder: Path) -> None:
    """Open until 11 pm on weekdays and 9 pm at weekends, the Learning Commons round the clock, the contest of 2018."""
    load(engine, folder)
    facts = library.read_facts(engine, HK)
    places = {place.key: place for place in facts.places}
    week = places["library"].week
    commons = places["learning-commons"].week
    (contest,) = facts.contests

    assert week is not None
    assert [day[-1].closes for day in week.days] == [1380] * 5 + [1260] * 2
    assert commons is not None
    assert set(commons.days) == {(Period(0, DAY),)}
    assert contest.hashtag == "#hkustlibraryphotocontest2018"
    assert contest.may_enter == ("students", "staff")
    assert [result.title for result in contest.results] == [
        "Let's Study",
        "The Tetris Journey",
        "Eureka",
        "Photographer in Library",
    ]
    assert any("#hkustlibraryphotocontest2018" in rule for rule in contest.rules)


def test_what_is_made_up_is_listed(folder: Path) -> None:
    """Nobody takes the sample's opening time in the morning for a fact."""
    assert any("library" in sample and "morning" in sample for sample in files.samples(files.read(folder)))


@given(
    st.lists(
        st.builds(lambda opens, length: Period(opens, opens + length), st.integers(0, DAY - 1), st.integers(1, DAY)),
        max_size=4,
    )
)
def test_hours_come_back_as_they_went(periods: list[Period]) -> None:
    """Whatever the hours, writing and reading them gives them back."""
    found = tuple(sorted(periods))

    assert read_periods(write_periods(found)) == found


@given(st.lists(st.sampled_from(["closed", "24h", "08:00-23:00", "22:00-02:00"]), min_size=7, max_size=7))
def test_a_week_comes_back_as_it_went(week: list[str]) -> None:
    """Joining equal days loses none."""
    assert read_week(write_week(week)) == week


@given(st.text(max_size=30))
def test_whatever_is_written_for_hours_is_read_or_refused_in_words(text: str) -> None:
    """No text makes anything but periods or a ValueError that helps."""
    try:
        found, refused = read_periods(text), ""
    except ValueError as error:
        found, refused = (), str(error)

    assert "write for example" in refused if refused else all(0 <= each.opens < each.closes for each in found)
