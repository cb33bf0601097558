"""Which events a question means: by title, description or kind; and whether it names one that does not exist."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.calendar.facts import Event

# The intents about events.
EVENTS, REGISTRATION = "events", "event_registration"


def _singular(word: str) -> str:
    if word.endswith("ss"):
        return word
    return word.removesuffix("es") if word.endswith("sses") else word.removesuffix("s")


def _words(*texts: str, least: int = 1) -> set[str]:
    found = (word for text in texts for word in re.findall(r"\w+", text.casefold()))
    return {_singular(word) for word in found if len(word) >= least}


# Words that students use for the same kind of event.
KINDS: tuple[frozenset[str], ...] = tuple(
    frozenset(_words(names))
    for names in (
        "workshop class course training session tutorial bootcamp",
        "talk lecture seminar speech webinar",
        "exhibition exhibit gallery",
        "performance concert recital gig music",
        "ceremony award graduation",
        "film movie screening documentary",
        "tour orientation",
        "fair sale market bazaar",
        "club meetup",
        "game quiz competition contest",
    )
)
_ALL_KINDS = frozenset().union(*KINDS)
# Words that do not tell events apart: question words, times, and words for library events in general.
FILLER = frozenset(
    _words(
        """
        about activities activity afternoon afterwards again also anyone anything anytime april around attend august
        autumn available because been before between break bring calendar campus charge christmas cost could
        currently date december details does doing down during each easter else evening event events ever every
        everybody everyone everything exam exams february fees finals find forward free friday from further give
        going good guys happen happening have having held hello help here holiday hour hours information instead
        interest interested interesting into january join july june just kind know language last late later leave
        left library like list little live location long look looking made make many march maybe mean midnight
        minute minutes monday month more morning much near need needed news next nice night noon nothing november
        occur october offer once online only open other others ours over paid part past people place please price
        program programme really recent regarding register registration right running saturday schedule seat
        semester sept september session should show sign some somebody someone something somewhere soon spring staff
        start starting still student students stuff such summer sunday take taking tell tells term than thank thanks
        that their them then there these they thing things think this those through thru thur thurs thursday ticket
        time times today told tomorrow tonight tonite tues tuesday under university until upcoming useful usual very
        wanna want wednesday weds week weekday weekend went were what whats when whens where which while will winter
        with without would year years yesterday your yours
        """
    )
)
# Shorter words too often mean something else. From BEGINNING letters on, a word matches as a prefix.
TELLING, BEGINNING = 4, 5
# A run of PIECE Chinese characters suggests a title, except those below; one of WHOLE is no other.
PIECE, WHOLE = 3, 5
_OF_MANY = frozenset({"工作坊", "圖書館", "图书馆", "音樂會", "音乐会", "頒獎禮", "颁奖礼"})
_SUBJECT = re.compile(r"\b(?:about|on|named|called)\s+(?:the\s+|an?\s+)?(.*)")


@dataclass(frozen=True)
class Named:
    """The events that a question names. `by_title`: named by title. `missing`: what it names does not exist."""

    events: tuple[Event, ...] = ()
    by_title: bool = False
    missing: bool = False


def named(every: Iterable[Event], text: str) -> Named:
    """Return the events in `every` that fit `text` best; `events` is empty if it names none."""
    events = tuple(every)
    said = _words(text)
    kinds = [kind for kind in KINDS if kind & said]
    subject = _words(text, least=TELLING) - FILLER - _ALL_KINDS
    of_kind = tuple(event for event in events if any(kind & _words(event.title, event.type) for kind in kinds))
    whole = tuple(event for event in events if (title := _words(event.title, least=TELLING)) and title <= said)
    best = whole or _best(events, subject, _in_title)
    if best:
        return Named(_narrowed(best, of_kind), by_title=True)
    best = _best(events, subject, _in_what_is_written)
    if best:
        return Named(_narrowed(best, of_kind))
    said_of = _SUBJECT.search(text.casefold())
    missing = bool(said_of and _words(said_of[1]) & subject)
    return Named(of_kind, missing=missing or bool(kinds and not of_kind))


def titled(every: Iterable[Event], text: str) -> bool:
    """Return whether `text` contains the whole title of an event with more than one distinctive word."""
    said = _words(text)
    titles = (_words(event.title, least=TELLING) for event in every)
    return any(len(title) > 1 and title <= said for title in titles)


def partly_titled(every: Iterable[Event], text: str) -> bool:
    """Return whether `text` has at least two distinctive words of a title, and more than half: "the lunch concert"."""
    said = {word for word in _words(text) if len(word) >= TELLING}
    titles = (_words(event.title, least=TELLING) for event in every)
    counts = ((sum(_among(word, title) for word in said), len(title)) for title in titles)
    return any(count > 1 and 2 * count > most for count, most in counts)


def titles_said(every: Iterable[Event], text: str, own: Callable[[str], str]) -> list[str]:
    """Return the titles of events whose Chinese title, as given by `own`, shares a distinctive piece with `text`."""
    said = "".join(re.findall("[\u3400-\u9fff]+", text))
    pieces = {said[start : start + PIECE] for start in range(len(said) - PIECE + 1)}
    return [event.title for event in every if any(piece in own(event.title) for piece in pieces - _OF_MANY)]


def title_said(every: Iterable[Event], text: str, own: Callable[[str], str]) -> bool:
    """Return whether `text` has a whole Chinese title, as given by `own`, or WHOLE characters of one in a row."""
    said = "".join(re.findall("[\u3400-\u9fff]+", text))
    titles = ("".join(re.findall("[\u3400-\u9fff]+", own(event.title))) for event in every)
    return any(
        title in said or any(title[start : start + WHOLE] in said for start in range(len(title) - WHOLE + 1))
        for title in titles
        if len(title) > PIECE
    )


def _best(events: Sequence[Event], subject: Iterable[str], words_of: Callable[[Event], set[str]]) -> tuple[Event, ...]:
    scores = [sum(_among(word, words_of(event)) for word in subject) for event in events]
    most = max(scores, default=0)
    return tuple(event for event, score in zip(events, scores, strict=True) if most and score == most)


def _among(word: str, words: set[str]) -> bool:
    """Return whether the word is one of `words` or a prefix of one: "photo" matches "photographs"."""
    return word in words or (len(word) >= BEGINNING and any(each.startswith(word) for each in words))


def _narrowed(found: tuple[Event, ...], of_kind: tuple[Event, ...]) -> tuple[Event, ...]:
    return tuple(event for event in found if event in of_kind) or found


def _in_title(event: Event) -> set[str]:
    return _words(event.title) - FILLER


def _in_what_is_written(event: Event) -> set[str]:
    return _words(event.description, event.place, event.audience) - FILLER
