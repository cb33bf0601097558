"""Detects danger in a message, separately from anything else it asks, and with priority over everything else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Text, Tuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dangers import CHAT, DANGERS
from bot.nlu.bilingual import CHINESE as CHINESE_READER
from bot.nlu.bilingual import as_read, chinese_of
from bot.nlu.courtesies import festive
from bot.nlu.encoder import ENCODER, encoder_of
from bot.nlu.intents import QUESTIONS, RANKED
from bot.nlu.readings import Before
from bot.nlu.regression import CHINESE_GROUPS, GROUPS, SETTINGS, KernelRegression, Letters
from bot.nlu.sayings import ASK, Sayings, spread
from bot.nlu.script import has_chinese, language, plain, simplified, without_chinese
from bot.nlu.unsure import FALLBACK
from bot.nlu.vectors import dangers_encoder, examples_encoder

SAFETY = "safety"
ORDINARY = "ordinary"
# Prefixes of pattern names other than the dangers: what the danger is about, study topics, and what somebody who is
# already being cared for says.
ABOUT, STUDY, CARE = "about_", "of_study", "care_"
# Figures of speech that are no danger, such as "drowning in assignments"; danger is looked for in the remaining words.
FIGURE = "figure"
# If no more letters than this are left beside a figure of speech, they tell us nothing. A Chinese character counts as
# two.
LITTLE = 6
# When several patterns match, the first in this order wins; Rasa does not keep patterns in order.
ORDER: Mapping[Text, Sequence[Text]] = {
    ABOUT: (
        *("stuck", "gas", "alarm", "breathing", "choking", "seizure", "pills", "burn", "bleeding", "hurt", "panic"),
        *("online", "urge", "assault", "own", "others", "light"),
    ),
    CARE: (
        *("joke", "mistake", "no_help", "hello", "friend", "secret", "called", "how_long", "arrived", "back", "stay"),
        *("here", "gone", "out", "better", "fine", "alone", "no_answer", "no_call", "cost", "trouble", "what_happens"),
        *("number", "address", "where", "bot", "person", "report", "battery", "earlier", "now", "scared", "insult"),
        *("bad", "means", "place", "thanks", "short"),
    ),
}
# The number of ordinary examples to train on: those most similar to dangerous ones.
ORDINARY_ROWS = 5500
# Letters carry more weight in Chinese than in English. The Chinese encoder is the one in bot.nlu.bilingual; without it,
# letters are all there is to go on.
CHINESE, BY_LETTERS = {"share": 0.4, "sharpness": 2.0, "noise": 0.05}, {"share": 0.9, "sharpness": 2.0, "noise": 0.05}
# A message is checked as a whole and clause by clause; shorter pieces tell us nothing on their own.
MOST_PIECES = 16
_ENDS = re.compile(
    r"[.!?;:,\n\u3002\uff01\uff1f\uff1b\uff0c\u3001\u2026\"\u201c\u201d]+|\s(?:and|but|because|cos|so|then|also|btw)\s"
)
CERTAIN = 0.99
# A message of at most this many words may be a follow-up to a library question, if its topic scores at least this …
GOES_ON, EXPLAINS, SURELY_DANGER = 12, 0.5, 0.8
# … and is not one of these.
UNEXPLAINING = frozenset(DANGERS) | CHAT


# A text and the label it is an example of.
Taught = Tuple[Text, Text]


@dataclass(frozen=True)
class Alarm:
    """The danger a message speaks of, with its confidence."""

    kind: Text
    confidence: float


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SafetyClassifier(GraphComponent, IntentClassifier):
    """Makes danger the intent of any message that mentions it in any part, whatever else was understood.

    It comes last in the pipeline, so that nothing overrules it. It outputs `safety`, {"kind", "certain", "about",
    "says", "said", "language"}: the kind of danger or "", whether the words can mean nothing else, what it concerns
    ("others", "gas"), what somebody in care means by the message ("scared", "called", "ask") and the confidence of
    that, and the language to answer in. It is trained on the examples of each danger against all other examples, and on
    the lookup tables in data/safety, separately for each language. The patterns there decide on their own.
    """

    @staticmethod
    def required_packages() -> List[Text]:
        """Return the packages this component needs."""
        return ["sklearn", "opencc"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults, which were chosen by measurement: see docs/model.md."""
        return {
            **ENCODER,
            **CHINESE_READER,
            # Minimum likelihood that a message is not ordinary. It is higher for a piece of a message and for text
            # about studying.
            "threshold": 0.6,
            "threshold_piece": 0.95,
            "threshold_study": 0.8,
            "threshold_chinese": 0.3,
            "threshold_topic": 0.6,
        }

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        """Load the encoder; everything else comes from training or from the saved model."""
        self._config, self._storage, self._resource = config, storage, resource
        self._encoder = encoder_of(config)
        self._chinese_encoder = encoder_of(chinese_of(config)) if config["chinese_model"] else None
        self._english: Optional[KernelRegression] = None
        self._chinese: Optional[KernelRegression] = None
        self._says = Sayings()
        self._patterns: Dict[Text, List[re.Pattern[Text]]] = {}

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
        """Fit to the examples, and store the patterns."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT) and each.get(INTENT)]
        asked = [(str(each.get(TEXT)), str(each.get(INTENT))) for each in examples]
        taught = [(words, table["name"]) for table in training_data.lookup_tables for words in table["elements"]]
        patterns: Dict[Text, List[Text]] = {}
        for each in training_data.regex_features:
            patterns.setdefault(each["name"], []).append(simplified(each["pattern"]))
        # The English encoder does not read Chinese.
        vectors = _vectors(self._config, _of_language(asked, chinese=False), _of_language(taught, chinese=False))
        english = [*_of_language(asked, chinese=False), *_of_language(taught, chinese=False)]
        with self._storage.write_to(self._resource) as folder:
            self._fit_english([_as_danger(each) for each in english if not _of_care(each)], vectors, folder)
            self._fit_chinese(_of_language(asked, chinese=True), _of_language(taught, chinese=True), folder)
            said = [*_questions(asked), *((words, _meaning(name)) for words, name in taught if _of_care((words, name)))]
            known = [each for each in said if not has_chinese(each[0])]
            rows = np.array([vectors[words] for words, _ in known])
            Sayings.fit(rows, known, [each for each in said if has_chinese(each[0])]).save(folder)
            (folder / "patterns.json").write_text(json.dumps(patterns), encoding="utf-8")
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
            if (folder / "english").exists():
                component._english = KernelRegression.load(folder / "english")
            if (folder / "chinese").exists():
                component._chinese = KernelRegression.load(folder / "chinese")
            component._says = Sayings.load(folder)
            patterns = json.loads((folder / "patterns.json").read_text(encoding="utf-8"))
            component._patterns = {name: [re.compile(each) for each in found] for name, found in patterns.items()}
        return component

    def _fit_english(self, taught: Sequence[Taught], vectors: Mapping[Text, np.ndarray], folder: Path) -> None:
        names = [name for _, name in taught]
        if len(set(names)) < 2:
            return
        known = np.stack([vectors[words] for words, _ in taught])
        rows = nearest(known, np.array([name != ORDINARY for name in names]))
        words = [plain(taught[row][0]) for row in rows]
        fitted = KernelRegression.fit(known[rows], words, [names[row] for row in rows], SETTINGS)
        (folder / "english").mkdir()
        fitted.save(folder / "english")

    def _fit_chinese(self, asked: Sequence[Taught], taught: Sequence[Taught], folder: Path) -> None:
        known = [_as_danger(each) for each in (*asked, *taught) if not _of_care(each)]
        names = [name for _, name in known]
        if len(set(names)) < 2:
            return
        if self._chinese_encoder:
            words = [as_read(text) for text, _ in known]
            read = [[(as_read(text), name) for text, name in each] for each in (asked, taught)]
            found = _vectors(chinese_of(self._config), read[0], read[1])
            vectors, settings, sizes = np.stack([found[each] for each in words]), CHINESE, CHINESE_GROUPS
        else:
            words = [simplified(plain(text)) for text, _ in known]
            vectors, settings, sizes = _blank(len(words)), BY_LETTERS, GROUPS
        fitted = KernelRegression.fit(vectors, words, names, settings, letters=Letters.of(words, sizes))
        (folder / "chinese").mkdir()
        fitted.save(folder / "chinese")

    def process(self, messages: List[Message]) -> List[Message]:
        """Put danger ahead of whatever else each message was taken for."""
        for message in messages:
            text = str(message.get(TEXT) or "")
            if not text.startswith("/") and any(letter.isalnum() for letter in text):
                self._look(message, text)
        return messages

    def _look(self, message: Message, text: Text) -> None:
        words = plain(text)
        # Letters weigh heavily in Chinese, and the characters of a festive wish are rare in everything else.
        meant = "" if festive(text) else self.without_figures(words)
        heard = self.alarm(meant)
        # The classifier of all topics has read the figure of speech too, so its result counts only if there was none.
        alarm = heard or (self._taken_for(message) if meant == words else None)
        if alarm and self._explained(message, words, alarm, heard=heard is not None):
            alarm = None
        says, said = self.says(words)
        told = {
            "kind": alarm.kind if alarm else "",
            "certain": alarm is not None and alarm.confidence == CERTAIN,
            "about": self._named(ABOUT, words) if alarm else [],
            "says": says,
            "said": said,
            "language": language(text),
        }
        message.set(SAFETY, told, add_to_output=True)
        if alarm is None:
            _doubt(message)
            return
        first = {"name": alarm.kind, "confidence": alarm.confidence}
        ranking = [each for each in message.get("intent_ranking") or [] if each["name"] != alarm.kind]
        rest = [{**each, "confidence": each["confidence"] * (1 - alarm.confidence)} for each in ranking]
        message.set(INTENT, first, add_to_output=True)
        message.set("intent_ranking", [first, *rest][:RANKED], add_to_output=True)
        whole = {"intent": alarm.kind, "start": 0, "end": len(text), "answers": []}
        message.set(QUESTIONS, [whole], add_to_output=True)

    def _explained(self, message: Message, words: Text, alarm: Alarm, *, heard: bool) -> bool:
        """Return whether words that sound dangerous merely follow up on a question: "just me alone?", about a room.

        That is so if they are few, if together with the previous question they are likely to be about an ordinary
        library topic, and if together with that question they do not sound dangerous. Words that can mean nothing else
        are never explained away. `heard`: the alarm comes from this classifier rather than from the classifier of all
        topics.
        """
        before = Before.of(message.get("metadata"))
        ranking = [each for each in message.get("intent_ranking") or [] if each["name"] != FALLBACK] or [{}]
        if alarm.confidence == CERTAIN or before is None or has_chinese(words) or len(words.split()) > GOES_ON:
            return False
        if before.intent in UNEXPLAINING or ranking[0].get("name") in UNEXPLAINING - {alarm.kind}:
            return False
        if ranking[0].get("name") == alarm.kind:
            return not heard and ranking[0]["confidence"] < SURELY_DANGER
        whole = _ENDS.sub(" ", before.with_words(words))
        return ranking[0].get("confidence", 0.0) >= EXPLAINS and not self._in_english(whole)

    def _taken_for(self, message: Message) -> Optional[Alarm]:
        """Return the danger the classifier of all topics predicted, if its confidence is high enough."""
        for first in (message.get("intent_ranking") or [])[:1]:
            if first["name"] in DANGERS and first["confidence"] >= float(self._config["threshold_topic"]):
                return Alarm(first["name"], first["confidence"])
        return None

    def without_figures(self, words: Text) -> Text:
        """Return plain `words` without figures of speech such as "bleeding me dry"; "" if little is left."""
        seen = rest = simplified(words) if has_chinese(words) else words
        for pattern in self._patterns.get(FIGURE, ()):
            rest = pattern.sub(" ", rest)
        if rest == seen:
            return words
        return rest if sum(letter.isalpha() + has_chinese(letter) for letter in rest) > LITTLE else ""

    def alarm(self, words: Text) -> Optional[Alarm]:
        """Return the danger that plain `words` speak of, or None."""
        folded = simplified(words) if has_chinese(words) else words
        for kind in DANGERS:
            if self._matches(kind, folded):
                return Alarm(kind, CERTAIN)
        found = [*self._in_english(words), *(self._in_chinese(folded) if has_chinese(words) else ())]
        best = max(found, key=lambda each: each[1], default=None)
        return Alarm(*best) if best else None

    def says(self, words: Text) -> Tuple[Text, float]:
        """Return what somebody in care says with plain `words`, and its confidence; "" if nothing is recognised."""
        folded = simplified(words) if has_chinese(words) else ""
        if named := self._named(CARE, words):
            return named[0], CERTAIN
        english = without_chinese(words) if folded else words
        texts = pieces(english) if any(map(str.isalpha, english)) or not folded else []
        vectors = self._encoder.encode(texts) if texts else np.zeros((0, 1), np.float32)
        return self._says.nearest(texts, vectors, pieces(folded) if folded else [])

    def _in_english(self, words: Text) -> List[Tuple[Text, float]]:
        english = without_chinese(words) if has_chinese(words) else words
        if self._english is None or sum(map(str.isalpha, english)) < 3:
            return []
        texts = pieces(english)
        likely = self._english.probabilities(self._encoder.encode(texts), texts)
        usual = [float(self._config["threshold"]), *[float(self._config["threshold_piece"])] * (len(texts) - 1)]
        study = float(self._config["threshold_study"])
        limits = [
            max(study, own) if self._matches(STUDY, each) else own for each, own in zip(texts, usual, strict=True)
        ]
        return _dangerous(self._english, likely, limits)

    def _in_chinese(self, folded: Text) -> List[Tuple[Text, float]]:
        if self._chinese is None:
            return []
        texts = pieces(folded)
        # A model trained without the Chinese encoder has only letters to go on.
        if self._chinese_encoder and self._chinese.vectors.shape[1] > 1:
            words = [as_read(each) for each in texts]
            likely = self._chinese.probabilities(self._chinese_encoder.encode(words), words)
        else:
            likely = self._chinese.probabilities(_blank(len(texts)), texts)
        study = float(self._config["threshold_study"])
        usual = float(self._config["threshold_chinese"])
        return _dangerous(self._chinese, likely, [study if self._matches(STUDY, each) else usual for each in texts])

    def _named(self, beginning: Text, words: Text) -> List[Text]:
        folded = simplified(words) if has_chinese(words) else words
        return [name for name in ORDER[beginning] if self._matches(f"{beginning}{name}", folded)]

    def _matches(self, name: Text, words: Text) -> bool:
        return any(pattern.search(words) for pattern in self._patterns.get(name, ()))


def _doubt(message: Message) -> None:
    """Turn a message wrongly classified as a danger into a fallback, so that the bot asks for clarification."""
    ranking = [each for each in message.get("intent_ranking") or [] if each["name"] not in DANGERS]
    if (message.get(INTENT) or {}).get("name") in DANGERS:
        doubt = {"name": FALLBACK, "confidence": 1.0 - (ranking[0]["confidence"] if ranking else 0.0)}
        message.set(INTENT, doubt, add_to_output=True)
        message.set("intent_ranking", [doubt, *ranking], add_to_output=True)


def _of_care(taught: Taught) -> bool:
    return taught[1].startswith(CARE)


def _meaning(name: Text) -> Text:
    return name.removeprefix(CARE)


def _as_danger(taught: Taught) -> Taught:
    return taught if taught[1] in DANGERS else (taught[0], ORDINARY)


def _questions(asked: Sequence[Taught]) -> List[Taught]:
    """Return a few questions about the library from each topic: the ones that take the conversation out of care."""
    topics = [each for each in asked if each[1] not in DANGERS and each[1] not in CHAT]
    chosen = spread([words for words, _ in topics], [f"{name} {has_chinese(words)}" for words, name in topics])
    return [(topics[row][0], ASK) for row in chosen]


def pieces(words: Text) -> List[Text]:
    """Return the whole text and, if it has several, its clauses: danger may be mentioned among much else."""
    whole = " ".join(words.split())
    found = [" ".join(each.split()) for each in _ENDS.split(words)]
    telling = [
        each
        for each in dict.fromkeys(found)
        if each != whole and sum(map(str.isalpha, each)) >= (3 if has_chinese(each) else 6)
    ]
    return [whole, *telling[: MOST_PIECES - 1]]


def nearest(vectors: np.ndarray, dangerous: np.ndarray) -> np.ndarray:
    """Return the rows to train on: every dangerous one, and the ordinary ones most similar to a dangerous one."""
    danger, ordinary = np.flatnonzero(dangerous), np.flatnonzero(~dangerous)
    alike = (vectors[ordinary] @ vectors[danger].T).max(axis=1)
    return np.concatenate([danger, ordinary[np.argsort(-alike, kind="stable")[:ORDINARY_ROWS]]])


def _dangerous(regression: KernelRegression, likely: np.ndarray, limits: Sequence[float]) -> List[Tuple[Text, float]]:
    """Return the likeliest kind of danger and its likelihood for each row that reaches its threshold."""
    ordinary = regression.intents.index(ORDINARY)
    found = []
    for row, limit in zip(likely, limits, strict=True):
        danger = 1 - float(row[ordinary])
        if danger >= limit:
            kinds: Mapping[Text, float] = {
                name: float(share) for name, share in zip(regression.intents, row, strict=True) if name != ORDINARY
            }
            found.append((max(kinds, key=lambda each: kinds[each]), danger))
    return found


def _of_language(taught: Sequence[Taught], *, chinese: bool) -> List[Taught]:
    return [each for each in taught if has_chinese(each[0]) is chinese]


def _vectors(config: Mapping[Text, Any], asked: Sequence[Taught], taught: Sequence[Taught]) -> Dict[Text, np.ndarray]:
    """Return the vector of each text; vectors of the topics' examples are cached separately from the others."""
    own, more = [text for text, _ in asked], [text for text, _ in taught]
    found = dict(zip(own, examples_encoder(config)(own), strict=True))
    return found | dict(zip(more, dangers_encoder(config)(more), strict=True))


def _blank(count: int) -> np.ndarray:
    """Return vectors that carry no information, for texts judged by their letters alone."""
    return np.zeros((count, 1), np.float32)
