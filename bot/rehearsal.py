"""`carrel simulate`: the real path, from a signed webhook to the platform call, with a stand-in for the platform.

If the running Carrel has the channel and calls this machine on it, the rehearsal uses it. Otherwise it starts a web
process and a worker of its own, with a made-up account, their own database for the conversation and the running Rasa,
and stops them afterwards: nothing needs to be configured, and no real account is touched.
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
from bot.settings import MessengerSettings, Settings, SettingsError, TwilioSettings, WhatsAppSettings
from bot.simulator import chat

Progress = Callable[[str], Callable[[], None]]
Account = MessengerSettings | WhatsAppSettings | TwilioSettings
# The settings of each channel, as suffixes of their environment names.
_PARTS = {
    "messenger": ("page_id", "page_access_token", "app_secret", "verify_token"),
    "whatsapp": ("phone_number_id", "access_token", "app_secret", "verify_token"),
    "twilio": ("account_sid", "auth_token", "whatsapp_number"),
}


def rehearse(name: str, settings: Settings, says: list[str], progress: Progress) -> int:
    """Chat as a student on the channel `name`. Returns the exit code: 0, or 1 when a message got no answer.

    Raises SettingsError when Rasa isn't available.
    """
    account, api = _account(name, settings), _api(name, settings)
    if account and urlsplit(api).hostname in processes.LOCAL and not _listens(api):
        return _chat(name, account, settings.public_url, urlsplit(api).port or 80, says)
    if not _listens(settings.rasa_url):
        raise SettingsError(f"RASA_URL: nothing answers at {settings.rasa_url}. Start Carrel first: make run")
    with tempfile.TemporaryDirectory(prefix="carrel-") as folder:
        return _private(name, settings, Path(folder), says, progress)


def _account(name: str, settings: Settings) -> Account | None:
    accounts: dict[str, Account | None] = {
        "messenger": settings.messenger,
        "whatsapp": settings.whatsapp,
        "twilio": settings.twilio,
    }
    return accounts[name]


def _api(name: str, settings: Settings) -> str:
    return settings.twilio_api_url if name == "twilio" else settings.graph_api_url


def _made_up(name: str) -> Account:
    one, two, three = (secrets.token_urlsafe(24) for _ in range(3))
    if name == "messenger":
        return MessengerSettings("1000000000000", one, two, three)
    if name == "whatsapp":
        return WhatsAppSettings("100000000000000", one, two, three)
    return TwilioSettings(f"AC{secrets.token_hex(16)}", one, "whatsapp:+15550001111")


def _chat(name: str, account: Account, public_url: str, port: int, says: list[str]) -> int:
    webhook_url = f"{public_url}/webhooks/{name}"
    if isinstance(account, TwilioSettings):
        return chat.run_twilio(
            account_sid=account.account_sid,
            auth_token=account.auth_token,
            number=account.whatsapp_number,
            webhook_url=webhook_url,
            api_port=port,
            says=says,
            out=sys.stdout,
            inp=sys.stdin,
        )
    if isinstance(account, WhatsAppSettings):
        return chat.run_whatsapp(
            phone_number_id=account.phone_number_id,
            app_secret=account.app_secret,
            verify_token=account.verify_token,
            access_token=account.access_token,
            webhook_url=webhook_url,
            graph_port=port,
            says=says,
            out=sys.stdout,
            inp=sys.stdin,
        )
    return chat.run(
        page_id=account.page_id,
        app_secret=account.app_secret,
        verify_token=account.verify_token,
        access_token=account.page_access_token,
        webhook_url=webhook_url,
        graph_port=port,
        says=says,
        out=sys.stdout,
        inp=sys.stdin,
    )


def _private(name: str, settings: Settings, folder: Path, says: list[str], progress: Progress) -> int:
    account = _made_up(name)
    web_port, api_port = _free_port(), _free_port()
    public_url = f"http://127.0.0.1:{web_port}"
    prefix = name.upper()
    # Only this channel: the others' settings, perhaps real ones, have no place in a rehearsal.
    others = {f"{other.upper()}_{part.upper()}": "" for other, parts in _PARTS.items() for part in parts}
    private = {
        **others,
        "HOST": "127.0.0.1",
        "PORT": str(web_port),
        "PUBLIC_URL": public_url,
        ("TWILIO_API_URL" if name == "twilio" else "GRAPH_API_URL"): f"http://127.0.0.1:{api_port}",
        "DATABASE_URL": f"sqlite:///{folder}/rehearsal.db",
        "REDIS_URL": "",
        "CARREL_VAR": str(folder),
        "SECRET_KEY": settings.secret_key,
        **{f"{prefix}_{part.upper()}": getattr(account, part) for part in _PARTS[name]},
    }
    environment = {**os.environ, **processes.environment(settings), **private}
    done = progress("Starting a web process and a worker for a made-up account …")
    subprocess.run(processes.carrel("prepare"), env=environment, check=True, capture_output=True)  # noqa: S603
    with (folder / "log").open("wb") as log:
        running = [
            subprocess.Popen(program.command, env=environment, stdout=log, stderr=log)  # noqa: S603
            for program in (processes.web_program(), processes.worker_program())
        ]
        try:
            _wait(f"{public_url}/readyz", running)
            done()
            return _chat(name, account, public_url, api_port, says)
        finally:
            done()
            for process in running:
                process.terminate()
            for process in running:
                process.wait(timeout=30)


def _wait(address: str, running: list[subprocess.Popen[bytes]], seconds: float = 90.0) -> None:
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
