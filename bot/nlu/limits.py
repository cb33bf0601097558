"""How much of a message is read."""

from __future__ import annotations

# Nothing reads more characters of a message than this: nobody's question is longer, and every reader needs a limit.
MOST_CHARACTERS = 2000
