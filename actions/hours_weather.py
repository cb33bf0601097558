"""Typhoon signals, rainstorm warnings and other special conditions: the rules for one that a message names."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.glossing import as_said
from actions.questions import Question
from actions.saying import Part, Say
from bot.calendar import words
from bot.calendar.facts import Condition

# "t8", "typhoon signal no. 8", "signal 3", "no.8".
_SIGNAL = re.compile(
    r"(?<!\w)(?:t|tc|typhoon|tropical cyclone|signal|hurricane)\s*(?:warning\s*)?(?:signal\s*)?(?:no\.?|number|#)?\s*"
    r"(?P<number>1|3|8|9|10)(?![\d:.]*\d)(?!\s*[ap]m)"
    r"|(?<!\w)(?:no\.?|number)\s?(?P<bare>8|9|10)(?=\s*(?:signal|typhoon|is up|hoist|up|was|got|just"
    r"|tmr|tomorrow|today|tonight|$|\?|,))",
    re.IGNORECASE,
)
_RAIN = re.compile(
    r"(?<!\w)(?P<colour>black|red|amber|yellow)\s*(?:rain\w*|warning|signal|storm\w*|alert)|(?<!\w)(?P<amber>amber)(?!\w)"
)
_TYPHOON = re.compile(r"(?<!\w)(?:typhoons?|hurricane|cyclone)(?!\w)")
_STORM = re.compile(
    r"(?<!\w)(?:rain ?storms?|thunder ?storms?|bad weather|extreme (?:weather|conditions?)|storms?)(?!\w)"
)
_RAINS = re.compile(r"(?<!\w)(?:rains|raining|heavy rain)(?!\w)")
# A higher signal follows the rules of a lower one: what is closed at 8 is closed at 10.
_HIGHER = {"9": "8", "10": "8"}
# Minimum length of a word that identifies a condition by its name.
_TELLING = 5
_OF_WEATHER = frozenset(("typhoon", "signal", "rainstorm", "warning", "black", "storm", "amber"))


@dataclass(frozen=True)
class Weather:
    """Conditions that a message names: on record but not in force now (`off`), or not on record (`unknown`)."""

    off: tuple[Condition, ...] = ()
    unknown: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to say about the weather."""
        return bool(self.off or self.unknown)


def weather(question: Question) -> Weather:
    """Return the conditions that a message names and that are not in force now."""
    calendar = question.library.calendar
    every, text = calendar.facts.conditions, question.plain
    named: list[Condition] = []
    unknown: list[str] = []
    for match in _SIGNAL.finditer(text):
        number = match["number"] or match["bare"]
        found = _of_word(every, number, _HIGHER.get(number, number))
        named += found
        name = f"typhoon signal no. {number}"
        unknown += [] if found else [as_said(question.text, name)]
    for match in _RAIN.finditer(text):
        colour = match["colour"] or match["amber"]
        found = _of_word(every, colour)
        named += found
        name = f"the {colour} rainstorm warning"
        unknown += [] if found else [as_said(question.text, name)]
    if not named and not unknown:
        named += [each for each in every if _TYPHOON.search(text) and "typhoon" in each.name.casefold()]
        named += [each for each in every if _STORM.search(text)]
        named += [each for each in every if _RAINS.search(text) and "rain" in each.name.casefold()]
        named += [each for each in every if _telling(each) & question.words]
    off = tuple(each for each in dict.fromkeys(named) if not calendar.holds(each.key, question.now))
    # While a signal is in force, a question about another one is about the past or the future.
    return Weather(off, () if calendar.conditions_at(question.now) else tuple(dict.fromkeys(unknown)))


def rule(question: Question, found: Weather) -> list[Say]:
    """Return the rules for the named conditions that are not in force, or that they are not on record."""
    says = [Say("utter_condition_unknown", {"condition": name, "known": _known(question)}) for name in found.unknown]
    for condition in found.off:
        effects = [
            Part(
                f"part_effect_{effect.does}",
                {
                    "place": place.name,
                    "hours": words.periods(effect.periods, question.tongue),
                    "note": Part("part_effect_note", {"note": effect.note}) if effect.note else "",
                },
            )
            for effect in condition.effects
            if (place := question.library.calendar.find_place(effect.place))
        ]
        says.append(Say("utter_condition_off", {"condition": condition.name, "effects": effects}))
    return says


def lasting(question: Question) -> list[Say]:
    """Return the conditions in force until staff switch them off, for answers about later days."""
    holding = question.library.calendar.conditions_at(question.now)
    return [Say("utter_condition_lasting", {"condition": each.name}) for each in holding if each.until is None]


def _known(question: Question) -> str:
    names = [question.said(each.name) for each in question.library.calendar.facts.conditions]
    return words.listed(names, question.tongue) or "–"


def _of_word(every: tuple[Condition, ...], *any_of: str) -> list[Condition]:
    return [each for each in every if set(any_of) & set(re.findall(r"\w+", each.name.casefold()))]


def _telling(condition: Condition) -> set[str]:
    found = {word for word in re.findall(r"\w+", condition.name.casefold()) if len(word) >= _TELLING}
    return found - _OF_WEATHER
