"""Which answers are nearly the same by their letters: asked for in nearly the same words, or saying the same."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from bot.calendar.facts import Answer
from bot.store.alike import same

# The share of letters' groups in common at which two ways to ask, or two texts, are nearly the same.
ASKED, TOLD = 0.75, 0.6
_CHINESE = re.compile(r"[\u3400-\u9fff]")

Letters = frozenset[str]


@dataclass(frozen=True)
class Like:
    """Something in one answer that is nearly the same in another: the words here and there, and whose they are.

    `asked`: they are ways to ask; otherwise the answers' texts.
    """

    key: str
    words: str
    other: Answer
    theirs: str
    asked: bool


@dataclass(frozen=True)
class _Said:
    answer: Answer
    words: str
    letters: Letters


class Likeness:
    """Finds what is nearly the same among the answers of one language."""

    def __init__(self, answers: Iterable[Answer]) -> None:
        """Read the answers. Their titles are not compared: "Visitors" stands in many topics, under its topic's name."""
        every = tuple(answers)
        ways = [(each, way) for each in every for way in dict.fromkeys(each.questions)]
        self._ways = _Index([_Said(each, way, letters(way)) for each, way in ways], ASKED)
        self._texts = _Index([_Said(each, each.text, letters(each.text)) for each in every if each.questions], TOLD)

    def of(self, answer: Answer) -> list[Like]:
        """Return what in an answer, stored or not, is nearly the same in another one: each way to ask once."""
        found = []
        for way in answer.questions:
            if near := self._ways.nearest(_Said(answer, way, letters(way))):
                found.append(Like(answer.key, way, near.answer, near.words, True))
        if near := self._texts.nearest(_Said(answer, answer.text, letters(answer.text))):
            found.append(Like(answer.key, answer.text, near.answer, near.words, False))
        return found

    @cached_property
    def every(self) -> Mapping[str, Like]:
        """The first thing that each answer has nearly in common with another one, by the answer's key."""
        found: dict[str, Like] = {}
        for index, asked in ((self._ways, True), (self._texts, False)):
            for each in index.said:
                if each.answer.key not in found and (near := index.nearest(each)):
                    found[each.answer.key] = Like(each.answer.key, each.words, near.answer, near.words, asked)
        return found


class _Index:
    """What is said, by its rarest groups of letters.

    Two sets with a share of `least` in common share one of their rarest members, so only those are compared
    (Chaudhuri and others, "A Primitive Operator for Similarity Joins in Data Cleaning", 2006): comparing everything
    with everything would take minutes.
    """

    def __init__(self, said: list[_Said], least: float) -> None:
        self.said, self._least = said, least
        self._often = Counter(group for each in said for group in each.letters)
        self._known: dict[str, list[_Said]] = defaultdict(list)
        for each in said:
            for group in self._rarest(each.letters):
                self._known[group].append(each)

    def nearest(self, one: _Said) -> _Said | None:
        """Return what another answer has that is nearest to some words; None if nothing is near enough."""
        found, best, size = None, self._least, len(one.letters)
        seen: set[int] = set()
        for group in self._rarest(one.letters):
            for each in self._known.get(group, ()):
                theirs = len(each.letters)
                if (
                    each.answer.key == one.answer.key
                    or id(each) in seen
                    or min(size, theirs) < best * max(size, theirs)
                ):
                    continue
                seen.add(id(each))
                if (share := _share(one.letters, each.letters)) >= best:
                    found, best = each, share
        return found

    def _rarest(self, found: Letters) -> list[str]:
        rarest = sorted(found, key=lambda group: (self._often[group], group))
        return rarest[: len(rarest) - math.ceil(self._least * len(rarest)) + 1]


@lru_cache(maxsize=1 << 16)
def letters(text: str) -> Letters:
    """Return the groups of neighbouring letters of a text: four each, two of Chinese characters."""
    told = same(text)
    size = 2 if _CHINESE.search(told) else 4
    return frozenset(told[at : at + size] for at in range(max(len(told) - size + 1, 1)))


def _share(one: Letters, other: Letters) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both)
