"""Merges what a client changed with what was stored meanwhile, by the version that both came from (contract 8).

Pure: members in, members out. Applying a merge to its own result changes nothing.
"""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from profiles_project.equality import is_same

Members = Mapping[str, Any]
K = TypeVar("K", bound=Hashable)
# Equal to no JSON value.
_UNKNOWN: Any = object()
# Before the first element of an order.
_FIRST: Any = object()


@dataclass
class Merged:
    """The members that change, and those that both sides changed: `{name: {base, yours, stored}}`."""

    values: dict[str, Any] = field(default_factory=dict)
    conflicts: dict[str, dict[str, Any]] = field(default_factory=dict)


def merge(
    base: Members | None,
    yours: Members,
    stored: Members,
    *,
    take_mine: bool = False,
    key: Callable[[str], str] = str,
) -> Merged:
    """Merge `yours`, the members that a client sent, into what is stored.

    `base` is what the client had before its change; a member that it lacks is not known, and nothing is where it is
    None. A member that only the client changed is taken; lists of texts merge by element, which `key` makes comparable;
    anything else that both changed is a conflict, or the client's where it says so (`take_mine`).
    """
    made = Merged()
    for name, value in yours.items():
        now: Any = stored.get(name, _UNKNOWN)
        before: Any = _UNKNOWN if base is None else base.get(name, _UNKNOWN)
        if is_same(value, now) or is_same(value, before):
            continue
        if is_same(now, before):
            made.values[name] = value
        elif all(map(_is_texts, (before, value, now))):
            if (merged := merge_texts(before, value, now, key)) != now:
                made.values[name] = merged
        elif take_mine:
            made.values[name] = value
        else:
            made.conflicts[name] = {"base": _shown(before), "yours": value, "stored": _shown(now)}
    return made


def _shown(value: Any) -> Any:
    return None if value is _UNKNOWN else value


def _is_texts(value: Any) -> bool:
    # What was nothing may have become a list of texts.
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def merge_texts(base: list[str], yours: list[str], stored: list[str], key: Callable[[str], str] = str) -> list[str]:
    """The stored list without what the client removed, with what it added, in the order that the client gave it.

    Texts that a list has several times come to stand together: as often as the side says that changed their number,
    the larger one where both did.
    """
    before, mine, now = (_by_text(texts, key) for texts in (base, yours, stored))
    chosen = {each: _chosen(before.get(each, []), mine.get(each, []), now.get(each, [])) for each in {**now, **mine}}
    order = merge_order(list(before), list(mine), [each for each, texts in chosen.items() if texts])
    return [text for each in order for text in chosen[each]]


def _by_text(texts: Sequence[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    """The spellings of each text, in the order of the first ones."""
    found: dict[str, list[str]] = {}
    for text in texts:
        found.setdefault(key(text), []).append(text)
    return found


def _chosen(before: list[str], mine: list[str], now: list[str]) -> list[str]:
    """The side that has changed its number or spelling; where both have, that with more of them."""
    if mine == before:
        return now
    return now if now != before and len(now) > len(mine) else mine


def merge_order(base: Sequence[K] | None, yours: Sequence[K], stored: Sequence[K]) -> list[K]:
    """The stored elements, with those moved that the client moved away from the order of `base`.

    Each moved element comes behind the one that it follows in the client's order. What the client does not name keeps
    its place behind its neighbour, what is not stored any more is passed over. Where the base is not known the client's
    order holds for all that it names.
    """
    there = set(stored)
    named = [each for each in dict.fromkeys(yours) if each in there]
    head, followers = _groups(stored, set(named))
    known = list(followers)
    earlier = known if base is None else [each for each in base if each in followers]
    stay = _common(earlier, named)
    order = _inserted([each for each in known if each in stay], named)
    return head + [element for each in order for element in (each, *followers[each])]


def _inserted(order: Sequence[K], named: Sequence[K]) -> list[K]:
    """The order, with each named element that it lacks behind the one before it; as linked elements, so in one go."""
    following: dict[Any, Any] = dict(zip([_FIRST, *order], [*order, _FIRST], strict=True))
    for before, each in zip([_FIRST, *named], named, strict=False):
        if each not in following:
            following[before], following[each] = each, following[before]
    found: list[K] = []
    each = following[_FIRST]
    while each is not _FIRST:
        found.append(each)
        each = following[each]
    return found


def _groups(stored: Sequence[K], named: set[K]) -> tuple[list[K], dict[K, list[K]]]:
    """What stands before the first named element, and behind each of them."""
    head: list[K] = []
    followers: dict[K, list[K]] = {}
    group = head
    for each in stored:
        if each in named:
            group = followers[each] = []
        else:
            group.append(each)
    return head, followers


def _common(one: Sequence[K], other: Sequence[K]) -> set[K]:
    """The elements of a longest sequence that both have in the same order: all others have moved."""
    places = {each: place for place, each in enumerate(one)}
    ends: list[int] = []
    last: list[K] = []
    previous: dict[K, K | None] = {}
    for each in other:
        if each not in places:
            continue
        length = bisect_left(ends, places[each])
        previous[each] = last[length - 1] if length else None
        ends[length : length + 1] = [places[each]]
        last[length : length + 1] = [each]
    found: set[K] = set()
    each_or_none = last[-1] if last else None
    while each_or_none is not None:
        found.add(each_or_none)
        each_or_none = previous[each_or_none]
    return found
