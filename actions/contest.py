"""The contest: rules, deadline, eligibility, prizes and winners, in every phase and between two contests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.choosing import overview, said_answer
from actions.contest_facts import known, listed, phase, taking, title_of
from actions.contest_mine import heard_of_mine
from actions.contest_said import JOIN
from actions.hours import hours_again, names_when_or_where
from actions.questions import Question
from actions.saying import ChoiceOf, Part, Said, Say
from actions.turn import answer_turn, answers
from bot.calendar import contests
from bot.calendar.facts import Contest

INTENTS = tuple(f"contest_{what}" for what in ("rules", "entry", "deadline", "eligibility", "prizes", "winners"))
# The store's answers on this topic say where the next contest will be announced.
NEWS = "contest_news"


class ActionContest(Action):
    """Answers a question with any of the contest intents."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_contest"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember the topic for the next question; or see to what the person has entered."""
        if (done := heard_of_mine(tracker, domain, dispatcher)) is not None:
            return done
        inside = bool(tracker.active_loop.get("name"))
        return answer_turn(contest if inside else offering, dispatcher, tracker, domain)


def offering(question: Question) -> Said:
    """Return the answer about the contest, with a button to enter a photo while one can be entered here."""
    said = contest(question)
    if not said.says or taking(question.library.calendar.facts.contests, question.now) is None:
        return said
    last = said.says[-1]
    entering = ChoiceOf(Part("part_contest_join"), JOIN)
    return replace(said, says=(*said.says[:-1], replace(last, choices=(*last.choices, entering))))


@answers(*INTENTS, JOIN)
def contest(question: Question) -> Said:
    """Return the answer about the current contest or, if none is running, the next or the last one.

    A follow-up such as "and on sunday?" asks for opening hours instead, whatever came in between.
    """
    if names_when_or_where(question):
        return hours_again(question)
    shown = contests.current(question.library.calendar.facts.contests, question.now)
    remembered = {"topic": "contest", "about": question.about}
    if shown is None:
        return Said((Say("utter_contest_unknown"), *_news(question)), remembered)
    answer = {
        "contest_entry": _entry,
        JOIN: _entry,
        "contest_deadline": _deadline,
        "contest_eligibility": _eligibility,
        "contest_prizes": _prizes,
        "contest_winners": _winners,
    }.get(question.about, _rules)
    return Said(tuple(answer(question, shown)), remembered)


def _rules(question: Question, contest: Contest) -> list[Say]:
    over = phase(contest, question.now) == "over"
    named = bool(contest.hashtag) and any(contest.hashtag in rule for rule in contest.rules)
    taking_part = [
        *known("part_contest_hashtag", hashtag="" if named else contest.hashtag),
        *known("part_contest_entries", entries=str(contest.entries_per_person or "")),
        *known("part_contest_size", megabytes=str(contest.max_file_mb or "")),
        *known("part_contest_types", types=question.tongue.comma.join(contest.file_types)),
        *(Part("part_line", {"line": rule}) for rule in contest.rules),
        *known("part_contest_who", who=listed(contest.may_enter)),
    ]
    if over:
        # The past rules may still help. Leave out the theme and how to enter; a person can ask for those.
        told = (
            [Say("utter_contest_rules_over", {"title": title_of(contest), "rules": taking_part})] if taking_part else []
        )
        return [*_now(question, contest), *told]
    lines = [
        *known("part_contest_theme", theme="" if contest.theme == contest.title else contest.theme),
        *known("part_contest_about", about=contest.about),
        *taking_part,
        *known("part_contest_how", how=contest.how_to_enter),
        *known("part_contest_link", url=contest.url),
    ]
    return [*_now(question, contest), *([Say("utter_contest_rules", {"rules": lines})] if lines else [])]


def _entry(question: Question, contest: Contest) -> list[Say]:
    title = {"title": title_of(contest)}
    if taking([contest], question.now):
        return [*_now(question, contest), Say("utter_contest_how_here")]
    if not contest.how_to_enter:
        return [*_now(question, contest), Say("utter_contest_how_unknown", title)]
    tense = "_over" if phase(contest, question.now) == "over" else ""
    how = Say(f"utter_contest_how{tense}", {**title, "how": contest.how_to_enter})
    link = [Say("utter_note", {"note": contest.url})] if contest.url else []
    return [*_now(question, contest), how, *link]


def _deadline(question: Question, contest: Contest) -> list[Say]:
    stands = phase(contest, question.now)
    title = {"title": title_of(contest)}
    if stands == "open" and contest.closes:
        closes = question.deadline(contest.closes)
        # Midnight counts as the end of the previous day.
        last_day = (contest.closes - timedelta(minutes=1)).astimezone(question.now.tzinfo).date()
        days = (last_day - question.today).days
        left = {"title": title["title"], "closes": closes, "days": str(days)}
        return [Say("utter_contest_deadline_days" if days > 1 else "utter_contest_deadline", left)]
    if stands == "before" and contest.opens and contest.closes:
        opens, closes = question.moment(contest.opens), question.deadline(contest.closes)
        return [Say("utter_contest_dates", {**title, "opens": opens, "closes": closes})]
    if stands in {"open", "before"}:
        return _now(question, contest)
    if contest.closes:
        past = Say("utter_contest_deadline_past", {**title, "closed": question.moment(contest.closes)})
    else:
        past = Say("utter_contest_deadline_unknown", title)
    return [*_now(question, contest), past]


def _eligibility(question: Question, contest: Contest) -> list[Say]:
    tense = "_over" if phase(contest, question.now) == "over" else ""
    values = {"title": title_of(contest), "who": listed(contest.may_enter)}
    now = _now(question, contest)
    if not contest.may_enter and not contest.may_not_enter:
        return [*now, Say("utter_contest_who_unknown", values)]
    barred = _group(contest.may_not_enter, question.words)
    welcome = _group(contest.may_enter, question.words)
    if barred and len(barred) >= len(welcome):
        answer = Say(f"utter_contest_who_no{tense}", {**values, "group": barred})
    else:
        answer = Say(f"utter_contest_who{'_yes' if welcome else ''}{tense}", values)
    barred_all = listed(contest.may_not_enter)
    besides = [Say(f"utter_contest_who_not{tense}", {"who": barred_all})] if barred_all and not barred else []
    open_now = phase(contest, question.now) == "open"
    how = [Say("utter_contest_how", {"how": contest.how_to_enter})] if contest.how_to_enter and open_now else []
    return [*now, answer, *besides, *how]


def _prizes(question: Question, contest: Contest) -> list[Say]:
    over = phase(contest, question.now) == "over"
    title, now = {"title": title_of(contest)}, _now(question, contest)
    if not contest.awards:
        return [*now, Say("utter_contest_prizes_unknown", title)]
    named = [
        Part("part_award", {"award": award.name, "prize": award.prize}) if award.prize else award.name
        for award in contest.awards
    ]
    if over:
        told = Say("utter_contest_prizes_over", {**title, "awards": listed(named)})
    else:
        told = Say("utter_contest_prizes", {"awards": [Part("part_line", {"line": each}) for each in named]})
    unknown = (
        []
        if any(award.prize for award in contest.awards)
        else [Say(f"utter_contest_prizes_not_named{'_over' if over else ''}")]
    )
    return [*now, told, *unknown]


def _winners(question: Question, contest: Contest) -> list[Say]:
    now = _now(question, contest)
    if contest.results:
        return [*now, *_results(contest)]
    says = [*now, Say("utter_contest_winners_pending", {"title": title_of(contest)})]
    earlier = [each for each in question.library.calendar.facts.contests if each.results]
    last = max(earlier, key=contests.lateness, default=None)
    return [*says, *_results(last)] if last else says


def _results(contest: Contest) -> list[Say]:
    lines: list[Part] = [
        Part(
            "part_result_by" if result.by else "part_result",
            {
                "award": result.award,
                "work": result.title,
                "by": result.by,
                "note": Part("part_result_note", {"note": result.note}) if result.note else "",
            },
        )
        for result in contest.results
    ]
    figures = known("part_contest_figures", figures=contest.figures)
    return [Say("utter_contest_winners", {"title": title_of(contest), "winners": [*lines, *figures]})]


def _now(question: Question, contest: Contest) -> list[Say]:
    """Return what is true now, which opens a first answer: students want to take part, not to hear about the past."""
    stands = phase(contest, question.now)
    title = {"title": title_of(contest)}
    if stands == "over" and question.last in INTENTS:
        return []  # already said in the previous turn
    if stands == "over":
        return [Say("utter_contest_none_running"), *_news(question)]
    if stands == "voting" and contest.voting_closes and contest.voting_opens and question.now < contest.voting_opens:
        opens, until = question.moment(contest.voting_opens), question.deadline(contest.voting_closes)
        return [Say("utter_contest_voting_soon", {**title, "opens": opens, "until": until})]
    if stands == "voting" and contest.voting_closes:
        return [Say("utter_contest_voting", {**title, "until": question.deadline(contest.voting_closes)})]
    if stands == "before" and contest.opens:
        return [Say("utter_contest_before", {**title, "opens": question.moment(contest.opens)})]
    if contest.closes:
        return [Say("utter_contest_open", {**title, "closes": question.deadline(contest.closes)})]
    return [Say("utter_contest_open_no_end", title)]


def _news(question: Question) -> list[Say]:
    """Return where the next contest will be announced, if the store says so."""
    answer = overview(question.library.answers, NEWS)
    return said_answer(question, answer) if answer else []


def _group(groups: tuple[str, ...], asked: frozenset[str]) -> str:
    """Return the longest group whose words are all in the question ("student" matches "students"), or ""."""
    stems = {word.removesuffix("s") for word in asked}
    named = [
        group
        for group in groups
        if all(word.removesuffix("s") in stems for word in re.findall(r"\w+", group.casefold()))
    ]
    return max(named, key=len, default="")
