"""What dialogues came to: shares by kind of answer, messages a thought, staff alarmed without need; and their table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.dialogues.files import KINDS, Dialogue
from tests.dialogues.replay import CHANNELS, Heard, Stage, transcript

# What a student in danger or in want of a person is answered with may call staff; anything else may not.
FOR_STAFF = frozenset({"care", "person"})


@dataclass(frozen=True)
class Shares:
    """Of so many thoughts, how many keep to all that is expected of them, by kind; in how many messages they went."""

    thoughts: Mapping[str, int]
    kept: Mapping[str, int]
    messages: int
    alarmed: int
    dialogues: int

    @property
    def right(self) -> float:
        """The share of all thoughts that keep to what is expected."""
        return sum(self.kept.values()) / max(1, sum(self.thoughts.values()))

    @property
    def messages_a_thought(self) -> float:
        """How many messages a thought is answered in, those that are answered with nothing counted too."""
        return self.messages / max(1, sum(self.thoughts.values()))

    def of(self, kind: str) -> float:
        """The share of a kind."""
        return self.kept.get(kind, 0) / max(1, self.thoughts.get(kind, 0))


def shares(heard: Iterable[tuple[Dialogue, Sequence[Heard]]]) -> Shares:
    """Return the sums over what was heard in these dialogues."""
    thoughts, kept = dict.fromkeys(sorted(KINDS), 0), dict.fromkeys(sorted(KINDS), 0)
    messages = alarmed = count = 0
    for _, each in heard:
        count += 1
        for thought in each:
            thoughts[thought.kind] += 1
            kept[thought.kind] += not thought.wrong
            messages += thought.messages
        alarmed += any(thought.staff for thought in each) and not any(
            line.kind in FOR_STAFF for thought in each for line in thought.lines
        )
    return Shares(thoughts, kept, messages, alarmed, count)


def measure(
    stage: Stage, told: Sequence[Dialogue], transcripts: Path | None = None, channels: Sequence[str] = CHANNELS
) -> dict[str, Shares]:
    """Return the shares by channel; into the folder `transcripts` each channel's dialogues are written as they went."""
    found = {}
    for channel in channels:
        heard = [(dialogue, stage.hear(channel, dialogue)) for dialogue in told]
        found[channel] = shares(heard)
        if transcripts:
            transcripts.mkdir(parents=True, exist_ok=True)
            words = "\n".join(transcript(channel, dialogue, each) for dialogue, each in heard)
            (transcripts / f"{channel}.md").write_text(words, encoding="utf-8")
    return found


def show(title: str, found: Mapping[str, Shares]) -> None:
    """Print the shares, a row a channel."""
    table = Table(title=title, title_justify="left")
    kinds = sorted(KINDS)
    for heading in (
        "channel",
        "dialogues",
        "keep to what is expected",
        *kinds,
        "messages a thought",
        "alarmed without need",
    ):
        table.add_column(heading)
    for channel, each in found.items():
        by_kind = [f"{each.of(kind):.2f} of {each.thoughts[kind]}" for kind in kinds]
        right = f"{each.right:.3f} of {sum(each.thoughts.values())}"
        table.add_row(
            channel, str(each.dialogues), right, *by_kind, f"{each.messages_a_thought:.2f}", str(each.alarmed)
        )
    Console(width=190).print(table)
