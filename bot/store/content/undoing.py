"""Undoing changes of content: what it would do, said beforehand; refused where it would undo later work too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.store import audit
from bot.store.content import edit
from bot.store.content.files import SPOKEN, identity
from bot.store.content.plan import columns, stored
from bot.store.content.schema import Record

Change = Mapping[str, Any]


@dataclass(frozen=True)
class Undoing:
    """What undoing a change would do to its entry: `now` becomes `then`; None: there is no entry.

    `overlap`: the columns that the change set and somebody has set again since; `by` and `at` say who last, and when.
    With an overlap nothing can be undone. `gone`: somebody has removed the entry since.
    """

    change: Change
    now: Record | None
    then: Record | None
    overlap: tuple[str, ...] = ()
    by: str = ""
    at: datetime | None = None
    gone: bool = False

    @property
    def refused(self) -> bool:
        """Whether it can't be undone."""
        return bool(self.overlap) or self.gone

    @property
    def pointless(self) -> bool:
        """Whether the entry is already as it was before the change."""
        return not self.refused and self.now == self.then


def history(engine: Engine, kind: str, name: str) -> list[dict[str, Any]]:
    """Return an entry's changes by its identity, newest first: those of the same key in another language left out."""
    key = name.rpartition("/")[0] if kind in SPOKEN else name
    return [each for each in audit.history(engine, kind, key) if _name(each) == name]


def planned(engine: Engine, change: Change) -> Undoing:
    """Return what undoing a change of content would do. Raises EditError for a change of something else."""
    if change["table"] not in edit.BY_KIND:
        raise edit.EditError("There is no such change.")
    with Session(engine, future=True) as opened:
        return _planned(opened, change, _later(engine, change))


def undo(engine: Engine, changes: Sequence[Change], *, actor: str, now: datetime, batch: str | None = None) -> None:
    """Undo changes of content: all or none of them. Raises EditError, which says why not.

    Undoing twice redoes. `batch`: as in audit.session.
    """
    for change in changes:
        if change["table"] not in edit.BY_KIND:
            raise edit.EditError("There is no such change.")
    with audit.session(engine, actor, now, batch) as opened:
        for change in sorted(changes, key=lambda each: each["id"], reverse=True):
            kind = str(change["table"])
            found = _planned(opened, change, _later(engine, change))
            if found.refused:
                raise edit.EditError(_refusal(found))
            name = _name(change)
            row = stored(opened, edit.BY_KIND[kind]).get(name)
            if found.then is None:
                if broken := edit.referring(engine, kind, name):
                    raise edit.EditError(f"Others refer to it. Change them first: {'; '.join(broken)}")
                if row is not None:
                    opened.delete(row)
            elif row is None:
                opened.add(edit.as_row(kind, found.then))
            else:
                edit.set_row(row, found.then)
            opened.flush()


def _refusal(found: Undoing) -> str:
    if found.gone:
        return f"It was removed after that{f', by {found.by}' if found.by else ''}. Undo the removal first."
    return f"It was changed again after that, by {found.by}. Undo the latest change first."


def _name(change: Change) -> str:
    language = (change["before"] or change["after"]).get("language", "")
    return identity(str(change["table"]), {"key": str(change["key"]), "language": language})


def _later(engine: Engine, change: Change) -> list[dict[str, Any]]:
    """Return the later changes of the same entry, newest first."""
    name = _name(change)
    return [each for each in history(engine, str(change["table"]), name) if each["id"] > change["id"]]


def _planned(opened: Session, change: Change, later: Sequence[Change]) -> Undoing:
    kind = str(change["table"])
    row = stored(opened, edit.BY_KIND[kind]).get(_name(change))
    now = columns(row) if row is not None else None
    before, after = (edit.revived(kind, change[side]) for side in ("before", "after"))
    if now is None:
        # It was added, and is gone already; or it was removed, and comes back; or somebody has removed it since.
        gone = before is not None and after is not None
        return replace(Undoing(change, None, None if gone else before, gone=gone), **_who(later))
    if after is None:
        # It was removed, and somebody has added it again since.
        overlap = tuple(name for name, value in (before or {}).items() if now.get(name) != value)
        return replace(Undoing(change, now, {**now, **(before or {})}, overlap), **_who(later))
    changed = [name for name in after if before is None or (name in before and before[name] != after[name])]
    overlap = tuple(name for name in changed if now.get(name) != after[name])
    then = None if before is None else {**now, **{name: before[name] for name in changed}}
    touching = [
        each for each in later if any(_side(each, "before", name) != _side(each, "after", name) for name in overlap)
    ]
    return replace(Undoing(change, now, then, overlap), **_who(touching))


def _side(change: Change, side: str, name: str) -> Any:
    return (change[side] or {}).get(name)


def _who(changes: Sequence[Change]) -> dict[str, Any]:
    return {"by": changes[0]["who"], "at": changes[0]["at"]} if changes else {}
