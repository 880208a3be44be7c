"""What a person calls the place in a request where a fault is: «Experience 3, job title» (contract 1.3)."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from profiles_project.words.sentences import Sentence, either, mark, say

Path = tuple[str | int, ...]
# The codes of what was not given, whose sentence names it.
NOT_GIVEN = frozenset({"required", "null", "blank"})
MISSING, EMPTY = mark("This is missing."), mark("This is empty.")
# Said of what is no object.
NO_FIELDS = mark("This must be a set of named fields.")
# The most characters of a key in a pointer or a sentence. No key of ours is so long.
LONGEST_STEP = 60


class Field(NamedTuple):
    """What a field is called, and what is said where it must be given and isn't, by its name."""

    label: Sentence
    missing: Sentence | None = None


class Words(NamedTuple):
    """What people call the members of requests.

    `entries` has a phrase with `{n}` for each list that holds more than one thing. `fields` is by name, or by
    `list.name` where the name alone does not say it. The members of `maps` are named by those who send them, and what
    only holds others (`holders`) has no name of its own. `choices` has the words of values that can be chosen.
    """

    entries: Mapping[str, Sentence]
    fields: Mapping[str, Field]
    maps: Mapping[str, Sentence] = {}
    choices: Mapping[str, str] = {}
    holders: frozenset[str] = frozenset()


@functools.cache
def _words() -> Words:
    """The words of all apps together."""
    parts: list[Words] = [import_string(name) for name in settings.WORDS]
    return Words(
        {name: entry for part in parts for name, entry in part.entries.items()},
        {name: field for part in parts for name, field in part.fields.items()},
        {name: label for part in parts for name, label in part.maps.items()},
        {value: word for part in parts for value, word in part.choices.items()},
        frozenset().union(*(part.holders for part in parts)),
    )


def label(name: str, within: str = "") -> Sentence:
    """What people call a field or a list by its name, and by the list whose entries have it."""
    fields = _words().fields
    return (fields.get(f"{within}.{name}") or fields[name]).label


def one_of(values: Sequence[str]) -> Sentence:
    """The sentence that says which values there are, where each is a word for people."""
    words = _words().choices
    if all(value in words for value in values):
        return say("This must be {words}.", words=either([words[value] for value in values]))
    return mark("This value can't be used here.")


def _owner(path: Path, within: str) -> str:
    """The name of the list or object that the end of a path is in."""
    holders = _words().holders
    return next((str(s) for s in reversed(path[:-1]) if isinstance(s, str) and s not in holders), within)


def _field(path: Path, within: str) -> Field | None:
    """The field that a path ends with, where it ends with one that has a name."""
    fields, name = _words().fields, path[-1]
    if isinstance(name, int) or _map_of(path):
        return None
    return fields.get(f"{_owner(path, within)}.{name}") or fields.get(name)


def _map_of(path: Path) -> str:
    """The map that the end of a path is a member of, if it is one."""
    holder, name = path[-2:] if len(path) > 1 else ("", path[-1])
    is_map = isinstance(name, str) and holder in _words().maps
    # A member of a map may have the name of one.
    return str(holder) if is_map and not _map_of(path[:-1]) else ""


def _names(path: Path, within: str) -> Iterator[Sentence]:
    """What a person calls each thing on the way to the end of a path, as far as it has a name."""
    words = _words()
    passed = words.entries.keys() | words.maps.keys() | words.holders
    for end in range(1, len(path) + 1):
        part, step = path[:end], path[end - 1]
        if isinstance(step, int):
            if entry := words.entries.get(_owner(part, within)):
                yield say(entry, n=str(step + 1))
        elif name := _map_of(part):
            yield say(words.maps[name], name=shown(step))
        elif (field := _field(part, within)) and (end == len(path) or step not in passed):
            yield field.label


def shown(step: str | int) -> str:
    """A key or an index as text. A long key is cut, since clients choose keys freely."""
    text = str(step)
    return text if len(text) <= LONGEST_STEP else f"{text[:LONGEST_STEP]}…"


class Said(NamedTuple):
    """What is said of a fault below its field, and where nothing shows which field that is."""

    below: str
    alone: str


def said_at(path: Path, code: str, text: str, within: str = "") -> Said:
    """What is said of a fault at the end of a path; `within` names the list or object that the path begins in.

    What was not given is named by its own sentence; for all else `text` is the sentence.
    """
    if not path:
        return Said(text, text)
    names = list(_names(path, within))
    below = Sentence(text)
    if code in NOT_GIVEN:
        below = EMPTY if isinstance(path[-1], int) else MISSING
        if (field := _field(path, within)) and field.missing:
            below = field.missing
            names.pop()
    if not names:
        return Said(below, below)
    return Said(below, say("{place!c}: {sentence!l}", place=names, sentence=below))
