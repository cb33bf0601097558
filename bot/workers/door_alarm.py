"""Mails staff when somebody tries passwords at the console's login: at most once an hour, whichever worker sends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Engine

from bot.store import door, waits
from bot.workers.mail import MailError, Send, written

log = structlog.get_logger("carrel.door")

WITHIN = timedelta(hours=1)
MOST_NAMES = 5


@dataclass(frozen=True)
class DoorAlarm:
    """Dependencies; `address` is the console's public URL."""

    engine: Engine
    send: Send
    now: Callable[[], datetime]
    address: str

    def run(self) -> bool:
        """Send what is due now. Returns whether it was sent."""
        knocked = door.held_up(self.engine, self.now() - WITHIN)
        name = f"door {self.now():%Y-%m-%d %H}"
        if not knocked or not waits.first_time(self.engine, name, self.now()):
            return False
        names = ", ".join(each.name for each in knocked[:MOST_NAMES])
        more = f" and {len(knocked) - MOST_NAMES} more" if len(knocked) > MOST_NAMES else ""
        told = {"names": names + more, "count": len(knocked), "address": f"{self.address}/console/sessions"}
        try:
            self.send(*written("door", **told))
        except MailError as error:
            waits.again(self.engine, name)
            log.warning("mail_not_sent", error=str(error))
            return False
        log.info("door_alarm_sent", names=len(knocked))
        return True
