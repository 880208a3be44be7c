"""What of an import has no room beside what a profile has already: the largest of it is left out, and told."""

from collections.abc import Collection, Iterator
from typing import Any

from profiles.portability.json_resume.cutting import largest
from profiles.portability.json_resume.values import size

Object = dict[str, Any]


def fit_extra(mine: Object, made: Object, most: int, holders: Collection[str]) -> list[tuple[str, str]]:
    """Take the largest new members out of a merged `extra`, as many as are above `most` bytes; returns which.

    `mine` is what is stored. Of the `holders` the members are weighed one by one. A member that is taken out is named
    by its holder ("" at the top) and its name; what was stored under that name comes back.
    """
    # A copy of each, since the document that came has the same objects.
    made |= {name: dict(made[name]) for name in holders if isinstance(made.get(name), dict)}
    weighed = (
        (size({name: now[name]}) - size({name: before[name]} if name in before else {}), (where, name))
        for where, now, before in _holders(mine, made, holders)
        for name in now
        if name not in before or before[name] != now[name]
    )
    gone = largest(weighed, size(made) - most)
    for where, name in gone:
        now, before = (made[where], mine.get(where, {})) if where else (made, mine)
        if name in before:
            now[name] = before[name]
        else:
            del now[name]
        if where and not now:
            del made[where]
    return gone


def fit_fields(mine: Object, made: Object, most: int) -> list[str]:
    """Take the last new custom fields out of the merged ones, as many as are above `most`; returns their names."""
    new = [name for name in made if name not in mine]
    gone = new[max(most - len(made) + len(new), 0) :]
    for name in gone:
        del made[name]
    return gone


def _holders(mine: Object, made: Object, names: Collection[str]) -> Iterator[tuple[str, Object, Object]]:
    """The objects whose members are weighed: by what name, as merged, and as stored."""
    inner = [name for name in names if isinstance(made.get(name), dict) and isinstance(mine.get(name, {}), dict)]
    yield "", {name: value for name, value in made.items() if name not in inner}, mine
    for name in inner:
        yield name, made[name], mine.get(name, {})
