"""Unsure is a state of its own: between two intents, or too little of any, the message becomes `nlu_fallback`."""

from __future__ import annotations

from typing import Any, Dict, List, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message

FALLBACK = "nlu_fallback"


def unsure(ranking: List[Dict[Text, Any]], threshold: float, ambiguity: float) -> bool:
    """Return whether the first of `ranking` is too uncertain, or too close to the second, to act on."""
    first, second = [*(each["confidence"] for each in ranking), 0.0, 0.0][:2]
    return bool(first < threshold or first - second < ambiguity)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class UnsureClassifier(GraphComponent, IntentClassifier):
    """Puts `nlu_fallback` before a ranking that is too uncertain, as Rasa's FallbackClassifier does.

    Unlike that, it asks less certainty of intents whose answer does no harm when it is wrong: nobody minds a greeting.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """Return the components that must come before this one."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults, chosen by measurement: docs/model.md."""
        return {
            "threshold": 0.88,
            "ambiguity": 0.15,
            "harmless_threshold": 0.25,
            "harmless_ambiguity": 0.0,
            "harmless": ["greet", "thanks", "goodbye", "affirm", "deny", "help", "bot_challenge", "out_of_scope"],
        }

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Keep the settings."""
        self._config = config

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
        """Mark the messages that are too uncertain."""
        for message in messages:
            ranking = message.get("intent_ranking") or []
            kind = "harmless_" if ranking and ranking[0]["name"] in self._config["harmless"] else ""
            if unsure(ranking, float(self._config[f"{kind}threshold"]), float(self._config[f"{kind}ambiguity"])):
                doubt = {"name": FALLBACK, "confidence": 1.0 - (ranking[0]["confidence"] if ranking else 0.0)}
                message.set(INTENT, doubt, add_to_output=True)
                message.set("intent_ranking", [doubt, *ranking], add_to_output=True)
        return messages
