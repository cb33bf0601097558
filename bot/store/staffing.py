"""What staff do with threads: claim, pass on, answer, close. Each is one transaction that locks the student's row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.dangers import DANGERS
from bot.store import audit, outbox
from bot.store.thread_tables import StaffMessageRow, ThreadRow
from bot.store.threads import (
    STEPPED_IN,
    Thread,
    ThreadError,
    Words,
    as_thread,
    ask,
    is_quiet,
    note_staff,
    open_thread,
    read,
    settle,
    write,
)

threads, said = ThreadRow.__table__, StaffMessageRow.__table__

# A thread that nobody has any more.
_WAITS: Mapping[str, Any] = {
    "state": "waiting",
    "holder": "",
    "outside": False,
    "claimed_at": None,
    "given_at": None,
    "snoozed_until": None,
}


def claim(engine: Engine, thread_id: int, who: str, now: datetime, words: Iterable[Words] = ()) -> Thread:
    """Assign a waiting thread, or one that was given to `who`, with `words` as the notice; if two try, one gets it.

    Raises ThreadError naming who has it.
    """
    with engine.begin() as connection:
        thread = _locked(connection, thread_id)
        here = thread.state == "held" and thread.holder == who
        if here and thread.given_at is None:
            return thread
        if thread.state != "waiting" and not here:
            raise ThreadError(_taken(thread))
        _hold(connection, thread, who, now)
        _say(connection, thread, words, now)
        return _there(connection, thread_id)


def step_in(engine: Engine, person_id: int, who: str, now: datetime, words: Iterable[Words] = ()) -> Thread:
    """Assign to `who` a conversation for which nobody asked staff. Raises ThreadError when somebody has it."""
    with engine.begin() as connection:
        is_quiet(connection, person_id)
        if connection.execute(sa.select(threads.c.id).where(open_thread(person_id))).scalar() is None:
            ask(connection, person_id, None, STEPPED_IN, now)
        thread = as_thread(connection.execute(sa.select(threads).where(open_thread(person_id))).one())
        if thread.state == "held":
            if thread.holder == who:
                return thread
            raise ThreadError(_taken(thread))
        _hold(connection, thread, who, now)
        _say(connection, thread, words, now)
        return _there(connection, thread.id)


def pass_on(engine: Engine, thread_id: int, *, by: str, to: str, now: datetime, words: Iterable[Words] = ()) -> Thread:
    """Assign a thread to `to`, whoever has it now; to nobody (""): it waits again, quietly. Raises ThreadError.

    Whoever it is given to by somebody else has not come yet.
    """
    with engine.begin() as connection:
        thread = _locked(connection, thread_id)
        if not thread.open:
            raise ThreadError(_taken(thread))
        if to:
            _hold(connection, thread, to, now, given=to != by)
        else:
            values = {**_WAITS, "quiet": True}
            connection.execute(sa.update(threads).where(threads.c.id == thread_id).values(values))
        audit.note(connection, by, "threads", str(thread_id), {"holder": thread.holder}, {"holder": to}, now)
        _say(connection, thread, words, now)
        settle(connection, thread.person_id, now)
        return _there(connection, thread_id)


def reply(engine: Engine, thread_id: int, who: str, now: datetime, words: Words, joined: Iterable[Words] = ()) -> bool:
    """Send `words` as `who`, who has the thread. False: this form was sent before, and nothing is sent twice.

    `joined` says first that `who` has come, if the thread was given to them and they come only now. Raises ThreadError
    when somebody else has the thread by now, or it is closed.
    """
    with engine.begin() as connection:
        thread = _locked(connection, thread_id)
        if words.token and connection.execute(sa.select(said.c.id).where(said.c.token == words.token)).first():
            return False
        if thread.state != "held" or thread.holder != who:
            raise ThreadError(_taken(thread))
        if thread.given_at is not None:
            _hold(connection, thread, who, now)
            _say(connection, thread, joined, now)
        _say(connection, thread, [words], now)
        return True


def snooze(engine: Engine, thread_id: int, who: str, until: datetime | None) -> None:
    """Put a thread off until a moment, or until the student writes; None: it is due again.

    Raises ThreadError: it speaks of danger, or somebody else has it.
    """
    with engine.begin() as connection:
        thread = _locked(connection, thread_id)
        if not thread.open or (thread.state == "held" and thread.holder != who):
            raise ThreadError(_taken(thread))
        if thread.why in DANGERS:
            raise ThreadError("This student speaks of danger: the conversation cannot be put off.")
        connection.execute(sa.update(threads).where(threads.c.id == thread_id).values(snoozed_until=until))


def refused(engine: Engine, thread_id: int, message_id: int) -> str | None:
    """Return the words of a reply in a thread that the platform refused; None if it did not."""
    calls = outbox.outbox
    failed = sa.exists().where(calls.c.staff_message_id == said.c.id, calls.c.state == "failed")
    mine = sa.and_(said.c.id == message_id, said.c.thread_id == thread_id, said.c.kind == "reply", failed)
    with engine.connect() as connection:
        return connection.execute(sa.select(said.c.text).where(mine)).scalar()


def close(
    engine: Engine, thread_id: int, *, by: str, how: str, now: datetime, words: Iterable[Words] = ()
) -> Thread | None:
    """Close a thread: the bot answers again, and `words` say so. None: it was already closed."""
    with engine.begin() as connection:
        thread = _locked(connection, thread_id)
        if not thread.open:
            return None
        _say(connection, thread, words, now)
        return _shut(connection, thread, by=by, how=how, now=now)


def answer_once(engine: Engine, thread_id: int, who: str, now: datetime, words: Sequence[Words]) -> Thread:
    """Answer a waiting thread and close it in one step, so nobody has to stay for it. Raises ThreadError."""
    with engine.begin() as connection:
        thread = _locked(connection, thread_id)
        if thread.state != "waiting":
            raise ThreadError(_taken(thread))
        _hold(connection, thread, who, now)
        _say(connection, thread, words, now)
        return _shut(connection, thread, by=who, how="staff", now=now)


def let_bot_back(engine: Engine, seen: Thread, now: datetime, words: Iterable[Words] = ()) -> bool:
    """Let the bot answer again in a silent thread, which goes on waiting so that it doesn't get lost.

    `seen` is the thread as it was when it was found silent: if anything has happened since, nothing is done. Returns
    whether it was done.
    """
    values = {**_WAITS, "quiet": False}
    return _unless_changed(engine, seen, values, now, words)


def end(engine: Engine, seen: Thread, now: datetime, words: Iterable[Words] = ()) -> bool:
    """Close a silent thread, unless something has changed since `seen`."""
    values = {"state": "closed", "closed_at": now, "closed_how": "silence"}
    return _unless_changed(engine, seen, values, now, words)


def _unless_changed(
    engine: Engine, seen: Thread, values: Mapping[str, Any], now: datetime, words: Iterable[Words]
) -> bool:
    with engine.begin() as connection:
        is_quiet(connection, seen.person_id)
        if read(connection, seen.id) != seen:
            return False
        _say(connection, seen, words, now)
        connection.execute(sa.update(threads).where(threads.c.id == seen.id).values(values))
        settle(connection, seen.person_id, now)
        return True


def _there(connection: Connection, thread_id: int) -> Thread:
    found = read(connection, thread_id)
    if found is None:
        raise ThreadError("This conversation is not there any more: the student has asked to be forgotten.")
    return found


def _locked(connection: Connection, thread_id: int) -> Thread:
    """Return a thread, locked until the transaction ends. Raises ThreadError if there is none."""
    is_quiet(connection, _there(connection, thread_id).person_id)
    return _there(connection, thread_id)


def _hold(connection: Connection, thread: Thread, who: str, now: datetime, *, given: bool = False) -> None:
    values = {"state": "held", "holder": who, "outside": False, "claimed_at": now, "given_at": now if given else None}
    values["snoozed_until"] = None
    connection.execute(sa.update(threads).where(threads.c.id == thread.id).values(values))
    settle(connection, thread.person_id, now)


def _shut(connection: Connection, thread: Thread, *, by: str, how: str, now: datetime) -> Thread:
    values = {"state": "closed", "closed_at": now, "closed_by": by, "closed_how": how}
    connection.execute(sa.update(threads).where(threads.c.id == thread.id).values(values))
    settle(connection, thread.person_id, now)
    return _there(connection, thread.id)


def _say(connection: Connection, thread: Thread, words: Iterable[Words], now: datetime) -> None:
    for each in words:
        number = write(connection, thread, each, now)
        outbox.add(connection, thread.person_id, None, each.calls, now, staff_message_id=number, late=each.late)
        if each.kind == "reply":
            note_staff(connection, thread, now)


def _taken(thread: Thread) -> str:
    if not thread.open:
        return "This conversation is closed already."
    if thread.state == "waiting":
        return "Nobody has this conversation now: take it first."
    who = thread.holder or "somebody in the platform's own inbox"
    return f"{who} has this conversation."
