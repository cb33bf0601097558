"""What is looked at to tell danger: plain words, both Chinese scripts, a message's pieces, and the patterns."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.nlu.training_data.loading import load_data
from ruamel.yaml import YAML

from bot.dangers import DANGERS
from bot.nlu.safety import ORDER, nearest, pieces
from bot.nlu.script import has_chinese, language, plain, simplified

LANGUAGES = ("en", "zh-Hant", "zh-Hans")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("I WANT TO DIE", "i want to die"),
        ("i want to d\u200bi\u00ade", "i want to die"),
        ("ｆｉｒｅ！！", "fire!!"),
        ("i can\u2019t breathe", "i can't breathe"),
        ("helpppppp", "helpp"),
        ("s.u.i.c.i.d.e", "suicide"),
        ("k i l l", "kill"),
        ("a book", "a book"),
    ],
)
def test_words_are_read_as_anybody_would_read_them(text: str, seen: str) -> None:
    """Capitals, invisible letters, wide letters, letters that are spread or repeated."""
    assert plain(text) == seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i smell gas", "en"),
        ("我想自殺", "zh-Hant"),
        ("唔想做人", "zh-Hant"),
        ("我不想活了", "zh-Hant"),
        ("没有人关心我", "zh-Hans"),
        ("有人晕倒 pls help", "zh-Hans"),
    ],
)
def test_the_script_of_an_answer_is_that_of_the_message(text: str, expected: str) -> None:
    """Where a text stands the same in both scripts, it is answered in the one that the place writes."""
    assert language(text) == expected


def test_both_scripts_read_as_one() -> None:
    assert simplified("有人暈倒") == simplified("有人晕倒")


def test_a_long_message_is_looked_at_in_its_clauses() -> None:
    """The whole first; danger may stand anywhere in it."""
    found = pieces("hi, i need a book for my course and a man is following me. what are the hours?")

    assert found[0].startswith("hi, i need")
    assert "a man is following me" in found


@given(st.text(max_size=300))
def test_whatever_is_written_has_pieces(text: str) -> None:
    """Plain words twice over are the same, and the pieces are not more than can be looked at in time."""
    words = plain(text)

    assert 1 <= len(pieces(words)) <= 16
    assert all(piece in " ".join(words.split()) for piece in pieces(words))


def named_by_patterns(text: str) -> set[str]:
    """Return the names of the patterns that are found in a text."""
    patterns = load_data("data/safety").regex_features
    return {each["name"] for each in patterns if re.search(simplified(each["pattern"]), simplified(plain(text)))}


@pytest.mark.parametrize(
    "text",
    [
        "im locked in a study room on 2/f lib is closed lights r off",
        "we got locked inside the library",
        "my friend is trapped in the toilet",
        "cant get out of the room",
        "the door wont open and im locked in",
        "我被鎖咗喺研習室入面",
        "我哋困咗喺圖書館",
        "有人反锁在厕所里面",
    ],
)
def test_who_is_locked_in_is_heard(text: str) -> None:
    """And what to do then is that of who is stuck."""
    assert {"fire_gas", "about_stuck"} <= named_by_patterns(text)


@pytest.mark.parametrize(
    "text",
    [
        "my bag is locked in the study room",
        "i left my laptop locked in the room",
        "locked out of my account",
        "stuck in the library all day lol",
        "個袋鎖咗喺locker入面",
        "張卡開唔到房門",
    ],
)
def test_what_is_locked_in_or_out_is_no_danger(text: str) -> None:
    assert "fire_gas" not in named_by_patterns(text)


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        ("ok im w the security man now", "care_arrived", True),
        ("the police are here", "care_arrived", True),
        ("can u call them for me pls", "care_no_call", True),
        ("i cant breathe my exam is in 1 hour", "about_panic", True),
        ("現在心跳很快 手在抖 吸不到氣", "about_panic", True),
        ("現在心跳很快 手在抖 吸不到氣", "about_own", True),
        ("驚佢一陣尾住我返hall", "care_scared", True),
        ("hes sitting right behind me now", "about_online", False),
        ("he keeps texting me on ig", "about_online", True),
        ("im gasping for air", "about_gas", False),
        ("is there someone at uni i could see instead", "care_person", True),
        ("覺得自己好廢 有時想消失咗佢", "about_others", False),
        ("我朋友話佢想消失", "about_others", True),
    ],
)
def test_what_is_said_of_a_danger_is_told_by_whole_words(text: str, name: str, found: bool) -> None:
    """ "ig" stands in "right" as well."""
    assert (name in named_by_patterns(text)) == found


def test_of_the_ordinary_the_likest_are_learnt_from() -> None:
    """And every dangerous one."""
    vectors = np.array([[1.0, 0.0], [0.0, 1.0], [0.9, 0.1]], np.float32)

    assert nearest(vectors, np.array([True, False, False])).tolist() == [0, 2, 1]


def test_every_pattern_can_be_read_and_every_danger_is_taught_in_both_languages() -> None:
    """A pattern that is none would cost the model; too few words tell nothing."""
    data = load_data("data/safety")
    names = {each["name"] for each in data.regex_features}
    taught: Counter[tuple[str, bool]] = Counter(
        (each["name"], has_chinese(words)) for each in data.lookup_tables for words in each["elements"]
    )

    assert set(DANGERS) <= names
    assert all(re.compile(simplified(each["pattern"])) for each in data.regex_features)
    assert {f"{name}{each}" for name, order in ORDER.items() for each in order} <= names
    dangers = {each for each in taught if not each[0].startswith("care_")}
    assert dangers == {(name, chinese) for name in (*DANGERS, "ordinary") for chinese in (True, False)}
    assert min(taught[name, True] for name in (*DANGERS, "ordinary")) >= 60
    assert min(taught[name, False] for name in (*DANGERS, "ordinary")) >= 150


def test_whatever_somebody_in_care_may_say_is_taught_in_both_languages_and_has_words() -> None:
    """A meaning without an example is never found, one without a text is answered as if nothing had been said."""
    data = load_data("data/safety")
    taught = Counter(
        (each["name"], has_chinese(words))
        for each in data.lookup_tables
        for words in each["elements"]
        if each["name"].startswith("care_")
    )
    answers = YAML(typ="safe").load(Path("content/answers/care.yml"))["answers"]
    keys = {(each["key"], each.get("language", "en")) for each in answers}
    meanings = {name.removeprefix("care_") for name, _ in taught} | {"anything", "again"}

    assert min(taught.values()) >= 4
    assert {name for name, _ in taught} >= {f"care_{each}" for each in ORDER["care_"]}
    assert {(f"care-{each}", language) for each in meanings for language in LANGUAGES} <= keys


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("not gonna walk all the way up there, can i return books at the gate", True),
        ("too lazy to climb up the stairs", True),
        ("im on the roof and not gonna come down", False),
        ("not gonna walk up there anymore, i want it to end", False),
    ],
)
def test_who_is_too_lazy_for_the_stairs_is_in_no_danger(text: str, figure: bool) -> None:
    """Unless anything else that they say sounds of it."""
    assert ("figure" in named_by_patterns(text)) is figure
