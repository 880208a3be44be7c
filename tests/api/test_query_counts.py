"""A request costs the same number of statements however many rows it touches."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from profiles.models import COMPONENTS, Experience, Profile
from tests.support.client import NO_BODY, ApiClient
from tests.support.contract import API
from tests.support.factories import UserFactory, item, make_profile, profile_document
from tests.support.queries import statements

pytestmark = pytest.mark.django_db

# Django splits a statement at 999 variables on SQLite, so that a hundred rows are several statements there.
ROWS = (1, 3, 100) if connection.vendor == "postgresql" else (1, 3)
LIST = "experiences"


def ids(profile: Profile) -> list[str]:
    return [str(pk) for pk in Experience.objects.filter(profile=profile).values_list("pk", flat=True)]


def renamed(profile: Profile) -> list[dict[str, Any]]:
    return [item(Experience, number, id=pk, title=f"New title {number}") for number, pk in enumerate(ids(profile))]


def whole(count: int, first: int = 0, **changes: Any) -> dict[str, Any]:
    """A document without ids, whose items have numbers from ``first`` on."""
    document = profile_document(count, label="Changed")
    for kind in COMPONENTS:
        holder = document["skills"] if kind.in_skills else document
        holder[kind.plural] = [item(kind, first + number, **changes) for number in range(count)]
    return document


# Method, path below the profile (or from the root) and body, for a profile with so many rows in each list.
REQUESTS: dict[str, Callable[[Profile, int], tuple[str, str, Any]]] = {
    "profile": lambda _, __: ("GET", "", NO_BODY),
    "list": lambda _, __: ("GET", f"/{LIST}", NO_BODY),
    "skills": lambda _, __: ("GET", "/skills", NO_BODY),
    "analytics": lambda _, __: ("GET", "/analytics", NO_BODY),
    "bulk POST": lambda _, n: ("POST", f"/{LIST}", [item(Experience, number) for number in range(n)]),
    "bulk PUT": lambda profile, _: ("PUT", f"/{LIST}", renamed(profile)),
    "bulk PATCH": lambda profile, _: ("PATCH", f"/{LIST}", [{"id": pk, "title": "New"} for pk in ids(profile)]),
    "bulk DELETE": lambda profile, _: ("DELETE", f"/{LIST}", {"experience_ids": ids(profile)}),
    "PATCH item": lambda profile, _: ("PATCH", f"/{LIST}/{ids(profile)[0]}", {"title": "New"}),
    "DELETE item": lambda profile, _: ("DELETE", f"/{LIST}/{ids(profile)[0]}", NO_BODY),
    "order": lambda profile, _: ("PUT", f"/{LIST}/order", {"ids": [*ids(profile)[1:], *ids(profile)[:1]]}),
    "PUT skills": lambda _, n: ("PUT", "/skills", {"technical": [f"new skill {number}" for number in range(n)]}),
    "PUT profile": lambda profile, n: ("PUT", "", {**whole(n, first=n), LIST: renamed(profile)}),
    "PUT profile, items without ids": lambda _, n: ("PUT", "", whole(n, is_visible=True)),
    "PUT profile, nothing but its label": lambda _, n: ("PUT", "", whole(n)),
    "PATCH profile": lambda _, __: ("PATCH", "", {"label": "Changed"}),
    "PATCH profile, a list": lambda profile, _: ("PATCH", "", {LIST: renamed(profile)}),
    "POST custom fields": lambda _, n: (
        "POST",
        "/custom-fields",
        {"fields": [{"key": f"key {k}", "value": 9} for k in range(n)]},
    ),
    "duplicate": lambda _, __: ("POST", "/duplicate", NO_BODY),
    "activate": lambda _, __: ("POST", "/activate", NO_BODY),
    "DELETE profile": lambda _, __: ("DELETE", "", NO_BODY),
}
# Where one row can't be out of order, there is nothing to write.
FEWEST = {"order": 3}
# What each request costs, authentication and ownership included: a change of these is a decision. On SQLite one
# statement of each write is the entry of the log; PostgreSQL gets it with the UPDATE of the profile, but where several
# of the profile's own columns change. Deleting moves to the trash, and touches nothing below the profile.
COSTS = {
    "profile": 2,
    "list": 3,
    "skills": 2,
    "analytics": 2,
    "bulk POST": 7,
    "bulk PUT": 7,
    "bulk PATCH": 7,
    "bulk DELETE": 7,
    "PATCH item": 7,
    "DELETE item": 7,
    "order": 9,
    "PUT skills": 9,
    "PUT profile": 7 + 3 * len(COMPONENTS),
    "PUT profile, items without ids": 8 + 2 * len(COMPONENTS),
    "PUT profile, nothing but its label": 7 + len(COMPONENTS),
    "PATCH profile": 5,
    "PATCH profile, a list": 8,
    "POST custom fields": 7,
    "duplicate": 14 + 2 * len(COMPONENTS),
    "activate": 4,
    "DELETE profile": 6,
}


WITHOUT_LOG = {"profile", "list", "skills", "analytics", "activate", "DELETE profile"}


def log_is_apart() -> int:
    """How many statements the entry of the log is."""
    return int(connection.vendor != "postgresql")


def cost(name: str, count: int) -> int:
    """Statements of a request about a profile with `count` rows in each list."""
    user = UserFactory.create()
    profile = make_profile(user, count)
    api = ApiClient().as_user(user)
    method, below, body = REQUESTS[name](profile, count)
    with statements() as found:
        response = api.send(method, f"{API}/profiles/{profile.pk}{below}", body)
    assert response.status_code in {200, 201, 204}
    return len(found)


@pytest.mark.parametrize("name", REQUESTS)
def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(name: str) -> None:
    costs = {count: cost(name, count) for count in ROWS if count >= FEWEST.get(name, 1)}
    expected = COSTS[name] if name in WITHOUT_LOG else COSTS[name] - 1 + log_is_apart()
    assert set(costs.values()) == {expected}, costs


def test_a_profile_is_created_with_all_its_rows_in_the_same_number_of_statements() -> None:
    found = {}
    for count in ROWS:
        api = ApiClient().as_user(UserFactory.create())
        with statements() as run:
            assert api.post(f"{API}/profiles", profile_document(count)).status_code == 201
        found[count] = len(run)
    assert set(found.values()) == {10 + log_is_apart() + len(COMPONENTS)}, found


@pytest.mark.parametrize(("path", "expected"), [("/profiles?limit=100", 3), ("/auth/me/export", 14)])
def test_lists_of_profiles_cost_the_same_for_one_and_for_fifty(path: str, expected: int) -> None:
    found = {}
    for profiles, rows in ((1, 1), (3, 3), (50, 2)):
        user = UserFactory.create()
        for _ in range(profiles):
            make_profile(user, rows)
        api = ApiClient().as_user(user)
        with statements() as run:
            assert api.get(API + path).status_code == 200
        found[profiles] = len(run)
    assert set(found.values()) == {expected}, found


def test_a_profile_that_is_known_costs_one_statement_and_a_cached_one_no_more() -> None:
    user = UserFactory.create()
    url = f"{API}/profiles/{make_profile(user, 3).pk}"
    api = ApiClient().as_user(user)
    tag = api.get(url)["ETag"]
    with statements() as hit:
        assert api.get(url).status_code == 200
    assert len(hit) == 1
    for path, expected in ((url, 1), (f"{url}/{LIST}", 1), (f"{url}/skills", 1), (f"{API}/profiles/me", 2)):
        with statements() as unmodified:
            assert api.get(path, if_none_match=tag).status_code == 304
        assert len(unmodified) == expected, path
