"""The library as the bot reads it."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.store import library
from bot.store.learning_tables import TopicNameRow
from bot.store.library_tables import AnswerRow
from tests.stores import sampled

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_answers_on_some_topics_are_those_of_all_that_are_on_them(engine: Engine) -> None:
    """Of a renamed topic under the old name alone too, as a model asks for it that has not learnt the new one."""
    sampled(engine, NOW)
    with Session(engine) as opened, opened.begin():
        opened.execute(
            sa.update(AnswerRow).where(AnswerRow.topic == "printing_scanning_copying").values(topic="copying")
        )
        opened.add(TopicNameRow(old="printing_scanning_copying", new="copying"))

    for language in ("en", "zh-Hant", "zh-Hans"):
        every = library.answers_in(engine, language)
        for topics in (["handover"], ["printing_scanning_copying"], ["copying", "holding"]):
            assert library.answers_in(engine, language, *topics) == tuple(e for e in every if e.topic in topics)
    assert {each.topic for each in library.answers_in(engine, "en", "printing_scanning_copying")} == {
        "printing_scanning_copying"
    }
    assert library.answers_in(engine, "en", "no such topic") == ()
