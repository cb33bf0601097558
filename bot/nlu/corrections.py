"""Finds the part of a message that is meant: "no, i mean the books" means the books."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.script import folded, has_chinese

Span = tuple[int, int]

_STOPS = r"\s*(?:[,.:;!\-–…]+\s*|$)"
# What may follow a "no" that takes something back; "no wifi", "no seats" and "no thanks" do not take anything back.
_AFTER_NO = (
    r"(?:no+|nope|not|sorry|sry|wait|i|im|its?|thats?|that's|the|this|how|where|wheres|when|what|who|can|for|my"
    r"|make|change)\b"
)
# How people begin when they have been misunderstood …
_TAKES_BACK = re.compile(
    rf"\s*(?:(?:no+|nope|nah|naw)(?:{_STOPS}|\s+(?={_AFTER_NO}))"
    rf"|not (?:that|this|it|those)(?: one)?{_STOPS}"
    rf"|wrong{_STOPS}"
    r"|(?:that|this|it)(?:'?s| is| was)? (?:not|wrong)(?: (?:it|that|what (?:i|we) (?:mean|meant|asked|ask|want|wanted"
    rf"|need|needed|said)(?: for| about)?))?{_STOPS}"
    r"|(?:what )?(?:i|we) (?:just |only |actually |really )?(?:mean|meant|said|asked|was (?:asking|talking))"
    r"(?: (?:about|for))?\b\s*[,:;]*"
    r"|(?:i'?m|i am) (?:asking|talking) (?:about|for)\b\s*[,:;]*)",
    re.IGNORECASE,
)
# … or when they are just getting started.
_BEGINS = re.compile(
    r"\s*(?:oops|wait|actually|sorry|sry|srry|lah|ok|okay|hmm*|um+|uh+"
    r"|(?:make|change) (?:it|that)(?: to)?"
    r"(?= (?:for |on |at )?(?:mon|tue|wed|thu|fri|sat|sun|tmr|tom|today|noon|next|\d)))"
    r"\b[\s,.:;!…-]*",
    re.IGNORECASE,
)

_PERSON = r"(?:i|we|im|i'm|i am|we are)"
# A message, or a sentence in it, that begins with what is not wanted, up to where something else begins.
_REFUSES = re.compile(
    r"(?:^|(?<=[.!;\n]))\s{0,9}(?:(?:no|hey|hi|sorry|ok|please|pls)[,\s]{1,9}){0,9}"
    rf"(?:{_PERSON}\s{{1,9}})?(?:really |actually |just )?"
    r"(?:(?:do not|don'?t|dun|did not|didn'?t)(?: really| actually| even)? (?:want|wanna|wan|need|mean|ask|asking)"
    r"|no need|not (?:want|need|asking|ask|looking|talking|interested|about|for)|(?P<only>(?:it'?s|that'?s) not))\b"
    r"(?: (?:to|for|about|in))?\s+(?P<what>[^,.;!?\n]{1,200}?)\s{0,9}"
    r"(?P<then>[,.;!\n]|\bbut\b|\bjust\b|\binstead\b|\brather\b|\b(?:i )?(?:want|need|wanna|mean)\b|\bit'?s\b|$)",
    re.IGNORECASE,
)
_MARKS = frozenset(",.;!\n")
# "my booking", "… anymore": the student is giving something up, which is a question of its own; "the room" may be one
# too.
_GIVES_UP = re.compile(r"\b(?:any ?more|any longer|my|our|your|ur|u|you|pay)\b", re.IGNORECASE)
_MAY_GIVE_UP = re.compile(r"\b(?:the|this|that|it)\b", re.IGNORECASE)
# Somebody who does not want the bot wants a person.
_MACHINE = re.compile(r"\b(?:bot|robot|machine|chatbot|ai|computer)s?\b", re.IGNORECASE)
_EMPTY = re.compile(
    r"(?:\W|\b(?:but|just|instead|rather|so|and|thanks|thank you|thx|tks|ty|pls|please|ok|lah)\b)*", re.I
)

# The same in Chinese, in simplified characters. What takes something back: "唔系,我想问…", "我意思系…", "错了"; …
_TAKES_BACK_CHINESE = re.compile(
    r"\s*(?:(?:唔系|不是|唔是|唔啱|不对|错了|错咗|答错|搞错|误会)(?:呀|啊|啦|喎|的|嘅|了|这个|呢个|那个)*(?:[,，.。!！\s]+|(?=我))"
    r"|(?:我)?(?:嘅|的)?意思(?:系|是)(?:话|说|问)?[,，:：\s]*"
    r"|我(?:其实|刚才|头先)*(?:(?:系|是)(?:想)?(?:问|讲|说|话)(?:紧|的|嘅)?|(?:问|讲|说|话)(?:紧|的|嘅))(?:系|是)?[,，:：\s]*)"
)
# … and what is refused: "我唔系问开放时间,我想问影印", "唔要房,要座位".
_REFUSES_CHINESE = re.compile(
    r"(?:^|(?<=[。!！;；\n]))\s{0,9}我?(?:(?:唔系|不是|唔是|并不是|并唔系)(?:想|要)?(?:问|讲|说|揾|找)|(?:唔系|不是)(?:想|要)|唔想|不想|唔要|不要|唔使|不用)"
    r"(?:问|讲|知|知道|再)?(?P<what>[^,，.。;；!！?？\n]{1,60}?)(?P<then>[,，.。;；!！\n]|\s(?=\S)|(?=而是|但系|但是|我想|我要|我系|我是|想问|要问|系问|是问)|$)"
)
_EMPTY_CHINESE = re.compile(r"(?:\W|而是|但系|但是|唔该|谢谢|多谢|呀|啊|啦|喎|好吗)*")
# What somebody adds who has mistyped: "我讲紧后日,打错咗".
_MISTYPED = re.compile(
    r"[,，.。\s]{0,9}(?:唔好意思|不好意思|sorry)?[,，\s]{0,9}(?:打|讲|说|写|按|问)错(?:咗|了|字)?[呀啊啦喎\W]{0,9}$"
)
# "唔使钱㗎咩" is a question.
_ASK_ENDS = ("吗", "咩", "呢", "嘛", "未", "吧", "得唔得", "可以吗")
_MACHINE_CHINESE = re.compile(r"机器人|机械人|robot|bot|AI|自动", re.IGNORECASE)


@dataclass(frozen=True)
class Meant:
    """The meant span of a message, whether it corrects an earlier misunderstanding, and the span that is refused.

    A message that only refuses something is meant as a whole.
    """

    span: Span
    corrects: bool = False
    refused: Span | None = None


def meant(text: str, *, answered: bool) -> Meant:
    """Return the part of `text` that is meant. `answered`: an answer came before, which the text may reject."""
    text = text[:MOST_CHARACTERS]
    if has_chinese(text):
        return _meant_chinese(folded(text), answered=answered)
    start, corrects = _beginning(text) if answered else (0, False)
    found = _REFUSES.search(text, start)
    if found is None or _MACHINE.search(found["what"]) or text[found.end() : found.end() + 1] == "?":
        return Meant((start, len(text)), corrects)
    refused, rest = found.span("what"), _rest(text, start, found)
    gives_up, may_give_up = bool(_GIVES_UP.search(found["what"])), bool(_MAY_GIVE_UP.search(found["what"]))
    contrast = found["then"] not in _MARKS
    if rest is not None and (contrast or not (gives_up or (may_give_up and found["then"] == ","))):
        return Meant(rest, corrects=True, refused=refused)
    alone = rest is None and not (found["only"] or gives_up or may_give_up)
    return Meant((start, len(text)), corrects, refused if alone else None)


def _beginning(text: str) -> tuple[int, bool]:
    """Return where the meant part begins, and whether something was taken back; 0 if nothing follows."""
    start, corrects = 0, False
    while True:
        if found := _TAKES_BACK.match(text, start):
            corrects = True
        else:
            found = _BEGINS.match(text, start)
        if found is None:
            break
        start = found.end()
    return (start, corrects) if any(letter.isalnum() for letter in text[start:]) else (0, False)


def _rest(text: str, start: int, found: re.Match[str]) -> Span | None:
    """Return the span of what else is said: after what is refused, or else before it."""
    after = found.end() if found["then"] in _MARKS else found.start("then")
    for first, last in ((after, len(text)), (start, found.start())):
        empty = _EMPTY.match(text, first, last)
        if empty and empty.end() < last:
            return empty.end(), last
    return None


def _meant_chinese(text: str, *, answered: bool) -> Meant:
    """Return the part of a simplified text that is meant, as `meant` does."""
    start = 0
    while answered and (taken := _TAKES_BACK_CHINESE.match(text, start)) and taken.end() > start:
        start = taken.end()
    corrects = start > 0
    if corrects and (mistyped := _MISTYPED.search(text, start + 1)):
        text = text[: mistyped.start()]
    if not any(letter.isalnum() for letter in text[start:]):
        start, corrects = 0, False
    found = _REFUSES_CHINESE.search(text, start)
    asks = found is not None and (
        text[found.end() : found.end() + 1] in {"?", "？"} or found["what"].endswith(_ASK_ENDS)
    )
    if found is None or asks or _MACHINE_CHINESE.search(found["what"]):
        return Meant((start, len(text)), corrects)
    empty = _EMPTY_CHINESE.match(text, found.end())
    if empty and empty.end() < len(text):
        return Meant((empty.end(), len(text)), corrects=True, refused=found.span("what"))
    return Meant((start, len(text)), corrects, found.span("what"))
