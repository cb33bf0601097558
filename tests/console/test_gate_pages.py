"""A model that waits: what it would change, who is told, who may approve it, and what failed lately."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.console.desk import Desk
from bot.store import decisions, examples, inbox, jobs, models, reviews, turns
from bot.store.message_tables import InboxRow
from connectors.messages import Address, IncomingMessage, Kind
from tests.console.conftest import NOW, Visitor, installed

PAGE = "/console/training/models/next"
Come = Callable[[str], Visitor]


@pytest.fixture
def said(engine: Engine) -> list[int]:
    """Three messages of the last week."""
    found = []
    for number, text in enumerate(("when do u close 20567890", "cn i print", "is there parking")):
        at = NOW - timedelta(hours=number + 1)
        message = IncomingMessage(
            id=f"m{number}", kind=Kind.TEXT, sender=Address("messenger", "p"), sent_at=at, text=text
        )
        inbox.add(engine, "messenger", [message], now=at, stale_after_seconds=3600, request_id="r")
        with engine.connect() as connection:
            row = connection.execute(sa.select(InboxRow.id, InboxRow.person_id).order_by(InboxRow.id.desc())).first()
        assert row
        turns.answered(engine, row.id, row.person_id, replies=(), understanding={}, calls=(), now=at)
        found.append(row.id)
    return found


@pytest.fixture
def held(engine: Engine, said: list[int]) -> dict[str, Any]:
    """The figures of the model `next`, made by lib, that the gate holds."""
    kinds = [("opening_hours", "printing_scanning_copying", "", "other"), ("wifi", "renew_loan", "wifi", "worse")]
    kinds.append(("wifi", "location_directions", "location_directions", "better"))
    rows = [
        {"inbox_id": number, "before": before, "after": after, "meant": meant, "kind": kind}
        for number, (before, after, meant, kind) in zip(said, kinds, strict=True)
    ]
    with engine.connect() as connection:
        wrong = examples.current(connection)[0]
    doubt = {"id": wrong.id, "intent": wrong.intent, "rather": "donate", "confidence": 0.9, "new": True}
    figures = {
        "week": {"count": 40, "changed": 3, "better": 1, "worse": 1, "other": 1, "unseen": 1, "rows": rows},
        "care": {"new": 3, "wrong": [doubt], "contradictions": []},
        "reasons": [["hold", "1 message gets another answer, which no reviewer has seen."]],
        "held": ["1 message gets another answer, which no reviewer has seen."],
    }
    with engine.begin() as connection:
        models.add(connection, "next", now=NOW, by="lib", verdict="pass", figures=figures)
    return {"wrong": wrong.text}


def test_the_gate_says_in_three_sentences_what_changes_and_is_told_what_is_right(
    engine: Engine, held: dict[str, Any], said: list[int], signed_in: Come
) -> None:
    """Rows stand the worst first, with both answers; what somebody says of a row is counted at once."""
    ada = signed_in("administrator")
    page = ada.get(PAGE).text
    assert "Of 40 questions of the last week" in page
    assert [each in page for each in ("1 gets a better answer", "1 gets a worse one", "1 gets another one")] == [
        True
    ] * 3
    places = [page.index(f'id="row{number}"') for number in (said[1], said[0], said[2])]
    assert places == sorted(places)
    assert "20567890" not in page
    assert held["wrong"] in page
    row = ada.post(f"{PAGE}/rows/{said[0]}", {"does": "wrong"}, headers={"HX-Request": "true"}).text
    assert "2 get a worse one" in row
    assert models.judged(engine, "next") == {said[0]: False}
    ada.post(f"{PAGE}/rows/{said[0]}", {"does": "right"})
    assert "2 get a better answer" in ada.get(PAGE).text
    assert ada.post(f"{PAGE}/rows/999", {"does": "right"}).status_code == 404


def test_who_may_approve_is_told_and_nobody_gets_a_button_that_refuses(
    engine: Engine, held: dict[str, Any], signed_in: Come
) -> None:
    lib, ada, vic = signed_in("librarian"), signed_in("administrator"), signed_in("viewer")
    badge = "model waits for your approval"
    assert [badge in each.get("/console/").text for each in (lib, ada, vic)] == [False, True, False]
    assert [">Approve</button>" in each.get(PAGE).text for each in (lib, ada, vic)] == [False, True, False]
    assert "It waits for you" in ada.get(PAGE).text
    assert "another librarian: you have trained it yourself" in lib.get(PAGE).text
    assert "Say in a few words" in ada.post(f"{PAGE}/approve", {"looked": "yes"}, follow_redirects=True).text
    assert "tick that you have" in ada.post(f"{PAGE}/approve", {"why": "fine"}, follow_redirects=True).text
    ada.post(f"{PAGE}/approve", {"why": "all rows", "looked": "yes"})
    assert "all rows" in lib.get(PAGE).text
    assert badge not in ada.get("/console/").text


def test_a_held_model_waits_for_a_named_person_even_where_nobody_else_has_to_look(
    at: Desk, engine: Engine, held: dict[str, Any]
) -> None:
    alone = Visitor(installed(replace(at, second_approver=False)).test_client())
    alone.sign_in("lib")
    assert "gate holds it until" in alone.post(f"{PAGE}/activate", follow_redirects=True).text
    alone.post(f"{PAGE}/approve", {"why": "looked", "looked": "yes"})
    alone.post(f"{PAGE}/activate")
    assert [job.kind for job in jobs.page(engine)] == ["activate"]


def test_what_a_waiting_model_has_learnt_is_not_offered_again(
    engine: Engine, librarian: Visitor, said: list[int]
) -> None:
    reviews.decide(engine, [said[1]], "intent", by="lib", now=NOW, text="cn i print", intent="wifi")
    [decided] = reviews.staged(engine)
    assert "cn i print" in librarian.get("/console/training").text
    with engine.begin() as connection:
        models.add(connection, "next", now=NOW, by="lib", verdict="pass", changes={"reviews": [decided.id]})
    assert decisions.fresh(engine) == []
    assert "cn i print" not in librarian.get("/console/training").text
    assert "A model that is not live yet has learnt it" in librarian.get("/console/review/decisions").text


def test_what_failed_says_what_to_do_and_stays_among_what_was_done_lately(engine: Engine, librarian: Visitor) -> None:
    number = jobs.ask(engine, "train", by="lib", now=NOW)
    jobs.end(engine, number, "failed", NOW, problem="No space is left.")
    page = librarian.get("/console/training").text
    assert "Training has failed" in page
    assert "train once more" in page
    for _ in range(25):
        jobs.end(engine, jobs.ask(engine, "queue", by="lib", now=NOW), "done", NOW)
    jobs.end(engine, jobs.ask(engine, "train", by="lib", now=NOW), "done", NOW, model="next")
    page = librarian.get("/console/training").text
    assert "Training is over" in page
    assert "No space is left." in page


def test_who_has_gone_back_from_a_model_is_not_sent_to_it_again(engine: Engine) -> None:
    with engine.begin() as connection:
        models.add(connection, "first", now=NOW, by="x", state="active", activated_at=NOW)
        models.add(connection, "second", now=NOW, by="lib", verdict="pass")
    models.activate(engine, "second", by="lib", now=NOW + timedelta(hours=1))
    models.activate(engine, "first", by="lib", now=NOW + timedelta(hours=2), back=True)
    assert models.before_active(engine) is None
    models.activate(engine, "second", by="lib", now=NOW + timedelta(hours=3))
    before = models.before_active(engine)
    assert before
    assert before.name == "first"
