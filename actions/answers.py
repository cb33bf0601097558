"""Answers stored as texts: the text closest to the question, or else the topic's overview with choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.aspects import telling
from actions.at_hand import closed_now
from actions.choosing import likeliest, of_topic, overview, said_answer, told_of
from actions.events_at_hand import OF_EVENTS, asked, asks_for_a_kind, goes_on_with_it, joins_one_of_them, of_them
from actions.events_named import EVENTS, REGISTRATION, named, title_said, titled
from actions.glossing import has_chinese
from actions.hours import DIRECTIONS, hours_again, names_when_or_where
from actions.questions import FOLLOW_UP, Question
from actions.saying import ChoiceOf, Part, Said, Say
from actions.topics import topics
from actions.turn import ANY, LABEL, answer_turn, answering, answers, before
from actions.who import lacks, on_record_for, said_who, who_in
from bot import offers
from bot.calendar.facts import Answer
from bot.pieces import sentences

MOST_PERHAPS = 2
PERSON = "contact_librarian"
A_PERSON = ChoiceOf(Part(LABEL + PERSON), PERSON)
# What is not done for anybody here, in topics.yml.
BOOK = "book"
# NONE: minimum probability that no answer fits, to say so. TOLD_OF: minimum probability for offering an answer to a
# statement.
NONE, TOLD_OF = 0.5, 0.2
# Who states a role in at most so many words ("sorry, i'm mphil now") says little else.
STATED = 9
# In a "not on record" reply, the likeliest text is still given if it is this many times as likely as the next.
CLEARLY = 2.0
# A question of at most this many Chinese characters names little by itself.
SHORT = 8


class ActionAnswer(Action):
    """Answers a question on any topic whose answers are texts in the store."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_answer"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store."""
        return answer_turn(topic_answer, dispatcher, tracker, domain)


@answers(ANY)
def topic_answer(question: Question) -> Said:
    """Return the store's answer to a question on its intent's topic.

    A follow-up such as "and on sunday?" always asks for opening hours, whatever came in between, because these texts
    know no days. The full title of an event always leads to that event, whatever else the words could mean.
    """
    if joins_one_of_them(question):
        return answering(REGISTRATION)(replace(question, intent=REGISTRATION))
    if _of_an_event(question):
        return answering(EVENTS)(question)
    if _time_to_book(question):
        return _booked_online(question)
    if names_when_or_where(question):
        return hours_again(question)
    if question.of_nothing:
        return Said((Say("utter_of_what"),))
    if question.follows and len(question.words) <= STATED and (for_them := of_who_says_so(question)):
        return for_them
    if nothing_told(question):
        return not_told(question)
    found = told_of(question)
    answer, said = found.answer, found.says
    place = {"place": question.places[-1].key} if question.places else {}
    shut = closed_now(question, said)
    kept = {"before": before(question, told=answer.key)} if answer else {}
    first, choices = [say for say in said if not say.choices], [say for say in said if say.choices]
    says = (*first, *_on_the_map(question, said), *shut, *choices)
    return Said(says, {"topic": "answers", "about": question.about, **place, **kept})


def _time_to_book(question: Question) -> bool:
    """Return whether a message is just a time for what is booked elsewhere: "tmr 3pm", after an answer on rooms."""
    books = topics().done.get(question.earlier_intent) == BOOK
    clock = any(span.ends - span.starts < timedelta(hours=12) for span in question.spans)
    return books and clock and not question.places and (question.intent == FOLLOW_UP or question.bare)


def _booked_online(question: Question) -> Said:
    answer = overview(question.library.answers, question.earlier_intent)
    said = said_answer(question, answer) if answer and answer.key != question.told else ()
    says = (Say(f"utter_cannot_{BOOK}"), *said)
    return Said(says, {"topic": "answers", "about": question.earlier_intent})


def _of_an_event(question: Question) -> bool:
    """Return whether the message is about an event.

    It is if it contains a full title, or part of one right after events were listed, or if it asks something about the
    current event ("where is it", "can i bring a friend").
    """
    events = question.library.calendar.facts.events
    if question.last in OF_EVENTS and question.listed and named(events, question.read_as).by_title:
        return True
    if asks_for_a_kind(question) or (asked(question) and title_said(events, question.text, question.library.texts)):
        return True
    stands_alone = not question.follows or has_chinese(question.text)
    return goes_on_with_it(question) or bool(of_them(question)) or (stands_alone and titled(events, question.read_as))


def nothing_told(question: Question) -> bool:
    """Return whether, after a previous answer, it is more likely that no answer fits than that any one does."""
    best = max((each.meant for each in question.near), default=0.0)
    return not question.chosen and question.none > max(best, NONE)


def of_who_says_so(question: Question) -> Said | None:
    """Return what is on record for a role that was merely stated: on the current topic, or else on visiting."""
    said, topic = question.read_as, question.earlier_intent
    # The role was stated before, and now the person says that they lack what that role needs.
    without = said if lacks(said) and topic == topics().visiting else ""
    who = said_who(said) or who_in(said) or (question.who if without else "")
    if not who or question.asks:
        return None
    every = question.library.answers
    on_record = (on_record_for(who, each, of_topic(every, each), every, without) for each in (topic, topics().visiting))
    found = next(filter(None, on_record), None)
    if found is None:
        return None
    return Said(tuple(said_answer(question, found)), _kept(question, found))


def _kept(question: Question, answer: Answer) -> dict[str, Any]:
    """Return the slots after an answer was told, by which the next message is understood."""
    return {"topic": "answers", "about": answer.topic, "before": before(question, told=answer.key)}


def not_told(question: Question) -> Said:
    """Return that nothing is on record for the question, or acknowledge a remark, plus what may have been meant.

    An answer much likelier than the rest is given under its title; several likely ones are offered as choices.
    """
    if again := _still_told(question):
        return again
    least = offers.MAYBE_MEANT if question.asks else TOLD_OF
    found = [each for each in likeliest(question, least) if each[0].key != question.told][:MOST_PERHAPS]
    if not found:
        return Said((Say("utter_no_more_on_record" if question.asks else "utter_remark"),))
    first, share = found[0]
    if len(found) == 1 or share >= CLEARLY * found[1][1]:
        says = (Say("utter_if_it_is", {"title": first.title}), *said_answer(question, first))
        return Said((*says, *closed_now(question, says), Say("utter_ask_a_person")), _kept(question, first))
    choices = (*told_apart([answer for answer, _ in found]), A_PERSON)
    return Said((Say("utter_perhaps_on_record", choices=choices),))


def _still_told(question: Question) -> Said | None:
    """Return the sentences of the answer just given with the price, length … that a short question in Chinese asks for.

    "能借多久" after "30 items for 30 days" is answered there, although no text is as near to so few words.
    """
    answer = next((each for each in question.library.answers if each.key == question.told), None)
    if answer is None or not has_chinese(question.text) or len(question.text) > SHORT:
        return None
    said = telling(question.read_as, sentences(answer.text))
    return Said((Say("utter_answer", {"answer": said}),), _kept(question, answer)) if said else None


def told_apart(found: Sequence[Answer]) -> list[ChoiceOf]:
    """Return answers as buttons labelled with their titles, or with their topics if several share a title."""
    shared = {title for title, count in Counter(each.title for each in found).items() if count > 1}
    return [
        ChoiceOf(Part(LABEL + each.topic) if each.title in shared else each.title, each.topic, each.key)
        for each in found
    ]


def _on_the_map(question: Question, says: Sequence[Say]) -> list[Say]:
    """Return map links for the places in the question, leaving out any link already given."""
    if question.about != DIRECTIONS:
        return []
    said = {say.values.get("link") for say in says}
    found = [(place.name, question.library.calendar.map_url(place.key)) for place in question.places]
    return [Say("utter_place_map", {"place": name, "link": link}) for name, link in found if link and link not in said]
