"""Expensive requests: two of a user at once, PDFs within their time and memory, and a document that is written once."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest

from profiles.models import Profile
from profiles.portability import exports, printing
from profiles_project.api.underway import MOST, TooManyUnderWay, expensive
from profiles_project.memory import LARGE_BYTES
from profiles_project.web import docs
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import make_profile
from tests.support.jobs import ASYNC, filed, run, shown
from users.models import User

pytestmark = pytest.mark.django_db

RESUME = {"basics": {"name": "Ada Lovelace", "email": "ada@example.org"}}


@pytest.fixture
def profile(user: User) -> Profile:
    """A profile with something in it."""
    return make_profile(user, 2)


@pytest.fixture
def busy(user: User) -> Iterator[None]:
    """As many expensive requests of the user are under way as may be."""
    with ExitStack() as held:
        for _ in range(MOST):
            held.enter_context(expensive(user.pk))
        yield


def large(profile: Profile) -> bytes:
    """A body that is expensive by its size alone."""
    return json.dumps({"label": "Mine", "unknown": "x" * LARGE_BYTES}).encode()


@pytest.mark.parametrize("kind", ["pdf", "import", "put", "bulk"])
def test_a_third_expensive_request_of_a_user_is_refused_at_once(
    api: ApiClient, profile: Profile, busy: None, kind: str
) -> None:
    path = f"{API}/profiles/{profile.pk}"
    answer = {
        "pdf": lambda: api.get(f"{path}/export", query={"format": "pdf"}),
        "import": lambda: api.post(f"{API}/profiles/import", RESUME),
        "put": lambda: api.put(path, data=large(profile)),
        "bulk": lambda: api.post(f"{path}/experiences", data=large(profile)),
    }[kind]()
    assert (answer.status_code, answer["Retry-After"]) == (429, "5")
    assert answer.json()["type"].endswith("/too-many-under-way")


def test_all_else_of_that_user_and_everything_of_others_is_served(
    api: ApiClient, other_api: ApiClient, other_user: User, profile: Profile, busy: None
) -> None:
    path = f"{API}/profiles/{profile.pk}"
    assert api.get(path).status_code == 200
    assert api.get(f"{path}/export").status_code == 200
    assert api.patch(path, {"label": "Mine"}).status_code == 200
    assert api.get(f"{path}/export", query={"format": "pdf"}, headers=ASYNC).status_code == 202
    theirs = make_profile(other_user, 1)
    assert other_api.get(f"{API}/profiles/{theirs.pk}/export", query={"format": "pdf"}).status_code == 200


def test_a_place_is_given_back_whatever_became_of_the_request(api: ApiClient, user: User, profile: Profile) -> None:
    path = f"{API}/profiles/{profile.pk}"
    for _ in range(MOST + 1):
        assert api.put(path, data=large(profile)).status_code == 200
        assert api.post(f"{API}/profiles/import", {"no": "resume"}).status_code == 422
        assert api.get(f"{path}/export", query={"format": "pdf"}).status_code == 200
    with suppress(RuntimeError), expensive(user.pk):
        raise RuntimeError
    with ExitStack() as held:
        for _ in range(MOST):
            held.enter_context(expensive(user.pk))
        with pytest.raises(TooManyUnderWay):
            held.enter_context(expensive(user.pk))


def test_a_career_too_large_for_a_pdf_at_once_is_told_so_and_printed_by_a_job(
    api: ApiClient, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "AT_ONCE", printing.Room(15, 60 * 2**20))
    path = f"{API}/profiles/{profile.pk}/export"
    answer = api.get(path, query={"format": "pdf"})
    assert (answer.status_code, answer.json()["detail"]) == (503, exports.TOO_LARGE)
    assert int(answer["Retry-After"]) > 0
    job = filed(api.get(path, query={"format": "pdf"}, headers=ASYNC))
    run(job)
    assert shown(api, job)["status"] == "succeeded"


def test_nobody_waits_long_for_a_turn_to_have_a_pdf_set(
    api: ApiClient, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "PDF_WAIT_SECONDS", 0.01)
    path = f"{API}/profiles/{profile.pk}/export"
    with printing.PDFS_AT_ONCE, printing.PDFS_AT_ONCE:
        assert api.get(path, query={"format": "pdf"}).status_code == 503
    assert api.get(path, query={"format": "pdf"}).status_code == 200


def test_the_api_s_document_is_written_once_a_form(anonymous: ApiClient) -> None:
    docs._rendered.cache_clear()
    answers = [
        anonymous.get("/api/schema", headers={"Accept": accept}, check=False)
        for accept in ("*/*", "application/yaml") * 2
    ]
    assert docs._rendered.cache_info().misses == 2
    assert [answer.status_code for answer in answers] == [200] * 4
    assert json.loads(answers[0].content)["openapi"] == "3.1.1"
    assert answers[0].content == answers[2].content
    assert answers[1].content.startswith(b"openapi: 3.1.1")
