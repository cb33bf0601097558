"""Timing things one after the other, and showing them as a table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Timings:
    """Milliseconds of many calls of one thing."""

    name: str
    milliseconds: tuple[float, ...]

    def quantile(self, share: float) -> float:
        """Return the time within which `share` of the calls ended (nearest rank)."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def alternate(calls: Sequence[tuple[str, Callable[[str], None]]], inputs: Iterable[str], warm_up: int) -> list[Timings]:
    """Time each call on each input, in turns, so that whatever else the machine does falls on all alike."""
    found: dict[str, list[float]] = {name: [] for name, _ in calls}
    for number, words in enumerate(inputs):
        for name, call in calls:
            started = time.perf_counter()
            call(words)
            if number >= warm_up:
                found[name].append((time.perf_counter() - started) * 1000)
    return [Timings(name, tuple(times)) for name, times in found.items()]


def show(title: str, rows: Sequence[Timings], baseline: Timings | None = None) -> None:
    """Print p50 and p95 of each row, with ratios to the baseline."""
    table = Table(title=title, title_justify="left")
    for heading in ("", "calls", "p50 ms", "p95 ms", "p50 ratio"):
        table.add_column(heading, justify="left" if not heading else "right")
    for row in rows:
        ratio = f"{row.quantile(0.5) / baseline.quantile(0.5):.2f}" if baseline else ""
        table.add_row(
            row.name, str(len(row.milliseconds)), f"{row.quantile(0.5):.1f}", f"{row.quantile(0.95):.1f}", ratio
        )
    Console().print(table)
