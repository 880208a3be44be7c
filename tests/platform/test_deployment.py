"""A deployment: what its check says, what listens, and which headers guard every kind of answer."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml
from django.test import Client
from pytest_django import Settings

from profiles.career import rendering
from profiles_project.management.commands.serve import IDLE_SECONDS
from profiles_project.web.bodies import BODY_LIMIT
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD, make_profile
from tests.support.service.live import service
from users.models import User

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "SECRET_KEY": "secret-key-of-a-deployment-0123456789-abcdefghij-ABCDEFGHIJ",
    "JWT_SIGNING_KEY": "signing-key-of-a-deployment-0123456789-abcdefghij-ABCDEFGHIJ",
    "ALLOWED_HOSTS": "api.example.com",
    "APP_LINK_BASE": "https://app.example.com",
    "EMAIL_URL": "smtp+tls://mailer:secret@mail.example.com",
}
SERVERS = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/name", "REDIS_URL": "redis://127.0.0.1:1/0"}
GUARDS = {
    "Content-Security-Policy": re.compile(r"default-src 'none'"),
    "Cross-Origin-Opener-Policy": re.compile(r"^same-origin$"),
    "Referrer-Policy": re.compile(r"^(same-origin|no-referrer)$"),
    "Strict-Transport-Security": re.compile(r"^max-age=31536000$"),
    "X-Content-Type-Options": re.compile(r"^nosniff$"),
    "X-Frame-Options": re.compile(r"^DENY$"),
}


def deployment_check(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` as a deployment with these variables would run it."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "DATA_DIR": str(folder), **PRODUCTION, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.pure
def test_a_deployment_with_postgresql_and_redis_has_nothing_to_mend(tmp_path: Path) -> None:
    done = deployment_check(tmp_path, **SERVERS)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.pure
def test_the_embedded_database_is_the_one_thing_that_a_deployment_is_warned_of(tmp_path: Path) -> None:
    done = deployment_check(tmp_path)
    assert done.returncode == 1
    assert re.findall(r"\(([\w.]+)\)", done.stderr.split("HINT")[0]) == ["SQLite", "profiles.W001"][::-1]
    assert done.stderr.count("WARNINGS") == 1


@pytest.mark.pure
def test_a_start_without_what_production_needs_is_one_sentence(tmp_path: Path) -> None:
    done = deployment_check(tmp_path, SECRET_KEY="", EMAIL_URL="")
    assert done.returncode == 1
    assert re.fullmatch(r".*must be set in production: SECRET_KEY, EMAIL_URL \(.*\)\.\n", done.stderr)


@pytest.mark.pure
def test_the_image_runs_the_python_that_all_else_is_told_to_fit() -> None:
    """The oldest that is supported, which `make` takes first for the suite; a developer may run it on a newer one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    oldest = project["project"]["requires-python"].removeprefix(">=")
    assert set(re.findall(r"^FROM python:([\d.]+)-", (ROOT / "Dockerfile").read_text(), re.MULTILINE)) == {oldest}
    makefile = (ROOT / "Makefile").read_text()
    assert re.findall(r"--python-version ([\d.]+)", makefile) == [oldest]
    assert f"for python in $(PYTHON) python{oldest} " in makefile
    assert project["tool"]["mypy"]["python_version"] == oldest
    assert project["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
    assert sys.version_info >= tuple(map(int, oldest.split(".")))


@pytest.mark.own_servers
def test_nothing_listens_but_the_port_of_the_service(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with service(tmp_path) as port:
        ours = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
        sockets = [each for child in ours for each in child.net_connections(kind="inet")]
        heard = {tuple(each.laddr) for each in sockets if each.status == psutil.CONN_LISTEN or not each.raddr}
    assert heard == {("127.0.0.1", port)}


@pytest.fixture
def secure(settings: Settings) -> Client:
    """A client of a deployment behind HTTPS, as nobody."""
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    return Client(raise_request_exception=False)


@pytest.fixture
def admin(secure: Client, db: None) -> Client:
    """A client of a superuser."""
    secure.force_login(User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root"))
    return secure


def assert_guarded(answer: Any) -> None:
    missing = {name: answer.get(name) for name, form in GUARDS.items() if not form.search(answer.get(name, ""))}
    assert missing == {}, answer.status_code


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/", 302),
        ("GET", "/guide/", 200),
        ("GET", "/guide/nothing", 404),
        ("GET", "/problems/validation", 200),
        ("GET", "/api/docs", 200),
        ("GET", "/api/redoc", 200),
        ("GET", "/api/schema", 200),
        ("GET", "/verify-email?token=x", 200),
        ("GET", "/reset-password?token=x", 200),
        ("GET", "/admin/login/", 200),
        ("GET", "/admin/", 302),
        ("GET", "/nothing", 404),
        ("GET", f"{API}/auth/me", 401),
        ("PUT", f"{API}/auth/me", 401),
        ("POST", "/health", 405),
    ],
)
def test_every_kind_of_answer_is_guarded(secure: Client, method: str, path: str, status: int) -> None:
    answer = secure.generic(method, path, secure=True)
    assert answer.status_code == status
    assert_guarded(answer)


def test_a_refused_body_and_a_failure_are_guarded_too(secure: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"x" * (BODY_LIMIT + 1)
    answer = secure.generic("POST", f"{API}/auth/login", body, "application/json", secure=True)
    assert answer.status_code == 413
    assert_guarded(answer)
    monkeypatch.setattr("profiles_project.web.health.JsonResponse", lambda *_, **__: 1 / 0)
    answer = secure.get("/health", secure=True)
    assert answer.status_code == 500
    assert_guarded(answer)


def test_static_files_are_guarded(admin: Client) -> None:
    linked = re.findall(r'(?:href|src)="(/static/[^"]+)"', admin.get("/admin/", secure=True).content.decode())
    for path in linked:
        answer = admin.get(path, secure=True)
        assert answer.status_code == 200
        assert_guarded(answer)
        answer.close()
    assert len(linked) > 3


def test_a_foreign_host_gets_no_answer_that_a_browser_would_guess_at(secure: Client) -> None:
    answer = secure.get("/api/docs", headers={"Host": "evil.example"})
    assert (answer.status_code, answer["X-Content-Type-Options"]) == (400, "nosniff")


def test_the_admin_needs_nothing_that_its_policy_forbids_and_is_kept_nowhere(admin: Client, user: User) -> None:
    profile = make_profile(user, 2)
    paths = (
        "",
        "users/user/",
        "users/user/add/",
        f"users/user/{user.pk}/change/",
        "users/session/",
        "profiles/profile/",
    )
    own = (f"profiles/profile/{profile.pk}/change/", f"profiles/profile/{profile.pk}/history/", "auth/group/add/")
    for path in (*paths, *own, "password_change/", "users/mail/", "nothing/"):
        answer = admin.get(f"/admin/{path}", secure=True)
        assert_guarded(answer)
        page = answer.content.decode()
        assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == [], path
        assert re.findall(r"<script(?![^>]*(?:src=|type=\"application/json\"))[^>]*>", page) == [], path
        assert re.findall(r"<(?:link|script|img)[^>]*(?:src|href)=\"(?:https?:)?//", page) == [], path
        assert "no-store" in answer["Cache-Control"], path


@pytest.mark.django_db
def test_what_belongs_to_a_person_is_kept_by_nobody_else(
    api: ApiClient, other_user: User, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, foreign = make_profile(user, 0), make_profile(other_user, 0)
    path = f"{API}/profiles/{mine.pk}"
    tag = api.get(path)["ETag"]
    answers = [
        api.get(path),
        api.get(path, if_none_match=tag),
        api.patch(path, {"label": 5}),
        api.patch(path, {"label": "Other"}, if_match='"other"'),
        api.get(f"{API}/profiles/{foreign.pk}"),
        api.get(f"{API}/profiles/00000000-0000-0000-0000-000000000000"),
        api.get(f"{API}/nothing", check=False),
        api.post(f"{API}/auth/login", data=b"x" * (BODY_LIMIT + 1), check=False),
        api.with_token("forged").get(path),
    ]
    monkeypatch.setattr(rendering, "tag", lambda *_: 1 / 0)
    answers.append(api.get(path, check=False))
    assert [answer.status_code for answer in answers] == [200, 304, 422, 412, 403, 404, 404, 413, 401, 500]
    for answer in answers:
        assert answer["Cache-Control"] == "private, no-cache", answer.status_code
        assert "Authorization" in answer["Vary"], answer.status_code


# The containers -----------------------------------------------------------------------------------------------------


@pytest.mark.pure
def test_redis_has_a_password_and_is_reached_by_the_service_alone() -> None:
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    services, password = compose["services"], "${REDIS_PASSWORD:?letters and digits}"
    redis = services["redis"]
    command = redis["command"]
    assert command[command.index("--requirepass") + 1] == redis["environment"]["REDISCLI_AUTH"] == password
    assert services["web"]["environment"]["REDIS_URL"] == f"redis://:{password}@redis:6379/0"
    assert "ports" not in redis
    (network,) = redis["networks"]
    assert compose["networks"][network] == {"internal": True}
    assert {name for name, each in services.items() if network in each.get("networks", [])} == {
        "redis",
        "web",
        "worker",
    }
    documented = (ROOT / "docs" / "operations.md").read_text()
    required = set(re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "compose.yaml").read_text()))
    assert {name for name in required if f"`{name}`" not in documented} == set()


@pytest.mark.pure
def test_a_proxy_that_buffers_is_all_that_can_be_reached_from_outside() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert [name for name, each in services.items() if "ports" in each] == ["proxy"]
    conf = (ROOT / "deploy" / "nginx.conf").read_text()
    for directive in ("proxy_request_buffering on", "proxy_buffering on", "underscores_in_headers off"):
        assert f"{directive};" in conf
    # Whoever ends TLS stands before it.
    assert services["web"]["environment"]["TRUSTED_PROXY_COUNT"] == "${TRUSTED_PROXY_COUNT:-2}"
    silent = int(re.search(r"keepalive_timeout (\d+)s;\n    }", conf)[1])  # type: ignore[index]  # it is there
    assert silent < IDLE_SECONDS
