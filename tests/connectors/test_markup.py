"""Markdown in answers, as each platform shows it."""

from __future__ import annotations

import pytest

from connectors.markup import marked


@pytest.mark.parametrize(
    ("written", "on_whatsapp", "on_messenger"),
    [
        ("See [the page](https://lib.example/a).", "See the page: https://lib.example/a.", None),
        ("[https://lib.example](https://lib.example/)", "https://lib.example/", None),
        ("[a_(b)](https://lib.example/a_(b)) and on", "a_(b): https://lib.example/a_(b) and on", None),
        ("It is **free** for __all__ students", "It is *free* for *all* students", "It is free for all students"),
        ("# Loans\\n* one\\n+ two", "*Loans*\\n• one\\n• two", "Loans\\n• one\\n• two"),
        ("<https://lib.example/x>", "https://lib.example/x", None),
    ],
)
def test_markdown_becomes_the_platforms_own_form(written: str, on_whatsapp: str, on_messenger: str | None) -> None:
    """Bold where there is such a thing, and each address beside its words."""
    written, on_whatsapp = written.replace("\\n", "\n"), on_whatsapp.replace("\\n", "\n")

    assert marked(written, "*") == on_whatsapp
    assert marked(written, "") == (on_messenger or on_whatsapp).replace("\\n", "\n")


@pytest.mark.parametrize(
    "written",
    [
        *(
            "2 ** 3 ** 4",
            "call no. #QA76.9",
            "snake__case__name",
            "a*b*c",
            "5 * 3 = 15",
            "*already bold*",
            "[sic] (as it was)",
        ),
        *("C# and F#", "x**", "[1](see below)", "#1 choice", "____", "****"),
    ],
)
def test_what_is_no_markdown_stays(written: str) -> None:
    """Call numbers, sums and programs."""
    assert marked(written, "*") == written
