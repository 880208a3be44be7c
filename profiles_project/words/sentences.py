"""Sentences for people, as the code raises them (contract 1.3).

Who finds a fault does not know who will read of it: the phone may be set to German, and a job's problem is read days
later. So a sentence is raised in English, with the values for its places, and `wording` says it in the reader's
language where an answer is written. DRF and Django copy the texts of errors and drop what else they carry, so the
values travel in the text itself, behind a separator that no sentence contains.
"""

import json
from collections.abc import Sequence
from typing import Any

SEPARATOR = "\x1f"
# The value under which the plural of a sentence travels.
PLURAL = ""
# The name under which the members of a list travel.
LIST = "list"


class Sentence(str):
    """A sentence or a phrase of ours, which can be said in every language; any other text is said as it is."""

    __slots__ = ()


def mark(sentence: str) -> Sentence:
    """The sentence, found by its English words in the translations."""
    return Sentence(sentence)


def say(sentence: str, /, **values: Any) -> Sentence:
    """The sentence with the values for its `{places}`: texts, numbers, or sentences and phrases of ours.

    A list of them is said with commas between them.
    """
    packed = {name: _packed(value) for name, value in values.items()}
    return Sentence(sentence + SEPARATOR + json.dumps(packed))


def _packed(value: Any) -> Any:
    if isinstance(value, list):
        return {LIST: [_packed(each) for each in value]}
    return [value] if isinstance(value, Sentence) else value


def say_many(singular: str, plural: str, n: int, /, **values: Any) -> Sentence:
    """The sentence for one, or the one for `{n}`."""
    return say(singular, **{PLURAL: plural, "n": n, **values})


def either(words: Sequence[str]) -> str:
    """The phrase «a, b or c» of these words or phrases."""
    *others, last = words
    if not others:
        return last
    return say("{one} or {other}", one=others, other=last)
