"""What the support desk stands on: keys of search, scores that follow the document, roles, a log that nobody edits."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from profiles.career import rendering
from profiles.desk.roles import ROLES
from profiles.models import Profile
from profiles.tasks import score_profiles
from profiles_project.database import clock
from profiles_project.database.derived import refill
from profiles_project.texts import search_key
from tests.support.client import ApiClient
from tests.support.factories import ProfileFactory, UserFactory, make_profile
from tests.support.queries import statements
from users.models import AuditEntry, User

pytestmark = pytest.mark.django_db


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Jürgen  Groß", "jurgen gross"),
        ("JU\u0308RGEN\tGROSS ", "jurgen gross"),
        ("Łódź Ærø", "łodz ærø"),
        ("Ἀθηνᾶ", "αθηνα"),
        ("山田 太郎", "山田 太郎"),
        ("", ""),
    ],
)
def test_a_name_is_searched_without_case_marks_and_double_spaces(text: str, key: str) -> None:
    assert search_key(text) == key
    assert search_key(key) == key


def test_the_keys_follow_name_and_address(api: ApiClient, user: User) -> None:
    assert api.patch("/api/v1/auth/me", {"full_name": "Zoë Ørsted"}).status_code == 200
    user.refresh_from_db()
    assert user.search_key == f"zoe ørsted {user.email}"
    profile = make_profile(user, 1)
    assert profile.search_key == search_key(f"{profile.full_name} {profile.email}")
    path = f"/api/v1/profiles/{profile.pk}"
    assert api.patch(path, {"personal_info": {"full_name": "Ánna"}}).status_code == 200
    profile.refresh_from_db()
    assert profile.search_key == f"anna {profile.email}"


@pytest.mark.parametrize("store", [False, True])
def test_keys_that_a_release_before_left_out_are_found_and_filled(store: bool) -> None:  # noqa: FBT001  # a parameter of pytest
    # One that lies in the trash is found when it is taken out.
    profile = ProfileFactory.create(deleted_at=clock.now(), is_active=False)
    ProfileFactory.create()
    Profile.with_trash.filter(pk=profile.pk).update(search_key="")
    User.objects.filter(pk=profile.user_id).update(search_key="wrong", email_key="wrong")
    looked: list[int] = []
    assert refill(Profile, looked.append, store=store) == 1
    assert refill(User, store=store) == 1
    assert looked == [2]
    fresh = Profile.with_trash.select_related("user").get(pk=profile.pk)
    assert (fresh.search_key == profile.search_key) is store
    assert (fresh.user.email_key == profile.user.email_key) is store


def test_the_command_says_what_it_mended(capsys: pytest.CaptureFixture[str]) -> None:
    ProfileFactory.create()
    Profile.objects.update(search_key="")
    call_command("rebuild_search", dry_run=True)
    assert "profiles.Profile (search_key): 1 row, 1 to mend" in capsys.readouterr().out
    assert Profile.objects.get().search_key == ""
    score_profiles()
    call_command("rebuild_search", dry_run=True)
    assert Profile.objects.exclude(score=None).count() == 1


def test_a_score_follows_the_document_and_is_no_revision(api: ApiClient, user: User) -> None:
    profile, poor = make_profile(user, 2), ProfileFactory.create(user=user, is_active=False)
    assert score_profiles() == 2
    assert score_profiles() == 0
    for each in (profile, poor):
        each.refresh_from_db()
        analytics = api.get(f"/api/v1/profiles/{each.pk}/analytics").json()
        assert each.score == analytics["completeness"]["overall"]
        assert each.version == 1
    assert poor.score is not None
    assert profile.score is not None
    assert poor.score < profile.score
    assert api.patch(f"/api/v1/profiles/{profile.pk}", {"personal_info": {"phone": None}}).status_code == 200
    assert Profile.objects.filter(score=None).get() == profile
    assert score_profiles() == 1


def test_a_profile_that_cannot_be_scored_keeps_no_other_waiting(
    user: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, *_ = (make_profile(user, 0) for _ in range(3))
    score = rendering.score

    def fail(rows: Any, today: dt.date) -> dict[Any, int]:
        if rows.filter(pk=broken.pk).exists():
            raise ValueError("canary")
        return score(rows, today)

    monkeypatch.setattr(rendering, "score", fail)
    monkeypatch.setattr("profiles.tasks.SCORED_AT_ONCE", 2)
    assert score_profiles() == 2
    assert set(Profile.objects.filter(score=None)) == {broken}
    assert caplog.text.count(f"profile {broken.pk} can't be scored") == 1
    assert all(each.score is not None for each in Profile.objects.exclude(pk=broken.pk))
    monkeypatch.undo()
    assert score_profiles() == 1


def test_many_scores_cost_a_constant_number_of_statements_a_batch(user: User) -> None:
    today = clock.now().date()
    for _ in range(3):
        make_profile(user, 1)
    with statements() as found:
        assert len(rendering.score(Profile.objects.all(), today)) == 3
    assert len(found) == 1


def test_roles_are_what_the_release_says_whatever_somebody_did_to_them() -> None:
    support = Group.objects.get(name="Support")
    support.permissions.clear()
    call_command("migrate", verbosity=0)
    for name, rights in ROLES.items():
        held = Group.objects.get(name=name).permissions.values_list("content_type__app_label", "codename")
        assert {f"{app}.{code}" for app, code in held} == set(rights)


def test_nobody_changes_or_deletes_an_entry_of_the_audit_log() -> None:
    entry = AuditEntry.objects.create(staff_id=1, user_id=2, object_kind="users.user", object_id="2", action="erase")
    with pytest.raises(TypeError):
        entry.save()
    for harm in (lambda: AuditEntry.objects.update(reason="other"), lambda: AuditEntry.objects.all().delete()):
        with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
            harm()
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="not emptied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE users_auditentry")
        # Nor behind a temporary table of that name.
        with pytest.raises(DatabaseError, match="not emptied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE users_auditentry (x int); TRUNCATE public.users_auditentry")
    old = clock.now() - AuditEntry.KEEP - dt.timedelta(days=1)
    AuditEntry.objects.create(staff_id=1, object_kind="users.user", object_id="3", action="view", created_at=old)
    assert AuditEntry.objects.filter(created_at__lte=old).delete()[0] == 1


def test_an_account_that_is_erased_leaves_its_entries(user: User) -> None:
    AuditEntry.objects.create(staff_id=1, user_id=user.pk, object_kind="users.user", object_id=user.pk, action="view")
    UserFactory.create()
    user.delete()
    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_command_mends_keys_and_has_scores_computed_again(capsys: pytest.CaptureFixture[str]) -> None:
    profile = ProfileFactory.create()
    score_profiles()
    Profile.objects.update(search_key="")
    call_command("rebuild_search")
    told = capsys.readouterr().out
    assert "profiles.Profile (search_key): 1 row, 1 mended" in told
    assert "profiles.Profile (score): 1 row emptied" in told
    assert Profile.objects.get().search_key == profile.search_key
    assert score_profiles() == 1
