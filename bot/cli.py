"""The command line: one command per process or task."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console
from rich.markup import escape

from bot import doctor, private, processes, teaching
from bot.settings import Settings, SettingsError, read_settings

CONTENT = Path("content")
READY_WITHIN_SECONDS = 300

say = Console(stderr=True, highlight=False, soft_wrap=True).print


def _settings() -> Settings:
    try:
        settings = read_settings()
    except SettingsError as error:
        raise click.ClickException(f"The settings need a correction:\n{error}\nSee .env.example.") from error
    private.close(private.places(settings))
    return settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Carrel: a library's chatbot on Facebook Messenger and WhatsApp."""
    private.begin()
    if not Path("domain.yml").exists():
        raise click.ClickException("Run carrel from the project's folder: there is no domain.yml here.")


@main.command()
def serve() -> None:
    """Start everything: web, worker, Rasa, actions. Ctrl-C stops it."""
    settings = _settings()
    _prepare_store(settings)
    _first_administrator(settings)
    if processes.latest_model(settings.models) is None:
        from bot.wiring.common import build_shop

        say("No model yet: training one (about a minute).")
        if teaching.train_plainly(settings, build_shop(settings), quiet=True):
            raise click.ClickException("The training failed: what is wrong stands above.")
    if processes.answers(settings.host, settings.port):
        raise click.ClickException(
            f"Something listens on port {settings.port} already: another Carrel, perhaps. Stop it, or set PORT."
        )
    channels = [name for name in ("messenger", "whatsapp", "twilio") if getattr(settings, name)]
    say(f"Starting. Channels: {', '.join(channels) or 'none yet (carrel simulate messenger needs none)'}.")
    found = processes.programs(settings, say)
    if any(each.name == "rasa" for each in found):
        kept = settings.var / "rasa_token"
        where = f"is kept in {kept}" if kept.exists() else "RASA_TOKEN is set to"
        say(f"Rasa at {settings.rasa_url}: /model/parse and /status are open on this machine, all else needs the token")
        say(f"  that {where}, as the header Authorization: Bearer …")
    processes.supervise(found, settings)


def _prepare_store(settings: Settings) -> None:
    """Migrate the database, load the sample library into an empty one, and any new examples."""
    import bot.store.content as files
    from bot.store import library
    from bot.wiring.common import build_shop

    engine = _store(settings)
    if library.is_empty(engine):
        content = _read_content(CONTENT)
        files.apply(engine, files.plan(engine, content), now=datetime.now(UTC))
        say(f"Loaded the sample library from {CONTENT}/.")
    teaching.load(build_shop(settings))


def _store(settings: Settings) -> Any:
    """Return the store, migrated, or exit with what prevents it."""
    from bot.store.engine import StoreError, connect, upgrade

    try:
        engine = connect(settings.database_url)
        upgrade(engine)
    except StoreError as error:
        raise click.ClickException(str(error)) from error
    return engine


def _first_administrator(settings: Settings) -> None:
    """Create the first administrator, with a password that is shown once and must be changed at once."""
    from bot.store import users
    from bot.store.engine import connect

    engine = connect(settings.database_url)
    if users.all_users(engine):
        return
    password = users.one_time_password()
    users.add(engine, "admin", "administrator", password, actor="first start", now=datetime.now(UTC))
    say(f"The console at {settings.public_url}/console/ has its first administrator.")
    say(f"  name: [bold]admin[/]   password, shown only now: [bold]{password}[/]")


@main.command()
def worker() -> None:
    """Run one worker process (carrel serve starts it)."""
    from bot.wiring.workers import run_worker

    run_worker(_settings())


@main.command()
def web() -> None:
    """Run one web process: webhooks and console (carrel serve starts it)."""
    from bot.wiring.web import run_web

    settings = _settings()

    def examine() -> list[tuple[str, str, str, str]]:
        with httpx.Client(timeout=doctor.TIMEOUT) as client:
            return [(each.part, each.state, each.says, each.do) for each in doctor.examine(settings, client)]

    run_web(settings, examine)


@main.command()
@click.option("--host", envvar="RASA_HOST", default="127.0.0.1", show_default=True, help="Where it listens.")
@click.option("--port", type=int, default=5005, show_default=True, help="Where it listens.")
def rasa(host: str, port: int) -> None:
    """Run one Rasa server (carrel serve starts it). Several may share PostgreSQL and Redis, behind one RASA_URL."""
    settings = _settings()
    settings.var.mkdir(parents=True, exist_ok=True)
    processes.become(processes.Program("rasa", processes.rasa_command(settings, host, port)), settings)


@main.command()
@click.option("--host", envvar="ACTIONS_HOST", default="127.0.0.1", show_default=True, help="Where it listens.")
def actions(host: str) -> None:
    """Run one action server, on ACTIONS_PORT (carrel serve starts it)."""
    settings = _settings()
    processes.become(processes.actions_program(settings), settings, {"SANIC_HOST": host})


@main.command()
def prepare() -> None:
    """Migrate the database and load new examples, before several processes are started separately."""
    from bot.wiring.common import build_shop

    settings = _settings()
    _store(settings)
    teaching.load(build_shop(settings))


@main.command("wait-ready", hidden=True)
def wait_ready() -> None:
    """Say when every part is ready, and which part is not when it takes too long."""
    settings = _settings()
    address = f"http://{settings.host}:{settings.port}"
    until = time.monotonic() + READY_WITHIN_SECONDS
    parts: dict[str, Any] = {}
    while time.monotonic() < until:
        try:
            response = httpx.get(f"{address}/readyz", timeout=5.0)
            parts = response.json()
            if response.status_code == 200:
                say(f"[bold green]Carrel is ready[/] at {address} (webhooks at {settings.public_url}/webhooks/…).")
                say("Try it in another terminal: .venv/bin/carrel simulate messenger")
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(0.5)
    waiting = ", ".join(name for name, part in parts.items() if not part.get("ok")) or "web"
    say(f"[bold red]Not ready after {READY_WITHIN_SECONDS} seconds:[/] {waiting}. See {address}/readyz.")


@main.command()
@click.option("--say", "says", multiple=True, metavar="TEXT", help="Say this and leave. May be repeated.")
def chat(says: tuple[str, ...]) -> None:
    """Talk to the bot in the terminal, straight to Rasa. /help lists what you can do."""
    from bot import terminal
    from bot.store.engine import connect
    from bot.wiring.common import build_dialogue, build_trials, now

    settings = _settings()
    dialogue = build_dialogue(settings)
    if not dialogue.ready():
        raise click.ClickException(f"No Rasa with a model answers at {settings.rasa_url}. Start it: make run")
    trials = build_trials(settings, connect(settings.database_url))
    sys.exit(terminal.run(dialogue, list(says), sys.stdin, sys.stdout, now, settings.timezone, trials))


@main.group()
def content() -> None:
    """The library's content: check, load into the store, write back."""


FOLDER = click.option(
    "--folder", type=click.Path(path_type=Path), default=CONTENT, show_default=True, help="Where the YAML files are."
)


def _read_content(folder: Path) -> Any:
    """Return the content of a folder, or exit with its problems."""
    import bot.store.content as files
    from bot.retraining import seed
    from bot.store import topics
    from bot.store.engine import connect

    known = {*seed.topics(Path()), *topics.known(connect(_settings().database_url))}
    content = files.read(folder, known)
    teaching.refuse(content.problems, "the content")
    return content


def _say_doubts(content: Any) -> None:
    """Print what is valid, but hardly ever meant."""
    if content.doubts:
        listed = "\n".join(f"  {doubt}" for doubt in content.doubts)
        say(f"[bold yellow]Please look again at:[/]\n{escape(listed)}")


def _say_gaps(content: Any) -> None:
    """Print what Meta asks of the announced and the open contests, and their rules lack."""
    from bot.store.content.promotions import gaps

    found = list(gaps(content, datetime.now(UTC), _settings().timezone))
    if found:
        listed = "\n".join(f"  {gap}" for gap in found)
        say(f"[bold yellow]What Meta asks of a contest and these lack (docs/contest.md):[/]\n{escape(listed)}")


@content.command("check")
@FOLDER
def content_check(folder: Path) -> None:
    """Say what is wrong in the content files: file, line, field, what would be right."""
    import bot.store.content as files

    content = _read_content(folder)
    samples = files.samples(content)
    say(f"The content in {folder}/ is right.")
    _say_doubts(content)
    _say_gaps(content)
    if samples:
        listed = "\n".join(f"  {sample}" for sample in samples)
        say(f"Sample values, to be replaced by your library's:\n{listed}")


@content.command("load")
@FOLDER
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--remove", is_flag=True, help="Also remove what is in the store but not in the files.")
@click.option("--overwrite", is_flag=True, help="Also overwrite what staff have changed in the store.")
def content_load(folder: Path, yes: bool, remove: bool, overwrite: bool) -> None:
    """Load the content files into the store, after showing what changes."""
    import bot.store.content as files

    content = _read_content(folder)
    engine = _store(_settings())
    plan = files.plan(engine, content, remove=remove, overwrite=overwrite)
    click.echo(str(plan))
    _say_doubts(content)
    if plan.changes_nothing:
        return
    if not yes:
        click.confirm("Load this?", abort=True)
    files.apply(engine, plan, now=datetime.now(UTC))
    say("Loaded. The next answer uses it.")


@content.command("export")
@FOLDER
def content_export(folder: Path) -> None:
    """Write the store's content back into the files."""
    import bot.store.content as files

    settings = _settings()
    written = files.export(_store(settings), folder, settings.timezone)
    say(f"Wrote {len(written)} files into {folder}/.")


@main.group()
def user() -> None:
    """Who may sign in to the console."""


@user.command("add")
@click.argument("name")
@click.option(
    "--role", type=click.Choice(["viewer", "librarian", "administrator"]), default="librarian", show_default=True
)
@click.option("--campus", is_flag=True, help="Campus sign-in only: no password is made.")
def user_add(name: str, role: str, campus: bool) -> None:
    """Let somebody in. The first password is shown once, and has to be changed at the first sign-in."""
    from bot.store import users

    password = None if campus else users.one_time_password()
    try:
        users.add(_store(_settings()), name, role, password, actor="carrel user add", now=datetime.now(UTC))
    except users.UserError as error:
        raise click.ClickException(str(error)) from error
    say(f"{name} may sign in as {role}.")
    if password:
        say("The first password, shown only now, which has to be changed at the first sign-in:")
        click.echo(password)


@user.command("password")
@click.argument("name")
def user_password(name: str) -> None:
    """Give somebody a new first password: for an administrator who has forgotten theirs."""
    from bot.store import users
    from bot.store.engine import connect

    engine = connect(_settings().database_url)
    found = users.named(engine, name)
    if found is None:
        known = ", ".join(each.name for each in users.all_users(engine)) or "nobody yet"
        raise click.ClickException(f"There is no user {name}. There are: {known}.")
    password = users.one_time_password()
    users.set_password(engine, found.id, password, actor="carrel user password", now=datetime.now(UTC))
    click.echo(password)


@main.group()
def simulate() -> None:
    """Try a channel without an account: a stand-in for the platform, and a chat."""


def _simulate(name: str, says: tuple[str, ...]) -> None:
    from bot.rehearsal import rehearse

    settings = _settings()
    try:
        sys.exit(rehearse(name, settings, list(says), _progress))
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


SAY = click.option("--say", "says", multiple=True, metavar="TEXT", help="Say this and leave. May be repeated.")


@simulate.command("messenger")
@SAY
def simulate_messenger(says: tuple[str, ...]) -> None:
    """Chat as a student on Messenger: signed webhooks over HTTP, replies at a stand-in for Meta."""
    _simulate("messenger", says)


@simulate.command("whatsapp")
@SAY
def simulate_whatsapp(says: tuple[str, ...]) -> None:
    """Chat as a student on WhatsApp through Meta's Cloud API, with a stand-in for Meta."""
    _simulate("whatsapp", says)


@simulate.command("twilio")
@SAY
def simulate_twilio(says: tuple[str, ...]) -> None:
    """Chat as a student on WhatsApp through Twilio, with a stand-in for Twilio."""
    _simulate("twilio", says)


def _progress(text: str) -> Callable[[], None]:
    status = Console(stderr=True).status(text)
    status.start()
    return status.stop


main.add_command(doctor.doctor)
main.add_command(doctor.messenger)
for each in teaching.COMMANDS:
    main.add_command(each)
