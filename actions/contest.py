"""The contest: rules, deadline, who may enter, prizes, winners; before, during and after it, and between two."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import overview, said_answer
from actions.hours import hours_again, names_when_or_where
from actions.questions import Question
from actions.saying import Part, Said, Say, Value
from actions.turn import answer_turn, answers
from bot.calendar.facts import Contest

Phase = Literal["before", "open", "voting", "over"]
INTENTS = tuple(f"contest_{what}" for what in ("rules", "entry", "deadline", "eligibility", "prizes", "winners"))
LONG_AGO = datetime.min.replace(tzinfo=UTC)
# The store's answers of this topic say where the next contest will be announced.
NEWS = "contest_news"


class ActionContest(Action):
    """Answers a question about the contest, whichever of the contest's intents it has."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_contest"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember the topic for the next question."""
        return answer_turn(contest, dispatcher, tracker, domain)


@answers(*INTENTS)
def contest(question: Question) -> Said:
    """Return the answer about the contest that is running or, where none is, the next or the last one.

    "and on sunday?" asks for hours again, whatever stood between.
    """
    if names_when_or_where(question):
        return hours_again(question)
    shown = current(question.library.calendar.facts.contests, question.now)
    remembered = {"topic": "contest", "about": question.about}
    if shown is None:
        return Said((Say("utter_contest_unknown"), *_news(question)), remembered)
    answer = {
        "contest_entry": _entry,
        "contest_deadline": _deadline,
        "contest_eligibility": _eligibility,
        "contest_prizes": _prizes,
        "contest_winners": _winners,
    }.get(question.about, _rules)
    return Said(tuple(answer(question, shown)), remembered)


def phase(contest: Contest, now: datetime) -> Phase:
    """Return where the contest stands at `now`; one that has results, or no dates at all, is over."""
    if contest.results:
        return "over"
    if contest.opens and now < contest.opens:
        return "before"
    if contest.closes and now < contest.closes:
        return "open"
    if contest.voting_closes and now < contest.voting_closes:
        return "voting"
    return "open" if contest.opens and not contest.closes else "over"


def current(contests: tuple[Contest, ...], now: datetime) -> Contest | None:
    """Return the contest that a question at `now` means: running, else coming, else the last; None without any."""
    for wanted in ("open", "voting", "before"):
        found = [contest for contest in contests if phase(contest, now) == wanted]
        if found:
            return min(found, key=lambda each: each.opens or each.closes or LONG_AGO)
    return max(contests, key=_lateness, default=None)


def _lateness(contest: Contest) -> tuple[datetime, str]:
    return contest.closes or contest.opens or LONG_AGO, contest.edition


def _rules(question: Question, contest: Contest) -> list[Say]:
    lines = [
        *_known("part_contest_theme", theme="" if contest.theme == contest.title else contest.theme),
        *_known("part_contest_about", about=contest.about),
        *_known("part_contest_hashtag", hashtag=contest.hashtag),
        *_known("part_contest_entries", entries=str(contest.entries_per_person or "")),
        *_known("part_contest_size", megabytes=str(contest.max_file_mb or "")),
        *_known("part_contest_types", types=", ".join(contest.file_types)),
        *(Part("part_line", {"line": rule}) for rule in contest.rules),
        *_known("part_contest_who", who=_list(contest.may_enter)),
        *_known("part_contest_how", how=contest.how_to_enter),
        *_known("part_contest_link", url=contest.url),
    ]
    stands = phase(contest, question.now)
    response = "utter_contest_rules_over" if stands == "over" else "utter_contest_rules"
    says = [Say(response, {"title": _title(contest), "rules": lines})] if lines else []
    return [*says, *_standing(question, contest)]


def _entry(question: Question, contest: Contest) -> list[Say]:
    if not contest.how_to_enter:
        return [Say("utter_contest_how_unknown", {"title": _title(contest)}), *_standing(question, contest)]
    if phase(contest, question.now) == "over":
        how = Say("utter_contest_how_over", {"title": _title(contest), "how": contest.how_to_enter})
    else:
        how = Say("utter_contest_how", {"how": contest.how_to_enter})
    link = [Say("utter_note", {"note": contest.url})] if contest.url else []
    return [how, *link, *_standing(question, contest)]


def _deadline(question: Question, contest: Contest) -> list[Say]:
    stands = phase(contest, question.now)
    title = {"title": _title(contest)}
    if stands == "open" and contest.closes:
        closes = question.moment(contest.closes)
        days = (contest.closes.astimezone(question.now.tzinfo).date() - question.today).days
        says = [Say("utter_contest_deadline", {**title, "closes": closes})]
        return [*says, Say("utter_contest_days_left", {"days": str(days)})] if days > 1 else says
    if stands == "before" and contest.opens and contest.closes:
        opens, closes = question.moment(contest.opens), question.moment(contest.closes)
        return [Say("utter_contest_dates", {**title, "opens": opens, "closes": closes})]
    if stands in {"open", "before"}:
        return _standing(question, contest)
    if not contest.closes:
        return [Say("utter_contest_deadline_unknown", title), *_news(question)]
    closed = Say("utter_contest_deadline_past", {**title, "closed": question.moment(contest.closes)})
    return [closed, *_standing(question, contest)]


def _eligibility(question: Question, contest: Contest) -> list[Say]:
    stands = phase(contest, question.now)
    tense = "_over" if stands == "over" else ""
    values = {"title": _title(contest), "who": _list(contest.may_enter)}
    if not contest.may_enter and not contest.may_not_enter:
        return [Say("utter_contest_who_unknown", values), *_standing(question, contest)]
    barred = _group(contest.may_not_enter, question.words)
    welcome = _group(contest.may_enter, question.words)
    if barred and len(barred) >= len(welcome):
        answer = Say(f"utter_contest_who_no{tense}", {**values, "group": barred})
    else:
        answer = Say(f"utter_contest_who{'_yes' if welcome else ''}{tense}", values)
    barred_all = _list(contest.may_not_enter)
    besides = [Say(f"utter_contest_who_not{tense}", {"who": barred_all})] if barred_all and not barred else []
    how = [Say("utter_contest_how", {"how": contest.how_to_enter})] if contest.how_to_enter and stands == "open" else []
    return [answer, *besides, *how, *_standing(question, contest)]


def _prizes(question: Question, contest: Contest) -> list[Say]:
    tense = "_over" if phase(contest, question.now) == "over" else ""
    if not contest.awards:
        return [Say("utter_contest_prizes_unknown", {"title": _title(contest)}), *_standing(question, contest)]
    awards = [
        Part("part_award_prize", {"award": award.name, "prize": award.prize})
        if award.prize
        else Part("part_line", {"line": award.name})
        for award in contest.awards
    ]
    says = [Say(f"utter_contest_prizes{tense}", {"title": _title(contest), "awards": awards})]
    if not any(award.prize for award in contest.awards):
        says.append(Say("utter_contest_prizes_not_named"))
    return [*says, *_standing(question, contest)]


def _winners(question: Question, contest: Contest) -> list[Say]:
    if contest.results:
        return [*_results(contest), *_news(question)]
    says = [Say("utter_contest_winners_pending", {"title": _title(contest)}), *_standing(question, contest)]
    earlier = [each for each in question.library.calendar.facts.contests if each.results]
    last = max(earlier, key=_lateness, default=None)
    return [*says, *_results(last)] if last else says


def _results(contest: Contest) -> list[Say]:
    lines = [
        Part(
            "part_result_by" if result.by else "part_result",
            {"award": result.award, "work": result.title, "by": result.by, "note": result.note and f" – {result.note}"},
        )
        for result in contest.results
    ]
    says = [Say("utter_contest_winners", {"title": _title(contest), "winners": lines})]
    return [*says, Say("utter_contest_figures", {"figures": contest.figures})] if contest.figures else says


def _standing(question: Question, contest: Contest) -> list[Say]:
    """Return where the contest stands, for answers to questions that were not about its dates."""
    stands = phase(contest, question.now)
    title = {"title": _title(contest)}
    if stands == "over":
        return [Say("utter_contest_none_running"), *_news(question)]
    if stands == "voting" and contest.voting_closes:
        return [Say("utter_contest_voting", {**title, "until": question.moment(contest.voting_closes)})]
    if stands == "before" and contest.opens:
        return [Say("utter_contest_before", {**title, "opens": question.moment(contest.opens)})]
    if contest.closes:
        return [Say("utter_contest_open", {**title, "closes": question.moment(contest.closes)})]
    return [Say("utter_contest_open_no_end", title)]


def _news(question: Question) -> list[Say]:
    """Return where the next contest will be announced, as far as the store says."""
    answer = overview(question.library.answers, NEWS)
    return said_answer(question, answer) if answer else []


def _known(response: str, **values: Value) -> list[Part]:
    return [Part(response, values)] if all(values.values()) else []


def _title(contest: Contest) -> Value:
    if not contest.edition or contest.edition in contest.title:
        return Part("part_title", {"title": contest.title})
    return Part("part_title_edition", {"title": contest.title, "edition": contest.edition})


def _group(groups: tuple[str, ...], asked: frozenset[str]) -> str:
    """Return the longest group whose every word is in the question ("student" counts as "students"), or nothing."""
    stems = {word.removesuffix("s") for word in asked}
    named = [
        group
        for group in groups
        if all(word.removesuffix("s") in stems for word in re.findall(r"\w+", group.casefold()))
    ]
    return max(named, key=len, default="")


def _list(groups: tuple[str, ...]) -> Value:
    if len(groups) < 2:
        return "".join(groups)
    return Part("part_and", {"first": ", ".join(groups[:-1]), "last": groups[-1]})
