"""Reading what students asked: found, paged, noted, exported, played again; who they are is shown and written down."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from ruamel.yaml import YAML
from sqlalchemy.engine import Engine

from bot.console.keeping import KEPT
from bot.console.privacy import moved
from bot.retraining.redaction import find, redact
from bot.store import audit, conversations, evaluation, forgetting, inbox, turns
from bot.store.conversations import Filter
from bot.store.message_tables import InboxRow, OutboxRow
from connectors.messages import Address, IncomingMessage, Kind, Media, OutboundCall, Reply
from tests.console.conftest import NOW, Rehearsed, Visitor
from tests.console.many import fill


def say(
    engine: Engine,
    text: str,
    *,
    person: str = "7788",
    intent: str = "opening_hours",
    confidence: float = 0.9,
    kind: Kind = Kind.TEXT,
    minutes: int = 0,
    channel: str = "messenger",
) -> int:
    """Store a student's message with its turn, as the workers do; return the person's id."""
    at = NOW - timedelta(minutes=minutes)
    media = (Media("image", "https://example.com/x.jpg"),) if kind is Kind.MEDIA else ()
    message = IncomingMessage(
        f"m-{channel}-{person}-{text}-{minutes}", kind, Address(channel, person), at, text or None, media=media
    )
    inbox.add(engine, channel, [message], now=at, stale_after_seconds=3600)
    with engine.connect() as connection:
        row = connection.execute(sa.select(InboxRow.id, InboxRow.person_id).order_by(InboxRow.id.desc()).limit(1)).one()
    understanding = {
        "intent": {"name": intent, "confidence": confidence},
        "intent_ranking": [{"name": intent, "confidence": confidence}],
        "actions": ["action_unsure"] if intent == "nlu_fallback" else ["action_answer"],
    }
    turns.answered(
        engine,
        row.id,
        row.person_id,
        replies=[Reply(text="An answer.")],
        understanding=understanding,
        calls=[OutboundCall(channel, person, {"message": {"text": "An answer."}})],
        now=at,
    )
    return int(row.person_id)


def test_an_empty_store_teaches(librarian: Visitor) -> None:
    assert "Nobody has written yet" in librarian.get("/console/conversations").text
    assert "Nothing in these 30 days" in librarian.get("/console/").text


def test_messages_are_found_by_words_topic_outcome_confidence_media_and_day(engine: Engine, librarian: Visitor) -> None:
    say(engine, "how late are you open", minutes=3)
    say(engine, "100% sure about_that?", intent="nlu_fallback", confidence=0.4, minutes=2)
    say(engine, "", kind=Kind.MEDIA, intent="sent_media", minutes=1)
    say(engine, "this is bad", intent="feedback_complaint", minutes=60 * 24 * 3)

    def found(query: str) -> set[str]:
        text = librarian.get(f"/console/conversations?{query}").text
        names = ("how late", "100% sure", "Media", "this is bad")
        body = text.split('id="found"')[1] if 'id="found"' in text else ""
        return {name for name in names if name in body}

    assert found("") == {"how late", "100% sure", "Media", "this is bad"}
    assert found("q=OPEN+late") == {"how late"}
    assert found("q=100%25") == {"100% sure"}
    assert found("q=about_") == {"100% sure"}
    assert found("topic=opening_hours") == {"how late"}
    assert found("outcome=unsure") == {"100% sure"}
    assert found("show=low") == {"100% sure"}
    assert found("show=media") == {"Media"}
    assert found("show=feedback") == {"this is bad"}
    assert found("until=2026-11-21") == {"this is bad"}
    assert found("since=2026-11-24&until=2026-11-24") == {"how late", "100% sure", "Media"}
    assert found("channel=whatsapp") == set()


def test_pages_follow_each_other_without_gap_or_double(engine: Engine, librarian: Visitor) -> None:
    for number in range(120):
        say(engine, f"question number {number:03}", person=str(number % 7), minutes=200 - number)
    seen: list[str] = []
    path = "/console/conversations"
    for _ in range(3):
        text = librarian.get(path, headers={"HX-Request": "true"}).text
        seen += [line.split("<")[0] for line in text.split("question number ")[1:]]
        path = text.split('hx-get="')[1].split('"')[0].replace("&amp;", "&") if "hx-get" in text else ""
    assert seen == [f"{number:03}" for number in range(119, -1, -1)]
    assert path == ""


def test_a_transcript_shows_the_turn_and_what_became_of_each_answer(engine: Engine, librarian: Visitor) -> None:
    person = say(engine, "when do you close")
    text = librarian.get(f"/console/conversations/{person}").text
    assert "when do you close" in text
    assert "An answer." in text
    assert "Opening hours" in text
    assert "Waits to be sent" in text


def test_students_are_anonymous_until_somebody_looks_and_that_is_written_down(
    engine: Engine, signed_in: Callable[[str], Visitor]
) -> None:
    person = say(engine, "hi", person="85291234567")
    viewer, librarian = signed_in("viewer"), signed_in("librarian")
    for page in ("/console/conversations", f"/console/conversations/{person}", "/console/"):
        assert "85291234567" not in librarian.get(page).text
    assert viewer.post(f"/console/conversations/{person}/identity").status_code == 403
    assert "85291234567" in librarian.post(f"/console/conversations/{person}/identity").text
    noted = audit.page(engine, table="people")[0]
    assert (noted["who"], noted["after"]) == ("lib", {"identity": "looked at"})


PERSONAL = "my name is Chan Tai Man, sid 20567890, call 9123 4567 or a.chan@example.com"
REDACTED = "my name is ‹name›, sid ‹student number›, call ‹phone› or ‹e-mail›"
SECRETS = ("Chan Tai Man", "20567890", "9123 4567", "a.chan@example.com")


def test_what_names_a_person_is_replaced_wherever_their_words_are_read(engine: Engine, librarian: Visitor) -> None:
    person = say(engine, PERSONAL, intent="nlu_fallback", confidence=0.3)
    pages = [librarian.get(f"/console/{path}").text for path in ("", "conversations", f"conversations/{person}")]
    pages += [librarian.get(f"/console/conversations/export.{kind}").text for kind in ("csv", "json")]
    pages += [librarian.post(f"/console/conversations/{person}/replay").text]
    for text in pages:
        assert "‹student number›" in text
        assert not [each for each in SECRETS if each.casefold() in text.casefold()]


def test_who_may_know_who_they_are_may_read_the_words_as_written_and_that_is_written_down(
    engine: Engine, signed_in: Callable[[str], Visitor]
) -> None:
    person = say(engine, PERSONAL)
    viewer, librarian = signed_in("viewer"), signed_in("librarian")
    assert "Show the words as written" not in viewer.get(f"/console/conversations/{person}").text
    assert viewer.post(f"/console/conversations/{person}/words").status_code == 403
    assert "Show the words as written" in librarian.get(f"/console/conversations/{person}").text
    assert audit.page(engine, table="people") == []
    assert PERSONAL in librarian.post(f"/console/conversations/{person}/words").text
    noted = audit.page(engine, table="people")[0]
    assert (noted["who"], noted["after"]) == ("lib", {"words": "looked at"})
    assert REDACTED in librarian.get(f"/console/conversations/{person}").text, "once is once"
    assert librarian.post("/console/conversations/999/words").status_code == 404


def test_words_that_name_nobody_need_no_look(engine: Engine, librarian: Visitor) -> None:
    person = say(engine, "when do you close")
    assert "as written" not in librarian.get(f"/console/conversations/{person}").text


def test_what_was_taken_out_is_not_to_be_guessed_by_looking_for_it(
    engine: Engine, signed_in: Callable[[str], Visitor]
) -> None:
    say(engine, PERSONAL)
    for words, viewers, librarians in (("20567890", 0, 1), ("9123", 0, 1), ("call", 1, 1)):
        path = f"/console/conversations?q={words}"
        headers = {"HX-Request": "true"}
        assert signed_in("viewer").get(path, headers=headers).text.count("found-text") == viewers
        assert signed_in("librarian").get(path, headers=headers).text.count("found-text") == librarians


def test_marked_words_stand_where_they_stand_after_redaction() -> None:
    text = "call 9123 4567 tomorrow about A"
    entities = [
        {"entity": "number", "start": 5, "end": 14, "value": "91234567"},
        {"entity": "time", "start": 15, "end": 23, "value": "2026-11-25"},
        {"entity": "place", "start": None, "end": None, "value": "x"},
    ]
    kept = moved(entities, find(text))
    shown = redact(text).text
    assert [(each["entity"], shown[each["start"] : each["end"]]) for each in kept] == [("time", "tomorrow")]


def test_an_export_is_written_down_with_what_was_looked_for(engine: Engine, librarian: Visitor) -> None:
    librarian.get("/console/conversations/export.csv?q=call+91234567&topic=renew_loan")
    librarian.get("/console/conversations/export.json")
    noted = audit.page(engine, table="exports")
    assert [(each["who"], each["key"]) for each in noted] == [("lib", "json"), ("lib", "csv")]
    assert noted[1]["after"] == {"looked for": {"q": "call ‹phone›", "topic": "renew_loan"}}
    assert noted[0]["after"] == {"looked for": "everything"}
    assert "exported messages as CSV" in librarian.get("/console/changes").text


def test_a_conversation_is_kept_as_a_test_without_what_names_its_person(
    engine: Engine, librarian: Visitor, rehearsed: Rehearsed
) -> None:
    """And it goes with them when they ask to be forgotten."""
    person = say(engine, "how late are you open", minutes=60 * 24)
    say(engine, PERSONAL, minutes=10)
    say(engine, "", kind=Kind.MEDIA, intent="sent_media")
    form = {"title": "Late, asked by 91234567", "does": "download"}
    downloaded = librarian.post(f"/console/conversations/{person}/keep", form)
    assert 'filename="late_asked_by_phone.yml"' in downloaded.headers["Content-Disposition"]
    told = YAML(typ="safe").load(downloaded.text)["stories"][0]
    assert [step["intent"] for step in told["steps"] if "user" in step] == ["opening_hours", "opening_hours"]
    assert [each["time"] for each in told["metadata"]["said"]] == [
        "2026-11-23T12:00:00+08:00",
        "2026-11-24T11:50:00+08:00",
    ]
    assert "‹student number›" in downloaded.text
    assert not [each for each in SECRETS if each in downloaded.text]
    assert [asked[0].text for asked in rehearsed.asked] == ["how late are you open", REDACTED]
    kept = librarian.post(f"/console/conversations/{person}/keep", {"does": "write"}, follow_redirects=True)
    assert "Kept with the conversation tests" in kept.text
    mine = [each for each in evaluation.all_conversations(engine) if each.file == KEPT]
    assert [dict(each.story)["steps"] for each in mine] == [told["steps"]]
    forgetting.forget(engine, forgetting.traces(engine, "messenger", "7788"), actor="ada", now=NOW)
    assert KEPT not in {each.file for each in evaluation.all_conversations(engine)}


def test_an_empty_conversation_is_no_test(engine: Engine, librarian: Visitor, rehearsed: Rehearsed) -> None:
    person = say(engine, "", kind=Kind.MEDIA, intent="sent_media")
    path = f"/console/conversations/{person}/keep"
    assert "nothing to keep" in librarian.post(path, follow_redirects=True).text
    assert librarian.post("/console/conversations/999/keep").status_code == 404
    rehearsed.down = True
    say(engine, "hi")
    assert "does not answer" in librarian.post(path, follow_redirects=True).text


def test_a_students_markup_is_shown_as_text(engine: Engine, librarian: Visitor) -> None:
    evil = "<img src=x onerror=alert(1)>\"'><script>alert(2)</script>"
    person = say(engine, evil, intent="nlu_fallback")
    for page in ("/console/", "/console/conversations", f"/console/conversations/{person}"):
        text = librarian.get(page).text
        assert "<img src=x" not in text
        assert "<script>alert" not in text
    query = librarian.get('/console/conversations?q="><script>alert(1)</script>').text
    assert "<script>alert" not in query


def test_notes_are_written_read_and_removed_by_their_writer(
    engine: Engine, signed_in: Callable[[str], Visitor]
) -> None:
    person = say(engine, "hi")
    librarian, administrator = signed_in("librarian"), signed_in("administrator")
    librarian.post(f"/console/conversations/{person}/notes", {"text": "Called back <b>today</b>."})
    assert "Called back &lt;b&gt;today" in administrator.get(f"/console/conversations/{person}").text
    refused = administrator.post(f"/console/conversations/{person}/notes/1/remove", follow_redirects=True)
    assert "Only your own notes" in refused.text
    librarian.post(f"/console/conversations/{person}/notes/1/remove")
    assert "Called back" not in librarian.get(f"/console/conversations/{person}").text


def test_the_export_holds_what_is_looked_for_and_no_formula_and_no_identity(engine: Engine, librarian: Visitor) -> None:
    say(engine, "=HYPERLINK(1)", person="85291234567", minutes=1)
    say(engine, 'when, "exactly"?\nsoon', person="85291234567")
    rows = list(csv.DictReader(io.StringIO(librarian.get("/console/conversations/export.csv").text.lstrip("\ufeff"))))
    assert [row["text"] for row in rows] == ['when, "exactly"?\nsoon', "'=HYPERLINK(1)"]
    assert rows[0]["at"] == "2026-11-24T12:00:00+08:00"
    told = librarian.get("/console/conversations/export.json?q=exactly").text
    assert [row["topic"] for row in json.loads(told)] == ["opening_hours"]
    assert "85291234567" not in told
    assert librarian.get("/console/conversations/export.xls").status_code == 404


def test_a_conversation_is_played_again_and_differences_shown(
    engine: Engine, librarian: Visitor, rehearsed: Rehearsed
) -> None:
    person = say(engine, "when do you close")
    text = librarian.post(f"/console/conversations/{person}/replay").text
    assert "1 of 1 answers differ" in text
    assert "Open until 11 pm." in text
    assert rehearsed.asked[0][0].text == "when do you close"
    assert rehearsed.asked[0][1].startswith("test-")
    rehearsed.down = True
    assert "does not answer" in librarian.post(f"/console/conversations/{person}/replay", follow_redirects=True).text


def test_nobody_there(librarian: Visitor) -> None:
    assert librarian.get("/console/conversations/999").status_code == 404
    assert librarian.post("/console/conversations/999/identity").status_code == 404


def test_the_figures_are_those_of_the_rows(engine: Engine, librarian: Visitor) -> None:
    say(engine, "when do you close", minutes=30)
    say(engine, "zzz", intent="nlu_fallback", confidence=0.3, minutes=20)
    say(engine, "ZZZ", intent="nlu_fallback", confidence=0.3, minutes=10, person="9")
    text = librarian.get("/console/?days=7").text
    assert '<div class="h1 mb-0">3</div>' in text
    assert '2 <span class="text-secondary">(67 %)</span>' in text
    assert "2 times" in text
    hours = text.split('aria-label="By hour of the day"')[1]
    assert '<th scope="row">11:00</th><td>3</td>' in hours


def test_home_tells_how_many_messages_an_answer_was(engine: Engine, librarian: Visitor) -> None:
    """By channel; what staff wrote is no answer of the bot's."""
    say(engine, "when do you close", minutes=30)
    person = say(engine, "where do i print", minutes=20)
    with engine.begin() as connection:
        number = connection.execute(sa.select(sa.func.max(OutboxRow.inbox_id))).scalar_one()
        row = {"channel": "messenger", "person_id": person, "body": {}, "state": "sent"}
        row |= {"created_at": NOW - timedelta(minutes=10), "next_try_at": NOW}
        rows = [{**row, "inbox_id": inbox_id} for inbox_id in (number, None, None)]
        connection.execute(sa.insert(OutboxRow), rows)
    text = librarian.get("/console/?days=7").text

    assert '<dt class="fw-normal">Messenger</dt><dd class="h3 mb-0">1.50</dd>' in text


@pytest.fixture(scope="module")
def many(template: object, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A store with 100,000 messages of 5,000 people."""
    from bot.store.engine import connect

    copy = tmp_path_factory.mktemp("many") / "store.db"
    copy.write_bytes(template.read_bytes())  # type: ignore[attr-defined]
    engine = connect(f"sqlite:///{copy}")
    fill(engine, NOW)
    return engine


def test_a_hundred_thousand_messages_are_paged_by_index_alone(many: Engine) -> None:
    # Not timed here (make bench is): the plan of the query shows that no page reads or sorts the whole table.
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, text: str, values: object, *_: object) -> None:
        asked.append((text, values))

    sa.event.listen(many, "before_cursor_execute", note)
    for wanted in (Filter(), Filter(outcome="unsure"), Filter(intent="renew_loan")):
        conversations.search(many, wanted, before_id=50_000)
    for text, values in list(asked):
        with many.connect() as connection:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
        assert not [row for row in plan if "TEMP B-TREE" in row.detail or row.detail.startswith("SCAN")], plan
    first = conversations.search(many, Filter(), limit=50)
    deep = conversations.search(many, Filter(), before_id=500, limit=50)
    assert [each.id for each in first[:2]] == [100_000, 99_999]
    assert [each.id for each in deep[:2]] == [499, 498]
    wanted = [number for number in range(1, 100_001) if "777" in str(number)]
    assert len(conversations.search(many, Filter(text="number 777"), limit=2000)) == len(wanted)
