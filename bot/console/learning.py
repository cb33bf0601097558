"""Learning: how the bot is doing by week and by model, going by staff's reviews of its guesses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, render_template

from bot.console.access import VIEWER, allows
from bot.console.desk import Desk, desk
from bot.retraining import gate
from bot.retraining.usefulness import sampled
from bot.store import cards, judgements, models, statistics
from bot.store.judgements import Judged

WEEKS = 12


def add(pages: Blueprint) -> None:
    """Add the page."""

    @pages.get("/learning")
    @allows(VIEWER)
    def learning() -> str:
        at = desk()
        weeks = [_monday(at.today()) - timedelta(weeks=WEEKS - 1 - number) for number in range(WEEKS)]
        judged = judgements.judged(at.engine)
        rows = [_week(at, monday, judged) for monday in weeks]
        agreed, both = judgements.agreement(at.engine)
        return render_template(
            "console/learning.html",
            rows=rows,
            chart=_chart(rows),
            by_model=_by_model(judged),
            agreed=agreed,
            both=both,
            clusters=cards.clusters(at.engine),
            models=[each for each in models.page(at.engine) if each.activated_at],
        )


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _week(at: Desk, monday: date, judged: Sequence[Judged]) -> dict[str, Any]:
    begin, end = at.midnight(monday), at.midnight(monday + timedelta(weeks=1))
    # Only the random sample: of the others staff see the hardest, which say nothing about the rest.
    inside = [each for each in judged if begin <= each.said_at < end and sampled(each.inbox_id)]
    right = sum(each.right for each in inside)
    outcomes = statistics.outcomes(at.engine, begin, end)
    whole = sum(outcomes.values())
    low, high = gate.interval(right, len(inside))
    return {
        "monday": monday,
        "reviewed": len(inside),
        "right": right,
        "low": round(100 * low),
        "high": round(100 * high),
        "messages": whole,
        "answered": outcomes.get("answered", 0),
        "unsure": outcomes.get("unsure", 0),
    }


def _chart(rows: list[dict[str, Any]]) -> str:
    def share(part: int, whole: int) -> float | None:
        return round(100 * part / whole, 1) if whole else None

    sets = [
        {"label": "Answered", "data": [share(row["answered"], row["messages"]) for row in rows]},
        {"label": "Asked back", "data": [share(row["unsure"], row["messages"]) for row in rows]},
    ]
    labels = [row["monday"].strftime("%-d %b") for row in rows]
    return json.dumps({"labels": labels, "sets": sets, "stacked": False, "across": False})


def _by_model(judged: Sequence[Judged]) -> list[tuple[str, int, int]]:
    found: dict[str, list[bool]] = {}
    for each in judged:
        found.setdefault(each.model.removesuffix(".tar.gz") or "unknown", []).append(each.right)
    return [(name, sum(rights), len(rights)) for name, rights in found.items()]
