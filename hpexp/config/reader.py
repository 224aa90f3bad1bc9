"""YAML text -> a tree of nodes with places.

Works on the parser's events with a stack of its own, so that nesting, anchors and sizes
are bounded before anything is built.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hpexp.config import scalars
from hpexp.config.node import Node
from hpexp.errors import ConfigError, Problem

MAX_BYTES = 1_000_000
MAX_NODES = 50_000
MAX_DEPTH = 20
_TAG = "tag:yaml.org,2002:"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


class _Stop(Exception):
    """The text cannot be read on; `args` are message, line and column."""


def decode(data: bytes, source: str) -> str:
    """The text of an experiment file: UTF-8, with or without a byte order mark.

    Raises:
        ConfigError: it is too long, not text, or not UTF-8.
    """
    if len(data) > MAX_BYTES:
        _fail(source, f"the file has {len(data):,} bytes; an experiment file may have {MAX_BYTES:,}")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or data[:4] == b"\0\0\xfe\xff":
        _fail(source, "the file is UTF-16 or UTF-32 text; save it as UTF-8", 1, 1)
    zero = data.find(b"\0")
    if zero >= 0:
        _fail(source, "a zero byte: this is not a text file", *_place(data, zero))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"byte 0x{data[error.start]:02x} is not UTF-8 text; save the file as UTF-8"
        _fail(source, message, *_place(data, error.start))
    return text


def _place(text: Any, position: int) -> tuple[int, int]:
    """Line and column of a position in text or bytes."""
    end = b"\n" if isinstance(text, bytes) else "\n"
    return text.count(end, 0, position) + 1, position - text.rfind(end, 0, position)


def _fail(source: str, message: str, line: int = 0, column: int = 0) -> Any:
    raise ConfigError(source, [Problem(line, column, "", message)])


def read(text: str, source: str) -> tuple[Node | None, list[Problem]]:
    """The one document of `text` (`None` for an empty one), and its repeated keys as problems.

    Raises:
        ConfigError: the text is not YAML, or more than an experiment file may hold.
    """
    from yaml import YAMLError

    wrong = _CONTROL.search(text)
    if wrong:
        message = f"the character {wrong[0]!r}; only printable text is allowed"
        _fail(source, message, *_place(text, wrong.start()))
    builder = _Builder()
    try:
        for event in _events(text):
            builder.take(event)
    except _Stop as stop:
        message, line, column = stop.args
        _fail(source, message, line, column)
    except YAMLError as error:
        _fail(source, *_explain(error, text))
    return builder.root, builder.problems


def _events(text: str) -> Iterator[Any]:
    from yaml import Loader

    try:
        from yaml import CLoader
    except ImportError:
        loader: Any = Loader(text)
    else:
        loader = CLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _explain(error: Any, text: str) -> tuple[str, int, int]:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return f"this is not YAML: {' '.join(str(error).split())}", 0, 0
    lines = text.splitlines() or [""]
    row = min(mark.line, len(lines) - 1)
    if "\t" in lines[row][: mark.column + 1]:
        message = "there is a tab here; YAML wants spaces for indentation"
    else:
        parts = [getattr(error, "context", None), getattr(error, "problem", None)]
        message = f"this is not YAML: {', '.join(part for part in parts if part)}"
    return message, mark.line + 1, mark.column + 1


class _Open:
    """A list or map whose end has not come yet; `key` waits for its value."""

    def __init__(self, node: Node, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.key: str | None = None
        self.merged: list[Node] = []


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._documents = self._values = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        """`None` while the anchored value is still open."""

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line, column = (
            (event.start_mark.line + 1, event.start_mark.column + 1) if event.start_mark else (0, 0)
        )
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents > 1:
                raise _Stop("a second document begins here; an experiment file holds one", line, column)
        elif kind == "ScalarEvent":
            self._scalar(event, line, column)
        elif kind == "AliasEvent":
            self._alias(event, line, column)
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._begin(event, {} if kind.startswith("Map") else [], line, column)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._end()

    def _scalar(self, event: Any, line: int, column: int) -> None:
        tag = event.tag
        if tag is None or tag == "!":
            value = scalars.plain(event.value) if event.implicit[0] and tag is None else event.value
        else:
            name = tag.removeprefix(_TAG)
            if name not in scalars.TAGS or not tag.startswith(_TAG):
                raise _Stop(f"the tag {_shown(tag)} is not allowed; write plain values", line, column)
            try:
                value = scalars.tagged(event.value, name)
            except ValueError as error:
                raise _Stop(str(error), line, column) from None
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.node.value, dict) and top.key is None:
            merge = event.value == "<<" and event.implicit[0] and tag is None
            self._key("<<" if merge else event.value, line, column, merge=merge)
            return
        self._values += 1
        if self._values > MAX_NODES:
            raise _Stop(f"the file holds more than {MAX_NODES:,} values", line, column)
        node = Node(value, line, column)
        self._anchor(event.anchor, node)
        self._add(node)

    def _alias(self, event: Any, line: int, column: int) -> None:
        if event.anchor not in self._anchors:
            raise _Stop(f"there is no anchor &{event.anchor}", line, column)
        node = self._anchors[event.anchor]
        if node is None:
            raise _Stop(f"*{event.anchor} refers to itself", line, column)
        self._check_key(line, column)
        self._add(node)

    def _begin(self, event: Any, value: Any, line: int, column: int) -> None:
        if event.tag is not None and event.tag not in ("!", f"{_TAG}map", f"{_TAG}seq"):
            raise _Stop(f"the tag {_shown(event.tag)} is not allowed; write plain values", line, column)
        self._check_key(line, column)
        if len(self._open) >= MAX_DEPTH:
            raise _Stop(f"values are nested more than {MAX_DEPTH} deep", line, column)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(Node(value, line, column), event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        if isinstance(done.node.value, dict):
            _merge(done)
        below = done.node.value
        children: list[Node] = list(below.values()) if isinstance(below, dict) else below  # type: ignore[assignment]
        done.node.size = 1 + sum(child.size for child in children)
        done.node.depth = 1 + max((child.depth for child in children), default=0)
        self._anchor(done.anchor, done.node)
        self._add(done.node)

    def _anchor(self, anchor: str | None, node: Node) -> None:
        if anchor is not None:
            self._anchors[anchor] = node

    def _check_key(self, line: int, column: int) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.node.value, dict) and top.key is None:
            raise _Stop("a key must be text", line, column)

    def _key(self, key: str, line: int, column: int, *, merge: bool) -> None:
        top = self._open[-1]
        top.key = key
        if merge:
            return
        if key in top.node.keys:
            first = top.node.keys[key][0]
            path = [each.key for each in self._open[:-1] if each.key is not None]
            crumb = ".".join([*path, key])
            self.problems.append(
                Problem(line, column, crumb, f"the key is repeated; it is on line {first} too")
            )
        else:
            top.node.keys[key] = (line, column)

    def _add(self, node: Node) -> None:
        if node.size > MAX_NODES or node.depth + len(self._open) > MAX_DEPTH + 1:
            raise _Stop(
                f"the file holds more than {MAX_NODES:,} values, or nests them more than {MAX_DEPTH} deep, "
                "once its anchors are expanded",
                node.line,
                node.column,
            )
        if not self._open:
            self.root = node
            return
        top = self._open[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif isinstance(top.node.value, dict) and top.key is not None:
            if top.key == "<<" and "<<" not in top.node.keys:
                top.merged.append(node)
            else:
                top.node.value[top.key] = node
            top.key = None


def _merge(open_map: _Open) -> None:
    """Add what `<<` names, where the map has no such key itself."""
    own = open_map.node.value
    assert isinstance(own, dict)
    for merged in open_map.merged:
        sources = merged.value if isinstance(merged.value, list) else [merged]
        for source in sources:
            if not isinstance(source.value, dict):
                raise _Stop("<< wants a map, or a list of maps", merged.line, merged.column)
            for key, child in source.value.items():
                own.setdefault(key, child)
                open_map.node.keys.setdefault(key, source.keys[key])


def _shown(tag: str) -> str:
    return tag.replace(_TAG, "!!")
