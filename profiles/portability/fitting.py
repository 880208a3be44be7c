"""What of an import has no room beside what a profile has already: the largest of it is left out, and told."""

from collections.abc import Iterator
from typing import Any

from profiles.portability.json_resume.objects import Path
from profiles.portability.json_resume.reading import OTHER_PROFILES
from profiles.portability.json_resume.values import size

Object = dict[str, Any]


def fit_extra(mine: Object, made: Object, most: int) -> list[Path]:
    """Take the largest new members out of a merged `extra`, as many as are above `most` bytes; returns where they were.

    `mine` is what is stored. The members of `basics` and of each section are weighed one by one.
    """
    # A copy of each, since the document that came has the same objects.
    made |= {name: dict(value) for name, value in made.items() if isinstance(value, dict)}
    excess = size(made) - most
    found = sorted(((size({path[-1]: value}), path) for path, value in _new(mine, made)), reverse=True)
    gone = []
    for weight, path in found:
        if excess <= 0:
            break
        excess -= weight - _put_back(mine, made, path)
        gone.append(_place(path))
    for name in [name for name, value in made.items() if value == {} and name not in mine]:
        del made[name]
    return gone


def fit_fields(mine: Object, made: Object, most: int) -> list[str]:
    """Take the last new custom fields out of the merged ones, as many as are above `most`; returns their names."""
    new = [name for name in made if name not in mine]
    gone = new[max(most - len(made) + len(new), 0) :]
    for name in gone:
        del made[name]
    return gone


def _new(mine: Object, made: Object) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The members that are not stored so: where, and the value."""
    for name, value in made.items():
        before = mine.get(name)
        if not isinstance(value, dict) or (name in mine and not isinstance(before, dict)):
            if name not in mine or before != value:
                yield (name,), value
            continue
        for inner, each in value.items():
            if not before or inner not in before or before[inner] != each:
                yield (name, inner), each


def _put_back(mine: Object, made: Object, path: tuple[str, ...]) -> int:
    """Make a member what is stored, or take it out where nothing is; returns how many bytes it has then."""
    *where, name = path
    for step in where:
        mine, made = mine.get(step) or {}, made[step]
    if name in mine:
        made[name] = mine[name]
        return size({name: mine[name]})
    del made[name]
    return 0


def _place(path: tuple[str, ...]) -> Path:
    """Where in the document a member of `extra` stood."""
    if path == ("basics", OTHER_PROFILES):
        return ("basics", "profiles")
    return tuple(int(step) if step.isdecimal() else step for step in path)
