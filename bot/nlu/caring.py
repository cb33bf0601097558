"""Who has spoken of danger stays in care until they clearly speak of something else, or say that all is well."""

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
# A question that is surely none of somebody in need, and one that is put as a question.
SURE, ASKED = 0.9, 0.7
# Where no minutes count and nothing of oneself is said, a question is one from here on.
ANY_QUESTION = 0.5
# Who has gone on to something else comes back with words of need that are as sure as this.
NEED, BACK = frozenset({"scared", "alone", "bad", "here", "means", "no_answer", "no_call", "again"}), 0.6
# What says that the worst is over.
RECOVERED = frozenset({"out", "gone", "better", "fine", "joke", "mistake", "thanks"})
# What may be about the library as well, such as a price.
EITHER = frozenset({"cost", "where", "number", "place", "how_long", "back", "report", "address"})
# A place or a time by itself is read as one of these; here it tells where somebody is, or since when.
WHERE = frozenset({"opening_hours", "learning_commons_24h", DIRECTIONS})
BEYOND = "out_of_scope"
# To go back in for something.
BACK_IN = "back"
# What comes without words: a picture, a thumb up.
WORDLESS = frozenset({"sent_media", "acknowledge", "annoyed"})
# What stands before a question, and words that make one of Chinese.
_BEFORE = re.compile(
    r"\W*(?:(?:ok|okay|k|btw|by the way|anyway|also|and|so|well|hey|hi|um+|pls|please|thx|thanks)\W+)+", re.I
)
_CHINESE = re.compile(
    "[幾几邊边哪誰谁嗎吗咩乜]|點樣|点样|怎|什麼|什么|可唔可以|可不可以|能不能|有冇|有沒有|有没有|多少|未呀|開唔開|开不开"
)


def stays(tracker: DialogueStateTracker, sure: float) -> bool:
    """Return whether the latest message of somebody in care belongs to that still.

    A button that was tapped is a clear wish, and so is a question that is clearly about the library. What says
    something of oneself, of help or of the danger stays; who has gone on to another subject already comes back only
    with words of need.
    """
    care, message = tracker.get_slot(CARE), tracker.latest_message
    if not care or message is None:
        return False
    intent, words = message.intent.get("name"), message.text or ""
    if intent in DANGERS:
        return False  # its own answer
    if words.startswith("/"):
        return intent in WORDLESS and not care.get("soft")
    told = message.parse_data.get("safety", {})
    says, share = told.get("says") or "", _confidence(message.intent)
    clear = intent not in CHAT and share >= (min(sure, ASKED) if _asks(words) else sure)
    if care.get("soft") and intent == THANKS and care.get("about") != LIGHT:
        return True  # of a careful kind still
    if care.get("soft"):
        return says in NEED and float(told.get("said") or 0.0) >= BACK and not (clear and _asks(words))
    if says in RECOVERED and clear and share >= sure and intent not in WHERE:
        return False  # it is over, and they ask of something else
    if care.get("kind") in URGENT and intent == DIRECTIONS:
        return True  # the way out
    if care.get("kind") in URGENT and says == BACK_IN:
        return True  # for the laptop that is in there still
    if intent == BEYOND and says in {"", ASK} and wish(words):
        return False  # wished back
    if says in {"", ASK} and care.get("kind") not in URGENT and intent not in CHAT | WHERE and wonders(words):
        return share < ANY_QUESTION
    if says in EITHER and has_chinese(words):
        # Told by single characters, which a question about the library has too.
        return not clear or share < sure or intent in WHERE
    if says in {"", ASK}:
        return not clear or (intent in WHERE and not _asks(words) and says != ASK)
    return True


def _asks(words: Text) -> bool:
    """Return whether words are a question by their form, whatever stands before it, in Chinese too."""
    return asks(_BEFORE.sub("", words, count=1)) or bool(_CHINESE.search(words))


def _confidence(intent: Dict[Text, Any]) -> float:
    return float(intent.get("confidence") or 0.0)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class CarePolicy(Policy):
    """Puts care before every rule while somebody is in it, and says nothing else."""

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults. `sure`: from here on another subject is one."""
        return {"priority": 10, "sure": SURE}

    @staticmethod
    def supported_data() -> SupportedData:
        """Return that it learns from neither stories nor rules, and minds neither."""
        return SupportedData.ML_AND_RULE_DATA

    def train(self, training_trackers: List[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """Learn nothing: Rasa keeps what a policy has learnt, so there is a file."""
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
        """Return care where it is due, and then to listen; else nothing."""
        if tracker.latest_action_name == ACTION:
            return self._prediction(confidence_scores_for(ACTION_LISTEN_NAME, 1.0, domain))
        if tracker.latest_action_name == ACTION_LISTEN_NAME and stays(tracker, float(self.config["sure"])):
            return self._prediction(confidence_scores_for(ACTION, 1.0, domain))
        return self._prediction(self._default_predictions(domain))
