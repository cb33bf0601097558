"""What holds of a contest now, and how its facts are put: its phase, its title, its limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from actions.saying import Part, Value
from bot.calendar import contests
from bot.calendar.facts import Contest

Phase = Literal["before", "open", "voting", "over"]


def phase(contest: Contest, now: datetime) -> Phase:
    """Return how the bot speaks of the contest at `now`: while it is judged, it is as over as when it is decided."""
    stands = contests.phase(contest, now)
    if stands == "announced":
        return "before"
    if stands == "judging" and contests.votes_later(contest, now):
        return "voting"
    return stands if stands in {"open", "voting"} else "over"


def known(response: str, **values: Value) -> list[Part]:
    """Return a line of a list, or nothing if a value of it is not known."""
    return [Part(response, values)] if all(values.values()) else []


def title_of(contest: Contest) -> Value:
    """Return the title by which a sentence names the contest, with its edition."""
    if not contest.edition or contest.edition in contest.title:
        return Part("part_title", {"title": contest.title})
    return Part("part_title_edition", {"title": contest.title, "edition": contest.edition})


def listed(named: Sequence[str | Part]) -> Value:
    """Return the items as a list within a sentence: "students, staff and alumni"."""
    if len(named) < 2:
        return named[0] if named else ""
    first: Value = named[0]
    for each in named[1:-1]:
        first = Part("part_comma", {"first": first, "next": each})
    return Part("part_and", {"first": first, "last": named[-1]})


def taking(every: Sequence[Contest], now: datetime) -> Contest | None:
    """Return the contest for which the bot takes photos at `now`, the one that closes first; None: there is none."""
    found = [each for each in every if each.entries_in_chat and contests.phase(each, now) == "open"]
    return min(found, key=lambda each: each.closes or datetime.max.replace(tzinfo=UTC), default=None)


def limits(contest: Contest) -> list[Part]:
    """Return how many photos a person may enter, how large and of which types."""
    return [
        *known("part_contest_entries", entries=str(contest.entries_per_person or "")),
        *known("part_contest_size", megabytes=str(contest.max_file_mb or "")),
        *known("part_contest_types", types=listed(contest.file_types)),
    ]
