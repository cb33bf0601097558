"""Dates and times in a message, by Duckling in this process: the entity `time`, as Rasa's extractor gives it."""

from __future__ import annotations

import os
import re
import threading
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any, Dict, List, Text, Tuple
from zoneinfo import ZoneInfo

import duckling
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.dates import impossible_dates
from bot.nlu.festivals import spelled_out

# Words that Duckling takes for a time and a student does not: "now" says nothing that silence would not, the months
# that are verbs, "the hours" that are asked for, and what comes of numbers alone.
_NOT_A_TIME = re.compile(r"(now|right now|currently|may|march|the hours?|the day|day|a day|week|\d{1,3}|second)", re.I)
# "sat" and "sun" are days of the week, but for what they say in these words' company.
_SITS = re.compile(
    r"\b(?:i|i've|we|we've|he|she|they|it|who|just|have|has|had|been|was|were|someone|somebody|guy|girl|people|never|"
    r"always|cant|can|could|the|my|for)\s+sat\b"
    r"|\bsat\s+(?:down|here|there|next\s+to|beside|behind|between|by\s+the|with|(?:in|on|at)\s+(?:the|my|a|our|your)\s+"
    r"(?!morning|evening|afternoon)|exams?|tests?|scores?|prep|practice|books?|papers?|materials?)",
    re.I,
)
_SHINES = re.compile(
    r"\b(?:the|mr|ms|mrs|miss|dr|prof|professor|too\s+much|of)\.?\s+sun\b"
    r"|\bsun\s+(?:is|shines?|light|hits|glare|screen|burn|yat|fung|hung|tzu)\b",
    re.I,
)
# From fine to coarse, as Duckling names them: of two times at the same words the finer one is meant.
_GRAINS = ("second", "minute", "hour", None, "day", "week", "month", "quarter", "year")
# Duckling and Haskell's runtime are not known to be safe in several threads at once; a parse takes half a millisecond.
_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _zones() -> Any:
    return duckling.load_time_zones(str(files("tzdata") / "zoneinfo"))


@lru_cache(maxsize=4)
def _locale(name: str) -> Any:
    language = duckling.parse_lang(name.split("_")[0])
    return duckling.parse_locale(name, duckling.default_locale_lang(language))


@lru_cache(maxsize=1)
def _dimensions() -> Any:
    return duckling.parse_dimensions(["time"])


def times(text: str, moment: datetime, zone: str, locale: str = "EN_GB") -> List[Dict[str, Any]]:
    """Return the times that `text` names as Rasa entities, read at `moment` (aware) in `zone`.

    A date or clock time that there is not ("30 feb", "25:00") is the entity `impossible_date`, its value the words.

    `value` is an ISO 8601 instant, or {"from": …, "to": …} with the end exclusive; Duckling's grain is in
    `additional_info`.
    """
    wrong = impossible_dates(text)
    plain, back = spelled_out(_without(text, wrong), moment, zone)
    with _LOCK:
        reference = duckling.parse_ref_time(_zones(), zone, int(moment.timestamp()))
        context = duckling.Context(reference, _locale(locale))
        # Duckling's words end at a NUL, and its wrapper panics there.
        found = duckling.parse(plain.replace("\0", " "), context, _dimensions(), False)
    entities: List[Dict[str, Any]] = [
        {
            "entity": "impossible_date",
            "start": start,
            "end": end,
            "text": text[start:end],
            "value": " ".join(text[start:end].split()),
            "confidence": 1.0,
            "extractor": "TimeExtractor",
        }
        for start, end in wrong
    ]
    for first, last, read in _apart([match for match in found if not match.get("latent")], plain):
        start, end, value = back(first), back(last), _not_over(read, moment, zone)
        entities.append(
            {
                "entity": "time",
                "start": start,
                "end": end,
                "text": text[start:end],
                "value": _value(value),
                "confidence": 1.0,
                "additional_info": value,
                "extractor": "TimeExtractor",
            }
        )
    return entities


def _apart(found: List[Dict[str, Any]], plain: str) -> List[Tuple[int, int, Dict[str, Any]]]:
    """Return where times stand in `plain` and what they are; "during 2027-02-06" is that day and not the year."""
    no_times = [match.span() for pattern in (_SITS, _SHINES) for match in pattern.finditer(plain)]
    kept: List[Tuple[int, int, Dict[str, Any]]] = []
    for match in sorted(found, key=lambda each: (_GRAINS.index(each["value"].get("grain")), each["start"])):
        start, end = match["start"], match["end"]
        # Its "body" is garbled outside ASCII: the text is cut by the offsets instead.
        words = plain[start:end].strip(" ,.?!")
        odd = _NOT_A_TIME.fullmatch(words) or (
            words.lower() in {"sat", "sun", "on sun"} and any(a < end and start < b for a, b in no_times)
        )
        if not odd and all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end, match["value"]))
    return sorted(kept, key=lambda each: each[0])


def _without(text: str, spans: List[Tuple[int, int]]) -> str:
    """Return `text` of the same length with blanks for what stands at `spans`."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _not_over(value: Dict[str, Any], moment: datetime, zone: str) -> Dict[str, Any]:
    """Return an hour that has begun as this moment: at 3:09, "is it open at 3 am" asks of now and not of the past."""
    if value.get("grain") != "hour" or value.get("type") == "interval":
        return value
    began = datetime.fromisoformat(value["value"])
    if not began <= moment < began + timedelta(hours=1):
        return value
    return {**value, "value": moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds"), "grain": "second"}


def _value(value: Dict[str, Any]) -> Any:
    if value.get("type") != "interval":
        return value["value"]
    return {
        "from": (value.get("from") or {}).get("value"),
        "to": (value.get("to") or {}).get("value"),
    }


def moment_of(metadata: Any) -> datetime:
    """Return the message's own time from its metadata ({"time": ISO 8601 or seconds since 1970}), or now."""
    given = (metadata or {}).get("time") if isinstance(metadata, dict) else None
    try:
        if isinstance(given, str):
            moment = datetime.fromisoformat(given)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(given, int | float):
            return datetime.fromtimestamp(given, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return datetime.now(UTC)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class TimeExtractor(GraphComponent, EntityExtractorMixin):
    """Finds times in messages."""

    @staticmethod
    def required_packages() -> List[Text]:
        """Return the packages that this needs."""
        return ["duckling"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults. `zone` None: the library's, from LIBRARY_TIMEZONE."""
        return {"locale": "EN_GB", "zone": None}

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Keep the settings."""
        self._locale = config["locale"]
        self._zone = config["zone"] or os.environ.get("LIBRARY_TIMEZONE") or "Asia/Hong_Kong"

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
        """Add the entities `time` of each message."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = times(str(text), moment_of(message.get("metadata")), self._zone, self._locale)
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
