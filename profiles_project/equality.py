"""Equality of JSON values, which Python's own operator takes too lightly."""

# Of these Python's operator says what is wanted, once both are of one of them; of numbers with a fraction it does not,
# since -0.0 is another text than 0.0.
PLAIN = frozenset({str, int, bool, type(None)})


def is_same(one: object, other: object) -> bool:
    """Whether two values are equal and of the same types throughout: to Python 1, 1.0 and True are equal.

    The order of keys counts for nothing; PostgreSQL's jsonb has one of its own.
    """
    kind = type(one)
    if kind is type(other):
        if kind in PLAIN:
            return one == other
        if isinstance(one, dict) and isinstance(other, dict):
            return len(one) == len(other) and all(
                name in other and is_same(value, other[name]) for name, value in one.items()
            )
        if isinstance(one, list) and isinstance(other, list):
            return len(one) == len(other) and all(map(is_same, one, other))
    return repr(one) == repr(other)
