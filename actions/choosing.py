"""Which of the store's texts answers a question: one surely or perhaps, several as choices, or the overview."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from actions.aspects import telling, untold
from actions.glossing import has_chinese, told
from actions.questions import Near, Question
from actions.saying import ChoiceOf, Part, Say
from actions.topics import topics
from actions.who import VISITOR, concerns, on_record_for, strays
from bot import offers
from bot.calendar.facts import Answer
from bot.pieces import sentences

# Thresholds chosen by measurement (docs/model.md). A text of the topic answers the question from cosine NEAR on: alone
# if its probability reaches SURE, with the next three as choices if it only reaches LIKELY. Otherwise the topic's
# overview is given with the first three as choices.
NEAR, SURE, LIKELY = 0.35, 0.6, 0.4
RIVALS, MOST_CHOICES = 3, 6
# From this probability on, a text that is not sure is told under its title.
PERHAPS = 0.25
# A follow-up may mean another answer than the one that fits it together with the previous question. The other one must
# reach cosine OWN on the new words alone and beat the first by NEARER (if the first was just given) or MUCH_NEARER.
OWN, NEARER, MUCH_NEARER = 0.4, 0.05, 0.15
# POINT: minimum cosine for a sentence of an answer to be about a follow-up. ON_RECORD: below it, no text is about the
# question at all.
POINT, ON_RECORD = 0.15, 0.5
_ON_RECORD = re.compile(r"\bon record\b|\bno (?:price|number)\b", re.IGNORECASE)


def likeliest(question: Question, least: float) -> list[tuple[Answer, float]]:
    """Return the answers that are meant with a likelihood of `least` or more, each with it, the likeliest first."""
    known = {(answer.topic, answer.key): answer for answer in question.library.answers}
    near = sorted((each for each in question.near if each.meant >= least), key=lambda each: -each.meant)
    return [(known[each.topic, each.key], each.meant) for each in near if (each.topic, each.key) in known]


@dataclass(frozen=True)
class Told:
    """The reply to a question on a topic, and the answer whose text was given, on its own or as an overview."""

    says: Sequence[Say]
    answer: Answer | None = None


def told_of(question: Question) -> Told:
    """Return the text that answers the question, with its rivals as choices if unsure, or else the overview."""
    every, near = of_topic(question.library.answers, question.about), _near(question)
    of_key = {answer.key: answer for answer in every}
    # An overview that was just given is no answer to what somebody asks next.
    if question.asks and question.follows and question.told in of_key and of_key[question.told].overview:
        near = [each for each in near if each.key != question.told]
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
    if likely := _perhaps(question, of_key, near):
        return likely
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


def _perhaps(question: Question, of_key: Mapping[str, Answer], near: Sequence[Near]) -> Told | None:
    """Return the likeliest text under its title and the next ones as choices; None if none is likely enough.

    This is more use than the topic's overview, which answers nothing in particular. It must not be what was just said.
    """
    found = sorted((each for each in near if each.meant > question.none), key=lambda each: -each.meant)
    if not question.text or not found or found[0].meant < PERHAPS:
        return None
    answer = of_key[found[0].key]
    if answer.overview or answer.key == question.told:
        return None
    others = [of_key[each.key] for each in found[1 : 1 + RIVALS] if each.meant >= offers.MAYBE_MEANT]
    says = (Say("utter_if_it_is", {"title": answer.title}), *said_answer(question, answer))
    return Told([*says, *(_more(others) or [Say("utter_ask_a_person")])], answer)


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
