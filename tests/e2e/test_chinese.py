"""End to end on real processes: a student's own language on every platform, from webhook to platform call."""

from __future__ import annotations

import re

import pytest

from tests.e2e.asking import words
from tests.e2e.conftest import Side

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("printed")]
CHANNELS = ("messenger", "whatsapp", "twilio")


def _said(side: Side, person: str, *, after: int) -> str:
    _, server, _ = side
    assert server.wait_for_message(person, timeout=30, after=after), "no answer"
    return " ".join(words(message) for message in server.messages_to(person)[after:])


def _write(side: Side, person: str, text: str) -> str:
    client, server, _ = side
    after = len(server.messages_to(person))
    assert client.text(person, text).status_code == 200
    return _said(side, person, after=after)


def _tap(side: Side, person: str, title: str, payload: str) -> str:
    client, server, _ = side
    after = len(server.messages_to(person))
    assert client.postback(person, title, payload).status_code == 200
    return _said(side, person, after=after)


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_chinese_message_is_answered_in_chinese_and_a_wish_changes_the_language(
    sides: dict[str, Side], channel: str
) -> None:
    """Understood or not, Chinese, in its own letters; a short word leaves the language, a wish changes it."""
    side = sides[channel]
    person = side[2]()

    assert re.search("[一-鿿]", _write(side, person, "圖書館今日開到幾點呀"))
    assert "繁體中文" in _write(side, person, "講中文得唔得")
    assert "简体中文" in _write(side, person, "可以说简体吗")
    assert re.search("[一-鿿]", _write(side, person, "thanks"))
    assert "English" in _write(side, person, "English please")
    assert not re.search("[一-鿿]", _write(side, person, "when do you close today"))


@pytest.mark.parametrize("channel", ["messenger", "whatsapp"])
def test_what_is_tapped_is_answered_in_the_language_of_the_conversation(sides: dict[str, Side], channel: str) -> None:
    """Hours, events and a text of the store, with days and names as people write them."""
    side = sides[channel]
    person = side[2]()
    _write(side, person, "講中文得唔得")

    assert re.search("圖書館.*(開放|休息)", _tap(side, person, "開放時間", "/opening_hours"))
    assert "學習共享空間現時開放，而且每天24小時開放。" in _tap(side, person, "24小時開放", "/learning_commons_24h")
    assert "圖書館即將舉行的活動" in _tap(side, person, "最新活動", "/events")
    assert "現時沒有比賽接受報名。" in _tap(side, person, "攝影比賽", "/contest_rules")
    assert re.search("諮詢台.*當值", _tap(side, person, "找職員幫忙", "/contact_librarian"))
