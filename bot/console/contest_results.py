"""The results of an edition: awards, the people's choice, publishing, who was told, the export."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from bot.calendar.contests import files_end, votes_at
from bot.calendar.facts import Contest
from bot.console.access import LIBRARIAN, allows, me
from bot.console.contest_life import contest_named
from bot.console.desk import Desk, desk
from bot.contest import export, judging, results
from bot.contest.ballots import Cast
from bot.store import audit, awards, entries_shown, jury, posts, verdicts, votes
from bot.store.entries import ACCEPTED
from bot.store.entries_shown import STATES, Shown

MOST_ENTRIES, MOST_SHOWN = 5000, 30
STANDING = STATES[:4]


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/contests/results")
    @allows(LIBRARIAN)
    def contest_results() -> str:
        at = desk()
        contest = contest_named(at, request.args.get("name", ""))
        return render_template("console/contest_results.html", contest=contest, **_shown(at, contest))

    @pages.post("/contests/results/give")
    @allows(LIBRARIAN)
    def contest_give() -> Answer:
        at, form = desk(), request.form
        contest = contest_named(at, form.get("name", ""))
        award, number = form.get("award", "").strip()[:200], form.get("number", "").strip().lstrip("#")
        known = award and number.isascii() and number.isdigit() and len(number) < 10
        if not known or not awards.give(at.engine, contest.key, award, int(number), form.get("note", "").strip()[:200]):
            flash("Nothing was given. Write the number of an accepted photo that has not got this award yet.", "danger")
        return redirect(url_for("console.contest_results", name=contest.key))

    @pages.post("/contests/results/take")
    @allows(LIBRARIAN)
    def contest_take() -> Answer:
        contest = contest_named(desk(), request.form.get("name", ""))
        if not awards.take(desk().engine, contest.key, request.form.get("award", -1, type=int)):
            flash("That award is published: change the results on the page of the edition’s fields.", "danger")
        return redirect(url_for("console.contest_results", name=contest.key))

    @pages.post("/contests/results/publish")
    @allows(LIBRARIAN)
    def contest_publish() -> Answer:
        at = desk()
        contest = contest_named(at, request.form.get("name", ""))
        given = awards.of_contest(at.engine, contest.key)
        if not given:
            flash("There is nothing to publish: give an award first.", "danger")
        elif votes_at(contest, at.now()):
            flash("People still vote. Publish when voting has closed, or close it in the edition’s fields.", "danger")
        else:
            said = results.figures(*_took_part(at, contest))
            told = results.published(contest, given)
            new = awards.publish(at.engine, contest.key, told, said, by=me().name, now=at.now())
            flash(f"Published. The bot names the winners from its next answer on; {new} are told now.", "success")
        return redirect(url_for("console.contest_results", name=contest.key))

    @pages.get("/contests/export.zip")
    @allows(LIBRARIAN)
    def contest_export() -> Response:
        at = desk()
        contest = contest_named(at, request.args.get("name", ""))
        entries = entries_shown.page(at.engine, contest.key, STATES, limit=MOST_ENTRIES)
        came = {each.id: at.local(each.entered_at).isoformat(timespec="minutes") for each in entries}
        with at.engine.begin() as connection:
            audit.note(connection, me().name, "contest_exports", contest.key, None, {"entries": len(entries)}, at.now())
        body = export.archive(entries, at.photos, _more(at, contest, entries), came)
        name = "".join(each if each.isascii() and (each.isalnum() or each == "-") else "-" for each in contest.key)
        headers = {"Content-Disposition": f'attachment; filename="{name}.zip"'}
        return Response(body, headers=headers, content_type="application/zip")


def _took_part(at: Desk, contest: Contest) -> tuple[int, int]:
    counts = entries_shown.counts(at.engine, contest.key)
    entries = sum(counts.get(each, 0) for each in STANDING)
    return entries, entries_shown.people_in(at.engine, contest.key, STANDING)


def _tally(at: Desk, contest: Contest) -> tuple[results.Tally, ...]:
    return results.tally([Cast(*each) for each in votes.standing(at.engine, contest.key)])


def _ranking(at: Desk, contest: Contest, entry_ids: list[int]) -> tuple[judging.Ranked, ...]:
    members = jury.jury_of(at.engine, contest.key)
    counted = {
        entry: {juror: sheet.points for juror, sheet in each.items() if juror in members and not sheet.conflict}
        for entry, each in jury.sheets(at.engine, contest.key).items()
    }
    return judging.ranking(entry_ids, counted, judging.criteria_of(contest.criteria))


def _shown(at: Desk, contest: Contest) -> dict[str, Any]:
    accepted = entries_shown.ids(at.engine, contest.key, {ACCEPTED})
    given = results.in_order(contest, awards.of_contest(at.engine, contest.key))
    tally = _tally(at, contest)
    ranked = [each for each in _ranking(at, contest, list(accepted)) if each.rank]
    likes = results.liked(posts.of_contest(at.engine, contest.key))
    listed = {
        *(each.entry_id for each in likes[:MOST_SHOWN]),
        *(each.entry_id for each in tally[:MOST_SHOWN]),
        *(each.entry_id for each in ranked[:MOST_SHOWN]),
    }
    entries, people = _took_part(at, contest)
    return {
        "given": given,
        "names": [each.name for each in contest.awards],
        "accepted": {each.id: each for each in entries_shown.of_ids(at.engine, listed)},
        "tally": tally[:MOST_SHOWN],
        "votes": sum(each.votes for each in tally),
        "ranked": ranked[:MOST_SHOWN],
        "likes": likes[:MOST_SHOWN],
        "likes_read": min((each.read_at for each in likes), default=None),
        "unpublished": [each for each in given if not each.published_at],
        "announced": results.published(contest, given),
        "figures": contest.figures or results.figures(entries, people),
        "told": verdicts.tellings(at.engine, contest.key, verdicts.AWARD),
        "voting": votes_at(contest, at.now()),
        "files_end": files_end(contest),
        "gallery": f"{at.public_url}/contest/{contest.key}" if contest.published else "",
        "entries": entries,
    }


def _more(at: Desk, contest: Contest, entries: tuple[Shown, ...]) -> dict[int, dict[str, str]]:
    """Return by entry what the export says of its votes, points and awards."""
    counts = {each.entry_id: str(each.votes) for each in _tally(at, contest)}
    ranked = _ranking(at, contest, [each.id for each in entries])
    scores = {each.entry_id: f"{float(each.score):.2f}" for each in ranked if each.score is not None}
    has: dict[int, list[str]] = {}
    for each in awards.of_contest(at.engine, contest.key):
        has.setdefault(each.entry_id, []).append(each.award)
    return {
        each.id: {
            "votes": counts.get(each.id, ""),
            "jury": scores.get(each.id, ""),
            "awards": "; ".join(has.get(each.id, ())),
        }
        for each in entries
    }
