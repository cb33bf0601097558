"""The bot shows what was entered: a carousel, a list to tap, or plain text, with a vote for each while people vote."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.simulator.fake_meta import problem_of
from bot.simulator.limits import twilio_problem, whatsapp_problem
from bot.store import votes
from bot.store.contest_tables import EntryRow
from bot.wiring.channels import previews
from bot.workers.showing import Showing
from bot.workers.voting import Booth
from connectors.messages import Address
from tests.bot.workers.house import ANN, START, House
from tests.bot.workers.test_voting import say
from tests.contest import CONTEST, edition
from tests.contest_entries import entry, somebody, told_texts

HK = ZoneInfo("Asia/Hong_Kong")
DAY = timedelta(days=1)
URL = "https://library.example"


def shows(engine: Engine, count: int = 12, **other: Any) -> Showing:
    """Return what shows an edition on which people vote; photo 1 is Ann's."""
    told_texts(engine, START)
    dates = {"closes": START - DAY, "voting_opens": START - DAY, "voting_closes": START + DAY, "voting": "chat"}
    edition(engine, START, **{**dates, "published": True, **other})
    for number in range(1, count + 1):
        name = "ann" if number == 1 else f"p{number}"
        entry(engine, number, somebody(engine, name, START, channel="pigeon"), START, state="accepted")
    entry(engine, count + 1, None, START, title="Not accepted")
    return Showing(engine, HK, URL)


def rendered(showing: Showing, channel: str, number: int = 0, **how: Any) -> list[dict[str, Any]]:
    """Return the bodies of the calls that show photos to a stranger on a channel."""
    there = previews()[channel]
    how = {"alone": False, "taps": there.taps, **how}
    turn = showing.show(0, number, "en", START, **how)
    return [call.body for reply in turn.replies for call in there.render(reply, Address(channel, "7"))]


def test_on_messenger_photos_are_a_carousel_with_a_vote_for_each(engine: Engine) -> None:
    words, cards = rendered(shows(engine), "messenger")
    assert "12 photos" in words["message"]["text"]
    assert not problem_of(words)
    assert not problem_of(cards)
    elements = cards["message"]["attachment"]["payload"]["elements"]
    assert len(elements) == 9
    assert elements[1]["title"] == "#2 Photo 2"
    assert elements[1]["subtitle"] == "by Entrant 2"
    assert elements[1]["image_url"].startswith(f"{URL}/contest/-/")
    assert elements[1]["buttons"] == [{"type": "postback", "title": "Vote for 2", "payload": "/contest_vote 2"}]
    assert [each["payload"] for each in cards["message"]["quick_replies"]] == ["/contest_show 9"]


def test_on_whatsapp_they_are_a_list_to_tap(engine: Engine) -> None:
    [body] = rendered(shows(engine), "whatsapp")
    assert not whatsapp_problem(body)
    rows = [row for each in body["interactive"]["action"]["sections"] for row in each["rows"]]
    assert sorted(row["title"] for row in rows) == sorted(["More", *(f"Vote for {number}" for number in range(1, 10))])
    assert "#9 Photo 9" in body["interactive"]["body"]["text"]


def test_on_twilio_they_are_text_in_which_numbers_are_the_photos_own(engine: Engine) -> None:
    bodies = rendered(shows(engine), "twilio")
    assert not [each for each in bodies if twilio_problem(each)]
    text = "\n".join(each["body"] for each in bodies)
    assert "#9 Photo 9" in text
    assert "“vote 1”" in text
    assert "Vote for" not in text
    assert "1. More" in text


def test_one_photo_is_shown_with_its_picture_and_its_vote(engine: Engine) -> None:
    showing = shows(engine)
    [whatsapp] = rendered(showing, "whatsapp", 3, alone=True)
    assert whatsapp["interactive"]["header"]["image"]["link"].startswith(f"{URL}/contest/-/")
    assert "What photo 3 shows" in whatsapp["interactive"]["body"]["text"]
    assert "Vote for 3" in json.dumps(whatsapp)
    [twilio] = rendered(showing, "twilio", 3, alone=True)
    assert twilio["media_url"].startswith(URL)
    assert "“vote 3”" in twilio["body"]
    for number in (13, 99):
        assert "no photo" in json.dumps(rendered(showing, "messenger", number, alone=True))


def test_the_last_page_ends_and_nobody_votes_for_their_own(engine: Engine) -> None:
    showing = shows(engine, 3)
    _, cards = rendered(showing, "messenger")
    assert "quick_replies" not in cards["message"]
    assert "all the photos" in json.dumps(rendered(showing, "messenger", 3))
    with engine.connect() as connection:
        mine = connection.execute(sa.select(EntryRow.person_id).where(EntryRow.number == 1)).scalar_one()
    [reply] = showing.show(mine, 0, "en", START, alone=False, taps=True).replies
    assert [len(card.choices) for card in reply.cards] == [0, 1, 1]


@pytest.mark.parametrize(
    ("other", "votes", "pictures"),
    [({"published": False}, True, False), ({"voting": "likes"}, False, True), ({"voting_closes": START}, False, True)],
)
def test_a_vote_is_offered_while_people_vote_and_pictures_are_shown_where_the_gallery_is_public(
    engine: Engine, other: dict[str, Any], votes: bool, pictures: bool
) -> None:
    said = json.dumps(rendered(shows(engine, 2, **other), "messenger"))
    assert ("/contest_vote" in said) is votes
    assert (f"{URL}/contest/-/" in said) is pictures


def test_asked_in_words_then_more_then_a_vote_by_its_number(house: House) -> None:
    shows(house.engine, 21)
    house.answer = replace(house.answer, booth=Booth(house.engine, HK, URL))
    first, more, vote = say(house, "show me the photos people entered", "more", "12")
    assert "21 photos" in first
    assert house.script.asked == []
    assert more != first
    assert "Your vote for #12" in vote
    assert [row[1] for row in votes.standing(house.engine, CONTEST)] == [12]
    assert "#3 Photo 3" in say(house, "show 3", who=ANN)[0]


def test_where_nothing_is_to_be_seen_the_words_are_left_to_rasa(house: House) -> None:
    shows(house.engine, 0, published=False)
    house.answer = replace(house.answer, booth=Booth(house.engine, HK, URL))
    assert say(house, "show me the entries") == ["re: show me the entries"]


def test_in_chinese_everything_is_chinese(engine: Engine) -> None:
    [reply] = shows(engine).show(0, 0, "zh-Hant", START, alone=False, taps=True).replies
    assert "現有 12 份作品" in (reply.text or "")
    assert reply.cards[0].choices[0].title == "投 1 號"
    assert reply.choices[0].title == "更多"
