"""Review, training, examples: what a librarian does there, and what a mistake leads to."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.retraining import gate
from bot.retraining.measures import Asked, Guess
from bot.store import cards, examples, inbox, jobs, judgements, library, models, reviews, topics, turns
from bot.store.cards import Queued
from bot.store.message_tables import InboxRow
from connectors.messages import Address, IncomingMessage, Kind
from tests.console.conftest import NOW, Visitor

HX = {"HX-Request": "true"}
WHY = {"why": "I have looked at all that gets worse"}


@pytest.fixture
def asked(engine: Engine) -> list[int]:
    """Two messages in the queue, the first with a number in it and markup."""
    found = []
    for number, text in enumerate(("<b>my</b> student no 20567890 why fine", "is there a prayer room")):
        message = IncomingMessage(
            id=f"m{number}", kind=Kind.TEXT, sender=Address("messenger", f"p{number}"), sent_at=NOW, text=text
        )
        inbox.add(engine, "messenger", [message], now=NOW, stale_after_seconds=3600, request_id="r")
        with engine.connect() as connection:
            query = sa.select(InboxRow.id, InboxRow.person_id).where(InboxRow.message_id == f"m{number}")
            row = connection.execute(query).one()
        ranking = [{"name": "fines_fees", "confidence": 0.4}, {"name": "wifi", "confidence": 0.2}]
        understanding = {"intent": {"name": "nlu_fallback", "confidence": 0.6}, "intent_ranking": ranking}
        turns.answered(engine, row.id, row.person_id, replies=(), understanding=understanding, calls=(), now=NOW)
        found.append(row.id)
    rows = [
        Queued(each, 1.0 - place / 10, ("unsure",), each, cluster=place or None) for place, each in enumerate(found)
    ]
    cards.refresh(engine, rows)
    return found


def test_what_says_nearly_the_same_names_nobody_either(engine: Engine, librarian: Visitor, asked: list[int]) -> None:
    named, plain = asked
    cards.refresh(engine, [Queued(each, 1.0, ("unsure",), plain) for each in (plain, named)])
    page = librarian.get("/console/review").text
    assert "1 more says nearly the same" in page
    assert "‹student number› why fine" in page
    assert "20567890" not in page


def test_a_message_is_decided_and_its_example_names_nobody(
    engine: Engine, librarian: Visitor, asked: list[int]
) -> None:
    page = librarian.get("/console/review").text
    assert "&lt;b&gt;my&lt;/b&gt; student no ‹student number›" in page
    assert "20567890" not in page
    form = {"does": "is:fines_fees", "text": "my student no 20567890 why fine"}
    following = librarian.post(f"/console/review/{asked[0]}", form, headers=HX)
    assert "prayer room" in following.text
    [staged] = reviews.staged(engine)
    assert (staged.intent, staged.decision, staged.text) == (
        "fines_fees",
        "intent",
        "my student no ‹student number› why fine",
    )
    back = librarian.post("/console/review/undo", headers=HX).text
    assert "‹student number›" in back
    assert reviews.staged(engine) == []


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"does": "typed", "topic": "parking"}, "No topic is called “parking”"),
        ({"does": "typed", "topic": " , "}, "Choose a topic"),
        ({"does": "right"}, ""),
        ({"does": "is:nonsense"}, "There is no topic"),
    ],
)
def test_a_decision_that_says_nothing_is_asked_again(
    engine: Engine, librarian: Visitor, asked: list[int], form: dict[str, str], says: str
) -> None:
    told = librarian.post(f"/console/review/{asked[0]}", form, headers=HX).text
    assert says in told
    assert "‹student number›" in told
    assert reviews.staged(engine) == []


def test_two_topics_out_of_scope_no_use_and_later(engine: Engine, librarian: Visitor, asked: list[int]) -> None:
    librarian.post(f"/console/review/{asked[0]}", {"does": "typed", "topic": "fines_fees, wifi"}, headers=HX)
    assert reviews.staged(engine) == []
    assert judgements.judged(engine)[0].right is False
    later = librarian.post(f"/console/review/{asked[1]}", {"does": "skip"}, headers=HX).text
    assert "Nothing waits" in later
    librarian.post(f"/console/review/{asked[1]}", {"does": "out_of_scope"}, headers=HX)
    assert [each.intent for each in reviews.staged(engine)] == ["out_of_scope"]


def test_a_new_topic_is_made_with_its_answer(engine: Engine, librarian: Visitor, asked: list[int]) -> None:
    shown = librarian.get("/console/review/topic?cluster=1").text
    assert "is there a prayer room" in shown
    lines = "is there a prayer room\nwhere can i pray\nquiet room for prayer, call 9123 4567"
    form = {
        "label": "Prayer room",
        "asked": lines,
        "text": "Room 5-201 is quiet. Ask at the counter.",
        "link": "nonsense",
    }
    refused = librarian.post("/console/review/topic", form)
    assert refused.status_code == 422
    assert "Prayer room" in refused.text
    assert "prayer_room" not in topics.every(engine)
    made = librarian.post("/console/review/topic", {**form, "link": ""}, follow_redirects=True)
    assert "The topic Prayer room is there" in made.text
    assert [each.text for each in library.read_answers(engine) if each.topic == "prayer_room"] == [form["text"]]
    assert under(engine, "prayer_room") == {*lines.splitlines()[:2], "quiet room for prayer, call ‹phone›"}
    assert topics.every(engine)["prayer_room"].called == "Prayer room"
    for name, problem in (("Wi-Fi", "already"), ("Prayer Room", "already"), ("打印", "Latin"), ("x" * 21, "20 char")):
        assert problem in librarian.post("/console/review/topic", {**form, "label": name, "link": ""}).text
    few = librarian.post(
        "/console/review/topic", {**form, "label": "Parking", "asked": "parking?\nparking?", "link": ""}
    )
    assert "3 ways to ask it" in few.text


def under(engine: Engine, topic: str) -> set[str]:
    return {each.text for each in examples.current(engine) if each.intent == topic}


def number(engine: Engine, topic: str, text: str) -> int:
    [found] = [each.id for each in examples.current(engine) if (each.intent, each.text) == (topic, text)]
    return found


def undo_latest(librarian: Visitor) -> str:
    page = librarian.get("/console/changes?table=examples").text
    change = int(page.split("/console/changes/")[1].split("/undo")[0])
    return librarian.post(f"/console/changes/{change}/undo", follow_redirects=True).text


def test_examples_are_added_moved_removed_and_brought_back(engine: Engine, librarian: Visitor) -> None:
    before = under(engine, "wifi")
    librarian.post("/console/examples", {"does": "add", "topic": "wifi", "text": "zzz net down\nmail a@ust.hk zzz"})
    assert under(engine, "wifi") - before == {"zzz net down", "mail ‹e-mail› zzz"}
    assert "zzz net down" in librarian.get("/console/examples?text=ZZZ").text
    mine = number(engine, "wifi", "zzz net down")
    librarian.post("/console/examples", {"does": "move", "topic": "donate", "chosen": [mine]})
    assert "zzz net down" in under(engine, "donate") - under(engine, "wifi")
    assert "Undone" in undo_latest(librarian)
    assert "zzz net down" in under(engine, "wifi") - under(engine, "donate")
    librarian.post("/console/examples", {"does": "remove", "chosen": [mine]})
    assert "zzz net down" not in under(engine, "wifi")
    assert "Undone" in undo_latest(librarian)
    assert number(engine, "wifi", "zzz net down") == mine
    assert "tick" in librarian.post("/console/examples", {"does": "remove"}, follow_redirects=True).text.casefold()
    every = [each.id for each in examples.current(engine) if each.intent == "donate"]
    told = librarian.post("/console/examples", {"does": "remove", "chosen": every}, follow_redirects=True).text
    assert "no example left" in told
    told = librarian.post("/console/examples", {"does": "add", "topic": "parking", "text": "x"}, follow_redirects=True)
    assert "There is no topic parking" in told.text


def test_an_example_is_rewritten_and_back_and_what_it_came_from_follows(
    engine: Engine, librarian: Visitor, asked: list[int]
) -> None:
    """Marked words stay marked."""
    librarian.post(f"/console/review/{asked[1]}", {"does": "is:wifi", "text": "no net"}, headers=HX)
    mine = number(engine, "wifi", "no net")
    page = librarian.get("/console/examples", query_string={"edit": mine}).text
    assert "Rewrite an example of wi-fi" in page
    assert "waits for a training" in librarian.get("/console/examples?text=no+net").text
    form = {"does": "edit", "chosen": mine, "text": "no net [tomorrow](time), [call](phone) 9123 4567"}
    librarian.post("/console/examples", form)
    written = "no net [tomorrow](time), (call)(phone) ‹phone›"
    assert number(engine, "wifi", written) == mine
    assert [each.text for each in reviews.staged(engine)] == [written]
    undo_latest(librarian)
    assert number(engine, "wifi", "no net") == mine
    gone = librarian.post("/console/examples", {**form, "chosen": 10**6}, follow_redirects=True).text
    assert "somebody has changed it" in gone


def test_a_topic_is_renamed_after_it_was_shown_and_goes_back(
    engine: Engine, librarian: Visitor, asked: list[int]
) -> None:
    """One label: answers, decisions and the models that know the topic have nothing to follow."""
    librarian.post(f"/console/review/{asked[0]}", {"does": "is:wifi"}, headers=HX)
    form = {"does": "rename", "topic": "wifi", "label": "Network"}
    before = library.changed_at(engine)
    assert "“Wi-Fi” becomes “Network”" in librarian.post("/console/examples/topics", form).text
    assert topics.every(engine)["wifi"].called == "Wi-Fi"
    librarian.post("/console/examples/topics", {**form, "sure": "yes"})
    assert topics.every(engine)["wifi"].called == "Network"
    assert library.changed_at(engine) > before
    assert "Network" in librarian.get("/console/examples?topic=wifi").text
    assert [each.intent for each in reviews.staged(engine)] == ["wifi"]
    librarian.post(f"/console/review/{asked[1]}", {"does": "typed", "topic": "network"}, headers=HX)
    assert [each.intent for each in reviews.staged(engine)] == ["wifi", "wifi"]
    taken = librarian.post("/console/examples/topics", {**form, "topic": "donate"})
    assert "already" in taken.text

    page = librarian.get("/console/examples/topics").text
    undo = page.split("/console/examples/topics/")[1].split("/undo")[0]
    assert "Undone" in librarian.post(f"/console/examples/topics/{undo}/undo", follow_redirects=True).text
    assert topics.every(engine)["wifi"].called == "Wi-Fi"
    told = librarian.post(f"/console/examples/topics/{undo}/undo", follow_redirects=True).text
    assert "renamed again since" in told


def test_a_merge_is_undone_beside_what_was_taught_since(engine: Engine, librarian: Visitor, asked: list[int]) -> None:
    """Answers and decisions go and come back; a model that knows the old name finds them meanwhile."""
    librarian.post(f"/console/review/{asked[0]}", {"does": "is:donate"}, headers=HX)
    of_donate, of_wifi = under(engine, "donate"), under(engine, "wifi")
    answers = [each.key for each in library.read_answers(engine) if each.topic == "donate"]
    librarian.post("/console/examples/topics", {"does": "merge", "topic": "donate", "into": "wifi", "sure": "yes"})
    assert under(engine, "wifi") == of_donate | of_wifi
    assert "donate" not in topics.every(engine)
    assert [each.intent for each in reviews.staged(engine)] == ["wifi"]
    found = [each.key for each in library.read_answers(engine) if each.topic == "donate"]
    assert set(answers) < set(found)
    librarian.post("/console/examples", {"does": "add", "topic": "wifi", "text": "zzz net down"})
    page = librarian.get("/console/examples/topics").text
    undo = page.split("/console/examples/topics/")[1].split("/undo")[0]
    assert "Undone" in librarian.post(f"/console/examples/topics/{undo}/undo", follow_redirects=True).text
    assert (under(engine, "donate"), under(engine, "wifi")) == (of_donate, of_wifi | {"zzz net down"})
    assert [each.intent for each in reviews.staged(engine)] == ["donate"]
    assert [each.key for each in library.read_answers(engine) if each.topic == "donate"] == answers
    refused = librarian.post("/console/examples/topics", {"does": "merge", "topic": "greet", "into": "wifi"})
    assert refused.status_code == 422
    assert "programmer" in refused.text


def test_a_topic_is_split_and_whole_again(engine: Engine, librarian: Visitor) -> None:
    whole = under(engine, "wifi")
    page = librarian.get("/console/examples/topics?does=split&topic=wifi").text
    chosen = [each.id for each in examples.current(engine) if each.intent == "wifi"][:4]
    assert f'value="{chosen[0]}"' in page
    form = {"does": "split", "topic": "wifi", "label": "Eduroam", "sure": "yes"}
    assert "Tick 3 examples" in librarian.post("/console/examples/topics", {**form, "chosen": chosen[:2]}).text
    librarian.post("/console/examples/topics", {**form, "chosen": chosen})
    assert len(under(engine, "eduroam")) == 4
    assert under(engine, "eduroam") | under(engine, "wifi") == whole
    page = librarian.get("/console/examples/topics").text
    undo = page.split("/console/examples/topics/")[1].split("/undo")[0]
    assert "Undone" in librarian.post(f"/console/examples/topics/{undo}/undo", follow_redirects=True).text
    assert under(engine, "wifi") == whole
    assert "eduroam" not in topics.every(engine)


def test_who_decides_second_is_told(engine: Engine, signed_in: Callable[[str], Visitor], asked: list[int]) -> None:
    lib, ada = signed_in("librarian"), signed_in("administrator")
    lib.post(f"/console/review/{asked[0]}", {"does": "is:wifi"}, headers=HX)
    told = ada.post(f"/console/review/{asked[0]}", {"does": "is:fines_fees"}, headers=HX).text
    assert "lib has decided this message meanwhile" in told
    assert [each.intent for each in reviews.staged(engine)] == ["wifi"]


def test_marked_words_are_kept_in_the_example(engine: Engine, librarian: Visitor, asked: list[int]) -> None:
    assert "data-mark=" in librarian.get("/console/review").text
    form = {"does": "is:opening_hours", "text": "is there a [prayer room](place) [now]"}
    librarian.post(f"/console/review/{asked[1]}", form, headers=HX)
    assert reviews.staged(engine)[0].text == "is there a [prayer room](place) (now)"


def test_looking_at_a_cluster_keeps_nobody_from_it_and_its_topic_decides_it(
    engine: Engine, signed_in: Callable[[str], Visitor], asked: list[int]
) -> None:
    lib, ada = signed_in("librarian"), signed_in("administrator")
    lib.get("/console/review/topic?cluster=1")
    assert "prayer room" in ada.get("/console/review?cluster=1").text
    form = {"label": "Prayer room", "text": "Room 5-201.", "message": [str(asked[1])], "link": ""}
    lib.post("/console/review/topic", {**form, "asked": "is there a prayer room\nwhere can i pray\nprayer?"})
    assert cards.next_card(engine, "ada", NOW, cluster=1) is None
    assert [each.intent for each in judgements.labelled(engine)] == ["prayer_room"]
    assert reviews.staged(engine) == []


def test_training_is_asked_for_watched_and_stopped(engine: Engine, librarian: Visitor) -> None:
    assert "Nothing new was decided" in librarian.get("/console/training").text
    librarian.post("/console/training/train", {"reason": "term begins"})
    [job] = jobs.page(engine)
    assert (job.kind, job.reason, job.asked_by) == ("train", "term begins", "lib")
    assert "waiting for the trainer" in librarian.get("/console/training").text
    again = librarian.post("/console/training/train", follow_redirects=True).text
    assert "under way already" in again
    watched = librarian.get("/console/training/progress", headers=HX)
    assert "HX-Refresh" not in watched.headers
    librarian.post(f"/console/training/jobs/{job.id}/cancel")
    assert librarian.get("/console/training/progress", headers=HX).headers["HX-Refresh"] == "true"
    assert "was stopped" in librarian.get("/console/training").text


def test_a_model_goes_live_only_past_the_gate_and_a_second_person(
    engine: Engine, signed_in: Callable[[str], Visitor]
) -> None:
    lib, ada = signed_in("librarian"), signed_in("administrator")
    with engine.begin() as connection:
        for name, verdict, by in (("good", "pass", "lib"), ("bad", "stop", "lib"), ("own", "pass", "ada")):
            models.add(connection, name, now=NOW, by=by, verdict=verdict, figures={"reasons": [["bad", "worse <b>"]]})
    assert "worse &lt;b&gt;" in lib.get("/console/training/models/bad").text
    assert "gate has stopped it" in lib.post("/console/training/models/bad/activate", follow_redirects=True).text
    assert "Somebody else" in lib.post("/console/training/models/good/activate", follow_redirects=True).text
    assert "Somebody else" in lib.post("/console/training/models/good/approve", WHY, follow_redirects=True).text
    assert lib.post("/console/training/models/own/approve", {"waive": "yes", **WHY}).status_code == 403
    assert jobs.page(engine) == []
    assert "Approved" in ada.post("/console/training/models/good/approve", WHY, follow_redirects=True).text
    ada.post("/console/training/models/own/approve", {"waive": "yes", **WHY})
    own = models.get(engine, "own")
    assert own
    assert own.approved_by == "ada"
    lib.post("/console/training/models/good/activate")
    assert [(each.kind, each.model) for each in jobs.page(engine)] == [("activate", "good")]
    assert lib.get("/console/training/models/nothing").status_code == 404


def test_any_two_models_are_put_beside_each_other(engine: Engine, librarian: Visitor, asked: list[int]) -> None:
    """The same questions to both, now: figures of another day and other questions say nothing."""
    questions = [Asked("no net", ("wifi",)), Asked("bring back", ("renew_loan",)), Asked("weather", ("out_of_scope",))]
    guesses = [Guess(((name, 0.9),), sure=True) for name in ("wifi", "wifi", "out_of_scope")]
    told = gate.summary(questions, guesses, frozenset({"wifi"}))
    with engine.begin() as connection:
        for name in ("one", "two"):
            models.add(connection, name, now=NOW, by="lib", figures={"test": {"candidate": told}, "questions": 3})
    assert "taken for what" in librarian.get("/console/training/models/one").text
    refused = librarian.post("/console/training/models/one/compare", {"other": "one"}, follow_redirects=True)
    assert "Choose another model" in refused.text
    page = librarian.post("/console/training/models/one/compare", {"other": "two"}).location
    assert "Waiting for the trainer" in librarian.get(page).text
    job = jobs.take(engine, NOW)
    assert job
    assert (job.kind, job.model, job.reason) == ("compare", "one", "two")
    found = {
        "test": {"candidate": told, "active": told},
        "questions": 3,
        "against": "two",
        "stories": {"total": 3, "failed": [], "failed_before": ["late"]},
        "week": {"count": 1, "changed": 1, "rows": [{"inbox_id": asked[0], "before": "", "after": "wifi"}]},
    }
    jobs.progress(engine, job.id, NOW, log=json.dumps(found))
    jobs.end(engine, job.id, "done", NOW)
    shown = librarian.get(page).text
    assert "with two 1" in shown
    assert "asks back" in shown
    assert librarian.get(page, headers=HX).headers["HX-Refresh"] == "true"
    with engine.begin() as connection:
        models.add(connection, "live", now=NOW, by="lib", state="active")
    told_off = librarian.post("/console/training/models/live/evaluate", follow_redirects=True).text
    assert "nothing to measure it beside" in told_off


def test_learning_has_something_to_say_from_the_first_day(librarian: Visitor, asked: list[int]) -> None:
    told = librarian.get("/console/learning").text
    assert "Nothing reviewed yet" in told
    librarian.post(f"/console/review/{asked[0]}", {"does": "is:fines_fees"}, headers=HX)
    assert "0 of 1" in librarian.get("/console/learning").text


def test_a_conversation_is_put_to_another_model(engine: Engine, librarian: Visitor, asked: list[int]) -> None:
    with engine.begin() as connection:
        models.add(connection, "next", now=NOW, by="lib", reason="term <b>")
    with engine.connect() as connection:
        person = connection.execute(sa.select(InboxRow.person_id).where(InboxRow.id == asked[0])).scalar_one()
    assert "term &lt;b&gt;" in librarian.get(f"/console/conversations/{person}").text
    page = librarian.post(f"/console/conversations/{person}/beside", {"model": "next"}).location
    assert "Waiting for the trainer" in librarian.get(page).text
    job = jobs.take(engine, NOW)
    assert job
    assert (job.kind, job.model, job.reason) == ("replay", "next", str(person))
    told = f'[{{"inbox_id": {asked[0]}, "before": "", "after": "wifi"}}]'
    jobs.progress(engine, job.id, NOW, log=told)
    jobs.end(engine, job.id, "done", NOW)
    shown = librarian.get(page).text
    assert "1 of 1 messages" in shown
    assert "asks back" in shown
    assert "&lt;b&gt;my&lt;/b&gt;" in shown
    assert librarian.get(page.replace(f"/{person}/", "/999/")).status_code == 404
    refused = librarian.post(f"/console/conversations/{person}/beside", {"model": "gone"}, follow_redirects=True)
    assert "still there" in refused.text
