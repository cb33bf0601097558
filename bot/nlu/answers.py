"""The store's answers nearest to a message, by sentence embedding: a new answer is found at once, with no training."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional, Sequence, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy.sparse import csr_matrix

from bot import offers
from bot.calendar.facts import Answer
from bot.nlu.encoder import ENCODER, encoder_of
from bot.nlu.intents import QUESTIONS
from bot.nlu.questions import asks, parts
from bot.nlu.regression import SETTINGS, KernelRegression, Letters
from bot.nlu.vectors import Encode, answers_encoder
from bot.settings import read_settings
from bot.store.engine import connect
from bot.store.library import changed_at, read_answers

logger = logging.getLogger(__name__)

# Cosines from which on a way to ask that stands in the store decides the topic: nearly the same words always do,
# similar ones do where the classifier is unsure or knows no topic (docs/model.md).
SAME, SIMILAR = 0.9, 0.75
UNSURE_BELOW = 0.65
# Two questions of one message get an answer each of the same topic where each is so near to another one, and so sure.
OWN = 0.6
OUT_OF_SCOPE = "out_of_scope"
# So many of a message's own topic are told, and of so many others that may be offered, for a choice that is made later.
MOST_NEAR = 4
LIKELY_TOPICS = 4
FOLLOW_UP = "follow_up"
# Whether the store has changed is asked no more often than this: nobody asks for a new answer faster.
LOOK_EVERY_SECONDS = 0.25


@dataclass(frozen=True)
class Index:
    """Answers as (topic, key), and their ways to ask: rows of `vectors`, each answer's beginning in `starts`.

    `regressions` tell a topic's answers apart, where it has more than one.
    """

    vectors: np.ndarray
    starts: np.ndarray
    answers: Tuple[Tuple[Text, Text], ...]
    letters: Optional[Letters]
    regressions: Mapping[Text, KernelRegression]

    @property
    def topics(self) -> List[Text]:
        """Every topic that has an answer."""
        return list(dict.fromkeys(topic for topic, _ in self.answers))

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Return for each answer the cosine of `vector` with the nearest way to ask it."""
        return np.maximum.reduceat(self.vectors @ vector, self.starts) if self.answers else np.zeros(0)

    def nearest(self, vector: np.ndarray) -> Tuple[Text, float]:
        """Return the topic of the answer that is nearest to `vector`, and the cosine of the two."""
        if not self.answers:
            return "", -1.0
        scores = self.scores(vector)
        best = int(np.argmax(scores))
        return self.answers[best][0], float(scores[best])

    def near(self, vector: np.ndarray, text: Text, topics: Sequence[Text]) -> List[Dict[Text, Any]]:
        """Return the answers of `topics` that `text` may ask for, a topic's likeliest first, MOST_NEAR of each.

        `score`: the cosine with the nearest way to ask it; `sure`: how likely it is among its topic's answers.
        """
        if self.letters is None:
            return []
        groups = self.letters.matrix([text])
        places = {answer: place for place, answer in enumerate(self.answers)}
        found = []
        for topic in topics:
            sure = self._sure(topic, vector, text, groups)
            for key in sorted(sure, key=lambda each: -sure[each])[:MOST_NEAR]:
                score = round(self._score(places[topic, key], vector), 4)
                found.append({"topic": topic, "key": key, "score": score, "sure": round(sure[key], 4)})
        return found

    def _score(self, place: int, vector: np.ndarray) -> float:
        end = self.starts[place + 1] if place + 1 < len(self.starts) else len(self.vectors)
        return float((self.vectors[self.starts[place] : end] @ vector).max())

    def _sure(self, topic: Text, vector: np.ndarray, text: Text, groups: csr_matrix) -> Dict[Text, float]:
        if topic in self.regressions:
            regression = self.regressions[topic]
            likely = regression.probabilities(vector[None], [text], groups)[0]
            return dict(zip(regression.intents, likely.tolist(), strict=True))
        return {key: 1.0 for of, key in self.answers if of == topic}


NOTHING = Index(np.zeros((0, 0), np.float32), np.zeros(0, np.intp), (), None, {})


def index(answers: Sequence[Answer], encode: Encode) -> Index:
    """Return the index of `answers`: of the title and the ways to ask each; one without ways is not to be asked for."""
    asked = [answer for answer in answers if answer.questions]
    if not asked:
        return NOTHING
    ways = [(answer.title, *answer.questions) for answer in asked]
    starts = np.cumsum([0, *(len(each) for each in ways[:-1])])
    rows = [(answer, way) for answer, each in zip(asked, ways, strict=True) for way in each]
    # What is said tells of what it answers too, though nobody asks in such words.
    rows += [(answer, f"{answer.title}. {answer.text}") for answer in asked]
    texts = [text for _, text in rows]
    vectors, letters = encode(texts), Letters.of(texts)
    regressions = {}
    for topic in dict.fromkeys(answer.topic for answer in asked):
        own = [row for row, (answer, _) in enumerate(rows) if answer.topic == topic]
        keys = [rows[row][0].key for row in own]
        if len(set(keys)) > 1:
            of = [texts[row] for row in own]
            regressions[topic] = KernelRegression.fit(vectors[own], of, keys, SETTINGS, letters=letters)
    known = tuple((answer.topic, answer.key) for answer in asked)
    return Index(vectors[: -len(asked)], starts, known, letters, regressions)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AnswerRanker(GraphComponent):
    """Adds to each question of a message the nearest answers of its likely topics.

    Where a way to ask that stands in the store is so near that it must be meant, its topic becomes the intent: an
    answer that a librarian has just added is found although the model has never heard of it.

    Reads the store of DATABASE_URL, and again only when it has changed. Where there is none, or it is down, nothing is
    added: the action then says the topic's overview, or that it cannot look things up.
    """

    @staticmethod
    def required_packages() -> List[Text]:
        """Return the packages that this needs."""
        return ["sqlalchemy"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults."""
        return dict(ENCODER)

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Load the encoder and the answers, so that the first message need not wait for them."""
        self._encoder, self._encode_answers = encoder_of(config), answers_encoder(config)
        self._engine: Any = None
        self._marker: Any = None
        self._index, self._looked_at = NOTHING, -LOOK_EVERY_SECONDS
        self._current()

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GraphComponent:
        """Return the component."""
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the nearest answers to the questions of each message."""
        for message in messages:
            questions = message.get(QUESTIONS)
            if not questions:
                continue
            found = self._current()
            text = str(message.get(TEXT))
            if len(questions) == 1:
                self._promote(message, questions[0], found.nearest(self._vector(text)))
                questions = self._parted(found, questions[0], text) or questions
            ranking = message.get("intent_ranking") or []
            # A follow-up may belong to any topic: which one, only the dialogue knows.
            wide = len(questions) == 1 and questions[0]["intent"] != FOLLOW_UP
            possible = [each["name"] for each in ranking if each["confidence"] >= offers.POSSIBLE]
            likely = possible[:LIKELY_TOPICS] if wide else []
            for question in questions:
                topics = found.topics if question["intent"] == FOLLOW_UP else [question["intent"], *likely]
                question["answers"] = self._near(found, text[question["start"] : question["end"]], topics)
            message.set(QUESTIONS, questions, add_to_output=True)
        return messages

    def _near(self, found: Index, text: Text, topics: Sequence[Text]) -> List[Dict[Text, Any]]:
        return found.near(self._vector(text), text, list(dict.fromkeys(topics)))

    def _vector(self, text: Text) -> np.ndarray:
        return self._encoder.encode([text])[0]

    def _parted(self, found: Index, question: Dict[Text, Any], text: Text) -> List[Dict[Text, Any]]:
        """Return a question of the same topic for each part that asks for another answer; [] for a single one."""
        own: Dict[Text, Dict[Text, Any]] = {}
        for start, end in parts(text):
            if asks(text[start:end]):
                near = self._near(found, text[start:end], [question["intent"]])
                if near and near[0]["score"] >= OWN and near[0]["sure"] >= OWN:
                    own.setdefault(near[0]["key"], {**question, "start": start, "end": end})
        return list(own.values()) if len(own) > 1 else []

    def _promote(self, message: Message, question: Dict[Text, Any], nearest: Tuple[Text, float]) -> None:
        topic, score = nearest
        ranking = message.get("intent_ranking") or []
        if not ranking or topic == ranking[0]["name"]:
            return
        doubtful = ranking[0]["confidence"] < UNSURE_BELOW or ranking[0]["name"] == OUT_OF_SCOPE
        if score >= SAME or (score >= SIMILAR and doubtful):
            first = {"name": topic, "confidence": score}
            # The others share what is left, so that the confidences still are some.
            rest = [
                {"name": each["name"], "confidence": each["confidence"] * (1 - score)}
                for each in ranking
                if each["name"] != topic
            ]
            question["intent"] = topic
            message.set(INTENT, first, add_to_output=True)
            message.set("intent_ranking", [first, *rest], add_to_output=True)

    def _current(self) -> Index:
        now = time.monotonic()
        if now - self._looked_at < LOOK_EVERY_SECONDS:
            return self._index
        self._looked_at = now
        try:
            if self._engine is None:
                self._engine = connect(read_settings().database_url)
            marker = changed_at(self._engine)
            if marker != self._marker:
                self._index = index(read_answers(self._engine), self._encode_answers)
                self._marker = marker
        except (
            Exception
        ) as error:  # a store that is down is the action's to tell; the message is understood all the same
            logger.warning("The answers could not be read: %s", type(error).__name__)
            self._engine = None
        return self._index
