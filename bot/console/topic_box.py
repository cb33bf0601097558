"""The box in which a topic is typed: by its label or name, a part of it, or nearly."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

# How much of a word must be right, how far ahead of the next the best topic must be, and what is still worth offering.
SURE, AHEAD, PERHAPS = 0.78, 0.1, 0.6
MOST_OFFERED, LONGEST = 6, 80
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Typed:
    """What was typed, as topics. `taken`: (words, topic) taken for a topic that is called otherwise.

    `unknown`: the first words that are no topic, and `near` those that they may mean.
    """

    names: tuple[str, ...] = ()
    taken: tuple[tuple[str, str], ...] = ()
    unknown: str = ""
    near: tuple[str, ...] = ()


def read(text: str, called: Mapping[str, str], known: Collection[str]) -> Typed:
    """Return the topics that were typed, comma-separated. `called`: labels by name; `known`: names that exist."""
    labels = {called.get(name, name): name for name in known}
    exact = {_plain(label): name for label, name in labels.items()} | {_plain(name): name for name in known}
    names: list[str] = []
    taken: list[tuple[str, str]] = []
    for part in _parts(text, exact):
        if (found := exact.get(_plain(part))) is None:
            ranked = _ranked(part[:LONGEST], called, known)
            best = [*ranked, ("", 0.0), ("", 0.0)]
            if best[0][1] < SURE or best[0][1] < best[1][1] + AHEAD:
                near = tuple(name for name, score in ranked if score >= PERHAPS)[:MOST_OFFERED]
                return Typed(unknown=part, near=near)
            found = best[0][0]
            taken.append((part, found))
        if found not in names:
            names.append(found)
    return Typed(tuple(names), tuple(taken))


def _parts(text: str, exact: Mapping[str, str]) -> list[str]:
    """Return what stands between commas; a label may contain commas itself."""
    pieces = [each.strip() for each in text.split(",") if each.strip()]
    parts, at = [], 0
    while at < len(pieces):
        ends = range(len(pieces), at + 1, -1)
        end = next((each for each in ends if _plain(",".join(pieces[at:each])) in exact), at + 1)
        parts.append(", ".join(pieces[at:end]))
        at = end
    return parts


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.casefold()))


def _ranked(typed: str, called: Mapping[str, str], known: Collection[str]) -> list[tuple[str, float]]:
    """Return (name, likeness from 0 to 1), the likeliest first."""
    words = _plain(typed)
    scored = [(name, max(_likeness(words, _plain(each)) for each in (called.get(name, name), name))) for name in known]
    return sorted(scored, key=lambda each: (-each[1], each[0]))


def _likeness(typed: str, name: str) -> float:
    mine, theirs = typed.split(), name.split()
    if not mine or not theirs:
        return 0.0
    by_words = sum(max(_of_word(word, each) for each in theirs) for word in mine) / len(mine)
    # All words right, but only some of the topic's: the fuller, the likelier.
    return max(difflib.SequenceMatcher(None, typed, name).ratio(), by_words - 0.02 * max(0, len(theirs) - len(mine)))


def _of_word(word: str, other: str) -> float:
    if len(word) >= 3 and other.startswith(word):
        return 1.0
    return difflib.SequenceMatcher(None, word, other).ratio()


def question(typed: Typed) -> str:
    """Return what to say of words that are no topic."""
    if typed.near:
        return f"No topic is called “{typed.unknown}”. Choose what you mean below, or type it again."
    return f"There is no topic like “{typed.unknown}”. Choose one of the list, or make a new one."


def noted(typed: Typed, called: Mapping[str, str]) -> Sequence[str]:
    """Return what to say of words that were taken for a topic."""
    return [f"“{words}” was taken as {called.get(name, name)}; z takes it back." for words, name in typed.taken]
