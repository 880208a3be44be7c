"""What one user stores is counted, and has a limit (contract 1.7)."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as service
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.utils.module_loading import import_string
from pytest_django import Settings

from profiles import tasks
from profiles.career import bulk
from profiles.maintenance.checks import sizes
from profiles.models import Actor, Cause, Experience, Job, JobFile, Origin, Profile, Revision, usage
from profiles.portability import imports
from tests.api.test_query_counts import COSTS
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD, PERSONAL_INFO, item, make_profile, profile_document
from tests.support.jobs import work_off
from users.models import User

pytestmark = pytest.mark.django_db

PROFILES = f"{API}/profiles"


@pytest.fixture
def full(user: User, settings: Settings) -> Callable[[], None]:
    """Calling it leaves the user no room."""

    def fill() -> None:
        stored = usage.by_kind(user)
        judged = sum(stored[kind] for kind in ("profiles", "imports", "jobs", "files"))
        settings.USER_BYTES_LIMIT = judged + usage.SET_ASIDE_BYTES

    return fill


def profile_of(api: ApiClient, **changes: Any) -> Profile:
    """A profile that the API has stored, whose bytes are known."""
    answer = api.post(PROFILES, {**profile_document(2), **changes})
    return Profile.objects.get(pk=answer.json()["id"])


def is_refused(answer: Any) -> bool:
    problem = answer.json()
    return answer.status_code == 422 and [each["code"] for each in problem["errors"]] == ["limit"]


LARGE = {"x": "y" * 5_000}
# Every way to store more: what is asked, by the path below the profile, or from the root.
WAYS: dict[str, Callable[[ApiClient, str], Any]] = {
    "a new profile": lambda api, _: api.post(PROFILES, {"personal_info": PERSONAL_INFO}),
    "duplicate": lambda api, path: api.post(f"{path}/duplicate"),
    "duplicate with a key": lambda api, path: api.post(f"{path}/duplicate", headers={"Idempotency-Key": "fresh"}),
    "bulk POST": lambda api, path: api.post(f"{path}/experiences", [item(Experience, 7)]),
    "one item": lambda api, path: api.post(f"{path}/experiences", item(Experience, 7)),
    "PUT": lambda api, path: api.put(path, profile_document(3)),
    "PATCH of a list": lambda api, path: api.patch(path, {"experiences": [item(Experience, n) for n in range(5)]}),
    "PATCH of own fields": lambda api, path: api.patch(path, {"extra": LARGE}),
    "custom fields": lambda api, path: api.post(f"{path}/custom-fields", {"fields": [{"key": "k", "value": "v"}]}),
    "skills": lambda api, path: api.post(f"{path}/skills/soft", {"skills": ["Calm"]}),
    "PUT of skills": lambda api, path: api.put(f"{path}/skills", {"technical": ["Go", "C", "Ada", "Rust", "Perl"]}),
    "a change of an item": lambda api, path: api.patch(
        f"{path}/experiences/{Experience.objects.first().pk}",  # type: ignore[union-attr]  # the profile has some
        {"description": "much longer than before " * 9},
    ),
    "an import": lambda api, _: api.post(f"{PROFILES}/import", {"basics": {"name": "Grace"}}),
    "a job's filing": lambda api, path: api.post(
        f"{path}/experiences", [item(Experience, 7)], headers={"Prefer": "respond-async"}
    ),
    "an import's filing": lambda api, _: api.post(
        f"{PROFILES}/import", {"basics": {"name": "Grace"}}, headers={"Prefer": "respond-async"}
    ),
}


def everything() -> Any:
    """All rows that a request could have stored."""
    tables = (Profile, Revision, Experience, Origin, Job, JobFile)
    return [list(table._base_manager.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize("way", WAYS)
def test_past_the_limit_nothing_more_is_stored(api: ApiClient, full: Callable[[], None], way: str) -> None:
    path = f"{PROFILES}/{profile_of(api).pk}"
    full()
    before = everything()
    answer = WAYS[way](api, path)
    assert is_refused(answer), answer.content
    assert "at most" in answer.json()["detail"]
    assert everything() == before
    # The control: with room it is stored.
    service.USER_BYTES_LIMIT += 2**20
    assert WAYS[way](api, path).status_code < 300
    assert everything() != before


def test_a_whole_profile_and_its_parts_can_be_deleted_and_shortened_at_the_limit(
    api: ApiClient, full: Callable[[], None], user: User
) -> None:
    profile = profile_of(api)
    path = f"{PROFILES}/{profile.pk}"
    full()
    service.USER_BYTES_LIMIT -= 1_000
    first, second = Experience.objects.filter(profile=profile).values_list("pk", flat=True)
    assert api.delete(f"{path}/experiences/{first}").status_code == 204
    deferred = {"Prefer": "respond-async"}
    assert api.delete(f"{path}/experiences", {"experience_ids": [str(second)]}, headers=deferred).status_code == 202
    for below, body in (("skills/soft", {"skills": ["soft skill 0"]}), ("custom-fields", {"keys": ["key 0"]})):
        assert api.delete(f"{path}/{below}", body, headers=deferred).status_code == 202
    work_off()
    assert set(user.jobs.values_list("status", flat=True)) == {"succeeded"}
    assert not Experience.objects.exists()
    assert api.patch(path, {"extra": {}, "professional_summary": None}).status_code == 200
    assert api.patch(path, {"label": "Of no size"}).status_code == 200
    assert api.delete(path).status_code == 204
    # What lies in the trash counts until it is deleted for good, which is not refused either.
    stored = usage.by_kind(user)
    assert min(stored["profiles"], stored["history"]) > 0
    Profile.objects.purge(profile, Cause(Actor.YOU, "trash_delete"))
    stored = usage.by_kind(user)
    assert (stored["profiles"], stored["history"]) == (0, 0)


def test_a_profile_whose_bytes_are_not_known_can_be_shortened_at_the_limit(api: ApiClient, settings: Settings) -> None:
    profile = profile_of(api)
    Profile.objects.update(byte_count=None, bytes_version=None)
    settings.USER_BYTES_LIMIT = usage.SET_ASIDE_BYTES
    path = f"{PROFILES}/{profile.pk}"
    assert api.patch(path, {"experiences": []}).status_code == 200
    # From here on they are known.
    assert is_refused(api.patch(path, {"experiences": [item(Experience)]}))


def test_a_job_that_would_pass_the_limit_fails_with_the_sentence(
    api: ApiClient, user: User, full: Callable[[], None]
) -> None:
    path = f"{PROFILES}/{profile_of(api).pk}"
    api.post(f"{path}/experiences", [item(Experience, 7)], headers={"Prefer": "respond-async"})
    full()
    work_off()
    job = user.jobs.get()
    assert job.status == Job.Status.FAILED
    assert json.loads(job.problem or "")["errors"][0]["code"] == "limit"
    assert Experience.objects.count() == 2


@pytest.mark.parametrize("path", ["/auth/me/export", "/profiles/{}/export?format=markdown"])
def test_a_file_that_has_no_room_is_not_kept(api: ApiClient, user: User, full: Callable[[], None], path: str) -> None:
    wanted = API + path.format(profile_of(api).pk)
    assert api.get(wanted, headers={"Prefer": "respond-async"}).status_code == 202
    full()
    work_off()
    assert json.loads(user.jobs.get().problem or "")["errors"][0]["code"] == "limit"
    assert not JobFile.objects.exists()
    # At once it is had all the same: nothing is stored then.
    assert api.get(wanted).status_code == 200


def test_other_people_have_limits_of_their_own(api: ApiClient, other_api: ApiClient, full: Callable[[], None]) -> None:
    profile_of(api)
    full()
    assert other_api.post(PROFILES, {"personal_info": PERSONAL_INFO}).status_code == 201


def test_what_staff_mend_is_not_refused(api: ApiClient, full: Callable[[], None]) -> None:
    profile = profile_of(api)
    full()
    with Profile.objects.revise(profile.pk, Cause(Actor.SUPPORT, "support_change", staff_id=1)) as revised:
        bulk.create(revised, Experience, [item(Experience, 9)])
    profile.refresh_from_db()
    assert profile.version == 2
    assert list(sizes()) == []


# What is counted ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_each_profile_knows_its_bytes_after_every_change(api: ApiClient, way: str) -> None:
    path = f"{PROFILES}/{profile_of(api).pk}"
    WAYS[way](api, path)
    work_off()
    api.patch(path, {"label": "Grown longer", "extra": {"x": "é"}, "links": []})
    api.delete(f"{path}/experiences/{Experience.objects.filter(profile=path[-36:]).first().pk}")  # type: ignore[union-attr]  # there are some
    api.post(f"{path}/activate")
    assert list(sizes()) == []
    for profile in Profile.objects.all():
        assert profile.bytes_version == profile.version


def test_a_copy_takes_as_much_as_its_source(api: ApiClient) -> None:
    profile = profile_of(api)
    api.post(f"{PROFILES}/{profile.pk}/duplicate")
    assert len(set(Profile.objects.values_list("byte_count", flat=True))) == 1


def test_bytes_are_about_those_of_the_document(api: ApiClient) -> None:
    profile = profile_of(api, extra={"x": "é" * 1_000})
    document = api.get(f"{PROFILES}/{profile.pk}").content
    assert 0.5 < (profile.byte_count or 0) / len(document) < 2


def test_jobs_files_and_imports_are_counted(api: ApiClient, user: User) -> None:
    api.post(f"{PROFILES}/import", {"basics": {"name": "Grace"}}, headers={"Prefer": "respond-async"})
    waiting = usage.by_kind(user)
    assert waiting["jobs"] > usage.ROW_BYTES
    assert waiting["files"] > 25
    work_off()
    done = usage.by_kind(user)
    assert done["files"] == 0
    assert done["imports"] > usage.ROW_BYTES
    assert done["profiles"] > 0
    api.get(f"{API}/auth/me/export", headers={"Prefer": "respond-async"})
    work_off()
    [piece] = JobFile.objects.all()
    assert usage.by_kind(user)["files"] == len(piece.content) + usage.ROW_BYTES


def test_of_jobs_that_have_ended_the_oldest_make_room(
    api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "MAX_ENDED", 3)
    for _ in range(5):
        api.get(f"{API}/auth/me/export", headers={"Prefer": "respond-async"})
        work_off()
    assert user.jobs.count() == 3
    assert JobFile.objects.count() == 3


def test_a_profile_of_the_release_before_is_counted_by_the_worker(api: ApiClient, user: User) -> None:
    """It inserts no number, and its changes leave one that is not of the version."""
    known = MigrationLoader(connection).project_state([("profiles", "0007_words_to_search")]).apps
    old = known.get_model("profiles", "Profile").objects
    old.create(user_id=user.pk, full_name="Ada", email="ada@example.org", search_key="")
    changed, untouched = profile_of(api), make_profile(user, 3, is_active=False)
    old.filter(pk=changed.pk).update(version=7, professional_summary=None)
    assert list(sizes()) == []
    count = tasks.Count()
    assert count.turn() == 3
    for profile in Profile.objects.all():
        assert profile.bytes_version == profile.version
    assert list(sizes()) == []
    assert untouched.pk in Profile.objects.filter(byte_count__gt=2_000).values_list("pk", flat=True)
    assert count.turn() == 0


def test_a_profile_in_the_trash_is_counted_and_checked_like_any_other(api: ApiClient) -> None:
    profile = profile_of(api)
    Profile.objects.update(byte_count=None, bytes_version=None)
    api.delete(f"{PROFILES}/{profile.pk}")
    assert tasks.Count().turn() == 1
    assert Profile.with_trash.get().byte_count == profile.byte_count
    assert list(sizes()) == []
    Profile.with_trash.update(byte_count=1)
    assert [finding.id for finding in sizes()] == [profile.pk]


def test_the_worker_goes_through_all_profiles_in_turns(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "COUNT_LIMIT", 2)
    monkeypatch.setattr(tasks, "COUNTED_AT_ONCE", 1)
    for _ in range(5):
        make_profile(user, 1, is_active=False)
    count = tasks.Count()
    assert [count.turn() for _ in range(4)] == [2, 2, 1, 0]


def test_a_profile_that_can_not_be_read_keeps_no_others_waiting(user: User) -> None:
    broken, *others = (make_profile(user, 1, is_active=False) for _ in range(3))
    with connection.cursor() as cursor:
        key = broken.pk if connection.vendor == "postgresql" else broken.pk.hex
        cursor.execute("UPDATE profiles_profile SET extra = 'no JSON' WHERE id = %s", [key])
    assert tasks.Count().turn() == 2
    assert set(Profile.objects.filter(byte_count__gt=0).values_list("pk", flat=True)) == {each.pk for each in others}


def test_everything_of_the_schedule_can_be_named_where_it_fails(settings: Settings) -> None:
    for path in settings.SCHEDULE:
        function = import_string(path)
        assert f"{function.__module__}.{function.__qualname__}" == path


def test_the_check_finds_a_number_that_is_wrong(api: ApiClient) -> None:
    profile = profile_of(api)
    Profile.objects.filter(pk=profile.pk).update(byte_count=1)
    [finding] = sizes()
    assert (finding.id, finding.what) == (profile.pk, "byte_count is not what the profile takes")


def test_counting_costs_an_ordinary_write_no_statement() -> None:
    """As they were before anything was counted, and one more: the entry of the log, which is counted with it."""
    assert {name: COSTS[name] for name in ("PATCH profile", "bulk POST", "bulk PATCH")} == {
        "PATCH profile": 5,
        "bulk POST": 7,
        "bulk PATCH": 7,
    }


# What support sees --------------------------------------------------------------------------------------------------


def test_a_persons_page_shows_their_bytes_by_kind(api: ApiClient, user: User) -> None:
    profile_of(api, extra={"x": "y" * 20_000})
    api.get(f"{API}/auth/me/export", headers={"Prefer": "respond-async"})
    work_off()
    staff = Client()
    staff.force_login(User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root"))
    shown = staff.get(f"/admin/users/user/{user.pk}/change/").content.decode()
    found = usage.by_kind(user)
    for words in ("Storage", "What imports remember", f"{found['profiles'] / 1024:,.1f} KiB", "of 256.0 MiB"):
        assert words in shown, words


def test_the_report_of_an_import_is_an_answer_like_before() -> None:
    assert json.loads(imports.answer(b"{}", {"mapped": 1})) == {"profile": {}, "report": {"mapped": 1}}
    out = io.StringIO()
    call_command("check_integrity", stdout=out)
    assert "sizes of profiles: well" in out.getvalue()
