"""Decides when the bot is unsure: torn between intents, or confident of none, it gets the intent `nlu_fallback`."""

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


# A first intent with at least this likelihood is not unsure if no other intent is possible at all (bot.offers) …
ALONE = 0.55
# … nor is one with at least this likelihood and this lead over the second, if the words clearly match a stored answer
# of its topic.
BACKED, BEFORE_SECOND, NEAR, KNOWN = 0.2, 0.04, 0.65, 0.9
# A message that may be out of scope with this likelihood is answered only if that is certain (bot.offers).
BEYOND, MAY_BE = "out_of_scope", 0.08


def unsure(ranking: List[Dict[Text, Any]], threshold: float, ambiguity: float) -> bool:
    """Return whether the first intent in `ranking` is too uncertain, or too close to the second, to act on."""
    first, second = _first_two(ranking)
    if first >= ALONE and second < offers.POSSIBLE:
        return False
    return bool(first < threshold or first - second < ambiguity)


def backed(ranking: List[Dict[Text, Any]], questions: Sequence[Mapping[Text, Any]]) -> bool:
    """Return whether an answer of the first topic clearly matches the words, and no other topic's answer is nearer."""
    first, second = _first_two(ranking)
    found = questions[0].get("answers") or [] if len(questions) == 1 else []
    if len(questions) == 1 and (questions[0].get("goes_on") or float(questions[0].get("meant") or 0) >= offers.MEANT):
        return True
    if not found or first < BACKED or first - second < BEFORE_SECOND:
        return False
    nearest = max(found, key=lambda each: float(each["score"]))
    known = [each for each in found if each["topic"] == ranking[0]["name"]][:1]
    return nearest["topic"] == ranking[0]["name"] and any(
        each["score"] >= NEAR and each["sure"] >= KNOWN for each in known
    )


def beyond(ranking: List[Dict[Text, Any]]) -> bool:
    """Return whether a message may well be out of scope even though its first topic is not."""
    share = next((float(each["confidence"]) for each in ranking if each["name"] == BEYOND), 0.0)
    return bool(ranking) and float(ranking[0]["confidence"]) < offers.SURE and share >= MAY_BE


def _first_two(ranking: List[Dict[Text, Any]]) -> List[float]:
    return [*(float(each["confidence"]) for each in ranking), 0.0, 0.0][:2]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class UnsureClassifier(GraphComponent, IntentClassifier):
    """Puts `nlu_fallback` ahead of a ranking that is too uncertain, as Rasa's FallbackClassifier does.

    Unlike Rasa's, it has lower thresholds for intents where a wrong answer does no harm: nobody minds a greeting.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """Return the components that must come before this one."""
        return [IntentClassifier]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults, which were chosen by measurement: see docs/model.md."""
        return {
            "threshold": offers.ASKS_BACK,
            "ambiguity": 0.25,
            "harmless_threshold": 0.25,
            "harmless_ambiguity": 0.0,
            "harmless": ["affirm", "deny", "help", "bot_challenge", "out_of_scope"],
            # Saying "bye" to somebody who has only typed "8" is odd, even if it does no harm.
            "chat_threshold": 0.6,
            "chat_ambiguity": 0.0,
            "chat": ["greet", "thanks", "goodbye", "acknowledge", "wait", "annoyed", "confused"],
        }

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Store the settings."""
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
            questions = message.get(QUESTIONS) or []
            doubtful = unsure(ranking, *limits) and (kind or not backed(ranking, questions))
            goes_on = len(questions) == 1 and questions[0].get("goes_on")
            if doubtful or (not kind and not goes_on and beyond(ranking)):
                doubt = {"name": FALLBACK, "confidence": 1.0 - (ranking[0]["confidence"] if ranking else 0.0)}
                message.set(INTENT, doubt, add_to_output=True)
                message.set("intent_ranking", [doubt, *ranking], add_to_output=True)
        return messages
