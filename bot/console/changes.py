"""Everything that staff have changed or looked at: in words, filtered, exported, undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.calendar import words
from bot.console import examples, happened, told
from bot.console.access import ADMINISTRATOR, LIBRARIAN, VIEWER, allows, may, me
from bot.console.desk import Desk, desk
from bot.console.tables import as_csv
from bot.store import audit, door
from bot.store.content import edit, undoing

A_PAGE, MOST_EXPORTED, MOST_TOGETHER = 50, 20_000, 2000


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/changes")
    @allows(VIEWER)
    def changes() -> str:
        at, wanted = desk(), _wanted(desk())
        found = audit.page(at.engine, **wanted, before_id=request.args.get("before", type=int), limit=A_PAGE + 1)
        asked = {name: value for name, value in request.args.items() if name != "before" and value}
        return render_template(
            "console/changes.html",
            changes=found[:A_PAGE],
            more=found[A_PAGE - 1]["id"] if len(found) > A_PAGE else None,
            sentence=happened.sentence,
            entry_name=happened.name_of,
            content=edit.BY_KIND,
            called={
                name: many for name, (_, many) in happened.CALLED.items() if name != door.TABLE or may(ADMINISTRATOR)
            },
            actors=audit.actors(at.engine),
            asked=asked,
        )

    @pages.get("/changes.csv")
    @allows(LIBRARIAN)
    def changes_csv() -> Response:
        at = desk()
        rows = [
            (
                f"{at.local(each['at']):%Y-%m-%d %H:%M:%S}",
                each["who"],
                happened.sentence(each),
                "\n".join(
                    f"{one.name}: {one.before} → {one.after}"
                    for one in told.told(each["table"], each["before"], each["after"])
                ),
            )
            for each in audit.page(at.engine, **_wanted(at), limit=MOST_EXPORTED)
        ]
        return as_csv(f"changes-{at.today()}", ("when", "who", "what", "before and after"), rows)

    @pages.get("/changes/together/<batch>/undo")
    @allows(LIBRARIAN)
    def ask_undo_together(batch: str) -> str:
        return _ask(audit.page(desk().engine, batch=batch, limit=MOST_TOGETHER), batch)

    @pages.post("/changes/together/<batch>/undo")
    @allows(LIBRARIAN)
    def undo_together(batch: str) -> AnyResponse:
        """Undo what was done in one go, in one go: or nothing of it."""
        found, again = audit.page(desk().engine, batch=batch, limit=MOST_TOGETHER), new_batch()
        try:
            if not found:
                raise edit.EditError("There is no such change.")
            undoing.undo(desk().engine, found, actor=me().name, now=desk().now(), batch=again)
        except edit.EditError as error:
            flash(f"Nothing was undone. {error}", "danger")
            return redirect(_back())
        flash(f"Undone, all {len(found)} entries of it. The next answer uses it.", "success")
        # The page that offered it offers to take the undo back.
        back = _back()
        return redirect(url_for("console.changes") if "/changes/together/" in back else back.replace(batch, again))

    @pages.get("/changes/<int:change_id>/undo")
    @allows(LIBRARIAN)
    def ask_undo(change_id: int) -> str:
        change = audit.get(desk().engine, change_id)
        return _ask([change] if change else [], "")

    @pages.post("/changes/<int:change_id>/undo")
    @allows(LIBRARIAN)
    def undo_change(change_id: int) -> AnyResponse:
        change = audit.get(desk().engine, change_id)
        if change is not None and change["table"] == "examples":
            problem = examples.undo(desk(), change)
            flash(problem or "Undone. The bot knows it after the next training.", "danger" if problem else "success")
            return redirect(_back())
        try:
            if change is None:
                raise edit.EditError("There is no such change.")
            undoing.undo(desk().engine, [change], actor=me().name, now=desk().now())
            flash("Undone. The next answer uses it.", "success")
        except edit.EditError as error:
            flash(str(error), "danger")
            return redirect(_back())
        return redirect(told.entry_page(change) or url_for("console.changes"))


def _ask(changes: Sequence[Mapping[str, Any]], batch: str) -> str:
    """Return the page that says what undoing some changes would do, or why they can't be undone."""
    changes = [each for each in changes if each["table"] in edit.BY_KIND]
    if not changes:
        abort(404)
    plans = [undoing.planned(desk().engine, each) for each in changes]
    return render_template(
        "console/undo.html",
        plans=plans,
        refused=any(each.refused for each in plans),
        batch=batch,
        sentence=happened.sentence,
        names=lambda plan: words.listed([told.label(plan.change["table"], each) for each in plan.overlap]),
    )


def new_batch() -> str:
    """Return a name for what is done in one go."""
    return token_hex(8)


def _wanted(at: Desk) -> dict[str, Any]:
    """Return what the page's address asks for, as audit.page takes it."""

    def begin(name: str, days: int = 0) -> datetime | None:
        try:
            return at.midnight(date.fromisoformat(request.args.get(name, "")) + timedelta(days=days))
        except (ValueError, OverflowError):
            return None

    asked = {name: request.args.get(name, "").strip() for name in ("table", "key", "who")}
    hidden = "" if may(ADMINISTRATOR) else door.TABLE  # who signed in from where is for administrators only
    return {**asked, "since": begin("since"), "until": begin("until", 1), "without": hidden}


def _back() -> str:
    """Return the referring page if it is one of ours; else the list of changes."""
    address = request.referrer or ""
    return address if address.startswith(request.host_url) else url_for("console.changes")
