"""Entrants are told what was decided: once, in their language, inside the window or by template, or not and why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.store import entries_shown, people, verdicts
from bot.store.verdicts import GRACE
from bot.workers.telling import Telling
from connectors.channel import Late
from connectors.errors import RetryableError
from tests.bot.workers.house import QUIET, START, House, text
from tests.contest import CONTEST, edition
from tests.contest_entries import entry, somebody, told_texts

DAY = timedelta(days=1)


@pytest.fixture
def telling(house: House) -> Telling:
    """What tells, over a store with the sample texts and an edition."""
    told_texts(house.engine, START)
    edition(house.engine, START)
    return Telling(house.engine, {"pigeon": house.pigeon}, house.clock, QUIET, house.send.run)


def decided(house: House, entry_id: int, what: str = "refused", **more: str) -> int:
    """Decide as a librarian who sees the entry's present state."""
    shown = entries_shown.by_id(house.engine, entry_id)
    assert shown
    made = verdicts.decide(house.engine, entry_id, what, seen=shown.state, by="lib", now=house.clock(), **more)
    assert made is not None
    return made


def test_a_refusal_is_told_after_the_grace_in_the_entrants_language(house: House, telling: Telling) -> None:
    ann = somebody(house.engine, "ann", START, "zh-Hant", "pigeon")
    number = entry(house.engine, 17, ann, START, title="Dawn {number}")
    made = decided(house, number, reason="contest-reason-size", note="試試原檔。")
    assert telling.run() == 0
    house.clock.forward(seconds=GRACE.total_seconds())
    assert telling.run() == 1
    assert telling.run() == 0
    [(who, said)] = house.pigeon.taken
    assert who == "ann"
    assert said.startswith("圖書館職員看過你的相片 #17「Dawn {number}」")
    assert "相片太細或太矇" in said
    assert said.endswith("圖書館職員留言： 試試原檔。")
    assert not verdicts.undo(house.engine, made, "lib", house.clock())


def test_a_decision_is_taken_back_until_it_is_told(house: House, telling: Telling) -> None:
    number = entry(house.engine, 1, somebody(house.engine, "ann", START, channel="pigeon"), START)
    made = decided(house, number, "accepted")
    assert verdicts.undo(house.engine, made, "kim", START)
    assert not verdicts.undo(house.engine, made, "kim", START)
    house.clock.forward(hours=1)
    assert telling.run() == 0
    assert house.pigeon.taken == []
    found = entries_shown.one(house.engine, CONTEST, 1)
    assert found
    assert found.state == "entered"


def test_of_two_decisions_the_entrant_hears_the_last_alone(house: House, telling: Telling) -> None:
    number = entry(house.engine, 1, somebody(house.engine, "ann", START, channel="pigeon"), START)
    decided(house, number, "refused", reason="contest-reason-place")
    decided(house, number, "accepted")
    house.clock.forward(minutes=2)
    assert telling.run() == 1
    assert ["accepted" in said for _, said in house.pigeon.taken] == [True]


def test_two_librarians_do_not_decide_against_each_other_unseen(house: House, telling: Telling) -> None:
    number = entry(house.engine, 1, somebody(house.engine, "ann", START, channel="pigeon"), START)
    decided(house, number, "accepted")
    assert verdicts.decide(house.engine, number, "refused", seen="entered", by="kim", now=START) is None


@pytest.mark.parametrize(
    ("late", "told", "why"),
    [
        (None, [], "more than 24 hours ago"),
        (Late(until=timedelta(days=7), template=False, longest=2000), [], "more than 24 hours ago"),
        (Late(until=None, template=True, longest=1000), ["late: Good news"], ""),
        (Late(until=None, template=True, longest=10), [], "too long"),
    ],
)
def test_after_the_window_only_a_template_may_tell(
    house: House, telling: Telling, late: Late | None, told: list[str], why: str
) -> None:
    house.pigeon.late = late
    number = entry(house.engine, 1, somebody(house.engine, "ann", START - DAY, channel="pigeon"), START)
    decided(house, number, "accepted")
    house.clock.forward(minutes=2)
    telling.run()
    assert [said[:15] for _, said in house.pigeon.taken] == told
    [made] = verdicts.of_entries(house.engine, [number])[number]
    assert (made.state == "told") == bool(told)
    assert why in made.problem


def test_who_said_stop_or_is_gone_is_told_nothing_and_listed(house: House, telling: Telling) -> None:
    ann = somebody(house.engine, "ann", START, channel="pigeon")
    people.stop(house.engine, ann, START)
    rows = [entry(house.engine, 1, ann, START), entry(house.engine, 2, None, START)]
    for number in rows:
        decided(house, number, "accepted")
    house.clock.forward(minutes=2)
    assert telling.run() == 0
    found = verdicts.of_entries(house.engine, rows)
    assert ["STOP" in found[rows[0]][0].problem, "not know" in found[rows[1]][0].problem] == [True, True]


def test_notes_are_told_to_nobody(house: House, telling: Telling) -> None:
    number = entry(house.engine, 1, somebody(house.engine, "ann", START, channel="pigeon"), START)
    verdicts.note(house.engine, number, "Ask the photographer.", "lib", START)
    house.clock.forward(hours=1)
    assert telling.run() == 0
    assert [each.note for each in verdicts.of_entries(house.engine, [number])[number]] == ["Ask the photographer."]


def tonight(house: House, hours: float, minutes: float = 0) -> None:
    """Move the clock, which stands at eight in the evening: the quiet hours are from ten to eight."""
    house.clock.moment = START + timedelta(hours=hours, minutes=minutes)


@pytest.mark.parametrize("what", ["accepted", "refused", "change_asked", "award"])
def test_at_night_a_decision_waits_for_the_morning(house: House, telling: Telling, what: str) -> None:
    """It may be taken back until then."""
    ann = somebody(house.engine, "ann", START, channel="pigeon")
    number = entry(house.engine, 1, ann, START, state="accepted" if what == "award" else "entered")
    tonight(house, 2)
    if what == "award":
        with house.engine.begin() as connection:
            verdicts.won(connection, number, "First prize", "", "lib", house.clock())
    else:
        decided(house, number, what, reason="" if what == "accepted" else "contest-reason-size")
    for minute in (2, 30, 300, 599):
        tonight(house, 2, minute)
        assert telling.run() == 0
    assert house.pigeon.taken == []
    tonight(house, 12)

    assert telling.run() == 1
    assert [who for who, _ in house.pigeon.taken] == ["ann"]


def test_who_has_just_written_is_awake_and_is_told_at_night(house: House, telling: Telling) -> None:
    """A quarter of an hour counts as just now; others at the same time are left to sleep."""
    who = [somebody(house.engine, name, START, channel="pigeon") for name in ("ann", "ben")]
    tonight(house, 3)
    for number, person in enumerate(who, start=1):
        decided(house, entry(house.engine, number, person, START), "accepted")
    tonight(house, 3, 1)
    somebody(house.engine, "ann", house.clock(), channel="pigeon")
    tonight(house, 3, 16)
    assert telling.run() == 1
    assert [who for who, _ in house.pigeon.taken] == ["ann"]
    somebody(house.engine, "ben", house.clock(), channel="pigeon")
    tonight(house, 3, 32)
    assert telling.run() == 0, "a minute too late"


def test_many_who_sleep_do_not_keep_one_who_is_awake_waiting(house: House, telling: Telling) -> None:
    tonight(house, 3)
    for number in range(1, 61):
        person = somebody(house.engine, f"sleeper-{number}", START, channel="pigeon")
        decided(house, entry(house.engine, number, person, START), "accepted")
    ann = somebody(house.engine, "ann", house.clock(), channel="pigeon")
    decided(house, entry(house.engine, 61, ann, START), "accepted")
    tonight(house, 3, 2)

    assert [telling.run() for _ in range(3)] == [0, 1, 0]


def test_a_decision_that_an_outage_carries_into_the_night_waits_for_the_morning(house: House, telling: Telling) -> None:
    """And does not hold up the answer to what they ask at night; a STOP ends it."""
    ann, ben = (somebody(house.engine, name, START, channel="pigeon") for name in ("ann", "ben"))
    rows = [entry(house.engine, number, person, START) for number, person in ((1, ann), (2, ben))]
    tonight(house, 1, 55)
    house.pigeon.failures = [RetryableError("The platform is down.", code="500")] * 2
    for number in rows:
        decided(house, number, "accepted")
    tonight(house, 1, 57)
    telling.run()
    tonight(house, 5)
    for person in (ann, ben):
        house.send.run(person)
    assert house.pigeon.taken == []
    house.deliver(text("when are you open", after=5 * 3600))
    house.work()
    assert [who for who, _ in house.pigeon.taken] == ["ann"]
    people.stop(house.engine, ben, house.clock())
    tonight(house, 12)
    telling.run()

    assert [who for who, _ in house.pigeon.taken] == ["ann", "ann"]
    assert [made.state for number in rows for made in verdicts.of_entries(house.engine, [number])[number]] == [
        "told",
        "unreachable",
    ]


def test_stop_ends_a_decision_that_is_on_its_way(house: House, telling: Telling) -> None:
    ann = somebody(house.engine, "ann", START, channel="pigeon")
    number = entry(house.engine, 1, ann, START)
    house.pigeon.failures = [RetryableError("The platform is down.", code="500")]
    decided(house, number, "accepted")
    house.clock.forward(minutes=2)
    telling.run()
    people.stop(house.engine, ann, house.clock())
    house.clock.forward(minutes=5)
    house.send.run(ann)

    assert house.pigeon.taken == []
