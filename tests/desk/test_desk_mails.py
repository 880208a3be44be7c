"""A mail that was not sent says why, in words of ours: what the mail server says may quote an address."""

import smtplib
import socket
import ssl

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from pytest_django import Settings

from profiles_project.database import clock
from tests.support.staff import client_of, in_role
from users.models import SHORTEST_PAUSE, Mail, User
from users.tasks import FAILURES, send_mail

pytestmark = pytest.mark.django_db

MAILS = "/admin/users/mail/"


@pytest.fixture
def support() -> Client:
    return client_of(in_role("Support"))


@pytest.fixture
def mail(user: User) -> Mail:
    waiting = {"address": user.email, "next_try_at": clock.now() + SHORTEST_PAUSE}
    return Mail.objects.create(user=user, kind=Mail.Kind.RESET, **waiting)


def try_to_send(mail: Mail, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A try that ends so."""

    def fail(_: EmailMultiAlternatives) -> int:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(EmailMultiAlternatives, "send", fail)
        send_mail.call(str(mail.pk), mail.attempts)
    mail.refresh_from_db()


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "The mail server refused the connection."),
        (smtplib.SMTPServerDisconnected("ada@example.org"), "The mail server ended the connection."),
        (ConnectionResetError("ada@example.org"), "The mail server ended the connection."),
        (smtplib.SMTPRecipientsRefused({"ada@example.org": (550, b"")}), "The mail server refused the address."),
        (smtplib.SMTPSenderRefused(550, b"", "ada@example.org"), "The mail server refused us as the sender."),
        (smtplib.SMTPAuthenticationError(535, b""), "The mail server did not accept our name and password."),
        (smtplib.SMTPConnectError(421, b"ada@example.org"), "The mail server refused the connection."),
        (smtplib.SMTPDataError(554, b"ada@example.org"), "The mail server refused the mail."),
        (TimeoutError(), "The mail server did not answer in time."),
        (socket.gaierror(-2, "ada@example.org"), "The mail server's name is not known."),
        (ssl.SSLError("ada@example.org"), "The connection to the mail server could not be made safe."),
        (OSError("ada@example.org"), "The mail server could not be reached."),
    ],
)
def test_each_failure_has_a_sentence_that_tells_of_nobody(
    mail: Mail, monkeypatch: pytest.MonkeyPatch, error: OSError, why: str
) -> None:
    try_to_send(mail, monkeypatch, error)
    assert (mail.failure, mail.problem, mail.attempts) == (why, "", 1)
    assert why in {text for _, text in FAILURES}


def test_list_and_page_tell_why_how_often_and_when_next(
    support: Client, mail: Mail, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        try_to_send(mail, monkeypatch, ConnectionRefusedError())
    told = "The mail server refused the connection; tried 3 times, next at "
    assert told in support.get(MAILS).content.decode()
    assert told in support.get(f"/admin/users/user/{mail.user_id}/change/").content.decode()
    assert "The mail server refused the connection." in support.get(f"{MAILS}{mail.pk}/change/").content.decode()
    Mail.objects.update(problem="It could not be sent for a day.")
    given_up = "It could not be sent for a day. The mail server refused the connection."
    assert given_up in support.get(MAILS).content.decode()


def test_a_mail_that_went_at_last_has_no_failure(support: Client, mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ">waiting<" in support.get(MAILS).content.decode()
    try_to_send(mail, monkeypatch, TimeoutError())
    assert "did not answer in time; tried once, next at " in support.get(MAILS).content.decode()
    send_mail.call(str(mail.pk), mail.attempts)
    mail.refresh_from_db()
    assert mail.sent_at
    assert mail.failure == ""
    assert "sent " in support.get(MAILS).content.decode()


def test_a_mail_server_that_is_not_there_refuses_the_connection(mail: Mail, settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.getsockname()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    send_mail.call(str(mail.pk), 0)
    mail.refresh_from_db()
    assert mail.failure == "The mail server refused the connection."
