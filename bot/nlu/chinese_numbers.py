"""Chinese numbers up to a hundred, as used in dates and hours: 三, 十一, 廿三, 三十一, 两."""

from __future__ import annotations

import re

_DIGITS = {each: value for value, each in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"廿": 20, "卅": 30}
# A number below a hundred, in simplified characters.
NUMBER = r"(?:\d{1,2}|[零〇一二两三四五六七八九十廿卅]{1,4})"
_ONE = "[零〇一二两三四五六七八九]"
_OF_TENS = re.compile(rf"(?:(?P<begins>[廿卅])十?|(?P<tens>{_ONE})?十)[零〇]?(?P<ones>{_ONE})?")


def number(text: str) -> int | None:
    """Return the value of a number, or None if `text` is none."""
    if text.isdigit() and text.isascii():
        return int(text)
    if text and all(each in _DIGITS for each in text):
        return int("".join(str(_DIGITS[each]) for each in text))
    found = _OF_TENS.fullmatch(text)
    if found is None:
        return None
    tens = _TENS[found["begins"]] if found["begins"] else 10 * (_DIGITS[found["tens"]] if found["tens"] else 1)
    return tens + (_DIGITS[found["ones"]] if found["ones"] else 0)
