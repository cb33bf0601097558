"""Recognises by its words a message that asks to be told something later, lists such wishes, or ends them.

Only messages that ask for nothing else count. "Tell me when you open" is a question; "tell me if your hours change" is
a wish. Chinese is matched in simplified characters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.language import in_simplified
from connectors.folding import bare, folded

# Anything longer says more than this.
LONGEST = 140


class Topic(StrEnum):
    """What a person can be told about."""

    HOURS = "hours"
    EVENT = "event"
    CONTEST = "contest"
    EVENTS = "events"


class Wish(StrEnum):
    """What a message asks for: to be told, to see what one is told about, or to end it."""

    TELL = "tell"
    LIST = "list"
    END = "end"


@dataclass(frozen=True)
class Wanted:
    """A wish. `topic` None: all of them, of a wish to end. `rest`: the words that may name an event or a place."""

    wish: Wish
    topic: Topic | None = None
    kind: str = ""
    rest: str = ""


# Kinds of event by the words for them; the first is the kind's name in the store of subscriptions.
KINDS: Mapping[str, tuple[str, ...]] = {
    "workshop": ("workshop", "class", "course", "training", "tutorial", "工作坊", "课程", "培训"),
    "talk": ("talk", "lecture", "seminar", "webinar", "讲座", "研讨会"),
    "exhibition": ("exhibition", "exhibit", "展览"),
    "performance": ("performance", "concert", "recital", "音乐会", "表演"),
    "tour": ("tour", "orientation", "导览"),
}

_VERB = (
    r"(?:remind|notify|alert|ping|text|message|inform|tell|let)(?: (?:me|us))(?: know)?"
    r"|keep (?:me|us) (?:posted|updated|informed)|subscribe(?: me)?|sign me up"
    r"|(?:set|send me|give me|i want|i need|i would like|i'd like|can i (?:get|have))(?: an?)? "
    r"(?:reminder|alert|notification|update|message)s?"
)
_LEAD = r"(?:(?:hi|hey|hello|ok|okay|so|and|please|pls|plz|can|could|would|will|u|you|bot|just|also)[ ,]+){0,4}"
_TELL = re.compile(rf"{_LEAD}(?P<verb>{_VERB})\b(?P<rest>.*)")
# Verbs that never ask a question.
_SURE = re.compile(
    r"remind|notify|alert|ping|text|message|inform|subscribe|sign|posted|updated|set |send|give|want|get"
)
# "Tell me if you open on Sunday" and "tell me again when you close" are questions; these words look ahead.
_AGAIN = r"whenever|next time|every time|as soon as|in advance|\b(?:when|once|if)\b.{1,60}\bagain\b"
_LATER_HOURS = re.compile(
    rf"{_AGAIN}|\bany changes?\b|\bchang(?:e|es|ed|ing)\b"
    r"|\bif\b(?!.{0,40}\b(?:is|are|r|re|s)\b).{1,40}\b(?:close[sd]?|shuts?)\b"
    r"(?: (?:early|earlier|down|suddenly|unexpectedly|because|due|for).{0,50})?$"
)
_LATER_NEWS = re.compile(
    rf"{_AGAIN}|\b(?:is|are) out\b|\bannounced\b|\bonce\b(?! more)|\bwhen there\b|\bwhen (?:a )?new\b"
    r"|\bwhen you (?:have|add|post|announce)\b|\bif there(?:'s| is| are)? (?:an? |any )?new\b"
)
_HOURS = re.compile(r"\b(?:hours?|opens?|opening|close[sd]?|closing|closures?|typhoon|late|shut)\b")
_CONTEST = re.compile(r"\b(?:contest|competition|photo comp)\b")
_EVENTS = re.compile(r"\b(?:events?|activit(?:y|ies))\b")
_IT = re.compile(
    r"\s*(?:(?:about|of|for|before|to (?:go to|attend|come to)|when|on)?\s*"
    r"(?:it|this|that|the event|this (?:event|one)|that (?:event|one)|then|the day before|a day before|later|pls|please"
    r"|it starts|it begins|i have to go|tomorrow)?\s*){1,3}(?:please|pls|plz|thanks|thx)?\s*"
)
_LIST = re.compile(
    r"(?:what|which)(?: \w+)?(?: (?:did|have|am|do))? ?i(?:'m| am|'ve)? (?:been )?"
    r"(?:subscribed?|signed up)(?: (?:to|for))?"
    r"|(?:show|list|see|what are|whats|what's|manage|change)?(?: me)? ?(?:all )?my (?:subscriptions?|reminders?"
    r"|notifications?|alerts?)"
    r"|(?:what|which) (?:subscriptions?|reminders?|notifications?|alerts?)(?: do i have| have i(?: got)?| did i set)?"
    r"|what (?:will|do) you (?:remind|tell|notify|message) me (?:about|of)"
)
_THINGS = {
    Topic.HOURS: r"(?:opening )?hours?|closures?|closing|typhoon",
    Topic.CONTEST: r"(?:photo )?(?:contest|competition)",
    Topic.EVENTS: "(?:new )?events?|workshops?|class(?:es)?|talks?|lectures?|exhibitions?|concerts?"
    "|performances?|tours?",
}
_MESSAGES = r"(?:reminders?|subscriptions?|notifications?|alerts?|updates?|announcements?|news|ones?|messages|stuff)"
_END = re.compile(
    rf"{_LEAD}(?:stop|end|cancel|delete|remove|unsubscribe(?: me)?(?: from)?|turn off|no more|mute"
    r"|(?:dont|don't|do not|stop) (?:remind|notify|alert|tell|telling|reminding|notifying|send|sending)(?: me)?)"
    rf"(?P<rest>(?: (?:the|my|all|these|those|any|about|me|of|for|more|{'|'.join(_THINGS.values())}|{_MESSAGES}"
    r"|anymore|please|pls|thanks))+)"
)

_TELL_ZH = re.compile(
    r"提醒(?:返|下|一下)?我|通知(?:返|下|一下)?我|(?:话|告诉|讲)(?:俾|畀|给|返)?我(?:知|听)?|叫我|同我讲"
)
_SURE_ZH = re.compile("提醒|通知")
_LATER_ZH = re.compile(
    "如果|若|有变|改变|更改|变动|(?:几时|何时|什么时候)再|再(?:开夜|延长|闭馆|关门)|的话|嘅话|一有|有新|新的|新嘅|公布"
)
_HOURS_ZH = re.compile("开放时间|开馆|闭馆|关门|闩门|打风|台风|开夜|开得夜|开到夜|延长|时间表|几点开|几时开|不开|唔开")
_CONTEST_ZH = re.compile("比赛")
_EVENTS_ZH = re.compile("活动")
_IT_ZH = re.compile(
    r"(?:请|唔该|麻烦|可以|可唔可以|可不可以|你|到时|之前|当日|早一日|前一天|记得|一下|下|啦|呀|吗|参加|呢个|这个|个|活动"
    r"|[，。！？\s])*提醒(?:返|下|一下)?我(?:参加|去|呢个|这个|个|活动|一下|啦|呀|吗|唔该|谢谢|[，。！？\s])*"
)
_LIST_ZH = re.compile(
    r"(?:我)?(?:订阅|登记|订)(?:了|咗|过)?(?:什么|乜|乜嘢|咩|边啲|哪些|些什么)(?:提醒|通知)?(?:呀|啊|呢)?"
    r"|(?:睇|看|显示|查看|更改)?我(?:的|嘅)?(?:订阅|提醒|通知)(?:有边啲|有哪些|有咩|有什么)?(?:呀|啊|呢)?"
)
_END_ZH = re.compile(
    r"(?:请|唔该|麻烦)?(?:停止|取消|退订|唔要|不要|不再|唔好再|不要再|停)(?:再)?(?:发|发送|send|收|收到)?"
    r"(?:所有|全部|晒|啲|我(?:的|嘅)?)*(?P<rest>(?:活动|比赛|摄影比赛|开放时间|闭馆|工作坊|讲座|展览|新活动|的|嘅|那些|嗰啲)*)"
    r"(?:提醒|通知|订阅|消息|讯息)(?:我|啦|喇|了)?"
)
_THINGS_ZH = {Topic.HOURS: "开放时间|闭馆", Topic.CONTEST: "比赛", Topic.EVENTS: "活动|工作坊|讲座|展览"}

# Whole messages that answer the question, without punctuation; Chinese in simplified characters.
YES = frozenset(
    (
        *("yes", "yes please", "yep", "yup", "yeah", "yea", "ya", "sure", "sure thing", "ok", "okay", "k", "y"),
        *("please", "please do", "go ahead", "of course", "yes tell me", "yes pls", "yes remind me", "ok please"),
        *(
            "好",
            "好的",
            "好呀",
            "好啊",
            "系",
            "系呀",
            "是",
            "是的",
            "要",
            "可以",
            "得",
            "ok啦",
            "冇问题",
            "没问题",
            "当然",
        ),
    )
)
NO = frozenset(
    (
        *("no", "nope", "nah", "no thanks", "no thank you", "n", "not now", "never mind", "nvm"),
        *("唔使", "唔要", "不要", "不用", "不", "唔好", "算了", "唔洗"),
    )
)


def wanted(text: str | None) -> Wanted | None:
    """Return what a message asks for, or None for most."""
    said = bare(text)
    if not said or len(said) > LONGEST:
        return None
    chinese = in_simplified(folded(text)).strip(" 。！？!?.")
    if _LIST.fullmatch(said) or _LIST_ZH.fullmatch(chinese):
        return Wanted(Wish.LIST)
    return _end(said, chinese) or _tell(said) or _tell_chinese(chinese)


def agrees(text: str | None) -> bool | None:
    """Return whether a message is a plain yes (True) or no (False) to the question just asked; None: neither."""
    said = in_simplified(bare(text)).replace(",", "")
    return (said in YES) if said in YES | NO else None


def kind_in(text: str) -> str:
    """Return the kind of event that words name, "" if none."""
    said = in_simplified(folded(text))
    for name, words in KINDS.items():
        if any(re.search(rf"\b{each}(?:e?s)?\b" if each.isascii() else each, said) for each in words):
            return name
    return ""


def _end(said: str, chinese: str) -> Wanted | None:
    english, found = _END.fullmatch(said), _END_ZH.fullmatch(chinese)
    if not english and not found:
        return None
    things, rest = (_THINGS, english["rest"]) if english else (_THINGS_ZH, found["rest"] if found else "")
    topic = next((each for each, words in things.items() if re.search(rf"(?:{words})", rest)), None)
    if english and topic is None and not re.search(_MESSAGES, rest):
        return None  # "stop it", "cancel my": something else may be meant
    return Wanted(Wish.END, topic, kind_in(rest))


def _tell(said: str) -> Wanted | None:
    found = _TELL.fullmatch(said)
    if found is None:
        return None
    verb, rest = found["verb"], found["rest"]
    sure, kind = bool(_SURE.search(verb)), kind_in(rest)
    if verb.startswith("remind") or "reminder" in verb:
        if _IT.fullmatch(rest):
            return Wanted(Wish.TELL, Topic.EVENT)
        if _CONTEST.search(rest):
            return Wanted(Wish.TELL, Topic.CONTEST)
        about = re.fullmatch(r" (?:about|of|for|before|to (?:go to|attend)) (?:the |this |that )?(.+)", rest)
        return Wanted(Wish.TELL, Topic.EVENT, rest=about[1]) if about and not _HOURS.search(rest) else None
    news = sure or bool(_LATER_NEWS.search(rest))
    if _CONTEST.search(rest):
        return Wanted(Wish.TELL, Topic.CONTEST) if news else None
    if kind or _EVENTS.search(rest):
        return Wanted(Wish.TELL, Topic.EVENTS, kind) if news else None
    hours = _HOURS.search(rest) and (sure or _LATER_HOURS.search(rest))
    return Wanted(Wish.TELL, Topic.HOURS, rest=rest) if hours else None


def _tell_chinese(said: str) -> Wanted | None:
    if _IT_ZH.fullmatch(said):
        return Wanted(Wish.TELL, Topic.EVENT)
    if not _TELL_ZH.search(said) or not (_SURE_ZH.search(said) or _LATER_ZH.search(said)):
        return None
    if _CONTEST_ZH.search(said):
        return Wanted(Wish.TELL, Topic.CONTEST)
    if _HOURS_ZH.search(said):
        return Wanted(Wish.TELL, Topic.HOURS, rest=said)
    kind = kind_in(said)
    return Wanted(Wish.TELL, Topic.EVENTS, kind) if kind or _EVENTS_ZH.search(said) else None
