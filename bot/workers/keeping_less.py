"""The daily round of retention: what is old enough goes, a batch at a time, after three in the morning."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from bot.retraining.erasure import Erasure
from bot.store import retention, tombstones

log = structlog.get_logger("carrel.retention")

# Nobody writes then, and a round that stops here is taken up a few seconds later.
HOUR, SECONDS = 3, 1.0
RASA, TOMBSTONES = "rasa", "tombstones"
# Backups may be looked after for longer than stated: the list of who was erased outlives them by as much again.
TIMES = 2


@dataclass(frozen=True)
class KeepingLess:
    """Dependencies. `days` says for how long each kind is kept, by the settings' names in lower case."""

    engine: Engine
    erasure: Erasure
    days: Mapping[str, int]
    zone: ZoneInfo
    clock: Callable[[], float] = time.monotonic

    def run(self) -> bool:
        """Go on with today's round for a second. Return whether there is nothing left to do today."""
        now = self.erasure.now()
        local = now.astimezone(self.zone)
        if local.hour < HOUR:
            return True
        day, end = local.date(), self.clock() + SECONDS
        for kind in retention.KINDS:
            while retention.step(self.engine, kind, self.days[kind.keep], now, day):
                if self.clock() > end:
                    return False
        if not retention.is_done(self.engine, RASA, day):
            gone = self.erasure.forget_old_events(now - timedelta(days=self.days["rasa"]))
            retention.note(self.engine, RASA, day, gone, now)
        if not retention.is_done(self.engine, TOMBSTONES, day):
            before = now - timedelta(days=TIMES * self.days["backup"])
            gone = tombstones.age_out(self.engine, self.erasure.var, before)
            retention.note(self.engine, TOMBSTONES, day, gone, now)
            compact(self.engine)
            log.info("retention_done", day=day.isoformat())
        return True


def compact(engine: Engine) -> None:
    """Have SQLite write its file anew, without what was deleted; another day, if the file is in use now."""
    if engine.dialect.name == "sqlite":
        with suppress(OperationalError), engine.connect() as connection:
            connection.connection.execute("VACUUM")
