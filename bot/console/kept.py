"""The pages for forms submitted after their session had ended: to be resent or discarded."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from bot.console.access import VIEWER, allows, me
from bot.console.desk import desk
from bot.console.resending import MARKS
from bot.store import kept_forms
from bot.store.kept_forms import KeptForm


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.context_processor
    def words_kept() -> dict[str, Any]:
        # On whole pages only: htmx fragments do not show it.
        whole = current_user.is_authenticated and "HX-Request" not in request.headers
        return {"words_kept": kept_forms.every(desk().engine, me().id, desk().now()) if whole else []}

    @pages.get("/kept/<int:form_id>")
    @allows(VIEWER)
    def kept_form(form_id: int) -> str:
        return render_template("console/kept.html", form=_mine(form_id), marks=MARKS)

    @pages.post("/kept/<int:form_id>/drop")
    @allows(VIEWER)
    def drop_kept(form_id: int) -> Response:
        found = _mine(form_id)
        kept_forms.drop(desk().engine, me().id, form_id=found.id)
        flash("Thrown away.", "success")
        return redirect(found.page or url_for("console.home"))


def _mine(form_id: int) -> KeptForm:
    found = [each for each in kept_forms.every(desk().engine, me().id, desk().now()) if each.id == form_id]
    return found[0] if found else abort(404)
