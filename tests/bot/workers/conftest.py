"""What the tests of the workers share."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from tests.bot.workers.house import House, build


@pytest.fixture
def house(engine: Engine) -> House:
    """A whole Carrel without its processes, on either database."""
    return build(engine)
