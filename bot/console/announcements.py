"""Announcements to those who subscribed to a topic: written, previewed, counted, approved, sent and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.console.screens import Screen, screen
from bot.language import ENGLISH, SIMPLIFIED, TRADITIONAL
from bot.store import announcements, costs
from bot.store.announcements import Announcement, AnnouncementError, Count
from bot.telling.words import KINDS, Topic
from bot.unasked import REASONS
from connectors.messages import Address, Reply
from connectors.reach import Category

# Also the names of the form's fields.
LANGUAGES = {ENGLISH: "English", TRADITIONAL: "Traditional Chinese", SIMPLIFIED: "Simplified Chinese"}
LONGEST = 1000
AUDIENCES = {
    f"{Topic.CONTEST}:": "Everybody who wants news of the contest",
    f"{Topic.HOURS}:": "Everybody who wants to know of changed hours",
    f"{Topic.EVENTS}:": "Everybody who wants news of events, of any kind",
    **{f"{Topic.EVENTS}:{kind}": f"Who wants news of {kind}s, or of all events" for kind in KINDS},
}
CATEGORIES = {
    str(Category.MARKETING): "News, an invitation: anything they did not ask for in particular (marketing)",
    str(Category.UTILITY): "A fact that they asked to be told, without any advertising (utility)",
}
STATES = {
    "draft": "Draft",
    "asked": "Waits for approval",
    "sending": "Being sent",
    "stopped": "Stopped",
    "done": "Sent",
}


@dataclass(frozen=True)
class Price:
    """What an announcement would cost at most, in one currency. `unknown`: channels without a rate."""

    whole: Decimal
    currency: str
    unknown: tuple[str, ...]


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/announcements")
    @allows(VIEWER)
    def announcements_page() -> str:
        found = announcements.listed(desk().engine)
        return render_template("console/announcements.html", found=found, states=STATES, audiences=AUDIENCES)

    @pages.route("/announcements/edit", methods=["GET", "POST"])
    @allows(LIBRARIAN)
    def announcement_edit() -> Any:
        number = request.args.get("number", type=int)
        each = _there(number) if number else None
        if request.method == "GET":
            return _form(each, _entered(each), {})
        entered = {name: value.replace("\r\n", "\n").strip() for name, value in request.form.items()}
        problems = _problems(entered)
        if problems:
            return _form(each, entered, problems), 422
        topic, _, subject = entered["audience"].partition(":")
        try:
            number = announcements.write(
                desk().engine,
                number,
                topic=topic,
                subject=subject,
                category=entered["category"],
                texts={name: entered.get(name, "") for name in LANGUAGES},
                who=me().name,
                now=desk().now(),
            )
        except AnnouncementError as error:
            flash(str(error), "danger")
        return redirect(url_for("console.announcement", number=number))

    @pages.get("/announcements/<int:number>")
    @allows(VIEWER)
    def announcement(number: int) -> str:
        at, each = desk(), _there(number)
        counted = _counted(at, each)
        return render_template(
            "console/announcement.html",
            each=each,
            states=STATES,
            audiences=AUDIENCES,
            categories=CATEGORIES,
            counted=counted,
            reasons=REASONS,
            price=_price(at, each, counted),
            needs_other=counted.people > at.approval_above,
            above=at.approval_above,
            mine=each.created_by == me().name,
            shown=_shown(at, each),
            progress=announcements.progress(at.engine, number),
        )

    @pages.post("/announcements/<int:number>")
    @allows(LIBRARIAN)
    def announcement_act(number: int) -> Response:
        at, each, who = desk(), _there(number), me().name
        try:
            match request.form.get("does"):
                case "ask":
                    announcements.ask(at.engine, number, who, at.now())
                    flash("A colleague can approve it now on this page.", "success")
                case "send":
                    counted = _counted(at, each)
                    others = counted.people > at.approval_above
                    told = announcements.start(at.engine, number, who, at.now(), needs_other=others, counted=counted)
                    flash(f"It goes to {told} {'person' if told == 1 else 'people'} from now on.", "success")
                case "stop":
                    left = announcements.stop(at.engine, number, who, at.now())
                    flash(f"Stopped. {left} {'person does' if left == 1 else 'people do'} not get it.", "success")
        except AnnouncementError as error:
            flash(str(error), "danger")
        return redirect(url_for("console.announcement", number=number))


def _there(number: int) -> Announcement:
    found = announcements.get(desk().engine, number)
    if found is None:
        abort(404)
    return found


def _form(each: Announcement | None, entered: Mapping[str, str], problems: Mapping[str, str]) -> str:
    return render_template(
        "console/announcement_edit.html",
        each=each,
        entered=entered,
        problems=problems,
        languages=LANGUAGES,
        audiences=AUDIENCES,
        categories=CATEGORIES,
        longest=LONGEST,
    )


def _entered(each: Announcement | None) -> Mapping[str, str]:
    if each is None:
        return {"category": str(Category.MARKETING)}
    return {"audience": f"{each.topic}:{each.subject}", "category": each.category, **each.texts}


def _problems(entered: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with the form, by field."""
    found = {}
    if entered.get("audience") not in AUDIENCES:
        found["audience"] = "Choose who should get it."
    if entered.get("category") not in CATEGORIES:
        found["category"] = "Choose what it is."
    if not entered.get(ENGLISH):
        found[ENGLISH] = "Write it in English at least: whoever reads a language without a text gets this one."
    for name in LANGUAGES:
        if len(entered.get(name, "")) > LONGEST:
            found[name] = f"It is too long by {len(entered[name]) - LONGEST} characters."
    return found


def _counted(at: Desk, each: Announcement) -> Count:
    on = {name: channel for name, channel in at.channels.items() if name in at.on}
    rules = {name: channel.rules for name, channel in on.items()}
    templates = {name: channel.templates for name, channel in on.items()}
    return announcements.count(at.engine, each, rules, templates, at.now())


def _price(at: Desk, each: Announcement, counted: Count) -> Price:
    """Return what it would cost by the rates that staff have entered; Messenger does not charge."""
    known = costs.read_rates(at.engine)
    whole, currency, unknown = Decimal(0), "", []
    for category, by in (("service", counted.free), (each.category, counted.template)):
        for channel, number in by.items():
            if channel == "messenger":
                continue
            rate = known.get((channel, category))
            if rate is None:
                unknown.append(channel)
            else:
                whole, currency = whole + rate[0] * number, rate[1]
    return Price(whole, currency, tuple(dict.fromkeys(unknown)))


def _shown(at: Desk, each: Announcement) -> list[tuple[str, str, str, list[Screen]]]:
    """Return what each channel shows, in each language, within the window and in a template."""
    found = []
    for language, name in LANGUAGES.items():
        text = each.texts.get(language, "")
        if not text:
            continue
        for channel in at.channels.values():
            template = channel.templates.get(Category(each.category), "")
            for how, given in (("within 24 hours", ""), ("in the template", template)):
                if how == "in the template" and not template:
                    continue
                to = Address(channel.name, "student")
                calls = channel.render_unasked(Reply(text), to, template=given, language=language)
                found.append((channel.name, name, how, [screen(channel.name, call.body) for call in calls]))
    return found
