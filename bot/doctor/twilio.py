"""The doctor's checks of Twilio: account, sender, and the webhook as Twilio calls it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from urllib.parse import quote

import httpx

from bot.doctor.findings import WEBHOOK_DO, Finding, json_list, json_object, no_webhook, reached, shown
from bot.settings import Settings, TwilioSettings
from connectors.meta import part, plain

SANDBOX = "whatsapp:+14155238886"


def account(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    if settings.twilio is None:
        return
    ours = settings.twilio
    where = f"{settings.twilio_api_url}/2010-04-01/Accounts/{quote(ours.account_sid, safe='')}.json"
    todo = "Is TWILIO_API_URL right, and the way out open?"
    response = reached("twilio", todo, lambda: client.get(where, auth=(ours.account_sid, ours.auth_token)))
    answer = json_object(response)
    status, code = plain(answer.get("status")), answer.get("code")
    if response.status_code == 200 and status == "active":
        yield Finding("twilio", "ok", f"The account is active ({shown(answer.get('type'))}).")
        yield _sender(settings, ours, client)
    elif response.status_code == 200 and status:
        yield Finding("twilio", "wrong", f"The account is {shown(status)}.", "See Twilio's console.")
    elif code == 20003 or response.status_code == 401:
        todo = "Set TWILIO_ACCOUNT_SID and the account's primary TWILIO_AUTH_TOKEN."
        yield Finding("twilio", "wrong", "Twilio does not accept the account or its token (20003).", todo)
    elif response.status_code == 404 and code is not None:
        yield Finding("twilio", "wrong", "Twilio knows no such account.", "Check TWILIO_ACCOUNT_SID.")
    elif response.status_code == 429 or response.status_code >= 500:
        says = f"Twilio cannot answer now (HTTP {response.status_code})."
        yield Finding("twilio", "warn", says, "Try again later.")
    else:
        says = f"What answers at TWILIO_API_URL is not Twilio (HTTP {response.status_code})."
        yield Finding("twilio", "wrong", says, "Check TWILIO_API_URL.")


def _sender(settings: Settings, ours: TwilioSettings, client: httpx.Client) -> Finding:
    """Return whether the number is an online WhatsApp sender of the account, calling our webhook. Senders API, 2026."""
    where = f"{settings.public_url}/webhooks/twilio"
    if ours.whatsapp_number == SANDBOX:
        return Finding("twilio", "warn", "The number is Twilio's sandbox.", "Only for trying: register a sender.")
    address = f"{settings.twilio_api_url.replace('//api.twilio.com', '//messaging.twilio.com')}/v2/Channels/Senders"
    response = reached(
        "twilio",
        "Is the way out to messaging.twilio.com open?",
        lambda: client.get(
            address, params={"Channel": "whatsapp", "PageSize": "100"}, auth=(ours.account_sid, ours.auth_token)
        ),
    )
    if response.status_code != 200:
        says = f"The account's senders could not be read (HTTP {response.status_code})."
        return Finding("twilio", "warn", says, "See Twilio's console, WhatsApp senders.")
    senders = [each for each in json_list(json_object(response), "senders") if isinstance(each, dict)]
    mine = next((each for each in senders if each.get("sender_id") == ours.whatsapp_number), None)
    if mine is None:
        todo = "Set TWILIO_WHATSAPP_NUMBER to one of its senders."
        return Finding("twilio", "wrong", "The number is no WhatsApp sender of this account.", todo)
    status, webhook = shown(mine.get("status")), part(mine, "webhook")
    if not status.startswith("ONLINE"):
        return Finding("twilio", "wrong", f"The sender is {status}.", "See Twilio's console, WhatsApp senders.")
    called = (plain(webhook.get("callback_url")) or "").partition("#")[0]
    todo = f"Set its webhook for incoming messages to {where}, POST."
    if not called:
        return Finding("twilio", "warn", "The sender has no webhook of its own: a messaging service's?", todo)
    if called != where or (plain(webhook.get("callback_method")) or "POST") != "POST":
        return Finding("twilio", "wrong", f"The sender calls {shown(called, 200)}, not {where} by POST.", todo)
    return Finding("twilio", "ok", f"The sender is online and calls {where}.")


def signed_post(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    """Call the webhook with an empty form, signed as Twilio does: it answers 400 if the signature is right."""
    if settings.twilio is None:
        return
    where = f"{settings.public_url}/webhooks/twilio"
    digest = hmac.new(settings.twilio.auth_token.encode(), where.encode(), hashlib.sha1).digest()
    headers = {
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    response = reached("twilio", WEBHOOK_DO, lambda: client.post(where, headers=headers))
    if response.status_code == 400 and response.text.startswith("not a webhook of this platform"):
        yield Finding("twilio", "ok", f"The webhook at {where} takes a signature over that address.")
    elif response.status_code == 403:
        says = "The Carrel that runs refuses a signature over PUBLIC_URL."
        todo = "Start it again with these settings; the proxy must pass path and query on as they are."
        yield Finding("twilio", "wrong", says, todo)
    else:
        yield no_webhook("twilio", where, response)
