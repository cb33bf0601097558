"""The channels: those that are switched on, and all of them for rendering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from bot.settings import HandoverSettings, Settings, UnaskedSettings
from bot.wiring.common import now
from connectors.channel import Channel
from connectors.messenger import Messenger
from connectors.reach import Category
from connectors.twilio import Twilio
from connectors.whatsapp import WhatsApp


def build_channels(settings: Settings, client: httpx.Client) -> dict[str, Channel]:
    """Return the channels that are switched on, by name."""
    channels: dict[str, Channel] = {}
    if settings.messenger:
        channels["messenger"] = Messenger(
            page_id=settings.messenger.page_id,
            access_token=settings.messenger.page_access_token,
            app_secret=settings.messenger.app_secret,
            verify_token=settings.messenger.verify_token,
            api_url=settings.graph_api_url,
            api_version=settings.graph_api_version,
            client=client,
            now=now,
            human_agent=settings.handover.human_agent,
            templates=templates(settings.unasked)["messenger"],
            languages=settings.unasked.messenger_languages,
        )
    if settings.whatsapp:
        channels["whatsapp"] = WhatsApp(
            phone_number_id=settings.whatsapp.phone_number_id,
            access_token=settings.whatsapp.access_token,
            app_secret=settings.whatsapp.app_secret,
            verify_token=settings.whatsapp.verify_token,
            api_url=settings.graph_api_url,
            api_version=settings.graph_api_version,
            client=client,
            now=now,
            template=settings.handover.whatsapp_template,
            languages=settings.handover.whatsapp_template_languages,
            templates=templates(settings.unasked)["whatsapp"],
        )
    if settings.twilio:
        channels["twilio"] = Twilio(
            account_sid=settings.twilio.account_sid,
            auth_token=settings.twilio.auth_token,
            number=settings.twilio.whatsapp_number,
            public_url=settings.public_url,
            api_url=settings.twilio_api_url,
            now=now,
            template=settings.handover.twilio_template,
            templates=templates(settings.unasked)["twilio"],
        )
    return channels


def templates(unasked: UnaskedSettings | None) -> Mapping[str, Mapping[Category, str]]:
    """Return each channel's approved templates for messages that nobody has just asked for; those that are set."""
    if unasked is None:
        return {"messenger": {}, "whatsapp": {}, "twilio": {}}
    every = {
        "messenger": {Category.UTILITY: unasked.messenger_utility},
        "whatsapp": {Category.UTILITY: unasked.whatsapp_utility, Category.MARKETING: unasked.whatsapp_marketing},
        "twilio": {Category.UTILITY: unasked.twilio_utility, Category.MARKETING: unasked.twilio_marketing},
    }
    return {name: {kind: each for kind, each in found.items() if each} for name, found in every.items()}


def previews(handover: HandoverSettings | None = None, unasked: UnaskedSettings | None = None) -> dict[str, Channel]:
    """Return every channel for rendering only, with dummy credentials: nothing is ever sent through these.

    `handover` and `unasked` say what the platforms allow after the 24 hours; without them, nothing.
    """
    approved = templates(unasked)
    client = httpx.Client()
    meta: Any = {"access_token": "", "app_secret": "", "verify_token": "", "api_url": "", "api_version": ""}
    return {
        "messenger": Messenger(
            page_id="",
            client=client,
            now=now,
            human_agent=bool(handover and handover.human_agent),
            templates=approved["messenger"],
            languages=unasked.messenger_languages if unasked else ("en",),
            **meta,
        ),
        "whatsapp": WhatsApp(
            phone_number_id="",
            client=client,
            now=now,
            template=handover.whatsapp_template if handover else "",
            languages=handover.whatsapp_template_languages if handover else ("en",),
            templates=approved["whatsapp"],
            **meta,
        ),
        "twilio": Twilio(
            account_sid="-",
            auth_token="-",  # noqa: S106 - a dummy
            number="whatsapp:+0",
            public_url="",
            api_url="",
            now=now,
            template=handover.twilio_template if handover else "",
            templates=approved["twilio"],
        ),
    }
