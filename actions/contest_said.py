"""What is said while a photo is entered: each question with its progress, the rules with their version, the summary."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from actions.contest_facts import limits, listed, title_of
from actions.saying import ChoiceOf, Part, Say, Speech, Value
from bot.calendar.facts import Contest
from bot.store.entries import FAILED, Entry

PHOTO, WHO, TITLE, DESCRIPTION, NAME, CONTACT, RULES, CONFIRMED = (
    *("photo", "who", "title", "description", "name", "contact", "rules", "confirmed"),
)
SLOT = "contest_"
JOIN, MINE, STEP = "contest_join", "contest_mine", "contest_step"
# The longest answer to each question, in characters.
LONGEST = {TITLE: 120, DESCRIPTION: 1000, NAME: 80, CONTACT: 120}
# What stands for an answer that is not asked for, or that is empty.
NOTHING = "-"


def step(name: str, label: str = "") -> ChoiceOf:
    """Return a button of the form's: what it is called, and what it does."""
    return ChoiceOf(Part(f"part_contest_step_{label or name}"), STEP, name)


def asked_of(contest: Contest) -> tuple[str, ...]:
    """Return what the form asks in this contest, in order, without the confirmation."""
    who, contact = ((WHO,) if contest.may_enter else ()), ((CONTACT,) if contest.contact_asked else ())
    return (PHOTO, *who, TITLE, DESCRIPTION, NAME, *contact, RULES)


def answered_in(draft: Entry, contest: Contest, version: str) -> dict[str, str | None]:
    """Return each question's answer as the form's slots hold it; None: still to be asked."""
    has_photo = draft.photo is not None or (draft.latest is not None and draft.latest.state != FAILED)
    return {
        PHOTO: "sent" if has_photo else None,
        WHO: draft.who or (None if contest.may_enter else NOTHING),
        TITLE: draft.title or None,
        DESCRIPTION: None if draft.description is None else draft.description or NOTHING,
        NAME: draft.shown_name or None,
        CONTACT: draft.contact or (None if contest.contact_asked else NOTHING),
        RULES: "agreed" if draft.rules_version == version else None,
    }


def rules_of(contest: Contest) -> list[Part]:
    """Return the rules that are agreed to: the edition's own, and the release that Meta asks for."""
    own = [Part("part_line", {"line": each}) for each in contest.rules]
    return [*limits(contest), *own, Part("part_contest_release")]


def version_of(contest: Contest, speech: Speech) -> str:
    """Return what stands for the text that is agreed to, in its language: another text, another version."""
    return hashlib.sha256(speech.filled(rules_of(contest)).encode()).hexdigest()


def beginning(contest: Contest, closes: str, *, resumed: bool) -> Say:
    """Return how the form opens: with the limits, before anything is asked."""
    title = title_of(contest)
    if resumed:
        return Say("utter_contest_resume", {"title": title})
    who = [Part("part_contest_who", {"who": listed(contest.may_enter)})] if contest.may_enter else []
    values: dict[str, Value] = {"title": title, "limits": [*who, *limits(contest)]}
    if not values["limits"]:
        values["limits"] = [Part("part_contest_theme", {"theme": contest.theme or contest.title})]
    return (
        Say("utter_contest_join", {**values, "closes": closes}) if closes else Say("utter_contest_join_no_end", values)
    )


def question(name: str, contest: Contest, draft: Entry) -> Say:
    """Return the question for one answer of the form."""
    if name == CONFIRMED:
        return _summary(contest, draft)
    steps = asked_of(contest)
    progress: dict[str, Value] = {"step": str(steps.index(name) + 1), "steps": str(len(steps))}
    choices: tuple[ChoiceOf, ...] = ()
    if name == WHO:
        groups = (ChoiceOf(each, STEP, f"who:{number}") for number, each in enumerate(contest.may_enter))
        choices = (*groups, step("who:none", "none"))
    elif name == DESCRIPTION:
        choices = (step("skip"),)
    elif name == RULES:
        progress["rules"] = rules_of(contest)
        choices = (step("agree"), step("disagree"), step("cancel"))
    return Say(f"utter_contest_ask_{name}", progress, choices=choices)


def _summary(contest: Contest, draft: Entry) -> Say:
    known = {
        TITLE: draft.title,
        DESCRIPTION: draft.description or "",
        NAME: draft.shown_name,
        WHO: draft.who,
        CONTACT: draft.contact,
    }
    lines: list[str | Part] = [Part("part_contest_photo_sent")]
    lines += [Part(f"part_contest_{name}_is", {"value": known[name]}) for name in asked_of(contest) if known.get(name)]
    return Say("utter_contest_ask_confirmed", {"lines": lines}, choices=(step("enter"), step("change"), step("cancel")))


def what_to_change(contest: Contest) -> Say:
    """Return the question what is to be changed."""
    parts = [each for each in asked_of(contest) if each != RULES]
    return Say("utter_contest_ask_change", choices=(*(step(f"change:{each}", each) for each in parts), step("on")))


def whether_to_leave() -> Say:
    """Return the question what is to become of what has been begun."""
    return Say("utter_contest_ask_cancel", choices=(step("discard"), step("later"), step("on")))


def received(entry: Entry, contest: Contest, *, real: bool) -> list[Say]:
    """Return the receipt."""
    if not real:
        return [Say("utter_contest_trial", {"work": entry.title})]
    told = Say("utter_contest_receipt", {"number": str(entry.number), "work": entry.title, "title": title_of(contest)})
    return [told] if entry.photo else [told, Say("utter_contest_receipt_fetching")]


def enough(contest: Contest, entered: Sequence[Entry]) -> Say:
    """Return that somebody has entered as many photos as they may."""
    return Say("utter_contest_enough", {"count": str(len(entered)), "title": title_of(contest)})
