"""Carrel as a larger library runs it: two of each process, behind one name each, as nginx would."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.stack import ROOT, Stack, free_port, listens, until

CARREL = os.path.join(os.path.dirname(sys.executable), "carrel")


class Balancer:
    """One address for several: each connection goes to the server with the fewest, of those that take it."""

    def __init__(self, port: int, servers: list[int]) -> None:
        self._open = dict.fromkeys(servers, 0)
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", port))
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def stop(self) -> None:
        """Take no more connections."""
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for server in sorted(self._open, key=lambda each: self._open[each]):
            self._open[server] += 1
            try:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", server)
                await asyncio.gather(self._pour(reader, far_writer), self._pour(far_reader, writer))
                return
            except OSError:
                continue
            finally:
                self._open[server] -= 1
        writer.close()

    @staticmethod
    async def _pour(source: asyncio.StreamReader, into: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                into.write(data)
                await into.drain()
        except OSError:
            pass
        finally:
            into.close()


@dataclass
class Grown(Stack):
    """Two web processes, two workers, two Rasa servers and an action server, each started again when it dies."""

    chance: random.Random = field(default_factory=lambda: random.Random(11))

    def start(self) -> None:
        """Start everything and return when every part is ready."""
        self.prepare()
        rasa = int(self.rasa_url.rsplit(":", 1)[1])
        webs, rasas = [free_port(), free_port()], [free_port(), free_port()]
        self._balancers = [Balancer(self.port, webs), Balancer(rasa, rasas)]
        for words in (("prepare",), ("content", "load", "--yes")):
            done = self.carrel(*words)
            assert done.returncode == 0, done.stderr
        self._commands: dict[str, tuple[list[str], dict[str, str]]] = {
            "actions 1": (["actions"], {}),
            **{f"rasa {port}": (["rasa", "--port", str(port)], {}) for port in rasas},
            **{f"worker {number}": (["worker"], {}) for number in (1, 2)},
            **{f"web {port}": (["web"], {"PORT": str(port)}) for port in webs},
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._ended = threading.Event()
        self._supervise()
        self._supervisor = threading.Thread(target=self._watch, daemon=True)
        self._supervisor.start()
        # One Rasa is enough to be ready, and a worker's connection stays with the server that it found first.
        until(lambda: all(map(listens, webs + rasas)), 120, "not every server has started")
        self.wait_ready()

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self._supervise()

    def _supervise(self) -> None:
        for name, (words, extra) in self._commands.items():
            if name not in self._running or self._running[name].poll() is not None:
                with (self.folder / f"log of {name}").open("ab") as log:
                    self._running[name] = subprocess.Popen(
                        [CARREL, *words],
                        cwd=ROOT,
                        env={**self.environment(), "PUBLIC_URL": self.url, **extra},
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )

    @property
    def log(self) -> Path:
        """What all processes have printed, one after the other."""
        path = self.folder / "log"
        path.write_bytes(b"".join(each.read_bytes() for each in sorted(self.folder.glob("log of *"))))
        return path

    def served(self) -> dict[str, int]:
        """Return of each kind how many processes have done some of the work."""
        works = {"web": "event=webhook", "worker": "event=turn", "rasa": "event=rasa_turn"}
        return {
            kind: sum(work in each.read_text() for each in self.folder.glob(f"log of {kind} *"))
            for kind, work in works.items()
        }

    def pids(self, words: str) -> list[int]:
        """Return one process of a kind, chosen by chance."""
        names = [name for name, running in self._running.items() if name.startswith(words) and running.poll() is None]
        return [self._running[self.chance.choice(names)].pid] if names else []

    def stop(self) -> None:
        """Stop everything, as an operating system does, and return when it has ended."""
        self._ended.set()
        self._supervisor.join()
        for running in self._running.values():
            running.send_signal(signal.SIGTERM)
        for running in self._running.values():
            running.wait(timeout=60)
        for balancer in self._balancers:
            balancer.stop()
