"""What people who wait for staff write: that they no longer need them, or when somebody will come."""

from __future__ import annotations

import re

# Filler words before the actual message, and after it.
_BEFORE = (
    r"\W*(?:(?:ok|okay|k|oh|ah|no|nah|actually|hmm?|well|so|and|sorry|thx|thanks|thank you|fine|but"
    r"|its (?:ok|fine))\W+){0,4}"
)
_AFTER = (
    r"(?:\W+(?:then|now|thx|thanks|thank you|sorry|lol|haha|tho|anymore|bye|bot|pls|please|again|already|instead|later"
    r"|today|tmr|tomorrow|(?:by )?myself|guys|yet)){0,3}\W*$"
)
_DESK = r"(?:there|over|in person|to the (?:desk|counter|lib\w{0,4})|at the (?:desk|counter)|(?:by )?myself)"
_NEEDLESS = (
    r"(?:nvm|nm|never ?mind|forget (?:it|that|about it)|no need|don'?t bother|leave it|drop it|cancel(?: it| that)?"
    r"|(?:i )?(?:don'?t|do not) need (?:it|them|him|her|a (?:person|human|librarian)|anyone|anybody|help|staff)"
    rf"|(?:i'?ll|i will|i can|i'?m gonna|gonna|let me)(?: just)? (?:go|come|walk|ask)(?: down| up| over)? {_DESK}"
    r"|(?:i )?(?:found|solved|fixed|got|figured) it(?: out)?|solved|go on with the bot|back to (?:the )?bot)\b"
)
_NEEDLESS_IN_CHINESE = (
    r"(?:唔使|不用|無需|毋須|唔洗)(?:等|搵人|找人|搵職員|找職員)?(?:喇|啦|了|嘞)?|算(?:了|啦|喇|数|數)|[冇沒没]事(?:喇|啦|了)"
    r"|我(?:自己|直接)(?:去|過去|過嚟)(?:問)?(?:喇|啦|吧)?"
)
_TAKEN_BACK = re.compile(rf"{_BEFORE}(?:{_NEEDLESS}|{_NEEDLESS_IN_CHINESE})", re.IGNORECASE)
_ENDED = re.compile(_AFTER, re.IGNORECASE)
# What may follow as a separate matter; without such a break, "cancel my booking" withdraws nothing.
_ELSE = re.compile(r"\s*[,.;!?，。！？\n]|\s+(?:wh\w{2,4}|how|can|could|do|does|is|are|r|any|just)\b", re.IGNORECASE)

_THEY = (
    r"(?:they|u|you|he|she|anyone|anybody|someone|somebody|sb|i|staff"
    r"|(?:a|the) (?:person|human|librarian|library|staff))"
)
_COME = r"(?:answer|reply|respond|come|get back|get a reply|write back|here|there|back|online|around|available)\w{0,3}"
_ASKS_WHEN = (
    r"(?:hello|helo|hallo|hey|hi|yo|halo){1,3}o{0,9}",
    rf"(?:(?:is|are|r) )?{_THEY}(?: guys)?(?: (?:still|even|really))? (?:there|here|coming|around|online|alive|awake)",
    r"there|anyone|anybody",
    rf"(?:when|wen|how soon|what time|will|wont|won't) (?:(?:will|do|does|would|can|r|are|is) )?(?:{_THEY}(?: guys)? )?"
    rf"(?:(?:going to|gonna|be) ){{0,2}}{_COME}(?: (?:to )?me)?",
    rf"how long (?:(?:do|will|must|should|does|is|would) )?(?:{_THEY} |it |this |that |the )?(?:(?:have|need) to )?"
    r"(?:wait|take|answer|reply)(?: (?:to (?:answer|reply|wait)|for an? (?:answer|reply)))?",
    r"(?:i'?m |i am )?still waiting",
    rf"why (?:(?:is|does|isn'?t|doesn'?t) )?(?:no ?one|nobody|anyone|anybody) {_COME}",
    rf"(?:no ?one|nobody)(?: is)? (?:{_COME}|replies|replied)|no (?:answer|reply)",
)
_ASKS_WHEN_IN_CHINESE = (
    r"(?:喂|你好|(?:仲)?有[冇沒没]有?人|有人)(?:呀|啊|喺度|在)?[嗎吗]?",
    r"(?:佢哋|你哋|他們|他们|館員|職員)?(?:幾時|几时|什麼時候|什么时候|甚麼時候|何時)[會会先至]?(?:回?[覆复答]|[回嚟来來])(?:返)?我?(?:呀|啊|呢)?",
    r"(?:仲)?要等(?:幾耐|几耐|多久)(?:呀|啊|呢)?",
)
_WHEN = re.compile(
    rf"{_BEFORE}(?:{'|'.join(_ASKS_WHEN)}){_AFTER}|\W*(?:{'|'.join(_ASKS_WHEN_IN_CHINESE)})\W*$", re.IGNORECASE
)
# Nobody needs more characters than this to say so.
LONGEST = 200


def takes_back(words: str) -> bool:
    """Return whether text begins by withdrawing the request for staff: "nvm ill go there, when r they open"."""
    rest = _rest(words)
    return rest is not None and bool(_ENDED.match(rest) or _ELSE.match(rest))


def takes_only_back(words: str) -> bool:
    """Return whether text withdraws it and says nothing else."""
    rest = _rest(words)
    return rest is not None and bool(_ENDED.match(rest))


def asks_when(words: str) -> bool:
    """Return whether text asks only when somebody will come: "hello??", "when will they answer"."""
    return bool(_WHEN.match(words[:LONGEST]))


def _rest(words: str) -> str | None:
    """Return what follows the text that withdraws the request; None if there is no such text."""
    found, rest = None, words[:LONGEST]
    while each := _TAKEN_BACK.match(rest):
        found = rest = rest[each.end() :]
    return found
