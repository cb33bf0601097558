"""`carrel chat`: talk to the bot in the terminal, straight to Rasa, and see what it understood."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TextIO

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.dialogue import Dialogue, DialogueUnavailable, Heard, Trials, Turn
from bot.language import LANGUAGES, telling
from connectors.messages import Address, Choice, IncomingMessage, Kind, Reply
from connectors.plain_words import chosen

HELP = """\
Type a message, or the number of a choice. Besides:
  /trace               show what the bot understands, from now on (again: stop)
  /at 2026-12-25T23:00 pretend a moment, in the library's time if you give no zone; /at now ends it
  /language zh-Hant    be answered in this language: en, zh-Hant, zh-Hans; /language ends it
  /restart             start a new conversation
  /quit                leave (or Ctrl-D)"""

TRIED = "Only tried: nothing was erased, subscribed or counted, and a link opens nothing."


@dataclass
class Chat:
    """A conversation in the terminal."""

    dialogue: Dialogue
    console: Console
    now: Callable[[], datetime]
    zone: Any = None
    trace: bool = False
    pretended: datetime | None = None
    conversation: str = field(default_factory=lambda: f"terminal-{uuid.uuid4().hex}")
    offered: tuple[Choice, ...] = ()
    language: str = ""
    trials: Trials | None = None

    def hear(self, line: str) -> bool:
        """Handle a line. False: the user leaves, or the bot could not answer."""
        words = line.strip()
        if not words:
            return True
        if words.startswith("/"):
            return self._command(*words.split(maxsplit=1))
        return self._say(words)

    def _command(self, name: str, rest: str = "") -> bool:
        if name in {"/quit", "/exit"}:
            return False
        if name == "/trace":
            self.trace = not self.trace
            self.console.print(f"[dim]Trace is {'on' if self.trace else 'off'}.[/]")
        elif name == "/restart":
            self.conversation, self.offered = f"terminal-{uuid.uuid4().hex}", ()
            self.console.print("[dim]A new conversation.[/]")
        elif name == "/language" and rest.strip() in {"", *LANGUAGES}:
            self.language = rest.strip()
            self.console.print(f"[dim]Answers are in {self.language or 'the language of the words'} now.[/]")
        elif name == "/at":
            self._pretend(rest)
        else:
            self.console.print(HELP, markup=False)
        return True

    def _pretend(self, moment: str) -> None:
        if moment in {"", "now"}:
            self.pretended = None
            self.console.print("[dim]It is now again.[/]")
            return
        try:
            pretended = datetime.fromisoformat(moment)
        except ValueError:
            self.console.print("[red]That is no moment; write for example /at 2026-12-25T23:00[/]")
            return
        self.pretended = pretended if pretended.tzinfo else pretended.replace(tzinfo=self.zone)
        self.console.print(f"[dim]It is {self.pretended:%A %d %B %Y, %H:%M} now.[/]")

    def _say(self, words: str) -> bool:
        choice = chosen(words, self.offered)
        message = IncomingMessage(
            id=uuid.uuid4().hex,
            kind=Kind.TEXT,
            sender=Address("terminal", self.conversation),
            sent_at=self.pretended or self.now(),
            text=choice.title if choice else words,
            choice=choice.payload if choice else None,
        )
        if self.language:
            message = telling(message, self.language)
        heard = self.trials.hear(self.conversation, message) if self.trials else Heard(message, 0)
        try:
            turn = Turn(()) if heard.silent else heard.turn or self.dialogue.reply_to(heard.message, self.conversation)
            if self.trials and not heard.silent:
                turn = self.trials.said(self.conversation, heard, turn, None)
        except DialogueUnavailable as error:
            self.console.print(f"[red]The bot cannot answer: {escape(str(error))}. Is it running? make run[/]")
            return False
        self._show(turn)
        if heard.silent:
            self.console.print(f"[dim]{escape(heard.silent)}[/]")
        if heard.turn:
            self.console.print(f"[dim]{TRIED}[/]")
        return True

    def _show(self, turn: Turn) -> None:
        self.offered = tuple(choice for reply in turn.replies for choice in reply.choices)
        number = 0
        if not turn.replies:
            self.console.print("[dim](the bot says nothing)[/]")
        for reply in turn.replies:
            number = self._show_reply(reply, number)
        if self.trace:
            show_understanding(self.console, turn.understanding)

    def _show_reply(self, reply: Reply, number: int) -> int:
        if reply.text:
            self.console.print(f"[bold green]carrel[/] {escape(reply.text)}")
        if reply.image:
            self.console.print(f"       [image: {escape(reply.image)}]", markup=False)
        for card in reply.cards:
            self.console.print(f"       [bold]{escape(card.title)}[/]")
            if card.subtitle:
                self.console.print(f"       {escape(card.subtitle)}")
            for link in card.links:
                self.console.print(f"       {escape(link.title)}: {escape(link.url)}")
        for choice in reply.choices:
            number += 1
            self.console.print(f"       [cyan]{number}[/] {escape(choice.title)}")
        return number


def show_understanding(console: Console, understanding: Mapping[str, Any]) -> None:
    """Print a turn's understanding: intents, entities, slots, actions, milliseconds."""
    table = Table(show_header=False, box=None, padding=(0, 1), style="dim")
    ranking = understanding.get("intent_ranking") or []
    table.add_row("intents", "  ".join(f"{each['name']} {each['confidence']:.2f}" for each in ranking[:5]))
    entities = understanding.get("entities") or []
    table.add_row("entities", "  ".join(f"{each['entity']}={each['value']}" for each in entities) or "–")
    before, after = understanding.get("slots_before") or {}, understanding.get("slots_after") or {}
    changed = [
        f"{name}: {before.get(name)} → {after.get(name)}"
        for name in {**before, **after}
        if before.get(name) != after.get(name)
    ]
    table.add_row("slots", "  ".join(changed) or "unchanged")
    table.add_row("actions", " → ".join(understanding.get("actions") or []))
    timings = understanding.get("timings") or {}
    table.add_row("ms", "  ".join(f"{name.removesuffix('_ms')} {value:.1f}" for name, value in timings.items()))
    console.print(table)


def run(
    dialogue: Dialogue,
    says: list[str],
    inp: TextIO,
    out: TextIO,
    now: Callable[[], datetime],
    zone: Any = None,
    trials: Trials | None = None,
) -> int:
    """Hold a conversation: the lines of `says`, or else `inp` until its end. Returns the exit code."""
    chat = Chat(dialogue, Console(file=out, highlight=False, soft_wrap=True), now, zone, trials=trials)
    if says:
        return 0 if all(chat.hear(line) for line in says) else 1
    chat.console.print("[dim]This is Carrel. /help says what you can do here.[/]")
    while True:
        try:
            line = chat.console.input("[bold]you[/]    ") if inp.isatty() else inp.readline()
        except (EOFError, KeyboardInterrupt):
            return 0
        if not inp.isatty() and not line:
            return 0
        if not chat.hear(line):
            return 0
