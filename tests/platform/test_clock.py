"""One clock for all machines: what it is made of, who asks it, and what becomes of a clock that is wrong."""

import datetime as dt
import re
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from profiles import tasks
from profiles.models import Job
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import UserFactory
from users import links, second_factor
from users.maintenance import sweep_mails
from users.models import Mail, Session, User
from users.tokens import AccessToken, RefreshToken

ROOT = Path(__file__).resolve().parent.parent.parent
HOUR = dt.timedelta(hours=1)
LEEWAY = django_settings.SIMPLE_JWT["LEEWAY"]
# A machine's own time, which no other machine has.
OWN = re.compile(r"timezone\.now\b|\btime\.time\b|time_ns\b|datetime\.(?:now|utcnow|today)\b|date\.today\b|localdate")
# Who asks for it all the same.
ALLOWED = {
    "profiles_project/database/clock.py": "the clock itself",
}
on_postgresql = pytest.mark.skipif(
    django_settings.DATABASES["default"]["ENGINE"] != "profiles_project.database.postgresql",
    reason="on SQLite all processes share one machine and its clock",
)


def asked() -> float:
    """What the database says it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        (seconds,) = cursor.fetchone()
    return float(seconds)


def set_off(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let this machine's own clock be wrong."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)


def at(monkeypatch: pytest.MonkeyPatch, moment: dt.datetime) -> None:
    """Let it be that time."""
    monkeypatch.setattr(clock, "seconds", moment.timestamp)


@pytest.mark.pure
def test_nobody_asks_the_machine_what_time_it_is() -> None:
    paths = [path for app in ("profiles", "profiles_project", "users") for path in (ROOT / app).rglob("*.py")]
    found = {
        str(path.relative_to(ROOT)) for path in paths if "migrations" not in path.parts and OWN.search(path.read_text())
    }
    assert found == set(ALLOWED)


# The clock ----------------------------------------------------------------------------------------------------------


@on_postgresql
@pytest.mark.django_db
@pytest.mark.parametrize("wrong", [-3600, -30, 30, 3600])
def test_it_is_the_databases_whatever_the_machine_says(monkeypatch: pytest.MonkeyPatch, wrong: float) -> None:
    asked()
    set_off(monkeypatch, wrong)
    assert abs(clock.seconds() - asked()) < 1
    assert abs(clock.now().timestamp() - asked()) < 1
    assert clock.now().tzinfo is dt.UTC


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_process_asks_for_it_at_its_start_if_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    carried = clock.Carried()
    monkeypatch.setattr(clock, "database", carried)
    connection.close()
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "PORT", "1")
        clock.ask()
    assert carried.offset is None
    clock.ask()
    assert abs(clock.seconds() - asked()) < 1
    connection.close()
    clock.ask()
    assert connection.connection is None


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_each_new_connection_and_now_and_then_a_kept_one_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    carried = clock.Carried()
    monkeypatch.setattr(clock, "database", carried)
    connection.close()
    asked()
    assert carried.offset is not None
    assert abs(carried.offset + clock.steady() - asked()) < 1
    first = carried.offset
    # A machine that was halted meanwhile is late.
    carried.offset = first - 500
    monkeypatch.setattr(carried, "_look_at", clock.steady() + 60)
    assert connection.is_usable()
    assert carried.offset == first - 500
    monkeypatch.setattr(carried, "_look_at", clock.steady())
    assert connection.is_usable()
    assert abs(carried.offset - first) < 1
    assert not carried.is_due()


@pytest.mark.pure
def test_an_answer_that_took_long_tells_too_little() -> None:
    carried = clock.Carried()
    carried.heard(1_000.0, 10.0, 13.0)
    assert carried.offset == 1_000.0 - 11.5
    carried.heard(2_000.0, 20.0, 21.5)
    assert carried.offset == 1_000.0 - 11.5
    carried.heard(3_000.0, 30.0, 30.5)
    assert carried.offset == 3_000.0 - 30.25


@pytest.mark.pure
def test_until_a_database_was_asked_it_is_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "database", clock.Carried())
    set_off(monkeypatch, 500)
    assert abs(clock.seconds() - time.time()) < 1


@pytest.mark.pure
def test_of_many_that_look_at_once_one_asks() -> None:
    carried = clock.Carried()
    assert [carried.is_due() for _ in range(3)] == [True, False, False]


# Tokens -------------------------------------------------------------------------------------------------------------


def get(token: str) -> Any:
    return ApiClient().get(f"{API}/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("ahead", [3, 30, 3600])
def test_a_token_of_a_machine_that_is_ahead_is_good(user: User, ahead: float) -> None:
    session = Session.objects.start(user, "tests")
    issued = timezone.now() + dt.timedelta(seconds=ahead)
    assert get(AccessToken.issue(session, uuid.uuid4(), issued)) == 200
    refreshed = ApiClient().post(
        f"{API}/auth/refresh", {"refresh_token": RefreshToken.issue(session, session.token_id, issued)}
    )
    assert refreshed.status_code == 200


@pytest.mark.django_db
def test_a_minute_of_leeway_is_given_and_no_more_even_to_a_token_that_was_good(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session.objects.start(user, "tests")
    now = clock.now().replace(microsecond=0)
    token = AccessToken.issue(session, uuid.uuid4(), now)
    end = now + HOUR
    for passed, status in ((0, 200), (LEEWAY - 1, 200), (LEEWAY, 401), (LEEWAY - 1, 200), (3600, 401)):
        at(monkeypatch, end + dt.timedelta(seconds=passed))
        assert get(token) == status, passed


@pytest.mark.django_db
def test_a_token_that_begins_later_is_good_a_minute_before(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session.objects.start(user, "tests")
    now = clock.now()
    token = AccessToken()
    token.payload |= {"sid": str(session.pk), "sub": str(user.pk), "jti": str(uuid.uuid4())}
    token["nbf"] = int(now.timestamp()) + 100
    text = str(token)
    assert get(text) == 401
    at(monkeypatch, now + dt.timedelta(seconds=41))
    assert get(text) == 200
    at(monkeypatch, now)
    assert get(text) == 401


# A clock that was set back ------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["queued", "running"])
def test_a_lease_by_a_clock_that_was_set_back_holds_nobody_up(user: User, status: str) -> None:
    given = {"user": user, "kind": tasks.EXPORT, "status": status, "attempts": 1}
    far = Job.objects.create(lease_until=clock.now() + HOUR, **given)
    near = Job.objects.create(lease_until=clock.now() + dt.timedelta(minutes=5), **given)
    assert list(Job.objects.lost(clock.now())) == [far]
    assert tasks.sweep_jobs() == 1
    far.refresh_from_db()
    assert (far.status, near.status) == ("queued", status)
    assert far.lease_until <= clock.now() + dt.timedelta(minutes=5)


@pytest.mark.django_db
def test_so_does_no_mail(user: User) -> None:
    mail = Mail.objects.create(user=user, kind=Mail.Kind.VERIFY, address=user.email, next_try_at=clock.now() + 3 * HOUR)
    Mail.objects.create(user=user, kind=Mail.Kind.VERIFY, address=user.email, next_try_at=clock.now() + HOUR)
    assert sweep_mails() == 1
    mail.refresh_from_db()
    assert mail.next_try_at <= clock.now() + HOUR


@pytest.mark.django_db
def test_nor_does_the_lock_of_a_second_factor() -> None:
    device = TOTPDevice.objects.create(user=UserFactory.create(), name="App")
    device.throttling_failure_count, device.throttling_failure_timestamp = 5, clock.now()
    assert 15 < second_factor._pause(device) <= 16
    device.throttling_failure_timestamp += HOUR
    assert second_factor._pause(device) == 0


@pytest.mark.django_db
def test_the_newest_link_is_told_by_its_time_and_not_by_its_id(user: User) -> None:
    """A machine that is ahead makes ids that sort after those of its neighbour's later mails."""
    common = {"user": user, "kind": Mail.Kind.RESET, "address": user.email, "next_try_at": clock.now()}
    first = Mail.objects.create(id=uuid.UUID(int=2**127), **common)
    second = Mail.objects.create(id=uuid.UUID(int=1), **common)
    assert first.created_at < second.created_at
    tokens = [links.make_token(mail, user) for mail in (first, second)]
    assert [links.open_link(token, Mail.Kind.RESET) is not None for token in tokens] == [False, True]
