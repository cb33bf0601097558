"""A conversation replayed with a model that does not answer students yet: how it would have been understood."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import desk
from bot.console.gate_rows import answer_of, overviews
from bot.retraining import hiding
from bot.store import conversations, jobs, models


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.post("/conversations/<int:person_id>/beside")
    @allows(LIBRARIAN)
    def replay_with(person_id: int) -> Response:
        at, name = desk(), request.form.get("model", "")
        if models.get(at.engine, name) is None:
            flash("Choose a model that is still there.", "danger")
            return redirect(url_for("console.conversation", person_id=person_id))
        try:
            number = jobs.ask(at.engine, "replay", by=me().name, now=at.now(), model=name, reason=str(person_id))
        except jobs.JobError as error:
            flash(str(error), "danger")
            return redirect(url_for("console.conversation", person_id=person_id))
        return redirect(url_for("console.replayed", person_id=person_id, job_id=number))

    @pages.get("/conversations/<int:person_id>/beside/<int:job_id>")
    @allows(LIBRARIAN)
    def replayed(person_id: int, job_id: int) -> Any:
        at = desk()
        job = jobs.get(at.engine, job_id)
        if job is None or job.kind != "replay" or job.reason != str(person_id):
            abort(404)
        rows = json.loads(job.log) if job.state == "done" else []
        texts = conversations.texts(at.engine, [row["inbox_id"] for row in rows])
        words = hiding.words(at.engine, texts.items())
        known = overviews(at)
        shown = [
            {
                "text": words.get(row["inbox_id"], ""),
                "before": answer_of(row["before"], known),
                "after": answer_of(row["after"], known),
                "differs": row["before"] != row["after"],
            }
            for row in rows
        ]
        page = "console/beside_rows.html" if request.headers.get("HX-Request") else "console/beside.html"
        return render_template(page, job=job, rows=shown, person_id=person_id)
