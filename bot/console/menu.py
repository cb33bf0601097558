"""The menu: its entries, in the order in which staff need them."""

from __future__ import annotations

from dataclasses import dataclass

from bot.console.access import ADMINISTRATOR, LIBRARIAN, VIEWER


@dataclass(frozen=True)
class Entry:
    """One line of the menu. `keys` are pressed one after the other; `role` is who sees it."""

    endpoint: str
    icon: str
    label: str
    keys: str
    role: str = VIEWER


@dataclass(frozen=True)
class Group:
    """Lines under one heading."""

    title: str
    entries: tuple[Entry, ...]


GROUPS = (
    Group(
        "",
        (
            Entry("console.trying", "player-play", "Test console", "g t"),
            Entry("console.inbox", "inbox", "Inbox", "g b", LIBRARIAN),
            Entry("console.conversations", "messages", "Conversations", "g m"),
            Entry("console.announcements_page", "send", "Announcements", "g y"),
            Entry("console.unanswered", "help", "Unanswered", "g v"),
            Entry("console.figures", "activity", "Figures", "g f"),
        ),
    ),
    Group(
        "What the bot says",
        (
            Entry("console.calendar", "calendar", "Calendar", "g z"),
            Entry("console.places", "clock", "Hours", "g o"),
            Entry("console.closures", "calendar-off", "Closures", "g d"),
            Entry("console.conditions", "cloud-storm", "Special conditions", "g w"),
            Entry("console.events", "calendar-event", "Events", "g e"),
            Entry("console.contests", "trophy", "Contests", "g c"),
            Entry("console.answers", "message-2", "Answers", "g a"),
            Entry("console.translations", "copy", "Translations", "g u"),
            Entry("console.contacts", "phone", "Emergency contacts", "g p"),
        ),
    ),
    Group(
        "What it understands",
        (
            Entry("console.review", "check", "Review", "g r", LIBRARIAN),
            Entry("console.training_page", "test-pipe", "Training", "g n"),
            Entry("console.examples_page", "tag", "Examples", "g x"),
            Entry("console.learning", "activity", "Learning", "g i"),
        ),
    ),
    Group(
        "Running it",
        (
            Entry("console.changes", "history", "Changes", "g l"),
            Entry("console.staff", "users", "Staff", "g s", ADMINISTRATOR),
            Entry("console.data_requests", "id", "Data requests", "g q", ADMINISTRATOR),
            Entry("console.doctor", "activity", "Doctor", "g j", ADMINISTRATOR),
            Entry("console.sessions_page", "shield-lock", "Sessions", "g k", ADMINISTRATOR),
        ),
    ),
)
