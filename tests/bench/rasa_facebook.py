"""Starts Rasa with its own Facebook channel, which calls a stand-in instead of Meta: `python -m … run …`.

The library under that channel has Meta's address in its code, so BENCH_GRAPH_URL is put in its place.
"""

from __future__ import annotations

import os
import runpy
from typing import Any

import fbmessenger

_made = fbmessenger.MessengerClient.__init__


def _make(self: Any, *args: Any, **kwargs: Any) -> None:
    _made(self, *args, **kwargs)
    self.graph_url = f"{os.environ['BENCH_GRAPH_URL']}/v2.12"


if __name__ == "__main__":
    fbmessenger.MessengerClient.__init__ = _make
    runpy.run_module("rasa", run_name="__main__", alter_sys=True)
