"""Who asks to be told something later, and who only asks a question."""

from __future__ import annotations

import pytest

from bot.telling.words import Topic, Wanted, Wish, agrees, wanted

TELL = Wish.TELL


@pytest.mark.parametrize(
    ("text", "topic", "kind"),
    [
        ("tell me when the library opens late again", Topic.HOURS, ""),
        ("Tell me if the library's hours change", Topic.HOURS, ""),
        ("can you notify me when the learning commons closes?", Topic.HOURS, ""),
        ("let me know if you close because of the typhoon pls", Topic.HOURS, ""),
        ("please keep me posted about closures", Topic.HOURS, ""),
        ("let me know when you are open again", Topic.HOURS, ""),
        ("tell me if the library closes early", Topic.HOURS, ""),
        ("開放時間有變請通知我", Topic.HOURS, ""),
        ("圖書館幾時再開夜啲話我知", Topic.HOURS, ""),
        ("如果閉館請告訴我", Topic.HOURS, ""),
        ("打風閂門通知我", Topic.HOURS, ""),
        ("remind me", Topic.EVENT, ""),
        ("Remind me about it", Topic.EVENT, ""),
        ("can u remind me the day before?", Topic.EVENT, ""),
        ("set a reminder", Topic.EVENT, ""),
        ("提醒我", Topic.EVENT, ""),
        ("到時提醒我參加呢個活動", Topic.EVENT, ""),
        ("notify me about the photo contest", Topic.CONTEST, ""),
        ("tell me when the contest results are out", Topic.CONTEST, ""),
        ("remind me before the photo contest closes", Topic.CONTEST, ""),
        ("攝影比賽開始通知我", Topic.CONTEST, ""),
        ("tell me when there are new workshops", Topic.EVENTS, "workshop"),
        ("subscribe to events", Topic.EVENTS, ""),
        ("notify me of new talks", Topic.EVENTS, "talk"),
        ("有新工作坊通知我", Topic.EVENTS, "workshop"),
        ("有新活動話我知", Topic.EVENTS, ""),
    ],
)
def test_a_wish_to_be_told_is_heard(text: str, topic: Topic, kind: str) -> None:
    """In English and Chinese, with the kind of event where one is named."""
    found = wanted(text)

    assert found is not None
    assert (found.wish, found.topic, found.kind) == (TELL, topic, kind)


def test_an_event_may_be_named() -> None:
    """The words after "about" name it."""
    assert wanted("remind me about the citation clinic") == Wanted(TELL, Topic.EVENT, rest="citation clinic")


@pytest.mark.parametrize(
    "text",
    [
        "tell me when the library opens",
        "tell me about the contest",
        "let me know when you close",
        "tell me if you open on sunday",
        "let me know if you're open on christmas",
        "tell me if the learning commons is open now",
        "can you tell me again when you close",
        "tell me once more the opening hours",
        "tell me if there are workshops",
        "tell me about the events again",
        "再話我知幾點開",
        "tell me about workshops",
        "when is the next workshop",
        "what's on this week",
        "話我知圖書館幾點開",
        "告訴我比賽的規則",
        "how do i cancel a booking",
        "cancel my booking",
        "cancel my hold",
        "stop it",
        "stop",
        "unsubscribe",
        "remind me when my book is due",
        "can you send me the article",
        "how do i subscribe to a journal",
        "i want a reminder of when my loan ends",
        "取消預約",
        "",
    ],
)
def test_what_only_sounds_like_it_is_left_alone(text: str) -> None:
    """A question about hours is answered at once; a loan's reminder is not ours to give; STOP has its own meaning."""
    assert wanted(text) is None or (wanted(text).topic is Topic.EVENT and wanted(text).rest)


@pytest.mark.parametrize(
    "text",
    [
        "what did I subscribe to?",
        "my subscriptions",
        "show me my reminders",
        "what reminders do i have",
        "我訂閱咗咩",
        "我的訂閱",
    ],
)
def test_a_list_is_asked_for(text: str) -> None:
    """In either language."""
    assert wanted(text) == Wanted(Wish.LIST)


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("stop the event ones", Topic.EVENTS),
        ("stop the reminders", None),
        ("Unsubscribe me from the contest", Topic.CONTEST),
        ("stop my opening hours notifications", Topic.HOURS),
        ("cancel all my subscriptions", None),
        ("don't remind me about events anymore", Topic.EVENTS),
        ("取消所有提醒", None),
        ("停止活動通知", Topic.EVENTS),
        ("唔好再send比賽通知", Topic.CONTEST),
    ],
)
def test_an_end_is_heard_with_its_topic(text: str, topic: Topic | None) -> None:
    """Without a topic, all end."""
    found = wanted(text)

    assert found is not None
    assert (found.wish, found.topic) == (Wish.END, topic)


@pytest.mark.parametrize(
    ("text", "is_yes"),
    [("Yes!", True), ("ok", True), ("好呀", True), ("no thanks", False), ("唔使", False), ("maybe", None)],
)
def test_a_plain_yes_or_no_is_heard(text: str, is_yes: bool | None) -> None:
    """Anything else is no consent."""
    assert agrees(text) is is_yes
