"""Logs: one line per event, structured, on standard error, without personal data."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure(process: str) -> None:
    """Configure logging for one process; `process` is named on every line. Times are UTC."""
    structlog.configure(**_form(process), cache_logger_on_first_use=True)
    # httpx logs every URL at INFO, and a URL may contain an id.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def apart(process: str) -> Any:
    """Return a logger of the same form for a process whose logging is configured by Rasa."""
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
        # A line and its newline in one write, or lines of several processes get mixed in the supervisor's output.
        "logger_factory": structlog.WriteLoggerFactory(sys.stderr),
    }
