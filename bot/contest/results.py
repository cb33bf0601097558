"""The results of an edition: what is published of its awards, how its vote stands, the text to copy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.calendar.facts import Contest
from bot.contest.ballots import Cast, marked
from bot.store.awards import Given
from bot.store.posts import POSTED, Post


@dataclass(frozen=True)
class Tally:
    """An entry's votes. `rank`: 1, 2, 2, 4; `marked`: how many of them look bought, and are counted all the same."""

    entry_id: int
    rank: int
    votes: int
    marked: int


def tally(votes: Sequence[Cast]) -> tuple[Tally, ...]:
    """Return the entries that have votes, those with most first."""
    counts, doubted = Counter(each.entry_id for each in votes), marked(votes)
    looks = Counter(each.entry_id for each in votes if each.person_id in doubted)
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    ranks: dict[int, int] = {}
    for place, (_, count) in enumerate(ordered, start=1):
        ranks.setdefault(count, place)
    return tuple(Tally(entry, ranks[count], count, looks[entry]) for entry, count in ordered)


@dataclass(frozen=True)
class Liked:
    """A photo's likes on the library's page, as they were read at a moment. `rank`: 1, 2, 2, 4."""

    entry_id: int
    rank: int
    likes: int
    read_at: datetime


def liked(found: Iterable[Post]) -> tuple[Liked, ...]:
    """Return the entries whose likes have been read, those with most first."""
    known = [(each.entry_id, each.likes, each.read_at) for each in found if each.state == POSTED]
    read = [(entry, likes, at) for entry, likes, at in known if entry is not None and likes is not None and at]
    read.sort(key=lambda each: (-each[1], each[0]))
    ranks: dict[int, int] = {}
    for place, (_, likes, _) in enumerate(read, start=1):
        ranks.setdefault(likes, place)
    return tuple(Liked(entry, ranks[likes], likes, at) for entry, likes, at in read)


def in_order(contest: Contest, awards: Collection[Given]) -> tuple[Given, ...]:
    """Return awards in the order in which the edition names them."""
    names = [each.name for each in contest.awards]
    return tuple(sorted(awards, key=lambda each: (_place(each.award, names), each.number)))


def _place(award: str, names: Sequence[str]) -> int:
    return names.index(award) if award in names else len(names)


def published(contest: Contest, awards: Collection[Given]) -> list[dict[str, str]]:
    """Return an edition's results as its awards give them, in the form of the content files."""
    found = []
    for each in in_order(contest, awards):
        values = {"award": each.award, "title": each.title, "by": each.shown_name, "note": each.note}
        found.append({name: value for name, value in values.items() if value})
    return found


def figures(entries: int, people: int) -> str:
    """Return how many took part, in words."""
    return f"{entries} {'entry' if entries == 1 else 'entries'} by {people} {'person' if people == 1 else 'people'}."
