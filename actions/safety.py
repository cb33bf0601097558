"""Danger: say at once what to do, then answer every message in care mode until the person changes the subject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.choosing import of_topic, overview
from actions.hours import DIRECTIONS
from actions.language import language_of
from actions.person import who_when
from actions.questions import Question
from actions.saying import Part, Said, Say
from actions.turn import answer_turn, answering, answers
from bot.calendar.facts import Answer
from bot.dangers import CARE, CHAT, DANGERS, DISTRESS, LIGHT, MEDICAL, SELF_HARM, URGENT

# Labels for messages in care mode: the danger again, not understood, about a friend, a question, the way out.
AGAIN, ANYTHING, FRIEND, ASK, WAY = "again", "anything", "friend", "ask", "where"
OTHERS, PANIC, HURT = "others", "panic", "hurt"
# An overdose can do harm hours later, however well the person feels now.
PILLS = "pills"
# The danger is over or never existed. The person is left alone, but new words of distress bring care mode back.
OVER = frozenset({"fine", "joke", "mistake"})
# How far things have come: help has been called, or the person has left the dangerous place. "" means neither.
STAGES = {"called": "called", "arrived": "called", "out": "out", **dict.fromkeys(("here", "no_answer", "means"), "")}
# Replies that, from a given stage on, are the same for every kind of danger.
ALIKE = frozenset({ANYTHING, "short", "thanks"})
# Labels that tell of trouble themselves. With any other label, from confidence MEANT on, words of danger refer to the
# danger already known; from MEANT_SURELY on if they sound like another emergency.
TROUBLED, MEANT = frozenset({"here", "scared", "bad", "alone", "means", ASK, ""}), 0.6
MEANT_SURELY = 0.9
# "It is over" next to words of danger is accepted only at this confidence.
RELIEVED, CERTAIN = frozenset({*OVER, "better"}), 0.99
# While one emergency is going on, switch to another only at this confidence.
ANOTHER = 0.95
# "Help is here" is accepted at this confidence, even if the message also repeats the danger.
HELPED, SURELY_HELPED = frozenset({"called", "arrived"}), 0.9
# Minimum scores for answering a factual question from the store during care mode. The more likely a message is to
# belong to care, the higher the minimum.
FACT, SURE_FACT, SURE_TOPIC = 0.6, 0.75, 0.9
COUNSELLING = "counselling"
THANKS = "thanks"
MAY_ASK = frozenset({"cost", "where", "number", "place", "how_long", "report", "address"})
MAY_ASK_OF_COUNSELLING = MAY_ASK | {"person", "secret", "short", "", ASK}
# Harassment is done to somebody: "hes still not moving", about who has fainted, is none.
HARASSMENT = "harassment"
_TO_SOMEBODY = re.compile(
    r"\b(?:i|i'?m|me|my|us|we|our|her|him|them|girls?|wom[ae]n|students?|people|ppl)\b|[\u3400-\u9fff]"
)
# Whose phone number is asked for.
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
# Dangers that may still be going on: get to safety first, then help the person who is hurt.
UNSAFE = frozenset({"violence", "fire_gas"})


class ActionSafety(Action):
    """Answers a message about danger with what to do now and who can help."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_safety"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store, alert staff, and start care mode."""
        told = told_of(tracker)
        care = tracker.slots.get(CARE)
        language = language_of(tracker.latest_message, told["language"])
        return answer_turn(lambda each: safety(each, told, care), dispatcher, tracker, domain, language)


class ActionCare(Action):
    """Answers messages from a person in care mode who has not changed the subject."""

    def name(self) -> str:
        """Return the name that the care policy uses for this action."""
        return "action_care"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer with the text from the store that fits, never the same one twice in a row."""
        told, care = told_of(tracker), tracker.slots.get(CARE) or {}
        language = language_of(tracker.latest_message, care.get("language") or told["language"])
        intent = str((tracker.latest_message.get("intent") or {}).get("name") or "")
        says = said_in_care(told, intent)
        heard = str(told["says"] or "")
        return answer_turn(
            lambda each: looked_up(each, heard, care) or cared(each, says, care), dispatcher, tracker, domain, language
        )


def told_of(tracker: Tracker) -> dict[str, Any]:
    """Return what the model found about danger in the latest message, with defaults for missing fields."""
    return {"language": "", "about": [], "says": "", "said": 0.0, **(tracker.latest_message.get("safety") or {})}


def said_in_care(told: Mapping[str, Any], intent: str) -> str:
    """Return the label for what a person in care mode says.

    A message too unclear to be a question about the library gets ANYTHING. A request for directions is read as one for
    the way out. Thanks count as thanks unless the message also tells of trouble.
    """
    says = str(told.get("says") or "")
    if intent == THANKS and (says in {"", ASK} or says not in TROUBLED | STAGES.keys()):
        return THANKS
    return says if says not in {"", ASK} else WAY if intent == DIRECTIONS else ANYTHING


@answers(*DANGERS)
def said_of_danger(question: Question) -> Said:
    """Return what to do now when only the kind of danger is known."""
    return safety(question, {}, None)


def safety(question: Question, told: Mapping[str, Any], care: Mapping[str, Any] | None) -> Said:
    """Return what to do now; a person who has just been told gets a care reply instead."""
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
    """Return the reply to words of danger that bring no news in care mode; None if they are about another danger."""
    kind, before, says = question.intent, care.get("kind"), str(told.get("says") or "")
    if _no_news(question, told, care):
        return _asked_for(cared(question, says, care), str(before))
    if _stays(str(before), kind) and not _another(question, told):
        return _asked_for(cared(question, says if says != ASK else "", care), str(before))
    if kind not in {before, DISTRESS}:
        return None
    if about not in {"", OTHERS, "own", care.get("about")} and (kind == before or about == PANIC):
        # A new side of the same danger has its own text: no longer breathing, stuck.
        texts = of_topic(question.library.answers, kind)
        text = next(each.text for each in texts if each.key == f"{kind}-{about}")
        kept = _kept({**care, "kind": kind, "about": about, "stage": ""}, question)
        return Said((Say("utter_answer", {"answer": text}),), {**kept, "request": kind})
    # Words of danger mean that things got worse: say what to do now rather than comfort.
    turn = says if says in TROUBLED - {ASK, ""} else AGAIN
    return _asked_for(cared(question, turn, {**care, "stage": ""}), str(kind))


def _hurt(question: Question, care: Mapping[str, Any]) -> Said:
    """Return what to do when somebody is hurt and the danger may still be going on."""
    kind = str(care.get("kind"))
    key = f"{kind}-{HURT}"
    text = next((each.text for each in of_topic(question.library.answers, kind) if each.key == key), "")
    if not text or care.get("about") == HURT:
        return _asked_for(cared(question, AGAIN, care), kind)
    kept = _kept({**care, "about": HURT}, question)
    return Said((Say("utter_answer", {"answer": text}),), {**kept, "request": question.intent})


def cared(question: Question, says: str, care: Mapping[str, Any]) -> Said:
    """Return a reply for a person in care mode, preferring a text written for this danger."""
    known = of_topic(question.library.answers, CARE)
    kind, said = str(care.get("kind", "")), list(care.get("said", ()))
    whose = next((name for name, pattern in _WHOSE if pattern.search(question.text)), "") if says == NUMBER else ""
    about = OTHERS if says == FRIEND else str(care.get("about", ""))
    stage = STAGES.get(says, str(care.get("stage", "")))
    soft = bool(care.get("soft"))
    # A message that reports a new stage is answered from the texts of the previous stage.
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
    # Move the key to the end, so that the text used longest ago is repeated first.
    kept["said"] = [*(each for each in said if each != answer.key), answer.key]
    return Said((Say("utter_answer", {"answer": answer.text}),), _kept(kept, question))


def looked_up(question: Question, says: str, care: Mapping[str, Any]) -> Said | None:
    """Return the store's answer to a question about the library in care mode; None if it is about the trouble itself.

    Afterwards care mode is soft (only new words of distress bring it back), unless the question was about counselling.
    Nothing is looked up in an urgent emergency.
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
    topic = COUNSELLING if of_counselling else best.topic
    found = answering(topic)(replace(question, intent=topic))
    return Said(found.says, {**found.slots, **_kept(care, question)}) if of_counselling else found


def next_words(
    known: Sequence[Answer], kind: str, about: str, stage: str, says: str, said: Sequence[str]
) -> Answer | None:
    """Return the next care text for what is said, from the group of texts closest to this danger.

    Within the group, prefer a text not used yet, then the one used longest ago, and never the last one used. If none is
    left, use a text that fits anything. The keys are explained in content/answers/care.yml.
    """
    for what in dict.fromkeys((says, ANYTHING)):
        fitting = next(filter(None, (_of(known, key) for key in keys(kind, about, stage, what))), [])
        fresh = [each for each in fitting if each.key not in said]
        again = sorted((each for each in fitting if each.key in said[:-1]), key=lambda each: said.index(each.key))
        if found := next(iter([*fresh, *again]), None):
            return found
    return next((each for each in known if each.key == f"{CARE}-{ANYTHING}"), None)


def keys(kind: str, about: str, stage: str, says: str) -> list[str]:
    """Return the keys of the texts that fit what is said, the most specific first."""
    of_kind, of_stage = f"{CARE}-{kind}-{says}", f"{CARE}-{stage}-{says}"
    found = [f"{CARE}-{kind}-{about}-{stage}-{says}"] if about and stage else []
    found += [f"{CARE}-{kind}-{about}-{says}"] if about else []
    found += [f"{CARE}-{kind}-{stage}-{says}"] if stage else []
    found += ([of_stage, of_kind] if says in ALIKE else [of_kind, of_stage]) if stage else [of_kind]
    return [*found, f"{CARE}-{says}"]


def _of(known: Sequence[Answer], key: str) -> list[Answer]:
    return [each for each in known if each.key == key or _numbered(each.key, key)]


def _no_news(question: Question, told: Mapping[str, Any], care: Mapping[str, Any]) -> bool:
    """Return whether words of danger in care mode refer to the danger already known."""
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
    """Return whether to stay with the current danger unless another kind is certain.

    Exception: a person in despair who now feels ill may have taken pills, so a medical emergency replaces it.
    """
    return kind not in {before, DISTRESS} and (before in URGENT or (before == SELF_HARM and kind != MEDICAL))


def _another(question: Question, told: Mapping[str, Any]) -> bool:
    """Return whether the message is certainly about another emergency than the current one."""
    if told.get("certain"):
        return True
    share = next((share for name, share in question.ranking if name == question.intent), 1.0)
    return share >= ANOTHER and (question.intent != HARASSMENT or bool(_TO_SOMEBODY.search(question.plain)))


def _asked_for(said: Said, kind: str) -> Said:
    return Said(said.says, {**said.slots, "request": kind})


def _numbered(key: str, wanted: str) -> bool:
    return key.startswith(f"{wanted}-") and key.removeprefix(f"{wanted}-").isdigit()


def _kept(care: Mapping[str, Any], question: Question) -> dict[str, Any]:
    return {CARE: {"said": [], **care, "language": question.language}}


def _staff(question: Question) -> Part:
    """Return the sentence that staff have been told, and whether somebody is there."""
    part = who_when(question)["when"]
    return Part(part.response.replace("part_staff", "part_told_staff"), part.values)
