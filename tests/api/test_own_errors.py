"""An error of ours is told as one, though the same kind of error means something else where a client causes it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.core import mail as django_mail
from django.db import IntegrityError
from django.test import Client

from profiles.desk.base import DeskAdmin
from profiles.models import Job
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD
from users import tasks
from users.api import views
from users.models import Mail, User

pytestmark = pytest.mark.django_db(transaction=True)


def failing(kind: type[Exception]) -> Callable[..., Any]:
    """What fails so, whatever it is given."""

    def fail(*_: Any, **__: Any) -> Any:
        raise kind("An error of ours.")

    return fail


def test_an_error_in_the_statement_that_finds_a_job_is_no_missing_job(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, headers = f"{API}/jobs/01a18a4f-6766-71ed-a2f2-1a2444dfadfd", {"Authorization": f"Bearer {api.token}"}
    assert api.get(path).status_code == HTTPStatus.NOT_FOUND
    monkeypatch.setattr(Job.objects, "defer", failing(ValueError))
    # Of the client itself, since the contract has no 500.
    assert api.http.get(path, headers=headers).status_code == HTTPStatus.INTERNAL_SERVER_ERROR


def test_a_registration_that_fails_otherwise_is_no_taken_address(
    anonymous: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {"email": "new@example.org", "password": PASSWORD, "full_name": "New"}
    monkeypatch.setattr(views, "file_mail", failing(IntegrityError))
    failed = anonymous.http.post(f"{API}/auth/register", form, content_type="application/json")
    assert failed.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert not User.objects.filter(email="new@example.org").exists()
    monkeypatch.undo()
    assert anonymous.post(f"{API}/auth/register", form).status_code == HTTPStatus.CREATED
    assert anonymous.post(f"{API}/auth/register", form).status_code == HTTPStatus.CONFLICT


def test_a_mail_that_can_not_be_written_is_not_given_up_as_one_with_a_wrong_address(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = clock.now()
    mail = Mail.objects.create(user=user, kind=Mail.Kind.PASSWORD_NOTICE, address=user.email, next_try_at=due)
    monkeypatch.setattr(tasks, "compose", failing(ValueError))
    with pytest.raises(ValueError, match="ours"):
        tasks.send_mail.call(str(mail.pk), 0)
    mail.refresh_from_db()
    assert (mail.problem, mail.sent_at, django_mail.outbox) == ("", None, [])


def test_an_error_in_an_action_of_the_desk_is_no_wrong_choice(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(User.objects.create_superuser("root@example.org", PASSWORD, full_name="Root"))
    form = {"action": "deactivate", "_selected_action": str(user.pk)}
    client.raise_request_exception = False
    assert client.post("/admin/users/user/", form).status_code == HTTPStatus.FOUND
    monkeypatch.setattr(DeskAdmin, "get_actions", failing(ValueError))
    assert client.post("/admin/users/user/", form).status_code == HTTPStatus.INTERNAL_SERVER_ERROR
