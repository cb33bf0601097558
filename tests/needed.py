"""What tests need of the machine: where it is missing they skip and say so, but in CI they fail."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

from tests.stack import listens


def postgresql() -> None:
    """Skip the test, or fail it in CI, unless PostgreSQL answers on its usual port."""
    if not listens(5432):
        missing("no PostgreSQL answers on 127.0.0.1:5432")


def redis() -> None:
    """Skip the test, or fail it in CI, unless Redis answers on its usual port."""
    if not listens(6379):
        missing("no Redis answers on 127.0.0.1:6379")


def program(name: str) -> None:
    """Skip the test, or fail it in CI, unless the program is installed."""
    if not shutil.which(name):
        missing(f"there is no {name} here")


def missing(what: str) -> NoReturn:
    """Skip the test for want of something; in CI fail it: what nobody sees run there is not held by anything."""
    if os.environ.get("CI"):
        pytest.fail(f"CI needs it: {what}")
    pytest.skip(what)
