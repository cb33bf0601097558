"""Contest entries: drafts, what is entered, each entry's photo, and the receipts' numbers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.store.contest_tables import EntryRow, PhotoRow
from bot.store.engine import writing
from bot.store.events import message_from_json
from bot.store.library_tables import ContestRow
from bot.store.message_tables import InboxRow, PersonRow
from bot.store.rows import insert_ignore
from connectors.messages import Media

entries, photos, contests = EntryRow.__table__, PhotoRow.__table__, ContestRow.__table__
people, inbox = PersonRow.__table__, InboxRow.__table__

DRAFT, ENTERED, ACCEPTED, REFUSED, CHANGE_ASKED, WITHDRAWN = (
    *("draft", "entered", "accepted", "refused"),
    *("change_asked", "withdrawn"),
)
# The states that count against "entries a person".
STANDING = frozenset({ENTERED, ACCEPTED, CHANGE_ASKED})
FETCHING, READY, FAILED = "fetching", "ready", "failed"
# What a form that was left half-way is kept for.
DRAFT_KEPT = timedelta(days=7)


@dataclass(frozen=True)
class Photo:
    """A photo sent for an entry: see PhotoRow."""

    id: int
    entry_id: int
    state: str
    problem: str
    original: str
    web: str
    thumb: str
    width: int | None
    height: int | None
    bytes: int | None
    sha256: str
    phash: str
    mime: str
    as_document: bool
    received_at: datetime
    ready_at: datetime | None


@dataclass(frozen=True)
class Entry:
    """One entry: see EntryRow. `photo`: the newest that is ready; `latest`: the newest of all.

    `description` is None until it was given or skipped.
    """

    id: int
    contest: str
    number: int | None
    person_id: int | None
    state: str
    language: str
    title: str
    description: str | None
    shown_name: str
    who: str
    contact: str
    rules_version: str
    agreed_at: datetime | None
    began_at: datetime
    entered_at: datetime | None
    changed_at: datetime
    photo: Photo | None = None
    latest: Photo | None = None

    @property
    def alternative(self) -> str:
        """What the photo shows, for who can't see it."""
        return self.description or self.title


def of_person(engine: Engine, person_id: int, contest: str | None = None) -> tuple[Entry, ...]:
    """Return a person's entries, drafts too, oldest first; of one contest, or of all."""
    mine = [entries.c.person_id == person_id]
    if contest is not None:
        mine.append(entries.c.contest == contest)
    with engine.connect() as connection:
        return _read(connection, *mine)


def of_contest(engine: Engine, contest: str, states: Collection[str] = STANDING) -> tuple[Entry, ...]:
    """Return a contest's entries in these states, by number."""
    with engine.connect() as connection:
        found = _read(connection, entries.c.contest == contest, entries.c.state.in_(sorted(states)))
    return tuple(sorted(found, key=lambda each: (each.number is None, each.number, each.id)))


def one(engine: Engine, contest: str, number: int) -> Entry | None:
    """Return the entry with this number, or None."""
    with engine.connect() as connection:
        return next(iter(_read(connection, entries.c.contest == contest, entries.c.number == number)), None)


def by_id(engine: Engine, entry_id: int) -> Entry | None:
    """Return an entry by its row's id, or None."""
    with engine.connect() as connection:
        return next(iter(_read(connection, entries.c.id == entry_id)), None)


def draft_of(engine: Engine, person_id: int, contest: str) -> Entry | None:
    """Return what a person has begun to enter, or None."""
    return next((each for each in of_person(engine, person_id, contest) if each.state == DRAFT), None)


def begin(engine: Engine, person_id: int, contest: str, language: str, now: datetime) -> Entry:
    """Return a person's draft, begun now if there is none."""
    with writing(engine) as connection:
        _lock(connection, contest)
        mine = (entries.c.person_id == person_id, entries.c.contest == contest, entries.c.state == DRAFT)
        found = _read(connection, *mine)
        if not found:
            values = {"person_id": person_id, "contest": contest, "state": DRAFT, "language": language}
            connection.execute(sa.insert(entries).values(**values, began_at=now, changed_at=now))
            found = _read(connection, *mine)
        return found[0]


def change(engine: Engine, entry_id: int, now: datetime, **values: Any) -> None:
    """Change some of an entry's columns."""
    with engine.begin() as connection:
        changed = sa.update(entries).where(entries.c.id == entry_id)
        connection.execute(changed.values(**values, changed_at=now))


def discard(engine: Engine, entry_id: int) -> bool:
    """Delete a draft with its photos, whose files are swept. False: it is no draft any more."""
    with engine.begin() as connection:
        gone = sa.delete(entries).where(entries.c.id == entry_id, entries.c.state == DRAFT)
        return bool(connection.execute(gone).rowcount)


def enter(engine: Engine, entry_id: int, most: int | None, now: datetime) -> Entry | None:
    """Turn a draft into an entry with the contest's next number, and return it.

    An entry that was entered before is returned as it is, so that a message answered twice has one receipt. None: it
    is gone, or its person has `most` entries already.
    """
    with writing(engine) as connection:
        contest = connection.execute(sa.select(entries.c.contest).where(entries.c.id == entry_id)).scalar()
        _lock(connection, contest or "")
        found = next(iter(_read(connection, entries.c.id == entry_id)), None)
        if found is None or found.state != DRAFT:
            return found
        there = entries.c.contest == found.contest
        mine = sa.and_(there, entries.c.person_id == found.person_id, entries.c.state.in_(sorted(STANDING)))
        count = sa.select(sa.func.count()).select_from(entries)
        if most is not None and connection.execute(count.where(mine)).scalar_one() >= most:
            return None
        last = connection.execute(sa.select(sa.func.max(entries.c.number)).where(there)).scalar()
        numbered = sa.update(entries).where(entries.c.id == entry_id, entries.c.state == DRAFT)
        connection.execute(numbered.values(number=(last or 0) + 1, state=ENTERED, entered_at=now, changed_at=now))
        return _read(connection, entries.c.id == entry_id)[0]


def withdraw(engine: Engine, entry_id: int, now: datetime) -> bool:
    """Withdraw an entry. Its number is never given again. False: it does not stand any more."""
    return move(engine, entry_id, WITHDRAWN, now, before=STANDING)


def move(engine: Engine, entry_id: int, state: str, now: datetime, *, before: Collection[str]) -> bool:
    """Move an entry to another state if it is in one of those `before`. False: it is not."""
    with engine.begin() as connection:
        moved = sa.update(entries).where(entries.c.id == entry_id, entries.c.state.in_(sorted(before)))
        return bool(connection.execute(moved.values(state=state, changed_at=now)).rowcount)


def add_photo(
    engine: Engine, entry_id: int, sent_as: str, source: Mapping[str, Any], now: datetime, *, as_document: bool = False
) -> None:
    """Add a photo to be fetched from the platform; one that was added before is left as it is.

    `source`: a connectors.messages.Media as JSON, and the channel. An entry that staff have judged goes back to them.
    """
    with engine.begin() as connection:
        added = insert_ignore(
            connection,
            photos,
            entry_id=entry_id,
            sent_as=sent_as,
            state=FETCHING,
            problem="",
            source=dict(source),
            as_document=as_document,
            tries=0,
            next_try_at=now,
            received_at=now,
        )
        if added:
            judged = sa.update(entries).where(entries.c.id == entry_id, entries.c.state.in_([ACCEPTED, CHANGE_ASKED]))
            connection.execute(judged.values(state=ENTERED, changed_at=now))


def source_of(channel: str, media: Media) -> dict[str, Any]:
    """Return where a photo is, as it is stored."""
    return {"channel": channel, "type": media.type, "url": media.url, "id": media.id, "mime": media.mime}


def named_files(engine: Engine) -> set[str]:
    """Return the storage keys that rows name: every other file is nobody's."""
    columns = (photos.c.original, photos.c.web, photos.c.thumb)
    with engine.connect() as connection:
        return {key for row in connection.execute(sa.select(*columns)) for key in row if key}


def _lock(connection: Connection, contest: str) -> None:
    """Let nobody else begin or enter in this contest until the transaction ends. SQLite's writers are alone anyway."""
    connection.execute(sa.select(contests.c.id).where(contests.c.key == contest).with_for_update())


def _read(connection: Connection, *where: Any) -> tuple[Entry, ...]:
    rows = connection.execute(sa.select(entries).where(*where).order_by(entries.c.id)).all()
    theirs: dict[int, list[Photo]] = {}
    query = sa.select(photos).where(photos.c.entry_id.in_(sa.select(entries.c.id).where(*where)))
    for row in connection.execute(query.order_by(photos.c.id)):
        theirs.setdefault(row.entry_id, []).append(_as(Photo, row))
    return tuple(_entry(row, theirs.get(row.id, ())) for row in rows)


def _entry(row: Row, sent: Sequence[Photo]) -> Entry:
    ready = [each for each in sent if each.state == READY]
    return _as(Entry, row, photo=ready[-1] if ready else None, latest=sent[-1] if sent else None)


def _as(kind: Any, row: Row, **more: Any) -> Any:
    """Return a row as a dataclass of the same names."""
    return kind(**{name: row[name] for name in kind.__dataclass_fields__ if name in row._fields}, **more)


@dataclass(frozen=True)
class Entrant:
    """Who enters, by the name of their conversation."""

    id: int
    channel: str


def entrant(engine: Engine, conversation: str) -> Entrant | None:
    """Return who has a conversation; None for one that belongs to nobody, such as a trial of staff's."""
    query = sa.select(people.c.id, people.c.channel).where(people.c.conversation == conversation)
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return Entrant(row.id, row.channel) if row else None


def add_sent(engine: Engine, entry_id: int, who: Entrant, message_id: str, place: int, now: datetime) -> bool:
    """Add a photo by the message that it came with, and its place in that. False: they sent no such message."""
    query = sa.select(inbox.c.id, inbox.c.event).where(
        inbox.c.channel == who.channel, inbox.c.message_id == message_id[:255], inbox.c.person_id == who.id
    )
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    media = message_from_json(row.event).media if row else ()
    if not 0 <= place < len(media):
        return False
    each = media[place]
    as_document = each.type in {"document", "file"}
    add_photo(engine, entry_id, f"{row.id}:{place}", source_of(who.channel, each), now, as_document=as_document)
    return True


def taken(engine: Engine, who: Entrant, sent: Sequence[str]) -> frozenset[str]:
    """Return which photos, "<message>#<place in it>" each, are in an entry of that person's."""
    places = {each: each.rpartition("#") for each in sent}
    names = {message[:255] for message, _, _ in places.values()}
    query = sa.select(inbox.c.message_id, inbox.c.id).where(
        inbox.c.channel == who.channel, inbox.c.person_id == who.id, inbox.c.message_id.in_(sorted(names))
    )
    mine = sa.select(photos.c.sent_as).join(entries).where(entries.c.person_id == who.id)
    with engine.connect() as connection:
        numbers = dict(connection.execute(query).all())
        there = set(connection.execute(mine).scalars())
    return frozenset(
        each for each, (message, _, place) in places.items() if f"{numbers.get(message[:255])}:{place}" in there
    )
