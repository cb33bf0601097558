"""Checks the Meta app behind a token: the token's lifetime and permissions, and where the app's webhooks go."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from bot.doctor.findings import Finding, Stop, access_of, ask_graph, json_list, shown
from bot.settings import Settings
from connectors.messenger import profile
from connectors.messenger.profile import Access
from connectors.meta import part, plain

SOON = 14 * 86400
STEPS = "docs/operations.md has the steps."


@dataclass(frozen=True)
class App:
    """An app as it concerns one channel: its settings' prefix, its webhooks' object, the scopes that it needs."""

    name: str
    prefix: str
    object: str
    scopes: Sequence[str]


MESSENGER = App("messenger", "MESSENGER", "page", ("pages_messaging",))
WHATSAPP = App("whatsapp", "WHATSAPP", "whatsapp_business_account", ("whatsapp_business_messaging",))


def look(app: App, settings: Settings, client: httpx.Client, access: Access) -> Iterator[Finding]:
    """Yield findings about the app whose token `access` has. What cannot be read is only a warning."""

    def ask(what: Access, node: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        return ask_graph(app.name, app.prefix, lambda: profile.call(what, node, query))

    try:
        app_id = plain(ask(access, "app", {"fields": "id"}).get("id"))
        if not app_id:
            raise Stop(Finding(app.name, "warn", "Meta does not tell which app the token is of."))
        # Only the app's own token may query the app.
        own = access_of(settings, client, f"{app_id}|{access.app_secret}", access.app_secret)
        token = part(ask(own, "debug_token", {"input_token": access.access_token}), "data")
        yield _lifetime(app, token)
        yield from _scopes(app, token)
        yield _callback(app, settings, ask(own, f"{app_id}/subscriptions"))
        if app is WHATSAPP:
            yield from _accounts(app_id, token, lambda account: ask(access, f"{account}/subscribed_apps"))
    except Stop as stop:
        yield replace(stop.finding, state="warn", says=f"The app could not be looked at: {stop.finding.says}")


def _lifetime(app: App, token: Mapping[str, Any]) -> Finding:
    ends = token.get("expires_at")
    todo = f"Make a system user's token, which does not end, and set it. {STEPS}"
    if not isinstance(ends, int) or ends <= 0:
        return Finding(app.name, "ok", "The token does not end by itself.")
    left = ends - time.time()
    day = f"{datetime.fromtimestamp(ends, UTC):%Y-%m-%d}" if ends < 10**11 else "a day far off"
    if left < 0:
        return Finding(app.name, "wrong", f"The token ended on {day}.", todo)
    return Finding(app.name, "wrong" if left < SOON else "warn", f"The token ends on {day}.", todo)


def _scopes(app: App, token: Mapping[str, Any]) -> Iterator[Finding]:
    granted = {plain(each) for each in json_list(token, "scopes")}
    missing = [scope for scope in app.scopes if scope not in granted]
    if granted and missing:
        todo = "Grant it and make a new token."
        yield Finding(app.name, "wrong", f"The token lacks the permission {', '.join(missing)}.", todo)


def _callback(app: App, settings: Settings, answer: Mapping[str, Any]) -> Finding:
    where = f"{settings.public_url}/webhooks/{app.name}"
    ours = [each for each in json_list(answer, "data") if isinstance(each, dict) and each.get("object") == app.object]
    todo = f"In the app's dashboard set the webhook to {where}, with the field messages. {STEPS}"
    if not ours:
        return Finding(app.name, "wrong", "The app has no webhook: no message arrives.", todo)
    [first, *_] = ours
    called = plain(first.get("callback_url"))
    if called != where:
        return Finding(app.name, "wrong", f"The app calls {shown(called, 200)}, not {where}.", todo)
    fields = {plain(each.get("name") if isinstance(each, dict) else each) for each in json_list(first, "fields")}
    if first.get("active") is False or "messages" not in fields:
        return Finding(app.name, "wrong", "The app's webhook is off, or has no field messages.", todo)
    return Finding(app.name, "ok", f"The app calls {where}.")


def _accounts(app_id: str, token: Mapping[str, Any], ask: Callable[[str], Mapping[str, Any]]) -> Iterator[Finding]:
    """Yield whether the app is subscribed to each of the token's WhatsApp accounts: if not, no messages arrive."""
    accounts = {
        plain(target)
        for each in json_list(token, "granular_scopes")
        if isinstance(each, dict) and str(each.get("scope", "")).startswith("whatsapp_business_")
        for target in json_list(each, "target_ids")
    }
    if not accounts - {None}:
        yield Finding("whatsapp", "warn", "Meta does not tell which WhatsApp account the token is for.")
    for account in sorted(filter(None, accounts)):
        apps = {plain(part(each, "whatsapp_business_api_data").get("id")) for each in json_list(ask(account), "data")}
        last = f"The WhatsApp account that ends in {account[-2:]}"
        if app_id in apps:
            yield Finding("whatsapp", "ok", f"{last} tells the app of messages.")
        else:
            todo = f"Subscribe the app to the account (POST /<account>/subscribed_apps). {STEPS}"
            yield Finding("whatsapp", "wrong", f"{last} does not tell the app of messages.", todo)
