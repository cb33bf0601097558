"""Going live and back, whoever fails or is killed on the way; the examples always match the model that answers."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from bot.dialogue import DialogueUnavailable
from bot.retraining import activation, examples, files
from bot.retraining.examples import Change
from bot.retraining.gate import Thresholds
from bot.retraining.trainer import Trainer
from bot.retraining.workshop import TrainingError, Workshop
from bot.store import inbox, jobs, models, reviews
from bot.store.learning_tables import ReviewRow
from connectors.messages import Address, IncomingMessage, Kind
from tests.bot.retraining.conftest import BEFORE, Answering, Clock, Killed, candidate, course, ended, texts

LEARNT = [["wifi", "net is dead"], ["donate", "Donate?"]]


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
    candidate(shop, "second", LEARNT)
    serving(shop, "second")
    assert "1 of 1 Rasa servers" in live(shop, "second", dialogue)
    assert texts(shop) == [*BEFORE[:2], "wifi: net is dead", *BEFORE[2:]]
    assert dialogue.asked == len(activation.SMOKE)
    serving(shop, "first")
    back(shop, dialogue)
    assert (models.active(shop.engine), texts(shop)) == ("first", BEFORE)


def test_examples_match_the_model_however_often_people_go_back_and_forth(shop: Workshop, dialogue: Answering) -> None:
    """What staff have removed or written themselves in between stays as they left it."""
    folder = shop.root / "data" / "nlu"
    candidate(shop, "second", [["wifi", "net is dead"], ["wifi", "no net"]])
    live(shop, "second", dialogue)
    candidate(shop, "third", [["donate", "old books"]], **{"with": ["second"]})
    live(shop, "third", dialogue)
    examples.change(folder, Change(add=(("wifi", "by hand"),), remove=(("wifi", "no net"),)))
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
    for number, text in enumerate(("net is dead", "no net")):
        sender = Address("messenger", f"p{number}")
        message = IncomingMessage(id=f"m{number}", kind=Kind.TEXT, sender=sender, sent_at=shop.now(), text=text)
        inbox.add(shop.engine, "messenger", [message], now=shop.now(), stale_after_seconds=3600, request_id="r")
        said = {"by": "lib", "now": shop.now(), "text": text, "intent": "wifi"}
        reviews.decide(shop.engine, [number + 1], "intent", **said)  # type: ignore[arg-type]
    numbers = [each.id for each in reviews.staged(shop.engine)]
    candidate(shop, "second", [["wifi", "net is dead"], ["wifi", "no net"]], reviews=numbers)
    reviews.undo(shop.engine, "lib", shop.now())
    live(shop, "second", dialogue)
    assert texts(shop) == [*BEFORE[:2], "wifi: net is dead", *BEFORE[2:]]
    assert reviews.staged(shop.engine) == []
    with shop.engine.connect() as connection:
        learnt = connection.execute(sa.select(ReviewRow.learnt_in).order_by(ReviewRow.id)).scalars().all()
    assert learnt == ["second", ""]


def test_a_model_that_does_not_answer_is_no_way_back(shop: Workshop, dialogue: Answering) -> None:
    candidate(shop, "second", LEARNT)
    live(shop, "second", dialogue)
    since = models.get(shop.engine, "second")
    candidate(shop, "third", [["wifi", "nope"]])
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
    candidate(shop, "second", LEARNT)
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
    candidate(shop, "second", LEARNT)
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
    candidate(shop, "second", LEARNT)
    live(shop, "second", dialogue)
    serving(shop, "first")
    killed_at_swap(shop, dialogue, clock, "rollback")
    trainer(shop, dialogue).step()
    assert (models.active(shop.engine), texts(shop), models.trial(shop.engine)) == ("first", BEFORE, None)


@pytest.mark.parametrize("written", [False, True], ids=["before the files", "after the files"])
def test_killed_while_the_examples_are_written_they_are_written(
    shop: Workshop, dialogue: Answering, clock: Clock, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    """The model has shown that it answers; what it adds is still known as its own afterwards."""
    candidate(shop, "second", LEARNT)
    serving(shop, "second")
    write = files.write

    def dies(folder: object, wanted: object) -> None:
        if written:
            write(folder, wanted)  # type: ignore[arg-type]
        raise Killed

    monkeypatch.setattr(files, "write", dies)
    with pytest.raises(Killed):
        activation.activate(course(shop, "activate", "second"), "second", dialogue)
    monkeypatch.undo()
    clock.later(30)
    trainer(shop, dialogue).step()
    assert models.active(shop.engine) == "second"
    assert texts(shop) == [*BEFORE[:2], "wifi: net is dead", *BEFORE[2:]]
    serving(shop, "first")
    back(shop, dialogue)
    assert texts(shop) == BEFORE


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
