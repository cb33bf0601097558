"""Opening hours, including the 24-hour Learning Commons: which places and times a question means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import hours_said
from actions.events_at_hand import goes_on_with_it, of_them
from actions.events_named import EVENTS
from actions.glossing import has_chinese
from actions.hours_asked import asks_of_hours
from actions.hours_places import place_not_on_record
from actions.hours_record import asks_of_holidays, holidays, of_a_term, time_not_on_record, usually, year_not_on_record
from actions.hours_weather import lasting, rule, weather
from actions.questions import FOLLOW_UP, Question
from actions.saying import Part, Said, Say, distinct
from actions.spans import MINUTE, Span, day_span
from actions.turn import FALLBACK, answer_turn, answering, answers
from actions.who import outside
from bot.calendar.facts import Place
from bot.offers import POSSIBLE

LEARNING_COMMONS, INFORMATION_DESK = "learning commons", "information desk"
REFERS_BACK = frozenset({"it", "its", "there", "they", "them", "their", "theirs", "they're", "theyre"})
_THAT = re.compile(
    r"\b(?:is|are|r|does|do|will|when(?:'?s| is)?) (?:that|those)\b"
    r"(?! (?:week|weekend|day|night|time|true|right|correct)\b)|\bthat (?:place|one)\b"
)
_DESK, _COUNTER = re.compile(r"\b(?:desk|counter)s?\b"), frozenset({"counter", "櫃檯", "柜台"})
_STAFF = frozenset({"they", "them", "their", "theyre"})
# "you" may mean the desk just mentioned or the whole library.
_LIBRARY_TOO = frozenset({"you", "u", "ya", "yall", "your", "ur", "guys", "hours", "hrs", "hour"})
_OF_HOURS = frozenset({"opening_hours", "learning_commons_24h"})
# "open now? n tmr"
_NOW_TOO = re.compile(r"\b(?:open|closed?|there|up) (?:right )?(?:now|rn)\b|\b(?:now|rn)\W{0,3}(?:and|n|&|or)\b")
# "now?", about the desk just mentioned
_YEAR = re.compile(r"^\W*(?:[a-z]+ ){0,3}(?:19|20)\d\d\W*$", re.IGNORECASE)
_JUST_NOW = re.compile(
    r"\W*(?:(?:and|so|n|what|wat|how|about|abt|is|are|it|that|they|also|even|ok|okay|can|i|go|right)\W+){0,4}"
    r"(?:now|rn|atm|at the moment|at this hour)\W*"
)
# "isnt it 11??", "i thought 11"
_DISPUTE = re.compile(
    r"\b(?:isn'?t|wasn'?t|aren'?t|aint) (?:it|that|u|you|the)\b|\bthought\b|\b(?:u|you) sure\b"
    r"|\b(?:it|website|google|sign|door|poster|maps?) (?:says?|said)\b"
)
# "where do i sit after that", meaning after closing time
_AFTER_THAT = re.compile(r"\bafter (?:that|then|closing(?: time)?|(?:u|you|it|they) (?:close|shut)s?|closed)\b")
DIRECTIONS = "location_directions"
MOST_PLACES = MOST_SPANS = 3
# Minimum scores for an answer on another topic when the message does not ask for hours.
RATHER, LIKELY = 0.5, 0.4
# A sentence that states something contains one of these words; a bare name and hour do not.
_TELLING = frozenset(
    {"is", "are", "its", "so", "i", "im", "my", "was", "were", "theres", "too", "not", "no", "love", "hate"}
)


class ActionOpeningHours(Action):
    """Says whether a place is open, and until when."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_opening_hours"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember the place and time for the next question."""
        return answer_turn(opening_hours, dispatcher, tracker, domain)


class ActionLearningCommons(Action):
    """Says that the Learning Commons is open, and where it is."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_learning_commons"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember the place and time for the next question."""
        return answer_turn(learning_commons, dispatcher, tracker, domain)


@answers("opening_hours", FOLLOW_UP)
def opening_hours(question: Question) -> Said:
    """Return the hours of the places at the times in the question.

    Without a named place, use the current place (the one the conversation is about) or the main one. Without a time,
    use now. A follow-up keeps whatever it does not name.
    """
    if goes_on_with_it(question) or of_them(question):
        return answering(EVENTS)(question)
    if other := _rather(question):
        return other
    if unclear := no_such_time(question):
        return Said(unclear)
    places, spans = _places(question), _spans(question) or of_a_term(question)
    if not places:
        return Said((Say("utter_hours_unknown"),))
    says: list[Say] = []
    for place in places[:MOST_PLACES]:
        says += _of_place(question, place, spans[:MOST_SPANS])
    return Said(distinct(says), _remembered(places[-1], spans))


def _of_place(question: Question, place: Place, spans: tuple[Span, ...]) -> list[Say]:
    """Return the hours of a place, preceded by what is not on record or by the rule for the weather mentioned."""
    found = weather(question)
    if found:
        unsure = replace(question, doubt=True)
        asked = spans or (day_span(question.today, question.library.calendar.zone),)
        usual = [say for span in asked for say in _in_span(unsure, place, span)]
        otherwise = Say("utter_hours_otherwise" if found.off else "utter_hours_usually")
        return [*rule(question, found), otherwise, *usual]
    if asks_of_holidays(question) and not spans:
        return holidays(question, place)
    if unknown := _not_on_record(question):
        unsure = replace(question, doubt=True)
        usual = [say for span in spans for say in _in_span(unsure, place, span)]
        return [*unknown, *(usual or hours_said.usual_week(unsure, place))]
    if not question.spans and hours_said.REOPENS.search(question.plain):
        return hours_said.reopens(question, place)
    if spans:
        told = [say for span in spans for say in _in_span(question, place, span)]
        return [*told, *hours_said.usual_week(question, place)] if _disputes(question) else told
    if hours_said.asks_all_day(question):
        return hours_said.all_day(question, place)
    return hours_said.in_general(question, place)


def _disputes(question: Question) -> bool:
    """Return whether the hours just given are doubted. Repeating them explains nothing, so the whole week is shown."""
    return question.last in _OF_HOURS and not question.places and _DISPUTE.search(question.plain) is not None


def _in_span(question: Question, place: Place, span: Span) -> list[Say]:
    if year_not_on_record(question, span.starts.date()):
        return usually(question, place, span)
    says = hours_said.in_span(question, place, span)
    return [*lasting(question), *says] if span.last_day > question.today else says


def _not_on_record(question: Question) -> list[Say]:
    """Return that a place or a time of the year is not on record, or [] if it is."""
    when = time_not_on_record(question)
    if when and not of_a_term(question):
        return [Say("utter_hours_time_not_on_record", {"name": when})]
    here = not question.places and not question.words & _LIBRARY_TOO and question.text
    place = place_not_on_record(question) or (question.room if here else "")
    return [Say("utter_hours_place_not_on_record", {"name": place})] if place else []


def no_such_time(question: Question) -> tuple[Say, ...]:
    """Ask again about a date that does not exist or could not be read; it must not silently become today."""
    if question.impossible_date:
        return (Say("utter_date_impossible", {"date": question.impossible_date}),)
    return (Say("utter_date_unread"),) if question.unread_time else ()


def names_when_or_where(question: Question) -> bool:
    """Return whether a follow-up asks for hours, whatever the last question was about: "and on sunday?"."""
    asked = question.spans or question.places or question.impossible_date or question.unread_time
    now = question.at_hand is not None and _JUST_NOW.fullmatch(question.plain)
    if question.told and _YEAR.search(question.text):
        return False  # "only from 2019?", after past papers
    return question.beside or ((question.intent == FOLLOW_UP or question.bare) and bool(asked or now))


def hours_again(question: Question) -> Said:
    """Return the hours but keep the topic slot: the rule that started a follow-up must still apply at its end."""
    said = opening_hours(question)
    return Said(said.says, {name: value for name, value in said.slots.items() if name != "topic"})


@answers("learning_commons_24h")
def learning_commons(question: Question) -> Said:
    """Return when the Learning Commons is open, where it is and what to know about it.

    If the question is about another place ("is the library open all night?"), answer for that place and mention the
    Learning Commons.
    """
    if other := _rather(question):
        return other
    if unclear := no_such_time(question):
        return Said(unclear)
    library = question.library
    commons = library.calendar.find_place(LEARNING_COMMONS) or library.main
    if commons is None:
        return Said((Say("utter_hours_unknown"),))
    others = [place for place in question.places if place.key != commons.key]
    if others and commons not in question.places and not weather(question) and hours_said.asks_all_day(question):
        return Said(distinct(hours_said.all_day(question, others[0])), _remembered(commons, question.spans))
    spans = question.spans[:MOST_SPANS]
    if weather(question):
        says = _of_place(question, commons, spans)
    else:
        says = [say for span in spans for say in _in_span(question, commons, span)]
        says += [] if spans else hours_said.all_day(question, commons)
    says = [*says, *(hours_said.whereabouts(commons) or _way(question, commons)), *_for_members(question)]
    return Said(distinct(says), _remembered(commons, spans))


def _way(question: Question, place: Place) -> list[Say]:
    """Return the way to a place, if asked for: the directions answer that has the place's name as its title."""
    names = {place.name, question.said(place.name)}
    ways = [each for each in question.library.answers if each.topic == DIRECTIONS and each.title in names]
    asked = question.words & {"where", "wheres"}
    return [Say("utter_answer", {"answer": each.text}) for each in ways if asked][:1]


def _rather(question: Question) -> Said | None:
    """Return a reply on another topic to a message that does not ask for hours: the closest answer, or a likely topic.

    Return None if it asks for hours or if nothing else is close.
    """
    if asks_of_hours(question):
        return None
    near = [
        each for each in question.near if each.topic not in _OF_HOURS and each.own >= RATHER and each.sure >= LIKELY
    ]
    # A question may continue the topic from before the hours.
    near = [each for each in near if each.topic == question.earlier_intent and question.asks] or near
    others = [each for each in question.ranking if each[0] not in {*_OF_HOURS, FOLLOW_UP, FALLBACK}]
    likely = [name for name, share in others if share >= POSSIBLE]
    if question.intent == FOLLOW_UP:  # a message that names no topic is close to every topic
        near, likely = [each for each in near if each.topic == question.earlier_intent], []
    nearest = max(near, key=lambda each: each.own, default=None)
    if topic := nearest.topic if nearest else next(iter(likely), ""):
        chosen = nearest.key if nearest and not question.asks else ""
        return answering(topic)(replace(question, intent=topic, chosen=chosen, after="", places=(), spans=()))
    telling = question.words & _TELLING or has_chinese(question.text)
    return Said((Say("utter_remark"),)) if telling and not question.asks else None


def _for_members(question: Question) -> list[Say]:
    """Return, for outsiders, that these hours are for members: a door that opens for members stays closed to them."""
    return [Say("utter_hours_for_members", {"who": Part(f"part_who_{question.who}")})] if outside(question.who) else []


def _places(question: Question) -> tuple[Place, ...]:
    """Return the places in question: those named, the current place, or the main one.

    If it is unclear whether the place that the last answer referred to is meant, include the main one as well.
    """
    here, main = question.at_hand, question.library.main
    desk = here if here and here.kind == "service" else None
    unnamed = _DESK.search(question.plain) and all(place == main for place in question.places)
    if unnamed and (found := desk or question.library.calendar.find_place(INFORMATION_DESK)):
        return (found,)
    if question.places:
        # "the counter" may refer to another desk mentioned before.
        generic = all(said.casefold() in _COUNTER for kind, said in question.read if kind == "place")
        other = desk is not None and question.read and generic and desk not in question.places
        return (desk, *question.places) if desk and other else question.places
    if not question.text or main is None:
        return (main,) if main else ()
    pronoun = question.words & REFERS_BACK or _THAT.search(question.plain)
    if here is None or here == main or _of_the_library(question):
        return ((question.earlier_place if question.follows or pronoun else None) or main,)
    if not pronoun and question.words & _LIBRARY_TOO:
        return (main,) if question.last in _OF_HOURS else (here, main)
    unsure = question.aside and not question.words & _STAFF and not _THAT.search(question.plain)
    return (here, main) if unsure else (here,)


def _of_the_library(question: Question) -> bool:
    """Return whether the question is not about the current place but about holidays, a typhoon or another place."""
    return bool(weather(question) or asks_of_holidays(question) or place_not_on_record(question))


def _spans(question: Question) -> tuple[Span, ...]:
    if question.spans and _NOW_TOO.search(question.plain):
        now = Span(question.now, question.now + MINUTE, "moment")
        return tuple(dict.fromkeys((now, *question.spans)))
    if not question.spans and (closed := _after_closing(question)):
        return closed
    if question.spans or not question.follows:
        return question.spans
    return question.earlier_spans


def _after_closing(question: Question) -> tuple[Span, ...]:
    """Return the minute at which the library closes, if the question is about what comes after that."""
    main = question.library.main
    if main is None or not _AFTER_THAT.search(question.plain):
        return ()
    state = question.library.calendar.state(main.key, question.now)
    return (Span(state.until, state.until + MINUTE, "moment"),) if state.is_open and state.until else ()


def _remembered(place: Place, spans: tuple[Span, ...]) -> dict[str, Any]:
    return {"place": place.key, "time": [span.to_slot() for span in spans] or None, "topic": "hours"}
