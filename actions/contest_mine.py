"""What somebody has entered: shown, withdrawn, given another photo; and photos that come outside the form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.contest_album import ask_whether, keep, left_out, more_than_allowed, sent_now
from actions.contest_facts import title_of
from actions.contest_home import ASIDE
from actions.contest_said import MINE, enough
from actions.contest_turn import Turn, turn_of
from actions.library import open_store
from actions.saying import ChoiceOf, Part, Say
from bot.calendar import contests
from bot.calendar.facts import Contest
from bot.contest.words import joins, media_of, of_mine
from bot.store import entries
from bot.store.entries import DRAFT, FAILED, STANDING, Entrant, Entry

REPLACING = "contest_replacing"
WITHDRAW, SURELY, REPLACE = "withdraw", "surely", "replace"


class ActionContestMine(Action):
    """Shows, withdraws or replaces what somebody has entered."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_contest_mine"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Do what the tapped choice says; "which" and "sure" come first."""
        turn = turn_of(tracker, domain)
        what, _, number = turn.heard.chosen.partition(":")
        mine(turn, what, int(number) if number.isdigit() else None)
        return turn.events(dispatcher)


class ActionSentMedia(Action):
    """Answers a picture, a video, a file: a photo may be for the contest."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_sent_media"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Ask what they are for while a contest takes photos; else say that only text can be read."""
        turn = turn_of(tracker, domain)
        sent = sent_now(turn)
        replaced = bool(sent) and _replaces(turn, sent[0])
        rest = sent[1:] if replaced else sent
        asked = bool(rest) and _asks(turn, rest)
        if replaced or asked:
            turn.say(*left_out(media_of(tracker.latest_message)))
        else:
            turn.say(Say("utter_sent_media"))
        return turn.events(dispatcher)


def mine(turn: Turn, what: str, number: int | None) -> None:
    """Show what somebody has entered, or withdraw or replace the one that is meant."""
    who = _who(turn)
    found = [each for each in entries.of_person(open_store(), who.id) if each.contest in _known(turn)] if who else []
    contest = _current(turn, found)
    if contest is None:
        turn.say(Say("utter_contest_mine_nothing"))
        return
    here = [each for each in found if each.contest == contest.key]
    standing = [each for each in here if each.state in STANDING]
    if what in {WITHDRAW, REPLACE, SURELY} and contests.phase(contest, turn.now) != "open":
        turn.say(Say("utter_contest_past_changing", {"title": title_of(contest)}))
        return
    chosen = [each for each in standing if number is None or each.number == number]
    if what == "" or not chosen or len(chosen) > 1:
        _show(turn, contest, here)
        if what and len(chosen) > 1:
            _ask_which(turn, what, chosen)
        return
    _act(turn, what, chosen[0])


def _act(turn: Turn, what: str, entry: Entry) -> None:
    named = {"number": str(entry.number), "work": entry.title}
    if what == SURELY:
        entries.withdraw(open_store(), entry.id, turn.now)
        turn.say(Say("utter_contest_withdrawn", named))
    elif what == WITHDRAW:
        sure = ChoiceOf(Part("part_contest_withdraw"), MINE, f"{SURELY}:{entry.number}")
        turn.say(Say("utter_contest_withdraw_sure", named, choices=(sure, ChoiceOf(Part("part_contest_no"), "deny"))))
    elif what == REPLACE:
        turn.slots[REPLACING] = entry.number
        turn.say(Say("utter_contest_replace", named))


def _show(turn: Turn, contest: Contest, here: Sequence[Entry]) -> None:
    if not here:
        turn.say(Say("utter_contest_mine_none", {"title": title_of(contest)}))
        return
    lines: list[str | Part] = []
    for each in here:
        if each.state == DRAFT:
            lines.append(Part("part_contest_begun", {"work": each.title or Part("part_contest_untitled")}))
        else:
            state = Part(f"part_contest_state_{each.state}")
            lines.append(Part("part_contest_mine", {"number": str(each.number), "work": each.title, "state": state}))
    turn.say(Say("utter_contest_mine", {"title": title_of(contest), "lines": lines}))


def _ask_which(turn: Turn, what: str, chosen: Sequence[Entry]) -> None:
    choices = tuple(
        ChoiceOf(Part("part_contest_number", {"number": str(each.number)}), MINE, f"{what}:{each.number}")
        for each in chosen
    )
    turn.say(Say(f"utter_contest_which_{what}", choices=choices))


def heard_of_mine(tracker: Tracker, domain: Mapping[str, Any], dispatcher: CollectingDispatcher) -> list[Any] | None:
    """Answer words about what somebody has entered; None: they speak of nothing of theirs, or have entered nothing."""
    text = str(tracker.latest_message.get("text") or "")
    what = of_mine(text)
    if not what or joins(text):
        return None
    turn = turn_of(tracker, domain)
    who = _who(turn)
    if who is None or not entries.of_person(open_store(), who.id):
        return None
    number = re.search(r"\b\d{1,6}\b", text[:80])
    mine(turn, "" if what == "see" else what, int(number[0]) if number else None)
    return turn.events(dispatcher)


def _who(turn: Turn) -> Entrant | None:
    conversation = str(turn.tracker.sender_id)
    return None if conversation.startswith(ASIDE) else entries.entrant(open_store(), conversation)


def _known(turn: Turn) -> set[str]:
    return {each.key for each in turn.library.calendar.facts.contests}


def _current(turn: Turn, found: Sequence[Entry]) -> Contest | None:
    """Return the contest that takes photos now, or else the one in which somebody entered last."""
    return turn.contest() or (turn.contest_of(found[-1].contest) if found else None)


def _replaces(turn: Turn, sent: str) -> bool:
    """Take a photo for an entry that waits for another one; return whether there is such an entry."""
    contest, who = turn.contest(), _who(turn)
    if contest is None or who is None:
        return False
    wanted = turn.slot(REPLACING)
    standing = [each for each in entries.of_person(open_store(), who.id, contest.key) if each.state in STANDING]
    waiting = [each for each in standing if each.number == wanted]
    waiting += [each for each in standing if each.photo is None and each.latest and each.latest.state == FAILED]
    if not waiting:
        return False
    message, _, place = sent.rpartition("#")
    if not entries.add_sent(open_store(), waiting[0].id, who, message, int(place), turn.now):
        return False
    turn.slots[REPLACING] = None
    turn.say(Say("utter_contest_replaced", {"number": str(waiting[0].number)}))
    return True


def _asks(turn: Turn, sent: list[str]) -> bool:
    """Ask whether photos are for the contest that takes them now; return whether there is one."""
    contest = turn.contest()
    if contest is None:
        return False
    home = turn.home(contest)
    draft, entered = home.draft(), home.standing()
    begun = draft is not None and draft.state == DRAFT
    if not begun and len(entered) >= (contest.entries_per_person or len(entered) + 1):
        turn.say(enough(contest, entered))
        return True
    count = len(keep(turn, sent))
    ask_whether(turn, contest, count)
    turn.say(*more_than_allowed(contest, len(entered), count))
    return True
