"""Equality of JSON values, which Python's own operator takes too lightly."""

import json


def is_same(one: object, other: object) -> bool:
    """Whether two values are equal and of the same types throughout: to Python 1, 1.0 and True are equal.

    The order of keys counts for nothing; PostgreSQL's jsonb has one of its own.
    """
    if repr(one) == repr(other):
        return True
    is_nested = isinstance(one, (dict, list)) and type(one) is type(other)
    return is_nested and _in_order(one) == _in_order(other)


def _in_order(value: object) -> str:
    return json.dumps(value, sort_keys=True)
