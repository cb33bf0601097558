"""Translations in the console: what is lacking, what is older than its original, and both side by side."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.engine import Engine

from bot.language import SIMPLIFIED, TRADITIONAL
from bot.store import library
from bot.store.content import edit, translating
from tests.console.conftest import NOW, Visitor


def state(engine: Engine, name: str, language: str = TRADITIONAL) -> str:
    """Return how an entry's translation stands."""
    found = translating.one(engine, name, language)
    assert found
    return found.state


def seen(engine: Engine, name: str, language: str = TRADITIONAL) -> str:
    """Return what a form says of the version that it was opened with."""
    found = translating.one(engine, name, language)
    assert found
    return found.seen


def test_the_sample_content_is_translated_and_simplified_lacks_words_of_its_own(librarian: Visitor) -> None:
    """The list counts each state; Simplified is made of Traditional, so it needs none."""
    page = librarian.get("/console/translations").text

    assert "0 not translated" in page
    assert "圖書館" in librarian.get("/console/translations?kind=places").text
    assert "Nothing is like that" in librarian.get("/console/translations?state=none").text
    assert "not translated" in librarian.get(f"/console/translations?language={SIMPLIFIED}").text


def test_a_place_is_named_in_another_language_beside_its_english_name(engine: Engine, librarian: Visitor) -> None:
    """Saved as one row, said at once, and undone like everything else."""
    page = librarian.get("/console/translations/edit?name=places/library").text
    assert "Library" in page
    assert "圖書館" in page
    assert "图书馆" in page

    form = {"text-0": "大學圖書館", "text-1": "香港清水灣", "seen": seen(engine, "places/library")}
    response = librarian.post("/console/translations/edit?name=places/library", form)

    assert response.status_code == 302
    [row] = [each for each in library.read_translations(engine) if (each.kind, each.key) == ("places", "library")]
    assert row.texts == {"name": "大學圖書館", "address": "香港清水灣"}
    form["seen"] = ""  # opened before there was one
    assert librarian.post("/console/translations/edit?name=places/library", form).status_code == 422


def test_an_answer_is_translated_with_its_ways_to_ask(engine: Engine, librarian: Visitor) -> None:
    """One that had no translation gets one, under the same key."""
    edit.remove(engine, "answers", f"wifi-guest/{TRADITIONAL}", actor="ada", now=NOW)
    assert state(engine, "answers/wifi-guest") == "none"
    assert "Guest" in librarian.get("/console/translations?state=none&kind=answers").text

    form = {"text-0": "訪客上網", "text-1": "選「Guest WiFi」。", "questions": "訪客點上網\n\n朋友用wifi", "seen": ""}
    assert librarian.post("/console/translations/edit?name=answers/wifi-guest", form).status_code == 302

    stored = edit.entry(engine, "answers", f"wifi-guest/{TRADITIONAL}")
    assert stored
    assert (stored["topic"], stored["title"], stored["questions"]) == ("wifi", "訪客上網", ["訪客點上網", "朋友用wifi"])
    assert state(engine, "answers/wifi-guest") == "done"


def test_a_translation_is_older_once_the_words_of_its_original_have_changed(engine: Engine, librarian: Visitor) -> None:
    """A day on which it was checked is no word of it."""
    later = NOW + timedelta(days=400)
    edit.save(engine, "answers", {"owner": "Ben"}, was="wifi-guest/en", actor="ben", now=later)
    assert state(engine, "answers/wifi-guest") == "done"

    edit.save(engine, "answers", {"text": "Ask at the desk."}, was="wifi-guest/en", actor="ben", now=later)
    assert state(engine, "answers/wifi-guest") == "older"
    assert (
        "was changed after this translation" in librarian.get("/console/translations/edit?name=answers/wifi-guest").text
    )
    assert "1 older than the original" in librarian.get("/console/translations").text


def test_what_is_left_empty_is_translated_in_part(engine: Engine, librarian: Visitor) -> None:
    """A list keeps its members in their places."""
    contest = translating.one(engine, "contests/photo-contest-2018", TRADITIONAL)
    assert contest
    form = {f"text-{number}": each.own for number, each in enumerate(contest.pieces)}
    rule = next(number for number, each in enumerate(contest.pieces) if each.original.startswith("An entry is a photo"))
    form |= {f"text-{rule}": "", "seen": contest.seen}
    librarian.post("/console/translations/edit?name=contests/photo-contest-2018", form)

    assert state(engine, "contests/photo-contest-2018") == "part"
    [row] = [each for each in library.read_translations(engine) if each.kind == "contests"]
    assert row.texts["rules"][0] == ""
    assert row.texts["rules"][1].startswith("照片以主題標籤")


def test_what_is_gone_or_no_entry_leads_back_to_the_list(librarian: Visitor) -> None:
    """A link may be older than what it leads to."""
    for name in ("places/nowhere", "rooms/one", "", "answers/none"):
        assert (
            librarian.get(f"/console/translations/edit?name={name}").location
            == "/console/translations?language=zh-Hant"
        )


def test_answers_are_listed_by_language(librarian: Visitor) -> None:
    """Hundreds of translations would hide what staff look after."""
    assert "訪客上網" not in librarian.get("/console/answers?topic=wifi").text
    assert "訪客上網" in librarian.get("/console/answers?topic=wifi&language=zh-Hant").text
