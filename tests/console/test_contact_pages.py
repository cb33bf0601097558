"""Emergency contacts in the console, and the mark of somebody in danger wherever staff look."""

from __future__ import annotations

from sqlalchemy.engine import Engine

from bot.store import library
from bot.store.contacts import missing, read_contacts
from bot.store.content import edit
from tests.console.conftest import Visitor
from tests.console.test_content_pages import form_of
from tests.console.test_inbox_pages import writes


def test_a_number_is_filled_in_and_every_text_says_it(engine: Engine, librarian: Visitor) -> None:
    """The page says what is missing; saved, the sentence that was left out is said, and undo takes it back."""
    assert "To be filled in: The university" in librarian.get("/console/contacts").text
    form = form_of(engine, "contacts", "counselling", phone="2358 1234", source="Counselling service", sample="")
    response = librarian.post("/console/contacts/edit?name=counselling", form)

    assert response.location == "/console/contacts/edit?name=counselling"
    assert missing(read_contacts(engine)) == []
    said = {each.key: each.text for each in library.read_answers(engine)}
    assert "2358 1234" in said["self_harm-overview"]


def test_a_sample_with_a_number_is_refused(engine: Engine, librarian: Visitor) -> None:
    """Somebody in danger would call it."""
    form = form_of(engine, "contacts", "counselling", phone="2345 0001", source="nobody")
    response = librarian.post("/console/contacts/edit?name=counselling", form)

    assert response.status_code == 422
    assert "a sample must have no number" in response.text


def test_a_contact_that_texts_name_is_not_removed(engine: Engine, librarian: Visitor) -> None:
    librarian.post("/console/contacts/remove", {"name": "security"})

    assert edit.entry(engine, "contacts", "security") is not None


def test_somebody_in_danger_is_marked_in_words_and_by_a_sign(engine: Engine, librarian: Visitor) -> None:
    """In the inbox, on the conversation's page and on Home: not by colour alone."""
    writes(engine, "he has a knife", "violence")
    inbox, home = librarian.get("/console/inbox").text, librarian.get("/console/").text

    assert "URGENT Danger: violence or a threat" in " ".join(inbox.split())
    assert "1 student speaks of danger:" in home
    assert "nobody has it yet" in home
