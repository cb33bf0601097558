"""Hostile messages beside normal ones, on signed webhooks of a whole Carrel: who is answered, and how soon."""

from __future__ import annotations

import itertools
import random
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.bench.calls import said
from tests.bench.load import Channel, at_rate
from tests.bench.measure import print_table, show
from tests.bench.serving import carrel, everything, memory, trained
from tests.hostile import LENGTHS, texts
from tests.stack import APP_SECRET, PAGE_ID

NORMAL_A_SECOND, HOSTILE_A_MINUTE, SECONDS = 5, 100, 180
# What stopped a running Carrel once: more of these than of others.
KNOWN = (
    "is this right: Mon 9am-10pm, Tue 9am-10pm, Wed 9am-10pm, Thu 9am-10pm, Fri 9am-10pm, Sat 9am-6pm, Sun closed",
    "at 5pm " * 10,
    "monday " * 15,
    "are you open 10:00-11:00 11:00-12:00 12:00-13:00 13:00-14:00 14:00-15:00 15:00-16:00",
    "is it open " + "diwali " * 40,
    "a." * 2000,
)


def hostile(folder: Path) -> None:
    """Run a Carrel under both for three minutes, and print how the normal ones fared."""
    with carrel("hostile", folder, trained("hostile", folder)) as (stack, meta):
        channel = Channel("Carrel", stack.webhook, meta, PAGE_ID, APP_SECRET)
        at_rate(channel, said(20), 5)
        fresh, most, stop = memory(stack), dict[str, float](), threading.Event()
        beside = [
            threading.Thread(target=_send, args=(channel, stop)),
            threading.Thread(target=_watch, args=(stack, most, stop)),
        ]
        for each in beside:
            each.start()
        taken, answered = at_rate(channel, said(NORMAL_A_SECOND * SECONDS), NORMAL_A_SECOND)
        stop.set()
        for each in beside:
            each.join()
        title = f"{NORMAL_A_SECOND} normal messages a second beside {HOSTILE_A_MINUTE} hostile ones a minute"
        show(f"{title}: webhook to 200", [taken])
        show(f"{title}: webhook in to answer out", [answered])
        rows = [(name, f"{fresh.get(name, 0):.0f}", f"{most[name]:.0f}") for name in most]
        print_table("Memory, MB", ("", "when ready", "at most"), rows)
        print(f"All {len(answered.milliseconds)} normal messages were answered.")  # noqa: T201
        print(f"Data, MB: {', '.join(_data(stack))}")  # noqa: T201


def _messages() -> Iterator[str]:
    chance = random.Random(17)
    others = texts(chance, lambda: KNOWN[0])
    for number in itertools.count():
        # No platform delivers more letters than that.
        yield KNOWN[number // 2 % len(KNOWN)] if number % 2 else next(others)[: LENGTHS[0]]


def _send(channel: Channel, stop: threading.Event) -> None:
    begin = time.monotonic()
    with httpx.Client(timeout=30) as client:
        for number, words in enumerate(_messages()):
            if stop.wait(max(0.0, begin + number * 60 / HOSTILE_A_MINUTE - time.monotonic())):
                return
            channel.send(client, uuid.uuid4().hex, words)


def _watch(stack: object, most: dict[str, float], stop: threading.Event) -> None:
    while not stop.wait(1.0):
        try:
            now = memory(stack)  # type: ignore[arg-type]
        except (OSError, StopIteration):
            continue  # one has ended while it was looked at
        for name, size in now.items():
            most[name] = max(most.get(name, 0.0), size)


def _data(stack: object) -> Iterator[str]:
    for pid in everything(stack):  # type: ignore[arg-type]
        words = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        size = next((line.split()[1] for line in lines if line.startswith("VmData")), "0")
        yield f"{' '.join(words.split()[1:5])} {int(size) // 1024}"
