"""Whether a message that nobody has just asked for may go now: consent, quiet hours, one a day, the platform. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.reach import WHYS, Category, How, Rules, way

# Why a message does not go now, in words for staff. What the platforms say is in connectors.reach.
REASONS: Mapping[str, str] = {
    **WHYS,
    "stopped": "The person has told the bot to stop.",
    "marketing": "The person has told WhatsApp that they want no marketing messages.",
    "ended": "The person no longer wants these messages.",
    "staff": "Staff have the conversation.",
    "quiet": "It was night at the library.",
    "daily": "The person had already had a message that day.",
    "late": "It could not go before it was out of date.",
    "changed": "It was no longer true when it could have gone.",
    "called_off": "A colleague stopped the announcement.",
    "cut_off": "The connection broke: it may have arrived, and is not sent twice.",
}


@dataclass(frozen=True)
class Quiet:
    """The hours in which nobody is disturbed, in the library's zone: from `starts` to `ends`, as a rule past midnight.

    Equal hours: there are none.
    """

    zone: ZoneInfo
    starts: int = 22
    ends: int = 8

    def holds(self, moment: datetime) -> bool:
        """Return whether `moment` is within the quiet hours, by the wall clock."""
        hour = moment.astimezone(self.zone).hour
        if self.starts <= self.ends:
            return self.starts <= hour < self.ends
        return hour >= self.starts or hour < self.ends

    def over(self, moment: datetime) -> datetime:
        """Return the first moment, UTC, from `moment` on that is not within the quiet hours."""
        if not self.holds(moment):
            return moment.astimezone(UTC)
        local = moment.astimezone(self.zone)
        for days in (0, 1):
            wall = datetime.combine(local.date() + timedelta(days=days), time(self.ends), self.zone)
            end = wall.astimezone(UTC)
            if end > moment:
                return end
        raise AssertionError("the quiet hours end within a day")

    def day(self, moment: datetime) -> date:
        """Return the library's day at `moment`."""
        return moment.astimezone(self.zone).date()

    def tomorrow(self, moment: datetime) -> datetime:
        """Return when the library's next day begins, or its quiet hours are over, UTC."""
        midnight = datetime.combine(self.day(moment) + timedelta(days=1), time(0), self.zone)
        return self.over(midnight.astimezone(UTC))


# Whoever wrote so lately is awake, and is not disturbed by news of what they entered.
AWAKE = timedelta(minutes=15)


def disturbs(quiet: Quiet, wrote_at: datetime | None, now: datetime) -> bool:
    """Return whether news that somebody waits for, such as what became of their photo, would disturb them now."""
    return quiet.holds(now) and (wrote_at is None or now - wrote_at > AWAKE)


@dataclass(frozen=True)
class Standing:
    """How things stand with a person. `told_on`: the library's day of the last unasked message to them."""

    last_message_at: datetime | None
    stopped: bool = False
    no_marketing: bool = False
    with_staff: bool = False
    told_on: date | None = None


@dataclass(frozen=True)
class Verdict:
    """Whether a message may go now, and how. If not: `why`, one of REASONS, and when to look again if it is known."""

    how: How
    template: str = ""
    why: str = ""
    again_at: datetime | None = None


def verdict(
    rules: Rules | None,
    templates: Mapping[Category, str],
    category: Category,
    *,
    standing: Standing,
    now: datetime,
    quiet: Quiet,
) -> Verdict:
    """Return whether a message may go to somebody now. What the person wants comes first, the platform's rules last."""
    if standing.stopped:
        return Verdict(How.NONE, why="stopped")
    if standing.no_marketing and category is Category.MARKETING:
        return Verdict(How.NONE, why="marketing")
    if standing.with_staff:
        return Verdict(How.NONE, why="staff")
    if quiet.holds(now):
        return Verdict(How.NONE, why="quiet", again_at=quiet.over(now))
    if standing.told_on is not None and standing.told_on >= quiet.day(now):
        return Verdict(How.NONE, why="daily", again_at=quiet.tomorrow(now))
    found = way(rules, templates, category, last_message_at=standing.last_message_at, now=now)
    return Verdict(found.how, found.template, found.why)
