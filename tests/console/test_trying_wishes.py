"""The test console says what a student would be told of their data, subscriptions and votes, and does none of it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.contest_staff_tables import VoteRow
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow
from bot.store.privacy_tables import DataRequestRow
from bot.store.subscription_tables import SubscriptionRow
from tests.console.conftest import NOW, Rehearsed, Visitor
from tests.console.test_trying_page import conversation
from tests.contest import edition
from tests.contest_entries import entry

TRIED = "Only tried: nothing was erased, subscribed or counted"


class Trying:
    """Somebody of the staff in one chat of the test console."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.conversation, self.offered = visitor, conversation(visitor), ""

    def say(self, said: str, choice: str = "", **more: str) -> str:
        """Say or tap something; return the chat's new lines, as text."""
        form = {"said": said, "choice": choice, "conversation": self.conversation, "offered": self.offered, **more}
        page = self.visitor.post("/console/try/turn", form).text
        found = re.search(r'name="offered" value="([^"]*)"', page)
        self.offered = found[1].replace("&#34;", '"') if found else ""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split('<div id="trace"')[0])).split())


@pytest.fixture
def trying(librarian: Visitor) -> Trying:
    """A librarian in a new chat."""
    return Trying(librarian)


def kept(engine: Engine) -> dict[str, int]:
    """Return how much the store holds of what the wishes could leave there."""
    tables = (PersonRow, InboxRow, OutboxRow, DataRequestRow, SubscriptionRow, VoteRow)
    with engine.connect() as connection:
        count = sa.func.count()
        return {
            each.__tablename__: n
            for each in tables
            if (n := connection.execute(sa.select(count).select_from(each.__table__)).scalar_one())
        }


@pytest.mark.parametrize("words", ["what do you know about me", "睇返我嘅資料"])
def test_my_data(engine: Engine, trying: Trying, rehearsed: Rehearsed, words: str) -> None:
    """The link opens nothing, and the dialogue is not asked."""
    said = trying.say(words)

    assert "http://localhost/privacy/data/…" in said
    assert TRIED in said
    assert rehearsed.asked == []
    assert kept(engine) == {}


def test_delete_my_data_asks_once_and_is_told_a_code(engine: Engine, trying: Trying, rehearsed: Rehearsed) -> None:
    asked = trying.say("delete my data")
    done = trying.say("yes")

    assert TRIED in asked
    assert TRIED in done
    assert re.search(r"\b[0-9A-Z]{4,}", done)
    assert done != asked
    assert rehearsed.asked == []
    assert kept(engine) == {}


def test_a_yes_after_something_else_deletes_nothing(trying: Trying, rehearsed: Rehearsed) -> None:
    trying.say("delete my data")
    trying.say("when are you open")
    trying.say("yes")

    assert [asked[0].text for asked in rehearsed.asked] == ["when are you open", "yes"]


def test_a_subscription_from_its_wish_to_its_end(engine: Engine, trying: Trying, rehearsed: Rehearsed) -> None:
    asked = trying.say("tell me if the library's hours change")
    done = trying.say("yes please")
    trying.say("notify me about new workshops")
    trying.say("yes")
    listed = trying.say("what did I subscribe to")
    ended = trying.say("stop the event ones")
    left = trying.say("my subscriptions")

    assert "Shall I message you here when the hours of Library change" in asked
    assert "Done: I'll tell you about the hours of Library" in done
    assert "new workshops" in listed
    assert "new workshops" in ended
    assert "the hours of Library" in left
    assert "new workshops" not in left
    assert all(TRIED in each for each in (asked, done, listed, ended, left))
    assert rehearsed.asked == []
    assert kept(engine) == {}


def test_a_vote_is_answered_as_in_the_chat_and_not_counted(engine: Engine, trying: Trying) -> None:
    edition(engine, NOW, closes=NOW - timedelta(days=1), voting="chat", voting_closes=NOW + timedelta(days=3))
    entry(engine, 17, None, NOW - timedelta(days=2), state="accepted", title="Dawn over the bay")
    entry(engine, 18, None, NOW - timedelta(days=2), state="refused", title="Not to be seen")
    first, again, unknown = trying.say("vote 17"), trying.say("vote for 17"), trying.say("vote 18")

    assert "Dawn over the bay" in first
    assert again != first
    assert "Not to be seen" not in unknown
    assert all(TRIED in each for each in (first, again, unknown))
    assert kept(engine) == {}


def test_photos_that_were_entered_are_shown_by_their_titles(engine: Engine, trying: Trying) -> None:
    edition(engine, NOW, closes=NOW - timedelta(days=1), voting="chat", voting_closes=NOW + timedelta(days=3))
    entry(engine, 17, None, NOW - timedelta(days=2), state="accepted", title="Dawn over the bay")
    shown = trying.say("show me the entries")
    assert "Dawn over the bay" in shown
    assert "Vote for 17" in shown
    assert kept(engine) == {}


def test_after_stop_the_bot_is_silent_until_start(engine: Engine, trying: Trying, rehearsed: Rehearsed) -> None:
    """STOP itself is confirmed by the dialogue, as always."""
    trying.say("Please stop messaging me")
    silent = trying.say("when are you open")
    trying.say("start")
    back = trying.say("when are you open")

    assert [asked[0].choice for asked in rehearsed.asked] == ["/stop", "/start_again", None]
    assert "The bot says nothing. The person has told the bot to stop." in silent
    assert "Open until 11 pm." in back
    assert kept(engine) == {}


def test_only_what_the_dialogue_was_asked_is_kept_as_a_test(librarian: Visitor) -> None:
    """A STOP is kept as the choice that it was taken for."""
    chat = conversation(librarian)
    pages = [
        librarian.post("/console/try/turn", {"said": said, "conversation": chat}).text
        for said in ("delete my data", "when are you open", "stop", "hello?")
    ]

    assert ['name="was_said"' in page for page in pages] == [False, True, True, False]
    assert 'name="was_choice" value="/stop"' in pages[2]


def test_each_chat_is_somebody_else(librarian: Visitor, rehearsed: Rehearsed) -> None:
    one, other = Trying(librarian), Trying(librarian)
    one.say("stop")
    other.say("when are you open")

    assert [asked[0].text for asked in rehearsed.asked] == ["stop", "when are you open"]
