"""How pages of the desk put things into words: times, names of ours, JSON values, and what a document may show."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.formats import date_format


def moment(value: Any) -> str:
    """A time as the desk writes it, UTC to the minute."""
    return date_format(value, settings.DATETIME_FORMAT) if value else "–"


def words(name: str) -> str:
    """A name of ours as words: `login_failed` as “Login failed”."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def shown(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without what an import kept aside, which may tell of other people, anywhere in it."""
    return {name: {} if name == "extra" else _bare(value) for name, value in document.items()}


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(each) for each in value]
    return shown(value) if isinstance(value, dict) else value


def lines(value: Any, depth: int = 0) -> list[str]:
    """A JSON value as lines to read; what lies inside of something else begins with a dash for each level."""
    start, found = "– " * depth, []
    for name, each in _entries(value):
        if isinstance(each, (dict, list)):
            found += [f"{start}{name}", *lines(each, depth + 1)]
        else:
            found.append(f"{start}{name}{_word(each)}")
    return found


def _entries(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"{key}: ", each) for key, each in value.items()]
    return [("", each) for each in (value if isinstance(value, list) else [value])]


def _word(value: Any) -> str:
    if value is None:
        return "nothing"
    return str(value) if not isinstance(value, bool) else "yes" if value else "no"
