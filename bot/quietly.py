"""Starts Rasa or its action server in this process: quiet, and without libraries that serving imports and never uses.

`python -m bot.quietly rasa run …`. spaCy imports torch, and TensorFlow imports jax, only because they are there: that
is 3 seconds and 200 MB. The sentence encoder is exported by torch in a process of its own.
"""

from __future__ import annotations

import runpy
import sys
import warnings

UNUSED = ("torch", "jax")


def main() -> None:
    """Run the module that the command line names, with the arguments after it."""
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # "None" is how Python marks a module as not there
    # Dozens of lines a start about libraries that Rasa pins: nothing that anybody here could act on.
    warnings.showwarning = lambda *_args, **_kwargs: None
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
