"""The data officer's page: the register with its days, answers with reasons, holds, the statement, exports."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import audit, data_requests, legal_holds, people, statement
from bot.store.data_requests import DataRequest
from bot.store.privacy_tables import RetentionRow
from connectors.messages import Address
from tests.console.conftest import NOW, Visitor
from tests.console.test_conversation_pages import say

PAGE = "/console/data-requests"


def unmatched(engine: Engine, days_ago: int = 0) -> DataRequest:
    """Return a request that Meta could not match."""
    asked = data_requests.add_once(engine, "messenger", "4455", NOW - timedelta(days=days_ago))
    data_requests.move(engine, asked.id, "staff", NOW, reason="Meta refuses to match the id (error 100)")
    return asked


def test_an_empty_register_says_what_will_stand_there(administrator: Visitor) -> None:
    page = administrator.get(PAGE).text

    assert "No request yet" in page
    assert "Nobody's data is held back." in page
    assert "Version 1." in page


def test_what_is_for_staff_has_its_days_and_ends_with_a_reason(engine: Engine, administrator: Visitor) -> None:
    """Late ones say so; without a reason nothing is noted, and nothing twice."""
    asked = unmatched(engine, days_ago=39)
    page = administrator.get(PAGE).text
    assert "1 day left of 40" in page
    assert "4455" in page
    answer = f"{PAGE}/{asked.id}"
    assert "Write down" in administrator.post(answer, {"state": "refused"}, follow_redirects=True).text
    form = {"state": "refused", "reason": "nobody can be found by this id"}
    assert "Noted." in administrator.post(answer, form, follow_redirects=True).text
    assert "answered already" in administrator.post(answer, form, follow_redirects=True).text

    page = administrator.get(PAGE).text
    assert "nobody can be found by this id" in page
    assert "4455" not in page
    unmatched(engine, days_ago=42)
    assert "2 days late" in administrator.get(PAGE).text
    assert audit.page(engine, table="privacy")[0]["who"] == "ada"


def test_a_request_that_came_by_mail_is_entered_and_exported(engine: Engine, administrator: Visitor) -> None:
    """A cell that begins like a formula is text."""
    form = {"kind": "access", "reason": "=HYPERLINK(1)"}
    assert "within 40 days" in administrator.post(PAGE, form, follow_redirects=True).text
    assert "Say what was asked" in administrator.post(PAGE, {"kind": "x", "reason": "y"}, follow_redirects=True).text
    sheet = administrator.get(f"{PAGE}.csv")

    assert sheet.headers["Content-Type"].startswith("text/csv")
    lines = sheet.text.splitlines()
    assert lines[0].startswith("code,kind,source")
    assert len(lines) == 2
    assert "'=HYPERLINK(1)" in lines[1]


def test_a_hold_is_ordered_and_ended_with_its_reason(engine: Engine, administrator: Visitor) -> None:
    """By the number of a conversation; an unknown one is said to be none."""
    with engine.begin() as connection:
        person = people.find_or_add(connection, Address("messenger", "7788"), NOW).id
    form = {"person": str(person), "reason": "a court's order"}
    wrong = administrator.post(f"{PAGE}/holds", {**form, "person": "999"}, follow_redirects=True).text
    assert "end of a conversation" in wrong
    assert "Nothing of this person" in administrator.post(f"{PAGE}/holds", form, follow_redirects=True).text
    [hold] = legal_holds.standing(engine)
    page = administrator.get(PAGE).text
    assert hold.name in page
    assert "7788" not in page
    administrator.post(f"{PAGE}/holds/{hold.id}/end")

    assert legal_holds.standing(engine) == []


def test_a_new_version_of_the_statement_is_declared(engine: Engine, administrator: Visitor) -> None:
    """Only with what has changed."""
    assert "Say what has changed" in administrator.post(f"{PAGE}/statement", {}, follow_redirects=True).text
    told = administrator.post(f"{PAGE}/statement", {"note": "photos"}, follow_redirects=True).text

    assert "version 2 now" in told
    assert statement.version(engine) == 2


def test_what_retention_removed_is_reported(engine: Engine, administrator: Visitor) -> None:
    with engine.begin() as connection:
        values = {"kind": "words", "day": "2026-11-24", "started_at": NOW, "reached": 9, "removed": 17}
        connection.execute(sa.insert(RetentionRow.__table__).values(**values))
    page = administrator.get(PAGE).text

    assert "17 so far" in page


def test_staff_are_told_that_a_conversation_ended(engine: Engine, librarian: Visitor) -> None:
    """Not whose it was: nothing is known of that any more."""
    done = data_requests.add(engine, "erasure", source="chat", channel="messenger", now=NOW, state="done")
    data_requests.note_followed(engine, done.id, removed={"thread": "lib", "messages": 3})
    page = librarian.get("/console/inbox").text

    assert "lib had asked to be forgotten" in page
    assert done.code in page


def test_a_hold_is_ordered_and_ended_on_the_conversations_page(
    engine: Engine, signed_in: Callable[[str], Visitor]
) -> None:
    """Never without a reason; librarians see that it stands, and may not order it."""
    person = say(engine, "when do you close")
    page, hold = f"/console/conversations/{person}", f"/console/conversations/{person}/hold"
    librarian, administrator = signed_in("librarian"), signed_in("administrator")
    assert "Their data" not in librarian.get(page).text
    assert librarian.post(hold, {"reason": "x"}).status_code == 403
    assert "Write down why" in administrator.post(hold, {"reason": " "}, follow_redirects=True).text
    assert legal_holds.standing(engine) == []
    shown = administrator.post(hold, {"reason": "a court's order <1>"}, follow_redirects=True).text
    assert "a court&#39;s order &lt;1&gt;" in shown
    assert "a court&#39;s order" in librarian.get(page).text
    [standing] = legal_holds.standing(engine, person)
    assert (standing.by, standing.reason) == ("ada", "a court's order <1>")
    assert legal_holds.standing(engine, person + 1) == []
    ended = administrator.post(f"{PAGE}/holds/{standing.id}/end?back={person}")
    assert ended.location == page

    assert "a court&#39;s order" not in administrator.get(page).text
    assert administrator.post("/console/conversations/999/hold", {"reason": "x"}).status_code == 404
    told = administrator.get("/console/changes").text
    assert f"ordered that the data of {standing.name} stays" in told
    assert f"ended the order that the data of {standing.name} stays" in told


def test_everything_about_a_student_is_taken_with_a_reason(engine: Engine, signed_in: Callable[[str], Visitor]) -> None:
    """It is what the student gets; who took it and why is in the audit."""
    person = say(engine, "my name is Chan Tai Man")
    take = f"/console/conversations/{person}/everything"
    administrator = signed_in("administrator")
    assert signed_in("librarian").post(take, {"why": "x"}).status_code == 403
    assert "Write down what you need it for" in administrator.post(take, {"why": ""}, follow_redirects=True).text
    assert audit.page(engine, table="people") == []
    got = administrator.post(take, {"why": "asked by mail, 2026/15"})

    with zipfile.ZipFile(io.BytesIO(got.data)) as archive:
        assert "my name is Chan Tai Man" in archive.read("my-data.html").decode()
        told = json.loads(archive.read("my-data.json"))
    assert told["you"]["id"] == "7788"
    noted = audit.page(engine, table="people")[0]
    assert (noted["who"], noted["after"]) == ("ada", {"everything": "asked by mail, 2026/15"})
    assert administrator.post("/console/conversations/999/everything", {"why": "x"}).status_code == 404
