"""A month as a page shows it: whole weeks starting on Monday, and the adjacent months."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Month:
    """A month by its first day. `weeks`: seven days each, including days of adjacent months."""

    first: date
    weeks: tuple[tuple[date, ...], ...]

    @property
    def earlier(self) -> str:
        """Return the month before, as used in URLs."""
        return (self.first - timedelta(days=1)).strftime("%Y-%m")

    @property
    def later(self) -> str:
        """Return the month after, as used in URLs."""
        return (self.first + timedelta(days=32)).strftime("%Y-%m")

    @property
    def begin(self) -> date:
        """Return the first day that is shown."""
        return self.weeks[0][0]

    @property
    def end(self) -> date:
        """Return the last day that is shown."""
        return self.weeks[-1][-1]


def month(text: str | None, today: date) -> Month:
    """Return the month given in a URL ("2027-03"); that of `today` if missing or invalid."""
    try:
        first = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
    except ValueError:
        first = today.replace(day=1)
    first = min(max(first, date(2000, 1, 1)), date(2200, 12, 1))
    return Month(first, tuple(map(tuple, calendar.Calendar().monthdatescalendar(first.year, first.month))))
