"""What messages cost: counts by month, channel and category, as the platforms report them, and the rates of staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import audit
from bot.store.rows import insert_ignore
from bot.store.subscription_tables import BilledRow, RateRow

billed, rates = BilledRow.__table__, RateRow.__table__

CATEGORIES = ("service", "utility", "marketing")
# WhatsApp, since October 2026: so many service messages of a number are free in a month.
FREE_A_MONTH = 1000
# Staff are warned from this share on.
NEARLY = Decimal("0.8")
MICROS = 1_000_000


@dataclass(frozen=True)
class Line:
    """A month's messages of one channel and category. `cost` None: no rate has been entered."""

    channel: str
    category: str
    messages: int
    billable: int
    cost: Decimal | None
    currency: str = ""


def count(
    connection: Connection, month: str, channel: str, category: str, *, billable: bool, messages: int = 1
) -> None:
    """Count delivered messages, as part of the caller's transaction."""
    mine = sa.and_(
        billed.c.month == month,
        billed.c.channel == channel,
        billed.c.category == category,
        billed.c.billable == billable,
    )
    more = sa.update(billed).where(mine).values(messages=billed.c.messages + messages)
    if not connection.execute(more).rowcount:
        new = insert_ignore(
            connection, billed, month=month, channel=channel, category=category, billable=billable, messages=messages
        )
        if not new:  # another process was faster
            connection.execute(more)


def month_of(engine: Engine, month: str) -> tuple[Line, ...]:
    """Return a month's messages ("2026-11"), with what the billable ones cost by the rates that staff have entered."""
    query = sa.select(billed).where(billed.c.month == month).order_by(billed.c.channel, billed.c.category)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    known = read_rates(engine)
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for row in rows:
        whole, paid = found.get((row.channel, row.category), (0, 0))
        found[row.channel, row.category] = (whole + row.messages, paid + (row.messages if row.billable else 0))
    return tuple(
        Line(channel, category, whole, paid, *_price(known, channel, category, paid))
        for (channel, category), (whole, paid) in found.items()
    )


def _price(
    known: Mapping[tuple[str, str], tuple[Decimal, str]], channel: str, category: str, paid: int
) -> tuple[Decimal | None, str]:
    rate = known.get((channel, category))
    if rate is None:
        return (Decimal(0) if not paid else None), ""
    return rate[0] * paid, rate[1]


def used_of_free(lines: tuple[Line, ...]) -> Mapping[str, int]:
    """Return how many service messages each channel has delivered in a month, of which FREE_A_MONTH are free."""
    return {each.channel: each.messages for each in lines if each.category == "service"}


def read_rates(engine: Engine) -> Mapping[tuple[str, str], tuple[Decimal, str]]:
    """Return the price of a message, with its currency, by channel and category."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(rates)).all()
    return {(row.channel, row.category): (Decimal(row.micros) / MICROS, row.currency) for row in rows}


def set_rate(
    engine: Engine, channel: str, category: str, price: Decimal | None, currency: str, *, actor: str, now: datetime
) -> None:
    """Enter what a message costs; None removes it."""
    mine = sa.and_(rates.c.channel == channel, rates.c.category == category)
    before = read_rates(engine).get((channel, category))
    after = None if price is None else (price, currency)
    if before == after:
        return
    with engine.begin() as connection:
        connection.execute(sa.delete(rates).where(mine))
        if price is not None:
            values = {"channel": channel, "category": category, "micros": int(price * MICROS), "currency": currency}
            connection.execute(sa.insert(rates).values(**values, changed_by=actor, changed_at=now))
        told = [{"rate": f"{each[0]} {each[1]}"} if each else None for each in (before, after)]
        audit.note(connection, actor, "rates", f"{channel}/{category}", told[0], told[1], now)
