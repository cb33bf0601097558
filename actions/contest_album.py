"""Photos that were sent and are not entered yet: kept in the order in which they came, and asked about one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from actions.contest_facts import title_of
from actions.contest_home import Home
from actions.contest_said import JOIN
from actions.contest_turn import Turn
from actions.saying import ChoiceOf, Part, Say
from bot.calendar.facts import Contest
from bot.contest.words import is_photo, media_of

PHOTOS = "contest_photos"
# The names of the choices that answer whether a photo is for the contest.
ENTER, LEAVE, NEXT = "photo", "no_photo", "next_photo"


def sent_now(turn: Turn) -> list[str]:
    """Return where each photo of the latest message, or album, came: "<message>#<place in it>"."""
    return [each["at"] for each in media_of(turn.tracker.latest_message) if is_photo(each)]


def waiting(turn: Turn) -> list[str]:
    """Return where the photos came that wait to be entered, the one that has waited longest first."""
    return list(turn.slot(PHOTOS) or ())


def keep(turn: Turn, sent: Sequence[str]) -> list[str]:
    """Let photos wait behind those that do already; return all. What comes twice waits once."""
    turn.slots[PHOTOS] = list(dict.fromkeys([*waiting(turn), *sent])) or None
    return waiting(turn)


def take(turn: Turn) -> str | None:
    """Take the photo that has waited longest from those that wait; None: there is none."""
    found = waiting(turn)
    turn.slots[PHOTOS] = found[1:] or None
    return found[0] if found else None


def left_out(media: Sequence[Mapping[str, str]]) -> list[Say]:
    """Return what is said of files that came with photos and are none."""
    others = sum(not is_photo(each) for each in media)
    return [Say("utter_contest_some_no_photos", {"count": str(others)})] if others else []


def more_than_allowed(contest: Contest, entered: int, sent: int) -> list[Say]:
    """Return what is said to somebody who has sent more photos than they may still enter; nothing if they have not."""
    most = contest.entries_per_person
    if most is None or sent <= most - entered:
        return []
    if entered:
        return [Say("utter_contest_room_left", {"most": str(most), "left": str(most - entered)})]
    return [Say("utter_contest_room", {"most": str(most)})]


def ask_whether(turn: Turn, contest: Contest, count: int) -> None:
    """Ask whether photos that were sent are for the contest: one question, however many."""
    values = {"title": title_of(contest), "count": str(count)}
    yes, name = ("yes", "photo") if count == 1 else ("yes_all", "photos")
    choices = (ChoiceOf(Part(f"part_contest_{yes}"), JOIN, ENTER), ChoiceOf(Part("part_contest_no"), JOIN, LEAVE))
    turn.say(Say(f"utter_contest_{name}_asked", values, choices=choices))


def ask_for_the_next(turn: Turn, contest: Contest, home: Home) -> None:
    """Ask about the photo that has waited longest; if no more may be entered, say that those that wait are left out."""
    count, entered = len(waiting(turn)), len(home.standing())
    if not count:
        return
    if entered >= (contest.entries_per_person or entered + 1):
        turn.slots[PHOTOS] = None
        turn.say(Say("utter_contest_left_out", {"count": str(count), "most": str(entered)}))
        return
    name = "next" if count == 1 else "next_of"
    choices = (ChoiceOf(Part("part_contest_yes"), JOIN, ENTER), ChoiceOf(Part("part_contest_no"), JOIN, NEXT))
    turn.say(Say(f"utter_contest_{name}", {"count": str(count)}, choices=choices))


def left(turn: Turn, contest: Contest, home: Home) -> None:
    """Leave out every photo that waits, or only the one that was asked about and go on to the next."""
    if turn.heard.chosen == NEXT:
        take(turn)
        if waiting(turn):
            ask_for_the_next(turn, contest, home)
            return
    turn.slots[PHOTOS] = None
    turn.say(Say("utter_contest_photos_left"))
