"""Shows a contest's accepted photos in the chat: as cards where a platform has them, else in words with links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Engine

from bot.calendar.contests import lateness, phase, votes_at
from bot.calendar.facts import Answer, Contest
from bot.contest import ballots, showing
from bot.contest.texts import TOLD, called, text_of
from bot.dialogue import Turn
from bot.store import entries_shown, library
from bot.store.entries import ACCEPTED
from bot.store.entries_shown import Shown
from connectors.messages import Card, Choice, Reply

INTENT = "contest_show"


@dataclass(frozen=True)
class Showing:
    """Dependencies. `public_url`: where the public gallery is, without a slash at its end."""

    engine: Engine
    zone: ZoneInfo
    public_url: str

    def show(self, person_id: int, number: int, language: str, at: datetime, *, alone: bool, taps: bool) -> Turn:
        """Return the photos with higher numbers than this one, or this one `alone`, as they are shown at a moment.

        `taps`: the platform has buttons; where it has none, a vote is given in words. While people vote, each photo has
        a button for it, except somebody's own where the edition forbids that.
        """
        answers = library.answers_in(self.engine, language, TOLD)
        contest = shown_at(library.read_facts(self.engine, self.zone).contests, at)
        if contest is None:
            return _turn(Reply(text=text_of(answers, "contest-show-none")))
        page = _Page(self, contest, answers, person_id, contest.voting == "chat" and votes_at(contest, at), taps)
        return _turn(page.one(number) if alone else page.after(number))


def shown_at(contests: tuple[Contest, ...], at: datetime) -> Contest | None:
    """Return the edition whose photos may be seen: voted on now, else the latest with a public gallery; None: none."""
    voted = [each for each in contests if each.voting == "chat" and votes_at(each, at)]
    if voted:
        return min(voted, key=lambda each: each.voting_closes or at)
    published = [each for each in contests if each.published and phase(each, at) != "draft"]
    return max(published, key=lateness, default=None)


@dataclass(frozen=True)
class _Page:
    """What is shown of an edition to somebody, in their language."""

    at: Showing
    contest: Contest
    answers: tuple[Answer, ...]
    person_id: int
    voting: bool
    taps: bool

    def one(self, number: int) -> Reply:
        """Return one photo, large."""
        found = entries_shown.one(self.at.engine, self.contest.key, number)
        if found is None or found.state != ACCEPTED:
            return Reply(text=self._say("contest-show-unknown", number=str(number)))
        card = self._card(found)
        text = self._say("contest-show-vote", number=str(number)) if self._votable(found) and not self.taps else None
        picture = f"{self.at.public_url}/contest/-/{found.web}" if card.image else None
        words = "\n".join(filter(None, (card.title, card.subtitle, found.description)))
        return Reply(text="\n\n".join(filter(None, (words, text))), image=picture, choices=card.choices)

    def after(self, number: int) -> Reply:
        """Return the next photos as cards, with a choice for those that follow."""
        key, most = self.contest.key, showing.AT_ONCE
        found = entries_shown.after(self.at.engine, key, {ACCEPTED}, number, limit=most + 1)
        if not found:
            return Reply(text=self._say("contest-show-end" if number else "contest-show-empty"))
        shown = found[:most]
        values = {"count": str(entries_shown.count(self.at.engine, key, {ACCEPTED}))}
        lead = self._say("contest-show-lead", **values, gallery=self._gallery())
        example = next((each for each in shown if self._votable(each)), None)
        how = self._say("contest-show-vote", number=str(example.number)) if example else ""
        large = self._say("contest-show-large", number=str(shown[0].number)) if self._public else ""
        told = "\n\n".join(filter(None, (lead, " ".join(filter(None, (how, large))))))
        choices = (Choice(self._say("contest-show-more"), showing.more(shown[-1].number)),) if len(found) > most else ()
        return Reply(text=told, cards=tuple(map(self._card, shown)), choices=choices)

    def _card(self, entry: Shown) -> Card:
        by = self._say("contest-show-by", name=entry.shown_name) if entry.shown_name else None
        picture = f"{self.at.public_url}/contest/-/{entry.thumb}" if self._public and entry.thumb else None
        vote = self._say("contest-show-button", number=str(entry.number))
        choices = (Choice(vote, ballots.payload(entry.number)),) if self.taps and self._votable(entry) else ()
        return Card(f"#{entry.number} {entry.title}", by, picture, choices=choices)

    @property
    def _public(self) -> bool:
        return bool(self.contest.published and self.at.public_url)

    def _votable(self, entry: Shown) -> bool:
        return self.voting and (self.contest.vote_for_own or entry.person_id != self.person_id)

    def _gallery(self) -> str:
        return f"{self.at.public_url}/contest/{quote(self.contest.key)}" if self._public else ""

    def _say(self, key: str, **values: str) -> str:
        return text_of(self.answers, key, contest=called(self.contest), **values).strip()


def _turn(reply: Reply) -> Turn:
    understanding = {"intent": {"name": INTENT, "confidence": 1.0}, "actions": [INTENT]}
    return Turn((reply,) if reply.text or reply.cards else (), understanding)
