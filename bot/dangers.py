"""The kinds of danger that a message may speak of: their names throughout the code, the most urgent first."""

from __future__ import annotations

VIOLENCE, MEDICAL, FIRE = "violence", "medical_emergency", "fire_gas"
SELF_HARM, HARASSMENT, DISTRESS = "self_harm", "harassment", "distress"
# Each is an intent, a topic of answers, and a reason to call in staff.
DANGERS = (VIOLENCE, MEDICAL, FIRE, SELF_HARM, HARASSMENT, DISTRESS)
# Those where minutes count.
URGENT = frozenset({VIOLENCE, MEDICAL, FIRE})
# The topic of replies to somebody who has spoken of danger and goes on writing.
CARE = "care"
# The object of a danger that isn't one: tears over an exam or a printer.
LIGHT = "light"
# What people say without changing the subject: each may come from somebody who is still in need.
CHAT = frozenset(
    {
        *("greet", "thanks", "goodbye", "affirm", "deny", "help", "bot_challenge", "follow_up", "nlu_fallback"),
        *("out_of_scope", "contact_librarian", "feedback_complaint", "counselling", "social_media_channels"),
        *("acknowledge", "wait", "annoyed", "confused", "sent_media"),
    }
)
# The actions that respond to danger: what they say is sent whoever else has the conversation.
ACTIONS = ("action_safety", "action_care")
