"""A worker that is killed costs nothing: its job is begun again, and has one effect (contract 4)."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import django_rq
import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from pytest_django import Settings

from profiles import tasks
from profiles.career.operations import OPERATIONS
from profiles.models import Experience, Job, Profile
from profiles_project.api.conditional import IfMatch
from profiles_project.caching.cache import TIMEOUT_SECONDS
from profiles_project.database import clock
from profiles_project.management.workers import POLL_SECONDS, RedisWorker, WorkerEnded, run_redis_worker
from tests.support.factories import UserFactory, item, make_profile
from tests.support.service.dying import POINTS
from tests.support.service.live import worker
from tests.support.service.servers import redis

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parent.parent.parent
ITEMS = 150
SECONDS = 60
NOBODY = IfMatch(None)


def variables(backend: str) -> dict[str, str]:
    """What a worker of this test run needs: its database, its Redis, its keys, a short lease."""
    name = str(connection.settings_dict["NAME"])
    url = os.environ["DATABASE_URL"]
    database = (
        f"sqlite:///{name}" if connection.vendor == "sqlite" else urlsplit(url)._replace(path=f"/{name}").geturl()
    )
    cache = {"REDIS_URL": os.environ["REDIS_URL"]} if "REDIS_URL" in os.environ else {}
    own = {"TASKS_BACKEND": backend, "JOB_LEASE_SECONDS": "2", "DJANGO_SETTINGS_MODULE": "profiles_project.settings"}
    return {"DATABASE_URL": database, **cache, **own}


def killed(backend: str, point: str) -> int:
    """The exit status of a worker that dies at that point."""
    command = [sys.executable, "-m", "tests.support.service.dying", point]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | variables(backend), timeout=SECONDS, check=False
    ).returncode


def backends() -> list[str]:
    """Those of the Tasks interface that this run has."""
    return ["database", "rq"] if os.environ["TEST_BACKEND"] == "postgresql" else ["database"]


@pytest.fixture(params=backends())
def backend(request: pytest.FixtureRequest, settings: Settings) -> str:
    """One of the backends, which this process files its tasks with too."""
    if request.param == "rq":
        settings.TASKS = {"default": {"BACKEND": "profiles_project.queue.Backend"}}
    name: str = request.param
    return name


def file(profile: Profile, kind: str = "experiences_bulk_create") -> Job:
    """A job that adds experiences to the profile."""
    return tasks.file_operation(profile, OPERATIONS[kind], [item(Experience, n) for n in range(ITEMS)], NOBODY)


@pytest.mark.slow
def test_a_job_whose_worker_is_killed_has_one_effect(backend: str, tmp_path: Path) -> None:
    # Each worker that dies takes one of them with it; the last worker finds what is left.
    profiles = [make_profile(UserFactory.create(), 0) for _ in range(len(POINTS) + 1)]
    jobs = [file(profile) for profile in profiles]
    for point in POINTS:
        assert killed(backend, point) == -signal.SIGKILL, point
        done = Job.objects.filter(status=Job.Status.SUCCEEDED).count()
        assert Experience.objects.count() == done * ITEMS, point
    assert 0 < done < len(jobs)
    # As if those whose task died with a worker before it was claimed had waited long enough.
    Job.objects.filter(status=Job.Status.QUEUED).update(lease_until=clock.now())
    with worker(tmp_path, **variables(backend)):
        deadline = time.monotonic() + SECONDS
        while Job.objects.unfinished().exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    for job, profile in zip(jobs, profiles, strict=True):
        job.refresh_from_db()
        profile.refresh_from_db()
        assert (job.status, profile.version) == ("succeeded", 2)
        assert Experience.objects.filter(profile=profile).count() == ITEMS
    assert max(job.attempts for job in jobs) > 1


@pytest.mark.skipif(os.environ["TEST_BACKEND"] != "postgresql", reason="RQ needs Redis, which the other run has not")
@pytest.mark.parametrize("fault", ["hung", "stopped"])
def test_a_queue_in_a_redis_that_is_away_loses_no_job_and_holds_nobody(
    settings: Settings, client: Client, fault: str
) -> None:
    settings.TASKS = {"default": {"BACKEND": "profiles_project.queue.Backend"}}
    settings.TASKS_BACKEND = "rq"
    profile = make_profile(UserFactory.create(), 0)
    with redis() as server:
        settings.CACHES = {**settings.CACHES, "default": {**settings.CACHES["default"], "LOCATION": server.url}}
        assert client.get("/health/ready").json()["parts"]["queue"] == "ok"
        if fault == "hung":
            server.process.send_signal(signal.SIGSTOP)
        else:
            server.stop()
        started = time.monotonic()
        job = file(profile)
        assert time.monotonic() - started < 5
        assert client.get("/health/ready").json()["parts"]["queue"] == "unavailable"
        server.process.send_signal(signal.SIGCONT) if fault == "hung" else server.start()
        Job.objects.filter(pk=job.pk).update(lease_until=clock.now())
        assert tasks.sweep_jobs() == 1
        assert django_rq.get_queue().count == 1
        assert client.get("/health/ready").json()["parts"]["queue"] == "ok"


@pytest.mark.skipif(os.environ["TEST_BACKEND"] != "postgresql", reason="RQ needs Redis, which the other run has not")
def test_a_worker_of_redis_leaves_the_connections_of_the_cache_and_the_signals_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ends_at_once(self: RedisWorker, **_: object) -> None:
        assert self.connection.connection_pool.connection_kwargs["socket_timeout"] > POLL_SECONDS
        self.connection.ping()
        self._install_signal_handlers()
        assert signal.getsignal(signal.SIGTERM) == self.request_stop

    monkeypatch.setattr(RedisWorker, "work", ends_at_once)
    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    with pytest.raises(WorkerEnded):
        run_redis_worker(threading.Event())
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == handlers
    pool = caches["default"].client.get_client().connection_pool  # type: ignore[attr-defined]  # of a FallbackCache
    assert pool.connection_kwargs["socket_timeout"] == TIMEOUT_SECONDS
