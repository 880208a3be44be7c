"""The pytest plugin that gives a test run its servers and its environment, before Django's settings are read.

Loaded by ``-p tests.support.service.plugin`` in pyproject.toml, since a conftest comes after the settings. TEST_BACKEND
says what the service runs on: ``postgresql`` (the default; with Redis) or ``sqlite`` (a file, with local memory).
TEST_DATABASE_URL and TEST_REDIS_URL name servers to use instead of throw-away ones.
"""

import os
import secrets
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.service.servers import guarded_folder, postgresql, redis

BACKENDS = ("postgresql", "sqlite")
# A developer's own settings must not leak into the tests.
UNSET = (
    *("CORS_ALLOWED_ORIGINS", "DATABASE_URL", "DEFAULT_FROM_EMAIL", "HOST", "PORT", "REDIS_URL", "WEB_WORKERS"),
    *("TASKS_BACKEND", "JOB_LEASE_SECONDS", "STAFF_OTP_REQUIRED"),
    *("METRICS_TOKEN", "METRICS_HOST", "METRICS_PORT", "PROMETHEUS_MULTIPROC_DIR"),
    *("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_SERVICE_NAME"),
    *("OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_SDK_DISABLED"),
)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the servers in the first process (those of xdist inherit their URLs) and set the environment in each."""
    backend = os.environ.setdefault("TEST_BACKEND", "postgresql")
    if backend not in BACKENDS:
        raise pytest.UsageError(f"TEST_BACKEND must be postgresql or sqlite, not {backend}.")
    stack = ExitStack()
    early_config.add_cleanup(stack.close)
    if backend == "postgresql":
        _start_servers(stack)
    _set_environment(backend, stack.enter_context(guarded_folder()))


def pytest_report_header() -> str:
    """What takes part in this run."""
    return f"backend: {os.environ['TEST_BACKEND']}"


def _start_servers(stack: ExitStack) -> None:
    for name, start in (("TEST_DATABASE_URL", postgresql), ("TEST_REDIS_URL", redis)):
        if name not in os.environ:
            os.environ[name] = stack.enter_context(start()).url
            stack.callback(os.environ.pop, name)


def _set_environment(backend: str, data_dir: Path) -> None:
    for name in UNSET:
        os.environ.pop(name, None)
    os.environ |= {
        "DEBUG": "false",
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": secrets.token_hex(32),
        "JWT_SIGNING_KEY": secrets.token_hex(32),
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "APP_LINK_BASE": "https://app.example",
        "EMAIL_URL": "memorymail://",
        "SECURE_SSL_REDIRECT": "false",
        "TRUSTED_PROXY_COUNT": "0",
        # Tests ask faster than people do; those about limits switch them on.
        "RATELIMIT_ENABLE": "false",
    }
    if backend == "postgresql":
        os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
        os.environ["REDIS_URL"] = _own_redis_database(os.environ["TEST_REDIS_URL"])
    else:
        os.environ["DATABASE_URL"] = f"sqlite:///{data_dir / 'db.sqlite3'}"


def _own_redis_database(url: str) -> str:
    """The URL with a database number for this xdist process alone, since every test empties its cache."""
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return urlsplit(url)._replace(path=f"/{number}").geturl()
