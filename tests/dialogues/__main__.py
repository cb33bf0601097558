"""`python -m tests.dialogues [FILE…]`: replay dialogues to the Rasa of RASA_URL and show what they came to.

Its action server reads the store that it was started with. Transcripts go to var/dialogues/.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path

import structlog

from bot.settings import read_settings
from tests.dialogues.files import HERE, dialogues
from tests.dialogues.measured import measure, show
from tests.dialogues.replay import stage

if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    named = [path if path.exists() else HERE / path.name for path in map(Path, sys.argv[1:])]
    settings = read_settings()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(
            stage(settings.rasa_url, Path(folder), token=settings.rasa_token),
            dialogues(named),
            Path("var") / "dialogues",
        )
    show(", ".join(path.name for path in named) or "All dialogues", found)
