"""The gate: whether a candidate may answer students, and why, based on its measurements. Pure computation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.stats import binomtest

from bot.retraining.measures import OUT_OF_SCOPE, Asked, Guess, calibration_error, measures

LEAST_OF_INTENT = 8
# A new example is doubtful enough for somebody to look at when another topic is so likely for it.
SURELY_WRONG = 0.6
# So many more answers may get worse than better in a week before the model is stopped.
WORSE_BY_CHANCE = 2
BINS = 10


@dataclass(frozen=True)
class Thresholds:
    """How much worse a candidate may be than the active model, as fractions of 1.

    accuracy_loss: drop in right first guesses on the fixed test set. reviewed_loss: the same on staff-reviewed
    messages. intent_loss: drop in one intent's recall, given at least LEAST_OF_INTENT questions. declined_loss: drop
    in out-of-scope messages left unanswered. calibration: increase in calibration error. latency: factor by which
    parsing may take longer. contradictions, doubtful: share of new examples that may contradict existing ones, and
    that may look mislabelled. changed: share of a week's answers that may change.
    """

    accuracy_loss: float = 0.01
    reviewed_loss: float = 0.02
    intent_loss: float = 0.25
    declined_loss: float = 0.05
    calibration: float = 0.03
    latency: float = 2.0
    contradictions: float = 0.1
    doubtful: float = 0.4
    changed: float = 0.3


@dataclass(frozen=True)
class Reason:
    """One of the gate's findings. kind: bad (stops the model), hold (somebody must look at it), good, note."""

    kind: str
    text: str


def interval(right: int, whole: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share (Wilson, 1927)."""
    if not whole:
        return 0.0, 1.0
    found = binomtest(right, whole).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def table(asked: Sequence[Asked], guesses: Sequence[Guess]) -> list[dict[str, Any]]:
    """Return per intent how many questions asked it, how many were understood, and that share's interval."""
    meant: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for each, made in zip(asked, guesses, strict=True):
        intent = made.first if made.first in each.intents else each.intents[0]
        meant[intent] += 1
        right[intent] += made.first in each.intents
    rows = []
    for intent in sorted(meant):
        low, high = interval(right[intent], meant[intent])
        rows.append({"intent": intent, "asked": meant[intent], "right": right[intent], "low": low, "high": high})
    return rows


def confusions(asked: Sequence[Asked], guesses: Sequence[Guess], most: int = 400) -> list[tuple[str, str, int]]:
    """Return (meant, taken for, how often), most frequent first."""
    wrong = Counter(
        (each.intents[0], made.first)
        for each, made in zip(asked, guesses, strict=True)
        if made.first not in each.intents
    )
    return [(meant, taken, count) for (meant, taken), count in wrong.most_common(most)]


def reliability(asked: Sequence[Asked], guesses: Sequence[Guess]) -> list[dict[str, float]]:
    """Return the count, mean confidence and share right for each tenth of confidence."""
    found = []
    for number in range(BINS):
        inside = [
            (made.confidence, made.first in each.intents)
            for each, made in zip(asked, guesses, strict=True)
            if number / BINS < made.confidence <= (number + 1) / BINS
        ]
        if inside:
            confidence = sum(each for each, _ in inside) / len(inside)
            right = sum(right for _, right in inside) / len(inside)
            found.append({"count": len(inside), "confidence": round(confidence, 3), "right": round(right, 3)})
    return found


def share(asked: Sequence[Asked], guesses: Sequence[Guess]) -> float:
    """Return the share of questions whose likeliest intent is right."""
    right = [made.first in each.intents for each, made in zip(asked, guesses, strict=True)]
    return sum(right) / len(right) if right else 0.0


def summary(asked: Sequence[Asked], guesses: Sequence[Guess], labelled: frozenset[str]) -> dict[str, Any]:
    """Return the figures recorded for a model on the fixed test set."""
    found = measures(asked, guesses, labelled)
    inside = [made.first in each.intents for each, made in zip(asked, guesses, strict=True) if each.in_scope]
    low, high = interval(sum(inside), len(inside))
    told = [(made.confidence, made.first in each.intents) for each, made in zip(asked, guesses, strict=True)]
    return {
        **{name: round(value, 4) for name, value in found.items()},
        "low": round(low, 4),
        "high": round(high, 4),
        "ece": round(calibration_error(told), 4),
        "intents": table(asked, guesses),
        "confusions": confusions(asked, guesses),
        "reliability": reliability(asked, guesses),
    }


def answers(guess: Guess) -> str:
    """Return the intent that a student would get an answer about; "" for asking back."""
    return guess.first if guess.sure else ""


def verdict(figures: Mapping[str, Any], limits: Thresholds) -> tuple[str, list[Reason]]:
    """Return "pass" or "stop", and the reasons, the bad ones first.

    `figures`: test {candidate, active} (summaries), reviewed and exam {count, candidate, active} (shares), stories
    {total, failed, failed_before}, care {new, new_wrong, new_contradictions, wrong}, week {count, changed, better,
    worse, other, unseen}, learnt {count, rows}, milliseconds {candidate, active}. Missing measurements are skipped and
    count as harmless.
    """
    reasons = [
        *_test(figures["test"], limits),
        *_reviewed(figures.get("reviewed") or {}, limits),
        *_exam(figures.get("exam") or {}, limits),
        *_stories(figures.get("stories") or {}),
        *_care(figures.get("care") or {}, limits),
        *_week(figures.get("week") or {}, limits),
        *held(figures),
        *_latency(figures.get("milliseconds") or {}, limits),
    ]
    order = {"bad": 0, "hold": 1, "note": 2, "good": 3}
    reasons.sort(key=lambda reason: order[reason.kind])
    return ("stop" if any(reason.kind == "bad" for reason in reasons) else "pass"), reasons


def held(figures: Mapping[str, Any]) -> list[Reason]:
    """Return why a model must not go live before a named person has looked at what it would say."""
    care, week, learnt = (figures.get(name) or {} for name in ("care", "week", "learnt"))
    wrong = [row for row in care.get("wrong", ()) if row.get("new") and row["confidence"] >= SURELY_WRONG]
    found = [
        (
            care.get("new_contradictions") or 0,
            "new {} what others say under another topic",
            "example says",
            "examples say",
        ),
        (len(wrong), "new {} under a wrong topic", "example looks as if it stood", "examples look as if they stood"),
        (week.get("unseen") or 0, "{} another answer, which no reviewer has seen", "message gets", "messages get"),
        (
            len(learnt.get("rows", ())),
            "{} otherwise than was just decided",
            "message is answered",
            "messages are answered",
        ),
    ]
    return [
        Reason("hold", f"{count} {words.format(one if count == 1 else more)}.")
        for count, words, one, more in found
        if count
    ]


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _test(found: Mapping[str, Any], limits: Thresholds) -> list[Reason]:
    new, old = found["candidate"], found.get("active")
    if not old:
        return [
            Reason("note", f"Fixed test questions: {_percent(new['first'])} right; there is no model to compare with.")
        ]
    reasons = []
    said = f"Fixed test questions: {_percent(old['first'])} → {_percent(new['first'])} right at the first guess."
    worse = new["first"] < old["first"] - limits.accuracy_loss
    reasons.append(Reason("bad" if worse else "good", said))
    declined = new["not answered"] - old["not answered"]
    said = f"Beyond the library: {_percent(old['not answered'])} → {_percent(new['not answered'])} not answered."
    reasons.append(Reason("bad" if declined < -limits.declined_loss else "good", said))
    if new["ece"] > old["ece"] + limits.calibration:
        said = f"Its confidence is less to be trusted: calibration error {old['ece']:.3f} → {new['ece']:.3f}."
        reasons.append(Reason("bad", said))
    before = {row["intent"]: row for row in old["intents"]}
    for row in new["intents"]:
        was = before.get(row["intent"])
        if was is None or min(row["asked"], was["asked"]) < LEAST_OF_INTENT:
            continue
        loss = was["right"] / was["asked"] - row["right"] / row["asked"]
        if loss > limits.intent_loss:
            said = f"{row['intent']}: {was['right']} of {was['asked']} → {row['right']} of {row['asked']} understood."
            reasons.append(Reason("bad", said))
    return reasons


def _reviewed(found: Mapping[str, Any], limits: Thresholds) -> list[Reason]:
    if not found.get("count"):
        return []
    said = (
        f"{found['count']} messages that staff have reviewed before: "
        f"{_percent(found['active'])} → {_percent(found['candidate'])} as staff have said."
    )
    return [Reason("bad" if found["candidate"] < found["active"] - limits.reviewed_loss else "good", said)]


def _exam(found: Mapping[str, Any], limits: Thresholds) -> list[Reason]:
    if not found.get("count"):
        return []
    said = (
        f"Newest {found['count']} decisions, held back while the others are learnt: "
        f"{_percent(found['active'])} → {_percent(found['candidate'])}."
    )
    # With few messages, a drop that chance can explain is no reason to stop.
    low, _ = interval(round(found["active"] * found["count"]), found["count"])
    worse = found["candidate"] < min(low, found["active"] - limits.reviewed_loss)
    return [Reason("bad" if worse else "good" if found["candidate"] >= found["active"] else "note", said)]


def _stories(found: Mapping[str, Any]) -> list[Reason]:
    if not found.get("total"):
        return []
    new = sorted(set(found["failed"]) - set(found.get("failed_before", ())))
    if new:
        return [Reason("bad", f"Conversation tests: {len(new)} went another way: {', '.join(new[:5])}.")]
    return [Reason("good", f"Conversation tests: {found['total'] - len(found['failed'])} of {found['total']} as told.")]


def _care(found: Mapping[str, Any], limits: Thresholds) -> list[Reason]:
    new = found.get("new") or 0
    if not new:
        return []
    reasons = []
    for key, limit, words in (
        ("new_contradictions", limits.contradictions, "say what older examples say under another topic"),
        ("new_wrong", limits.doubtful, "look as if they stood under a wrong topic"),
    ):
        count = found.get(key) or 0
        bad = count >= 3 and count / new > limit
        if count:
            reasons.append(Reason("bad" if bad else "note", f"{count} of {new} new examples {words}."))
    return reasons


def _week(found: Mapping[str, Any], limits: Thresholds) -> list[Reason]:
    if not found.get("count"):
        return []
    changed = found["changed"] / found["count"]
    said = f"Of {found['count']} messages of the last week {found['changed']} would be answered in another way."
    if found.get("worse"):
        said += f" {found['worse']} of them worse, as staff have said what they mean."
    worse = found.get("worse", 0) > found.get("better", 0) + WORSE_BY_CHANCE
    bad = worse or (changed > limits.changed and found["count"] >= 20)
    return [Reason("bad" if bad else "note", said)]


def _latency(found: Mapping[str, Any], limits: Thresholds) -> list[Reason]:
    if not found.get("active"):
        return []
    said = f"Understanding a message: {found['active']:.1f} → {found['candidate']:.1f} ms."
    return [Reason("bad" if found["candidate"] > limits.latency * found["active"] else "good", said)]


__all__ = ["OUT_OF_SCOPE", "Reason", "Thresholds", "answers", "share", "summary", "verdict"]
