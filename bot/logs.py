"""Logs: one line an event, structured, on standard error, with no personal data."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure(process: str) -> None:
    """Set logging up for one process; `process` is named on every line. Times are UTC."""
    structlog.configure(**_form(process), cache_logger_on_first_use=True)
    # httpx logs every address at INFO, and an address may hold an id.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def apart(process: str) -> Any:
    """Return a logger of the same form for a process whose logging is Rasa's own to configure."""
    form = _form(process)
    return structlog.wrap_logger(form.pop("logger_factory")(), **form)


def _form(process: str) -> dict[str, Any]:
    return {
        "processors": [
            structlog.contextvars.merge_contextvars,
            lambda _logger, _name, event: {"process": process, **event},  # on the lines of every thread
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event", "process"]),
        ],
        "wrapper_class": structlog.make_filtering_bound_logger(logging.INFO),
        # A line and its end in one write, or lines of several processes run into each other in the supervisor's output.
        "logger_factory": structlog.WriteLoggerFactory(sys.stderr),
    }
