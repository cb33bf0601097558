"""Review's past decisions, what stands around a message, and where the queue stands."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import cards, decisions, examples, inbox, jobs, reviews, sorting, turns
from bot.store.cards import Queued
from bot.store.decisions import Wanted
from bot.store.message_tables import InboxRow
from connectors.messages import Address, IncomingMessage, Kind, Reply
from tests.console.conftest import NOW, Clock, Visitor

HX = {"HX-Request": "true"}
SAID = ("hi i am at the desk", "cn i print w my key 20567890", "thx, and scan?")


@pytest.fixture
def said(engine: Engine) -> list[int]:
    """One student's three messages, each answered; the second waits for review."""
    found = []
    for number, text in enumerate(SAID):
        at = NOW - timedelta(minutes=9 - number)
        message = IncomingMessage(
            id=f"m{number}", kind=Kind.TEXT, sender=Address("messenger", "p"), sent_at=at, text=text
        )
        inbox.add(engine, "messenger", [message], now=at, stale_after_seconds=3600, request_id="r")
        with engine.connect() as connection:
            row = connection.execute(sa.select(InboxRow.id, InboxRow.person_id).order_by(InboxRow.id.desc())).first()
        assert row
        ranking = [{"name": "out_of_scope", "confidence": 0.7}, {"name": "wifi", "confidence": 0.2}]
        told = {"intent": ranking[0], "intent_ranking": ranking}
        answer = (Reply(text=f"Answer {number} of the bot"),)
        turns.answered(engine, row.id, row.person_id, replies=answer, understanding=told, calls=(), now=at)
        found.append(row.id)
    cards.refresh(engine, [Queued(found[1], 1.0, ("unknown",), found[1])])
    return found


def test_a_card_shows_the_turns_around_it_and_names_nobody(librarian: Visitor, said: list[int]) -> None:
    page = librarian.get("/console/review").text
    parts = [SAID[0], "Answer 0 of the bot", "Answer 1 of the bot", SAID[2], "Answer 2 of the bot"]
    places = [page.index(each, page.index("Where it was said")) for each in parts]
    assert places == sorted(places)
    assert "20567890" not in page


def test_there_is_one_way_for_what_is_beyond_the_library(engine: Engine, librarian: Visitor, said: list[int]) -> None:
    """The bot took it for that as well: one button, which Enter presses, and one decision."""
    page = librarian.get("/console/review").text
    assert page.count('value="out_of_scope"') == 1
    librarian.post(f"/console/review/{said[1]}", {"does": "typed", "topic": "beyond the library"}, headers=HX)
    assert [each.decision for each in reviews.staged(engine)] == ["out_of_scope"]


def test_a_misspelt_topic_is_taken_and_told_and_an_unclear_one_offered(
    engine: Engine, librarian: Visitor, said: list[int]
) -> None:
    unclear = librarian.post(f"/console/review/{said[1]}", {"does": "typed", "topic": "contest"}, headers=HX).text
    assert 'value="is:contest_prizes"' in unclear
    told = librarian.post(f"/console/review/{said[1]}", {"does": "typed", "topic": "prnting"}, headers=HX).text
    assert "was taken as Print, scan, copy" in told
    assert [each.intent for each in reviews.staged(engine)] == ["printing_scanning_copying"]


def test_the_queue_says_where_it_stands_and_is_sorted_by_itself(
    engine: Engine, librarian: Visitor, said: list[int], clock: Clock
) -> None:
    assert 'hx-trigger="load"' in librarian.get("/console/review").text
    asked = librarian.post("/console/review/refresh", headers=HX).text
    assert "Sorting 3 new messages" in asked
    clock.now += timedelta(minutes=2)
    assert "carrel trainer" in librarian.get("/console/review/standing").text
    job = jobs.page(engine, 1)[0]
    sorting.sorted_up_to(engine, said[1], NOW)
    jobs.end(engine, job.id, "done", NOW)
    over = librarian.get("/console/review/standing?empty=1")
    assert over.headers["HX-Refresh"] == "true"
    assert "1 newer message is" in over.text


def test_sorting_keeps_nobody_from_training(engine: Engine, librarian: Visitor, said: list[int]) -> None:
    librarian.post("/console/review/refresh")
    librarian.post("/console/training/train")
    assert [job.kind for job in jobs.page(engine)] == ["train", "queue"]


def _decided(engine: Engine, number: int) -> decisions.Past:
    reviews.decide(engine, [number], "intent", by="lee", now=NOW, text="can i print with my key", intent="wifi")
    return decisions.page(engine, Wanted())[0]


def _taught(engine: Engine) -> list[str]:
    return [each.intent for each in examples.current(engine) if each.text == "can i print with my key"]


def test_a_past_decision_is_found_and_corrected_with_its_effect(
    engine: Engine, librarian: Visitor, said: list[int]
) -> None:
    past = _decided(engine, said[1])
    assert _taught(engine) == ["wifi"]
    found = librarian.get("/console/review/decisions?words=PRINT+key&intent=wifi&by=lee").text
    assert "cn i print w my key" in found
    assert "20567890" not in found
    assert "The next training learns it" in found
    assert "Nothing found" in librarian.get("/console/review/decisions?words=parking").text

    form = {"does": "typed", "topic": "prnt scan"}
    told = librarian.post(f"/console/review/decisions/{past.id}", form, follow_redirects=True).text
    assert "The next training learns it as print, scan, copy" in told
    assert _taught(engine) == ["printing_scanning_copying"]
    again = librarian.post(f"/console/review/decisions/{past.id}", form, follow_redirects=True).text
    assert "does not stand any more" in again


def test_a_past_decision_is_taken_back_and_what_a_model_learnt_is_told(
    engine: Engine, librarian: Visitor, said: list[int]
) -> None:
    past = _decided(engine, said[1])
    with engine.begin() as connection:
        reviews.settle(connection, "20261124-a", [past.id], ())
    form = {"does": "back"}
    told = librarian.post(f"/console/review/decisions/{past.id}", form, follow_redirects=True).text
    assert "the next one forgets it" in told
    assert _taught(engine) == []
    assert said[1] not in reviews.settled_ids(engine)


def test_a_correction_that_is_no_topic_is_asked_back(engine: Engine, librarian: Visitor, said: list[int]) -> None:
    past = _decided(engine, said[1])
    answer = librarian.post(f"/console/review/decisions/{past.id}", {"does": "typed", "topic": "contest"})
    assert answer.status_code == 422
    assert 'value="is:contest_rules"' in answer.text
    assert _taught(engine) == ["wifi"]
