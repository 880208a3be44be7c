"""What somebody without an account, or with a wrong password, can make the service keep has a bound (contract 1.7)."""

import datetime as dt
import uuid

import pytest
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from profiles_project import pruning
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD, UserFactory
from users import maintenance
from users.events import note
from users.maintenance import BOUNDS, Bound, sweep_mails, trim
from users.models import Mail, SecurityEvent, Session, User
from users.tasks import file_mail, send_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows of each kind, in place of a hundred."""
    monkeypatch.setattr(maintenance, "BOUNDS", [bound._replace(most=3) for bound in BOUNDS])


def mail(user: User, kind: Mail.Kind, **values: object) -> Mail:
    given = {"address": user.email, "next_try_at": clock.now(), "sent_at": clock.now(), **values}
    return Mail.objects.create(user=user, kind=kind, **given)


@pytest.mark.usefixtures("few")
def test_of_each_kind_the_newest_stay_of_every_user_and_of_nobody(user: User, other_user: User) -> None:
    for whose in (user, other_user, None):
        for _ in range(5):
            note("login_failed", whose)
        note("password_changed", whose)
    newest = set(SecurityEvent.objects.order_by("-id").values_list("pk", flat=True)[:4])
    assert trim() == 6
    for whose in (user, other_user, None):
        kinds = list(SecurityEvent.objects.filter(user=whose).order_by("id").values_list("kind", flat=True))
        assert kinds == ["login_failed"] * 3 + ["password_changed"]
    assert newest <= set(SecurityEvent.objects.values_list("pk", flat=True))
    assert trim() == 0


@pytest.mark.usefixtures("few")
def test_many_failed_log_ins_push_out_no_other_event(user: User) -> None:
    note("password_changed", user)
    for _ in range(20):
        ApiClient().post(f"{API}/auth/login", {"email": user.email, "password": "Wrong-Horse-7"})
    trim()
    assert SecurityEvent.objects.filter(user=user, kind="password_changed").count() == 1
    assert SecurityEvent.objects.filter(user=user, kind="login_failed").count() == 3


@pytest.mark.usefixtures("few")
def test_sessions_that_were_used_longest_ago_end_where_there_are_too_many(user: User) -> None:
    phone = ApiClient().as_user(user)
    for _ in range(4):
        assert ApiClient().post(f"{API}/auth/login", {"email": user.email, "password": PASSWORD}).status_code == 200
    Session.objects.filter(user=user, user_agent="tests").update(last_used_at=clock.now() + dt.timedelta(hours=1))
    trim()
    assert user.sessions.count() == 3
    assert phone.get(f"{API}/auth/me").status_code == 200


@pytest.mark.usefixtures("few")
def test_mails_that_wait_to_be_sent_stay(user: User) -> None:
    waiting = [mail(user, Mail.Kind.PASSWORD_NOTICE, sent_at=None) for _ in range(4)]
    sent = [mail(user, Mail.Kind.PASSWORD_NOTICE) for _ in range(5)]
    failed = mail(user, Mail.Kind.PASSWORD_NOTICE, sent_at=None, problem="It could not be sent for a day.")
    other = mail(user, Mail.Kind.VERIFY)
    trim()
    assert set(Mail.objects.all()) == {*waiting, *sent[-2:], failed, other}


def test_more_than_a_turn_takes_go_too(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "TRIM_AT_ONCE", 2)
    monkeypatch.setattr(maintenance, "BOUNDS", [Bound(SecurityEvent, 1)])
    for _ in range(8):
        note("login", user)
    assert trim() == 7


def test_who_has_nothing_new_is_not_looked_at(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "BOUNDS", [Bound(SecurityEvent, 1)])
    long_ago = int((clock.now() - dt.timedelta(days=1)).timestamp() * 1000) << 80
    for number in range(3):
        SecurityEvent.objects.create(pk=uuid.UUID(int=long_ago + number), user=user, kind="login")
    assert trim() == 0
    note("login", user)
    assert trim() == 3


def test_what_an_unknown_address_has_caused_is_gone_as_soon_as_its_task_has_run() -> None:
    for number in range(3):
        answer = ApiClient().post(f"{API}/auth/forgot-password", {"email": f"nobody{number}@example.org"})
        assert answer.status_code == 200
    first, *others = Mail.objects.order_by("id")
    assert (first.user, first.address) == (None, "")
    send_mail.call(str(first.pk), 0)
    assert list(Mail.objects.order_by("id")) == others
    # Where the task was lost, the sweep finds nothing to send.
    Mail.objects.update(next_try_at=clock.now() - dt.timedelta(seconds=5))
    assert sweep_mails() == 0
    assert not Mail.objects.exists()


def test_tasks_that_went_well_are_kept_for_minutes_and_others_for_days(user: User) -> None:
    now = clock.now()
    ages = {"just done": 1, "done": 15, "failed": 15, "failed long ago": 8 * 24 * 60}
    for name, minutes in ages.items():
        send_mail.enqueue(name, 0)
        status = "FAILED" if name.startswith("failed") else "SUCCESSFUL"
        ended = {"status": status, "finished_at": now - dt.timedelta(minutes=minutes)}
        DBTaskResult.objects.filter(finished_at=None).update(**ended)
    [rule] = [rule for rule in pruning.rules() if rule.model is DBTaskResult]
    assert sum(rule.delete()) == 2
    left = [each.args_kwargs["args"][0] for each in DBTaskResult.objects.order_by("enqueued_at")]
    assert left == ["just done", "failed"]


def test_links_to_confirm_an_address_are_sent_five_times_an_hour(settings: Settings) -> None:
    user = UserFactory.create()
    api = ApiClient().as_user(user)
    settings.RATELIMIT_ENABLE = True
    statuses = [api.post(f"{API}/auth/resend-verification").status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert user.mails.count() == 5
    # A forgotten password is another matter.
    assert ApiClient().post(f"{API}/auth/forgot-password", {"email": user.email}).status_code == 200


def test_the_bounds_are_part_of_the_schedule(settings: Settings, user: User) -> None:
    assert settings.SCHEDULE["users.maintenance.trim"] == 60
    file_mail(Mail.Kind.VERIFY, user, user.email)
    assert trim() == 0
