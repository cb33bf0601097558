"""How useful it is to review a message: unsure, contradicted by what the student did next, or randomly sampled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.offers import ASKS_BACK

FALLBACK = "nlu_fallback"
CLOSE, SURELY_NOTHING = 0.15, 0.95
# One in this many messages that the bot was sure of is reviewed anyway: it may be sure and wrong.
ONE_IN = 40
SOON = timedelta(minutes=10)
UNHAPPY = frozenset({"👎", "😡", "😠", "😢", "angry", "sad", "dislike"})
# Why a message is in the queue, in words for staff, and each reason's weight.
REASONS: Mapping[str, tuple[str, float]] = {
    "complaint": ("the student was not happy with the answer", 1.0),
    "chose": ("the bot asked back, and the student chose", 0.9),
    "unsure": ("the bot was not sure", 0.7),
    "unknown": ("the bot took it for none of its topics", 0.6),
    "close": ("two topics were nearly as likely", 0.4),
    "handed": ("a person was asked for right after", 0.5),
    "person": ("a person answered it: what should the bot have said?", 0.8),
    "failed": ("no answer came in time", 0.3),
    "sample": ("the bot was sure; looked at by chance", 0.2),
}
# Decided without looking at the text; an example of these teaches nothing.
NOT_OF_WORDS = frozenset(
    {
        *("restart", "stop", "start_again", "sent_media", "subscriptions", ""),
        *("handover_back", "handover_later", "handover_good", "handover_poor"),
        *("choose_language", "speak_en", "speak_zh_hant", "speak_zh_hans"),
    }
)


@dataclass(frozen=True)
class Seen:
    """A message that may be worth reviewing. `suggested`: its meaning, going by what the student did next."""

    inbox_id: int
    text: str
    outcome: str
    score: float
    reasons: tuple[str, ...]
    suggested: str = ""


def seen(messages: Iterable[Mapping[str, Any]], later: Sequence[Mapping[str, Any]], settled: set[int]) -> list[Seen]:
    """Return the messages that are worth reviewing.

    `messages` are rows of bot.store.judgements.candidates, `later` of `reactions`, `settled` IDs that need no review.
    """
    by_person: dict[int, list[Mapping[str, Any]]] = {}
    for each in later:
        by_person.setdefault(each["person_id"], []).append(each)
    found = [_seen(row, by_person.get(row["person_id"], ())) for row in messages if row["id"] not in settled]
    return [each for each in found if each is not None]


def _seen(row: Mapping[str, Any], later: Sequence[Mapping[str, Any]]) -> Seen | None:
    understood = row["understanding"] or {}
    ranking = [each for each in understood.get("intent_ranking", ()) if each["name"] != FALLBACK]
    confidence, second = [*(float(each["confidence"]) for each in ranking), 0.0, 0.0][:2]
    after = _next(row["sent_at"], later)
    choice = _choice(after)
    reasons = []
    if row["outcome"] == "unsure":
        reasons.append("unsure")
        if choice:
            reasons.append("chose")
    elif row["outcome"] == "out_of_scope":
        # The most certain ones are chatter; the others may be a topic that it was never taught.
        reasons += ["unknown"] if confidence < SURELY_NOTHING else []
    elif row["outcome"] == "failed":
        reasons.append("failed")
    elif confidence < ASKS_BACK and row["intent"] not in NOT_OF_WORDS:
        reasons.append("unsure")
    if ranking and confidence - second < CLOSE and row["outcome"] != "unsure":
        reasons.append("close")
    if choice == "contact_librarian" and row["intent"] != "contact_librarian":
        reasons.append("handed")
    if row.get("helped") and row["intent"] not in NOT_OF_WORDS | {"contact_librarian"}:
        reasons.append("person")
    if _unhappy(after):
        reasons.append("complaint")
    if not reasons and row["intent"] not in NOT_OF_WORDS and sampled(row["id"]):
        reasons.append("sample")
    if not reasons:
        return None
    score = sum(REASONS[reason][1] for reason in reasons) + 0.5 * (1 - confidence)
    suggested = choice if "chose" in reasons and choice != "contact_librarian" else ""
    return Seen(row["id"], row["text"], row["outcome"], score, tuple(reasons), suggested or _first(ranking))


def _first(ranking: Sequence[Mapping[str, Any]]) -> str:
    return str(ranking[0]["name"]) if ranking else ""


def sampled(inbox_id: int) -> bool:
    """Return whether this message is in the random sample; the same ones each time."""
    return int(hashlib.sha256(str(inbox_id).encode()).hexdigest(), 16) % ONE_IN == 0


def _next(at: datetime, later: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return what the person did next, within SOON."""
    return next((each for each in later if at < each["sent_at"] <= at + SOON), None)


def _choice(after: Mapping[str, Any] | None) -> str:
    payload = str((after or {}).get("event", {}).get("choice") or "")
    return payload.removeprefix("/").split("{")[0] if payload.startswith("/") else ""


def _unhappy(after: Mapping[str, Any] | None) -> bool:
    if after is None:
        return False
    event = after["event"] or {}
    if after["kind"] == "reaction":
        details = event.get("details") or {}
        return bool({details.get("emoji"), details.get("reaction")} & UNHAPPY)
    words = " ".join(str(event.get("text") or "").casefold().split())
    return words in {"wrong", "no", "nope", "not what i asked", "thats wrong", "that's wrong", "useless", "?"} or (
        "not what i" in words or "wrong answer" in words
    )
