"""The webhooks' routes, through Flask's test client, with a real Messenger channel behind them."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from connectors.errors import StoreUnavailable
from connectors.messages import IncomingMessage
from connectors.messenger import Messenger
from connectors.web import create_app

EVENT = {
    "sender": {"id": "7203344518820931"},
    "timestamp": 1767000000000,
    "message": {"mid": "m_1", "text": "when do you close?"},
}
BODY = json.dumps({"object": "page", "entry": [{"id": "1", "messaging": [EVENT]}]}).encode()
ROUTE = "/webhooks/messenger"


@dataclass
class Site:
    """The application, what it has recorded, and what a test makes of its store and its health."""

    client: FlaskClient = field(init=False)
    recorded: list[tuple[str, IncomingMessage]] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)
    problem: Exception | None = None
    parts: dict[str, tuple[bool, str]] = field(default_factory=dict)

    def record(self, channel: str, messages: Sequence[IncomingMessage], request_id: str) -> None:
        if self.problem:
            raise self.problem
        self.recorded += [(channel, message) for message in messages]
        self.request_ids.append(request_id)

    def post(self, body: bytes, signature: str | None = None, **more: Any) -> Any:
        signature = sign(body) if signature is None else signature
        return self.client.post(ROUTE, data=body, headers={"X-Hub-Signature-256": signature}, **more)


def sign(body: bytes) -> str:
    return "sha256=" + hmac.new(b"app_secret", body, hashlib.sha256).hexdigest()


def build(channel: Messenger) -> Site:
    made = Site()
    made.client = create_app({"messenger": channel}, made.record, lambda: made.parts).test_client()
    return made


@pytest.fixture
def site(build_messenger: Callable[..., Messenger]) -> Site:
    return build(build_messenger())


def test_a_signed_webhook_is_recorded_and_acknowledged(site: Site) -> None:
    """200 once the events are stored, with an id for the request."""
    assert site.post(BODY).status_code == 200
    [(channel, message)] = site.recorded
    assert (channel, message.id, message.text) == ("messenger", "m_1", "when do you close?")
    assert site.request_ids[0]


@pytest.mark.parametrize("signature", ["", "sha256=00", "sha256=ä", sign(BODY + b" "), sign(BODY).upper()])
def test_a_wrong_signature_is_403_and_nothing_is_recorded(site: Site, signature: str) -> None:
    """Whatever the header holds."""
    assert site.post(BODY, signature).status_code == 403
    assert site.recorded == []


def test_a_missing_signature_is_403(site: Site) -> None:
    """No header at all."""
    assert site.client.post(ROUTE, data=BODY).status_code == 403


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"{}"])
def test_a_signed_body_of_another_form_is_400(site: Site, body: bytes) -> None:
    """Signed, but not what Meta sends."""
    assert site.post(body).status_code == 400
    assert site.recorded == []


def test_no_signed_body_is_a_server_error(site: Site) -> None:
    """Bad input is 200 or 400, never 5xx."""

    @given(body=st.binary(max_size=200))
    def holds(body: bytes) -> None:
        assert site.post(body).status_code in {200, 400}

    holds()


def test_four_mebibytes_are_taken_and_more_is_413(site: Site) -> None:
    """The cap is on the body, said or streamed."""
    padding = b" " * (4 * 1024 * 1024 - len(BODY))
    assert site.post(BODY + padding).status_code == 200
    assert site.post(BODY + padding + b" ").status_code == 413


def test_a_store_that_is_down_is_503(site: Site) -> None:
    """The platform is to deliver it again."""
    site.problem = StoreUnavailable("OperationalError")
    assert site.post(BODY).status_code == 503


def test_a_fault_of_ours_shows_no_traceback(site: Site) -> None:
    """Whatever breaks, the caller learns nothing of our insides, and delivers it again."""
    site.problem = RuntimeError("password in here")
    response = site.post(BODY)
    assert response.status_code == 503
    assert "password" not in response.text
    assert "Traceback" not in response.text


def test_the_handshake_is_the_bare_challenge_as_plain_text(site: Site) -> None:
    """A stranger's word is never served as a page."""
    query = {"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "<script>1</script>"}
    response = site.client.get(ROUTE, query_string=query)
    assert (response.status_code, response.text) == (200, "<script>1</script>")
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("token", ["wrong", "wörd", ""])
def test_a_handshake_with_another_token_is_403(site: Site, token: str) -> None:
    """And the challenge stays unanswered."""
    query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
    response = site.client.get(ROUTE, query_string=query)
    assert response.status_code == 403
    assert "1158201444" not in response.text


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", ["whatsapp", "nothing"])
def test_a_channel_that_is_off_is_404(site: Site, method: str, name: str) -> None:
    """The route exists only for channels that are on."""
    assert getattr(site.client, method)(f"/webhooks/{name}").status_code == 404


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_405(site: Site, method: str) -> None:
    """Platforms GET and POST."""
    assert getattr(site.client, method)(ROUTE).status_code == 405


def test_the_log_has_a_line_a_webhook_and_no_personal_data(site: Site) -> None:
    """Channel, outcome, number of events and time; neither words nor ids."""
    with capture_logs() as lines:
        site.post(BODY)
        site.post(BODY, "sha256=00")
    assert [(line["event"], line["channel"], line["events"]) for line in lines] == [
        ("webhook", "messenger", 1),
        ("webhook", "messenger", 0),
    ]
    assert all(line["ms"] >= 0 and line["outcome"] for line in lines)
    everything = json.dumps(lines)
    assert not any(secret in everything for secret in ("7203344518820931", "m_1", "close", "app_secret"))


def test_alive(site: Site) -> None:
    """The web process answers, whatever the other parts do."""
    site.parts = {"store": (False, "down")}
    assert site.client.get("/healthz").status_code == 200


def test_ready_when_every_part_is(site: Site) -> None:
    """200 with every part, 503 when one is missing, and which."""
    site.parts = {"store": (True, "sqlite"), "rasa": (True, "ready")}
    assert site.client.get("/readyz").status_code == 200
    site.parts["rasa"] = (False, "no model is loaded yet")
    response = site.client.get("/readyz")
    assert response.status_code == 503
    assert response.get_json() == {
        "store": {"ok": True, "note": "sqlite"},
        "rasa": {"ok": False, "note": "no model is loaded yet"},
    }


def test_metrics_count_webhooks(site: Site) -> None:
    """Prometheus can tell stored from refused."""
    site.post(BODY)
    site.post(BODY, "sha256=00")
    counted = [
        line for line in site.client.get("/metrics").text.splitlines() if line.startswith("carrel_webhooks_total")
    ]
    assert len(counted) == 2
    assert all(line.endswith(" 1.0") for line in counted)


def test_metrics_count_webhooks_while_the_store_is_down(build_messenger: Callable[..., Messenger]) -> None:
    """What is refused then is what an operator looks for."""
    channel = build_messenger()

    def record(*_: object) -> None:
        raise StoreUnavailable("OperationalError")

    def figures() -> list[Any]:
        raise OSError("the store is down")

    client = create_app({"messenger": channel}, record, dict, figures).test_client()
    client.post(ROUTE, data=BODY, headers={"X-Hub-Signature-256": sign(BODY)})
    told = client.get("/metrics")

    assert told.status_code == 200
    assert "carrel_figures_told 0.0" in told.text
    assert 'outcome="the store is not available, deliver it again"} 1.0' in told.text
