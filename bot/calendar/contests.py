"""The life of a contest's edition: its phase, derived from its dates and results alone, and what comes when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from bot.calendar.facts import Contest

Phase = Literal["draft", "announced", "open", "voting", "judging", "results", "archived"]
# How long after its last date an edition is news: then its page is kept, and no longer shown among the current ones.
NEWS = timedelta(days=180)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """A phase on an edition's line. A moment is None if nobody has said it; `told`: when to ask what the bot says."""

    phase: Phase
    starts: datetime | None
    ends: datetime | None
    state: Literal["past", "now", "coming"]
    told: datetime | None


def phase(contest: Contest, now: datetime) -> Phase:
    """Return an edition's phase at `now`. Without dates and results it is a draft, of which nobody is told."""
    if contest.results:
        return "results" if now < archived_at(contest) else "archived"
    if not (contest.opens or contest.closes):
        return "draft"
    if contest.opens and now < contest.opens:
        return "announced"
    if contest.closes is None or now < contest.closes:
        return "open"
    if votes_at(contest, now):
        return "voting"
    return "judging" if now < archived_at(contest) else "archived"


def votes_at(contest: Contest, now: datetime) -> bool:
    """Return whether the edition's voting runs at `now`; it may begin while entries still come in."""
    if contest.voting_closes is None:
        return False
    begins = contest.voting_opens or contest.closes
    return (begins is None or begins <= now) and now < contest.voting_closes


def votes_later(contest: Contest, now: datetime) -> bool:
    """Return whether the edition's voting has not begun at `now`, and its dates are known."""
    return bool(contest.voting_opens and contest.voting_closes and now < contest.voting_opens)


def archived_at(contest: Contest) -> datetime:
    """Return when an edition ceases to be news: long ago if none of its dates is known."""
    last = _last_date(contest)
    return last + NEWS if last else LONG_AGO


def files_end(contest: Contest) -> datetime | None:
    """Return when an edition's photos are deleted; None: they are kept, or it has no date to count from."""
    last = _last_date(contest) if contest.closes else None
    return last + timedelta(days=contest.files_kept_days) if last and contest.files_kept_days else None


def _last_date(contest: Contest) -> datetime | None:
    return max(filter(None, (contest.opens, contest.closes, contest.voting_closes)), default=None)


def current(contests: Iterable[Contest], now: datetime) -> Contest | None:
    """Return the edition that a question at `now` is about: running, else next, else last; None if there is none."""
    told = [each for each in contests if phase(each, now) != "draft"]
    for wanted in ({"open"}, {"voting"}, {"announced"}):
        found = [each for each in told if _asked(each, now) in wanted]
        if found:
            return min(found, key=lambda each: each.opens or each.closes or LONG_AGO)
    return max(told, key=lateness, default=None)


def _asked(contest: Contest, now: datetime) -> Phase:
    """Return the phase, where an edition whose voting is still to come is taken for one that is voted on."""
    found = phase(contest, now)
    return "voting" if found == "judging" and votes_later(contest, now) else found


def lateness(contest: Contest) -> tuple[datetime, str]:
    """Return by what editions are ordered, the latest last."""
    return contest.closes or contest.opens or LONG_AGO, contest.edition


def line(contest: Contest, now: datetime) -> tuple[Step, ...]:
    """Return the phases of an edition in their order, each with its dates, and which of them is now."""
    stands = phase(contest, now)
    voted = contest.voting_closes is not None
    begins = contest.voting_opens or contest.closes
    judged = contest.voting_closes or contest.closes
    ends = archived_at(contest) if judged else None
    dates: list[tuple[Phase, datetime | None, datetime | None]] = [
        ("draft", None, None),
        ("announced", None, contest.opens),
        ("open", contest.opens, contest.closes),
        *([("voting", begins, contest.voting_closes)] if voted else []),  # type: ignore[list-item]
        ("judging", judged, None),
        ("results", None, ends),
        ("archived", ends, None),
    ]
    names = [name for name, _, _ in dates]
    here = names.index(stands)
    return tuple(
        Step(name, starts, end, _state(number, here), _told(starts, end))
        for number, (name, starts, end) in enumerate(dates)
    )


def _state(number: int, here: int) -> Literal["past", "now", "coming"]:
    return "now" if number == here else "past" if number < here else "coming"


def _told(starts: datetime | None, ends: datetime | None) -> datetime | None:
    """Return a moment within a phase: a minute after its beginning, else a minute before its end."""
    minute = timedelta(minutes=1)
    return starts + minute if starts else ends - minute if ends else None
