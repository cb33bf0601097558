"""The files of deploy/ are well formed, and name only what there is: commands, settings, metrics, units."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
import yaml

from bot.cli import main
from bot.settings import NAMES
from tests.needed import missing
from tests.stack import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
# Not by ruamel: Rasa, where a test has imported it, has it fill in ${…} of its own.
COMPOSE = yaml.safe_load((DEPLOY / "compose.yml").read_text())
GUIDE = (ROOT / "docs" / "operations.md").read_text()


def test_compose_runs_commands_that_there_are() -> None:
    for name, service in COMPOSE["services"].items():
        command = service.get("command", [])
        said = " ".join(command)
        for word in re.findall(r"carrel ([a-z-]+)", said):
            assert word in main.commands, f"{name}: carrel {word}"
        if command[:1] == ["carrel"]:
            options = {option for each in main.commands[command[1]].params for option in each.opts}
            assert {part for part in command[2:] if part.startswith("--")} <= options, name


def test_compose_is_the_whole_layout() -> None:
    services = COMPOSE["services"]

    assert {"postgres", "redis", "prepare", "web", "worker", "rasa", "actions", "trainer", "nginx"} <= services.keys()
    assert services["worker"]["deploy"]["replicas"] == services["rasa"]["deploy"]["replicas"] == 2
    assert all(service.get("logging") for service in services.values())


def test_composes_redis_asks_for_a_password_and_is_reached_with_it() -> None:
    """In a database of its own; no secret stands in the file."""
    services = COMPOSE["services"]
    url = services["web"]["environment"]["REDIS_URL"]

    assert url == "redis://:${REDIS_PASSWORD:?set it in .env}@redis:6379/1"
    assert "--requirepass" in services["redis"]["command"][-1]
    assert services["redis"]["environment"]["REDISCLI_AUTH"] == "${REDIS_PASSWORD:?set it in .env}"
    assert "ports" not in services["redis"]
    assert all("RASA_TOKEN" in services[name]["environment"] for name in ("web", "worker", "rasa", "actions"))


def test_compose_waits_for_parts_and_keeps_volumes_that_there_are() -> None:
    services, volumes = COMPOSE["services"], COMPOSE["volumes"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= services.keys(), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert source.startswith("./") or source in volumes, f"{name}: {volume}"


def test_settings_that_are_named_are_settings() -> None:
    environment = COMPOSE["services"]["web"]["environment"]
    sample = [line.split("=")[0] for line in (DEPLOY / ".env.example").read_text().splitlines() if "=" in line]
    known = {*NAMES, "POSTGRES_PASSWORD", "REDIS_PASSWORD", "ANSWER_THREADS", "KEEP"}

    assert {*environment, *sample} <= known
    families = "PUBLIC|DATABASE|REDIS|RASA|ACTIONS|SECRET|MESSENGER|WHATSAPP|TWILIO|ANSWER"
    assert set(re.findall(rf"`((?:{families})_[A-Z_]+)`", GUIDE)) <= known


def test_the_guide_names_commands_and_files_that_there_are() -> None:
    words = re.findall(r"(?:bin/|`)carrel ([a-z]+)\b", GUIDE)
    assert len(words) > 10
    assert set(words) <= main.commands.keys()
    for path in re.findall(r"`((?:deploy|docs|connectors)/[\w./-]+)`", GUIDE):
        assert (ROOT / path.split(" ")[0]).exists() or path == "deploy/tls/", path


def test_the_guide_names_metrics_that_there_are() -> None:
    source = "".join(path.read_text() for folder in ("bot", "connectors") for path in (ROOT / folder).rglob("*.py"))
    made = [re.sub(r"\{\w+\}", r"\\w+", name) for name in re.findall(r'"(carrel_[\w{}]+)"', source)]
    for metric in re.findall(r"`(carrel_\w+)", GUIDE):
        counted = metric.removesuffix("_total")  # what Prometheus adds to a counter's name
        assert any(re.fullmatch(name, counted) for name in made), metric
    events = re.findall(r"`(operator_needed|given_up|task_dropped|\w+_unavailable)`", GUIDE)
    assert len(events) > 5
    for event in events:
        told = f'Outage(log, "{event.removesuffix("_unavailable")}")'  # which makes the line's name
        assert f'"{event}"' in source or told in source, event


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    """As systemd itself reads it, with the programs where this project has them."""
    text = unit.read_text()
    for word in re.findall(r"bin/carrel ([a-z-]+)", text):
        assert word in main.commands
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze here")
    for each in UNITS:
        there = each.read_text().replace("/opt/carrel/.venv/bin/carrel", "/bin/true")
        (tmp_path / each.name).write_text(there.replace("/opt/carrel/deploy/backup.sh", "/bin/true"))
    name = unit.name.replace("@.", "@1.")
    (tmp_path / name).write_text((tmp_path / unit.name).read_text())
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    told = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert unit.name.replace("@.", "@1.") not in told.stderr, told.stderr


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    """As nginx itself reads it, with the names of this machine and a certificate of our own."""
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if not nginx:
        missing("there is no nginx here")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x"]
    subprocess.run(
        [*command, "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"],
        capture_output=True,
        check=True,
    )
    text = (DEPLOY / "nginx" / "carrel.conf").read_text().replace("/etc/nginx/tls", str(tmp_path))
    (tmp_path / "carrel.conf").write_text(re.sub(r"server \w+:8000", "server 127.0.0.1:8000", text))
    temporary = "".join(
        f"{name}_temp_path {tmp_path};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; events {{}} http {{ {temporary} access_log off; include {tmp_path}/carrel.conf; }}"
    )
    told = subprocess.run(
        [nginx, "-t", "-e", "stderr", "-c", str(tmp_path / "nginx.conf")], capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stderr


def test_shellcheck_finds_nothing() -> None:
    """Every script of the project."""
    if not shutil.which("shellcheck"):
        missing("there is no shellcheck here")
    scripts = [DEPLOY / "backup.sh", ROOT / ".ci" / "run", *(ROOT / "scripts").glob("*.sh")]
    told = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout


def test_nginx_braces_and_statements_are_whole() -> None:
    """Also where there is no nginx."""
    text = (DEPLOY / "nginx" / "carrel.conf").read_text()
    lines = [line.split("#")[0].strip() for line in text.splitlines()]
    assert sum(line.count("{") - line.count("}") for line in lines) == 0
    assert all(line.endswith((";", "{", "}")) for line in lines if line)
    assert "client_max_body_size 4m" in text


def test_a_backup_is_restored(tmp_path: Path) -> None:
    """Everything that lasts, through the script itself, into an empty place."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        (folder / "models").mkdir(parents=True)
    (first / "models" / "m.tar.gz").write_text("model")
    (first / "secret_key").write_text("k" * 32)
    with sqlite3.connect(first / "carrel.db") as store:
        store.execute("CREATE TABLE kept (word TEXT)")
        store.execute("INSERT INTO kept VALUES ('here')")

    def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "CARREL_VAR": str(folder),
            "CARREL_MODELS": str(folder / "models"),
            "DATABASE_URL": f"sqlite:///{folder / 'carrel.db'}",
            "KEEP": "2",
        }
        command = [str(DEPLOY / "backup.sh"), *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    made = run(first, str(tmp_path / "backups"))
    assert made.returncode == 0, made.stderr
    [backup] = (tmp_path / "backups").glob("*.tar.gz")
    assert backup.stat().st_mode & 0o077 == 0
    restored = run(second, "--restore", str(backup))
    assert restored.returncode == 0, restored.stderr
    with sqlite3.connect(second / "carrel.db") as store:
        assert store.execute("SELECT word FROM kept").fetchall() == [("here",)]
    assert (second / "models" / "m.tar.gz").read_text() == "model"
    again = run(second, "--restore", str(backup))
    assert again.returncode == 1
    assert "move it away" in again.stderr
