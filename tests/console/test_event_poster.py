"""An event's poster: uploaded, stripped and made smaller, kept by the form, taken away; drafts in the lists."""

from __future__ import annotations

import io
import re

from PIL import Image
from sqlalchemy.engine import Engine

from bot.console.desk import Desk
from bot.store.content import edit
from tests.console.conftest import Visitor
from tests.contest import photo

CLINIC = {"title": "Clinic", "starts": "2026-12-01T15:00", "ends": "2026-12-01T16:00"}
ADDRESS = "/console/events/poster?name=clinic"


def poster(engine: Engine) -> str:
    """Return the name of the event's poster."""
    stored = edit.entry(engine, "events", "clinic")
    assert stored
    return str(stored["poster"])


def upload(visitor: Visitor, body: bytes) -> str:
    """Upload a file as the event's poster; return the page that follows."""
    data = {"file": (io.BytesIO(body), "poster.jpg")}
    return visitor.post(ADDRESS, data, content_type="multipart/form-data", follow_redirects=True).text


def test_a_poster_is_stripped_kept_shown_and_taken_away(engine: Engine, at: Desk, librarian: Visitor) -> None:
    librarian.post("/console/events/edit", CLINIC)
    assert "The poster is stored" in upload(librarian, photo())
    body = at.photos.open(poster(engine))
    assert b"SecretCamera" not in body
    assert not Image.open(io.BytesIO(body)).getexif()
    shown = librarian.get("/console/events/poster/file?name=clinic")
    assert (shown.data, shown.content_type) == (body, "image/jpeg")
    seen = re.search(r'name="seen" value="([^"]+)"', librarian.get("/console/events/edit?name=clinic").text)
    assert seen
    librarian.post("/console/events/edit?name=clinic", {**CLINIC, "price": "free", "seen": seen[1]})
    assert at.photos.open(poster(engine)) == body, "the form of the event leaves it alone"
    librarian.post(ADDRESS, {"remove": "yes"})
    assert poster(engine) == ""


def test_what_is_no_picture_is_refused_in_words(engine: Engine, librarian: Visitor) -> None:
    librarian.post("/console/events/edit", CLINIC)
    assert "This is no picture" in upload(librarian, b"%PDF-1.4 and more")
    assert "Choose a file first" in librarian.post(ADDRESS, follow_redirects=True).text
    assert poster(engine) == ""


def test_a_poster_is_part_of_what_students_will_see(engine: Engine, librarian: Visitor) -> None:
    librarian.post("/console/events/edit", CLINIC)
    upload(librarian, photo())
    said = librarian.post("/console/events/preview?name=clinic", CLINIC).text
    assert f"/poster/{poster(engine)}" in said


def test_a_draft_and_a_later_event_are_marked(librarian: Visitor) -> None:
    librarian.post("/console/events/edit", {**CLINIC, "draft": "yes"})
    librarian.post("/console/events/edit", {**CLINIC, "title": "Later clinic", "live_from": "2026-11-30T09:00"})
    page = librarian.get("/console/events?q=clinic").text
    assert ">draft</span>" in page
    assert ">not told yet</span>" in page
    said = librarian.post("/console/events/preview?name=clinic", {**CLINIC, "draft": "yes"}).text
    assert "The bot tells nobody of it" in said
    assert "Clinic" not in librarian.get("/console/events/calendar.ics").text.replace("Later clinic", "")
