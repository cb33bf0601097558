"""What ships is put into the store once, merged on an upgrade, and comes out again as the project that is trained."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ruamel.yaml import YAML
from sqlalchemy.engine import Engine

from bot.retraining import loading, project, seed
from bot.retraining.loading import Plan
from bot.store import audit, evaluation, examples, forgetting, models, reviews, topics
from bot.store.learning_tables import ReviewRow, TopicNameRow
from bot.store.teaching_tables import ExampleRow, KeptConversationRow, QuestionRow, TopicRow
from tests.bot.retraining.conftest import DOMAIN, WIFI, decided, shipped
from tests.stack import ROOT
from tests.stores import sqlite, taught

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
TABLES = (ExampleRow, TopicRow, KeptConversationRow, QuestionRow)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return shipped(tmp_path / "root")


@pytest.fixture
def engine(tmp_path: Path, root: Path) -> Engine:
    return taught(sqlite(tmp_path / "taught.db"), root, NOW)


def planned(engine: Engine, root: Path, **wanted: bool) -> Plan:
    return loading.plan(engine, seed.read(root), root, root / "var", now=NOW, **wanted)


def loaded(engine: Engine, root: Path, **wanted: bool) -> str:
    plan = planned(engine, root, **wanted)
    loading.apply(engine, plan, now=NOW)
    return str(plan)


def pairs(engine: Engine) -> set[tuple[str, str]]:
    return {(each.intent, each.text) for each in examples.current(engine)}


def by_text(engine: Engine) -> dict[str, int]:
    return {each.text: each.id for each in examples.current(engine)}


def test_what_ships_is_read_whole_and_comes_out_byte_by_byte(tmp_path: Path) -> None:
    """The project's own files: nothing of them is lost on the way through the store, not even a comment."""
    whole = taught(sqlite(tmp_path / "whole.db"), ROOT, NOW)
    lines = {
        (block["intent"], line.removeprefix("- "))
        for path in (ROOT / seed.NLU).glob("*.yml")
        for block in YAML(typ="safe").load(path.read_text(encoding="utf-8"))["nlu"]
        for line in block["examples"].splitlines()
        if line.startswith("- ")
    }
    assert pairs(whole) == lines
    copy = tmp_path / "copy"
    for name in ("data/nlu", "data/stories", "evaluation"):
        shutil.copytree(ROOT / name, copy / name)
    for name in ("domain.yml", "config.yml"):
        shutil.copy(ROOT / name, copy)
    before = {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    project.export(whole, copy, copy)
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == before


def test_a_second_load_changes_nothing(engine: Engine, root: Path) -> None:
    with engine.connect() as connection:
        before = [connection.execute(sa.select(each.__table__)).all() for each in TABLES]
    assert planned(engine, root).changes_nothing
    assert loading.load(engine, root, root / "var", NOW + timedelta(days=1)) == ""
    with engine.connect() as connection:
        assert [connection.execute(sa.select(each.__table__)).all() for each in TABLES] == before


def test_an_upgrade_adds_what_is_new_and_leaves_what_librarians_have_changed(engine: Engine, root: Path) -> None:
    there = by_text(engine)
    with engine.begin() as connection:
        examples.remove(connection, [there["no internet"]], by="lib", now=NOW)
        examples.rewrite(connection, there["can i give you books"], "books for you", by="lib", now=NOW)
        examples.add(connection, [("donate", "old magazines")], source="staff", by="lib", now=NOW)
    # "wifi pw" has moved, "donate" ships no more, and two are new, one of which a librarian had thought of before.
    path = root / "data" / "nlu" / "wifi.yml"
    text = WIFI.replace("      - wifi pw\n", "      - eduroam\n").replace("      - donate\n", "      - old magazines\n")
    path.write_text(f"{text}      - wifi pw\n")
    told = loaded(engine, root)

    assert pairs(engine) == {
        *(("wifi", "eduroam"), ("donate", "wifi pw"), ("donate", "books for you")),
        *(("donate", "donate"), ("donate", "old magazines")),
    }
    assert "+ wifi: 1 examples" in told
    assert "“no internet” was removed by lib: stays so" in told
    assert "“can i give you books” was made “books for you” of donate by lib: stays so" in told
    assert planned(engine, root).changes_nothing
    loaded(engine, root, overwrite=True, remove=True)
    assert pairs(engine) == {
        *(("wifi", "no internet"), ("wifi", "eduroam")),
        *(("donate", "can i give you books"), ("donate", "old magazines"), ("donate", "wifi pw")),
    }


def test_an_upgrade_of_a_merged_topic_goes_to_the_other_one(engine: Engine, root: Path) -> None:
    with topics.changing(engine, "lib", NOW) as opened:
        topics.merge(opened, "donate", "wifi", by="lib", now=NOW)
    path = root / "data" / "nlu" / "wifi.yml"
    path.write_text(WIFI + "      - more books\n")
    loaded(engine, root)
    assert ("wifi", "more books") in pairs(engine)
    assert "donate" not in topics.every(engine)
    assert planned(engine, root).changes_nothing


def test_an_example_has_a_language_by_its_file_or_its_script(engine: Engine, root: Path) -> None:
    (root / "data" / "nlu" / "wifi.zh.yml").write_text(
        WIFI.replace("- wifi pw", "- wifi 密碼").replace("- no int", "- int")
    )
    (root / "data" / "nlu" / "wifi.yml").write_text(WIFI + "      - 捐書\n")
    loaded(engine, root)
    languages = {each.text: each.language for each in examples.current(engine)}
    assert {text: languages[text] for text in ("wifi pw", "wifi 密碼", "internet", "捐書")} == {
        "wifi pw": "en",
        "wifi 密碼": "zh",
        "internet": "zh",
        "捐書": "zh",
    }


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("data/nlu/wifi.yml", WIFI + "      not an example\n", "wifi.yml:13: should be an example"),
        ("data/nlu/wifi.yml", WIFI + "      - donate\n", 'wifi.yml:13: "donate" stands twice in donate'),
        ("data/nlu/wifi.yml", WIFI.replace("intent: donate", "intent: parking"), "there is no intent parking"),
        ("data/nlu/wifi.yml", WIFI + "  x: [\n", "this is no YAML"),
        ("evaluation/questions/questions.tsv", "is the wifi down\n", "questions.tsv:1: should be a question"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_nothing_is_loaded(
    engine: Engine, root: Path, name: str, text: str, says: str
) -> None:
    before = pairs(engine)
    (root / name).write_text(text)
    with pytest.raises(examples.ExamplesError, match=says):
        loading.load(engine, root, root / "var", NOW)
    assert pairs(engine) == before


def test_the_project_that_is_trained_has_what_the_store_says(engine: Engine, root: Path, tmp_path: Path) -> None:
    """A new topic with its rule and its label, another name, one topic part of another; the files stay as they ship."""
    files = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with topics.changing(engine, "lib", NOW) as opened:
        connection = opened.connection()
        name = topics.add(connection, "3D printing", by="lib", now=NOW)
        examples.add(connection, [(name, "can i 3d print")], source="topic", by="lib", now=NOW)
        topics.rename(connection, "wifi", "Network", by="lib", now=NOW)
        topics.merge(opened, "donate", "wifi", by="lib", now=NOW)
    made = tmp_path / "made"
    digest = project.write(engine, root, made, examples.current(engine))
    read = seed.read(made)

    assert read.problems == []
    assert name == "topic_3d_printing"
    assert {each: read.topics[each].labels for each in (name, "wifi")} == {
        name: {"en": "3D printing"},
        "wifi": {"en": "Network"},
    }
    assert "donate" not in read.topics
    assert {(each.intent, each.text) for each in read.examples} == pairs(engine)
    assert sorted(filter(None, map(seed.answered, seed.rules(made)))) == [name, "wifi"]
    assert "# a comment" in (made / "domain.yml").read_text()
    assert project.write(engine, root, tmp_path / "again", examples.current(engine)) == digest
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == files


def test_the_project_that_is_trained_has_all_other_training_data(tmp_path: Path) -> None:
    """Words and patterns of danger above all: a model without them hears less of it."""
    whole = taught(sqlite(tmp_path / "whole.db"), ROOT, NOW)
    project.write(whole, ROOT, tmp_path / "made", examples.current(whole))
    files = {path.relative_to(ROOT) for path in (ROOT / "data").rglob("*.yml")}
    others = {each for each in files if each.parent not in (seed.NLU, seed.STORIES)}

    assert {each.name for each in others} >= {"patterns.yml", "english.yml", "chinese.yml", "care.yml"}
    assert files <= {path.relative_to(tmp_path / "made") for path in (tmp_path / "made" / "data").rglob("*.yml")}
    assert all((tmp_path / "made" / each).read_bytes() == (ROOT / each).read_bytes() for each in others)


def test_a_topic_that_lost_its_last_example_is_trained_by_its_name(engine: Engine, root: Path, tmp_path: Path) -> None:
    """Rasa trains no intent without one, and a wish to be forgotten never fails for that."""
    rows = [each for each in examples.current(engine) if each.intent != "donate"]
    project.write(engine, root, tmp_path / "made", rows)
    assert [each.text for each in seed.read(tmp_path / "made").examples if each.intent == "donate"] == ["Give books"]


def undone_tables(engine: Engine) -> None:
    """Leave a store as it was before examples had tables."""
    with engine.begin() as connection:
        for each in TABLES:
            connection.execute(sa.delete(each.__table__))


def of_before(engine: Engine, shop: Any) -> list[int]:
    """Let a store hold what an older Carrel has kept: 200 decisions, three new topics, a rename, edits of examples."""
    numbers = decided(shop, *(("wifi", f"net {number}") for number in range(150)))
    waiting = decided(shop, *(("donate", f"give {number}") for number in range(50)))
    undone_tables(engine)
    learnt, back = numbers[:100], numbers[100:]
    written = [["wifi", f"net {number}"] for number in range(100)]
    with engine.begin() as connection:
        changes = {"add": written, "reviews": learnt, "with": [], "written": written}
        models.add(connection, "live", now=NOW, by="lib", state="retired", changes=changes, activated_at=NOW)
        taken = {"add": [], "reviews": back, "written": [["wifi", "net 100"]], "taken": [["wifi", "net 100"]]}
        models.add(connection, "bad", now=NOW, by="lib", state="retired", changes=taken, activated_at=NOW)
        for ids, name in ((learnt, "live"), (back, "taken back with bad")):
            mine = ReviewRow.__table__.c.id.in_(ids)
            connection.execute(sa.update(ReviewRow.__table__).where(mine).values(learnt_in=name))
        for label in ("Prayer room", "Board games", "Stationery"):
            name = topics.name_of(label)
            told = {"label": label, "examples": [f"{label} {number}" for number in range(3)]}
            audit.note(connection, "lib", "topics", name, None, told, NOW)
        added, removed = [["wifi", "by hand"], ["donate", "x"]], [["wifi", "no internet"]]
        audit.note(connection, "lib", "examples", "wifi", {"removed": removed}, {"added": added}, NOW)
        audit.note(connection, "lib", "examples", "donate", {"removed": [["donate", "x"]]}, None, NOW)
        # The rename: answers and decisions have followed, the models say the old name.
        reviews.rename(connection, "donate", "gifts")
        connection.execute(sa.insert(TopicNameRow.__table__).values(old="donate", new="gifts"))
        note = {"does": "rename", "topic": "donate", "name": "gifts", "undo": "abc"}
        audit.note(connection, "lib", "topics", "donate", None, note, NOW)
    return waiting


@pytest.mark.parametrize("edited", [False, True], ids=["files as they ship", "files that were taught"])
def test_nothing_that_was_taught_before_is_lost(shop: Any, edited: bool) -> None:
    """The database alone remembers; with the files that an older Carrel has edited it comes to the same."""
    engine, root = shop.engine, shop.root
    waiting = of_before(engine, shop)
    rooms = [(name, f"{name.replace('_', ' ').capitalize()} {number}") for name in NEW for number in range(3)]
    if edited:
        as_an_older_carrel_left_it(root, rooms)
    loading.load(engine, root, shop.var, NOW)

    live = {
        *(("wifi", "wifi pw"), ("wifi", "by hand"), ("gifts", "can i give you books"), ("gifts", "donate"), *rooms),
        *(("wifi", f"net {number}") for number in range(100)),
    }
    assert {(each.intent, each.text) for each in examples.current(engine, waiting=False)} == live
    assert [each.id for each in reviews.staged(engine)] == waiting
    assert pairs(engine) == live | {("gifts", f"give {number}") for number in range(50)}
    assert {name: topics.every(engine)[name].called for name in NEW} == NEW
    assert topics.every(engine)["gifts"].served == topics.TEXTS
    assert not {"add", "written", "taken"} & set(str(models.page(engine)[0].changes))
    # What went out with a model comes back with it, and what was a student's goes with them.
    bad = models.get(engine, "bad")
    assert bad
    with engine.begin() as connection:
        reviews.settle(connection, "bad", bad.changes["reviews"], models.learnt_by(engine, bad))
    assert ("wifi", "net 149") in pairs(engine)
    with engine.begin() as connection:
        connection.execute(sa.delete(ReviewRow.__table__))
    assert pairs(engine) == {each for each in live if not each[1].startswith("net ")}
    # The next upgrade ships the files as they always were: what was removed stays removed, and no old name comes back.
    shipped(root)
    loaded(engine, root)
    assert pairs(engine) == {each for each in live if not each[1].startswith("net ")}
    assert "donate" not in topics.every(engine)


NEW = {"prayer_room": "Prayer room", "board_games": "Board games", "stationery": "Stationery"}


def as_an_older_carrel_left_it(root: Path, rooms: list[tuple[str, str]]) -> None:
    """Edit the files as an older Carrel did for the same things."""
    nets = "".join(f"      - net {number}\n" for number in range(100))
    text = WIFI.replace("      - no internet\n", f"{nets}      - by hand\n").replace("intent: donate", "intent: gifts")
    (root / "data" / "nlu" / "wifi.yml").write_text(text)
    domain = DOMAIN.replace("- donate", "- gifts").replace("part_topic_donate", "part_topic_gifts")
    rules = (root / "data" / "stories" / "answers.yml").read_text().replace("intent: donate", "intent: gifts")
    for name, label in NEW.items():
        lines = "".join(f"      - {text}\n" for intent, text in rooms if intent == name)
        head = f'version: "3.1"\n\nnlu:\n  - intent: {name}\n    examples: |\n{lines}'
        (root / "data" / "nlu" / f"{name}.yml").write_text(head)
        domain = domain.replace("  - greet\n", f"  - greet\n  - {name}\n")
        domain += f"  part_topic_{name}:\n    - text: {label}\n"
        rules += f"\n  - rule: New, {name}\n    steps:\n      - intent: {name}\n      - action: action_answer\n"
    (root / "domain.yml").write_text(domain)
    (root / "data" / "stories" / "answers.yml").write_text(rules)


def test_conversations_and_questions_of_the_files_are_theirs_and_kept_ones_stay(engine: Engine, root: Path) -> None:
    story = {"story": "Kept", "steps": [{"user": "hi\n", "intent": "greet"}, {"action": "utter_greet"}]}
    evaluation.keep(engine, story, "from_console", by="lib", now=NOW)
    (root / "evaluation" / "questions" / "questions.tsv").write_text("books?\tdonate|wifi\n")
    (root / "evaluation" / "conversations" / "wifi.yml").unlink()
    loaded(engine, root)
    assert [(each.text, each.intents) for each in evaluation.all_questions(engine)] == [("books?", ("donate", "wifi"))]
    assert [each.story for each in evaluation.all_conversations(engine)] == [story]


def test_a_student_takes_nothing_of_others_along(shop: Any) -> None:
    decided(shop, ("wifi", "my net is dead"), ("donate", "old books"))
    [_, other] = examples.current(shop.engine)[-2:]
    with shop.engine.connect() as connection:
        person = connection.execute(sa.select(ReviewRow.__table__.c.person_id).limit(1)).scalar_one()
    traces = forgetting.Traces((person,), (), 1, 0, ())
    forgetting.forget(shop.engine, traces, actor="lib", now=NOW)
    assert [each.id for each in examples.current(shop.engine) if each.review_id] == [other.id]
