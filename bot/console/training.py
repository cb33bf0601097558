"""Training: a new model from staff's decisions, the gate's verdict, approval, activation and rollback."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import gate_rows
from bot.console.access import ADMINISTRATOR, LIBRARIAN, VIEWER, allows, may, me
from bot.console.desk import Desk, desk
from bot.retraining import activation
from bot.store import audit, decisions, jobs, models
from bot.store.jobs import JobError
from bot.store.models import ModelError

# Topics in the confusion matrix: nobody reads more than fit.
MATRIX = 12
# Jobs that have a page of their own.
APART = ("queue", "replay", "compare")
# For so long the page says that something is over.
TOLD_FOR = timedelta(hours=1)
JOBS = {
    "train": "Training",
    "evaluate": "Measuring",
    "activate": "Going live",
    "rollback": "Going back",
    "compare": "Comparing",
    "replay": "Asking another model",
    "queue": "Sorting the messages",
}
# What to do after something failed.
ADVICE = {
    "train": "Students are answered as before. Read the last lines of the log: if they name an example or a topic, "
    "correct it under Examples and train again. If they do not, train once more; if it fails again, show the log to "
    "whoever runs Carrel.",
    "evaluate": "Nothing has changed. Press “Measure again”; if it fails again, show the log to whoever runs Carrel.",
    "activate": "The model before answers students again. Measure the new one again; if it fails again, show the log "
    "to whoever runs Carrel.",
    "rollback": "The model that answered goes on answering. Try it again, or show the log to whoever runs Carrel.",
}
MEASURES = (
    ("first", "Right at the first guess"),
    ("direct", "Answered without asking back"),
    ("right", "… of these right"),
    ("found", "Right, or among the choices"),
    ("asked", "Asked back"),
    ("declined", "Beyond the library: declined"),
    ("not answered", "… declined or asked back"),
    ("macro F1", "Mean F1 of the topics"),
    ("ece", "Calibration error"),
)


def add(pages: Blueprint) -> None:
    """Add the pages."""
    gate_rows.add(pages)

    @pages.get("/training")
    @allows(VIEWER)
    def training_page() -> str:
        at = desk()
        return render_template(
            "console/training.html",
            staged=decisions.fresh(at.engine),
            waits=models.awaiting(at.engine, second=at.second_approver),
            models=models.page(at.engine),
            active=models.active(at.engine),
            servers=models.running(at.engine, at.now()),
            before=models.before_active(at.engine),
            job=_job(at),
            jobs=jobs.lately(at.engine, APART, 10),
            second=at.second_approver,
            told=JOBS,
            advice=ADVICE,
        )

    @pages.get("/training/progress")
    @allows(VIEWER)
    def progress() -> Any:
        at = desk()
        job = _job(at)
        # Once the job has ended, the page reloads: the list of models has changed.
        headers = {} if job is not None and job.under_way else {"HX-Refresh": "true"}
        return render_template("console/progress.html", job=job, told=JOBS, advice=ADVICE), 200, headers

    @pages.post("/training/train")
    @allows(LIBRARIAN)
    def train() -> Response:
        return _ask("train", reason=request.form.get("reason", "").strip())

    @pages.post("/training/jobs/<int:job_id>/cancel")
    @allows(LIBRARIAN)
    def cancel_job(job_id: int) -> Response:
        jobs.cancel(desk().engine, job_id, desk().now())
        flash("It stops as soon as it can. Nothing changes for students.", "success")
        return redirect(url_for("console.training_page"))

    @pages.get("/training/models/<name>")
    @allows(VIEWER)
    def model_page(name: str) -> str:
        at = desk()
        model = models.get(at.engine, name)
        if model is None:
            abort(404)
        there = [each for each in models.page(at.engine) if each.name != name and each.state != "pruned"]
        return render_template(
            "console/model.html",
            model=model,
            models=there,
            refused=activation.refused(model, second=at.second_approver),
            second=at.second_approver,
            may_approve=_may_approve(at, model),
            **gate_rows.shown(at, model),
            **_shown(at, model.figures),
        )

    @pages.post("/training/models/<name>/compare")
    @allows(LIBRARIAN)
    def compare_models(name: str) -> Response:
        at, other = desk(), request.form.get("other", "")
        if None in (models.get(at.engine, name), models.get(at.engine, other)) or name == other:
            flash("Choose another model that is still there.", "danger")
            return redirect(url_for("console.model_page", name=name))
        try:
            number = jobs.ask(at.engine, "compare", by=me().name, now=at.now(), model=name, reason=other)
        except JobError as error:
            flash(str(error), "danger")
            return redirect(url_for("console.model_page", name=name))
        return redirect(url_for("console.compared", job_id=number))

    @pages.get("/training/compared/<int:job_id>")
    @allows(VIEWER)
    def compared(job_id: int) -> Any:
        at = desk()
        job = jobs.get(at.engine, job_id)
        if job is None or job.kind != "compare":
            abort(404)
        shown = _shown(at, json.loads(job.log)) if job.state == "done" else {}
        # Once the job has ended, the whole page reloads: charts are drawn on page load.
        ended = bool(request.headers.get("HX-Request")) and not job.under_way
        return render_template("console/compared.html", job=job, **shown), 200, {"HX-Refresh": "true"} if ended else {}

    @pages.post("/training/models/<name>/approve")
    @allows(LIBRARIAN)
    def approve(name: str) -> Response:
        at = desk()
        waive = request.form.get("waive") == "yes"
        if waive and not may(ADMINISTRATOR):
            abort(403)
        why, looked = request.form.get("why", ""), request.form.get("looked") == "yes"
        second = at.second_approver and not waive
        try:
            models.approve(at.engine, name, by=me().name, second=second, now=at.now(), why=why, looked=looked)
            if waive:
                with at.engine.begin() as connection:
                    audit.note(connection, me().name, "models", name, None, {"second person": "waived"}, at.now())
            flash("Approved. It can go live now.", "success")
        except ModelError as error:
            flash(str(error), "danger")
        return redirect(url_for("console.model_page", name=name))

    @pages.post("/training/models/<name>/activate")
    @allows(LIBRARIAN)
    def activate(name: str) -> Response:
        at = desk()
        problem = activation.refused(models.get(at.engine, name), second=at.second_approver)
        if problem:
            flash(problem, "danger")
            return redirect(url_for("console.model_page", name=name))
        return _ask("activate", model=name)

    @pages.post("/training/models/<name>/evaluate")
    @allows(LIBRARIAN)
    def evaluate(name: str) -> Response:
        if name == models.active(desk().engine):
            flash("It answers students already: there is nothing to measure it beside.", "danger")
            return redirect(url_for("console.model_page", name=name))
        return _ask("evaluate", model=name)

    @pages.post("/training/rollback")
    @allows(LIBRARIAN)
    def rollback() -> Response:
        return _ask("rollback")


def _ask(kind: str, *, model: str = "", reason: str = "") -> Response:
    at = desk()
    jobs.find_lost(at.engine, at.now())
    try:
        jobs.ask(at.engine, kind, by=me().name, now=at.now(), model=model, reason=reason)
    except JobError as error:
        flash(str(error), "danger")
    return redirect(url_for("console.training_page"))


def _job(at: Desk) -> Any:
    """Return the waiting or running job; else the last one, if it failed or has ended lately."""
    job = jobs.latest(at.engine, APART)
    if job is not None and job.state == "done" and (job.ended_at or at.now()) < at.now() - TOLD_FOR:
        return None
    return job


def _may_approve(at: Desk, model: models.Model) -> bool:
    """Return whether whoever looks at the page could approve a model: nobody gets a button that only refuses."""
    waits = (model.state, model.verdict, model.approved_by) == ("candidate", "pass", "")
    own = at.second_approver and model.made_by == me().name
    return waits and (at.second_approver or bool(model.held)) and may(LIBRARIAN) and not own


def _shown(at: Desk, figures: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page shows of the gate's figures."""
    return {
        "measures": _measures(figures),
        "intents": _intents(figures),
        "matrix": _matrix(figures),
        "reliability": _reliability(figures),
        "week": gate_rows.week(at, figures),
        "figures": figures,
    }


def _matrix(figures: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the confusion matrix of the topics that are mixed up most: one row per true topic."""
    found = (figures.get("test") or {}).get("candidate") or {}
    wrong = {(meant, taken): count for meant, taken, count in found.get("confusions", ())}
    mixed: Counter[str] = Counter()
    for pair, count in wrong.items():
        for name in pair:
            mixed[name] += count
    names = sorted(name for name, _ in mixed.most_common(MATRIX))
    right = {row["intent"]: row["right"] for row in found.get("intents", ())}
    rows = [
        (meant, [right.get(meant, 0) if meant == taken else wrong.get((meant, taken), 0) for taken in names])
        for meant in names
    ]
    return {"names": names, "rows": rows} if names else None


def _measures(figures: Mapping[str, Any]) -> list[tuple[str, float, float | None]]:
    test = figures.get("test") or {}
    new, old = test.get("candidate") or {}, test.get("active") or {}
    return [(label, new[name], old.get(name)) for name, label in MEASURES if name in new]


def _intents(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row per intent: how many questions, how many right by either model, the interval of the share."""
    test = figures.get("test") or {}
    before = {row["intent"]: row for row in (test.get("active") or {}).get("intents", ())}
    rows = []
    for row in (test.get("candidate") or {}).get("intents", ()):
        was = before.get(row["intent"])
        rows.append({**row, "was": was["right"] if was else None, "change": row["right"] - was["right"] if was else 0})
    return sorted(rows, key=lambda row: (row["change"], row["right"] / row["asked"]))


def _reliability(figures: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = ((figures.get("test") or {}).get("candidate") or {}).get("reliability")
    if not rows:
        return None
    labels = [f"{100 * row['confidence']:.0f} %" for row in rows]
    sets = [
        {"label": "Right", "data": [round(100 * row["right"]) for row in rows]},
        {"label": "Confidence", "data": [round(100 * row["confidence"]) for row in rows]},
    ]
    drawn = json.dumps({"labels": labels, "sets": sets, "stacked": False, "across": False})
    return {"drawn": drawn, "rows": rows}
