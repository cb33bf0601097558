"""The doctor's checks of Meta: token, page, number, subscriptions, and the webhook as Meta calls it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal
from urllib.parse import quote

import httpx

from bot.doctor import app
from bot.doctor.findings import (
    WEBHOOK_DO,
    Finding,
    Stop,
    access_of,
    ask_graph,
    json_list,
    no_webhook,
    reached,
    shown,
)
from bot.settings import Settings
from connectors.messenger import profile
from connectors.messenger.profile import Access
from connectors.meta import part, plain


def messenger(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    if settings.messenger is None:
        return
    ours, page_id = settings.messenger, settings.messenger.page_id
    access = access_of(settings, client, ours.page_access_token, ours.app_secret)
    yield ask_graph("messenger", "MESSENGER", lambda: _page(access, page_id))
    node = f"{quote(page_id, safe='')}/subscribed_apps"
    names = {"fields": "get_started,persistent_menu,ice_breakers,greeting"}
    asks: tuple[Callable[[], Finding], ...] = (
        lambda: _subscriptions(profile.call(access, node)),
        lambda: _shown_profile(profile.call(access, "me/messenger_profile", names)),
    )
    for ask in asks:
        try:
            yield ask_graph("messenger", "MESSENGER", ask)
        except Stop as stop:
            yield stop.finding
    yield from app.look(app.MESSENGER, settings, client, access)


def _page(access: Access, page_id: str) -> Finding:
    page = profile.call(access, "me", {"fields": "id,name"})
    if plain(page.get("id")) != page_id:
        todo = "Make a token of this page and set MESSENGER_PAGE_ACCESS_TOKEN, or correct MESSENGER_PAGE_ID."
        # Otherwise all further checks would be about another page.
        raise Stop(Finding("messenger", "wrong", "The token is not of the page MESSENGER_PAGE_ID.", todo))
    return Finding("messenger", "ok", f"The token is of the page {shown(page.get('name'))}.")


def _subscriptions(answer: Mapping[str, Any]) -> Finding:
    # Field names, or objects with a name in older versions.
    apps = [
        {plain(each.get("name") if isinstance(each, dict) else each) for each in json_list(app, "subscribed_fields")}
        for app in json_list(answer, "data")
    ]
    todo = "Run carrel messenger setup."
    if not apps:
        return Finding("messenger", "wrong", "No app is subscribed to the page: no message arrives.", todo)
    # Meta does not say which app is ours: take the one with the most subscriptions.
    heard = max(apps, key=lambda names: len(names & set(profile.FIELDS)))
    missing = [name for name in profile.FIELDS if name not in heard]
    among = f" (of {len(apps)} apps, the one with most)" if len(apps) > 1 else ""
    if not missing:
        return Finding("messenger", "ok", f"The app is subscribed to all that Carrel listens to{among}.")
    state: Literal["wrong", "warn"] = "wrong" if set(missing) & set(profile.NEEDED) else "warn"
    return Finding("messenger", state, f"The app is not subscribed to {', '.join(missing)}{among}.", todo)


def _shown_profile(answer: Mapping[str, Any]) -> Finding:
    there = {
        name for each in json_list(answer, "data") if isinstance(each, dict) for name, value in each.items() if value
    }
    words = {
        "greeting": "greeting",
        "get_started": '"Get started" button',
        "persistent_menu": "menu",
        "ice_breakers": "questions to begin with",
    }
    missing = [word for name, word in words.items() if name not in there]
    if not missing:
        return Finding("messenger", "ok", "The page has a greeting, a menu and questions to begin with.")
    return Finding("messenger", "warn", f"The page has no {', no '.join(missing)}.", "Run carrel messenger setup.")


def whatsapp(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    if settings.whatsapp is None:
        return
    ours = settings.whatsapp
    access = access_of(settings, client, ours.access_token, ours.app_secret)
    node, names = quote(ours.phone_number_id, safe=""), "verified_name,display_phone_number,quality_rating,throughput"
    yield ask_graph("whatsapp", "WHATSAPP", lambda: _number(profile.call(access, node, {"fields": names})))
    try:
        asked = {"fields": "webhook_configuration"}
        yield from ask_graph(
            "whatsapp", "WHATSAPP", lambda: _override(settings.public_url, profile.call(access, node, asked))
        )
    except Stop as stop:
        yield stop.finding
    yield from app.look(app.WHATSAPP, settings, client, access)


def _override(public_url: str, answer: Mapping[str, Any]) -> list[Finding]:
    """Return a finding if the number or its account has another webhook of its own, which overrides the app's."""
    where, set_up = f"{public_url}/webhooks/whatsapp", part(answer, "webhook_configuration")
    called = plain(set_up.get("phone_number")) or plain(set_up.get("whatsapp_business_account"))
    if called is None or called == where:
        return []
    todo = f"Set it to {where}, or take it away so that the app's counts."
    return [Finding("whatsapp", "wrong", f"The number has a webhook of its own: {shown(called, 200)}.", todo)]


def _number(answer: Mapping[str, Any]) -> Finding:
    digits = "".join(filter(str.isdigit, plain(answer.get("display_phone_number")) or ""))
    if not digits:
        todo = "Set WHATSAPP_PHONE_NUMBER_ID to the number's id, not the account's."
        return Finding("whatsapp", "wrong", "WHATSAPP_PHONE_NUMBER_ID is the id of something else.", todo)
    quality = shown(answer.get("quality_rating"))
    level = shown(part(answer, "throughput").get("level"))
    name = shown(answer.get("verified_name"))
    says = f"The number that ends in {digits[-2:]} is {name}'s; quality {quality}, throughput {level}."
    if quality in {"RED", "YELLOW"}:
        todo = "People block or report the number: see the WhatsApp Manager."
        return Finding("whatsapp", "warn", says, todo)
    return Finding("whatsapp", "ok", says)


def handshake_of(name: str) -> Callable[[Settings, httpx.Client], Iterator[Finding]]:
    """Return the check that calls a channel's webhook as Meta does on registration."""

    def handshake(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
        channel = getattr(settings, name)
        word, where = secrets.token_hex(8), f"{settings.public_url}/webhooks/{name}"
        asked = {"hub.mode": "subscribe", "hub.verify_token": channel.verify_token, "hub.challenge": word}
        response = reached(name, WEBHOOK_DO, lambda: client.get(where, params=asked))
        if response.status_code == 200 and response.text == word:
            yield Finding(name, "ok", f"The webhook at {where} answers the handshake.")
        elif response.status_code == 403:
            says = "The Carrel that runs has another verify token."
            yield Finding(name, "wrong", says, f"Start it again with this {name.upper()}_VERIFY_TOKEN.")
        else:
            yield no_webhook(name, where, response)

    return handshake
