"""Erases a person everywhere: Rasa's conversations, the store, what was taught from their words, contest files."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import forgetting, jobs, own_data, tombstones
from bot.store.forgetting import Traces
from bot.store.jobs import JobError

RASA_FILE, RASA_SCHEMA = "conversations.db", "rasa"
REASON = "without words that were removed"


class Files(Protocol):
    """Where contest photos are (bot.contest.storage)."""

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""


@dataclass(frozen=True)
class Erasure:
    """Dependencies. `key` is the tombstones'; `storage`, where contest photos are, None without one."""

    engine: Engine
    var: Path
    key: str = field(repr=False)
    now: Callable[[], datetime]
    storage: Files | None = None

    def erase(self, found: Traces, actor: str) -> None:
        """Erase a person. Raises what the store raises; then it may be repeated, and nothing is counted twice."""
        self.forget_conversations(found.conversations)
        digests = [tombstones.digest(self.key, channel, name) for channel, name in found.addresses]
        tombstones.set_up(self.engine, self.var, digests, self.now())
        files = [each for person_id in found.person_ids for each in own_data.all_files(self.engine, person_id)]
        forgetting.forget(self.engine, found, actor=actor, now=self.now())
        if self.storage is not None:
            for each in files:
                self.storage.delete(each)
        if found.examples:
            self._stop_trainings()

    def forget_conversations(self, names: Sequence[str]) -> int:
        """Delete conversations from Rasa's store; return how many events were deleted."""
        url = self.engine.url.render_as_string(hide_password=False)
        if self.engine.dialect.name == "postgresql":
            return forgetting.forget_conversations(url, names, RASA_SCHEMA)
        file = self.var.resolve() / RASA_FILE
        return forgetting.forget_conversations(f"sqlite:///{file}", names) if file.exists() else 0

    def forget_old_events(self, before: datetime) -> int:
        """Delete Rasa's events from before a moment, but for those that a conversation's present memory begins with."""
        url = self.engine.url.render_as_string(hide_password=False)
        if self.engine.dialect.name == "postgresql":
            return forgetting.forget_old_events(url, before, RASA_SCHEMA)
        file = self.var.resolve() / RASA_FILE
        return forgetting.forget_old_events(f"sqlite:///{file}", before) if file.exists() else 0

    def _stop_trainings(self) -> None:
        """Stop the trainings that have read the words already: their models would know them."""
        for job in jobs.page(self.engine):
            if job.under_way and job.kind == "train":
                jobs.cancel(self.engine, job.id, self.now())

    def retrain(self, actor: str) -> bool:
        """Request a training without the words that were removed. False: the trainer is busy; ask again later."""
        if any(job.under_way and job.kind not in jobs.IMPORTS for job in jobs.page(self.engine)):
            return False
        # Rasa's training cache contains examples too.
        shutil.rmtree(self.var / "rasa_cache", ignore_errors=True)
        with suppress(JobError):
            jobs.ask(self.engine, "train", by=actor, now=self.now(), reason=REASON)
            return True
        return False

    def forget_again(self) -> int:
        """Erase whoever a restored backup has brought back; return how many people."""
        returned = tombstones.come_back(self.engine, self.var, self.key)
        retrain = False
        for channel, person in returned:
            found = forgetting.traces(self.engine, channel, person)
            retrain = retrain or bool(found.examples)
            self.erase(found, "a restored backup")
        if retrain:
            self.retrain("a restored backup")
        return len(returned)


def tidy(engine: Engine) -> None:
    """Write what was deleted out of SQLite's files, as far as nobody else is using them now."""
    if engine.dialect.name == "sqlite":
        with suppress(sa.exc.OperationalError), engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
