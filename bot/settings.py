"""The settings: environment and `.env`, read once, validated, into one frozen value.

Each setting is documented in `.env.example`; a test keeps the two in sync.
"""

from __future__ import annotations

import difflib
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from dotenv import dotenv_values

from bot import setting_kinds as kinds
from bot.setting_kinds import MailServer

T = TypeVar("T")


class SettingsError(Exception):
    """One or more settings are wrong. The text has one line per problem: which setting, and what it should be."""


# The real platforms. Any other URL is a stand-in.
GRAPH, TWILIO = "https://graph.facebook.com", "https://api.twilio.com"


@dataclass(frozen=True)
class MessengerSettings:
    """A Facebook page and its app."""

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
class SingleSignOnSettings:
    """The campus's OpenID Connect provider, for the console."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True)
class HandoverSettings:
    """How a conversation goes to a person and back.

    `silence_minutes`: the bot returns after staff have been silent for this long. `remind_minutes`: staff are mailed
    about anyone who has waited this long, again after each such interval. The templates and `human_agent` are what the
    platforms have allowed for staff messages after 24 hours.
    """

    silence_minutes: int
    remind_minutes: int
    human_agent: bool
    whatsapp_template: str
    whatsapp_template_languages: tuple[str, ...]
    twilio_template: str


@dataclass(frozen=True)
class UnaskedSettings:
    """Messages that nobody has just asked for: subscriptions and announcements.

    Nobody is disturbed from `quiet_from` to `quiet_until`, hours of the library's day. The templates are those that the
    platforms have approved for such messages. An announcement to more than `approval_above` people needs the approval
    of a second person.
    """

    quiet_from: int
    quiet_until: int
    messenger_utility: str
    messenger_languages: tuple[str, ...]
    whatsapp_utility: str
    whatsapp_marketing: str
    whatsapp_account: str
    twilio_utility: str
    twilio_marketing: str
    approval_above: int


@dataclass(frozen=True)
class MailSettings:
    """Where staff get reminders and the daily digest, at `digest_hour` of the library's day."""

    server: MailServer
    sender: str
    staff: tuple[str, ...]
    digest_hour: int


@dataclass(frozen=True)
class Settings:
    """Everything configured by the environment. Secrets stay out of `repr`."""

    host: str
    port: int
    public_url: str
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    rasa_url: str
    rasa_token: str = field(repr=False)
    actions_port: int
    actions_url: str
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
    memory_times: float
    single_sign_on: SingleSignOnSettings | None
    gate: Mapping[str, float]
    second_approver: bool
    session_idle_hours: int
    session_days: int
    handover: HandoverSettings
    unasked: UnaskedSettings
    mail: MailSettings | None
    privacy_url: str
    keep: Mapping[str, int]
    forgotten_key: str = field(repr=False)
    contest_storage: str
    contest_facebook: str
    whatsapp_shown_number: str
    var: Path
    models: Path

    def is_real(self, channel: str) -> bool:
        """Return whether a channel reaches the real platform, and so students, rather than a stand-in."""
        return self.twilio_api_url == TWILIO if channel == "twilio" else self.graph_api_url == GRAPH

    def privacy_link(self, language: str) -> str:
        """Return where the privacy statement is: the university's page, or Carrel's own in a language."""
        return self.privacy_url or f"{self.public_url}/privacy" + ("" if language == "en" else f"?lang={language}")


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
MAIL = ("SMTP_URL", "MAIL_FROM", "STAFF_MAIL")
SINGLE_SIGN_ON = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")

# How much worse a new model may be before the gate stops it: see bot.retraining.gate.Thresholds.
GATE: Mapping[str, float] = {
    "ACCURACY_LOSS": 0.01,
    "REVIEWED_LOSS": 0.02,
    "INTENT_LOSS": 0.25,
    "DECLINED_LOSS": 0.05,
    "CALIBRATION": 0.03,
    "LATENCY": 2.0,
    "CONTRADICTIONS": 0.1,
    "DOUBTFUL": 0.4,
    "CHANGED": 0.3,
}

# For how many days each kind of data is kept: see bot.store.retention. BACKUP says how long the backups live.
KEEP: Mapping[str, int] = {
    "WORDS": 180,
    "ATTACHMENTS": 30,
    "RASA": 30,
    "PEOPLE": 365,
    "AUDIT": 730,
    "REQUESTS": 1095,
    "BACKUP": 14,
}

PLAIN = (
    "HOST",
    "PORT",
    "PUBLIC_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "RASA_URL",
    "RASA_TOKEN",
    "ACTIONS_PORT",
    "ACTIONS_URL",
    "LIBRARY_TIMEZONE",
    "SECRET_KEY",
    "GRAPH_API_URL",
    "GRAPH_API_VERSION",
    "TWILIO_API_URL",
    "STALE_AFTER_SECONDS",
    "ANSWER_THREADS",
    "MEMORY_TIMES",
    "SECOND_APPROVER",
    "SESSION_IDLE_HOURS",
    "SESSION_DAYS",
    "HANDOVER_SILENCE_MINUTES",
    "HANDOVER_REMIND_MINUTES",
    "MESSENGER_HUMAN_AGENT",
    "WHATSAPP_TEMPLATE",
    "WHATSAPP_TEMPLATE_LANGUAGE",
    "TWILIO_TEMPLATE_SID",
    "QUIET_FROM",
    "QUIET_UNTIL",
    "MESSENGER_UTILITY_TEMPLATE",
    "MESSENGER_TEMPLATE_LANGUAGE",
    "WHATSAPP_UTILITY_TEMPLATE",
    "WHATSAPP_MARKETING_TEMPLATE",
    "WHATSAPP_BUSINESS_ACCOUNT_ID",
    "TWILIO_UTILITY_TEMPLATE_SID",
    "TWILIO_MARKETING_TEMPLATE_SID",
    "ANNOUNCEMENT_APPROVAL_ABOVE",
    "DIGEST_HOUR",
    "PRIVACY_URL",
    "FORGOTTEN_KEY",
    "CONTEST_STORAGE",
    "CONTEST_FACEBOOK",
    "WHATSAPP_SHOWN_NUMBER",
    "CARREL_VAR",
    "CARREL_MODELS",
)

NAMES: tuple[str, ...] = (
    PLAIN
    + SINGLE_SIGN_ON
    + MAIL
    + tuple(f"GATE_{name}" for name in GATE)
    + tuple(f"KEEP_{name}_DAYS" for name in KEEP)
    + tuple(name for _, names in CHANNELS.values() for name in names)
)
# Read by the processes that Carrel starts, not by Carrel itself: allowed in .env and ignored here.
FOREIGN = re.compile(r"^(RASA_|ACTION|HF_|TF_|UV_|PIP_|LOG_|CARREL_|PYTHON|POSTGRES_|REDIS_PASSWORD|BENCH_|AWS_)")


class _Reader:
    """Reads settings one by one and collects every problem, so that all can be fixed in one go."""

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
        if not self.whole(f"The {name} channel", names):
            return None
        if name == "twilio" and not re.fullmatch(r"whatsapp:\+\d{6,15}", self.values["TWILIO_WHATSAPP_NUMBER"]):
            self.problems.append(
                f"TWILIO_WHATSAPP_NUMBER: {self.values['TWILIO_WHATSAPP_NUMBER']!r} is not right; "
                "it should be whatsapp:+ and the number with its country code, for example whatsapp:+14155238886."
            )
        return kind(*(self.values[each] for each in names))

    def single_sign_on(self) -> SingleSignOnSettings | None:
        if not self.whole("Single sign-on", SINGLE_SIGN_ON):
            return None
        self.read("OIDC_ISSUER", "", kinds.web_address, "a web address such as https://login.campus.example/realm")
        return SingleSignOnSettings(*(self.values[each] for each in SINGLE_SIGN_ON))

    def mail(self) -> MailSettings | None:
        hour = self.read("DIGEST_HOUR", 9, kinds.hour, "an hour from 0 to 23")
        if not self.whole("Mail to staff", MAIL):
            return None
        addresses = "addresses apart by commas, such as library@campus.example"
        return MailSettings(
            server=self.read(
                "SMTP_URL",
                kinds.NO_SERVER,
                kinds.mail_server,
                "smtp://user:password@host:587 or smtps://…",
                secret=True,
            ),
            sender=self.read("MAIL_FROM", "", kinds.mail_address, "one mail address"),
            staff=self.read("STAFF_MAIL", (), kinds.mail_addresses, addresses),
            digest_hour=hour,
        )

    def handover(self) -> HandoverSettings:
        minutes = "a number of minutes, 1 or more"
        return HandoverSettings(
            silence_minutes=self.read("HANDOVER_SILENCE_MINUTES", 120, kinds.positive, minutes),
            remind_minutes=self.read("HANDOVER_REMIND_MINUTES", 30, kinds.positive, minutes),
            human_agent=self.read("MESSENGER_HUMAN_AGENT", False, kinds.yes, "yes or no"),
            whatsapp_template=self.read("WHATSAPP_TEMPLATE", "", kinds.text, "the name of an approved template"),
            whatsapp_template_languages=self.read(
                "WHATSAPP_TEMPLATE_LANGUAGE", ("en",), kinds.names, "codes such as en, zh_HK, zh_CN"
            ),
            twilio_template=self.read("TWILIO_TEMPLATE_SID", "", kinds.content_sid, "HX and 32 letters and digits"),
        )

    def unasked(self) -> UnaskedSettings:
        hour, name, sid = "an hour from 0 to 23", "the name of an approved template", "HX and 32 letters and digits"
        return UnaskedSettings(
            quiet_from=self.read("QUIET_FROM", 22, kinds.hour, hour),
            quiet_until=self.read("QUIET_UNTIL", 8, kinds.hour, hour),
            messenger_utility=self.read("MESSENGER_UTILITY_TEMPLATE", "", kinds.text, name),
            messenger_languages=self.read(
                "MESSENGER_TEMPLATE_LANGUAGE", ("en",), kinds.names, "codes such as en, zh_HK, zh_CN"
            ),
            whatsapp_utility=self.read("WHATSAPP_UTILITY_TEMPLATE", "", kinds.text, name),
            whatsapp_marketing=self.read("WHATSAPP_MARKETING_TEMPLATE", "", kinds.text, name),
            whatsapp_account=self.read(
                "WHATSAPP_BUSINESS_ACCOUNT_ID", "", kinds.digits, "the account's id: digits alone"
            ),
            twilio_utility=self.read("TWILIO_UTILITY_TEMPLATE_SID", "", kinds.content_sid, sid),
            twilio_marketing=self.read("TWILIO_MARKETING_TEMPLATE_SID", "", kinds.content_sid, sid),
            approval_above=self.read("ANNOUNCEMENT_APPROVAL_ABOVE", 100, kinds.natural, "a number, 0 or more"),
        )

    def whole(self, what: str, names: tuple[str, ...]) -> bool:
        """Return whether all of `names` are set; having only some of them is a problem."""
        missing = [each for each in names if each not in self.values]
        if 0 < len(missing) < len(names):
            self.problems.append(
                f"{', '.join(missing)}: missing. {what} needs all of {', '.join(names)}, or none of them."
            )
        return not missing


def kept_secret(var: Path, name: str) -> str:
    """Return the secret stored under `var` by name, created on first use and readable only by its owner."""
    path = var / name
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
    host = read("HOST", "127.0.0.1", kinds.text, "a host name or an address")
    port = read("PORT", 8000, kinds.port, "a port from 1 to 65535")
    var = Path(read("CARREL_VAR", "var", kinds.text, "a folder"))
    actions_port = read("ACTIONS_PORT", 5055, kinds.port, "a port from 1 to 65535")
    web = "a web address such as https://bot.library.example"
    settings = Settings(
        host=host,
        port=port,
        public_url=read("PUBLIC_URL", f"http://{host}:{port}", kinds.web_address, web),
        database_url=read(
            "DATABASE_URL",
            f"sqlite:///{var}/carrel.db",
            kinds.database,
            "sqlite:///path/to/file.db or postgresql://user:password@host/database",
            secret=True,
        ),
        redis_url=read("REDIS_URL", None, kinds.redis, "redis://host:6379/0", secret=True),
        rasa_url=read(
            "RASA_URL", "http://127.0.0.1:5005", kinds.web_address, "a web address such as http://127.0.0.1:5005"
        ),
        rasa_token=read("RASA_TOKEN", "", kinds.secret, "16 characters or more", secret=True),
        actions_port=actions_port,
        actions_url=read("ACTIONS_URL", f"http://127.0.0.1:{actions_port}", kinds.web_address, web),
        timezone=read(
            "LIBRARY_TIMEZONE", ZoneInfo("Asia/Hong_Kong"), kinds.zone, "an IANA time zone such as Asia/Hong_Kong"
        ),
        secret_key=read("SECRET_KEY", "", kinds.secret, "16 characters or more", secret=True),
        messenger=reader.channel("messenger"),
        whatsapp=reader.channel("whatsapp"),
        twilio=reader.channel("twilio"),
        graph_api_url=read("GRAPH_API_URL", GRAPH, kinds.web_address, web),
        graph_api_version=read("GRAPH_API_VERSION", "v26.0", kinds.version, "a version such as v26.0"),
        twilio_api_url=read("TWILIO_API_URL", TWILIO, kinds.web_address, web),
        stale_after_seconds=read("STALE_AFTER_SECONDS", 3600, kinds.positive, "a number of seconds, 1 or more"),
        answer_threads=read("ANSWER_THREADS", 4, kinds.positive, "a number of threads, 1 or more"),
        memory_times=read("MEMORY_TIMES", 1.0, kinds.share, "a number from 0 to 100, such as 1.5"),
        single_sign_on=reader.single_sign_on(),
        gate={
            name.lower(): read(f"GATE_{name}", default, kinds.share, "a number from 0 to 100, such as 0.01")
            for name, default in GATE.items()
        },
        session_idle_hours=read("SESSION_IDLE_HOURS", 10, kinds.positive, "a number of hours, 1 or more"),
        session_days=read("SESSION_DAYS", 7, kinds.positive, "a number of days, 1 or more"),
        second_approver=read("SECOND_APPROVER", True, kinds.yes, "yes or no"),
        handover=reader.handover(),
        unasked=reader.unasked(),
        mail=reader.mail(),
        privacy_url=read("PRIVACY_URL", "", kinds.web_address, web),
        keep={
            name.lower(): read(f"KEEP_{name}_DAYS", default, kinds.positive, "a number of days, 1 or more")
            for name, default in KEEP.items()
        },
        forgotten_key=read("FORGOTTEN_KEY", "", kinds.secret, "16 characters or more", secret=True),
        contest_storage=read(
            "CONTEST_STORAGE", "", kinds.bucket, "s3:// and a bucket, for example s3://photos/contest"
        ),
        contest_facebook=read("CONTEST_FACEBOOK", "", kinds.page_or_album, "page, or the number of an album"),
        whatsapp_shown_number=read("WHATSAPP_SHOWN_NUMBER", "", kinds.phone, "a number such as +852 5550 0123"),
        var=var,
        models=Path(read("CARREL_MODELS", "models", kinds.text, "a folder")),
    )
    if settings.contest_facebook and settings.messenger is None:
        reader.problems.append(
            "CONTEST_FACEBOOK needs the page of the Messenger channel: set the MESSENGER_ settings too."
        )
    if reader.problems:
        raise SettingsError("\n".join(reader.problems))
    return replace(
        settings,
        secret_key=settings.secret_key or kept_secret(var, "secret_key"),
        rasa_token=settings.rasa_token or kept_secret(var, "rasa_token"),
        forgotten_key=settings.forgotten_key or kept_secret(var, "forgotten_key"),
    )
