"""Unsure is a state of its own: between two intents, or too little of any, the message becomes `nlu_fallback`."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Text, Type

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message

from bot import offers
from bot.nlu.intents import QUESTIONS

FALLBACK = "nlu_fallback"


# A first that is at least so likely is not unsure where no other intent is possible at all (bot.offers) …
ALONE = 0.55
# … nor one of at least so much, and so much before the second, whose answer in the store the words match so clearly.
BACKED, BEFORE_SECOND, NEAR, KNOWN = 0.2, 0.04, 0.65, 0.9
# What may be beyond the library by so much is answered only where that is sure (bot.offers).
BEYOND, MAY_BE = "out_of_scope", 0.08


def unsure(ranking: List[Dict[Text, Any]], threshold: float, ambiguity: float) -> bool:
    """Return whether the first of `ranking` is too uncertain, or too close to the second, to act on."""
    first, second = _first_two(ranking)
    if first >= ALONE and second < offers.POSSIBLE:
        return False
    return bool(first < threshold or first - second < ambiguity)


def backed(ranking: List[Dict[Text, Any]], questions: Sequence[Mapping[Text, Any]]) -> bool:
    """Return whether an answer of the first topic matches the words clearly, and no other topic's is nearer."""
    first, second = _first_two(ranking)
    found = questions[0].get("answers") or [] if len(questions) == 1 else []
    if len(questions) == 1 and float(questions[0].get("meant") or 0.0) >= offers.MEANT:
        return True
    if not found or first < BACKED or first - second < BEFORE_SECOND:
        return False
    nearest = max(found, key=lambda each: float(each["score"]))
    known = [each for each in found if each["topic"] == ranking[0]["name"]][:1]
    return nearest["topic"] == ranking[0]["name"] and any(
        each["score"] >= NEAR and each["sure"] >= KNOWN for each in known
    )


def beyond(ranking: List[Dict[Text, Any]]) -> bool:
    """Return whether a message may well be beyond the library, though its first topic is not."""
    share = next((float(each["confidence"]) for each in ranking if each["name"] == BEYOND), 0.0)
    return bool(ranking) and float(ranking[0]["confidence"]) < offers.SURE and share >= MAY_BE


def _first_two(ranking: List[Dict[Text, Any]]) -> List[float]:
    return [*(float(each["confidence"]) for each in ranking), 0.0, 0.0][:2]


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
            "threshold": offers.ASKS_BACK,
            "ambiguity": 0.25,
            "harmless_threshold": 0.25,
            "harmless_ambiguity": 0.0,
            "harmless": ["affirm", "deny", "help", "bot_challenge", "out_of_scope"],
            # A "bye" to somebody who has only said "8" is odd, though it does no harm.
            "chat_threshold": 0.6,
            "chat_ambiguity": 0.0,
            "chat": ["greet", "thanks", "goodbye", "acknowledge", "wait", "annoyed", "confused"],
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
            kinds = [kind for kind in ("harmless", "chat") if ranking and ranking[0]["name"] in self._config[kind]]
            kind = f"{kinds[0]}_" if kinds else ""
            limits = (float(self._config[f"{kind}{name}"]) for name in ("threshold", "ambiguity"))
            doubtful = unsure(ranking, *limits) and (kind or not backed(ranking, message.get(QUESTIONS) or []))
            if doubtful or (not kind and beyond(ranking)):
                doubt = {"name": FALLBACK, "confidence": 1.0 - (ranking[0]["confidence"] if ranking else 0.0)}
                message.set(INTENT, doubt, add_to_output=True)
                message.set("intent_ranking", [doubt, *ranking], add_to_output=True)
        return messages
