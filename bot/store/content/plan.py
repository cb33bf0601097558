"""What loading content would change, shown in advance; and the change, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.store import audit
from bot.store.content.files import identity
from bot.store.content.problems import Content
from bot.store.content.schema import KINDS, Kind, Record

# The name under which content is loaded: rows last changed by it are the files' own, all others are staff's.
LOADER = "content"
_BOOKKEEPING = {"id", "changed_by", "changed_at"}


@dataclass(frozen=True)
class Change:
    """What happens to one row. "conflict": staff changed it in the store, so it is kept unless overruled."""

    does: Literal["add", "change", "remove", "conflict", "keep"]
    kind: str
    name: str
    record: Record
    differences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Everything that a load would do."""

    changes: tuple[Change, ...]
    unchanged: int

    @property
    def changes_nothing(self) -> bool:
        """Whether applying the plan would leave the store as it is."""
        return not any(change.does in {"add", "change", "remove"} for change in self.changes)

    def __str__(self) -> str:
        signs = {"add": "+", "change": "~", "remove": "-", "conflict": "!", "keep": "="}
        notes = {
            "conflict": "  changed in the store since it was loaded: kept (--overwrite takes the file's)",
            "keep": "  in the store, not in the files: kept (--remove removes it)",
        }
        lines = []
        for change in self.changes:
            lines.append(f"{signs[change.does]} {change.kind} {change.name}{notes.get(change.does, '')}")
            lines += [f"    {difference}" for difference in change.differences]
        counts = ", ".join(
            f"{count} {words}"
            for words, does in (
                ("added", "add"),
                ("changed", "change"),
                ("removed", "remove"),
                ("in conflict", "conflict"),
            )
            if (count := sum(change.does == does for change in self.changes))
        )
        return "\n".join([*lines, f"{counts or 'Nothing changes'}; {self.unchanged} stay as they are."])


def stored(opened: Session, kind: Kind) -> dict[str, Any]:
    """Return a kind's rows by identity."""
    rows = opened.scalars(sa.select(kind.table).order_by(kind.table.id)).all()
    return {identity(kind.name, {"key": row.key, "language": getattr(row, "language", "")}): row for row in rows}


def columns(row: Any) -> Record:
    """Return a row's columns without its bookkeeping."""
    return {
        column.key: getattr(row, column.key)
        for column in sa.inspect(row).mapper.columns
        if column.key not in _BOOKKEEPING
    }


def plan(engine: Engine, content: Content, *, remove: bool = False, overwrite: bool = False) -> Plan:
    """Return what loading `content` would do to the store."""
    changes: list[Change] = []
    unchanged = 0
    with Session(engine, future=True) as opened:
        for kind in KINDS:
            rows = stored(opened, kind)
            for name, record in content.records[kind.name].items():
                row = rows.pop(name, None)
                if row is None:
                    changes.append(Change("add", kind.name, name, record))
                    continue
                differences = _differences(columns(row), record)
                if not differences:
                    unchanged += 1
                elif row.changed_by != LOADER and not overwrite:
                    changes.append(Change("conflict", kind.name, name, record, differences))
                else:
                    changes.append(Change("change", kind.name, name, record, differences))
            changes += [Change("remove" if remove else "keep", kind.name, name, {}) for name in rows]
    return Plan(tuple(changes), unchanged)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(
        f"{name}: {_shown(before.get(name))} -> {_shown(value)}"
        for name, value in after.items()
        if before.get(name) != value
    )


def _shown(value: Any) -> str:
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return text if len(text) <= 120 else f"{text[:119]}…"


def apply(engine: Engine, planned: Plan, *, now: datetime, actor: str = LOADER) -> None:
    """Apply `planned` in one transaction."""
    kinds = {kind.name: kind for kind in KINDS}
    with audit.session(engine, actor, now) as opened:
        rows = {name: stored(opened, kind) for name, kind in kinds.items()}
        for change in planned.changes:
            row = rows[change.kind].get(change.name)
            if change.does == "add":
                opened.add(kinds[change.kind].table(**change.record))
            elif change.does == "change" and row is not None:
                for name, value in change.record.items():
                    if getattr(row, name) != value:
                        setattr(row, name, value)
            elif change.does == "remove" and row is not None:
                opened.delete(row)
