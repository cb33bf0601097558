"""Which intent a message has, and whether it asks two things."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Text, Tuple, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.encoder import ENCODER, encoder_of
from bot.nlu.questions import parts
from bot.nlu.regression import SETTINGS, KernelRegression
from bot.nlu.sentences import SentenceFeaturizer
from bot.nlu.solutions import kept, of_examples
from bot.nlu.vectors import examples_encoder

# What a message asks, each with its intent and where it stands in the text.
QUESTIONS = "questions"
RANKED = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class QuestionClassifier(GraphComponent, IntentClassifier):
    """Ranks the intents of a message, and finds a second question in it.

    Out: `intent` and `intent_ranking` as every classifier of Rasa's, and `questions`: one, or two or more where parts
    of the message ask clearly different things.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """Return the components that must come before this one."""
        return [SentenceFeaturizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """Return the packages that this needs."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults, chosen by measurement: docs/model.md."""
        return {
            **ENCODER,
            # See bot.nlu.regression.
            **SETTINGS,
            # So sure two parts of a message must be of two intents to be answered as two questions.
            "second_question": 0.6,
            # Intents that are no questions: a greeting before one is no second one.
            "no_questions": [
                *("greet", "thanks", "goodbye", "affirm", "deny", "help", "bot_challenge", "follow_up"),
                *("out_of_scope", "restart", "sent_media", "distress"),
            ],
            # Intents that decide wherever in the message they stand, from this confidence on.
            "urgent": ["distress"],
            "urgent_threshold": 0.5,
        }

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        """Load the encoder; the rest comes with training, or with the model."""
        self._config = config
        self._storage = storage
        self._resource = resource
        self._encoder = encoder_of(config)
        self._regression: Optional[KernelRegression] = None

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GraphComponent:
        """Return a component that has not been trained."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit to the examples."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT) and each.get(INTENT)]
        texts, names = [str(each.get(TEXT)) for each in examples], [str(each.get(INTENT)) for each in examples]
        settings = {name: float(self._config[name]) for name in SETTINGS}
        vectors = examples_encoder(self._config)(texts)
        known = settings == SETTINGS and self._config["model"] == ENCODER["model"]
        found = kept(of_examples(), texts, names) if known else None
        self._regression = KernelRegression.fit(vectors, texts, names, settings, found)
        with self._storage.write_to(self._resource) as folder:
            self._regression.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> GraphComponent:
        """Return the component as it was trained."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._regression = KernelRegression.load(folder)
        return component

    def process(self, messages: List[Message]) -> List[Message]:
        """Add intent, ranking and questions to each message."""
        for message in messages:
            text = str(message.get(TEXT) or "")
            if self._regression and any(letter.isalnum() for letter in text):
                self._understand(self._regression, message, text)
            elif message.get(INTENT) is None:
                # Only emoji, only spaces: nothing that could have been meant is likelier than anything else.
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set("intent_ranking", [], add_to_output=True)
        return messages

    def _understand(self, regression: KernelRegression, message: Message, text: Text) -> None:
        spans = parts(text)
        texts = [text, *(text[a:b] for a, b in spans)]
        probabilities = regression.probabilities(self._encoder.encode(texts), texts)
        deciding = probabilities[self._deciding(regression.intents, probabilities)]
        order = np.argsort(-deciding)[:RANKED]
        ranking = [{"name": regression.intents[each], "confidence": float(deciding[each])} for each in order]
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        questions = self._questions(regression.intents, spans, probabilities[1:])
        if len(questions) < 2 or ranking[0]["name"] in self._config["urgent"]:
            questions = [{"intent": ranking[0]["name"], "start": 0, "end": len(text)}]
        message.set(QUESTIONS, questions, add_to_output=True)

    def _deciding(self, intents: List[Text], probabilities: np.ndarray) -> int:
        """Return which row decides: the whole message's, or that of a part that is urgent."""
        for number, row in enumerate(probabilities):
            best = int(np.argmax(row))
            if intents[best] in self._config["urgent"] and row[best] >= float(self._config["urgent_threshold"]):
                return number
        return 0

    def _questions(
        self, intents: List[Text], spans: List[Tuple[int, int]], probabilities: np.ndarray
    ) -> List[Dict[Text, Any]]:
        found: Dict[Text, Dict[Text, Any]] = {}
        for (start, end), row in zip(spans, probabilities, strict=True):
            name, confidence = intents[int(np.argmax(row))], float(np.max(row))
            sure = confidence >= float(self._config["second_question"])
            if sure and name not in self._config["no_questions"] and name not in found:
                found[name] = {"intent": name, "start": start, "end": end}
        return list(found.values())
