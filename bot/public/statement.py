"""The privacy statement, in the languages that the bot speaks."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, make_response, render_template, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.wrappers import Response

from bot.language import ENGLISH, LANGUAGES, SIMPLIFIED, TRADITIONAL
from bot.public.counter import counter
from bot.store import statement

# What a page is called and offers in each language; what it says is in the store.
HEADINGS = {ENGLISH: "What we keep, and why", TRADITIONAL: "我們保留甚麼，為甚麼", SIMPLIFIED: "我们保留什么，为什么"}
VERSION = {ENGLISH: "Version", TRADITIONAL: "版本", SIMPLIFIED: "版本"}
NAMES = {ENGLISH: "English", TRADITIONAL: "繁體中文", SIMPLIFIED: "简体中文"}
_SIMPLIFIED_REGIONS = ("hans", "cn", "sg", "my")


@dataclass(frozen=True)
class Section:
    """A section: its heading, and paragraphs, each a text or the lines of a list."""

    title: str
    paragraphs: tuple[str | tuple[str, ...], ...]


def wanted(asked: str, accepted: LanguageAccept) -> str:
    """Return the language of a page: the one asked for in its address, else what the browser prefers, else English."""
    for each in (asked, *(language for language, _ in accepted)):
        if found := _spoken(each):
            return found
    return ENGLISH


def _spoken(tag: str) -> str:
    """Return the language of a tag such as zh-HK; "" for one that the bot does not speak."""
    parts = tag.casefold().replace("_", "-").split("-")
    if parts[0] == "en":
        return ENGLISH
    if parts[0] == "zh":
        return SIMPLIFIED if any(each in parts[1:] for each in _SIMPLIFIED_REGIONS) else TRADITIONAL
    return ""


def paragraphs(text: str) -> tuple[str | tuple[str, ...], ...]:
    """Return a text's paragraphs; lines that begin with a dash are a list."""
    found: list[str | tuple[str, ...]] = []
    for block in text.split("\n\n"):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        if lines and all(line.startswith("- ") for line in lines):
            found.append(tuple(line.removeprefix("- ") for line in lines))
        elif lines:
            found.append(" ".join(lines))
    return tuple(found)


def add(pages: Blueprint) -> None:
    """Add the page."""

    @pages.get("")
    def privacy() -> Response:
        at, language = counter(), wanted(request.args.get("lang", ""), request.accept_languages)
        sections = [
            Section(each.title, paragraphs(statement.filled(each.text, at.figures)))
            for key, each in statement.texts(at.engine, language).items()
            if key.startswith(statement.PAGE)
        ]
        page = render_template(
            "public/privacy.html",
            language=language,
            heading=HEADINGS[language],
            names={each: NAMES[each] for each in LANGUAGES},
            sections=sections,
            version_word=VERSION[language],
            version=statement.version(at.engine),
            since=statement.since(at.engine),
        )
        response = make_response(page)
        response.headers["Vary"] = "Accept-Language"
        return response
