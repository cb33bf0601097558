"""What WhatsApp and Twilio would reject in a call: the format and limits of their APIs, checked by the stand-ins."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def whatsapp_problem(body: object) -> str:
    """Return why Meta would reject a WhatsApp call's body, or ""."""
    if not isinstance(body, dict) or body.get("messaging_product") != "whatsapp":
        return "(#100) The parameter messaging_product is required."
    if body.get("status") == "read":
        return "" if body.get("message_id") else "(#100) The parameter message_id is required."
    if not (body.get("to") or body.get("recipient")):
        return "(#100) The parameter to is required."
    kind = body.get("type")
    if kind == "text":
        return "" if _has(body.get("text"), "body", 4096) else "(#100) A text has 1 to 4096 characters."
    if kind == "image":
        return _image_problem(body.get("image"))
    if kind == "interactive":
        return _interactive_problem(body.get("interactive") or {})
    if kind == "template":
        return template_problem(body.get("template"))
    return f"(#100) The stand-in knows no messages of type {kind}."


def template_problem(template: Any) -> str:
    """Return why Meta would reject a filled-in template, or ""."""
    if not _has(template, "name", 512) or not _has(template.get("language"), "code", 8):
        return "(#132001) A template has a name and a language."
    given = [each for part in template.get("components", []) for each in part.get("parameters", [])]
    if not given or not all(_has(each, "text", 1024) for each in given):
        return "(#132000) The template's variable has 1 to 1024 characters."
    if any(mark in each["text"] for each in given for mark in ("\n", "\t", "     ")):
        return "(#132018) A variable has no line breaks, tabs or more than four spaces."
    return ""


def _image_problem(image: Any) -> str:
    if not str((image or {}).get("link")).startswith(("http://", "https://")):
        return "(#100) A picture needs a link."
    return (
        "" if "caption" not in image or _has(image, "caption", 1024) else "(#100) A caption has 1 to 1024 characters."
    )


def _interactive_problem(interactive: Json) -> str:
    action, head = interactive.get("action") or {}, interactive.get("header")
    if head is not None:
        problem = _image_problem(head.get("image"))
        if problem or interactive.get("type") != "button":
            return problem or "(#131009) The head of a list is a text."
    if interactive.get("type") == "button":
        buttons = [each.get("reply") for each in action.get("buttons", [])]
        if not _has(interactive.get("body"), "text", 1024) or not 1 <= len(buttons) <= 3:
            return "(#131009) A body of 1 to 1024 characters and 1 to 3 buttons."
        return _titles_problem(buttons, 20, 256)
    rows = [row for section in action.get("sections", []) for row in section.get("rows", [])]
    if not _has(interactive.get("body"), "text", 4096) or not 1 <= len(rows) <= 10:
        return "(#131009) A body of 1 to 4096 characters and 1 to 10 rows."
    if not _has(action, "button", 20) or any("description" in row and not _has(row, "description", 72) for row in rows):
        return "(#131009) An opener has 1 to 20 characters, a description 1 to 72."
    return _titles_problem(rows, 24, 200)


def _titles_problem(shown: list[Json], title: int, payload: int) -> str:
    if not all(_has(each, "title", title) and _has(each, "id", payload) for each in shown):
        return f"(#131009) A title has 1 to {title} characters, an id 1 to {payload}."
    unique = len({each["title"] for each in shown}) == len({each["id"] for each in shown}) == len(shown)
    return "" if unique else "(#131009) Titles and ids must be unique."


def twilio_problem(form: object) -> str:
    """Return why Twilio would reject one of our calls, or ""."""
    if not isinstance(form, dict):
        return "21619: a message needs a body or media"
    if "content_sid" in form:
        return "21619: a template goes without a body" if "body" in form else ""
    if not (form.get("body") or form.get("media_url")):
        return "21619: a message needs a body or media"
    if "body" in form and not _has(form, "body", 1600):
        return "21617: the body has 1 to 1600 characters"
    if "body" in form and "media_url" in form and not _has(form, "body", 1024):
        return "63021: WhatsApp shows 1024 characters under a picture"
    return ""


def _has(part: Any, name: str, most: int) -> bool:
    value = part.get(name) if isinstance(part, dict) else None
    return isinstance(value, str) and bool(value.strip()) and len(value) <= most
