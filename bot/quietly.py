"""Starts Rasa or its action server in this process: quietly, and without libraries that serving imports but never uses.

`python -m bot.quietly rasa run …`. spaCy imports torch, and TensorFlow imports jax, merely because they are installed:
that costs 3 seconds and 200 MB. The sentence encoder is exported by torch in a separate process.
"""

from __future__ import annotations

import runpy
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

UNUSED = ("torch", "jax")


def _hide() -> list[str]:
    """Make Python treat unused modules as not installed; return those hidden now that were not loaded before."""
    hidden = [name for name in UNUSED if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]  # how Python marks a module as missing
    return hidden


@contextmanager
def spared() -> Iterator[None]:
    """Within it, imports skip optional dependencies that are merely installed."""
    hidden = _hide()
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


def main() -> None:
    """Run the module named on the command line, with the arguments after it."""
    _hide()
    # Dozens of lines per start about libraries that Rasa pins: nothing that anybody here could act on.
    warnings.showwarning = lambda *_args, **_kwargs: None
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
