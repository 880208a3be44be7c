"""The bytes that a user stores, and their limit (contract 1.7).

Each revision stores the profile's bytes with its version. Jobs, their files and the memory of imports are measured by
query. The sum is taken without a lock, in the statement that measures the lists of a profile, so that an ordinary write
costs no further statement.
"""

import datetime as dt
import functools
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from profiles import limits
from profiles.modelfields import compact_json
from profiles.models.jobs import Job, JobFile
from profiles.models.parts import PARTS
from profiles_project.database.prepared import Parameter, Prepared
from profiles_project.database.refusals import LimitPassed
from profiles_project.database.sizes import octets
from profiles_project.words.sentences import mark, say
from users.models import IdempotencyRecord, Mail, SecurityEvent, Session, User

# The bytes of a row beside its texts: header, ids, times and index entries.
ROW_BYTES = 512
# This part of the limit is set aside for what has limits of its own: 8 MiB of idempotency records, the newest
# sessions, mails and events (users/maintenance.py), and what the profiles' own fields but the two below can hold.
SET_ASIDE_BYTES = 10 * 2**20
# The profile's own fields that can hold more than a few KiB.
LARGE_FIELDS = frozenset(("extra", "links"))
# The name of the total among those of lists.
TOTAL = ""


class Total(NamedTuple):
    """The bytes of a user as stored before: what counts against the limit, and what makes room for it."""

    content: int
    history: int


class Measured(NamedTuple):
    """The bytes of a profile's lists, and those of its user."""

    below: int
    total: Total


def bytes_of(value: Any) -> int:
    """The bytes of a value of one of the profile's own fields."""
    if value is None or isinstance(value, (bool, dt.datetime)):
        return 0
    return len((value if isinstance(value, str) else compact_json(value)).encode())


def own_bytes(values: Mapping[str, Any]) -> int:
    """The bytes of a profile's row, from the values of its own fields."""
    return ROW_BYTES + sum(map(bytes_of, values.values()))


# By kind -----------------------------------------------------------------------------------------------------------


def _sum(rows: "QuerySet[Any]", owner: str, size: Any) -> Any:
    """The bytes of the rows whose `owner` is the user of the query around it."""
    mine = rows.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    return Coalesce(Subquery(mine.annotate(bytes=Sum(size)).values("bytes"), output_field=BigIntegerField()), 0)


def _judged() -> dict[str, Any]:
    """The bytes that count against the limit, by kind, for a query of users."""
    origins = apps.get_model("profiles", "Origin")
    return {
        "profiles": _sum(_profiles(), "user", "byte_count"),
        "imports": _sum(origins.objects.all(), "profile__user", octets("brought", more=ROW_BYTES)),
        "jobs": _sum(Job.objects.all(), "user", octets("input", "result", "problem", more=ROW_BYTES)),
        "files": _sum(JobFile.objects.all(), "job__user", octets("content", more=ROW_BYTES)),
    }


def _profiles() -> "QuerySet[Any]":
    """All profiles, those in the trash too."""
    profiles: QuerySet[Any] = apps.get_model("profiles", "Profile").with_trash.all()
    return profiles


def _history() -> Any:
    """The bytes of the log of a user's profiles."""
    return _sum(_profiles(), "user", "log_bytes")


def _others() -> dict[str, Any]:
    """The bytes that have limits of their own, by kind."""
    return {
        "history": _history(),
        "records": _sum(IdempotencyRecord.objects.all(), "user", octets("body", more=IdempotencyRecord.ROW_BYTES)),
        "sessions": _sum(Session.objects.all(), "user", octets("user_agent", more=ROW_BYTES)),
        "mails": _sum(Mail.objects.all(), "user", octets("address", "problem", "failure", more=ROW_BYTES)),
        "events": _sum(SecurityEvent.objects.all(), "user", Value(ROW_BYTES, BigIntegerField())),
    }


def by_kind(user: User) -> dict[str, int]:
    """A user's bytes by kind, in one statement. Profiles that were not counted yet count as nothing."""
    kinds = {**_judged(), **_others()}
    # Under names of their own, since relations of the model are called so.
    rows = User.objects.filter(pk=user.pk).annotate(**{f"bytes_of_{name}": kind for name, kind in kinds.items()})
    found = rows.values_list(*(f"bytes_of_{name}" for name in kinds)).first() or (0,) * len(kinds)
    return dict(zip(kinds, found, strict=True))


def bytes_below(profiles: "QuerySet[Any]") -> dict[uuid.UUID, int]:
    """The bytes of all lists of each of these profiles, as many statements as there are kinds of parts."""
    found: dict[uuid.UUID, int] = defaultdict(int)
    for part in PARTS:
        for pk, _, _, size in limits.sizes(part, part.objects.filter(profile__in=profiles), "profile_id"):
            found[pk] += size or 0
    return found


# Judging -----------------------------------------------------------------------------------------------------------


def _total() -> "QuerySet[Any]":
    """A row named TOTAL with a `user`'s bytes, to stand among those of lists (`limits.sizes`).

    In place of the number of rows it has the bytes of the history.
    """
    users = User.objects.filter(pk=Parameter("user", User._meta.pk)).order_by()
    kinds = list(_judged().values())
    named = users.values(list_name=Value(TOTAL)).annotate(row_count=_history(), byte_count=sum(kinds[1:], kinds[0]))
    return named.values_list("list_name", "row_count", "byte_count")


_TOTAL = Prepared(_total)


@functools.cache
def _lists_and_total() -> Prepared:
    """Rows and bytes of each list of a `profile` that has any, by the list's name, and the `user`'s total."""

    def build() -> "QuerySet[Any]":
        lists = (
            limits.sizes(part, part.objects.filter(profile=Parameter("profile", part._meta.get_field("profile"))))
            for part in PARTS
        )
        return _total().union(*lists, all=True)

    return Prepared(build)


def measure(profile_id: uuid.UUID, user_id: int) -> Measured:
    """Measure a profile's lists and its user's bytes. Raises LimitPassed past a limit of the profile."""
    # SUM over no rows is null.
    rows = _lists_and_total().rows(profile=profile_id, user=user_id)
    found = {name: (count, size or 0) for name, count, size in rows}
    history, content = found.pop(TOTAL, (0, 0))
    if errors := limits.broken_limits(found, PARTS):
        raise LimitPassed(errors)
    return Measured(sum(size for _, size in found.values()), Total(content, history))


def total_of(user_id: int) -> Total:
    """A user's bytes. Nothing where the user was erased meanwhile."""
    for _, history, content in _TOTAL.rows(user=user_id):
        return Total(content, history)
    return Total(0, 0)


def past_limit(users: Collection[int]) -> dict[int, int]:
    """How many bytes of history must go, of those of these users who store too much, in one statement."""
    kinds = list(_judged().values())
    found = User.objects.filter(pk__in=users).annotate(content=sum(kinds[1:], kinds[0]), history=_history())
    totals = {pk: Total(*total) for pk, *total in found.order_by("pk").values_list("pk", "content", "history")}
    return {pk: over for pk, total in totals.items() if (over := excess(total, 0)) > 0}


def excess(total: Total, more: int) -> int:
    """How many bytes of a user's history must go so that so many more have room."""
    return total.content + total.history + more + SET_ASIDE_BYTES - int(settings.USER_BYTES_LIMIT)


def judge(total: int) -> None:
    """Raises LimitPassed where this total of a user's bytes is too much."""
    limit = settings.USER_BYTES_LIMIT
    if total + SET_ASIDE_BYTES > limit:
        most, size = limit // 2**20, round((total + SET_ASIDE_BYTES) / 2**20, 1)
        text = mark("You can store {most} MiB at most, and this would make {size} MiB; please delete something first.")
        raise LimitPassed([say(text, most=most, size=size)])


def check(user_id: int, more: int) -> None:
    """Raises LimitPassed where a user has no room for so many more bytes."""
    judge(total_of(user_id).content + more)
