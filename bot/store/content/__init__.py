"""The library's content as files that people edit: checked, loaded into the store, written back."""

from __future__ import annotations

from bot.store.content.export import export
from bot.store.content.files import Content, Problem, read
from bot.store.content.plan import Plan, apply, plan

__all__ = ["Content", "Plan", "Problem", "apply", "export", "plan", "read", "samples"]


def samples(content: Content) -> list[str]:
    """Return the entries that are still made up, each as "places library: opening times in the morning"."""
    return [
        f"{kind} {record['key']}" + (f" ({record['sample']})" if record["sample"] != "all of it" else "")
        for kind, records in content.records.items()
        for record in records.values()
        if record["sample"]
    ]
