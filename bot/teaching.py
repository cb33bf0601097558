"""`carrel train | evaluate | activate | rollback | trainer | forget`: what the console's pages do, in a terminal."""

from __future__ import annotations

import getpass
import sys
import threading
import time

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bot import processes
from bot.retraining import activation, erasing, training
from bot.retraining.examples import ExamplesError
from bot.retraining.gate import Thresholds
from bot.retraining.workshop import Workshop
from bot.settings import Settings, SettingsError, read_settings
from bot.store import forgetting, jobs, models
from bot.store.engine import StoreError, upgrade
from bot.store.jobs import Job, JobError

say = Console(stderr=True, highlight=False, soft_wrap=True).print
TAKEN_WITHIN = 2.5


def _begin() -> tuple[Settings, Workshop]:
    # Here and not above: the command line lists its commands without loading Flask and the rest.
    from bot.wiring.common import build_shop

    try:
        settings = read_settings()
        shop = build_shop(settings)
        upgrade(shop.engine)
    except SettingsError as error:
        raise click.ClickException(f"The settings need a correction:\n{error}\nSee .env.example.") from error
    except StoreError as error:
        raise click.ClickException(str(error)) from error
    return settings, shop


def _me() -> str:
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return "terminal"


def _do(settings: Settings, shop: Workshop, kind: str, *, model: str = "", reason: str = "") -> Job:
    """Ask for work; do it here where no trainer takes it; show how far it is. Returns it when it has ended."""
    from bot.retraining import trainer
    from bot.wiring.common import build_dialogue

    jobs.find_lost(shop.engine, shop.now())
    try:
        number = jobs.ask(shop.engine, kind, by=_me(), now=shop.now(), model=model, reason=reason)
    except JobError as error:
        raise click.ClickException(f"{error} Wait for it, or stop it in the console.") from error
    here: threading.Thread | None = None
    started, pause = time.monotonic(), threading.Event()
    with Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %")) as shown:
        bar = shown.add_task("waiting for the trainer", total=100)
        while True:
            job = jobs.get(shop.engine, number)
            if job is None:
                raise click.ClickException("The work is gone from the store.")
            shown.update(bar, completed=job.percent, description=job.stage)
            if not job.under_way:
                break
            if job.state == "waiting" and here is None and time.monotonic() - started > TAKEN_WITHIN:
                taken = jobs.take(shop.engine, shop.now())
                if taken is not None:
                    limits, dialogue = Thresholds(**settings.gate), build_dialogue(settings)
                    here = threading.Thread(target=trainer.do, args=(shop, taken, limits, dialogue), daemon=True)
                    here.start()
            pause.wait(0.3)
    if job.state != "done":
        raise click.ClickException(job.problem or f"It was {job.state}.")
    return job


def _tell(shop: Workshop, name: str, second: bool) -> None:
    """Say what the gate has found, and what to do next."""
    model = models.get(shop.engine, name)
    if model is None:
        return
    marks = {"bad": "[red]x[/]", "good": "[green]ok[/]", "note": "–"}
    for kind, text in model.figures.get("reasons", ()):
        say(f"{marks.get(kind, '–')} {text}")
    if model.verdict != "pass":
        say(f"[bold red]Stopped by the gate.[/] {name} does not go live. Mend what is marked, and train again.")
    else:
        approve = (
            " (approve it in the console first: another person has to)" if second and not model.approved_by else ""
        )
        say(f"[bold green]Passed.[/] Let it answer students: carrel activate {name}{approve}")


@click.command()
@click.option("--reason", default="", help="Why: kept with the model.")
@click.option("--plain", is_flag=True, help="Only rasa train: no decisions, no gate. The newest model is served.")
def train(reason: str, plain: bool) -> None:
    """Train a model from data/, domain.yml, config.yml and all new decisions, and have the gate look at it."""
    settings, shop = _begin()
    if plain or not training.adopt(shop):
        failed = processes.train(settings)
        if not failed:
            training.adopt(shop)
        sys.exit(failed)
    job = _do(settings, shop, "train", reason=reason)
    _tell(shop, job.model, settings.second_approver)


@click.command()
@click.argument("model")
def evaluate(model: str) -> None:
    """Have the gate look at MODEL beside the active one."""
    settings, shop = _begin()
    _do(settings, shop, "evaluate", model=_known(shop, model))
    _tell(shop, model, settings.second_approver)


@click.command()
@click.argument("model")
@click.option("--yes", is_flag=True, help="Do not ask.")
def activate(model: str, yes: bool) -> None:
    """Let MODEL answer students, in every Rasa server, without a restart."""
    settings, shop = _begin()
    problem = activation.refused(models.get(shop.engine, _known(shop, model)), second=settings.second_approver)
    if problem:
        raise click.ClickException(problem)
    if not yes:
        click.confirm(f"{model} answers students from now on. Go on?", abort=True)
    job = _do(settings, shop, "activate", model=model)
    say(job.log.splitlines()[-1] if job.log else "Done.")


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def rollback(yes: bool) -> None:
    """Let the model before answer students again."""
    settings, shop = _begin()
    before = models.before_active(shop.engine)
    if before is None:
        raise click.ClickException("There is no earlier model to go back to.")
    if not yes:
        click.confirm(f"{before.name} answers students again. Go on?", abort=True)
    job = _do(settings, shop, "rollback")
    say(job.log.splitlines()[-1] if job.log else "Done.")


def _known(shop: Workshop, name: str) -> str:
    if models.get(shop.engine, name) is None:
        known = ", ".join(each.name for each in models.page(shop.engine, 5)) or "none yet"
        raise click.ClickException(f"There is no model {name}. The latest: {known}.")
    return name


@click.command()
def trainer() -> None:
    """Run the trainer: it trains when somebody asks, and keeps the review queue (carrel serve starts it)."""
    from bot.wiring.workers import run_trainer

    settings, _shop = _begin()
    run_trainer(settings)


@click.command()
@click.argument("channel", type=click.Choice(["messenger", "whatsapp", "twilio"]))
@click.argument("person")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(channel: str, person: str, yes: bool) -> None:
    """Remove everything that came from PERSON (the platform's id) on CHANNEL: messages, answers, examples."""
    settings, shop = _begin()
    found = forgetting.traces(shop.engine, channel, person)
    if not found.person_ids:
        raise click.ClickException("Nobody of this id has written on this channel.")
    told = f"{found.messages} messages, {found.answers} answers, {len(found.examples)} examples"
    if not yes:
        click.confirm(f"{told} are removed and cannot be brought back. Go on?", abort=True)
    erase(settings, shop, found, _me())
    say(f"Removed: {told}. Backups that were made before still hold them. The next model is trained without them.")


def erase(settings: Settings, shop: Workshop, found: forgetting.Traces, actor: str) -> None:
    """Remove a person from the examples, from Rasa's conversations and from the store, in this order."""
    try:
        erasing.erase(shop, found)
    except ExamplesError as error:
        raise click.ClickException(f"Nothing was removed: {error}") from error
    if settings.database_url.startswith("postgresql"):
        forgetting.forget_conversations(settings.database_url, found.conversations, "rasa")
    elif (settings.var / "conversations.db").exists():
        url = f"sqlite:///{settings.var.resolve() / 'conversations.db'}"
        forgetting.forget_conversations(url, found.conversations)
    forgetting.forget(shop.engine, found, actor=actor, now=shop.now())


COMMANDS: tuple[click.Command, ...] = (train, evaluate, activate, rollback, trainer, forget)
