"""Accounts in the admin site."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from profiles_project.database import clock
from tests.support.factories import PASSWORD, UserFactory
from tests.support.queries import statements
from users.accounts import reset_password
from users.links import make_token
from users.models import Mail, Session, User

pytestmark = pytest.mark.django_db

USERS = "/admin/users/user/"


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def superuser() -> User:
    return User.objects.create_superuser("root@example.com", PASSWORD, full_name="Root")


@pytest.fixture
def staff() -> User:
    user = UserFactory.create(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="users"))
    return user


@pytest.fixture
def admin(superuser: User) -> Client:
    return client_of(superuser)


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    """What the form for a change sends."""
    inline = {"sessions-TOTAL_FORMS": 0, "sessions-INITIAL_FORMS": 0}
    return {"full_name": user.full_name, "is_active": "on", **inline, **changes}


def test_staff_log_in_by_address_without_case(superuser: User) -> None:
    client = Client()
    answer = client.post("/admin/login/?next=/admin/", {"username": superuser.email.upper(), "password": PASSWORD})
    assert answer.status_code == 302
    assert client.get(USERS).status_code == 200


def test_app_users_do_not_get_in(user: User) -> None:
    assert client_of(user).get(USERS).status_code == 302


@pytest.mark.parametrize("query", ["ADA@example", "lovelace", "ada"])
def test_accounts_are_found_by_address_and_name(admin: Client, query: str) -> None:
    UserFactory.create(email="ada@example.com", full_name="Ada Lovelace")
    UserFactory.create(email="grace@example.com", full_name="Grace Hopper")
    page = admin.get(USERS, {"q": query}).content.decode()
    assert "Ada Lovelace" in page
    assert "Grace Hopper" not in page


def test_the_list_costs_the_same_for_one_and_for_many(admin: Client) -> None:
    counts = []
    for more in (1, 2, 40):
        UserFactory.create_batch(more)
        with statements() as found:
            assert admin.get(USERS).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1] == counts[2]


def test_a_password_is_neither_shown_nor_set(admin: Client, user: User) -> None:
    page = admin.get(f"{USERS}{user.pk}/change/").content.decode()
    assert user.email in page
    assert "argon2" not in page
    assert not re.search(r'name="password|type="password"', page)
    assert admin.get(f"{USERS}{user.pk}/password/").status_code == 302
    assert admin.get(USERS, {"password__startswith": "argon2"}).status_code == 400


def test_the_page_lists_sessions_and_costs_the_same_for_many(admin: Client, user: User) -> None:
    counts = []
    admin.get(f"{USERS}{user.pk}/change/")  # Django keeps the kinds of objects in memory from here on
    for more in (1, 2, 30):
        for _ in range(more):
            Session.objects.start(user, "Live/1")
        Session.objects.filter(pk=Session.objects.start(user, "Ended/1").pk).end()
        with statements() as found:
            page = admin.get(f"{USERS}{user.pk}/change/").content.decode()
        counts.append(len(found))
        assert "Live/1" in page
        assert "Ended/1" in page
    assert counts[0] == counts[1] == counts[2]


@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}, {"is_superuser": False}])
def test_who_is_demoted_is_out_at_the_next_click(superuser: User, change: dict[str, bool]) -> None:
    client = client_of(superuser)
    assert client.get(USERS).status_code == 200
    User.objects.filter(pk=superuser.pk).update(**change)
    assert client.get(USERS).status_code in {302, 403}


def test_the_address_stays_what_its_owner_confirmed(admin: Client, user: User) -> None:
    before = user.email
    changed = form_of(user, email="taken-over@example.com", full_name="Countess")
    assert admin.post(f"{USERS}{user.pk}/change/", changed).status_code == 302
    user.refresh_from_db()
    assert (user.email, user.full_name) == (before, "Countess")


class TestNewStaff:
    FORM = {"email": "support@example.com", "full_name": "Support", "is_staff": "on"}

    def test_a_superuser_makes_them_and_they_choose_a_password(self, admin: Client) -> None:
        assert "password" not in admin.get(f"{USERS}add/").context["adminform"].form.fields
        assert admin.post(f"{USERS}add/", self.FORM | {"password1": "Difference-Engine-2"}).status_code == 302
        user = User.objects.get_by_natural_key("support@example.com")
        assert user.is_staff
        assert not user.is_superuser
        assert not user.has_usable_password()
        mail = Mail.objects.get()
        reset_password(make_token(mail, user), "Difference-Engine-2")
        user.refresh_from_db()
        assert user.check_password("Difference-Engine-2")

    def test_an_address_that_is_taken_is_refused(self, admin: Client, user: User) -> None:
        page = admin.post(f"{USERS}add/", self.FORM | {"email": user.email.upper()}).content.decode()
        assert "An account with this e-mail address already exists." in page

    def test_other_staff_make_nobody_and_promote_nobody(self, staff: User, superuser: User, user: User) -> None:
        client = client_of(staff)
        assert client.get(USERS).status_code == 200
        assert client.get(f"{USERS}add/").status_code == 403
        assert client.post(f"{USERS}add/", self.FORM).status_code == 403
        promoted = form_of(user, is_staff="on", is_superuser="on", full_name="Promoted")
        assert client.post(f"{USERS}{user.pk}/change/", promoted).status_code == 403
        user.refresh_from_db()
        assert user.full_name != "Promoted"
        assert not user.is_staff
        assert not user.is_superuser
        assert client.post(f"{USERS}{superuser.pk}/change/", form_of(superuser, is_active="")).status_code == 403


def test_nothing_is_deleted(admin: Client, user: User) -> None:
    session = Session.objects.start(user, "App/1")
    mail = Mail.objects.create(user=user, kind=Mail.Kind.VERIFY, address=user.email, next_try_at=clock.now())
    for name, row in (("user", user), ("session", session), ("mail", mail)):
        assert admin.post(f"/admin/users/{name}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
        action = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
        admin.post(f"/admin/users/{name}/", action)
    assert User.objects.filter(pk=user.pk).exists()
    assert Session.objects.exists()
    assert Mail.objects.exists()


def test_sessions_and_mails_are_looked_at_and_not_touched(admin: Client) -> None:
    counts: dict[str, list[int]] = {"session": [], "mail": []}
    for more in (1, 2, 20):
        for user in UserFactory.create_batch(more):
            session = Session.objects.start(user, "App/1")
            mail = Mail.objects.create(user=user, kind=Mail.Kind.VERIFY, address=user.email, next_try_at=clock.now())
        for name, row in (("session", session), ("mail", mail)):
            with statements() as found:
                page = admin.get(f"/admin/users/{name}/").content.decode()
            assert f"{user.full_name} ({user.email[0]}•••@example.org)" in page
            assert user.email not in page
            counts[name].append(len(found))
            assert admin.get(f"/admin/users/{name}/{row.pk}/change/").status_code == 200
            assert admin.post(f"/admin/users/{name}/{row.pk}/change/", {"user_agent": "x"}).status_code == 403
            assert admin.get(f"/admin/users/{name}/add/").status_code == 403
    assert all(len(set(each)) == 1 for each in counts.values())
    assert str(session) == str(session.pk)
    assert str(mail) == f"Confirm the e-mail address ({mail.pk})"
    assert (user.get_full_name(), user.get_short_name(), str(user)) == (
        user.full_name,
        user.full_name,
        f"{user.full_name} ({user.pk})",
    )
