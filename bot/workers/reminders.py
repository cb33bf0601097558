"""Reminders to staff about unanswered people, and the daily digest: each is sent once, whichever worker sends it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.engine import Engine

from bot.calendar import words
from bot.calendar.hours import LibraryCalendar
from bot.dangers import DANGERS
from bot.store import library, outbox, statistics, waits
from bot.workers.mail import MailError, Send, written

log = structlog.get_logger("carrel.reminders")

# The service whose hours tell when staff are there to be reminded.
DESK = "information-desk"


@dataclass(frozen=True)
class Reminders:
    """Dependencies. `again`: how long somebody waits before staff are told, and before they are told again."""

    engine: Engine
    send: Send
    now: Callable[[], datetime]
    zone: ZoneInfo
    address: str
    again: timedelta
    digest_hour: int

    def run(self) -> None:
        """Send what is due now."""
        self.remind()
        self.digest()

    def remind(self) -> bool:
        """Tell staff who has waited too long, when somebody is there to read it. Returns whether it was sent.

        Danger is reported at once, at any hour.
        """
        now = self.now()
        due = waits.due(self.engine, now - self.again, now)
        if due and not self._staffed(now):
            due = [each for each in due if each.why in DANGERS]
        taken = [each for each in due if waits.remind(self.engine, each, now)]
        if not taken:
            return False
        since = min(each.opened_at for each in taken)
        subject, text = written(
            "reminder",
            count=len(taken),
            since=self._when(since),
            urgent=sum(each.why in DANGERS for each in taken),
            kinds=", ".join(dict.fromkeys(each.why.replace("_", " ") for each in taken if each.why in DANGERS)),
            address=f"{self.address}/console/inbox",
        )
        try:
            self.send(subject, text)
        except MailError as error:
            for each in taken:
                waits.not_reminded(self.engine, each)
            log.warning("mail_not_sent", error=str(error))
            return False
        log.info("reminded", conversations=len(taken))
        return True

    def digest(self) -> bool:
        """Send yesterday's figures once a day. Returns whether they were sent."""
        local = self.now().astimezone(self.zone)
        name = f"digest {local.date()}"
        if local.hour < self.digest_hour or not waits.first_time(self.engine, name, self.now()):
            return False
        try:
            self.send(*written("digest", **self._yesterday(local.date())))
        except MailError as error:
            waits.again(self.engine, name)
            log.warning("mail_not_sent", error=str(error))
            return False
        log.info("digest_sent")
        return True

    def _yesterday(self, today: date) -> dict[str, object]:
        until = datetime.combine(today, time(0), self.zone)
        since = datetime.combine(today - timedelta(days=1), time(0), self.zone)
        figures = statistics.figures(self.engine, since, until, self.zone)
        given = statistics.help_given(self.engine, since, until)
        waiting = waits.waiting(self.engine)
        return {
            "day": f"{since:%A} {since.day} {since:%B}",
            "messages": figures.messages,
            "people": figures.people,
            "answered": figures.outcomes.get("answered", 0),
            "unsure": figures.outcomes.get("unsure", 0),
            "beyond": figures.outcomes.get("out_of_scope", 0),
            "asked": given.asked,
            "helped": given.answered,
            "waited": words.duration(timedelta(seconds=given.waited)) if given.waited is not None else "",
            "good": given.good,
            "poor": given.poor,
            "waiting": len(waiting),
            "since": self._when(min(each.opened_at for each in waiting)) if waiting else "",
            "alarms": ", ".join(outbox.alarms(self.engine)),
            "address": f"{self.address}/console/inbox",
        }

    def _staffed(self, now: datetime) -> bool:
        calendar = LibraryCalendar(library.read_facts(self.engine, self.zone))
        desk = calendar.find_place(DESK)
        # A library that has not entered its desk's hours is reminded at any hour.
        return desk is None or calendar.state(desk.key, now.astimezone(self.zone)).is_open

    def _when(self, moment: datetime) -> str:
        local = moment.astimezone(self.zone)
        return words.moment(local, self.now().astimezone(self.zone).date())
