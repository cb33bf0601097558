"""STOP and START: whole messages, with marks, widths and politeness, and nothing else."""

from __future__ import annotations

import pytest

from bot.store.wishes import Wish, wish_in


@pytest.mark.parametrize(
    "said",
    [
        *(
            "stop",
            "Stop.",
            "STOP!",
            "please stop",
            "Stop, thanks",
            "s\u200btop",
            "ＳＴＯＰ",
            "𝗦𝗧𝗢𝗣",
            "STOP ALL",
            "停止",
            "停",
        ),
        *("stop sending me messages", "pls stop messaging me", "unsubscribe me", "i want to unsubscribe", "opt-out"),
        *("can you please stop sending me messages", "don't text me any more", "no more messages please"),
        *(
            "唔好再send",
            "唔好再send嘢俾我",
            "不要再發訊息給我",
            "stop bot",
            "do not contact me again",
            "quit messaging me",
        ),
        *("Stop, thank you.", "STOP STOP STOP", "unsub", "opt me out", "please remove me from this list"),
        *(
            "停啦",
            "停呀！",
            "请停止",
            "唔該停止",
            "停止接收訊息",
            "唔使再send",
            "唔想再收到你啲訊息",
        ),
        *("不想再收到訊息", "我不想再收到消息了", "唔好再發嘢嚟", "麻煩你唔好再搵我", "ＳＴＯＰ！！", "停止🙏"),
    ],
)
def test_stop_is_heard_however_it_is_put(said: str) -> None:
    """Nobody is written to against their will for a full stop."""
    assert wish_in(said) is Wish.STOP


@pytest.mark.parametrize(
    "said",
    ["can you stop", "stop it", "Stop it now", "shut up", "leave me alone", "i said stop!", "quit", "End.", "取消訂閱"],
)
def test_what_may_mean_it_is_asked_back(said: str) -> None:
    """It may be said of something else."""
    assert wish_in(said) is Wish.MAYBE_STOP


@pytest.mark.parametrize(
    "said",
    [
        *("bus stop near library", "does the escalator stop at 10", "how do I stop a renewal", "one stop shop"),
        *("where is the stop", "stop my reservation", "stop the noise on 2/f", "can i stop by", "when does it start"),
        *(
            "i don't want to contact a librarian",
            "start over",
            "no more text books",
            "how do i unsubscribe from alerts",
        ),
        *("", "i want to send a message", "non stop", "stop sending fines to my account"),
    ],
)
def test_questions_with_the_word_are_questions(said: str) -> None:
    """The words around it say so."""
    assert wish_in(said) is None


@pytest.mark.parametrize("said", ["START", "start!", "please start", "start again", "unstop", "opt in", "開始"])
def test_start_is_heard_too(said: str) -> None:
    """As the way back."""
    assert wish_in(said) is Wish.START


# Each as it may come, and what it leads to: STOP, a question back, or nothing, since it says something else.
PUT = {
    Wish.STOP: (
        *("STOP.", "'stop'", "-stop-", "S.T.O.P.", "s t o p", "stoppp!!", "stop 停止", "unsubscribe pls", "stop all"),
        *("opt out", "Opt me out please", "i want to opt out", "I’d like to unsubscribe", "optout thx"),
        *("remove me from this list", "take my number off your list", "please remove my number from the mailing list"),
        *("i no longer want to receive messages", "I dont want to receive any more texts", "stop these messages"),
        *("唔好再发", "唔要再發俾我", "请不要再给我发消息", "唔好再畀我send訊息", "ＳＴＯＰ", "ｓｔｏｐ。"),
    ),
    Wish.MAYBE_STOP: (
        *("stop these", "stop those please", "stop them", "you can stop now", "can i opt out", "may i unsubscribe?"),
        *("stop the announcements", "no more announcements", "stop all reminders", "stop notification"),
        *("停止通知", "唔想再收", "回T退订", "TD"),
    ),
    None: (
        *("https://x.y/stop", "x.y/stop", "stop https://x.y/unsubscribe", "www.stop.com", "see /help/stop"),
        *("bus stop", "the bus stop near hkust", "pit stop", "stop by the library", "is stop a word", "stop at 2/f"),
        *("what does STOP do", "how do i opt out", "how to unsubscribe", "unsubscribe from events", "no news"),
        *("don't stop", "dont stop messaging me", "never stop", "do not stop sending me updates", "stop and start"),
        *("i don't receive your messages", "i dont receive messages from you", "i never receive a message"),
        *("停電", "停止營業", "停止服務時間", "幾時停止開放", "唔好停", "停車場", "巴士站", "唔想再收到罰款"),
        *("a b c", "stops", "stopped", "remove me", "how do i get off the waiting list", "get me off the train"),
    ),
}


@pytest.mark.parametrize(("said", "wish"), [(said, wish) for wish, every in PUT.items() for said in every])
def test_what_ends_what_asks_back_and_what_is_just_a_question(said: str, wish: Wish | None) -> None:
    assert wish_in(said) is wish
