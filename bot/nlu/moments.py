"""Interprets Duckling's results for a library: which of two for the same words, am or pm, and which week."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Dict, List, Tuple
from zoneinfo import ZoneInfo

# Words that Duckling takes for a time and a student does not: "now", which adds nothing, the months that are also
# verbs, "the hours" that are asked for, and plain numbers.
_NOT_A_TIME = re.compile(r"(now|right now|currently|may|march|the hours?|the day|day|a day|week|\d{1,3}|second)", re.I)
# "sat" and "sun" are weekdays, except in the company of these words.
_SITS = re.compile(
    r"\b(?:i|i've|we|we've|he|she|they|it|who|just|have|has|had|been|was|were|someone|somebody|guy|girl|people|never|"
    r"always|cant|can|could|the|my|for)\s+sat\b"
    r"|\bsat\s+(?:down|here|there|next\s+to|beside|behind|between|by\s+the|with|(?:in|on|at)\s+(?:the|my|a|our|your)\s+"
    r"(?!morning|evening|afternoon)|exams?|tests?|scores?|prep|practice|books?|papers?|materials?)",
    re.I,
)
_SHINES = re.compile(
    r"\b(?:the|mr|ms|mrs|miss|dr|prof|professor|too\s+much|of)\.?\s+sun\b"
    r"|\bsun\s+(?:is|shines?|light|hits|glare|screen|burn|yat|fung|hung|tzu)\b",
    re.I,
)
# Duckling's grains from fine to coarse: of two times at the same words, the finer one is meant.
_GRAINS = ("second", "minute", "hour", None, "day", "week", "month", "quarter", "year")
_WEEK = timedelta(weeks=1)
_EVENING = 18

Match = Tuple[int, int, Dict[str, Any]]


def apart(found: List[Dict[str, Any]], plain: str) -> List[Match]:
    """Return the spans and values of times in `plain`; "during 2027-02-06" is the day, not the year."""
    no_times = [match.span() for pattern in (_SITS, _SHINES) for match in pattern.finditer(plain)]
    kept: List[Match] = []
    for match in sorted(found, key=lambda each: (_GRAINS.index(each["value"].get("grain")), each["start"])):
        start, end = match["start"], match["end"]
        # Duckling garbles "body" for non-ASCII text, so we cut the text by the offsets instead.
        words = plain[start:end].strip(" ,.?!")
        odd = _NOT_A_TIME.fullmatch(words) or (
            words.lower() in {"sat", "sun", "on sun"} and any(a < end and start < b for a, b in no_times)
        )
        if not odd and all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, match["value"]))
    return sorted(kept, key=lambda each: each[0])


def not_over(value: Dict[str, Any], moment: datetime, zone: str) -> Dict[str, Any]:
    """Return an hour already begun as this moment: at 3:09, "is it open at 3 am" is about now, not about the past."""
    if value.get("grain") != "hour" or value.get("type") == "interval":
        return value
    began = datetime.fromisoformat(value["value"])
    if not began <= moment < began + timedelta(hours=1):
        return value
    return {**value, "value": moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"), "grain": "second"}


def ends_when_said(value: Dict[str, Any]) -> Dict[str, Any]:
    """Return a range of clock times, marked `exact`, with its end as stated: Duckling's is a minute later."""
    last = value.get("to") or {}
    if value.get("type") != "interval" or not value.get("from") or last.get("grain") != "minute":
        return value
    return {**_moved(value, lambda at: at - timedelta(minutes=1), ("to",)), "exact": True}


def ahead(value: Dict[str, Any], moment: datetime) -> Dict[str, Any]:
    """Return a past time on today's weekday as next week's: "monday at 3", sent on Monday at 20:00."""
    last = (value.get("to") or value.get("from") or {}) if value.get("type") == "interval" else value
    if value.get("type") != "interval" and value.get("grain") not in {"minute", "hour", "second"}:
        return value
    if not last.get("value") or datetime.fromisoformat(last["value"]) > moment:
        return value
    return _moved(value, lambda at: at + _WEEK, ("from", "to"))


def of_night(value: Dict[str, Any], minutes: int, moment: datetime) -> Dict[str, Any] | None:
    """Return the time this many minutes after a night's midnight; None if `value` is no night.

    Somebody who is still up after midnight means the night already under way.
    """
    starts = (value.get("from") or {}).get("value") if value.get("type") == "interval" else None
    if not starts:
        return None
    evening = datetime.fromisoformat(starts)
    if evening.hour < _EVENING:
        return None
    early = evening.date() == moment.date() and moment.hour < 5
    midnight = evening.replace(hour=0, minute=0) + timedelta(days=0 if early else 1)
    at = midnight + timedelta(minutes=minutes)
    return {"type": "value", "value": at.isoformat(timespec="milliseconds"), "grain": "minute"}


def next_at(minutes: int, moment: datetime) -> Dict[str, Any]:
    """Return the next time it is this many minutes after midnight: "at 2 late at night"."""
    at = moment.replace(hour=minutes // 60, minute=minutes % 60, second=0, microsecond=0)
    at += timedelta(days=0 if at > moment else 1)
    return {"type": "value", "value": at.isoformat(timespec="milliseconds"), "grain": "minute"}


def _moved(value: Dict[str, Any], move: Callable[[datetime], datetime], ends: Tuple[str, ...]) -> Dict[str, Any]:
    def told(text: str) -> str:
        return move(datetime.fromisoformat(text)).isoformat(timespec="milliseconds")

    if value.get("type") != "interval":
        return {**value, "value": told(value["value"])}
    moved = {end: {**value[end], "value": told(value[end]["value"])} for end in ends if value.get(end)}
    return {**value, **moved}
