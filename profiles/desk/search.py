"""The one search box of the desk: people by e-mail address, name or id, their own or that of a profile."""

import uuid
from contextlib import suppress
from typing import Any

from django.db.models import Model, Q, QuerySet, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from profiles.models import Profile
from profiles_project.database.values import LARGEST_ID, parse_id
from profiles_project.texts import search_key
from users.models import User

# The most people that a search returns.
MOST_FOUND = 1_000
# The index of trigrams needs three letters in a row.
SHORTEST_INNER = 3
LONGEST_TERM, MOST_WORDS = 300, 10
HELP = "An e-mail address, a name or parts of them, or the id of a person or a profile."


def people(term: str, rows: QuerySet[Any], owner: str) -> tuple[list[int], bool]:
    """The ids of the people that match the term, and whether there may be more: at most MOST_FOUND by each of two keys.

    Where the rows of a list are filtered, only their owners are looked for, whose ids are in the column `owner`.
    A person fits by account and by profile, since the two may have different names and addresses.
    """
    if (found := profile_id(term)) is not None:
        # Support finds by its id what lies in the trash, too.
        return list(Profile.with_trash.filter(pk=found).values_list("user_id", flat=True)), False
    ids, may_be_more = set[int](), False
    for model, key in ((User, "pk"), (Profile, "user_id")):
        fitting = _matching(model, term)
        if rows.query.has_filters():
            fitting = fitting.filter(**{f"{key}__in": rows.order_by().values(owner)})
        some = list(fitting.values_list(key, flat=True)[:MOST_FOUND])
        may_be_more |= len(some) == MOST_FOUND
        ids.update(some)
    if (number := _number_in(term)) is not None:
        ids.add(number)
    return sorted(ids), may_be_more


def profile_id(term: str) -> uuid.UUID | None:
    """The id of a profile, where the term is one."""
    with suppress(ValueError):
        return parse_id(term.strip())
    return None


def _number_in(term: str) -> int | None:
    text = term.strip()
    return (
        int(text)
        if text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ID)) and int(text) <= LARGEST_ID
        else None
    )


def _matching(model: type[Model], term: str) -> QuerySet[Model]:
    """The rows whose key contains every word of the term, in no order."""
    words = search_key(term[:LONGEST_TERM].replace("\0", " ")).split()[:MOST_WORDS]
    rows = model._default_manager.order_by()
    return rows.filter(*map(_has_word, words)) if words else rows.none()


def _has_word(word: str) -> Q:
    name, at, _ = word.partition("@")
    if len(name) >= SHORTEST_INNER and at:
        # Only the beginning of an address uses the index: many people share its domain.
        return Q(search_key__contains=name + at) & Q(GreaterThan(StrIndex("search_key", Value(word)), 0))
    if len(word) >= SHORTEST_INNER:
        return Q(search_key__contains=word)
    return Q(search_key__startswith=word) | Q(search_key__contains=f" {word}")
