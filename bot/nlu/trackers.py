"""Rasa's conversation store in a third of the time: the same table and the same rows."""

from __future__ import annotations

import itertools
import os
from typing import Any, NoReturn, Optional, Text

from rasa.core.tracker_store import POSTGRESQL_SCHEMA, FailSafeTrackerStore, SQLTrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

from bot.store import dialogue_events
from bot.store.engine import STATEMENT_SECONDS, connect

# The number of a tracker's events that are already in the database.
STORED = "carrel_stored"


class ConversationsAway(Exception):
    """Conversations can be neither read nor saved at the moment; trying again later may help."""


def _tell_failures() -> None:
    """Make callers notice that the store is down, instead of carrying on without it.

    Rasa would answer as if nothing had been said before, keep the conversation only in memory, and log the SQL
    statement with the student's words.
    """

    def fail(_self: FailSafeTrackerStore, error: Exception) -> NoReturn:
        raise ConversationsAway(type(error).__name__) from error

    FailSafeTrackerStore.on_tracker_store_error = fail
    FailSafeTrackerStore.on_tracker_store_retrieve_error = fail


_tell_failures()


class Trackers(SQLTrackerStore):
    """Stores conversations in SQLite or PostgreSQL.

    Rasa reopens the SQLite file for every read and write, without a write-ahead log, rebuilds its queries each time,
    and counts the saved events on every save. With PostgreSQL it keeps using a connection that has ended, and includes
    the student's words in the error. Here both are opened as Carrel's own store is, and each tracker knows which of its
    events are saved: within a turn nobody else may write, which the lock store ensures.
    """

    engine: Any

    def __init__(self, dialect: Text = "sqlite", db: Text = "rasa.db", **kwargs: Any) -> None:
        """Open the store; the settings are SQLTrackerStore's, as given in endpoints.yml."""
        super().__init__(dialect=dialect, db=db, **kwargs)
        if dialect in {"sqlite", "postgresql"}:
            address = f"sqlite:///{db}" if dialect == "sqlite" else self._in_schema()
            self.engine.dispose()
            self.engine = connect(address)
            self.sessionmaker.configure(bind=self.engine)

    def _in_schema(self) -> str:
        """Return the database URL, within the schema that Rasa's environment names."""
        schema = os.environ.get(POSTGRESQL_SCHEMA)
        options = f"-c statement_timeout={STATEMENT_SECONDS}s" + (f" -c search_path={schema}" if schema else "")
        return str(self.engine.url.update_query_dict({"options": options}).render_as_string(hide_password=False))

    def init_tracker(self, sender_id: Text) -> DialogueStateTracker:
        """Return the tracker of a conversation in which nothing has happened."""
        return _stored(super().init_tracker(sender_id))

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """Return the tracker of a conversation since its latest start, or None."""
        events = dialogue_events.latest(self.engine, sender_id)
        return _stored(DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)) if events else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Save what has happened since the tracker was last read or saved."""
        await self.stream_events(tracker)
        stored = getattr(tracker, STORED, None)
        if stored is None:  # created elsewhere
            stored = len(dialogue_events.latest(self.engine, tracker.sender_id))
        new = itertools.islice(tracker.events, stored, None)
        dialogue_events.add(self.engine, tracker.sender_id, [event.as_dict() for event in new])
        _stored(tracker)


def _stored(tracker: DialogueStateTracker) -> DialogueStateTracker:
    setattr(tracker, STORED, len(tracker.events))
    return tracker
