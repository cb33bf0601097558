"""Starts a program with a memory limit: `python -m bot.bounded MEGABYTES COMMAND …`.

The limit applies to its own data as Linux counts it, not to memory that is reserved and never touched, of which some
libraries reserve a terabyte. A program that asks for more is refused it and exits, and the supervisor restarts it; the
others, and the machine, carry on. On systems other than Linux nothing is limited.
"""

from __future__ import annotations

import os
import resource
import sys


def bound(megabytes: int) -> None:
    """Limit this process, and each that it starts, to this many megabytes; 0: unlimited."""
    if megabytes and sys.platform == "linux":
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        most = megabytes * 2**20
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def main() -> None:
    """Exec the program named on the command line."""
    bound(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - who starts this chooses the program


if __name__ == "__main__":
    main()
