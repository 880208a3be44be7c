"""What the worker does every minute beside its tasks."""

import datetime as dt

from django.db.models import Q
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from users.idempotency import KEEP as KEEP_ANSWERS
from users.models import IdempotencyRecord, Mail, SecurityEvent, Session
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
    now = timezone.now()
    waiting = Mail.objects.filter(sent_at=None, problem="", next_try_at__lte=now)
    waiting.filter(created_at__lt=now - GIVE_UP_AFTER).update(problem="It could not be sent for a day.")
    filed = 0
    for mail in waiting.order_by("next_try_at")[:SWEEP_LIMIT]:
        # Two workers may sweep at once: whoever moves the time on files the task.
        mine = Mail.objects.filter(pk=mail.pk, next_try_at=mail.next_try_at)
        if mine.update(next_try_at=now + mail.pause()):
            put_off(mail)
            filed += 1
    return filed


def prune() -> int:
    """Delete what nobody needs any more, and return how many rows.

    That is: ended sessions, old mails and security events, answers kept for safe retries, rows of finished tasks.
    """
    now = timezone.now()
    before = now - KEEP_SESSIONS
    sessions, _ = Session.objects.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before)).delete()
    answers, _ = IdempotencyRecord.objects.filter(created_at__lt=now - KEEP_ANSWERS).delete()
    mails, _ = Mail.objects.filter(created_at__lt=now - KEEP_MAILS).delete()
    events, _ = SecurityEvent.objects.filter(created_at__lt=now - KEEP_EVENTS).delete()
    # A task whose worker was killed stays «running» for ever; its effect was swept up long ago.
    limit = now - KEEP_TASKS
    done = Q(finished_at__lt=limit) | Q(finished_at=None, started_at__lt=limit)
    tasks, _ = DBTaskResult.objects.filter(done).delete()
    return sessions + answers + mails + events + tasks
