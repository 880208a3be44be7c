"""Links by mail: for a forgotten password, for an address to confirm and for a new one; and the outbox they wait in."""

import datetime as dt
import logging
import re
from collections import Counter
from smtplib import SMTPServerDisconnected
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.core import mail as django_mail, signing
from django.core.mail import EmailMultiAlternatives
from django_tasks.backends.base import BaseTaskBackend
from django_tasks_db.backend import DatabaseBackend
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from profiles_project import pruning
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API, contract
from tests.support.factories import PASSWORD, UserFactory
from tests.support.queries import statements
from users import links, maintenance
from users.models import Mail, Session, User
from users.tasks import send_mail

# Tasks are put off when a transaction commits, so these tests commit.
pytestmark = pytest.mark.django_db(transaction=True)

NEW = "Difference-Engine-2"
LINK = re.compile(r"https?://\S+")


def auth(route: str) -> str:
    return f"{API}/auth/{route}"


def work() -> None:
    """Run every task in the queue, as the worker does."""
    worker = Worker(
        queue_names=["default"],
        excluded_queue_names=[],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="tests",
    )
    worker.run()


def delivered() -> list[EmailMultiAlternatives]:
    """Work, and take out the mails that were sent."""
    work()
    sent, django_mail.outbox[:] = list(django_mail.outbox), []
    return sent  # type: ignore[return-value]  # the service sends no other kind


def token_in(message: EmailMultiAlternatives) -> str:
    """The token of the message's one link, which leads where it should."""
    (link,) = LINK.findall(str(message.body))
    assert link.startswith("https://app.example/")
    return str(parse_qs(urlsplit(link).query)["token"][0])


def forgotten(user: User) -> str:
    """Ask for a reset link, and open the mail."""
    assert ApiClient().post(auth("forgot-password"), {"email": user.email}).status_code == 200
    (message,) = delivered()
    return token_in(message)


def reset(token: Any, password: str = NEW) -> Any:
    return ApiClient().post(auth("reset-password"), {"token": token, "new_password": password})


def verify(token: Any) -> Any:
    return ApiClient().post(auth("verify-email"), {"token": token})


def assert_no_good(answer: Any, kind: str = "reset") -> None:
    assert answer.status_code == 400
    assert answer.json()["detail"] == f"Invalid or expired {kind} token."


def later(monkeypatch: pytest.MonkeyPatch, **passed: float) -> None:
    """Let time pass for the signatures of links."""
    then = clock.seconds() + dt.timedelta(**passed).total_seconds()
    monkeypatch.setattr(clock, "seconds", lambda: then)


class TestForgottenPassword:
    def test_a_link_sets_a_new_password_and_ends_all_sessions(
        self, user: User, anonymous: ApiClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        device = ApiClient().as_user(user)
        answer = anonymous.post(auth("forgot-password"), {"email": f" {user.email.upper()} "})
        assert answer.json() == {"message": "If the email exists, a reset link has been sent"}
        assert not django_mail.outbox
        (message,) = delivered()
        assert message.to == [user.email]
        assert message.from_email == settings.DEFAULT_FROM_EMAIL
        assert f"{settings.APP_LINK_BASE}/reset-password?token=" in str(message.body)
        with caplog.at_level(logging.INFO, "security"):
            assert reset(token_in(message)).json() == {"message": "Password reset successfully"}
        assert f"password_reset user={user.pk}" in caplog.messages
        assert device.get(auth("me")).status_code == 401
        assert anonymous.post(auth("login"), {"email": user.email, "password": PASSWORD}).status_code == 401
        assert anonymous.post(auth("login"), {"email": user.email, "password": NEW}).status_code == 200
        (notice,) = delivered()
        assert notice.subject == "Your password was changed"

    def test_the_mail_says_the_same_in_text_and_html(self, user: User) -> None:
        user.full_name = "<b>Visit</b> https://evil.example/"
        user.save()
        ApiClient().post(auth("forgot-password"), {"email": user.email})
        (message,) = delivered()
        ((html, media_type),) = message.alternatives
        assert media_type == "text/html"
        assert LINK.findall(str(message.body))[0] in str(html)
        # What somebody calls himself is no way to write to others in our name.
        assert "evil" not in str(message.body) + str(html)

    def test_the_host_of_the_request_is_in_no_link(self, user: User) -> None:
        ApiClient().post(auth("forgot-password"), {"email": user.email}, headers={"Host": "localhost"})
        (message,) = delivered()
        assert LINK.findall(str(message.body))[0].startswith("https://app.example/")

    def test_a_link_works_once(self, user: User) -> None:
        token = forgotten(user)
        assert reset(token).status_code == 200
        assert_no_good(reset(token, "Another-Engine-3"))

    def test_of_two_at_once_one_wins(self, user: User) -> None:
        contract()
        token = forgotten(user)
        passwords = [f"{NEW}{number}" for number in range(4)]
        answers = at_once(*(lambda password=password: reset(token, password) for password in passwords))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 3}
        winner = passwords[[answer.status_code for answer in answers].index(200)]
        user.refresh_from_db()
        assert user.check_password(winner)

    def test_a_second_link_ends_the_first(self, user: User) -> None:
        first, second = forgotten(user), forgotten(user)
        assert_no_good(reset(first))
        assert reset(second).status_code == 200

    def test_a_link_lives_one_hour(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        token = forgotten(user)
        with monkeypatch.context() as patch:
            later(patch, minutes=61)
            assert_no_good(reset(token))
        later(monkeypatch, minutes=59)
        assert reset(token).status_code == 200

    @pytest.mark.parametrize("change", [{"is_active": False}, {"password": "x"}, {"email": "new@example.com"}])
    def test_a_link_dies_when_the_account_changes(self, user: User, change: dict[str, Any]) -> None:
        token = forgotten(user)
        User.objects.filter(pk=user.pk).update(**change)
        assert_no_good(reset(token))

    def test_a_link_dies_with_a_change_of_password_and_with_the_account(self, user: User) -> None:
        token = forgotten(user)
        body = {"current_password": PASSWORD, "new_password": NEW}
        assert ApiClient().as_user(user).post(auth("change-password"), body).status_code == 200
        assert_no_good(reset(token, "Another-Engine-3"))
        user.delete()
        assert_no_good(reset(token, "Another-Engine-3"))

    def test_an_account_that_changes_at_this_moment_is_left_alone(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = forgotten(user)

        def hash_slowly(password: str) -> str:
            User.objects.filter(pk=user.pk).update(is_active=False)
            return f"hash of {password}"

        monkeypatch.setattr("users.accounts.make_password", hash_slowly)
        assert_no_good(reset(token))
        user.refresh_from_db()
        assert user.check_password(PASSWORD)

    def test_a_weak_password_is_refused_and_leaves_the_link_good(self, user: User) -> None:
        token = forgotten(user)
        answer = reset(token, "ada lovelace")
        assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} == {
            ("/new_password", "password_no_upper"),
            ("/new_password", "password_no_digit"),
            ("/new_password", "password_too_similar"),
        }
        assert reset(token).status_code == 200

    @pytest.mark.parametrize("token", ["x", "a:b:c", "é:ü:ß", "::::", "." * 10_000])
    def test_a_malformed_token_is_refused(self, token: str) -> None:
        assert_no_good(reset(token))
        assert_no_good(verify(token), "verification")

    def test_a_token_of_another_kind_or_key_is_refused(self, user: User) -> None:
        api = ApiClient().as_user(user)
        api.post(auth("resend-verification"))
        (message,) = delivered()
        assert_no_good(reset(token_in(message)))
        token = forgotten(user)
        assert_no_good(verify(token), "verification")
        assert_no_good(reset(token[:-1] + ("A" if token[-1] != "A" else "B")))
        claims = signing.loads(token, salt="users.links.reset")
        assert_no_good(reset(signing.dumps(claims, key="k" * 50, salt="users.links.reset")))

    def test_faults_are_named(self, anonymous: ApiClient) -> None:
        for route, names in (("reset-password", {"/token", "/new_password"}), ("verify-email", {"/token"})):
            answer = anonymous.post(auth(route), {})
            assert {error["pointer"] for error in answer.json()["errors"]} == names
            assert anonymous.post(auth(route)).status_code == 400
        assert anonymous.post(auth("forgot-password"), {"email": "no"}).status_code == 422

    def test_an_unknown_address_gets_the_same_answer_for_the_same_work(self, user: User) -> None:
        inactive = UserFactory.create(is_active=False)
        seen = []
        for email in (user.email, "nobody@example.com", inactive.email):
            with statements() as found:
                answer = ApiClient().post(auth("forgot-password"), {"email": email})
            verbs = [sql.split()[0] for sql in found]
            seen.append((answer.status_code, answer.content, dict(answer.headers) | {"X-Request-ID": ""}, verbs))
        assert seen[0] == seen[1] == seen[2]
        assert [message.to for message in delivered()] == [[user.email]]
        assert Mail.objects.get().user == user

    def test_a_link_asked_for_before_the_address_changed_is_not_sent(self, user: User) -> None:
        ApiClient().post(auth("forgot-password"), {"email": user.email})
        User.objects.filter(pk=user.pk).update(email="new@example.com", email_key="new@example.com")
        assert not delivered()
        assert user.mails.get().problem

    def test_a_user_deactivated_meanwhile_gets_none(self, user: User) -> None:
        ApiClient().post(auth("forgot-password"), {"email": user.email})
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert not delivered()
        assert user.mails.get().problem == "The account is inactive."

    def test_a_kind_of_the_next_release_waits_for_its_worker(self, user: User) -> None:
        ApiClient().post(auth("forgot-password"), {"email": user.email})
        Mail.objects.update(kind="of_tomorrow")
        assert not delivered()
        mail = user.mails.get()
        assert (mail.problem, mail.sent_at, mail.attempts) == ("", None, 0)


class TestVerification:
    def test_the_link_of_the_registration_verifies_even_twice(self, anonymous: ApiClient) -> None:
        body = {"email": "grace@example.com", "password": PASSWORD, "full_name": "Grace Hopper"}
        tokens = anonymous.post(auth("register"), body).json()
        (message,) = delivered()
        assert message.to == ["grace@example.com"]
        token = token_in(message)
        for _ in range(2):
            assert verify(token).json() == {"message": "E-mail address verified"}
        assert ApiClient(tokens["access_token"]).get(auth("me")).json()["is_verified"] is True

    def test_a_new_link_ends_the_first(self, user: User) -> None:
        api = ApiClient().as_user(user)
        assert api.post(auth("resend-verification")).status_code == 200
        assert api.post(auth("resend-verification")).status_code == 200
        first, second = map(token_in, delivered())
        assert_no_good(verify(first), "verification")
        assert verify(second).status_code == 200

    def test_nothing_is_sent_to_a_verified_address(self, user: User) -> None:
        User.objects.filter(pk=user.pk).update(is_verified=True)
        assert ApiClient().as_user(user).post(auth("resend-verification")).status_code == 200
        assert not delivered()

    def test_a_link_lives_three_days(self, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
        ApiClient().as_user(user).post(auth("resend-verification"))
        (message,) = delivered()
        with monkeypatch.context() as patch:
            later(patch, days=3, minutes=1)
            assert_no_good(verify(token_in(message)), "verification")
        later(monkeypatch, days=2, hours=23)
        assert verify(token_in(message)).status_code == 200

    def test_a_change_of_password_leaves_it_good_and_deactivation_does_not(self, user: User) -> None:
        ApiClient().as_user(user).post(auth("resend-verification"))
        (message,) = delivered()
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert_no_good(verify(token_in(message)), "verification")
        User.objects.filter(pk=user.pk).update(is_active=True, password="x")
        assert verify(token_in(message)).status_code == 200


class TestChangeEmail:
    def ask(self, user: User, email: str = "Countess@example.com", password: str = PASSWORD) -> Any:
        return ApiClient().as_user(user).post(auth("change-email"), {"new_email": email, "password": password})

    def test_the_link_changes_the_address_and_the_old_one_is_told(
        self, user: User, anonymous: ApiClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        old, device = user.email, ApiClient().as_user(user)
        assert self.ask(user).json() == {"message": "If the new address is free, a link to confirm it has been sent"}
        link, notice = delivered()
        assert (link.to, notice.to) == (["Countess@example.com"], [old])
        assert not LINK.findall(str(notice.body))
        assert device.get(auth("me")).json()["email"] == old
        with caplog.at_level(logging.INFO, "security"):
            assert verify(token_in(link)).status_code == 200
        assert "example.com" not in " ".join(r.getMessage() for r in caplog.records if r.name == "security")
        account = device.get(auth("me")).json()
        assert (account["email"], account["is_verified"]) == ("Countess@example.com", True)
        assert anonymous.post(auth("login"), {"email": old, "password": PASSWORD}).status_code == 401
        credentials = {"email": "countess@EXAMPLE.com", "password": PASSWORD}
        assert anonymous.post(auth("login"), credentials).status_code == 200
        assert_no_good(verify(token_in(link)), "verification")

    def test_another_spelling_of_the_own_address_is_no_other_address(self, user: User) -> None:
        self.ask(user, user.email.upper())
        link, _ = delivered()
        assert verify(token_in(link)).status_code == 200
        user.refresh_from_db()
        assert user.email == user.email.upper()

    def test_it_needs_the_password(self, user: User) -> None:
        answer = self.ask(user, password="Wrong-Password-1")
        assert answer.status_code == 401
        assert answer.json()["type"].endswith("/wrong-password")
        assert answer.json()["detail"] == "Password is incorrect."
        assert not delivered()

    def test_faults_are_named(self, user: User) -> None:
        answer = self.ask(user, "no", "")
        assert {error["pointer"] for error in answer.json()["errors"]} == {"/new_email", "/password"}

    def test_a_taken_address_gets_the_same_answer_and_no_mail(self, user: User, other_user: User) -> None:
        seen = []
        api = ApiClient().as_user(user)
        for email in ("free@example.com", other_user.email.upper()):
            with statements() as found:
                answer = api.post(auth("change-email"), {"new_email": email, "password": PASSWORD})
            verbs = [sql.split()[0] for sql in found]
            seen.append((answer.status_code, answer.content, dict(answer.headers) | {"X-Request-ID": ""}, verbs))
        assert seen[0] == seen[1]
        assert [message.to[0] for message in delivered()] == ["free@example.com", user.email, user.email]

    def test_an_address_taken_meanwhile_is_refused(self, user: User) -> None:
        self.ask(user)
        link, _ = delivered()
        UserFactory.create(email="COUNTESS@example.com")
        answer = verify(token_in(link))
        assert answer.status_code == 400
        assert answer.json()["detail"] == "This e-mail address belongs to another account by now."
        before = user.email
        user.refresh_from_db()
        assert user.email == before

    def test_of_two_accounts_at_once_one_gets_the_address(self, user: User, other_user: User) -> None:
        contract()
        tokens = []
        for person in (user, other_user):
            self.ask(person)
            tokens.append(token_in(delivered()[0]))
        answers = at_once(*(lambda token=token: verify(token) for token in tokens))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 1}

    def test_a_change_of_password_stops_it(self, user: User) -> None:
        self.ask(user)
        link, _ = delivered()
        body = {"current_password": PASSWORD, "new_password": NEW}
        assert ApiClient().as_user(user).post(auth("change-password"), body).status_code == 200
        assert_no_good(verify(token_in(link)), "verification")

    def test_an_account_that_changes_at_this_moment_is_left_alone(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.ask(user)
        link, _ = delivered()
        opened = links.open_link

        def open_slowly(*args: Any) -> Any:
            found = opened(*args)
            User.objects.filter(pk=user.pk).update(is_active=False)
            return found

        monkeypatch.setattr("users.accounts.open_link", open_slowly)
        assert_no_good(verify(token_in(link)), "verification")

    def test_a_second_link_ends_the_first(self, user: User) -> None:
        self.ask(user, "first@example.com")
        self.ask(user, "second@example.com")
        first, _, second, _ = delivered()
        assert_no_good(verify(token_in(first)), "verification")
        assert verify(token_in(second)).status_code == 200


def age(mail: Mail, **passed: float) -> None:
    """Make the mail that much older."""
    change = dt.timedelta(**passed)
    Mail.objects.filter(pk=mail.pk).update(created_at=mail.created_at - change, next_try_at=mail.next_try_at - change)


def break_smtp(patch: pytest.MonkeyPatch, error: Exception) -> list[str]:
    """Let every sending fail; returns the list in which the tries are noted."""
    tries: list[str] = []

    def fail(message: EmailMultiAlternatives, **options: Any) -> int:
        tries.append(message.to[0])
        raise error

    patch.setattr(EmailMultiAlternatives, "send", fail)
    return tries


class TestOutbox:
    @pytest.fixture
    def waiting(self, user: User) -> Mail:
        """A mail whose task was lost."""
        ApiClient().post(auth("forgot-password"), {"email": user.email})
        DBTaskResult.objects.all().delete()
        return user.mails.get()

    def test_a_task_carries_an_id_and_no_secret(self, user: User) -> None:
        ApiClient().post(auth("forgot-password"), {"email": user.email})
        task = DBTaskResult.objects.get()
        assert task.args_kwargs == {"args": [str(user.mails.get().pk), 0], "kwargs": {}}

    def test_the_sweep_files_a_lost_mail_again_once(self, user: User, waiting: Mail) -> None:
        assert maintenance.sweep_mails() == 0
        age(waiting, minutes=1)
        assert maintenance.sweep_mails() == 1
        assert maintenance.sweep_mails() == 0
        assert [message.to for message in delivered()] == [[user.email]]
        waiting.refresh_from_db()
        assert waiting.sent_at
        assert waiting.attempts == 1
        age(waiting, hours=2)
        assert maintenance.sweep_mails() == 0

    def test_of_two_sweeps_at_once_one_files_it(self, waiting: Mail) -> None:
        age(waiting, minutes=1)
        assert sum(at_once(maintenance.sweep_mails, maintenance.sweep_mails, maintenance.sweep_mails)) == 1

    def test_a_mail_that_is_queued_twice_is_sent_once(self, waiting: Mail) -> None:
        for _ in range(3):
            send_mail.enqueue(str(waiting.pk), 0)
        assert len(delivered()) == 1

    def test_two_workers_send_it_once(self, waiting: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
        sent = []
        monkeypatch.setattr(EmailMultiAlternatives, "send", lambda message: sent.append(message.to))
        at_once(*[lambda: send_mail.call(str(waiting.pk), 0)] * 4)
        assert len(sent) == 1

    def test_a_worker_that_is_too_late_sends_nothing(self, waiting: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
        def another_worker(mail: Mail, user: User) -> str:
            Mail.objects.filter(pk=mail.pk).update(attempts=1)
            return ""

        monkeypatch.setattr("users.tasks.reason_not_to_send", another_worker)
        send_mail.enqueue(str(waiting.pk), 0)
        assert not delivered()

    def test_pauses_double_to_an_hour_and_end_after_a_day(self, waiting: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
        hands = {"now": waiting.created_at}
        monkeypatch.setattr(clock, "now", lambda: hands["now"])
        tries = break_smtp(monkeypatch, SMTPServerDisconnected("away"))
        filed: list[float] = []
        while not waiting.problem:
            hands["now"] = waiting.next_try_at
            if maintenance.sweep_mails():
                filed.append((hands["now"] - waiting.created_at).total_seconds() / 60)
                work()
            waiting.refresh_from_db()
        assert [round(minute) for minute in filed[:9]] == [1, 2, 4, 8, 16, 32, 64, 124, 184]
        assert 23 * 60 < filed[-1] <= 24 * 60
        assert len(filed) == len(tries)
        waiting.refresh_from_db()
        assert waiting.problem == "It could not be sent for a day."
        assert waiting.attempts == len(tries)

    def test_a_mail_server_that_is_away_leaks_no_address_and_loses_nothing(
        self, user: User, waiting: Mail, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        with monkeypatch.context() as patch:
            break_smtp(patch, SMTPServerDisconnected(f"{user.email} said no"))
            send_mail.enqueue(str(waiting.pk), 0)
            assert not delivered()
        assert f"mail {waiting.pk} was not sent: SMTPServerDisconnected" in caplog.messages
        assert user.email not in caplog.text
        assert DBTaskResult.objects.get().traceback == ""
        waiting.refresh_from_db()
        age(waiting, minutes=1)
        assert maintenance.sweep_mails() == 1
        assert len(delivered()) == 1

    def test_what_can_not_stand_in_a_mail_is_given_up(self, waiting: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
        break_smtp(monkeypatch, ValueError("header"))
        send_mail.enqueue(str(waiting.pk), 0)
        work()
        waiting.refresh_from_db()
        assert waiting.problem

    def test_a_queue_that_is_away_fails_no_request(
        self, user: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def fail(self: BaseTaskBackend, *args: Any) -> None:
            raise ConnectionError(user.email)

        with monkeypatch.context() as patch:
            patch.setattr(DatabaseBackend, "enqueue", fail)
            assert ApiClient().post(auth("forgot-password"), {"email": user.email}).status_code == 200
        assert user.email not in caplog.text
        assert not delivered()
        age(user.mails.get(), minutes=1)
        assert maintenance.sweep_mails() == 1
        assert len(delivered()) == 1

    def test_a_mail_of_nobody_is_deleted(self) -> None:
        ApiClient().post(auth("forgot-password"), {"email": "nobody@example.com"})
        assert not delivered()
        assert not Mail.objects.exists()
        send_mail.enqueue("01990000-0000-7000-8000-000000000000", 0)
        work()
        assert DBTaskResult.objects.latest("enqueued_at").status == "SUCCESSFUL"

    def test_what_nobody_needs_is_deleted(self, user: User, waiting: Mail) -> None:
        now = clock.now()
        sessions = {name: Session.objects.start(user, name) for name in ("live", "revoked", "old", "expired", "lapsed")}
        days = dt.timedelta(days=1)

        def change(name: str, **values: Any) -> None:
            Session.objects.filter(pk=sessions[name].pk).update(**values)

        change("revoked", revoked_at=now - 29 * days)
        change("old", revoked_at=now - 31 * days)
        change("lapsed", expires_at=now - 29 * days)
        change("expired", expires_at=now - 31 * days)
        for kind, created in ((Mail.Kind.VERIFY, now - 31 * days), (Mail.Kind.VERIFY, now - 29 * days)):
            Mail.objects.create(user=user, kind=kind, address=user.email, created_at=created, next_try_at=now)
        for _ in range(4):
            send_mail.enqueue(str(waiting.pk), 0)
        finished, recent, stuck, _ = DBTaskResult.objects.order_by("enqueued_at")
        DBTaskResult.objects.filter(pk=finished.pk).update(status="SUCCESSFUL", finished_at=now - 8 * days)
        DBTaskResult.objects.filter(pk=recent.pk).update(status="FAILED", finished_at=now - 6 * days)
        DBTaskResult.objects.filter(pk=stuck.pk).update(status="RUNNING", started_at=now - 8 * days)
        assert pruning.prune() == 2 + 1 + 2
        assert {session.user_agent for session in user.sessions.all()} == {"live", "revoked", "lapsed"}
        assert user.mails.count() == 2
        assert DBTaskResult.objects.count() == 2
        assert pruning.prune() == 0
