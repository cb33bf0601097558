"""Danger: careful help at once, and care for whatever is written next, until the person speaks of something else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import DIRECTIONS, of_topic, overview
from actions.language import language_of
from actions.person import who_when
from actions.questions import Question
from actions.saying import Part, Said, Say
from actions.turn import answer_turn, answering, answers
from bot.calendar.facts import Answer
from bot.dangers import CARE, CHAT, DANGERS, DISTRESS, LIGHT, MEDICAL, SELF_HARM, URGENT

# What somebody in care says: the danger once more; whatever is understood in no other way; where it is not them.
AGAIN, ANYTHING, FRIEND, ASK, WAY = "again", "anything", "friend", "ask", "where"
OTHERS, PANIC, HURT = "others", "panic", "hurt"
# What was taken does harm later too, however well one feels.
PILLS = "pills"
# All is well, or never was otherwise: they are left alone, and words of need bring care back.
OVER = frozenset({"fine", "joke", "mistake"})
# How far it has come: help knows of it, they are away from it; or neither any more.
STAGES = {"called": "called", "arrived": "called", "out": "out", **dict.fromkeys(("here", "no_answer", "means"), "")}
# What is said alike of all dangers once it has come so far.
ALIKE = frozenset({ANYTHING, "short", "thanks"})
# What may sound of danger and is rather about what is known; of the others the danger has to be surer.
TROUBLED, MEANT = frozenset({"here", "scared", "bad", "alone", "means", ASK, ""}), 0.6
MEANT_SURELY = 0.9
# That it is over is believed beside words of danger only where nothing else can be meant by it.
RELIEVED, CERTAIN = frozenset({*OVER, "better"}), 0.99
# While one emergency is at hand, words are of another one only where that is so sure.
ANOTHER = 0.95
# That help is there is believed of words that are so surely that, though they tell of the danger once more.
HELPED, SURELY_HELPED = frozenset({"called", "arrived"}), 0.9
# What asks for a fact gets it from the store, where an answer is so near to it: the more, the likelier it is of care.
FACT, SURE_FACT, SURE_TOPIC = 0.6, 0.75, 0.9
COUNSELLING = "counselling"
THANKS = "thanks"
MAY_ASK = frozenset({"cost", "where", "number", "place", "how_long", "report", "address"})
MAY_ASK_OF_COUNSELLING = MAY_ASK | {"person", "secret", "short", "", ASK}
# Whose number is asked for.
NUMBER = "number"
_WHOSE = (
    ("security", re.compile(r"\b(?:security|guards?)\b|保安", re.IGNORECASE)),
    (
        "emergency",
        re.compile(r"\b(?:ambulance|police|fire brigade|hospital)\b|救護車|救护车|白車|警察|消防", re.IGNORECASE),
    ),
    (
        "listen",
        re.compile(r"\b(?:samaritans?|hotlines?|helplines?|counsel\w{0,9})\b|熱線|热线|輔導|辅导", re.IGNORECASE),
    ),
)
# Whoever is ill where a danger goes on is helped only once it is safe.
UNSAFE = frozenset({"violence", "fire_gas"})


class ActionSafety(Action):
    """Answers words of danger with what to do now, and who helps."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_safety"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store, have staff told, and keep the person in care."""
        told = told_of(tracker)
        care = tracker.slots.get(CARE)
        language = language_of(tracker.latest_message, told["language"])
        return answer_turn(lambda each: safety(each, told, care), dispatcher, tracker, domain, language)


class ActionCare(Action):
    """Answers what somebody writes who has spoken of danger and has not changed the subject."""

    def name(self) -> str:
        """Return the name by which the policy of care calls this action."""
        return "action_care"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store what fits what is said, never the same twice in a row."""
        told, care = told_of(tracker), tracker.slots.get(CARE) or {}
        language = language_of(tracker.latest_message, care.get("language") or told["language"])
        intent = str((tracker.latest_message.get("intent") or {}).get("name") or "")
        says = said_in_care(told, intent)
        heard = str(told["says"] or "")
        return answer_turn(
            lambda each: looked_up(each, heard, care) or cared(each, says, care), dispatcher, tracker, domain, language
        )


def told_of(tracker: Tracker) -> dict[str, Any]:
    """Return what was understood of danger in the latest message."""
    return {"language": "", "about": [], "says": "", "said": 0.0, **(tracker.latest_message.get("safety") or {})}


def said_in_care(told: Mapping[str, Any], intent: str) -> str:
    """Return what somebody in care says; a question that is not clear enough to be one of the library says nothing.

    One that is taken for a question after the way is about the way out. Thanks are thanks, whatever else is heard in
    them but trouble.
    """
    says = str(told.get("says") or "")
    if intent == THANKS and (says in {"", ASK} or says not in TROUBLED | STAGES.keys()):
        return THANKS
    return says if says not in {"", ASK} else WAY if intent == DIRECTIONS else ANYTHING


@answers(*DANGERS)
def said_of_danger(question: Question) -> Said:
    """Return what to do now, where nothing more is known than the kind of danger."""
    return safety(question, {}, None)


def safety(question: Question, told: Mapping[str, Any], care: Mapping[str, Any] | None) -> Said:
    """Return what to do now; whoever has just been told that is not told it again, but cared for."""
    kind = question.intent
    own = {each.key: each for each in of_topic(question.library.answers, kind)}
    about = next((name for name in told.get("about", ()) if f"{kind}-{name}" in own), "")
    answer = own.get(f"{kind}-{about}") or overview(question.library.answers, kind)
    if care and not care.get("soft"):
        about = "" if about == LIGHT else about
        if said := _in_care(question, told, care, about):
            return said
        if kind == MEDICAL and care.get("kind") in UNSAFE:
            return _hurt(question, care)
    elif about == LIGHT:
        kept = _kept({"kind": kind, "about": LIGHT, "soft": True}, question)
        return Said((Say("utter_answer", {"answer": own[f"{kind}-{LIGHT}"].text}),), kept)
    elif kind == MEDICAL and told.get("says") == "arrived" and _surely(told, SURELY_HELPED):
        return _asked_for(cared(question, "arrived", {"kind": kind, "about": about}), kind)
    values: dict[str, Any] = {"staff": _staff(question)}
    says = Say("utter_safety_answer", {**values, "answer": answer.text}) if answer else Say("utter_safety", values)
    return Said((says,), {**_kept({"kind": kind, "about": about}, question), "request": kind})


def _in_care(question: Question, told: Mapping[str, Any], care: Mapping[str, Any], about: str) -> Said | None:
    """Return what words of danger are answered with that are no news; None for another danger."""
    kind, before, says = question.intent, care.get("kind"), str(told.get("says") or "")
    if _no_news(question, told, care):
        return _asked_for(cared(question, says, care), str(before))
    if _stays(str(before), kind) and not _another(question, told):
        return _asked_for(cared(question, says if says != ASK else "", care), str(before))
    if kind not in {before, DISTRESS}:
        return None
    if about not in {"", OTHERS, "own", care.get("about")} and (kind == before or about == PANIC):
        # Another side of it has words of its own: not breathing any more, stuck.
        texts = of_topic(question.library.answers, kind)
        text = next(each.text for each in texts if each.key == f"{kind}-{about}")
        kept = _kept({**care, "kind": kind, "about": about, "stage": ""}, question)
        return Said((Say("utter_answer", {"answer": text}),), {**kept, "request": kind})
    # Words of danger are a new turn for the worse: what to do now, and not a comfort.
    turn = says if says in TROUBLED - {ASK, ""} else AGAIN
    return _asked_for(cared(question, turn, {**care, "stage": ""}), str(kind))


def _hurt(question: Question, care: Mapping[str, Any]) -> Said:
    """Return what to do where somebody is hurt and the danger may go on."""
    kind = str(care.get("kind"))
    key = f"{kind}-{HURT}"
    text = next((each.text for each in of_topic(question.library.answers, kind) if each.key == key), "")
    if not text or care.get("about") == HURT:
        return _asked_for(cared(question, AGAIN, care), kind)
    kept = _kept({**care, "about": HURT}, question)
    return Said((Say("utter_answer", {"answer": text}),), {**kept, "request": question.intent})


def cared(question: Question, says: str, care: Mapping[str, Any]) -> Said:
    """Return words for somebody in care: those for what they say, of this danger before any."""
    known = of_topic(question.library.answers, CARE)
    kind, said = str(care.get("kind", "")), list(care.get("said", ()))
    whose = next((name for name, pattern in _WHOSE if pattern.search(question.text)), "") if says == NUMBER else ""
    about = OTHERS if says == FRIEND else str(care.get("about", ""))
    stage = STAGES.get(says, str(care.get("stage", "")))
    soft = bool(care.get("soft"))
    # The words that tell of a new stage are answered by how it was until then.
    wanted = f"{NUMBER}-{whose}" if whose else says or ANYTHING
    answer = next_words(known, kind, about, str(care.get("stage", "")), wanted, said)
    kept = {
        **care,
        "about": about,
        "stage": stage,
        "soft": (says in OVER and about != PILLS) or (says == THANKS and soft),
    }
    if answer is None:
        return Said((Say("utter_care"),), _kept(kept, question))
    # What was said longest ago comes again first.
    kept["said"] = [*(each for each in said if each != answer.key), answer.key]
    return Said((Say("utter_answer", {"answer": answer.text}),), _kept(kept, question))


def looked_up(question: Question, says: str, care: Mapping[str, Any]) -> Said | None:
    """Return the store's answer to what somebody in care asks about the library; None for what is of their trouble.

    After it care is soft, except where it was of counselling. Where minutes count nothing is looked up.
    """
    if care.get("kind") in URGENT or not question.asks or not question.near or says not in MAY_ASK_OF_COUNSELLING:
        return None
    best = max(question.near, key=lambda each: each.own)
    of_counselling = COUNSELLING in {best.topic, question.intent}
    share = next((share for name, share in question.ranking if name == best.topic), 0.0)
    sure = says in MAY_ASK and best.own >= SURE_FACT and share >= SURE_TOPIC
    elsewhere = best.topic not in CHAT and (says in {"", ASK} or sure)
    if best.own < FACT or not (of_counselling or elsewhere):
        return None
    found = answering(best.topic)(replace(question, intent=best.topic))
    return Said(found.says, {**found.slots, **_kept(care, question)}) if of_counselling else found


def next_words(
    known: Sequence[Answer], kind: str, about: str, stage: str, says: str, said: Sequence[str]
) -> Answer | None:
    """Return which of the texts of care is said next: for what is said, of the nearest to the danger that there is.

    Where that has several, one that was not said yet, else the one said longest ago; never the one that was said
    last: then a line that is right for anything. Keys: content/answers/care.yml.
    """
    for what in dict.fromkeys((says, ANYTHING)):
        fitting = next(filter(None, (_of(known, key) for key in keys(kind, about, stage, what))), [])
        fresh = [each for each in fitting if each.key not in said]
        again = sorted((each for each in fitting if each.key in said[:-1]), key=lambda each: said.index(each.key))
        if found := next(iter([*fresh, *again]), None):
            return found
    return next((each for each in known if each.key == f"{CARE}-{ANYTHING}"), None)


def keys(kind: str, about: str, stage: str, says: str) -> list[str]:
    """Return the keys of the texts for what is said, the nearest first."""
    of_kind, of_stage = f"{CARE}-{kind}-{says}", f"{CARE}-{stage}-{says}"
    found = [f"{CARE}-{kind}-{about}-{stage}-{says}"] if about and stage else []
    found += [f"{CARE}-{kind}-{about}-{says}"] if about else []
    found += [f"{CARE}-{kind}-{stage}-{says}"] if stage else []
    found += ([of_stage, of_kind] if says in ALIKE else [of_kind, of_stage]) if stage else [of_kind]
    return [*found, f"{CARE}-{says}"]


def _of(known: Sequence[Answer], key: str) -> list[Answer]:
    return [each for each in known if each.key == key or _numbered(each.key, key)]


def _no_news(question: Question, told: Mapping[str, Any], care: Mapping[str, Any]) -> bool:
    """Return whether words of somebody in care that sound of danger are rather about the one that is known."""
    says = told.get("says") or ""
    if says in HELPED and question.intent == care.get("kind"):
        return _surely(told, SURELY_HELPED)
    if told.get("certain") or says in TROUBLED:
        return False
    if says in RELIEVED:
        return _surely(told, CERTAIN)
    other = question.intent in URGENT and question.intent != care.get("kind")
    return _surely(told, MEANT_SURELY if other else MEANT)


def _surely(told: Mapping[str, Any], least: float) -> bool:
    return float(told.get("said") or 0.0) >= least


def _stays(before: str, kind: str) -> bool:
    """Return whether the danger at hand is not left for another kind unless that is sure.

    Despair is, for whoever is unwell by now: pills may have been taken.
    """
    return kind not in {before, DISTRESS} and (before in URGENT or (before == SELF_HARM and kind != MEDICAL))


def _another(question: Question, told: Mapping[str, Any]) -> bool:
    """Return whether words are surely of another emergency than the one at hand."""
    share = next((share for name, share in question.ranking if name == question.intent), 1.0)
    return bool(told.get("certain")) or share >= ANOTHER


def _asked_for(said: Said, kind: str) -> Said:
    return Said(said.says, {**said.slots, "request": kind})


def _numbered(key: str, wanted: str) -> bool:
    return key.startswith(f"{wanted}-") and key.removeprefix(f"{wanted}-").isdigit()


def _kept(care: Mapping[str, Any], question: Question) -> dict[str, Any]:
    return {CARE: {"said": [], **care, "language": question.language}}


def _staff(question: Question) -> Part:
    """Return that staff are told, and whether somebody is there."""
    part = who_when(question)["when"]
    return Part(part.response.replace("part_staff", "part_told_staff"), part.values)
