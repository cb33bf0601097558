"""The worker's round of erasures: what people have confirmed is done within a minute, and what is left after it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine

from bot.retraining.erasure import Erasure, tidy
from bot.store import data_requests, forgetting, people, threads
from bot.store.data_requests import ACCESS, DONE, STAFF, DataRequest
from bot.store.message_tables import OutboxRow
from bot.store.privacy_tables import DataRequestRow
from connectors.errors import MatchingError
from connectors.messages import Address

log = structlog.get_logger("carrel.erasing")

# The last words are sent first, for so long at most; afterwards, whatever is still on its way goes with the rest.
LAST_WORDS = timedelta(seconds=30)
LEASE_SECONDS = 60.0
# Rasa may still write for a question that it was asked just before: its store is looked through once more.
LATE_EVENTS = timedelta(minutes=2)
_TOKEN = re.compile(r"(/privacy/data/)[\w-]{20,}")

outbox, requests = OutboxRow.__table__, DataRequestRow.__table__


@dataclass(frozen=True)
class Erasing:
    """Dependencies. `page_scoped` returns the ids that the page has for an app-scoped user; raises MatchingError."""

    engine: Engine
    erasure: Erasure
    page_scoped: Callable[[str], Sequence[str]] | None = None

    def run(self) -> int:
        """Carry out what is due; return how many people were erased."""
        hide_links(self.engine)
        done = sum(self._erased(each) for each in data_requests.due(self.engine))
        for each in data_requests.followed(self.engine):
            self._follow(each)
        return done

    def _erased(self, request: DataRequest) -> bool:
        now, person_id = self.erasure.now(), request.person_id
        if request.subject:
            self._match(request)
            return False
        if person_id is None:  # erased by another way meanwhile
            data_requests.move(self.engine, request.id, DONE, now)
            return False
        if data_requests.is_held(self.engine, person_id):
            data_requests.move(self.engine, request.id, STAFF, now, reason="legal hold")
            return False
        since = request.confirmed_at or request.asked_at
        if now - since < LAST_WORDS and _on_their_way(self.engine, person_id):
            return False
        holder = uuid.uuid4().hex
        if not people.lease(self.engine, person_id, "answer", holder, now, LEASE_SECONDS):
            return False
        if not people.lease(self.engine, person_id, "send", holder, now, LEASE_SECONDS):
            people.release(self.engine, person_id, "answer", holder)
            return False
        try:
            self._erase(request, person_id)
        finally:
            # Still there only if it failed: the next round tries again.
            people.release(self.engine, person_id, "answer", holder)
            people.release(self.engine, person_id, "send", holder)
        return True

    def _match(self, request: DataRequest) -> None:
        """Find whom a platform's request is about; what cannot be found is left to staff, and not called done."""
        now = self.erasure.now()
        try:
            ids = self.page_scoped(request.subject) if self.page_scoped else []
        except MatchingError as error:
            data_requests.move(self.engine, request.id, STAFF, now, reason=str(error))
            log.warning("deletion_unmatched", why=str(error))
            return
        with self.engine.connect() as connection:
            known = [people.number(connection, Address(request.channel, each)) for each in ids]
        person_id = next((each for each in known if each is not None), None)
        if person_id is not None:
            data_requests.match(self.engine, request.id, person_id)
        elif ids:
            why = "Nobody of this id has written to the page: nothing is kept of them."
            data_requests.move(self.engine, request.id, DONE, now, subject="", reason=why)
        else:
            data_requests.move(self.engine, request.id, STAFF, now, reason="Meta knows no id of theirs for the page.")

    def _erase(self, request: DataRequest, person_id: int) -> None:
        address = people.get(self.engine, person_id).address
        found = forgetting.traces(self.engine, address.channel, address.person)
        thread = threads.open_of(self.engine, person_id)
        removed: dict[str, Any] = {
            "messages": found.messages,
            "answers": found.answers,
            "examples": len(found.examples),
        }
        if thread is not None:
            removed |= {"thread": thread.holder or "nobody"}
        self.erasure.erase(found, f"request {request.code}")
        left = {"conversations": list(found.conversations), "retrain": bool(found.examples), "removed": removed}
        data_requests.move(self.engine, request.id, DONE, self.erasure.now(), subject="", **left)
        tidy(self.engine)
        log.info("erased", source=request.source)

    def _follow(self, request: DataRequest) -> None:
        now = self.erasure.now()
        if request.conversations and request.ended_at and now - request.ended_at >= LATE_EVENTS:
            self.erasure.forget_conversations(request.conversations)
            data_requests.note_followed(self.engine, request.id, conversations=[])
        if request.retrain and self.erasure.retrain(f"request {request.code}"):
            data_requests.note_followed(self.engine, request.id, retrain=False)


def _on_their_way(engine: Engine, person_id: int) -> bool:
    waiting = sa.select(outbox.c.id).where(outbox.c.person_id == person_id, outbox.c.state == "waiting").limit(1)
    with engine.connect() as connection:
        return connection.execute(waiting).scalar() is not None


def hide_links(engine: Engine) -> int:
    """Remove the one-time part of links from calls that have been made; return from how many."""
    mine = sa.select(requests.c.person_id).where(requests.c.kind == ACCESS, requests.c.token != "")
    query = sa.select(outbox.c.id, outbox.c.body).where(outbox.c.person_id.in_(mine), outbox.c.state != "waiting")
    hidden = 0
    with engine.begin() as connection:
        for row in connection.execute(query).all():
            body = without_links(row.body)
            if body != row.body:
                connection.execute(sa.update(outbox).where(outbox.c.id == row.id).values(body=body))
                hidden += 1
    return hidden


def without_links(value: object) -> object:
    """Return JSON with the one-time part of every link replaced."""
    if isinstance(value, str):
        return _TOKEN.sub(r"\1…", value)
    if isinstance(value, dict):
        return {name: without_links(each) for name, each in value.items()}
    return [without_links(each) for each in value] if isinstance(value, list) else value
