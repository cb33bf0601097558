"""200 connections held open cost no webhook its answer: at the web process itself, and through the shipped nginx."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.server import Limits
from bot.simulator.messenger_client import MessengerClient
from tests.deploy.slow import delivered, held_open
from tests.e2e.browsing import PASSWORD, let_in
from tests.e2e.console_client import Visitor
from tests.needed import missing
from tests.stack import APP_SECRET, PAGE_ID, ROOT, VERIFY_TOKEN, Stack, binary, free_port, listens, until
from tests.stores import sqlite

pytestmark = pytest.mark.slow

HELD, WEBHOOKS = 200, 100


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A web process of its own, with nobody who answers."""
    folder = tmp_path_factory.mktemp("web")
    stack = Stack(folder / "var", folder, 9)
    stack.prepare()
    engine = sqlite(stack.folder / "carrel.db")
    let_in(engine, lib="librarian")
    engine.dispose()
    with stack.log.open("wb") as log:
        command = [binary("carrel"), "web"]
        process = subprocess.Popen(command, cwd=ROOT, env=stack.environment(), stdout=log, stderr=log)
        try:
            until(lambda: listens(stack.port), 60, "the web process did not start")
            yield stack
        finally:
            process.terminate()
            assert process.wait(30) == 0


@pytest.fixture
def nginx(web: Stack, tmp_path: Path) -> Iterator[int]:
    """The shipped nginx before it, on ports of this test's own; gives that of TLS."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not found:
        missing("there is no nginx here")
    port = free_port()
    written = configured(tmp_path, web.port, port)
    process = subprocess.Popen([found, "-e", "stderr", "-c", str(written)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: listens(port), 20, "nginx did not start")
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def configured(folder: Path, web: int, port: int) -> Path:
    """Return a whole configuration around the shipped file, with the names and ports of this machine."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x"]
    keys = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run([*command, *keys], capture_output=True, check=True)
    text = (ROOT / "deploy" / "nginx" / "carrel.conf").read_text().replace("/etc/nginx/tls", str(folder))
    text = re.sub(r"server \w+:8000", f"server 127.0.0.1:{web}", text)
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}").replace(
        "listen 80", f"listen 127.0.0.1:{free_port()}"
    )
    (folder / "carrel.conf").write_text(re.sub(r"listen \[::\].*\n", "", text))
    temporary = "".join(f"{name}_temp_path {folder};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    whole = f"{temporary} access_log off; include {folder}/carrel.conf;"
    (folder / "nginx.conf").write_text(f"daemon off; pid {folder}/pid; events {{}} http {{ {whole} }}")
    return folder / "nginx.conf"


def student(url: str) -> MessengerClient:
    """Return a platform that gives up after a second or two, as Meta's would after five."""
    limits = httpx.Limits(max_keepalive_connections=0)  # each webhook has to get in
    client = httpx.Client(timeout=3, verify=False, limits=limits)  # noqa: S501 - a certificate of our own
    return MessengerClient(f"{url}/webhooks/messenger", PAGE_ID, APP_SECRET, VERIFY_TOKEN, client=client)


def test_webhooks_are_acknowledged_while_connections_are_held_open(web: Stack) -> None:
    """At the process itself: headers and bodies that never end, idle ones, some without a word."""
    with held_open(web.port, HELD) as slow:
        took = delivered(student(web.url), WEBHOOKS)
        assert len(took) == WEBHOOKS
        # Meanwhile the slow ones were there: it was not by closing them that the webhooks got in.
        assert slow.still_open() > HELD / 2


def test_webhooks_are_acknowledged_through_the_shipped_nginx(web: Stack, nginx: int) -> None:
    """With TLS, where the slow ones come from the same address as the platform's."""
    with held_open(nginx, HELD, tls=True) as slow:
        took = delivered(student(f"https://127.0.0.1:{nginx}"), WEBHOOKS)
        assert len(took) == WEBHOOKS
        assert slow.still_open() > HELD / 2


def test_who_takes_too_long_is_closed_however_it_drips(web: Stack) -> None:
    """Headers within ten seconds, a request within thirty, whatever comes a byte at a time."""
    limits = Limits()
    with held_open(web.port, 8) as slow:
        # Two of eight owe headers, two a body; idle ones may stay.
        until(lambda: slow.still_open() <= 6, limits.headers + 20, "slow headers are not closed")
        until(lambda: slow.still_open() <= 4, limits.whole + 20, "slow bodies are not closed")


def test_more_connections_than_there_may_be_keep_nobody_out(web: Stack) -> None:
    """The oldest that wait for their clients give way."""
    with held_open(web.port, Limits().connections + 50):
        assert len(delivered(student(web.url), 20)) == 20


def test_pages_that_hang_take_no_thread_from_webhooks(web: Stack) -> None:
    """More live streams and pages at once than there are threads: webhooks have their own."""
    visitor = Visitor(web.url, "lib", PASSWORD)
    pause = threading.Event()

    def watch() -> None:
        while not pause.is_set():
            visitor.stream("/console/inbox/live", pause)

    watching = [threading.Thread(target=watch, daemon=True) for _ in range(50)]
    for each in watching:
        each.start()
    try:
        assert len(delivered(student(web.url), WEBHOOKS)) == WEBHOOKS
        assert visitor.get("/console/inbox").status_code == 200
    finally:
        pause.set()
        for each in watching:
            each.join(20)


def test_seats_come_back_from_heads_and_from_who_goes_away(web: Stack) -> None:
    """Whoever asks by HEAD, or leaves in the middle, leaves room for a librarian's inbox."""
    visitor = Visitor(web.url, "lib", PASSWORD)
    for _ in range(40):
        assert visitor.head("/console/inbox/live").status_code == 200
    for _ in range(40):
        visitor.begin("/console/inbox/live")

    until(lambda: visitor.begin("/console/inbox/live") == 200, 5, "no seat is left")
