"""What a candidate would answer otherwise than the active model: better, worse, or just another answer.

By message id, never by text, as the texts are students'.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bot.retraining import gate
from bot.retraining.measures import NO_ANSWER, Guess
from bot.store.judgements import Decided

BETTER, WORSE, OTHER = "better", "worse", "other"
# The order in which people should look at them.
WORST_FIRST = {WORSE: 0, OTHER: 1, BETTER: 2}
MOST = 200

Row = dict[str, Any]


def kind(before: str, after: str, meant: str) -> str:
    """Return what a change of answer is worth. `meant`: what staff have decided, "" for nothing; "" is asking back."""
    if meant and after == meant:
        return BETTER
    if meant and before == meant:
        return WORSE
    return OTHER


def unseen(row: Mapping[str, Any]) -> bool:
    """Return whether a message gets an answer, instead of another one, and nobody has decided what it means."""
    answers = row["before"] and row["after"] and row["after"] not in NO_ANSWER
    return bool(answers) and not row.get("meant")


def changed(
    ids: Sequence[int], meant: Mapping[int, str], before: Sequence[Guess], after: Sequence[Guess]
) -> dict[str, Any]:
    """Return how many messages would be answered otherwise, how many of each kind, and which, the worst first.

    `unseen`: how many of them get an answer that no reviewer has seen; these come first among the others.
    """
    rows: list[Row] = []
    for number, old, new in zip(ids, before, after, strict=True):
        was, now = gate.answers(old), gate.answers(new)
        if was != now:
            label = meant.get(number, "")
            rows.append(
                {"inbox_id": number, "before": was, "after": now, "meant": label, "kind": kind(was, now, label)}
            )
    rows.sort(key=lambda row: (WORST_FIRST[row["kind"]], not unseen(row)))
    counts = Counter(row["kind"] for row in rows)
    return {
        "count": len(ids),
        "changed": len(rows),
        **{name: counts[name] for name in WORST_FIRST},
        "unseen": sum(map(unseen, rows)),
        "rows": rows[:MOST],
    }


def otherwise(learnt: Sequence[Decided], before: Sequence[Guess], after: Sequence[Guess]) -> dict[str, Any]:
    """Return which messages the candidate answers otherwise than was just decided, although it has learnt that."""
    rows: list[Row] = []
    for each, old, new in zip(learnt, before, after, strict=True):
        if gate.answers(new) not in ("", each.intent):
            was = gate.answers(old)
            rows.append({"inbox_id": each.inbox_id, "before": was, "after": gate.answers(new), "meant": each.intent})
    return {"count": len(learnt), "rows": [{**row, "kind": WORSE} for row in rows[:MOST]]}
