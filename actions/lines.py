"""One log line for each action run, with the request's id and nothing that a student wrote."""

from __future__ import annotations

import time
from typing import Any

from rasa_sdk.executor import ActionExecutor

from bot.logs import apart

log = apart("actions")
MARK = "_carrel_lines"


def _told() -> None:
    """Wrap the executor so that it logs each action; rasa_sdk has no hook for this."""
    run = ActionExecutor.run

    async def telling(self: ActionExecutor, action_call: dict[str, Any]) -> Any:
        started, failed = time.perf_counter(), ""
        try:
            return await run(self, action_call)
        except Exception as error:
            failed = type(error).__name__
            raise
        finally:
            ms = round((time.perf_counter() - started) * 1000, 1)
            about = {"action": action_call.get("next_action"), "request_id": _request_id(action_call), "ms": ms}
            log.info("action", **about, **({"error": failed} if failed else {}))

    setattr(telling, MARK, True)
    if not hasattr(run, MARK):  # the executor may import this module again
        ActionExecutor.run = telling


def _request_id(action_call: dict[str, Any]) -> str:
    latest = (action_call.get("tracker") or {}).get("latest_message") or {}
    return str((latest.get("metadata") or {}).get("request_id", ""))


_told()
