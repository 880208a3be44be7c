"""What the worker does every minute beside its tasks: mails that got lost, rows that nobody needs any more."""

import datetime as dt

from django.contrib.sessions.models import Session as AdminSession
from django.db.models import Q
from django_tasks_db.models import DBTaskResult

from profiles_project.http import clock
from profiles_project.pruning import Outdated
from users.idempotency import KEEP as KEEP_ANSWERS
from users.models import LONGEST_PAUSE, AuditEntry, IdempotencyRecord, Mail, SecurityEvent, Session
from users.tasks import put_off

GIVE_UP_AFTER = dt.timedelta(days=1)
# So long after their end, so that who was active in the last 30 days can be counted.
KEEP_SESSIONS = dt.timedelta(days=30)
KEEP_MAILS = dt.timedelta(days=30)
KEEP_EVENTS = dt.timedelta(days=90)
KEEP_TASKS = dt.timedelta(days=7)
# A sweep that finds a day's backlog leaves the rest to the next one.
SWEEP_LIMIT = 500


def sweep_mails() -> int:
    """File again the mails that got lost on their way or could not be sent, with growing pauses, for a day.

    Returns how many were filed.
    """
    now = clock.now()
    # One that is to wait longer than any was filed by a clock that was set back since.
    is_due = Q(next_try_at__lte=now) | Q(next_try_at__gt=now + 2 * LONGEST_PAUSE)
    waiting = Mail.objects.filter(is_due, sent_at=None, problem="")
    waiting.filter(created_at__lt=now - GIVE_UP_AFTER).update(problem="It could not be sent for a day.")
    filed = 0
    for mail in waiting.order_by("next_try_at")[:SWEEP_LIMIT]:
        # Two workers may sweep at once: whoever moves the time on files the task.
        mine = Mail.objects.filter(pk=mail.pk, next_try_at=mail.next_try_at)
        if mine.update(next_try_at=now + mail.pause()):
            put_off(mail)
            filed += 1
    return filed


def _is_over(before: dt.datetime) -> Q:
    # A task whose worker was killed stays «running» for ever; its effect was swept up long ago.
    return Q(finished_at__lt=before) | Q(finished_at=None, started_at__lt=before)


OUTDATED = (
    Outdated(Session, KEEP_SESSIONS, lambda before: Q(expires_at__lt=before) | Q(revoked_at__lt=before)),
    Outdated(IdempotencyRecord, KEEP_ANSWERS, lambda before: Q(created_at__lt=before)),
    Outdated(Mail, KEEP_MAILS, lambda before: Q(created_at__lt=before)),
    Outdated(SecurityEvent, KEEP_EVENTS, lambda before: Q(created_at__lt=before)),
    Outdated(DBTaskResult, KEEP_TASKS, _is_over),
    Outdated(AuditEntry, AuditEntry.KEEP, lambda before: Q(created_at__lt=before)),
    Outdated(AdminSession, dt.timedelta(0), lambda before: Q(expire_date__lt=before)),
)
