"""The worker's schedule: queues lost mails again, and deletes rows that nobody needs any more."""

import datetime as dt
import uuid
from typing import Any, NamedTuple

from django.contrib.sessions.models import Session as AdminSession
from django.db import transaction
from django.db.models import F, Model, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django_tasks.base import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from profiles_project.database import clock
from profiles_project.pruning import Outdated
from users.models import LONGEST_PAUSE, AuditEntry, IdempotencyRecord, Mail, SecurityEvent, Session
from users.tasks import put_off

GIVE_UP_AFTER = dt.timedelta(days=1)
# Ended sessions are kept this long, so that people active in the last 30 days can be counted.
KEEP_SESSIONS = dt.timedelta(days=30)
KEEP_MAILS = dt.timedelta(days=30)
KEEP_EVENTS = dt.timedelta(days=90)
KEEP_TASKS = dt.timedelta(days=7)
# Successful tasks are of no interest, and anybody may cause 600 tasks a minute.
KEEP_DONE_TASKS = dt.timedelta(minutes=10)
# A sweep that finds a day's backlog leaves the rest to the next one.
SWEEP_LIMIT = 500


def sweep_mails() -> int:
    """File again the mails that got lost on their way or could not be sent, with growing pauses, for a day.

    Returns how many were filed.
    """
    now = clock.now()
    # They answer for addresses that nobody has, and there is nothing to send.
    Mail.objects.filter(user=None, sent_at=None, next_try_at__lte=now).delete()
    # One that is to wait longer than any was filed by a clock that was set back since.
    is_due = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + 2 * LONGEST_PAUSE)
    waiting = Mail.objects.filter(is_due, sent_at=None, problem="")
    waiting.filter(created_at__lt=now - GIVE_UP_AFTER).update(problem="It could not be sent for a day.")
    filed = 0
    for mail in waiting.order_by("next_try_at")[:SWEEP_LIMIT]:
        # Two workers may sweep at once: the one that moves the time forward files the task.
        mine = Mail.objects.filter(pk=mail.pk, next_try_at=mail.next_try_at)
        if mine.update(next_try_at=now + mail.pause()):
            put_off(mail)
            filed += 1
    return filed


class Bound(NamedTuple):
    """The most rows of a table to keep for each user (and for nobody), per value of `by`: the first ones in `order`."""

    model: type[Model]
    most: int
    by: tuple[str, ...] = ("user",)
    order: str = "-pk"
    # The rows that may be deleted.
    which: Q = Q()

    def surplus(self, since: dt.datetime) -> "tuple[QuerySet[Any], QuerySet[Any]]":
        """The rows beyond that number, of users with new rows since then, and of nobody."""
        rows = self.model._default_manager.order_by()
        # The ids begin with the time.
        first = uuid.UUID(int=int(since.timestamp() * 1000) << 80)
        whose = rows.filter(pk__gte=first, user__isnull=False).values("user")
        place = Window(RowNumber(), partition_by=[F(name) for name in self.by], order_by=self.order)
        # Apart, so that an index finds each.
        of_users, of_nobody = (
            rows.filter(mine, self.which).annotate(place=place).filter(place__gt=self.most)
            for mine in (Q(user__in=whose), Q(user=None))
        )
        return of_users, of_nobody


# What people, and others who try their addresses, can cause without an end. A mail that waits to be sent is bound by
# the rates; of each kind only the newest one's link works.
BOUNDS = (
    Bound(Session, 100, order="-last_used_at"),
    Bound(Mail, 100, by=("user", "kind"), which=Q(sent_at__isnull=False) | ~Q(problem="")),
    Bound(SecurityEvent, 200, by=("user", "kind")),
)
# A turn looks further back than to the one before it.
LOOK_BACK = dt.timedelta(minutes=15)
TRIM_AT_ONCE = 1_000


def trim() -> int:
    """Delete the rows beyond the bounds. Returns their number. The worker calls it every minute.

    Not in the request that adds a row: its time must not tell whether an address is somebody's.
    """
    since = clock.now() - LOOK_BACK
    return sum(_trim(rows) for bound in BOUNDS for rows in bound.surplus(since))


def _trim(rows: "QuerySet[Any]") -> int:
    trimmed = 0
    while keys := list(rows.values_list("pk", flat=True)[:TRIM_AT_ONCE]):
        with transaction.atomic():
            # Skips locked rows, so that two workers don't wait for each other.
            free = rows.model._default_manager.filter(pk__in=keys).select_for_update(skip_locked=True)
            taken = list(free.values_list("pk", flat=True))
            rows.model._default_manager.filter(pk__in=taken).delete()
        trimmed += len(taken)
        if len(keys) < TRIM_AT_ONCE or not taken:
            break
    return trimmed


def _is_over(before: dt.datetime) -> Q:
    done = Q(status=TaskResultStatus.SUCCESSFUL, finished_at__lt=before + KEEP_TASKS - KEEP_DONE_TASKS)
    # A task whose worker was killed stays «running» for ever; its effect was swept up long ago.
    return done | Q(finished_at__lt=before) | Q(finished_at=None, started_at__lt=before)


OUTDATED = (
    Outdated(Session, KEEP_SESSIONS, lambda before: Q(expires_at__lt=before) | Q(revoked_at__lt=before)),
    Outdated(IdempotencyRecord, IdempotencyRecord.KEEP, lambda before: Q(created_at__lt=before)),
    Outdated(Mail, KEEP_MAILS, lambda before: Q(created_at__lt=before)),
    Outdated(SecurityEvent, KEEP_EVENTS, lambda before: Q(created_at__lt=before)),
    Outdated(DBTaskResult, KEEP_TASKS, _is_over),
    Outdated(AuditEntry, AuditEntry.KEEP, lambda before: Q(created_at__lt=before)),
    Outdated(AdminSession, dt.timedelta(0), lambda before: Q(expire_date__lt=before)),
)
