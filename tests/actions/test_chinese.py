"""A turn in Chinese: the project's own content, asked as buttons ask, answered in the language that a message tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from bot.language import SIMPLIFIED, TRADITIONAL, _only_in_one
from bot.store.audit import session
from bot.store.content.plan import apply, plan
from bot.store.library_tables import EventRow, TranslationRow
from tests.actions.small_library import MONDAY_EVENING, Conversation, Heard, at, day
from tests.stores import sample, sqlite

ROOT = Path(__file__).parents[2]
# So many words of Latin letters in a row are a sentence, and no name.
A_SENTENCE = re.compile(r"(?:[A-Za-z][a-z']+[ ,.]+){5,}")
ONLY_IN_ENGLISH = {"utter_first_language_only", "utter_some_first_language"}


def hour(moment: str) -> dict[str, Any]:
    """Return Duckling's entity of a full hour."""
    return {"entity": "time", "value": f"{moment}:00:00+08:00", "additional_info": {"grain": "hour"}}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The project's content in a store."""
    engine = sqlite(tmp_path_factory.mktemp("chinese") / "library.db")
    content = sample()
    apply(engine, plan(engine, content), now=MONDAY_EVENING)
    yield engine
    engine.dispose()


@pytest.fixture
def ask(library: Engine, conversation: Conversation, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Heard]:
    """Asks in Traditional Chinese, unless another language is told."""
    for name, value in {"DATABASE_URL": str(library.url), "LIBRARY_TIMEZONE": "Asia/Hong_Kong"}.items():
        monkeypatch.setenv(name, value)

    def asked(text: str, intent: str, *times: dict[str, Any], language: str = TRADITIONAL, **more: Any) -> Heard:
        moment = at(more.pop("now", "2026-11-23T20:00")).astimezone(UTC)
        metadata = {"time": moment.isoformat(), "language": language}
        return conversation.ask(text, intent, *times, metadata=metadata, **more)

    return asked


@pytest.mark.parametrize(
    ("intent", "times", "said"),
    [
        ("opening_hours", [], "圖書館現時開放，至晚上11時。"),
        ("opening_hours", [], "圖書館本星期的開放時間：\n星期一至五：上午8時至晚上11時\n星期六至日：上午9時至晚上9時"),
        ("opening_hours", [day("2026-12-25")], "圖書館12月25日（星期五）休息（聖誕節）。"),
        ("opening_hours", [day("2026-11-24")], "圖書館明天的開放時間：上午8時至晚上11時。"),
        ("learning_commons_24h", [], "學習共享空間現時開放，而且每天24小時開放。"),
        ("contest_eligibility", [], "上一屆「圖書館的日與夜」（2018），可以參賽的是學生及職員。"),
        (
            "event_registration",
            [],
            "圖書館即將舉行的活動：\n• 引文諮詢時段，星期三下午3時至4時，諮詢台\n",
        ),
    ],
)
def test_hours_events_and_the_contest_are_said_as_people_write(
    ask: Callable[..., Heard], intent: str, times: list[Any], said: str
) -> None:
    """Days, spans, lists, titles and reasons are all Chinese."""
    assert any(text.startswith(said) for text in ask(f"/{intent}", intent, *times).texts)


def test_simplified_chinese_is_the_same_in_its_own_letters(ask: Callable[..., Heard]) -> None:
    """Nothing of the other script is left in sentences, days or names."""
    heard = ask("/opening_hours", "opening_hours", day("2026-12-25"), language=SIMPLIFIED)

    assert heard.texts[0] == "图书馆12月25日（星期五）休息（圣诞节）。"


@pytest.mark.parametrize("language", [TRADITIONAL, SIMPLIFIED])
def test_a_topic_that_is_tapped_is_answered_without_an_english_sentence(
    ask: Callable[..., Heard], domain: dict[str, Any], language: str
) -> None:
    """Save where the library has it in English alone, which is said; and no letter is of the other script."""
    foreign = _only_in_one()[1 if language == TRADITIONAL else 0]
    labels = [name.removeprefix("part_topic_") for name in domain["responses"] if name.startswith("part_topic_")]
    for intent in set(labels) - {"help"}:  # which Rasa answers itself
        heard = ask(f"/{intent}", intent, language=language)
        said = "\n".join(heard.texts)
        if not ONLY_IN_ENGLISH & set(heard.names):
            assert not A_SENTENCE.search(said), intent
        assert not set(said) & foreign, intent
        assert re.search("[一-鿿]", said), intent


def test_an_answer_that_is_not_translated_is_given_in_english_and_said_to_be(
    ask: Callable[..., Heard], library: Engine
) -> None:
    """Never left out, and never as if it were Chinese."""
    with session(library, "staff", MONDAY_EVENING) as changes:
        changes.add(_event("guest-talk", "Guest talk"))
    heard = ask("/events", "events", day("2026-11-27"))

    assert "Guest talk" in heard.texts[0]
    assert heard.texts[-1] == "（以上部分資料圖書館只有英文版。）"
    with session(library, "staff", MONDAY_EVENING) as changes:
        texts = {"title": "客席講座", "description": "歡迎參加。", "audience": "所有人"}
        changes.add(TranslationRow(key="events/guest-talk", language=TRADITIONAL, texts=texts, sample=""))
    heard = ask("/events", "events", day("2026-11-27"))

    assert "客席講座，星期五下午2時至3時" in heard.texts[0]
    assert not ONLY_IN_ENGLISH & set(heard.names)


@pytest.mark.parametrize(
    ("text", "intent", "times", "said"),
    [
        ("八號風球開唔開", "opening_hours", [], "據我所知，八號風球現時並未生效。"),
        ("黑雨仲開唔開呀", "opening_hours", [], "據我所知，黑色暴雨警告現時並未生效。"),
        ("三號風球有冇開", "opening_hours", [], "我沒有三號風球的安排資料。"),
        ("今日開唔開", "opening_hours", [day("2026-11-23")], "是，圖書館今天開放：上午8時至晚上11時。"),
        ("图书馆今天开放吗", "opening_hours", [day("2026-11-23")], "是，圖書館今天開放"),
        ("星期一開幾點", "opening_hours", [day("2026-11-23")], "圖書館今天（星期一）的開放時間："),
        ("聖誕節開唔開", "opening_hours", [day("2026-12-25")], "不開，圖書館12月25日（星期五）休息（聖誕節）。"),
        ("圖書館係咪24小時", "opening_hours", [], "不是，圖書館並非24小時開放。"),
        ("11點閂門，係咪", "opening_hours", [hour("2026-11-23T23")], "是，圖書館今天晚上11時關門。"),
        ("係咪十點閂門", "opening_hours", [hour("2026-11-23T22")], "不是，圖書館今天晚上11時關門。"),
        ("考試期間幾點開", "opening_hours", [], "我沒有「考試期間」的特別開放時間資料。"),
        ("公眾假期開唔開", "opening_hours", [], "圖書館除以下日子外，均按平日時間開放"),
        ("引文諮詢幾時", "events", [], "引文諮詢時段\n"),
        ("有冇工作坊", "events", [], "圖書館即將舉行的活動：\n• 引文諮詢時段"),
        ("午間音樂會要唔要錢", "events", [], "「午間音樂會」的收費：免費。"),
        ("有冇電影", "events", [], "我沒有這類活動的資料。"),
        ("學生可以參加嗎", "contest_eligibility", [], "上一屆可以："),
        ("幫我續借", "renew_loan", [], "我不能替你續借"),
        ("我欠幾多", "fines_fees", [], "我看不到你的帳戶"),
        ("有冇空房", "study_room_booking", [], "我看不到現時還有沒有空位"),
        ("我係校友，可唔可以借書", "borrow_loan_rules", [], "可以，校友"),
    ],
)
def test_what_exactly_is_asked_is_read_in_chinese_too(
    ask: Callable[..., Heard], text: str, intent: str, times: list[Any], said: str
) -> None:
    """A yes or a no, a typhoon's rule, a price, a kind of event, who is asking, what no bot can do."""
    heard = ask(text, intent, *times)

    assert any(each.startswith(said) for each in heard.texts), heard.texts


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(on=st.dates(at("2026-11-23T00:00").date(), at("2027-12-31T00:00").date()), hour=st.integers(0, 23))
def test_whatever_day_is_asked_about_no_english_word_is_said(ask: Callable[..., Heard], on: Any, hour: int) -> None:
    """Open or closed, with a reason or without, by day or by night."""
    moment = {"entity": "time", "value": f"{on}T{hour:02}:00:00+08:00", "additional_info": {"grain": "hour"}}
    for times in ([day(str(on))], [moment]):
        heard = ask("/opening_hours", "opening_hours", *times)

        assert heard.texts
        assert not re.search("[A-Za-z{}]", "".join(heard.texts))


def _event(key: str, title: str) -> EventRow:
    zone = ZoneInfo("Asia/Hong_Kong")
    return EventRow(
        key=key,
        sample="",
        title=title,
        starts=at("2026-11-27T14:00").replace(tzinfo=zone),
        ends=at("2026-11-27T15:00").replace(tzinfo=zone),
        description="Please come.",
        place="",
        type="talk",
        registration_url="",
        image_url="",
        audience="everyone",
        price="",
        rrule="",
        exdates=[],
        all_day=False,
        cancelled=False,
        url="",
    )
