"""Files mails, and the task that sends them."""

import logging
import smtplib
import socket
import ssl

from django.db import transaction
from django_tasks import task

from profiles_project.database import clock
from profiles_project.observe.tracing import work_span
from profiles_project.texts import fold
from users.emails import compose
from users.models import SHORTEST_PAUSE, Mail, User

logger = logging.getLogger(__name__)

# Why a try to send a mail failed; the first class that fits counts. What the server itself said may quote the address.
FAILURES: tuple[tuple[type[OSError], str], ...] = (
    (smtplib.SMTPRecipientsRefused, "The mail server refused the address."),
    (smtplib.SMTPSenderRefused, "The mail server refused us as the sender."),
    (smtplib.SMTPAuthenticationError, "The mail server did not accept our name and password."),
    (smtplib.SMTPConnectError, "The mail server refused the connection."),
    (smtplib.SMTPServerDisconnected, "The mail server ended the connection."),
    (smtplib.SMTPException, "The mail server refused the mail."),
    (ConnectionRefusedError, "The mail server refused the connection."),
    (ConnectionError, "The mail server ended the connection."),
    (TimeoutError, "The mail server did not answer in time."),
    (socket.gaierror, "The mail server's name is not known."),
    (ssl.SSLError, "The connection to the mail server could not be made safe."),
    (OSError, "The mail server could not be reached."),
)


def file_mail(kind: Mail.Kind, user: User | None, address: str) -> None:
    """Store a mail to be sent by the worker as soon as the transaction commits.

    Without a user there's nothing to send, but the work is the same, so that an answer's time tells nothing.
    """
    with transaction.atomic():
        mail = Mail.objects.create(kind=kind, user=user, address=address, next_try_at=clock.now() + SHORTEST_PAUSE)
        transaction.on_commit(lambda: put_off(mail))


def put_off(mail: Mail) -> None:
    """File the mail's task. A queue that is away loses nothing: the sweep files it again."""
    try:
        send_mail.enqueue(str(mail.pk), mail.attempts)
    except Exception as exc:  # noqa: BLE001  # each backend fails in its own way, and what was asked for is stored
        logger.error("mail %s was not queued: %s", mail.pk, type(exc).__name__)  # noqa: TRY400  # may quote an address


@task()
def send_mail(mail_id: str, attempt: int) -> None:
    """Compose and send the mail, unless there is a reason not to.

    `attempt` counts the tries before this one: where the same try was filed twice, one of the two sends.
    """
    mail = Mail.objects.select_related("user").filter(pk=mail_id, attempts=attempt, sent_at=None, problem="").first()
    if mail is None or mail.kind not in Mail.Kind.values:
        # A kind that only the next release knows waits for a worker of that release.
        return
    if mail.user is None:
        mail.delete()
        return
    if reason := reason_not_to_send(mail, mail.user):
        Mail.objects.filter(pk=mail.pk).update(problem=reason)
        return
    mine = Mail.objects.filter(pk=mail.pk, attempts=attempt)
    if not mine.update(attempts=attempt + 1, next_try_at=clock.now() + mail.pause()):
        return
    message = compose(mail, mail.user)
    try:
        with work_span(f"mail {mail.kind}", mail=str(mail.pk)):
            message.send()
    except OSError as exc:
        # SMTP's errors are OSErrors too; their text quotes the address, so only their name is logged.
        logger.warning("mail %s was not sent: %s", mail.pk, type(exc).__name__)
        Mail.objects.filter(pk=mail.pk).update(failure=failure_of(exc))
        return
    except ValueError:
        Mail.objects.filter(pk=mail.pk).update(problem="The address or the name can't stand in a mail.")
        return
    Mail.objects.filter(pk=mail.pk).update(sent_at=clock.now(), failure="")


def failure_of(exc: OSError) -> str:
    """Why a try to send a mail failed, in a sentence that tells of nobody."""
    return next(text for kind, text in FAILURES if isinstance(exc, kind))


def reason_not_to_send(mail: Mail, user: User) -> str:
    """Why the mail must stay unsent; empty if it may go."""
    if not user.is_active:
        return "The account is inactive."
    if mail.kind == Mail.Kind.CHANGE_EMAIL:
        # Decided here and not in the request, whose answer must not reveal that an address is taken.
        if User.objects.filter(email_key=fold(mail.address)).exclude(pk=user.pk).exists():
            return "Another account has the address."
    elif mail.kind in {Mail.Kind.VERIFY, Mail.Kind.RESET} and mail.address != user.email:
        return "The account has another address by now."
    return ""
