"""Whether a message with the opening-hours intent really asks for hours: a complaint or a price question does not."""

from __future__ import annotations

import re

from actions.aspects import untold
from actions.glossing import has_chinese
from actions.hours_record import asks_of_holidays, time_not_on_record
from actions.hours_weather import weather
from actions.questions import FOLLOW_UP, Question

# Words about opening, times and staying. With one of them, even a statement may want hours ("want to stay late").
_OF_OPENING = re.compile(
    r"\b(?:(?:re-?)?open\w*|hours?|hrs?|clos(?:e|es|ed|ing|ure)|shut\w*|lock(?:ed|s|ing)? up|until|till?|late\w*|early"
    r"|time\w*|schedule|24\w*|overnight|all[ -]?night\w*|night\w*|nite|midnight|round the clock|stay\w*|now|rn|entry"
    r"|staffed|day|days|week\w*|daily|sleep|crash|nocturnal|holidays?|break|term|sem|semester|\d{1,2} ?[ap]m)\b"
)
# "its sunday night", "it's 9pm already": states the time and asks nothing about it.
_TELLS_THE_TIME = re.compile(r"^\W*(?:but |and |cuz |coz |because )?(?:it'?s|it is|today is|tmr is|tonight is)\b")
# Words about opening only; and the most letters a message may have besides a place to be just that place.
_OPENS = re.compile(r"\b(?:(?:re-?)?open\w*|hours|clos(?:e|es|ed|ing)|shut)\b")
_FEW = 5
_PRICES = frozenset({"price", "fee"})


def asks_of_hours(question: Question) -> bool:
    """Return whether a message with the opening-hours intent asks for hours, or may do so."""
    opening = _OF_OPENING.search(question.plain) is not None
    timely = bool(question.spans or question.impossible_date or question.unread_time)
    if untold(question.read_as, "") in _PRICES and not timely:
        return _OPENS.search(question.plain) is not None
    if not question.text or question.intent == FOLLOW_UP or question.bare or question.asks:
        return True
    told = weather(question) or asks_of_holidays(question) or time_not_on_record(question)
    if _TELLS_THE_TIME.search(question.plain) and not told:
        return _OPENS.search(question.plain) is not None
    return bool(opening or timely or told or _names_only(question))


def _names_only(question: Question) -> bool:
    """Return whether the message is little more than a place name: "lc", "the learning commons pls"."""
    left = question.text
    for kind, said in question.read:
        left = left.replace(said, " ") if kind == "place" else left
    letters = [each for each in left if each.isalnum()]
    return bool(question.places) and len(letters) <= (0 if has_chinese(left) else _FEW)
