"""A calendar file's bytes as components and lines: linear time, limits with clear messages, nothing interpreted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

MOST_BYTES = 2 * 1024 * 1024
MOST_EVENTS = 2000
MOST_DEEP = 10
LONGEST_VALUE = 20_000

_NAME = re.compile(r"[A-Za-z0-9-]+")
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";:])*)')
# Text that isn't a property name is the rest of the previous line, whose producer forgot to fold it.
_READ = re.compile(
    r"UID|SUMMARY|DESCRIPTION|LOCATION|DTSTART|DTEND|DURATION|RRULE|RDATE|EXDATE|EXRULE|RECURRENCE-ID|STATUS|CLASS|URL|"
    r"SEQUENCE|X-MICROSOFT-CDO-ALLDAYEVENT|X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT|X-CARREL-[A-Z]+|METHOD|PRODID|TZID|"
    r"TZOFFSETTO|TZOFFSETFROM|TZNAME"
)


class ICalError(Exception):
    """A calendar file is invalid; the text says where, what is wrong, and what would be right."""


@dataclass(frozen=True)
class Line:
    """One property: its position, its name in capitals, its parameters, and its raw value."""

    number: int
    name: str
    parameters: Mapping[str, str]
    value: str


@dataclass
class Component:
    """What is between BEGIN and END: its kind, where it begins, its lines, its children, and invalid lines."""

    kind: str
    number: int
    parent: Component | None = None
    lines: list[Line] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)
    problem: str = ""

    def all(self, name: str) -> list[Line]:
        """Return every line with a name."""
        return [each for each in self.lines if each.name == name]

    def value(self, name: str) -> str:
        """Return the first value of a name, "" if there is none."""
        return next((each.value.strip() for each in self.lines if each.name == name), "")


def decoded(data: bytes) -> str:
    """Return the text of a file: UTF-8 or UTF-16, with or without a byte order mark. Raises ICalError."""
    if len(data) > MOST_BYTES:
        size, most = len(data) / 1024 / 1024, MOST_BYTES // 1024 // 1024
        raise ICalError(f"The file has {size:.1f} MiB; {most} at most. Let your calendar give out a shorter time.")
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encodings = ["utf-16"]
    elif data[1:2] == b"\x00" or data[:1] == b"\x00":
        encodings = ["utf-16-le" if data[1:2] == b"\x00" else "utf-16-be"]
    else:
        encodings = ["utf-8-sig"]
    for text in (data, re.sub(rb"\r?\n[ \t]", b"", data)):  # a line may be folded in the middle of a character
        try:
            return text.decode(encodings[0])
        except UnicodeDecodeError:
            continue
    raise ICalError(
        "This is no calendar file: it is not text in UTF-8. Choose a file that ends in .ics, or save it as UTF-8."
    )


def unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line of a file, unfolded, with the number of its first line."""
    begin, parts = 0, list[str]()
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        if line[:1] in {" ", "\t"} and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield begin, "".join(parts)
        begin, parts = number, [line] if line.strip() else []
    if parts:
        yield begin, "".join(parts)


def calendars(text: str) -> list[Component]:
    """Return the VCALENDARs of a file. Raises ICalError if it has none, is truncated, or exceeds a limit."""
    found: list[Component] = []
    at: Component | None = None
    events = depth = 0
    for number, line in unfolded(text):
        name = _NAME.match(line)
        upper = name[0].upper() if name else ""
        kind = line[len(upper) + 1 :].strip().upper() if upper in {"BEGIN", "END"} else ""
        if upper == "BEGIN":
            at, depth = Component(kind, number, at), depth + 1
            events += kind == "VEVENT"
            if depth > MOST_DEEP:
                raise ICalError(f"Line {number}: the file is nested too deep for a calendar.")
            if depth == 1 and kind != "VCALENDAR":
                raise ICalError(_none(f'line {number} is "{line[:60]}"'))
        elif at is None:
            raise ICalError(_none(f'line {number} is "{line[:60]}"'))
        elif upper == "END":
            if kind != at.kind:
                raise ICalError(_none(f"line {number} ends {kind or 'nothing'} where {at.kind} has begun"))
            (at.parent.parts if at.parent else found).append(at)
            at, depth = at.parent, depth - 1
        elif not upper or line[len(upper) : len(upper) + 1] not in {":", ";"}:
            if not at.problem:
                at.problem = f'line {number}, "{line[:40].strip()}", is no property; a long line goes on after a space'
        elif _READ.fullmatch(upper):
            at.lines.append(_line(number, upper, line[len(upper) :]))
    if at is not None:
        raise ICalError(f"The file is cut off: END:{at.kind} is missing. Take it from your calendar once more.")
    if not found:
        raise ICalError(_none("it is empty"))
    if events > MOST_EVENTS:
        raise ICalError(f"The file has {events:,} events; {MOST_EVENTS:,} at most. Let your calendar give out less.")
    return found


def _none(why: str) -> str:
    return f"This is no calendar file ({why}). It should begin with BEGIN:VCALENDAR and end with END:VCALENDAR."


def _line(number: int, name: str, rest: str) -> Line:
    if name.startswith(("DT", "RDATE", "EXDATE", "RECURRENCE")):
        # No time contains a colon, but some zone names do, without the quotes that they need.
        before, _, value = rest.rpartition(":")
        zone = re.search(r';TZID="?([^";]*)', before, re.IGNORECASE)
        rest_of = {"TZID": zone[1]} if zone else {}
        return Line(number, name, {**_parameters(before), **rest_of}, value)
    at = 0
    while (matched := _PARAMETER.match(rest, at)) is not None:
        at = matched.end()
    return Line(number, name, _parameters(rest[:at]), rest[at + 1 :])


def _parameters(text: str) -> dict[str, str]:
    return {matched[1].upper(): matched[2].strip('"') for matched in _PARAMETER.finditer(text)}


def text_of(value: str) -> str:
    """Return a text value, unescaped."""
    return re.sub(r"\\(.)", lambda each: "\n" if each[1] in "nN" else each[1], value, flags=re.DOTALL)
