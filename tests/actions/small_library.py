"""A small library, and conversations about it with the action server's own executor at moments that a test chooses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk.executor import ActionExecutor

from bot.sentences import variants
from bot.store.library_tables import AnswerRow, ConditionRow, ContestRow, EventRow, ExceptionRow, PlaceRow

ZONE = ZoneInfo("Asia/Hong_Kong")
WEEKDAYS, WEEKEND = ["08:00-23:00"] * 5, ["09:00-21:00"] * 2


def at(text: str) -> datetime:
    """Return a moment in Hong Kong; 23 November 2026 is a Monday."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


MONDAY_EVENING = at("2026-11-23T20:30")


def time_entity(value: Any, grain: str) -> dict[str, Any]:
    """Return a `time` entity as Duckling gives it."""
    return {"entity": "time", "value": value, "additional_info": {"grain": grain}}


def moment(text: str) -> dict[str, Any]:
    """Return what Duckling makes of "at 3 am"."""
    return time_entity(at(text).isoformat(), "hour")


def day(text: str) -> dict[str, Any]:
    """Return what Duckling makes of "on Sunday"."""
    return time_entity(at(text).isoformat(), "day")


def interval(first: str, last: str) -> dict[str, Any]:
    """Return what Duckling makes of "tonight" or "this weekend"; the end is exclusive."""
    return time_entity({"from": at(first).isoformat(), "to": at(last).isoformat()}, "hour")


def week(text: str) -> dict[str, Any]:
    """Return what Duckling makes of "next week"; weeks begin on Monday."""
    return time_entity(at(text).isoformat(), "week")


def place_row(key: str, name: str, **values: Any) -> PlaceRow:
    """Return a place with what a test does not care about left empty."""
    empty = {"kind": "place", "aliases": [], "address": "", "where": "", "map_url": "", "note": "", "term_weeks": {}}
    return PlaceRow(key=key, name=name, **{**empty, **values})


def event_row(key: str, title: str, starts: str, ends: str, **values: Any) -> EventRow:
    """Return an event in the library with what a test does not care about left empty."""
    texts = ("description", "type", "registration_url", "image_url", "audience", "price", "rrule", "url")
    empty = {**dict.fromkeys(texts, ""), "place": "library", "exdates": [], "all_day": False, "cancelled": False}
    return EventRow(key=key, title=title, starts=at(starts), ends=at(ends), **{**empty, **values})


def contest_row(key: str, title: str, **values: Any) -> ContestRow:
    """Return a contest with what a test does not care about left empty."""
    texts = ("edition", "theme", "hashtag", "about", "how_to_enter", "figures", "url")
    lists = ("may_enter", "may_not_enter", "file_types", "rules", "awards", "results")
    empty = {**dict.fromkeys(texts, ""), **{name: [] for name in lists}}
    return ContestRow(key=key, title=title, **{**empty, **values})


LAST_CONTEST = {
    "edition": "2018",
    "hashtag": "#hkustlibraryphotocontest2018",
    "may_enter": ["students", "staff"],
    "awards": [{"name": "Winner", "prize": ""}, {"name": "Most Facebook likes", "prize": ""}],
    "results": [{"award": "Winner", "title": "Let's Study", "by": "Yat Hei Tam", "note": ""}],
    "figures": "92 submissions by 57 participants.",
}


def rows() -> list[Any]:
    """Return a small library, an exception, a condition that is off, events, a contest of the past, an answer."""
    return [
        place_row("library", "Library", aliases=["lib"], week=WEEKDAYS + WEEKEND, position=0),
        place_row(
            "learning-commons",
            "Learning Commons",
            aliases=["lc"],
            parent="library",
            week=["24h"] * 7,
            where="ground floor",
            position=1,
        ),
        place_row(
            "information-desk",
            "Information Desk",
            kind="service",
            parent="library",
            week=["09:00-19:00"] * 5 + ["13:00-17:00"] * 2,
            position=2,
        ),
        ExceptionRow(
            key="christmas",
            starts=at("2026-12-25").date(),
            ends=at("2026-12-26").date(),
            kind="closed",
            reason="Christmas",
            hours="closed",
            places=[],
        ),
        ConditionRow(
            key="typhoon-8",
            name="Typhoon signal no. 8",
            effects=[
                {"place": "library", "does": "closed", "hours": "closed", "note": ""},
                {"place": "learning-commons", "does": "as_usual", "hours": "", "note": "Please do not travel."},
            ],
        ),
        event_row(
            "endnote",
            "EndNote for beginners",
            "2026-11-25T14:00",
            "2026-11-25T16:00",
            type="workshop",
            registration_url="https://library.example/endnote",
            description="Cite with ease.",
        ),
        event_row("maps", "Old maps", "2026-11-01T09:00", "2026-11-28T18:00", type="exhibition"),
        contest_row("day-and-night-2018", "Day and Night at the Library", **LAST_CONTEST),
        AnswerRow(
            key="contact",
            topic="contact_librarian",
            title="How to reach us",
            text="Write to library@library.example.",
            questions=[],
            link="https://library.example/contact",
            language="en",
            overview=True,
            owner="",
        ),
        answer_row("phone", "Telephone", "Call 1234 5678.", topic="contact_librarian"),
        answer_row("print", "Printing", "There are printers.", overview=True),
        answer_row("print-where", "Where printers are", "In the Learning Commons."),
        answer_row("print-colour", "Colour printing", "Two dollars a page."),
    ]


def answer_row(key: str, title: str, text: str, **values: Any) -> AnswerRow:
    """Return an answer about printing with what a test does not care about left empty."""
    empty = {"topic": "printing_scanning_copying", "questions": [], "link": "", "language": "en", "owner": ""}
    return AnswerRow(key=key, title=title, text=text, **{**empty, "overview": False, **values})


@dataclass(frozen=True)
class Heard:
    """What one turn said: the names of the responses, their words, the cards, pictures, buttons as (title, payload)."""

    names: tuple[str, ...]
    texts: tuple[str, ...]
    cards: tuple[dict[str, Any], ...]
    buttons: tuple[tuple[str, str], ...] = ()
    images: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All that was said, a line a message."""
        return "\n".join(self.texts)


@dataclass
class Conversation:
    """One person's turns: slots last from one to the next, as Rasa keeps them."""

    executor: ActionExecutor
    domain: dict[str, Any]
    rules: list[dict[str, Any]]
    now: datetime = MONDAY_EVENING
    slots: dict[str, Any] = field(default_factory=lambda: dict.fromkeys(("topic", "place", "time", "about")))
    events: list[dict[str, Any]] = field(default_factory=list)

    def ask(
        self,
        text: str,
        intent: str,
        *times: dict[str, Any],
        places: tuple[str, ...] = (),
        now: str = "",
        answer: str = "",
        **understood: Any,
    ) -> Heard:
        """Return the answer to a message that was understood like this."""
        self.now = at(now) if now else self.now
        entities = [*times, *({"entity": "place", "value": place} for place in places)]
        entities += [{"entity": "answer", "value": answer}] if answer else []
        message = {
            "text": text,
            "intent": {"name": intent},
            "entities": entities,
            "metadata": {"time": self.now.astimezone(UTC).isoformat()},
            **understood,
        }
        self.events.append({"event": "user", "text": text})
        action = self._action(intent)
        tracker = {"sender_id": "someone", "slots": self.slots, "latest_message": message, "events": self.events}
        result = self.run({"next_action": action, "tracker": tracker, "domain": self.domain})
        self.events.append({"event": "action", "name": action})
        self.slots.update({event["name"]: event["value"] for event in result["events"] if event["event"] == "slot"})
        said = result["responses"]
        cards = [card for each in said for card in each["custom"].get("cards", ())]
        spoken = [each for each in said if each["response"]]
        names = tuple(each["response"] for each in spoken)
        buttons = [(button["title"], button["payload"]) for each in said for button in each["buttons"]]
        images = tuple(each["image"] for each in said if each["image"])
        return Heard(names, tuple(self._words(each) for each in spoken), tuple(cards), tuple(buttons), images)

    def run(self, call: dict[str, Any]) -> dict[str, Any]:
        """Return what the action server answers to Rasa's call."""
        return dict(asyncio.run(self.executor.run(call)) or {})

    def _action(self, intent: str) -> str:
        fitting = [
            rule
            for rule in self.rules
            if rule["steps"][0].get("intent") == intent
            and all(
                self.slots[name] == value
                for condition in rule.get("condition", ())
                for slot in condition["slot_was_set"]
                for name, value in slot.items()
            )
        ]
        return str(max(fitting, key=lambda rule: len(rule.get("condition", ())))["steps"][1]["action"])

    def _words(self, message: dict[str, Any]) -> str:
        """Return the first variant; every variant must find its placeholders filled."""
        found = variants(message.get("language", ""), message["response"], self.domain["responses"])
        filled = [str(variant["text"].format(**message)) for variant in found]
        return filled[0]
