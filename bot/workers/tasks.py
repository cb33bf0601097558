"""What one turn answers: a message and the others of the same thought; and what counts as an answer or a fact."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Engine

from bot.dialogue import Dialogue, Reading, Turn
from bot.offers import SURE
from bot.store import inbox
from bot.store.people import Person
from bot.workers.albums import album, as_one, complete_at
from bot.workers.meaning import Meant, meant
from bot.workers.thoughts import asks, patient_until, thought
from connectors.messages import Choice, Reply

DENY = "deny"
# At most this many messages are considered as one thought.
MOST_IN_THOUGHT = 6
FACTS = frozenset(
    {
        *("action_opening_hours", "action_learning_commons", "action_events", "action_contest"),
        *("action_event_registration", "action_answer"),
    }
)

# "fine. can i at least sleep here" asks in its second sentence.
_ENDS = re.compile(r"[.!?;,\n]+\s*")

Line = Sequence[inbox.Waiting]


@dataclass(frozen=True)
class Task:
    """What to answer in one turn: a message, and the earlier ones that form one thought with it.

    `patient`: more text may follow, so it is answered only if understood with certainty. `waits_until`: more photos of
    the album may follow, so it is not answered before then; None: it is answered now.
    """

    waiting: inbox.Waiting
    meant: Meant
    pieces: tuple[int, ...] = ()
    patient: bool = False
    waits_until: datetime | None = None

    @property
    def ids(self) -> list[int]:
        """The ids of all its messages."""
        return [*self.pieces, self.waiting.id]


def next_task(engine: Engine, dialogue: Dialogue, person: Person, line: Line, first: Meant, now: datetime) -> Task:
    """Return what to answer now: the first message, with those that form one thought with it.

    Raises DialogueUnavailable.
    """
    if not first.typed:
        return _shown(line, first, now)
    full, line = line, line[:MOST_IN_THOUGHT]
    typed, after = [first], None
    for each in line[1:]:
        found = meant(engine, person, each.id, each.message, now)
        if not found.typed:
            after = None if found.silent or found.joins else found
            break
        typed.append(found)
    if len(typed) == 1 and after is None:
        return Task(line[0], first, patient=line[0].tries == 0 and now < patient_until(line[:1]))

    def read(words: str) -> Reading:
        return dialogue.read(replace(line[0].message, text=words), person.conversation)

    said = [each.message.text or "" for each in typed]
    if after is not None and not any(read(each).sure for each in said):
        # Unclear text is covered by the answer to the choice tapped, or given by number, after it.
        shown = _shown(full[len(said) :], after, now)
        return replace(shown, pieces=(*(each.id for each in line[: len(said)]), *shown.pieces))
    one = thought(said, read)
    ours, last = line[: one.messages], line[one.messages - 1]
    told = replace(typed[one.messages - 1], message=replace(last.message, text=one.words))
    more = one.messages == len(line) and not any(each.tries for each in line)
    pieces = tuple(each.id for each in ours[:-1])
    return Task(last, told, pieces, patient=more and now < patient_until(ours))


def _shown(line: Line, first: Meant, now: datetime) -> Task:
    """Return what to answer where the first message is no text: that message, or the whole album that it begins."""
    found = album(line)
    if not found:
        return Task(line[0], first)
    waits_until = complete_at(found)
    complete = len(found) < len(line) or len(found) == inbox.MOST_IN_LINE or any(each.tries for each in found)
    told = first if len(found) == 1 else replace(first, message=as_one(found))
    pieces = tuple(each.id for each in found[:-1])
    return Task(found[-1], told, pieces, waits_until=None if complete or now >= waits_until else waits_until)


def is_answer(words: str, turn: Turn) -> bool:
    """Return whether `turn` answers a question from the library's data, and asks nothing of anybody."""
    told = turn.understanding
    asked = (
        asks(words)
        or any(map(asks, _ENDS.split(words)))
        or any(each.get("asks") for each in told.get("questions") or ())
    )
    return (
        asked
        and not told.get("requests")
        and bool((FACTS | {"action_contact_librarian"}) & set(told.get("actions", ())))
    )


def is_fact(words: str, turn: Turn) -> bool:
    """Return whether `turn` answers a question with certainty, from the library's data, and asks nothing of anybody."""
    told = turn.understanding
    # From this confidence on, a question is answered while somebody waits for staff.
    sure = float((told.get("intent") or {}).get("confidence") or 0.0) >= SURE
    return sure and asks(words) and not told.get("requests") and bool(FACTS & set(told.get("actions", ())))


def denies(turn: Turn) -> bool:
    """Return whether a message is with certainty a no, which withdraws a request: "nope", "not anymore"."""
    intent = turn.understanding.get("intent") or {}
    return intent.get("name") == DENY and float(intent.get("confidence") or 0.0) >= SURE


def with_choices(replies: tuple[Reply, ...], more: tuple[Choice, ...]) -> tuple[Reply, ...]:
    """Return replies with more choices beneath the last one."""
    return (*replies[:-1], replace(replies[-1], choices=(*replies[-1].choices, *more))) if replies else replies
