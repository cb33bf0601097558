"""Rasa's store of conversations, in half of its time: the same table, the same rows."""

from __future__ import annotations

import itertools
from typing import Any, Iterator, Optional, Text

from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

from bot.store.engine import connect

# How many events of a tracker the database holds already.
STORED = "carrel_stored"


class Trackers(SQLTrackerStore):
    """Keeps conversations in SQLite or PostgreSQL.

    Rasa opens SQLite's file anew for each reading and writing, without a log ahead, and counts at each saving what is
    saved already. Here SQLite is opened as Carrel's own store is, and a tracker knows what of it is saved: within a
    turn nobody else may write, which the lock store holds.
    """

    engine: Any

    def __init__(self, dialect: Text = "sqlite", db: Text = "rasa.db", **kwargs: Any) -> None:
        """Open the store; the settings are SQLTrackerStore's, as endpoints.yml gives them."""
        super().__init__(dialect=dialect, db=db, **kwargs)
        if dialect == "sqlite":
            self.engine.dispose()
            self.engine = connect(f"sqlite:///{db}")
            self.sessionmaker.configure(bind=self.engine)

    def init_tracker(self, sender_id: Text) -> DialogueStateTracker:
        """Return the tracker of a conversation in which nothing has happened."""
        return _stored(super().init_tracker(sender_id))

    async def retrieve(self, sender_id: Text) -> Optional[DialogueStateTracker]:
        """Return the tracker of a conversation since its last beginning, or None."""
        tracker = await super().retrieve(sender_id)
        return _stored(tracker) if tracker else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Save what has happened since it was read or saved."""
        if getattr(tracker, STORED, None) != len(tracker.events):
            await super().save(tracker)
            _stored(tracker)

    def _additional_events(self, session: Any, tracker: DialogueStateTracker) -> Iterator[Any]:
        stored = getattr(tracker, STORED, None)
        if stored is None:  # a tracker that was made elsewhere
            return super()._additional_events(session, tracker)
        return itertools.islice(tracker.events, stored, None)


def _stored(tracker: DialogueStateTracker) -> DialogueStateTracker:
    setattr(tracker, STORED, len(tracker.events))
    return tracker
