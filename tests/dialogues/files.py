"""The dialogues: what students type, turn by turn, and what must and must not stand in the answer.

`first_*.yml` were written before the building, `held_out_*.yml` by other hands who had seen neither code nor examples
nor answers; of the latter only sums are looked at. Nothing of any of them is ever a training example.
`trouble.yml` was written beside the building, to develop what is said to people in trouble: it measures nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

HERE = Path(__file__).parent
ZONE = ZoneInfo("Asia/Hong_Kong")
NOW = "2026-11-28T14:00"
KINDS = frozenset({"answer", "care", "unknown", "manners", "person", "clarify", "silence_ok"})


@dataclass(frozen=True)
class Line:
    """One message of a student's, and what the bot's answer to it is held against.

    `quick`: it comes within a second of the one before. `must`, `must_not`: regular expressions over everything that
    is said in answer, buttons included. `want` is for the one who judges by reading.
    """

    says: str
    want: str = ""
    must: tuple[re.Pattern[str], ...] = ()
    must_not: tuple[re.Pattern[str], ...] = ()
    kind: str = "answer"
    quick: bool = False

    def wrong(self, said: str) -> list[str]:
        """Return which of the expressions `said` does not keep to."""
        missing = [f"lacks {each.pattern}" for each in self.must if not each.search(said)]
        return missing + [f"has {each.pattern}" for each in self.must_not if each.search(said)]


@dataclass(frozen=True)
class Dialogue:
    """A student's visit, from its first message on; `now` is aware."""

    id: str
    who: str
    now: datetime
    lines: tuple[Line, ...]


def dialogues(paths: Sequence[Path] = ()) -> list[Dialogue]:
    """Return the dialogues of these files, of all when none are named. Raises ValueError where one is wrong."""
    found: list[Dialogue] = []
    for path in paths or sorted(HERE.glob("*.yml")):
        for each in YAML(typ="safe").load(path.read_text(encoding="utf-8")):
            found.append(_dialogue(each, path.name))
    twice = {each.id for each in found if sum(other.id == each.id for other in found) > 1}
    if twice:
        raise ValueError(f"more than one dialogue is called {', '.join(sorted(twice))}")
    return found


def _dialogue(data: dict[str, object], file: str) -> Dialogue:
    try:
        now = datetime.fromisoformat(str(data.get("now") or NOW))
        turns = data["turns"]
        assert isinstance(turns, list)
        lines = tuple(_line(each) for each in turns)
        return Dialogue(str(data["id"]), str(data["who"]), now if now.tzinfo else now.replace(tzinfo=ZONE), lines)
    except (AssertionError, KeyError, TypeError, ValueError, re.error) as error:
        raise ValueError(f"{file}, dialogue {data.get('id')}: {type(error).__name__} {error}") from error


def _line(data: dict[str, object]) -> Line:
    kind = str(data.get("kind", "answer"))
    if kind not in KINDS:
        raise ValueError(f"the kind {kind} is none of {', '.join(sorted(KINDS))}")
    return Line(
        says=str(data["says"]),
        want=str(data.get("want", "")),
        must=_patterns(data.get("must")),
        must_not=_patterns(data.get("must_not")),
        kind=kind,
        quick=bool(data.get("quick")),
    )


def _patterns(given: object) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(str(each), re.IGNORECASE | re.DOTALL) for each in given or ())  # type: ignore[attr-defined]
