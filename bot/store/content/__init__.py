"""The library's content as files that people edit: validated, loaded into the store, exported."""

from __future__ import annotations

from collections import Counter

from bot.store.content.export import export
from bot.store.content.files import read
from bot.store.content.plan import Plan, apply, plan
from bot.store.content.problems import Content, Problem

__all__ = ["Content", "Plan", "Problem", "apply", "export", "plan", "read", "samples"]


def samples(content: Content) -> list[str]:
    """Return what is made up, a line per kind and topic: "answers, wifi: 6", "places: library (opening times)"."""
    found: dict[str, list[str]] = {}
    whole: Counter[str] = Counter()
    for kind, records in content.records.items():
        for record in records.values():
            group = ", ".join(filter(None, (kind, record.get("topic"))))
            if record["sample"] == "all of it":
                whole[group] += 1
            elif record["sample"]:
                found.setdefault(group, []).append(f"{record['key']} ({record['sample']})")
    return [
        f"{group}: " + "; ".join([*([f"{whole[group]} whole entries"] if whole[group] else []), *found.get(group, [])])
        for group in dict.fromkeys([*found, *whole])
    ]
