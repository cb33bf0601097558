"""What words mean while a photo is entered: begin, leave, change something, skip, agree; or ask something else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.plain import plain

# Nothing is read beyond these characters: whoever writes more gives an answer or asks something.
SHORT = 80
SURE = 0.6
_JOIN = re.compile(
    r"\b(?:(?:want|wanna|like|love|going|wish|ready) (?:to )?|let me |let's |lets |please |pls |^can i |^could i |^)"
    r"(?:now )?(?:join|enter|submit|participate in|take part in|send in|hand in|go on with|continue|finish)\b"
    r"(?!.{0,60}\b(?:group|team|twice|if|when|after|late|still|already)\b)|\bsign me up\b"
)
_JOIN_CHINESE = re.compile(
    "(?:想|要|我來|我来|幫我|帮我|繼續|继续)[^?？嗎吗]{0,6}(?:參加|参加|參賽|参赛|報名|报名|交)[^?？嗎吗幾几邊边哪點点怎]{0,12}$"
)
_MINE = re.compile(
    r"\b(?:withdraw|pull out|take back|remove|delete|cancel|replace|change|swap)\b.{0,30}\b(?:my|the) (?:\w+ )?"
    r"(?:entry|entries|photos?|pictures?|pics?|submissions?)\b"
    r"|\b(?:which|what)\b.{0,20}\b(?:did i|have i|i've|ive|i) (?:enter|entered|submit|submitted|send in|sent in)\b"
    r"|\bmy (?:contest )?(?:entries|entry|submissions?)\b"
)
_MINE_CHINESE = re.compile(
    "(?:撤回|退出|取消|撤销|撤銷|更換|更换|換|换|更改).{0,6}(?:作品|相片|照片|參賽|参赛|相)|我(?:提交|交|參賽|参赛).{0,6}(?:哪|邊|边|什麼|什么|咩|乜)|我的(?:參賽|参赛)?作品"
)
_WITHDRAW = re.compile(r"\b(?:withdraw|pull out|take back|remove|delete|cancel)\b|撤回|退出|取消|撤销|撤銷")
_REPLACE = re.compile(r"\b(?:replace|change|swap)\b|更換|更换|換|换|更改")
_CANCEL = re.compile(
    r"\W*(?:please |pls |ok |no )?(?:cancel|quit|exit|abort|forget it|never ?mind|nvm|stop (?:this|the entry|entering))"
    r"(?: (?:it|this|that|my entry|the entry|the form|please|pls))?\W*"
    r"|\W*(?:i )?(?:don'?t|do not) (?:want|wanna) (?:to )?(?:join|enter|take part|continue|go on)(?: .{0,30})?"
    r"|\W*(?:取消|算了|不參加了|不参加了|唔參加喇?|唔玩喇?|不玩了|放棄|放弃)\W*"
)
_CHANGE = re.compile(
    r"\W*(?:please |pls |can i |could i |i (?:want|would like|'d like|need) to |let me )?"
    r"(?:change|edit|correct|fix|redo|replace|swap)(?: (?P<what>.{0,30}))?"
    r"|\W*(?:我?想|可唔可以|可以|請|请)?(?:更改|修改|更換|更换|改|換|换)(?:一下)?(?P<chinese>.{0,10})"
)
_PARTS: Mapping[str, re.Pattern[str]] = {
    "photo": re.compile(r"\b(?:photo|picture|pic|image|file)\b|相|照片|圖片|图片"),
    "title": re.compile(r"\btitle\b|標題|标题|題目|题目"),
    "description": re.compile(r"\b(?:description|caption|text)\b|介紹|介绍|描述|說明|说明"),
    "name": re.compile(r"\b(?:name|credit)\b|署名|名字|名稱|名称"),
    "who": re.compile(r"\bwho\b|\bstatus\b|身份"),
    "contact": re.compile(r"\b(?:contact|e-?mail|number)\b|聯絡|联络|联系|電郵|电邮|編號|编号"),
}
_SKIP = re.compile(
    r"\W*(?:skip(?: it| this)?|no(?:ne|pe| thanks?)?|nothing|n/?a|略過|略过|跳過|跳过|沒有|没有|冇|不用|唔使|唔要)?\W*"
)
_YES = re.compile(
    r"\W*(?:yes|yep|yeah|yup|sure|ok(?:ay)?|agree[d]?|i agree|i do|confirm(?:ed)?|enter it|submit(?: it)?|go(?: ahead)?"
    r"|同意|我同意|好|好的|係|是|是的|確認|确认|提交|確定|确定|得|可以)(?: please| pls| it)?\W*"
)
_NO = re.compile(r"\W*(?:no|nope|not yet|wait|i (?:don'?t|do not) agree|disagree|不同意|唔同意|不|唔係|不是|未)\W*")
_QUESTION = re.compile(
    r"\W*(?:(?:and|but|so|ok|also|btw|wait|sorry|hi|hey)\W+){0,2}"
    r"(?:when|what|whats|what's|where|who|whom|how|why|which|can|could|may|is|are|am|was|do|does|did|will|would|should)\b"
)
_ASKS_CHINESE = re.compile(
    "[?？]|[嗎吗呢]$|幾時|几时|幾點|几点|邊度|边度|哪裏|哪里|點樣|怎麼|怎么|怎樣|怎样|可唔可以|可不可以|能不能|有冇|有沒有|有没有|係咪|是不是|什麼|什么|甚麼|咩"
)
_CONTACT = re.compile(r"[^@\s]{1,64}@[^@\s]{1,100}\.[a-zA-Z]{2,20}|\+?\d[\d -]{4,20}\d")
# What was understood and yet is no question that an answer in between would help.
UNASKING = frozenset(
    {"out_of_scope", "nlu_fallback", "follow_up", "affirm", "deny", "acknowledge", "annoyed", "confused"}
)
COURTESIES = frozenset({"greet", "thanks", "goodbye", "wait"})
ALWAYS = frozenset({"contact_librarian", "stop_asked", "speak_en", "speak_zh_hant", "speak_zh_hans", "choose_language"})


def _read(text: str) -> str:
    return plain(text[:SHORT]).casefold().strip() if len(text) <= SHORT else ""


def joins(text: str) -> bool:
    """Return whether words about the contest say that somebody wants to enter now, here."""
    words = _read(text)
    return bool(words) and bool(_JOIN.search(words) or _JOIN_CHINESE.search(words)) and not _asks_how(words)


def _asks_how(words: str) -> bool:
    return bool(re.match(r"\W*(?:how|where|when|what|who|do i|should i|must i)\b", words))


def of_mine(text: str) -> str:
    """Return what somebody wants to do with what they entered: withdraw, replace or see; "" if they speak of none."""
    words = _read(text)
    if not words or not (_MINE.search(words) or _MINE_CHINESE.search(words)):
        return ""
    return "withdraw" if _WITHDRAW.search(words) else "replace" if _REPLACE.search(words) else "see"


def cancels(text: str) -> bool:
    """Return whether words say that somebody wants to leave the form."""
    return bool(_CANCEL.fullmatch(_read(text)))


def discards(text: str) -> bool:
    """Return whether words say that what was begun is to be thrown away."""
    return bool(re.search(r"\b(?:throw|discard|delete|away|remove)\b|放棄|放弃|刪|删|唔要|不要", _read(text)))


def keeps(text: str) -> bool:
    """Return whether words say that what was begun is to be kept for later."""
    return bool(
        re.search(r"\b(?:keep|later|tomorrow|tmr|not now)\b|保留|稍後|稍后|遲啲|之後|之后|明天|聽日", _read(text))
    )


def change_of(text: str) -> str | None:
    """Return what somebody wants to change, "" if they don't say what; None: they want to change nothing."""
    words = _read(text)
    found = _CHANGE.fullmatch(words) if words else None
    if found is None:
        return None
    what = found["what"] or found["chinese"] or ""
    named = next((name for name, pattern in _PARTS.items() if pattern.search(what)), "")
    vague = what.strip(" .!") in {"", "something", "it", "that", "this"}
    return named if named or vague else None


def skips(text: str) -> bool:
    """Return whether words say that there is nothing to say."""
    return bool(text.strip()) and bool(_SKIP.fullmatch(_read(text) or "x"))


def agrees(text: str, intent: str) -> bool:
    """Return whether words say yes."""
    return intent == "affirm" or bool(_YES.fullmatch(_read(text) or "?x"))


def declines(text: str, intent: str) -> bool:
    """Return whether words say no."""
    return intent == "deny" or bool(_NO.fullmatch(_read(text) or "?x"))


def asks_else(text: str, intent: str, confidence: float) -> bool:
    """Return whether a message asks for something else instead of answering: a question, and surely understood."""
    if intent in ALWAYS:
        return confidence >= SURE
    if intent in UNASKING or confidence < SURE:
        return False
    words = plain(text[:SHORT]).casefold()
    return intent in COURTESIES or bool(_QUESTION.match(words) or _ASKS_CHINESE.search(text[:SHORT].strip()))


def contact_in(text: str) -> str:
    """Return an e-mail address, or a number, of which a message consists; "" if it is neither."""
    words = text.strip()
    return words if len(words) <= SHORT * 2 and _CONTACT.fullmatch(words) else ""


def group_in(text: str, groups: Sequence[str]) -> str:
    """Return the longest group whose words are all in the text ("student" matches "students"), or ""."""
    said = {word.removesuffix("s") for word in re.findall(r"\w+", plain(text[:SHORT]).casefold())}
    named = [
        each for each in groups if all(word.removesuffix("s") in said for word in re.findall(r"\w+", each.casefold()))
    ]
    return max(named, key=len, default="")


def media_of(message: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """Return the files that a message brought: {"at": "<message>#<place>", "type", "mime"} each."""
    found = (message.get("metadata") or {}).get("media")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def is_photo(media: Mapping[str, str]) -> bool:
    """Return whether a file may be a photo, as far as the platform tells; its content decides later."""
    kind, mime = media.get("type") or "", media.get("mime") or ""
    if kind in {"document", "file"}:
        return not mime or mime.startswith("image/") or mime == "application/octet-stream"
    return kind == "image"
