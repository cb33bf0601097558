"""Reading times costs what it may: what is pasted is read in pieces, and what asks too much is left unread."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from bot.nlu.duckling_pool import PROCESSES, Pool
from bot.nlu.times import times
from tests.stack import until

# A Saturday, 14:00 in Hong Kong.
MOMENT = datetime(2026, 11, 28, 6, tzinfo=UTC)
AT = int(MOMENT.timestamp())
HK = "Asia/Hong_Kong"
# Duckling alone takes minutes and gigabytes for it.
DEAR = "monday " * 15
WEEK = ["Mon 9am-10pm", "Tue 9am-10pm", "Wed 9am-10pm", "Thu 9am-10pm", "Fri 9am-10pm", "Sat 9am-6pm", "Sun"]
SLOTS = ["10:00-11:00", "11:00-12:00", "12:00-13:00", "14:00-15:00", "15:00-16:00", "16:00-17:00"]


@pytest.fixture
def pool() -> Iterator[Pool]:
    """A pool of its own."""
    made = Pool()
    yield made
    made.close()


def _read(text: str) -> list[str]:
    return [each["text"].strip(" ,") for each in times(text, MOMENT, HK) if each["entity"] == "time"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (f"is this right: {', '.join(WEEK)} closed", WEEK),
        ("\n".join(WEEK), WEEK),
        (" ".join(WEEK), WEEK),
        ("at 5pm " * 10, ["at 5pm"] * 10),
        ("monday " * 15, ["monday"] * 15),
        (f"which rooms: {', '.join(SLOTS)}?", SLOTS),
        (" ".join(SLOTS), SLOTS),
        ("open 24 dec, 25 dec, 26 dec, 27 dec, 28 dec?", ["24 dec", "25 dec", "26 dec", "27 dec", "28 dec"]),
        ("24/12, 25/12, 26/12, 27/12", ["24/12", "25/12", "26/12", "27/12"]),
        (
            "2026-12-24 10:30, 2026-12-25 10:30, 2026-12-26 9:30",
            ["2026-12-24 10:30", "2026-12-25 10:30", "2026-12-26 9:30"],
        ),
    ],
)  # fmt: skip
def test_a_list_of_times_is_read_entry_by_entry(text: str, read: list[str]) -> None:
    """A timetable, days and slots in a row: each entry is a time, as if it stood alone."""
    assert _read(text) == read


def test_a_question_below_a_long_list_is_read_first() -> None:
    """Of more times than are read, those of the sentence that asks are read in any case."""
    pasted = "".join(f"Lecture {number}: tuesday 9am to 10am in room A{number}.\n" for number in range(40))
    found = times(f"{pasted[:1900]}\nare you open next friday at 7pm?", MOMENT, HK)

    assert "2026-12-04T19:00:00.000+08:00" in [each["value"] for each in found]
    assert [each["entity"] for each in found].count("unread_time") == 1


def test_a_long_range_between_two_dates_stays_one() -> None:
    """What is said in one breath is not taken apart, and costs little without the days of the week."""
    (found,) = times("from Monday 30 November 2026 9am to Friday 4 December 2026 5pm", MOMENT, HK)

    assert found["value"]["from"] == "2026-11-30T09:00:00.000+08:00"
    assert found["value"]["to"].startswith("2026-12-04T18:00")  # exclusive


def test_what_asks_too_much_is_left_unread_and_said_so() -> None:
    """Times that only Duckling knows, in a row: the message is understood without them, and the words are told."""
    found = times("is it open " + "diwali " * 40, MOMENT, HK)

    assert [each["entity"] for each in found] == ["unread_time"]
    assert found[0]["value"].startswith("is it open diwali")
    assert len(found[0]["value"]) <= 80


def test_the_next_message_is_read_after_one_that_asked_too_much(pool: Pool) -> None:
    """The process that it cost is replaced; others stand ready."""
    assert pool.read(DEAR, AT, HK, "EN_GB") is None
    found = pool.read("tomorrow at 5pm", AT, HK, "EN_GB")

    assert found is not None
    assert found.found[0]["value"]["value"] == "2026-11-29T17:00:00.000+08:00"


def test_a_flood_of_the_same_text_costs_one_process(pool: Pool) -> None:
    """A text that asked too much is known, and is not tried again."""
    pool.start()
    before = _children(os.getpid())
    for _ in range(20):
        assert pool.read(DEAR, AT, HK, "EN_GB") is None

    assert len(_children(os.getpid()) & before) >= PROCESSES - 1
    assert len(_children(os.getpid())) <= PROCESSES + len(before)


def test_a_process_that_somebody_ends_is_replaced(pool: Pool) -> None:
    """Whoever kills it: the message is read all the same."""
    pool.read("tomorrow", AT, HK, "EN_GB")
    for child in _children(os.getpid()):
        os.kill(child, signal.SIGKILL)

    answer = pool.read("tomorrow at 5pm", AT, HK, "EN_GB")

    assert answer is not None
    assert answer.found


def test_a_text_gets_no_more_memory_than_its_own() -> None:
    """With all the time in the world Duckling ends at its 64 MB over what it has when it is idle."""
    idle, (code, most) = _cost(""), _cost(DEAR)

    assert idle[0] == 0
    assert code != 0
    assert most - idle[1] < 80 * 1024


def test_the_processes_end_with_who_started_them() -> None:
    """However it ends: killed, it leaves nothing behind, not even one that is in the middle of a text."""
    code = "import sys; from bot.nlu.duckling_pool import Pool; p = Pool(); p.read('now', 0, 'UTC', 'EN_GB'); "
    parent = subprocess.Popen([sys.executable, "-c", code + "print('ready', flush=True); sys.stdin.read()"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    assert parent.stdout
    assert parent.stdout.readline() == b"ready\n"
    started = _children(parent.pid)
    parent.kill()
    parent.wait()

    assert len(started) == PROCESSES
    for each in started:
        until(partial(_is_gone, each), 10, "a process outlives who started it")


def _cost(text: str) -> tuple[int, int]:
    """Return how a process that reads `text` for a minute at most ends, and the most memory that it had, in KB."""
    asked = json.dumps({"text": text, "at": AT, "zone": HK, "locale": "EN_GB", "seconds": 60})
    # Started by a light process: what a process has had counts as the most of those that it starts.
    code = (
        "import resource, subprocess, sys; "
        "ended = subprocess.run([sys.executable, '-m', 'bot.nlu.duckling_child'], input=sys.argv[1].encode(),"
        " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "print(ended.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    told = subprocess.run([sys.executable, "-c", code, asked], check=True, capture_output=True, text=True).stdout
    returned, most = told.split()
    return int(returned), int(most)


def _children(pid: int) -> set[int]:
    """Return the processes that read times which another one has started."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
            command = (stat.parent / "cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z" and b"duckling_child" in command:
            found.add(int(stat.parent.name))
    return found


def _is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True
