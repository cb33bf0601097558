"""Parts of Carrel as readers of strangers' words: webhooks, all of understanding, the actions, the console's pages.

Each is asked as in earnest, by one text; tests.hostile has the texts, and the readers of words alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from ruamel.yaml import YAML
from sqlalchemy.engine import Engine

from tests.hostile import MOMENT, ROOT, Reader

SECRET, NUMBER, HOST = "secret of the app", "whatsapp:+15550001111", "https://bot.library.example"
ADDRESS = f"{HOST}/webhooks"
BEFORE = {"text": "how do i renew my book", "intent": "renew_loan"}
# An intent for each kind of what is looked up in words.
ANSWERED = ("opening_hours", "learning_commons_24h", "events", "contest_rules", "renew_loan", "nlu_fallback")
# A search stands in an address, of which the web process takes so many letters.
LONGEST_SEARCH = 8_000

Read = Callable[[str], object]


def parts(folder: Path, models: Path | None = None) -> Mapping[str, Reader]:
    """Return what reads a message besides the readers of words alone, over a store in `folder`.

    `models`: the folder of a trained model; without one the whole of understanding is left out.
    """
    from tests.stores import sqlite
    from tests.visiting import furnish

    address = f"sqlite:///{folder}/store.db"
    engine = sqlite(folder / "store.db")
    furnish(engine)
    # For what finds the store by itself: the actions, and the ranking of the answers.
    os.environ.update({"DATABASE_URL": address, "LIBRARY_TIMEZONE": "Asia/Hong_Kong"})
    found = [*webhooks(), *pages(engine, address, folder), Reader("the action server", answering())]
    if models:
        found.append(Reader("a model's whole understanding", understanding(models)))
    return {each.name: each for each in found}


def webhooks() -> list[Reader]:
    """Return each channel's webhook, from the signature to what is stored of it: the text in all places at once."""
    import httpx

    from bot.store.events import message_to_json
    from bot.store.wishes import wish_of
    from connectors.channel import Channel, WebhookRequest
    from connectors.errors import SignatureError
    from connectors.messenger import Messenger
    from connectors.twilio import Twilio
    from connectors.whatsapp import WhatsApp

    usual = {"access_token": "t", "app_secret": SECRET, "verify_token": "w", "api_url": ADDRESS, "api_version": "v26.0"}
    client = httpx.Client()
    messenger = Messenger(**usual, page_id="1", client=client, now=lambda: MOMENT)
    whatsapp = WhatsApp(**usual, phone_number_id="1", client=client, now=lambda: MOMENT)
    account = {"account_sid": "AC1", "auth_token": SECRET, "number": NUMBER, "public_url": HOST}
    twilio = Twilio(**account, api_url=ADDRESS, timeout=1, now=lambda: MOMENT)

    def reader(channel: Channel, signed: Callable[[str, int], tuple[bytes, dict[str, str]]]) -> Reader:
        number = itertools.count()

        def prepare(text: str) -> WebhookRequest:
            body, headers = signed(text, next(number))
            return WebhookRequest("POST", f"{ADDRESS}/{channel.name}", headers=headers, body=body)

        def read(asked: WebhookRequest) -> object:
            try:
                channel.verify(asked)
            except SignatureError:  # longer than any form of Twilio's
                return ()
            return [(message_to_json(each), wish_of(each)) for each in channel.parse(asked)]

        return Reader(f"webhooks of {channel.name}", read, prepare)

    return [
        reader(messenger, lambda text, number: _by_meta(_of_messenger(text, number))),
        reader(whatsapp, lambda text, number: _by_meta(_of_whatsapp(text, number))),
        reader(twilio, _of_twilio),
    ]


def _by_meta(payload: object) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(payload).encode()
    return body, {"x-hub-signature-256": f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"}


def _of_messenger(text: str, number: int) -> dict[str, Any]:
    message = {"mid": f"m{number}", "text": text, "quick_reply": {"payload": text}, "reply_to": {"mid": text}}
    postback = {"mid": f"p{number}", "title": text, "payload": text, "referral": {"ref": text}}
    usual = {"sender": {"id": "7"}, "timestamp": 1767000000000}
    messaging = [{**usual, "message": message}, {**usual, "postback": postback}]
    return {"object": "page", "entry": [{"id": "1", "messaging": messaging}]}


def _of_whatsapp(text: str, number: int) -> dict[str, Any]:
    usual = {"from": "85291234567", "timestamp": "1767000000"}
    tapped = {"type": "list_reply", "list_reply": {"id": text, "title": text, "description": text}}
    messages = [
        {**usual, "id": f"w{number}", "type": "text", "text": {"body": text}, "context": {"id": text}},
        {**usual, "id": f"x{number}", "type": "interactive", "interactive": tapped},
        {**usual, "id": f"y{number}", "type": "image", "image": {"id": "1", "caption": text, "mime_type": text}},
        {**usual, "id": f"z{number}", "type": "location", "location": {"name": text, "address": text}},
    ]
    value = {"messages": messages, "contacts": [{"wa_id": "85291234567", "profile": {"name": text}}]}
    changes = [{"field": "messages", "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}


def _of_twilio(text: str, number: int) -> tuple[bytes, dict[str, str]]:
    from twilio.request_validator import RequestValidator

    form = {"MessageSid": f"SM{number}", "From": "whatsapp:+85291234567", "To": NUMBER, "Body": text}
    form |= {"ProfileName": text, "ButtonText": text, "ButtonPayload": text}
    signature = RequestValidator(SECRET).compute_signature(f"{ADDRESS}/twilio", form)
    kind = "application/x-www-form-urlencoded"
    body = urlencode(form, errors="replace").encode()
    return body, {"x-twilio-signature": signature, "content-type": kind}


def pages(engine: Engine, address: str, folder: Path) -> list[Reader]:
    """Return the console's pages with a conversation whose one message is the text, and its search for the text."""
    from bot.store import inbox, turns
    from bot.store.message_tables import InboxRow, RedactionRow, TurnRow
    from connectors.messages import Address, IncomingMessage, Kind, Reply
    from tests.visiting import visit

    client, now = visit(address, folder), datetime.now(UTC)
    said = IncomingMessage("m", Kind.TEXT, Address("messenger", "7"), now, "hello")
    inbox.add(engine, "messenger", [said], now=now, stale_after_seconds=3600)
    turns.answered(engine, 1, 1, replies=[Reply(text="hello")], understanding={}, calls=[], now=now)

    def say(text: str) -> str:
        event = inbox.message_to_json(IncomingMessage("m", Kind.TEXT, said.sender, now, text))
        half = len(text) // 2
        entity = {"entity": "time", "start": 0, "end": half, "value": text[:half]}
        told = {"entities": [entity], "slots_after": {"before": {"text": text}}, "questions": [{"after": text}]}
        told |= {"intent": {"name": "nlu_fallback", "confidence": 0.2}, "actions": ["action_unsure"]}
        replies = [{"text": text, "choices": [], "cards": [], "image": None}]
        with engine.begin() as connection:
            connection.execute(sa.update(InboxRow.__table__).values(text=text, event=event))
            connection.execute(sa.update(TurnRow.__table__).values(understanding=told, replies=replies))
            connection.execute(sa.delete(RedactionRow.__table__))
        return text

    def opened(path: str) -> str:
        answer = client.get(f"/console/{path}")
        assert answer.status_code == 200, answer.status_code
        return str(answer.text)

    def searched(text: str) -> str:
        return opened(f"conversations?{urlencode({'q': text}, errors='replace')[:LONGEST_SEARCH]}")

    return [
        Reader("the page of a conversation", lambda _: opened("conversations/1"), say),
        Reader("the list of conversations", lambda _: opened("conversations"), say),
        Reader("the search of conversations", searched, say),
        Reader("the export of conversations", lambda _: opened("conversations/export.csv"), say),
        Reader("the first page", lambda _: opened(""), say),
    ]


def answering() -> Read:
    """Return what the action server does with a message of each kind, as Rasa hands it on."""
    from rasa_sdk.executor import ActionExecutor

    from bot.nlu.limits import MOST_CHARACTERS
    from tests.actions.small_library import Conversation

    executor = ActionExecutor()
    executor.register_package("actions")
    reader = YAML(typ="safe")
    domain = reader.load(ROOT / "domain.yml")
    files = [reader.load(path) for path in sorted((ROOT / "data/stories").glob("*.yml"))]
    rules = [rule for each in files for rule in each.get("rules", ())]

    def read(text: str) -> object:
        text = text[:MOST_CHARACTERS]
        found = []
        for intent in ANSWERED:
            ranking = [{"name": intent, "confidence": 0.6}, {"name": "book_room", "confidence": 0.3}]
            question = {"intent": intent, "start": 0, "end": len(text), "after": text, "answers": []}
            conversation = Conversation(executor, domain, rules)
            found.append(conversation.ask(text, intent, questions=[question], intent_ranking=ranking))
        return found

    return read


def understanding(models: Path) -> Read:
    """Return the whole of a trained model's understanding, of as much of a message as bot.nlu.channel hands to it."""
    from rasa.core.agent import Agent
    from rasa.core.channels.channel import UserMessage

    from bot.nlu.judging import quiet
    from bot.nlu.limits import MOST_CHARACTERS

    quiet()
    agent = Agent.load(str(max(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)))
    told = {"before": BEFORE, "time": MOMENT.isoformat()}

    async def parsed(text: str) -> object:
        assert agent.processor
        return await agent.processor.parse_message(
            UserMessage(text[:MOST_CHARACTERS].strip().lstrip("/"), metadata=told)
        )

    loop = asyncio.new_event_loop()
    return lambda text: loop.run_until_complete(parsed(text))
