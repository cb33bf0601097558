"""Chooses the answer that is meant among the stored answers of all topics; after an answer, possibly none of them.

This is a conditional logit (McFadden, "Conditional logit analysis of qualitative choice behavior", 1974) over the
answers that are near a message in some way. After an answer was given, that answer and "none" are among the choices:
its text may hold what is asked, or no text does. tests/bench/fitting.py fits each language's weights to
data/answers/pairs*.tsv and reports how good they are: see docs/model.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bot.nlu.overlap import Overlap
from bot.nlu.readings import count_of_words
from bot.nlu.regression import softmax

Signs = Mapping[str, np.ndarray]
_LEAST = 1e-3  # the smallest likelihood whose logarithm is taken
# How many candidates each measure of nearness contributes.
NEAREST, SHARING, NEAR_JOINED = 25, 15, 20


@dataclass(frozen=True)
class Weights:
    """The weights of an answer's features, by the names in `signs_of`; `first` is for messages that stand alone.

    `behind` is for messages that come after an answer, and `none` for meaning no answer in that case.
    """

    first: Mapping[str, float]
    behind: Mapping[str, float]
    none: Mapping[str, float]


ENGLISH = Weights(
    first={"topic": 0.384, "near": 3.363, "tells": 2.558, "shares": 6.25, "says": 2.984, "sure": 0.678},
    behind={
        **{"topic": 0.291, "near": 1.566, "tells": 0.8, "shares": 2.379, "says": 1.597, "sure": 0.24},
        **{"topic_joined": 0.205, "topic_named": 0.42, "near_joined": 2.224, "near_titled": 3.44},
        **{"tells_titled": 0.936, "sure_joined": 0.372, "same": -1.696, "told": -3.768, "told_tells": 8.054},
        **{"told_near": -1.655, "told_nearest": -6.449, "few_same": 2.438, "few_told": 2.271, "told_asks": 0.987},
    },
    none={
        **{"always": 2.197, "near": 0.25, "tells": 0.67, "says": 0.3, "other": 0.034, "asks": 0.316, "few": 0.944},
        "own": 0.662,
    },
)
CHINESE = Weights(
    first={"topic": 0.459, "near": 3.372, "tells": 2.758, "shares": 5.823, "says": 0.904, "sure": 0.702},
    behind={
        **{"topic": 0.236, "near": 2.64, "tells": 0.23, "shares": 2.545, "says": 0.312, "sure": 0.268},
        **{"topic_joined": 0.335, "topic_named": 0.276, "near_joined": 0.559, "near_titled": 1.535},
        **{"tells_titled": 3.44, "sure_joined": 0.391, "same": -1.563, "told": -1.252, "told_tells": 6.885},
        **{"told_near": -3.507, "told_nearest": -2.45, "few_same": 2.644, "few_told": -1.046, "told_asks": 1.403},
    },
    none={
        **{"always": 1.409, "near": 0.112, "tells": 0.359, "says": 0.392, "other": 0.094, "asks": -0.213},
        **{"few": 0.868, "own": 0.767},
    },
)


class Known(Protocol):
    """What is known about the answers, in order: bot.nlu.answer_index.Index."""

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """The topic and key of each answer."""

    @property
    def overlaps(self) -> tuple[Overlap, Overlap]:
        """The words of everything known about each answer, and of its title and text alone."""

    def tells(self, vector: np.ndarray) -> np.ndarray:
        """Return the cosine of a vector with each answer's nearest sentence."""

    def surely(self, places: Sequence[int], vectors: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        """Return how likely each of the given answers is within its topic: one row per text."""


@dataclass(frozen=True)
class Asked:
    """A message and what it may follow up: the preceding words, and the position of the answer given.

    `weights`: the weights for its language. `likely`: the likelihood of each intent in `intents`, one row per reading:
    by the words alone and, if there is a previous question, with its words and with its topic's name
    (bot.nlu.readings).
    """

    text: str
    intents: Sequence[str]
    likely: np.ndarray
    asks: bool
    before: str = ""
    told: int | None = None
    weights: Weights = ENGLISH

    def texts(self, title: str) -> list[str]:
        """Return the texts to encode: alone, with the preceding words, and with the title of the answer given."""
        return (
            [self.text, f"{self.text} {self.before}", f"{self.text} {title}"] if self.told is not None else [self.text]
        )


@dataclass(frozen=True)
class Choice:
    """The answers that may be meant, by position, with their likelihoods and the likelihood that none is meant."""

    places: np.ndarray
    likely: np.ndarray
    none: float = 0.0


def choice(known: Known, asked: Asked, vectors: np.ndarray, near: np.ndarray) -> Choice:
    """Return the answers that may be meant. `vectors` has a row for each of `asked.texts`; `near` has their scores."""
    places, signs, none = signs_of(known, asked, vectors, near)
    if asked.told is None:
        return Choice(places, _shares(_score(signs, asked.weights.first)))
    likely = _shares(np.append(_score(signs, asked.weights.behind), _score(none, asked.weights.none)))
    return Choice(places, likely[:-1], float(likely[-1]))


def signs_of(known: Known, asked: Asked, vectors: np.ndarray, near: np.ndarray) -> tuple[np.ndarray, Signs, Signs]:
    """Return the candidates, the features of each by name, and the features of "none"."""
    topics = [topic for topic, _ in known.answers]
    of_topic = [asked.intents.index(topic) if topic in asked.intents else -1 for topic in topics]
    shares, says = (each.shares(asked.text) for each in known.overlaps)
    near_first, tells = near[0], known.tells(vectors[0])
    looked_at = {*np.argsort(-near_first)[:NEAREST].tolist(), *np.argsort(-shares)[:SHARING].tolist()}
    if asked.told is not None:
        for row in near[1:]:
            looked_at |= set(np.argsort(-row)[:NEAR_JOINED].tolist())
        looked_at.add(asked.told)
    places = np.array(sorted(looked_at))
    sure = np.log(known.surely(places.tolist(), vectors[:2], asked.texts("")[:2]) + _LEAST)
    by_topic = np.array([of_topic[place] for place in places])

    def topic(row: int) -> np.ndarray:
        return np.log(np.where(by_topic < 0, 0, asked.likely[row][by_topic]) + _LEAST)

    signs: dict[str, np.ndarray] = {
        **{"topic": topic(0), "near": near_first[places], "tells": tells[places]},
        **{"shares": shares[places], "says": says[places], "sure": sure[0]},
    }
    if asked.told is None:
        return places, signs, {}
    few = np.exp(-(max(1, count_of_words(asked.text)) - 1) / 4)
    told = (places == asked.told).astype(float)
    own = np.array([topic == topics[asked.told] for topic in topics])
    same = own[places].astype(float)
    signs |= {
        **{"topic_joined": topic(1), "topic_named": topic(2), "near_joined": near[1][places]},
        **{"near_titled": near[2][places], "tells_titled": known.tells(vectors[2])[places], "sure_joined": sure[1]},
        **{"same": same, "told": told, "told_tells": told * tells[asked.told]},
        **{
            "told_near": told * near_first[asked.told],
            "told_nearest": told * (near_first[asked.told] - near_first.max()),
        },
        **{"few_same": few * same, "few_told": told * few * tells[asked.told], "told_asks": told * asked.asks},
    }
    other = sum(
        share for name, share in zip(asked.intents, asked.likely[1].tolist(), strict=True) if name not in set(topics)
    )
    none = {
        **{"always": np.ones(1), "near": near_first.max(), "tells": tells.max(), "says": says.max()},
        **{"other": np.log(other + _LEAST), "asks": float(asked.asks), "few": few, "own": near_first[own].max()},
    }
    return places, signs, {name: np.atleast_1d(each) for name, each in none.items()}


def _score(signs: Signs, weights: Mapping[str, float]) -> np.ndarray:
    return np.sum([weight * signs[name] for name, weight in weights.items()], axis=0)


def _shares(scores: np.ndarray) -> np.ndarray:
    return softmax(scores[None])[0]
