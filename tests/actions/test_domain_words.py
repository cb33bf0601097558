"""The domain's sentences and the code that chooses among them fit together."""

import re
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
SAYING = (
    *sorted((ROOT / "actions").glob("*.py")),
    *(ROOT / "bot/nlu" / name for name in ("courtesies.py", "manners.py")),
    *sorted((ROOT / "bot/telling").glob("*.py")),
    *(ROOT / "bot/workers" / name for name in ("notices.py", "subscribing.py")),
)
SOURCES = "\n".join(path.read_text() for path in SAYING)
# Rasa's own name for what was said stands beside them.
NAMED = frozenset(re.findall(r'"((?:utter|part)_[a-z_]*[a-z])', SOURCES)) - {"utter_action"}
STORIES = "\n".join(path.read_text() for path in sorted((ROOT / "data/stories").glob("*.yml")))
RASAS_OWN = frozenset(("utter_default", "utter_restart"))


def test_every_response_that_an_action_names_is_in_the_domain(domain):
    """A name in the code is a response, or the beginning of several ("…_yes", "…_over")."""
    missing = {name for name in NAMED if not any(key.startswith(name) for key in domain["responses"])}

    assert missing == set()


def test_every_response_is_said_by_somebody(domain):
    """A sentence that nobody says would be translated and mended in vain."""
    unsaid = {
        key
        for key in domain["responses"]
        if key not in RASAS_OWN and key not in STORIES and not any(key.startswith(name) for name in NAMED)
    }

    assert unsaid == set()


def test_every_button_leads_to_an_intent(domain):
    """A choice that comes back must be understood."""
    variants = [variant for each in domain["responses"].values() for variant in each]
    payloads = {button["payload"] for variant in variants for button in variant.get("buttons", ())}

    assert payloads <= {f"/{intent}" for intent in domain["intents"]}


def test_every_action_of_the_domain_is_registered(domain, executor):
    """And no action waits in the code for a rule that never comes."""
    assert {name for action in domain["actions"] for name in action} == set(executor.actions)


def test_parts_have_one_variant(domain):
    """Inside another sentence there is nothing to choose from."""
    parts = {key: len(variants) for key, variants in domain["responses"].items() if key.startswith("part_")}

    assert set(parts.values()) == {1}


def test_every_intent_has_examples_of_many_kinds(domain):
    """Breadth of examples decides whether answers are right; what is left out never comes as words."""
    examples: dict[str, list[str]] = {}
    for path in sorted((ROOT / "data/nlu").glob("*.yml")):
        for entry in YAML(typ="safe").load(path)["nlu"]:
            lines = [line.removeprefix("- ").strip() for line in entry["examples"].splitlines()]
            examples.setdefault(entry["intent"], []).extend(lines)
    few = {intent: len(lines) for intent, lines in examples.items() if len(lines) < 30}
    everything = [line.casefold() for lines in examples.values() for line in lines]

    assert few == {}
    assert len(examples["out_of_scope"]) >= 300
    handover = {f"handover_{name}" for name in ("back", "later", "good", "poor")}
    languages = {"choose_language", "speak_en", "speak_zh_hant", "speak_zh_hans"}
    assert set(examples) == set(domain["intents"]) - {
        "sent_media",
        "stop",
        "stop_asked",
        "start_again",
        "no_such_choice",
    } - handover - languages - {"contest_join", "contest_mine", "contest_step"}
    assert len(everything) == len(set(everything))
