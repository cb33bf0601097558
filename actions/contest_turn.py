"""One turn of entering a photo: what was heard, where the entry is kept, and what is said and remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.contest_facts import taking
from actions.contest_home import Home, home_of
from actions.contest_said import CONFIRMED, SLOT, answered_in, asked_of, version_of
from actions.language import language_of, words_in
from actions.library import Library, moment_of, open_library
from actions.saying import Say, Speech
from bot.calendar import words
from bot.calendar.facts import Contest
from bot.store.entries import Entry

# The slots that only the form uses, besides those of its questions.
FORGOTTEN = (
    "contest_taking",
    "contest_outcome",
    "contest_draft",
    "contest_trial",
    "contest_aside",
    "contest_replacing",
)
QUESTIONS = ("photo", "who", "title", "description", "name", "contact", "rules", "confirmed")


@dataclass(frozen=True)
class Heard:
    """The latest message. `chosen`: the name of the choice that was tapped; `text`: "" for a tapped one."""

    text: str
    intent: str
    confidence: float
    chosen: str


@dataclass
class Turn:
    """A turn in progress: `says` and `slots` are collected, and given to Rasa at its end."""

    tracker: Tracker
    domain: Mapping[str, Any]
    library: Library
    language: str
    now: datetime
    says: list[Say] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)

    @property
    def heard(self) -> Heard:
        """What was said."""
        message = self.tracker.latest_message
        intent, text = message.get("intent") or {}, str(message.get("text") or "")
        entities = message.get("entities") or ()
        chosen = next((str(each["value"]) for each in entities if each.get("entity") == "answer"), "")
        tapped = text.startswith("/")
        return Heard(
            "" if tapped else text,
            str(intent.get("name") or ""),
            float(intent.get("confidence") or 0.0),
            chosen if tapped else "",
        )

    @property
    def speech(self) -> Speech:
        """How it is put into words."""
        return Speech(self.library.labelled(self.domain), self.language, self.library.texts)

    def slot(self, name: str) -> Any:
        """Return a slot as it is after this turn so far."""
        return self.slots[name] if name in self.slots else self.tracker.slots.get(name)

    def say(self, *says: Say) -> None:
        """Add to what is said."""
        self.says.extend(says)

    def deadline(self, at: datetime) -> str:
        """Return a moment until which something lasts, in words."""
        return words.deadline(at.astimezone(self.library.calendar.zone), self.now.date(), words_in(self.language))

    def moment(self, at: datetime) -> str:
        """Return a moment in words."""
        return words.moment(at.astimezone(self.library.calendar.zone), self.now.date(), words_in(self.language))

    def contest(self) -> Contest | None:
        """Return the contest that takes photos now, or None."""
        return taking(self.library.calendar.facts.contests, self.now)

    def contest_of(self, key: str) -> Contest | None:
        """Return a contest by its key, or None."""
        return next((each for each in self.library.calendar.facts.contests if each.key == key), None)

    def home(self, contest: Contest) -> Home:
        """Return where the person's entry is kept."""
        return home_of(self.tracker, contest, self.now, self.language)

    def version(self, contest: Contest) -> str:
        """Return what stands for the rules as they are shown in this language."""
        return version_of(contest, self.speech)

    def sync(self, contest: Contest, home: Home, draft: Entry) -> None:
        """Set the form's slots as the entry has them, so that Rasa asks for what is missing."""
        known = answered_in(draft, contest, self.version(contest))
        self.slots |= {SLOT + name: value for name, value in known.items()}
        self.slots.setdefault(SLOT + CONFIRMED, None)
        self.slots |= home.slots()

    def next_question(self, contest: Contest) -> str:
        """Return the question that the form asks next."""
        return next((each for each in asked_of(contest) if not self.slot(SLOT + each)), CONFIRMED)

    def forget(self) -> None:
        """Clear the form's slots."""
        self.slots |= dict.fromkeys((*(SLOT + each for each in QUESTIONS), *FORGOTTEN))

    def events(self, dispatcher: CollectingDispatcher) -> list[dict[str, Any]]:
        """Send what is said, and return the slots to set."""
        for each in self.says:
            dispatcher.utter_message(**self.speech.message(each))
        return [SlotSet(name, value) for name, value in self.slots.items()]


def turn_of(tracker: Tracker, domain: Mapping[str, Any]) -> Turn:
    """Return the turn of the tracker's latest message. Raises the database's error."""
    language = language_of(tracker.latest_message)
    library = open_library(language)
    return Turn(tracker, domain, library, language, moment_of(tracker.latest_message, library.calendar.zone))
