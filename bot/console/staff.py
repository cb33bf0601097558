"""Which staff may sign in, and everything that anybody has changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import examples
from bot.console.access import ADMINISTRATOR, VIEWER, allows, may, me
from bot.console.desk import desk
from bot.store import audit, door, users
from bot.store.content import edit
from bot.store.users import ROLES, UserError

A_PAGE = 50


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.route("/staff", methods=["GET", "POST"])
    @allows(ADMINISTRATOR)
    def staff() -> Any:
        problem, made = "", None
        if request.method == "POST":
            name, role = request.form.get("name", ""), request.form.get("role", "")
            password = None if request.form.get("campus") else users.one_time_password()
            try:
                added = users.add(desk().engine, name, role, password, actor=me().name, now=desk().now())
                made = (added.name, password)
            except UserError as error:
                problem = str(error)
        shown = users.all_users(desk().engine)
        return render_template(
            "console/staff.html", everybody=shown, roles=ROLES, problem=problem, made=made, form=request.form
        ), (422 if problem else 200)

    @pages.post("/staff/<int:user_id>")
    @allows(ADMINISTRATOR)
    def change_staff(user_id: int) -> Any:
        does = request.form.get("does")
        try:
            if does == "password":
                password = users.one_time_password()
                user = users.set_password(desk().engine, user_id, password, actor=me().name, now=desk().now())
                return render_template(
                    "console/staff.html",
                    everybody=users.all_users(desk().engine),
                    roles=ROLES,
                    problem="",
                    made=(user.name, password),
                    form={},
                )
            values: dict[str, Any] = {}
            if does == "role":
                values["role"] = request.form.get("role", "")
            elif does in {"close", "open"}:
                values["active"] = does == "open"
            users.change(desk().engine, user_id, actor=me().name, now=desk().now(), **values)
            flash("Changed.", "success")
        except UserError as error:
            flash(str(error), "danger")
        return redirect(url_for("console.staff"))

    @pages.get("/changes")
    @allows(VIEWER)
    def changes() -> str:
        before_id = request.args.get("before", type=int)
        table, key, who = (request.args.get(name, "").strip() for name in ("table", "key", "who"))
        hidden = "" if may(ADMINISTRATOR) else door.TABLE  # who signed in from where is for administrators only
        found = audit.page(
            desk().engine, table=table, key=key, who=who, before_id=before_id, limit=A_PAGE + 1, without=hidden
        )
        more = found[A_PAGE - 1]["id"] if len(found) > A_PAGE else None
        return render_template("console/changes.html", changes=found[:A_PAGE], more=more)

    @pages.post("/changes/<int:change_id>/undo")
    @allows("librarian")
    def undo_change(change_id: int) -> Response:
        change = audit.get(desk().engine, change_id)
        if change is not None and change["table"] == "examples":
            problem = examples.undo(desk(), change)
            flash(problem or "Undone. The bot knows it after the next training.", "danger" if problem else "success")
            return redirect(_back())
        try:
            edit.undo(desk().engine, change_id, actor=me().name, now=desk().now())
            flash("Undone. The next answer uses it.", "success")
        except edit.EditError as error:
            flash(str(error), "danger")
        return redirect(_back())


def _back() -> str:
    """Return the referring page if it is one of ours; else the list of changes."""
    address = request.referrer or ""
    return address if address.startswith(request.host_url) else url_for("console.changes")
