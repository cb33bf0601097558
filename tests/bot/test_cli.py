"""The command line: what a person types, what is said, and what the exit code is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from click.testing import CliRunner, Result
from sqlalchemy.engine import Engine

from bot.cli import main
from bot.store.base import Base

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is a Carrel project with the sample library and a store of its own."""
    shutil.copytree(ROOT / "content", tmp_path / "content")
    shutil.copy(ROOT / "domain.yml", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/store.db")
    return tmp_path


def carrel(*words: str, typed: str = "") -> Result:
    """Run a command of Carrel's."""
    return CliRunner().invoke(main, words, input=typed)


def test_every_command_says_what_it_is_for() -> None:
    """`carrel --help` is where a person begins."""
    shown = carrel("--help").output

    for name, command in main.commands.items():
        assert command.hidden or (name in shown and command.help)


def test_elsewhere_than_in_the_project_it_says_where_to_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person in the wrong folder is no traceback."""
    monkeypatch.chdir(tmp_path)
    result = carrel("content", "check")

    assert result.exit_code == 1
    assert "Run carrel from the project's folder" in result.output


def test_content_is_checked_and_samples_are_listed(project: Path) -> None:
    """Right content, and what in it a library has to replace."""
    result = carrel("content", "check")

    assert result.exit_code == 0, result.output
    assert "is right" in result.output
    assert "Sample values" in result.output
    assert "answers, wifi: 16 whole entries" in result.output


def test_wrong_content_ends_with_its_problems_and_loads_nothing(project: Path) -> None:
    """File and line, and an exit code that a script notices."""
    (project / "content" / "contests.yml").write_text("contests:\n  - key: c\n")
    for command in ("check", "load"):
        result = carrel("content", command)

        assert result.exit_code == 1
        assert "contests.yml:2: c.title: is missing" in result.output
        assert "nothing was loaded" in result.output


def test_loading_asks_first_and_no_is_no(project: Path) -> None:
    """Before anything changes it is shown; the default is to change nothing."""
    refused = carrel("content", "load", typed="n\n")
    accepted = carrel("content", "load", typed="y\n")
    again = carrel("content", "load")

    assert refused.exit_code == 1
    assert "Load this?" in refused.output
    assert "+ places library" in accepted.output
    assert accepted.exit_code == again.exit_code == 0
    assert "Load this?" not in again.output


def test_what_is_loaded_is_exported(project: Path) -> None:
    """Into a folder of its own, and it passes the check."""
    carrel("content", "load", "--yes")
    exported = carrel("content", "export", "--folder", "out")

    assert exported.exit_code == 0, exported.output
    assert carrel("content", "check", "--folder", "out").exit_code == 0


def test_a_wrong_setting_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it should be."""
    monkeypatch.setenv("LIBRARY_TIMEZONE", "Hong Kong")
    result = carrel("content", "load", "--yes")

    assert result.exit_code == 1
    assert "LIBRARY_TIMEZONE" in result.output
    assert "Asia/Hong_Kong" in result.output


def test_a_database_that_is_not_there_is_told_without_its_password(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address helps; the password is nobody's business."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://carrel:topsecret@127.0.0.1:1/carrel")
    result = carrel("content", "load", "--yes")

    assert result.exit_code == 1
    assert "127.0.0.1:1" in result.output
    assert "topsecret" not in result.output


def test_examples_are_checked_loaded_once_and_exported(project: Path) -> None:
    """As content is: said before it changes, asked, nothing the second time, and out again as the files have it."""
    for name in ("data/nlu", "data/stories", "evaluation"):
        shutil.copytree(ROOT / name, project / name)
    shutil.copy(ROOT / "config.yml", project)
    checked = carrel("examples", "check")
    assert checked.exit_code == 0, checked.output
    assert "is right" in checked.output
    refused = carrel("examples", "load", typed="n\n")
    assert (refused.exit_code, "Load this?" in refused.output) == (1, True)
    assert "added" in carrel("examples", "load", "--yes").output
    assert "No example changes" in carrel("examples", "load").output
    exported = carrel("examples", "export", "--folder", "out")
    assert exported.exit_code == 0, exported.output
    for path in (project / "data").rglob("*.yml"):
        assert (project / "out" / path.relative_to(project)).read_text() == path.read_text(), path
    wifi = project / "data" / "nlu" / "wifi.yml"
    wifi.write_text(wifi.read_text() + "      no example\n")
    wrong = carrel("examples", "load", "--yes")
    assert wrong.exit_code == 1
    assert f"wifi.yml:{len(wifi.read_text().splitlines())}: should be an example" in wrong.output


def test_chat_without_a_running_bot_says_how_to_start_it(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a stack trace of an HTTP library."""
    monkeypatch.setenv("RASA_URL", "http://127.0.0.1:1")
    result = carrel("chat")

    assert result.exit_code == 1
    assert "make run" in result.output


def test_the_migrations_make_what_the_tables_say(engine: Engine) -> None:
    """A column added to the code without a migration fails here, on either database."""
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)

    assert differences == []


def test_a_store_can_go_back_and_forth(engine: Engine) -> None:
    """Down to nothing and up again: an upgrade that failed can be undone."""
    from alembic import command
    from alembic.config import Config

    from bot.store.engine import MIGRATIONS, upgrade

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]

    upgrade(engine)
    assert set(Base.metadata.tables) <= set(sa.inspect(engine).get_table_names())
