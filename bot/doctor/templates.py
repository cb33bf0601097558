"""The doctor's checks of message templates: whether the platforms have approved those that the settings name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx

from bot.doctor.findings import Finding, Stop, access_of, ask_graph, json_list, json_object, reached, shown
from bot.settings import Settings
from connectors.messenger import profile
from connectors.meta import part, plain

# A category that is not looked at: staff's own words may go in any template.
ANY = ""


def messenger(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    """Yield whether the page's utility template is approved."""
    name = settings.unasked.messenger_utility
    if settings.messenger is None or not name:
        return
    ours = settings.messenger
    access = access_of(settings, client, ours.page_access_token, ours.app_secret)
    node = f"{quote(ours.page_id, safe='')}/message_templates"
    wanted = {"MESSENGER_UTILITY_TEMPLATE": (name, "UTILITY")}
    languages = settings.unasked.messenger_languages
    try:
        yield from ask_graph("messenger", "MESSENGER", partial(_of_meta, "messenger", access, node, wanted, languages))
    except Stop as stop:
        yield stop.finding


def whatsapp(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    """Yield whether the WhatsApp account's templates are approved, in their category and languages."""
    named = {
        "WHATSAPP_TEMPLATE": (settings.handover.whatsapp_template, ANY),
        "WHATSAPP_UTILITY_TEMPLATE": (settings.unasked.whatsapp_utility, "UTILITY"),
        "WHATSAPP_MARKETING_TEMPLATE": (settings.unasked.whatsapp_marketing, "MARKETING"),
    }
    wanted = {setting: (name, category) for setting, (name, category) in named.items() if name}
    if settings.whatsapp is None or not wanted:
        return
    account = settings.unasked.whatsapp_account
    if not account:
        todo = "Set WHATSAPP_BUSINESS_ACCOUNT_ID to the id of the WhatsApp Business account."
        yield Finding("whatsapp", "warn", "Whether the templates are approved cannot be looked up.", todo)
        return
    ours = settings.whatsapp
    access = access_of(settings, client, ours.access_token, ours.app_secret)
    languages = settings.handover.whatsapp_template_languages
    node = f"{quote(account, safe='')}/message_templates"
    try:
        yield from ask_graph("whatsapp", "WHATSAPP", partial(_of_meta, "whatsapp", access, node, wanted, languages))
    except Stop as stop:
        yield stop.finding


def _of_meta(
    channel: str,
    access: profile.Access,
    node: str,
    wanted: Mapping[str, tuple[str, str]],
    languages: Sequence[str],
) -> list[Finding]:
    """Return a finding for each template in `wanted`: by setting, its name and category."""
    found = []
    for setting, (name, category) in wanted.items():
        asked = {"name": name, "fields": "name,status,category,language", "limit": "100"}
        every = [each for each in json_list(profile.call(access, node, asked), "data") if isinstance(each, dict)]
        mine = [each for each in every if plain(each.get("name")) == name]
        found.append(_judged(channel, setting, mine, category, languages))
    return found


def _judged(
    channel: str, setting: str, mine: Sequence[Mapping[str, Any]], category: str, languages: Sequence[str]
) -> Finding:
    todo = "See Meta's list of message templates."
    if not mine:
        return Finding(channel, "wrong", f"{setting}: the account has no template of this name.", todo)
    states = {plain(each.get("language")) or "": (plain(each.get("status")) or "").upper() for each in mine}
    missing = [each for each in languages if states.get(each) != "APPROVED"]
    if missing:
        told = ", ".join(f"{each} ({shown(states.get(each, 'none')).lower()})" for each in missing)
        return Finding(channel, "wrong", f"{setting}: not approved in {told}.", todo)
    others = {(plain(each.get("category")) or "").upper() for each in mine} - {category}
    if category and others:
        says = f"{setting}: its category is {shown(min(others)).lower()}, not {category.lower()}."
        return Finding(channel, "wrong", says, "Meta has moved it, or it is the wrong one: it is billed as that.")
    return Finding(channel, "ok", f"{setting}: approved in {', '.join(languages)}.")


def twilio(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    """Yield whether WhatsApp has approved Twilio's templates. Content API, "Fetch an approval status", 2026."""
    named = {
        "TWILIO_TEMPLATE_SID": (settings.handover.twilio_template, ANY),
        "TWILIO_UTILITY_TEMPLATE_SID": (settings.unasked.twilio_utility, "UTILITY"),
        "TWILIO_MARKETING_TEMPLATE_SID": (settings.unasked.twilio_marketing, "MARKETING"),
    }
    ours = settings.twilio
    if ours is None:
        return
    host = settings.twilio_api_url.replace("//api.twilio.com", "//content.twilio.com")
    for setting, (sid, category) in named.items():
        if not sid:
            continue
        where = f"{host}/v1/Content/{sid}/ApprovalRequests"
        todo = "Is the way out to content.twilio.com open?"
        response = reached("twilio", todo, partial(client.get, where, auth=(ours.account_sid, ours.auth_token)))
        yield _approval(setting, category, response)


def _approval(setting: str, category: str, response: httpx.Response) -> Finding:
    todo = "See Twilio's Content Template Builder."
    if response.status_code == 404:
        return Finding("twilio", "wrong", f"{setting}: the account has no such template.", todo)
    if response.status_code != 200:
        return Finding("twilio", "warn", f"{setting} could not be looked up (HTTP {response.status_code}).", todo)
    told = part(json_object(response), "whatsapp")
    status, its = (plain(told.get("status")) or "").lower(), (plain(told.get("category")) or "").upper()
    if status != "approved":
        return Finding("twilio", "wrong", f"{setting}: WhatsApp has not approved it ({shown(status)}).", todo)
    if category and its != category:
        says = f"{setting}: its category is {shown(its).lower()}, not {category.lower()}."
        return Finding("twilio", "wrong", says, todo)
    return Finding("twilio", "ok", f"{setting}: approved.")
