"""A contest's photos on the library's Facebook page: published by a click, taken down, liked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from bot.calendar.facts import Contest
from bot.console.access import LIBRARIAN, allows, me
from bot.console.contest_life import contest_named
from bot.console.desk import Desk, desk
from bot.contest import texts
from bot.store import audit, entries_shown, posts
from bot.store.entries import ACCEPTED
from bot.store.posts import FAILED


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/contests/facebook")
    @allows(LIBRARIAN)
    def contest_posts() -> str:
        at = desk()
        contest = contest_named(at, request.args.get("name", ""))
        return render_template("console/contest_posts.html", contest=contest, **_shown(at, contest))

    @pages.post("/contests/facebook/publish")
    @allows(LIBRARIAN)
    def contest_post() -> Answer:
        at, form = desk(), request.form
        contest = contest_named(at, form.get("name", ""))
        if not at.facebook:
            abort(404)
        only = form.get("entry", type=int)
        ids = entries_shown.ids(at.engine, contest.key, {ACCEPTED}) if only is None else (only,)
        found = entries_shown.of_ids(at.engine, ids)
        captions = {each.id: texts.caption(contest, each) for each in found if each.contest == contest.key}
        asked = posts.ask(at.engine, contest.key, captions, me().name, at.now())
        if asked:
            with at.engine.begin() as connection:
                audit.note(
                    connection, me().name, "contest_posts", texts.called(contest), None, {"photos": asked}, at.now()
                )
            flash(
                f"{_photos(asked)} on the way to the page: one every few seconds. This page shows how far.", "success"
            )
        else:
            flash("Nothing was published: no accepted photo is missing on the page.", "danger")
        return redirect(url_for("console.contest_posts", name=contest.key))

    @pages.post("/contests/facebook/<int:post_id>/down")
    @allows(LIBRARIAN)
    def contest_post_down(post_id: int) -> Answer:
        at = desk()
        contest = contest_named(at, request.form.get("name", ""))
        if posts.take_down(at.engine, contest.key, post_id, at.now()):
            with at.engine.begin() as connection:
                audit.note(connection, me().name, "contest_posts", texts.called(contest), {"photos": 1}, None, at.now())
            flash("It is taken down in a moment. The entry itself stays as it is.", "success")
        else:
            flash("It is not on the page any more.", "danger")
        return redirect(url_for("console.contest_posts", name=contest.key))


def _photos(count: int) -> str:
    return "1 photo is" if count == 1 else f"{count} photos are"


def _shown(at: Desk, contest: Contest) -> dict[str, Any]:
    found = posts.of_contest(at.engine, contest.key)
    known = entries_shown.of_ids(at.engine, {each.entry_id for each in found if each.entry_id})
    there = {each.entry_id for each in found if each.state != FAILED}
    accepted = entries_shown.ids(at.engine, contest.key, {ACCEPTED})
    return {
        "posts": found,
        "known": {each.id: each for each in known},
        "missing": sum(each not in there for each in accepted),
        "accepted": len(accepted),
        "on": at.facebook,
    }
