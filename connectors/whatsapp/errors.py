"""What WhatsApp's error codes mean. WhatsApp Cloud API, "Error codes", read in November 2026."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.meta import ErrorTable

PERMANENT: Mapping[tuple[int, int], str] = {
    (131047, 0): "The 24 hours in which WhatsApp lets a bot answer this message are over.",
    (131026, 0): "WhatsApp cannot deliver to this person: no account, an old app, or the library is blocked.",
    (131050, 0): "This person does not want such messages from the library.",
    (131049, 0): "WhatsApp holds this message back, to keep the person's chats healthy.",
    (130472, 0): "WhatsApp holds this message back for an experiment of its own.",
    (131048, 0): "WhatsApp limits the library for spam: this message is not tried again.",
    (131051, 0): "WhatsApp does not know this type of message.",
    (131052, 0): "WhatsApp could not fetch the picture: check its address.",
    (131053, 0): "WhatsApp could not use the picture: check its type and size.",
    (131008, 0): "WhatsApp misses a part of the message.",
    (131009, 0): "WhatsApp refuses a part of the message.",
    (131021, 0): "The message would go from the library to itself.",
    (131030, 0): "The number is not on the list of test numbers of this app.",
    (131062, 0): "This message cannot go to somebody who is known by a user name alone.",
    (100, 0): "WhatsApp does not understand the message.",
}
RETRY = frozenset({1, 2, 4, 80007, 130429, 131056, 131016, 131000, 131057, 133016})
OPERATOR: Mapping[int, str] = {
    0: "WhatsApp does not accept the access token: make a new one and set it.",
    3: "The access token lacks a permission (whatsapp_business_messaging): grant it and make a new token.",
    10: "The access token lacks a permission (whatsapp_business_messaging): grant it and make a new token.",
    190: "The access token is expired or wrong: make a new one of a system user and set it.",
    368: "WhatsApp has blocked the account for a time, for breaking its policy: see the account's quality page.",
    130497: "WhatsApp does not let this account write to people in some countries: see the account's page.",
    131031: "WhatsApp has locked the account: see the account's page.",
    131042: "WhatsApp waits for a payment: see the account's billing page.",
    131045: "The telephone number is not registered: register it at Meta.",
}
PERMISSION = "The access token lacks a permission (whatsapp_business_messaging): grant it and make a new token."

# "Pair rate limit": try again after 4^n seconds.
GROWTH: Mapping[int, float] = {131056: 4.0}

# "Something went wrong": a minute of tries. 2 is a temporary fault, retried for about an hour.
TRIES: Mapping[int, int] = {131000: 6, 2: 12}

ERRORS = ErrorTable(PERMANENT, RETRY, OPERATOR, PERMISSION, GROWTH, TRIES)
