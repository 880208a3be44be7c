"""What is too long or too large: which values may be shortened, and how; which of several are left out."""

from collections.abc import Iterable
from operator import itemgetter
from typing import Any, TypeVar

from profiles.portability.json_resume.mapping import Key
from profiles.portability.json_resume.objects import Path
from profiles_project.words.sentences import mark

_T = TypeVar("_T")

CUT_TEXT = mark("At most {n} characters fit here; it was shortened, and the original is kept separately.")
CUT_LIST = mark("At most {n} entries fit here; the list was shortened, and the original is kept separately.")


def cut_within(value: Any, rest: Path, limit: int) -> Any:
    """The value cut to the limit, or of a list only the text that the rest of the path names."""
    if rest and isinstance(value, list) and isinstance(rest[0], int):
        return [_cut(each, limit) if index == rest[0] else each for index, each in enumerate(value)]
    return _cut(value, limit)


def can_be_cut(key: Key) -> bool:
    """Whether the beginning of a value still says something true. That of a phone number or an address does not."""
    return key.kind in {"text", "texts"} and key.field not in {"phone", "postal_code", "credential_id", "score"}


def largest(weighed: Iterable[tuple[int, _T]], excess: int) -> list[_T]:
    """The heaviest of what comes with its bytes, as many as have more than `excess` bytes together, or just as many."""
    found = []
    for weight, each in sorted(weighed, key=itemgetter(0), reverse=True):
        if excess <= 0:
            break
        found.append(each)
        excess -= weight
    return found


def _cut(value: Any, limit: int) -> Any:
    if isinstance(value, str):
        return value[: limit - 1].rstrip() + "…"
    return value[:limit]
