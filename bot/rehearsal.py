"""`carrel simulate`: the real path, from a signed webhook to the platform call, with a stand-in for the platform.

Where the running Carrel has a Messenger channel that calls this machine, the rehearsal uses it. Otherwise it starts a
web process and a worker of its own, with a made-up page, a database of their own for the conversation and the running
Rasa, and ends them afterwards: nothing needs to be configured, and no real page is touched.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bot import processes
from bot.settings import MessengerSettings, Settings, SettingsError
from bot.simulator import chat

Progress = Callable[[str], Callable[[], None]]


def rehearse_messenger(settings: Settings, says: list[str], progress: Progress) -> int:
    """Chat as a student on Messenger. Returns the exit code: 0, or 1 when a message got no answer.

    Raises SettingsError when Rasa is not there to answer.
    """
    stand_in = urlsplit(settings.graph_api_url)
    if settings.messenger and stand_in.hostname in processes.LOCAL and not _listens(settings.graph_api_url):
        return _chat(settings.messenger, settings.public_url, stand_in.port or 80, says)
    if not _listens(settings.rasa_url):
        raise SettingsError(f"RASA_URL: nothing answers at {settings.rasa_url}. Start Carrel first: make run")
    with tempfile.TemporaryDirectory(prefix="carrel-") as folder:
        return _private(settings, Path(folder), says, progress)


def _chat(page: MessengerSettings, public_url: str, graph_port: int, says: list[str]) -> int:
    return chat.run(
        page_id=page.page_id,
        app_secret=page.app_secret,
        verify_token=page.verify_token,
        access_token=page.page_access_token,
        webhook_url=f"{public_url}/webhooks/messenger",
        graph_port=graph_port,
        says=says,
        out=sys.stdout,
        inp=sys.stdin,
    )


def _private(settings: Settings, folder: Path, says: list[str], progress: Progress) -> int:
    page = MessengerSettings("1000000000000", *(secrets.token_urlsafe(24) for _ in range(3)))
    web_port, graph_port = _free_port(), _free_port()
    public_url = f"http://127.0.0.1:{web_port}"
    private = {
        "HOST": "127.0.0.1",
        "PORT": str(web_port),
        "PUBLIC_URL": public_url,
        "GRAPH_API_URL": f"http://127.0.0.1:{graph_port}",
        "DATABASE_URL": f"sqlite:///{folder}/rehearsal.db",
        "REDIS_URL": "",
        "CARREL_VAR": str(folder),
        "SECRET_KEY": settings.secret_key,
        "MESSENGER_PAGE_ID": page.page_id,
        "MESSENGER_PAGE_ACCESS_TOKEN": page.page_access_token,
        "MESSENGER_APP_SECRET": page.app_secret,
        "MESSENGER_VERIFY_TOKEN": page.verify_token,
    }
    environment = {**os.environ, **processes.environment(settings), **private}
    web = processes.Program(
        "web",
        tuple(
            part.replace(f"{settings.host}:{settings.port}", f"127.0.0.1:{web_port}")
            for part in processes.web_program(settings).command
        ),
    )
    done = progress("Starting a web process and a worker for a made-up page …")
    subprocess.run(processes.carrel("prepare"), env=environment, check=True, capture_output=True)  # noqa: S603
    with (folder / "log").open("wb") as log:
        running = [
            subprocess.Popen(program.command, env=environment, stdout=log, stderr=log)  # noqa: S603
            for program in (web, processes.worker_program())
        ]
        try:
            _wait(f"{public_url}/readyz", running)
            done()
            return _chat(page, public_url, graph_port, says)
        finally:
            done()
            for process in running:
                process.terminate()
            for process in running:
                process.wait(timeout=30)


def _wait(address: str, running: list[subprocess.Popen[bytes]], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    state = "the web process does not answer"
    while time.monotonic() < until and all(process.poll() is None for process in running):
        try:
            response = httpx.get(address, timeout=2.0)
            if response.status_code == 200:
                return
            state = ", ".join(name for name, part in response.json().items() if not part["ok"])
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise SettingsError(f"The rehearsal did not get ready: {state}. Is Carrel running? Start it: make run")


def _listens(address: str) -> bool:
    parts = urlsplit(address)
    return processes.answers(parts.hostname or "127.0.0.1", parts.port or 80)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
