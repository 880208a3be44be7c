"""A person's own data: taken along whole, and erased without a trace."""

import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.db.models import QuerySet
from django.test import Client

from profiles import tasks
from profiles.career import rendering
from profiles.career.rendering import recent
from profiles.models import Job, JobFile, Profile, Revision
from profiles.portability import exports
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.factories import PASSWORD, make_profile, profile_document
from users.models import IdempotencyRecord, Mail, SecurityEvent, Session, User

# Tasks are put off when a transaction commits.
pytestmark = pytest.mark.django_db(transaction=True)

PROFILES = "/api/v1/profiles"
AUTH = "/api/v1/auth"
CANARY = "canary"
ASYNC = {"Prefer": "respond-async"}
# Where rendered documents are kept.
CACHE = "cache" if settings.REDIS_URL else "memory"
# Members whose values are not the person's to word.
CHOSEN = {"proficiency", "kind", "country_code"}
# What an export leaves out: secrets, and copies of other columns that only serve comparing.
NOT_EXPORTED = {"password", "email_key", "name_key", "search_key", "score"}


def branded(value: Any) -> Any:
    """A document with the canary in each of its texts that is free."""
    if isinstance(value, list):
        return [branded(each) for each in value]
    if isinstance(value, dict):
        return {name: each if name in CHOSEN else branded(each) for name, each in value.items()}
    if not isinstance(value, str) or value[:4].isdigit():
        return value
    if value.startswith("https://"):
        return f"{value}/{CANARY}"
    return f"{CANARY}.{value}" if "@" in value else f"{value} {CANARY}"


def texts() -> Iterator[tuple[str, str]]:
    """Table, column and text of everything that is stored anywhere."""
    for model in apps.get_models(include_auto_created=True):
        fields = [field.attname for field in model._meta.concrete_fields]
        # Not the default one, which hides the trash.
        for row in model._base_manager.values_list(*fields):
            for name, value in zip(fields, row, strict=True):
                yield f"{model._meta.db_table}.{name}", json.dumps(value, default=str, ensure_ascii=False)


def kept_bytes() -> Iterator[tuple[str, bytes]]:
    """Place and content of everything that the caches and the files of the data folder hold, databases excepted."""
    for alias in settings.CACHES:
        cache: Any = caches[alias]
        if hasattr(cache, "remote"):
            redis = cache.remote.client.get_client()
            yield from ((f"cache {key}", redis.dump(key) or b"") for key in redis.scan_iter())
        memory = getattr(cache, "local", cache)
        yield from ((f"memory {key}", value) for key, value in memory._cache.items())
    yield from ((f"process {name}", entry.body) for name, entry in recent._entries.items())
    for path in settings.DATA_DIR.rglob("*"):
        if path.is_file() and ".sqlite3" not in path.name:
            yield f"file {path.name}", path.read_bytes()


def traces() -> set[str]:
    """The columns, cache keys and files in which something of the person is found."""
    stored = {where for where, text in texts() if CANARY in text.lower()}
    return stored | {where for where, content in kept_bytes() if CANARY.encode() in content.lower()}


@pytest.fixture
def person(anonymous: ApiClient) -> ApiClient:
    """Somebody who has used all there is, and whom support has helped."""
    agent = {"User-Agent": f"{CANARY} phone"}
    form = {"email": f"{CANARY}@example.org", "password": PASSWORD, "full_name": f"Ada {CANARY}"}
    tokens = anonymous.post(f"{AUTH}/register", form, headers=agent).json()
    api = anonymous.with_token(tokens["access_token"])
    gone = api.post(PROFILES, branded(profile_document(2))).json()
    kept = api.post(PROFILES, branded(profile_document(2, label="Kept"))).json()
    api.post(f"{AUTH}/change-email", {"new_email": f"other.{CANARY}@example.org", "password": PASSWORD})
    anonymous.post(f"{AUTH}/forgot-password", {"email": form["email"]})
    support = Client()
    support.force_login(User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root"))
    owner = User.objects.get(email=form["email"])
    sessions = {"sessions-TOTAL_FORMS": 0, "sessions-INITIAL_FORMS": 0}
    page = {"full_name": f"Ada {CANARY} L.", "is_active": "on", **sessions}
    assert support.post(f"/admin/users/user/{owner.pk}/change/", page).status_code == HTTPStatus.FOUND
    for profile in Profile.objects.filter(user=owner):
        mended = profile_page(profile) | {"label": f"Mended {CANARY}"}
        assert support.post(f"/admin/profiles/profile/{profile.pk}/change/", mended).status_code == HTTPStatus.FOUND
    path = f"{PROFILES}/{kept['id']}"
    api.get(f"{PROFILES}/{gone['id']}")
    api.delete(f"{PROFILES}/{gone['id']}")
    work_in_background(api, path)
    assert api.get(path).json()["label"] == f"Mended {CANARY}"
    assert api.get(f"{path}/analytics").status_code == HTTPStatus.OK
    return api


def work_in_background(api: ApiClient, path: str) -> None:
    """Jobs that have succeeded, failed, made a file, and one that waits."""
    stale = {"If-Match": '"stale"', **ASYNC}
    skills = {"skills": [f"{CANARY} breeding"]}
    for headers in (ASYNC, stale):
        api.post(f"{path}/skills/soft", skills, headers={**headers, "Idempotency-Key": f"{CANARY} {len(headers)}"})
    assert api.get(f"{AUTH}/me/export", headers=ASYNC).status_code == HTTPStatus.ACCEPTED
    for job in Job.objects.order_by("id"):
        tasks.run_job.call(str(job.pk))
    api.post(f"{path}/skills/soft", {"skills": [f"{CANARY} watching"]}, headers=ASYNC)
    states = list(Job.objects.order_by("id").values_list("status", flat=True))
    assert states == ["succeeded", "failed", "succeeded", "queued"]


def profile_page(profile: Profile) -> dict[str, Any]:
    """What the admin's page of a profile sends, with a change in the first job."""
    fields = {name: getattr(profile, name) for name in (*Profile.PERSONAL_INFO, "professional_summary")}
    fields |= {"links": json.dumps(profile.links)}
    forms = {related.get_accessor_name(): related for related in Profile._meta.related_objects}
    fields |= {f"{name}-{what}_FORMS": 0 for name in forms for what in ("TOTAL", "INITIAL")}
    job = profile.experience_set.get(position=0)
    own = {name: getattr(job, name) for name in ("id", "title", "company", "start_date", "end_date")}
    lists = {"achievements": "[]", "technologies": "[]"}
    first = {f"experience_set-0-{name}": value for name, value in (own | lists).items()}
    return fields | first | {"experience_set-TOTAL_FORMS": 1, "experience_set-INITIAL_FORMS": 1}


def test_an_export_holds_everything_that_is_stored_about_the_person(person: ApiClient) -> None:
    exported = person.get(f"{AUTH}/me/export")
    document = exported.json()
    (profile,) = person.get(PROFILES).json()["profiles"]
    assert document["profiles"] == [person.get(f"{PROFILES}/{profile['id']}").json()]
    [trashed] = person.get(f"{PROFILES}/trash", check=False).json()["profiles"]
    assert [(each["id"], each["deleted_at"]) for each in document["trash"]] == [(trashed["id"], trashed["deleted_at"])]
    revisions = {each["profile_id"]: each["revisions"] for each in document["history"]}
    assert {whose: len(each) for whose, each in revisions.items()} == {
        str(row.pk): row.version for row in Profile.with_trash.all()
    }
    assert CANARY in json.dumps([each["changes"] for each in revisions[trashed["id"]]])
    assert {each["device"] for each in revisions[trashed["id"]]} >= {f"{CANARY} phone"}
    assert "staff_id" not in json.dumps(document)
    assert len(document["sessions"]) == Session.objects.count()
    assert len(document["mails"]) == Mail.objects.count() > 0
    me = person.get(f"{AUTH}/me").json()
    assert document["account"] == document["account"] | me
    whole = json.dumps(document, ensure_ascii=False)
    own = [(where, text) for where, text in texts() if where.startswith(("users_", "profiles_")) and CANARY in text]
    assert len({where for where, _ in own}) > 30
    for where, text in own:
        # What a job has is JSON in a text, and stands in the document as itself.
        shown = json.dumps(json.loads(json.loads(text)), ensure_ascii=False) if ".profiles_job" in f".{where}" else text
        assert where.rpartition(".")[2] in NOT_EXPORTED or shown.strip('"') in whole, where
    assert "argon2" not in whole


def test_the_history_in_an_export_is_that_of_this_profile_alone(api: ApiClient) -> None:
    """An older release deleted an earlier profile with the same id, and left its entries behind."""
    pk = api.post(PROFILES, profile_document(1)).json()["id"]
    earlier = {"profile_id": pk, "version": 1, "created_at": clock.now(), "action": "x"}
    Revision.objects.create(**earlier, born=1, changes={"profile": {"label": CANARY}})
    assert CANARY not in api.get(f"{AUTH}/me/export").content.decode()


def test_a_long_history_is_exported_some_revisions_at_a_time(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "REVISIONS_AT_ONCE", 2)
    path = f"{PROFILES}/{api.post(PROFILES, profile_document(1)).json()['id']}"
    for number in range(4):
        api.patch(path, {"label": f"Label {number}"})
    [history] = api.get(f"{AUTH}/me/export").json()["history"]
    assert [each["version"] for each in history["revisions"]] == [5, 4, 3, 2, 1]
    before = [each["changes"].get("profile", {}).get("label") for each in history["revisions"]]
    assert before == ["Label 2", "Label 1", "Label 0", "Master", None]


def test_an_export_holds_nothing_of_others(api: ApiClient, person: ApiClient, user: User) -> None:
    make_profile(user, 1)
    whole = api.get(f"{AUTH}/me/export")
    assert CANARY not in whole.content.decode()
    assert [each["user_id"] for each in whole.json()["profiles"]] == [user.pk]


def exported(api: ApiClient) -> Any:
    """The job of an export, done."""
    filed = api.get(f"{AUTH}/me/export", headers=ASYNC)
    assert filed.status_code == HTTPStatus.ACCEPTED
    tasks.run_job.call(filed.json()["id"])
    return api.get(filed["Location"]).json()


def test_an_export_is_a_zip_of_everything(api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(JobFile, "PIECE_BYTES", 1000)
    for count in (1, 2):
        make_profile(user, count)
    told = exported(api)
    assert told["progress"] == {"done": 2, "total": 2}
    assert told["result"]["href"] == f"/api/v1/jobs/{told['id']}/file"
    assert JobFile.objects.filter(job=told["id"]).count() > 2
    answer = api.get(told["result"]["href"], headers={"Accept": "application/zip"})
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # of a StreamingHttpResponse
    assert answer["Content-Type"] == "application/zip"
    assert int(answer["Content-Length"]) == told["result"]["size"] == len(content)
    assert answer["Content-Disposition"].startswith('attachment; filename="profiles-')
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert {entry.date_time[0] for entry in archive.infolist()} == {clock.now().year}
        found = {name: json.loads(archive.read(name)) for name in archive.namelist()}
    inline = api.get(f"{AUTH}/me/export").json()
    for row in inline["profiles"]:
        assert found.pop(f"profiles/{row['id']}.json") == row
    for each in inline["history"]:
        assert found.pop(f"history/{each['profile_id']}.json") == each["revisions"]
    assert {name.removesuffix(".json") for name in found} == set(inline) - {"profiles", "trash", "history"}
    assert [row["id"] for row in found["jobs.json"]] == [told["id"]]
    assert found["account.json"] == inline["account"]
    assert found["security_events.json"] == inline["security_events"]


def test_an_archive_holds_trash_and_history(person: ApiClient) -> None:
    inline = person.get(f"{AUTH}/me/export").json()
    answer = person.get(exported(person)["result"]["href"])
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]  # as above
        found = {name: json.loads(archive.read(name)) for name in archive.namelist() if "/" in name}
    expected = {f"{name}/{each['id']}.json": each for name in ("profiles", "trash") for each in inline[name]}
    expected |= {f"history/{each['profile_id']}.json": each["revisions"] for each in inline["history"]}
    assert found == expected
    assert len(found) == 4


def test_an_export_goes_on_without_a_profile_that_is_deleted_meanwhile(
    api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    doomed, kept = (make_profile(user, 1) for _ in range(2))
    each = rendering.each

    def late(profiles: "QuerySet[Profile]") -> Iterator[rendering.Rendered]:
        Profile.objects.filter(pk=doomed.pk).delete()
        return each(profiles)

    monkeypatch.setattr(rendering, "each", late)
    answer = api.get(exported(api)["result"]["href"])
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]  # as above
        names = [name for name in archive.namelist() if "/" in name]
    assert names == [f"profiles/{kept.pk}.json", f"history/{kept.pk}.json"]


def test_an_archive_is_made_before_the_transaction_that_keeps_it(
    api: ApiClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_profile(user, 1)
    each, inside = rendering.each, []

    def watched(profiles: "QuerySet[Profile]") -> Iterator[rendering.Rendered]:
        inside.append(connection.in_atomic_block)
        return each(profiles)

    monkeypatch.setattr(rendering, "each", watched)
    assert exported(api)["status"] == "succeeded"
    assert inside == [False]


def test_only_the_newest_archives_are_kept(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MAX_ARCHIVES", 2)
    made = [exported(api) for _ in range(3)]
    assert [api.get(each["result"]["href"]).status_code for each in made] == [404, 200, 200]


def test_head_of_an_export_files_no_job(api: ApiClient) -> None:
    assert api.head(f"{AUTH}/me/export", headers=ASYNC).status_code == HTTPStatus.OK
    assert not Job.objects.exists()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="there one write happens at a time")
def test_an_erasure_waits_for_an_export_that_is_about_to_commit(
    person: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    filed = person.get(f"{AUTH}/me/export", headers=ASYNC)
    has_succeeded, succeed = threading.Event(), Job.succeed

    def slowly(self: Job, result: Any) -> bool:
        kept = succeed(self, result)
        has_succeeded.set()
        # Until the erasure waits for this row.
        time.sleep(1)
        return kept

    monkeypatch.setattr(Job, "succeed", slowly)

    def erase() -> int:
        assert has_succeeded.wait(10)
        return person.post(f"{AUTH}/me/erase", {"password": PASSWORD}).status_code

    def work() -> int:
        tasks.run_job.call(filed.json()["id"])
        return 0

    assert at_once(work, erase) == [0, HTTPStatus.NO_CONTENT]
    assert traces() == set()
    assert not JobFile.objects.exists()


def test_the_file_of_an_export_can_be_asked_for_by_head(api: ApiClient) -> None:
    told = exported(api)
    answer = api.head(told["result"]["href"])
    assert answer.status_code == HTTPStatus.OK
    assert int(answer["Content-Length"]) == told["result"]["size"]


def test_what_was_erased_is_found_in_no_table_cache_or_file(person: ApiClient, user: User) -> None:
    make_profile(user, 1)
    others = Profile.objects.filter(user=user).count()
    found = traces()
    assert {"users_user.email", "users_session.user_agent", "users_mail.address", "profiles_skill.name"} <= found
    assert {"profiles_job.input", "profiles_job.result", "users_idempotencyrecord.key"} <= found
    assert {where.partition(" ")[0] for where in found if " " in where} == {CACHE, "process"}
    assert {"profiles_revision.changes", "profiles_revision.device"} <= found
    assert Profile.with_trash.filter(label__contains=CANARY, deleted_at__isnull=False).exists()
    assert JobFile.objects.exists()
    assert SecurityEvent.objects.exclude(user=None).exists()
    assert person.post(f"{AUTH}/me/erase", {"password": PASSWORD}).status_code == HTTPStatus.NO_CONTENT
    assert traces() == set()
    assert Profile.objects.count() == others
    assert Profile.with_trash.count() == others
    for model in (Job, JobFile, SecurityEvent, IdempotencyRecord, Revision):
        assert not model._default_manager.exists(), model
    assert person.get(PROFILES).status_code == HTTPStatus.UNAUTHORIZED
    assert person.post(f"{AUTH}/me/erase", {"password": PASSWORD}).status_code == HTTPStatus.UNAUTHORIZED


def test_what_a_person_deletes_for_good_is_found_in_no_table(person: ApiClient) -> None:
    (profile,) = person.get(PROFILES).json()["profiles"]
    # What its jobs tell goes when they are pruned.
    Job.objects.all().delete()
    IdempotencyRecord.objects.all().delete()
    person.delete(f"{PROFILES}/{profile['id']}")
    for each in person.get(f"{PROFILES}/trash", check=False).json()["profiles"]:
        purged = person.delete(f"{PROFILES}/trash/{each['id']}", check=False)
        assert purged.status_code == HTTPStatus.NO_CONTENT
    assert {where.partition("_")[0] for where in traces()} == {"users"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"password": "Wrong-Horse-7"}, HTTPStatus.UNAUTHORIZED),
        ({"password": f" {PASSWORD}"}, HTTPStatus.UNAUTHORIZED),
        ({"password": ""}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({"password": None}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({"password": 12345678}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({"password": [PASSWORD]}, HTTPStatus.UNPROCESSABLE_ENTITY),
        ({}, HTTPStatus.UNPROCESSABLE_ENTITY),
    ],
)
def test_nothing_is_erased_without_the_password(
    api: ApiClient, user: User, body: dict[str, Any], status: HTTPStatus
) -> None:
    make_profile(user, 1)
    answer = api.post(f"{AUTH}/me/erase", body)
    assert answer.status_code == status
    if status == HTTPStatus.UNAUTHORIZED:
        assert answer.json()["type"].endswith("/wrong-password")
        assert "incorrect" in answer.json()["detail"]
        assert "invalid_token" not in answer["WWW-Authenticate"]
    assert User.objects.filter(pk=user.pk).exists()
    assert Profile.objects.filter(user=user).exists()
