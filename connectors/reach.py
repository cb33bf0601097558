"""What each platform lets a library send that nobody has just asked for: the one table of their rules. Pure.

A message within the window is free in form, not always free of charge: see docs/messages.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Every platform allows free-form messages for this long after a person's last message. PLATFORMS.
WINDOW = timedelta(hours=24)
# A call that is queued at the last moment must still arrive within the window.
MARGIN = timedelta(minutes=2)


class Category(StrEnum):
    """What a message is to the platforms: utility, a fact that the person asked for; or marketing, anything else."""

    UTILITY = "utility"
    MARKETING = "marketing"


class How(StrEnum):
    """How a message may go: in any form, in a template that the platform has approved, or not at all."""

    FREE = "free"
    TEMPLATE = "template"
    NONE = "none"


@dataclass(frozen=True)
class Rules:
    """One platform's rules.

    `window`: for how long after a person's last message anything may go. `templates`: the categories for which an
    approved template may go after it. `per_second`: how many such messages Carrel sends to all people together, well
    below the platform's limit, so that answers keep their room. `sources`: where it says so.
    """

    window: timedelta
    templates: frozenset[Category]
    per_second: int
    sources: tuple[str, ...]


# Read in November 2026. The pages are those of developers.facebook.com/documentation/business-messaging, and Twilio's.
MESSENGER = Rules(
    window=WINDOW,
    # After the window: "utility messages" (permission page_utility_messaging, in some countries only). The tags
    # ACCOUNT_UPDATE, CONFIRMED_EVENT_UPDATE and POST_PURCHASE_UPDATE ended in 2026 (error 100); HUMAN_AGENT is for
    # words written by a person. Marketing messages need an advertising account and are not supported here.
    templates=frozenset({Category.UTILITY}),
    per_second=20,
    sources=(
        "messenger-platform/policy",
        "messenger-platform/send-messages/utility-messages",
        "messenger-platform/overview/rate-limiting",
    ),
)
WHATSAPP = Rules(
    window=WINDOW,
    templates=frozenset({Category.UTILITY, Category.MARKETING}),
    # A number that is also used in the WhatsApp Business app takes 20 messages a second, in and out.
    per_second=10,
    sources=(
        "whatsapp/templates/template-categorization",
        "whatsapp/throughput",
        "whatsapp/pricing",
    ),
)
TWILIO = Rules(
    window=WINDOW,
    # Twilio's Content API: the template's SID goes into ContentSid, without a Body (which fails since April 2025).
    templates=frozenset({Category.UTILITY, Category.MARKETING}),
    per_second=10,
    sources=("twilio.com/docs/content", "twilio.com/docs/api/errors/63016", "twilio.com/docs/api/errors/63018"),
)
RULES: Mapping[str, Rules] = {"messenger": MESSENGER, "whatsapp": WHATSAPP, "twilio": TWILIO}


@dataclass(frozen=True)
class Way:
    """How a message may go. `template`: its name or SID. `why`: the reason if it may not, one of WHYS."""

    how: How
    template: str = ""
    why: str = ""


# Why a message may not go, in words for staff.
WHYS: Mapping[str, str] = {
    "off": "The channel is switched off.",
    "silent": "The person has never written on this channel.",
    "closed": "More than 24 hours have passed, and the platform has no template for this kind of message.",
    "no_template": "More than 24 hours have passed, and no template of this kind is set.",
}


def way(
    rules: Rules | None,
    templates: Mapping[Category, str],
    category: Category,
    *,
    last_message_at: datetime | None,
    now: datetime,
) -> Way:
    """Return how a message of a category may go to somebody who last wrote at `last_message_at`.

    `rules` None: the channel is off. `templates`: those that the library has had approved.
    """
    if rules is None:
        return Way(How.NONE, why="off")
    if last_message_at is None:
        return Way(How.NONE, why="silent")
    if now - last_message_at < rules.window - MARGIN:
        return Way(How.FREE)
    if category not in rules.templates:
        return Way(How.NONE, why="closed")
    name = templates.get(category, "")
    return Way(How.TEMPLATE, name) if name else Way(How.NONE, why="no_template")
