"""Which staff may sign in, and with which role."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from bot.console.access import ADMINISTRATOR, allows, me
from bot.console.desk import desk
from bot.store import users
from bot.store.users import ROLES, UserError


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
