"""Rasa's store of conversations, in a third of its time: the same table, the same rows."""

from __future__ import annotations

import itertools
import os
from typing import Any, NoReturn, Optional, Text

from rasa.core.tracker_store import POSTGRESQL_SCHEMA, FailSafeTrackerStore, SQLTrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

from bot.store import dialogue_events
from bot.store.engine import STATEMENT_SECONDS, connect

# How many events of a tracker the database holds already.
STORED = "carrel_stored"


class ConversationsAway(Exception):
    """The conversations can be neither read nor kept now; asking again later may help."""


def _tell_failures() -> None:
    """Have whoever asks know that the store is away, instead of going on without it.

    Rasa would answer as if nothing had been said before, keep what is said in memory alone, and write the statement
    with the student's words into the log.
    """

    def fail(_self: FailSafeTrackerStore, error: Exception) -> NoReturn:
        raise ConversationsAway(type(error).__name__) from error

    FailSafeTrackerStore.on_tracker_store_error = fail
    FailSafeTrackerStore.on_tracker_store_retrieve_error = fail


_tell_failures()


class Trackers(SQLTrackerStore):
    """Keeps conversations in SQLite or PostgreSQL.

    Rasa opens SQLite's file anew for each reading and writing, without a log ahead, puts its questions together each
    time, and counts at each saving what is saved already. With PostgreSQL it goes on over a connection that has ended,
    and tells the student's words with the error. Here either is opened as Carrel's own store is, and a tracker knows
    what of it is saved: within a turn nobody else may write, which the lock store holds.
    """

    engine: Any

    def __init__(self, dialect: Text = "sqlite", db: Text = "rasa.db", **kwargs: Any) -> None:
        """Open the store; the settings are SQLTrackerStore's, as endpoints.yml gives them."""
        super().__init__(dialect=dialect, db=db, **kwargs)
        if dialect in {"sqlite", "postgresql"}:
            address = f"sqlite:///{db}" if dialect == "sqlite" else self._in_schema()
            self.engine.dispose()
            self.engine = connect(address)
            self.sessionmaker.configure(bind=self.engine)

    def _in_schema(self) -> str:
        """Return the address of the database, within the schema that Rasa is told by its environment."""
        schema = os.environ.get(POSTGRESQL_SCHEMA)
        options = f"-c statement_timeout={STATEMENT_SECONDS}s" + (f" -c search_path={schema}" if schema else "")
        return str(self.engine.url.update_query_dict({"options": options}).render_as_string(hide_password=False))

    def init_tracker(self, sender_id: Text) -> DialogueStateTracker:
        """Return the tracker of a conversation in which nothing has happened."""
        return _stored(super().init_tracker(sender_id))

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """Return the tracker of a conversation since its last beginning, or None."""
        events = dialogue_events.latest(self.engine, sender_id)
        return _stored(DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)) if events else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Save what has happened since it was read or saved."""
        await self.stream_events(tracker)
        stored = getattr(tracker, STORED, None)
        if stored is None:  # made elsewhere
            stored = len(dialogue_events.latest(self.engine, tracker.sender_id))
        new = itertools.islice(tracker.events, stored, None)
        dialogue_events.add(self.engine, tracker.sender_id, [event.as_dict() for event in new])
        _stored(tracker)


def _stored(tracker: DialogueStateTracker) -> DialogueStateTracker:
    setattr(tracker, STORED, len(tracker.events))
    return tracker
