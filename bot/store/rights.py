"""What a person asks about their own data, as a whole message: to see it, or to be forgotten. Pure."""

from __future__ import annotations

import re
from enum import StrEnum

from connectors.folding import bare, folded

# Anything longer says more than this.
LONGEST = 80


def _each(words: str) -> frozenset[str]:
    return frozenset(words.split("|"))


class Right(StrEnum):
    """What a person asks."""

    ACCESS = "access"
    ERASURE = "erasure"


# Only whole messages count: "forget it", "delete my booking" and "is my data safe on eduroam" ask for something else.
_COURTESY = _each(
    "please|pls|plz|kindly|now|hey|hi|hello|ok|okay|thanks|thank|thx|bot|carrel|you|immediately|just|so|and"
)
_MY = r"(?:my|all my|all of my|the|any|all|all the)"
_DATA = r"(?:personal )?(?:data|info|informations?|details)"
_HAVE = r"(?:have|got|hold|keep|kept|store|stored|save|saved|collect|collected|know|remember|record|recorded)"
_ASK = (
    r"(?:can|could|may|i|we|u|want|wanna|would|like|need|to|id|i'd|me|let|show|give|send|see|get|view|read|download"
    r"|export|access|have|a|copy|of|request|check|look|at)"
)
_ACCESS = (
    rf"(?:what|which)(?: {_DATA})? (?:do|does|did|have|has)(?: the)? (?:you|u|library|bot)(?: {_HAVE})? "
    rf"(?:about|on|of|from) me",
    rf"what(?:'s| is)(?: {_DATA})? (?:stored|kept|saved|known) (?:about|on|of) me",
    rf"(?:{_ASK} ){{0,8}}{_MY} {_DATA}",
    rf"(?:{_ASK} ){{0,8}}(?:all )?(?:the )?{_DATA} (?:you|u) {_HAVE} (?:about|on|of) me",
    r"(?:subject|data) access request|(?:gdpr|pdpo)(?: access)? request",
)
_DELETE = r"(?:delete|erase|remove|wipe|clear|destroy|get rid of)"
_WANT = r"(?:(?:can|could|will|would) (?:you|u) |(?:i|i'd|id) (?:want|like|would like|need) (?:you |u )?to |i wanna )?"
_MINE = (
    rf"(?:{_DATA}|chats?|chat history|messages|conversations?|history|records?)"
    rf"(?: and (?:{_DATA}|messages|chats?|history))?"
)
_ERASURE = (
    rf"{_WANT}forget (?:me|about me|all about me|everything about me|who i am|my {_DATA}|(?:all )?my messages)",
    rf"{_WANT}{_DELETE} (?:all )?(?:of )?my {_MINE}",
    rf"{_WANT}{_DELETE} (?:everything|all|all of it|anything|(?:all )?(?:the )?{_DATA}|what)"
    rf" (?:(?:you|u) {_HAVE} )?(?:about|on|of|from) me",
    rf"{_WANT}{_DELETE} me(?: from (?:your|the) (?:database|system|records|memory))?",
    r"right to be forgotten|i want to be forgotten",
)
_EITHER = {
    Right.ERASURE: re.compile("|".join(f"(?:{each})" for each in _ERASURE)),
    Right.ACCESS: re.compile("|".join(f"(?:{each})" for each in _ACCESS)),
}
# Chinese, without spaces: politeness, a verb, and the data of the one who writes.
_POLITE = (
    r"(?:請問?|请问?|唔該晒?|麻煩你?|麻烦你?|可唔可以|可不可以|可否|可以|能不能|能否|我想要?|我要|想|幫我|帮我|同我|替我"
    r"|俾我|畀我|給我|给我){0,4}"
)
_I = r"(?:關於|关于|有關|有关)?我(?:本人|自己)?(?:嘅|的|啲)?(?:所有|全部)?(?:嘅|的)?(?:個人|个人)?"
_DATA_ZH = r"(?:資料|资料|數據|数据|資訊|信息|data|info)"
_MINE_ZH = r"(?:(?:對話|对话)?(?:紀錄|記錄|记录)|資料|资料|數據|数据|資訊|訊息|讯息|信息|對話|对话|data|info)"
_END = r"(?:呢|呀|啊|㗎|嗎|吗|啦|喇|吧|先|唔該|謝謝|谢谢|多謝|得唔得|好嗎|好吗){0,3}"
_YOU = r"(?:你哋?|你們|你们|您|圖書館|图书馆|機械人|机器人)"
_WHAT = r"(?:咩|乜嘢?|什麼|什么|甚麼|哪些|邊啲|啲咩|啲乜)"
_KNOW = (
    r"(?:有|知道?|存咗?了?|儲存咗?了?|储存了?|保留咗?了?|保存咗?了?|記住咗?了?|记住了?|記低咗?|記得|记得|收集咗?了?)"
)
_CHINESE = {
    Right.ERASURE: re.compile(
        rf"{_POLITE}(?:刪除|删除|刪去|刪|删|清除|清空|移除|抹去|抹除|銷毀|销毁|delete|del)(?:晒|掉|咗|了|返)?"
        rf"{_I}{_MINE_ZH}{_END}"
        rf"|{_POLITE}(?:將|将|把){_I}{_MINE_ZH}(?:全部|都)?(?:刪除|删除|刪|删|清除|清空|移除|抹去|delete)"
        rf"(?:晒|掉|咗|了)?{_END}"
        rf"|{_POLITE}{_YOU}?(?:忘記|忘记|忘掉|忘咗|唔記得|唔好再?記住|不要再?記住|不要再?记住|刪除|删除)(?:晒|咗|了)?我{_END}"
    ),
    Right.ACCESS: re.compile(
        rf"{_POLITE}{_YOU}{_KNOW}(?:關於|关于)?我{_WHAT}(?:{_DATA_ZH})?{_END}"
        rf"|{_POLITE}{_YOU}{_KNOW}{_WHAT}(?:關於|关于)?我(?:嘅|的)?{_DATA_ZH}{_END}"
        rf"|{_POLITE}{_YOU}{_KNOW}我(?:嘅|的)?(?:啲|邊啲|哪些)?{_WHAT}?{_DATA_ZH}{_END}"
        rf"|{_POLITE}(?:睇下?|看看?|查看|查閱|查阅|查詢|查询|查|索取|取得|下載|下载|拎|攞|要|show|download)?返?"
        rf"{_I}{_DATA_ZH}{_END}"
    ),
}
_MARKS = re.compile(r"[^\w']+")
_HAN = re.compile(r"[\u3400-\u9fff]")

YES = _each(
    "yes|y|yeah|yep|yup|ok|okay|sure|confirm|do it|yes please|yes delete|yes delete it|yes forget me|delete|delete it"
    "|go ahead|係|是|好|好的|確定|确定|確認|确认|要|刪除|删除|係呀|是的|得"
)
NO = _each("no|n|nope|nah|no thanks|cancel|dont|don't|never mind|nevermind|nvm|唔係|不是|唔好|不要|不|唔使|取消|算")


def right_in(text: str | None) -> Right | None:
    """Return what `text` asks about its writer's data, ignoring politeness, punctuation and widths; None for most."""
    said = folded(text)
    if not said or len(said) > LONGEST:
        return None
    words = _MARKS.sub(" ", said).split()
    if _HAN.search(said):
        together = "".join(words)
        return next((right for right, pattern in _CHINESE.items() if pattern.fullmatch(together)), None)
    while words and words[0] in _COURTESY:
        words.pop(0)
    while words and words[-1] in _COURTESY:
        words.pop()
    said = " ".join(words)
    return next((right for right, pattern in _EITHER.items() if pattern.fullmatch(said)), None)


def says_yes(text: str | None) -> bool:
    """Return whether a whole message agrees."""
    return bare(text) in YES


def says_no(text: str | None) -> bool:
    """Return whether a whole message declines."""
    return bare(text) in NO
