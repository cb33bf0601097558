"""Who may sign in, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.store import audit, door, users
from bot.store.door import Caller
from bot.store.users import UserError

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
HERE = Caller("::1")


def test_somebody_is_added_and_signs_in(engine: Engine) -> None:
    added = users.add(engine, " Ada ", "administrator", PASSWORD, actor="cli", now=NOW)
    assert (added.name, added.must_change, added.may("librarian")) == ("ada", True, True)
    assert users.sign_in(engine, "ADA", PASSWORD, HERE, NOW).id == added.id
    assert audit.page(engine, table="users")[0]["who"] == "cli"


@pytest.mark.parametrize(
    ("name", "role", "password", "words"),
    [
        ("x", "viewer", PASSWORD, "2 to 128"),
        ("a b", "viewer", PASSWORD, "2 to 128"),
        ("ada", "king", PASSWORD, "the roles are viewer"),
        ("ada", "viewer", "short", "12 characters"),
        ("ada", "viewer", "ada-ada-ada-ada", "easy to guess"),
        ("ada", "viewer", "aaaaaaaaaaaaaaaa", "easy to guess"),
    ],
)
def test_what_is_not_right_is_explained(engine: Engine, name: str, role: str, password: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        users.add(engine, name, role, password, actor="cli", now=NOW)
    assert users.all_users(engine) == []


def test_a_name_is_given_once(engine: Engine) -> None:
    users.add(engine, "ada", "viewer", PASSWORD, actor="cli", now=NOW)
    with pytest.raises(UserError, match="already"):
        users.add(engine, "ADA", "viewer", PASSWORD, actor="cli", now=NOW)


def test_campus_sign_in_needs_no_password_and_has_none(engine: Engine) -> None:
    users.add(engine, "ada@campus.example", "viewer", None, actor="cli", now=NOW)
    with pytest.raises(UserError, match="do not fit"):
        users.sign_in(engine, "ada@campus.example", "", HERE, NOW)
    assert users.signed_in_elsewhere(engine, "Ada@Campus.example", HERE, NOW).role == "viewer"
    with pytest.raises(UserError, match="nobody has added you"):
        users.signed_in_elsewhere(engine, "eve@campus.example", HERE, NOW)


def test_a_right_password_forgets_the_wrong_ones(engine: Engine) -> None:
    users.add(engine, "ada", "viewer", PASSWORD, actor="cli", now=NOW)
    for _ in range(2):
        for _ in range(door.MOST_FOR_NAME - 1):
            with pytest.raises(UserError, match="do not fit"):
                users.sign_in(engine, "ada", "wrong", HERE, NOW)
        users.sign_in(engine, "ada", PASSWORD, HERE, NOW)
    later = NOW + timedelta(days=1)
    assert users.sign_in(engine, "ada", PASSWORD, HERE, later)


def test_one_time_passwords_are_good_ones(engine: Engine) -> None:
    made = {users.one_time_password() for _ in range(50)}
    assert len(made) == 50
    users.add(engine, "ada", "viewer", made.pop(), actor="cli", now=NOW)
