"""Takes votes in the chat, and says what became of them. No model is asked: they count even while Rasa is down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Engine

from bot.calendar import words
from bot.calendar.contests import lateness, votes_at, votes_later
from bot.calendar.facts import Contest
from bot.contest import ballots, showing
from bot.contest.texts import TOLD, called, text_of
from bot.dialogue import Turn
from bot.store import entries, library, votes
from bot.store.entries import ACCEPTED
from bot.workers.showing import Showing
from connectors.messages import Reply

INTENT = "contest_vote"


@dataclass(frozen=True)
class Booth:
    """Dependencies. `public_url`: where the public gallery is."""

    engine: Engine
    zone: ZoneInfo
    public_url: str = ""

    def turn(self, person_id: int, choice: str | None, language: str, at: datetime, *, taps: bool) -> Turn | None:
        """Return what a choice leads to, if it is a vote or asks to see the photos; None for any other choice."""
        number = ballots.tapped(choice)
        if number is not None:
            return self.vote(person_id, number, language, at)
        if (seen := showing.tapped(choice)) is None:
            return None
        shows = Showing(self.engine, self.zone, self.public_url)
        return shows.show(person_id, seen[0], language, at, alone=seen[1], taps=taps)

    def vote(self, person_id: int, number: int, language: str, at: datetime) -> Turn:
        """Count somebody's vote, given at a moment, for the entry with this number; return what they are told."""
        contest = voted_on(library.read_facts(self.engine, self.zone).contests, at)
        key, title = self._count(contest, person_id, number, at)
        answers = library.answers_in(self.engine, language, TOLD)
        said = text_of(
            answers, f"contest-vote-{key}", number=str(number), title=title, **self._values(contest, language, at)
        )
        understanding = {"intent": {"name": INTENT, "confidence": 1.0}, "actions": [INTENT], "vote": key}
        return Turn((Reply(text=said),) if said else (), understanding)

    def _count(self, contest: Contest | None, person_id: int, number: int, at: datetime) -> tuple[str, str]:
        """Return what became of a vote, and the title of its entry."""
        if contest is None:
            return "closed", ""
        if contest.voting == "likes":
            return "likes", ""
        if votes_later(contest, at):
            return "early", ""
        if not votes_at(contest, at):
            return "closed", ""
        entry = entries.one(self.engine, contest.key, number)
        if entry is None or entry.state != ACCEPTED:
            return "unknown", ""
        if entry.person_id == person_id and not contest.vote_for_own:
            return "own", entry.title
        return votes.cast(self.engine, contest.key, person_id, entry.id, at), entry.title

    def _values(self, contest: Contest | None, language: str, at: datetime) -> dict[str, str]:
        if contest is None:
            return {}
        today, spoken = at.astimezone(self.zone).date(), words.of(language)
        opens, until = contest.voting_opens, contest.voting_closes
        return {
            "contest": called(contest),
            "opens": words.moment(opens.astimezone(self.zone), today, spoken) if opens else "",
            "until": words.deadline(until.astimezone(self.zone), today, spoken) if until else "",
        }


def voted_on(contests: tuple[Contest, ...], at: datetime) -> Contest | None:
    """Return the edition that a vote at a moment is for: voted on now, else soon, else the last; None if none is."""
    known = [each for each in contests if each.voting != "none"]
    for fits in (votes_at, votes_later):
        found = [each for each in known if fits(each, at)]
        if found:
            return min(found, key=lambda each: each.voting_closes or at)
    return max(known, key=lateness, default=None)
