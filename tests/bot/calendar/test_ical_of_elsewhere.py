"""Calendar files as Outlook, Exchange, Google and others write them: told rightly, or left out with why."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendar import ical, ical_lines, ical_words, ical_zones, repeats
from bot.calendar.facts import Event
from bot.calendar.occurrences import occurrences
from bot.store.content.schema import EventEntry

HK = ZoneInfo("Asia/Hong_Kong")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HK)


def calendar(*lines: str, end: str = "\r\n") -> str:
    return end.join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *lines, "END:VCALENDAR", ""])


def event(*lines: str) -> tuple[str, ...]:
    return "BEGIN:VEVENT", *lines, "END:VEVENT"


def told(*lines: str) -> list[str]:
    """Return when the events of a file take place in winter, with their titles, as the library's clock has it."""
    found = occurrences(ical.read(calendar(*lines), HK), at("2026-11-01T00:00"), at("2027-03-01T00:00"))
    return [f"{each.starts:%d %b %H:%M} {each.event.title}" for each in found]


def only(*lines: str) -> Event:
    (found,) = ical.read(calendar(*event("UID:u", *lines)), HK)
    return found


TALK = ("SUMMARY:Talk", "DTSTART:20261201T140000", "DTEND:20261201T150000")
SERIES = ("UID:s", "SUMMARY:S", "DTSTART:20261201T150000", "DTEND:20261201T160000")


@pytest.mark.parametrize(
    ("lines", "days"),
    [
        (("DTSTART:20261207T230000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4"), ["08", "15", "22", "29"]),
        (("DTSTART:20261207T230000Z", "RRULE:FREQ=WEEKLY;COUNT=4"), ["08", "15", "22", "29"]),
        (("DTSTART:20261207T230000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261221T230000Z"), ["08", "15", "22"]),
        (("DTSTART:20261207T230000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,SU;COUNT=3"), ["08", "14", "15"]),
        (("DTSTART:20261206T230000Z", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;COUNT=4"), ["07", "15", "21", "29"]),
        (("DTSTART:20261207T060000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2"), ["07", "14"]),
        (("DTSTART:20261207T230000Z", "RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20261214"), ["08", "15"]),
        (("DTSTART;TZID=America/New_York:20261207T180000", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3"), ["08", "15", "22"]),
        (("DTSTART;TZID=China Standard Time:20261207T090000", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=2"), ["07", "14"]),
        (
            ("DTSTART:20261201T150000", "RRULE:FREQ=WEEKLY;BYDAY=TU,WE;UNTIL=20261223"),
            ["01", "02", "08", "09", "15", "16", "22", "23"],
        ),
        (("DTSTART:20261231T230000Z", "RRULE:FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=2"), ["01", "01"]),
    ],
)
def test_a_series_of_another_clock_is_told_on_the_librarys(lines: tuple[str, ...], days: list[str]) -> None:
    """Mondays at eleven in the evening in London are Tuesdays here; a date alone ends with its day."""
    assert [each[:2] for each in told(*event("UID:u", "SUMMARY:T", *lines))] == days


def test_a_series_whose_clock_is_changed_is_told_by_single_times_or_not_at_all() -> None:
    """In New York the clocks change: no one rule tells such a series here, and a short one is told apart."""
    start = "DTSTART;TZID=America/New_York:20261026T180000"
    short = told(*event("UID:u", "SUMMARY:T", start, "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3", "EXDATE:20261103T070000"))
    endless = ical.look(calendar(*event("UID:u", "SUMMARY:T", start, "RRULE:FREQ=WEEKLY")), HK)

    assert short == ["10 Nov 07:00 T"]
    assert (endless.events, "America/New_York" in endless.left[0].why) == ((), True)


def test_outlooks_long_uid_with_a_moved_week_is_a_key() -> None:
    """A UID of 112 letters and the moment of a change are longer than a key: one is made of it, the same each time."""
    uid = f"040000008200E00074C5B7101A82E008{'0' * 80}"
    text = calendar(
        *event(f"UID:{uid}", *SERIES[1:], "RRULE:FREQ=WEEKLY;COUNT=3"),
        *event(f"UID:{uid}", "SUMMARY:Moved", "RECURRENCE-ID:20261208T150000", "DTSTART:20261209T100000"),
    )
    first, again = ical.read(text, HK), ical.read(text, HK)

    assert [each.uid for each in first] == [each.uid for each in again]
    assert first[0].uid == uid
    assert len({each.uid for each in first}) == 2
    assert all(re.fullmatch(EventEntry.key_like, each.uid) for each in first)


@pytest.mark.parametrize("uid", ["a b c", "ümläut@böx", "x" * 500, "{00-11}\\, y", "日本語", "a\tb", "\u200bx", "<a>"])
def test_whatever_a_uid_holds_a_key_is_made_of_it(uid: str) -> None:
    """Readable where it can be, and never the same for two."""
    found = ical.read(calendar(*event(f"UID:{uid}", *TALK), *event(f"UID:{uid}2", *TALK)), HK)

    assert len({each.uid for each in found}) == 2
    assert all(re.fullmatch(EventEntry.key_like, each.uid) for each in found)


@pytest.mark.parametrize(
    "left_out",
    [
        "EXDATE;VALUE=DATE:20261208",
        "EXDATE:20261208T150000",
        "EXDATE;TZID=Asia/Hong_Kong:20261208T150000",
        "EXDATE:20261208T070000Z",
    ],
)
def test_a_day_that_is_left_out_is_not_told(left_out: str) -> None:
    """By its date, or by its moment on whichever clock."""
    found = told(*event(*SERIES, "RRULE:FREQ=WEEKLY;COUNT=3", left_out))

    assert found == ["01 Dec 15:00 S", "15 Dec 15:00 S"]


@pytest.mark.parametrize("which", ["RECURRENCE-ID;VALUE=DATE:20261208", "RECURRENCE-ID:20261208T070000Z"])
def test_a_week_that_is_moved_is_told_once(which: str) -> None:
    """By its date, or by its moment; in whichever order they stand in the file, and in another VCALENDAR too."""
    series = event(*SERIES, "RRULE:FREQ=WEEKLY;COUNT=3")
    moved = event("UID:s", "SUMMARY:Moved", which, "DTSTART:20261209T100000")
    wanted = ["01 Dec 15:00 S", "09 Dec 10:00 Moved", "15 Dec 15:00 S"]

    assert told(*series, *moved) == wanted
    assert told(*moved, *series) == wanted
    assert told(*series, "END:VCALENDAR", "BEGIN:VCALENDAR", *moved) == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<p>Bring <b>your</b> list.</p><p>Free &amp; open.</p>", "Bring your list.\n\nFree & open."),
        ("One<br>two<br/>three", "One\ntwo\nthree"),
        ("a&nbsp;b &lt;c&gt; &#39;d&#39; &eacute;", "a b <c> 'd' é"),
        ("&amp;nbsp;x &amp;amp; y", "x & y"),
        ("<ul><li>one</li><li>two</li></ul>", "• one\n• two"),
        ('<a href="https://library.example/r?a=1&amp;b=2">Sign up</a>', "Sign up (https://library.example/r?a=1&b=2)"),
        ('<a href="https://library.example/">library.example</a>', "library.example"),
        ("<html><head><style>p {color: red}</style></head><body>Hi</body></html>", "Hi"),
        ("<script>alert(1)</script>Hi<!-- not this -->", "Hi"),
        ("&lt;p&gt;escaped&lt;/p&gt;", "escaped"),
        ("if a < b and b > c, 5 <3", "if a < b and b > c, 5 <3"),
        ("see https://x.example/?a=1&copy=2&lang=en", "see https://x.example/?a=1&copy=2&lang=en"),
        ("AT&T, R&D; C<T>", "AT&T, R&D; C<T>"),
        ("soft\u00adly \u200bhid\u200bden", "softly hidden"),
        ("<o:p></o:p><span style='x'>Word</span>", "Word"),
    ],
)
def test_markup_becomes_plain_words(text: str, words: str) -> None:
    """Tags and entities go, lines and links stay, and what only looks like markup stays as it is."""
    escaped = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    found = only(*TALK[1:], f"SUMMARY:{escaped}", f"DESCRIPTION:{escaped}", f"LOCATION:{escaped}")

    assert ical_words.plain(text) == words
    assert found.description == words
    assert found.title == " ".join(words.split("\n"))
    assert "\n" not in found.place


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("CLASS:PRIVATE", "private"),
        ("CLASS:private", "private"),
        ("CLASS:CONFIDENTIAL", "confidential"),
        ("STATUS:TENTATIVE", "not settled"),
        ("CLASS:PUBLIC", ""),
        ("STATUS:CONFIRMED", ""),
        ("TRANSP:TRANSPARENT", ""),
        ("TRANSP:OPAQUE", ""),
    ],
)
def test_what_is_not_for_everybody_is_left_out_until_it_is_asked_for(line: str, why: str) -> None:
    """It is named with why, and can be taken all the same; whether somebody is busy then is nothing to students."""
    found = ical.look(calendar(*event("UID:u", *TALK, line)), HK)

    assert len(found.events) == (0 if why else 1)
    assert [(why in each.why, each.event is not None) for each in found.left] == ([(True, True)] if why else [])


def test_what_is_cancelled_is_told_as_cancelled() -> None:
    """By its status, or by the calendar's method; one week of a series too."""
    assert only(*TALK, "STATUS:CANCELLED").cancelled
    (by_method,) = ical.read(calendar("METHOD:CANCEL", *event("UID:u", *TALK)), HK)
    assert by_method.cancelled
    week = event("UID:s", "SUMMARY:S", "RECURRENCE-ID:20261208T150000", "DTSTART:20261208T150000", "STATUS:CANCELLED")
    assert told(*event(*SERIES, "RRULE:FREQ=WEEKLY;COUNT=3"), *week) == ["01 Dec 15:00 S", "15 Dec 15:00 S"]


def test_a_private_week_of_a_series_is_not_told_at_its_old_time_either() -> None:
    """It was moved: its old time is no time any more."""
    week = event("UID:s", "SUMMARY:Own", "RECURRENCE-ID:20261208T150000", "DTSTART:20261209T150000", "CLASS:PRIVATE")
    assert told(*event(*SERIES, "RRULE:FREQ=WEEKLY;COUNT=3"), *week) == ["01 Dec 15:00 S", "15 Dec 15:00 S"]


def test_one_event_that_cannot_be_read_is_named_and_the_others_are_read() -> None:
    """Among three the one without a title; with its number and its line."""
    text = calendar(*event("UID:1", *TALK), *event("UID:2", *TALK[1:]), *event("UID:3", *TALK))
    found = ical.look(text, HK)

    assert [each.uid for each in found.events] == ["1", "3"]
    assert [str(each) for each in found.left] == [
        "Line 10, VEVENT 2: SUMMARY is missing; it should hold the event's title"
    ]


@pytest.mark.parametrize(
    "line",
    [
        *(
            "DTSTART:20261201",
            "DTEND;VALUE=DATE:20261202",
            "DTEND:20261131T100000",
            "RRULE:FREQ=SECONDLY",
            "RRULE:FREQ=WEEKLY;BYDAY=WED",
        ),
        *(
            "DTSTART;TZID=Nowhere/Land:20261201T140000",
            "EXRULE:FREQ=DAILY",
            "RDATE:soon",
            "DURATION:soon",
            "DTEND:20261201T250000",
        ),
        *(
            "SUMMARY:Another",
            "X-CARREL-CAPACITY:many",
            "a line that was not folded",
            "EXDATE:99999999",
            "DTSTART;VALUE=PERIOD:x/y",
        ),
        *(
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20261201T140000",
            "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "DTEND:19990101T000000",
        ),
        f"DESCRIPTION:{'x' * 20_001}",
    ],
)
def test_whatever_is_wrong_with_one_event_the_others_are_read(line: str) -> None:
    """Each kind of fault, one at a time."""
    start = () if line.startswith("DTSTART") else ("DTSTART:20261201T140000",)
    end = () if line.startswith(("DTSTART", "DTEND", "DURATION")) else ("DTEND:20261201T150000",)
    found = ical.look(calendar(*event("UID:1", "SUMMARY:Bad", *start, *end, line), *event("UID:2", *TALK)), HK)

    wrong = [each.title for each in found.left]
    assert "2" in [each.uid for each in found.events]
    assert wrong == ([] if line == "DTSTART:20261201" else ["Bad"])


@pytest.mark.parametrize(
    ("name", "hour"),
    [
        ("tzone://Microsoft/Utc", 22),
        ("UTC", 22),
        ("Etc/UTC", 22),
        ("China Standard Time", 14),
        ("china standard time", 14),
        ("Tokyo Standard Time", 13),
        ("Asia/Hong_Kong", 14),
        ("asia/hong_kong", 14),
        ("Hongkong", 14),
        ("/mozilla.org/20050126_1/Asia/Tokyo", 13),
        ("/freeassociation.sourceforge.net/Asia/Tokyo", 13),
        ("America/Argentina/Buenos_Aires", 25),
        ("GMT+08:00", 14),
        ("UTC+9", 13),
        ("GMT Standard Time", 22),
    ],
)
def test_the_name_of_a_zone_is_understood(name: str, hour: int) -> None:
    """IANA's, Windows', Microsoft's, with somebody's prefix, in quotes or not."""
    for written in (name, f'"{name}"'):
        start = only("SUMMARY:T", f"DTSTART;TZID={written}:20261201T140000").starts
        assert (start - at("2026-12-01T00:00")) == timedelta(hours=hour), written


def test_a_zone_that_the_file_describes_is_understood() -> None:
    """By the file's own VTIMEZONE, summer and winter; one that nobody knows is said, and so is one that is nonsense."""
    zone = (
        *(
            "BEGIN:VTIMEZONE",
            "TZID:Customized Time Zone",
            "BEGIN:STANDARD",
            "DTSTART:16010101T030000",
            "TZOFFSETFROM:+0200",
        ),
        *("TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD", "BEGIN:DAYLIGHT"),
        *(
            "DTSTART:16010101T020000",
            "TZOFFSETFROM:+0100",
            "TZOFFSETTO:+0200",
            "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        ),
        *("END:DAYLIGHT", "END:VTIMEZONE"),
    )
    winter = event("UID:1", "SUMMARY:W", "DTSTART;TZID=Customized Time Zone:20261201T100000")
    summer = event("UID:2", "SUMMARY:S", "DTSTART;TZID=Customized Time Zone:20260701T100000")
    found = ical.read(calendar(*zone, *winter, *summer), HK)
    assert [each.starts.hour for each in found] == [17, 16]

    costly = [line.replace("FREQ=YEARLY", "FREQ=SECONDLY") for line in zone]
    for lines in ((), costly, zone[:3]):
        with pytest.raises(ical.ICalError, match="Customized Time Zone"):
            ical.read(calendar(*lines, *(("END:STANDARD", "END:VTIMEZONE") if len(lines) == 3 else ()), *winter), HK)
    assert ical_zones.named("../../etc/passwd") is None


def test_exchanges_whole_day_is_one() -> None:
    """From midnight to midnight, on the library's clock or another's, where it says so; else it is timed."""
    mark = "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    zoned = "TZID=China Standard Time"
    here = only("SUMMARY:D", f"DTSTART;{zoned}:20261225T000000", f"DTEND;{zoned}:20261226T000000", mark)
    utc = only("SUMMARY:D", "DTSTART:20261224T160000Z", "DTEND:20261225T160000Z", mark)
    timed = only("SUMMARY:D", "DTSTART:20261225T000000", "DTEND:20261226T000000", mark.replace("TRUE", "FALSE"))

    for found in (here, utc):
        assert (found.all_day, found.starts, found.ends) == (True, at("2026-12-25T00:00"), at("2026-12-26T00:00"))
    assert not timed.all_day


@pytest.mark.parametrize(
    ("lines", "hours", "all_day"),
    [
        (("DTSTART:20261201T140000", "DURATION:PT1H30M"), 1.5, False),
        (("DTSTART:20261201T140000", "DURATION:P1D"), 24, False),
        (("DTSTART:20261201T140000",), 1, False),
        (("DTSTART;VALUE=DATE:20261201",), 24, True),
        (("DTSTART;VALUE=DATE:20261201", "DTEND;VALUE=DATE:20261201"), 24, True),
        (("DTSTART;VALUE=DATE:20261201", "DURATION:P2D"), 48, True),
        (("DTSTART:20261201", "DTEND:20261203"), 48, True),
    ],
)
def test_when_an_event_ends_is_read_however_it_is_said(lines: tuple[str, ...], hours: float, all_day: bool) -> None:
    """By its end, its length, or not at all."""
    found = only("SUMMARY:T", *lines)

    assert (found.ends - found.starts, found.all_day) == (timedelta(hours=hours), all_day)


def test_a_file_is_read_in_whatever_way_its_text_was_written() -> None:
    """UTF-16, a mark before it, bare line feeds, lines folded in the middle of a letter."""
    text = calendar(*event("UID:u", "SUMMARY:圖書館 tour, é", *TALK[1:]))
    folded = text.encode().replace("館".encode(), "館".encode()[:1] + b"\r\n " + "館".encode()[1:])
    ways = [text.encode(each) for each in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")]
    ways += [text.replace("\r\n", end).encode() for end in ("\n", "\r")] + [folded, b"\r\n" + text.encode()]

    for way in ways:
        assert [each.title for each in ical.read(ical.decoded(way), HK)] == ["圖書館 tour, é"], way[:20]
    for nothing in (b"\xff\xfe\x00", b"\x89PNG\r\n", text.encode("big5", "replace") + b"\xff"):
        with pytest.raises(ical.ICalError):
            ical.read(ical.decoded(nothing), HK)


def test_the_newest_version_of_an_event_is_taken() -> None:
    """Where it stands there twice, by its SEQUENCE; two of one UID that are no versions are named."""
    old, new = event("UID:u", *TALK), event("UID:u", "SEQUENCE:2", "SUMMARY:New", *TALK[1:])
    for lines in ((*old, *new), (*new, *old)):
        found = ical.look(calendar(*lines), HK)
        assert [each.title for each in found.events] == ["New"]
        assert ["UID" in each.why for each in found.left] == [True]
    assert ical.look(calendar(*old, *old), HK).left == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (calendar("METHOD:REPLY", *event("UID:u", *TALK)), "an answer to an invitation"),
        (calendar(*event("UID:u", *TALK)).replace("END:VCALENDAR", ""), "cut off"),
        (calendar(*event("UID:u", *TALK)).replace("END:VEVENT", ""), "BEGIN:VCALENDAR"),
        ("BEGIN:VEVENT\r\nEND:VEVENT\r\n", "BEGIN:VCALENDAR"),
        ("<html>", "BEGIN:VCALENDAR"),
        ("", "empty"),
        ("BEGIN:VCALENDAR\r\n" + "BEGIN:X\r\n" * 5000, "nested too deep"),
        (calendar(*event("UID:u", *TALK) * 2001), "2,000 at most"),
        (
            calendar(*event("UID:u", *TALK, f"RDATE:{','.join(['20261201T100000'] * 50_000)}")),
            "RDATE names 50,000 times",
        ),
        (calendar(*event("UID:u", *TALK, *["RDATE:20261201T100000"] * 50_000)), "RDATE names 50,000 times"),
        (calendar(*event("UID:u", *TALK, f"EXDATE:{',' * 60_000}")), "EXDATE names 60,001 times"),
        (
            calendar(
                *(
                    line
                    for n in range(300)
                    for line in event(f"UID:{n}", *TALK, "RDATE:" + ",".join(f"2027010{d}T100000" for d in range(1, 9)))
                )
            ),
            "2,000 at most",
        ),
    ],
    ids=["answer", "cut", "open", "bare", "html", "empty", "deep", "many", "rdates", "rdate-lines", "exdates", "added"],
)
def test_a_file_over_a_limit_is_refused_with_the_limit(text: str, says: str) -> None:
    """Before any work is done for it."""
    with pytest.raises(ical.ICalError, match=says):
        ical.read(text, HK)


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    """By its size alone."""
    with pytest.raises(ical.ICalError, match="2 at most"):
        ical.decoded(b"x" * (ical_lines.MOST_BYTES + 1))


WEEKDAYS = st.sampled_from(repeats.WEEKDAYS)
ZONES = st.sampled_from(["UTC", "Asia/Hong_Kong", "Asia/Tokyo", "Asia/Kathmandu", "Pacific/Honolulu", "Asia/Shanghai"])


@st.composite
def series(draw: st.DrawFn) -> tuple[str, ...]:
    """A series of any clock that keeps step with the library's, begun on a day that its rule names."""
    zone = draw(ZONES)
    start = datetime(2026, 1, 5, tzinfo=ZoneInfo(zone)) + timedelta(
        days=draw(st.integers(0, 300)), minutes=draw(st.integers(0, 1439))
    )
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]))
    last = draw(st.sampled_from(["COUNT=5", "COUNT=12", "UNTIL=20270301T000000Z"]))
    rule = f"FREQ={frequency};INTERVAL={draw(st.integers(1, 3))};{last}"
    if frequency == "WEEKLY" and draw(st.booleans()):
        days = {repeats.WEEKDAYS[start.weekday()], *draw(st.lists(WEEKDAYS, max_size=3))}
        rule += f";BYDAY={','.join(sorted(days))}"
    if frequency == "MONTHLY":
        start = start.replace(day=min(start.day, 27))
    stamp = f"{start:%Y%m%dT%H%M%S}"
    begin = f"DTSTART:{stamp}Z" if zone == "UTC" else f"DTSTART;TZID={zone}:{stamp}"
    return ("UID:u", "SUMMARY:T", begin, "DURATION:PT1H", f"RRULE:{rule}")


@given(series())
@settings(max_examples=150, deadline=None)
def test_a_series_is_told_when_the_calendar_that_has_it_tells_it(lines: tuple[str, ...]) -> None:
    """Whatever the clock, rule and hour: the same moments as recurring_ical_events finds, on the library's clock."""
    text = calendar(*event(*lines))
    window = at("2026-01-01T00:00"), at("2027-04-01T00:00")
    theirs = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(*window)
    ours = occurrences(ical.read(text, HK), *window)

    assert [each.starts for each in ours] == sorted(each["DTSTART"].dt.astimezone(HK) for each in theirs)
