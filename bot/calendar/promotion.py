"""What Meta asks of a promotion run through its products, and what of it an edition's words lack.

The Promotions section of the Pages policies, https://www.facebook.com/policies_center/pages_groups_events: official
rules, terms of eligibility, a complete release of Meta by each entrant, and the statement that Meta neither sponsors,
endorses, administers nor is associated with it. Sharing on a timeline or tagging friends must be no condition of
entering; counting likes is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.calendar.facts import Contest

RELEASE = "By entering, you release Meta Platforms, Inc. from any claim in connection with this contest."
STATEMENT = "This contest is in no way sponsored, endorsed or administered by, or associated with, Meta."

_META = re.compile(r"\bmeta\b|\bfacebook\b", re.IGNORECASE)
_RELEASES = re.compile(r"\breleas|\bdischarg|\bhold\w* harmless|免除|解除|不(?:承擔|承担|追究)", re.IGNORECASE)
_NOT_THEIRS = (
    re.compile(r"\bsponsor|贊助|赞助", re.IGNORECASE),
    re.compile(r"\bendors|認可|认可|背書|背书", re.IGNORECASE),
    re.compile(r"\badminister|管理|舉辦|举办|主辦|主办", re.IGNORECASE),
    re.compile(r"\bassociat|\baffiliat|關聯|关联|有關|有关", re.IGNORECASE),
)
_NOT = re.compile(
    r"\b(?:not?|nor|never|neither|without|need ?n['’]t|do(?:es)?n['’]t|isn['’]t)\b|[無无非沒没不毋]", re.IGNORECASE
)
_CONDITIONS = re.compile(
    r"\b(?:shar(?:e|ing)|re-?post(?:ing)?)\b[^.;]{0,60}\b(?:timeline|wall|profile|story|stories)\b"
    r"|\btag(?:ging)?\b[^.;]{0,30}\bfriends?\b"
    r"|(?:分享|轉發|转发)[^。；]{0,20}(?:動態|动态|時間軸|时间轴|時間線|时间线|個人檔案)"
    r"|(?:標記|标记|標註|tag)[^。；]{0,10}(?:朋友|好友)",
    re.IGNORECASE,
)
_SENTENCES = re.compile(r"(?<=[.!?;。！？；])\s*|\n")
LONGEST = 20_000


@dataclass(frozen=True)
class Lack:
    """Something that Meta asks: in which field it belongs, what is wrong, and a text to copy, "" if there is none."""

    field: str
    text: str
    copy: str = ""


def lacks(contest: Contest) -> tuple[Lack, ...]:
    """Return what an edition's words lack of what Meta asks of a promotion."""
    return tuple(_lacks(contest))


def _lacks(contest: Contest) -> Iterator[Lack]:
    said = _sentences([*contest.rules, contest.how_to_enter, contest.about])
    if not contest.rules:
        yield Lack("rules", "there are no official rules; Meta asks for them: write each on a line of its own")
    if not contest.may_enter:
        yield Lack("may_enter", "it is not said who may enter; Meta asks for terms of eligibility: students, staff")
    if not any(_META.search(each) and _RELEASES.search(each) for each in said):
        yield Lack("rules", "no rule releases Meta, which each entrant must agree to", RELEASE)
    if not any(_META.search(each) and _NOT.search(each) and _denies_all(each) for each in said):
        text = "no rule says that the contest is not sponsored, endorsed, administered by or associated with Meta"
        yield Lack("rules", text, STATEMENT)
    for each in said:
        if _CONDITIONS.search(each) and not _NOT.search(each):
            shown = each if len(each) <= 80 else f"{each[:79]}…"
            where = "how_to_enter" if each in contest.how_to_enter else "about" if each in contest.about else "rules"
            text = f"“{shown}”: Meta forbids asking entrants to share on a timeline or to tag friends; likes may count"
            yield Lack(where, text)


def _denies_all(sentence: str) -> bool:
    return all(each.search(sentence) for each in _NOT_THEIRS)


def _sentences(texts: Sequence[str]) -> list[str]:
    return [each.strip() for text in texts for each in _SENTENCES.split(text[:LONGEST]) if each.strip()]
