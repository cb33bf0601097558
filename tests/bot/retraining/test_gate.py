"""The gate: what stops a model, what lets it pass, and that it says why."""

from __future__ import annotations

from typing import Any

import pytest

from bot.retraining import changes
from bot.retraining.gate import Thresholds, interval, summary, verdict
from bot.retraining.measures import Asked, Guess
from bot.settings import GATE

LIMITS = Thresholds()


def asked(intent: str, right: int, whole: int) -> tuple[list[Asked], list[Guess]]:
    """Return questions of an intent, of which so many are understood."""
    made = [Guess(((intent if number < right else "wifi", 0.9),), sure=True) for number in range(whole)]
    return [Asked(f"{intent} {number}", (intent,)) for number in range(whole)], made


def told(renew: int = 19, beyond: int = 9) -> dict[str, Any]:
    """Return a summary of 40 questions and 10 beyond the library, so many of them right."""
    parts = [asked("renew_loan", renew, 20), asked("donate", 20, 20), asked("out_of_scope", beyond, 10)]
    questions, guesses = ([each for part in parts for each in part[side]] for side in (0, 1))
    return summary(questions, guesses, frozenset({"renew_loan", "donate", "wifi"}))  # type: ignore[arg-type]


def figures(**changed: Any) -> dict[str, Any]:
    """Return figures of a model that is as good as the one before."""
    return {
        "test": {"candidate": told(), "active": told()},
        "reviewed": {"count": 50, "candidate": 0.9, "active": 0.9},
        "stories": {"total": 60, "failed": [], "failed_before": []},
        "care": {"new": 40, "new_wrong": 2, "new_contradictions": 0},
        "week": {"count": 200, "changed": 10},
        "milliseconds": {"candidate": 3.0, "active": 3.0},
        **changed,
    }


def test_as_good_as_before_passes_and_says_so() -> None:
    ruling, reasons = verdict(figures(), LIMITS)
    assert ruling == "pass"
    assert not [reason for reason in reasons if reason.kind == "bad"]
    assert any("97.5 %" in reason.text for reason in reasons)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"test": {"candidate": told(renew=17), "active": told()}}, "right at the first guess"),
        ({"test": {"candidate": told(renew=12), "active": told()}}, "renew_loan: 19 of 20"),
        ({"test": {"candidate": told(beyond=7), "active": told()}}, "Beyond the library"),
        ({"reviewed": {"count": 50, "candidate": 0.8, "active": 0.9}}, "reviewed before"),
        ({"exam": {"count": 60, "candidate": 0.3, "active": 0.8}}, "held back"),
        ({"stories": {"total": 60, "failed": ["late"], "failed_before": []}}, "went another way: late"),
        ({"care": {"new": 100, "new_wrong": 10, "new_contradictions": 30}}, "say what older examples say"),
        ({"care": {"new": 100, "new_wrong": 70, "new_contradictions": 0}}, "under a wrong topic"),
        ({"week": {"count": 200, "changed": 90}}, "90 would be answered"),
        ({"milliseconds": {"candidate": 9.0, "active": 3.0}}, "9.0 ms"),
    ],
)
def test_what_is_worse_stops_it_and_is_said_first(changed: dict[str, Any], says: str) -> None:
    ruling, reasons = verdict(figures(**changed), LIMITS)
    assert ruling == "stop"
    bad = [reason.text for reason in reasons if reason.kind == "bad"]
    assert reasons[0].kind == "bad"
    assert any(says in text for text in bad), bad


@pytest.mark.parametrize(
    "changed",
    [
        {"exam": {"count": 5, "candidate": 0.4, "active": 0.6}},
        {"stories": {"total": 60, "failed": ["late"], "failed_before": ["late"]}},
        {"care": {"new": 6, "new_wrong": 2, "new_contradictions": 1}},
        {"test": {"candidate": told(renew=10)}},
    ],
    ids=["few by chance", "failed before too", "two of six", "nothing to compare with"],
)
def test_what_is_no_harm_does_not_stop_it(changed: dict[str, Any]) -> None:
    assert verdict(figures(**changed), LIMITS)[0] == "pass"


def test_the_intervals_are_wilsons() -> None:
    """Wilson, 1927: 8 of 10, by a published table."""
    low, high = interval(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert interval(0, 0) == (0.0, 1.0)


def test_the_settings_are_the_thresholds() -> None:
    assert Thresholds(**{name.lower(): value for name, value in GATE.items()}) == Thresholds()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"care": {"new": 40, "new_contradictions": 1}}, "1 new example says what others say under another topic."),
        (
            {"care": {"new": 40, "wrong": [{"new": True, "confidence": 0.7}, {"new": False, "confidence": 0.9}]}},
            "1 new example looks as if it stood under a wrong topic.",
        ),
        ({"week": {"count": 200, "changed": 9, "unseen": 3}}, "3 messages get another answer, which no reviewer has"),
        ({"learnt": {"count": 5, "rows": [{}, {}]}}, "2 messages are answered otherwise than was just decided."),
    ],
)
def test_what_somebody_must_look_at_holds_the_model(changed: dict[str, Any], says: str) -> None:
    ruling, reasons = verdict(figures(**changed), LIMITS)
    assert ruling == "pass"
    assert any(says in reason.text for reason in reasons if reason.kind == "hold")


def test_more_answers_worse_than_better_stop_a_model() -> None:
    week = {"count": 200, "changed": 9, "better": 1, "worse": 4}
    assert verdict(figures(week=week), LIMITS)[0] == "stop"
    assert verdict(figures(week={**week, "better": 2}), LIMITS)[0] == "pass"


def test_the_changes_of_a_week_are_told_the_worst_first() -> None:
    def sure(*names: str) -> list[Guess]:
        return [Guess(((name, 0.9),), sure=bool(name)) for name in names]

    before = sure("wifi", "wifi", "donate", "wifi", "", "wifi")
    after = sure("donate", "donate", "wifi", "wifi", "donate", "out_of_scope")
    told = changes.changed([1, 2, 3, 4, 5, 6], {2: "wifi", 3: "wifi"}, before, after)
    kinds = [(row["inbox_id"], row["kind"], changes.unseen(row)) for row in told["rows"]]
    assert kinds == [
        (2, "worse", False),
        (1, "other", True),
        (5, "other", False),
        (6, "other", False),
        (3, "better", False),
    ]
    assert (told["better"], told["worse"], told["other"], told["unseen"]) == (1, 1, 3, 1)
