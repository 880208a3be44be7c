"""What staff do wrong, late or twice at the desk, and what they see then."""

from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import Settings

from profiles.desk import lists
from profiles.models import Profile
from tests.support.factories import PASSWORD, UserFactory, make_profile
from tests.support.staff import client_of, in_role, superuser
from users.models import AuditEntry, SecurityEvent, User
from users.second_factor import KEY

pytestmark = pytest.mark.django_db

PEOPLE, GROUPS, NEW_PASSWORD = "/admin/users/user/", "/admin/auth/group/", "/admin/password_change/"
AGAIN, SET_UP = "/admin/second-factor/password/", "/admin/second-factor/set-up/"
REASON = "Ticket 4711, asked by phone."


@pytest.fixture
def root() -> User:
    return superuser()


@pytest.fixture
def at_desk(root: User) -> Client:
    return client_of(root)


def kinds(user: User) -> list[str]:
    return list(SecurityEvent.objects.filter(user=user).order_by("id").values_list("kind", flat=True))


def page(client: Client, where: str, **form: Any) -> str:
    """What is shown after a form was sent."""
    return str(client.post(where, form, follow=True).content.decode())


# Their own password ------------------------------------------------------------------------------------------------


def new_password(old: str = PASSWORD, new: str = "Another-Horse-8") -> dict[str, str]:
    return {"old_password": old, "new_password1": new, "new_password2": new}


def test_staff_change_their_password_as_in_the_api(root: User) -> None:
    mine, elsewhere = client_of(root), client_of(root)
    assert "Your password was changed" in page(mine, NEW_PASSWORD, **new_password())
    root.refresh_from_db()
    assert root.check_password("Another-Horse-8")
    assert kinds(root) == ["password_changed"]
    assert [(mail.kind, mail.address) for mail in root.mails.all()] == [("password_notice", root.email)]
    assert mine.get(PEOPLE).status_code == 200
    assert elsewhere.get(PEOPLE).status_code == 302


def test_who_sits_at_an_open_desk_does_not_guess_its_password(root: User, at_desk: Client, settings: Settings) -> None:
    settings.RATELIMIT_ENABLE = True
    most = int(settings.RATELIMITS["password"].split("/")[0])
    for _ in range(most):
        assert "entered incorrectly" in page(at_desk, NEW_PASSWORD, **new_password(old="Wrong-Horse-1"))
    refused = at_desk.post(NEW_PASSWORD, new_password())
    assert refused.status_code == 429
    assert kinds(root) == ["login_failed"] * most
    root.refresh_from_db()
    assert root.check_password(PASSWORD)


def test_a_weak_password_or_one_that_was_changed_meanwhile_is_refused(
    root: User, at_desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "errorlist" in page(at_desk, NEW_PASSWORD, **new_password(new="short"))
    monkeypatch.setattr("profiles.desk.login.replace_password", lambda *_: False)
    assert "has changed in the meantime" in page(at_desk, NEW_PASSWORD, **new_password())
    assert kinds(root) == []


def test_who_has_no_password_sees_no_secret_of_a_second_factor(root: User, at_desk: Client, settings: Settings) -> None:
    settings.RATELIMIT_ENABLE = True
    most = int(settings.RATELIMITS["login_email"].split("/")[0])
    for _ in range(most):
        assert "This is not your password." in page(at_desk, AGAIN, password="Wrong-Horse-1")
    assert at_desk.post(AGAIN, {"password": PASSWORD}).status_code == 429
    # They are counted with the tries to log in.
    assert Client().post("/admin/login/", {"username": root.email, "password": PASSWORD}).status_code == 429
    assert kinds(root) == ["login_failed"] * most
    for method in (at_desk.get, at_desk.post):
        assert method(SET_UP)["Location"] == AGAIN
    assert KEY not in at_desk.session


def test_a_right_password_with_an_old_hash_ends_no_session(root: User) -> None:
    # What an older release has stored, which Django would renew.
    root.password = make_password(PASSWORD, hasher="pbkdf2_sha256")
    root.save()
    at_desk = client_of(root)
    assert at_desk.post(AGAIN, {"password": PASSWORD})["Location"] == SET_UP
    assert "errorlist" in page(at_desk, NEW_PASSWORD, **new_password(new="short"))
    assert at_desk.get(PEOPLE).status_code == 200


# Rights ------------------------------------------------------------------------------------------------------------


def test_a_group_that_is_deleted_leaves_an_entry_and_no_name(at_desk: Client) -> None:
    group = Group.objects.create(name="Helpers")
    assert at_desk.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Group.objects.filter(pk=group.pk).exists()
    entry = AuditEntry.objects.get(action="delete")
    assert (entry.object_kind, entry.object_id) == ("auth.group", str(group.pk))


def test_the_roles_of_the_release_are_not_deleted(at_desk: Client) -> None:
    group = Group.objects.get(name="Support")
    assert at_desk.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Group.objects.filter(pk=group.pk).exists()


def test_a_superuser_is_a_member_of_the_staff(at_desk: Client) -> None:
    fields = {"email": "new@example.com", "full_name": "New", "is_superuser": "on"}
    assert "choose both, or take both away" in page(at_desk, f"{PEOPLE}add/", **fields)
    assert not User.objects.filter(email="new@example.com").exists()
    # Whoever became so in another way can be seen and mended.
    odd = UserFactory.create(is_superuser=True)
    where = f"{PEOPLE}{odd.pk}/change/"
    assert "is_superuser" in at_desk.get(where).content.decode()
    assert at_desk.post(where, {"full_name": "Odd"}).status_code == 302
    odd.refresh_from_db()
    assert not odd.is_superuser


def test_who_is_no_longer_staff_loses_all_rights(at_desk: Client) -> None:
    member = in_role("Support")
    where = f"{PEOPLE}{member.pk}/change/"
    groups = [str(group.pk) for group in member.groups.all()]
    assert at_desk.post(where, {"full_name": "Gone", "groups": groups}).status_code == 302
    member.refresh_from_db()
    assert not member.is_staff
    assert not member.groups.exists()


def test_nobody_changes_their_own_account_by_the_form(root: User, at_desk: Client) -> None:
    where = f"{PEOPLE}{root.pk}/change/"
    assert 'name="_save"' not in at_desk.get(where).content.decode()
    assert at_desk.post(where, {"full_name": "Me"}).status_code == 403
    root.refresh_from_db()
    assert root.is_superuser


# Late --------------------------------------------------------------------------------------------------------------


def test_who_is_gone_is_named_and_the_others_have_their_action(at_desk: Client) -> None:
    gone, there = UserFactory.create_batch(2)
    where = f"{PEOPLE}act/deactivate/?id={gone.pk}&id={there.pk}"
    key = gone.pk
    gone.delete()
    assert f"{key} is gone." in at_desk.get(where).content.decode()
    shown = page(at_desk, where, reason=REASON)
    assert f"{key} is gone." in shown
    assert f"{there.pk}: deactivate – done." in shown
    there.refresh_from_db()
    assert not there.is_active
    for nobody in (key, 99999999999999999999):
        answer = at_desk.get(f"{PEOPLE}act/deactivate/?id={nobody}", follow=True)
        assert answer.redirect_chain == [(PEOPLE, 302)], nobody
        assert f"{nobody} is gone." in answer.content.decode()


def test_what_the_page_refused_does_not_become_possible_by_the_rest(at_desk: Client, user: User) -> None:
    active, spare = make_profile(user, 0), make_profile(user, 0, is_active=False)
    where = f"/admin/profiles/profile/act/make-active/?id={active.pk}&id={spare.pk}"
    shown = page(at_desk, where, reason=REASON)
    assert f"{active.pk}: This is the active profile already." in shown
    assert list(Profile.objects.filter(is_active=True)) == [spare]


@pytest.mark.parametrize(
    ("path", "action", "key", "told"),
    [
        (PEOPLE, "deactivate", "x", "has no id of this list"),
        (PEOPLE, "deactivate", "9" * 30, "of this list|in the list any more"),
        (PEOPLE, "deactivate", "999999", "in the list any more"),
        ("/admin/profiles/job/", "cancel", "x", "has no id of this list"),
        ("/admin/profiles/profile/", "make-active", "x", "has no id of this list"),
    ],
)
def test_a_choice_that_is_none_is_told(at_desk: Client, path: str, action: str, key: str, told: str) -> None:
    shown = page(at_desk, path, action=action, _selected_action=key)
    assert any(words in shown for words in told.split("|"))


def test_a_page_that_is_there_no_more_is_the_last_one(at_desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory.create_batch(3, full_name="Anna")
    monkeypatch.setattr("profiles.desk.pages.people.AccountAdmin.list_per_page", 2)
    answer = at_desk.get(PEOPLE, {"q": "anna", "p": "99"})
    assert answer.status_code == 200
    assert [row.full_name for row in answer.context["cl"].result_list] == ["Anna"]
    whole = at_desk.get(PEOPLE, {"q": "anna", "p": "0"}, follow=True)
    assert "this is all of it" in whole.content.decode()
    assert lists.CappedPaginator(User.objects.order_by("pk"), 2).validate_number("99") == 2


# Who did it --------------------------------------------------------------------------------------------------------


def test_the_audit_log_says_what_somebody_did(at_desk: Client, root: User, user: User) -> None:
    lead = in_role("Support lead")
    User.objects.filter(pk=lead.pk).update(full_name="Lena Lead", search_key="lena lead")
    client_of(lead).get(f"{PEOPLE}{user.pk}/change/")
    client_of(root).get(f"{PEOPLE}{user.pk}/change/")
    for asked in ({"q": "lena"}, {"staff_id__exact": lead.pk}):
        (entry,) = at_desk.get("/admin/users/auditentry/", asked).context["cl"].result_list
        assert (entry.staff_id, entry.user_id) == (lead.pk, user.pk)


# Pages of faults ---------------------------------------------------------------------------------------------------


def test_what_goes_wrong_in_the_admin_is_said_on_a_page(at_desk: Client, root: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(root)
    for answer, status, words in (
        (strict.post(f"{PEOPLE}add/", {"email": "a@example.com"}), 403, "Nothing was done"),
        (at_desk.get(f"{PEOPLE}?phone__startswith=1"), 400, "The address is wrong"),
        (at_desk.get(f"{PEOPLE}act/nonsense/?id=1"), 404, "There is nothing at this address"),
        (at_desk.get("/admin/autocomplete/"), 404, "There is nothing at this address"),
    ):
        assert answer.status_code == status
        assert words in answer.content.decode()
        assert 'href="/admin/"' in answer.content.decode()


def test_a_fault_of_ours_is_said_on_a_page(at_desk: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    at_desk.raise_request_exception = False
    monkeypatch.setattr("profiles.desk.search.people", fail)
    answer = at_desk.get(PEOPLE, {"q": "anna"})
    assert answer.status_code == 500
    assert "The fault is ours" in answer.content.decode()


def test_elsewhere_it_is_a_document() -> None:
    strict = Client(enforce_csrf_checks=True)
    for path, status in (("/health", 405), ("/health/ready", 405), ("/", 403)):
        answer = strict.post(path)
        assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), path
