"""Index of the stored answers for matching messages by vectors, letters and words, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Text, Tuple

import numpy as np
from scipy.sparse import csr_matrix

from bot.calendar.facts import Answer
from bot.nlu.bilingual import as_read, chinese_of
from bot.nlu.encoder import encoder_of
from bot.nlu.meant import CHINESE, ENGLISH, Asked, Choice, Weights
from bot.nlu.overlap import Overlap
from bot.nlu.readings import Before, Readings
from bot.nlu.regression import CHINESE_GROUPS, GROUPS, SETTINGS, KernelRegression, Letters
from bot.nlu.vectors import Encode, answers_encoder
from bot.pieces import sentences
from bot.plain import plain
from bot.store.library import read_answers

# Words that could belong to any topic ("do i pay") follow up the previous topic if one of its answers scores at least
# this.
FITS = 0.42
# The number of candidates from each topic to return, for a choice made later.
MOST_NEAR = 4


@dataclass(frozen=True)
class Index:
    """Answers as (topic, key), and the questions that ask for them.

    `vectors` has a row for each question; `starts` holds the first row of each answer. `regressions` tell a topic's
    answers apart if it has more than one. `said` has a row for each sentence of each answer's text (bot.pieces);
    `said_starts` holds the first row of each answer. `titles`: the titles as the reader sees them. `overlaps`: the
    words of everything known about each answer, and of its title and text alone.
    """

    vectors: np.ndarray
    starts: np.ndarray
    answers: Tuple[Tuple[Text, Text], ...]
    letters: Optional[Letters]
    regressions: Mapping[Text, KernelRegression]
    said: np.ndarray
    said_starts: np.ndarray
    titles: Tuple[Text, ...]
    overlaps: Tuple[Overlap, Overlap]

    @property
    def topics(self) -> List[Text]:
        """Every topic that has an answer."""
        return list(dict.fromkeys(topic for topic, _ in self.answers))

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Return, for each answer, the cosine of `vector` with the nearest question that asks for it."""
        return np.maximum.reduceat(self.vectors @ vector, self.starts) if self.answers else np.zeros(0)

    def fits(self, topic: Text, vector: np.ndarray) -> bool:
        """Return whether an answer of `topic` is near enough to words that could be asked about any topic."""
        own = [of == topic for of, _ in self.answers]
        return any(own) and bool(self.scores(vector)[own].max() >= FITS)

    def nearest(self, vector: np.ndarray) -> Tuple[Text, float]:
        """Return the topic of the answer nearest to `vector`, and their cosine."""
        if not self.answers:
            return "", -1.0
        scores = self.scores(vector)
        best = int(np.argmax(scores))
        return self.answers[best][0], float(scores[best])

    def place(self, before: Before) -> Optional[int]:
        """Return the position of the previous answer; None if there was none or it no longer exists."""
        found = [place for place, (_, key) in enumerate(self.answers) if key == before.told]
        return next((place for place in found if self.answers[place][0] == before.intent), next(iter(found), None))

    def likeliest(self, picked: Choice) -> Tuple[Text, float]:
        """Return the topic of the likeliest answer of a choice, and its likelihood."""
        best = int(np.argmax(picked.likely))
        return self.answers[picked.places[best]][0], float(picked.likely[best])

    def tells(self, vector: np.ndarray) -> np.ndarray:
        """Return, for each answer, the cosine of `vector` with the nearest sentence of its text."""
        return np.maximum.reduceat(self.said @ vector, self.said_starts) if self.answers else np.zeros(0)

    def points(self, place: int, vector: np.ndarray) -> List[float]:
        """Return the cosine of `vector` with each sentence of an answer's text."""
        end = self.said_starts[place + 1] if place + 1 < len(self.said_starts) else len(self.said)
        return [round(each, 4) for each in (self.said[self.said_starts[place] : end] @ vector).tolist()]

    def surely(self, places: Sequence[int], vectors: np.ndarray, texts: Sequence[Text]) -> np.ndarray:
        """Return how likely each of the given answers is within its topic: one row per text."""
        found = np.ones((len(texts), len(places)))
        if self.letters is None:
            return found
        groups = self.letters.matrix(texts)
        for topic in {self.answers[place][0] for place in places} & self.regressions.keys():
            regression = self.regressions[topic]
            likely = regression.probabilities(vectors, texts, groups)
            columns = {key: column for column, key in enumerate(regression.intents)}
            for place, (of, key) in ((place, self.answers[where]) for place, where in enumerate(places)):
                if of == topic:
                    found[:, place] = likely[:, columns[key]]
        return found

    def near(
        self, vectors: np.ndarray, texts: Sequence[Text], topics: Sequence[Text], picked: Optional[Choice] = None
    ) -> List[Dict[Text, Any]]:
        """Return the answers of `topics` that a question may ask for, with each topic's likeliest first.

        Each topic contributes MOST_NEAR candidates and the one nearest to the question alone; the likeliest answers of
        all topics according to `picked` are added.

        `texts`: the question, with one row of `vectors` each; a follow-up is given alone and together with the question
        it follows. `score`: the cosine with the nearest question that asks for the answer; `own`: the same for the
        question alone; `sure`: the likelihood within its topic; `points`: the cosine of the question alone with each
        sentence of the answer; `meant`: the likelihood among all answers according to `picked`, 0 if it gives none.
        """
        if self.letters is None:
            return []
        groups = self.letters.matrix(texts)
        places = {answer: place for place, answer in enumerate(self.answers)}
        # Score all answers at once, one row per text: answer by answer would be slower.
        scores = np.stack([self.scores(vector) for vector in vectors])
        meant = dict(zip(picked.places.tolist(), picked.likely.tolist(), strict=True)) if picked else {}
        likely = [self.answers[place] for place in sorted(meant, key=lambda each: -meant[each])[:MOST_NEAR]]
        found = []
        for topic in dict.fromkeys([*topics, *(of for of, _ in likely)]):
            sure = self._sure(topic, vectors, texts, groups)
            likeliest = sorted(sure, key=lambda each: -sure[each])[:MOST_NEAR] if topic in topics else []
            nearest = sorted(sure, key=lambda each: -scores[0, places[topic, each]])[:1]
            for key in dict.fromkeys([*likeliest, *nearest, *(key for of, key in likely if of == topic)]):
                place = places[topic, key]
                found.append(
                    {
                        "topic": topic,
                        "key": key,
                        "sure": round(sure[key], 4),
                        "score": round(float(scores[:, place].max()), 4),
                        "own": round(float(scores[0, place]), 4),
                        "points": self.points(place, vectors[0]),
                        "meant": round(meant.get(place, 0.0), 4),
                    }
                )
        return found

    def _sure(self, topic: Text, vectors: np.ndarray, texts: Sequence[Text], groups: csr_matrix) -> Dict[Text, float]:
        if topic not in self.regressions:
            return {key: 1.0 for of, key in self.answers if of == topic}
        regression = self.regressions[topic]
        # Combine several readings with a geometric mean: what one of them rules out is not meant. The last reading is
        # the fullest.
        weights = np.arange(1, len(texts) + 1)
        likely = np.log(regression.probabilities(vectors, texts, groups) + 1e-4)
        likely = np.exp(np.average(likely, axis=0, weights=weights))
        return dict(zip(regression.intents, (likely / likely.sum()).tolist(), strict=True))


_NO_ROWS, _NO_STARTS, _NO_WORDS = np.zeros((0, 0), np.float32), np.zeros(0, np.intp), Overlap.of(())
NOTHING = Index(_NO_ROWS, _NO_STARTS, (), None, {}, _NO_ROWS, _NO_STARTS, (), (_NO_WORDS, _NO_WORDS))


def index(
    answers: Sequence[Answer],
    encode: Encode,
    as_read: Callable[[Text], Text] = str,
    sizes: Tuple[int, int] = GROUPS,
) -> Index:
    """Return the index of `answers`, by their titles and questions; an answer without questions cannot be asked for.

    `as_read` converts text to the form in which the reader sees messages; `sizes`: the sizes of its letter groups.
    """
    asked = [answer for answer in answers if answer.questions]
    if not asked:
        return NOTHING
    ways = [tuple(map(as_read, (answer.title, *answer.questions))) for answer in asked]
    starts = np.cumsum([0, *(len(each) for each in ways[:-1])])
    rows = [(answer, way) for answer, each in zip(asked, ways, strict=True) for way in each]
    # The text of an answer also shows what it answers, even if nobody asks in those words.
    told = [as_read(f"{answer.title}. {answer.text}") for answer in asked]
    rows += zip(asked, told, strict=True)
    texts = [text for _, text in rows]
    pieces = [tuple(map(as_read, sentences(answer.text))) for answer in asked]
    # Encode everything in one call: the encoder's cache holds the texts of its latest call.
    vectors = encode([*texts, *(piece for each in pieces for piece in each)])
    vectors, said = vectors[: len(texts)], vectors[len(texts) :]
    letters = Letters.of(texts, sizes)
    regressions = {}
    for topic in dict.fromkeys(answer.topic for answer in asked):
        own = [row for row, (answer, _) in enumerate(rows) if answer.topic == topic]
        keys = [rows[row][0].key for row in own]
        if len(set(keys)) > 1:
            of = [texts[row] for row in own]
            regressions[topic] = KernelRegression.fit(vectors[own], of, keys, SETTINGS, letters=letters).lean()
    known = tuple((answer.topic, answer.key) for answer in asked)
    said_starts = np.cumsum([0, *(len(each) for each in pieces[:-1])])
    overlaps = (
        Overlap.of([" ".join((words, *each)) for words, each in zip(told, ways, strict=True)]),
        Overlap.of(told),
    )
    return Index(
        vectors=vectors[: -len(asked)],
        starts=starts,
        answers=known,
        letters=letters,
        regressions=regressions,
        said=said,
        said_starts=said_starts,
        titles=tuple(each[0] for each in ways),
        overlaps=overlaps,
    )


def in_chinese(answers: Sequence[Answer]) -> List[Answer]:
    """Return each answer once: the Chinese version with questions in both scripts, or else the other language's.

    Keeps the order of `answers`. The Chinese reader also knows the English questions.
    """
    found: Dict[Tuple[Text, Text], Answer] = {}
    for answer in sorted(answers, key=lambda each: not each.language.startswith("zh")):
        known = found.setdefault((answer.topic, answer.key), answer)
        if known is not answer and answer.language.startswith("zh"):
            ways = tuple(dict.fromkeys((*known.questions, answer.title, *answer.questions)))
            found[answer.topic, answer.key] = replace(known, questions=ways)
        elif not known.questions:  # a translation that has no questions of its own
            found[answer.topic, answer.key] = replace(known, questions=(answer.title, *answer.questions))
    # Answers without a question in any language cannot be asked for: words of comfort have titles, too.
    asked = {(each.topic, each.key) for each in answers if each.questions}
    return [each for each in found.values() if (each.topic, each.key) in asked]


@dataclass(frozen=True)
class Side:
    """One of two ways to match messages against answers: with the English encoder or with the Chinese one."""

    encode: Callable[[Sequence[Text]], np.ndarray]
    encode_answers: Encode
    as_read: Callable[[Text], Text]
    index: Index = NOTHING
    weights: Weights = ENGLISH

    def vector(self, text: Text) -> np.ndarray:
        """Return the vector of a text."""
        return np.asarray(self.encode([self.as_read(text)])[0])

    def near(
        self, text: Text, after: Optional[Text], topics: Sequence[Text], picked: Optional[Choice] = None
    ) -> List[Dict[Text, Any]]:
        """Return the answers of `topics` that a text may ask for, alone and following the question `after`."""
        texts = [self.as_read(each) for each in ([text, f"{text} {after}"] if after else [text])]
        return self.index.near(self.encode(texts), texts, list(dict.fromkeys(topics)), picked)

    def asked(self, text: Text, readings: Readings, before: Before | None, *, asks: bool) -> Asked:
        """Return a message prepared for matching against all answers, after the answer given `before`, if any."""
        told = self.index.place(before) if before else None
        words = self.as_read(before.text) if before and told is not None else ""
        return Asked(self.as_read(text), readings.intents, readings.rows, asks, words, told, self.weights)

    def weighed(self, asked: Asked) -> Tuple[np.ndarray, np.ndarray]:
        """Return the vectors of the question and their scores, one row for each of its texts."""
        title = self.index.titles[asked.told] if asked.told is not None else ""
        vectors = self.encode(asked.texts(title))
        return vectors, np.stack([self.index.scores(vector) for vector in vectors])


def sides_of(config: Mapping[Text, Any]) -> Tuple[Side, Optional[Side]]:
    """Return the English side, and the Chinese side if the settings name an encoder for it; neither has answers yet."""
    english = Side(encoder_of(config).encode, answers_encoder(config), plain)
    if not config["chinese_model"]:
        return english, None
    own = chinese_of(config)
    return english, Side(encoder_of(own).encode, answers_encoder(own), as_read, weights=CHINESE)


def known(engine: Any, english: Side, chinese: Optional[Side]) -> Tuple[Side, Side]:
    """Return both sides with the stored answers; if there is no Chinese side, the English one twice."""
    first = replace(english, index=index(read_answers(engine), english.encode_answers))
    if chinese is None:
        return first, first
    told = in_chinese(read_answers(engine, language=None))
    return first, replace(chinese, index=index(told, chinese.encode_answers, chinese.as_read, CHINESE_GROUPS))
