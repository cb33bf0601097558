"""When danger overrides the bot's silence: while staff have a conversation, and after STOP."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from bot.dangers import ACTIONS, DANGERS
from bot.dialogue import Turn
from bot.store import threads, turns
from bot.store.people import Person

# While staff have a conversation, the bot answers the same danger again only this long after its last answer to it and
# the staff's last message.
LEFT_ALONE, REMEMBERED = timedelta(minutes=5), timedelta(hours=1)


def danger_of(turn: Turn) -> str:
    """Return the danger that a message indicates, as its turn understood it; "" for none."""
    name = (turn.understanding.get("intent") or {}).get("name") or ""
    return name if name in DANGERS else ""


def may_break_in(engine: Engine, person: Person, danger: str, now: datetime) -> bool:
    """Return whether danger is answered although staff have the conversation: once, unless they leave it unattended."""
    told = turns.told_of_danger(engine, person.id, now - REMEMBERED)
    if told is None or told[0] != danger or not person.quiet:
        return True
    thread = threads.open_of(engine, person.id)
    spoke = thread.staff_at if thread else None
    return all(at is None or now - at >= LEFT_ALONE for at in (told[1], spoke))


def goes_on(engine: Engine, person: Person, turn: Turn) -> bool:
    """Return whether a turn is about a danger raised earlier, and no staff member has the conversation yet."""
    if set(ACTIONS).isdisjoint(turn.understanding.get("actions") or ()):
        return False
    thread = threads.open_of(engine, person.id)
    return thread is not None and thread.why in DANGERS and thread.state == "waiting"
