"""Signing in by name and password or by the campus's single sign-on, and signing out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from bot.console import knocking
from bot.console.access import ANYBODY, VIEWER, allows, begin, end, me, safe_next
from bot.console.desk import Desk, desk
from bot.store import users
from bot.store.users import UserError

log = structlog.get_logger("carrel.console")

_AFTER = "after_sign_in"
_WAIT_SECONDS = 10.0  # for each response of the campus's server


def add(app: Flask, pages: Blueprint, at: Desk) -> None:
    """Add the sign-in pages."""
    oauth = OAuth(app)
    if at.single_sign_on:
        oauth.register(
            "campus",
            client_id=at.single_sign_on.client_id,
            client_secret=at.single_sign_on.client_secret,
            server_metadata_url=f"{at.single_sign_on.issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "default_timeout": _WAIT_SECONDS,
            },
        )

    @pages.route("/sign-in", methods=["GET", "POST"])
    @allows(ANYBODY)
    def sign_in() -> Any:
        after = safe_next(request.args.get("next"))
        if current_user.is_authenticated:
            return redirect(after)
        problem, name = "", request.form.get("name", "")
        if request.method == "POST":
            try:
                password = request.form.get("password", "")
                user = users.sign_in(desk().engine, name, password, knocking.caller(name), desk().now())
                begin(user, "password")
                return redirect(after)
            except UserError as error:
                problem = str(error)
        nobody = not users.all_users(desk().engine)
        return render_template(
            "console/sign_in.html", problem=problem, name=name, nobody=nobody, campus=bool(at.single_sign_on)
        ), (401 if problem else 200)

    @pages.post("/sign-out")
    @allows(VIEWER)
    def sign_out() -> Response:
        end()
        flash("You are signed out.", "success")
        return redirect(url_for("console.sign_in"))

    @pages.route("/password", methods=["GET", "POST"])
    @allows(VIEWER)
    def password() -> Any:
        problem = ""
        if request.method == "POST":
            now, new = desk().now(), request.form.get("new", "")
            try:
                who = knocking.caller(me().name)
                users.sign_in(desk().engine, me().name, request.form.get("old", ""), who, now)
                if new != request.form.get("again"):
                    raise UserError("The new password was typed differently the second time.")
                if new == request.form.get("old"):
                    raise UserError("That is the old password. Choose another one.")
                begin(users.set_password(desk().engine, me().id, new, actor=me().name, now=now), "password")
                flash("Your password is changed. Everywhere else you are signed out.", "success")
                return redirect(url_for("console.home"))
            except UserError as error:
                problem = str(error).replace("Name and password do not fit together.", "The old password is wrong.")
        return render_template("console/password.html", problem=problem), (422 if problem else 200)

    @pages.get("/campus")
    @allows(ANYBODY)
    def campus() -> Any:
        if not at.single_sign_on:
            return redirect(url_for("console.sign_in"))
        session[_AFTER] = safe_next(request.args.get("next"))
        try:
            return oauth.campus.authorize_redirect(f"{at.public_url}{url_for('console.campus_back')}")
        except Exception as error:  # whatever its server does: a network error, a page instead of JSON
            _tell(error)
            flash("The campus sign-in does not answer. Try again, or use your password.", "danger")
            return redirect(url_for("console.sign_in"))

    @pages.get("/campus/back")
    @allows(ANYBODY)
    def campus_back() -> Response:
        if not at.single_sign_on:
            return redirect(url_for("console.sign_in"))
        after = safe_next(session.get(_AFTER))
        try:
            told = oauth.campus.authorize_access_token().get("userinfo") or {}
        except Exception as error:  # a refusal, an invalid token, a server that does not answer
            _tell(error)
            flash("The campus did not confirm who you are. Try again, or use your password.", "danger")
            return redirect(url_for("console.sign_in"))
        try:
            name = verified_address(told)
            user = users.signed_in_elsewhere(desk().engine, name, knocking.caller(name), desk().now())
            begin(user, "campus")
            return redirect(after)
        except UserError as error:
            flash(str(error), "danger")
        return redirect(url_for("console.sign_in"))


def verified_address(told: Mapping[str, Any]) -> str:
    """Return the e-mail address that the campus has verified, which is the user's name here. Raises UserError.

    Nothing else will do: most servers let people choose their user name, and their address before it is verified
    (OpenID Connect Core 1.0, 5.7: only issuer and subject are guaranteed to identify one person).
    """
    address = told.get("email")
    if not isinstance(address, str) or "@" not in address or told.get("email_verified") not in (True, "true"):
        raise UserError("The campus has not verified your e-mail address. Have that done, or use your password.")
    return address


def _tell(error: Exception) -> None:
    # Its message may contain a token.
    log.warning("campus_sign_in_failed", error=type(error).__name__)
