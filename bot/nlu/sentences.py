"""The sentence encoder as a featurizer for Rasa's pipeline."""

from __future__ import annotations

from typing import Any, Dict, List, Text, Type

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import FEATURIZER_CLASS_ALIAS
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.encoder import ENCODER, encoder_of
from bot.nlu.vectors import Encode, examples_encoder


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds a dense sentence vector to each message. Vectors of training examples are cached for the next training."""

    @classmethod
    def required_components(cls) -> List[Type]:
        """Return the components that must come before this one."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> List[Text]:
        """Return the packages that serving needs."""
        return ["onnxruntime", "tokenizers"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults."""
        return {**DenseFeaturizer.get_default_config(), **ENCODER}

    def __init__(self, config: Dict[Text, Any], name: Text) -> None:
        """Load the encoder."""
        super().__init__(name, config)
        self._encoder = encoder_of(self._config)

    @classmethod
    def create(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GraphComponent:
        """Return the component."""
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: Dict[Text, Any]) -> None:
        """Accept any settings: a wrong model name fails when the model is loaded."""

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the vector of each message's text."""
        self._add([message for message in messages if message.get(TEXT)], self._encoder.encode)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the vectors of all training examples."""
        examples = [each for each in training_data.training_examples if each.get(INTENT) and each.get(TEXT)]
        self._add(examples, examples_encoder(self._config))
        return training_data

    def _add(self, messages: List[Message], encode: Encode) -> None:
        if not messages:
            return
        vectors = encode([str(message.get(TEXT)) for message in messages])
        for message, vector in zip(messages, vectors, strict=True):
            message.add_features(
                Features(np.reshape(vector, (1, -1)), FEATURE_TYPE_SENTENCE, TEXT, self._config[FEATURIZER_CLASS_ALIAS])
            )
