"""The line that tells a person, inside an answer, that this is a bot and where it says what it keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Engine

from bot.dangers import ACTIONS, DANGERS
from bot.store import statement, turns
from bot.store.people import Person
from connectors.channel import Channel
from connectors.messages import OutboundCall, Reply

# After danger, this long passes before anything but help is said.
HELPED_FOR = timedelta(hours=1)

Calls = list[OutboundCall]


@dataclass(frozen=True)
class Told:
    """What is said and the calls that say it. `version`: of the statement that it tells of; None: it does not."""

    replies: tuple[Reply, ...]
    calls: Calls
    version: int | None = None


@dataclass(frozen=True)
class Introduction:
    """Dependencies. `link` returns the address of the statement in a language."""

    engine: Engine
    link: Callable[[str], str]

    def into(
        self,
        channel: Channel,
        person: Person,
        replies: Sequence[Reply],
        understanding: Mapping[str, Any],
        language: str,
        now: datetime,
    ) -> Told:
        """Return an answer with the line as its last paragraph, if the person has yet to be told and it may be said.

        It is never a message of its own: where it would cost one, the next answer carries it. Nor is it said to
        somebody in danger.
        """
        plain = Told(tuple(replies), _calls(channel, person, replies))
        current = statement.version(self.engine)
        if not statement.is_due(person, current, now) or self._is_in_danger(person, understanding, now):
            return plain
        line = statement.texts(self.engine, language).get(statement.LINE)
        if line is None:
            return plain
        extended = _with(plain.replies, statement.filled(line.text, {"link": self.link(language)}))
        calls = _calls(channel, person, extended)
        return Told(extended, calls, current) if extended and len(calls) == len(plain.calls) else plain

    def _is_in_danger(self, person: Person, understanding: Mapping[str, Any], now: datetime) -> bool:
        intent = (understanding.get("intent") or {}).get("name") or ""
        if intent in DANGERS or not set(ACTIONS).isdisjoint(understanding.get("actions") or ()):
            return True
        return turns.told_of_danger(self.engine, person.id, now - HELPED_FOR) is not None


def _with(replies: tuple[Reply, ...], line: str) -> tuple[Reply, ...]:
    """Return replies with `line` as the last paragraph of the last one that has a text; () if none has."""
    last = next((place for place in range(len(replies) - 1, -1, -1) if (replies[place].text or "").strip()), None)
    if last is None:
        return ()
    extended = replace(replies[last], text=f"{(replies[last].text or '').rstrip()}\n\n{line}")
    return (*replies[:last], extended, *replies[last + 1 :])


def _calls(channel: Channel, person: Person, replies: Sequence[Reply]) -> Calls:
    return [call for reply in replies for call in channel.render(reply, person.address)]
