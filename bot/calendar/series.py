"""Series in another time zone than the library's, converted to the library's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import islice

from bot.calendar import repeats
from bot.calendar.repeats import WEEKDAYS, Rule

# This many occurrences of both rules are compared: five years of months.
COMPARED = 60
HORIZON = timedelta(days=366 * 6)
# A series that no rule can express in the library's zone is listed as single times, this many at most.
MOST_APART = 60


def localised(rule: Rule, starts: datetime, zone: tzinfo) -> Rule | None:
    """Return the rule that generates the same moments in `zone`, or None if there is none."""
    own = starts.tzinfo
    if own is None or own is zone or str(own) == str(zone):
        return rule
    local = starts.astimezone(zone)
    if not _in_step(str(own), str(zone), own, zone, starts.year):
        return None
    shift = local.date().toordinal() - starts.date().toordinal()
    parts = dict(rule.parts)
    until = rule.until(own)
    if until is not None:
        parts["UNTIL"] = f"{until.replace(tzinfo=own).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if shift:
        parts["WKST"] = WEEKDAYS[(WEEKDAYS.index(parts.get("WKST", "MO")) + shift) % 7]
        if "BYDAY" in parts:
            days = ((number, WEEKDAYS[(day + shift) % 7]) for number, day in rule.days)
            parts["BYDAY"] = ",".join(f"{number or ''}{day}" for number, day in days)
    found = Rule(parts)
    same = islice(moments(rule, starts), COMPARED), islice(moments(found, local), COMPARED)
    return found if [each.timestamp() for each in same[0]] == [each.timestamp() for each in same[1]] else None


def moments(rule: Rule, starts: datetime) -> list[datetime]:
    """Return the first moments of a series in its own time zone."""
    wall = starts.replace(tzinfo=None)
    walls = repeats.walls(rule, wall, wall, wall + HORIZON, starts.tzinfo or UTC)
    return [each.replace(tzinfo=starts.tzinfo) for each in islice(walls, COMPARED + 1)]


def apart(rule: Rule, starts: datetime, name: str) -> list[datetime]:
    """Return every moment of a series whose zone doesn't keep step with the library's. Raises ValueError."""
    found = moments(rule, starts)
    ends = rule.count is not None or "UNTIL" in rule.parts
    if not ends or len(found) > MOST_APART:
        raise ValueError(
            f"it repeats on the clock of {name}, which is not always as far from the library's; let it end within "
            f"{MOST_APART} times, or write it in the library's time zone"
        )
    return found


@lru_cache(maxsize=256)
def _in_step(_own: str, _zone: str, own: tzinfo, zone: tzinfo, year: int) -> bool:
    """Return whether two zones have the same difference in every month of three years."""
    months = [datetime(year + ahead, month, 1, 12, tzinfo=UTC) for ahead in range(3) for month in range(1, 13)]
    gaps = {
        (each.astimezone(own).utcoffset() or timedelta()) - (each.astimezone(zone).utcoffset() or timedelta())
        for each in months
    }
    return len(gaps) == 1
