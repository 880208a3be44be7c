"""What staff do at the desk: each action with its reason and its entry, and what no role can reach by any address."""

import datetime as dt
import threading
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session as AdminSession
from django.db import connection, transaction
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django import Settings

from profiles.desk.actions import ACTIONS, BETWEEN_MAILS, Action, Refused, perform
from profiles.desk.pages.people import AccountAdmin
from profiles.desk.roles import ROLES
from profiles.models import Actor, Cause, Job, JobFile, Profile
from profiles.models.jobs import MAX_ATTEMPTS
from profiles.tasks import run_job, sweep_jobs
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.factories import PASSWORD, UserFactory, make_profile
from tests.support.queries import statements
from tests.support.staff import client_of, failed_job, in_role, superuser
from users.models import AuditEntry, Mail, SecurityEvent, User

BY_NAME = {action.name: action for action in ACTIONS}
REASON = "Ticket 4711, asked by phone."
HOUR = dt.timedelta(hours=1)
BY_PERSON = Cause(Actor.YOU, "profiles_update", "Pixel")


@pytest.fixture
def root(db: None) -> User:
    return superuser()


def address(action: Action, *keys: object) -> str:
    """Where the action asks about these rows."""
    options = action.model._meta
    ids = "&".join(f"id={key}" for key in keys)
    return f"/admin/{options.app_label}/{options.model_name}/act/{action.name}/?{ids}"


def revised_profile(person: User) -> Profile:
    """A profile at version 3, whose log knows version 2."""
    profile = make_profile(person, 1)
    for label in ("Good", "Wrong"):
        with Profile.objects.revise(profile.pk, BY_PERSON) as revised:
            revised.label = label
    profile.refresh_from_db()
    return profile


def target(action: Action) -> Any:
    """A row to which the action can be done."""
    person = UserFactory.create(is_active=action.name != "reactivate", is_verified=False)
    if action.model is Job:
        waiting = {"user": person, "kind": "auth_me_export", "lease_until": clock.now()}
        return failed_job(person) if action.name == "rerun" else Job.objects.create(**waiting)
    if action.name == "restore-version":
        return revised_profile(person)
    if action.model is Profile:
        make_profile(person, 0)
        spare = make_profile(person, 0, label="Spare")
        return Profile.objects.remove(spare, BY_PERSON) if action.name == "take-out-of-trash" else spare
    if action.name == "end-sessions":
        ApiClient().as_user(person)
    if action.name == "reset-second-factor":
        TOTPDevice.objects.create(user=person, name="App")
    return person


def body(action: Action, row: Any, reason: str = REASON) -> dict[str, Any]:
    """What the form sends."""
    asked = {"version": 2, "seen": row.version} if action.asks else {}
    return {"reason": reason, **asked, **({"typed": str(row.pk)} if action.is_grave else {})}


# All of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_NAME)
def test_an_action_asks_first_and_is_done_once_with_its_entry(root: User, name: str) -> None:
    action, client = BY_NAME[name], client_of(root)
    row = target(action)
    person = row if isinstance(row, User) else row.user
    where = address(action, row.pk)
    page = client.get(where)
    assert page.status_code == 200
    assert action.explanation.replace("'", "&#x27;") in page.content.decode()
    assert not AuditEntry.objects.exclude(action="view").exists()
    done = client.post(where, body(action, row), follow=True)
    assert f"{row.pk}: {action.label.lower()} – done." in done.content.decode()
    entry = AuditEntry.objects.exclude(action="view").get()
    assert (entry.staff_id, entry.user_id, entry.action, entry.reason) == (root.pk, person.pk, name, REASON)
    assert (entry.object_kind, entry.object_id) == (action.model._meta.label_lower, str(row.pk))
    # Done again, as by a second tap: nothing happens, and the page says why.
    again = client.post(where, body(action, row), follow=True).content.decode()
    assert "done." not in again
    assert f"{row.pk} is gone." in again or "errorlist" in again or 'class="error"' in again
    assert AuditEntry.objects.exclude(action="view").count() == 1


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("reason", ["", "    ", "why", "x" * 501, "nul\0in it"])
def test_nothing_is_done_without_a_good_reason(root: User, name: str, reason: str) -> None:
    action = BY_NAME[name]
    row = target(action)
    page = client_of(root).post(address(action, row.pk), body(action, row, reason))
    assert page.status_code == 200
    assert page.context["form"].errors["reason"]
    assert not AuditEntry.objects.exists()


# Roles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("role", [*ROLES, "staff without rights", "nobody", "a person"])
def test_what_a_role_may_not_do_it_cannot_reach_by_address(db: None, role: str, name: str) -> None:
    action = BY_NAME[name]
    row = target(action)
    if role in ROLES:
        client = client_of(in_role(role))
    elif role == "staff without rights":
        client = client_of(UserFactory.create(is_staff=True))
    else:
        client = Client() if role == "nobody" else client_of(UserFactory.create())
    refused = 403 if role in ROLES or role == "staff without rights" else 302
    expected = 200 if action.right in ROLES.get(role, ()) else refused
    where = address(action, row.pk)
    assert client.get(where).status_code == expected
    answer = client.post(where, body(action, row))
    assert answer.status_code == (302 if expected == 200 else expected)
    assert AuditEntry.objects.exclude(action="view").exists() is (expected == 200)


def test_support_erases_nobody_and_a_lead_does(db: None) -> None:
    assert "users.erase_user" not in ROLES["Support"]
    assert "users.erase_user" in ROLES["Support lead"]
    assert not [
        right
        for rights in ROLES.values()
        for right in rights
        if right.split(".")[1].startswith(("change", "add", "delete"))
    ]


@pytest.mark.parametrize(
    "path",
    ["users/user/add/", "users/user/{}/change/", "users/user/{}/delete/", "users/user/{}/password/", "auth/group/"],
)
@pytest.mark.parametrize("role", ROLES)
def test_roles_change_nothing_by_forms(db: None, user: User, role: str, path: str) -> None:
    where = f"/admin/{path.format(user.pk)}"
    forged = {"full_name": "Forged", "is_staff": "on", "is_superuser": "on", "password1": "x", "password2": "x"}
    answer = client_of(in_role(role)).post(where, forged, follow=True)
    assert answer.status_code in {403, 200 if "password" in path else 403}
    user.refresh_from_db()
    assert (user.full_name != "Forged", user.is_staff, user.check_password(PASSWORD)) == (True, False, True)


@pytest.mark.parametrize("name", [name for name, action in BY_NAME.items() if action.model is User])
def test_accounts_of_staff_and_ones_own_are_out_of_reach(root: User, name: str) -> None:
    lead = in_role("Support lead")
    action = BY_NAME[name]
    if action.right:
        page = client_of(lead).post(address(action, root.pk), body(action, root), follow=True)
        assert "superuser&#x27;s to look after" in page.content.decode()
    page = client_of(root).post(address(action, root.pk), body(action, root), follow=True)
    assert "your own account" in page.content.decode()
    assert not AuditEntry.objects.exclude(action="view").exists()
    root.refresh_from_db()
    assert root.is_active


# One by one -------------------------------------------------------------------------------------------------------


def test_who_is_deactivated_is_out_and_stays_out_of_old_sessions(root: User, user: User) -> None:
    phone = ApiClient().as_user(user)
    perform(BY_NAME["deactivate"], user.pk, root, REASON)
    assert phone.get("/api/v1/auth/me").status_code == 401
    perform(BY_NAME["reactivate"], user.pk, root, REASON)
    assert phone.get("/api/v1/auth/me").status_code == 401
    assert ApiClient().as_user(user).get("/api/v1/auth/me").status_code == 200
    kinds = set(SecurityEvent.objects.filter(user=user).values_list("kind", flat=True))
    assert kinds >= {"deactivated_by_support", "reactivated_by_support"}


def test_mails_go_to_the_accounts_address_and_no_other(root: User, user: User) -> None:
    user.is_verified = False
    user.save()
    for name in ("send-verification", "send-reset", "export"):
        perform(BY_NAME[name], user.pk, root, REASON)
    sent = Mail.objects.order_by("id").values_list("kind", "address")
    assert list(sent) == [("verify", user.email), ("reset", user.email), ("export_notice", user.email)]


def test_an_archive_is_its_owners_alone(root: User, user: User, api: ApiClient) -> None:
    perform(BY_NAME["export"], user.pk, root, REASON)
    job = Job.objects.get(user=user)
    run_job.call(str(job.pk))
    assert api.get(f"/api/v1/jobs/{job.pk}/file").status_code == 200
    page = client_of(root).get(f"/admin/profiles/job/{job.pk}/change/").content.decode()
    assert "/file" not in page
    for _ in range(5):
        # Not twice within a minute.
        with pytest.raises(Refused, match="within the last minute"):
            perform(BY_NAME["export"], user.pk, root, REASON)
        Mail.objects.update(created_at=clock.now() - BETWEEN_MAILS)
        perform(BY_NAME["export"], user.pk, root, REASON)
    Mail.objects.all().delete()
    with pytest.raises(Refused, match="as many jobs under way"):
        perform(BY_NAME["export"], user.pk, root, REASON)
    assert AuditEntry.objects.filter(action="export").count() == 6


def test_an_account_is_erased_with_everything_and_the_log_knows(root: User, user: User) -> None:
    make_profile(user, 2)
    Job.objects.create(user=user, kind="auth_me_export", lease_until=clock.now())
    action = BY_NAME["erase"]
    where = address(action, user.pk)
    client = client_of(root)
    wrong = client.post(where, {"reason": REASON, "typed": str(user.pk + 1)})
    assert wrong.context["form"].errors["typed"] == [f"This is not {user.pk}."]
    assert client.post(where, body(action, user)).status_code == 302
    assert not User.objects.filter(pk=user.pk).exists()
    assert not Profile.objects.exists()
    assert AuditEntry.objects.get(action="erase").user_id == user.pk
    assert f"{user.pk} (erased)" in client.get("/admin/users/auditentry/").content.decode()
    assert client.get(address(action, user.pk, root.pk)).status_code == 404


def test_a_profile_is_made_active_by_a_revision_of_both(root: User, user: User, api: ApiClient) -> None:
    first, spare = make_profile(user, 0), make_profile(user, 0)
    perform(BY_NAME["make-active"], spare.pk, root, REASON)
    assert api.get("/api/v1/profiles/me").json()["id"] == str(spare.pk)
    for profile, state in ((first, False), (spare, True)):
        profile.refresh_from_db()
        assert (profile.is_active, profile.version) == (state, 2)
    # Nobody is active after a fault: the flag is restored.
    Profile.objects.update(is_active=False)
    perform(BY_NAME["make-active"], first.pk, root, REASON)
    assert list(Profile.objects.filter(is_active=True)) == [first]


def test_a_job_that_failed_by_our_fault_runs_again_and_another_does_not(root: User, user: User) -> None:
    job = failed_job(user)
    perform(BY_NAME["rerun"], job.pk, root, REASON)
    job.refresh_from_db()
    assert (job.status, job.problem, job.finished_at) == ("queued", None, None)
    run_job.call(str(job.pk))
    job.refresh_from_db()
    assert job.status == "succeeded"
    emptied = failed_job(user)
    Job.objects.filter(pk=emptied.pk).update(kind="profiles_import", input="")
    with pytest.raises(Refused, match="still known"):
        perform(BY_NAME["rerun"], emptied.pk, root, REASON)
    for problem in ('{"status": 422, "title": "Validation failed"}', '{"status": 412, "title": "Precondition failed"}'):
        with pytest.raises(Refused, match="by our fault"):
            perform(BY_NAME["rerun"], failed_job(user, problem).pk, root, REASON)


def test_a_job_is_not_run_again_for_who_is_inactive(root: User, user: User) -> None:
    job = failed_job(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    with pytest.raises(Refused, match="not active"):
        perform(BY_NAME["rerun"], job.pk, root, REASON)


def test_a_job_that_was_given_up_has_the_run_that_support_asked_for(root: User, user: User) -> None:
    job = failed_job(user, attempts=MAX_ATTEMPTS)
    perform(BY_NAME["rerun"], job.pk, root, REASON)
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now())
    # Its task was lost: it is filed again, and not given up before it has begun.
    assert sweep_jobs() == 1
    run_job.call(str(job.pk))
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("succeeded", MAX_ATTEMPTS + 1)


def test_too_many_are_not_acted_on_at_once(root: User) -> None:
    UserFactory.create_batch(101)
    everybody = {"action": "deactivate", "select_across": "1", "_selected_action": ["1"]}
    page = client_of(root).post("/admin/users/user/", everybody, follow=True)
    assert "at most 100 at once" in page.content.decode()


def test_who_hands_out_rights_leaves_an_entry(root: User) -> None:
    client = client_of(root)
    made = client.post("/admin/users/user/add/", {"email": "new@example.com", "full_name": "New", "is_staff": "on"})
    assert made.status_code == 302
    person = User.objects.get(email="new@example.com")
    assert not person.has_usable_password()
    assert list(Mail.objects.values_list("kind", "address")) == [("reset", "new@example.com")]
    answer = client.post(
        f"/admin/users/user/{person.pk}/change/", {"full_name": "New", "is_staff": "on", "is_superuser": "on"}
    )
    assert answer.status_code == 302
    group = Group.objects.get(name="Support")
    assert client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "Support"}).status_code == 302
    deeds = AuditEntry.objects.exclude(action="view").order_by("id").values_list("action", "object_kind", "object_id")
    assert list(deeds) == [
        ("add", "users.user", str(person.pk)),
        ("change", "users.user", str(person.pk)),
        ("change", "auth.group", str(group.pk)),
    ]


def test_a_save_writes_only_what_was_typed(root: User, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    read = AccountAdmin.get_object

    def overtaken(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        User.objects.filter(pk=user.pk).update(is_active=False, is_verified=True)
        return found

    monkeypatch.setattr(AccountAdmin, "get_object", overtaken)
    client_of(root).post(f"/admin/users/user/{user.pk}/change/", {"full_name": "Countess"})
    user.refresh_from_db()
    assert (user.full_name, user.is_active, user.is_verified) == ("Countess", False, True)
    assert user.search_key.startswith("countess ")


def test_a_job_keeps_what_it_was_given_only_where_it_can_run_again(user: User) -> None:
    kept: dict[int, tuple[str, int]] = {}
    for status in (422, 500):
        job = Job.objects.create(user=user, kind="profiles_import", input="{}", lease_until=clock.now())
        JobFile.objects.create(job=job, number=0, content=b"x", is_input=True)
        assert job.claim()
        assert job.fail({"status": status, "title": "x"})
        job.refresh_from_db()
        kept[status] = job.input, job.pieces.count()
    assert kept == {422: ("", 0), 500: ("{}", 1)}


def test_a_job_that_is_cancelled_has_no_effect(root: User, user: User) -> None:
    job = Job.objects.create(user=user, kind="auth_me_export", lease_until=clock.now())
    assert job.claim()
    perform(BY_NAME["cancel"], job.pk, root, REASON)
    assert not job.succeed({})
    job.refresh_from_db()
    assert job.status == "cancelled"


def test_several_rows_are_chosen_in_a_list(root: User) -> None:
    client = client_of(root)
    people = UserFactory.create_batch(3)
    chosen = {"action": "deactivate", "_selected_action": [str(person.pk) for person in people]}
    asked = client.post("/admin/users/user/", chosen)
    assert asked.status_code == 302
    page = client.post(asked["Location"], {"reason": REASON}, follow=True)
    assert page.content.decode().count("deactivate – done.") == 3
    assert not User.objects.filter(pk__in=[person.pk for person in people], is_active=True).exists()
    assert AuditEntry.objects.filter(action="deactivate").count() == 3
    offered = client.get("/admin/users/user/").content.decode()
    assert 'value="deactivate"' in offered
    assert 'value="erase"' not in offered


@pytest.mark.parametrize("name", [name for name, action in BY_NAME.items() if action.is_for_many])
def test_many_are_asked_about_in_as_many_statements_as_one(root: User, name: str) -> None:
    action, client = BY_NAME[name], client_of(root)
    numbers = []
    for how_many in (1, 4):
        rows = [target(action) for _ in range(how_many)]
        with statements() as found:
            page = client.get(address(action, *(row.pk for row in rows)))
        assert [why_not for _, _, why_not in page.context["rows"]] == [""] * how_many
        numbers.append(len(found))
    assert numbers[0] == numbers[1]


def test_a_member_of_the_staff_is_logged_out_of_the_admin_too(root: User, settings: Settings) -> None:
    mine, other = in_role("Support"), in_role("Support lead")
    in_use = {each.pk: client_of(each) for each in (mine, other, root)}
    AdminSession.objects.create(session_key="x" * 32, session_data="garbage", expire_date=clock.now() + HOUR)
    perform(BY_NAME["end-sessions"], mine.pk, root, REASON)
    statuses = {key: client.get("/admin/users/user/").status_code for key, client in in_use.items()}
    assert statuses == {mine.pk: 302, other.pk: 200, root.pk: 200}
    # What has shown a password and waits for the code ends as well.
    settings.STAFF_OTP_REQUIRED = True
    waiting = Client()
    waiting.post("/admin/login/", {"username": mine.email, "password": PASSWORD})
    assert waiting.get("/admin/second-factor/set-up/").status_code == 200
    perform(BY_NAME["end-sessions"], mine.pk, root, REASON)
    assert waiting.get("/admin/second-factor/set-up/").status_code == 302


@pytest.mark.parametrize("away", ["deactivate", "no longer staff"])
def test_old_sessions_of_staff_are_not_revived(root: User, away: str) -> None:
    mine = in_role("Support")
    in_use, form = client_of(mine), {"full_name": mine.full_name}
    where = f"/admin/users/user/{mine.pk}/change/"
    if away == "deactivate":
        for name in ("deactivate", "reactivate"):
            perform(BY_NAME[name], mine.pk, root, REASON)
    else:
        for fields in (form, {**form, "is_staff": "on"}):
            assert client_of(root).post(where, fields).status_code == 302
    mine.refresh_from_db()
    assert mine.is_active
    assert mine.is_staff
    assert in_use.get("/admin/").status_code == 302


def test_what_is_refused_is_a_line_in_the_log(root: User, user: User, caplog: pytest.LogCaptureFixture) -> None:
    perform(BY_NAME["deactivate"], user.pk, root, REASON)
    caplog.clear()
    with caplog.at_level("INFO"):
        client_of(root).post(address(BY_NAME["deactivate"], user.pk), {"reason": REASON})
        support = in_role("Support")
        client_of(support).post(address(BY_NAME["erase"], user.pk), {"reason": REASON})
    lines = [record.members for record in caplog.records if record.name == "security"]  # type: ignore[attr-defined]  # of our events
    refused = [line for line in lines if line["event"] == "admin_action_refused"]
    same = {"event": "admin_action_refused", "kind": "users.user"}
    assert refused == [
        same | {"staff": root.pk, "action": "deactivate", "object": user.pk, "why": "The account is not active."},
        same | {"staff": support.pk, "action": "erase", "why": "This role may not do it."},
    ]
    assert REASON not in caplog.text


@pytest.mark.parametrize(
    "ids",
    [
        "",
        "id=x",
        "id=",
        "id=1.5",
        "id=%00",
        "&".join(f"id={n}" for n in range(101)),
    ],
)
def test_odd_ids_are_not_found(root: User, ids: str) -> None:
    for action in (BY_NAME["deactivate"], BY_NAME["cancel"]):
        where = address(action).rstrip("?") + "?" + ids
        assert client_of(root).get(where).status_code == 404, where
        assert client_of(root).post(where, {"reason": REASON}).status_code == 404
    assert client_of(root).get("/admin/users/user/act/nonsense/?id=1").status_code == 404


def test_what_fails_half_way_leaves_no_entry(root: User, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("profiles.desk.actions.file_mail", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        perform(BY_NAME["export"], user.pk, root, REASON)
    assert not AuditEntry.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["deactivate", "send-reset"])
def test_of_two_staff_at_once_one_does_it(name: str) -> None:
    root, other = (superuser(name) for name in ("a", "b"))
    person = UserFactory.create()
    barrier, outcomes = threading.Barrier(2), []

    def act(staff: User) -> None:
        barrier.wait()
        try:
            perform(BY_NAME[name], person.pk, staff, REASON)
            outcomes.append("done")
        except Refused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(staff,)) for staff in (root, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]
    assert AuditEntry.objects.filter(action=name).count() == 1
