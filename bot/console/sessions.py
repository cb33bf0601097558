"""Who is signed in, in which browsers and since when; users may end their own sessions, administrators anybody's."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from bot.console.access import ADMINISTRATOR, VIEWER, allows, may, me, my_session
from bot.console.desk import desk
from bot.store import audit, door, sessions

KNOCKED_WITHIN = timedelta(hours=24)
EVENTS = 30


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/sessions")
    @allows(VIEWER)
    def sessions_page() -> str:
        at, everybody = desk(), may(ADMINISTRATOR)
        return render_template(
            "console/sessions.html",
            everybody=everybody,
            found=sessions.listed(at.engine, at.now(), at.lifetimes, None if everybody else me().id),
            mine=my_session().id,
            lifetimes=at.lifetimes,
            knocked=door.held_up(at.engine, at.now() - KNOCKED_WITHIN) if everybody else [],
            events=audit.page(at.engine, table=door.TABLE, key="" if everybody else me().name, limit=EVENTS),
        )

    @pages.post("/sessions/<int:session_id>/end")
    @allows(VIEWER)
    def end_session(session_id: int) -> Response:
        only_of = None if may(ADMINISTRATOR) else me().id
        why = "ended by themselves" if only_of else "ended by an administrator"
        ended = sessions.end(desk().engine, session_id, why, actor=me().name, now=desk().now(), only_of=only_of)
        said = "Ended. Whoever uses that browser has to sign in again." if ended else "That session had ended already."
        flash(said, "success" if ended else "danger")
        return redirect(url_for("console.sessions_page"))
