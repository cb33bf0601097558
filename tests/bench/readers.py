"""The hunt for slow texts: 10,000 of them for each reader of strangers' words, the slowest found changed on and on."""

from __future__ import annotations

import random
import time
from pathlib import Path

from tests.bench.measure import print_table
from tests.bench.serving import trained
from tests.hostile import MEGABYTES, SECONDS, USUAL, Reader, readers, texts
from tests.hostile_parts import parts

INPUTS = 10_000
SEED = 17


def hunt(reader: Reader, inputs: int, seed: int = SEED) -> tuple[float, float, str]:
    """Return the most seconds and megabytes that a reader took for one of so many texts, and the slowest text.

    Seconds of the processor, of this process: what Duckling takes stands under a limit of its own. Megabytes over what
    there was before the first text, since a reader that keeps nothing gives back what it took.
    """
    chance = random.Random(seed)
    reader.read(reader.prepare(USUAL))  # what is loaded once is no text's
    before = _forget_peak()
    most, slowest = 0.0, "monday "
    tried = texts(chance, lambda: slowest)
    for _ in range(inputs):
        text = next(tried)
        prepared = reader.prepare(text)
        started = time.process_time()
        reader.read(prepared)
        if (taken := time.process_time() - started) > most:
            most, slowest = taken, text
    return most, _peak() - before, slowest


def _forget_peak() -> float:
    """Have the kernel forget the most memory that this process had; return what it has, in megabytes."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _peak()


def _peak() -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


def hunt_all(folder: Path, inputs: int = INPUTS) -> None:
    """Print the worst of each reader, and say which are over what they may take."""
    rows, over = [], []
    folder.mkdir(parents=True, exist_ok=True)
    for name, reader in {**readers(), **parts(folder, trained("readers", folder))}.items():
        seconds, megabytes, slowest = hunt(reader, inputs)
        print(f"{name}: {seconds * 1000:.0f} ms", flush=True)  # noqa: T201
        rows.append((name, f"{seconds * 1000:.1f}", f"{megabytes:.0f}", f"{len(slowest):,}", repr(slowest[:48])))
        if seconds > SECONDS or megabytes > MEGABYTES:
            over.append(name)
    print_table(f"{inputs:,} texts a reader: the worst", ("reader", "ms", "MB", "letters", "the slowest begins"), rows)
    print(f"Over {SECONDS * 1000:.0f} ms or {MEGABYTES} MB: {', '.join(over) or 'none'}.")  # noqa: T201
