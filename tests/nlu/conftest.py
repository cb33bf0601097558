"""What the model that the run shares makes of words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.stack import ROOT


@pytest.fixture(scope="module")
def parse(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """What the model makes of a text; no store of this machine's may have a say."""
    from rasa.core.agent import Agent

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('none')}/none.db")
        patch.setenv("CARREL_VAR", str(ROOT / "var"))
        agent = Agent.load(str(models))
    return lambda text: asyncio.run(agent.parse_message(text))
