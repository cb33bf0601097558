"""The store's answers nearest to a message, by sentence embedding: a new answer is found at once, with no training."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.calendar.facts import Answer
from bot.nlu.encoder import ENCODER, SentenceEncoder, encoder_of
from bot.nlu.intents import QUESTIONS
from bot.settings import read_settings
from bot.store.engine import connect
from bot.store.library import changed_at, read_answers

logger = logging.getLogger(__name__)

# Cosines from which on a way to ask that stands in the store decides the topic: nearly the same words always do,
# similar ones do where the classifier is unsure or knows no topic (docs/model.md).
SAME, SIMILAR = 0.9, 0.75
UNSURE_BELOW = 0.65
OUT_OF_SCOPE = "out_of_scope"
# So many of a message's own topic are told, and so many of the other likely ones, for a choice that is made later.
MOST_NEAR = 4
LIKELY_TOPICS = 4
FOLLOW_UP = "follow_up"
# Whether the store has changed is asked no more often than this: nobody asks for a new answer faster.
LOOK_EVERY_SECONDS = 0.25


@dataclass(frozen=True)
class Index:
    """Answers as (topic, key), and their ways to ask: rows of `vectors`, each answer's beginning in `starts`."""

    vectors: np.ndarray
    starts: np.ndarray
    answers: Tuple[Tuple[Text, Text], ...]

    @property
    def topics(self) -> List[Text]:
        """Every topic that has an answer."""
        return list(dict.fromkeys(topic for topic, _ in self.answers))

    def scores(self, vector: np.ndarray) -> np.ndarray:
        """Return for each answer the cosine of `vector` with the nearest way to ask it."""
        return np.maximum.reduceat(self.vectors @ vector, self.starts) if self.answers else np.zeros(0)

    def nearest(self, scores: np.ndarray) -> Tuple[Text, float]:
        """Return the topic of the answer with the best of `scores`, and that."""
        if not self.answers:
            return "", -1.0
        best = int(np.argmax(scores))
        return self.answers[best][0], float(scores[best])

    def near(self, scores: np.ndarray, topics: Sequence[Text]) -> List[Dict[Text, Any]]:
        """Return the answers of `topics` with the best of `scores`, best first, MOST_NEAR a topic."""
        room = dict.fromkeys(topics, MOST_NEAR)
        found = []
        for place in np.argsort(-scores).tolist():
            topic, key = self.answers[place]
            if room.get(topic):
                room[topic] -= 1
                found.append({"topic": topic, "key": key, "score": round(float(scores[place]), 4)})
        return found


NOTHING = Index(np.zeros((0, 0), np.float32), np.zeros(0, np.intp), ())


def index(answers: Sequence[Answer], encoder: SentenceEncoder) -> Index:
    """Return the index of `answers`: of the title and the ways to ask each; one without ways is not to be asked for."""
    asked = [answer for answer in answers if answer.questions]
    if not asked:
        return NOTHING
    ways = [(answer.title, *answer.questions) for answer in asked]
    starts = np.cumsum([0, *(len(each) for each in ways[:-1])])
    vectors = encoder.encode([way for each in ways for way in each])
    return Index(vectors, starts, tuple((answer.topic, answer.key) for answer in asked))


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
        self._encoder = encoder_of(config)
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
                self._promote(message, questions[0], found.nearest(found.scores(self._vector(text))))
            ranking = message.get("intent_ranking") or []
            # A follow-up may belong to any topic: which one, only the dialogue knows.
            wide = len(questions) == 1 and questions[0]["intent"] != FOLLOW_UP
            likely = [each["name"] for each in ranking][:LIKELY_TOPICS] if wide else []
            for question in questions:
                scores = found.scores(self._vector(text[question["start"] : question["end"]]))
                topics = found.topics if question["intent"] == FOLLOW_UP else [question["intent"], *likely]
                question["answers"] = found.near(scores, list(dict.fromkeys(topics)))
            message.set(QUESTIONS, questions, add_to_output=True)
        return messages

    def _vector(self, text: Text) -> np.ndarray:
        return self._encoder.encode([text])[0]

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
                self._index = index(read_answers(self._engine), self._encoder)
                self._marker = marker
        except (
            Exception
        ) as error:  # a store that is down is the action's to tell; the message is understood all the same
            logger.warning("The answers could not be read: %s", type(error).__name__)
            self._engine = None
        return self._index
