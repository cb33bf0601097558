"""Photos on the library's Facebook page: which to publish or take down next, and how many people like each."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.contest_staff_tables import PostRow
from bot.store.contest_tables import EntryRow
from bot.store.entries import ACCEPTED
from bot.store.rows import insert_ignore

posts, entries = PostRow.__table__, EntryRow.__table__
WAITING, POSTED, REMOVING, FAILED = "waiting", "posted", "removing", "failed"


@dataclass(frozen=True)
class Post:
    """A photo on the page, or on its way there or away: see PostRow."""

    id: int
    contest: str
    entry_id: int | None
    caption: str
    platform_id: str
    state: str
    tries: int
    next_try_at: datetime
    problem: str
    posted_at: datetime | None
    likes: int | None
    read_at: datetime | None


_COLUMNS = [posts.c[name] for name in Post.__dataclass_fields__]


def ask(engine: Engine, contest: str, captions: dict[int, str], by: str, now: datetime) -> int:
    """Have accepted entries published, by id with their captions; return how many are new, or tried again."""
    done = 0
    with engine.begin() as connection:
        there = entries.c.id.in_(sorted(captions))
        query = sa.select(entries.c.id).where(there, entries.c.contest == contest, entries.c.state == ACCEPTED)
        for entry_id in connection.execute(query).scalars().all():
            fresh: dict[str, Any] = {"caption": captions[entry_id], "state": WAITING, "by": by, "at": now}
            fresh |= {"next_try_at": now, "problem": ""}
            added = insert_ignore(connection, posts, contest=contest, entry_id=entry_id, tries=0, **fresh)
            again = sa.update(posts).where(posts.c.entry_id == entry_id, posts.c.state == FAILED)
            # What failed may be there all the same: `tries` stays, so that it is looked for first.
            done += 1 if added else int(connection.execute(again.values(**fresh)).rowcount)
    return done


def take_down(engine: Engine, contest: str, post_id: int, now: datetime) -> bool:
    """Have a photo taken down, or not published. False: there is none to take down."""
    with engine.begin() as connection:
        mine = (posts.c.id == post_id, posts.c.contest == contest)
        gone = sa.delete(posts).where(*mine, posts.c.state == WAITING, posts.c.tries == 0)
        if connection.execute(gone).rowcount:
            return True
        moved = sa.update(posts).where(*mine, posts.c.state.in_([WAITING, POSTED, FAILED]))
        values = {"state": REMOVING, "next_try_at": now, "problem": ""}
        return bool(connection.execute(moved.values(**values)).rowcount)


def settle(engine: Engine, now: datetime) -> int:
    """Mark photos whose entries are not accepted any more, or are gone, to be taken down; return how many."""
    accepted = sa.select(entries.c.id).where(entries.c.state == ACCEPTED)
    over = sa.or_(posts.c.entry_id.is_(None), posts.c.entry_id.not_in(accepted))
    there = sa.and_(over, posts.c.state.in_([WAITING, POSTED, FAILED]))
    with engine.connect() as connection:  # which is all that happens nearly every time
        if connection.execute(sa.select(posts.c.id).where(there).limit(1)).first() is None:
            return 0
    with engine.begin() as connection:
        moved = sa.update(posts).where(there)
        return int(connection.execute(moved.values(state=REMOVING, next_try_at=now, problem="")).rowcount)


def take(engine: Engine, now: datetime, seconds: float) -> Post | None:
    """Return the photo to publish or take down that has waited longest, and keep other workers from it for so long."""
    due = (posts.c.state.in_([WAITING, REMOVING]), posts.c.next_try_at <= now)
    query = sa.select(*_COLUMNS).where(*due).order_by(posts.c.next_try_at, posts.c.id).limit(1)
    until = now + timedelta(seconds=seconds)
    with engine.begin() as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        # What is read here counts earlier tries: this one may end without a word.
        ours = sa.update(posts).where(posts.c.id == row.id, *due).values(next_try_at=until, tries=posts.c.tries + 1)
        if not connection.execute(ours).rowcount:
            return None
    return Post(**{**row._mapping, "next_try_at": until})


def published(engine: Engine, post: Post, platform_id: str, now: datetime) -> bool:
    """Record that a photo is on the page. False: another worker has it by now, or it is to be taken down.

    Its number is kept in any case: what is to be taken down can only be found by it.
    """
    with engine.begin() as connection:
        known = {"platform_id": platform_id, "posted_at": now}
        values = {**known, "state": POSTED, "next_try_at": now, "problem": "", "tries": 0}
        if connection.execute(_ours(post).where(posts.c.state == WAITING).values(**values)).rowcount:
            return True
        connection.execute(sa.update(posts).where(posts.c.id == post.id, posts.c.platform_id == "").values(**known))
        return False


def removed(engine: Engine, post: Post) -> None:
    """Forget a photo that is not on the page any more."""
    with engine.begin() as connection:
        connection.execute(sa.delete(posts).where(posts.c.id == post.id, posts.c.state == REMOVING))


def again(engine: Engine, post: Post, at: datetime, problem: str) -> None:
    """Record when a photo is tried again, and why it was not done."""
    with engine.begin() as connection:
        connection.execute(_ours(post).values(next_try_at=at, problem=problem[:500]))


def failed(engine: Engine, post: Post, problem: str) -> None:
    """Give up publishing a photo until staff ask again."""
    with engine.begin() as connection:
        connection.execute(_ours(post).where(posts.c.state == WAITING).values(state=FAILED, problem=problem[:500]))


def _ours(post: Post) -> Any:
    return sa.update(posts).where(posts.c.id == post.id, posts.c.next_try_at == post.next_try_at)


def to_read(engine: Engine, now: datetime, every: timedelta, limit: int) -> tuple[Post, ...]:
    """Return photos on the page whose likes are due, and leave them alone for `every` from now on."""
    due = (posts.c.state == POSTED, posts.c.next_try_at <= now)
    query = sa.select(*_COLUMNS).where(*due).order_by(posts.c.next_try_at, posts.c.id).limit(limit)
    with engine.begin() as connection:
        rows = connection.execute(query).all()
        ids = [row.id for row in rows]
        later = sa.update(posts).where(posts.c.id.in_(ids), posts.c.state == POSTED)
        connection.execute(later.values(next_try_at=now + every))
    return tuple(Post(**row._mapping) for row in rows)


def read(engine: Engine, found: Sequence[tuple[int, int | None]], now: datetime) -> None:
    """Record how many people like each photo, by its row's id; None: it is not on the page any more."""
    with engine.begin() as connection:
        for post_id, likes in found:
            mine = sa.update(posts).where(posts.c.id == post_id, posts.c.state == POSTED)
            if likes is None:
                gone = "The photo is not on the page any more: somebody has deleted it there."
                connection.execute(mine.values(state=FAILED, problem=gone, platform_id="", tries=0))
            else:
                connection.execute(mine.values(likes=likes, read_at=now, problem=""))


def unread(engine: Engine, found: Collection[int], problem: str) -> None:
    """Record why likes can't be read now."""
    with engine.begin() as connection:
        mine = sa.update(posts).where(posts.c.id.in_(sorted(found)), posts.c.state == POSTED)
        connection.execute(mine.values(problem=problem[:500]))


def of_contest(engine: Engine, contest: str) -> tuple[Post, ...]:
    """Return an edition's photos that are on the page, or on their way there or away."""
    query = sa.select(*_COLUMNS).where(posts.c.contest == contest).order_by(posts.c.id)
    with engine.connect() as connection:
        return tuple(Post(**row._mapping) for row in connection.execute(query))
