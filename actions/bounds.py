"""Requests that a bot without accounts cannot meet: acting for somebody, seeing their account, seeing what is free now.

The reply says so first; the answer that follows explains how they can do or see it themselves.
"""

from __future__ import annotations

import re

from actions.topics import topics

# Only this many characters are searched: a request for action comes early in a message.
LONGEST = 300
_POLITE = (
    r"(?:(?:hi|hello|hey|ok|so|and|then|please|pls|plz|kindly|just|actually|yes|yep|yeah|oh|well|thx|thanks)\b"
    r"[\s,.!]*)*"
)
_DOES = (
    r"(?:renew|extend|book|reserve|cancel|check|search|find|look (?:for|up)|recall|request|order|print|pay|waive|clear"
    r"|remove|register|sign|put|hold|save|get|buy|change|reset|unblock|activate|update|send|bring|tell me if|see if)"
)
# "renew my book", "book me a room", "can u check my fine": an order, or a request to act.
_ASKED = r"(?:(?:can|could|would|will) (?:you|u|ya)|(?:help|let) me(?: to)?|help|i (?:want|need) (?:you|u) to)"
_DO = re.compile(
    rf"^\W*{_POLITE}{_ASKED}\s+(?:please |pls |help (?:me )?(?:to )?)?{_DOES}\b.*"
    r"\b(?:me|my|us|our|it|this|these|them|a room|a seat|the room)\b"
    rf"|^\W*{_POLITE}{_DOES}\s+(?:(?:for )?(?:me|us)\b|(?:all )?(?:my|our|this|these|it)\b|[^,.;!?]*\bfor me\W*$"
    r"|(?:a|the|one) (?:group |study )?(?:room|seat|locker|pod|slot|appointment)\b)",
    re.IGNORECASE,
)
# "do i have any fines", "is my hold ready", "when is my book due": what is in their account.
_MINE = r"(?:fines?|loans?|holds?|reservations?|bookings?|balance|due dates?|quota|registration)"
_SEE = re.compile(
    r"\b(?:do|did|have|has|am|was|is|are|when(?:'?s| is| are)|where(?:'?s| is| are)|how many|how much)\b[^,.;!?]*\b(?:"
    r"do i (?:have(?! to\b)|owe|still owe)|did i|have i|am i(?! allowed)|i have (?:out|borrowed|left)"
    rf"|my {_MINE}\b)"
    r"|^\W*(?:any|do i have (?:any )?|did i get (?:a )?|have i (?:got )?(?:any )?)\s*(?:fines?|overdues?|holds?|loans?)"
    r"\b"
    r"|^\W*(?:what|how much) (?:do|did) i (?:owe|have)\b"
    r"|^\W*am i (?:blocked|registered|on the (?:list|waiting list))\b"
    r"|^\W*(?:(?:can|could) (?:you|u) )?(?:check|show(?: me)?|see|tell me) (?:me )?(?:all )?my\b"
    r"|^\W*(?:has|is) my\b.*\b(?:arrived|come|ready|here|in|approved|due|overdue|confirmed|renewed|registered)\b"
    r"|^\W*when(?:'?s| is| are) my\b.*\bdue\b|^\W*(?:arrived|ready) yet\b",
    re.IGNORECASE,
)
# "any room free", "is it full now", "how many lockers are left": live data that the bot does not have.
_LIVE = re.compile(
    r"\b(?:any|are there|is there|which|how many|got)\b[^,.;!?]*\b(?:free|left|available|vacant|empty|open seats?)\b"
    r"(?! of charge| wifi| wi-fi| access| online| printing)"
    r"|\b(?:is|how|are)\b[^,.;!?]*\b(?:crowded|packed|busy|full|queue)\b",
    re.IGNORECASE,
)
_HOW = re.compile(rf"^\W*{_POLITE}(?:how (?:do|can|to|2|should|would)|where (?:do|can|to|should)|is it possible)", re.I)


def beyond(text: str, topic: str) -> str:
    """Return the response that says what the bot cannot do for a question on a topic; "" if there is no limit."""
    text = text[:LONGEST]
    if _HOW.search(text):
        return ""
    if topic in topics().account and _SEE.search(text):
        return "utter_cannot_see_account"
    if topic in topics().live and _LIVE.search(text):
        return "utter_cannot_see_live"
    if (topic in topics().account or topic in topics().done) and _DO.search(text):
        return f"utter_cannot_{topics().done.get(topic, 'do')}"
    return ""
