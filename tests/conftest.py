"""Fixtures that every test may use; the environment they live in comes from tests/support/service/plugin.py."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.test import override_settings
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from pytest_django import Settings

from profiles.career.rendering import recent
from profiles.maintenance.anonymising import without_triggers
from profiles_project.api.ratelimit import places
from profiles_project.web import health
from profiles_project.words import wording
from tests.support.client import ApiClient
from tests.support.factories import UserFactory
from tests.support.wording import known_sentences
from users.models import AuditEntry, User

# A machine with other work may take its time for an example, which says nothing of the code.
hypothesis_settings.register_profile("any machine", deadline=None)
hypothesis_settings.load_profile("any machine")
PRODUCTION_HASHERS = django_settings.PASSWORD_HASHERS


def pytest_collection_finish() -> None:
    """Leave what was imported out of the collector's sight, as the service does: it comes by after each large body."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as the service has it: in memory there is neither WAL nor a second writer."""
    database = django_settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        database["TEST"] = {**database.get("TEST", {}), "NAME": str(Path(database["NAME"]).with_name("test.sqlite3"))}


@pytest.fixture(scope="session", autouse=True)
def cheap_settings() -> Iterator[None]:
    """Passwords that cost next to nothing, for all tests that don't ask for ``production_hashers``.

    Static files are looked up when they are asked for: each test client would search the whole folder otherwise. Each
    question whether the service is ready is looked into.
    """
    health.KEEP_SECONDS = 0.0
    hashers = ["tests.support.service.hashers.CheapArgon2PasswordHasher", *PRODUCTION_HASHERS[1:]]
    with override_settings(PASSWORD_HASHERS=hashers, WHITENOISE_AUTOREFRESH=True):
        yield


@pytest.fixture
def production_hashers(settings: Settings) -> None:
    """The password hashers that the service uses, for tests about passwords."""
    settings.PASSWORD_HASHERS = PRODUCTION_HASHERS


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """No test sees what another one has cached."""
    for cache in caches.all(initialized_only=False):
        cache.clear()
    recent.clear()
    places.clear()


@pytest.fixture(autouse=True)
def sentences_that_all_can_read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever is said in a test must have its translations, but for what was worded before."""
    unknown: list[str] = []

    def gettext(sentence: str) -> str:
        if sentence not in known_sentences():
            unknown.append(sentence)
        return translation.gettext(sentence)

    monkeypatch.setattr(wording, "gettext", gettext)
    yield
    assert unknown == [] or request.node.get_closest_marker("says_what_is_not_ours")


@pytest.fixture(autouse=True)
def audit_log_that_can_be_flushed(request: pytest.FixtureRequest) -> Iterator[None]:
    """After a test with transactions of its own the tables are emptied, which the log refuses while it has entries."""
    marker = request.node.get_closest_marker("django_db")
    if marker is None or not marker.kwargs.get("transaction"):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    if AuditEntry.objects.exists():
        with without_triggers("default", AuditEntry._meta.db_table):
            AuditEntry.objects.all().delete()


@pytest.fixture
def anonymous() -> ApiClient:
    """A client without a token."""
    return ApiClient()


@pytest.fixture
def user(db: None) -> User:
    """A person with an account."""
    return UserFactory.create()


@pytest.fixture
def api(user: User) -> ApiClient:
    """A client logged in as ``user``."""
    return ApiClient().as_user(user)


@pytest.fixture
def other_user(db: None) -> User:
    """Another person with an account."""
    return UserFactory.create()


@pytest.fixture
def other_api(other_user: User) -> ApiClient:
    """A client logged in as ``other_user``."""
    return ApiClient().as_user(other_user)
