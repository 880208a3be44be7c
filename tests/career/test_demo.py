"""The demo data of a first start."""

import io
import json
import re

import pytest
from django.core.management import call_command

from profiles.career import history
from profiles.desk.roles import ROLES
from profiles.models import COMPONENTS, Job, Profile, Revision, Skill
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.staff import client_of
from users.maintenance import sweep_mails
from users.models import Mail, User

pytestmark = pytest.mark.django_db


def demo() -> str:
    printed = io.StringIO()
    call_command("demo", stdout=printed)
    return printed.getvalue()


def test_the_printed_credentials_work_and_lead_to_a_full_profile(anonymous: ApiClient) -> None:
    people = re.findall(r"(\S+@example\.com) +(\S+)$", demo(), re.MULTILINE)
    assert len(people) == 4
    for email, password in people:
        response = anonymous.post(f"{API}/auth/login", {"email": email, "password": password})
        assert response.status_code == 200
        if email.startswith("ada"):
            api = anonymous.with_token(response.json()["access_token"])
            document = api.get(f"{API}/profiles/me").json()
    lists = {**document, **document["skills"]}
    assert [
        name for name in (*Skill.Kind.values, "details", *(kind.plural for kind in COMPONENTS)) if not lists[name]
    ] == []
    assert document["personal_info"]["headline"]
    assert document["personal_info"]["links"]
    assert (User.objects.filter(is_superuser=True).count(), User.objects.filter(is_staff=True).count()) == (1, 3)


def test_what_nobody_did_is_not_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    demo()
    assert caplog.messages == []


def test_the_printed_staff_have_the_roles_that_the_desk_gives() -> None:
    printed = demo()
    for role, email in (("Support", "support@example.com"), ("Support lead", "lead@example.com")):
        assert re.search(rf"^ +{role}: +{email} +\S+$", printed, re.MULTILINE)
        person = User.objects.get(email=email)
        assert person.is_staff
        assert set(person.get_all_permissions()) == set(ROLES[role])
        assert not person.user_permissions.exists()


def test_there_is_a_past_to_practise_on() -> None:
    demo()
    ada = User.objects.get(email="ada@example.com")
    profile = Profile.objects.get(user=ada)
    log = list(Revision.objects.filter(profile=profile).order_by("version"))
    assert [(entry.action, entry.reverts) for entry in log] == [
        ("profiles_create", None),
        ("profiles_partial_update", None),
        ("profiles_update", None),
        ("profiles_restore", 2),
    ]
    mistake = json.loads(history.rendered(profile.pk, 3).body)
    assert mistake["experiences"] == []
    current = json.loads(history.rendered(profile.pk, 4).body)
    assert current["experiences"]
    assert Profile.with_trash.get(user=ada, deleted_at__isnull=False).label == "For museums"
    assert ada.sessions.live().count() == 2
    job = Job.objects.get(user=ada)
    assert job.status == Job.Status.FAILED
    assert job.can_run_again
    mail = Mail.objects.get(user=ada)
    assert mail.failure == "The mail server refused the connection."
    assert mail.sent_at is None
    assert sweep_mails() == 0


@pytest.mark.parametrize("email", ["support@example.com", "lead@example.com"])
def test_each_role_has_something_to_do_there(email: str) -> None:
    demo()
    client = client_of(User.objects.get(email=email))
    ada = User.objects.get(email="ada@example.com")
    page = client.get(f"/admin/users/user/{ada.pk}/change/").content.decode()
    for words in (
        "For museums",
        "put into the trash",
        "version 2 restored",
        "Auth me export",
        "refused the connection",
    ):
        assert words in page, words
    trashed = Profile.with_trash.get(deleted_at__isnull=False)
    assert "Take out of the trash" in client.get(f"/admin/profiles/profile/{trashed.pk}/read/").content.decode()
    whole = client.get(f"/admin/profiles/profile/{Profile.objects.get().pk}/history/").content.decode()
    assert "Restore this version" in whole
    assert "deleted" in whole


def test_where_somebody_is_already_nothing_is_made(user: User) -> None:
    assert demo() == "There are accounts already, so no demo accounts are made.\n"
    assert (User.objects.count(), Profile.objects.count()) == (1, 0)
