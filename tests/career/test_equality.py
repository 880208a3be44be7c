"""Equality of JSON values, held against the texts that they are written as."""

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from profiles_project.equality import is_same

pytestmark = pytest.mark.pure

# Values that Python takes for equal, or that differ in a way that it shows nowhere but in their text.
plain = st.sampled_from([None, False, True, 0, 1, -1, 0.0, -0.0, 1.0, 1.5, "", "a", "1", "é", "e\u0301"])
values = st.recursive(
    plain, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from("abc"), each, max_size=3)
)


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(values, values)
def test_values_are_the_same_where_their_texts_are(one: Any, other: Any) -> None:
    assert is_same(one, other) is (text(one) == text(other))


@given(values)
def test_a_copy_is_the_same_in_any_order_of_its_keys(value: Any) -> None:
    copy = json.loads(text(value))
    assert is_same(value, copy)
    assert is_same({"a": value, "b": 1}, {"b": 1, "a": copy})
    assert not is_same({"a": value}, {"b": value})


def test_what_is_no_number_is_itself() -> None:
    assert is_same([float("nan")], [float("nan")])
