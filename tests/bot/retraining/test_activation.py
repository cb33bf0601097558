"""Going live and back, whoever fails or is killed on the way; the examples always match the model that answers."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.dialogue import DialogueUnavailable
from bot.retraining import activation
from bot.retraining.gate import Thresholds
from bot.retraining.trainer import Trainer
from bot.retraining.workshop import TrainingError, Workshop
from bot.store import examples, jobs, models, reviews
from bot.store.learning_tables import ReviewRow
from tests.bot.retraining.conftest import BEFORE, Answering, Clock, Killed, candidate, course, decided, ended, texts

LEARNT = (("wifi", "net is dead"), ("donate", "Donate?"))


def live(shop: Workshop, name: str, dialogue: Answering) -> str:
    doing = course(shop, "activate", name)
    told = activation.activate(doing, name, dialogue)
    ended(doing)
    assert isinstance(shop.now, Clock)
    shop.now.later(1)
    return told


def back(shop: Workshop, dialogue: Answering) -> None:
    doing = course(shop, "rollback")
    activation.rollback(doing, dialogue)
    ended(doing)


@pytest.fixture
def dialogue(shop: Workshop) -> Answering:
    return Answering(shop.engine)


def serving(shop: Workshop, model: str) -> None:
    """Have a Rasa server tell that it answers with a model."""
    models.serves(shop.engine, "one", model, shop.now())


def test_a_model_goes_live_with_its_examples_and_back_without_them(shop: Workshop, dialogue: Answering) -> None:
    """What stood there before it ("donate") is not its own, and stays."""
    candidate(shop, "second", decided(shop, *LEARNT))
    serving(shop, "second")
    assert "1 of 1 Rasa servers" in live(shop, "second", dialogue)
    assert texts(shop) == [*BEFORE, "wifi: net is dead"]
    assert dialogue.asked == len(activation.SMOKE)
    serving(shop, "first")
    back(shop, dialogue)
    assert (models.active(shop.engine), texts(shop)) == ("first", BEFORE)


def test_examples_match_the_model_however_often_people_go_back_and_forth(shop: Workshop, dialogue: Answering) -> None:
    """What staff have removed or written themselves in between stays as they left it."""
    first = decided(shop, ("wifi", "net is dead"), ("wifi", "no net"))
    candidate(shop, "second", first)
    live(shop, "second", dialogue)
    candidate(shop, "third", decided(shop, ("donate", "old books")), knows=first)
    live(shop, "third", dialogue)
    there = {each.text: each.id for each in examples.current(shop.engine)}
    with shop.engine.begin() as connection:
        examples.add(connection, [("wifi", "by hand")], source="staff", by="lib", now=shop.now())
        examples.remove(connection, [there["no net"]], by="lib", now=shop.now())
    mine = "wifi: by hand"

    live(shop, "first", dialogue)
    assert sorted(texts(shop)) == sorted([*BEFORE, mine])
    live(shop, "second", dialogue)
    assert sorted(texts(shop)) == sorted([*BEFORE, mine, "wifi: net is dead"])
    live(shop, "third", dialogue)
    assert sorted(texts(shop)) == sorted([*BEFORE, mine, "wifi: net is dead", "donate: old books"])
    back(shop, dialogue)
    assert models.active(shop.engine) == "second"
    assert sorted(texts(shop)) == sorted([*BEFORE, mine, "wifi: net is dead"])


def test_what_was_taken_back_during_the_training_is_not_written(shop: Workshop, dialogue: Answering) -> None:
    candidate(shop, "second", decided(shop, ("wifi", "net is dead"), ("wifi", "no net")))
    reviews.undo(shop.engine, "lib", shop.now())
    live(shop, "second", dialogue)
    assert texts(shop) == [*BEFORE, "wifi: net is dead"]
    assert reviews.staged(shop.engine) == []
    with shop.engine.connect() as connection:
        learnt = connection.execute(sa.select(ReviewRow.learnt_in).order_by(ReviewRow.id)).scalars().all()
    assert learnt == ["second", ""]


def test_a_model_that_does_not_answer_is_no_way_back(shop: Workshop, dialogue: Answering) -> None:
    candidate(shop, "second", decided(shop, *LEARNT))
    live(shop, "second", dialogue)
    since = models.get(shop.engine, "second")
    candidate(shop, "third", decided(shop, ("wifi", "nope")))
    serving(shop, "third")
    dialogue.fails = DialogueUnavailable("down")
    with pytest.raises(TrainingError, match="answers again"):
        activation.activate(course(shop, "activate", "third"), "third", dialogue)
    failed, before = models.get(shop.engine, "third"), models.before_active(shop.engine)
    assert failed
    assert before
    assert since
    assert (failed.state, before.name, models.active(shop.engine)) == ("failed", "first", "second")
    again = models.get(shop.engine, "second")
    assert again
    assert again.activated_at == since.activated_at
    assert "Measure it again" in activation.refused(failed, second=False)
    assert "wifi: nope" not in texts(shop)


def test_a_server_that_is_away_for_a_moment_is_waited_for(
    shop: Workshop, dialogue: Answering, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that answered when this began must take the model; its silence is no reason not to rehearse."""
    monkeypatch.setattr(activation, "WITHIN_SECONDS", 0.5)
    candidate(shop, "second", decided(shop, *LEARNT))
    serving(shop, "first")
    doing = course(shop, "activate", "second")
    told: list[str] = []

    def silent() -> None:
        clock.later(15)

    threading.Timer(0.1, silent).start()
    with pytest.raises(TrainingError, match="in time"):
        told.append(activation.activate(doing, "second", dialogue))
    assert (models.active(shop.engine), told) == ("first", [])


def trainer(shop: Workshop, dialogue: Answering) -> Trainer:
    return Trainer(shop, Thresholds(), dialogue)


def killed_at_swap(shop: Workshop, dialogue: Answering, clock: Clock, kind: str = "activate") -> None:
    """Let the trainer die while it rehearses."""
    dialogue.fails = Killed()
    doing = course(shop, kind, "second" if kind == "activate" else "")
    does = partial(activation.activate, doing, "second") if kind == "activate" else partial(activation.rollback, doing)
    with pytest.raises(Killed):
        does(dialogue)
    dialogue.fails = None
    clock.later(30)


def test_killed_while_it_goes_live_the_model_before_answers_again(
    shop: Workshop, dialogue: Answering, clock: Clock
) -> None:
    """Nobody knows whether the new one answers; the next trainer goes back, and says so."""
    candidate(shop, "second", decided(shop, *LEARNT))
    serving(shop, "second")
    killed_at_swap(shop, dialogue, clock)
    assert models.active(shop.engine) == "second"
    trainer(shop, dialogue).step()
    assert (models.active(shop.engine), texts(shop)) == ("first", BEFORE)
    second, job = models.get(shop.engine, "second"), jobs.page(shop.engine)[0]
    assert second
    assert second.state == "failed"
    assert (job.state, "first answers again" in job.problem) == ("failed", True)
    assert shop.model_file("second") == shop.candidates / "second.tar.gz"


def test_killed_on_the_way_back_it_is_gone_to_the_end(shop: Workshop, dialogue: Answering, clock: Clock) -> None:
    candidate(shop, "second", decided(shop, *LEARNT))
    live(shop, "second", dialogue)
    serving(shop, "first")
    killed_at_swap(shop, dialogue, clock, "rollback")
    trainer(shop, dialogue).step()
    assert (models.active(shop.engine), texts(shop), models.trial(shop.engine)) == ("first", BEFORE, None)


def test_a_model_from_before_knows_what_it_has_learnt_with_others(shop: Workshop, dialogue: Answering) -> None:
    """Older ones name the models whose decisions they have learnt besides their own."""
    first = decided(shop, ("wifi", "net is dead"))
    candidate(shop, "second", first, **{"knows": []})
    live(shop, "second", dialogue)
    candidate(shop, "third", decided(shop, ("wifi", "no net")), **{"knows": [], "with": ["second"]})
    live(shop, "first", dialogue)
    assert texts(shop) == BEFORE
    live(shop, "third", dialogue)
    assert texts(shop) == [*BEFORE, "wifi: net is dead", "wifi: no net"]


def test_a_live_activation_is_not_taken_for_dead(shop: Workshop, dialogue: Answering, clock: Clock) -> None:
    """Rehearsing may take long: a sign of life is given meanwhile."""
    doing = course(shop, "activate", "second")
    seen: list[bool] = []
    with doing.beating():
        clock.later(30)
        pause = threading.Event()
        for _ in range(100):
            job = jobs.get(shop.engine, doing.job.id)
            seen.append(bool(job and job.beat_at and clock() - job.beat_at < timedelta(seconds=1)))
            if seen[-1]:
                break
            pause.wait(0.1)
    assert seen[-1]
    assert jobs.find_lost(shop.engine, clock()) == []
    assert dialogue.asked == 0


def test_what_killed_work_has_left_is_swept(shop: Workshop, dialogue: Answering, clock: Clock) -> None:
    """Students' words stand there; but never while other work runs."""
    words = shop.var / "training" / "killed" / "asked.json"
    words.parent.mkdir(parents=True)
    words.write_text("private")
    doing = course(shop, "train")
    trainer(shop, dialogue)._put_right([])
    assert words.exists()
    jobs.end(shop.engine, doing.job.id, "failed", clock())
    trainer(shop, dialogue)._put_right([])
    assert not words.parent.exists()
