"""Finds dates and times in a message with Duckling: the entity `time`, in the format of Rasa's extractor."""

from __future__ import annotations

import os
from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Dict, List, Text, Tuple
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import duckling_reader
from bot.nlu.cantonese import romanised_times
from bot.nlu.chinese_times import chinese_times
from bot.nlu.clock import Night, clocked, night_hour
from bot.nlu.dates import impossible_dates, unread
from bot.nlu.festivals import festivals
from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.moments import Match, ahead, apart, ends_when_said, next_at, not_over, of_night
from bot.nlu.no_times import may_name_a_time, no_times
from bot.nlu.spelling import spelled
from bot.nlu.weekdays import todays_weekday, weekdays
from bot.nlu.written import written
from bot.plain import Reading, reading

# Duckling's Chinese locale for Hong Kong.
CHINESE = "ZH_HK"
# How many characters of an unreadable text are reported.
_TOLD = 80


def times(text: str, moment: datetime, zone: str, locale: str = "EN_GB") -> List[Dict[str, Any]]:
    """Return the times in `text` as Rasa entities, read relative to `moment` (aware) in `zone`.

    A date or clock time that does not exist ("30 feb", "25:00") becomes the entity `impossible_date`, with the words as
    its value. Text that looks like a date or time but could not be read becomes the entity `unread_time`, also with the
    words as its value; so does the text of a message that names more times than can be read.

    `value` is an ISO 8601 instant, or {"from": …, "to": …} with an exclusive end. `additional_info` holds Duckling's
    grain, and there `guessed` says that an hour was given without am or pm, and `exact` that a range was given by its
    two hours.
    """
    text = text[:MOST_CHARACTERS]
    plain = reading(text.replace("\0", " "))  # Duckling's text ends at a NUL, and its wrapper panics there.
    typed, plain = plain, plain.edited(chinese_times(plain.text, moment.astimezone(ZoneInfo(zone))))
    plain = plain.edited(romanised_times(plain.text))
    plain = plain.edited(spelled(plain.text))
    if not may_name_a_time(plain.text):
        return _chinese_left(text, typed, plain, moment, zone)
    asked = _asked(plain, moment.astimezone(ZoneInfo(zone)))
    read = duckling_reader.read(asked.plain.text, moment, zone, locale)
    found = apart([each for each in read.found if not each.get("latent")], asked.plain.text)
    found = _settled(found, asked, moment.astimezone(ZoneInfo(zone)), zone)
    entities = [_entity("impossible_date", text, asked.plain.back(*span)) for span in asked.impossible]
    # If Duckling skipped some text, whatever looks like a date in it is reported along with it.
    missed = read.unread[:1] or unread(asked.plain.text, found)
    entities += [_entity("unread_time", text, asked.plain.back(*span)) for span in missed]
    for start, end, value in found:
        entities.append(
            {**_entity("time", text, asked.plain.back(start, end)), "value": _value(value), "additional_info": value}
        )
    return entities or _chinese_left(text, typed, plain, moment, zone)


def _chinese_left(text: str, typed: Reading, told: Reading, moment: datetime, zone: str) -> List[Dict[str, Any]]:
    """Return what Duckling's own Chinese reads in text that looks like a date and was not rewritten in English."""
    left = [span for span in unread(typed.text, ()) if any(told.text[a:b].isspace() for a, b in _at(told, [span]))]
    if not left:
        return []
    read = duckling_reader.read(typed.text, moment, zone, CHINESE)
    found = apart([each for each in read.found if not each.get("latent")], typed.text)
    found = [each for each in found if _touches(each[:2], tuple(left))]
    if not found:
        return [_entity("unread_time", text, typed.back(*span)) for span in left]
    return [
        {**_entity("time", text, typed.back(start, end)), "value": _value(value), "additional_info": value}
        for start, end, value in found
    ]


@dataclass(frozen=True)
class _Asked:
    """A message rewritten for Duckling, with the positions of what Duckling cannot work out.

    `impossible`: dates that do not exist; `todays`: the name of today's weekday; `guessed`: hours whose am or pm
    follows only from the words around them; `night`: an hour after midnight in the night a text names.
    """

    plain: Reading
    impossible: Tuple[Tuple[int, int], ...]
    todays: Tuple[Tuple[int, int], ...]
    guessed: Tuple[Tuple[int, int], ...]
    night: Night | None


def _asked(plain: Reading, now: datetime) -> _Asked:
    # A blank would join the words on either side: "the 3rd year" would become "the year".
    plain = plain.without(no_times(plain.text), "#")
    impossible = impossible_dates(plain.text)
    wrong = [plain.back(*span) for span in impossible]
    plain = plain.without(impossible)
    plain = plain.edited(festivals(plain.text, now.date()))
    plain = plain.edited(weekdays(plain.text, now.date()))
    plain = plain.edited(written(plain.text, now.date()))
    edits = todays_weekday(plain.text, now.date())
    todays = [plain.back(start, end) for start, end, _ in edits]
    plain = plain.edited(edits)
    night = night_hour(plain.text)
    if night:
        plain = plain.without([(night.start, night.end)])
    clocks = clocked(plain.text, now.hour)
    guessed = [plain.back(start, end) for (start, end, _), guess in clocks if guess]
    plain = plain.edited([edit for edit, _ in clocks])
    return _Asked(plain, _at(plain, wrong), _at(plain, todays), _at(plain, guessed), night)


def _at(plain: Reading, spans: List[Tuple[int, int]]) -> Tuple[Tuple[int, int], ...]:
    """Return the positions in a reading of the given `spans` of the original text."""
    found = []
    for start, end in spans:
        first, last = bisect_left(plain.starts, start), bisect_left(plain.starts, end)
        if first < last:
            found.append((first, last))
    return tuple(found)


def _settled(found: List[Match], asked: _Asked, now: datetime, zone: str) -> List[Match]:
    """Return the times adjusted by what the words around them say about the day, am or pm, and the night."""
    settled, night = [], asked.night
    for start, end, read in found:
        value, first, last = ends_when_said(not_over(read, now, zone)), start, end
        if night and (after := of_night(value, night.minutes, now)):
            value, first, last, night = after, min(start, night.start), max(end, night.end), None
        if _touches((first, last), asked.todays):
            value = ahead(value, now)
        if _touches((first, last), asked.guessed):
            value = {**value, "guessed": True}
        settled.append((first, last, value))
    if night:
        settled.append((night.start, night.end, next_at(night.minutes, now)))
    return settled


def _touches(span: Tuple[int, int], others: Tuple[Tuple[int, int], ...]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _entity(name: str, text: str, span: Tuple[int, int]) -> Dict[str, Any]:
    start, end = span
    return {
        "entity": name,
        "start": start,
        "end": end,
        "text": text[start:end],
        "value": " ".join(text[start:end].split())[:_TOLD],
        "confidence": 1.0,
        "extractor": "TimeExtractor",
    }


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
        """Return the packages this component needs."""
        return ["duckling"]

    @staticmethod
    def get_default_config() -> Dict[Text, Any]:
        """Return the settings and their defaults. `zone` None means the library's, from LIBRARY_TIMEZONE."""
        return {"locale": "EN_GB", "zone": None}

    def __init__(self, config: Dict[Text, Any]) -> None:
        """Store the settings."""
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

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> GraphComponent:
        """Return the component of a model about to serve, and start the Duckling processes."""
        duckling_reader.start()
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the `time` entities of each message."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = times(str(text), moment_of(message.get("metadata")), self._zone, self._locale)
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
