"""Which messages one decision may cover, and which form a topic that the bot does not know."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.bilingual import CHINESE, both
from bot.nlu.encoder import ENCODER
from bot.nlu.lookout import clusters
from bot.nlu.nearness import readable, together

SETTINGS = {**ENCODER, **CHINESE}
UNRELATED = ["一條鎖匙可以影印嗎", "圖書館今日幾點關門", "我想捐書", "攝影比賽點樣交相", "wifi連唔到"]
UNKNOWN = ["ห้องสมุดเปิดกี่โมง", "ปริ้นที่ไหน", "도서관 몇 시에 열어요", "프린터가 안 돼요", "🙏🙏", "😭"]


@pytest.mark.parametrize("texts", [UNRELATED, UNKNOWN], ids=["chinese", "what no encoder reads"])
def test_what_is_unrelated_is_decided_one_by_one(texts: list[str]) -> None:
    vectors = both(["library", "圖書館", *texts], SETTINGS)[2:]
    assert together(vectors, texts) == list(range(len(texts)))
    assert clusters(vectors, texts) == {}


def test_what_says_nearly_the_same_is_decided_at_once() -> None:
    texts = ["印一張彩色幾錢", "印彩色幾錢一張", "how much is printing", "how much is the printing", "🙏🙏", "🙏🙏"]
    assert together(both(texts, SETTINGS), texts) == [0, 0, 2, 2, 4, 4]


def test_any_two_messages_of_a_cluster_are_alike() -> None:
    """A chain of messages, each like the next, is no topic: its ends have nothing in common."""
    angles = np.radians(np.arange(0, 180, 30))
    chain = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    found = clusters(chain, ["lockers"] * len(chain))
    members: dict[int, list[int]] = {}
    for row, (cluster, _) in found.items():
        members.setdefault(cluster, []).append(row)
    assert all(float(chain[a] @ chain[b]) > 0.5 for rows in members.values() for a in rows for b in rows)


def test_a_script_that_no_encoder_was_taught_is_not_readable() -> None:
    assert [readable(each) for each in ("café?", "圖書館", *UNKNOWN, "12 !")] == [True, True, *[False] * 7]
