"""How often somebody may ask (contract 1.7)."""

import re
import time
import uuid
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from pytest_django import Settings

from profiles.models import Experience, Profile
from profiles_project import environment
from profiles_project.api import ratelimit
from profiles_project.api.underway import expensive
from profiles_project.database import clock
from tests.support.client import NO_BODY, ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import API, contract
from tests.support.factories import PASSWORD, PERSONAL_INFO, UserFactory, item, make_profile
from users.models import Mail, Session, User

pytestmark = pytest.mark.django_db

DEFAULTS = {
    "register": "10/h",
    "login": "10/m",
    "login_email": "5/m",
    "refresh": "30/m",
    "forgot_password": "5/h",
    "check_email": "20/m",
    "password": "10/m",
    "otp": "5/m",
    "bulk": "60/m",
    "bulk_items": "6000/m",
    "import": "10/h",
    "export": "10/h",
    "sync": "120/m",
    "default": "600/m",
}


@pytest.fixture(autouse=True)
def limits(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Limits switched on, in a window that doesn't end while a test runs; a test may set others than the defaults."""
    settings.RATELIMIT_ENABLE = True
    settings.RATELIMITS = dict(DEFAULTS)
    now = time.time()
    monkeypatch.setattr(clock, "seconds", lambda: now)
    return settings.RATELIMITS  # type: ignore[no-any-return]  # settings have no types


def test_the_defaults_are_the_contracts_and_are_documented() -> None:
    assert django_settings.RATELIMITS == DEFAULTS
    text = (django_settings.BASE_DIR / "docs" / "operations.md").read_text()
    rows = re.findall(r"^\| `RATELIMIT_([A-Z_]+)` \| `(\d+/[smhd])` \|", text, re.MULTILINE)
    assert {name.lower(): rate for name, rate in rows} == DEFAULTS


def codes(count: int, api: ApiClient, *request: Any, **options: Any) -> list[int]:
    """The statuses of so many equal requests."""
    return [api.send(*request, **options).status_code for _ in range(count)]


def login(api: ApiClient, email: str, password: str = "wrong", **options: Any) -> Any:
    return api.send("POST", f"{API}/auth/login", {"email": email, "password": password}, **options)


# By address --------------------------------------------------------------------------------------------------------

BY_ADDRESS = {
    "register": ("POST", f"{API}/auth/register", {"email": "x", "password": "x", "full_name": "x"}, 422),
    "login": ("POST", f"{API}/auth/login", {"email": "", "password": "x"}, 422),
    "check_email": ("GET", f"{API}/auth/check-email?email=ada%40example.org", NO_BODY, 200),
    "default": ("POST", f"{API}/auth/verify-email", {"token": "x"}, 400),
}


@pytest.mark.parametrize("scope", BY_ADDRESS)
def test_people_without_a_token_are_counted_by_address(
    anonymous: ApiClient, scope: str, limits: dict[str, str]
) -> None:
    limits["default"] = "7/m"
    quota = int(limits[scope].partition("/")[0])
    method, path, body, status = BY_ADDRESS[scope]
    assert codes(quota + 1, anonymous, method, path, body) == [status] * quota + [429]
    elsewhere = ApiClient(address="198.51.100.7")
    assert codes(1, elsewhere, method, path, body) == [status]


def test_a_refusal_says_when_to_come_back(anonymous: ApiClient, limits: dict[str, str]) -> None:
    limits["check_email"] = "1/m"
    path = f"{API}/auth/check-email?email=ada%40example.org"
    first, second = anonymous.get(path), anonymous.get(path)
    assert first["RateLimit-Policy"] == second["RateLimit-Policy"] == '"check_email";q=1;w=60'
    seconds = int(second["Retry-After"])
    assert 1 <= seconds <= 60
    assert first["RateLimit"] == second["RateLimit"] == f'"check_email";r=0;t={seconds}'
    problem = second.json()
    assert problem["type"].endswith("/too-many-requests")
    assert re.fullmatch(r"Too many requests; please try again in (a few seconds|one minute)\.", problem["detail"])
    assert "Retry-After" not in first


def test_the_window_ends(anonymous: ApiClient, limits: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    limits["check_email"] = "1/m"
    path = f"{API}/auth/check-email?email=ada%40example.org"
    assert codes(2, anonymous, "GET", path) == [200, 429]
    later = time.time() + 61
    monkeypatch.setattr(clock, "seconds", lambda: later)
    assert codes(2, anonymous, "GET", path) == [200, 429]


# By e-mail address, session and user -------------------------------------------------------------------------------


def test_guesses_at_one_account_are_counted_whoever_makes_them(user: User) -> None:
    spellings = (user.email, user.email.upper(), f" {user.email} ", user.email.title(), user.email)
    apis = [ApiClient(address=f"198.51.100.{number}") for number in range(7)]
    answers = [login(api, email) for api, email in zip(apis, spellings, strict=False)]
    assert [each.status_code for each in answers] == [401] * 5
    # The right password is not looked at any more, for that minute.
    refused = login(apis[5], user.email, PASSWORD)
    assert refused.status_code == 429
    assert '"login_email";r=0' in refused["RateLimit"]
    assert Session.objects.filter(user=user).count() == 0
    assert login(apis[6], UserFactory.create().email, PASSWORD).status_code == 200


def test_resets_are_counted_by_the_address_they_are_for(user: User) -> None:
    apis = [ApiClient(address=f"198.51.100.{number}") for number in range(7)]
    path = f"{API}/auth/forgot-password"
    assert [api.post(path, {"email": user.email}).status_code for api in apis] == [200] * 5 + [429] * 2
    assert Mail.objects.filter(user=user).count() == 5
    assert apis[0].post(path, {"email": "nobody@example.org"}).status_code == 200


def test_refreshes_are_counted_by_session(user: User, limits: dict[str, str]) -> None:
    limits["refresh"] = "3/m"

    def refresh(token: str) -> Any:
        return ApiClient().post(f"{API}/auth/refresh", {"refresh_token": token})

    first, second = (login(ApiClient(), user.email, PASSWORD).json()["refresh_token"] for _ in range(2))
    statuses = []
    for _ in range(4):
        answer = refresh(first)
        statuses.append(answer.status_code)
        first = answer.json().get("refresh_token", first)
    assert statuses == [200, 200, 200, 429]
    assert refresh(second).status_code == 200


def test_people_with_a_token_are_counted_by_user(api: ApiClient, other_api: ApiClient, user: User, limits: Any) -> None:
    limits["default"] = "3/m"
    assert codes(3, api, "GET", f"{API}/auth/me") == [200] * 3
    # Neither another address nor another device of the same person begins anew.
    assert codes(1, ApiClient(address="198.51.100.7").as_user(user), "GET", f"{API}/profiles") == [429]
    assert codes(1, other_api, "GET", f"{API}/auth/me") == [200]
    # A token that is none is refused as ever.
    assert ApiClient().get(f"{API}/auth/me").status_code == 401


def test_whatever_is_refused_counts_too(api: ApiClient, other_user: User, limits: dict[str, str]) -> None:
    limits["default"] = "3/m"
    foreign = make_profile(other_user, 1)
    assert codes(2, api, "GET", f"{API}/profiles/{foreign.pk}") == [403, 403]
    assert codes(2, api, "GET", f"{API}/profiles/nothing") == [404, 429]


PASSWORD_ROUTES = {
    "change-password": {"current_password": "wrong", "new_password": "Analytical-1843"},
    "change-email": {"new_email": "new@example.org", "password": "wrong"},
    "me/erase": {"password": "wrong"},
}


def test_whoever_found_an_unlocked_phone_has_few_guesses(api: ApiClient, limits: dict[str, str]) -> None:
    limits["password"] = "4/m"
    statuses = [api.post(f"{API}/auth/{path}", body).status_code for path, body in PASSWORD_ROUTES.items()]
    assert statuses == [401] * 3
    assert api.post(f"{API}/auth/me/erase", {"password": "wrong"}).status_code == 401
    assert api.post(f"{API}/auth/me/erase", {"password": PASSWORD}).status_code == 429
    assert User.objects.count() == 1


def test_exports_have_a_limit_of_their_own(api: ApiClient) -> None:
    assert codes(11, api, "GET", f"{API}/auth/me/export") == [200] * 10 + [429]
    assert api.get(f"{API}/auth/me").status_code == 200


def test_only_what_is_carried_out_counts_as_an_export_or_an_import(
    api: ApiClient, user: User, limits: dict[str, str]
) -> None:
    limits |= {"export": "1/h", "import": "1/h"}
    resume = {"basics": {"name": "Ada Lovelace", "email": "ada@example.org"}}
    pdf = f"{API}/profiles/{make_profile(user, 1).pk}/export?format=pdf"
    nowhere = f"{API}/profiles/{uuid.uuid4()}/export"
    with expensive(user.pk), expensive(user.pk):
        assert codes(2, api, "GET", pdf) == [429] * 2
        assert codes(2, api, "POST", f"{API}/profiles/import", resume) == [429] * 2
    assert codes(2, api, "GET", nowhere) == [404] * 2
    tag = api.get(pdf)["ETag"]
    assert codes(2, api, "GET", pdf) == [429] * 2
    # What the client has already is not made again.
    assert {api.get(pdf, headers={"if-none-match": tag}).status_code for _ in range(3)} == {304}
    assert codes(2, api, "POST", f"{API}/profiles/import", resume) == [201, 429]
    # They count as requests all the same.
    limits["default"] = "1/m"
    assert codes(2, api, "GET", nowhere)[-1] == 429


# Bulk writes -------------------------------------------------------------------------------------------------------


@pytest.fixture
def profile(user: User) -> Profile:
    return make_profile(user, 2)


def bulk_writes(profile: Profile) -> list[tuple[str, str, Any, int]]:
    """Method, address, body and number of items of each kind of bulk write."""
    path = f"{API}/profiles/{profile.pk}"
    ids = [str(pk) for pk in Experience.objects.filter(profile=profile).values_list("pk", flat=True)]
    return [
        ("POST", f"{path}/experiences", [item(Experience, n) for n in range(3)], 3),
        ("PATCH", f"{path}/experiences", [{"id": pk, "title": "New"} for pk in ids], 2),
        ("PUT", f"{path}/experiences", [{**item(Experience), "id": pk} for pk in ids], 2),
        ("PUT", f"{path}/experiences/order", {"ids": ids}, 2),
        ("DELETE", f"{path}/experiences", {"experience_ids": ids}, 2),
        ("DELETE", f"{path}/experiences?ids={','.join(ids)}", NO_BODY, 2),
        ("POST", f"{path}/skills/soft", {"skills": ["A", "B", "C", "D"]}, 4),
        ("DELETE", f"{path}/skills/soft?skills=A&skills=B", NO_BODY, 2),
        ("POST", f"{path}/custom-fields", {"fields": [{"key": "a", "value": 1}]}, 1),
        ("DELETE", f"{path}/custom-fields", {"keys": ["a", "b", "c"]}, 3),
        ("DELETE", f"{path}/experiences", NO_BODY, 1),
    ]


def test_bulk_writes_count_as_requests_and_by_their_items(api: ApiClient, profile: Profile) -> None:
    spent = 0
    for number, (method, path, body, count) in enumerate(bulk_writes(profile), 1):
        answer = api.send(method, path, body, check_request=False)
        spent += count
        assert (answer["RateLimit-Policy"]) == '"bulk";q=60;w=60, "bulk_items";q=6000;w=60'
        left = re.findall(r"r=(\d+)", answer["RateLimit"])
        assert [int(each) for each in left] == [60 - number, 6000 - spent], (method, path)


def test_a_parameter_that_names_nothing_hides_no_items(api: ApiClient, profile: Profile) -> None:
    path = f"{API}/profiles/{profile.pk}/experiences"
    rows = [str(pk) for pk in Experience.objects.filter(profile=profile).values_list("pk", flat=True)]
    made = api.post(f"{path}?ids=1", [item(Experience, n) for n in range(3)])
    gone = api.send("DELETE", f"{path}?skills=1", {"experience_ids": rows})
    left = [int(re.findall(r"r=(\d+)", each["RateLimit"])[1]) for each in (made, gone)]
    assert left == [6000 - 3, 6000 - 5]


def test_single_writes_and_reads_are_no_bulk_writes(api: ApiClient, profile: Profile) -> None:
    path = f"{API}/profiles/{profile.pk}"
    made = api.post(f"{path}/experiences", item(Experience))
    row = f"{path}/experiences/{made.json()['id']}"
    answers = [
        made,
        api.get(f"{path}/experiences"),
        api.patch(row, {"title": "New"}),
        api.delete(row),
        api.get(f"{path}/skills"),
        api.get(f"{path}/custom-fields"),
        api.patch(path, {"label": "New"}),
        api.put(f"{path}/custom-fields", {"a": 1}),
    ]
    assert {each["RateLimit-Policy"] for each in answers} == {'"default";q=600;w=60'}


def test_pulls_and_pushes_have_a_limit_of_their_own(api: ApiClient, profile: Profile, limits: dict[str, str]) -> None:
    limits["sync"] = "3/m"
    path = f"{API}/profiles/{profile.pk}/changes"
    field = {"kind": "custom_fields", "id": "mine", "base": 0, "set": {"value": 1}}
    answers = [api.get(path), api.get(f"{API}/sync"), api.post(path, {"changes": [field]})]
    assert {each["RateLimit-Policy"] for each in answers} == {'"sync";q=3;w=60'}
    assert api.post(path, {"changes": [field]}).status_code == 429
    assert api.get(f"{API}/profiles/{profile.pk}").status_code == 200


def test_items_past_the_limit_are_refused_and_nothing_is_stored(
    api: ApiClient, profile: Profile, limits: dict[str, str]
) -> None:
    limits["bulk_items"] = "5/m"
    path = f"{API}/profiles/{profile.pk}/experiences"
    body = [item(Experience, n) for n in range(3)]
    assert codes(2, api, "POST", path, body) == [201, 429]
    assert Experience.objects.filter(profile=profile).count() == 2 + 3


def test_requests_past_the_limit_are_refused(api: ApiClient, profile: Profile, limits: dict[str, str]) -> None:
    limits["bulk"] = "2/m"
    path = f"{API}/profiles/{profile.pk}/skills/soft"
    assert codes(3, api, "POST", path, {"skills": ["A"]}) == [200, 200, 429]
    assert api.get(path.removesuffix("/soft")).status_code == 200


def test_nobodys_body_is_looked_at_before_it_is_known_whose_profile_it_is_for(
    other_api: ApiClient, profile: Profile
) -> None:
    answer = other_api.send("PATCH", f"{API}/profiles/{profile.pk}/experiences", data=b"{broken")
    assert answer.status_code == 403


def test_a_broken_bulk_body_is_the_same_refusal_as_ever(api: ApiClient, profile: Profile) -> None:
    path = f"{API}/profiles/{profile.pk}/experiences"
    assert api.send("PATCH", path, data=b"[broken").status_code == 400
    assert api.send("PATCH", path, data=b"[]", content_type="text/plain").status_code == 415
    assert api.send("PATCH", path, 7, check_request=False).status_code == 422


# Who asks ----------------------------------------------------------------------------------------------------------

FORGED = "203.0.113.99"


@pytest.mark.parametrize(
    ("trusted", "forwarded", "peer", "expected"),
    [
        (0, FORGED, "192.0.2.1", "192.0.2.1"),
        (0, "", "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.7", "192.0.2.1", "198.51.100.7"),
        (1, f"{FORGED}, 198.51.100.7", "192.0.2.1", "198.51.100.7"),
        (2, f"{FORGED}, 198.51.100.7, 192.0.2.9", "192.0.2.1", "198.51.100.7"),
        # It did not come through as many proxies as it should have.
        (2, FORGED, "192.0.2.1", "192.0.2.1"),
        (1, "", "192.0.2.1", "192.0.2.1"),
        (1, "unknown", "192.0.2.1", "192.0.2.1"),
        (1, "198.51.100.7:41234", "192.0.2.1", "198.51.100.7"),
        (1, "[2001:db8:1:2:3:4:5:6]:443", "192.0.2.1", "2001:db8:1:2::/64"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "::ffff:192.0.2.1", "192.0.2.1"),
        (0, "", "", "unknown"),
    ],
)
def test_the_address_is_the_peers_or_the_one_that_a_trusted_proxy_names(
    settings: Settings, trusted: int, forwarded: str, peer: str, expected: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = trusted
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded, REMOTE_ADDR=peer)
    assert ratelimit.network_of(request) == expected


def test_a_forged_address_begins_no_new_count(anonymous: ApiClient, limits: dict[str, str]) -> None:
    limits["check_email"] = "2/m"
    path = f"{API}/auth/check-email?email=ada%40example.org"
    statuses = [
        anonymous.get(path, headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code for number in range(3)
    ]
    assert statuses == [200, 200, 429]


# Switches and counters ---------------------------------------------------------------------------------------------


def test_switched_off_they_count_nothing(anonymous: ApiClient, settings: Settings) -> None:
    settings.RATELIMIT_ENABLE = False
    answers = [anonymous.get(f"{API}/auth/check-email?email=ada%40example.org") for _ in range(25)]
    assert {each.status_code for each in answers} == {200}
    assert not any("RateLimit" in each for each in answers)


def test_preflight_and_health_are_not_counted(anonymous: ApiClient, limits: dict[str, str]) -> None:
    limits["default"] = "1/m"
    assert codes(3, anonymous, "GET", "/health", check=False) == [200] * 3
    assert codes(3, anonymous, "OPTIONS", f"{API}/profiles", check=False) == [204] * 3


@pytest.mark.parametrize("given", ["", "600", "0/m", "600/", "m", "600/y", "-1/m", "1/0m", "1e3/m", "600/m ; drop"])
def test_a_rate_that_is_none_is_refused_at_the_start(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("RATELIMIT_X", given)
    if not given:
        assert environment.rate("RATELIMIT_X", "600/m") == "600/m"
        return
    with pytest.raises(ImproperlyConfigured, match="RATELIMIT_X must be a rate such as"):
        environment.rate("RATELIMIT_X", "600/m")


@pytest.mark.django_db(transaction=True)
def test_requests_at_once_are_all_counted(limits: dict[str, str]) -> None:
    limits["check_email"] = "5/m"
    contract()
    path = f"{API}/auth/check-email?email=ada%40example.org"
    statuses = at_once(*[lambda: ApiClient().get(path).status_code for _ in range(12)])
    assert sorted(statuses) == [200] * 5 + [429] * 7


def test_a_refused_request_under_a_key_leaves_the_key_free(api: ApiClient, limits: dict[str, str]) -> None:
    limits["default"] = "1/m"
    body = {"personal_info": PERSONAL_INFO}
    statuses = [
        api.send("POST", f"{API}/profiles", body, headers={"Idempotency-Key": key}).status_code for key in ("a", "b")
    ]
    assert statuses == [201, 429]
    limits["default"] = "600/m"
    again = api.send("POST", f"{API}/profiles", body, headers={"Idempotency-Key": "b"})
    assert (again.status_code, "Idempotency-Replayed" in again) == (201, False)
