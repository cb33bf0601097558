"""Runs Duckling in a few light processes; one whose text costs too much is killed and replaced.

This module does not use Rasa, so that any code that reads times can use it. See bot.nlu.duckling_child for the
processes.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

# Processor time for one text.
BUDGET_SECONDS = 0.15
# Wall-clock time, longer because the machine may be busy and a process needs a tenth of it to start.
PATIENCE_SECONDS = 1.0
START_SECONDS = 10.0
# One that reads, and two ready in case it is killed: each takes 30 MB, and a tenth of a second to start.
PROCESSES = 3
MOST_REMEMBERED = 512


@dataclass(frozen=True)
class Answer:
    """What Duckling found in a text, and the processor time it took in seconds."""

    found: list[dict[str, Any]]
    seconds: float


class _Gone(Exception):
    """The process has ended, through no fault of the text."""


class _Over(Exception):
    """The text takes too much time or memory."""


class _Slow(Exception):
    """No answer came in time, although the text has not used up its processor time."""


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    ready: bool = False
    rest: bytes = field(default=b"")

    @classmethod
    def started(cls) -> _Child:
        # Started with exec, so nothing of this process's memory is copied. The pipes close when this process ends,
        # however it ends, and that ends the child too.
        command = [sys.executable, "-m", "bot.nlu.duckling_child"]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        return cls(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, bufsize=0))  # noqa: S603

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not self.ready:
            self._line(START_SECONDS)
            self.ready = True
        assert self.process.stdin is not None  # noqa: S101 - it is a pipe
        try:
            self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        except BrokenPipeError:
            raise _Gone from None
        answered: dict[str, Any] = json.loads(self._line(PATIENCE_SECONDS))
        return answered

    def is_ready(self) -> bool:
        assert self.process.stdout is not None  # noqa: S101
        return self.ready or bool(select.select([self.process.stdout], [], [], 0)[0])

    def _line(self, seconds: float) -> bytes:
        assert self.process.stdout is not None  # noqa: S101
        until = time.monotonic() + seconds
        while b"\n" not in self.rest:
            if not select.select([self.process.stdout], [], [], max(0.0, until - time.monotonic()))[0]:
                raise _Slow
            read = self.process.stdout.read(65536)
            if not read:
                raise _Gone if self.process.wait() in (-signal.SIGKILL, -signal.SIGTERM) or not self.ready else _Over
            self.rest += read
        line, self.rest = self.rest.split(b"\n", 1)
        return line

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


class Pool:
    """Processes that read times, one text at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._children: list[_Child] = []
        self._over: OrderedDict[tuple[str, str, str], None] = OrderedDict()
        self._of = os.getpid()

    def start(self) -> None:
        """Start the missing processes without waiting for them."""
        with self._lock:
            self._fill()

    def read(self, text: str, at: int, zone: str, locale: str, *, seconds: float = BUDGET_SECONDS) -> Answer | None:
        """Return what Duckling finds in `text` at `at`, in seconds since 1970; None if the text costs too much.

        Raises ValueError for an unknown zone or locale, OSError if no process can be started.
        """
        key = (text, zone, locale)
        asked = {"text": text, "at": at, "zone": zone, "locale": locale, "seconds": seconds}
        with self._lock:
            if key in self._over:
                self._over.move_to_end(key)
                return None
            for _ in range(PROCESSES + 1):  # something else may have killed any of them in the meantime
                self._fill()
                child = next((each for each in self._children if each.is_ready()), self._children[0])
                try:
                    answered = child.ask(asked)
                except (_Gone, _Over, _Slow) as problem:
                    self._children.remove(child)
                    child.end()
                    self._fill()
                    if isinstance(problem, _Gone):
                        continue
                    if isinstance(problem, _Over):
                        self._remember(key)
                    return None
                if "problem" in answered:
                    raise ValueError(f"Duckling could not read with zone {zone} and locale {locale}")
                return Answer(answered["found"], answered["seconds"])
        raise OSError("No process that reads times stays alive")

    def close(self) -> None:
        """End the processes; the next text starts new ones."""
        with self._lock:
            for child in self._children:
                child.end()
            self._children.clear()

    def _fill(self) -> None:
        if self._of != os.getpid():  # after a fork, these belong to the other process
            self._children, self._of = [], os.getpid()
        while len(self._children) < PROCESSES:
            self._children.append(_Child.started())

    def _remember(self, key: tuple[str, str, str]) -> None:
        # A flood of the same text then kills one process in all, not one per message.
        self._over[key] = None
        while len(self._over) > MOST_REMEMBERED:
            self._over.popitem(last=False)


@lru_cache(maxsize=1)
def shared() -> Pool:
    """Return this process's pool."""
    return Pool()
