"""The model registry: which models exist, how good, which one answers students, and which Rasa servers serve it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from bot.store import audit
from bot.store.engine import connect
from bot.store.learning_tables import GateJudgementRow, ModelRow, ServerRow
from bot.store.rows import insert_ignore

models, servers, judgements = ModelRow.__table__, ServerRow.__table__, GateJudgementRow.__table__
SERVER_ALIVE = timedelta(seconds=10)


class ModelError(Exception):
    """An operation on a model is not possible; the text says why and what would be right."""


@dataclass(frozen=True)
class Model:
    """A trained model. The fields are those of ModelRow."""

    name: str
    state: str
    made_at: datetime
    made_by: str
    reason: str
    data_version: str
    config_version: str
    examples: int
    changes: Mapping[str, Any]
    seconds: float
    figures: Mapping[str, Any]
    verdict: str
    approved_by: str
    approved_at: datetime | None
    approved_why: str
    activated_at: datetime | None
    activated_by: str
    problem: str

    @property
    def held(self) -> list[str]:
        """Why it waits for a named person who looks at it, whoever trained it; nothing: it does not."""
        return list((self.figures or {}).get("held", ()))


@dataclass(frozen=True)
class Server:
    """A running Rasa server."""

    name: str
    model: str
    problem: str


def _model(row: Row) -> Model:
    return Model(**{name: getattr(row, name) for name in Model.__dataclass_fields__})


def add(connection: Connection, name: str, *, now: datetime, by: str, state: str = "candidate", **values: Any) -> None:
    """Add a model. Adding an existing one changes nothing."""
    filled = {"changes": {}, "figures": {}, **values}
    insert_ignore(connection, models, name=name, state=state, made_at=now, made_by=by, **_defaults(filled))


def _defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "reason": "",
        "data_version": "",
        "config_version": "",
        "examples": 0,
        "seconds": 0.0,
        "verdict": "",
        "approved_by": "",
        "approved_why": "",
        "activated_by": "",
        "problem": "",
    }
    return {**empty, **values}


def get(engine: Engine, name: str) -> Model | None:
    """Return a model, or None."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(models).where(models.c.name == name)).one_or_none()
    return _model(row) if row else None


def page(engine: Engine, limit: int = 50) -> list[Model]:
    """Return models, newest first."""
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(models).order_by(models.c.made_at.desc(), models.c.name.desc()).limit(limit)
        )
        return [_model(row) for row in rows]


def active(engine: Engine) -> str:
    """Return the name of the model that should answer students; "" if none was ever chosen."""
    with engine.connect() as connection:
        return connection.execute(sa.select(models.c.name).where(models.c.state == "active").limit(1)).scalar() or ""


def active_at(url: str) -> str:
    """Return the active model of the store at `url`; "" also if the store is unreachable or has no registry."""
    engine = connect(url)
    try:
        return active(engine)
    except SQLAlchemyError:
        return ""
    finally:
        engine.dispose()


_RETIRED = sa.select(models).where(models.c.state == "retired").order_by(models.c.activated_at.desc())


def before_active(source: Engine | Connection) -> Model | None:
    """Return the model that answered before the active one, for a rollback; None if there is none.

    A model that somebody has gone back from is not gone back to: that would be a toggle.
    """
    if isinstance(source, Engine):
        with source.connect() as connection:
            return before_active(connection)
    rows = source.execute(_RETIRED)
    return next((_model(row) for row in rows if not (row.changes or {}).get("left")), None)


def awaiting(engine: Engine, *, second: bool) -> Model | None:
    """Return the newest model if it waits for somebody's approval. `second`: each needs that of a second person."""
    newest = sa.select(models).order_by(models.c.made_at.desc(), models.c.name.desc()).limit(1)
    waits = newest.where(models.c.state.in_(("candidate", "active", "retired")))
    with engine.connect() as connection:
        row = connection.execute(waits).one_or_none()
    found = _model(row) if row else None
    if found is None or (found.state, found.verdict, found.approved_by) != ("candidate", "pass", ""):
        return None
    return found if second or found.held else None


def measured(engine: Engine, name: str, figures: Mapping[str, Any], verdict: str) -> None:
    """Store the gate's results for a model that doesn't answer students.

    If the figures differ (other than parse times, which always do), an earlier approval no longer counts; a model that
    failed when it went live may try again, as a new one. Raises ModelError for the active model.
    """
    with engine.begin() as connection:
        row = connection.execute(sa.select(models).where(models.c.name == name)).one_or_none()
        if row is None or row.state == "active":
            raise ModelError("The model that answers students is not measured again: there is nothing beside it.")
        values: dict[str, Any] = {"figures": dict(figures), "verdict": verdict}
        same = _without_times(row.figures or {}) == _without_times(figures) and row.verdict == verdict
        if not same or row.state == "failed":
            values |= {"approved_by": "", "approved_at": None, "approved_why": ""}
        if row.state == "failed":
            values["state"] = "candidate"
        connection.execute(sa.update(models).where(models.c.name == name).values(**values))


def _without_times(figures: Mapping[str, Any]) -> str:
    kept = {key: value for key, value in figures.items() if key not in {"milliseconds", "reasons"}}
    return json.dumps(kept, sort_keys=True)


def keep_figures(engine: Engine, name: str, **figures: Any) -> None:
    """Store further figures of a model, alongside the existing ones; its verdict stays."""
    with engine.begin() as connection:
        known = connection.execute(sa.select(models.c.figures).where(models.c.name == name)).scalar() or {}
        connection.execute(sa.update(models).where(models.c.name == name).values(figures={**known, **figures}))


def approve(engine: Engine, name: str, *, by: str, second: bool, now: datetime, why: str, looked: bool = False) -> None:
    """Record a model's approval, and `why`, in words. Raises ModelError.

    `second`: by somebody other than its maker. `looked`: that person has looked at what the gate holds it for.
    """
    with engine.begin() as connection:
        row = connection.execute(sa.select(models).where(models.c.name == name)).one_or_none()
        if row is None:
            raise ModelError(f"There is no model {name}.")
        if row.verdict != "pass":
            raise ModelError("Only a model that has passed the gate can be approved.")
        if second and row.made_by == by:
            raise ModelError("Somebody else has to approve it: you have trained it yourself.")
        if not why.strip():
            raise ModelError("Say in a few words what you have looked at: it is kept with the model.")
        if _model(row).held and not looked:
            raise ModelError("The gate holds it: look at what is listed below, and tick that you have.")
        values = {"approved_by": by, "approved_at": now, "approved_why": why.strip()[:500]}
        connection.execute(sa.update(models).where(models.c.name == name).values(**values))
        told = {"approved_by": by, "why": values["approved_why"], **({"looked": "yes"} if looked else {})}
        audit.note(connection, by, "models", name, {"approved_by": row.approved_by}, told, now)


def judge(engine: Engine, name: str, inbox_id: int, *, right: bool, by: str, now: datetime) -> None:
    """Record whether a model's answer to a message is right; what was said before is replaced."""
    mine = sa.and_(judgements.c.model == name, judgements.c.inbox_id == inbox_id)
    with engine.begin() as connection:
        connection.execute(sa.delete(judgements).where(mine))
        insert_ignore(connection, judgements, model=name, inbox_id=inbox_id, right=right, by=by, at=now)


def judged(engine: Engine, name: str) -> dict[int, bool]:
    """Return what was said of a model's answers: whether each is right, by message."""
    query = sa.select(judgements.c.inbox_id, judgements.c.right).where(judgements.c.model == name)
    with engine.connect() as connection:
        return {row.inbox_id: row.right for row in connection.execute(query)}


@dataclass(frozen=True)
class Trial:
    """A model that answers students but hasn't proved yet that it does.

    `was`: the model that answered before; `back`: this is a rollback to `name`.
    """

    name: str
    was: str
    back: bool


def activate(engine: Engine, name: str, *, by: str, now: datetime, back: bool = False) -> str:
    """Make a model answer students from now on, on trial, and return the previous one. Raises ModelError."""
    with engine.begin() as connection:
        row = connection.execute(sa.select(models).where(models.c.name == name)).one_or_none()
        if row is None or row.state == "pruned":
            raise ModelError(f"There is no model {name} any more.")
        was = connection.execute(sa.select(models.c.name).where(models.c.state == "active")).scalar() or ""
        if was == name:
            return was
        connection.execute(sa.update(models).where(models.c.state == "active").values(state="retired"))
        if was and back:
            change_notes(connection, was, left=True)
        kept = {key: value for key, value in (row.changes or {}).items() if key != "left"}
        changes = {**kept, "trial": {"was": was, "back": back}}
        values = {"state": "active", "activated_at": now, "activated_by": by, "problem": "", "changes": changes}
        connection.execute(sa.update(models).where(models.c.name == name).values(**values))
        audit.note(connection, by, "models", name, {"active": was}, {"active": name}, now)
    return was


def trial(engine: Engine) -> Trial | None:
    """Return the trial of the active model, or None when it has ended."""
    query = sa.select(models.c.name, models.c.changes).where(models.c.state == "active").limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    found = (row.changes or {}).get("trial") if row else None
    return Trial(row.name, found["was"], found["back"]) if row and found else None


def change_notes(connection: Connection, name: str, **notes: Any) -> None:
    """Add notes on what a model has changed to the existing ones; None removes a note."""
    known = connection.execute(sa.select(models.c.changes).where(models.c.name == name)).scalar() or {}
    changes = {key: value for key, value in {**known, **notes}.items() if value is not None}
    connection.execute(sa.update(models).where(models.c.name == name).values(changes=changes))


def gone_back(engine: Engine, name: str, to: str, problem: str, *, by: str, now: datetime) -> None:
    """Record that a model failed when it went live, and that `to` answers again as if nothing had happened."""
    with engine.begin() as connection:
        change_notes(connection, name, trial=None)
        values = {"state": "failed", "problem": problem[:500], "activated_at": None, "activated_by": ""}
        connection.execute(sa.update(models).where(models.c.name == name).values(**values))
        if to:
            change_notes(connection, to, left=None)
            connection.execute(sa.update(models).where(models.c.name == to).values(state="active"))
        audit.note(connection, by, "models", name, {"active": name}, {"active": to, "why": problem}, now)


def looked_at(engine: Engine) -> Model | None:
    """Return the newest model whose training examined the examples one by one; None before the first."""
    found = (each for each in page(engine) if "wrong" in ((each.figures or {}).get("care") or {}))
    return next(found, None)


def learnt_by(engine: Engine, model: Model) -> set[int]:
    """Return the decisions that a model has learnt; for an older one its own, and those of the models in "with"."""
    found = {*model.changes.get("reviews", ()), *model.changes.get("knows", ())}
    for name in model.changes.get("with", ()):
        other = get(engine, name)
        found |= set(other.changes.get("reviews", ())) if other else set()
    return found


def pruned(engine: Engine, keep: int) -> list[str]:
    """Record that old models have lost their files; return their names.

    Kept are the newest `keep`, the one that answers students, its rollback target, and those waiting to go live.
    """
    old = sa.or_(
        models.c.state.in_(("retired", "failed")), sa.and_(models.c.state == "candidate", models.c.approved_by == "")
    )
    with engine.begin() as connection:
        way_back = before_active(connection)
        spared = way_back.name if way_back else ""
        query = sa.select(models.c.name).where(old, models.c.name != spared).order_by(models.c.made_at.desc())
        names = list(connection.execute(query.offset(keep)).scalars())
        connection.execute(sa.update(models).where(models.c.name.in_(names)).values(state="pruned"))
    return names


def serves(engine: Engine, server: str, model: str, now: datetime, problem: str = "") -> None:
    """Record which model a Rasa server serves, and why it doesn't load another."""
    values = {"model": model, "beat_at": now, "problem": problem[:500]}
    with engine.begin() as connection:
        updated = connection.execute(sa.update(servers).where(servers.c.name == server).values(**values))
        if not updated.rowcount:
            insert_ignore(connection, servers, name=server, **values)
            connection.execute(sa.delete(servers).where(servers.c.beat_at < now - timedelta(days=1)))


def running(engine: Engine, now: datetime) -> list[Server]:
    """Return the Rasa servers with a recent sign of life."""
    query = sa.select(servers).where(servers.c.beat_at > now - SERVER_ALIVE).order_by(servers.c.name)
    with engine.connect() as connection:
        return [Server(row.name, row.model, row.problem) for row in connection.execute(query)]
