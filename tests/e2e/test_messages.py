"""One message a turn: what test questions are answered with, on each channel."""

from __future__ import annotations

import pytest

from tests.bench.messages import texts, told, turns
from tests.stack import Stack

pytestmark = pytest.mark.slow

# The aims: WhatsApp bills each message, and nobody reads three bubbles for one question.
ON_WHATSAPP, ON_MESSENGER, MOST_ON_MESSENGER = 1.05, 1.1, 2
EVERY = 12


def test_a_question_is_answered_in_one_message_and_with_all_that_was_said(stack: Stack) -> None:
    """Every twelfth of the test questions; `make bench` counts them all."""
    found = told(turns(stack.dialogue(), texts()[::EVERY]))

    assert [each.lost for each in found.values()] == [(), (), ()]
    assert found["whatsapp"].a_turn <= ON_WHATSAPP
    assert found["twilio"].a_turn <= ON_WHATSAPP
    assert found["messenger"].a_turn <= ON_MESSENGER
    assert found["messenger"].most <= MOST_ON_MESSENGER
