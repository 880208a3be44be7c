"""Which items are the same: one matcher for lists that clients send without ids, and for imports.

Items are compared by the fields that identify them (`Component.identities`). Time and memory grow with the number of
items, not with its square.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from profiles_project.texts import fold

Values = Mapping[str, Any]
One = TypeVar("One")
Other = TypeVar("Other")
Id = TypeVar("Id")


@dataclass(eq=False)
class Candidate(Generic[One]):
    """Something to pair, and what it says of the fields that identify it; of a field that is not there it says nothing.

    What others are paired with says something of every field.
    """

    of: One
    values: Values
    is_paired: bool = False


@dataclass(frozen=True)
class Sent(Generic[Id]):
    """An item of a list that a client sends: its id, or what it says of the fields that identify it."""

    id: Id | None = None
    # Empty where it has an id, or is at fault: then it is no stored item.
    values: Values = field(default_factory=dict)

    def may_be(self, pk: Id, values: Values) -> bool:
        """Whether it can be the stored item with this id and these values."""
        if self.id:
            return self.id == pk
        return bool(self.values) and all(values[name] == value for name, value in self.values.items())


def without_case(values: Values) -> dict[str, Any]:
    """The values as they are compared: texts without case."""
    return {name: fold(value) if isinstance(value, str) else value for name, value in values.items()}


def stored_ids(sent: Sequence[Sent[Id]], stored: Mapping[Id, Values]) -> dict[int, Id]:
    """The ids of the stored items that items without an id are, by the index of these (contract 1.1).

    `stored` has the values of all identifying fields by id, in the list's order. Ids claim first.
    """
    if not any(each.values for each in sent):
        return {}
    sent = [Sent(each.id, without_case(each.values)) for each in sent]
    stored = {pk: without_case(values) for pk, values in stored.items()}
    ones = [Candidate(index, each.values) for index, each in enumerate(sent) if each.values]
    # A list that was read and comes back with some keys left out: what is left may tell two items apart less well
    # than their places do.
    if len(sent) == len(stored) and all(map(Sent.may_be, sent, stored, stored.values())):
        ids = list(stored)
        return {one.of: ids[one.of] for one in ones}
    claimed = {each.id for each in sent}
    others = [Candidate(pk, values) for pk, values in stored.items() if pk not in claimed]
    names = list(next(iter(stored.values()), ()))
    return dict(pairs([names], ones, others))


def pairs(
    identity: Sequence[Sequence[str]],
    ones: Sequence[Candidate[One]],
    others: Sequence[Candidate[Other]],
    *,
    contradict: Callable[[Values, Values], bool] | None = None,
) -> Iterator[tuple[One, Other]]:
    """Pairs of what is the same item, by sets of fields, the surest set first.

    Where several agree in the first set they pair in order; in the other sets only what is there once counts, and no
    empty value. No two are paired that `contradict` each other.
    """
    for names in identity:
        for one, other in _agreeing(names, ones, others, is_sure=names is identity[0]):
            if contradict is None or not contradict(one.values, other.values):
                one.is_paired = other.is_paired = True
                yield one.of, other.of


def _agreeing(
    names: Sequence[str], ones: Iterable[Candidate[One]], others: Sequence[Candidate[Other]], *, is_sure: bool
) -> Iterator[tuple[Candidate[One], Candidate[Other]]]:
    """Pairs that agree in one set of fields. What says more of itself is paired before what says less."""
    by_told: dict[tuple[str, ...], list[Candidate[One]]] = defaultdict(list)
    for one in ones:
        by_told[tuple(name for name in names if name in one.values)].append(one)
    # What says nothing of any field is nothing that is known.
    for told in sorted(filter(None, by_told), key=len, reverse=True):
        there = _by_values(told, others, is_sure=is_sure)
        for values, here in _by_values(told, by_told[told], is_sure=is_sure).items():
            same = there.get(values, [])
            if is_sure or len(here) == len(same) == 1:
                yield from zip(here, _emptiest(names, same, len(here)), strict=False)


def _by_values(
    names: Sequence[str], candidates: Iterable[Candidate[One]], *, is_sure: bool
) -> dict[tuple[Any, ...], list[Candidate[One]]]:
    """The candidates without a pair, by their values of these fields."""
    made: dict[tuple[Any, ...], list[Candidate[One]]] = defaultdict(list)
    for candidate in candidates:
        values = tuple(candidate.values[name] or "" for name in names)
        # Two empty values count as equal only where all fields of the identity are compared.
        if not candidate.is_paired and (is_sure or all(values)):
            made[values].append(candidate)
    return made


def _emptiest(names: Sequence[str], same: Sequence[Candidate[Other]], count: int) -> list[Candidate[Other]]:
    """At most so many of these, in their order: those with the fewest values, since some clients leave nulls out."""
    if len(same) <= count:
        return list(same)
    chosen = {id(each) for each in sorted(same, key=lambda each: sum(map(bool, map(each.values.get, names))))[:count]}
    return [each for each in same if id(each) in chosen]
