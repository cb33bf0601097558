"""`make bench`: where a student's milliseconds go, Carrel beside Rasa's default pipeline."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx

from bot.retraining.measures import questions
from bot.simulator.messenger_client import MessengerClient
from tests.bench.calls import acknowledge, answer, parse, parsed, said, turn, turns_a_second
from tests.bench.contest import contest
from tests.bench.fitting import fitting
from tests.bench.hostile import hostile
from tests.bench.live import live
from tests.bench.load import Channel, at_rate, sustained
from tests.bench.measure import alternate, show
from tests.bench.messages import show as show_messages
from tests.bench.messages import texts, turns
from tests.bench.messages import told as told_by_channel
from tests.bench.month import month
from tests.bench.pages import pages
from tests.bench.readers import hunt_all
from tests.bench.serving import carrel, drained, memory, plain_rasa, trained, with_ted
from tests.bench.understanding import bench_data, compare, compare_answers, compare_chinese, published
from tests.dialogues.files import dialogues as told_dialogues
from tests.dialogues.measured import measure
from tests.dialogues.measured import show as show_shares
from tests.dialogues.replay import stage
from tests.stack import APP_SECRET, PAGE_ID, VERIFY_TOKEN, stand_in, until
from tests.told import told

OURS, PLAIN, THEIRS = "Carrel", "a plain light project", "Rasa's default pipeline"
WITH_TED = "Carrel with TED"
HERE = Path(__file__).parent
CALLS, WARM_UP = 200, 20


def understanding(folder: Path, *, default: bool) -> None:
    """Compare what models understand and how long they take; Rasa's default pipeline among them where it is wanted."""
    with ExitStack() as running:
        ours = trained("carrel", folder)
        light = trained("plain", folder, HERE / "light_pipeline.yml")
        ted = trained("ted", folder, with_ted(folder))
        for name, models in ((OURS, ours), (WITH_TED, ted)):
            found = told(models, folder / f"{models.name}-told")
            print(f"{name}: {found.right} of {found.conversations} conversations go as they are told")  # noqa: T201
        theirs = trained("baseline", folder, HERE / "default_pipeline.yml") if default else None
        stacks = [running.enter_context(carrel("carrel", folder, ours))]
        with_it, _ = running.enter_context(carrel("ted", folder, ted))
        plain = running.enter_context(plain_rasa("plain", light, stacks[0][0], folder))
        servers = [(OURS, stacks[0][0].rasa_url), (PLAIN, plain)]
        if theirs:
            stacks.append(running.enter_context(carrel("baseline", folder, theirs)))
            servers.append((THEIRS, running.enter_context(plain_rasa("default", theirs, stacks[0][0], folder))))
        clients = [MessengerClient(stack.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN) for stack, _ in stacks]
        turning = [servers[0], (WITH_TED, with_it.rasa_url), *servers[1:]]
        parses = [(name, partial(parsed, httpx.Client(timeout=30), url)) for name, url in servers]
        compare(parses, Path("var") / "bench" / "confusions.png")
        compare_chinese(*parses[0])
        compare_answers(*parses[0])
        words = said(CALLS + WARM_UP)
        varied = [each.text for each in questions()][: CALLS + WARM_UP]
        for title, asked, call, which in (
            ("Rasa: /model/parse, the same eight messages", words, parse, servers),
            ("Rasa: /model/parse, each message a new one", varied, parse, servers),
            ("Rasa: one turn over REST", words, turn, turning),
        ):
            rows = alternate([(name, call(url)) for name, url in which], asked, WARM_UP)
            show(title, rows, baseline=rows[-1])
        rates = [(name, turns_a_second(url, words)) for name, url in turning]
        print("Turns a second, 8 at once: " + ", ".join(f"{name} {rate:.0f}" for name, rate in rates))  # noqa: T201
        answers = [answer(client, meta) for client, (_, meta) in zip(clients, stacks, strict=True)]
        for title, calls in (
            ("Carrel's web process: webhook to 200", [acknowledge(client) for client in clients]),
            ("Webhook in to answer at the platform", answers),
        ):
            for stack, _ in stacks:
                until(partial(drained, stack), 300, "the messages of the table before were not answered")
            names = (OURS, f"Carrel with {THEIRS}")[: len(calls)]
            rows = alternate(list(zip(names, calls, strict=True)), words, WARM_UP)
            show(title, rows, baseline=rows[-1])


def load(folder: Path) -> None:
    """Put Carrel's Messenger channel and Rasa's own under the same load, one after the other, on the same model."""
    with ExitStack() as running:
        models = trained("loaded", folder)
        stack, meta = running.enter_context(carrel("loaded", folder, models))
        fresh = memory(stack)
        theirs = running.enter_context(stand_in())
        rasa = running.enter_context(plain_rasa("facebook", models, stack, folder, theirs.url))
        channels = [
            Channel(OURS, stack.webhook, meta, PAGE_ID, APP_SECRET),
            Channel("Rasa's own Facebook channel", f"{rasa}/webhooks/facebook/webhook", theirs, PAGE_ID, APP_SECRET),
        ]
        for channel in channels:
            at_rate(channel, said(WARM_UP), 5)
        for rate, count in ((1, 40), (20, 400)):
            taken, answered = zip(*[at_rate(channel, said(count), rate) for channel in channels], strict=True)
            show(f"At {rate} messages a second: webhook to 200", taken, baseline=taken[-1])
            show(f"At {rate} messages a second: webhook in to answer out", answered, baseline=answered[-1])
        rates = [(channel.name, sustained(channel, said(400))) for channel in channels]
        print("Answered messages a second, sustained: ", end="")  # noqa: T201
        print(", ".join(f"{name} {rate:.1f}" for name, rate in rates))  # noqa: T201
        taken = [at_rate(channel, said(1000), 100)[0] for channel in channels]
        show("At 100 webhooks a second, answering meanwhile: webhook to 200", taken, baseline=taken[-1])
        until(partial(drained, stack), 300, "the messages were not answered")
        print("Carrel, all processes together: ", end="")  # noqa: T201
        print(f"{sum(fresh.values()):.0f} MB when ready, {sum(memory(stack).values()):.0f} MB after the load")  # noqa: T201
        print(", ".join(f"{name} {size:.0f} MB" for name, size in memory(stack).items()))  # noqa: T201


def dialogues(folder: Path) -> None:
    """Replay whole conversations over the three channels' rendering; transcripts stay in var/bench/dialogues."""
    folder.mkdir(parents=True, exist_ok=True)
    with carrel("dialogues", folder, trained("dialogues", folder)) as (stack, _):
        found = measure(stage(stack.rasa_url, folder), told_dialogues(), Path("var") / "bench" / "dialogues")
    show_shares("Whole conversations", found)


def messages(folder: Path) -> None:
    """Count the messages in which the test questions are answered on each channel, and look whether all was told."""
    folder.mkdir(parents=True, exist_ok=True)
    with carrel("messages", folder, trained("dialogues", folder)) as (stack, _):
        replies = turns(stack.dialogue(), texts())
    show_messages(replies, told_by_channel(replies))


# "default" is "understanding" with Rasa's default pipeline beside it, which trains for most of an hour.
PARTS = (
    "understanding",
    "dialogues",
    "messages",
    "default",
    "load",
    "month",
    "live",
    "pages",
    "contest",
    "published",
    "readers",
    "hostile",
    "fitting",
)


def main() -> None:
    """Run the parts that are named, or all, and print their tables."""
    parts = sys.argv[1:] or PARTS
    if unknown := set(parts) - set(PARTS):
        raise SystemExit(f"There is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}.")
    folder = Path(tempfile.mkdtemp(prefix="carrel-bench-"))
    try:
        if {"understanding", "default"} & set(parts):
            understanding(folder, default="default" in parts)
        if "dialogues" in parts:
            dialogues(folder / "dialogues")
        if "messages" in parts:
            messages(folder / "messages")
        if "load" in parts:
            load(folder)
        if "month" in parts:
            month(folder / "month")
        if "live" in parts:
            live(folder / "live")
        if "pages" in parts:
            pages(folder)
        if "contest" in parts:
            contest(folder)
        if "readers" in parts:
            hunt_all(folder / "readers")
        if "fitting" in parts:
            fitting(folder / "fitting")
        if "hostile" in parts:
            hostile(folder)
        sets = bench_data() if "published" in parts else None
        if sets:
            published(sets)
        elif "published" in parts:
            print("BENCH_DATA names no folder: BANKING77 and CLINC150 are left out.")  # noqa: T201
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
