"""The queue, reviews, models and jobs, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import audit, cards, examples, forgetting, inbox, jobs, judgements, models, reviews, turns
from bot.store.cards import Queued
from bot.store.jobs import JobError
from bot.store.library_tables import AnswerRow
from bot.store.message_tables import InboxRow
from bot.store.models import ModelError
from connectors.messages import Address, IncomingMessage, Kind

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
SAID = ("how 2 renew", "renew pls", "wifi pw", "prayer room")


@pytest.fixture
def ids(engine: Engine) -> list[int]:
    """Messages that were answered, by number, all in the queue; the first two say the same."""
    found = []
    for number, text in enumerate(SAID):
        message = IncomingMessage(
            id=f"m{number}", kind=Kind.TEXT, sender=Address("messenger", f"p{number}"), sent_at=NOW, text=text
        )
        inbox.add(engine, "messenger", [message], now=NOW, stale_after_seconds=3600, request_id="r")
        with engine.connect() as connection:
            query = sa.select(InboxRow.id, InboxRow.person_id).where(InboxRow.message_id == f"m{number}")
            row = connection.execute(query).one()
        understanding = {"intent": {"name": "renew_loan", "confidence": 0.4}, "model": "first.tar.gz"}
        turns.answered(engine, row.id, row.person_id, replies=(), understanding=understanding, calls=(), now=NOW)
        found.append(row.id)
    together = [found[0], found[0], found[2], found[3]]
    cards.refresh(
        engine,
        [Queued(each, 1.0 - 0.1 * place, ("unsure",), together[place]) for place, each in enumerate(found)],
    )
    return found


def decide(engine: Engine, numbers: list[int], decision: str = "intent", by: str = "lib", intent: str = "wifi") -> str:
    return reviews.decide(engine, numbers, decision, by=by, now=NOW, text="words", intent=intent)


def test_two_people_get_two_cards_and_one_decision_does_for_a_group(engine: Engine, ids: list[int]) -> None:
    first, second = (cards.next_card(engine, who, NOW) for who in ("lib", "ada"))
    assert first
    assert second
    assert (first.inbox_id, second.inbox_id) == (ids[0], ids[2])
    assert first.members == ((ids[1], "renew pls"),)
    again = cards.next_card(engine, "lib", NOW)
    assert again
    assert again.inbox_id == ids[0]
    decide(engine, [ids[0], ids[1]])
    assert cards.waiting(engine) == 2
    assert [each.text for each in reviews.staged(engine)] == ["words"]
    third = cards.next_card(engine, "lib", NOW)
    assert third
    assert third.inbox_id == ids[3]
    late = cards.next_card(engine, "lib", NOW + timedelta(minutes=10), skip=[ids[3]])
    assert late
    assert late.inbox_id == ids[2]


def test_unsure_leaves_it_to_a_colleague(engine: Engine, ids: list[int]) -> None:
    decide(engine, [ids[0]], "unsure", intent="")
    mine, theirs = cards.next_card(engine, "lib", NOW), cards.next_card(engine, "ada", NOW)
    assert mine
    assert theirs
    assert (mine.inbox_id, theirs.inbox_id) == (ids[2], ids[0])
    assert reviews.staged(engine) == []


def test_undo_takes_back_ones_own_last_decision_for_the_whole_group(engine: Engine, ids: list[int]) -> None:
    decide(engine, [ids[2]])
    decide(engine, [ids[0], ids[1]])
    decide(engine, [ids[3]], by="ada")
    assert reviews.undo(engine, "lib", NOW) == ids[0]
    assert cards.waiting(engine, "lib") == 1
    card = cards.card(engine, ids[0], "lib")
    assert card
    assert len(card.members) == 1
    assert reviews.undo(engine, "lib", NOW) == ids[2]
    assert reviews.undo(engine, "lib", NOW) is None


def test_what_a_model_has_learnt_is_not_staged_again(engine: Engine, ids: list[int]) -> None:
    decide(engine, [ids[0]])
    [staged] = reviews.staged(engine)
    with engine.begin() as connection:
        assert reviews.settle(connection, "second", [staged.id], []) == (1, 0)
    assert reviews.staged(engine) == []
    assert [each.text for each in judgements.labelled(engine)] == ["how 2 renew"]
    assert reviews.undo(engine, "lib", NOW) is None


def asked(engine: Engine, count: int) -> list[int]:
    """Return so many more messages, each on a card of its own."""
    found = []
    for number in range(count):
        address = Address("messenger", f"q{number}")
        message = IncomingMessage(id=f"n{number}", kind=Kind.TEXT, sender=address, sent_at=NOW, text=f"words {number}")
        inbox.add(engine, "messenger", [message], now=NOW, stale_after_seconds=3600, request_id="r")
        with engine.connect() as connection:
            query = sa.select(InboxRow.id).where(InboxRow.message_id == f"n{number}")
            found.append(int(connection.execute(query).scalar_one()))
    cards.refresh(engine, [Queued(each, 1.0, ("unsure",), each) for each in found])
    return found


def test_of_every_twentieth_card_a_second_person_is_asked_and_nobody_else(engine: Engine) -> None:
    numbers = asked(engine, 25)
    [again] = [each for each in numbers if each % reviews.SECOND_LOOK == 0]
    for each in numbers:
        decide(engine, [each], intent="wifi")

    assert cards.next_card(engine, "lib", NOW) is None
    second = cards.next_card(engine, "ada", NOW)
    assert second
    assert second.inbox_id == again
    assert again not in reviews.settled_ids(engine)
    decide(engine, [again], by="ada", decision="right", intent="donate")
    assert judgements.agreement(engine) == (0, 1)
    assert [each.inbox_id for each in reviews.staged(engine)] == numbers
    assert cards.next_card(engine, "bob", NOW) is None
    assert again in reviews.settled_ids(engine)
    assert reviews.undo(engine, "ada", NOW) == again
    decide(engine, [again], by="ada", intent="wifi")
    assert judgements.agreement(engine) == (1, 1)


def test_who_decides_second_is_told_and_nothing_is_kept_of_it(engine: Engine, ids: list[int]) -> None:
    decide(engine, [ids[0], ids[1]], intent="renew_loan")
    for who in ("ada", "lib"):
        with pytest.raises(reviews.Decided, match="lib has decided"):
            decide(engine, [ids[0]], by=who)
    decide(engine, [ids[2], ids[1]], by="ada")
    with pytest.raises(reviews.Decided, match="removed"):
        decide(engine, [999])
    assert {each.inbox_id: each.by for each in judgements.labelled(engine)} == {
        ids[0]: "lib",
        ids[1]: "lib",
        ids[2]: "ada",
    }
    assert {each.inbox_id: each.right for each in judgements.judged(engine)}[ids[1]] is True


def test_a_decision_is_taken_back_also_when_the_queue_was_sorted_anew(engine: Engine, ids: list[int]) -> None:
    decide(engine, [ids[2]])
    decide(engine, [ids[0], ids[1]])
    cards.refresh(engine, [Queued(ids[3], 1.0, ("unsure",), ids[3])])
    assert reviews.undo(engine, "lib", NOW) == ids[0]
    card = cards.card(engine, ids[0], "lib")
    assert card
    assert [number for number, _ in card.members] == [ids[1]]
    assert [each.inbox_id for each in reviews.staged(engine)] == [ids[2]]


def test_what_is_being_learnt_and_what_was_decided_with_it_is_no_measure(engine: Engine, ids: list[int]) -> None:
    decide(engine, [ids[0], ids[1]])
    decide(engine, [ids[2]], "right", intent="renew_loan")
    learning = [each.id for each in reviews.staged(engine) if each.inbox_id == ids[0]]
    assert {each.inbox_id for each in judgements.labelled(engine)} == set(ids[:3])
    assert {each.inbox_id for each in judgements.labelled(engine, learning)} == {ids[2]}


def test_a_topic_decides_the_messages_that_it_is_made_of(engine: Engine, ids: list[int]) -> None:
    decide(engine, [ids[2]])
    with engine.begin() as connection:
        made = reviews.make_topic(connection, {ids[3]: "prayer room", ids[2]: "wifi pw"}, "prayer", by="lib", now=NOW)
    assert made == 1
    assert [each.inbox_id for each in reviews.staged(engine)] == [ids[2]]
    assert cards.next_card(engine, "ada", NOW, skip=ids[:2]) is None
    assert {each.intent for each in judgements.labelled(engine) if each.inbox_id == ids[3]} == {"prayer"}


def test_decisions_follow_their_examples(engine: Engine, ids: list[int]) -> None:
    decide(engine, [ids[0]], "right", intent="renew_loan")
    with engine.begin() as connection:
        [mine] = examples.current(connection)
        examples.add(connection, [("renew_loan", "other")], source="staff", by="lib", now=NOW)
        assert examples.rewrite(connection, mine.id, "other words", by="lib", now=NOW)[1] == (
            "renew_loan",
            "other words",
        )
        examples.move(connection, [mine.id], "wifi", by="lib", now=NOW)
    [staged] = reviews.staged(engine)
    assert (staged.intent, staged.text, staged.decision) == ("wifi", "other words", "intent")
    with engine.begin() as connection:
        reviews.rename(connection, "wifi", "network")
    assert reviews.staged(engine)[0].intent == "network"


def test_one_piece_of_work_at_a_time(engine: Engine) -> None:
    number = jobs.ask(engine, "train", by="lib", now=NOW, reason="term")
    with pytest.raises(JobError, match="asked for by lib"):
        jobs.ask(engine, "activate", by="ada", now=NOW)
    taken = jobs.take(engine, NOW)
    assert taken
    assert (taken.id, taken.state) == (number, "running")
    assert jobs.take(engine, NOW) is None
    assert jobs.progress(engine, number, NOW, stage="training", percent=40)
    jobs.cancel(engine, number, NOW)
    assert not jobs.progress(engine, number, NOW)
    jobs.end(engine, number, "cancelled", NOW)
    assert jobs.ask(engine, "train", by="ada", now=NOW) > number


def test_work_of_a_dead_trainer_is_found(engine: Engine) -> None:
    number = jobs.ask(engine, "train", by="lib", now=NOW)
    jobs.take(engine, NOW)
    assert jobs.find_lost(engine, NOW + timedelta(seconds=10)) == []
    assert jobs.find_lost(engine, NOW + timedelta(seconds=30)) == [number]
    found = jobs.get(engine, number)
    assert found
    assert (found.state, found.under_way) == ("failed", False)


def test_a_model_is_approved_by_another_and_goes_live_alone(engine: Engine) -> None:
    with engine.begin() as connection:
        models.add(connection, "first", now=NOW, by="x", state="active", activated_at=NOW)
        models.add(connection, "second", now=NOW, by="lib", verdict="pass")
        models.add(connection, "bad", now=NOW, by="lib", verdict="stop")
    with pytest.raises(ModelError, match="Somebody else"):
        models.approve(engine, "second", by="lib", second=True, now=NOW, why="looked at it")
    with pytest.raises(ModelError, match="passed the gate"):
        models.approve(engine, "bad", by="ada", second=True, now=NOW, why="looked at it")
    models.approve(engine, "second", by="ada", second=True, now=NOW, why="looked at it")
    assert models.activate(engine, "second", by="lib", now=NOW + timedelta(hours=1)) == "first"
    assert models.active(engine) == "second"
    before = models.before_active(engine)
    assert before
    assert before.name == "first"
    assert models.trial(engine) == models.Trial("second", "first", back=False)
    models.gone_back(engine, "second", "first", "no answer", by="lib", now=NOW)
    assert models.active(engine) == "first"
    first, second = models.get(engine, "first"), models.get(engine, "second")
    assert first
    assert second
    assert (first.activated_at, models.before_active(engine)) == (NOW, None)
    assert (second.state, second.activated_at, second.problem) == ("failed", None, "no answer")
    assert {each["key"] for each in audit.page(engine, table="models")} == {"second"}


def test_old_models_lose_their_files_but_not_those_that_may_be_needed(engine: Engine) -> None:
    old = NOW - timedelta(days=9)
    with engine.begin() as connection:
        models.add(connection, "live", now=old, by="x", state="active")
        models.add(connection, "back", now=old, by="x", state="retired", activated_at=old)
        models.add(connection, "older", now=old, by="x", state="retired", activated_at=old - timedelta(days=1))
        models.add(connection, "approved", now=old, by="x", verdict="pass", approved_by="ada")
        models.add(connection, "failed", now=old, by="x", state="failed")
        for number in range(4):
            models.add(connection, f"m{number}", now=NOW + timedelta(hours=number), by="x")
    gone = ["failed", "m0", "m1", "older"]
    assert sorted(models.pruned(engine, 2)) == gone
    assert sorted(each.name for each in models.page(engine) if each.state == "pruned") == gone


def test_other_figures_need_another_approval(engine: Engine) -> None:
    """How long a parse took is no other figure; the active model has nothing to be measured beside."""
    figures = {"test": {"first": 0.9}, "milliseconds": {"candidate": 3.0}}
    with engine.begin() as connection:
        models.add(connection, "live", now=NOW, by="x", state="active")
        models.add(connection, "next", now=NOW, by="lib", verdict="pass", figures=figures)
    models.approve(engine, "next", by="ada", second=True, now=NOW, why="looked at it")
    models.measured(engine, "next", {**figures, "milliseconds": {"candidate": 4.0}}, "pass")
    same = models.get(engine, "next")
    models.measured(engine, "next", {**figures, "test": {"first": 0.8}}, "pass")
    other = models.get(engine, "next")
    assert same
    assert other
    assert (same.approved_by, other.approved_by) == ("ada", "")
    with pytest.raises(ModelError, match="not measured again"):
        models.measured(engine, "live", figures, "pass")


def test_servers_that_are_silent_are_not_waited_for(engine: Engine) -> None:
    models.serves(engine, "one", "a", NOW)
    models.serves(engine, "two", "a", NOW - timedelta(minutes=1))
    models.serves(engine, "one", "b", NOW, "cannot load")
    assert [(each.name, each.model, each.problem) for each in models.running(engine, NOW)] == [
        ("one", "b", "cannot load")
    ]


def test_a_person_is_forgotten_with_what_came_from_them(engine: Engine, ids: list[int]) -> None:
    """Examples wherever they stand by now, copies beside other messages, and in what was written down of changes."""
    decide(engine, [ids[0], ids[1]])
    [mine] = reviews.staged(engine)
    near = ({"intent": "wifi", "text": "Words", "score": 0.9}, {"intent": "wifi", "text": "other", "score": 0.8})
    cards.refresh(engine, [Queued(ids[3], 1.0, ("unsure",), ids[3], near=near)])
    with engine.begin() as connection:
        reviews.settle(connection, "m", [mine.id], [])
        [example] = examples.current(connection)
        examples.add(connection, [("wifi", "other")], source="staff", by="lib", now=NOW)
        examples.move(connection, [example.id], "donate", by="lib", now=NOW)
        audit.note(connection, "lib", "examples", "wifi", None, {"added": [["wifi", "words"], ["wifi", "other"]]}, NOW)
    found = forgetting.traces(engine, "messenger", "p0")
    assert (found.messages, found.examples, found.questions) == (1, (("donate", "words"),), ())
    forgetting.forget(engine, found, actor="ada", now=NOW)

    assert forgetting.traces(engine, "messenger", "p0").person_ids == ()
    assert reviews.staged(engine) == []
    assert [each.text for each in examples.current(engine)] == ["other"]
    card = cards.card(engine, ids[3], "lib")
    assert card
    assert [each["text"] for each in card.near] == ["other"]
    assert audit.page(engine, table="examples")[0]["after"] == {"added": [["wifi", "other"]]}
    assert "p0" not in str(audit.page(engine, table="people"))


def test_an_example_that_stood_there_before_is_nobodys(engine: Engine, ids: list[int]) -> None:
    with engine.begin() as connection:
        examples.add(connection, [("wifi", "Words!")], source="staff", by="lib", now=NOW)
    decide(engine, [ids[0]])
    assert forgetting.traces(engine, "messenger", "p0").examples == ()
    forgetting.forget(engine, forgetting.traces(engine, "messenger", "p0"), actor="ada", now=NOW)
    assert [each.text for each in examples.current(engine)] == ["Words!"]


def test_what_was_removed_and_brought_back_goes_with_its_student_still(engine: Engine, ids: list[int]) -> None:
    decide(engine, [ids[0]])
    with engine.begin() as connection:
        examples.add(connection, [("wifi", "other")], source="staff", by="lib", now=NOW)
        [mine] = [each.id for each in examples.current(connection) if each.text == "words"]
        examples.note(connection, examples.remove(connection, [mine], by="lib", now=NOW), [], by="lib", now=NOW)
    with engine.begin() as connection:
        examples.undo(connection, audit.page(engine, table="examples")[0], by="lib", now=NOW)
    assert [each.id for each in examples.current(engine) if each.text == "words"] == [mine]
    forgetting.forget(engine, forgetting.traces(engine, "messenger", "p0"), actor="ada", now=NOW)
    assert [each.text for each in examples.current(engine)] == ["other"]


def test_of_an_answer_only_the_questions_that_came_from_them_go(engine: Engine, ids: list[int]) -> None:
    """Two topics: one was made of their words, the other is asked in the same words by staff's own."""
    questions = ["prayer room", "where to pray"]
    now = {"language": "en", "title": "t", "text": "x", "link": "", "overview": True, "owner": ""}
    with engine.begin() as connection:
        for key in ("made", "own"):
            values = {"key": key, "topic": key, "questions": questions, "changed_by": "lib", "changed_at": NOW}
            connection.execute(sa.insert(AnswerRow.__table__).values(**now, **values))
    with engine.connect() as connection:
        made = sa.select(AnswerRow.questions).where(AnswerRow.key == "made")
        own = sa.select(AnswerRow.questions).where(AnswerRow.key == "own")
        decide(engine, [ids[3]], intent="own")
        forgetting.forget(engine, forgetting.traces(engine, "messenger", "p3"), actor="ada", now=NOW)
        assert connection.execute(own).scalar_one() == questions
        assert connection.execute(made).scalar_one() == questions
    with engine.begin() as connection:
        reviews.make_topic(connection, {ids[2]: "Where to pray?"}, "made", by="lib", now=NOW)
    forgetting.forget(engine, forgetting.traces(engine, "messenger", "p2"), actor="ada", now=NOW)
    with engine.connect() as connection:
        assert connection.execute(made).scalar_one() == ["prayer room"]
