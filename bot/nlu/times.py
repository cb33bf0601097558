"""Dates and times in a message, by Duckling in this process: the entity `time`, as Rasa's extractor gives it."""

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

# Duckling's Chinese, as Hong Kong writes it.
CHINESE = "ZH_HK"
# So many letters are told of words that could not be read.
_TOLD = 80


def times(text: str, moment: datetime, zone: str, locale: str = "EN_GB") -> List[Dict[str, Any]]:
    """Return the times that `text` names as Rasa entities, read at `moment` (aware) in `zone`.

    A date or clock time that there is not ("30 feb", "25:00") is the entity `impossible_date`, its value the words.
    What looks like one and could not be read is the entity `unread_time`, its value likewise: so are the words of a
    message that names more times than can be read.

    `value` is an ISO 8601 instant, or {"from": …, "to": …} with the end exclusive; Duckling's grain is in
    `additional_info`, and there `guessed` says that an hour was named without its half of the day, `exact` that a
    stretch was, by its two hours.
    """
    text = text[:MOST_CHARACTERS]
    plain = reading(text.replace("\0", " "))  # A NUL ends Duckling's words, and its wrapper panics there.
    typed, plain = plain, plain.edited(chinese_times(plain.text, moment.astimezone(ZoneInfo(zone))))
    plain = plain.edited(spelled(plain.text))
    if not may_name_a_time(plain.text):
        return _chinese_left(text, typed, plain, moment, zone)
    asked = _asked(plain, moment.astimezone(ZoneInfo(zone)))
    read = duckling_reader.read(asked.plain.text, moment, zone, locale)
    found = apart([each for each in read.found if not each.get("latent")], asked.plain.text)
    found = _settled(found, asked, moment.astimezone(ZoneInfo(zone)), zone)
    entities = [_entity("impossible_date", text, asked.plain.back(*span)) for span in asked.impossible]
    # Where Duckling has left words alone, whatever looks like a date among them is told with them.
    missed = read.unread[:1] or unread(asked.plain.text, found)
    entities += [_entity("unread_time", text, asked.plain.back(*span)) for span in missed]
    for start, end, value in found:
        entities.append(
            {**_entity("time", text, asked.plain.back(start, end)), "value": _value(value), "additional_info": value}
        )
    return entities or _chinese_left(text, typed, plain, moment, zone)


def _chinese_left(text: str, typed: Reading, told: Reading, moment: datetime, zone: str) -> List[Dict[str, Any]]:
    """Return what Duckling's own Chinese tells of words that look like a date and that nobody has told in English."""
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
    """A message in words that Duckling knows, and where in it stands what Duckling cannot tell.

    `impossible`: dates that there are not; `todays`: the name of today's weekday; `guessed`: hours of which only the
    words around them tell the half of the day; `night`: an hour after the midnight of a night.
    """

    plain: Reading
    impossible: Tuple[Tuple[int, int], ...]
    todays: Tuple[Tuple[int, int], ...]
    guessed: Tuple[Tuple[int, int], ...]
    night: Night | None


def _asked(plain: Reading, now: datetime) -> _Asked:
    # A blank would bring together what it stood between: "the 3rd year", "the year".
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
    """Return where in a reading stands what stood at `spans` of the text that was written."""
    found = []
    for start, end in spans:
        first, last = bisect_left(plain.starts, start), bisect_left(plain.starts, end)
        if first < last:
            found.append((first, last))
    return tuple(found)


def _settled(found: List[Match], asked: _Asked, now: datetime, zone: str) -> List[Match]:
    """Return the times with what the words around them say of the day, its half and the night."""
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

    @classmethod
    def load(
        cls,
        config: Dict[Text, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> GraphComponent:
        """Return the component of a model that is to be served, and start what reads."""
        duckling_reader.start()
        return cls(config)

    def process(self, messages: List[Message]) -> List[Message]:
        """Add the entities `time` of each message."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = times(str(text), moment_of(message.get("metadata")), self._zone, self._locale)
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
