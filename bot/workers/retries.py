"""How long to wait before another try."""

from __future__ import annotations

import random


def delay(tries: int, *, base: float = 1.0, cap: float = 300.0, floor: float | None = None) -> float:
    """Return seconds to wait after `tries` failures: exponential with full jitter, between half and all of it.

    `floor` is the platform's own Retry-After, which is never undercut. (Exponential back-off and jitter, Brooker 2015.)
    """
    longest = min(cap, base * 2.0 ** min(tries, 30))
    return max(random.uniform(longest / 2, longest), floor or 0.0)
