"""What a message's `time` entities mean to the actions."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.spans import Span, beside, day_span, spans_from_entities, spans_from_slot

ZONE = ZoneInfo("Asia/Hong_Kong")


def time_entity(value, grain="second"):
    """Return an entity as Rasa's Duckling extractor gives it."""
    return {"entity": "time", "value": value, "additional_info": {"grain": grain}}


def at(text):
    """Return a moment in Hong Kong."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("value", "grain", "expected"),
    [
        ("2026-11-23T03:00:00.000+08:00", "hour", ("moment", "2026-11-23T03:00", "2026-11-23T03:01")),
        ("2026-11-22T19:00:00.000+00:00", "hour", ("moment", "2026-11-23T03:00", "2026-11-23T03:01")),
        ("2026-11-29T00:00:00.000+08:00", "day", ("day", "2026-11-29T00:00", "2026-11-30T00:00")),
        ("2026-11-23T00:00:00.000+08:00", "week", ("days", "2026-11-23T00:00", "2026-11-30T00:00")),
        ("2026-12-01T00:00:00.000+08:00", "month", ("days", "2026-12-01T00:00", "2027-01-01T00:00")),
        ("2026-10-01T00:00:00.000+08:00", "quarter", ("days", "2026-10-01T00:00", "2027-01-01T00:00")),
        ("2027-01-01T00:00:00.000+08:00", "year", ("days", "2027-01-01T00:00", "2028-01-01T00:00")),
        (
            {"from": "2026-11-23T18:00:00.000+08:00", "to": "2026-11-24T00:00:00.000+08:00"},
            "hour",
            ("part", "2026-11-23T18:00", "2026-11-24T00:00"),
        ),
        (
            {"from": "2026-11-23T00:00:00.000+08:00", "to": "2026-11-24T00:00:00.000+08:00"},
            "day",
            ("day", "2026-11-23T00:00", "2026-11-24T00:00"),
        ),
        (
            {"from": "2026-11-27T18:00:00.000+08:00", "to": "2026-11-30T00:00:00.000+08:00"},
            "hour",
            ("days", "2026-11-27T18:00", "2026-11-30T00:00"),
        ),
        (
            {"from": "2026-11-23T21:00:00.000+08:00", "to": None},
            "hour",
            ("moment", "2026-11-23T21:00", "2026-11-23T21:01"),
        ),
        ({"to": "2026-11-23T21:00:00.000+08:00"}, "hour", ("moment", "2026-11-23T20:59", "2026-11-23T21:00")),
    ],
)
def test_an_entity_becomes_the_span_it_stands_for(value, grain, expected):
    """Instants, days, weeks and intervals are told apart by grain and by length."""
    grain_expected, starts, ends = expected

    found = spans_from_entities([time_entity(value, grain)], ZONE)

    until = isinstance(value, dict) and "from" not in value
    assert found == (Span(at(starts), at(ends), grain_expected, until=until),)


@pytest.mark.parametrize("value", ["", "soon", None, 7, {}, {"from": None, "to": None}, {"from": "soon", "to": None}])
def test_what_cannot_be_read_is_left_out(value):
    """A value that is no time never breaks the turn."""
    assert spans_from_entities([time_entity(value)], ZONE) == ()


def test_a_moment_wins_over_a_day_beside_it():
    """Named with a clock time, the day only helped to find it."""
    day = time_entity("2026-11-23T00:00:00.000+08:00", "day")
    moment = time_entity("2026-11-23T21:00:00.000+08:00", "hour")

    assert [span.grain for span in spans_from_entities([day, moment], ZONE)] == ["moment"]


def test_other_entities_are_no_times():
    """A place is not taken for a time."""
    assert spans_from_entities([{"entity": "place", "value": "2026-11-23"}], ZONE) == ()


@given(
    day=st.dates(date(2000, 1, 1), date(2090, 12, 31)),
    zone=st.sampled_from(["Asia/Hong_Kong", "Europe/London", "America/New_York", "Pacific/Apia"]),
)
def test_a_span_survives_the_slot(day, zone):
    """What a turn remembers is what the next one reads, in any zone."""
    span = day_span(day, ZoneInfo(zone))

    kept = spans_from_slot([span.to_slot()], ZoneInfo(zone))

    assert [(span.starts.astimezone(UTC), span.ends.astimezone(UTC), "day")] == [
        (each.starts.astimezone(UTC), each.ends.astimezone(UTC), each.grain) for each in kept
    ]


@given(
    first=st.integers(1_000_000_000, 3_700_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    minutes=st.integers(-10_000, 10_000),
)
def test_a_span_never_ends_before_it_starts(first, minutes):
    """Whatever interval comes in, what goes on has a length."""
    value = {"from": first.isoformat(), "to": (first + timedelta(minutes=minutes)).isoformat()}

    (span,) = spans_from_entities([time_entity(value)], ZONE)

    assert span.starts < span.ends


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("and the day after", "2027-01-02"),
        ("what about the next day?", "2027-01-02"),
        ("the day before", "2026-12-31"),
        ("the day after tomorrow", None),
        ("a day after class", None),
    ],
)
def test_the_day_beside_is_that_of_the_day_asked_about_before(words, expected):
    """The day after tomorrow has a day of its own."""
    found = beside(words, (day_span(date(2027, 1, 1), ZONE),), ZONE)

    assert [str(span.starts.date()) for span in found] == ([expected] if expected else [])


def test_no_day_is_beside_nothing():
    assert beside("and the day after", (), ZONE) == ()
