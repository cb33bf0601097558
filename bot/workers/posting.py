"""Publishes accepted photos on the library's Facebook page when staff ask, takes them down, and reads their likes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.calendar.contests import phase
from bot.contest.storage import Missing, Storage, StorageError
from bot.outages import Outage
from bot.store import entries_shown, library, posts
from bot.store.posts import REMOVING, Post
from bot.workers.retries import delay
from connectors.errors import OperatorError, PermanentError, RetryableError, SendError
from connectors.photos import AT_ONCE, PhotoPage

log = structlog.get_logger("carrel.contest")

# One photo at a time with a pause: a page that publishes a hundred at once is taken for spam.
EVERY_SECONDS = 3.0
# Longer than looking for a photo, uploading it and taking it down may take (connectors.deadline).
LEASE_SECONDS = 90.0
READ_EVERY = timedelta(hours=1)
OPERATOR_WAIT = timedelta(minutes=10)
MOST_TRIES = 12
NO_FILE = "The photo's file is not there: it is on its way, or was deleted."


@dataclass(frozen=True)
class Posting:
    """Dependencies."""

    engine: Engine
    page: PhotoPage
    storage: Storage
    now: Callable[[], datetime]
    zone: ZoneInfo

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, and wait while the store is down."""
        trouble, wait = Outage(log, "posting"), EVERY_SECONDS
        while not stop.wait(wait):
            try:
                self.step()
                self.read()
                trouble.back()
                wait = EVERY_SECONDS
            except SQLAlchemyError as error:
                wait = max(EVERY_SECONDS, trouble.gone(error))

    def step(self) -> bool:
        """Publish a photo, or take one down; return whether there was one to do."""
        posts.settle(self.engine, self.now())
        post = posts.take(self.engine, self.now(), LEASE_SECONDS)
        if post is None:
            return False
        try:
            if post.state == REMOVING:
                self._remove(post)
            else:
                self._publish(post)
        except (RetryableError, StorageError) as error:
            self._later(post, error)
        except OperatorError as error:
            posts.again(self.engine, post, self.now() + OPERATOR_WAIT, error.reason)
            log.error("operator_needed", channel="page", code=error.code, reason=error.reason)
        except PermanentError as error:
            if post.state == REMOVING:
                self._later(post, error)
            else:
                posts.failed(self.engine, post, error.reason)
            log.warning("photo_not_published", code=error.code)
        return True

    def _publish(self, post: Post) -> None:
        entry = entries_shown.by_id(self.engine, post.entry_id or 0)
        if entry is None or not entry.web:
            posts.failed(self.engine, post, NO_FILE)
            return
        try:
            picture = self.storage.open(entry.web)
        except Missing:
            posts.failed(self.engine, post, NO_FILE)
            return
        # Meta has no key against duplicates: an earlier try that ended without a word may have published it.
        there = self.page.find(post.caption) if post.tries else None
        number = there or self.page.publish(picture, post.caption, entry.alternative)
        if posts.published(self.engine, post, number, self.now()):
            log.info("photo_published", tries=post.tries + 1)

    def _remove(self, post: Post) -> None:
        number = post.platform_id or (self.page.find(post.caption) if post.tries else None)
        if number:
            self.page.remove(number)
        posts.removed(self.engine, post)

    def _later(self, post: Post, error: SendError | StorageError) -> None:
        """Try again later. Publishing is given up at last; taking down never is."""
        reason = error.reason if isinstance(error, SendError) else str(error)
        if post.tries + 1 >= MOST_TRIES and post.state != REMOVING:
            posts.failed(self.engine, post, f"{reason} Given up after {MOST_TRIES} tries.")
            return
        floor = getattr(error, "retry_after", None)
        seconds = delay(post.tries, base=5.0, cap=3600.0, floor=floor)
        posts.again(self.engine, post, self.now() + timedelta(seconds=seconds), reason)

    def read(self) -> int:
        """Read the likes of photos that are due; return of how many. Editions that are decided are left as they are."""
        at = self.now()
        found = posts.to_read(self.engine, at, READ_EVERY, AT_ONCE)
        if not found:  # nearly always: the facts, which are many, are not read every few seconds
            return 0
        contests = library.read_facts(self.engine, self.zone).contests
        current = {each.key for each in contests if phase(each, at) not in {"draft", "results", "archived"}}
        due = [each for each in found if each.contest in current]
        if not due:
            return 0
        try:
            likes = self.page.likes([each.platform_id for each in due])
        except SendError as error:
            posts.unread(self.engine, [each.id for each in due], error.reason)
            log.warning("likes_not_read", code=error.code)
            return 0
        posts.read(self.engine, [(each.id, likes.get(each.platform_id)) for each in due], self.now())
        return len(due)
