"""Finds places in a message with spaCy's entity ruler, using the names and aliases of the places now in the store."""

from __future__ import annotations

import gc
import json
import re
from pathlib import Path
from typing import Any, Dict, List, Optional, Text

import spacy
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from ruamel.yaml import YAML
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import compile_infix_regex

from bot.nlu.following import Following
from bot.nlu.script import folded
from bot.store.library import place_names

# spaCy strips a word from both ends, in time that grows with the square of its length; anything this long is no place.
_LONG = re.compile(r"[^\s\u3400-\u9fff]{200,}")
# Places named after so many letters are not looked for: in Chinese, whose words have no ends, time and memory grow with
# the square of the length ("圖書館" 900 times took 400 ms and 77 MB).
LONGEST = 1_000
# How many new words a pipeline may meet before it is made anew: some 20 MB.
MOST_WORDS = 20_000
# A name with at least this many letters may have one letter wrong.
FUZZY_FROM = 7
# With one of these words after it, "library" is part of something else and not a place.
_NO_PLACE_BEFORE = {
    *("card", "cards", "account", "book", "books", "staff", "website", "fine", "fines", "rule", "rules"),
    *"卡证网账户职员",
}
# "3d printer": the word before makes it something else.
_NO_PLACE_AFTER = {"3d", "3-d"}
# Chinese has no spaces, so each character is a token to spaCy.
_LETTER = r"[\u3400-\u9fff]"


class Ruler:
    """Finds places in folded text, in which both Chinese scripts look the same.

    spaCy keeps each word that it meets for good: 5,000 messages of made-up words took 200 MB. So the pipeline is made
    anew, which takes a tenth of a second, before there are many.
    """

    def __init__(self, names: Dict[str, List[str]]) -> None:
        """`names` maps a place's key to what people call it."""
        self._names = names
        self._pipeline = _pipeline(names)
        self._most = self.words + MOST_WORDS

    @property
    def words(self) -> int:
        """How many words it keeps."""
        return len(self._pipeline.vocab.strings)

    def __call__(self, text: str) -> Doc:
        """Return the text as spaCy reads it, with the places as its entities."""
        if self.words > self._most:
            self._pipeline = _pipeline(self._names)
            gc.collect()  # parts of a pipeline refer to each other
        return self._pipeline(text)


def _pipeline(names: Dict[str, List[str]]) -> Language:
    """Return a blank English pipeline that finds places."""
    pipeline = spacy.blank("en")
    infixes = [_LETTER, *(pipeline.Defaults.infixes or ())]
    pipeline.tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    found = pipeline.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    patterns: List[Dict[str, Any]] = []
    for key, called in names.items():
        for name in called:
            words = [token.text for token in pipeline.make_doc(folded(name.lower()))]
            patterns.append({"label": "place", "id": key, "pattern": [_word(word) for word in words]})
    found.add_patterns(patterns)
    return pipeline


def _word(word: str) -> Dict[str, Any]:
    return {"LOWER": {"FUZZY1": word}} if len(word) >= FUZZY_FROM else {"LOWER": word}


def places(ruler: Ruler, text: str) -> List[Dict[str, Any]]:
    """Return the places in `text` as Rasa entities; if they overlap, the longest name wins."""
    text = text[:LONGEST]
    doc = ruler(_LONG.sub(lambda found: " " * len(found[0]), folded(text)))
    return [
        {
            "entity": "place",
            "start": span.start_char,
            "end": span.end_char,
            "text": text[span.start_char : span.end_char],
            "value": span.ent_id_,
            "confidence": 1.0,
            "extractor": "PlaceExtractor",
        }
        for span in doc.ents
        if not (span.end < len(doc) and doc[span.end].lower_ in _NO_PLACE_BEFORE)
        and not (span.start and doc[span.start - 1].lower_ in _NO_PLACE_AFTER)
    ]


def names_in(content: Path) -> Dict[str, List[str]]:
    """Return the names of the places in a content file, by key. Raises OSError if there is no such file."""
    data = YAML(typ="safe").load(content.read_text(encoding="utf-8")) or {}
    return {
        str(place["key"]): [str(place["name"]), *(str(alias) for alias in place.get("aliases", ()))]
        for place in data.get("places", ())
    }


class StoredPlaces:
    """The ruler for the names now in the store; rebuilt, which takes a tenth of a second, only if they have changed."""

    def __init__(self) -> None:
        """Start without names."""
        self._names: Dict[str, List[str]] = {}
        self._ruler: Optional[Ruler] = None

    def __call__(self, engine: Any) -> Optional[Ruler]:
        """Return the ruler; None if the store has no places."""
        names = place_names(engine)
        if names != self._names:
            self._names, self._ruler = names, Ruler(names) if names else None
        return self._ruler


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PlaceExtractor(GraphComponent, EntityExtractorMixin):
    """Finds places in messages by the names in the store. Training saves the files' names, for use without a store."""

    @staticmethod
    def required_packages() -> List[Text]:
        """Return the packages this component needs."""
        return ["spacy"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults."""
        return {"content": "content/places.yml"}

    def __init__(self, config: Dict[Text, Any], storage: ModelStorage, resource: Resource) -> None:
        """Store the settings; the names come from training or from the saved model."""
        self._content = Path(config["content"])
        self._storage = storage
        self._resource = resource
        self._ruler = Ruler({})
        self._stored: Optional[Following[Optional[Ruler]]] = None

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
        """Save the names of the library's places with the model."""
        names = names_in(self._content)
        self._ruler = Ruler(names)
        with self._storage.write_to(self._resource) as folder:
            (folder / "places.json").write_text(json.dumps(names), encoding="utf-8")
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
        """Return the component with the model's names."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._ruler = Ruler(json.loads((folder / "places.json").read_text(encoding="utf-8")))
        component._stored = Following(StoredPlaces(), None, part="places")
        return component

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the `place` entities of each message."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                # Not in the background: a name that somebody has just added must be known in the next message.
                stored = self._stored.look() if self._stored else None
                found = places(stored or self._ruler, str(text))
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
