"""Properties of the merge: it is idempotent, sides that change different members commute, and nothing gets lost."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, strategies as st

from profiles.career.sync.threeway import merge, merge_order, merge_texts

pytestmark = pytest.mark.pure

texts = st.lists(st.sampled_from("abcdef"), max_size=7)
orders = st.lists(st.sampled_from("abcdef"), max_size=6, unique=True)
values = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["x", "y", ""]) | texts
items = st.fixed_dictionaries(dict.fromkeys("pqrs", values))
changes = st.dictionaries(st.sampled_from("pqrs"), values, max_size=4)


@given(items, changes, items, st.booleans())
def test_a_merge_of_its_own_result_changes_nothing(base: Any, yours: Any, stored: Any, take_mine: bool) -> None:  # noqa: FBT001  # drawn
    made = merge(base, yours, stored, take_mine=take_mine)
    if take_mine:
        assert not made.conflicts
    again = merge(base, yours, {**stored, **made.values}, take_mine=take_mine)
    assert (again.values, again.conflicts) == ({}, made.conflicts)


@given(items, changes, changes)
def test_changes_of_different_members_commute(base: Any, one: Any, other: Any) -> None:
    other = {name: value for name, value in other.items() if name not in one}
    results = []
    for first, second in ((one, other), (other, one)):
        stored = {**base, **merge(base, first, base).values}
        made = merge(base, second, stored)
        assert not made.conflicts
        results.append({**stored, **made.values})
    assert results[0] == results[1] == {**base, **one, **other}


@given(items, changes, items)
def test_what_one_side_alone_changed_is_there(base: Any, yours: Any, stored: Any) -> None:
    made = merge(base, yours, stored)
    result = {**stored, **made.values}
    for name in base:
        mine = yours.get(name, base[name])
        if same(mine, base[name]):
            assert same(result[name], stored[name])
        elif same(stored[name], base[name]):
            assert same(result[name], mine)
        elif not same(mine, stored[name]) and name not in made.conflicts:
            assert isinstance(result[name], list)
            assert everything_typed(base[name], mine, stored[name]) <= set(result[name])


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, and of one type."""
    return repr(one) == repr(other)


def everything_typed(base: list[str], yours: list[str], stored: list[str]) -> set[str]:
    """The texts that either side added, or that both left."""
    return (set(yours) - set(base)) | (set(stored) - set(base)) | (set(base) & set(yours) & set(stored))


@given(items, changes)
def test_a_client_that_nobody_overtook_has_its_way(base: Any, yours: Any) -> None:
    assert {**base, **merge(base, yours, base).values} == {**base, **yours}


@given(items, items)
def test_without_a_base_whatever_differs_is_a_conflict(yours: Any, stored: Any) -> None:
    made = merge(None, yours, stored)
    assert set(made.conflicts) == {name for name in yours if not same(yours[name], stored[name])}
    assert not made.values


# Lists of texts -------------------------------------------------------------------------------------------------------


@given(texts, texts, texts)
def test_merged_lists_keep_what_both_sides_typed(base: list[str], yours: list[str], stored: list[str]) -> None:
    made = merge_texts(base, yours, stored)
    assert everything_typed(base, yours, stored) <= set(made)
    assert set(made) <= set(yours) | set(stored)
    number = Counter(made)
    assert all(number[each] <= max(yours.count(each), stored.count(each)) for each in number)
    assert merge_texts(base, yours, made) == made


@given(orders, orders)
def test_a_list_that_one_side_changed_is_that_sides(base: list[str], changed: list[str]) -> None:
    assert merge_texts(base, changed, base) == changed
    assert merge_texts(base, base, changed) == changed


def test_skills_merge_without_case_in_the_spelling_of_who_changed_it() -> None:
    assert merge_texts(["go", "c"], ["Go", "c"], ["go", "c", "Rust"], str.casefold) == ["Go", "c", "Rust"]
    assert merge_texts(["go"], ["go", "Zig"], ["Go"], str.casefold) == ["Go", "Zig"]


# Order ----------------------------------------------------------------------------------------------------------------


@given(st.none() | orders, orders, orders)
def test_an_order_neither_loses_nor_adds(base: Any, yours: list[str], stored: list[str]) -> None:
    made = merge_order(base, yours, stored)
    assert sorted(made) == sorted(stored)
    assert merge_order(base, yours, made) == made


@given(st.permutations("abcdef"), st.permutations("abcdef"))
def test_the_order_of_the_only_side_that_moved_holds(base: list[str], moved: list[str]) -> None:
    assert merge_order(base, moved, base) == list(moved)
    assert merge_order(base, base, moved) == list(moved)
    assert merge_order(None, moved, base) == list(moved)


@pytest.mark.parametrize(
    ("base", "yours", "stored", "expected"),
    [
        # Each side moved another one.
        ("abcdef", "acbdef", "fabcde", "facbde"),
        # What is not named stays behind its neighbour.
        ("ab", "ba", "axb", "bax"),
        ("ab", "ba", "xab", "xba"),
        # What is gone is passed over.
        ("abc", "cab", "ac", "ca"),
        ("abc", "xyz", "abc", "abc"),
    ],
)
def test_orders_merge_by_position(base: str, yours: str, stored: str, expected: str) -> None:
    assert "".join(merge_order(base, yours, stored)) == expected
