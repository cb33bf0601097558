"""Classifies the intent of a message, and detects whether it asks two things."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Text, Tuple, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dangers import DANGERS
from bot.nlu.bilingual import CHINESE, Readers, own_rows
from bot.nlu.corrections import Meant, Span, meant
from bot.nlu.courtesies import ELSEWHERE, THANKS, courtesy
from bot.nlu.encoder import ENCODER
from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.questions import parts, wonders
from bot.nlu.readings import READINGS, Before, Read, Readings, read
from bot.nlu.regression import SETTINGS
from bot.nlu.sentences import SentenceFeaturizer
from bot.nlu.solutions import kept, of_examples
from bot.nlu.vague import of_nothing

# The questions in a message, each with its intent and position in the text; QuestionClassifier documents the rest.
QUESTIONS = "questions"
# The previous question, which a question may follow up; AnswerRanker decides, and removes it.
PERHAPS = "perhaps"
RANKED = 10
DENY = "deny"
# Intents that thanks and wishes may also be read as, and the confidence given to messages that are surely courtesies.
COURTEOUS = {THANKS: frozenset({"goodbye"}), ELSEWHERE: frozenset({"greet", THANKS, "goodbye", "acknowledge"})}
SURELY_COURTEOUS = 0.95


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class QuestionClassifier(GraphComponent, IntentClassifier):
    """Ranks the intents of a message, and detects a second question in it.

    A message is read alone and, if its metadata hold the question `before` it, together with that. What it refuses ("i
    don't want hours, i want printing") is left out.

    It outputs `intent` and `intent_ranking`, as every Rasa classifier does, and `questions`: one, or more if parts of
    the message ask clearly different things. Each question has its `intent` and its position `start`, `end`. It may
    also have `after`, the words it follows up; `asks`, whether it asks anything at all; `bare`, whether its words alone
    give no topic ("and on sunday?"); `of_nothing`, whether they refer to something nobody has mentioned; and `refused`,
    the topic that is not wanted, if the message says nothing else.
    """

    @classmethod
    def required_components(cls) -> List[Type]:
        """Return the components that must come before this one."""
        return [SentenceFeaturizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """Return the packages this component needs."""
        return ["sklearn"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults, which were chosen by measurement: see docs/model.md."""
        return {
            **ENCODER,
            **CHINESE,
            # See bot.nlu.regression.
            **SETTINGS,
            # Minimum confidence of each of two parts of a message for them to be answered as two questions.
            "second_question": 0.6,
            # Intents that are no questions: a greeting before a question does not count as another one.
            "no_questions": [
                *("greet", "thanks", "goodbye", "affirm", "deny", "help", "bot_challenge", "follow_up"),
                *("out_of_scope", "restart", "sent_media", "acknowledge", "wait", "annoyed", "confused", *DANGERS),
            ],
            # Minimum confidence in the topic of words that refuse something ("i don't want to …").
            "refused": 0.4,
        }

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        """Load the encoder; everything else comes from training or from the saved model."""
        self._config = config
        self._storage = storage
        self._resource = resource
        self._readers: Optional[Readers] = None

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GraphComponent:
        """Return an untrained component."""
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit to the examples."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT) and each.get(INTENT)]
        texts, names = [str(each.get(TEXT)) for each in examples], [str(each.get(INTENT)) for each in examples]
        settings = {name: float(self._config[name]) for name in SETTINGS}
        known = settings == SETTINGS and self._config["model"] == ENCODER["model"]
        english = [texts[row] for row in own_rows(texts)], [names[row] for row in own_rows(texts)]
        found = kept(of_examples(), *english) if known else None
        self._readers = Readers.fit(self._config, texts, names, settings, found)
        with self._storage.write_to(self._resource) as folder:
            self._readers.save(folder)
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
        """Return the trained component."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._readers = Readers.load(config, folder)
        return component

    def process(self, messages: List[Message]) -> List[Message]:
        """Add intent, ranking and questions to each message."""
        for message in messages:
            text = str(message.get(TEXT) or "")[:MOST_CHARACTERS]
            if self._readers and any(letter.isalnum() for letter in text):
                self._understand(self._readers, message, text)
            elif message.get(INTENT) is None:
                # Only emoji or only spaces: no intent is likelier than any other.
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set("intent_ranking", [], add_to_output=True)
        return messages

    def _understand(self, readers: Readers, message: Message, text: Text) -> None:
        before = Before.of(message.get("metadata"))
        if (name := courtesy(text)) in readers.intents:
            self._be_courteous(readers, message, text, name)
            return
        what = meant(text, answered=before is not None)
        whole = self._read(readers, text, what.span, before, corrects=what.corrects)
        parted = self._parts(readers, text, what.span)
        refused = self._refused(readers, text, what)
        ranking = self._ranking(readers.intents, whole.likely, refused)
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        questions = self._questions(readers.intents, text, parted)
        if len(questions) < 2:
            questions = [self._question(ranking[0]["name"], text, what.span, whole, before)]
            questions[0] |= {"refused": refused} if refused else {}
        message.set(QUESTIONS, questions, add_to_output=True)
        message.set(READINGS, Readings(readers.intents, whole.rows))

    def _be_courteous(self, readers: Readers, message: Message, text: Text, name: Text) -> None:
        """Treat a message as the courtesy its words express: it follows up nothing, and asks nothing."""
        likely = self._likely(readers, text)
        first = readers.intents[int(np.argmax(likely))]
        sure = readers.intents.index(first if first in COURTEOUS.get(name, ()) else name)
        likely = likely * (1 - SURELY_COURTEOUS)
        likely[sure] += SURELY_COURTEOUS
        ranking = self._ranking(readers.intents, likely, refused="")
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        question = {"intent": ranking[0]["name"], "start": 0, "end": len(text), "asks": False}
        message.set(QUESTIONS, [question], add_to_output=True)

    def _likely(self, readers: Readers, *texts: Text) -> np.ndarray:
        """Return the likelihood of each intent: one row for a single text, several rows for several texts."""
        found = readers.likely(texts)
        return found if len(texts) > 1 else found[0]

    def _read(
        self, readers: Readers, text: Text, span: Span, before: Optional[Before], *, corrects: bool = False
    ) -> Read:
        """Return the meaning of the words in `span`, together with the previous question if there is one."""
        said = text[slice(*span)]
        if before is None:
            likely = self._likely(readers, said)
            return Read(likely, likely[None])
        readings = self._likely(readers, said, before.with_words(said), before.with_name(said))
        return read(said, before, readers.intents, readings, corrects=corrects)

    def _parts(self, readers: Readers, text: Text, span: Span) -> List[Tuple[Span, Read]]:
        """Return the parts of a message: each one may follow up the part before it, just as messages do."""
        found: List[Tuple[Span, Read]] = []
        before = None
        for start, end in parts(text[slice(*span)]):
            own = (span[0] + start, span[0] + end)
            found.append((own, self._read(readers, text, own, before)))
            before = Before(text[slice(*own)], readers.intents[int(np.argmax(found[-1][1].likely))])
        return found

    def _refused(self, readers: Readers, text: Text, what: Meant) -> Text:
        """Return the topic that a message refuses without asking for another; "" if it refuses none."""
        if what.refused is None or what.refused[0] < what.span[0]:
            return ""
        whole, clause = self._likely(readers, text[slice(*what.span)], text[slice(*what.refused)])
        name = readers.intents[int(np.argmax(clause))]
        likely = float(np.max(clause)) >= float(self._config["refused"]) and name not in self._config["no_questions"]
        return name if likely and name == readers.intents[int(np.argmax(whole))] else ""

    def _ranking(self, intents: List[Text], likely: np.ndarray, refused: Text) -> List[Dict[Text, Any]]:
        order = np.argsort(-likely)[:RANKED]
        ranking = [{"name": intents[each], "confidence": float(likely[each])} for each in order]
        if not refused:
            return ranking
        # The refused topic becomes as unlikely as it was likely, since the message is a refusal.
        confidence = next((each["confidence"] for each in ranking if each["name"] == refused), 1.0)
        others = [each for each in ranking if each["name"] not in {refused, DENY}]
        return [{"name": DENY, "confidence": confidence}, *others]

    def _questions(self, intents: List[Text], text: Text, parted: Sequence[Tuple[Span, Read]]) -> List[Dict[Text, Any]]:
        found: Dict[Text, Dict[Text, Any]] = {}
        before = None
        for span, each in parted:
            name, confidence = intents[int(np.argmax(each.likely))], float(np.max(each.likely))
            sure = confidence >= float(self._config["second_question"])
            if sure and name not in self._config["no_questions"] and name not in found:
                found[name] = self._question(name, text, span, each, before)
            before = Before(text[slice(*span)], name)
        return list(found.values())

    def _question(self, name: Text, text: Text, span: Span, whole: Read, before: Optional[Before]) -> Dict[Text, Any]:
        question: Dict[Text, Any] = {
            "intent": name,
            "start": span[0],
            "end": span[1],
            "asks": wonders(text[slice(*span)]),
        }
        if before is None and of_nothing(text[slice(*span)]):
            question["of_nothing"] = True
        if before and whole.follows:
            question |= {"after": before.text, "bare": whole.bare}
        if before and whole.perhaps:
            question[PERHAPS] = {"text": before.text, "intent": before.intent}
        return question
