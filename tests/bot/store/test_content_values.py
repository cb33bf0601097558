"""Values in content files: kept as they are written or refused in words, and no file takes memory or time."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from bot.calendar.hours import LibraryCalendar
from bot.calendar.occurrences import occurrences
from bot.cli import main
from bot.store import content as files
from bot.store import library
from bot.store.content import careful
from bot.store.content.hours import read_days, read_periods, read_week, spelt_out, write_periods
from bot.store.library_tables import EventRow, PlaceRow

HK = ZoneInfo("Asia/Hong_Kong")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PLACES = "places:\n  - key: library\n    name: Library\n    hours: {mon-fri: 08:00-23:00}\n"
EVENT = """\
events:
  - key: e
    title: T
    starts: 2026-12-01T10:00:00+08:00
    ends: 2026-12-01T11:00:00+08:00
"""
CLOSURE = "exceptions:\n  - key: x\n    starts: {}\n    ends: 2026-12-31\n    kind: closed\n    reason: R\n"


def read(folder: Path, name: str, text: str | bytes) -> files.Content:
    """Return what a folder with this file, and one place, says."""
    (folder / "places.yml").write_text(PLACES)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return files.read(folder)


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("price: 10.50", "10.50"),
        ("price: .5", ".5"),
        ("price: 0x10", "0x10"),
        ("place: 2.10", "2.10"),
        ("place: 0123", "0123"),
        ("place: 007", "007"),
        ("place: 1e3", "1e3"),
        ("place: -1_000", "-1_000"),
        ("place: 12:30", "12:30"),
        ("place: yes", "yes"),
        ("place: off", "off"),
        ("place: true", "true"),
        ("place: 2026-12-25", "2026-12-25"),
        ("place: .nan", ".nan"),
        ("capacity: 30", 30),
        ("capacity: '30'", 30),
        ("all_day: yes", True),
        ("cancelled: true", True),
        ("sample: true", "all of it"),
        ("sample: false", ""),
    ],
)
def test_a_value_is_kept_as_it_is_written(engine: Engine, tmp_path: Path, line: str, kept: object) -> None:
    """No number of YAML's comes of a text; and a file that is written back says what it said."""
    content = read(tmp_path, "events.yml", f"{EVENT}    {line}\n")
    assert content.problems == []
    assert content.records["events"]["e"][line.split(":")[0]] == kept

    files.apply(engine, files.plan(engine, content), now=NOW)
    before = (tmp_path / "events.yml").read_text()
    files.export(engine, tmp_path, HK)
    usual = before.replace("    sample: false\n", "").replace("all_day: yes", "all_day: true")
    assert (tmp_path / "events.yml").read_text() == usual
    (tmp_path / "events.yml").unlink()
    files.export(engine, tmp_path, HK)
    assert files.plan(engine, files.read(tmp_path)).changes_nothing


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("capacity: 30.9", "whole number"),
        ("capacity: 30.0", "whole number"),
        ("capacity: 1e3", "whole number"),
        ("capacity: 0x1E", "whole number"),
        ("capacity: 1_000", "whole number"),
        ("capacity: true", "whole number"),
        ("capacity: " + "9" * 5000, "whole number"),
        ("capacity: 99999999999", "at most 1,000,000"),
        ("capacity: 0", "at least 1"),
        ("all_day: maybe", "true or false"),
        ("price: ~", "is empty"),
        ("place: " + "x" * 201, "200 letters at most"),
        ("description: " + "x" * 20_001, "20,000 letters at most"),
        ('description: "a\\0b"', "U+0000"),
        ('place: "\\ud800"', "U+D800"),
        ("url: http://[", "is no web address"),
        ("url: https://a b", "is no web address"),
        ("url: javascript:alert(1)", "is no web address"),
        ("rrule: FREQ=WEEKLY;BYDAY=WED", "write WE"),
        ("rrule: FREQ=WEEKLY;UNTIL=2027-06-30", "UNTIL=20270630"),
        ("exdates: [tomorrow]", "is no date or time"),
        (f"exdates: [{', '.join(['2026-12-25'] * 501)}]", "500 at most"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_kept_is_refused_with_its_place(tmp_path: Path, line: str, says: str) -> None:
    """File, line, field, what would be right; and nothing of the entry is read."""
    content = read(tmp_path, "events.yml", f"{EVENT}    {line}\n")
    (told,) = content.problems

    assert (told.line, told.field.split(".")[:2]) == (6, ["e", line.split(":")[0]])
    assert says in told.text
    assert content.records["events"] == {}


@pytest.mark.parametrize("written", ["2026-12-25", "20261225", "'2026-12-25'", "'20261225'"])
def test_a_date_is_that_day(tmp_path: Path, written: str) -> None:
    """A date without its hyphens is no number of seconds."""
    content = read(tmp_path, "exceptions.yml", CLOSURE.format(written))

    assert content.problems == []
    assert content.records["exceptions"]["x"]["starts"] == date(2026, 12, 25)


@pytest.mark.parametrize(
    "written",
    [
        *("25 Dec 2026", "25/12/2026", "12/25/2026", "25.12.2026", "2026.12.25", "1766620800", "0", "1e9", "0.5", "-1"),
        *(
            "2026-12-25T10:00:00",
            "2026-13-01",
            "2026-02-30",
            "20261325",
            "206-12-25",
            "12-25",
            "true",
            "tomorrow",
            "''",
        ),
        *("~", "[2026-12-25]", "{a: 1}", "2026-W52-5", "0206-12-25", "9999-12-31"),
    ],
)
def test_what_is_no_date_is_refused(tmp_path: Path, written: str) -> None:
    """Whatever a computer could make of it: nobody's closure ends in 1970."""
    content = read(tmp_path, "exceptions.yml", CLOSURE.format(written))
    (told,) = content.problems

    assert (told.line, told.field) == (3, "x.starts")
    assert content.records["exceptions"] == {}


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("20261225", "has no time"),
        ("2026-12-25", "has no time"),
        ("1766620800", "is no date or time"),
        ("2026-12-25T10:00:00", "has no zone"),
        ("10:00", "is no date or time"),
        ("1066-10-14T10:00:00+00:00", "1900 to 2200"),
    ],
)
def test_what_is_no_moment_is_refused(tmp_path: Path, written: str, says: str) -> None:
    """An event's times are moments with their zone."""
    (told,) = read(tmp_path, "events.yml", EVENT.replace("2026-12-01T10:00:00+08:00", written)).problems

    assert (told.line, told.field) == (4, "e.starts")
    assert says in told.text


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("8:00–23:00", "08:00-23:00"),
        ("0800-2300", "08:00-23:00"),
        ("8.00 - 23.00", "08:00-23:00"),
        ("８：００－２３：００", "08:00-23:00"),
        ("10am-6pm", "10:00-18:00"),
        ("10 am – 6 pm", "10:00-18:00"),
        ("10 a.m. to 6 p.m.", "10:00-18:00"),
        ("10:30am until 6PM", "10:30-18:00"),
        ("noon-5pm", "12:00-17:00"),
        ("8am-midnight", "08:00-24:00"),
        ("12pm-12am", "12:00-24:00"),
        ("midnight-6am", "00:00-06:00"),
        ("24 hours", "24h"),
        ("24/7", "24h"),
        ("00:00-24:00", "24h"),
        ("22:00-02:00", "22:00-02:00"),
        ("9:00-12:00 and 14:00-18:00", "09:00-12:00, 14:00-18:00"),
        ("9am-12pm; 2pm-6pm", "09:00-12:00, 14:00-18:00"),
        (" Closed ", "closed"),
    ],
)
def test_hours_are_understood_as_people_write_them(written: str, means: str) -> None:
    """One meaning, whatever the form; and what is written back means the same."""
    assert write_periods(read_periods(written)) == means
    assert read_periods(means) == read_periods(written)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "10-6",
            "9-17",
            "8 to 11",
            "10-6pm",
            "9:30-5:30pm",
            "8:00-11pm",
            "13pm-14pm",
            "0am-5pm",
            "8:60-9:00",
            "25:00-26:00",
        ),
        *(
            "24:00-08:00",
            "00:00-00:00",
            "8:00",
            "8:00-",
            "-",
            "8:00-12:00-14:00",
            "",
            "late",
            "8h-23h",
            "8:00-23:00 or so",
        ),
        *("12:30", "1000", "8:00-23:00,", "8:00-23:00 " * 50),
    ],
)
def test_hours_of_two_meanings_or_of_none_are_refused(written: str) -> None:
    """Never half understood; what would be right is said."""
    with pytest.raises(ValueError, match="write for example"):
        read_periods(written)


@pytest.mark.parametrize(
    ("name", "days"),
    [
        *(
            (name, (0, 1, 2, 3, 4))
            for name in ("mon-fri", "mon–fri", "mon — fri", "mon to fri", "Monday-Friday", "weekdays")
        ),
        *((name, (5, 6)) for name in ("sat, sun", "Sat & Sun", "sat/sun", "weekend", "Saturdays and Sundays")),
        *((name, tuple(range(7))) for name in ("daily", "every day", "mon-sun")),
        *((name, (3,)) for name in ("thu", "Thur", "thurs", "Thursday", "THURSDAYS", "thu.")),
        ("fri-mon", (4, 5, 6, 0)),
        ("weekdays, sat", (0, 1, 2, 3, 4, 5)),
    ],
)
def test_days_are_understood_as_people_write_them(name: str, days: tuple[int, ...]) -> None:
    """Whichever dash, word or spelling."""
    assert read_days(name) == days


@pytest.mark.parametrize(
    "name",
    [
        "month",
        "monthly",
        "sunny",
        "wednesday evening",
        "m-f",
        "mon-wed-fri",
        "mon-",
        "-",
        "",
        "holidays",
        "mo",
        "someday",
    ],
)
def test_what_names_no_days_is_refused(name: str) -> None:
    """A month is no Monday: no name is cut to its first letters."""
    with pytest.raises(ValueError, match="names no days"):
        read_days(name)


@given(st.text(max_size=20))
def test_whatever_is_written_for_days_is_understood_or_refused(name: str) -> None:
    """Nothing else comes of it."""
    try:
        found, refused = read_days(name), ""
    except ValueError as error:
        found, refused = (), str(error)

    assert "write for example" in refused if refused else found and set(found) <= set(range(7))


@pytest.mark.parametrize(
    ("written", "asks"),
    [
        ("22:00-20:00", "20:00-22:00"),
        ("20:00-18:00", "18:00-20:00"),
        ("09:00-06:00", "09:00-18:00"),
        ("08:00-08:00", "24h"),
        ("noon-noon", "24h"),
        ("08:00-12:00, 10:00-14:00", "overlaps"),
        ("22:00-02:00", ""),
        ("08:00-02:00", ""),
        ("18:00-08:00", ""),
        ("08:00-23:00", ""),
        ("24h", ""),
    ],
)
def test_hours_that_are_hardly_ever_meant_are_asked_about(tmp_path: Path, written: str, asks: str) -> None:
    """They are right by themselves, and said with their place; past midnight stays fine."""
    text = PLACES.replace("{mon-fri: 08:00-23:00}", f'{{mon-fri: "{written}"}}')
    content = read(tmp_path, "exceptions.yml", "exceptions: []\n")
    (tmp_path / "places.yml").write_text(text)
    content = files.read(tmp_path)

    assert content.problems == []
    assert [(each.line, asks in each.text) for each in content.doubts] == ([(4, True)] if asks else [])


def test_the_check_says_what_to_look_at_again_and_passes(tmp_path: Path) -> None:
    """`carrel content check` ends with 0 where something is asked about, and with 1 where something is wrong."""
    (tmp_path / "places.yml").write_text(PLACES.replace("08:00-23:00", "22:00-20:00"))
    asked = CliRunner().invoke(main, ["content", "check", "--folder", str(tmp_path)])
    (tmp_path / "places.yml").write_text(PLACES.replace("08:00-23:00", "10-6"))
    wrong = CliRunner().invoke(main, ["content", "check", "--folder", str(tmp_path)])

    assert asked.exit_code == 0, asked.output
    assert (wrong.exit_code, "places.yml:4: library.hours: mon-fri" in wrong.output) == (1, True)


def test_one_wrong_hour_is_one_problem(tmp_path: Path) -> None:
    """What refers to the place is not told besides: it is there, once its hour is put right."""
    (tmp_path / "places.yml").write_text(
        f"terms:\n  - key: exams\n    name: Exams\n    starts: 1 December\n    ends: 2026-12-20\n"
        f"{PLACES.replace('08:00', '8:99')}    term_hours: {{exams: {{mon: 24h}}}}\n"
        "  - key: desk\n    name: Desk\n    parent: library\n"
        "  - key: hall\n    name: Hall\n    term_hours: {exams: {mon: 24h}}\n"
    )
    (tmp_path / "exceptions.yml").write_text(CLOSURE.format("2026-12-25") + "    places: [library]\n")
    effects = "effects: [{place: library, does: closed}, {place: gym, does: closed}]"
    (tmp_path / "conditions.yml").write_text(f"conditions:\n  - key: t8\n    name: T8\n    {effects}\n")

    assert [each.field for each in files.read(tmp_path).problems] == [
        "t8.effects[1].place",
        "exams.starts",
        "library.hours",
    ]


@pytest.mark.parametrize("text", ["places: [", "places: 5\n", "- key: library\n", "\x00"])
def test_a_file_that_cannot_be_read_is_one_problem(tmp_path: Path, text: str) -> None:
    """The places that it may hold are not missed elsewhere."""
    (tmp_path / "places.yml").write_text(text)
    (tmp_path / "exceptions.yml").write_text(CLOSURE.format("2026-12-25") + "    places: [library]\n")

    assert [Path(each.file).name for each in files.read(tmp_path).problems] == ["places.yml"]


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (BOMB, 2, "write it out here"),
        ("places:\n  - &me {key: x, name: *me}\n", 2, "write it out here"),
        ("places:\n  - {<<: *b}\n", 2, "write it out here"),
        ("places: " + "[" * 5000, 1, "too deep"),
        ("places:\n" + "".join(f"{' ' * n}-\n" for n in range(1, 40)), 21, "too deep"),
        ("places: [" + "x," * 120_000 + "]", 1, "100,000 values at most"),
        ("x" * (careful.MOST_BYTES + 1), 1, "2 at most"),
        (b"places:\n  - \xff\xfe\n", 2, "UTF-8"),
        ("%YAML 9.9\n---\nplaces: []\n", 1, ""),
        ("places: !!python/object/apply:os.system [ls]\n", 1, "leave out"),
        ("places:\n  - key: !thing x\n", 2, "leave out"),
        ("places: !!set {a, b}\n", 1, "leave out"),
    ],
    ids=["bomb", "itself", "merge", "flow", "block", "many", "large", "bytes", "directive", "object", "tag", "set"],
)
def test_no_file_takes_memory_or_time(tmp_path: Path, text: str | bytes, line: int, says: str) -> None:
    """A limit stops it before anything is made of it, and says its line."""
    (tmp_path / "places.yml").write_bytes(text.encode() if isinstance(text, str) else text)
    told = files.read(tmp_path).problems

    assert len(told) <= 1, told
    assert all((each.line, says in each.text) == (line, True) for each in told), told


def test_a_spoilt_row_takes_none_of_the_others_down(engine: Engine, tmp_path: Path) -> None:
    """Whoever spoilt it, by hand or by an earlier Carrel: everything else is told as before."""
    second = EVENT.replace("events:\n", "").replace("key: e", "key: f") + "    rrule: FREQ=WEEKLY;COUNT=2\n"
    content = read(tmp_path, "events.yml", EVENT + second)
    (tmp_path / "places.yml").write_text(f"{PLACES}  - key: desk\n    name: Desk\n    hours: {{mon: 24h}}\n")
    content = files.read(tmp_path)
    files.apply(engine, files.plan(engine, content), now=NOW)
    with engine.begin() as connection:
        events, places = EventRow.__table__, PlaceRow.__table__
        connection.execute(sa.update(events).where(events.c.key == "e").values(rrule="INTERVAL=0", exdates=["soon"]))
        connection.execute(sa.update(places).where(places.c.key == "desk").values(week=["late"]))
    facts = library.read_facts(engine, HK)

    assert [each.uid for each in facts.events] == ["f"]
    assert [each.key for each in facts.places] == ["library"]
    assert len(occurrences(facts.events, NOW.astimezone(HK), datetime(2027, 1, 1, tzinfo=HK))) == 2
    assert not LibraryCalendar(facts).day("library", date(2026, 11, 30)).closed


def test_a_day_that_is_left_out_of_a_series_is_a_day_of_its_clock(engine: Engine, tmp_path: Path) -> None:
    """`exdates: [2026-12-08]` leaves out that day's, whatever its hour."""
    content = read(tmp_path, "events.yml", f"{EVENT}    rrule: FREQ=WEEKLY;COUNT=3\n    exdates: [2026-12-08]\n")
    files.apply(engine, files.plan(engine, content), now=NOW)
    found = occurrences(library.read_facts(engine, HK).events, NOW.astimezone(HK), datetime(2027, 1, 1, tzinfo=HK))

    assert [each.starts.day for each in found] == [1, 15]
    assert read_week({"mon–tue": "8am-9pm"})[:3] == ["08:00-21:00", "08:00-21:00", "closed"]


@pytest.mark.parametrize(
    "text", ["Ask <b>at the desk</b>.", "Fish &amp; chips", "one<br/>two", '<a href="https://x">here</a>']
)
def test_html_in_a_text_is_asked_about(tmp_path: Path, text: str) -> None:
    """Students would read the tags; Markdown is shown in each platform's form."""
    written = {"answers": [{"key": "wifi-x", "title": "Wi-Fi", "overview": True, "text": text, "questions": ["wifi"]}]}
    content = read(tmp_path, "answers/wifi.yml", json.dumps(written))

    assert content.problems == []
    assert [each.field for each in content.doubts] == ["wifi-x.text"]


def test_markdown_and_plain_words_are_not_asked_about(tmp_path: Path) -> None:
    """Nor is a sign that only looks like a tag."""
    text = "**Free** at [the desk](https://lib.example), if 2 < 3 and R&D > 1."
    written = {"answers": [{"key": "wifi-x", "title": "Wi-Fi", "overview": True, "text": text, "questions": ["wifi"]}]}

    assert read(tmp_path, "answers/wifi.yml", json.dumps(written)).doubts == []


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        ("10-6", "10:00-18:00"),
        ("9 to 5", "09:00-17:00"),
        ("9-17", "09:00-17:00"),
        ("10-6pm", "10:00-18:00"),
        ("10am-6", "10:00-18:00"),
        ("12-8", "12:00-20:00"),
        ("9-13, 14-6", "09:00-13:00, 14-6"),
        ("8-11", "8-11"),
        ("10-10", "10-10"),
        ("6pm-2", "6pm-2"),
        ("closed", "closed"),
        ("10 am – 6 pm", "10 am – 6 pm"),
    ],
)
def test_bare_hours_are_spelt_out_where_they_can_mean_one_thing_only(typed: str, means: str) -> None:
    assert spelt_out(typed) == means
