"""PostgreSQL that is slow, busy, read-only or out of connections: 503 with Retry-After, and nothing is stored."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, close_old_connections, connection, transaction

from profiles import tasks
from profiles.models import Experience, Job, Profile
from profiles.portability import exports
from profiles_project.api.errors import to_problem
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.concurrency import at_once, held
from tests.support.contract import API, contract
from tests.support.factories import UserFactory, item, make_profile
from users.api import idempotency
from users.models import User

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        django_settings.DATABASES["default"]["ENGINE"] != "profiles_project.database.postgresql",
        reason="SQLite has no time-outs of its own, no roles and no standby",
    ),
]


@pytest.fixture
def profile(user: User) -> Profile:
    return make_profile(user, 1)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def row_of(profile: Profile) -> AbstractContextManager[None]:
    """The profile's row locked by another connection."""
    return held(lambda: Profile.objects.select_for_update().get(pk=profile.pk))


@contextmanager
def locked_too_long(profile: Profile) -> Iterator[None]:
    run("SET lock_timeout = '100ms'")
    with row_of(profile), pytest.MonkeyPatch.context() as patch:
        # It would put the connection's own 10 s in place of these.
        patch.setattr(idempotency, "_limit_waiting", lambda _limit: None)
        yield
    run("RESET lock_timeout")


@contextmanager
def too_slow(profile: Profile) -> Iterator[None]:
    run("SET statement_timeout = '100ms'")
    with row_of(profile):
        yield
    run("RESET statement_timeout")


@contextmanager
def read_only(profile: Profile) -> Iterator[None]:
    run("SET default_transaction_read_only = on")
    yield
    run("SET default_transaction_read_only = off")


@contextmanager
def connection_killed(profile: Profile) -> Iterator[None]:
    """The server ends the connection of a request while it waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()

    def kill() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        connection.close()

    with row_of(profile):
        killer = threading.Timer(0.3, kill)
        killer.start()
        yield
        killer.join()


@pytest.mark.parametrize("fault", [locked_too_long, too_slow, read_only, connection_killed])
def test_a_write_that_the_database_cannot_do_now_is_a_503_and_stores_nothing(
    api: ApiClient, profile: Profile, fault: Callable[[Profile], Any]
) -> None:
    path = f"{API}/profiles/{profile.pk}/experiences"
    with fault(profile):
        answer = api.post(path, [item(Experience)], headers={"Idempotency-Key": "first"})
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert answer.json()["type"].endswith("/unavailable")
    profile.refresh_from_db()
    assert (profile.version, Experience.objects.filter(profile=profile).count()) == (1, 1)
    # As soon as it can, the same request is done, once.
    for _ in range(2):
        assert api.post(path, [item(Experience)], headers={"Idempotency-Key": "first"}).status_code == 201
    assert Experience.objects.filter(profile=profile).count() == 2


def test_reading_goes_on_while_the_database_is_read_only(api: ApiClient, profile: Profile) -> None:
    with read_only(profile):
        assert api.get(f"{API}/profiles/{profile.pk}").status_code == 200


def test_a_server_that_takes_no_more_connections_is_a_503(user: User, profile: Profile) -> None:
    contract()
    api = ApiClient().as_user(user)
    run("CREATE ROLE crowded LOGIN PASSWORD 'secret' CONNECTION LIMIT 0")

    def ask() -> Any:
        connection.settings_dict = {**connection.settings_dict, "USER": "crowded", "PASSWORD": "secret"}
        return api.get(f"{API}/profiles/{profile.pk}")

    try:
        # In a thread of its own, which has no connection yet.
        (answer,) = at_once(ask)
    finally:
        run("DROP ROLE crowded")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert api.get(f"{API}/profiles/{profile.pk}").status_code == 200


def test_of_two_that_wait_for_each_other_one_is_told_to_try_again(user: User) -> None:
    """Our own order of locks allows no deadlock, so this one is made by hand, past the gate."""
    contract()
    first, second = (make_profile(UserFactory.create(), 1) for _ in range(2))
    api = ApiClient().as_user(first.user)
    run("SELECT 1")
    has_locked, request_waits = threading.Event(), threading.Event()

    def other_way_round() -> None:
        with transaction.atomic():
            run("SET LOCAL deadlock_timeout = '10s'")
            Profile.objects.select_for_update().get(pk=first.pk)
            has_locked.set()
            request_waits.wait(10)
            Profile.objects.select_for_update().get(pk=second.pk)
        connection.close()

    def ask() -> Any:
        run("SET deadlock_timeout = '200ms'")
        assert has_locked.wait(10)
        with transaction.atomic():
            Profile.objects.select_for_update().get(pk=second.pk)
            request_waits.set()
            answer = api.patch(f"{API}/profiles/{first.pk}", {"label": "New"}, check=False)
            transaction.set_rollback(True)
        return answer

    _, answer = at_once(other_way_round, ask)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")


# Connections that are of no more use ------------------------------------------------------------------------------


def backend() -> int:
    """The server's process behind this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def fail_with(state: str) -> None:
    """The server answers with that SQLSTATE."""
    run(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")


@pytest.mark.parametrize(
    ("state", "is_kept", "status"),
    [
        ("25006", False, 503),
        ("25P03", False, 503),
        ("26000", False, 503),
        ("42P05", False, 503),
        ("08006", False, 503),
        ("53100", False, 503),
        ("53200", False, 503),
        ("57P01", False, 503),
        ("58030", False, 503),
        ("XX001", False, 503),
        # The server can, but not this statement, or not now.
        ("53300", True, 503),
        ("55P03", True, 503),
        ("57014", True, 503),
        ("40P01", True, 503),
        ("42P01", True, None),
        ("23505", True, None),
    ],
)
def test_a_connection_is_given_up_with_the_request_that_met_such_a_fault(
    state: str, *, is_kept: bool, status: int | None
) -> None:
    before = backend()
    with pytest.raises(DatabaseError) as raised:
        fail_with(state)
    problem = to_problem(raised.value)
    assert (problem and problem.status_code) == status
    # What Django does at the end of each request, and a worker after each task.
    close_old_connections()
    assert (backend() == before) is is_kept


def test_writes_go_on_as_soon_as_the_server_takes_them_again(api: ApiClient, profile: Profile) -> None:
    path = f"{API}/profiles/{profile.pk}"
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    assert api.patch(path, {"label": "One"}).status_code == 503
    # The test client does not end requests as a server does.
    close_old_connections()
    assert api.patch(path, {"label": "Two"}).status_code == 200


def test_a_connection_that_began_read_only_is_kept_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {**connection.settings_dict["OPTIONS"], "options": "-c default_transaction_read_only=on"}
    connection.close()
    with monkeypatch.context() as standby:
        standby.setitem(connection.settings_dict, "OPTIONS", options)
        backend()
    assert connection.is_usable()
    monkeypatch.setattr(connection, "_renewed_at", time.monotonic())
    assert not connection.is_usable()
    connection.close()
    backend()
    assert connection._renewed_at is None  # type: ignore[attr-defined]  # of our engine


def test_a_job_that_meets_a_read_only_server_is_not_failed_by_it(user: User, profile: Profile) -> None:
    job = Job.objects.create(
        user=user, kind=tasks.EXPORT, status=Job.Status.RUNNING, attempts=1, lease_until=clock.now()
    )

    def fail(*_: object) -> None:
        fail_with("25006")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exports, "archive_of", fail)
        tasks._run(job, tasks.Pulse(job))
    job.refresh_from_db()
    assert (job.status, job.problem) == ("running", None)
