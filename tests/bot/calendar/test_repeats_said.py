"""Repetitions chosen in words: as rules, back again, and said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.calendar import repeats
from bot.calendar.facts import Event
from bot.calendar.occurrences import occurrences
from bot.calendar.repeats_said import Choice, choice_of, problem, rule_of, said

ZONE = ZoneInfo("Asia/Hong_Kong")
STARTS = datetime(2026, 12, 1, 15, 0, tzinfo=ZONE)  # a Tuesday
TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("choice", "words", "first"),
    [
        (Choice("weekly", until=date(2026, 12, 15)), "every Tuesday until Tuesday 15 December", ["12-01", "12-08"]),
        (Choice("weekly", days=(1, 3)), "every Tuesday and Thursday", ["12-01", "12-03"]),
        (Choice("weekly", 2, times=3), "every 2 weeks on Tuesday, 3 times", ["12-01", "12-15"]),
        (Choice("weekly", days=(0, 1, 2, 3, 4)), "every weekday", ["12-01", "12-02"]),
        (Choice("daily", times=2), "every day, 2 times", ["12-01", "12-02"]),
        (Choice("nth", days=(1,), nth=1), "on the first Tuesday of every month", ["12-01", "01-05"]),
        (Choice("nth", days=(4,), nth=-1), "on the last Friday of every month", ["12-01", "12-25"]),
        (Choice("monthly"), "on day 1 of every month", ["12-01", "01-01"]),
        (Choice("yearly"), "every year on 1 December", ["12-01", "12-01"]),
        (Choice("once"), "", ["12-01"]),
    ],
)
def test_a_choice_is_a_rule_and_a_sentence_and_comes_back(choice: Choice, words: str, first: list[str]) -> None:
    rule = rule_of(choice)
    event = Event("x", "X", STARTS, STARTS + timedelta(hours=1), rrule=rule)
    found = occurrences([event], STARTS, STARTS + timedelta(days=800))
    assert [f"{each.starts:%m-%d}" for each in found[: len(first)]] == first
    assert said(rule, STARTS, TODAY) == words
    assert choice_of(rule, STARTS) == choice
    assert not rule or repeats.check(rule, STARTS) == rule


@pytest.mark.parametrize(
    "rule", ["FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1", "FREQ=YEARLY;BYMONTH=1", "FREQ=WEEKLY;INTERVAL=0", "every week"]
)
def test_what_cannot_be_chosen_is_told_without_its_rule(rule: str) -> None:
    assert choice_of(rule, STARTS) is None
    assert said(rule, STARTS, TODAY) == "by a rule of the calendar that it came from"


def test_a_last_moment_before_it_would_begin_is_the_day_before() -> None:
    until = datetime(2026, 12, 15, 14, 0, tzinfo=ZONE).astimezone(UTC)
    found = choice_of(f"FREQ=WEEKLY;UNTIL={until:%Y%m%dT%H%M%SZ}", STARTS)
    assert found
    assert found.until == date(2026, 12, 14)


@pytest.mark.parametrize(
    ("choice", "hours", "words"),
    [
        (Choice("weekly", until=date(2026, 11, 30)), 1, "before it begins"),
        (Choice("daily"), 30, "lasts longer"),
        (Choice("weekly", 0), 1, "from 1 to"),
        (Choice("weekly", times=0), 1, "at most"),
        (Choice("weekly"), 1, ""),
    ],
)
def test_what_cannot_repeat_is_explained(choice: Choice, hours: int, words: str) -> None:
    assert words in problem(choice, STARTS, timedelta(hours=hours))
    assert bool(words) == bool(problem(choice, STARTS, timedelta(hours=hours)))
