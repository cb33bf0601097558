"""Staff hear by mail of somebody who tries passwords."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.store import door, users
from bot.store.door import Caller
from bot.store.users import UserError
from bot.workers.door_alarm import DoorAlarm
from bot.workers.mail import MailError

NOW = datetime(2026, 11, 24, 4, 10, tzinfo=UTC)


def test_one_mail_an_hour_whoever_sends_it(engine: Engine) -> None:
    """None for a wrong password now and then; tried again where the mail server has not taken it."""
    users.add(engine, "ada", "viewer", "correct horse battery", actor="cli", now=NOW)
    sent: list[tuple[str, str]] = []
    down = [True]

    def send(subject: str, text: str) -> None:
        if down:
            down.pop()
            raise MailError("down")
        sent.append((subject, text))

    def alarm(now: datetime) -> bool:
        return DoorAlarm(engine, send, lambda: now, "https://library.example").run()

    for number in range(door.MOST_FOR_NAME):
        assert not alarm(NOW)
        with pytest.raises(UserError, match="do not fit"):
            users.sign_in(engine, "ada", f"wrong {number}", Caller("192.0.2.7"), NOW)

    assert [alarm(NOW) for _ in range(3)] == [False, True, False]
    assert not alarm(NOW + timedelta(hours=2)), "it was long ago"
    [(subject, text)] = sent
    assert "passwords" in subject
    assert "ada" in text
    assert "https://library.example/console/sessions" in text
    assert "192.0.2" not in text
