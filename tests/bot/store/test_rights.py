"""Who asks what is known of them, or to be forgotten, is heard by the whole message; nobody else is."""

from __future__ import annotations

import pytest

from bot.store.rights import Right, right_in, says_no, says_yes


@pytest.mark.parametrize(
    "said",
    [
        *(
            "what do you know about me",
            "What do you know about me?",
            "my data",
            "MY DATA!!",
            "ｍｙ ｄａｔａ",
            "show me my data",
        ),
        *(
            "what data do you have on me",
            "what information do you keep about me?",
        ),
        *("can i see my personal data please",),
        *(
            "i want to download my data",
            "give me a copy of my data",
        ),
        *(
            "what is stored about me",
            "data access request",
        ),
        *(
            "你有我咩資料",
            "你有我咩資料呀？",
            "你知道我啲咩",
            "我嘅資料",
            "我的资料",
            "请问你们有我什么资料",
            "查看我的資料",
        ),
        *(
            "唔該俾我睇下我嘅個人資料",
            "你知道我什么",
        ),
        *(
            "我想下載我的資料",
            "你哋儲存咗我咩資料",
        ),
    ],
)
def test_who_wants_to_see_what_is_kept_is_heard(said: str) -> None:
    assert right_in(said) is Right.ACCESS


@pytest.mark.parametrize(
    "said",
    [
        *(
            "forget me",
            "Forget me.",
            "please forget me",
        ),
        *(
            "delete my data",
            "DELETE MY DATA!",
            "pls delete all my data",
        ),
        *(
            "can you delete my messages",
            "erase everything you know about me",
        ),
        *("i want you to delete my personal data",),
        *(
            "remove my info",
            "delete me",
        ),
        *(
            "wipe my chat history",
            "delete all the data you have about me",
        ),
        *(
            "刪除我嘅資料",
            "刪除我的資料",
            "删除我的资料",
            "唔該刪除我嘅所有資料",
            "請刪除我的個人資料",
            "忘記我",
            "忘记我吧",
            "del我嘅data",
        ),
        *(
            "可唔可以幫我刪晒我嘅資料",
            "將我嘅資料刪除",
            "把我的数据全部删掉",
        ),
        *(
            "唔好記住我",
            "清除我嘅對話紀錄",
        ),
    ],
)
def test_who_wants_to_be_forgotten_is_heard(said: str) -> None:
    assert right_in(said) is Right.ERASURE


@pytest.mark.parametrize(
    "said",
    [
        *(
            "forget it",
            "forget about it",
            "i forgot my password",
            "delete my booking",
            "cancel my reservation",
            "",
            "data",
        ),
        *(
            "is my data safe on eduroam",
            "how do i back up my data on the library pc",
            "where can i find data on housing",
        ),
        *(
            "do you know me",
            "what do you know about the learning commons",
            "delete my account",
            "remove me from the queue",
        ),
        *(
            "how do i delete my print job",
            "my data is lost, the usb stick is broken",
            "forget me not book",
            "i want data",
        ),
        *(
            "我的資料夾在哪",
            "我唔記得密碼",
            "刪除預約",
            "邊度有統計資料",
            "點樣查資料",
            "忘記密碼",
            "我想搵資料",
            "你知道我可以幾點走嗎",
        ),
        *(
            "我嘅資料庫登入唔到",
            "delete my data " * 9,
        ),
        *("你有咩資料",),
    ],
)
def test_who_means_something_else_is_not(said: str) -> None:
    assert right_in(said) is None


def test_yes_and_no_are_whole_messages() -> None:
    assert all(map(says_yes, ("yes", "Yes.", "YES!", "係", "確定", "yes please")))
    assert all(map(says_no, ("no", "No!", "唔好", "cancel", "算")))
    assert not any(map(says_yes, ("yes but when", "no", "", None, "yesterday")))
    assert not any(map(says_no, ("not now maybe", "yes", "", None)))
