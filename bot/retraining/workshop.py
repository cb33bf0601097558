"""The trainer's environment: its folders, its clock, and running commands that are monitored and can be stopped."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Engine

NICE = 10
LONGEST_LOG = 20_000
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_NOISE = re.compile(r"Warning: |^\s+(import|from|declare|Base:|rasa\.shared)|tensorflow|cuda|TF-TRT|oneDNN")


class Cancelled(Exception):
    """Somebody has asked to stop."""


class TrainingError(Exception):
    """The job cannot be done; the message tells whoever requested it why."""


@dataclass(frozen=True)
class Workshop:
    """Folders, store and clock of the trainer. `root` is the project; `command` returns the argv to run a module."""

    engine: Engine
    root: Path
    var: Path
    models: Path
    now: Callable[[], datetime]
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Callable[..., Sequence[str]] = lambda module, *words: (sys.executable, "-m", "bot.quietly", module, *words)

    @property
    def candidates(self) -> Path:
        """Where models are kept that do not answer students: Rasa loads the newest in the parent folder."""
        return self.models / "candidates"

    def model_file(self, name: str) -> Path | None:
        """Return a model's file, or None when it is gone."""
        for folder in (self.models, self.candidates):
            if (folder / f"{name}.tar.gz").exists():
                return folder / f"{name}.tar.gz"
        return None


def readable(log: str) -> str:
    """Return a command's output without what no librarian needs: colours, library warnings."""
    lines = [_COLOURS.sub("", line).rstrip() for line in log.splitlines()]
    return "\n".join(line for line in lines if line and not _NOISE.search(line))[-LONGEST_LOG:]


def run(
    shop: Workshop, words: Sequence[str], tick: Callable[[float], bool], *, log: list[str], seconds: float = 900.0
) -> None:
    """Run a command at low priority; `tick` gets the elapsed seconds every 0.3 s and returns False to stop it.

    Its output is added to `log`. Raises Cancelled, and TrainingError when it fails or takes too long.
    """
    started = time.monotonic()
    # A file, not a pipe: the command does not block on unread output.
    with tempfile.TemporaryFile("w+b") as out:
        process = subprocess.Popen(  # noqa: S603 - our own commands
            ["/usr/bin/env", "nice", "-n", str(NICE), *words],  # students' messages take priority
            cwd=shop.root,
            env={**os.environ, **shop.environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        pause = threading.Event()
        try:
            while process.poll() is None:
                if not tick(time.monotonic() - started):
                    raise Cancelled
                if time.monotonic() - started > seconds:
                    raise TrainingError(f"It took longer than {seconds:.0f} seconds and was stopped.")
                pause.wait(0.3)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            out.seek(0)
            log.append(readable(out.read().decode("utf-8", "replace")))
    if process.returncode != 0:
        last = [line for line in log[-1].splitlines() if line.strip()][-1:] or ["It said nothing."]
        raise TrainingError(f"The work ended with an error: {last[0][:400]}")
