"""Everything on one machine with one command: prepares the store and the model, then hands over to the supervisor."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from bot import passes
from bot.settings import Settings

# A platform is waiting for its webhook, a student has only begun to wait for the answer: when the processors are busy,
# the webhook takes priority. At 100 a second 99 % were acknowledged within 175 ms without this, within 31 to 76 ms with
# it.
BEHIND = ("/usr/bin/env", "nice", "-n", "7")
# Memory limit of each process, in megabytes: two to three times its observed use under load. The trainer's applies to
# each process that it starts; training memory grows with the square of the examples.
MEMORY = {"web": 1500, "worker": 1500, "actions": 1500, "rasa": 3000, "trainer": 8000, "ready": 1000}
LOCAL = {"127.0.0.1", "localhost", "::1", "0.0.0.0"}  # noqa: S104 - names this machine, binds nothing


@dataclass(frozen=True)
class Program:
    """A process that the supervisor starts and restarts; all but the web process run at lower priority."""

    name: str
    command: tuple[str, ...]
    once: bool = False
    behind: bool = True


def environment(settings: Settings) -> dict[str, str]:
    """Return the environment of Rasa's processes, which have no access to `Settings`."""
    return {
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "HF_HUB_OFFLINE": os.environ.get("HF_HUB_OFFLINE", "1"),
        "PYTHONUNBUFFERED": "1",
        "SANIC_HOST": "127.0.0.1",  # where the action server listens, unless overridden
        "PYTHONWARNINGS": "ignore",  # those of the libraries that Rasa pins
        passes.NAME: settings.rasa_token,
        "CARREL_VAR": str(settings.var),
        "RASA_CACHE_DIRECTORY": str(settings.var.resolve() / "rasa_cache"),  # otherwise Rasa writes into the project
        "LIBRARY_TIMEZONE": str(settings.timezone),
        # Rasa expands ${…} when it reads its endpoints, so that no file contains a password.
        "CARREL_REDIS_PASSWORD": unquote(urlsplit(settings.redis_url or "").password or ""),
        "CARREL_DATABASE_PASSWORD": unquote(urlsplit(settings.database_url).password or ""),
        # A separate schema, since Rasa's "events" table is not the library's (bot.store.engine creates the schema).
        **({"POSTGRESQL_SCHEMA": "rasa"} if settings.database_url.startswith("postgresql") else {}),
    }


def answers(host: str, port: int) -> bool:
    """Return whether something listens at this address."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def latest_model(folder: Path) -> Path | None:
    """Return the newest trained model, or None."""
    return max(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)


def web_program() -> Program:
    """Return the web process."""
    return Program("web", carrel("web"), behind=False)


def worker_program() -> Program:
    """Return the worker process."""
    return Program("worker", carrel("worker"))


def trainer_program() -> Program:
    """Return the trainer: new models, and the review queue."""
    return Program("trainer", carrel("trainer"))


def carrel(*words: str) -> tuple[str, ...]:
    """Return the command that runs this Carrel installation with `words`."""
    return (_binary("carrel"), *words)


def quietly(module: str, *words: str) -> tuple[str, ...]:
    """Return the command that runs Rasa or its action server with `words`."""
    return (sys.executable, "-m", "bot.quietly", module, *words)


def programs(settings: Settings, say: Callable[[str], None]) -> list[Program]:
    """Return the processes to run, except a Rasa that is remote or already running."""
    rasa = urlsplit(settings.rasa_url)
    host, port = rasa.hostname or "127.0.0.1", rasa.port or 80
    found = [actions_program(settings)]
    if host not in LOCAL or answers(host, port):
        say(f"Using the Rasa that answers at {settings.rasa_url}.")
    else:
        found.append(Program("rasa", rasa_command(settings, host, port)))
    return [
        *found,
        worker_program(),
        web_program(),
        trainer_program(),
        Program("ready", carrel("wait-ready"), once=True),
    ]


def actions_program(settings: Settings) -> Program:
    """Return the action server."""
    return Program(
        "actions", quietly("actions.rasa_sdk_server", "--actions", "actions", "--port", str(settings.actions_port))
    )


def rasa_command(settings: Settings, host: str, port: int) -> tuple[str, ...]:
    """Return the command of Rasa's server, after writing its endpoints."""
    endpoints = settings.var / "endpoints.yml"
    endpoints.write_text(_endpoints(settings), encoding="utf-8")
    return (
        *quietly("rasa", "run", "--enable-api", "--interface", host, "--port", str(port)),
        *("--model", str(_model(settings)), "--endpoints", str(endpoints), "--credentials", "credentials.yml"),
    )


def _model(settings: Settings) -> Path:
    """Return the registry's active model; else the folder, from which Rasa takes the newest."""
    # Imported here: this module starts processes, most of which need no database for that.
    from bot.store.models import active_at

    file = settings.models / f"{active_at(settings.database_url)}.tar.gz"
    return file if file.exists() else settings.models


def _endpoints(settings: Settings) -> str:
    lines = [
        "# Written by carrel serve from the settings.",
        "action_endpoint:",
        f"  url: {settings.actions_url}/webhook",
        "  headers:",
        f"    Authorization: {passes.SCHEME}${{{passes.NAME}}}",
        *_tracker_store(settings),
        *(_lock_store(urlsplit(settings.redis_url)) if settings.redis_url else ()),
    ]
    return "\n".join(lines) + "\n"


def _tracker_store(settings: Settings) -> list[str]:
    lines = ["tracker_store:", "  type: bot.nlu.trackers.Trackers"]
    if not settings.database_url.startswith("postgresql"):
        return [*lines, "  dialect: sqlite", f"  db: {settings.var.resolve() / 'conversations.db'}"]
    database = urlsplit(settings.database_url)
    return [
        *lines,
        "  dialect: postgresql",
        f"  url: {database.hostname or '127.0.0.1'}",
        f"  port: {database.port or 5432}",
        f"  db: {unquote(database.path.strip('/'))}",
        *([f"  username: {unquote(database.username)}"] if database.username else []),
        *(["  password: ${CARREL_DATABASE_PASSWORD}"] if database.password else []),
    ]


def _lock_store(redis: SplitResult) -> list[str]:
    return [
        "lock_store:",
        "  type: redis",
        f"  url: {redis.hostname or '127.0.0.1'}",
        f"  port: {redis.port or 6379}",
        f"  db: {redis.path.strip('/') or '0'}",
        "  key_prefix: carrel",
        *([f"  username: {unquote(redis.username)}"] if redis.username else []),
        *(["  password: ${CARREL_REDIS_PASSWORD}"] if redis.password else []),
        *(["  use_ssl: true"] if redis.scheme == "rediss" else []),
    ]


def _binary(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def within(program: Program, times: float) -> tuple[str, ...]:
    """Return a program's command with a memory limit: `times` that of MEMORY, 0 for none."""
    megabytes = round(MEMORY[program.name] * times)
    return (sys.executable, "-m", "bot.bounded", str(megabytes), *program.command)


def supervisor_config(found: list[Program], folder: Path, memory_times: float = 1.0) -> str:
    """Return supervisord's configuration: children log to its own output, and are restarted indefinitely."""
    config = RawConfigParser()
    config["supervisord"] = {
        "nodaemon": "true",
        "silent": "true",
        "logfile": str(folder / "supervisord.log"),
        "pidfile": str(folder / "supervisord.pid"),
        "childlogdir": str(folder),
        "umask": "077",  # its default would make the programs' files readable to everybody
        **({"user": "root"} if os.getuid() == 0 else {}),  # or supervisord warns at every start
    }
    for program in found:
        # % starts an expansion in supervisord's files.
        words = (*(BEHIND if program.behind else ()), *within(program, memory_times))
        command = " ".join(shlex.quote(part) for part in words).replace("%", "%%")
        config[f"program:{program.name}"] = {
            "command": command,
            "stdout_logfile": "/dev/stdout",
            "stdout_logfile_maxbytes": "0",
            "redirect_stderr": "true",
            "stopasgroup": "true",
            "killasgroup": "true",
            "stopwaitsecs": "45",
            **(
                {"autorestart": "false", "startsecs": "0"}
                if program.once
                else {"autorestart": "true", "startsecs": "1", "startretries": "1000000"}
            ),
        }
    lines: list[str] = []
    for section in config.sections():
        lines += [f"[{section}]", *(f"{key} = {value}" for key, value in config[section].items()), ""]
    return "\n".join(lines)


def supervise(found: list[Program], settings: Settings, extra: Mapping[str, str] | None = None) -> None:
    """Exec the supervisor of `found`. Does not return: Ctrl-C or SIGTERM ends the supervisor and all it started."""
    settings.var.mkdir(parents=True, exist_ok=True)
    path = settings.var / "supervisord.conf"
    path.write_text(supervisor_config(found, settings.var.resolve(), settings.memory_times))
    os.environ.update({**environment(settings), **(extra or {})})
    os.execv(_binary("supervisord"), [_binary("supervisord"), "--configuration", str(path)])  # noqa: S606


def become(program: Program, settings: Settings, extra: Mapping[str, str] | None = None) -> None:
    """Exec one of several separately run processes. Does not return."""
    os.environ.update({**environment(settings), **(extra or {})})
    command = within(program, settings.memory_times)
    os.execv(command[0], command)  # noqa: S606


def train(settings: Settings, project: Sequence[str], *, quiet: bool = False) -> int:
    """Train a model of a project, given in the form `rasa train` expects, into the models. Returns rasa's exit code."""
    command = [*quietly("rasa", "train", "--out", str(settings.models), *project), *(["--quiet"] if quiet else [])]
    return subprocess.run(command, env={**os.environ, **environment(settings)}, check=False).returncode  # noqa: S603
