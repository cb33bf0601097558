"""Who may open which page: sign-in, roles, CSRF tokens, and what browsers are told to refuse.

Every route of the console declares its role with `allows`; one that does not is refused for everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from flask import Blueprint, Flask, abort, redirect, request, session, url_for
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from bot.console.desk import desk
from bot.store import users
from bot.store.users import User

SIGNED_IN_FOR = timedelta(hours=10)  # a working day
ANYBODY = "anybody"
STATIC = "console.static"  # the design system and the icons: open to anybody
VIEWER, LIBRARIAN, ADMINISTRATOR = users.ROLES

View = TypeVar("View", bound=Callable[..., Any])
_ROLE = "_carrel_role"
_SIGNED_IN_AT = "signed_in_at"

csrf = CSRFProtect()
login = LoginManager()


class SignedIn:
    """What Flask-Login keeps of a user: the id with the stamp, so that a new stamp ends every session."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, user: User) -> None:
        self.user = user

    @property
    def is_active(self) -> bool:
        """Return whether this person may still sign in."""
        return self.user.active

    def get_id(self) -> str:
        """Return what the cookie holds."""
        return f"{self.user.id}:{self.user.stamp}"


def allows(role: str) -> Callable[[View], View]:
    """Return a decorator that declares who may open a page: ANYBODY, or a role and those above it."""

    def declare(view: View) -> View:
        setattr(view, _ROLE, role)
        return view

    return declare


def me() -> User:
    """Return who is signed in. Only for pages that are not open to anybody."""
    user: User = current_user.user
    return user


def may(role: str) -> bool:
    """Return whether who looks at this page may do what `role` may."""
    return bool(current_user.is_authenticated and current_user.user.may(role))


def role_of(app: Flask, endpoint: str) -> str | None:
    """Return the role that an endpoint of the console declares, or None."""
    role: str | None = getattr(app.view_functions[endpoint], _ROLE, None)
    return role


def guard(app: Flask, pages: Blueprint, *, secure: bool) -> None:
    """Put the guards before every page of the console. `secure`: cookies go over HTTPS alone."""
    app.config.update(
        SESSION_COOKIE_NAME="carrel",
        SESSION_COOKIE_PATH="/console/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=SIGNED_IN_FOR,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # webhooks are signed; the console's pages are protected below
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=secure,
    )
    csrf.init_app(app)
    login.init_app(app)
    login.session_protection = None  # it would sign out whoever walks from one wireless network to another

    @login.user_loader
    def load(text: str) -> SignedIn | None:
        if not _still_signed_in():
            return None
        user_id, _, stamp = text.partition(":")
        user = users.get(desk().engine, int(user_id)) if user_id.isdigit() else None
        return SignedIn(user) if user is not None and user.active and user.stamp == stamp else None

    @pages.before_request
    def check() -> Response | None:
        if request.endpoint == STATIC:
            return None
        role = role_of(app, request.endpoint or "")
        if role == ANYBODY:
            csrf.protect()
            return None
        if not current_user.is_authenticated:
            return _to_sign_in()
        csrf.protect()
        if role is None or not me().may(role):
            abort(403)
        if me().must_change and request.endpoint not in {"console.password", "console.sign_out"}:
            return redirect(url_for("console.password"))
        return None

    @pages.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
            "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint == STATIC and "v" in request.args:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        elif request.endpoint != STATIC:
            response.headers["Cache-Control"] = "no-store"  # students' words stay out of a shared computer's cache
        return response


def _still_signed_in() -> bool:
    """Return whether the sign-in is young enough, however busy somebody has been since.

    The cookie's own age tells nothing: it is signed anew whenever the session changes.
    """
    at = session.get(_SIGNED_IN_AT)
    return isinstance(at, int) and desk().now().timestamp() - at < SIGNED_IN_FOR.total_seconds()


def _to_sign_in() -> Response:
    if request.headers.get("HX-Request"):
        # htmx would put the sign-in page into a corner of this one.
        return Response(status=401, headers={"HX-Redirect": url_for("console.sign_in")})
    after = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("console.sign_in", next=after))


def safe_next(address: str | None) -> str:
    """Return where to go after signing in: a page of the console, never another site."""
    home = url_for("console.home")
    if not address or not address.startswith(home) or "\\" in address or "//" in address:
        return home
    return address


def begin(user: User) -> None:
    """Sign `user` in, in a session that holds nothing of what came before it."""
    from flask_login import login_user

    session.clear()
    session.permanent = True
    session[_SIGNED_IN_AT] = int(desk().now().timestamp())
    login_user(SignedIn(user))
