"""Compares several models on the same messages in a separate process: `python -m bot.nlu.judging IN.json OUT.json`.

In: {"models": [path, …], "texts": [text, …]}. Out: {"parsed": [[{"ranking": [[intent, confidence], …], "sure": bool},
…] for each model], "milliseconds": [median time to parse a text for each model]}.
"""

from __future__ import annotations

import asyncio
import json
import logging
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from rasa.core.agent import Agent

from bot.retraining.measures import guess

RANKED = 10
TIMED = 60


async def judge(models: Sequence[str], texts: Sequence[str]) -> dict[str, Any]:
    """Return each model's reading of each text, and how long it takes when the sentence vector is cached."""
    agents = [Agent.load(model) for model in models]
    parsed = [[await _parsed(agent, text) for text in texts] for agent in agents]
    times: list[list[float]] = [[] for _ in agents]
    for text in texts[:TIMED]:
        for each, agent in zip(times, agents, strict=True):  # in turns, so that a busy moment affects all models alike
            started = time.perf_counter()
            await agent.parse_message(text)
            each.append((time.perf_counter() - started) * 1000)
    return {"parsed": parsed, "milliseconds": [round(statistics.median(each), 2) if each else 0.0 for each in times]}


async def _parsed(agent: Agent, text: str) -> dict[str, Any]:
    made = guess(await agent.parse_message(text))
    return {"ranking": [[name, round(value, 4)] for name, value in made.ranking[:RANKED]], "sure": made.sure}


def quiet() -> None:
    """Keep Rasa from logging what it parses: these are students' words."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def main() -> None:
    """Run the comparison in the first file, and write the results to the second."""
    quiet()
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    told = asyncio.run(judge(asked["models"], asked["texts"]))
    Path(sys.argv[2]).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
