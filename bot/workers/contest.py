"""The contest's background work: fetches photos, cleans them, reminds of closing, and sweeps what belongs to nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.contest import photos
from bot.contest.photos import Cleaned, PhotoProblem
from bot.contest.storage import Storage, StorageError, new_key
from bot.handover import FREE, window
from bot.outages import Outage
from bot.store import contest_photos, entries, library, people, posters
from bot.store.contest_photos import Job
from bot.unasked import Quiet
from bot.workers.retries import delay
from connectors import downloads
from connectors.channel import Channel
from connectors.downloads import DownloadError, Resolve, TooLarge
from connectors.messages import Choice, OutboundCall, Reply

log = structlog.get_logger("carrel.contest")

EVERY_SECONDS, SWEEP_EVERY = 1.0, timedelta(minutes=10)
# A killed worker's photo is taken up by another after this long; fetching and cleaning one takes seconds.
LEASE_SECONDS = 120.0
# As long as the student can still be told, and the platforms keep the file.
TRIED_FOR = timedelta(hours=20)
# The largest file, where the edition names no size and whatever it names: a photo of forty megapixels is smaller.
MOST_MB = 32
# A file is swept only when it is so old that no worker can still be about to name it in a row.
UNNAMED_FOR = timedelta(hours=1)
REMIND_AHEAD = timedelta(days=1)
# What is said, from the store: contest_entering-<problem>, contest_entering-reminder.
TOPIC = "contest_entering"


@dataclass(frozen=True)
class ContestWorker:
    """Dependencies. `channels` say where files are, and render; `wake` has a person's outbox looked at.

    `quiet`: when nobody is reminded.
    """

    engine: Engine
    channels: Mapping[str, Channel]
    client: httpx.Client
    storage: Storage
    now: Callable[[], datetime]
    wake: Callable[[int], None]
    quiet: Quiet
    resolve: Resolve = downloads.resolved

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, and wait while the store is down."""
        trouble, wait, swept = Outage(log, "contest"), EVERY_SECONDS, datetime.min.replace(tzinfo=self.now().tzinfo)
        while not stop.wait(wait):
            try:
                while not stop.is_set() and self.fetch_one():
                    pass
                if self.now() - swept >= SWEEP_EVERY:
                    swept = self.now()
                    self.remind()
                    self.sweep()
                trouble.back()
                wait = EVERY_SECONDS
            except (SQLAlchemyError, StorageError) as error:
                wait = max(EVERY_SECONDS, trouble.gone(error))

    def fetch_one(self) -> bool:
        """Fetch the photo that has waited longest; return whether there was one."""
        job = contest_photos.take(self.engine, self.now(), LEASE_SECONDS)
        if job is None:
            return False
        try:
            found = photos.cleaned(self._downloaded(job), photos.taken(job.file_types))
            self._keep(job, found)
        except PhotoProblem as problem:
            self._give_up(job, problem.word)
        except (DownloadError, StorageError) as error:
            if isinstance(error, DownloadError) and not error.again:
                self._give_up(job, photos.TOO_LARGE if isinstance(error, TooLarge) else photos.GONE)
            elif self.now() - job.received_at > TRIED_FOR:
                self._give_up(job, photos.GONE)
            else:
                later = delay(job.tries, base=1.0, cap=600.0)
                contest_photos.again(self.engine, job, self.now() + timedelta(seconds=later))
                log.warning("photo_not_yet", error=type(error).__name__, tries=job.tries, again_in=round(later, 1))
        return True

    def _downloaded(self, job: Job) -> bytes:
        channel = self.channels.get(job.channel)
        if channel is None:
            raise DownloadError("The channel is switched off.", again=True)
        most = min(job.max_file_mb or MOST_MB, MOST_MB) * 1024 * 1024
        return downloads.fetch(self.client, channel.source_of(job.media), self.resolve, most=most).body

    def _keep(self, job: Job, found: Cleaned) -> None:
        files = {"original": found.original, "web": found.web, "thumb": found.thumb}
        keys = {name: new_key(file.ending) for name, file in files.items()}
        for name, file in files.items():
            self.storage.put(keys[name], file.body, file.mime)
        known: dict[str, Any] = {
            **keys,
            "width": found.width,
            "height": found.height,
            "bytes": len(found.original.body),
            "sha256": found.sha256,
            "phash": found.phash,
            "mime": found.original.mime,
        }
        if contest_photos.ready(self.engine, job, known, self.now()):
            log.info("photo", bytes=known["bytes"], tries=job.tries)
            return
        for key in keys.values():
            self.storage.delete(key)

    def _give_up(self, job: Job, problem: str) -> None:
        calls = self._notice(job.person_id, job.language, problem)
        if contest_photos.failed(self.engine, job, problem, calls, self.now()):
            log.info("photo_not_taken", problem=problem, tries=job.tries)
            if job.person_id is not None:
                self.wake(job.person_id)

    def _notice(self, person_id: int | None, language: str, key: str) -> list[OutboundCall]:
        """Return the calls that tell a person something now; none where the platform's window is closed."""
        if person_id is None:
            return []
        person = people.get(self.engine, person_id)
        channel = self.channels.get(person.address.channel)
        answers = library.answers_in(self.engine, person.language or language, TOPIC)
        said = {each.key: each for each in answers}.get(f"{TOPIC}-{key}")
        if channel is None or said is None or window(channel, person, self.now()).way != FREE:
            return []
        going_on = (Choice(said.title, "/contest_join"),) if key == "reminder" else ()
        return list(channel.render(Reply(text=said.text, choices=going_on), person.address))

    def remind(self) -> int:
        """Remind those who have begun, a day before closing, as far as the platform's window allows; return how many.

        Whoever can't be told now is looked at again: they may write before it closes. Nobody is reminded at night.
        """
        if self.quiet.holds(self.now()):
            return 0
        done = 0
        for entry_id, person_id, language in contest_photos.to_remind(self.engine, self.now(), REMIND_AHEAD):
            calls = self._notice(person_id, language, "reminder")
            if calls and contest_photos.remind(self.engine, entry_id, person_id, calls, self.now()):
                self.wake(person_id)
                done += 1
        return done

    def sweep(self) -> int:
        """Delete drafts left for seven days, and files that no row names; return how many files."""
        contest_photos.drop_old_drafts(self.engine, self.now())
        # First the files, then the rows: a file written in between is not in the list.
        kept = self.storage.keys()
        there = [key for key, written in kept if self.now() - written > UNNAMED_FOR]
        named = entries.named_files(self.engine) | posters.named(self.engine) if there else set()
        unnamed = [key for key in there if key not in named]
        for key in unnamed:
            self.storage.delete(key)
        return len(unnamed)
