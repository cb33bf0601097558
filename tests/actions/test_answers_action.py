"""A person to talk to, and what happens when the facts are out of reach."""

import pytest

from bot.store.audit import session
from bot.store.library_tables import AnswerRow, PlaceRow
from tests.actions.small_library import MONDAY_EVENING, at

CONTACT = "contact_librarian"


@pytest.mark.parametrize(
    ("now", "staff"),
    [
        ("2026-11-23T10:00", "Information Desk: somebody is there now, until 7 pm today."),
        ("2026-11-23T20:00", "Information Desk: nobody is there now, somebody will be from 9 am tomorrow."),
        ("2026-12-25T10:00", "Information Desk: nobody is there now, somebody will be from 1 pm Sunday."),
    ],
)
def test_a_person_is_offered_with_the_hours_of_the_desk(ask, now, staff):
    """How to reach staff comes from the store, and so does whether anybody is there."""
    heard = ask("can i talk to a person", CONTACT, now=now)

    assert heard.texts == ("Write to library@library.example.\nhttps://library.example/contact", staff)


def test_an_answer_that_has_expired_says_so(ask, store):
    """An old answer is better than none, with a warning."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(AnswerRow).one().expires = at("2026-11-22").date()

    assert "utter_answer_expired" in ask("contact", CONTACT).names


def test_the_day_of_expiry_is_still_good(ask, store):
    """Expires on Monday: good on Monday."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.query(AnswerRow).one().expires = at("2026-11-23").date()

    assert "utter_answer_expired" not in ask("contact", CONTACT).names


def test_without_an_answer_the_desk_is_named(ask, store):
    """The store knows no address: say where to go."""
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.delete(changes.query(AnswerRow).one())
        changes.delete(changes.query(PlaceRow).filter_by(key="information-desk").one())

    assert ask("contact", CONTACT).names == ("utter_contact_unknown",)


@pytest.mark.parametrize("intent", ["opening_hours", "learning_commons_24h", "events", "contest_rules", CONTACT])
@pytest.mark.parametrize(
    "settings",
    [
        {"DATABASE_URL": "sqlite:////dev/null/carrel.db"},
        {"DATABASE_URL": "postgresql://postgres@127.0.0.1:1/nothing"},
        {"DATABASE_URL": "no address"},
        {"LIBRARY_TIMEZONE": "Mars/Olympus"},
    ],
)
def test_a_store_that_is_down_is_admitted(conversation, monkeypatch, tmp_path, intent, settings):
    """The person reads one sentence, the conversation goes on, and nothing is remembered from the failed turn."""
    monkeypatch.setenv("CARREL_VAR", str(tmp_path))
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    heard = conversation.ask("are you open", intent)

    assert heard.names == ("utter_store_down",)
    assert set(conversation.slots.values()) == {None}


def test_a_store_with_no_tables_is_admitted(conversation, monkeypatch, tmp_path):
    """A database that nobody has prepared yet is down, too."""
    monkeypatch.setenv("CARREL_VAR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")

    assert conversation.ask("are you open", "opening_hours").names == ("utter_store_down",)


def test_a_message_with_an_impossible_time_is_answered_now(ask, conversation):
    """Metadata that cannot be read is no reason to fail; the answer is then about the present."""
    call = {
        "next_action": "action_opening_hours",
        "tracker": {
            "sender_id": "someone",
            "slots": {},
            "latest_message": {"text": "open?", "metadata": {"time": "yesterday-ish"}},
            "events": [],
        },
        "domain": conversation.domain,
    }

    said = conversation.run(call)["responses"]

    assert said[0]["response"].startswith("utter_hours_")
