"""What Messenger's error codes mean. Messenger Platform, "Error codes", read in November 2026."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.meta import ErrorTable

UNUSABLE = "Meta could not fetch or use the picture of this message: check its address, type and size."
PERMANENT: Mapping[tuple[int, int], str] = {
    (10, 2018278): "The 24 hours in which Meta lets a bot answer this message are over.",
    (10, 2018065): "The 24 hours in which Meta lets a bot answer this message are over.",
    (100, 2018001): "Meta knows no such person on this page.",
    (100, 2018005): UNUSABLE,
    (100, 2018007): UNUSABLE,
    (100, 2018008): UNUSABLE,
    (100, 2018034): "Meta takes no empty message.",
    (100, 2018047): UNUSABLE,
    (100, 2018074): UNUSABLE,
    (100, 2018109): UNUSABLE,
    (100, 2018294): UNUSABLE,
    (200, 1545041): "This person cannot be reached: they may have blocked the page or left.",
    (551, 0): "This person cannot be reached: they may have blocked the page or left.",
    (1545041, 0): "This person cannot be reached: they may have blocked the page or left.",
}
RETRY = frozenset({1, 2, 4, 17, 32, 341, 613, 1200, 80006})
OPERATOR: Mapping[int, str] = {
    10: "Meta says that the app lacks a permission, or that the page is restricted: see the page's Support Inbox.",
    100: "Meta does not understand the request: page id, Graph version or the message's form is wrong.",
    190: "The access token is expired or wrong: make a new one and set it.",
    368: "Meta has blocked the page for a time, for what it calls abuse: see the page's Support Inbox.",
}
PERMISSION = "The access token lacks a permission (pages_messaging): grant it and make a new token."

# 2 is a temporary fault of Meta's, or a person who has blocked the page: about an hour. 100 is a wrong setup, or one
# bad message: then later messages must not wait for ever.
TRIES: Mapping[int, int] = {2: 12, 100: 3}

ERRORS = ErrorTable(PERMANENT, RETRY, OPERATOR, PERMISSION, tries=TRIES)
