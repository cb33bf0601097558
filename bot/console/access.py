"""Access control: sessions, roles, CSRF tokens and security headers.

Every route of the console declares its role with `allows`; one that does not is denied to everybody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Blueprint, Flask, abort, g, redirect, request, session, url_for
from flask_login import LoginManager, current_user, login_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from bot.console import knocking, resending
from bot.console.desk import Desk, desk
from bot.store import sessions, users
from bot.store.sessions import KNOWN_FOR, Session
from bot.store.users import User

ANYBODY = "anybody"
STATIC = "console.static"  # the design system and the icons: open to anybody
VIEWER, LIBRARIAN, ADMINISTRATOR = users.ROLES

View = TypeVar("View", bound=Callable[..., Any])
_ROLE = "_carrel_role"
# The cookie keeps the token of a signed-out session: a form that another window sends then is saved for its user.
_WAS = "was"

csrf = CSRFProtect()
login = LoginManager()


class SignedIn:
    """Flask-Login's user object: holds the session token, which the browser has and the store knows by its hash."""

    is_authenticated = True
    is_anonymous = False
    is_active = True

    def __init__(self, user: User, token: str) -> None:
        self.user = user
        self._token = token

    def get_id(self) -> str:
        """Return the session token, which the cookie holds."""
        return self._token


def allows(role: str) -> Callable[[View], View]:
    """Return a decorator that declares who may open a page: ANYBODY, or a role and those above it."""

    def declare(view: View) -> View:
        setattr(view, _ROLE, role)
        return view

    return declare


def me() -> User:
    """Return the signed-in user. Only for pages that are not open to anybody."""
    user: User = current_user.user
    return user


def my_session() -> Session:
    """Return the signed-in user's session. Only for pages that are not open to anybody."""
    found: Session = g.session
    return found


def may(role: str) -> bool:
    """Return whether the current user has the rights of `role`."""
    return bool(current_user.is_authenticated and current_user.user.may(role))


def role_of(app: Flask, endpoint: str) -> str | None:
    """Return the role that an endpoint of the console declares, or None."""
    role: str | None = getattr(app.view_functions[endpoint], _ROLE, None)
    return role


def guard(app: Flask, pages: Blueprint, at: Desk) -> None:
    """Guard every page of the console. If the public URL is HTTPS, cookies are sent over HTTPS only."""
    secure = at.public_url.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="carrel",
        SESSION_COOKIE_PATH="/console/",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        # Longer than a session lasts: it must be known whose an expired session was.
        PERMANENT_SESSION_LIFETIME=at.lifetimes.whole + KNOWN_FOR,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # webhooks are signed; the console's pages are protected below
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
        WTF_CSRF_SSL_STRICT=secure,
    )
    csrf.init_app(app)
    login.init_app(app)
    login.session_protection = None  # it would sign out anybody who changes networks

    @login.user_loader
    def load(token: str) -> SignedIn | None:
        found, now = sessions.find(desk().engine, token), desk().now()
        if found is None or not found.lasts(now, desk().lifetimes):
            return None
        g.session = found
        if not _by_itself():
            sessions.seen(desk().engine, found, now)
        return SignedIn(found.user, token)

    @pages.before_request
    def check() -> Response | None:
        if request.endpoint == STATIC:
            return None
        role = role_of(app, request.endpoint or "")
        if role == ANYBODY:
            csrf.protect()
            return None
        if not current_user.is_authenticated:
            return _to_sign_in(_kept())
        csrf.protect()
        if role is None or not me().may(role):
            abort(403)
        if me().must_change and request.endpoint not in {"console.password", "console.sign_out"}:
            return redirect(url_for("console.password"))
        return None

    @pages.after_request
    def sent(response: Response) -> Response:
        if request.method == "POST" and response.status_code < 400 and current_user.is_authenticated:
            resending.done(me())
        return response

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
            response.headers["Cache-Control"] = "no-store"  # keep students' texts out of a shared computer's cache
        return response


def _by_itself() -> bool:
    """Return whether the page sent the request, not a person: live parts poll as long as a window is open."""
    reads = request.method in {"GET", "HEAD"}
    return reads and ("HX-Request" in request.headers or request.accept_mimetypes.best == "text/event-stream")


def _kept() -> str:
    """Save a form sent after its session ended, for that user alone; return the page that restores it, or ""."""
    if request.method != "POST":
        return ""
    found = sessions.find(desk().engine, session.get("_user_id") or session.get(_WAS) or "")
    if found is None or not found.user.active:
        return ""
    csrf.protect()  # never save what another site sends
    return resending.keep(found.user)


def _to_sign_in(after: str) -> Response:
    if request.method == "GET":
        after = request.full_path.rstrip("?")
    if request.headers.get("HX-Request"):
        # htmx would swap the sign-in page into a part of this one.
        after = after if request.method == "POST" else ""
        return Response(status=401, headers={"HX-Redirect": url_for("console.sign_in", next=after or None)})
    return redirect(url_for("console.sign_in", next=after or None))


def safe_next(address: str | None) -> str:
    """Return where to go after signing in: a page of the console, never another site."""
    home = url_for("console.home")
    if not address or not address.startswith(home) or "\\" in address or "//" in address:
        return home
    return address


def begin(user: User, way: str) -> None:
    """Sign `user` in with a fresh session that keeps nothing from before. `way`: password, campus."""
    at = desk()
    token = sessions.begin(at.engine, user, way, knocking.caller(user.name), at.now(), at.lifetimes)
    session.clear()
    session.permanent = True
    login_user(SignedIn(user, token))
    knocking.remember(user.name)


def end() -> None:
    """End the signed-in user's session; its token is invalid from now on, whoever still has it."""
    token, forms = session.get("_user_id"), session.get("csrf_token")
    sessions.end(desk().engine, my_session().id, "signed out", actor=me().name, now=desk().now())
    session.clear()
    session.permanent = True
    session[_WAS], session["csrf_token"] = token, forms
