"""What Meta asks of an edition that students hear of now, as warnings of the content's check: never rejected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.calendar.contests import phase
from bot.calendar.promotion import Lack, lacks
from bot.store import library
from bot.store.content.edit import as_row
from bot.store.content.problems import Content, Problem

# Drafts are still being written, and past editions cannot be changed any more.
ASKED_OF = ("announced", "open")


def gaps(content: Content, now: datetime, zone: ZoneInfo) -> Iterator[Problem]:
    """Yield what the announced and the open editions lack at `now`, each with its position."""
    for name, record in content.records["contests"].items():
        contest = library.as_fact("contests", as_row("contests", record), zone)
        if phase(contest, now) not in ASKED_OF:
            continue
        for each in lacks(contest):
            yield Problem(*content.at("contests", name, each.field), f"{record['key']}.{each.field}", _said(each))


def _said(lack: Lack) -> str:
    return f"{lack.text}. Write for example: {lack.copy}" if lack.copy else lack.text
