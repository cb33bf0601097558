"""What a message means before the dialogue is asked: STOP and START, votes, choices by number or title, urging."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from bot.contest import ballots, showing
from bot.handover import BACK, payload
from bot.store import entries_shown, people, repeats, threads, turns, votes, wishes
from bot.store.people import Person
from bot.store.wishes import Wish
from bot.workers.waiting import takes_only_back
from connectors.folding import bare
from connectors.messages import Choice, IncomingMessage, Kind
from connectors.plain_words import chosen, number_in

START_AGAIN, STOP, MAYBE_STOP, NO_SUCH_CHOICE = "/start_again", "/stop", "/stop_asked", "/no_such_choice"
# These words alone add nothing to the message just answered.
INSISTING = frozenset(
    {"please", "pls", "plz", "plss", "pls pls", "please please", "asap", "quick", "pretty please", "唔該"}
)
JUST_NOW, A_WHILE = timedelta(seconds=30), timedelta(hours=1)
STOPPED = "The person has told the bot to stop."
REPEATED = "The same words again and again: answered at first, and not any more."


@dataclass(frozen=True)
class Meant:
    """A message as it should be understood.

    `typed`: text that may be part of a thought. `offered`: the choices to show beneath the answer. `silent`: why it is
    not answered, "" if it is; `joins`: it belongs to the message just answered.
    """

    message: IncomingMessage
    typed: bool = False
    offered: tuple[Choice, ...] = ()
    silent: str = ""
    joins: bool = False


def meant(engine: Engine, person: Person, inbox_id: int, message: IncomingMessage, now: datetime) -> Meant:
    """Return how a message should be understood, after recording what it asks of the bot itself."""
    wish = wishes.wish_of(message)
    if wish is Wish.STOP or message.choice == STOP:
        people.stop(engine, person.id, now)
        return Meant(replace(message, choice=STOP))
    if person.stopped:
        if wish is Wish.START or message.choice == START_AGAIN:
            return Meant(replace(message, choice=START_AGAIN))
        return Meant(message, silent=STOPPED)
    if message.choice is not None or message.kind not in {Kind.TEXT, Kind.EDIT} or not message.text:
        return Meant(message)
    if wish is Wish.MAYBE_STOP:
        return Meant(replace(message, choice=MAYBE_STOP))
    number = ballots.voted(message.text)
    if number is not None and votes.any_edition(engine):
        return Meant(replace(message, choice=ballots.payload(number)))
    shows = None if person.quiet else showing.asked(message.text)
    if shows is not None and entries_shown.any_to_show(engine):
        return Meant(replace(message, choice=shows))
    offered = turns.offered(engine, person.id, now, message.reply_to)
    # While somebody waits for staff, the way back to the bot can be chosen by its title.
    if choice := _chosen(message.text, offered.choices, by_title=offered.just_now or person.quiet):
        return Meant(replace(message, choice=choice.payload))
    if number_in(message.text) is not None and offered.just_now and offered.choices:
        return Meant(replace(message, choice=NO_SUCH_CHOICE), offered=offered.choices)
    if person.quiet and takes_only_back(message.text) and threads.is_waiting(engine, person.id):
        return Meant(replace(message, choice=payload(BACK)))
    if _insists(engine, person, message, offered.at, now):
        return Meant(message, joins=True)
    if repeats.is_enough(engine, person.id, inbox_id, message.text, now):
        return Meant(message, silent=REPEATED)
    return Meant(message, typed=True)


def _chosen(text: str, offered: Sequence[Choice], *, by_title: bool) -> Choice | None:
    """Return which choice words mean. Beneath photos a number is the photo's own, not its place in the list."""
    photos = {number: each for each in offered if (number := ballots.tapped(each.payload)) is not None}
    number = number_in(text) if photos else None
    return photos.get(number) if number is not None else chosen(text, offered, by_title=by_title)


def _insists(engine: Engine, person: Person, message: IncomingMessage, said_at: datetime | None, now: datetime) -> bool:
    """Return whether a message only urges what was just answered; "please" from somebody in danger is more."""
    if bare(message.text) not in INSISTING or said_at is None or now - said_at >= JUST_NOW:
        return False
    return turns.told_of_danger(engine, person.id, now - A_WHILE) is None
