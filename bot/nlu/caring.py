"""Keeps somebody who has mentioned danger in care until they clearly move on or say that all is well."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Text

from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData, confidence_scores_for
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dangers import CARE, CHAT, DANGERS, LIGHT, URGENT
from bot.nlu.courtesies import THANKS, wish
from bot.nlu.questions import asks, wonders
from bot.nlu.sayings import ASK
from bot.nlu.script import has_chinese
from bot.nlu.wheres import DIRECTIONS

ACTION = "action_care"
# Minimum likelihoods of a topic for a message, and for one phrased as a question, to surely come from nobody in need.
SURE, ASKED = 0.9, 0.7
# If the danger is not urgent and the message says nothing about the student, this is enough for any question.
ANY_QUESTION = 0.5
# Somebody who has moved on returns to care only with words of need that reach this likelihood.
NEED, BACK = frozenset({"scared", "alone", "bad", "here", "means", "no_answer", "no_call", "again"}), 0.6
# Meanings that say the worst is over.
RECOVERED = frozenset({"out", "gone", "better", "fine", "joke", "mistake", "thanks"})
# Meanings that may also be about the library, such as a price.
EITHER = frozenset({"cost", "where", "number", "place", "how_long", "back", "report", "address"})
# A place or a time alone is usually classified as one of these; in care it says where somebody is, or since when.
WHERE = frozenset({"opening_hours", "learning_commons_24h", DIRECTIONS})
BEYOND = "out_of_scope"
# Going back in for something.
BACK_IN = "back"
# What comes without words: a picture, a thumbs up.
WORDLESS = frozenset({"sent_media", "acknowledge", "annoyed"})
# What may precede a question, and words that make a Chinese sentence a question.
_BEFORE = re.compile(
    r"\W*(?:(?:ok|okay|k|btw|by the way|anyway|also|and|so|well|hey|hi|um+|pls|please|thx|thanks)\W+)+", re.I
)
_CHINESE = re.compile(
    "[幾几邊边哪誰谁嗎吗咩乜]|點樣|点样|怎|什麼|什么|可唔可以|可不可以|能不能|有冇|有沒有|有没有|多少|未呀|開唔開|开不开"
)


def stays(tracker: DialogueStateTracker, sure: float) -> bool:
    """Return whether the latest message of somebody in care still belongs to the conversation in care.

    Tapping a button is a clear choice, and so is a question that is clearly about the library. Words about oneself,
    help or the danger stay in care; somebody who has already moved on returns only with words of need.
    """
    care, message = tracker.get_slot(CARE), tracker.latest_message
    if not care or message is None:
        return False
    intent, words = message.intent.get("name"), message.text or ""
    if intent in DANGERS:
        return False  # it gets its own answer
    if words.startswith("/"):
        return intent in WORDLESS and not care.get("soft")
    told = message.parse_data.get("safety", {})
    says, share = told.get("says") or "", _confidence(message.intent)
    clear = intent not in CHAT and share >= (min(sure, ASKED) if _asks(words) else sure)
    if care.get("soft") and intent == THANKS and care.get("about") != LIGHT:
        return True  # still within the gentle kind of care
    if care.get("soft"):
        return says in NEED and float(told.get("said") or 0.0) >= BACK and not (clear and _asks(words))
    if says in RECOVERED and clear and share >= sure and intent not in WHERE:
        return False  # it is over, and they are asking something else
    if care.get("kind") in URGENT and intent == DIRECTIONS:
        return True  # the way out
    if care.get("kind") in URGENT and says == BACK_IN:
        return True  # for the laptop still inside
    if intent == BEYOND and says in {"", ASK} and wish(words):
        return False  # the wish is returned instead
    if says in {"", ASK} and care.get("kind") not in URGENT and intent not in CHAT | WHERE and wonders(words):
        return share < ANY_QUESTION
    if says in EITHER and has_chinese(words):
        # This meaning comes from single characters, which a question about the library may contain too.
        return not clear or share < sure or intent in WHERE
    if says in {"", ASK}:
        return not clear or (intent in WHERE and not _asks(words) and says != ASK)
    return True


def _asks(words: Text) -> bool:
    """Return whether text has the form of a question, in English or Chinese, whatever words precede it."""
    return asks(_BEFORE.sub("", words, count=1)) or bool(_CHINESE.search(words))


def _confidence(intent: Dict[Text, Any]) -> float:
    return float(intent.get("confidence") or 0.0)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class CarePolicy(Policy):
    """Gives care precedence over every rule while somebody is in care, and predicts nothing otherwise."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults. `sure`: the minimum likelihood of another subject."""
        return {"priority": 10, "sure": SURE}

    @staticmethod
    def supported_data() -> SupportedData:
        """Return that this policy accepts both stories and rules; it learns from neither."""
        return SupportedData.ML_AND_RULE_DATA

    def train(self, training_trackers: List[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """Learn nothing; write an empty file because Rasa stores what each policy has learnt."""
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "care").touch()
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: Optional[Dict[Text, Any]] = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Predict care when it applies, and then listening; otherwise predict nothing."""
        if tracker.latest_action_name == ACTION:
            return self._prediction(confidence_scores_for(ACTION_LISTEN_NAME, 1.0, domain))
        if tracker.latest_action_name == ACTION_LISTEN_NAME and stays(tracker, float(self.config["sure"])):
            return self._prediction(confidence_scores_for(ACTION, 1.0, domain))
        return self._prediction(self._default_predictions(domain))
