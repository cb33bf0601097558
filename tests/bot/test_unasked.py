"""Whether a message that nobody has just asked for may go now: over random moments, in zones with summer time too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.unasked import REASONS, Quiet, Standing, disturbs, verdict
from connectors.reach import RULES, Category, How

HONG_KONG, BERLIN, NEW_YORK = (ZoneInfo(each) for each in ("Asia/Hong_Kong", "Europe/Berlin", "America/New_York"))
MOMENTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
HOURS = st.integers(0, 23)
QUIETS = st.builds(Quiet, st.sampled_from([HONG_KONG, BERLIN, NEW_YORK]), HOURS, HOURS)
EVERY = dict.fromkeys(Category, "library_news")


@given(QUIETS, MOMENTS)
def test_after_the_quiet_hours_it_is_not_quiet(quiet: Quiet, moment: datetime) -> None:
    """And their end is never in the past, nor more than a day and an hour away."""
    end = quiet.over(moment)

    assert not quiet.holds(end)
    assert moment <= end <= moment + timedelta(hours=25)


@given(QUIETS, MOMENTS)
def test_tomorrow_is_another_day_and_not_quiet(quiet: Quiet, moment: datetime) -> None:
    """What was held back because of today's message goes then."""
    then = quiet.tomorrow(moment)

    assert then > moment
    assert quiet.day(then) > quiet.day(moment)
    assert not quiet.holds(then)


@pytest.mark.parametrize(
    ("zone", "moment", "end"),
    [
        (HONG_KONG, "2026-11-23T14:00", "2026-11-24T00:00"),  # 22:00 there
        (HONG_KONG, "2026-11-23T23:59", "2026-11-24T00:00"),  # 07:59
        (BERLIN, "2026-03-28T22:00", "2026-03-29T06:00"),  # 23:00; the clocks go forward that night
        (BERLIN, "2026-10-24T21:00", "2026-10-25T07:00"),  # 23:00; and back
        (NEW_YORK, "2026-11-01T03:00", "2026-11-01T13:00"),  # 23:00 before the clocks go back
        (BERLIN, "2026-07-01T19:59", "2026-07-01T19:59"),  # 21:59
    ],
)
def test_the_night_ends_at_eight_by_the_wall_clock(zone: ZoneInfo, moment: str, end: str) -> None:
    """However many hours it has: nine when the clocks go forward, eleven when they go back."""
    given_, wanted = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (moment, end))

    assert Quiet(zone).over(given_) == wanted


NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
WROTE = NOON - timedelta(hours=1)


@pytest.mark.parametrize(
    ("standing", "now", "why"),
    [
        (Standing(WROTE), NOON, ""),
        (Standing(WROTE, stopped=True), NOON, "stopped"),
        (Standing(WROTE, with_staff=True), NOON, "staff"),
        (Standing(WROTE, told_on=date(2026, 11, 23)), NOON, "daily"),
        (Standing(WROTE, told_on=date(2026, 11, 22)), NOON, ""),
        (Standing(WROTE), NOON + timedelta(hours=11), "quiet"),
        (Standing(None), NOON, "silent"),
    ],
)
def test_each_reason_holds_a_message_back(standing: Standing, now: datetime, why: str) -> None:
    """STOP, a person's thread, the night, today's message, and the platform."""
    found = verdict(RULES["whatsapp"], EVERY, Category.UTILITY, standing=standing, now=now, quiet=Quiet(HONG_KONG))

    assert found.why == why
    assert (found.how is How.NONE) == bool(why)


STANDINGS = st.builds(
    Standing,
    st.none() | MOMENTS,
    st.booleans(),
    st.booleans(),
    st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)


@given(st.sampled_from(sorted(RULES)), st.sampled_from(Category), STANDINGS, MOMENTS, QUIETS)
def test_what_goes_disturbs_nobody(
    channel: str, category: Category, standing: Standing, now: datetime, quiet: Quiet
) -> None:
    """Not after STOP, not in a person's thread, not at night, not twice a day; and what does not go says why."""
    found = verdict(RULES[channel], EVERY, category, standing=standing, now=now, quiet=quiet)

    if found.how is not How.NONE:
        assert not any((standing.stopped, standing.with_staff, quiet.holds(now)))
        assert standing.told_on is None or standing.told_on < quiet.day(now)
        assert standing.last_message_at is not None
    else:
        assert found.why in REASONS
        assert found.again_at is None or found.again_at > now


@pytest.mark.parametrize(
    ("zone", "now", "ago", "disturbed"),
    [
        ("Asia/Hong_Kong", datetime(2026, 11, 23, 13, 59, tzinfo=UTC), None, False),
        ("Asia/Hong_Kong", datetime(2026, 11, 23, 14, 0, tzinfo=UTC), None, True),
        ("Asia/Hong_Kong", datetime(2026, 11, 23, 14, 0, tzinfo=UTC), 15, False),
        ("Asia/Hong_Kong", datetime(2026, 11, 23, 14, 0, tzinfo=UTC), 16, True),
        ("Asia/Hong_Kong", datetime(2026, 11, 23, 23, 59, tzinfo=UTC), 60, True),
        ("Asia/Hong_Kong", datetime(2026, 11, 24, 0, 0, tzinfo=UTC), 600, False),
        # On the night in which London's clocks go back, eight o'clock comes an hour later.
        ("Europe/London", datetime(2026, 10, 25, 7, 30, tzinfo=UTC), 600, True),
        ("Europe/London", datetime(2026, 10, 24, 7, 30, tzinfo=UTC), 600, False),
    ],
)
def test_news_of_an_entry_disturbs_at_night_who_has_not_just_written(
    zone: str, now: datetime, ago: int | None, disturbed: bool
) -> None:
    """A quarter of an hour is just now; somebody who never wrote sleeps."""
    wrote = now - timedelta(minutes=ago) if ago is not None else None

    assert disturbs(Quiet(ZoneInfo(zone)), wrote, now) is disturbed
    assert not disturbs(Quiet(ZoneInfo(zone), 0, 0), wrote, now)
