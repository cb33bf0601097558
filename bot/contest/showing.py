"""Whose words ask to see a contest's photos in the chat ("show me the entries", "show 17"), and the choices for it."""

from __future__ import annotations

import re

from connectors.folding import folded

# The payloads of buttons that show the photos after a number, and one photo.
MORE, ONE = "/contest_show", "/contest_photo"
# As many photos as every platform shows at once, with one more line to ask for the next.
AT_ONCE = 9
LONGEST = 80
_COURTESY = r"(?:(?:please|pls|plz|thanks|thank you|thx|hi|hello|hey|ok|okay)[ ,!]{0,3}){0,3}"
_SEE = (
    r"(?:(?:can|could|may) (?:i|you|we) |(?:i|we)(?: would|'d)? ?(?:want|wanna|like|love) ?(?:to )?|let me "
    r"|how (?:can|do) i )?(?:show|see|view|browse|list|look at|let me see|display)(?: me| us)?"
)
_WHOSE = r"(?:(?:all|some|the|of|other|more|people's|peoples|everyone's|students'|submitted|entered|accepted) ){0,4}"
_PHOTOS = r"(?:photos?|pictures?|pics?|images?)"
_WHAT = rf"(?:(?:photo )?(?:contest|competition) )?(?:entries|submissions|{_PHOTOS})"
_ENTERED = (
    r"(?: (?:that|which|people|others|everyone|students|they|have|has|had|were|are|been|already)){0,5}"
    r" (?:entered|submitted|sent in|handed in|sent|(?:in|of|for|from) (?:the|this) (?:photo )?(?:contest|competition)"
    r"|(?:i can|to|we can) vote (?:for|on))"
)
_DONE = rf"[ ,!.?]{{0,3}}{_COURTESY}[!.?]{{0,3}}"
_ALL = re.compile(
    rf"{_COURTESY}(?:{_SEE} {_WHOSE}{_WHAT}(?:{_ENTERED})?|{_WHOSE}(?:entries|{_PHOTOS}){_ENTERED}){_DONE}"
)
_NUMBERED = re.compile(
    rf"{_COURTESY}{_SEE} (?:the )?(?:(?:photo|picture|pic|image|entry) )?(?:#|no\.? ?|number )?(\d{{1,6}}){_DONE}"
)
_POLITE = r"(?:你好|唔該|麻煩|請|请|我?想|我?要|可唔可以|可以|俾我|畀我|給我|给我|讓我|让我|[,，、\s]){0,5}"
_LOOK = r"(?:睇|看|瀏覽|浏览|顯示|显示)(?:一?下|吓|晒|埋)?"
_END = r"(?:啦|喇|吧|呀|啊|嗎|吗|唔該|謝謝|谢谢|[!！。.?？\s]){0,4}"
_ALL_CHINESE = re.compile(
    rf"{_POLITE}{_LOOK}(?:所有|全部|其他|人|大家|人哋|同學|同学|的|嘅|參賽|参赛|比賽|比赛|攝影|摄影){{0,6}}"
    rf"(?:作品|相片|照片|相){_END}"
)
_NUMBERED_CHINESE = re.compile(
    rf"{_POLITE}{_LOOK}(?:第|編號|编号|作品|相片|照片|#|\s){{0,3}}(\d{{1,6}})(?:號|号|張|张)?(?:作品|相片|照片|相)?{_END}"
)


def more(after: int) -> str:
    """Return the payload of a button that shows the photos with higher numbers than `after`."""
    return f"{MORE} {after}"


def one(number: int) -> str:
    """Return the payload of a button that shows one photo."""
    return f"{ONE} {number}"


def tapped(choice: str | None) -> tuple[int, bool] | None:
    """Return what a payload asks to see: a number, and whether only that one or those after it. None: nothing."""
    name, _, number = (choice or "").partition(" ")
    if name not in {MORE, ONE} or not (number.isascii() and number.isdigit() and len(number) < 7):
        return None
    return int(number), name == ONE


def asked(text: str | None) -> str | None:
    """Return the payload that stands for words that ask to see photos; None for any other words."""
    words = folded(text) if text and len(text) <= 2 * LONGEST else ""
    if not words or len(words) > LONGEST:
        return None
    if found := _NUMBERED.fullmatch(words) or _NUMBERED_CHINESE.fullmatch(words):
        return one(int(found[1]))
    return more(0) if _ALL.fullmatch(words) or _ALL_CHINESE.fullmatch(words) else None
