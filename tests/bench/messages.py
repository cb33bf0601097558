"""How many messages a turn is on each channel, over the test questions, and whether nothing was dropped."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.dialogue import RasaDialogue
from bot.retraining.measures import questions
from bot.wiring.channels import previews
from connectors.messages import Address, IncomingMessage, Kind, Reply
from tests.nlu.asked_for import asked_for

# A Tuesday evening of the term: something is on, and the library is open.
ASKED_AT = datetime.fromisoformat("2026-11-24T20:30:00+08:00")
# What a student reads on a phone without scrolling for long.
LONG = 700


@dataclass(frozen=True)
class Told:
    """What a channel made of so many turns: messages a turn, the most in one, and what was said and is not in any."""

    turns: int
    messages: int
    most: int
    lost: tuple[str, ...]
    by_count: Mapping[int, int]

    @property
    def a_turn(self) -> float:
        """Messages a turn."""
        return self.messages / max(1, self.turns)


def texts() -> list[str]:
    """Return all test questions: those that ask for a topic, and those that ask for one of its answers."""
    return list(dict.fromkeys([*(each.text for each in questions()), *(each.text for each in asked_for())]))


def turns(dialogue: RasaDialogue, asked: Iterable[str]) -> list[tuple[Reply, ...]]:
    """Return what is said to each text, in a conversation of its own."""
    found = []
    for text in asked:
        name = uuid.uuid4().hex
        message = IncomingMessage(name, Kind.TEXT, Address("messenger", name), ASKED_AT, text=text)
        found.append(dialogue.reply_to(message, f"messages-{name}").replies)
    return found


def told(said: Iterable[tuple[Reply, ...]]) -> dict[str, Told]:
    """Return what each channel makes of turns."""
    said = list(said)
    found = {}
    for name, channel in previews().items():
        lost: list[str] = []
        counts = []
        for replies in said:
            calls = [call.body for reply in replies for call in channel.render(reply, Address(name, "1"))]
            counts.append(len(calls))
            shown = _squeezed("".join(_strings(calls)))
            lost += [piece for reply in replies for piece in _pieces(reply) if _squeezed(piece) not in shown]
        found[name] = Told(len(said), sum(counts), max(counts, default=0), tuple(lost), Counter(counts))
    return found


def show(said: list[tuple[Reply, ...]], found: Mapping[str, Told]) -> None:
    """Print the table, and how long the texts are."""
    table = Table(title=f"Messages a turn, {len(said)} test questions", title_justify="left")
    for heading in ("channel", "messages a turn", "the most", "turns in one", "in two", "pieces lost"):
        table.add_column(heading, justify="right")
    for name, each in found.items():
        counts = [str(each.by_count.get(number, 0)) for number in (1, 2)]
        table.add_row(name, f"{each.a_turn:.3f}", str(each.most), *counts, str(len(each.lost)))
    Console(width=120).print(table)
    lengths = sorted(sum(len(reply.text or "") for reply in replies) for replies in said)
    middle, late, over = lengths[len(lengths) // 2], lengths[int(0.95 * len(lengths))], sum(n > LONG for n in lengths)
    print(f"Characters of a turn's text: median {middle}, 95 % {late}, longest {lengths[-1]}; over {LONG}: {over}")  # noqa: T201


def _pieces(reply: Reply) -> Iterator[str]:
    """Yield everything that a person is to see, but white space between."""
    yield reply.text or ""
    yield reply.image or ""
    for part in (reply, *reply.cards):
        for choice in part.choices:
            yield choice.title
            yield choice.description or ""
    for card in reply.cards:
        yield from (card.title, *(card.subtitle or "").splitlines(), card.image or "")
        for link in card.links:
            yield from (link.title, link.url)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif isinstance(value, str):
        yield value


def _squeezed(text: str) -> str:
    return "".join(text.split())
