"""Teaching the bot in a terminal: `carrel examples`, and what the console does: train, activate, forget …"""

from __future__ import annotations

import getpass
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from bot import processes
from bot.retraining import activation, loading, project, seed, training
from bot.retraining.gate import Thresholds
from bot.retraining.workshop import Workshop
from bot.settings import Settings, SettingsError, read_settings
from bot.store import data_requests, examples, forgetting, jobs, models
from bot.store.engine import StoreError, upgrade
from bot.store.examples import ExamplesError
from bot.store.jobs import Job, JobError

say = Console(stderr=True, highlight=False, soft_wrap=True).print
TAKEN_WITHIN = 2.5


def _begin() -> tuple[Settings, Workshop]:
    """Return the settings and the workshop, with a migrated store that has the shipped examples."""
    settings, shop = _connected()
    if not loading.filled(shop.engine):
        load(shop)
    return settings, shop


def _connected() -> tuple[Settings, Workshop]:
    # Imported here: the command line lists its commands without loading Flask and the rest.
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


def load(shop: Workshop) -> None:
    """Load new shipped examples into the store, and print what was done."""
    try:
        told = loading.load(shop.engine, shop.root, shop.var, shop.now())
    except ExamplesError as error:
        raise click.ClickException(f"The examples need a correction; none was loaded.\n{error}") from error
    if told:
        say(f"Loaded the examples that ship:\n{escape(told)}")


@click.group("examples")
def examples_group() -> None:
    """What the bot is taught: check, load into the store, write back."""


FOLDER = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=Path(),
    show_default=True,
    help="Where data/, evaluation/ and domain.yml are.",
)


def _seed(folder: Path) -> seed.Seed:
    found = seed.read(folder)
    refuse(found.problems, "the examples")
    return found


def refuse(problems: Sequence[object], where: str) -> None:
    """Exit with the problems of files, one per line, if there are any."""
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        listed = "\n".join(map(str, problems))
        raise click.ClickException(f"{count} in {where}; nothing was loaded.\n{listed}")


@examples_group.command("check")
@FOLDER
def examples_check(folder: Path) -> None:
    """Say what is wrong in the files: file, line, what would be right."""
    found = _seed(folder)
    counts = (found.examples, found.topics, found.conversations, found.questions)
    told = "{:,} examples, {} intents, {} conversation tests, {:,} test questions".format(*map(len, counts))
    say(f"What {folder}/ teaches is right: {told}.")


@examples_group.command("load")
@FOLDER
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--remove", is_flag=True, help="Also remove what ships no more and nobody has changed.")
@click.option("--overwrite", is_flag=True, help="Also overwrite what librarians have changed or removed.")
def examples_load(folder: Path, yes: bool, remove: bool, overwrite: bool) -> None:
    """Load what ships into the store, after showing what changes. The bot knows it after the next training."""
    found = _seed(folder)
    _settings, shop = _connected()
    now = shop.now()
    planned = loading.plan(shop.engine, found, folder, shop.var, now=now, remove=remove, overwrite=overwrite)
    click.echo(str(planned))
    if planned.changes_nothing:
        return
    if not yes:
        click.confirm("Load this?", abort=True)
    loading.apply(shop.engine, planned, now=now)
    say("Loaded. The bot knows it after the next training.")


@examples_group.command("export")
@FOLDER
def examples_export(folder: Path) -> None:
    """Write what was taught into the files: a plain Rasa project. May hold words of students."""
    _settings, shop = _begin()
    project.export(shop.engine, folder if (folder / "domain.yml").exists() else shop.root, folder)
    say(f"Wrote {folder}/data, {folder}/evaluation and {folder}/domain.yml.")


def _me() -> str:
    try:
        return f"{getpass.getuser()} (terminal)"
    except (KeyError, OSError):
        return "terminal"


def _do(settings: Settings, shop: Workshop, kind: str, *, model: str = "", reason: str = "") -> Job:
    """Request a job; run it here if no trainer takes it; show its progress. Returns it when it has ended."""
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
    """Print the gate's findings, and what to do next."""
    model = models.get(shop.engine, name)
    if model is None:
        return
    marks = {"bad": "[red]x[/]", "hold": "[yellow]?[/]", "good": "[green]ok[/]", "note": "–"}
    for kind, text in model.figures.get("reasons", ()):
        say(f"{marks.get(kind, '–')} {text}")
    if model.verdict != "pass":
        say(f"[bold red]Stopped by the gate.[/] {name} does not go live. Mend what is marked, and train again.")
    else:
        who = (
            "another person has to" if second else "somebody has to look at what it holds it for" if model.held else ""
        )
        approve = f" (approve it in the console first: {who})" if who and not model.approved_by else ""
        say(f"[bold green]Passed.[/] Let it answer students: carrel activate {name}{approve}")


@click.command()
@click.option("--reason", default="", help="Why: kept with the model.")
@click.option("--plain", is_flag=True, help="Only rasa train: no decisions, no gate. The newest model is served.")
def train(reason: str, plain: bool) -> None:
    """Train a model from what was taught, all new decisions included, and have the gate look at it."""
    settings, shop = _begin()
    if plain or not training.adopt(shop):
        failed = train_plainly(settings, shop)
        if not failed:
            training.adopt(shop)
        sys.exit(failed)
    job = _do(settings, shop, "train", reason=reason)
    _tell(shop, job.model, settings.second_approver)


def train_plainly(settings: Settings, shop: Workshop, *, quiet: bool = False) -> int:
    """Train a model on what was taught, without pending decisions and without the gate; return rasa's exit code."""
    work = shop.var / "training" / "plain"
    shutil.rmtree(work, ignore_errors=True)
    try:
        project.write(shop.engine, shop.root, work, examples.current(shop.engine, waiting=False))
        return processes.train(settings, project.arguments(work), quiet=quiet)
    finally:
        shutil.rmtree(work, ignore_errors=True)


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
    if any(data_requests.is_held(shop.engine, each) for each in found.person_ids):
        raise click.ClickException("An administrator has ordered that this person's data stays: end that first.")
    told = f"{found.messages} messages, {found.answers} answers, {len(found.examples)} examples"
    if not yes:
        click.confirm(f"{told} are removed and cannot be brought back. Go on?", abort=True)
    erase(settings, shop, found, _me())
    say(f"Removed: {told}. Backups that were made before still hold them. The next model is trained without them.")


def erase(settings: Settings, shop: Workshop, found: forgetting.Traces, actor: str) -> None:
    """Delete a person from Rasa's conversations and from the store, and retrain if a model has learnt from them."""
    from bot.wiring.common import build_erasure

    erasure, channel = build_erasure(settings, shop.engine), found.addresses[0][0]
    told = {"messages": found.messages, "answers": found.answers, "examples": len(found.examples)}
    erasure.erase(found, actor)
    kind, source, state = data_requests.ERASURE, data_requests.COMMAND, data_requests.DONE
    request = data_requests.add(
        shop.engine, kind, source=source, channel=channel, now=shop.now(), state=state, by=actor
    )
    # While the trainer is busy, the worker asks it later; and it looks for late events in Rasa's store.
    retrain = bool(found.examples) and not erasure.retrain(actor)
    left = {"removed": told, "retrain": retrain, "conversations": list(found.conversations)}
    data_requests.note_followed(shop.engine, request.id, **left)


COMMANDS: tuple[click.Command, ...] = (examples_group, train, evaluate, activate, rollback, trainer, forget)
