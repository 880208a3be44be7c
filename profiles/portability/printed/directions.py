"""In which direction a text is read."""

import unicodedata
from collections.abc import Iterable
from itertools import islice

# Of a whole document so many letters decide.
LETTERS = 4_000
_RIGHT_TO_LEFT = {"R", "AL"}


def _strong(text: str) -> Iterable[str]:
    """The directions of the characters that have one of their own."""
    kinds = map(unicodedata.bidirectional, text)
    return (kind for kind in kinds if kind == "L" or kind in _RIGHT_TO_LEFT)


def is_rtl(text: str) -> bool:
    """Whether a text is read from right to left: its first letter tells, as it does in browsers (`dir="auto"`)."""
    return next(iter(_strong(text)), "L") in _RIGHT_TO_LEFT


def are_mostly_rtl(texts: Iterable[str]) -> bool:
    """Whether a document of these texts is laid out from right to left: most of its first letters tell."""
    kinds = list(islice((kind for text in texts for kind in _strong(text)), LETTERS))
    return 2 * sum(kind in _RIGHT_TO_LEFT for kind in kinds) > len(kinds)
