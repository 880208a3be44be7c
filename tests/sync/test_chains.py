"""Which changes of a push that is sent again were stored before."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from profiles.career.sync.chains import Budget, Ordering, Setting, Step, stored_before

pytestmark = pytest.mark.pure

BASE: dict[str, Any] = {"a": "q", "b": "q"}
Change = dict[str, Any] | None


class Plain:
    """A kind whose members are what they are."""

    def text_key(self, text: str) -> str:
        return text

    def filled(self, members: Any, names: Any) -> Any:
        return members

    def settled(self, members: Any) -> Any:
        return members


def chain(*changes: Change, base: int = 1) -> list[Setting]:
    """Changes that a client has made on top of each other; None deletes."""
    links = []
    view: Change = BASE
    for place, change in enumerate(changes):
        links.append(Setting(place, base, view, change, Plain()))
        view = None if change is None else {**(view or {}), **change}
    return links


def steps(*states: Any) -> list[Step]:
    """Revisions that led from one state to the next."""
    return [Step(number + 2, *pair) for number, pair in enumerate(pairwise(states))]


def found(links: Sequence[Any], log: Sequence[Step]) -> set[int]:
    """The places of those that were stored before."""
    return set(stored_before(links, log, Budget()))


A1, A2, B1 = {"a": "1"}, {"a": "2"}, {"b": "1"}


@pytest.mark.parametrize(
    ("changes", "states", "expected"),
    [
        # Nothing was stored, or only by others.
        ([A1], [BASE], set()),
        ([A1], [BASE, {**BASE, "a": "other"}], set()),
        # Each by itself, both at once.
        ([A1, A2], [BASE, BASE | A1, BASE | A2], {0, 1}),
        ([A1, A2], [BASE, BASE | A2], {0, 1}),
        ([A1, B1], [BASE, BASE | A1 | B1], {0, 1}),
        # A newer one behind them.
        ([A1, A2, {"a": "3"}], [BASE, BASE | A2], {0, 1}),
        ([A1, A2, B1], [BASE, BASE | A1, BASE | A2], {0, 1}),
        # Who goes back to an earlier value has made a new change.
        ([A1, A2, A1], [BASE, BASE | A1, BASE | A2], {0, 1}),
        ([A1, {"a": "q"}, A1], [BASE, BASE | A1, BASE], {0, 1}),
        # A change that was not stored does not hide those behind it.
        ([A1, B1], [BASE, {**BASE, "a": "other"}, {"a": "other", "b": "1"}], {1}),
        # Somebody else has gone on since.
        ([A1, B1], [BASE, BASE | A1 | B1, {"a": "x", "b": "y"}], {0, 1}),
        # Deleted, and made again.
        ([None], [BASE, None], {0}),
        ([None], [BASE, None, BASE], {0}),
        ([None, BASE], [BASE, None, BASE], {0, 1}),
        ([None, BASE, None], [BASE, None, BASE], {0, 1}),
    ],
)
def test_changes_are_looked_for_in_the_order_in_which_they_were_made(
    changes: list[Change], states: list[Any], expected: set[int]
) -> None:
    assert found(chain(*changes), steps(*states)) == expected


def test_a_revision_that_the_client_had_seen_has_not_stored_its_change() -> None:
    assert found(chain(A1, base=2), steps(BASE, BASE | A1)) == set()


def test_orders_are_looked_for_in_the_same_way() -> None:
    one, two, three = ["b", "a", "c"], ["c", "b", "a"], ["a", "b", "c"]
    links = [Ordering(0, 1, three, one), Ordering(1, 1, one, two), Ordering(2, 1, two, one)]
    assert found(links, steps(three, one)) == {0}
    assert found(links, steps(three, one, two)) == {0, 1}
    assert found(links, steps(three, one, two, one)) == {0, 1, 2}


changes = st.lists(st.dictionaries(st.sampled_from("ab"), st.sampled_from("123q"), min_size=1), min_size=1, max_size=5)


@given(changes, st.integers(0, 5), st.integers(1, 3))
def test_what_was_stored_in_pieces_is_found_and_nothing_else(changes: Any, number: int, size: int) -> None:
    """A client whose pushes had no answers sends all again; what it has made since is not taken for stored."""
    sent, states = changes[:number], [BASE]
    for start in range(0, len(sent), size):
        after = {**states[-1]}
        for change in sent[start : start + size]:
            after |= change
        states += [after] if after != states[-1] else []
    places = found(chain(*changes), steps(*states))
    # Making what is not found once more leads where the client is.
    now = dict(states[-1])
    for place, change in enumerate(changes):
        now |= {} if place in places else change
    wanted: dict[str, Any] = dict(BASE)
    for change in changes:
        wanted |= change
    assert now == wanted


def test_trying_out_has_an_end() -> None:
    budget = Budget()
    budget.left = 10
    states = [BASE | {"a": str(number)} for number in range(100)]
    assert stored_before(chain(*({"a": "x"},) * 100), steps(*states), budget) == {}
    assert budget.left < 0
