"""A simulated month: does reviewing what the queue brings first teach more than reviewing messages by chance?

The students' words are those of `month.tsv`, by a hand that has seen neither the examples nor the test questions, three
topics that the bot has never heard of among them. 5,000 messages are sent as signed webhooks to a whole Carrel, which
answers and logs them: with typos, some with personal data in several forms, more about rooms and exams week by week,
and the new topics coming up one after another. A librarian makes 200 decisions on the first 4,000, always right ones:
on the cards that the real queue brings, or on messages drawn by chance. Tested is on the last 1,000, a fifth of whose
wordings nobody has used before.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import Engine

from bot import processes
from bot.retraining import gate, project
from bot.retraining.measures import Asked, Guess, questions
from bot.retraining.redaction import redact
from bot.simulator.fake_meta import FakeMeta
from bot.store import cards, examples, jobs, topics
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, TurnRow
from tests.bench.load import Channel
from tests.stack import APP_SECRET, PAGE_ID, ROOT, Stack, copied, until, whole
from tests.stores import sqlite, taught

HERE = Path(__file__).parent
LABELS = {"prayer_room": "Prayer room", "stationery": "Stationery", "board_games": "Board games"}
MESSAGES, REVIEWED, DECISIONS, DRAWS = 5_000, 4_000, 200, 3
# What there is more of as the month goes on, and when a new topic comes up: in which of four weeks.
EXAMS = frozenset({"study_room_booking", "learning_commons_24h", "opening_hours", "course_reserves", "renew_loan"})
COMES_UP = {"prayer_room": 0, "stationery": 1, "board_games": 2}
TAILS = ("", "", "", " pls", "??", " thx", " lol", " asap")
PERSONAL = (
    "my sid is 20{d6}",
    "student no. 2{d7}",
    "call me 9{d3} {d4}",
    "tel +852 6{d7}",
    "hkid A{d6}(3)",
    "mail me ka.ho.{d3}@connect.ust.hk",
    "my name is Chan Ka Ho",
    "i am Mary Wong",
    "card 4111 1111 1111 1111",
)


@dataclass(frozen=True)
class Said:
    """What a student writes, what it means, and what in it names a person ("": nothing)."""

    text: str
    intent: str
    personal: str = ""
    new: bool = False


def typed(text: str, chance: random.Random) -> str:
    """Return a text as somebody else might type it: a letter lost, doubled or swapped here and there."""
    letters = list(text)
    for _ in range(chance.choice((0, 1, 1, 2))):
        place = chance.randrange(max(1, len(letters) - 1))
        match chance.randrange(3):
            case 0 if len(letters) > 4:
                del letters[place]
            case 1:
                letters.insert(place, letters[place])
            case _:
                letters[place : place + 2] = reversed(letters[place : place + 2])
    return "".join(letters) + chance.choice(TAILS)


def stream(chance: random.Random) -> list[Said]:
    """Return a month of messages in their order."""
    wordings = questions(HERE, "month")
    chance.shuffle(wordings)
    late = {each.text for each in wordings[: len(wordings) // 5]}
    found = []
    for number in range(MESSAGES):
        week = 4 * number / MESSAGES
        asked = [each for each in wordings if number >= REVIEWED or each.text not in late]
        weights = [_weight(each.intents[0], week) for each in asked]
        [each] = chance.choices(asked, weights)
        text, personal = typed(each.text, chance), ""
        if chance.random() < 0.04:
            personal = _filled(chance.choice(PERSONAL), chance)
            text = f"{text} {personal}"
        found.append(Said(text, each.intents[0], personal, each.text in late))
    return found


def _weight(intent: str, week: float) -> float:
    if intent in COMES_UP:
        return 0.0 if week < COMES_UP[intent] else 2.0
    return 1.0 + week / 2 if intent in EXAMS else 1.0


def _filled(form: str, chance: random.Random) -> str:
    for digits in (3, 4, 6, 7):
        form = form.replace(f"{{d{digits}}}", f"{chance.randrange(10**digits):0{digits}d}")
    return form


def trained(folder: Path, name: str, data: Path, *kind: str) -> Path:
    """Return the model of the examples in `data`."""
    print(f"Training {name} …", flush=True)  # noqa: T201
    given = ("--nlu", str(data / "nlu")) if kind else ("--data", str(data))
    words = ["train", *kind, "--quiet", *given, "--out", str(folder), "--fixed-model-name", name]
    subprocess.run(processes.quietly("rasa", *words), cwd=ROOT, check=True, env=_environment(folder))
    return folder / f"{name}.tar.gz"


def parsed(folder: Path, model: Path, texts: Sequence[str]) -> list[Guess]:
    """Return what a model makes of texts."""
    asked, told = folder / "asked.json", folder / "told.json"
    asked.write_text(json.dumps({"models": [str(model)], "texts": list(texts)}), encoding="utf-8")
    command = processes.quietly("bot.nlu.judging", str(asked), str(told))
    subprocess.run(command, cwd=ROOT, check=True, env=_environment(folder))
    [found] = json.loads(told.read_text(encoding="utf-8"))["parsed"]
    return [Guess(tuple((name, value) for name, value in each["ranking"]), each["sure"]) for each in found]


def _environment(folder: Path) -> dict[str, str]:
    # No store: what an answer's own questions add is not what is measured here.
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3", "CARREL_VAR": str(ROOT / "var")}
    return {**os.environ, **quiet, "DATABASE_URL": f"sqlite:///{folder}/none.db"}


def log(stack: Stack, meta: FakeMeta, said: Sequence[Said]) -> list[int]:
    """Send messages as students do, each a person of their own, and return their numbers in the inbox, in order."""
    channel = Channel("Carrel", stack.webhook, meta, PAGE_ID, APP_SECRET)
    people = [uuid.uuid4().hex for _ in said]
    with httpx.Client(timeout=120) as client, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: channel.send(client, each[0], each[1].text), zip(people, said, strict=True)))
    engine = connect(stack.database_url)
    turns = sa.select(sa.func.count()).select_from(TurnRow.__table__)

    def answered() -> bool:
        with engine.connect() as connection:
            return int(connection.execute(turns).scalar_one()) >= len(said)

    until(answered, 1800, "not every message was answered")
    with engine.connect() as connection:
        rows = connection.execute(sa.select(InboxRow.id, InboxRow.text)).all()
    by_text: dict[str, list[int]] = {}
    for row in sorted(rows):
        by_text.setdefault(row.text, []).append(row.id)
    return [by_text[each.text].pop(0) for each in said]


def reviewed(engine: Engine, numbers: Sequence[int]) -> list[int]:
    """Return the first cards of the real queue, as places in `numbers`, without those that are tested on."""
    now = datetime.now(UTC)
    job = jobs.ask(engine, "queue", by="bench", now=now)

    def sorted_anew() -> bool:
        found = jobs.get(engine, job)
        return bool(found) and found.state == "done"

    until(sorted_anew, 600, "the queue was not sorted")
    places, skip, found = {number: place for place, number in enumerate(numbers)}, [], []
    while len(found) < DECISIONS and (card := cards.next_card(engine, "lib", now, skip=skip)):
        skip.append(card.inbox_id)
        if places[card.inbox_id] < REVIEWED:
            found.append(places[card.inbox_id])
    return found


def teach(root: Path, folder: Path, learnt: Sequence[tuple[str, str]]) -> Path:
    """Return the project in `folder` with more examples; topics that have none yet are made."""
    folder.mkdir()
    engine, whose = taught(sqlite(folder / "store.db"), root), {"by": "bench", "now": datetime.now(UTC)}
    with engine.begin() as connection:
        for name, label in LABELS.items():
            if len({examples.clean(text) for intent, text in learnt if intent == name}) >= topics.LEAST_EXAMPLES:
                topics.add(connection, label, **whose)
        known = topics.every(connection)
        examples.add(connection, [each for each in learnt if each[0] in known], source="review", **whose)
    project.write(engine, root, folder / "project", examples.current(engine))
    return folder / "project"


def month(folder: Path) -> None:
    """Run the month and print what was learnt."""
    chance = random.Random(20261124)
    said, root = stream(chance), copied(folder / "project")
    base = trained(folder / "models", "base", root / "data")
    top, guesses = logged(folder, root, said)
    arms = [(f"the queue's first {len(top)}", top)]
    arms += [
        (f"{DECISIONS} by chance ({draw + 1})", chance.sample(range(REVIEWED), DECISIONS)) for draw in range(DRAWS)
    ]
    table = Table(title=f"After {DECISIONS} decisions on {REVIEWED} of {MESSAGES} logged messages")
    for column in (
        "reviewed",
        "not answered rightly",
        "last 1,000 (95 %)",
        "worded anew",
        "new topics",
        "personal data left",
    ):
        table.add_column(column)
    later = said[REVIEWED:]
    before = parsed(folder, base, [each.text for each in later])
    table.add_row("nothing", "", *scores(later, before), "")
    for number, (name, chosen) in enumerate(arms):
        learnt = [(said[each].intent, redact(said[each].text).text) for each in chosen]
        arm = teach(root, folder / f"arm{number}", learnt)
        model = trained(folder, f"arm-{number}", arm / "data", "nlu")
        wrong = sum(guesses[each] != said[each].intent for each in chosen)
        found = scores(later, parsed(folder, model, [each.text for each in later]))
        table.add_row(name, f"{wrong} of {len(chosen)}", *found, left(chosen, said, learnt))
    Console(width=140).print(table)


def logged(folder: Path, root: Path, said: Sequence[Said]) -> tuple[list[int], list[str]]:
    """Have a whole Carrel answer the month; return which the queue brings first, and what each was taken for."""
    with whole(folder / "month-var", folder / "models", root, 600) as (stack, meta):
        print(f"Logging {len(said)} messages …", flush=True)  # noqa: T201
        numbers = log(stack, meta, said)
        engine = connect(stack.database_url)
        top = reviewed(engine, numbers)
        with engine.connect() as connection:
            rows = connection.execute(sa.select(TurnRow.inbox_id, TurnRow.intent)).all()
        guessed = {row.inbox_id: row.intent for row in rows}
        return top, [guessed[number] for number in numbers]


def scores(later: Sequence[Said], made: Sequence[Guess]) -> list[str]:
    """Return the columns of a model: what is right of all, of wordings that are new, and of the new topics."""
    pairs = [each for each in zip(later, made, strict=True) if each[0].intent != "out_of_scope"]
    right = gate.share([Asked(each.text, (each.intent,)) for each, _ in pairs], [guess for _, guess in pairs])
    low, high = gate.interval(round(right * len(pairs)), len(pairs))
    anew = [guess.first == each.intent for each, guess in pairs if each.new]
    topic = [guess.first == each.intent for each, guess in pairs if each.intent in LABELS]
    return [
        f"{right:.3f} ({low:.3f}–{high:.3f})",
        f"{sum(anew) / len(anew):.3f} of {len(anew)}",
        f"{sum(topic)} of {len(topic)}",
    ]


def left(chosen: Sequence[int], said: Sequence[Said], learnt: Sequence[tuple[str, str]]) -> str:
    """Return of how many personal data in the reviewed messages something is left in the examples."""
    planted = [
        (said[each].personal, text) for each, (_, text) in zip(chosen, learnt, strict=True) if said[each].personal
    ]
    # What names somebody is digits, an address or a name: the words around it may stay.
    telling = [
        any(word in text for word in personal.split() if any(map(str.isdigit, word)) or "@" in word or word.istitle())
        for personal, text in planted
    ]
    return f"{sum(telling)} of {len(telling)}"
