"""Which intent a message has: kernel ridge regression on its sentence's vector and its letters, honestly confident.

Two messages are alike by (1 - a) exp(g (cosine of their vectors - 1)) + a (cosine of their letters); an intent's score
is a weighted sum of the likenesses to all examples (Rasmussen and Williams, "Gaussian Processes for Machine Learning",
2006, section 2.2). Chosen by measurement: docs/model.md.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Sequence, Text, Tuple, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.questions import parts
from bot.nlu.sentences import ENCODER, SentenceFeaturizer, encoder_of

# What a message asks, each with its intent and where it stands in the text.
QUESTIONS = "questions"
RANKED = 10
Probabilities = np.ndarray


class Letters:
    """Texts as weighted groups of letters: what typos leave standing, and what a sentence's vector forgets."""

    def __init__(self, vocabulary: Dict[Text, int], weights: np.ndarray) -> None:
        self.vocabulary, self.weights = vocabulary, weights
        self._vectorizer = _vectorizer()
        self._vectorizer.vocabulary_ = vocabulary
        self._vectorizer.idf_ = weights

    @classmethod
    def of(cls, texts: Sequence[Text]) -> Letters:
        """Return the groups that `texts` hold."""
        fitted = _vectorizer().fit(texts)
        return cls({group: int(place) for group, place in fitted.vocabulary_.items()}, fitted.idf_)

    def matrix(self, texts: Sequence[Text]) -> csr_matrix:
        """Return a row of length 1 a text; one that shares no group with the examples is empty."""
        return self._vectorizer.transform(texts)


def _vectorizer() -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, lowercase=True, dtype=np.float32
    )


def left_out(kernel: np.ndarray, targets: np.ndarray, noise: float) -> Tuple[np.ndarray, np.ndarray]:
    """Return the regression's weights, and each example's scores had it been left out.

    Both from one inverse (Rasmussen and Williams, 2006, equations 2.25 and 5.12).
    """
    inverse = np.linalg.inv(kernel + noise * np.eye(len(kernel), dtype=kernel.dtype))
    weights = inverse @ targets
    return weights, targets - weights / np.diag(inverse)[:, None]


def temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return by what scores are to be divided so that confidences are how often they are right.

    Guo et al., "On Calibration of Modern Neural Networks", 2017: the temperature of least log loss, here by search.
    """
    candidates = np.geomspace(0.02, 0.5, 60)
    losses = [-np.mean(np.log(softmax(scores / each)[np.arange(len(truth)), truth] + 1e-12)) for each in candidates]
    return float(candidates[int(np.argmin(losses))])


def softmax(scores: np.ndarray) -> Probabilities:
    """Return the probabilities of each row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


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
            # `a` and `g` above, and what is added to the kernel's diagonal: how far an example may be wrong.
            "letters": 0.1,
            "sharpness": 2.0,
            "noise": 0.1,
            # So sure two parts of a message must be of two intents to be answered as two questions.
            "second_question": 0.6,
            # Intents that are no questions: a greeting before one is no second one.
            "no_questions": [
                *("greet", "thanks", "goodbye", "affirm", "deny", "help", "bot_challenge", "follow_up"),
                *("out_of_scope", "restart", "sent_media", "distress"),
            ],
        }

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        """Load the encoder; the rest comes with training, or with the model."""
        self._config = config
        self._storage = storage
        self._resource = resource
        self._encoder = encoder_of(config)
        self._intents: List[Text] = []
        self._letters = Letters({"  ": 0}, np.ones(1))
        self._vectors = np.zeros((0, 0), np.float32)
        self._weights = np.zeros((0, 0), np.float32)
        self._letter_weights = np.zeros((1, 0), np.float32)

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
        """Fit to the examples, and the confidences to what each is taken for when it is left out."""
        examples = [each for each in training_data.intent_examples if each.get(TEXT) and each.get(INTENT)]
        texts, names = [str(each.get(TEXT)) for each in examples], [str(each.get(INTENT)) for each in examples]
        self._intents = sorted(set(names))
        truth = np.array([self._intents.index(name) for name in names])
        self._letters = Letters.of(texts)
        self._vectors, groups = self._encoder.encode(texts), self._letters.matrix(texts)
        share = float(self._config["letters"])
        kernel = self._likeness(self._vectors) + share * (groups @ groups.T).toarray()
        weights, scores = left_out(
            kernel.astype(np.float64), np.eye(len(self._intents))[truth], float(self._config["noise"])
        )
        self._weights = (weights / temperature(scores, truth)).astype(np.float32)
        # The letters' part is linear, so that all examples come down to one weight a group and intent.
        self._letter_weights = share * (groups.T @ self._weights)
        self._persist()
        return self._resource

    def _likeness(self, vectors: np.ndarray) -> np.ndarray:
        """Return a row a text: how alike its vector is to each example's, weighted against the letters."""
        share, sharpness = float(self._config["letters"]), float(self._config["sharpness"])
        return np.asarray((1 - share) * np.exp(sharpness * (vectors @ self._vectors.T - 1)))

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            arrays = {"vectors": self._vectors, "weights": self._weights, "letter_weights": self._letter_weights}
            np.savez_compressed(folder / "arrays.npz", idf=self._letters.weights, **arrays)
            kept = {"intents": self._intents, "vocabulary": self._letters.vocabulary}
            (folder / "words.json").write_text(json.dumps(kept), encoding="utf-8")

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
            kept = json.loads((folder / "words.json").read_text(encoding="utf-8"))
            with np.load(folder / "arrays.npz") as arrays:
                component._vectors, component._weights = arrays["vectors"], arrays["weights"]
                component._letter_weights = arrays["letter_weights"]
                component._letters = Letters(kept["vocabulary"], arrays["idf"])
        component._intents = kept["intents"]
        return component

    def process(self, messages: List[Message]) -> List[Message]:
        """Add intent, ranking and questions to each message."""
        for message in messages:
            text = str(message.get(TEXT) or "")
            if self._intents and any(letter.isalnum() for letter in text):
                self._understand(message, text)
            elif message.get(INTENT) is None:
                # Only emoji, only spaces: nothing that could have been meant is likelier than anything else.
                message.set(INTENT, {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set("intent_ranking", [], add_to_output=True)
        return messages

    def _understand(self, message: Message, text: Text) -> None:
        spans = parts(text)
        probabilities = self.probabilities([text, *(text[a:b] for a, b in spans)])
        order = np.argsort(-probabilities[0])[:RANKED]
        ranking = [{"name": self._intents[each], "confidence": float(probabilities[0][each])} for each in order]
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        questions = self._questions(spans, probabilities[1:])
        if len(questions) < 2:
            questions = [{"intent": ranking[0]["name"], "start": 0, "end": len(text)}]
        message.set(QUESTIONS, questions, add_to_output=True)

    def _questions(self, spans: List[Tuple[int, int]], probabilities: Probabilities) -> List[Dict[Text, Any]]:
        found: Dict[Text, Dict[Text, Any]] = {}
        for (start, end), row in zip(spans, probabilities, strict=True):
            name, confidence = self._intents[int(np.argmax(row))], float(np.max(row))
            sure = confidence >= float(self._config["second_question"])
            if sure and name not in self._config["no_questions"] and name not in found:
                found[name] = {"intent": name, "start": start, "end": end}
        return list(found.values())

    def probabilities(self, texts: Sequence[Text]) -> Probabilities:
        """Return a row a text: how likely each intent is."""
        by_vectors = self._likeness(self._encoder.encode(texts)) @ self._weights
        return softmax(by_vectors + self._letters.matrix(texts) @ self._letter_weights)
