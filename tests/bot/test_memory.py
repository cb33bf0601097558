"""Each process may take so much memory and no more, however it is started."""

from __future__ import annotations

import subprocess
import sys
from configparser import RawConfigParser
from pathlib import Path

import pytest
import yaml

from bot.processes import MEMORY, Program, supervisor_config

ROOT = Path(__file__).parents[2]
TAKES = "taken = bytearray({} * 2**20); print('done')"


def _within(megabytes: int, takes: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot.bounded", str(megabytes), sys.executable, "-c", TAKES.format(takes)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is one that Linux keeps")
def test_a_program_that_takes_more_than_it_may_ends() -> None:
    """It is refused the memory, and the machine goes on."""
    assert _within(300, 100).stdout == "done\n"
    refused = _within(300, 400)
    assert refused.returncode != 0
    assert "MemoryError" in refused.stderr
    assert _within(0, 400).stdout == "done\n"


def test_the_supervisor_starts_each_process_with_its_limit(tmp_path: Path) -> None:
    """More by a setting, and none where that is wanted."""
    found = [Program(name, ("run", "it")) for name in MEMORY]
    for times, expected in ((1.0, MEMORY["rasa"]), (1.5, MEMORY["rasa"] * 1.5), (0, 0)):
        config = RawConfigParser()
        config.read_string(supervisor_config(found, tmp_path, times))
        command = config["program:rasa"]["command"]
        assert command.endswith(f"-m bot.bounded {expected:.0f} run it")


def test_units_and_containers_have_limits() -> None:
    """Every service of systemd, and every one of compose."""
    units = list((ROOT / "deploy" / "systemd").glob("*.service"))
    services = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text())["services"]

    assert units
    assert [unit.name for unit in units if "MemoryMax=" not in unit.read_text()] == []
    assert [name for name, service in services.items() if "mem_limit" not in service] == []
