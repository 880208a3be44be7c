"""YAML 1.2 without its dangers: no types of programs, few aliases, bounded depth and number of parts.

Read event by event from libyaml, so that nothing is built of a document before it was counted.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml

from profiles.portability.formats.refusing import TOO_DEEP, TOO_MANY, Refused
from profiles_project.words.sentences import mark, say

MAX_DEPTH = 32
MAX_PARTS = 100_000
# Each may repeat all that stands before it, and what it repeats counts among the parts.
MAX_ALIASES = 100

Path = tuple[str | int, ...]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = re.compile(r"~|null|Null|NULL|")
_TRUE, _FALSE = frozenset({"true", "True", "TRUE"}), frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?=[0-9.]*[.eE])(?:\.[0-9]{1,40}|[0-9]{1,40}(?:\.[0-9]{0,40})?)(?:[eE][-+]?[0-9]{1,2})?")
# What is written with zeros before it is no number: a telephone's, or a code.
_PADDED = re.compile(r"[-+]?0[0-9]")
# libyaml compares each with all before it.
MAX_TAGS = 10
_TAG_LINE = re.compile(r"(?:^|[\r\n\x85\u2028\u2029])%TAG")
_NO_YAML = mark("This is not valid YAML, from line {line}, column {column} on.")
_NO_KEY = mark("In this YAML a list stands where a name should, from line {line} on.")
_TOO_MANY_ALIASES = mark("This YAML has more than {n} aliases (*name); please write out what they stand for.")
_TOO_MANY_TAGS = mark("This YAML has more than {n} lines with %TAG; please leave them out.")
_NO_ANCHOR = mark("This YAML refers to «{name}», which stands nowhere before.")
_CONTROL = re.compile("[\x00\ud800-\udfff]")


class _Builder:
    """Builds the value of a document from its events."""

    def __init__(self) -> None:
        self.parts = 0
        self.aliases = 0
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.doubled: list[Path] = []
        # Open lists and objects, each with its own path, anchor, and number of parts before it.
        self.open: list[tuple[Any, Path, str | None, int]] = []
        # Of each open object the key that waits for its value.
        self.keys: list[Any] = []
        # Of each open object the keys that it has taken over from another one, by «<<».
        self.merged: list[set[str]] = []
        self.value: Any = None
        self.has_value = False

    def add(self, event: Any) -> None:
        """Follow an event."""
        if isinstance(event, yaml.ScalarEvent):
            self._count(1)
            self._put(scalar(event.value, is_plain=event.implicit[0]), event)
        elif isinstance(event, yaml.AliasEvent):
            self._repeat(event)
        elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._begin([] if isinstance(event, yaml.SequenceStartEvent) else {}, event)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            made, _, anchor, before = self.open.pop()
            self.keys.pop()
            self.merged.pop()
            if anchor:
                self.anchors[anchor] = made, self.parts - before + 1

    def _count(self, number: int) -> None:
        self.parts += number
        if self.parts > MAX_PARTS:
            raise Refused("too_large", say(TOO_MANY, n=MAX_PARTS))

    def _begin(self, made: Any, event: Any) -> None:
        self._count(1)
        if len(self.open) >= MAX_DEPTH:
            raise Refused("too_large", say(TOO_DEEP, n=MAX_DEPTH))
        path = self._path()
        self._put(made, event)
        self.open.append((made, path, event.anchor, self.parts))
        self.keys.append(None)
        self.merged.append(set())

    def _path(self) -> Path:
        if not self.open:
            return ()
        holder, path, _, _ = self.open[-1]
        if isinstance(holder, list):
            return (*path, len(holder))
        key = self.keys[-1]
        return path if key is None else (*path, key[0])

    def _repeat(self, event: Any) -> None:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise Refused("too_large", say(_TOO_MANY_ALIASES, n=MAX_ALIASES))
        if event.anchor not in self.anchors:
            raise Refused("broken", say(_NO_ANCHOR, name=event.anchor[:40]))
        value, size = self.anchors[event.anchor]
        self._count(size)
        self._put(value, event)

    def _put(self, value: Any, event: Any) -> None:
        anchor = getattr(event, "anchor", None)
        if anchor and isinstance(event, yaml.ScalarEvent):
            self.anchors[anchor] = value, 1
        if not self.open:
            self.value, self.has_value = value, True
            return
        holder, path, _, _ = self.open[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif self.keys[-1] is None:
            if isinstance(value, list | dict) or not isinstance(value, Hashable):
                raise Refused("broken", say(_NO_KEY, line=str(event.start_mark.line + 1)))
            self.keys[-1] = (value if isinstance(value, str) else _as_written(event, value),)
        else:
            (key,) = self.keys[-1]
            if key in holder and key not in self.merged[-1]:
                self.doubled.append((*path, key))
            self.merged[-1].discard(key)
            if key == "<<" and isinstance(value, dict):
                others = {name: each for name, each in value.items() if name not in holder}
                holder |= others
                self.merged[-1] |= others.keys()
            else:
                holder[key] = value
            self.keys[-1] = None


def loads(body: bytes) -> tuple[Any, list[Path]]:
    """The value of the first document in a YAML text, and the paths of keys that stand twice in one object.

    Of these the last one counts. Dates stay texts. Raises Refused.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(
            "broken", say("The request is not valid UTF-8, from byte {n} on.", n=str(error.start + 1))
        ) from error
    if len(_TAG_LINE.findall(text)) > MAX_TAGS:
        raise Refused("too_large", say(_TOO_MANY_TAGS, n=MAX_TAGS))
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.add(event)
            if isinstance(event, yaml.DocumentEndEvent):
                break
    except yaml.MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        line, column = (place.line + 1, place.column + 1) if place else (1, 1)
        raise Refused("broken", say(_NO_YAML, line=str(line), column=str(column))) from error
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("broken", say(_NO_YAML, line="1", column="1")) from error
    return builder.value, builder.doubled


def scalar(text: str, *, is_plain: bool) -> Any:
    """The value of a scalar by YAML 1.2's core schema, without octal and hexadecimal numbers and infinity."""
    if not is_plain:
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    if _NULL.fullmatch(text):
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if not _PADDED.match(text):
        # What a number would not give back as it was written (2020.10, 12e45, +4530123456) stays a text.
        if _INTEGER.fullmatch(text) and str(int(text)) == text:
            return int(text)
        if _FLOAT.fullmatch(text) and str(float(text)) == text:
            return float(text)
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _as_written(event: Any, value: Any) -> str:
    return str(event.value) if isinstance(event, yaml.ScalarEvent) else str(value)
