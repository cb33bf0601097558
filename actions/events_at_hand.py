"""The current event: the one that a question without a name is about ("wt time again"), and what it asks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from actions.events_named import EVENTS, FILLER, REGISTRATION
from actions.glossing import apart, has_chinese
from actions.questions import Question
from actions.who import outside, said_who, who_in
from bot.calendar.facts import Event
from bot.plain import plain

WHEN, WHERE, PRICED, SIGN_UP, WHO, ABOUT = "when", "where", "price", "sign_up", "who", "about"
OF_EVENTS = frozenset({EVENTS, REGISTRATION})
# The details that can be asked of an event, with the patterns that ask for them.
_ASKED: Mapping[str, re.Pattern[str]] = {
    WHEN: re.compile(
        r"\b(?:whens?|(?:what|wt|wat|wut|which) (?:time|day|date)s?|times?|dates?|starts?|begins?|ends?|until|till?"
        r"|how (?:long|late))\b|[幾几][點点時时]|何[時时]|[什甚][麼么][時时][候间間]|[時时][间間]",
        re.IGNORECASE,
    ),
    WHERE: re.compile(
        r"\b(?:wheres?|(?:what|which) (?:floor|room)|venue|location|room|place)\b"
        "|喺?[邊边]度|[喺係系][邊边]|哪[裏裡里兒儿]|地[點点]",
        re.IGNORECASE,
    ),
    PRICED: re.compile(
        r"\b(?:free|gratis|costs?|prices?|fees?|pay|paid|charged?|(?:how|hw) much|hm|money)\b"
        "|免[費费]|收[費费]|[幾几][錢钱]|多少[錢钱]|[俾畀要][錢钱]",
        re.IGNORECASE,
    ),
    SIGN_UP: re.compile(
        r"\b(?:sign(?:ing)? ?up|signups?|regist\w{2,12}|rsvp|enroll?|book(?:ing)?|reserv\w{1,6}|seats?|tickets?|join"
        r"|walk in|(?:just|simply) (?:come|go|(?:show|turn) up))\b"
        "|[報报]名|登[記记]|[預预][約约]|留位|[門门]票|入[場场]券|[撲扑]飛",
        re.IGNORECASE,
    ),
    WHO: re.compile(
        r"\b(?:bring|come with|take|friends?|guests?|visitors?|outsiders?|public|open (?:to|for)"
        r"|(?:every|any)(?:one|body)|who (?:can|may|is)"
        r"|(?:students|staff|members) only|only (?:for )?(?:students|staff|members)"
        r"|my (?:mum|mom|dad|parents|family|kids?|son|daughter|sister|brother|cousin|gf|bf|wife|husband|partner))\b"
        "|朋友|[帶带]人|公[眾众]|校外|[訪访]客|[邊边]個可以|[誰谁]可以",
        re.IGNORECASE,
    ),
    ABOUT: re.compile(
        r"\b(?:about|details?|more info\w{0,8}|tell me more|what is it|whats it|what s it)\b|[詳详]情|[內内]容",
        re.IGNORECASE,
    ),
}
# Words that change nothing. A question that contains any other word may be about something else.
_BESIDE = FILLER | frozenset(
    re.findall(
        r"\w+",
        """
        a abt again ah all already am an and any are as at b be btw but by can cant come cos d did do does doesnt dont
        eh even for from get go got ha haha has have he hey hi hkust hmm how hw i if im in is isnt it its ive just k la
        lol m may me my n na nah no not now of oh ok okay on one only or our out plz pls r rly s same see she so sorry
        sth still student students sure t th thats that the them then they this tho thx to too u uni university up ur us
        ust w wait was wasnt wat we well were what whats will with wont wt wut would y ya yeah yes yo you
        """,
    )
)
_HAN = re.compile("[\u3400-\u9fff]+")
_BESIDE_CHINESE = re.compile(
    "[請请][問问]|如果|其[實实]|可唔可以|可不可以|可否|可以|是否|需要|要唔要|要不要|使唔使|[駛洗]唔[駛洗]|有[沒没]有|有冇|係咪|是不是|得唔得|能不能|[開开]始"
    "|[結结]束|[舉举][行辦办]|[進进]行|搞|[參参]加|去|[來来]|嚟|[點点][樣样]?|怎[麼么樣样]?|如何|什[麼么]|甚[麼么]|[邊边哪]|[個个]|[場场]|次|[項项]|活[動动]|工作坊|[講讲]座|音[樂乐][會会]|展[覽览]|"
    "今|明|聽|听|日|天|我|你|佢|[們们哋]|想|知|要|使|買|买|[喺係系是在為为]|[這这呢嗰那咁]|[嗎吗呢呀啊㗎嘅的了咗左吖啦喇]|會|会|不|唔|有|先|才|得|到|[時时][間间]|入|[場场]|再|[講讲]|[說说]|最|唔該|[謝谢]+|[埋帶带同和]"
)
_ORDINALS = (
    re.compile(r"\b(?:first|1st)\b|\b(?:number|no\.?|#) ?(?:1|one)\b|第一", re.IGNORECASE),
    re.compile(r"\b(?:second|2nd)\b|\b(?:number|no\.?|#) ?(?:2|two)\b|第[二兩两]", re.IGNORECASE),
    re.compile(r"\b(?:third|3rd)\b|\b(?:number|no\.?|#) ?(?:3|three)\b|第三", re.IGNORECASE),
    re.compile(r"\b(?:fourth|4th)\b|\b(?:number|no\.?|#) ?(?:4|four)\b|第四", re.IGNORECASE),
    re.compile(r"\b(?:fifth|5th)\b|\b(?:number|no\.?|#) ?(?:5|five)\b|第五", re.IGNORECASE),
)
_LAST = re.compile(r"\b(?:the )?last one\b|最[後后]", re.IGNORECASE)
# "有冇class教", "有咩workshop搞緊": asks for events; "有沒有這課程的書" does not.
_IS_THERE = re.compile(
    r"(?:有冇|有[沒没]有|有咩|有[乜什甚][麼么嘢]?|有[邊边哪][啲些]|近期|最近)[^，。,.!！?？\n]{0,8}?"
    r"(?:\b(?:workshops?|class(?:es)?|talks?|seminars?|tutorials?)\b|工作坊|[講讲]座|培[訓训]|展[覽览]|音[樂乐][會会])"
    r"[^，。,.!！?？\n]{0,8}\W{0,9}$",
    re.IGNORECASE,
)
_ON_A_DAY = re.compile(
    r"^\W*(?:(?:so|and|n|wait|ok|oh)\W+){0,3}"
    r"(?:(?:is|isn'?t|was|will) (?:it|that|this|they)|that'?s|it'?s|that|it)"
    r" (?:be |on |this |coming |for ){0,2}(?:today|tomorrow|tmr\w*|tonight|tonite|mon|tue|wed|thu|fri|sat|sun)",
    re.IGNORECASE,
)
_IT = re.compile(r"\b(?:it|this one|that one)\b", re.IGNORECASE)


def asked(question: Question) -> tuple[str, ...]:
    """Return which details of an event are asked for, in the order above."""
    text = apart(plain(question.text))
    found = [name for name, words in _ASKED.items() if words.search(text)]
    if _its_day(question):
        found.append(WHEN)
    if outside(said_who(question.read_as) or who_in(question.read_as)):
        found.append(WHO)
    return tuple(dict.fromkeys(found))


def at_hand(question: Question, named: Sequence[Event] = ()) -> Event | None:
    """Return the event that a question is about, if it was just mentioned. `named` are the events that the words name.

    It is one picked from a list by number ("the second one"), one named again with a question about it, or the last one
    described on its own, if the question asks only for details that any event has.
    """
    events = {event.uid: event for event in question.library.calendar.facts.events}
    just_now = question.last in OF_EVENTS
    listed = [events[uid] for uid in question.listed if uid in events]
    if just_now and len(listed) > 1 and (counted := _counted(question, listed)):
        return counted
    focus = events.get(question.event)
    if named:
        told = {question.event, *question.listed}
        return named[0] if len(named) == 1 and named[0].uid in told and _asks_of_it(question) else None
    if focus is None or not (just_now or question.intent in OF_EVENTS) or question.places:
        return None
    return focus if _asks_of_it(question) and not _other_words(question) else None


def joins_one_of_them(question: Question) -> bool:
    """Return whether a message in Chinese asks how to join the events just listed, or what they cost, and no more."""
    if question.last not in OF_EVENTS or not question.listed or question.chosen or not has_chinese(question.text):
        return False
    return bool({SIGN_UP, PRICED} & set(asked(question))) and not _other_words(question)


def of_them(question: Question) -> tuple[Event, ...]:
    """Return the events just listed if a message in Chinese asks when or where they are, and no more; else ()."""
    just_now = question.last in OF_EVENTS and not question.chosen and has_chinese(question.text)
    if not just_now or question.spans or _other_words(question) or not {WHEN, WHERE} & set(asked(question)):
        return ()
    return tuple(each for each in question.library.calendar.facts.events if each.uid in question.listed)


def asks_for_a_kind(question: Question) -> bool:
    """Return whether a message in Chinese asks if there is a kind of event, which only the calendar knows."""
    return not question.chosen and _IS_THERE.search(apart(plain(question.text))) is not None


def in_focus(question: Question) -> Event | None:
    """Return the event that "it" stands for."""
    found = (each for each in question.library.calendar.facts.events if each.uid == question.event)
    return next(found, None) if question.last in OF_EVENTS and _IT.search(question.read_as) else None


def goes_on_with_it(question: Question) -> bool:
    """Return whether a message assigned to another topic, or to none, is about the current event."""
    return question.last in OF_EVENTS and not question.chosen and at_hand(question) is not None


def _asks_of_it(question: Question) -> bool:
    """Return whether it asks for a detail of the event and names no other day: "and on friday?" asks what's on then."""
    return bool(asked(question)) and (not question.spans or _its_day(question))


def _its_day(question: Question) -> bool:
    """Return whether the question is whether the event is on a given day: "is that today?"."""
    return bool(question.spans) and _ON_A_DAY.search(plain(question.text)) is not None


def _other_words(question: Question) -> set[str]:
    text = apart(plain(question.text).casefold())
    for words in _ASKED.values():
        text = words.sub(" ", text)
    chinese = _HAN.findall(_BESIDE_CHINESE.sub(" ", text))
    return {word for word in re.findall(r"[a-z0-9]+", text.replace("'", "")) if word not in _BESIDE} | set(chinese)


def _counted(question: Question, listed: Sequence[Event]) -> Event | None:
    text = plain(question.text)
    places = [place for place, words in enumerate(_ORDINALS) if words.search(text)]
    if not places and _LAST.search(text):
        return listed[-1]
    return listed[places[0]] if len(places) == 1 and places[0] < len(listed) and not _besides(question) else None


def _besides(question: Question) -> bool:
    """Return whether an ordinal counts something else: "the first floor", "first year"."""
    return bool(re.search(r"\b(?:floor|year|yr|sem\w*|term|time|day|week|december|november)\b", question.read_as, re.I))
