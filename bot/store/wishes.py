"""STOP and START: what a person wants of the bot, as a whole message; applied whatever happens to its answer."""

from __future__ import annotations

import re
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import subscriptions
from bot.store.message_tables import InboxRow, PersonRow
from connectors.folding import folded
from connectors.messages import IncomingMessage, Kind

people, inbox = PersonRow.__table__, InboxRow.__table__

# Anything longer says more than this.
LONGEST = 80
SAID = frozenset({Kind.TEXT, Kind.POSTBACK})


class Wish(StrEnum):
    """What a person wants of the bot. MAYBE_STOP: the words may mean STOP, so it is better to ask."""

    STOP = "stop"
    START = "start"
    MAYBE_STOP = "maybe_stop"


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Only whole messages count, word by word: "how do I stop a renewal" and "does the bus stop here" contain other words.
COURTESY = _words(
    "please pls plz kindly just now ok okay hey hi bot carrel thanks thank thx immediately already pleaseee so"
)
END = frozenset({"stop", "stopp", "stopall", "unsubscribe", "unsub", "optout", "opt-out", "停", "停止", "退訂", "退订"})
# Whole messages of these alone, in one language or two: "STOP STOP STOP", "stop 停止".
ALONE = frozenset({"stop", "停", "停止", "unsubscribe", "退訂", "退订"})
SPOKEN = _words(
    "sending send sent messaging message texting text writing write spamming spam contacting contact replying reply "
    "answering answer chatting chat msging msg bothering bother disturbing disturb messages msgs texts chats"
)
# Words that only say whom, what or how long.
BESIDE = _words(
    "me us to here at all any more anymore again ever forever from this these those the your ur number every "
    "everything i i'd want would like need wish you u can could may will it with of things stuff list conversation chat"
)
REFUSED = (("do", "not"), ("dont",), ("don't",), ("never",), ("no", "more"), ("no", "longer"), ("quit",), ("stop",))
# "I don't receive messages" complains; "I don't want to receive messages" refuses them.
RECEIVED, WANTED = _words("receive receiving"), _words("want wish like wanna")
# These may be meant for the bot or for something else, so it asks.
QUIET = frozenset(
    {
        *(
            "shut up",
            "be quiet",
            "leave me alone",
            "go away",
            "enough",
            "stop it",
            "stop this",
            "stop that",
            "stop talking",
        ),
        *(
            "can you stop",
            "could you stop",
            "will you stop",
            "would you stop",
            "can u stop",
            "i said stop",
            "stop stop",
        ),
        *(
            "no notifications",
            "stop these",
            "stop those",
            "stop them",
            "you can stop",
            "u can stop",
            "off",
            "quit",
            "end",
            "取消訂閱",
            "取消订阅",
            "停止訂閱",
            "停止订阅",
            "停止通知",
            "停止提醒",
            "唔想再收",
            "不想再收",
            "不想再收到",
            "退訂回t",
            "退订回t",
            "回t退訂",
            "回t退订",
            "td",
            "收聲",
            "走開",
        ),
    }
)
OUT = frozenset({"stop all", "stop everything"})
_LISTED = re.compile(
    r"(?:(?:can|could|will|would) (?:you|u) )?(?:remove|take|delete|get) (?:me|my (?:phone )?number) "
    r"(?:from|off|out of) (?:this|the|your|ur) (?:mailing |contact |messaging )?list"
)
# "Stop reminders" may mean those that the person asked for (bot.telling.words), or everything.
_NEWS = re.compile(
    r"(?:stop|no more|mute) (?:(?:all|the|these|those|this|your|ur|any) ){0,2}"
    r"(?:notifications?|updates?|reminders?|alerts?|announcements?|news|newsletters?|broadcasts?|ads?|promotions?)"
)
# Ways to write one word: "S.T.O.P.", "stoppp", "opt out".
_SPELT = re.compile(r"(?:\w ){1,40}\w")
_DRAWN = re.compile(r"st{1,40}o{1,40}p{1,40}")
_OPT = re.compile(r"\bopt(?: me| us)? out\b")
# Whoever asks whether they can is asked back.
_MAY_I = re.compile(r"(?:can|could|may) i ")
BEGIN = frozenset({"start", "unstop", "subscribe", "optin", "opt-in", "resume", "開始", "开始"})
# Chinese is written without spaces: what is refused, and what is sent or answered.
_REFUSED_ZH = re.compile(
    r"(?:請|请|唔該|麻煩|麻烦)?(?:你)?(?:"
    r"(?:唔好|唔使|唔駛|唔洗|唔要|不要|不用|别|別|勿|停止)再?(?:(?:給|给|俾|畀|比|向)我)?(?:send|sd|發送|发送|傳送|發|发|傳|传|回覆|回复|覆|搵|煩|烦)"
    r"(?:messages?|msgs?|訊息|讯息|信息|消息|短信|嘢|嚟|來|来|俾|畀|比|給|给|我|了|啦|喇|\s)*"
    r"|我?(?:唔想|唔要|不想|不要|停止|唔使)再?(?:收|接收|收到)(?:到)?(?:你|你哋|你們|你们|呢啲|這些|这些)?(?:啲|的|嘅)?"
    r"(?:messages?|msgs?|訊息|讯息|信息|消息|短信|通知)(?:了|啦|喇)?"
    r"|(?:停|停止|退訂|退订)(?:啦|喇|呀|啊|吧|了|唔該){0,2})"
)
_MARKS = re.compile(r"[^\w'-]+")


def wish_of(message: IncomingMessage) -> Wish | None:
    """Return what a message's words want of the bot; None for most."""
    return wish_in(message.text) if message.kind in SAID else None


def wish_in(text: str | None) -> Wish | None:
    """Return what `text` wants of the bot, ignoring politeness, punctuation, widths and invisible characters."""
    said = folded(text)
    if not said or len(said) > LONGEST:
        return None
    words = _plain(_MARKS.sub(" ", said).replace("thank you", "thanks").split())
    if _REFUSED_ZH.fullmatch(" ".join(words)):
        return Wish.STOP
    if " ".join(words) in QUIET:
        return Wish.MAYBE_STOP
    words = [word for word in words if word not in COURTESY]
    together = " ".join(words)
    if together in QUIET or _NEWS.fullmatch(together):
        return Wish.MAYBE_STOP
    if _stops(words):
        return Wish.MAYBE_STOP if _MAY_I.match(together) else Wish.STOP
    begins = [word for word in words if word not in {"again", "me", "opt", "in"}] or ["".join(words)]
    return Wish.START if len(begins) == 1 and begins[0] in BEGIN else None


def _plain(words: list[str]) -> list[str]:
    """Return words without quotes and dashes around them, each order as one word however it is written."""
    together = " ".join(stripped for word in words if (stripped := word.strip("'-_")))
    if _SPELT.fullmatch(together):
        return [together.replace(" ", "")]
    return ["stop" if _DRAWN.fullmatch(word) else word for word in _OPT.sub("optout", together).split()]


def _stops(words: list[str]) -> bool:
    """Return whether words, courtesies aside, only ask for no more messages."""
    together = " ".join(words)
    if together in OUT or _LISTED.fullmatch(together) or (words and set(words) <= ALONE):
        return True
    ends = [word for word in words if word in END]
    if len(ends) == 1 and (len(words) == 1 or ends[0] in {"unsubscribe", "optout", "opt-out"}):
        return all(word in END | BESIDE | SPOKEN for word in words)
    # "Can you please stop sending me messages": the words before the refusal must be as empty as those after it.
    for beginning in REFUSED:
        for place in range(len(words) - len(beginning)):
            if tuple(words[place : place + len(beginning)]) == beginning:
                others = [*words[:place], *words[place + len(beginning) :]]
                if RECEIVED & set(others) and not WANTED & set(others):
                    return False
                known = SPOKEN | BESIDE | RECEIVED
                return any(word in SPOKEN for word in others) and all(word in known for word in others)
    return False


def hold(connection: Connection, person_id: int, message: IncomingMessage) -> None:
    """Apply a message's STOP or START, unless a message sent later says otherwise.

    For messages that arrive too late to be answered, and so out of order.
    """
    wish = wish_of(message)
    if wish not in {Wish.STOP, Wish.START}:
        return
    later = sa.select(inbox.c.text).where(
        inbox.c.person_id == person_id, inbox.c.said, inbox.c.sent_at > message.sent_at
    )
    if any(wish_in(text) in {Wish.STOP, Wish.START} for text in connection.execute(later).scalars()):
        return
    since = message.sent_at if wish is Wish.STOP else None
    connection.execute(sa.update(people).where(people.c.id == person_id).values(stopped_at=since))
    if since is not None:
        subscriptions.end_all(connection, person_id, "stop", since)


def start_again(connection: Connection, person_id: int) -> None:
    """Record that a person wants the bot to answer again."""
    connection.execute(sa.update(people).where(people.c.id == person_id).values(stopped_at=None))
