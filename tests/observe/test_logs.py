"""What the log says of each request and event, and that it never says who somebody is, whatever fails."""

import io
import json
import logging
import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from django.db import DataError, IntegrityError, transaction
from django.test import Client

from profiles.career import rendering
from profiles.models import Profile
from profiles_project.observe.context import request_id, user_id
from profiles_project.observe.logs import JSONFormatter, WithError, security_event
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD, PERSONAL_INFO, UserFactory, make_profile
from users.models import Mail, Session, User
from users.tasks import send_mail
from users.tokens import AccessToken, RefreshToken

CANARIES = {
    "name": "Zephyrine Canary",
    "email": "zephyrine.canary@example.org",
    "password": "Canary-Password-9",
    "link": "canary-reset-token",
    "search": "canary-search",
    "path": "canary-path",
    "key": "canary-idempotency-key",
    "header": "canary-header",
    "text": "canary-summary of a life at work",
}


@contextmanager
def written(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    """All that is logged in the block, as a handler with this formatter and the service's filters would write it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield stream
    finally:
        root.removeHandler(handler)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log of the test, as production writes it."""
    with written(JSONFormatter()) as stream:
        yield stream


def lines(log: io.StringIO, logger: str) -> list[dict[str, Any]]:
    """The lines of a logger so far, without what every line has."""
    every = [json.loads(line) for line in log.getvalue().splitlines()]
    common = {"time", "level", "logger", "request_id", "user_id"}
    return [{key: line[key] for key in line if key not in common} for line in every if line["logger"] == logger]


def events(log: io.StringIO) -> list[dict[str, Any]]:
    return lines(log, "security")


# One line a request -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_request_has_one_line_with_its_route_and_not_its_address(
    api: ApiClient, user: User, log: io.StringIO
) -> None:
    profile = make_profile(user, 0)
    answer = api.get(f"{API}/profiles/{profile.pk}", query={"q": "canary"})
    (line,) = [json.loads(each) for each in log.getvalue().splitlines()]
    assert line.pop("duration_ms") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line == {
        "level": "INFO",
        "logger": "profiles.access",
        "event": "request",
        "method": "GET",
        "route": f"{API}/profiles/<str:profile_id>",
        "status": 200,
        "request_id": answer["X-Request-ID"],
        "user_id": user.pk,
    }
    assert (request_id.get(), user_id.get()) == ("", None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/", "/", 302),
        ("GET", "/canary", "unmatched", 404),
        ("CANARY", "/canary", "unmatched", 404),
        ("GET", f"{API}/canary/x", "unmatched", 404),
        ("GET", "/static/canary.css", "/static/*", 404),
        ("GET", "/admin/canary/", "/admin/(?P<url>.*)$", 302),
        ("POST", f"{API}/auth/login", f"{API}/auth/login", 400),
    ],
)
def test_the_line_of_what_no_route_serves_says_no_more(
    log: io.StringIO, method: str, path: str, route: str, status: int
) -> None:
    Client().generic(method, path)
    (line,) = lines(log, "profiles.access")
    shown = method if method != "CANARY" else "other"
    assert (line["method"], line["route"], line["status"]) == (shown, route, status)
    assert "canary" not in log.getvalue().lower()


@pytest.mark.django_db
def test_the_line_of_an_admin_page_names_the_staff(client: Client, log: io.StringIO) -> None:
    staff = User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root")
    client.force_login(staff)
    client.get("/admin/users/user/")
    last = json.loads(log.getvalue().splitlines()[-1])
    assert (last["logger"], last["route"], last["user_id"]) == ("profiles.access", "/admin/users/user/", staff.pk)


@pytest.mark.django_db
def test_probes_do_not_fill_the_log(client: Client, log: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    assert (client.get("/health").status_code, client.get("/health/ready").status_code) == (200, 200)
    assert log.getvalue() == ""
    with caplog.at_level(logging.DEBUG, "profiles.access"):
        client.get("/health")
    assert [record.levelname for record in caplog.records] == ["DEBUG"]


# One line a security event ----------------------------------------------------------------------------------------


@pytest.mark.pure
def test_an_event_reads_well_in_both_formats(log: io.StringIO) -> None:
    with written(logging.Formatter("{levelname} {name}: {message}", style="{")) as plain:
        security_event("login", user=3, session=None)
    assert plain.getvalue() == "INFO security: login user=3\n"
    assert events(log) == [{"event": "login", "user": 3}]


@pytest.mark.django_db
def test_the_life_of_an_account_is_an_event_each(log: io.StringIO) -> None:
    account = {"email": CANARIES["email"], "password": PASSWORD, "full_name": CANARIES["name"]}
    phone = ApiClient().post(f"{API}/auth/register", account).json()
    user = User.objects.get()
    own = {"user": user.pk, "session": str(user.sessions.get().pk)}
    api = ApiClient(phone["access_token"])
    ApiClient().post(f"{API}/auth/login", {**account, "password": "Wrong-Password-1"})
    ApiClient().post(f"{API}/auth/login", {**account, "email": "nobody@example.org"})
    ApiClient().post(f"{API}/auth/forgot-password", {"email": user.email})
    ApiClient().post(f"{API}/auth/forgot-password", {"email": "nobody@example.org"})
    api.post(f"{API}/auth/change-email", {"new_email": "new.canary@example.org", "password": PASSWORD})
    api.post(f"{API}/auth/change-password", {"current_password": PASSWORD, "new_password": CANARIES["password"]})
    tablet = Session.objects.start(user, CANARIES["header"])
    api.delete(f"{API}/auth/sessions/{tablet.pk}")
    api.post(f"{API}/auth/logout")
    api.get(f"{API}/auth/me")
    ApiClient("forged").get(f"{API}/auth/me")
    ApiClient().post(f"{API}/auth/refresh", {"refresh_token": phone["refresh_token"]})
    again = ApiClient().post(f"{API}/auth/login", {**account, "password": CANARIES["password"]}).json()
    latest = {"user": user.pk, "session": str(user.sessions.live().get().pk)}
    ApiClient(again["access_token"]).post(f"{API}/auth/me/erase", {"password": CANARIES["password"]})
    assert events(log) == [
        {"event": "account_registered", **own},
        {"event": "login_failed", "user": user.pk},
        {"event": "login_failed"},
        {"event": "password_reset_asked", "user": user.pk},
        {"event": "password_reset_asked"},
        {"event": "email_change_asked", **own},
        {"event": "password_changed", **own},
        {"event": "session_ended", "user": user.pk, "session": str(tablet.pk)},
        {"event": "logout", **own},
        {"event": "token_refused", "reason": "session ended", **own},
        {"event": "token_refused", "reason": "not ours"},
        {"event": "token_refused", "reason": "session ended", "session": own["session"]},
        {"event": "login", **latest},
        {"event": "account_erased", "user": user.pk},
    ]


@pytest.mark.django_db
def test_a_token_that_has_merely_expired_is_no_event(user: User, log: io.StringIO) -> None:
    session = Session.objects.start(user, "App/1")
    long_ago = session.created_at - 2 * RefreshToken.lifetime
    refresh = RefreshToken.issue(session, session.token_id, long_ago)
    access = AccessToken.issue(session, session.token_id, long_ago)
    assert ApiClient().post(f"{API}/auth/refresh", {"refresh_token": refresh}).status_code == 401
    assert ApiClient(access).get(f"{API}/auth/me").status_code == 401
    assert events(log) == []


@pytest.mark.django_db
def test_a_profile_of_somebody_else_is_an_event(api: ApiClient, user: User, other_user: User, log: io.StringIO) -> None:
    foreign = make_profile(other_user, 0)
    api.get(f"{API}/profiles/{foreign.pk}/analytics")
    session = str(user.sessions.get().pk)
    assert events(log) == [{"event": "access_refused", "user": user.pk, "session": session, "profile": str(foreign.pk)}]


@pytest.mark.django_db
def test_what_staff_see_and_do_is_an_event_each(client: Client, user: User, log: io.StringIO) -> None:
    staff = User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root")
    profile = make_profile(user, 0)
    client.post("/admin/login/", {"username": staff.email, "password": "Wrong-Password-1"})
    client.post("/admin/login/?next=/admin/", {"username": staff.email, "password": PASSWORD})
    client.get("/admin/users/user/")
    client.get("/admin/users/user/", {"q": CANARIES["search"]})
    client.get(f"/admin/users/user/{user.pk}/change/")
    no_rows = {"sessions-TOTAL_FORMS": 0, "sessions-INITIAL_FORMS": 0}
    client.post(f"/admin/users/user/{user.pk}/change/", {"full_name": CANARIES["name"], **no_rows})
    client.get(f"/admin/profiles/profile/{profile.pk}/change/")
    client.get(f"/admin/profiles/profile/{profile.pk}/history/")
    client.get("/admin/users/user/canary/change/")
    new = {"email": CANARIES["email"], "full_name": CANARIES["name"], "usable_password": "true", "is_staff": "on"}
    client.post("/admin/users/user/add/", {**new, "password1": PASSWORD, "password2": PASSWORD})
    added = str(User.objects.get(email=CANARIES["email"]).pk)
    client.post("/admin/logout/")
    who = {"staff": staff.pk}
    assert [{**each, "object": str(each["object"])} if "object" in each else each for each in events(log)] == [
        {"event": "login_failed", "user": staff.pk},
        {"event": "admin_login", **who},
        {"event": "admin_list", **who, "kind": "users.user"},
        {"event": "admin_search", **who, "kind": "users.user"},
        {"event": "admin_view", **who, "kind": "users.user", "object": str(user.pk)},
        {"event": "admin_change", **who, "kind": "users.user", "object": str(user.pk)},
        {"event": "admin_view", **who, "kind": "profiles.profile", "object": str(profile.pk)},
        {"event": "admin_view", **who, "kind": "profiles.profile", "object": str(profile.pk)},
        {"event": "admin_change", **who, "kind": "users.user", "object": added, "added": True},
        {"event": "admin_logout", **who},
    ]
    assert "canary" not in log.getvalue().lower()


# Nothing personal, whatever fails ---------------------------------------------------------------------------------


def succeed_and_be_refused(api: ApiClient, profile: Profile) -> None:
    """Requests with a canary wherever one can stand, that succeed or are refused."""
    path = f"{API}/profiles/{profile.pk}"
    sent = {"Idempotency-Key": CANARIES["key"], "User-Agent": CANARIES["header"], "X-Forwarded-For": "192.0.2.77"}
    api.get(path, query={"x": CANARIES["link"]}, headers=sent)
    api.patch(path, {"professional_summary": CANARIES["text"]}, headers=sent)
    api.post(f"{path}/experiences", [{"title": CANARIES["name"]}], headers=sent)
    api.post(f"{path}/custom-fields", {"fields": [{"key": CANARIES["name"], "value": CANARIES["text"]}]}, headers=sent)
    api.patch(path, data=f'{{"{CANARIES["text"]}'.encode(), check=False)
    api.get(f"{API}/profiles/{CANARIES['path']}")
    api.get(f"/{CANARIES['path']}?{CANARIES['search']}", check=False)
    api.post(
        f"{API}/profiles", {"id": str(profile.pk), "personal_info": {**PERSONAL_INFO, "full_name": CANARIES["name"]}}
    )
    login = {"email": CANARIES["email"], "password": CANARIES["password"]}
    tokens = ApiClient().post(f"{API}/auth/login", login).json()
    ApiClient().post(f"{API}/auth/refresh", {"refresh_token": tokens["refresh_token"]})
    ApiClient().post(f"{API}/auth/register", {**login, "full_name": CANARIES["name"]})
    ApiClient().post(f"{API}/auth/reset-password", {"token": CANARIES["link"], "new_password": CANARIES["password"]})
    ApiClient().get(f"{API}/auth/check-email", query={"email": CANARIES["email"]})
    api.with_token(f"{api.token}{CANARIES['header']}").get(path)
    browser = Client(raise_request_exception=False)
    browser.get("/reset-password", {"token": CANARIES["link"]})
    browser.post("/reset-password", {"token": CANARIES["link"], "new_password": CANARIES["password"]})
    browser.get(f"/admin/{CANARIES['path']}/", {"q": CANARIES["search"]})
    browser.get("/api/docs", headers={"Host": f"{CANARIES['path']}.example"})
    Client(enforce_csrf_checks=True).post("/admin/login/", {"username": CANARIES["email"]})


def fail(api: ApiClient, profile: Profile) -> None:
    """Requests and a task that fail in ways that nobody foresaw, with a canary in what the exception says."""
    path = f"{API}/profiles/{profile.pk}"
    broken = api.with_token(api.token)
    broken.http.raise_request_exception = False
    refusal = IntegrityError(f"Key (email_key)=({CANARIES['email']}) already exists.")
    for error in (RuntimeError(CANARIES["text"]), refusal, DataError(CANARIES["name"]), KeyError(CANARIES["password"])):
        with mock.patch.object(rendering, "render", side_effect=error):
            assert broken.patch(path, {"label": CANARIES["name"]}, check=False).status_code == 500
        with mock.patch("profiles_project.web.health.JsonResponse", side_effect=error):
            Client(raise_request_exception=False).get("/health", {"x": CANARIES["search"]})
        with mock.patch("django.contrib.sessions.middleware.SessionMiddleware.process_request", side_effect=error):
            Client(raise_request_exception=False).get(f"/admin/{CANARIES['path']}/")
    # A unique violation of the database's own making, noted by careless lines of ours and of libraries.
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        UserFactory.create(email=CANARIES["email"])
    error = caught.value
    logging.getLogger("users").log(logging.ERROR, "not stored: %s", error, exc_info=error)
    logging.getLogger("psycopg").log(logging.ERROR, "error with %r: %s", CANARIES["email"], error)
    logging.getLogger("somebody.else").log(logging.ERROR, str(refusal))
    logging.getLogger("somebody.else").log(logging.ERROR, error)


def fail_to_mail(user: User) -> None:
    """A mail that the server refuses, quoting the address."""
    mail = Mail.objects.create(user=user, kind=Mail.Kind.RESET, address=user.email, next_try_at=user.created_at)
    refusal = smtplib.SMTPRecipientsRefused({user.email: (550, b"no such user")})
    with mock.patch("django.core.mail.EmailMessage.send", side_effect=refusal):
        send_mail.call(str(mail.pk), 0)


@pytest.mark.django_db
def test_no_canary_reaches_the_log_whatever_fails(log: io.StringIO, caplog: pytest.LogCaptureFixture) -> None:
    user = UserFactory.create(email=CANARIES["email"], full_name=CANARIES["name"])
    user.set_password(CANARIES["password"])
    user.save()
    profile = make_profile(user, 1, full_name=CANARIES["name"], email=CANARIES["email"])
    api = ApiClient().as_user(user)
    # The control: what is written by those who trust every message and every traceback.
    with written(logging.Formatter("{message}", style="{")) as careless:
        succeed_and_be_refused(api, profile)
        fail(api, profile)
        fail_to_mail(user)
    secret = [*CANARIES.values(), api.token, "192.0.2.77", "canary", "eyJ"]
    found = [word for word in secret if word.lower() in log.getvalue().lower()]
    assert found == []
    assert len(log.getvalue().splitlines()) > 40
    assert [
        word for word in ("zephyrine", "canary-password", "canary-summary") if word not in careless.getvalue().lower()
    ] == []


@pytest.mark.pure
@pytest.mark.parametrize(
    ("logger", "text", "args", "expected"),
    [
        ("users.tasks", "mail %s was not sent: %s", ("0190", OSError("canary")), "mail 0190 was not sent: <OSError>"),
        ("profiles", "plain", (), "plain"),
        (
            "psycopg",
            "error connecting in %r: %s",
            ("canary", OSError("canary")),
            "error connecting in '<str>': <OSError>",
        ),
        ("_granian", "Worker-1 ended", (), "Worker-1 ended"),
        ("_granian.wsgi.callbacks", "failed: canary", (), "str at place:7"),
        ("library", "took %d of %.1f s", (3, 2.5), "took 3 of 2.5 s"),
        ("library", "got %d", ("canary",), "got %d at place:7"),
        ("library", "key %(a)s", ({"a": "canary"},), "key <str>"),
        ("library", "canary itself", (), "str at place:7"),
        ("users", ValueError("canary"), (), "ValueError at place:7"),
    ],
)
def test_of_a_message_only_what_is_ours_is_written(logger: str, text: Any, args: Any, expected: str) -> None:
    record = logging.LogRecord(logger, logging.ERROR, "/some/place.py", 7, text, args, None)
    assert json.loads(JSONFormatter().format(record))["message"] == expected


@pytest.mark.pure
def test_of_django_s_own_lines_on_requests_those_with_an_error_stay() -> None:
    bare = logging.LogRecord("django.request", logging.ERROR, "p", 1, "%s: %s", ("Error", "/x"), None)
    assert not WithError().filter(bare)
    failed = logging.LogRecord("django.request", logging.ERROR, "p", 1, "%s", ("/x",), (OSError, OSError(), None))
    assert WithError().filter(failed)
