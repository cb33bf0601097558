"""The form in which a photo is entered: begun, answered, asked and confirmed. What is entered is in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.contest_album import ENTER, LEAVE, NEXT, PHOTOS, ask_for_the_next, left, take, waiting
from actions.contest_answers import Answered, Form, answered, kept
from actions.contest_facts import title_of
from actions.contest_said import (
    CONFIRMED,
    JOIN,
    SLOT,
    beginning,
    enough,
    question,
    received,
    what_to_change,
    whether_to_leave,
)
from actions.contest_turn import Turn, turn_of
from actions.saying import Say
from actions.turn import PAUSES, answer_turn, answering
from bot.calendar.facts import Contest
from bot.store.entries import DRAFT, FAILED

FORM = "contest_form"
REQUESTED, OUTCOME = "requested_slot", "contest_outcome"
GOING, OVER, ENTERED = "going", "over", "entered"


def begin(turn: Turn) -> bool:
    """Begin the form, or go on with it; return whether it can begin. If not, it is said why, if it can be said here."""
    contest = turn.contest()
    if contest is None:
        turn.slots["contest_taking"] = False
        return False
    home = turn.home(contest)
    draft = home.draft()
    entered = home.standing()
    if (draft is None or draft.state != DRAFT) and len(entered) >= (contest.entries_per_person or len(entered) + 1):
        turn.say(enough(contest, entered))
        turn.forget()
        turn.slots["contest_taking"] = False
        turn.slots[PHOTOS] = None
        return False
    resumed = draft is not None and draft.state == DRAFT
    draft = home.begin()
    turn.forget()
    closes = turn.deadline(contest.closes) if contest.closes else ""
    turn.say(beginning(contest, closes, resumed=resumed))
    if turn.heard.chosen == ENTER:
        wanted = draft.latest is None or draft.latest.state == FAILED
        if wanted and (photo := take(turn)) and home.add(draft, photo):
            draft = home.begin()
        turn.say(*kept(len(waiting(turn))))
    turn.slots |= {"contest_taking": True, OUTCOME: GOING}
    turn.sync(contest, home, draft)
    return True


class ActionContestBegin(Action):
    """Begins the form, or says why no photo can be entered."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_contest_begin"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Say the limits first, and set what Rasa needs to know."""
        turn = turn_of(tracker, domain)
        contest = turn.contest()
        if turn.heard.chosen in {LEAVE, NEXT} and contest is not None:
            left(turn, contest, turn.home(contest))
            turn.slots["contest_taking"] = False
            return turn.events(dispatcher)
        if begin(turn) or turn.says:
            return turn.events(dispatcher)
        # No contest takes photos here: say what there is to say of entering one.
        return [*answer_turn(answering(JOIN), dispatcher, tracker, domain), *turn.events(dispatcher)]


class ValidateContestForm(Action):
    """Takes one answer. Without any slot among its events, Rasa takes the message for something else."""

    def name(self) -> str:
        """Return the name that Rasa gives to the form's validation."""
        return f"validate_{FORM}"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Take the answer, or leave the message to the other rules."""
        turn = turn_of(tracker, domain)
        requested = str(tracker.slots.get(REQUESTED) or "").removeprefix(SLOT)
        if not requested:
            return []  # the form is being activated
        if turn.heard.intent in PAUSES:
            return []
        contest = turn.contest()
        if contest is None:
            return _closed(turn, dispatcher)
        home = turn.home(contest)
        draft = home.draft() or home.begin()
        found = answered(Form(turn, contest, home, draft), requested)
        if found is Answered.NOT:
            return []
        turn.slots[OUTCOME] = GOING
        if found is Answered.OVER:
            turn.forget()
            turn.slots |= {OUTCOME: OVER, REQUESTED: None}
            return turn.events(dispatcher)
        turn.sync(contest, home, home.draft() or draft)
        return turn.events(dispatcher)


def _closed(turn: Turn, dispatcher: CollectingDispatcher) -> list[dict[str, Any]]:
    """Tell kindly that it has closed in the middle. What was begun is kept for a while, and never entered."""
    ended = [each for each in turn.library.calendar.facts.contests if each.entries_in_chat and each.closes]
    last = max((each for each in ended if each.closes and each.closes <= turn.now), key=_closes, default=None)
    if last is not None and last.closes is not None:
        values = {"title": title_of(last), "closed": turn.moment(last.closes)}
        turn.say(Say("utter_contest_closed_meanwhile", values))
    else:
        turn.say(Say("utter_contest_none_running"))
    turn.forget()
    turn.slots |= {OUTCOME: OVER, REQUESTED: None, PHOTOS: None}
    return turn.events(dispatcher)


def _closes(contest: Contest) -> Any:
    return contest.closes


class _Asks:
    """Asks one question, or what is asked in between: whether to leave, what to change."""

    asks: ClassVar[str] = ""

    def name(self) -> str:
        """Return the name that Rasa gives to asking for the slot."""
        return f"action_ask_{SLOT}{self.asks}"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Ask."""
        turn = turn_of(tracker, domain)
        contest = turn.contest()
        if contest is None:
            return []
        home = turn.home(contest)
        draft = home.draft() or home.begin()
        aside = turn.slot("contest_aside")
        if aside == "cancel":
            turn.say(whether_to_leave())
        elif aside == "change":
            turn.say(what_to_change(contest))
        else:
            turn.say(question(self.asks, contest, draft))
        return turn.events(dispatcher)


class ActionAskContestPhoto(_Asks, Action):
    """Asks for the photo."""

    asks = "photo"


class ActionAskContestWho(_Asks, Action):
    """Asks who enters."""

    asks = "who"


class ActionAskContestTitle(_Asks, Action):
    """Asks for the title."""

    asks = "title"


class ActionAskContestDescription(_Asks, Action):
    """Asks for the description."""

    asks = "description"


class ActionAskContestName(_Asks, Action):
    """Asks under which name the photo is shown."""

    asks = "name"


class ActionAskContestContact(_Asks, Action):
    """Asks for an e-mail address or a number."""

    asks = "contact"


class ActionAskContestRules(_Asks, Action):
    """Asks for agreement to the rules."""

    asks = "rules"


class ActionAskContestConfirmed(_Asks, Action):
    """Shows everything, and asks whether to enter it."""

    asks = CONFIRMED


class ActionContestEnter(Action):
    """Enters what was confirmed and gives the receipt; clears the form's slots in any case."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_contest_enter"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Enter it, once: a confirmation that comes again gets the same receipt."""
        turn = turn_of(tracker, domain)
        contest = turn.contest()
        confirmed = turn.slot(SLOT + CONFIRMED)
        if confirmed and contest is not None:
            home = turn.home(contest)
            draft = home.draft()
            entry = home.enter(draft) if draft else None
            if entry is None:
                turn.say(enough(contest, home.standing()))
            else:
                turn.say(*received(entry, contest, real=home.real))
                ask_for_the_next(turn, contest, home)
        elif turn.slot(OUTCOME) == OVER and contest is not None and (home := turn.home(contest)).draft() is None:
            ask_for_the_next(turn, contest, home)  # what was begun is thrown away, and not what else was sent
        turn.forget()
        return turn.events(dispatcher)
