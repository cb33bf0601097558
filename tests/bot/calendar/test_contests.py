"""The life of an edition: its phase at every moment, and what Meta asks of its words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendar.contests import NEWS, current, line, phase, votes_at
from bot.calendar.facts import Contest, Result
from bot.calendar.promotion import RELEASE, STATEMENT, lacks

DAY = timedelta(days=1)
OPENS = datetime(2026, 11, 1, 1, 0, tzinfo=UTC)
WHOLE = Contest(
    key="c",
    title="Quiet Corners",
    edition="2026",
    opens=OPENS,
    closes=OPENS + 30 * DAY,
    voting_opens=OPENS + 31 * DAY,
    voting_closes=OPENS + 45 * DAY,
)
ORDER = ["announced", "open", "judging", "voting", "results", "archived"]
DATES = st.none() | st.integers(0, 400).map(lambda days: OPENS + days * DAY)
CONTESTS = st.builds(
    Contest,
    key=st.just("c"),
    title=st.just("T"),
    opens=DATES,
    closes=DATES,
    voting_opens=DATES,
    voting_closes=DATES,
    results=st.sampled_from([(), (Result("First", "Let's Study"),)]),
)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (timedelta(seconds=-1), "announced"),
        (timedelta(0), "open"),
        (30 * DAY - timedelta(seconds=1), "open"),
        (30 * DAY, "judging"),
        (31 * DAY, "voting"),
        (45 * DAY - timedelta(seconds=1), "voting"),
        (45 * DAY, "judging"),
        (45 * DAY + NEWS, "archived"),
    ],
)
def test_a_phase_begins_and_ends_to_the_second(after: timedelta, expected: str) -> None:
    assert phase(WHOLE, OPENS + after) == expected


def test_results_are_news_for_half_a_year_and_then_archived() -> None:
    decided = replace(WHOLE, results=(Result("First", "Let's Study"),))
    assert phase(decided, OPENS + 46 * DAY) == "results"
    assert phase(decided, OPENS + 45 * DAY + NEWS) == "archived"
    assert phase(Contest("c", "T", results=decided.results), OPENS) == "archived"


@given(CONTESTS, st.integers(-10, 800))
def test_exactly_one_phase_of_the_line_is_now_and_it_is_the_phase(contest: Contest, days: int) -> None:
    now = OPENS + days * DAY
    here = [step for step in line(contest, now) if step.state == "now"]
    assert [step.phase for step in here] == [phase(contest, now)]


@given(CONTESTS.filter(lambda each: None not in (each.opens, each.closes)), st.lists(st.integers(-10, 800), min_size=2))
def test_an_edition_whose_dates_are_in_order_never_goes_back(contest: Contest, days: list[int]) -> None:
    dates = [contest.opens, contest.closes, contest.voting_opens, contest.voting_closes]
    known = [each for each in dates if each]
    if known != sorted(known) or contest.results:
        return
    found = [phase(contest, OPENS + day * DAY) for day in sorted(days)]
    places = [max(ORDER.index(each), 2 if each == "voting" else 0) for each in found if each != "judging"]
    assert places == sorted(places)


@given(CONTESTS, st.integers(-10, 800))
def test_nobody_votes_outside_the_votes_dates(contest: Contest, days: int) -> None:
    now = OPENS + days * DAY
    if votes_at(contest, now):
        assert contest.voting_closes
        assert now < contest.voting_closes
        assert contest.voting_opens is None or contest.voting_opens <= now


def test_a_draft_is_told_to_nobody() -> None:
    last = Contest("c18", "Day and Night", "2018", results=(Result("First", "Let's Study"),))
    draft = Contest("c27", "Rain", "2027", theme="Rain on the terrace")
    assert phase(draft, OPENS) == "draft"
    assert current((last, draft), OPENS) == last
    assert current((draft,), OPENS) is None


def asks(*rules: str, **more: object) -> list[str]:
    return [each.text for each in lacks(Contest("c", "T", rules=rules, may_enter=("students",), **more))]  # type: ignore[arg-type]


def test_the_texts_to_copy_are_all_that_meta_asks() -> None:
    assert asks("A photo with a title.", RELEASE, STATEMENT) == []
    assert asks(f"{RELEASE} {STATEMENT}") == []


def test_chinese_rules_are_read_too() -> None:
    rules = "參賽即表示你免除 Meta 的一切責任。", "本比賽並非由 Facebook 贊助、認可、管理，亦與其無關聯。"
    assert asks(*rules) == []


@pytest.mark.parametrize(
    ("rule", "lacking"),
    [
        (RELEASE, "not sponsored"),
        (STATEMENT, "releases Meta"),
        ("This contest is not sponsored by Meta.", "not sponsored"),
        ("This contest is sponsored, endorsed, administered by and associated with Meta.", "not sponsored"),
        ("You release us from any claim.", "releases Meta"),
    ],
)
def test_half_of_it_is_not_enough(rule: str, lacking: str) -> None:
    assert any(lacking in each for each in asks(rule))


@pytest.mark.parametrize(
    ("rule", "forbidden"),
    [
        ("Share this post on your timeline to enter.", True),
        ("Tag three friends in a comment.", True),
        ("請標記兩位朋友。", True),
        ("分享至你的動態時報才算參賽。", True),
        ("You need not tag friends.", False),
        ("毋須標記朋友。", False),
        ("Entrants were invited to ask friends to like their photos on the library's Facebook page.", False),
        ("Share your photo with us by e-mail.", False),
    ],
)
def test_sharing_and_tagging_are_no_conditions(rule: str, *, forbidden: bool) -> None:
    found = asks(RELEASE, STATEMENT, rule)
    assert bool(found) == forbidden
    assert all("Meta forbids" in each for each in found)


def test_what_is_wholly_missing_is_said() -> None:
    assert [each.field for each in lacks(Contest("c", "T"))] == ["rules", "may_enter", "rules", "rules"]
