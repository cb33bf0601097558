"""The jury's pages: judging blind, one entry after the other; progress and ranking for who runs the contest."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.calendar.facts import Contest
from bot.console.access import LIBRARIAN, VIEWER, allows, may, me
from bot.console.contest_life import contest_named
from bot.console.desk import Desk, desk
from bot.contest import judging
from bot.store import entries_shown, jury, users
from bot.store.entries import ACCEPTED
from bot.store.entries_shown import Shown
from bot.store.jury import Sheet

MOST_ENTRIES = 5000
LONGEST_COMMENT = 1000


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/contests/jury")
    @allows(VIEWER)
    def contest_jury() -> str:
        at = desk()
        contest = contest_named(at, request.args.get("name", ""))
        return render_template("console/contest_jury.html", contest=contest, **_overview(at, contest))

    @pages.post("/contests/jury/members")
    @allows(LIBRARIAN)
    def contest_jurors() -> Response:
        at, known = desk(), {each.name for each in users.all_users(desk().engine)}
        contest = contest_named(at, request.form.get("name", ""))
        names = [each for each in request.form.getlist("juror") if each in known]
        jury.appoint(at.engine, contest.key, names, by=me().name, now=at.now())
        flash("The jury is set. Each of them finds the entries under Contests, Jury.", "success")
        return redirect(url_for("console.contest_jury", name=contest.key))

    @pages.route("/contests/judge", methods=["GET", "POST"])
    @allows(VIEWER)
    def contest_judge() -> Any:
        at = desk()
        contest = contest_named(at, request.values.get("name", ""))
        if me().name not in jury.jury_of(at.engine, contest.key):
            abort(403)
        if request.method == "POST":
            return _judged(at, contest)
        return _judging(at, contest)


def _overview(at: Desk, contest: Contest) -> dict[str, Any]:
    """Return the jury, its progress, and for librarians the ranking."""
    members, criteria = jury.jury_of(at.engine, contest.key), judging.criteria_of(contest.criteria)
    accepted = _accepted(at, contest)
    given = jury.sheets(at.engine, contest.key)
    ranked: tuple[judging.Ranked, ...] = ()
    if may(LIBRARIAN):
        counted = {
            entry: {juror: sheet.points for juror, sheet in each.items() if juror in members and not sheet.conflict}
            for entry, each in given.items()
        }
        ranked = judging.ranking(list(accepted), counted, criteria)
    return {
        "members": members,
        "criteria": criteria,
        "everybody": [each.name for each in users.all_users(at.engine)],
        "progress": [_progress(name, accepted, given, criteria) for name in members],
        "ranked": [(each, accepted[each.entry_id], _tied(each, ranked)) for each in ranked if each.rank],
        "unjudged": sum(each.rank is None for each in ranked),
        "given": given,
        "mine": me().name in members,
        "total": len(accepted),
    }


def _progress(
    juror: str, accepted: dict[int, Shown], given: dict[int, dict[str, Sheet]], criteria: tuple[Any, ...]
) -> dict[str, Any]:
    sheets = [given.get(entry, {}).get(juror, Sheet()) for entry in accepted]
    aside = sum(each.conflict for each in sheets)
    done = sum(judging.score(each.points, criteria) is not None for each in sheets if not each.conflict)
    whole = len(accepted) - aside
    return {
        "juror": juror,
        "done": done,
        "whole": whole,
        "aside": aside,
        "share": 100 * done // whole if whole else 100,
    }


def _tied(one: judging.Ranked, ranked: tuple[judging.Ranked, ...]) -> bool:
    return sum(each.rank == one.rank for each in ranked) > 1


def _accepted(at: Desk, contest: Contest) -> dict[int, Shown]:
    found = entries_shown.page(at.engine, contest.key, {ACCEPTED}, limit=MOST_ENTRIES)
    return {each.id: each for each in found}


def _judging(at: Desk, contest: Contest, problem: str = "", typed: Sheet | None = None) -> Any:
    """Return the page of one entry: the one asked for, else the juror's first that has no points yet."""
    accepted, criteria = _accepted(at, contest), judging.criteria_of(contest.criteria)
    mine = {entry: each[me().name] for entry, each in jury.sheets(at.engine, contest.key, me().name).items()}
    order = judging.in_turn(list(accepted), me().name)
    todo = [each for each in order if judging.score(mine.get(each, Sheet()).points, criteria) is None]
    todo = [each for each in todo if not mine.get(each, Sheet()).conflict]
    asked = request.values.get("entry", type=int)
    entry_id = asked if asked in accepted else next(iter(todo), None)
    place = order.index(entry_id) if entry_id is not None else 0
    page = render_template(
        "console/contest_judge.html",
        contest=contest,
        shown=accepted.get(entry_id) if entry_id is not None else None,
        sheet=typed or mine.get(entry_id or 0, Sheet()),
        criteria=criteria,
        scale=range(judging.LEAST, judging.MOST + 1),
        done=len(order) - len(todo),
        total=len(order),
        before=order[place - 1] if place > 0 else None,
        after=order[place + 1] if place + 1 < len(order) else None,
        problem=problem,
    )
    return (page, 422) if problem else page


def _judged(at: Desk, contest: Contest) -> Any:
    entry_id = request.form.get("entry", -1, type=int)
    if entry_id not in _accepted(at, contest):
        abort(404)
    does = request.form.get("does")
    if does in {"aside", "back"}:
        jury.step_aside(at.engine, entry_id, me().name, conflict=does == "aside")
        flash("Noted: you do not judge this one." if does == "aside" else "You may judge it again.", "success")
        there = None if does == "aside" else entry_id
        return redirect(url_for("console.contest_judge", name=contest.key, entry=there))
    criteria = judging.criteria_of(contest.criteria)
    points, comment = {}, request.form.get("comment", "").strip()[:LONGEST_COMMENT]
    for number, each in enumerate(criteria):
        given = request.form.get(f"points-{number}", type=int)
        if given is not None and judging.LEAST <= given <= judging.MOST:
            points[each.name] = given
    if len(points) < len(criteria):
        problem = "Give points for each criterion, and the next one comes. What you gave is still here."
        return _judging(at, contest, problem, Sheet(points, comment))
    jury.judge(at.engine, entry_id, me().name, points, comment, now=at.now())
    return redirect(url_for("console.contest_judge", name=contest.key))
