"""The platforms' rules for messages that nobody has just asked for, over random moments and settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reach import MARGIN, RULES, WHYS, Category, How, Rules, Way, way

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
AGO = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))
TEMPLATES = st.dictionaries(st.sampled_from(Category), st.sampled_from(["", "library_news"]))
CHANNELS = st.sampled_from(sorted(RULES))


@pytest.mark.parametrize(
    ("channel", "category", "hours", "how"),
    [
        ("messenger", Category.UTILITY, 23, How.FREE),
        ("messenger", Category.MARKETING, 23, How.FREE),
        ("messenger", Category.UTILITY, 25, How.TEMPLATE),
        ("messenger", Category.MARKETING, 25, How.NONE),
        ("whatsapp", Category.UTILITY, 25, How.TEMPLATE),
        ("whatsapp", Category.MARKETING, 25, How.TEMPLATE),
        ("whatsapp", Category.MARKETING, 24 * 300, How.TEMPLATE),
        ("twilio", Category.UTILITY, 1, How.FREE),
        ("twilio", Category.MARKETING, 25, How.TEMPLATE),
    ],
)
def test_the_table_as_the_platforms_state_it(channel: str, category: Category, hours: int, how: How) -> None:
    """With a template of each kind set, this is what may go so many hours after a person's last message."""
    every = dict.fromkeys(Category, "library_news")
    found = way(RULES[channel], every, category, last_message_at=NOW - timedelta(hours=hours), now=NOW)

    assert found.how is how


@given(CHANNELS, TEMPLATES, st.sampled_from(Category), AGO)
def test_nothing_free_in_form_goes_after_the_window(
    channel: str, templates: dict[Category, str], category: Category, ago: timedelta
) -> None:
    """Before its end, anything may go, whatever templates there are."""
    found = way(RULES[channel], templates, category, last_message_at=NOW - ago, now=NOW)

    assert (found.how is How.FREE) == (ago < RULES[channel].window - MARGIN)


@given(CHANNELS, TEMPLATES, st.sampled_from(Category), AGO)
def test_a_template_goes_only_where_it_is_set_and_the_platform_has_such(
    channel: str, templates: dict[Category, str], category: Category, ago: timedelta
) -> None:
    """And a message that may not go says why, in words that exist."""
    found = way(RULES[channel], templates, category, last_message_at=NOW - ago, now=NOW)

    assert (found.how is How.TEMPLATE) == bool(found.template)
    assert (found.how is How.NONE) == bool(found.why)
    if found.template:
        assert found.template == templates[category]
        assert category in RULES[channel].templates
    if found.why:
        assert found.why in WHYS


@given(CHANNELS, TEMPLATES, st.sampled_from(Category), AGO, AGO)
def test_time_only_ever_takes_away(
    channel: str, templates: dict[Category, str], category: Category, ago: timedelta, more: timedelta
) -> None:
    """Whoever could not be reached cannot be reached later either, unless they write."""
    last = NOW - ago
    first = way(RULES[channel], templates, category, last_message_at=last, now=NOW)
    later = way(RULES[channel], templates, category, last_message_at=last, now=NOW + more)

    assert not (first.how is How.NONE and later.how is not How.NONE)
    assert not (first.how is How.TEMPLATE and later.how is How.FREE)


def test_a_channel_that_is_off_and_a_person_who_never_wrote_get_nothing() -> None:
    """Neither has a window."""
    every = dict.fromkeys(Category, "library_news")

    assert way(None, every, Category.UTILITY, last_message_at=NOW, now=NOW) == Way(How.NONE, why="off")
    for rules in RULES.values():
        assert way(rules, every, Category.UTILITY, last_message_at=None, now=NOW) == Way(How.NONE, why="silent")


def test_every_rule_names_its_sources_and_leaves_room_for_answers() -> None:
    """A rule without a page to look it up goes stale unnoticed. Twenty a second is the lowest limit of any platform."""
    for rules in RULES.values():
        assert isinstance(rules, Rules)
        assert rules.sources
        assert 0 < rules.per_second <= 20
