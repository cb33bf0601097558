"""/privacy: the statement of the store with the real days, in the language that the browser asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from bot import public
from bot.public.counter import Counter
from bot.public.statement import paragraphs
from bot.settings import read_settings
from bot.store import statement
from connectors.web import create_app
from tests.stores import sqlite, stated

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A store with the shipped texts about privacy."""
    return stated(sqlite(tmp_path / "store.db"), NOW)


@pytest.fixture
def browser(engine: Engine, tmp_path: Path) -> FlaskClient:
    """A browser at the door of the web process, whose words are kept for 77 days."""
    settings = read_settings({"CARREL_VAR": str(tmp_path), "KEEP_WORDS_DAYS": "77"}, env_file=None)
    app = create_app({}, lambda *_: None, dict)
    public.install(app, Counter(engine, lambda: NOW, {f"{name}_days": days for name, days in settings.keep.items()}))
    return app.test_client()


@pytest.mark.parametrize(
    ("address", "accepts", "language", "words"),
    [
        ("/privacy", "", "en", "What we keep, and why"),
        ("/privacy", "fr-FR,fr;q=0.9", "en", "What we keep, and why"),
        ("/privacy", "zh-HK,en;q=0.8", "zh-Hant", "我們保留甚麼"),
        ("/privacy", "zh-CN,zh;q=0.9", "zh-Hans", "我们保留什么"),
        ("/privacy?lang=zh-Hans", "en", "zh-Hans", "我们保留什么"),
        ("/privacy?lang=zh-Hant", "zh-CN", "zh-Hant", "我們保留甚麼"),
        ("/privacy?lang=<script>", "en", "en", "What we keep, and why"),
    ],
)
def test_the_page_speaks_the_readers_language(
    browser: FlaskClient, address: str, accepts: str, language: str, words: str
) -> None:
    """The address decides before the browser; what is unknown is English."""
    response = browser.get(address, headers={"Accept-Language": accepts})

    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.text
    assert words in response.text
    assert response.headers["Vary"] == "Accept-Language"
    assert "<script" not in response.text


@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
def test_the_page_tells_the_real_days_and_leaves_no_gap(browser: FlaskClient, language: str) -> None:
    """Every figure is filled in, from the settings."""
    page = browser.get(f"/privacy?lang={language}").text

    assert "77" in page
    assert "{" not in page
    assert page.count("<h2>") == 7


def test_a_new_version_is_shown_with_its_day(browser: FlaskClient, engine: Engine) -> None:
    """Beneath the text."""
    statement.declare(engine, by="ada", note="", now=NOW)

    assert '<footer>Version 2 · <time datetime="2026-11-24">' in browser.get("/privacy").text


def test_lists_and_paragraphs() -> None:
    """Lines with dashes are a list, and a blank line begins a paragraph."""
    assert paragraphs("a\nb\n\n- c\n- d\n\n") == ("a b", ("c", "d"))
