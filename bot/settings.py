"""The settings: environment and `.env`, read once, checked, into one frozen value.

Each setting is documented in `.env.example`; a test holds the two together.
"""

from __future__ import annotations

import difflib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dotenv import dotenv_values

T = TypeVar("T")


class SettingsError(Exception):
    """One or more settings are wrong. The text has a line a problem: which setting, and what it should be."""


@dataclass(frozen=True)
class MessengerSettings:
    """A Facebook page and the app that speaks for it."""

    page_id: str
    page_access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)


@dataclass(frozen=True)
class WhatsAppSettings:
    """A WhatsApp number at Meta's Cloud API."""

    phone_number_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    verify_token: str = field(repr=False)


@dataclass(frozen=True)
class TwilioSettings:
    """A WhatsApp number at Twilio, as `whatsapp:+…`."""

    account_sid: str
    auth_token: str = field(repr=False)
    whatsapp_number: str


@dataclass(frozen=True)
class Settings:
    """Everything that the environment decides. Secrets stay out of `repr`."""

    host: str
    port: int
    public_url: str
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    rasa_url: str
    actions_port: int
    timezone: ZoneInfo
    secret_key: str = field(repr=False)
    messenger: MessengerSettings | None
    whatsapp: WhatsAppSettings | None
    twilio: TwilioSettings | None
    graph_api_url: str
    graph_api_version: str
    twilio_api_url: str
    stale_after_seconds: int
    answer_threads: int
    var: Path
    models: Path


CHANNELS: Mapping[str, tuple[type, tuple[str, ...]]] = {
    "messenger": (
        MessengerSettings,
        (
            "MESSENGER_PAGE_ID",
            "MESSENGER_PAGE_ACCESS_TOKEN",
            "MESSENGER_APP_SECRET",
            "MESSENGER_VERIFY_TOKEN",
        ),
    ),
    "whatsapp": (
        WhatsAppSettings,
        ("WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_ACCESS_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"),
    ),
    "twilio": (TwilioSettings, ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_WHATSAPP_NUMBER")),
}

PLAIN = (
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "RASA_URL",
    "ACTIONS_PORT",
    "LIBRARY_TIMEZONE",
    "SECRET_KEY",
    "GRAPH_API_URL",
    "GRAPH_API_VERSION",
    "TWILIO_API_URL",
    "STALE_AFTER_SECONDS",
    "ANSWER_THREADS",
    "CARREL_VAR",
    "CARREL_MODELS",
)

NAMES: tuple[str, ...] = PLAIN + tuple(name for _, names in CHANNELS.values() for name in names)
# Read by the processes that Carrel starts, not by Carrel: welcome in .env, and none of our business here.
FOREIGN = re.compile(r"^(RASA_|ACTION|HF_|TF_|UV_|PIP_|LOG_|CARREL_|PYTHON|POSTGRES_|BENCH_)")


def _text(value: str) -> str:
    return value


def _port(value: str) -> int:
    number = int(value)
    if not 1 <= number <= 65535:
        raise ValueError
    return number


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError
    return number


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    _ = parts.port  # raises ValueError when it is no number
    return value.rstrip("/")


def _database(value: str) -> str:
    # Heroku and others still hand out the scheme that SQLAlchemy 1.4 has dropped.
    value = re.sub(r"^postgres://", "postgresql://", value)
    if not re.match(r"^(sqlite:///|postgresql(\+\w+)?://)", value):
        raise ValueError
    return value


def _redis(value: str) -> str:
    if urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError
    return value


def _version(value: str) -> str:
    if not re.fullmatch(r"v\d+\.\d+", value):
        raise ValueError
    return value


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError from error


def _secret(value: str) -> str:
    if len(value) < 16:
        raise ValueError
    return value


class _Reader:
    """Reads settings one by one and keeps every problem, so that a person mends all of them in one go."""

    def __init__(self, values: Mapping[str, str]) -> None:
        # An empty value is how .env files say "unset".
        self.values = {name: value.strip() for name, value in values.items() if value.strip()}
        self.problems: list[str] = []

    def read(self, name: str, default: T, check: Callable[[str], T], should: str, *, secret: bool = False) -> T:
        value = self.values.get(name)
        if value is None:
            return default
        try:
            return check(value)
        except ValueError:
            shown = "its value" if secret else repr(value)
            self.problems.append(f"{name}: {shown} is not right; it should be {should}.")
            return default

    def channel(self, name: str) -> Any:
        kind, names = CHANNELS[name]
        missing = [each for each in names if each not in self.values]
        if len(missing) == len(names):
            return None
        if missing:
            self.problems.append(
                f"{', '.join(missing)}: missing. The {name} channel needs all of {', '.join(names)}, or none of them."
            )
            return None
        if name == "twilio" and not re.fullmatch(r"whatsapp:\+\d{6,15}", self.values["TWILIO_WHATSAPP_NUMBER"]):
            self.problems.append(
                f"TWILIO_WHATSAPP_NUMBER: {self.values['TWILIO_WHATSAPP_NUMBER']!r} is not right; "
                "it should be whatsapp:+ and the number with its country code, for example whatsapp:+14155238886."
            )
        return kind(*(self.values[each] for each in names))


def kept_secret(var: Path) -> str:
    """Return the key kept in `var/secret_key`, made there on first use and readable by its owner alone."""
    path = var / "secret_key"
    var.mkdir(parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    return path.read_text().strip()


def read_settings(environment: Mapping[str, str] | None = None, env_file: Path | None = Path(".env")) -> Settings:
    """Read the settings: `environment` (default: this process's) wins over `env_file`.

    Raises SettingsError with a line for every setting that is wrong.
    """
    environment = os.environ if environment is None else environment
    in_file = {name: value or "" for name, value in dotenv_values(env_file).items()} if env_file else {}
    reader = _Reader({**in_file, **{name: environment[name] for name in NAMES if name in environment}})
    for name in in_file:
        if name not in NAMES and not FOREIGN.match(name):
            near = difflib.get_close_matches(name, NAMES, n=1)
            hint = f"did you mean {near[0]}?" if near else "see .env.example for the names there are."
            reader.problems.append(f"{name}: {env_file} sets it, but there is no such setting; {hint}")

    read = reader.read
    host = read("HOST", "127.0.0.1", _text, "a host name or an address")
    port = read("PORT", 8000, _port, "a port from 1 to 65535")
    var = Path(read("CARREL_VAR", "var", _text, "a folder"))
    web = "a web address such as https://bot.library.example"
    settings = Settings(
        host=host,
        port=port,
        public_url=read("PUBLIC_URL", f"http://{host}:{port}", _web_address, web),
        database_url=read(
            "DATABASE_URL",
            f"sqlite:///{var}/carrel.db",
            _database,
            "sqlite:///path/to/file.db or postgresql://user:password@host/database",
            secret=True,
        ),
        redis_url=read("REDIS_URL", None, _redis, "redis://host:6379/0", secret=True),
        rasa_url=read("RASA_URL", "http://127.0.0.1:5005", _web_address, "a web address such as http://127.0.0.1:5005"),
        actions_port=read("ACTIONS_PORT", 5055, _port, "a port from 1 to 65535"),
        timezone=read(
            "LIBRARY_TIMEZONE", ZoneInfo("Asia/Hong_Kong"), _zone, "an IANA time zone such as Asia/Hong_Kong"
        ),
        secret_key=read("SECRET_KEY", "", _secret, "16 characters or more", secret=True),
        messenger=reader.channel("messenger"),
        whatsapp=reader.channel("whatsapp"),
        twilio=reader.channel("twilio"),
        graph_api_url=read("GRAPH_API_URL", "https://graph.facebook.com", _web_address, web),
        graph_api_version=read("GRAPH_API_VERSION", "v26.0", _version, "a version such as v26.0"),
        twilio_api_url=read("TWILIO_API_URL", "https://api.twilio.com", _web_address, web),
        stale_after_seconds=read("STALE_AFTER_SECONDS", 3600, _positive, "a number of seconds, 1 or more"),
        answer_threads=read("ANSWER_THREADS", 4, _positive, "a number of threads, 1 or more"),
        var=var,
        models=Path(read("CARREL_MODELS", "models", _text, "a folder")),
    )
    if reader.problems:
        raise SettingsError("\n".join(reader.problems))
    if settings.secret_key:
        return settings
    return Settings(**{**settings.__dict__, "secret_key": kept_secret(var)})
