"""Where an event's picture is: at the address that staff have written, or its uploaded poster's."""

from __future__ import annotations

from dataclasses import replace

from bot.calendar.facts import Event

PATH = "/poster"


def pictured(event: Event, public_url: str) -> Event:
    """Return an event whose `image_url` is its poster's address under `public_url`, if it has a poster."""
    return replace(event, image_url=f"{public_url.rstrip('/')}{PATH}/{event.poster}") if event.poster else event
