"""The sentences that entrants and voters of a contest read: texts of the store, which staff may change."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.calendar.facts import Answer, Contest
from bot.store.entries_shown import Shown

TOLD, REASON = "contest_told", "contest_reason"
STAFF_SAY = "contest-told-staff"
_PLACE = re.compile(r"\{([a-z]+)\}")


def text_of(answers: Sequence[Answer], key: str, **values: str) -> str:
    """Return the text of a key with its placeholders filled; "" if the store has none.

    Values are put in as they are: braces in a title are no placeholders.
    """
    answer = next((each for each in answers if each.key == key), None)
    return _PLACE.sub(lambda found: values.get(found[1], ""), answer.text) if answer else ""


def called(contest: Contest) -> str:
    """Return an edition's name in a sentence: its title, with the edition where that is not part of it."""
    return contest.title if contest.edition in contest.title else f"{contest.title} ({contest.edition})"


def caption(contest: Contest, entry: Shown) -> str:
    """Return what stands beneath a photo on the library's page, in no language but the entrant's own words."""
    credit = f" – {entry.shown_name}" if entry.shown_name else ""
    first = f"{called(contest)}, #{entry.number}: “{entry.title}”{credit}"
    return "\n\n".join(filter(None, (first, entry.description, contest.hashtag)))


def decision(
    answers: Sequence[Answer], contest: Contest, *, what: str, number: int, title: str, reason: str, note: str
) -> str:
    """Return what an entrant is told of a decision, in the language of `answers`; "" if the store has no text for it.

    `reason` is the key of an answer, or for an award its name; `note` is added as the words of the staff.
    """
    values = {"number": str(number), "title": title, "contest": called(contest), "award": reason}
    lead = text_of(answers, f"contest-told-{what}", **values)
    why = text_of([each for each in answers if each.topic == REASON], reason)
    written = f"{text_of(answers, STAFF_SAY)} {note}".strip() if note else ""
    return "\n\n".join(filter(None, (lead, why, written))) if lead else ""
