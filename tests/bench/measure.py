"""Timing things one after the other, and showing them as a table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.table import Table

SHARES = (0.5, 0.95, 0.99)


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
    """Print p50, p95 and p99 of each row, each with its ratio to the baseline's beside it."""
    table = Table(title=title, title_justify="left")
    for heading in ("", "calls", *(each for share in SHARES for each in (f"p{share:.0%}"[:-1] + " ms", "ratio"))):
        table.add_column(heading, justify="left" if not heading else "right")
    for row in rows:
        shown = []
        for share in SHARES:
            ratio = f"{row.quantile(share) / baseline.quantile(share):.2f}" if baseline else ""
            shown += [f"{row.quantile(share):.1f}", ratio]
        table.add_row(row.name, str(len(row.milliseconds)), *shown)
    Console().print(table)


def print_table(title: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table of words and figures as they are."""
    table = Table(title=title, title_justify="left")
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="left" if number in {0, len(headings) - 1} else "right")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)
