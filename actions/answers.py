"""Answers stored as texts: the text closest to the question, or else the topic's overview with choices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.aspects import telling, untold
from actions.at_hand import closed_now
from actions.events_at_hand import OF_EVENTS, asked, asks_for_a_kind, goes_on_with_it, joins_one_of_them, of_them
from actions.events_named import EVENTS, REGISTRATION, named, title_said, titled
from actions.glossing import has_chinese, told
from actions.hours import DIRECTIONS, hours_again, names_when_or_where
from actions.questions import Near, Question
from actions.saying import ChoiceOf, Part, Said, Say
from actions.topics import topics
from actions.turn import ANY, LABEL, answer_turn, answering, answers, before
from actions.who import VISITOR, concerns, on_record_for, strays
from bot import offers
from bot.calendar.facts import Answer
from bot.pieces import sentences

# Thresholds chosen by measurement (docs/model.md). A text of the topic answers the question from cosine NEAR on: alone
# if its probability reaches SURE, with the next three as choices if it only reaches LIKELY. Otherwise the topic's
# overview is given with the first three as choices.
NEAR, SURE, LIKELY = 0.35, 0.6, 0.4
RIVALS, MOST_CHOICES, MOST_PERHAPS = 3, 6, 2
PERSON = "contact_librarian"
A_PERSON = ChoiceOf(Part(LABEL + PERSON), PERSON)
# A follow-up may mean another answer than the one that fits it together with the previous question. The other one must
# reach cosine OWN on the new words alone and beat the first by NEARER (if the first was just given) or MUCH_NEARER.
OWN, NEARER, MUCH_NEARER = 0.4, 0.05, 0.15
# NONE: minimum probability that no answer fits, to say so. TOLD_OF: minimum probability for offering an answer to a
# statement.
NONE, TOLD_OF = 0.5, 0.2
# In a "not on record" reply, the likeliest text is still given if it is this many times as likely as the next.
CLEARLY = 2.0
# A question of at most this many Chinese characters names little by itself.
SHORT = 8
# POINT: minimum cosine for a sentence of an answer to be about a follow-up. ON_RECORD: below it, no text is about the
# question at all.
POINT, ON_RECORD = 0.15, 0.5
_ON_RECORD = re.compile(r"\bon record\b|\bno (?:price|number)\b", re.IGNORECASE)


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
    if names_when_or_where(question):
        return hours_again(question)
    if question.of_nothing:
        return Said((Say("utter_of_what"),))
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
        kept = {"topic": "answers", "about": first.topic, "before": before(question, told=first.key)}
        return Said((*says, *closed_now(question, says), Say("utter_ask_a_person")), kept)
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
    kept = {"topic": "answers", "about": answer.topic, "before": before(question, told=answer.key)}
    return Said((Say("utter_answer", {"answer": said}),), kept) if said else None


def likeliest(question: Question, least: float) -> list[tuple[Answer, float]]:
    """Return the answers that are meant with a likelihood of `least` or more, each with it, the likeliest first."""
    known = {(answer.topic, answer.key): answer for answer in question.library.answers}
    near = sorted((each for each in question.near if each.meant >= least), key=lambda each: -each.meant)
    return [(known[each.topic, each.key], each.meant) for each in near if (each.topic, each.key) in known]


def told_apart(found: Sequence[Answer]) -> list[ChoiceOf]:
    """Return answers as buttons labelled with their titles, or with their topics if several share a title."""
    shared = {title for title, count in Counter(each.title for each in found).items() if count > 1}
    return [
        ChoiceOf(Part(LABEL + each.topic) if each.title in shared else each.title, each.topic, each.key)
        for each in found
    ]


@dataclass(frozen=True)
class Told:
    """The reply to a question on a topic, and the answer whose text was given, on its own or as an overview."""

    says: Sequence[Say]
    answer: Answer | None = None


def told_of(question: Question) -> Told:
    """Return the text that answers the question, with its rivals as choices if unsure, or else the overview."""
    every, near = of_topic(question.library.answers, question.about), _near(question)
    of_key = {answer.key: answer for answer in every}
    if question.chosen in of_key:
        return Told(said_answer(question, of_key[question.chosen]), of_key[question.chosen])
    if for_them := _for_who_asks(question, every, near):
        return for_them
    given, rivals = (None, ()) if question.chosen else weighed(near)
    choices = [of_key[each.key] for each in rivals]
    if given:
        found = of_key[given.key]
        says = _given(question, found)
        return Told(says if given.key == question.told else [*says, *_more(choices)], found)
    answer = overview(question.library.answers, question.about)
    if answer is None:
        return Told([Say("utter_answer_none")])
    says = said_answer(question, answer)
    if near and question.text and min(near[0].own, near[0].score) < ON_RECORD:
        # An overview must not look like an answer when no text comes close to the question.
        says = [Say("utter_not_on_record"), *says]
        rest = [each for each in choices if each != answer]
        return Told([*says, *(_more(rest) if rest else [Say("utter_ask_a_person")])], answer)
    if choices:
        return Told([*says, *_more([each for each in choices if each != answer])], answer)
    others = [other for other in dict.fromkeys([*(of_key[each.key] for each in near), *every]) if other != answer]
    return Told([*says, *_more(others[:MOST_CHOICES])], answer)


def _for_who_asks(question: Question, every: Sequence[Answer], near: Sequence[Near]) -> Told | None:
    """Return what is on record for the asker's role if the closest text is meant for others, or say that nothing is.

    Return None if the text holds for everybody, or if the asker's role is unknown.
    """
    given, _ = weighed(near)
    of_key = {answer.key: answer for answer in every}
    answer = of_key[given.key] if given else overview(question.library.answers, question.about)
    who, text = question.who, question.read_as
    if answer is None or not (concerns(who, text, answer) or strays(who, text, answer)):
        return None
    first = [of_key[each.key] for each in near]
    # Repeat the previous answer only if there is nothing else.
    likeliest = sorted(
        [*first, *(each for each in every if each not in first)], key=lambda each: each.key == question.told
    )
    if found := on_record_for(who, question.about, likeliest, question.library.answers, text):
        return Told(_given(question, found), found)
    named = {"who": Part(f"part_who_{who}")}
    if answer.topic != topics().visiting:
        return Told([Say("utter_not_on_record_who", named), *said_answer(question, answer), Say("utter_ask_a_person")])
    others = on_record_for(VISITOR, answer.topic, likeliest, question.library.answers, text)
    if others is None:
        return Told([Say("utter_not_on_record_for", named)])
    return Told([Say("utter_not_on_record_for_but", named), *said_answer(question, others)], others)


def _given(question: Question, answer: Answer) -> list[Say]:
    """Return an answer's text; if it was given just now, only the sentence that the follow-up is about."""
    if not question.follows or answer.key != question.told:
        return [*_untold(question, f"{answer.title}. {answer.text}"), *said_answer(question, answer)]
    near = next((each for each in question.near if each.key == answer.key), None)
    return (near and _the_point(question, sentences(answer.text), near)) or said_answer(question, answer)


def _the_point(question: Question, pieces: Sequence[str], near: Near) -> list[Say]:
    """Return the sentence that a follow-up is about, or that there is none; [] if it cannot be determined.

    Nobody wants to read the same text again. If the person only adds details of their case, the answer stays the same.
    """
    points = near.points
    if not points or len(points) != len(pieces):
        return []
    if has_chinese(question.text) and (said := telling(question.read_as, pieces)):
        return [Say("utter_answer", {"answer": said})]
    likest = pieces[points.index(max(points))]
    if not question.asks:
        return [Say("utter_still_so", {"answer": likest})]
    if max(points) >= POINT:
        return [*_untold(question, likest), Say("utter_answer", {"answer": likest})]
    # The whole text again, where it is meant all the same: "what should i do", after something was stolen.
    return [] if near.meant >= offers.MEANT and near.meant > question.none else [Say("utter_no_more_on_record")]


def _untold(question: Question, text: str) -> list[Say]:
    """Return that the requested detail is not on record, if an answer on the right topic leaves it out."""
    if _ON_RECORD.search(told(text)):
        return []  # the text itself says which detail is unknown
    asked = untold(question.read_as, told(text))
    return [Say("utter_not_on_record_what", {"what": Part(f"part_aspect_{asked}")})] if asked else []


def weighed(near: Sequence[Near]) -> tuple[Near | None, Sequence[Near]]:
    """Return which of a topic's answers (likeliest first) to give, if any, and which to offer as choices."""
    if near and near[0].meant >= offers.MEANT:
        return near[0], () if near[0].meant >= offers.SURELY_MEANT else near[1 : 1 + RIVALS]
    if not near or near[0].score < NEAR:
        return None, ()
    if near[0].sure >= LIKELY:
        return near[0], () if near[0].sure >= SURE else near[1 : 1 + RIVALS]
    return None, near[:RIVALS]


def best(question: Question) -> Answer | None:
    """Return the answer that was chosen by button or is surely meant, or None."""
    given, rivals = weighed(_near(question))
    key = question.chosen or (given.key if given and not rivals else "")
    every = of_topic(question.library.answers, question.about)
    return next((answer for answer in every if answer.key == key), None)


def _near(question: Question) -> list[Near]:
    """Return the stored answers on the question's topic that may be meant, the likeliest first.

    A follow-up is scored together with the previous question, which favours the previous answer. An answer that is
    clearly closer to the new words alone is therefore moved to the front.
    """
    keys = {answer.key for answer in of_topic(question.library.answers, question.about)}
    found = [each for each in question.near if each.topic == question.about and each.key in keys]
    if any(each.meant >= offers.MEANT for each in found):
        return sorted(found, key=lambda each: -each.meant)
    if question.follows and found:
        least = NEARER if found[0].key == question.told else MUCH_NEARER
        best = max(found, key=lambda each: each.own)
        again = found[0].key == question.told and max(found[0].points, default=0.0) > best.own
        if best.own >= OWN and best.own - found[0].own >= least and not again:
            return [replace(best, sure=SURE), *(each for each in found if each != best)]
    return found


def _more(answers: Sequence[Answer]) -> list[Say]:
    return [Say("utter_answers_more", choices=tuple(map(_choice, answers)))] if answers else []


def _on_the_map(question: Question, says: Sequence[Say]) -> list[Say]:
    """Return map links for the places in the question, leaving out any link already given."""
    if question.about != DIRECTIONS:
        return []
    said = {say.values.get("link") for say in says}
    found = [(place.name, question.library.calendar.map_url(place.key)) for place in question.places]
    return [Say("utter_place_map", {"place": name, "link": link}) for name, link in found if link and link not in said]


def of_topic(every: tuple[Answer, ...], topic: str) -> list[Answer]:
    """Return a topic's answers in their order."""
    return [answer for answer in every if answer.topic == topic]


def overview(every: tuple[Answer, ...], topic: str) -> Answer | None:
    """Return the topic's overview or, without one, its first answer; None if it has no answers."""
    found = of_topic(every, topic)
    return next((answer for answer in found if answer.overview), found[0] if found else None)


def said_answer(question: Question, answer: Answer) -> list[Say]:
    """Return the answer's text and link.

    An expired answer comes with a warning and the offer of a person. If the text does not exist in the language of the
    turn, say so and use the first language.
    """
    lacks = [] if answer.language == question.language else [Say("utter_first_language_only")]
    name = "utter_answer_link" if answer.link else "utter_answer"
    says = [*lacks, Say(name, {"answer": answer.text, **({"link": answer.link} if answer.link else {})})]
    expired = answer.expires is not None and answer.expires < question.today
    return [*says, Say("utter_answer_expired")] if expired else says


def _choice(answer: Answer) -> ChoiceOf:
    return ChoiceOf(answer.title, answer.topic, answer.key)
