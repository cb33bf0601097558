"""What tests in a real browser share: Debian's Chromium, signing in, and what axe-core finds."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sqlalchemy.engine import Engine
from werkzeug.serving import make_server

from bot.store import users
from tests.needed import missing

PASSWORD = "correct horse battery staple"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

# What htmx says of a request that was under way when its page was left, with the element after a comma; one that failed
# is called htmx:sendError.
ABORTED = frozenset({"htmx:sendAbort", "htmx:afterRequest"})


def launched() -> Iterator[Browser]:
    """Yield a browser for as long as a fixture lasts."""
    if CHROMIUM is None:
        missing("no Chromium is installed: scripts/browser.sh does so on Debian")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application on a port of its own, and give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()


def visits(browser: Browser, url: str, problems: list[str]) -> Iterator[Callable[..., Page]]:
    """Yield a function that gives a page on which somebody has signed in, each in a browser of their own.

    `problems` is filled with what the browser's own console complains about.
    """
    opened: list[BrowserContext] = []
    closing = threading.Event()

    def complained(told: str) -> None:
        if told.partition(",")[0] not in ABORTED and not closing.is_set():
            problems.append(told)

    def sign_in(name: str, *, width: int = 1440, theme: str = "light") -> Page:
        scheme = "dark" if theme == "dark" else "light"
        size = {"width": width, "height": 900}
        context = browser.new_context(base_url=url, viewport=size, color_scheme=scheme, accept_downloads=True)
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complained(str(error)))
        page.on("console", lambda told: complained(told.text) if told.type == "error" else None)
        page.goto("/console/")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Home")
        return page

    yield sign_in
    closing.set()
    for context in opened:
        context.close()


def let_in(engine: Engine, **roles: str) -> None:
    """Let people in, by name and role, with a password of their own."""
    for name, role in roles.items():
        now = datetime.now(UTC)
        added = users.add(engine, name, role, PASSWORD, actor=name, now=now)
        users.set_password(engine, added.id, PASSWORD, actor=name, now=now)


def faults(page: Page) -> list[str]:
    """Return what axe-core calls serious or critical on a page."""
    found = Axe().run(page).response["violations"]
    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    return [f"{page.url}: {each['id']}: {[node['html'][:160] for node in each['nodes'][:3]]}" for each in serious]
