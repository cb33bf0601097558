"""Diagnoses what keeps Carrel from working and how to fix it, and writes a page's profile: two commands.

Every check is read-only. Whatever goes wrong in one is a finding, never a traceback, and no finding contains a token,
a secret or a whole telephone number.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

import click
import httpx

from bot import passes
from bot.doctor import files, meta, templates, twilio
from bot.doctor.findings import Finding, Stop, access_of, ask_graph, json_object, reached, shown
from bot.settings import GRAPH, TWILIO, Settings, SettingsError, read_settings
from connectors.messenger import profile
from connectors.messenger.profile import Access
from connectors.meta import plain

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
SERVER_SECONDS = 5
MARKS = {"ok": "ok", "warn": "!", "wrong": "x"}
CHANNELS = ("messenger", "whatsapp", "twilio")


Check = Callable[[Settings, httpx.Client], Iterable[Finding]]


def examine(settings: Settings, client: httpx.Client) -> tuple[Finding, ...]:
    """Return what every check finds, in order. Raises nothing."""
    checks: list[tuple[str, Check]] = [
        ("settings", _settings),
        ("files", files.rights),
        ("model", _model),
        ("database", _database),
        ("contacts", _contacts),
        ("redis", _redis),
        ("rasa", _rasa),
        ("actions", _actions),
    ]
    if settings.messenger:
        checks += [("messenger", meta.messenger), ("messenger", meta.handshake_of("messenger"))]
        checks.append(("messenger", templates.messenger))
    if settings.whatsapp:
        checks += [("whatsapp", meta.whatsapp), ("whatsapp", meta.handshake_of("whatsapp"))]
        checks.append(("whatsapp", templates.whatsapp))
    if settings.twilio:
        checks += [("twilio", twilio.account), ("twilio", twilio.signed_post), ("twilio", templates.twilio)]
    found = (finding for name, check in checks for finding in _run(name, check, settings, client))
    return tuple(replace(each, says=_without_secrets(each.says, settings)) for each in found)


def unreadable(error: SettingsError) -> tuple[Finding, ...]:
    """Return a finding for each setting that cannot be read."""
    return tuple(Finding("settings", "wrong", line, "Correct it in .env.") for line in str(error).splitlines())


def render(findings: Sequence[Finding]) -> str:
    """Return the findings as text, one per line: ok, ! or x, the part, what was found, what to do."""
    width = max((len(finding.part) for finding in findings), default=0)
    return "\n".join(
        " ".join(f"{MARKS[each.state]:<2} {each.part:<{width}}  {each.says} {each.do}".rstrip().splitlines())
        for each in findings
    )


def any_wrong(findings: Iterable[Finding]) -> bool:
    """Return whether something is wrong, not just worth a look."""
    return any(finding.state == "wrong" for finding in findings)


def _without_secrets(says: str, settings: Settings) -> str:
    channels = (settings.messenger, settings.whatsapp, settings.twilio)
    kept = [getattr(channel, name, "") for channel in channels for name in _SECRETS]
    for secret in (settings.secret_key, settings.rasa_token, *kept):
        # A shorter one would occur in ordinary words.
        says = says.replace(secret, "…") if len(secret) > 5 else says
    return re.sub(r"(?<=//)[^/\s@]*@", "", says)  # credentials in a URL


_SECRETS = ("page_access_token", "access_token", "app_secret", "verify_token", "auth_token")


def _run(name: str, check: Check, settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    try:
        yield from check(settings, client)
    except Stop as stop:
        yield stop.finding
    except Exception as error:  # whatever a part raises, the others must still be checked
        yield Finding(name, "wrong", f"The check did not get through ({type(error).__name__}).")


def _settings(settings: Settings, _client: httpx.Client) -> Iterator[Finding]:
    on = [name for name in CHANNELS if getattr(settings, name)]
    if on:
        yield Finding("settings", "ok", f"Channels that are on: {', '.join(on)}.")
    else:
        todo = "Set a channel's settings (.env.example lists them); carrel simulate messenger needs none."
        yield Finding("settings", "warn", "No channel is on.", todo)
    if settings.public_url.startswith("https://"):
        yield Finding("settings", "ok", f"PUBLIC_URL is {settings.public_url}.")
    elif on:
        why = "Twilio signs that address" if on == ["twilio"] else "Platforms call https alone"
        todo = "Set it to the https address that the platform calls, such as https://bot.library.example."
        yield Finding("settings", "wrong", f"PUBLIC_URL is {settings.public_url}. {why}.", todo)
    kept = settings.var / "secret_key"
    made = kept.exists() and hmac.compare_digest(kept.read_bytes().strip(), settings.secret_key.encode())
    yield Finding("settings", "ok", f"SECRET_KEY is kept in {kept}." if made else "SECRET_KEY is set.")
    for name, address, real in (
        ("GRAPH_API_URL", settings.graph_api_url, GRAPH),
        ("TWILIO_API_URL", settings.twilio_api_url, TWILIO),
    ):
        if on and address != real:
            yield Finding("settings", "warn", f"{name} is {address}, a stand-in?", f"Unset it to reach {real}.")


def _model(settings: Settings, _client: httpx.Client) -> Iterator[Finding]:
    newest = max(settings.models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        yield Finding("model", "warn", f"No trained model in {settings.models}/.", "Run carrel train.")
    else:
        yield Finding("model", "ok", f"{newest.name} is the newest.")


def _database(settings: Settings, _client: httpx.Client) -> Iterator[Finding]:
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from bot.store.engine import MIGRATIONS, StoreError, connect

    address = settings.database_url
    if address.startswith(("postgresql://", "postgresql+psycopg2://")) and "connect_timeout=" not in address:
        address += f"{'&' if '?' in address else '?'}connect_timeout={SERVER_SECONDS}"
    try:
        engine = connect(address)
        kind, file = engine.dialect.name, engine.url.database
        if kind == "sqlite" and file and not Path(file).exists():
            yield Finding("database", "warn", "There is no database yet.", "carrel serve makes it.")
            return
        with engine.connect() as connection:
            there = MigrationContext.configure(connection).get_current_revision()
        engine.dispose()
    except (StoreError, OSError) as error:
        raise Stop(Finding("database", "wrong", f"It cannot be opened: {error}", "Check DATABASE_URL.")) from error
    except Exception as error:  # every driver has its own errors
        todo = "Is its server up, and DATABASE_URL right?"
        raise Stop(Finding("database", "wrong", f"It does not answer ({type(error).__name__}).", todo)) from error
    scripts = ScriptDirectory(str(MIGRATIONS))
    if there == scripts.get_current_head():
        yield Finding("database", "ok", f"{kind} answers and is up to date.")
    elif there is None or there in {each.revision for each in scripts.walk_revisions()}:
        yield Finding("database", "wrong", f"{kind} answers, but is not up to date.", "Run carrel prepare.")
    else:
        yield Finding("database", "wrong", f"{kind} is newer than this Carrel.", "Install the newer Carrel.")


def _contacts(settings: Settings, _client: httpx.Client) -> Iterator[Finding]:
    """Yield whether somebody in danger is given real numbers: a channel must not go live without them."""
    from bot.store.contacts import missing, read_contacts
    from bot.store.engine import connect

    address = settings.database_url
    if address.startswith("sqlite:///") and not Path(address.removeprefix("sqlite:///")).exists():
        return  # the check of the database reports it
    try:
        found = missing(read_contacts(connect(address)))
    except Exception as error:  # every driver has its own errors
        yield Finding(
            "contacts", "warn", f"They cannot be read ({type(error).__name__}).", "Look at the database first."
        )
        return
    real = any(getattr(settings, name) and settings.is_real(name) for name in CHANNELS)
    if not found:
        yield Finding("contacts", "ok", "Every emergency contact has its number.")
    else:
        todo = "Fill it in: console, Emergency contacts; or content/contacts.yml and carrel content load."
        yield Finding("contacts", "wrong" if real else "warn", f"To be filled in: {', '.join(found)}.", todo)


def _redis(settings: Settings, _client: httpx.Client) -> Iterator[Finding]:
    if settings.redis_url is None:
        yield Finding("redis", "ok", "REDIS_URL is unset: the queue is embedded.")
        return
    from redis import Redis
    from redis.exceptions import RedisError

    try:
        with Redis.from_url(
            settings.redis_url, socket_connect_timeout=SERVER_SECONDS, socket_timeout=SERVER_SECONDS
        ) as server:
            server.ping()
    except (RedisError, OSError, ValueError) as error:
        todo = "Is its server up, and REDIS_URL right? Unset, the queue is embedded."
        yield Finding("redis", "wrong", f"It does not answer ({type(error).__name__}).", todo)
    else:
        yield Finding("redis", "ok", "It answers.")


def _rasa(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    where = f"{settings.rasa_url}/status"
    response = reached(
        "rasa", "Start it: carrel serve.", lambda: client.get(where, headers=passes.headers(settings.rasa_token))
    )
    model = plain(json_object(response).get("model_file"))
    if response.status_code == 200 and model:
        yield Finding("rasa", "ok", f"It answers with {shown(model.rsplit('/', 1)[-1])}.")
    elif response.status_code == 409:
        yield Finding("rasa", "wrong", "It answers, but has no model.", "Run carrel train, then start it again.")
    elif response.status_code == 401:
        todo = "Set RASA_TOKEN to that server's token, the same for all processes, and start Carrel again."
        yield Finding("rasa", "wrong", "It answers, but refuses Carrel's token.", todo)
    else:
        says = f"What answers at {settings.rasa_url} is not Rasa with a model (HTTP {response.status_code})."
        yield Finding("rasa", "wrong", says, "Check RASA_URL.")


def _actions(settings: Settings, client: httpx.Client) -> Iterator[Finding]:
    where = f"{settings.actions_url}/health"
    response = reached("actions", "Start it: carrel serve.", lambda: client.get(where))
    if response.status_code == 200:
        yield Finding("actions", "ok", "The action server answers.")
    else:
        says = f"What answers at {settings.actions_url} is no action server (HTTP {response.status_code})."
        yield Finding("actions", "wrong", says, "Check ACTIONS_URL and ACTIONS_PORT.")


@click.command("doctor")
def doctor() -> None:
    """Look at the settings, the parts and the platforms, and say what is wrong. Changes nothing."""
    try:
        settings = read_settings()
    except SettingsError as error:
        findings = unreadable(error)
    else:
        with httpx.Client(timeout=TIMEOUT) as client:
            findings = examine(settings, client)
    click.echo(render(findings))
    if any_wrong(findings):
        raise SystemExit(1)


@click.group("messenger")
def messenger() -> None:
    """The library's page on Messenger."""


@messenger.command("setup")
@click.option("--dry-run", is_flag=True, help="Print what would be written, as JSON, and leave.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=profile.PROFILE,
    help="Greeting, menu and questions. Default: connectors/messenger/profile.yml.",
)
def messenger_setup(dry_run: bool, yes: bool, file: Path) -> None:
    """Write the page's greeting, menu and questions to begin with, and subscribe to its events."""
    try:
        settings = read_settings()
        page = profile.read_profile(file.read_text(encoding="utf-8"))
    except SettingsError as error:
        raise click.ClickException(f"The settings need a correction:\n{error}\nSee .env.example.") from error
    except (profile.ProfileError, OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file} needs a correction:\n{error}") from error
    ours = settings.messenger
    calls = profile.setup_calls(page, quote(ours.page_id, safe="") if ours else "MESSENGER_PAGE_ID")
    shown = [{"post": f"/{settings.graph_api_version}/{each.node}", "body": each.body} for each in calls]
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False))
    if dry_run:
        return
    if ours is None:
        raise click.ClickException("The Messenger channel is off: set the four MESSENGER_ settings (.env.example).")
    if not yes:
        click.confirm("Write this to the page?", abort=True, err=True)
    with httpx.Client(timeout=TIMEOUT) as client:
        write(access_of(settings, client, ours.page_access_token, ours.app_secret), calls)


def write(access: Access, calls: Sequence[profile.Call]) -> None:
    """Make the calls in order, reporting each success. Raises click.ClickException at the first that is refused."""
    for each in calls:
        try:
            ask_graph("messenger", "MESSENGER", partial(profile.call, access, each.node, body=each.body))
        except Stop as stop:
            raise click.ClickException(f"{each.node}: {stop.finding.says} {stop.finding.do}") from stop
        click.echo(f"Written: {each.node}.", err=True)
