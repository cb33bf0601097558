"""Which time zone a calendar means by a name, whoever chose the name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from dateutil import tz
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from bot.calendar import repeats
from bot.calendar.ical_lines import Component

_UTC = {"utc", "gmt", "z", "etc/utc", "etc/gmt", "tzone://microsoft/utc", "(utc) coordinated universal time", "zulu"}
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])(\d{1,2}):?(\d{2})?", re.IGNORECASE | re.ASCII)
MOST_PARTS = 40


@cache
def _known() -> Mapping[str, str]:
    return {
        **{name.lower(): name for name in available_timezones()},
        **{windows.lower(): name for windows, name in WINDOWS_TO_OLSON.items()},
    }


@cache
def named(name: str) -> tzinfo | None:
    """Return the zone for a well-known name: IANA's, Windows', a UTC offset; or None."""
    plain = " ".join(name.strip().strip('"').split())
    folded = plain.lower()
    if folded in _UTC:
        return UTC
    # "/mozilla.org/20050126_1/Asia/Hong_Kong" and the like: IANA's name is at the end.
    parts = folded.split("/")
    for candidate in (folded, *("/".join(parts[-count:]) for count in (3, 2) if len(parts) > count)):
        if candidate in _known():
            return ZoneInfo(_known()[candidate])
    matched = _OFFSET.fullmatch(plain)
    if matched and int(matched[2]) <= 14 and int(matched[3] or 0) < 60:
        span = timedelta(hours=int(matched[2]), minutes=int(matched[3] or 0))
        return timezone(span if matched[1] == "+" else -span)
    return None


def defined(component: Component) -> tzinfo | None:
    """Return the zone that a VTIMEZONE defines; None if it is invalid, or too costly to evaluate."""
    name = component.value("TZID")
    parts = [each for each in component.parts if each.kind in {"STANDARD", "DAYLIGHT"}]
    if not name or not parts or len(parts) > MOST_PARTS:
        return None
    lines = ["BEGIN:VTIMEZONE", "TZID:x"]
    for part in parts:
        rule = part.value("RRULE")
        if rule:
            try:
                read = repeats.read(rule)
            except ValueError:
                return None
            if read.parts["FREQ"] != "YEARLY":
                return None
            rule = str(read)
        lines += [f"BEGIN:{part.kind}"]
        lines += [
            f"{each}:{part.value(each)}" for each in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO") if part.value(each)
        ]
        lines += [f"RRULE:{rule}"] if rule else []
        lines += [f"END:{part.kind}"]
    try:
        from io import StringIO

        found = tz.tzical(StringIO("\n".join([*lines, "END:VTIMEZONE"]))).get("x")
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, OverflowError):
        return None
    return found if isinstance(found, tzinfo) else None
