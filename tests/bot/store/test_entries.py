"""Contest entries: one draft a person, numbers without gaps or doubles, limits kept under a rush."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import entries, forgetting, people
from bot.store.contest_tables import EntryRow, PhotoRow
from connectors.messages import Address
from tests.contest import CONTEST, edition

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def somebody(engine: Engine, name: str = "one") -> int:
    with engine.begin() as connection:
        return people.find_or_add(connection, Address("messenger", name), NOW).id


def entered(engine: Engine, person: int, most: int | None = None) -> entries.Entry | None:
    return entries.enter(engine, entries.begin(engine, person, CONTEST, "en", NOW).id, most, NOW)


@pytest.fixture(autouse=True)
def contest(engine: Engine) -> None:
    edition(engine, NOW)


def test_a_draft_is_begun_once_and_becomes_an_entry_with_a_number(engine: Engine) -> None:
    person = somebody(engine)
    draft = entries.begin(engine, person, CONTEST, "en", NOW)
    assert entries.begin(engine, person, CONTEST, "en", NOW).id == draft.id
    assert (draft.state, draft.number, draft.description) == ("draft", None, None)
    entries.change(engine, draft.id, NOW, title="Dawn", description="The atrium at dawn")
    entry = entries.enter(engine, draft.id, 2, NOW)
    assert entry is not None
    assert (entry.state, entry.number, entry.title, entry.entered_at) == ("entered", 1, "Dawn", NOW)
    assert entry.alternative == "The atrium at dawn"
    assert entries.one(engine, CONTEST, 1) == entry
    assert entries.draft_of(engine, person, CONTEST) is None


def test_confirming_twice_gives_one_receipt(engine: Engine) -> None:
    draft = entries.begin(engine, somebody(engine), CONTEST, "en", NOW)
    first = entries.enter(engine, draft.id, 1, NOW)
    assert first == entries.enter(engine, draft.id, 1, NOW + timedelta(minutes=1))


def test_no_more_entries_than_the_edition_allows_but_a_withdrawn_one_makes_room(engine: Engine) -> None:
    person = somebody(engine)
    first = entered(engine, person, 1)
    assert first is not None
    assert entered(engine, person, 1) is None
    assert entries.withdraw(engine, first.id, NOW)
    assert not entries.withdraw(engine, first.id, NOW)
    second = entered(engine, person, 1)
    assert second is not None
    assert second.number == 2


def test_a_rush_gets_different_numbers_without_a_gap(engine: Engine) -> None:
    crowd = [somebody(engine, f"n{number}") for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        numbers = [found.number for found in pool.map(lambda each: entered(engine, each, 1), crowd) if found]
    assert sorted(numbers) == list(range(1, 25))


def test_one_person_at_eight_windows_at_once_has_one_draft_and_one_entry(engine: Engine) -> None:
    person = somebody(engine)
    with ThreadPoolExecutor(8) as pool:
        drafts = set(pool.map(lambda _: entries.begin(engine, person, CONTEST, "en", NOW).id, range(8)))
        [draft] = drafts
        found = set(pool.map(lambda _: entries.enter(engine, draft, 1, NOW).number, range(8)))
    assert found == {1}


def test_a_photo_is_added_once_and_the_newest_ready_one_is_the_entrys(engine: Engine) -> None:
    draft = entries.begin(engine, somebody(engine), CONTEST, "en", NOW)
    for name in ("m1:0", "m1:0", "m2:0"):
        entries.add_photo(engine, draft.id, name, {"type": "image", "id": "9"}, NOW)
    with engine.begin() as connection:
        connection.execute(sa.update(PhotoRow.__table__).where(PhotoRow.sent_as == "m1:0").values(state="ready"))
    found = entries.by_id(engine, draft.id)
    assert found is not None
    assert found.photo is not None
    assert found.latest is not None
    assert found.photo.state == "ready"
    assert found.latest.state == "fetching"
    assert found.latest.id > found.photo.id


def test_another_photo_sends_a_judged_entry_back_to_staff(engine: Engine) -> None:
    entry = entered(engine, somebody(engine))
    assert entry is not None
    assert entries.move(engine, entry.id, "accepted", NOW, before={"entered"})
    entries.add_photo(engine, entry.id, "m2:0", {}, NOW)
    assert entries.of_contest(engine, CONTEST)[0].state == "entered"


def test_a_draft_can_be_thrown_away_an_entry_not(engine: Engine) -> None:
    person = somebody(engine)
    draft = entries.begin(engine, person, CONTEST, "en", NOW)
    entries.add_photo(engine, draft.id, "m1:0", {}, NOW)
    assert entries.discard(engine, draft.id)
    entry = entered(engine, person)
    assert entry is not None
    assert not entries.discard(engine, entry.id)
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(PhotoRow.__table__)).scalar_one() == 0


def test_who_is_forgotten_takes_their_entries_along(engine: Engine) -> None:
    person, other = somebody(engine), somebody(engine, "other")
    entered(engine, person)
    entered(engine, other)
    entries.begin(engine, person, CONTEST, "en", NOW)
    forgetting.forget(engine, forgetting.traces(engine, "messenger", "one"), actor="staff", now=NOW)
    with engine.connect() as connection:
        assert connection.execute(sa.select(EntryRow.__table__.c.person_id)).scalars().all() == [other]
