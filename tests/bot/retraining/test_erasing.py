"""A student's wish to be forgotten reaches every copy of their words on disk, and nobody else's."""

from __future__ import annotations

import json

from bot.retraining import erasing, examples
from bot.retraining.examples import Change
from bot.retraining.workshop import Workshop
from bot.store.forgetting import Traces
from tests.bot.retraining.conftest import BEFORE, texts


def traces(*pairs: tuple[str, str]) -> Traces:
    """Return traces of somebody whose words became these examples."""
    return Traces((1,), ("c",), 1, 1, pairs)


def test_examples_go_under_whatever_topic_they_stand_now(shop: Workshop) -> None:
    """One was put under another topic by hand; one is marked."""
    folder = shop.root / "data" / "nlu"
    examples.change(folder, Change(add=(("wifi", "my net is dead"), ("donate", "open [tomorrow](time)"))))
    found = traces(("wifi", "my net is dead"), ("wifi", "Open tomorrow?"))
    assert erasing.erase(shop, found) == 2
    assert texts(shop) == BEFORE


def test_a_topic_that_only_they_asked_about_keeps_its_name(shop: Workshop) -> None:
    """Rasa trains no topic without an example, and a wish to be forgotten never fails for that."""
    new = 'version: "3.1"\n\nnlu:\n  - intent: prayer_room\n    examples: |\n      - where can i pray\n'
    (shop.root / "data" / "nlu" / "prayer_room.yml").write_text(new)
    assert erasing.erase(shop, traces(("prayer_room", "where can i pray"))) == 1
    assert "prayer_room: prayer room" in texts(shop)


def test_copies_under_var_go_too(shop: Workshop) -> None:
    shop.var.mkdir()
    row = {"text": "my net is dead", "intent": "wifi", "rather": "donate"}
    other = {"text": "other", "intent": "wifi", "rather": "donate"}
    (shop.var / "care.json").write_text(json.dumps({"wrong": [row, other], "new": 3}))
    (shop.var / "examples.npz").write_bytes(b"vectors")
    erasing.erase(shop, traces(("wifi", "my net is dead")))
    assert json.loads((shop.var / "care.json").read_text()) == {"wrong": [other], "new": 3}
    assert not (shop.var / "examples.npz").exists()
