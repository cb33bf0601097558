"""What the audit holds, in words: who did what to what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.console.words import topic_name

# What a table's rows are called, one and many.
CALLED = {
    "places": ("the place", "Hours"),
    "terms": ("the term", "Terms"),
    "exceptions": ("the closure", "Closures"),
    "conditions": ("the special condition", "Special conditions"),
    "events": ("the event", "Events"),
    "contests": ("the contest", "Contests"),
    "contest_entries": ("the contest entry", "Contest entries"),
    "contest_posts": ("photos on the Facebook page, of the contest", "Contest photos on Facebook"),
    "answers": ("the answer", "Answers"),
    "translations": ("the translation", "Translations"),
    "contacts": ("the emergency contact", "Emergency contacts"),
    "examples": ("examples of", "Examples"),
    "topics": ("the topic", "Topics"),
    "models": ("the model", "Models"),
    "threads": ("a conversation", "Conversations with staff"),
    "users": ("the account", "Who may sign in"),
    "people": ("students\u2019 data", "Who looked at students\u2019 data"),
    "exports": ("messages", "Exports"),
    "sign_ins": ("the sign-in", "Sign-ins"),
}
_NAMES = ("name", "title", "label", "reason", "topic")
_LOOKED = {
    "identity": "looked at who %s is",
    "words": "read the words of %s as written",
    "everything": "downloaded everything that is kept of %s",
    "legal hold": "ordered that the data of %s stays",
    "file": "opened a file of a student",
    "number": "looked for %s by number",
}
_DID = {
    "refused": "was refused at the door",
    "held up": "has to wait after wrong passwords",
    "signed in": "signed in",
    "signed out": "signed out",
}


def sentence(change: Mapping[str, Any]) -> str:
    """Return what somebody did, as it follows their name: "changed the place Library"."""
    table, key = change["table"], str(change["key"])
    before, after = change["before"] or {}, change["after"] or {}
    told = {"users": _user, "people": _person, "threads": _thread, "models": _model, "sign_ins": _sign_in}.get(table)
    if told is not None:
        return told(change["who"], key, before, after)
    if table == "exports":
        return f"exported messages as {key.upper()}"
    if table in {"examples", "topics"}:
        return f"changed {CALLED[table][0]} {topic_name(key)}"
    called = CALLED.get(table, (f"an entry of {table.replace('_', ' ')}", ""))[0]
    did = "added" if change["before"] is None else "removed" if change["after"] is None else "changed"
    return f"{did} {called} {_name(before, after, key)}".rstrip()


def name_of(change: Mapping[str, Any]) -> str:
    """Return what people call the entry that was changed."""
    return _name(change["before"] or {}, change["after"] or {}, str(change["key"]))


def _name(before: Mapping[str, Any], after: Mapping[str, Any], key: str) -> str:
    found = next((value for each in (after, before) for name in _NAMES if (value := each.get(name))), None)
    return f"\u201c{found if isinstance(found, str) else key.replace('_', ' ')}\u201d"


def _user(who: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if "password" in after:
        return "changed their own password" if who == name else f"gave {name} a new password"
    if not before:
        return f"let {name} sign in, as {after.get('role', 'viewer')}"
    if before.get("active") != after.get("active"):
        return f"let {name} sign in again" if after.get("active") else f"closed the door to {name}"
    return f"made {name} {after.get('role', 'something else')}"


def _person(_who: str, key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if key == "forgotten":
        return "forgot a student who asked for it"
    if "legal hold" in before:
        return f"ended the order that the data of {key} stays"
    for name, words in _LOOKED.items():
        if name in after:
            return words.replace("%s", key)
    return f"did something with the data of {key}"


def _thread(_who: str, _key: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    to, was = after.get("holder"), before.get("holder")
    if not to:
        return "let a conversation wait for somebody else"
    return f"took a conversation over from {was}" if was and to == _who else f"gave a conversation to {to}"


def _model(_who: str, name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if "approved_by" in after:
        return f"approved the model {name}"
    if "second person" in after:
        return f"switched the model {name} on without a second person"
    if after.get("active") == name:
        return f"switched the model {name} on"
    return f"went back from the model {before.get('active', name)} to {after.get('active') or 'none'}"


def _sign_in(_who: str, name: str, _before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    did = str(after.get("did", ""))
    said = _DID.get(did, did.replace("_", " ") or "was at the door")
    whose = "" if _who == name else f" ({name})"
    return f"{said}{whose}{', from ' + str(after['from']) if after.get('from') else ''}"
