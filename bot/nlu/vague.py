"""Words that could be about any topic: "do i pay", "how long", "need a card" refer to what was mentioned before.

On its own, such a message is classified, with high confidence, as the topic that most often asks this ("do i pay":
fines).
"""

from __future__ import annotations

import re

from bot.nlu.cantonese import spoken_as_written
from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.script import folded, has_chinese
from bot.plain import plain


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Messages with more words than this seldom depend on a previous question.
MOST_WORDS = 8
_PLAIN = _words(
    """
    i u you ur we it its that this they them those these one ones my me a an the is are am was be been do does
    did can could may will would shall should must if and n so or not no yes also too then but for from to of in
    on at by with as how what whats wat which who whom when where why much many any some there here have has had
    need get give take use want wanna ok okay pls please still now only just about again back per s t m r d ll
    till until til after before first both all same day days week weeks month months year years time times hour
    hours hr hrs min mins even really
    """
)
# What people ask about a thing: its price, how long, what if it is late or lost, who may use it, which card they need.
_ASPECTS = _words(
    """
    pay paid payment fee fees cost costs charge charged charges price prices free money expensive long longer
    extend late overdue borrow borrowed borrowing lend return returned returning bring lose lost broke broken
    break damage damaged deadline deadlines register registration sign quota card cards id limit max maximum
    allowed possible enter join apply cancel change remove renew renewal renewals pickup collect keep kept
    happen happens
    """
)
# These do not name anything either.
_CHATTY = _words(
    """
    hi hello hey yo hw wht hv abt im its cant dont lol omg haha sth smth got gotta tmr today tonight tomorrow sorry
    thanks thx please know tell think help see look find looking
    """
)
_IT = re.compile(r"\b(?:it|this|that|they|them|these|those)\b", re.IGNORECASE)
_IT_CHINESE = re.compile(r"(?:[这那呢嗰])(?:个|啲|些|本|间|张|样|种)|它|佢")


# The same for Chinese, in simplified characters and written Chinese (bot.nlu.cantonese).
_ASPECTS_CHINESE = re.compile(
    r"多少钱|收费|费用|付费|付钱|要钱|免费|价钱|几钱|押金|按金|多久|多长时间|期限|延长|逾期|迟到|迟了|丢失|弄坏|损坏|坏了|赔|学生证|证件|带卡|上限|"
    r"最多|可以吗|限制|取消|更改|改期|怎么申请|怎么参加|报名|需要卡|带什么|怎么付|预约|登记|申请|付款|门票"
)
_PLAIN_CHINESE = re.compile(
    r"请问|是否|可否|如果|那么|那|这|这个|那个|的话|我|你|他|们|要不要|要|需要|用|有没有|有|没有|会不会|会|能不能|能|可不可以|可以|是不是|是|不|也|都|还|就|才|"
    r"了|吗|呢|的|得|怎么|怎样|如何|什么|时候|一次|每次|每|次|个|人|天|日|小时|星期|月|年|最|多|少|长|几|几个|先|再|又|和|在|给|被|去|来|到|同|或者|想|问|"
    r"说|办|做|好|吧"
)
# Words of aspects in English within a Chinese sentence.
_ENGLISH_ASPECT = re.compile(rf"(?<![a-z])(?:{'|'.join(sorted(_ASPECTS, key=len, reverse=True))})(?![a-z])")


def vague(text: str) -> bool:
    """Return whether `text` asks something without naming the thing it asks about."""
    if has_chinese(text):
        return _vague_chinese(text)
    words = re.findall(r"[a-z]+", plain(text).casefold().replace("'", ""))
    return 0 < len(words) <= MOST_WORDS and set(words) <= _PLAIN | _ASPECTS and not _ASPECTS.isdisjoint(words)


def leans(text: str) -> bool:
    """Return whether `text` makes sense only with what was said before, such as "how much"."""
    text = text[:MOST_CHARACTERS]
    words = re.findall(r"[a-z]+", plain(text).casefold().replace("'", ""))
    few = 0 < len(words) <= MOST_WORDS and set(words) <= _PLAIN | _ASPECTS
    return vague(text) or (few and not has_chinese(text))


def thing(text: str) -> str:
    """Return the words of `text` that name what it asks about, without words that fit any topic; "" for Chinese."""
    words = re.findall(r"[a-z0-9]+", plain(text).casefold().replace("'", ""))
    left = [each for each in dict.fromkeys(words) if each not in _PLAIN | _ASPECTS | _CHATTY]
    return "" if has_chinese(text) else " ".join(left)


def of_nothing(text: str) -> bool:
    """Return whether `text` refers to an "it" that nobody has mentioned, so that it cannot be answered on its own."""
    it = _IT_CHINESE if has_chinese(text) else _IT
    return vague(text) and it.search(folded(plain(text))) is not None


def _vague_chinese(text: str) -> bool:
    told = folded(spoken_as_written(plain(text).casefold()))
    # "要register嗎": an English word is one letter more.
    told, english = _ENGLISH_ASPECT.subn("收费", told)
    letters = [each for each in told if each.isalnum()]
    if not 0 < len(letters) <= 2 * MOST_WORDS + english or not _ASPECTS_CHINESE.search(told):
        return False
    left = _PLAIN_CHINESE.sub(" ", _ASPECTS_CHINESE.sub(" ", told))
    return not any(each.isalnum() for each in left)
