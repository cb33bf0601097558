"""What Duckling's answers mean for a library: which of two at the same words, which half of the day, which week."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Dict, List, Tuple
from zoneinfo import ZoneInfo

# Words that Duckling takes for a time and a student does not: "now" says nothing that silence would not, the months
# that are verbs, "the hours" that are asked for, and what comes of numbers alone.
_NOT_A_TIME = re.compile(r"(now|right now|currently|may|march|the hours?|the day|day|a day|week|\d{1,3}|second)", re.I)
# "sat" and "sun" are days of the week, but for what they say in these words' company.
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
# From fine to coarse, as Duckling names them: of two times at the same words the finer one is meant.
_GRAINS = ("second", "minute", "hour", None, "day", "week", "month", "quarter", "year")
_WEEK = timedelta(weeks=1)
_EVENING = 18

Match = Tuple[int, int, Dict[str, Any]]


def apart(found: List[Dict[str, Any]], plain: str) -> List[Match]:
    """Return where times stand in `plain` and what they are; "during 2027-02-06" is that day and not the year."""
    no_times = [match.span() for pattern in (_SITS, _SHINES) for match in pattern.finditer(plain)]
    kept: List[Match] = []
    for match in sorted(found, key=lambda each: (_GRAINS.index(each["value"].get("grain")), each["start"])):
        start, end = match["start"], match["end"]
        # Its "body" is garbled outside ASCII: the text is cut by the offsets instead.
        words = plain[start:end].strip(" ,.?!")
        odd = _NOT_A_TIME.fullmatch(words) or (
            words.lower() in {"sat", "sun", "on sun"} and any(a < end and start < b for a, b in no_times)
        )
        if not odd and all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, match["value"]))
    return sorted(kept, key=lambda each: each[0])


def not_over(value: Dict[str, Any], moment: datetime, zone: str) -> Dict[str, Any]:
    """Return an hour that has begun as this moment: at 3:09, "is it open at 3 am" asks of now and not of the past."""
    if value.get("grain") != "hour" or value.get("type") == "interval":
        return value
    began = datetime.fromisoformat(value["value"])
    if not began <= moment < began + timedelta(hours=1):
        return value
    return {**value, "value": moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"), "grain": "second"}


def ends_when_said(value: Dict[str, Any]) -> Dict[str, Any]:
    """Return a stretch of the clock, `exact`, with the end that was said: Duckling's ends a minute after it."""
    last = value.get("to") or {}
    if value.get("type") != "interval" or not value.get("from") or last.get("grain") != "minute":
        return value
    return {**_moved(value, lambda at: at - timedelta(minutes=1), ("to",)), "exact": True}


def ahead(value: Dict[str, Any], moment: datetime) -> Dict[str, Any]:
    """Return a time of today's weekday that is over as the next week's: on Monday at 20:00, "monday at 3"."""
    last = (value.get("to") or value.get("from") or {}) if value.get("type") == "interval" else value
    if value.get("type") != "interval" and value.get("grain") not in {"minute", "hour", "second"}:
        return value
    if not last.get("value") or datetime.fromisoformat(last["value"]) > moment:
        return value
    return _moved(value, lambda at: at + _WEEK, ("from", "to"))


def of_night(value: Dict[str, Any], minutes: int, moment: datetime) -> Dict[str, Any] | None:
    """Return so many minutes after the midnight of a night; None for what is none.

    Somebody who is still up at one means the night that has begun.
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
    """Return the next time that it is so many minutes after midnight: "at 2 late at night"."""
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
