"""Deletes the photos' files of editions whose days are over; names and titles of winners stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.engine import Engine

from bot.calendar.contests import files_end
from bot.contest.storage import Storage, StorageError
from bot.store import photo_files

log = structlog.get_logger("carrel.contest")


@dataclass(frozen=True)
class PhotoEnd:
    """Dependencies."""

    engine: Engine
    photos: Storage
    now: Callable[[], datetime]
    zone: ZoneInfo

    def run(self) -> int:
        """Delete what is due; return how many files."""
        done = 0
        for contest in photo_files.ending(self.engine, self.zone):
            ends = files_end(contest)
            if ends is None or self.now() < ends:
                continue
            while keys := photo_files.forget_files(self.engine, contest.key):
                for key in keys:
                    try:
                        self.photos.delete(key)
                    except StorageError as error:  # no row names it any more: the sweep deletes it later
                        log.warning("photo_not_deleted", error=type(error).__name__)
                done += len(keys)
        if done:
            log.info("photos_deleted", files=done)
        return done
