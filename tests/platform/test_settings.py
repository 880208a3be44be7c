"""What the environment may say, what it must say, and that the documentation says so too."""

import json
import logging
import re
import runpy
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.db import IntegrityError
from django.test import Client

from profiles_project.checks import check_database_is_made_for_production
from profiles_project.mail import DevelopmentBackend
from profiles_project.observe.context import request_id
from profiles_project.observe.logs import JSONFormatter

pytestmark = pytest.mark.pure

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = ROOT / "profiles_project" / "settings.py"
VARIABLES = sorted(set(re.findall(r'\b(?:text|flag|number|words|signing_key)\("([A-Z_]+)"', SETTINGS.read_text())))

PRODUCTION = {
    "SECRET_KEY": "s" * 32,
    "JWT_SIGNING_KEY": "j" * 32,
    "ALLOWED_HOSTS": "api.example.com, 10.0.0.7",
    "APP_LINK_BASE": "https://app.example.com/",
    "EMAIL_URL": "smtp+tls://mailer:p%40ss@mail.example.com",
}


class Environment:
    """Loads the settings as a process with these variables alone would have them."""

    def __init__(self, patch: pytest.MonkeyPatch, data_dir: Path) -> None:
        self.patch = patch
        self.data_dir = data_dir

    def __call__(self, **variables: str) -> dict[str, Any]:
        for name in VARIABLES:
            self.patch.delenv(name, raising=False)
        for name, value in ({"DATA_DIR": str(self.data_dir)} | variables).items():
            self.patch.setenv(name, value)
        return runpy.run_path(str(SETTINGS))


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Environment:
    return Environment(monkeypatch, tmp_path / "data")


def refusal(load: Environment, **variables: str) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        load(**variables)
    return str(caught.value)


ORIGINS = {
    "http://localhost": True,
    "http://localhost:5173": True,
    "http://127.0.0.1:8100": True,
    "https://localhost:5173": False,
    "http://localhost.evil.example": False,
    "http://localhost:80.evil.example": False,
    "http://evil.example/http://localhost:1": False,
    "http://127.0.0.10:80": False,
    "http://127a0b0c1": False,
    "null": False,
}


@pytest.mark.parametrize("is_debug", [True, False], ids=["make run", "production"])
def test_apps_on_the_developers_machine_get_in_under_make_run_alone(
    load: Environment,
    settings: Any,
    is_debug: bool,  # noqa: FBT001  # what pytest gives
) -> None:
    loaded = load(DEBUG="true") if is_debug else load(**PRODUCTION)
    settings.CORS_ALLOWED_ORIGINS = loaded["CORS_ALLOWED_ORIGINS"]
    settings.CORS_ALLOWED_ORIGIN_REGEXES = loaded["CORS_ALLOWED_ORIGIN_REGEXES"]
    for origin, is_ours in ORIGINS.items():
        preflight = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
        answer = Client().options("/api/v1/profiles", headers=preflight)
        assert answer.get("Access-Control-Allow-Origin") == (origin if is_ours and is_debug else None), origin


def test_production_names_all_that_is_missing_in_one_sentence(load: Environment) -> None:
    message = refusal(load)
    assert all(name in message for name in PRODUCTION)
    assert "\n" not in message
    assert not load.data_dir.exists()
    partly = refusal(load, SECRET_KEY="s" * 32, EMAIL_URL="consolemail://", ALLOWED_HOSTS=" ")
    assert "JWT_SIGNING_KEY, ALLOWED_HOSTS, APP_LINK_BASE (" in partly
    assert "EMAIL_URL" not in partly


def test_what_is_given_in_production_is_taken_as_it_stands(load: Environment) -> None:
    settings = load(**PRODUCTION)
    assert settings["DEBUG"] is False
    assert settings["SIMPLE_JWT"]["SIGNING_KEY"] == "j" * 32
    assert settings["ALLOWED_HOSTS"] == ["api.example.com", "10.0.0.7"]
    assert settings["APP_LINK_BASE"] == "https://app.example.com"
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == ("mail.example.com", 587)
    assert (settings["EMAIL_HOST_PASSWORD"], settings["EMAIL_USE_TLS"]) == ("p@ss", True)
    assert settings["SECURE_SSL_REDIRECT"] is settings["SESSION_COOKIE_SECURE"] is True
    assert settings["SECURE_PROXY_SSL_HEADER"] is None
    assert settings["WEB_WORKERS"] == 1
    assert [path.name for path in load.data_dir.iterdir()] == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY must have at least 32 bytes."),
        ({"JWT_SIGNING_KEY": "s" * 32}, "SECRET_KEY and JWT_SIGNING_KEY must be different keys."),
        ({"DEBUG": "perhaps"}, "DEBUG must be true or false, not “perhaps”."),
        ({"PORT": "abc"}, "PORT must be a whole number from 1 to 65535, not “abc”."),
        ({"PORT": "65536"}, "PORT must be a whole number from 1 to 65535, not “65536”."),
        ({"APP_LINK_BASE": "app.example.com"}, "APP_LINK_BASE must be an address such as https://app.example.com."),
        ({"DATABASE_URL": "mysql://a/b"}, "DATABASE_URL must begin with postgresql:// or sqlite:///."),
        ({"DATABASE_URL": "postgresql://a/b?pool=5"}, "DATABASE_URL takes no pool"),
        ({"REDIS_URL": "memcached://a"}, "REDIS_URL must begin with redis:// or rediss://."),
        ({"TASKS_BACKEND": "celery"}, "TASKS_BACKEND must be database or rq, not “celery”."),
        ({"TASKS_BACKEND": "rq"}, "TASKS_BACKEND=rq needs REDIS_URL"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN must have at least 16 bytes."),
        ({"METRICS_PORT": "70000"}, "METRICS_PORT must be a whole number from 0 to 65535, not “70000”."),
        ({"METRICS_PORT": "8000"}, "METRICS_PORT must not be PORT, 8000, where the service itself listens."),
        (
            {"DEBUG": "true", "ALLOWED_HOSTS": "localhost", "METRICS_PORT": "9000", "METRICS_HOST": "8.8.8.8"},
            "DEBUG must stay off where others can reach the metrics: METRICS_HOST is 8.8.8.8.",
        ),
        ({"JOB_LEASE_SECONDS": "1"}, "JOB_LEASE_SECONDS must be a whole number from 2 to 3600, not “1”."),
        ({"EMAIL_URL": "pigeon://a"}, "Invalid email schema pigeon"),
        ({"DATA_DIR": "/dev/null/data"}, "DATA_DIR /dev/null/data cannot be created: Not a directory."),
        ({"DEBUG": "true"}, "ALLOWED_HOSTS has api.example.com."),
        ({"DEBUG": "true", "ALLOWED_HOSTS": "localhost,*"}, "ALLOWED_HOSTS has *."),
        ({"DEBUG": "true", "ALLOWED_HOSTS": "8.8.8.8"}, "ALLOWED_HOSTS has 8.8.8.8."),
        *(
            ({"DEBUG": "true", "ALLOWED_HOSTS": "localhost", "HOST": host}, f"HOST is {host}, not 127.0.0.1.")
            for host in ("0.0.0.0", "::", "8.8.8.8", "app.example.com")  # noqa: S104  # refused, not bound
        ),
    ],
)
def test_what_cannot_be_right_is_refused_in_one_sentence(
    load: Environment, variables: dict[str, str], expected: str
) -> None:
    message = refusal(load, **(PRODUCTION | variables))
    assert expected in message
    assert "\n" not in message


def test_development_needs_nothing_and_keeps_its_keys(load: Environment) -> None:
    first = load(DEBUG="true")
    again = load(DEBUG="1", ALLOWED_HOSTS="localhost,[::1],app.localhost,192.168.1.20", HOST="::1")
    for name in ("SECRET_KEY", "JWT_SIGNING_KEY"):
        assert first[name] == again[name] == (load.data_dir / name.lower()).read_text()
        assert stat.S_IMODE((load.data_dir / name.lower()).stat().st_mode) == 0o600
    assert stat.S_IMODE(load.data_dir.stat().st_mode) == 0o700
    assert first["SECRET_KEY"] != first["JWT_SIGNING_KEY"]
    assert first["SECURE_SSL_REDIRECT"] is False
    assert first["APP_LINK_BASE"] == "http://localhost:8000"
    assert first["EMAIL_FILE_PATH"] == str(load.data_dir / "mail")


def test_a_directory_that_cannot_be_written_is_a_sentence(load: Environment) -> None:
    load.data_dir.mkdir()
    (load.data_dir / "secret_key").symlink_to(load.data_dir / "nowhere" / "key")
    assert "secret_key cannot be written and read" in refusal(load, DEBUG="true")


def test_processes_that_start_at_once_end_up_with_the_same_keys(tmp_path: Path) -> None:
    program = "from profiles_project import settings as s; print(s.SECRET_KEY, s.JWT_SIGNING_KEY)"
    environment = {"DEBUG": "true", "DATA_DIR": str(tmp_path / "data")}
    processes = [
        subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    keys = {process.communicate(timeout=60)[0] for process in processes}
    assert len(keys) == 1
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["jwt_signing_key", "secret_key"]


def test_connections_to_postgresql_are_kept_and_checked_and_the_url_wins(load: Environment) -> None:
    [default] = load(**PRODUCTION, DATABASE_URL="postgresql://u:p@db/name")["DATABASES"].values()
    assert default["ENGINE"] == "profiles_project.database.postgresql"
    assert default["CONN_HEALTH_CHECKS"] is True
    assert default["CONN_MAX_AGE"] > 0
    assert "statement_timeout=30s" in default["OPTIONS"]["options"]
    url = "postgresql://u:p@db/name?prepared=0&options=-c%20statement_timeout=5s&sslmode=require"
    [chosen] = load(**PRODUCTION, DATABASE_URL=url)["DATABASES"].values()
    assert chosen["OPTIONS"]["prepared"] == 0
    assert chosen["OPTIONS"]["options"] == "-c statement_timeout=5s"
    assert chosen["OPTIONS"]["sslmode"] == "require"


def test_a_limit_can_be_set(load: Environment) -> None:
    found = load(**(PRODUCTION | {"RATELIMIT_LOGIN": "3/10m"}))["RATELIMITS"]
    assert (found["login"], found["login_email"]) == ("3/10m", "5/m")
    assert refusal(load, **(PRODUCTION | {"RATELIMIT_BULK": "many"})).startswith("RATELIMIT_BULK must be a rate")


def test_redis_gets_a_breaker_and_a_second_web_process(load: Environment) -> None:
    settings = load(**PRODUCTION, REDIS_URL="redis://cache/1", TRUSTED_PROXY_COUNT="1")
    backends = {cache["BACKEND"] for cache in settings["CACHES"].values()}
    assert backends == {"profiles_project.caching.cache.FallbackCache"}
    assert settings["WEB_WORKERS"] == 2
    assert settings["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_tasks_lie_in_the_database_or_in_redis(load: Environment) -> None:
    usual = load(**PRODUCTION, REDIS_URL="redis://cache/1")
    assert usual["TASKS"]["default"]["BACKEND"] == "django_tasks_db.DatabaseBackend"
    assert "django_rq" not in usual["INSTALLED_APPS"]
    settings = load(**PRODUCTION, REDIS_URL="redis://cache/1", TASKS_BACKEND="rq")
    assert settings["TASKS"]["default"]["BACKEND"] == "profiles_project.queue.Backend"
    assert "django_rq" in settings["INSTALLED_APPS"]
    assert settings["SCHEDULE"]["profiles.tasks.sweep_jobs"] <= settings["JOB_LEASE"].total_seconds()


@pytest.mark.parametrize(
    ("url", "port"), [("smtp://mail", 25), ("smtp+ssl://mail", 465), ("smtp+tls://mail:2525", 2525)]
)
def test_a_mail_server_without_a_port_gets_its_protocol_s_own(load: Environment, url: str, port: int) -> None:
    assert load(**(PRODUCTION | {"EMAIL_URL": url}))["EMAIL_PORT"] == port


def test_every_variable_is_documented_and_every_documented_one_exists() -> None:
    table = (ROOT / "docs" / "operations.md").read_text().split("## Configuration")[1].split("\n## ")[0]
    assert sorted(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE)) == VARIABLES


def test_the_deployment_check_says_what_sqlite_means(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(django_settings.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    [warning] = check_database_is_made_for_production(None)
    assert "one machine" in warning.msg
    monkeypatch.setitem(django_settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    assert check_database_is_made_for_production(None) == []


def test_a_log_line_is_json_with_the_request_id_and_without_what_an_exception_quotes() -> None:
    token = request_id.set("01J")
    try:
        int("ada@example.org")
    except ValueError as error:
        error.__cause__ = IntegrityError("Key (email)=(ada@example.org) already exists.")
        record = logging.LogRecord("users.x", logging.ERROR, "path", 1, "it %s", ("failed",), sys.exc_info())
        line = json.loads(JSONFormatter().format(record))
    finally:
        request_id.reset(token)
    assert line["message"] == "it failed"
    assert line["level"] == "ERROR"
    assert line["request_id"] == "01J"
    assert line["error"][0].startswith("builtins.ValueError at ")
    assert line["error"][1] == "django.db.utils.IntegrityError"
    assert "test_settings.py" in line["error"][0]
    assert "ada" not in str(line)
    plain = json.loads(JSONFormatter().format(logging.LogRecord("users", logging.INFO, "p", 1, "fine", None, None)))
    assert set(plain) == {"time", "level", "logger", "message"}


def test_a_developer_finds_mails_as_files_and_their_links_on_the_console(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = EmailMessage("Hello", "Go to\nhttp://localhost:8000/verify?token=t1\nplease.", to=["ada@example.org"])
    assert DevelopmentBackend(file_path=str(tmp_path / "mail")).send_messages([message]) == 1
    assert capsys.readouterr().out == "Mail to ada@example.org: http://localhost:8000/verify?token=t1\n"
    [file] = (tmp_path / "mail").iterdir()
    assert "verify?token=t1" in file.read_text()
