"""Webhooks over HTTP: the only connectors module that uses Flask."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import urljoin

import structlog
from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, generate_latest
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from connectors.channel import Channel, WebhookRequest
from connectors.errors import PayloadError, SignatureError, StoreUnavailable
from connectors.messages import IncomingMessage

log = structlog.get_logger("carrel.web")

MOST_BYTES = 4 * 1024 * 1024

Record = Callable[[str, Sequence[IncomingMessage], str], None]
Figures = Callable[[], Iterable[tuple[str, str, Mapping[str, str], float]]]
Health = Callable[[], Mapping[str, tuple[bool, str]]]


def create_app(channels: Mapping[str, Channel], record: Record, health: Health, figures: Figures = lambda: ()) -> Flask:
    """Return the application.

    `record` stores a webhook's events, given channel, events and request id; it raises StoreUnavailable when it can't.
    `health` returns for each part of Carrel whether it is ready, with a note. `figures` are reported at /metrics in
    addition to the webhooks: name, meaning, labels, value.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    registry = CollectorRegistry()
    webhooks = Counter("carrel_webhooks", "Webhooks by channel and outcome", ["channel", "outcome"], registry=registry)

    def done(
        channel: str, status: int, outcome: str, started: float, events: int = 0, request_id: str = ""
    ) -> Response:
        webhooks.labels(channel, outcome).inc()
        ms = round((time.perf_counter() - started) * 1000, 1)
        log.info(
            "webhook", channel=channel, status=status, outcome=outcome, events=events, ms=ms, request_id=request_id
        )
        return _plain(outcome if status != 200 else "ok", status)

    @app.get("/webhooks/<name>")
    def handshake(name: str) -> Response:
        channel = channels.get(name)
        if channel is None:
            return _plain("no such channel is switched on", 404)
        try:
            return _plain(channel.handshake(_request()))
        except SignatureError as error:
            log.warning("handshake_refused", channel=name, why=str(error))
            return _plain("wrong verify token", 403)

    @app.post("/webhooks/<name>")
    @app.post("/webhooks/<name>/status")
    def webhook(name: str) -> Response:
        started = time.perf_counter()
        channel = channels.get(name)
        if channel is None:
            return _plain("no such channel is switched on", 404)
        try:
            asked = _request()
            channel.verify(asked)
            messages = channel.parse(asked)
        except RequestEntityTooLarge:
            return done(name, 413, "larger than 4 MiB", started)
        except SignatureError:
            return done(name, 403, "wrong or missing signature", started)
        except PayloadError as error:
            return done(name, 400, f"not a webhook of this platform: {error}", started)
        request_id = uuid.uuid4().hex
        try:
            record(name, messages, request_id)
        except StoreUnavailable:
            return done(name, 503, "the store is not available, deliver it again", started, len(messages), request_id)
        answer = done(name, 200, "stored", started, len(messages), request_id)
        body, kind = channel.acknowledgement
        answer.set_data(body)
        answer.content_type = f"{kind}; charset=utf-8"
        return answer

    @app.get("/healthz")
    def healthz() -> Response:
        return _plain("ok")

    @app.get("/readyz")
    def readyz() -> Response:
        parts = health()
        ready = all(ok for ok, _ in parts.values())
        # One line per part, so that somebody using curl sees at once which one is missing.
        lines = (f"{json.dumps(name)}: {json.dumps({'ok': ok, 'note': note})}" for name, (ok, note) in parts.items())
        body = "{\n" + ",\n".join(lines) + "\n}\n"
        return Response(body, 200 if ready else 503, content_type="application/json")

    @app.get("/metrics")
    def metrics() -> Response:
        now = CollectorRegistry()
        gauges: dict[str, Gauge] = {}
        try:
            told, there = list(figures()), 1.0
        except Exception as error:  # whatever is down, still report the counts from here: they are needed most then
            log.warning("figures_missing", error=type(error).__name__)
            told, there = [], 0.0
        Gauge("carrel_figures_told", "0: the store or the queue does not answer", registry=now).set(there)
        for name, meaning, labels, value in told:
            if name not in gauges:
                gauges[name] = Gauge(name, meaning, list(labels), registry=now)
            (gauges[name].labels(*labels.values()) if labels else gauges[name]).set(value)
        return Response(generate_latest(registry) + generate_latest(now), content_type=CONTENT_TYPE_LATEST)

    @app.errorhandler(Exception)
    def anything(error: Exception) -> AnyResponse:
        if isinstance(error, HTTPException):
            return _plain(str(error.name).lower(), error.code or 500)
        log.error("request_failed", path=request.url_rule.rule if request.url_rule else "", error=type(error).__name__)
        # 503, not 500: whatever it was, the platform should redeliver it.
        return _plain("a fault of ours, deliver it again", 503)

    return app


def _request() -> WebhookRequest:
    """Return Flask's request as a WebhookRequest. Raises RequestEntityTooLarge."""
    return WebhookRequest(
        method=request.method,
        # As received, since Twilio signs the URL: Flask's own has its escapes decoded.
        url=urljoin(request.root_url, request.environ.get("REQUEST_URI") or request.full_path.rstrip("?")),
        query=request.args.to_dict(),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(cache=False),
    )


def _plain(text: str, status: int = 200) -> Response:
    """Return plain text that no browser treats as a page: a challenge is untrusted input."""
    return Response(
        text, status, content_type="text/plain; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"}
    )
