"""Notices what people asked to be told, and queues it: idempotent, at a rate, one message a day and person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache

import structlog
from sqlalchemy.engine import Connection, Engine

from bot.calendar import texts
from bot.calendar.hours import LibraryCalendar
from bot.language import FIRST
from bot.store import facts as versions
from bot.store import library, notices, subscriptions
from bot.store.engine import writing
from bot.store.notices import Notice, Recipient
from bot.telling.occasions import look
from bot.telling.said import Sayer
from bot.unasked import Quiet, Verdict, verdict
from connectors.channel import Channel
from connectors.messages import Reply
from connectors.reach import Category, How

log = structlog.get_logger("carrel.notices")

# The rate is kept over this long, about as long as there is between two rounds.
SPAN = timedelta(seconds=5)
# Without changes, time alone makes things due: looked at this often, well within bot.telling.occasions.AHEAD.
LOOK_EVERY = timedelta(minutes=5)
BATCH = 500
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class _Looked:
    """What this process has looked at last."""

    version: int = -1
    at: datetime = LONG_AGO


@dataclass(frozen=True)
class Notices:
    """Dependencies. `wake` has somebody's outbox sent soon."""

    engine: Engine
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]
    quiet: Quiet
    wake: Callable[[int], None]
    _looked: _Looked = field(default_factory=_Looked)

    def run(self) -> int:
        """Store what has fallen due and queue what may go now; return how many messages were queued."""
        self.look()
        notices.expire(self.engine, self.now())
        if self.quiet.holds(self.now()):
            return 0
        return sum(self._queue(name) for name in notices.channels_due(self.engine, self.now()))

    def look(self) -> None:
        """Compare the facts with what each subscriber has seen of them, if they have changed, or now and then."""
        now, version = self.now(), versions.version(self.engine)
        if version == self._looked.version and now - self._looked.at < LOOK_EVERY:
            return
        calendar, after = LibraryCalendar(library.told_facts(self.engine, self.quiet.zone, now)), 0
        while batch := subscriptions.active(self.engine, after, BATCH):
            for each in batch:
                self._look_at(each, calendar, now)
            after = batch[-1].id
        self._looked.version, self._looked.at = version, now

    def _look_at(self, each: subscriptions.Subscription, calendar: LibraryCalendar, now: datetime) -> None:
        found = look(each.topic, each.subject, each.seen, calendar, now)
        if found.occasions or found.seen != each.seen:
            with self.engine.begin() as connection:
                if found.seen != each.seen and not subscriptions.looked(connection, each, found.seen):
                    return  # another worker has found the same change
                for occasion in found.occasions:
                    notices.add(connection, each, occasion)
        if found.over:
            subscriptions.end(self.engine, [each.id], "over", now)

    def _queue(self, channel: str) -> int:
        """Queue what may go on a channel now, within its rate."""
        now, rules = self.now(), self.channels[channel].rules if channel in self.channels else None
        queued = []
        with writing(self.engine) as connection:
            notices.lock(connection, channel)
            span = SPAN.total_seconds()
            room = int((rules.per_second if rules else 1) * span) - notices.queued_since(
                connection, channel, now - SPAN
            )
            if room <= 0:
                return 0
            sayer = self._sayers()
            for each in notices.recipients(connection, channel, now, room):
                if self._tell(connection, each, sayer, now):
                    queued.append(each.id)
        for person_id in queued:
            self.wake(person_id)
        if queued:
            log.info("unasked_queued", channel=channel, messages=len(queued))
        return len(queued)

    def _tell(self, connection: Connection, to: Recipient, sayers: Callable[[str], Sayer], now: datetime) -> bool:
        """Queue one message of all that falls due for somebody today, or record why not. Returns whether it was."""
        # What falls due later today goes now, since there is one message a day.
        until = datetime.combine(self.quiet.day(now) + timedelta(days=1), time(0), self.quiet.zone)
        every = notices.of_person(connection, to.id, until, now)
        sayer = sayers(to.language or FIRST)
        said = self._said(connection, self._wanted(connection, to, every, now), sayer, now)
        for category in Category:
            ours = [(each, text) for each, text in said if each.category == category]
            if not ours:
                continue
            found = self._verdict(to, category, now)
            ids = [each.id for each, _ in (said if found.how is How.FREE else ours)]
            if found.how is How.NONE:
                notices.hold(connection, ids, found.why, found.again_at or notices.waits_for(now))
                continue
            told = [text for _, text in (said if found.how is How.FREE else ours)]
            reply = _message(told, sayer, found)
            channel = self.channels[to.address.channel]
            calls = channel.render_unasked(reply, to.address, template=found.template, language=to.language)
            day, how = self.quiet.day(now), str(found.how)
            return notices.queue(connection, to, ids, calls, day=day, how=how, category=str(category), now=now)
        return False

    def _wanted(
        self, connection: Connection, to: Recipient, every: Sequence[Notice], now: datetime
    ) -> Sequence[Notice]:
        """Return what may be told to somebody at all: no marketing to whoever has told the platform so."""
        if not to.standing.no_marketing:
            return every
        unwanted = [each.id for each in every if each.category == Category.MARKETING]
        notices.miss(connection, unwanted, "marketing", now)
        return [each for each in every if each.id not in unwanted]

    def _said(
        self, connection: Connection, every: Sequence[Notice], sayer: Sayer, now: datetime
    ) -> list[tuple[Notice, str]]:
        """Return what is still true of what somebody is to be told, in words; the rest is missed."""
        found, void = [], []
        for each in every:
            text = sayer.told(str(each.what.get("sentence", "")), each.what, now)
            if text is None or (each.what.get("planned") and not self._holds(connection, each, sayer.calendar, now)):
                void.append(each.id)
            else:
                found.append((each, text))
        if void:
            notices.miss(connection, void, "changed", now)
        return found

    def _holds(self, connection: Connection, each: Notice, calendar: LibraryCalendar, now: datetime) -> bool:
        of = subscriptions.get(connection, each.subscription_id)
        found = look(of.topic, of.subject, of.seen, calendar, now).occasions if of else ()
        return any(occasion.key[:200] == each.occasion for occasion in found)

    def _verdict(self, to: Recipient, category: Category, now: datetime) -> Verdict:
        channel = self.channels.get(to.address.channel)
        return verdict(
            channel.rules if channel else None,
            channel.templates if channel else {},
            category,
            standing=to.standing,
            now=now,
            quiet=self.quiet,
        )

    def _sayers(self) -> Callable[[str], Sayer]:
        """Return what gives, for a language, that which says things in it, over the facts as they are now."""
        facts = library.told_facts(self.engine, self.quiet.zone, self.now())
        calendar, translations = LibraryCalendar(facts), library.read_translations(self.engine)

        @lru_cache(maxsize=8)
        def sayer(language: str) -> Sayer:
            return Sayer(calendar, texts.spoken(facts, translations, language), language)

        return sayer


def _message(told: Sequence[str], sayer: Sayer, found: Verdict) -> Reply:
    """Return one message of several texts. A template says by itself how to end it."""
    every = list(dict.fromkeys(told))
    return Reply(text="\n\n".join(every if found.template else [*every, sayer.say("part_told_end")]))
