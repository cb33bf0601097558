"""Editing for every kind of content: a form, a preview of what the bot will say, checks, history, undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from bot.console import resending
from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.console.forms import DAY_NAMES, Field, day_problems, key_for, read, shown
from bot.console.screens import Screen
from bot.store.content import edit, undoing
from bot.store.content.files import identity
from bot.store.content.hours import DAYS
from bot.store.content.schema import Record


@dataclass(frozen=True)
class Preview:
    """A piece of what the bot will say: text, or a platform's screens."""

    title: str
    text: str = ""
    screens: tuple[Screen, ...] = ()


@dataclass(frozen=True)
class Editor:
    """A kind of content. `called_by`: the field from which a new entry's key is derived.

    `preview` gets a checked record and the identity of the entry it replaces. `beginning` returns the initial form
    values of a new entry, given the query string. `as_entry` and `as_form` convert between form fields and entries of
    a content file where the two differ. `wrong` gets a form's fields and an entry's problems, and returns them as the
    form calls them. `more`: the endpoint of what else is known of a stored entry, and its title.
    """

    slug: str
    kind: str
    noun: str
    called_by: str
    fields: Callable[[Desk], Sequence[Field]]
    preview: Callable[[Desk, Record, str | None], Sequence[Preview]]
    help: str = ""
    beginning: Callable[[Desk, Mapping[str, str]], Mapping[str, Any]] = field(default=lambda _desk, _asked: {})
    as_entry: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    as_form: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict
    more: str = ""
    more_title: str = "How it is used"
    wrong: Callable[[Mapping[str, Any], Mapping[str, str]], Mapping[str, str]] = lambda _written, problems: problems

    @property
    def list_page(self) -> str:
        """The endpoint of the list."""
        return f"console.{self.slug}"


SAMPLE = Field(
    "sample",
    "Made up",
    help="What in this entry is a made-up sample value. Empty the field once the facts are your library's.",
)


def add(pages: Blueprint, editor: Editor) -> None:
    """Add the pages that edit a kind of content: /<slug>/edit, with ?name=… for an existing entry."""

    def page() -> Any:
        name = request.args.get("name") or None
        stored = edit.entry(desk().engine, editor.kind, name) if name else None
        if name and stored is None:
            flash(f"This {editor.noun} is not there any more. Somebody has removed it.", "danger")
            return redirect(url_for(editor.list_page))
        if request.method == "GET":
            kept = resending.given_back(me(), request.full_path.rstrip("?"))
            if kept:
                return _page(editor, name, stored, _written(editor, kept[0], stored), {"": _came_back(kept[0], stored)})
            entry = edit.as_written(editor.kind, stored) if stored else editor.beginning(desk(), request.args)
            return _page(editor, name, stored, editor.as_form(edit.filled(editor.kind, entry)), {})
        written = _written(editor, request.form, stored)
        checked = edit.check(desk().engine, editor.kind, editor.as_entry(written), was=name)
        problems = dict(editor.wrong(written, checked.problems))
        if stored and request.form.get("seen") != stored["changed_at"].isoformat():
            problems[""] = f"{stored['changed_by']} has changed this since you opened it. Look at the history below; "
            problems[""] += "save again to put your version in its place."
        doubts = {} if problems or request.form.get("sure") == _sure(checked) else checked.doubts
        if problems or doubts:
            return _page(
                editor, name, stored, written, {**doubts, **problems}, sure=_sure(checked) if doubts else ""
            ), 422
        try:
            edit.save(desk().engine, editor.kind, checked.record, was=name, actor=me().name, now=desk().now())
        except edit.EditError as error:
            return _page(editor, name, None, written, {"": str(error)}), 422
        flash("Saved. The next answer uses it.", "success")
        return redirect(url_for(f"console.{editor.slug}_edit", name=identity(editor.kind, checked.record)))

    def preview() -> Any:
        name = request.args.get("name") or None
        stored = edit.entry(desk().engine, editor.kind, name) if name else None
        written = _written(editor, request.form, stored)
        checked = edit.check(desk().engine, editor.kind, editor.as_entry(written), was=name if stored else None)
        wrong = editor.wrong(written, checked.problems)
        found = () if wrong else editor.preview(desk(), checked.record, name)
        labels = {each.name: each.label for each in editor.fields(desk())}
        problems = [(labels.get(each, ""), text) for each, text in wrong.items()]
        return render_template("console/preview.html", previews=found, problems=problems)

    def remove() -> Any:
        name = request.form.get("name", "")
        try:
            edit.remove(desk().engine, editor.kind, name, actor=me().name, now=desk().now())
            flash(f"The {editor.noun} is removed. It can be brought back from Changes.", "success")
        except edit.EditError as error:
            flash(str(error), "danger")
            return redirect(url_for(f"console.{editor.slug}_edit", name=name))
        return redirect(url_for(editor.list_page))

    def changing() -> Any:
        if request.method == "POST" and not me().may(LIBRARIAN):
            abort(403)
        return page()

    for rule, name, view, methods, role in (
        ("edit", "edit", changing, ["GET", "POST"], VIEWER),
        ("preview", "preview", preview, ["POST"], VIEWER),
        ("remove", "remove", remove, ["POST"], LIBRARIAN),
    ):
        pages.add_url_rule(f"/{editor.slug}/{rule}", f"{editor.slug}_{name}", allows(role)(view), methods=methods)


def change(editor: Editor, name: str, fields: Record, said: str) -> None:
    """Change `fields` of an entry directly, without its form, and flash `said`, with {} replaced by its name."""
    at = desk()
    stored = edit.entry(at.engine, editor.kind, name)
    if stored is None:
        flash(f"This {editor.noun} is not there any more.", "danger")
        return
    try:
        edit.save(at.engine, editor.kind, fields, was=name, actor=me().name, now=at.now())
        flash(said.format(stored[editor.called_by]), "success")
    except edit.EditError as error:
        flash(str(error), "danger")


def _came_back(form: MultiDict[str, str], stored: Record | None) -> str:
    said = "You were signed out before this was saved. What you typed stands here again: save it."
    if stored and form.get("seen") != stored["changed_at"].isoformat():
        said += f" {stored['changed_by']} has changed this meanwhile: look at the history below first."
    return said


def _written(editor: Editor, form: MultiDict[str, str], stored: Record | None) -> dict[str, Any]:
    written = read(editor.fields(desk()), form, desk().zone)
    if stored:
        written["key"] = stored["key"]
    else:
        taken = [each["key"] for each in edit.entries(desk().engine, editor.kind)]
        written["key"] = key_for(str(written.get(editor.called_by) or ""), taken)
    return written


def _sure(checked: edit.Checked) -> str:
    """Return the value that confirms these doubts in a form: any other doubt needs a new confirmation."""
    return " ".join(checked.doubts.values())


def _page(
    editor: Editor,
    name: str | None,
    stored: Record | None,
    written: Mapping[str, Any],
    problems: Mapping[str, str],
    *,
    sure: str = "",
) -> str:
    fields = editor.fields(desk())
    beside = {field.name for field in fields}
    # Problems that belong to no field of this form are shown above it.
    apart = [text for where, text in problems.items() if where and where not in beside]
    history = undoing.history(desk().engine, editor.kind, identity(editor.kind, stored)) if stored else []
    return render_template(
        "console/edit.html",
        editor=editor,
        name=name,
        stored=stored,
        fields=fields,
        values=shown(fields, written, desk().zone),
        problems=problems,
        apart=apart,
        sure=sure,
        history=history,
        days=list(zip(DAYS, DAY_NAMES, strict=True)),
        day_problems=day_problems,
        title=str(written.get(editor.called_by) or "") or f"New {editor.noun}",
    )
