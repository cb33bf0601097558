"""Answers that the store keeps as texts: the one nearest to the question, else the topic's overview and its choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.events_named import titled
from actions.hours import hours_again, names_when_or_where
from actions.questions import FOLLOW_UP, Near, Question
from actions.saying import ChoiceOf, Said, Say
from actions.turn import ANY, answer_turn, answering, answers
from bot.calendar.facts import Answer

# Chosen by measurement (docs/model.md). From the cosine NEAR on a text of the topic answers the question: alone where
# it is SURE, with the next three as choices where it is LIKELY; else the person chooses among the first three.
NEAR, SURE, LIKELY = 0.35, 0.6, 0.4
RIVALS, MOST_CHOICES = 3, 6
DIRECTIONS = "location_directions"


class ActionAnswer(Action):
    """Answers a question of any topic whose answers are texts in the store."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_answer"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store."""
        return answer_turn(topic_answer, dispatcher, tracker, domain)


@answers(ANY)
def topic_answer(question: Question) -> Said:
    """Return the store's answer to a question of its intent's topic.

    "and on sunday?" asks for hours again, whatever stood between: these texts know no days. And whoever says the whole
    title of an event is told of that, whatever else its words could mean.
    """
    if names_when_or_where(question):
        return hours_again(question)
    if question.intent != FOLLOW_UP and titled(question.library.calendar.facts.events, question.text):
        return answering("events")(question)
    says = said_answers(question)
    return Said((*says, *_on_the_map(question, says)), {"topic": "answers", "about": question.about})


def said_answers(question: Question) -> list[Say]:
    """Return the text that answers the question, where it is not sure with its rivals as choices, or the overview."""
    every, near = of_topic(question.library.answers, question.about), _near(question)
    of_key = {answer.key: answer for answer in every}
    if question.chosen in of_key:
        return said_answer(question, of_key[question.chosen])
    given, rivals = (None, ()) if question.chosen else weighed(near)
    choices = [of_key[each.key] for each in rivals]
    if given:
        return [*said_answer(question, of_key[given.key]), *_more(choices)]
    if choices:
        return [Say("utter_answers_which", choices=tuple(map(_choice, choices)))]
    answer = overview(question.library.answers, question.about)
    if answer is None:
        return [Say("utter_answer_none")]
    others = [other for other in dict.fromkeys([*(of_key[each.key] for each in near), *every]) if other != answer]
    return [*said_answer(question, answer), *_more(others[:MOST_CHOICES])]


def weighed(near: Sequence[Near]) -> tuple[Near | None, Sequence[Near]]:
    """Return which of a topic's answers, the likeliest first, is given, if one is, and which are offered as choices."""
    if not near or near[0].score < NEAR:
        return None, ()
    if near[0].sure >= LIKELY:
        return near[0], () if near[0].sure >= SURE else near[1 : 1 + RIVALS]
    return None, near[:RIVALS]


def best(question: Question) -> Answer | None:
    """Return the answer that was chosen by button or is surely meant; None where there is no such one."""
    given, rivals = weighed(_near(question))
    key = question.chosen or (given.key if given and not rivals else "")
    every = of_topic(question.library.answers, question.about)
    return next((answer for answer in every if answer.key == key), None)


def _near(question: Question) -> list[Near]:
    """Return the answers of the question's topic that it may ask for and that are still there, the likeliest first."""
    keys = {answer.key for answer in of_topic(question.library.answers, question.about)}
    return [each for each in question.near if each.topic == question.about and each.key in keys]


def _more(answers: Sequence[Answer]) -> list[Say]:
    return [Say("utter_answers_more", choices=tuple(map(_choice, answers)))] if answers else []


def _on_the_map(question: Question, says: Sequence[Say]) -> list[Say]:
    """Return where the places that are asked for are on the map, but for a link that is said already."""
    if question.about != DIRECTIONS:
        return []
    said = {say.values.get("link") for say in says}
    found = [(place.name, question.library.calendar.map_url(place.key)) for place in question.places]
    return [Say("utter_place_map", {"place": name, "link": link}) for name, link in found if link and link not in said]


def of_topic(every: tuple[Answer, ...], topic: str) -> list[Answer]:
    """Return a topic's answers in their order."""
    return [answer for answer in every if answer.topic == topic]


def overview(every: tuple[Answer, ...], topic: str) -> Answer | None:
    """Return the answer that stands for the topic: its overview or, without one, its first; None without any."""
    found = of_topic(every, topic)
    return next((answer for answer in found if answer.overview), found[0] if found else None)


def said_answer(question: Question, answer: Answer) -> list[Say]:
    """Return the answer's text and link; one that has expired is given with that warning, and a person offered."""
    name = "utter_answer_link" if answer.link else "utter_answer"
    says = [Say(name, {"answer": answer.text, **({"link": answer.link} if answer.link else {})})]
    expired = answer.expires is not None and answer.expires < question.today
    return [*says, Say("utter_answer_expired")] if expired else says


def _choice(answer: Answer) -> ChoiceOf:
    return ChoiceOf(answer.title, answer.topic, answer.key)
