"""Whether what is read as a question of hours asks for any: a complaint that names a place and a price do not."""

from __future__ import annotations

import re

from actions.aspects import untold
from actions.glossing import has_chinese
from actions.hours_record import asks_of_holidays, time_not_on_record
from actions.hours_weather import weather
from actions.questions import FOLLOW_UP, Question

# Words of opening, of a time and of staying: with one of them a statement too may want hours ("want to stay late").
_OF_OPENING = re.compile(
    r"\b(?:(?:re-?)?open\w*|hours?|hrs?|clos(?:e|es|ed|ing|ure)|shut\w*|lock(?:ed|s|ing)? up|until|till?|late\w*|early"
    r"|time\w*|schedule|24\w*|overnight|all[ -]?night\w*|night\w*|nite|midnight|round the clock|stay\w*|now|rn|entry"
    r"|staffed|day|days|week\w*|daily|sleep|crash|nocturnal|holidays?|break|term|sem|semester|\d{1,2} ?[ap]m)\b"
)
# "its sunday night", "it's 9pm already": what time it is, and no question about it.
_TELLS_THE_TIME = re.compile(r"^\W*(?:but |and |cuz |coz |because )?(?:it'?s|it is|today is|tmr is|tonight is)\b")
# Words of opening alone, and so few letters that a place beside them is all that is said.
_OPENS = re.compile(r"\b(?:(?:re-?)?open\w*|hours|clos(?:e|es|ed|ing)|shut)\b")
_FEW = 5
_PRICES = frozenset({"price", "fee"})


def asks_of_hours(question: Question) -> bool:
    """Return whether a message that is read as a question of hours asks for them, or may do so."""
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
    """Return whether a place is named and hardly anything else is said: "lc", "the learning commons pls"."""
    left = question.text
    for kind, said in question.read:
        left = left.replace(said, " ") if kind == "place" else left
    letters = [each for each in left if each.isalnum()]
    return bool(question.places) and len(letters) <= (0 if has_chinese(left) else _FEW)
