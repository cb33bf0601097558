"""What messages cost: the rates that staff enter, and the month on Home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from bot.console.access import ADMINISTRATOR, VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.console.words import channel_name
from bot.store import costs
from bot.store.costs import CATEGORIES, FREE_A_MONTH, NEARLY, Line

BILLING = ("whatsapp", "twilio")
DEAREST = Decimal(100)


@dataclass(frozen=True)
class Month:
    """The current month, for Home. `near`: (channel, free messages used) of those that have nearly used them up."""

    name: str
    lines: tuple[Line, ...]
    whole: Mapping[str, Decimal]
    near: tuple[tuple[str, int], ...]
    free: int = FREE_A_MONTH


def this_month(at: Desk) -> Month:
    """Return what this month's messages cost so far."""
    now = at.now().astimezone(UTC)
    lines = costs.month_of(at.engine, f"{now:%Y-%m}")
    whole: dict[str, Decimal] = {}
    for each in lines:
        if each.cost:
            whole[each.currency] = whole.get(each.currency, Decimal(0)) + each.cost
    used = costs.used_of_free(lines).items()
    near = tuple((channel, number) for channel, number in used if number >= NEARLY * FREE_A_MONTH)
    return Month(f"{now:%B %Y}", lines, whole, near)


def add(pages: Blueprint) -> None:
    """Add the page."""

    @pages.get("/rates")
    @allows(VIEWER)
    def rates() -> str:
        return _form(_entered(costs.read_rates(desk().engine)), {})

    @pages.post("/rates")
    @allows(ADMINISTRATOR)
    def change_rates() -> Any:
        at = desk()
        entered = {name: value.strip() for name, value in request.form.items()}
        prices, problems = _read(entered)
        if problems:
            return _form(entered, problems), 422
        for (channel, category), price in prices.items():
            costs.set_rate(at.engine, channel, category, price, entered["currency"], actor=me().name, now=at.now())
        flash("Saved.", "success")
        return redirect(url_for("console.rates"))


def _form(entered: Mapping[str, str], problems: Mapping[str, str]) -> str:
    return render_template(
        "console/rates.html",
        entered=entered,
        problems=problems,
        channels=[(name, channel_name(name)) for name in BILLING],
        categories=CATEGORIES,
        free=FREE_A_MONTH,
    )


def _entered(known: Mapping[tuple[str, str], tuple[Decimal, str]]) -> dict[str, str]:
    found = {f"{channel}-{category}": f"{price.normalize():f}" for (channel, category), (price, _) in known.items()}
    return {"currency": next((currency for _, currency in known.values()), "USD"), **found}


def _read(entered: Mapping[str, str]) -> tuple[dict[tuple[str, str], Decimal | None], dict[str, str]]:
    """Return the prices of a form, and what is wrong with it, by field."""
    prices: dict[tuple[str, str], Decimal | None] = {}
    problems: dict[str, str] = {}
    currency = entered.get("currency", "")
    if not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        problems["currency"] = "Three capital letters, such as USD or HKD."
    for channel in BILLING:
        for category in CATEGORIES:
            name = f"{channel}-{category}"
            text = entered.get(name, "")
            try:
                price = Decimal(text) if text else None
                if price is not None and not 0 <= price <= DEAREST:
                    raise InvalidOperation
                prices[channel, category] = price
            except InvalidOperation:
                problems[name] = f"A price of one message from 0 to {DEAREST}, such as 0.0294."
    return prices, problems
