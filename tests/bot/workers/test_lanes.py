"""Sending in lanes: a platform that hangs holds up nobody of another's."""

from __future__ import annotations

import threading
import time

from bot.workers.lanes import Lanes


def lanes(send: dict[int, threading.Event], sent: list[int], threads: int = 2) -> Lanes:
    """People from 100 on are on a platform that hangs until their event is set."""

    def make(person: int) -> None:
        if person in send:
            send[person].wait(10)
        sent.append(person)

    return Lanes(make, lambda person: "slow" if person >= 100 else "quick", threads)


def test_a_platform_that_hangs_holds_up_no_other() -> None:
    """All threads of one hang, and more people wait; the other's go out meanwhile."""
    gate, sent = threading.Event(), []
    under_test = lanes(dict.fromkeys(range(100, 110), gate), sent)
    for person in (*range(100, 110), 1, 2, 3):
        under_test.wake(person)
    quick = threading.Event()
    while len(sent) < 3 and not quick.wait(0.01):
        pass
    assert sorted(sent) == [1, 2, 3]
    gate.set()
    while len(sent) < 13 and not quick.wait(0.01):
        pass

    assert sorted(sent) == [1, 2, 3, *range(100, 110)]


def test_who_waits_already_waits_once() -> None:
    """The sweep wakes everybody each second."""
    gate, sent = threading.Event(), []
    under_test = lanes({100: gate}, sent, threads=1)
    under_test.wake(100)
    pause = threading.Event()
    while under_test._queued and not pause.wait(0.01):  # the first has begun
        pass
    for _ in range(5):
        under_test.wake(101)
    gate.set()
    under_test.wake(102)
    while len(sent) < 3 and not pause.wait(0.01):
        pass

    assert sent == [100, 101, 102]


def test_the_end_waits_for_calls_under_way_and_begins_no_more() -> None:
    """What is left rests in the outbox, and another worker makes it."""
    gate, sent = threading.Event(), []
    under_test = lanes({100: gate}, sent, threads=1)
    under_test.wake(100)
    pause = threading.Event()
    while under_test._queued and not pause.wait(0.01):
        pass
    under_test.wake(101)
    threading.Timer(0.1, gate.set).start()
    begun = time.monotonic()
    under_test.end(10)
    under_test.wake(103)

    assert sent == [100]
    assert time.monotonic() - begun < 5


def test_a_send_that_breaks_breaks_no_lane() -> None:
    """The next sweep wakes the person again."""
    sent: list[int] = []

    def make(person: int) -> None:
        if person == 1:
            raise RuntimeError
        sent.append(person)

    under_test = Lanes(make, lambda _: "quick", 1)
    under_test.wake(1)
    under_test.wake(2)
    pause = threading.Event()
    while not sent and not pause.wait(0.01):
        pass
    under_test.end(5)

    assert sent == [2]
