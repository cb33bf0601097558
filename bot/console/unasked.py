"""What staff call a message that the bot sends of its own accord: "Announcement", "Subscription: the hours of …"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.console.desk import Desk
from bot.language import FIRST
from bot.sentences import sentence
from bot.store.outbox import DECISION, PHOTO, REMINDER
from bot.store.unasked_said import ANNOUNCEMENT, CONTEST, SUBSCRIPTION, About, UnaskedSaid, called
from bot.telling.words import Topic

NAMES = {
    ANNOUNCEMENT: "Announcement",
    CONTEST: "Photo contest",
    DECISION: "Photo contest: what was decided about their entry",
    REMINDER: "Photo contest: a reminder that it closes",
    PHOTO: "Photo contest: their photo could not be taken",
}


def names(at: Desk, said: Sequence[UnaskedSaid]) -> Mapping[About, str]:
    """Return what staff call everything that these messages tell of."""
    every = {about for each in said for about in each.about}
    subjects = called(at.engine, every)
    return {each: _name(each, subjects.get(each, "")) for each in every}


def _name(about: About, subject: str) -> str:
    """Return what staff call something told; `subject`: the name of the place or the event, if it has one."""
    if about.kind != SUBSCRIPTION:
        return NAMES.get(about.kind, NAMES[CONTEST])
    return f"Subscription: {_what(about, subject)}"


def _what(about: About, subject: str) -> str:
    if about.topic == Topic.HOURS:
        return sentence(FIRST, "part_subscription_hours", place=subject or about.subject)
    if about.topic == Topic.EVENT:
        return subject or sentence(FIRST, "part_subscription_event_gone")
    if about.topic == Topic.CONTEST:
        return sentence(FIRST, "part_subscription_contest")
    return sentence(FIRST, f"part_subscription_events_{about.subject or 'any'}")
