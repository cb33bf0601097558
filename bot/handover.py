"""Human handover: what the student is told, what staff may still send, and when the bot returns.

The sentences come from the store, topic "handover"; thread state is handled by bot.store.threads.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from bot.calendar.facts import Answer
from bot.dangers import DANGERS
from bot.store import conversations, library, people, staffing, threads
from bot.store.people import Person
from bot.store.threads import Thread, ThreadError, Words
from connectors.channel import Channel
from connectors.joining import as_one
from connectors.messages import Choice, Reply
from connectors.reach import WINDOW

TOPIC = "handover"
JOINED, CLOSED, ENDED, SILENCE, QUESTION = "joined", "closed", "ended", "silence", "question"
BACK, LATER, GOOD, POOR = "back", "later", "good", "poor"
FREE, TAG, TEMPLATE, NONE = "free", "tag", "template", "none"
LONGEST = 4000


@dataclass(frozen=True)
class Window:
    """How staff may write to a student now.

    way: free (as they like, until `until`), tag (marked for the platform as a person's words, until `until`), template
    (in the platform's approved text, at any time), none. `longest` is the maximum number of characters.
    """

    way: str
    until: datetime | None
    longest: int


def window(channel: Channel | None, person: Person, now: datetime) -> Window:
    """Return how staff may write to `person` at `now`. Nothing can be sent on a disabled channel, or after STOP."""
    wrote = person.last_message_at
    if channel is None or wrote is None or person.stopped:
        return Window(NONE, None, 0)
    if now - wrote < WINDOW:
        return Window(FREE, wrote + WINDOW, LONGEST)
    late = channel.late
    if late is None or (late.until is not None and now - wrote >= late.until):
        return Window(NONE, None, 0)
    if late.template:
        return Window(TEMPLATE, None, late.longest)
    return Window(TAG, wrote + late.until if late.until else None, min(late.longest, LONGEST))


def payload(key: str) -> str:
    """Return the payload sent by tapping the choice of this name."""
    return f"/{TOPIC}_{key}"


def tapped(choice: str | None) -> str:
    """Return the name of the handover choice that was tapped; "" for any other."""
    beginning = payload("")
    return choice.removeprefix(beginning) if choice and choice.startswith(beginning) else ""


def way_back(engine: Engine, language: str) -> tuple[Choice, ...]:
    """Return the choice that brings the bot back while waiting for a person; none if the store has no text for it."""
    answers = {each.key: each for each in library.answers_in(engine, language, TOPIC)}
    back = answers.get(f"{TOPIC}-{BACK}")
    return (Choice(back.title, payload(BACK)),) if back else ()


def shown_name(user: str) -> str:
    """Return a staff member's name as students see it: "ada.wong@campus.example" is Ada Wong."""
    return " ".join(part.capitalize() for part in re.split(r"[._\s]+", user.split("@")[0]) if part)


@dataclass(frozen=True)
class Handover:
    """Dependencies. `channels` render and never send; `wake` triggers a check of a person's outbox.

    `say_when` formats a moment in a language.
    """

    engine: Engine
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]
    wake: Callable[[int], None]
    say_when: Callable[[datetime, str], str]
    silence: timedelta = timedelta(hours=2)

    def claim(self, thread_id: int, who: str) -> Thread:
        """Assign a thread that waits, or was given to `who`, and tell the student. Raises ThreadError."""
        person = self._person_of(thread_id)
        thread = staffing.claim(self.engine, thread_id, who, self.now(), self._notice(person, JOINED, who))
        self.wake(person.id)
        return thread

    def step_in(self, person_id: int, who: str) -> Thread:
        """Assign to `who` a conversation for which nobody asked staff, and tell the student. Raises ThreadError."""
        person = people.get(self.engine, person_id)
        thread = staffing.step_in(self.engine, person_id, who, self.now(), self._notice(person, JOINED, who))
        self.wake(person_id)
        return thread

    def pass_on(self, thread_id: int, *, by: str, to: str) -> Thread:
        """Assign a thread to `to`; to nobody (""): it waits again. Raises ThreadError.

        The student is told who is there only by whoever takes it over: a colleague to whom it is given has yet to come.
        """
        person = self._person_of(thread_id)
        words = self._notice(person, JOINED, to) if to == by else ()
        thread = staffing.pass_on(self.engine, thread_id, by=by, to=to, now=self.now(), words=words)
        self.wake(person.id)
        return thread

    def reply(self, thread_id: int, who: str, text: str, token: str) -> None:
        """Send what `who` wrote. Raises ThreadError: somebody else has the thread, or nothing may be sent."""
        person = self._person_of(thread_id)
        joined = self._notice(person, JOINED, who)
        staffing.reply(self.engine, thread_id, who, self.now(), self._words(person, who, text, token), joined)
        self.wake(person.id)

    def send_again(self, thread_id: int, message_id: int, who: str) -> Thread:
        """Send what the platform refused once more, as `who`; return the thread, a new one if it was closed.

        Raises ThreadError: nothing was refused, somebody else has the thread, or nothing may be sent.
        """
        text = staffing.refused(self.engine, thread_id, message_id)
        if text is None:
            raise ThreadError("This message has reached the platform meanwhile, or is on its way: nothing was sent.")
        thread = self._there(thread_id)
        if not thread.open:
            thread = self.step_in(thread.person_id, who)
        self.reply(thread.id, who, text, f"again-{message_id}")
        return thread

    def answer_once(self, thread_id: int, who: str, text: str, token: str) -> None:
        """Send one answer to a waiting thread, quoting the question, and close the thread. Raises ThreadError."""
        thread = self._there(thread_id)
        person = people.get(self.engine, thread.person_id)
        asked = conversations.texts(self.engine, [thread.inbox_id]).get(thread.inbox_id, "") if thread.inbox_id else ""
        when = self.say_when(thread.opened_at, person.language)
        lead = self._said(person.language, QUESTION, who=who, question=asked, when=when) if asked else None
        whole = f"{lead.text}\n\n{text}" if lead and self._window(person).way != TEMPLATE else text
        words = [self._words(person, who, whole, token), *self._notice(person, CLOSED, who)]
        staffing.answer_once(self.engine, thread_id, who, self.now(), self._together(person, words))
        self.wake(person.id)

    def close(self, thread_id: int, by: str) -> bool:
        """Close a thread: the bot answers again, says so, and asks whether it helped. False: nothing can be said."""
        thread = self._there(thread_id)
        person = people.get(self.engine, thread.person_id)
        words = self._notice(person, CLOSED if thread.answered_at else BACK, by)
        staffing.close(self.engine, thread_id, by=by, how="staff", now=self.now(), words=words)
        self.wake(person.id)
        return bool(words)

    def end_silences(self) -> int:
        """Bring the bot back where staff have been silent for too long; return in how many conversations.

        If staff spoke last, the thread is closed; if the student still has no answer, it goes on waiting.
        """
        now, done = self.now(), 0
        for thread in threads.quiet_ones(self.engine):
            if now - _last_word(thread) < self.silence:
                continue
            person = people.get(self.engine, thread.person_id)
            if thread.state == "held" and thread.staff_at and not thread.owed:
                words = self._notice(person, ENDED if thread.answered_at else SILENCE, "")
                ended = staffing.end(self.engine, thread, now, words)
            else:
                ended = staffing.let_bot_back(self.engine, thread, now, self._notice(person, SILENCE, ""))
            done += ended
            self.wake(person.id)
        return done

    def window_of(self, person_id: int) -> Window:
        """Return how staff may write to a person now."""
        return self._window(people.get(self.engine, person_id))

    def _window(self, person: Person) -> Window:
        return window(self.channels.get(person.address.channel), self._reachable(person), self.now())

    def _reachable(self, person: Person) -> Person:
        """Return a person as staff may write to them: STOP is meant for the bot, and doesn't block help in danger."""
        thread = threads.open_of(self.engine, person.id) if person.stopped else None
        return replace(person, stopped=False) if thread and thread.why in DANGERS else person

    def _words(self, person: Person, who: str, text: str, token: str) -> Words:
        text = text.strip()
        if not text:
            raise ThreadError("There is nothing to send: write something first.")
        open_for = self._window(person)
        if self._reachable(person).stopped:
            raise ThreadError("The student has said STOP: nothing may be sent until they write START.")
        if open_for.way == NONE:
            raise ThreadError(
                "The platform's time to answer is over: nothing can be sent until the student writes again."
            )
        if len(text) > open_for.longest:
            raise ThreadError(f"That is too long by {len(text) - open_for.longest} characters; nothing was sent.")
        channel = self.channels[person.address.channel]
        late = open_for.way != FREE
        if late:
            calls = channel.render_late(text, person.address, person.language)
        else:
            calls = channel.render(Reply(text=text), person.address)
        return Words("reply", text, calls, who, token, late)

    def _together(self, person: Person, words: list[Words]) -> list[Words]:
        """Return words merged into one message, with the calls on the first, as far as the platform's limits allow."""
        if len(words) < 2:
            return words
        channel = self.channels[person.address.channel]
        replies = as_one(Reply(text=each.text, choices=tuple(each.choices)) for each in words)
        calls = [call for reply in replies for call in channel.render(reply, person.address)]
        return [replace(words[0], calls=calls), *(replace(each, calls=()) for each in words[1:])]

    def _notice(self, person: Person, key: str, who: str) -> tuple[Words, ...]:
        """Return Carrel's own notice to the student; nothing if it can't be sent as free text."""
        reply = self._said(person.language, key, who=who)
        if reply is None or self._window(person).way != FREE:
            return ()
        calls = self.channels[person.address.channel].render(reply, person.address)
        return (Words("notice", reply.text or "", calls, choices=reply.choices),)

    def _said(self, language: str, key: str, **values: str) -> Reply | None:
        answers = {each.key: each for each in library.answers_in(self.engine, language, TOPIC)}
        answer = answers.get(f"{TOPIC}-{key}")
        if answer is None:
            return None
        text = answer.text.replace("{who}", shown_name(values.get("who", "")))
        for name in ("when", "question"):
            text = text.replace(f"{{{name}}}", values.get(name, ""))
        return Reply(text=text, choices=_choices(answers) if key in {CLOSED, ENDED} else ())

    def _person_of(self, thread_id: int) -> Person:
        return people.get(self.engine, self._there(thread_id).person_id)

    def _there(self, thread_id: int) -> Thread:
        found = threads.get(self.engine, thread_id)
        if found is None:
            raise ThreadError("This conversation is not there any more.")
        return found


def _choices(answers: Mapping[str, Answer]) -> tuple[Choice, ...]:
    found = [(key, answers.get(f"{TOPIC}-{key}")) for key in (GOOD, POOR)]
    return tuple(Choice(answer.title, payload(key)) for key, answer in found if answer)


def _last_word(thread: Thread) -> datetime:
    """Return the start of the silence: a student waiting for the first reply may write as often as they like."""
    if thread.state == "waiting":
        return max(filter(None, (thread.opened_at, thread.staff_at)))
    return max(filter(None, (thread.claimed_at, thread.opened_at, thread.staff_at, thread.student_at)))
