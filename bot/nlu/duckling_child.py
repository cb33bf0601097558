"""Runs Duckling in a separate process that is killed when a text costs too much: `python -m bot.nlu.duckling_child`.

It reads a line of JSON (`text`, `zone`, `locale`, `at`: seconds since 1970, `seconds`: the processor time it may take)
and writes a line: what Duckling `found` and the `seconds` it took, or a `problem`. The first line written says that it
is ready. It ends when its input does, so that it never outlives its parent. bot.nlu.duckling_pool starts it; it does
not import Rasa.
"""

from __future__ import annotations

import json
import resource
import shutil
import signal
import sys
import tempfile
import time
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import duckling

# What a text may use, on top of what the reader needs when idle.
MEGABYTES = 64
_WARM = {"text": "tomorrow at 5pm", "zone": "UTC", "locale": "EN_GB", "at": 0}


@lru_cache(maxsize=16)
def _zones(name: str) -> Any:
    """Return Duckling's table for this one zone: all six hundred would take a third of a second and 35 MB."""
    with tempfile.TemporaryDirectory() as folder, as_file(files("tzdata") / "zoneinfo" / name) as source:
        target = Path(folder) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        return duckling.load_time_zones(folder)


@lru_cache(maxsize=4)
def _locale(name: str) -> Any:
    language = duckling.parse_lang(name.split("_")[0])
    return duckling.parse_locale(name, duckling.default_locale_lang(language))


@lru_cache(maxsize=1)
def _dimensions() -> Any:
    return duckling.parse_dimensions(["time"])


def read(asked: dict[str, Any]) -> Any:
    """Return what Duckling finds."""
    reference = duckling.parse_ref_time(_zones(asked["zone"]), asked["zone"], asked["at"])
    context = duckling.Context(reference, _locale(asked["locale"]))
    # Duckling's text ends at a NUL, and its wrapper panics there.
    return duckling.parse(asked["text"].replace("\0", " "), context, _dimensions(), False)


def _limit() -> None:
    """Limit this process to that much more memory than it has now.

    This limits data and not address space: Haskell's runtime reserves a terabyte of addresses, and uses almost none.
    """
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    most = pages * resource.getpagesize() + MEGABYTES * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    started = time.process_time()
    # The kernel kills the process, because no Python code runs while Duckling computes. The limit is processor time, so
    # that a busy machine does not take time from a text.
    signal.setitimer(signal.ITIMER_PROF, asked["seconds"])
    try:
        found = read(asked)
    except (OSError, ValueError, RuntimeError) as error:
        return {"problem": type(error).__name__}
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {"found": found, "seconds": time.process_time() - started}


def main() -> None:
    """Answer requests until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is meant for the parent process; this one ends with it
    read(_WARM)
    if sys.platform == "linux":  # on other systems only time is limited
        _limit()
    sys.stdout.write("true\n")
    sys.stdout.flush()
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
