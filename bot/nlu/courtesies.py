"""Recognises thanks, wishes and swear words by their words alone, and picks the wish to send back."""

from __future__ import annotations

import re

from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.script import folded, has_chinese, plain

THANKS, ELSEWHERE, ANNOYED = "thanks", "out_of_scope", "annoyed"
# A message with more words, or Chinese characters, than this is no mere courtesy.
MOST_WORDS, MOST_LETTERS = 12, 16
# How many other words may stand beside a wish: "merry xmas santa". Beside thanks there may be none: "wifi thx".
OTHERS = 1


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Patterns of wishes, each with the response that returns it; the most general comes last. Chinese is in simplified
# characters.
_WISHES = (
    (
        "utter_wish_lunar",
        re.compile(
            r"\b(?:gong|kung|gung) ?(?:hei|hey|hay|xi) ?(?:fat|fa|faat) ?(?:choy|choi|cai|tsoi|choii)\b"
            r"|\b(?:gong|kung|gung) ?(?:hei|hey|xi)\b|\bxin ?nian ?(?:kuai ?le|hao)\b"
            r"|\bhappy (?:chinese |lunar )(?:new (?:year|yr)|ny)\b|\bhappy cny\b"
            r"|恭喜发财|恭贺新禧|身体健康|龙马精神|万事如意|心想事成|年年有余|大吉大利|利是(?:逗来|豆来)|农历新年快乐|春节快乐"
        ),
    ),
    ("utter_wish_christmas", re.compile(r"\b(?:merry|happy) (?:x-?mas|christmas|crimbo)\b|圣诞(?:节)?快乐")),
    ("utter_wish_new_year", re.compile(r"\bhappy (?:new (?:year|yr)s?|ny|nye)\b|(?:新年|元旦)(?:快乐|好)")),
    ("utter_wish_birthday", re.compile(r"\bh(?:appy|bd|ppy) ?b(?:irth)?-?day\b|\bhbd\b|生日快乐")),
    (
        "utter_wish",
        re.compile(
            r"\bhappy (?:holidays?|easter|halloween|thanksgiving|valentine'?s?(?: day)?|mid ?-?autumn(?: festival)?"
            r"|diwali|eid|hanukkah|graduation|cny|dragon ?boat(?: festival)?|winter solstice|weekend|friday)\b"
            r"|\b(?:have|hv|hav|enjoy) (?:a |an |your |ur )?(?:\w+ )?(?:nice|good|great|lovely|wonderful|fun|happy|gd)"
            r" (?:day|evening|night|weekend|week|one|time|holidays?|break|1)\b"
            r"|\b(?:enjoy|have) (?:a |your |ur |the )(?:day|evening|night|weekend|holidays?|break)\b"
            r"|\b(?:good|gd|best of) luck\b|\ball the best\b|\bbest wishes\b|\bseason'?s greetings\b|\btake care\b"
            r"|\bstay (?:safe|warm|healthy|well)\b|\bcongrat(?:s|z|ulations)\b"
            r"|(?:中秋|节日|端午|冬至|复活节|情人节|假期|周末|万圣节|毕业)(?:节)?快乐|祝你.{1,8}|一切顺利|(?:祝)?(?:你)?好运|加油"
        ),
    ),
)
_FESTIVE = re.compile(r"\b(?:happy|merry|gong|gung|kung|xin)|\bhbd\b|快乐|恭|新年|元旦|利是")
_THANKS = re.compile(
    r"\b(?:thank(?:s|u| ?you| ?u| ya| q)?|thankyou|thx|thnx|thnks|tks|tnx|ty|tysm|tyvm|tq|cheers|merci|gracias|danke"
    r"|much appreciated|appreciate (?:it|that|this|u|you))\b"
    r"(?: (?:a lot|so much|very much|a bunch|a million|tons|loads|again))?"
    # What the thanks are for: with so few words it is no question.
    r"(?: for (?:all |the |ur |your |this |that |such ){0,3}[a-z]{1,20}"
    r"(?: (?:me|to me|us|info|answer|reply|replies|help|tips?))?)?"
)
_THANKS_CHINESE = re.compile(r"(?:多|谢)谢|谢(?:啦|了|咯|喇)|感谢|感恩|唔该晒|有心")
# Something lost has turned up, or a word of regret beside thanks. Neither asks anything.
_FOUND = re.compile(
    r"\b(?:i |we |just |already |finally ){0,3}found (?:it|them)\b"
    r"|\b(?:it|they) (?:was|were) (?:just |still )?(?:in|under|at|on) my (?:other )?[a-z]{2,12}\b"
    r"(?: all (?:along|the time)\b)?"
    r"|\bgot (?:it|them) back\b|\bthanks? (?:god|goodness|heavens)\b|\bphew\b"
)
_SORRY = re.compile(
    r"\b(?:so |very |im |i'm ){0,2}(?:sorry|sry|soz|apologies|my bad)\b"
    r"(?: (?:for|about|abt) (?:the |my |all |being |that ){0,2}[a-z]{2,12}\b)?"
)
_FOUND_CHINESE = re.compile(
    r"[搵揾找](?:返|到|回)(?:咗|了)?|原来.{0,2}(?:系|喺|在|是).{0,4}(?:袋|包|屋企|家)(?:里面?|入面)?"
)
_NO_THANKS = re.compile(r"\bno?(?:pe)?,? ?(?:thank|thx|tks|ty)|\bfor nothing\b|\bno need\b|唔使")
# Words that may stand beside a courtesy and add nothing.
_LIGHT = _words(
    """
    ok okay k kk oke alright right cool great perfect nice awesome lovely good super wow oh ah aw aww hey hi
    hello yo well omg omfg so and n to for the a all of course everyone everybody guys folks bot carrel robot chatbot
    dear man bro mate sir madam u you ur your y'all ya 2 too also then now bye byebye cya see later night
    morning again anyway anyways btw i me my we us guess think suppose really very much just lol haha hahaha
    hehe xd lah la ar wor ga hor yes yeah yep yup worries np this that it is was were helpful helps helped
    useful got gotcha noted will do listening ahead there in advance dude be with may wish wishing same from
    friend friends 2u
    """
)
# Beside a wish only: beside thanks these words ask something.
_WISHED = _words(
    """
    lib library pls plz lai see laisee red packet pocket tmr tomorrow today tonight love
    """
)
_LIGHT_CHINESE = re.compile(
    r"[你妳您啦啊呀喇嘞呢的嘅晒大家各位祝都也好ok]|机[器械]人|同学|听我讲?|帮忙|帮手|回复|利是|逗来|先|再见|拜拜|哈|嗯|喔|哦|明白|知道了?|了"
)
# "no thanks to you", "thx but it still fails": not courtesies.
_NOT = re.compile(
    r"\b(?:but|still|nothing|however|though|not|cant|can'?t|doesn'?t|doesnt|didn'?t|didnt|isn'?t|isnt|won'?t|wont|except"
    r"|never|need|want|wanna|where|when|how|what|which|who|why|can|could|would|do you|did|does|is there|are there)\b|\?"
)
_NOT_CHINESE = re.compile(r"[?？吗咩]|但|不过|可是|还是|唔得|不行|想|要|怎|点|几|哪|边|有冇|有没有")
# A swear word alone is aimed at nobody; "stupid bot" and "fuck you" are aimed at somebody.
_SWEARS = _words(
    """
    diu diuu dllm dnlm ffs fml wtf wth fk fck fuck fucks fucking fuckk fuk shit shitt damn dammit damnit
    goddamn crap hell bullshit argh arghh ugh ughh pukgai pk puk gai jfc bloody sucks
    """
)
_AROUND_A_SWEAR = _words(
    """
    for sake the what holy this it that me my life oh omg omfg man bro lol god jesus christ so just haha ok la
    lah sia sad
    """
)
_SWEARS_CHINESE = re.compile(
    r"\W{0,9}(?:屌|丢|仆街|顶|他妈的|妈的|卧槽|我靠|靠|操|屎|弊|死火|冚家铲|家铲|痴线|黐线)[呀啊啦喇佢]?\W{0,9}"
)


def courtesy(text: str) -> str:
    """Return the intent of text that is surely a courtesy, or a curse aimed at nobody; "" for anything else."""
    words = plain(text[:MOST_CHARACTERS])
    if swears(words):
        return ANNOYED
    if _thanks(words):
        return THANKS
    return ELSEWHERE if wish(words) else ""


def wish(text: str) -> str:
    """Return the response that returns the wish in `text`; "" if it is no wish or says much else."""
    words = _seen(text)
    words = _THANKS.sub(" ", words)
    for response, pattern in _WISHES:
        rest, count = pattern.subn(" ", words)
        if count and _says_no_more(rest, _WISHED, OTHERS):
            return response
    return ""


def festive(text: str) -> bool:
    """Return whether `text` is a festive wish, which can mean nothing else; "take care" may be a farewell."""
    return bool(wish(text)) and _FESTIVE.search(_seen(text)) is not None


def swears(text: str) -> bool:
    """Return whether `text` is just a swear word or two, aimed at nobody."""
    words = _seen(text)
    if has_chinese(words):
        return _SWEARS_CHINESE.fullmatch(words) is not None
    found = set(re.findall(r"[a-z]+", words))
    return not found.isdisjoint(_SWEARS) and found <= _SWEARS | _AROUND_A_SWEAR


def _thanks(text: str) -> bool:
    words = _seen(text)
    if has_chinese(words):
        rest, count = _THANKS_CHINESE.subn(" ", words)
        rest = _FOUND_CHINESE.sub(" ", rest)
    else:
        rest, found = _FOUND.subn(" ", _SORRY.sub(" ", words))
        rest, count = _THANKS.subn(" ", rest)
        count += found
    return bool(count) and not _NO_THANKS.search(words) and _says_no_more(rest)


def _seen(text: str) -> str:
    return folded(plain(text[:MOST_CHARACTERS]))


def _says_no_more(rest: str, besides: frozenset[str] = frozenset(), others: int = 0) -> bool:
    """Return whether the words beside a courtesy are courtesies too, except for up to `others` of them."""
    if has_chinese(rest):
        left = [each for each in _LIGHT_CHINESE.sub(" ", rest) if each.isalnum()]
        return len(rest) <= MOST_LETTERS and not _NOT_CHINESE.search(rest) and len(left) <= 2 * others
    words = re.findall(r"[a-z0-9]+(?:'[a-z]+)?", rest)
    left = [each for each in words if each not in _LIGHT and each not in besides]
    return len(words) <= MOST_WORDS and not _NOT.search(rest) and len(left) <= others
