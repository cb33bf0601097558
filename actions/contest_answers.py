"""What an answer within the form does to the entry, and what is said to one that can't be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from actions.contest_album import PHOTOS, keep, left_out, more_than_allowed, sent_now, waiting
from actions.contest_facts import listed, title_of
from actions.contest_home import Home
from actions.contest_said import (
    CONFIRMED,
    CONTACT,
    DESCRIPTION,
    LONGEST,
    NAME,
    PHOTO,
    RULES,
    SLOT,
    TITLE,
    WHO,
    answered_in,
    asked_of,
)
from actions.contest_turn import Turn
from actions.saying import Say
from bot.calendar.facts import Contest
from bot.contest import words as heard
from bot.store.entries import DRAFT, FAILED, Entry

ASIDE, ANOTHER = "contest_aside", "contest_replacing"
# What each answer is called in the store.
COLUMNS: Mapping[str, str] = {
    WHO: "who",
    TITLE: "title",
    DESCRIPTION: "description",
    NAME: "shown_name",
    CONTACT: "contact",
}
BLANK: Mapping[str, object] = {WHO: "", TITLE: "", DESCRIPTION: None, NAME: "", CONTACT: ""}


@dataclass(frozen=True)
class Form:
    """The form in this turn: the contest, where the entry is kept, and the entry as it was before the message."""

    turn: Turn
    contest: Contest
    home: Home
    draft: Entry


class Answered(Enum):
    """What came of a message: it was no answer; the form goes on; it is over."""

    NOT = "not"
    ON = "on"
    OVER = "over"


def answered(form: Form, requested: str) -> Answered:
    """Take a message within the form; return what came of it. Says what is to be said, except for the next question."""
    turn = form.turn
    if form.draft.state != DRAFT:
        # Confirmed a moment ago, and the message came again.
        turn.slots[SLOT + CONFIRMED] = True
        return Answered.ON
    said = turn.heard
    if media := heard.media_of(turn.tracker.latest_message):
        return _media(form, media)
    if turn.slot(ASIDE) == "cancel":
        return _leaving(form)
    about_it = said.intent == "contest_entry" and bool(said.text)
    if said.chosen == "cancel" or heard.cancels(said.text) or (about_it and heard.of_mine(said.text) == "withdraw"):
        turn.slots[ASIDE] = "cancel"
        return Answered.ON
    if said.chosen == "on" or said.intent == "contest_join":
        turn.slots[ASIDE] = None
        return Answered.ON
    what = _to_change(turn)
    if what is not None:
        return _change(form, what)
    found = _ANSWERS[requested](form)
    if found is not Answered.NOT:
        turn.slots.setdefault(ASIDE, None)
    return found


def _to_change(turn: Turn) -> str | None:
    """Return what is to be changed, "" if it was not said what; None: nothing."""
    said = turn.heard
    if said.chosen.startswith("change"):
        return said.chosen.partition(":")[2]
    if turn.slot(ASIDE) == "change" and (named := heard.change_of(f"change {said.text}")):
        return named
    return heard.change_of(said.text) if said.text else None


def _change(form: Form, what: str) -> Answered:
    """Ask again for one answer, or what is to be changed."""
    turn = form.turn
    turn.slots[ASIDE] = None
    if what == PHOTO:
        others = waiting(turn)
        if others and form.home.add(form.draft, others[-1]):
            turn.slots[PHOTOS] = others[:-1] or None
            turn.say(Say("utter_contest_photo_got"))
        else:
            # The photo that was sent stays until another one comes.
            turn.slots[ANOTHER] = True
            turn.say(Say("utter_contest_send_another"))
    elif what in asked_of(form.contest) and what in COLUMNS:
        form.home.change(form.draft, **{COLUMNS[what]: BLANK[what]})
    else:
        turn.slots[ASIDE] = "change"
    return Answered.ON


def _leaving(form: Form) -> Answered:
    """Take the answer to whether what was begun is thrown away or kept."""
    turn, said = form.turn, form.turn.heard
    if said.chosen == "discard" or (said.text and (heard.agrees(said.text, said.intent) or heard.discards(said.text))):
        form.home.discard(form.draft)
        turn.say(Say("utter_contest_discarded"))
        return Answered.OVER
    if said.chosen == "later" or (said.text and heard.keeps(said.text)):
        turn.say(Say("utter_contest_later"))
        return Answered.OVER
    if said.text and heard.asks_else(said.text, said.intent, said.confidence):
        return Answered.NOT
    turn.slots[ASIDE] = None
    return Answered.ON


def _media(form: Form, media: list[Mapping[str, str]]) -> Answered:
    """Take files: the first photo for the entry if it needs one, others for afterwards. One answer for all of them."""
    turn, draft, home = form.turn, form.draft, form.home
    turn.slots[ASIDE] = None
    sent = sent_now(turn)
    if not sent:
        turn.say(Say("utter_contest_not_a_photo"))
        return Answered.ON
    # An album that is answered again, because a worker died, may have grown: what it brought before is not new.
    taken = home.taken(sent)
    new = [each for each in sent if each not in taken]
    wanted = draft.latest is None or draft.latest.state == FAILED or bool(turn.slot(ANOTHER))
    took = bool(wanted and new and home.add(draft, new[0]))
    if len(sent) > 1:
        turn.say(Say("utter_contest_photos_got", {"count": str(len(sent))}))
    elif took or not new:
        turn.say(Say("utter_contest_photo_got"))
    if took:
        turn.slots[ANOTHER] = None
        new = new[1:]
        shrunk = any(each.get("type") == "image" for each in media)
        if shrunk and home.channel in {"whatsapp", "twilio"} and not draft.title:
            turn.say(Say("utter_contest_quality"))
    if new:
        before, count, entered = 1 + len(waiting(turn)), 1 + len(keep(turn, new)), len(home.standing())
        turn.say(*kept(count - 1))
        if not more_than_allowed(form.contest, entered, before):
            turn.say(*more_than_allowed(form.contest, entered, count))
    turn.say(*left_out(media))
    return Answered.ON


def kept(count: int) -> list[Say]:
    """Return what is said of photos that wait until this entry is done; nothing if there are none."""
    if count < 2:
        return [Say("utter_contest_photo_kept")] * count
    return [Say("utter_contest_photos_kept", {"count": str(count)})]


def _photo(_form: Form) -> Answered:
    """Words are no photo."""
    return Answered.NOT


def _who(form: Form) -> Answered:
    said, contest = form.turn.heard, form.contest
    number = said.chosen.removeprefix("who:")
    group = contest.may_enter[int(number)] if number.isdigit() and int(number) < len(contest.may_enter) else ""
    barred = heard.group_in(said.text, contest.may_not_enter)
    group = group or heard.group_in(said.text, contest.may_enter)
    if number == "none" or len(barred) > len(group):
        form.home.discard(form.draft)
        form.turn.slots[PHOTOS] = None
        values = {"title": title_of(contest), "who": listed(contest.may_enter)}
        form.turn.say(Say("utter_contest_barred", values))
        return Answered.OVER
    if not group:
        return Answered.NOT
    form.home.change(form.draft, who=group)
    return Answered.ON


def _words(name: str) -> Callable[[Form], Answered]:
    """Return what takes a text of at most LONGEST characters."""

    def take(form: Form) -> Answered:
        said, home = form.turn.heard, form.home
        text = " ".join(said.text.split()) if name != DESCRIPTION else said.text.strip()
        if name == DESCRIPTION and (said.chosen == "skip" or heard.skips(text)):
            home.change(form.draft, description="")
            return Answered.ON
        if not text or heard.asks_else(text, said.intent, said.confidence):
            return Answered.NOT
        if len(text) > LONGEST[name]:
            values = {"more": str(len(text) - LONGEST[name]), "most": str(LONGEST[name])}
            form.turn.say(Say("utter_contest_too_long", values))
        elif name == CONTACT and not heard.contact_in(text):
            form.turn.say(Say("utter_contest_contact_wrong"))
        else:
            home.change(form.draft, **{COLUMNS[name]: text})
        return Answered.ON

    return take


def _rules(form: Form) -> Answered:
    turn, said = form.turn, form.turn.heard
    if said.chosen == "agree" or (said.text and heard.agrees(said.text, said.intent)):
        form.home.change(form.draft, rules_version=turn.version(form.contest), agreed_at=turn.now)
        return Answered.ON
    if said.chosen == "disagree" or (said.text and heard.declines(said.text, said.intent)):
        turn.say(Say("utter_contest_must_agree"))
        return Answered.ON
    return Answered.NOT


def _confirmed(form: Form) -> Answered:
    turn, said = form.turn, form.turn.heard
    if said.chosen == "enter" or (said.text and heard.agrees(said.text, said.intent)):
        known = answered_in(form.draft, form.contest, turn.version(form.contest))
        missing = [name for name, value in known.items() if not value]
        if PHOTO in missing:
            turn.say(Say("utter_contest_photo_failed"))
        turn.slots[SLOT + CONFIRMED] = None if missing else True
        return Answered.ON
    if said.text and heard.declines(said.text, said.intent):
        turn.slots[ASIDE] = "change"
        return Answered.ON
    return Answered.NOT


_ANSWERS: Mapping[str, Callable[[Form], Answered]] = {
    PHOTO: _photo,
    WHO: _who,
    **{name: _words(name) for name in LONGEST},
    RULES: _rules,
    CONFIRMED: _confirmed,
}
