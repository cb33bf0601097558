"""The store's answers nearest to a message, by sentence embedding: a new answer is found at once, with no training."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, Dict, List, Sequence, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.calendar.facts import Answer
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.intents import QUESTIONS
from bot.nlu.sentences import ENCODER, encoder_of
from bot.settings import read_settings
from bot.store.engine import connect
from bot.store.library import changed_at, read_answers

logger = logging.getLogger(__name__)

# So many of a message's own topic are told, and so many of the other likely ones, for a choice that is made later.
MOST_NEAR = 4
LIKELY_TOPICS = 4


@dataclass(frozen=True)
class Index:
    """Ways to ask, a row of `vectors` each, and whose answer each is."""

    vectors: np.ndarray
    owners: Tuple[Tuple[Text, Text], ...]

    def near(self, vector: np.ndarray, topics: Sequence[Text]) -> List[Dict[Text, Any]]:
        """Return the answers of `topics` nearest to `vector`, best first, with the cosine of the nearest way to ask."""
        if not self.owners:
            return []
        scores: Dict[Tuple[Text, Text], float] = {}
        for owner, score in zip(self.owners, (self.vectors @ vector).tolist(), strict=True):
            if owner[0] in topics:
                scores[owner] = max(score, scores.get(owner, -1.0))
        ranked = sorted(scores, key=lambda owner: -scores[owner])
        kept = [owner for topic in topics for owner in [each for each in ranked if each[0] == topic][:MOST_NEAR]]
        return [
            {"topic": owner[0], "key": owner[1], "score": round(scores[owner], 4)}
            for owner in sorted(kept, key=lambda owner: -scores[owner])
        ]


def index(answers: Sequence[Answer], encoder: SentenceEncoder) -> Index:
    """Return the index of `answers`: of an answer's title and of each way to ask it."""
    ways = [(way, (answer.topic, answer.key)) for answer in answers for way in (answer.title, *answer.questions)]
    vectors = encoder.encode([way for way, _ in ways])
    return Index(vectors, tuple(owner for _, owner in ways))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AnswerRanker(GraphComponent):
    """Adds to each question of a message the nearest answers of its likely topics.

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
        """Load the encoder; the answers come with the first message."""
        self._encoder = encoder_of(config)
        self._engine: Any = None
        self._marker: Any = None
        self._index = Index(np.zeros((0, 0), np.float32), ())

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
            likely = [each["name"] for each in message.get("intent_ranking") or []][:LIKELY_TOPICS]
            for question in questions:
                vector = self._encoder.encode([text[question["start"] : question["end"]]])[0]
                topics = dict.fromkeys([question["intent"], *(likely if len(questions) == 1 else ())])
                question["answers"] = found.near(vector, list(topics))
            message.set(QUESTIONS, questions, add_to_output=True)
        return messages

    def _current(self) -> Index:
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
