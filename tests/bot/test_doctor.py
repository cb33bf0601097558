"""What `carrel doctor` finds and `carrel messenger setup` writes: at the edge of HTTP, and on the command line."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from bot import doctor, private
from bot.dialogue import STARTS
from bot.doctor import Finding, any_wrong, examine, render
from bot.settings import NAMES, Settings, SettingsError, read_settings
from bot.store.audit import session
from bot.store.engine import connect, upgrade
from bot.store.library_tables import ContactRow
from bot.wiring.channels import build_channels
from connectors.messenger import profile
from connectors.web import create_app
from tests.stores import sqlite

ROOT = Path(__file__).parents[2]
PAGE, PHONE_ID, ACCOUNT = "1029384756", "5647382910", "AC00112233445566"
PAGE_TOKEN, PHONE_TOKEN, TWILIO_TOKEN = "EAAGpagetokenofthetest", "EAAGphonetokenofthetest", "twiliotokenofthetest"
PAGE_SECRET, PHONE_SECRET, VERIFY = "pageappsecret01", "phoneappsecret2", "verifytokenofthetest"
SECRETS = (PAGE_TOKEN, PHONE_TOKEN, TWILIO_TOKEN, PAGE_SECRET, PHONE_SECRET, VERIFY, "databasepassword")
PUBLIC = "https://bot.library.example"
SENDER, APP, WABA = "whatsapp:+14155550123", "998877", "5544"
ON = {
    "MESSENGER_PAGE_ID": PAGE,
    "MESSENGER_PAGE_ACCESS_TOKEN": PAGE_TOKEN,
    "MESSENGER_APP_SECRET": PAGE_SECRET,
    "MESSENGER_VERIFY_TOKEN": VERIFY,
    "WHATSAPP_PHONE_NUMBER_ID": PHONE_ID,
    "WHATSAPP_ACCESS_TOKEN": PHONE_TOKEN,
    "WHATSAPP_APP_SECRET": PHONE_SECRET,
    "WHATSAPP_VERIFY_TOKEN": VERIFY,
    "TWILIO_ACCOUNT_SID": ACCOUNT,
    "TWILIO_AUTH_TOKEN": TWILIO_TOKEN,
    "TWILIO_WHATSAPP_NUMBER": SENDER,
    "PUBLIC_URL": PUBLIC,
}

Answer = Callable[[httpx.Request], httpx.Response]
Make = Callable[..., Settings]


def says(status: int, body: object) -> Answer:
    """An answer in JSON, whatever is asked."""
    return lambda request: httpx.Response(status, json=body)


def fails(kind: type[httpx.RequestError]) -> Answer:
    """No answer; the error's words hold all that the request holds."""

    def answer(request: httpx.Request) -> httpx.Response:
        raise kind(f"{request.url} {request.headers.raw!r}", request=request)

    return answer


def graph_error(code: int, status: int = 400, words: str = "Something is wrong.") -> Answer:
    """An error of the Graph API."""
    return says(status, {"error": {"message": words, "type": "OAuthException", "code": code}})


GRAPH = "https://graph.facebook.com/v26.0"
CONTENT = "HX" + "0" * 32
SENDERS = "https://messaging.twilio.com/v2/Channels/Senders"
TOKEN = {
    "expires_at": 0,
    "scopes": ["pages_messaging", "whatsapp_business_messaging"],
    "granular_scopes": [{"scope": "whatsapp_business_management", "target_ids": [WABA]}, {"scope": "pages_messaging"}],
}
SUBSCRIPTIONS = [
    {"object": kind, "callback_url": f"{PUBLIC}/webhooks/{name}", "active": True, "fields": [{"name": "messages"}]}
    for kind, name in (("page", "messenger"), ("whatsapp_business_account", "whatsapp"))
]
RIGHT: Mapping[str, Answer] = {
    "http://127.0.0.1:5005/status": says(200, {"model_file": "models/20261123-nimble.tar.gz"}),
    "http://127.0.0.1:5055/health": says(200, {"status": "ok"}),
    f"{GRAPH}/me": says(200, {"id": PAGE, "name": "City Library"}),
    f"{GRAPH}/{PAGE}/subscribed_apps": says(200, {"data": [{"id": "7", "subscribed_fields": list(profile.FIELDS)}]}),
    f"{GRAPH}/me/messenger_profile": says(
        200, {"data": [{"get_started": {"payload": "GET_STARTED"}, "persistent_menu": [{}], "ice_breakers": [{}]}]}
    ),
    f"{GRAPH}/{PHONE_ID}": says(
        200,
        {
            "verified_name": "City Library",
            "display_phone_number": "+852 5550 1234",
            "quality_rating": "GREEN",
            "throughput": {"level": "STANDARD"},
            "id": PHONE_ID,
        },
    ),
    f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}.json": says(200, {"status": "active", "type": "Full"}),
    SENDERS: says(
        200,
        {
            "senders": [
                {"sender_id": "whatsapp:+1", "status": "OFFLINE"},
                {
                    "sender_id": SENDER,
                    "status": "ONLINE",
                    "webhook": {"callback_url": f"{PUBLIC}/webhooks/twilio#rc=3"},
                },
            ]
        },
    ),
    f"{GRAPH}/app": says(200, {"id": APP}),
    f"{GRAPH}/debug_token": says(200, {"data": TOKEN}),
    f"{GRAPH}/{APP}/subscriptions": says(200, {"data": SUBSCRIPTIONS}),
    f"{GRAPH}/{WABA}/subscribed_apps": says(200, {"data": [{"whatsapp_business_api_data": {"id": APP}}]}),
}


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes settings over a store that is up to date and a folder with a model; a name given as None is unset."""
    with session(sqlite(tmp_path / "store.db"), "test", datetime(2026, 11, 24, tzinfo=UTC)) as changes:
        changes.add(contact("999"))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "a.tar.gz").touch()
    private.close([tmp_path])

    def settings(**changed: str | None) -> Settings:
        base = {"DATABASE_URL": f"sqlite:///{tmp_path}/store.db", "CARREL_VAR": str(tmp_path), **ON}
        base["CARREL_MODELS"] = str(tmp_path / "models")
        return read_settings({name: value or "" for name, value in {**base, **changed}.items()}, None)

    return settings


def contact(phone: str, sample: str = "") -> ContactRow:
    """Somebody to call."""
    more = {"hours": "", "what_for": "", "source": "The Government"}
    return ContactRow(key="emergency", name="Emergency services", phone=phone, sample=sample, **more)


def look(settings: Settings, running: Settings | None = None, **answers: Answer) -> tuple[Finding, ...]:
    """Examine `settings`: platforms answer as RIGHT has it, changed by `answers`; the web process has `running`."""
    running = running or settings
    channels = build_channels(running, httpx.Client(transport=httpx.MockTransport(fails(httpx.ConnectError))))
    web = httpx.WSGITransport(create_app(channels, lambda *_: pytest.fail("a check was stored"), dict))
    short = {
        "rasa": "http://127.0.0.1:5005/status",
        "actions": "http://127.0.0.1:5055/health",
        "me": f"{GRAPH}/me",
        "apps": f"{GRAPH}/{PAGE}/subscribed_apps",
        "profile": f"{GRAPH}/me/messenger_profile",
        "phone": f"{GRAPH}/{PHONE_ID}",
        "twilio": f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}.json",
        "senders": SENDERS,
        "app": f"{GRAPH}/app",
        "token": f"{GRAPH}/debug_token",
        "webhooks": f"{GRAPH}/{APP}/subscriptions",
        "account": f"{GRAPH}/{WABA}/subscribed_apps",
        "web": "web",
    }
    short |= {
        "page_templates": f"{GRAPH}/{PAGE}/message_templates",
        "templates": f"{GRAPH}/{WABA}/message_templates",
        "content": f"https://content.twilio.com/v1/Content/{CONTENT}/ApprovalRequests",
    }
    known = {**RIGHT, **{short[name]: answer for name, answer in answers.items()}}

    def answer(request: httpx.Request) -> httpx.Response:
        address = str(request.url.copy_with(query=None, username=None, password=None))
        if address.startswith(f"{settings.public_url}/webhooks/"):
            return known["web"](request) if "web" in known else web.handle_request(request)
        return known[address](request)

    return examine(settings, httpx.Client(transport=httpx.MockTransport(answer)))


def only(findings: tuple[Finding, ...], part: str, state: str) -> Finding:
    """Return the one finding of a part that is in this state."""
    found = [each for each in findings if (each.part, each.state) == (part, state)]
    assert len(found) == 1, render(findings)
    return found[0]


def test_where_all_is_right_nothing_is_wrong(make: Make) -> None:
    """Every part and every webhook is looked at; the missing greeting alone is worth a word."""
    findings = look(make())

    assert not any_wrong(findings), render(findings)
    assert [each.says for each in findings if each.state == "warn"] == ["The page has no greeting."]
    text = render(findings)
    assert f"{PUBLIC}/webhooks/messenger answers the handshake" in text
    assert f"{PUBLIC}/webhooks/whatsapp answers the handshake" in text
    assert f"{PUBLIC}/webhooks/twilio takes a signature" in text
    assert f"The app calls {PUBLIC}/webhooks/messenger" in text
    assert f"The app calls {PUBLIC}/webhooks/whatsapp" in text
    assert "ends in 44 tells the app" in text
    assert f"online and calls {PUBLIC}/webhooks/twilio" in text
    assert text.count("does not end by itself") == 2
    assert "20261123-nimble.tar.gz" in text
    assert len(text.splitlines()) == len(findings)


def test_neither_number_nor_secret_is_ever_shown(make: Make) -> None:
    """Whether all goes well, an error repeats what was sent, or a platform's words hold it."""
    leak = " ".join([*(secret for secret in SECRETS if secret != "databasepassword"), "+852 5550 1234", "85255501234"])
    platforms = ("me", "apps", "profile", "phone", "twilio", "rasa", "actions", "web", "senders", "app", "token")
    password = make(DATABASE_URL="postgresql://carrel:databasepassword@127.0.0.1:1/carrel")
    texts = [render(look(make())), render(look(password))]
    for answer in (fails(httpx.ConnectError), fails(httpx.ReadTimeout), graph_error(100, words=leak)):
        texts.append(render(look(make(), **dict.fromkeys(platforms, answer))))
        texts.append(render(look(make(), **dict.fromkeys(("token", "webhooks", "account", "senders"), answer))))
    texts.append(render(look(make(), me=says(200, {"id": PAGE, "name": leak}))))

    for text in texts:
        assert not [secret for secret in SECRETS if secret in text], text
        assert "5550 1234" not in text
        assert "85255501234" not in text


def test_the_token_travels_in_a_header_and_its_proof_in_the_address(make: Make) -> None:
    """An address ends up in logs; the proof is the HMAC-SHA256 of the token under the app secret."""
    seen: list[httpx.Request] = []

    def phone(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return RIGHT[f"{GRAPH}/{PHONE_ID}"](request)

    look(make(), phone=phone)

    assert seen[0].headers["Authorization"] == f"Bearer {PHONE_TOKEN}"
    assert PHONE_TOKEN not in str(seen[0].url)
    # openssl dgst -sha256 -hmac phoneappsecret2, over the token
    proof = "1f3ae97a277dc8e0e2e90f12682ed4773e0bc7a592c52550a14e12312d473473"
    assert seen[0].url.params["appsecret_proof"] == proof
    assert seen[0].url.params["fields"] == "verified_name,display_phone_number,quality_rating,throughput"


@pytest.mark.parametrize(
    ("answer", "state", "word", "todo"),
    [
        (graph_error(190), "wrong", "expired or wrong", "MESSENGER_PAGE_ACCESS_TOKEN"),
        (graph_error(0, 401), "wrong", "expired or wrong", "Make a new token"),
        (graph_error(100, words="Invalid appsecret_proof provided"), "wrong", "app secret", "MESSENGER_APP_SECRET"),
        (graph_error(200, 403), "wrong", "lacks a permission", "pages_messaging"),
        (graph_error(100), "wrong", "refuses the call (100)", "MESSENGER_PAGE_ID"),
        (graph_error(4), "warn", "cannot answer now", "later"),
        (says(503, {"error": {"message": "x", "code": 1}}), "warn", "cannot answer now", "later"),
        (says(200, {"id": "99", "name": "Another"}), "wrong", "not of the page", "MESSENGER_PAGE_ID"),
        (says(200, [1]), "wrong", "not Meta's Graph API", "GRAPH_API_URL"),
        (says(404, {"detail": "x"}), "wrong", "not Meta's Graph API", "GRAPH_API_URL"),
        (lambda request: httpx.Response(200, text="<html>"), "wrong", "not Meta's Graph API", "GRAPH_API_URL"),
        (lambda request: httpx.Response(200, text="[" * 100_000), "wrong", "not Meta's Graph API", "GRAPH_API_URL"),
        (says(400, {"error": {"message": ["odd"], "code": "x"}}), "wrong", "not Meta's", "GRAPH_API_URL"),
        (fails(httpx.ReadTimeout), "wrong", "No answer in time at https://graph.facebook.com", "GRAPH_API_URL"),
        (fails(httpx.ConnectError), "wrong", "Nothing answers at https://graph.facebook.com", "GRAPH_API_URL"),
        (fails(httpx.RemoteProtocolError), "wrong", "RemoteProtocolError", "GRAPH_API_URL"),
    ],
)
def test_what_meta_answers_becomes_what_to_do(make: Make, answer: Answer, state: str, word: str, todo: str) -> None:
    """Each in words and with the setting to change; what would only repeat it is not asked."""
    findings = look(make(), me=answer)
    about = [each for each in findings if each.part == "messenger" and "handshake" not in each.says]

    assert len(about) == 1, render(findings)
    assert about[0].state == state
    assert word in about[0].says
    assert todo in about[0].do


def test_missing_subscriptions_are_named(make: Make) -> None:
    """Without messages nothing works; without reactions something is missed; without an app nobody listens."""
    no_reactions = [name for name in profile.FIELDS if name != "message_reactions"]
    warned = look(make(), apps=says(200, {"data": [{"subscribed_fields": no_reactions}]}))
    as_objects = look(make(), apps=says(200, {"data": [{"subscribed_fields": [{"name": "messages"}]}, 3, {}]}))
    nobody = look(make(), apps=says(200, {"data": []}))

    assert next(each for each in warned if "not subscribed to message_reactions" in each.says).state == "warn"
    told = only(as_objects, "messenger", "wrong")
    assert "not subscribed to messaging_postbacks, messaging_referrals" in told.says
    assert "messages," not in told.says
    assert "No app is subscribed" in only(nobody, "messenger", "wrong").says
    assert told.do == "Run carrel messenger setup."


def test_one_refused_question_does_not_hide_the_next(make: Make) -> None:
    """A token without pages_manage_metadata still shows what the page's profile lacks."""
    findings = look(make(), apps=graph_error(200, 403), profile=says(200, {"data": []}))

    assert "pages_manage_metadata" in only(findings, "messenger", "wrong").do
    assert "no menu" in only(findings, "messenger", "warn").says


def test_a_number_of_low_quality_and_an_id_that_is_no_number(make: Make) -> None:
    """The account's id in place of the number's is a common mistake."""
    red = look(make(), phone=says(200, {"display_phone_number": "+1 555-0199", "quality_rating": "RED"}))
    other = look(make(), phone=says(200, {"id": PHONE_ID}))

    assert "ends in 99" in only(red, "whatsapp", "warn").says
    assert "WHATSAPP_PHONE_NUMBER_ID" in only(other, "whatsapp", "wrong").do


def test_a_token_that_ends_is_told_in_time(make: Make) -> None:
    """With the day; wrong when that is soon, or past."""
    day = 86400

    def state(seconds: float) -> list[tuple[str, str]]:
        found = look(make(), token=says(200, {"data": {**TOKEN, "expires_at": int(time.time() + seconds)}}))
        return [(each.part, each.state) for each in found if "The token end" in each.says]

    assert state(60 * day) == [("messenger", "warn"), ("whatsapp", "warn")]
    assert state(5 * day) == [("messenger", "wrong"), ("whatsapp", "wrong")]
    assert state(-day) == [("messenger", "wrong"), ("whatsapp", "wrong")]


def test_a_permission_that_a_token_lacks_is_named(make: Make) -> None:
    """Before the first message fails for it."""
    findings = look(make(), token=says(200, {"data": {**TOKEN, "scopes": ["pages_messaging"]}}))

    assert "whatsapp_business_messaging" in only(findings, "whatsapp", "wrong").says
    assert not [each for each in findings if (each.part, each.state) == ("messenger", "wrong")]


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"callback_url": "https://old.library.example/webhooks/x"}, "calls https://old.library.example/webhooks/x"),
        ({"active": False}, "is off"),
        ({"fields": [{"name": "message_reads"}]}, "no field messages"),
        ({"object": "instagram"}, "has no webhook"),
        ({"callback_url": None}, "calls unknown"),
    ],
)
def test_where_the_apps_webhooks_go(make: Make, changed: dict[str, Any], word: str) -> None:
    """Elsewhere, nowhere, or without the messages."""
    findings = look(make(), webhooks=says(200, {"data": [{**each, **changed} for each in SUBSCRIPTIONS]}))

    assert word in only(findings, "messenger", "wrong").says
    assert word in only(findings, "whatsapp", "wrong").says


def test_a_whatsapp_account_that_tells_the_app_nothing(make: Make) -> None:
    """The app is not subscribed to it; or Meta does not say which it is."""
    silent = look(make(), account=says(200, {"data": [{"whatsapp_business_api_data": {"id": "1"}}]}))
    unknown = look(make(), token=says(200, {"data": {**TOKEN, "granular_scopes": []}}))

    assert "does not tell the app" in only(silent, "whatsapp", "wrong").says
    assert "which WhatsApp account" in only(unknown, "whatsapp", "warn").says


def test_a_number_with_a_webhook_of_its_own(make: Make) -> None:
    """It goes before the app's."""

    def phone(request: httpx.Request) -> httpx.Response:
        if request.url.params["fields"] == "webhook_configuration":
            own = {"application": f"{PUBLIC}/webhooks/whatsapp", "phone_number": "https://other.example/hook"}
            return httpx.Response(200, json={"webhook_configuration": own})
        return RIGHT[f"{GRAPH}/{PHONE_ID}"](request)

    assert "https://other.example/hook" in only(look(make(), phone=phone), "whatsapp", "wrong").says


def test_an_app_that_cannot_be_looked_at_is_worth_a_word(make: Make) -> None:
    """Not every token may ask."""
    findings = look(make(), app=graph_error(200, 403))

    assert not any_wrong(findings)
    assert "could not be looked at" in only(findings, "whatsapp", "warn").says


@pytest.mark.parametrize(
    ("sender", "state", "word"),
    [
        ({"sender_id": "whatsapp:+1"}, "wrong", "no WhatsApp sender of this account"),
        ({"status": "OFFLINE"}, "wrong", "is OFFLINE"),
        ({"webhook": {"callback_url": "https://old.example/webhooks/twilio"}}, "wrong", "calls https://old.example"),
        ({"webhook": {"callback_url": f"{PUBLIC}/webhooks/twilio", "callback_method": "GET"}}, "wrong", "by POST"),
        ({"webhook": None}, "warn", "no webhook of its own"),
    ],
)
def test_what_twilios_sender_lacks(make: Make, sender: dict[str, Any], state: str, word: str) -> None:
    """It is another account's, does not go, or calls somebody else."""
    right = {"sender_id": SENDER, "status": "ONLINE", "webhook": {"callback_url": f"{PUBLIC}/webhooks/twilio"}}
    findings = look(make(), senders=says(200, {"senders": [{**right, **sender}]}))

    assert word in only(findings, "twilio", state).says


def test_twilios_sandbox_is_for_trying(make: Make) -> None:
    """And senders that cannot be read are worth a word."""
    sandbox = look(make(TWILIO_WHATSAPP_NUMBER="whatsapp:+14155238886"))

    assert "sandbox" in only(sandbox, "twilio", "warn").says
    assert "HTTP 500" in only(look(make(), senders=says(500, {})), "twilio", "warn").says


@pytest.mark.parametrize(
    ("answer", "state", "word"),
    [
        (says(401, {"code": 20003, "message": "Authenticate"}), "wrong", "20003"),
        (says(200, {"status": "suspended"}), "wrong", "suspended"),
        (says(404, {"code": 20404}), "wrong", "no such account"),
        (says(503, {}), "warn", "cannot answer now"),
        (says(200, ["odd"]), "wrong", "not Twilio"),
        (fails(httpx.ConnectTimeout), "wrong", "No answer in time"),
    ],
)
def test_what_twilio_answers_becomes_what_to_do(make: Make, answer: Answer, state: str, word: str) -> None:
    """An account that is closed, a token that is wrong, no answer at all."""
    finding = only(look(make(), twilio=answer), "twilio", state)

    assert word in finding.says
    assert finding.do


def test_a_web_process_with_other_settings_is_noticed(make: Make) -> None:
    """It runs, but with the verify token, the auth token or the address of before, or without a channel."""
    other = make(MESSENGER_VERIFY_TOKEN="before", TWILIO_AUTH_TOKEN="before")
    moved = make(PUBLIC_URL="https://old.library.example")
    off = make(**{name: None for name in ON if name.startswith(("MESSENGER", "TWILIO"))})

    findings = look(make(), running=other)
    assert "another verify token" in only(findings, "messenger", "wrong").says
    assert "refuses a signature" in only(findings, "twilio", "wrong").says
    assert "refuses a signature" in only(look(make(), running=moved), "twilio", "wrong").says
    findings = look(make(), running=off)
    assert "HTTP 404" in only(findings, "messenger", "wrong").says
    assert "HTTP 404" in only(findings, "twilio", "wrong").says


def test_a_password_in_an_address_is_left_out(make: Make) -> None:
    """RASA_URL may hold one."""
    settings = make(RASA_URL="http://carrel:databasepassword@127.0.0.1:5005")
    finding = only(look(settings, rasa=says(200, {})), "rasa", "wrong")

    assert "at http://127.0.0.1:5005 is not Rasa" in finding.says


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (lambda request: httpx.Response(200, text="Welcome to nginx"), "is not Carrel"),
        (lambda request: httpx.Response(400, text="Bad Request"), "is not Carrel"),
        (lambda request: httpx.Response(301, headers={"Location": "https://www.x.example"}), "redirects"),
        (fails(httpx.ConnectError), "Nothing answers at https://bot.library.example"),
        (fails(httpx.ReadTimeout), "No answer in time"),
    ],
)
def test_something_else_at_the_public_address_is_noticed(make: Make, answer: Answer, word: str) -> None:
    """A proxy's own page is no handshake, whatever its status."""
    findings = look(make(), web=answer)

    for name in ("messenger", "whatsapp", "twilio"):
        assert word in only(findings, name, "wrong").says


def test_platforms_call_https_alone(make: Make) -> None:
    """Wrong when a channel is on; without one, an address of this machine is right."""
    insecure = look(make(PUBLIC_URL="http://bot.library.example"))
    none_on = look(make(**dict.fromkeys(ON)))

    assert "https" in only(insecure, "settings", "wrong").do
    assert "No channel is on" in only(none_on, "settings", "warn").says
    assert not any_wrong(none_on), render(none_on)


def test_rasa_without_a_model_and_actions_that_are_away(make: Make) -> None:
    """Each with what to start."""
    findings = look(make(), rasa=says(409, {"status": "failure"}), actions=fails(httpx.ConnectError))
    other = look(make(), rasa=lambda request: httpx.Response(200, text="Hello"), actions=says(404, {}))

    assert "carrel train" in only(findings, "rasa", "wrong").do
    assert "carrel serve" in only(findings, "actions", "wrong").do
    assert "is not Rasa" in only(other, "rasa", "wrong").says
    assert "no action server" in only(other, "actions", "wrong").says


def test_the_database_is_there_and_up_to_date_or_not(make: Make, tmp_path: Path) -> None:
    """No file yet, a file without tables, tables of a later Carrel, a file that is no database, no server."""
    (tmp_path / "empty.db").touch()
    (tmp_path / "noise.db").write_bytes(b"no database" * 200)
    later = connect(f"sqlite:///{tmp_path}/later.db")
    upgrade(later)
    with later.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    def database(name: str, state: str) -> Finding:
        return only(look(make(DATABASE_URL=f"sqlite:///{tmp_path}/{name}.db")), "database", state)

    assert "up to date" in database("store", "ok").says
    assert "carrel serve" in database("away", "warn").do
    assert not (tmp_path / "away.db").exists()
    assert "carrel prepare" in database("empty", "wrong").do
    assert "newer" in database("later", "wrong").says
    assert "DatabaseError" in database("noise", "wrong").says
    no_server = look(make(DATABASE_URL="postgresql://carrel:databasepassword@127.0.0.1:1/carrel"))
    assert "OperationalError" in only(no_server, "database", "wrong").says


def test_a_missing_model_is_worth_a_word(make: Make, tmp_path: Path) -> None:
    """`carrel serve` would train one."""
    (tmp_path / "models" / "a.tar.gz").unlink()

    assert "carrel train" in only(look(make()), "model", "warn").do


def test_redis_answers_or_does_not(make: Make) -> None:
    """A server that says PONG, one that is not there."""

    class Pong(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1024)
            self.request.sendall(b"+PONG\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Pong) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        up = look(make(REDIS_URL=f"redis://127.0.0.1:{server.server_address[1]}/0"))
    down = look(make(REDIS_URL="redis://:databasepassword@127.0.0.1:1/0"))

    assert only(up, "redis", "ok").says == "It answers."
    assert "REDIS_URL" in only(down, "redis", "wrong").do
    assert "databasepassword" not in render(down)


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(make: Make) -> None:
    """Whatever a library raises."""

    def broken(request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError

    findings = look(make(), rasa=broken)

    assert "ZeroDivisionError" in only(findings, "rasa", "wrong").says
    assert only(findings, "actions", "ok")


def test_a_platforms_words_cannot_steer_the_terminal(make: Make) -> None:
    """A page's name is anybody's text."""
    text = render(look(make(), me=says(200, {"id": PAGE, "name": "Lib\x1b[2J\nrary"})))

    assert "\x1b" not in text
    assert "Lib[2Jrary" in text


def test_what_others_may_read_is_wrong(make: Make, tmp_path: Path) -> None:
    """And what to do about it is said; what Carrel wrote itself is right."""
    settings = make()
    assert [each.state for each in look(settings) if each.part == "files"] == ["ok"]
    (tmp_path / "store.db").chmod(0o644)
    (tmp_path / "models").chmod(0o755)
    [found] = [each for each in look(settings) if each.part == "files"]

    assert found.state == "wrong"
    assert "store.db" in found.says
    assert "models" in found.says
    assert "chmod -R go-rwx" in found.do


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, str, Any]]]:
    """Settings in the environment that lead to a small Graph API; what it is asked, by method, path and body."""
    asked: list[tuple[str, str, Any]] = []

    class Graph(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            refused = self.headers["Authorization"] != f"Bearer {PAGE_TOKEN}"
            asked.append((self.command, self.path.split("?")[0], json.loads(body)))
            error = {"error": {"message": f"Bad {self.headers['Authorization']}", "code": 100}}
            data = json.dumps(error if refused else {"result": "success"}).encode()
            self.send_response(400 if refused else 200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in ON.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), Graph) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("GRAPH_API_URL", f"http://127.0.0.1:{server.server_address[1]}")
        yield asked
        server.shutdown()


def test_setup_shows_asks_and_writes(commands: list[tuple[str, str, Any]]) -> None:
    """No is no; yes writes what was shown, profile and subscriptions."""
    runner = CliRunner()
    refused = runner.invoke(doctor.messenger, ["setup"], input="n\n")
    assert refused.exit_code == 1
    assert '"greeting"' in refused.output
    assert commands == []

    accepted = runner.invoke(doctor.messenger, ["setup"], input="y\n")
    assert accepted.exit_code == 0, accepted.output
    (_, first, page), (_, second, apps) = commands
    assert (first, second) == ("/v26.0/me/messenger_profile", f"/v26.0/{PAGE}/subscribed_apps")
    assert page["get_started"] == {"payload": "GET_STARTED"}
    assert page["persistent_menu"][0]["locale"] == page["ice_breakers"][0]["locale"] == "default"
    assert apps == {"subscribed_fields": list(profile.FIELDS)}


def test_a_dry_run_prints_the_calls_and_makes_none(
    commands: list[tuple[str, str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As JSON alone, and without an account as well."""
    shown = CliRunner().invoke(doctor.messenger, ["setup", "--dry-run"])
    monkeypatch.delenv("MESSENGER_PAGE_ID")
    for name in ("MESSENGER_PAGE_ACCESS_TOKEN", "MESSENGER_APP_SECRET", "MESSENGER_VERIFY_TOKEN"):
        monkeypatch.delenv(name)
    without = CliRunner().invoke(doctor.messenger, ["setup", "--dry-run"])
    wanted = CliRunner().invoke(doctor.messenger, ["setup", "--yes"])

    assert [each["post"] for each in json.loads(shown.stdout)] == [
        "/v26.0/me/messenger_profile",
        f"/v26.0/{PAGE}/subscribed_apps",
    ]
    assert without.exit_code == 0
    assert (wanted.exit_code, "channel is off" in wanted.output) == (1, True)
    assert commands == []


def test_a_refused_setup_says_what_to_do(commands: list[tuple[str, str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the token that Meta repeats, and without going on."""
    monkeypatch.setenv("MESSENGER_PAGE_ACCESS_TOKEN", "EAAGanothertoken")
    result = CliRunner().invoke(doctor.messenger, ["setup", "--yes"])

    assert result.exit_code == 1
    assert "Meta's words: Bad Bearer …" in result.output
    assert "MESSENGER_PAGE_ID" in result.output
    assert "EAAGanothertoken" not in result.output
    assert len(commands) == 1


def test_the_doctor_ends_with_1_when_something_is_wrong(
    commands: list[tuple[str, str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script notices; settings that cannot be read are findings as well."""
    for name in ON:
        monkeypatch.delenv(name)
    for name in ("RASA_URL", "ACTIONS_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    away = CliRunner().invoke(doctor.doctor)
    monkeypatch.setenv("LIBRARY_TIMEZONE", "Hong Kong")
    unread = CliRunner().invoke(doctor.doctor)

    assert (away.exit_code, unread.exit_code) == (1, 1)
    assert "Nothing answers at http://127.0.0.1:1" in away.output
    assert unread.output.startswith("x  settings  LIBRARY_TIMEZONE")


def test_each_problem_of_the_settings_is_a_finding() -> None:
    """As many lines as problems."""
    found = doctor.unreadable(SettingsError("PORT: no.\nHOST: no."))

    assert [each.says for each in found] == ["PORT: no.", "HOST: no."]
    assert any_wrong(found)


def test_the_profile_that_ships_is_right_and_leads_to_intents() -> None:
    """Each payload is an intent of domain.yml, and the button to begin is greeted."""
    page = profile.read_profile(profile.PROFILE.read_text(encoding="utf-8"))
    intents = YAML(typ="safe").load((ROOT / "domain.yml").read_text(encoding="utf-8"))["intents"]

    assert set(page.locales) == {"zh_HK", "zh_TW", "zh_CN"}
    for each in page.locales.values():
        assert [item.payload for item in each.menu] == [item.payload for item in page.menu]
        assert [item.payload for item in each.ice_breakers] == [item.payload for item in page.ice_breakers]
    payloads = {each.payload for each in (*page.menu, *page.ice_breakers)}
    assert payloads <= {f"/{name}" for name in intents}
    assert {"/opening_hours", "/events", "/contact_librarian", "/help"} <= payloads
    assert profile.GET_STARTED.lower() in STARTS
    assert "bot" in page.greeting


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"greeting": "x" * 161}, "greeting: has 161 characters, Messenger takes 160"),
        ({"greeting": "📚" * 81}, "greeting: has 162 characters"),
        ({"greeting": None}, "greeting: should be text"),
        ({"menu": [{"title": "x" * 31, "payload": "/help"}]}, "menu, item 1, title: has 31"),
        ({"menu": [{"title": "x", "payload": "/help"}] * 21}, "menu: has 21 items, Messenger takes 20"),
        ({"menu": []}, "menu: should have an item"),
        ({"menu": {"title": "x"}}, "menu: should be a list"),
        ({"menu": [{"title": "x", "payload": "help"}]}, "menu, item 1, payload: 'help' should be an intent"),
        ({"menu": [{"title": "x", "url": "y"}]}, "menu, item 1: should have title and payload"),
        ({"ice_breakers": [{"question": "x" * 81, "payload": "/help"}]}, "ice_breakers, item 1, question: has 81"),
        ({"ice_breakers": [{"question": "x", "payload": "/help"}] * 5}, "ice_breakers: has 5 items, Messenger takes 4"),
        ({"colour": "blue"}, "colour: there is no such field"),
        ({"locales": {"zh_HK": {"greeting": "你" * 161, "menu": []}}}, "locales, zh_HK, greeting: has 161 characters"),
        ({"locales": {"Chinese": {}}}, "locales, Chinese: is no locale; write for example zh_HK"),
        ({"locales": ["zh_HK"]}, "locales: should hold a locale each"),
        ({"locales": {"zh_HK": "你好"}}, "locales, zh_HK: should hold greeting, menu and ice_breakers"),
    ],
)
def test_what_messenger_would_refuse_is_refused_before(change: dict[str, Any], problem: str) -> None:
    """With the place, the length and the limit."""
    right = {"greeting": "Hello", "menu": [{"title": "Help", "payload": "/help"}], "ice_breakers": []}

    with pytest.raises(profile.ProfileError) as error:
        profile.read_profile(json.dumps({**right, **change}))
    assert problem in str(error.value)


def test_what_fits_exactly_is_taken_and_no_questions_are_no_field() -> None:
    """The limits themselves are within the limits; an empty list is not sent."""
    item = {"title": "x" * 30, "payload": "/help"}
    page = profile.read_profile(json.dumps({"greeting": "x" * 160, "menu": [item] * 20}))

    assert "ice_breakers" not in profile.setup_calls(page, PAGE)[0].body


def test_each_locale_has_a_greeting_a_menu_and_questions_of_its_own() -> None:
    """Meta shows the default to everybody else."""
    page = profile.read_profile(profile.PROFILE.read_text(encoding="utf-8"))
    body = profile.setup_calls(page, PAGE)[0].body

    for name in ("greeting", "persistent_menu", "ice_breakers"):
        assert [each["locale"] for each in body[name]] == ["default", "zh_HK", "zh_TW", "zh_CN"]
    assert body["greeting"][1]["text"].startswith("你好！")
    assert body["persistent_menu"][3]["call_to_actions"][0]["title"] == "开放时间"


@pytest.mark.parametrize("text", ["", "- a list", "a: [", "a: 1\na: 2"])
def test_a_file_that_is_no_profile_is_named(tmp_path: Path, text: str) -> None:
    """The command says so and shows no traceback."""
    (tmp_path / "page.yml").write_text(text)
    result = CliRunner().invoke(doctor.messenger, ["setup", "--dry-run", "--file", str(tmp_path / "page.yml")])

    assert result.exit_code == 1
    assert "page.yml needs a correction" in result.output


@pytest.mark.parametrize(("address", "state"), [(None, "wrong"), ("http://127.0.0.1:9000", "warn")])
def test_a_channel_is_not_to_go_live_without_a_number_for_somebody_in_danger(
    make: Make, tmp_path: Path, address: str | None, state: str
) -> None:
    """With the platforms themselves it is wrong; over a stand-in it is worth a look."""
    with session(sqlite(tmp_path / "store.db"), "test", datetime(2026, 11, 24, tzinfo=UTC)) as changes:
        changes.add(ContactRow(key="c", name="Counselling", phone="", sample="yes", hours="", what_for="", source=""))
    found = look(make(GRAPH_API_URL=address, TWILIO_API_URL=address))
    [contacts] = [each for each in found if each.part == "contacts"]

    assert contacts.state == state
    assert "Counselling" in contacts.says
    assert "Emergency contacts" in contacts.do


def approved(name: str, category: str, *states: tuple[str, str]) -> Answer:
    """An account's templates of one name: (language, status) each."""
    rows = [{"name": name, "category": category, "language": each, "status": status} for each, status in states]
    return says(200, {"data": [*rows, {"name": "another", "language": "en", "status": "APPROVED"}]})


def test_the_templates_that_the_settings_name_are_looked_up(make: Make) -> None:
    """Approved, in each language, in the category that they are for."""
    named = make(
        WHATSAPP_UTILITY_TEMPLATE="news",
        WHATSAPP_TEMPLATE_LANGUAGE="en, zh_HK",
        WHATSAPP_BUSINESS_ACCOUNT_ID=WABA,
        MESSENGER_UTILITY_TEMPLATE="page_news",
        TWILIO_MARKETING_TEMPLATE_SID=CONTENT,
    )
    good = {
        "templates": approved("news", "UTILITY", ("en", "APPROVED"), ("zh_HK", "APPROVED")),
        "page_templates": approved("page_news", "UTILITY", ("en", "APPROVED")),
        "content": says(200, {"whatsapp": {"status": "approved", "category": "MARKETING"}}),
    }
    bad = {
        "templates": approved("news", "UTILITY", ("en", "APPROVED"), ("zh_HK", "REJECTED")),
        "page_templates": approved("another_name", "UTILITY", ("en", "APPROVED")),
        "content": says(200, {"whatsapp": {"status": "approved", "category": "UTILITY"}}),
    }
    moved = {**good, "templates": approved("news", "MARKETING", ("en", "APPROVED"), ("zh_HK", "APPROVED"))}
    fine, wrong, other = (render(look(named, **each)) for each in (good, bad, moved))

    assert "WHATSAPP_UTILITY_TEMPLATE: approved in en, zh_HK." in fine
    assert "MESSENGER_UTILITY_TEMPLATE: approved in en." in fine
    assert "TWILIO_MARKETING_TEMPLATE_SID: approved." in fine
    assert "WHATSAPP_UTILITY_TEMPLATE: not approved in zh_HK (rejected)." in wrong
    assert "MESSENGER_UTILITY_TEMPLATE: the account has no template of this name." in wrong
    assert "TWILIO_MARKETING_TEMPLATE_SID: its category is utility, not marketing." in wrong
    assert "WHATSAPP_UTILITY_TEMPLATE: its category is marketing, not utility." in other


def test_without_the_account_s_id_templates_cannot_be_looked_up(make: Make) -> None:
    """That is worth a word, and no error."""
    found = look(make(WHATSAPP_UTILITY_TEMPLATE="news"))

    assert not any_wrong(found), render(found)
    assert "Set WHATSAPP_BUSINESS_ACCOUNT_ID" in render(found)
