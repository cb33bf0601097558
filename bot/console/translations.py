"""Translations: which exist, are missing, or are older than their original; and both side by side."""

from __future__ import annotations

from collections import Counter
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.desk import desk
from bot.language import FIRST, LANGUAGES, SIMPLIFIED, TRADITIONAL, in_simplified
from bot.store.content import translating
from bot.store.content.edit import EditError

NAMES = {TRADITIONAL: "繁體中文", SIMPLIFIED: "简体中文"}
STATES = {"none": "not translated", "older": "older than the original", "part": "in part", "done": "translated"}
KINDS = {
    "answers": "answers",
    "places": "places",
    "exceptions": "closures",
    "conditions": "special conditions",
    "events": "events",
    "contests": "contests",
}


def _language() -> str:
    wanted = request.args.get("language", "")
    return wanted if wanted in LANGUAGES and wanted != FIRST else TRADITIONAL


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/translations")
    @allows(VIEWER)
    def translations() -> str:
        language, kind, state = _language(), request.args.get("kind", ""), request.args.get("state", "")
        wanted = request.args.get("q", "").strip().casefold()
        every = translating.every(desk().engine, language)
        found = [
            each
            for each in every
            if (not kind or each.kind == kind)
            and (not state or each.state == state)
            and wanted in " ".join(text for piece in each.pieces for text in (piece.original, piece.own)).casefold()
        ]
        return render_template(
            "console/translations.html",
            entries=found,
            counts=Counter(each.state for each in every if not kind or each.kind == kind),
            language=language,
            languages=NAMES,
            states=STATES,
            kinds=KINDS,
            filtered=request.args,
        )

    @pages.get("/translations/edit")
    @allows(VIEWER)
    def translation() -> Any:
        return _page({})

    @pages.post("/translations/edit")
    @allows(LIBRARIAN)
    def translate() -> Any:
        at, name, language = desk(), request.args.get("name", ""), _language()
        there = translating.one(at.engine, name, language)
        if there is None:
            return _gone()
        if request.form.get("seen", "") != there.seen:
            return _page({"": "Somebody has changed this since you opened it: look at it, and save again."}), 422
        own: dict[str, Any] = {
            each.original: request.form.get(f"text-{number}", "").replace("\r\n", "\n").strip()
            for number, each in enumerate(there.pieces)
        }
        own["questions"] = [line.strip() for line in request.form.get("questions", "").splitlines() if line.strip()]
        try:
            checked = translating.write(at.engine, name, language, own, actor=me().name, now=at.now())
        except EditError as error:
            return _page({"": str(error)}), 422
        if checked.problems:
            return _page(checked.problems), 422
        flash("Saved. The next answer uses it.", "success")
        return redirect(url_for("console.translation", name=name, language=language))


def _gone() -> Any:
    flash("The original is not there any more. Somebody has removed it.", "danger")
    return redirect(url_for("console.translations", language=_language()))


def _page(problems: Any) -> Any:
    language = _language()
    there = translating.one(desk().engine, request.args.get("name", ""), language)
    if there is None:
        return _gone()
    typed = [request.form.get(f"text-{number}", each.own) for number, each in enumerate(there.pieces)]
    return render_template(
        "console/translation.html",
        translated=there,
        typed=typed,
        questions=request.form.get("questions", "\n".join(there.questions)),
        simplified=[in_simplified(text) for text in typed] if language == TRADITIONAL else [],
        problems=problems,
        language=language,
        languages=NAMES,
        states=STATES,
        kinds=KINDS,
    )
