"""YAML written by people: read with limits, values kept as written, comments and order kept for export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.representer import RoundTripRepresenter

MOST_BYTES = 2 * 1024 * 1024
MOST_NODES = 100_000
DEEPEST = 20
_TAG = "tag:yaml.org,2002:"
# YAML would turn 10.50 into 10.5, 007 into 7, 1e3 into 1000.0, and a date into a naive datetime.
_KEPT = ("int", "float", "timestamp", "bool")


class Refused(Exception):
    """A file exceeds a limit, or is not YAML; `line` and `text` say where and what."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line, self.text = line, text


class Written(str):
    """A number, date or boolean as it is written. `tag` is what YAML would have made of it."""

    tag: str = f"{_TAG}timestamp"

    @classmethod
    def of(cls, text: str, tag: str) -> Written:
        """Return a text with its original tag."""
        made = cls(text)
        made.tag = tag
        return made


class _Composer(Composer):
    """Counts nodes while composing the file, so that no alias, depth or number of them exhausts memory or time."""

    _nodes = _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node. Raises Refused."""
        event = self.parser.peek_event()
        line = event.start_mark.line + 1
        if isinstance(event, AliasEvent):
            raise Refused(line, f'"*{event.anchor}" stands for something written elsewhere; write it out here')
        if getattr(event, "tag", None) not in {None, "!", f"{_TAG}str"}:
            raise Refused(line, f'"{event.tag}" stands before a value; leave out what begins with "!"')
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise Refused(line, f"the file is too large: {MOST_NODES:,} values at most; divide it")
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                raise Refused(line, f"this lies too deep: {DEEPEST} levels of lists and fields at most")
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


class _Constructor(RoundTripConstructor):
    pass


class _Representer(RoundTripRepresenter):
    pass


for _kind in _KEPT:
    _Constructor.add_constructor(f"{_TAG}{_kind}", lambda _self, node: Written.of(node.value, node.tag))
_Representer.add_representer(Written, lambda self, value: self.represent_scalar(value.tag, str(value)))


def yaml() -> Any:
    """Return the reader and writer: comments, order and quotes are kept. Its `load` raises Refused over a limit."""
    made: Any = YAML(typ="rt")
    made.Composer, made.Constructor, made.Representer = _Composer, _Constructor, _Representer
    made.width, made.preserve_quotes = 120, True
    made.indent(mapping=2, sequence=4, offset=2)
    return made


def text_of(path: Path) -> str:
    """Return a file's text. Raises Refused."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Refused(1, f"the file has {size / 1024 / 1024:.1f} MiB; {MOST_BYTES // 1024 // 1024} at most: divide it")
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Refused(line, "this is no text in UTF-8; save the file as UTF-8") from error


def load(path: Path) -> Any:
    """Return a file's content, with numbers and dates as `Written`. Raises Refused, with the line."""
    try:
        return yaml().load(text_of(path))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        text = f"this is no YAML: {error.problem or error.context}"
        raise Refused(mark.line + 1 if mark else 1, text) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise Refused(1, f"this is no YAML: {str(error)[:200]}") from error
