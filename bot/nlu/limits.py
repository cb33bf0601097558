"""How much of a message is read."""

from __future__ import annotations

# So many letters of a message are understood, by whatever reads it: nobody asks in more, and each reader has an end.
MOST_CHARACTERS = 2000
