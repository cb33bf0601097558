"""Where an entry is kept while it is made: in the store, or, in a trial, in the conversation alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from rasa_sdk import Tracker

from actions.library import open_store
from bot.calendar.facts import Contest
from bot.store import entries
from bot.store.entries import DRAFT, STANDING, Entrant, Entry, Photo

# The conversation in which suggestions to staff are made; nothing in it is entered.
ASIDE, TRIAL = "aside-", "contest_trial"
# What is known of a trial's photo: nobody fetches it.
LONG_AGO = datetime.min.replace(tzinfo=UTC)
SAMPLE = Photo(0, 0, "ready", "", "", "", "", None, None, None, "", "", "", False, LONG_AGO, None)


class Home(Protocol):
    """One person's entries in one contest. `real`: they count."""

    real: bool

    @property
    def channel(self) -> str:
        """The channel that the person writes on; "" in a trial."""

    def draft(self) -> Entry | None:
        """Return what has been begun, also if it was confirmed in this very conversation; None: nothing."""

    def begin(self) -> Entry:
        """Return the draft, begun now if there is none."""

    def change(self, draft: Entry, **values: Any) -> None:
        """Change some of a draft's values."""

    def add(self, entry: Entry, sent: str) -> bool:
        """Add a photo by where it came: "<message>#<place in it>". False: there is none."""

    def taken(self, sent: Sequence[str]) -> frozenset[str]:
        """Return which photos are in an entry of the person's already."""

    def discard(self, draft: Entry) -> None:
        """Throw a draft away."""

    def enter(self, draft: Entry) -> Entry | None:
        """Confirm a draft, and return the entry; None: the person has as many as are allowed."""

    def standing(self) -> Sequence[Entry]:
        """Return what has been entered and neither withdrawn nor refused."""

    def slots(self) -> Mapping[str, Any]:
        """Return the slots by which the conversation finds its entry again."""


def home_of(tracker: Tracker, contest: Contest, now: datetime, language: str) -> Home:
    """Return where the entry of a conversation's person is kept."""
    conversation = str(tracker.sender_id)
    store = open_store()
    who = None if conversation.startswith(ASIDE) else entries.entrant(store, conversation)
    if who is None:
        return Trial(contest, now, language, dict(tracker.slots.get(TRIAL) or {}))
    begun = tracker.slots.get("contest_draft")
    return Real(store, who, contest, now, language, begun if isinstance(begun, int) else None)


@dataclass
class Real:
    """The store."""

    store: Any
    who: Entrant
    contest: Contest
    now: datetime
    language: str
    begun: int | None
    real: bool = True

    @property
    def channel(self) -> str:
        """The channel that the person writes on."""
        return self.who.channel

    def draft(self) -> Entry | None:
        """See Home. The entry of this conversation stays found once it is confirmed: the message may come again."""
        if self.begun is not None:
            mine = entries.by_id(self.store, self.begun)
            if mine is not None and (mine.person_id, mine.contest) == (self.who.id, self.contest.key):
                return mine
        found = entries.draft_of(self.store, self.who.id, self.contest.key)
        self.begun = found.id if found else None
        return found

    def begin(self) -> Entry:
        """See Home."""
        found = entries.begin(self.store, self.who.id, self.contest.key, self.language, self.now)
        self.begun = found.id
        return found

    def change(self, draft: Entry, **values: Any) -> None:
        """See Home."""
        if draft.state == DRAFT:
            entries.change(self.store, draft.id, self.now, **values)

    def add(self, entry: Entry, sent: str) -> bool:
        """See Home."""
        message, _, place = sent.rpartition("#")
        return entries.add_sent(self.store, entry.id, self.who, message, int(place), self.now)

    def taken(self, sent: Sequence[str]) -> frozenset[str]:
        """See Home."""
        return entries.taken(self.store, self.who, sent)

    def discard(self, draft: Entry) -> None:
        """See Home."""
        entries.discard(self.store, draft.id)

    def enter(self, draft: Entry) -> Entry | None:
        """See Home."""
        return entries.enter(self.store, draft.id, self.contest.entries_per_person, self.now)

    def standing(self) -> Sequence[Entry]:
        """See Home."""
        mine = entries.of_person(self.store, self.who.id, self.contest.key)
        return [each for each in mine if each.state in STANDING]

    def slots(self) -> Mapping[str, Any]:
        """See Home."""
        return {"contest_draft": self.begun}


@dataclass
class Trial:
    """A conversation that is nobody's: the answers last as long as it does."""

    contest: Contest
    now: datetime
    language: str
    values: dict[str, Any]
    real: bool = False

    @property
    def channel(self) -> str:
        """See Home."""
        return ""

    def draft(self) -> Entry | None:
        """See Home."""
        if not self.values:
            return None
        blank = Entry(
            *(0, self.contest.key, None, None, DRAFT, self.language, "", None, "", "", "", "", None),
            began_at=self.now,
            entered_at=None,
            changed_at=self.now,
        )
        known = {name: value for name, value in self.values.items() if name not in {"begun", "photo"}}
        return replace(blank, **known, latest=SAMPLE if self.values.get("photo") else None)

    def begin(self) -> Entry:
        """See Home."""
        self.values.setdefault("begun", True)
        found = self.draft()
        if found is None:
            raise ValueError("a draft that has begun is there")
        return found

    def change(self, draft: Entry, **values: Any) -> None:  # noqa: ARG002
        """See Home. Moments are left out: a conversation holds only JSON, and a trial needs none."""
        self.values.update({name: value for name, value in values.items() if not isinstance(value, datetime)})

    def add(self, entry: Entry, sent: str) -> bool:  # noqa: ARG002
        """See Home."""
        self.values["photo"] = True
        return True

    def taken(self, sent: Sequence[str]) -> frozenset[str]:  # noqa: ARG002
        """See Home."""
        return frozenset()

    def discard(self, draft: Entry) -> None:  # noqa: ARG002
        """See Home."""
        self.values.clear()

    def enter(self, draft: Entry) -> Entry | None:
        """See Home."""
        self.values.clear()
        return draft

    def standing(self) -> Sequence[Entry]:
        """See Home."""
        return []

    def slots(self) -> Mapping[str, Any]:
        """See Home."""
        return {TRIAL: dict(self.values) or None}
