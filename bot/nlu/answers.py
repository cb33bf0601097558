"""Finds the stored answers nearest to a message by sentence embedding, so that new answers need no training."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import offers
from bot.nlu.answer_index import Side, known, sides_of
from bot.nlu.bilingual import CHINESE, reads_chinese
from bot.nlu.encoder import ENCODER
from bot.nlu.following import Following
from bot.nlu.intents import PERHAPS, QUESTIONS
from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.meant import Asked, Choice, choice
from bot.nlu.questions import asks, parts
from bot.nlu.readings import FOLLOW_UP, READINGS, Before
from bot.nlu.vague import leans, vague

# Minimum cosines at which a stored question decides the topic: nearly identical words always do, similar ones only if
# the classifier is unsure or knows no topic (docs/model.md).
SAME, SIMILAR = 0.9, 0.75
# Two questions in one message get separate answers from the same topic if each scores at least this against a different
# answer.
OWN = 0.6
# At or above this likelihood of another topic than the previous answer's, a message stands alone and is no follow-up.
BY_ITSELF = 0.8
OUT_OF_SCOPE, MAY_BE_BEYOND, COMPLAINT = "out_of_scope", 0.6, "feedback_complaint"
# The number of other topics to return answers for, and their least likelihood, for a choice made later.
LIKELY_TOPICS, LEAST_LIKELY = 4, 0.003


def _gives_way(first: Mapping[Text, Any], topics: Sequence[Text], *, follows: bool) -> bool:
    """Return whether the likeliest intent may give way to that of a matching answer.

    A confident intent without a previous question does not: what a librarian has just taught the bot must hold.
    """
    if first["name"] == OUT_OF_SCOPE:
        return bool(first["confidence"] < MAY_BE_BEYOND)
    if first["name"] in topics and not follows:
        return bool(first["confidence"] < offers.SURE)
    return first["name"] in topics or first["name"] == FOLLOW_UP or first["confidence"] < offers.ASKS_BACK


def _said(question: Mapping[Text, Any], text: Text) -> Text:
    return str(question.get("says") or text[question["start"] : question["end"]])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AnswerRanker(GraphComponent):
    """Adds to each question of a message the nearest answers from its likely topics.

    If a stored question is so near that it must be meant, its topic becomes the intent: an answer that a librarian has
    just added is found even though the model has never seen it.

    Reads the store at DATABASE_URL, and reads it again in the background when its facts have changed. If there is no
    store, or it is down, nothing is added: the action then gives the topic's overview, or says that it cannot look
    things up.
    """

    @staticmethod
    def required_packages() -> List[Text]:
        """Return the packages this component needs."""
        return ["sqlalchemy"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults."""
        return {**ENCODER, **CHINESE}

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Load the encoder and the answers, so that the first message does not have to wait for them."""
        english, chinese = sides_of(config)

        def made(engine: Any) -> Tuple[Side, Side]:  # not a method: its thread would keep the component alive
            return known(engine, english, chinese)

        self._answers = Following(made, (english, chinese or english), part="answers", beside=True)

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
            text = str(message.get(TEXT))[:MOST_CHARACTERS]
            found = self._answers.made[reads_chinese(text)]
            picked = None
            if len(questions) == 1:
                self._go_on(found, message, questions[0], text)
                alone = not (Before.of(message.get("metadata")) and leans(_said(questions[0], text)))
                if alone and "after" not in questions[0] and "refused" not in questions[0]:
                    self._promote(message, questions[0], found.index.nearest(found.vector(_said(questions[0], text))))
                questions = self._parted(found, questions[0], text) or questions
            own = len(questions) == 1 and "says" not in questions[0]  # otherwise we already know what is asked
            if own and found.index.answers:
                picked = self._picked(found, message, questions[0], text)
            ranking = message.get("intent_ranking") or []
            # A follow-up may belong to any topic, and only the dialogue knows which.
            wide = len(questions) == 1 and questions[0]["intent"] != FOLLOW_UP
            possible = [each["name"] for each in ranking if each["confidence"] >= LEAST_LIKELY]
            likely = possible[:LIKELY_TOPICS] if wide else []
            if wide and questions[0]["intent"] not in found.index.topics:
                # What looks like a question about opening hours may be a complaint, or follow up what came before.
                topic = ((message.get("metadata") or {}).get("before") or {}).get("topic")
                likely += [each for each in (topic, COMPLAINT) if each]
            for question in questions:
                topics = found.index.topics if question["intent"] == FOLLOW_UP else [question["intent"], *likely]
                question["answers"] = found.near(_said(question, text), question.get("after"), topics, picked)
            message.set(QUESTIONS, questions, add_to_output=True)
        return messages

    def _picked(self, found: Side, message: Message, question: Dict[Text, Any], text: Text) -> Optional[Choice]:
        """Return which of all answers is meant, and make its topic the intent if that is likely enough."""
        readings, ranking = message.get(READINGS), message.get("intent_ranking") or []
        if readings is None or not ranking or "refused" in question:
            return None
        before = Before.of(message.get("metadata"))
        asked = found.asked(_said(question, text), readings, before, asks=bool(question.get("asks", True)))
        vectors, near = found.weighed(asked)
        alone = replace(asked, before="", told=None)
        picked = choice(found.index, alone, vectors[:1], near[:1])
        leaning = before if before and leans(_said(question, text)) else None
        if asked.told is not None and not leaning and self._stands_alone(found, asked, picked):
            asked = alone
            question.pop("after", None)
        elif asked.told is not None:
            picked = choice(found.index, asked, vectors, near)
        best = int(np.argmax(picked.likely))
        topic, key = found.index.answers[picked.places[best]]
        follows = asked.told is not None
        likely = float(picked.likely[best])
        if not follows:  # the choice has not weighed topics without answers
            topics = {*found.index.topics, OUT_OF_SCOPE}
            likely *= 1.0 - sum(each["confidence"] for each in ranking if each["name"] not in topics)
        elif before:
            question["none"] = round(picked.none, 4)
            if key == before.told and likely >= offers.MEANT:
                question["after"] = question.get("after") or before.text
        open_to = _gives_way(ranking[0], found.index.topics, follows=follows)
        open_to = open_to or (follows and vague(_said(question, text)))
        least = offers.MEANT
        if leaning and topic == leaning.intent and follows and likely >= max(offers.GOES_ON_MEANT, picked.none):
            question |= {"after": question.get("after") or leaning.text, "goes_on": True}
            least = offers.GOES_ON_MEANT
        elif leaning and topic != leaning.intent:
            # Words that fit any topic hardly lead away from the one at hand.
            open_to = open_to and follows and likely >= offers.SURELY_MEANT
        if likely >= least and topic != ranking[0]["name"] and open_to:
            self._put_first(message, question, topic, likely)
        elif leaning and follows and ranking[0]["name"] == OUT_OF_SCOPE:
            # Nor do they lead out of the library: "where do i get this".
            self._put_first(message, question, leaning.intent, float(ranking[0]["confidence"]))
            question |= {"after": question.get("after") or leaning.text, "goes_on": True}
        if topic == question["intent"]:
            question["meant"] = round(likely, 4)
        return picked

    def _stands_alone(self, found: Side, asked: Asked, picked: Choice) -> bool:
        """Return whether a message after an answer is a complete question of another topic, by `picked` alone."""
        topic, likely = found.index.likeliest(picked)
        own = dict(zip(asked.intents, asked.likely[0].tolist(), strict=True)).get(topic, 0.0)
        other = asked.told is not None and topic != found.index.answers[asked.told][0]
        return other and min(likely, own) >= BY_ITSELF

    def _parted(self, found: Side, question: Dict[Text, Any], text: Text) -> List[Dict[Text, Any]]:
        """Return a question of the same topic for each part that asks for a different answer; [] if only one."""
        own: Dict[Text, Dict[Text, Any]] = {}
        after = question.get("after")
        for start, end in parts(_said(question, text)):
            span = {"start": question["start"] + start, "end": question["start"] + end}
            part = text[span["start"] : span["end"]]
            if asks(part):
                near = found.near(part, after, [question["intent"]])
                if near and near[0]["score"] >= OWN and near[0]["sure"] >= OWN:
                    own.setdefault(near[0]["key"], {**question, **span, **({"after": after} if after else {})})
            after = part
        return list(own.values()) if len(own) > 1 else []

    def _go_on(self, found: Side, message: Message, question: Dict[Text, Any], text: Text) -> None:
        """Make a question that any topic could have follow up the previous one, if that topic has an answer to it."""
        before = question.pop(PERHAPS, None)
        if not before or question["intent"] not in found.index.topics:
            return
        if found.index.fits(before["intent"], found.vector(_said(question, text))):
            # The share of the intent it had when read alone now goes to this topic.
            shares = {each["name"]: float(each["confidence"]) for each in message.get("intent_ranking") or []}
            confidence = shares.get(question["intent"], 0.0) + shares.get(before["intent"], 0.0)
            self._put_first(message, question, before["intent"], min(1.0, confidence))
            question |= {"after": before["text"], "bare": False}

    def _promote(self, message: Message, question: Dict[Text, Any], nearest: Tuple[Text, float]) -> None:
        topic, score = nearest
        ranking = message.get("intent_ranking") or []
        if not ranking or topic == ranking[0]["name"]:
            return
        doubtful = ranking[0]["confidence"] < offers.ASKS_BACK or ranking[0]["name"] == OUT_OF_SCOPE
        if score >= SAME or (score >= SIMILAR and doubtful):
            self._put_first(message, question, topic, score)

    def _put_first(self, message: Message, question: Dict[Text, Any], topic: Text, confidence: float) -> None:
        first = {"name": topic, "confidence": confidence}
        # The others share the rest, so that the confidences still add up.
        rest = [
            {"name": each["name"], "confidence": each["confidence"] * (1 - confidence)}
            for each in message.get("intent_ranking") or []
            if each["name"] != topic
        ]
        question["intent"] = topic
        message.set(INTENT, first, add_to_output=True)
        message.set("intent_ranking", [first, *rest], add_to_output=True)
