"""Forms submitted after a session had ended: saved for their user, and restored after the next sign-in."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from bot.console.desk import desk
from bot.store import kept_forms
from bot.store.kept_forms import KeptForm
from bot.store.users import User

# Fields that hold no typed text, and fields that are never saved.
MARKS = frozenset({"csrf_token", "token", "seen", "does"})
_SECRET = frozenset({"csrf_token", "password", "old", "new", "again"})
_NEVER = frozenset({"console.sign_in", "console.password", "console.sign_out", "console.staff", "console.change_staff"})
# What a page sends automatically while somebody types.
_BY_ITSELF = ("_preview", ".typing")
# Forms on a page with a different URL.
_PAGES = {"console.reply": "console.thread"}


def keep(user: User) -> str:
    """Save this request's form for `user`; return the page that restores it, else the referring page."""
    fields = {name: values for name, values in request.form.lists() if name not in _SECRET}
    typed = any(value.strip() for name, values in fields.items() if name not in MARKS for value in values)
    endpoint = request.endpoint or ""
    if not typed or endpoint in _NEVER or endpoint.endswith(_BY_ITSELF):
        return _beside()
    path = request.full_path.rstrip("?")
    kept = kept_forms.keep(desk().engine, user.id, path, _page(path), fields, desk().now())
    if kept is None:
        return _beside()
    return kept.page or url_for("console.kept_form", form_id=kept.id)


def _page(path: str) -> str:
    """Return the page that shows this request's form and fills it in again; "" if there is none."""
    endpoint = str(request.endpoint)
    if endpoint in _PAGES:
        return url_for(_PAGES[endpoint], **(request.view_args or {}))
    return path if endpoint.endswith("_edit") else ""


def _beside() -> str:
    """Return the referring page if it is one of ours; else ""."""
    address = request.referrer or ""
    return address.removeprefix(request.host_url.rstrip("/")) if address.startswith(request.host_url) else ""


def given_back(user: User, path: str) -> tuple[MultiDict[str, str], KeptForm] | None:
    """Return what is saved for a user of the form sent to `path`, as form fields, with its record."""
    for each in kept_forms.every(desk().engine, user.id, desk().now()):
        if each.path == path:
            fields = [(name, value) for name, values in each.fields.items() for value in values]
            return MultiDict(fields), each
    return None


def done(user: User) -> None:
    """Drop the saved copy of this request's form: it has been submitted."""
    kept_forms.drop(desk().engine, user.id, path=request.full_path.rstrip("?"))
