"""The content's check tells what Meta asks of an edition that students hear of now."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.store.content.files import read
from bot.store.content.promotions import gaps

HK = ZoneInfo("Asia/Hong_Kong")
WRITTEN = """\
contests:
  - key: quiet-2026
    title: Quiet Corners
    opens: 2026-11-01T09:00:00+08:00
    closes: 2026-11-30T17:00:00+08:00
    may_enter: [students]
    rules:
      - Photos are taken on campus.
      - Tag two friends to enter.
"""


def test_an_open_edition_is_warned_of_with_the_line_and_the_text_to_write(tmp_path: Path) -> None:
    (tmp_path / "contests.yml").write_text(WRITTEN)
    content = read(tmp_path)
    assert content.problems == []
    found = [str(each) for each in gaps(content, datetime(2026, 11, 10, tzinfo=HK), HK)]
    assert len(found) == 3
    assert all("contests.yml:7: quiet-2026.rules: " in each for each in found)
    assert "you release Meta" in found[0]
    assert "Tag two friends" in found[2]


def test_a_past_edition_and_a_draft_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "contests.yml").write_text(WRITTEN + "  - key: rain-2027\n    title: Rain\n")
    assert list(gaps(read(tmp_path), datetime(2026, 12, 10, tzinfo=HK), HK)) == []
