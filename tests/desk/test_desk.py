"""The support desk: who is found and how, what a page tells at a glance, and that lists cost the same for many."""

import re
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from profiles.desk import lists, search
from profiles.desk.lists import masked_email, masked_phone
from profiles.desk.pages.careers import ActiveFilter, CompletenessFilter
from profiles.desk.pages.people import AccountFilter
from profiles.models import Job, Profile
from profiles.tasks import score_profiles
from profiles_project.database import clock
from tests.support.factories import ProfileFactory, UserFactory, make_profile
from tests.support.queries import statements
from tests.support.staff import client_of, failed_job, in_role, superuser
from users.events import note
from users.models import AuditEntry, Mail, Session, User

pytestmark = pytest.mark.django_db

PEOPLE, CAREERS, JOBS, MAILS = (
    "/admin/users/user/",
    "/admin/profiles/profile/",
    "/admin/profiles/job/",
    "/admin/users/mail/",
)
LISTS = (
    *(PEOPLE, CAREERS, JOBS, MAILS),
    *("/admin/users/session/", "/admin/users/securityevent/", "/admin/users/auditentry/"),
)


@pytest.fixture
def support() -> Client:
    return client_of(in_role("Support"))


@pytest.fixture
def root() -> Client:
    return client_of(superuser())


def found(client: Client, query: str, path: str = PEOPLE) -> list[Any]:
    """The rows that the list shows for a search."""
    page = client.get(path, {"q": query})
    assert page.status_code == 200, query
    return list(page.context["cl"].result_list)


# Finding ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def wanted() -> Profile:
    """The career of somebody with one name and address here, and others there; beside other people's."""
    for _ in range(3):
        ProfileFactory.create()
    person = UserFactory.create(email="M.Kurie@Labor.example", full_name="Marie Skłodowska")
    return make_profile(person, 0, full_name="Mária Curie-Größe", email="marie@radium.example")


@pytest.mark.parametrize(
    "query",
    [
        *("m.kurie@labor.example", "M.KURIE", "labor.exa", "radium", "marie@radium.example"),
        *("Marie", "skłodowska", "MARIA curie", "grosse", "  curie   maria ", "ma cu", "größe"),
    ],
)
def test_people_are_found_by_either_name_and_address(support: Client, wanted: Profile, query: str) -> None:
    assert found(support, query) == [wanted.user]
    assert found(support, query, CAREERS) == [wanted]


@pytest.mark.parametrize("query", ["ann@example.org", "n@example.org", "ann@example.o", "ann@example.org ann", "nn@"])
def test_an_address_is_found_in_longer_ones_as_a_whole(support: Client, query: str) -> None:
    person = UserFactory.create(email="joann@example.org")
    UserFactory.create(email="jo@example.com", full_name="Ann @example.org")
    assert found(support, query) == [person]


def test_people_are_found_by_id_and_by_the_id_of_a_profile(support: Client, wanted: Profile) -> None:
    assert wanted.user in found(support, f" {wanted.user_id} ")
    assert found(support, str(wanted.pk)) == [wanted.user]
    spare = make_profile(wanted.user, 0)
    assert found(support, str(spare.pk).upper(), CAREERS) == [spare]
    assert set(found(support, str(wanted.user_id), CAREERS)) >= {spare, wanted}
    Session.objects.start(wanted.user, "Pixel")
    assert [each.user for each in found(support, "radium", "/admin/users/session/")] == [wanted.user]


@pytest.mark.parametrize(
    "query",
    [
        *(
            "nobody",
            "%",
            "_",
            "\\",
            "'",
            '"',
            "🙂",
            "9" * 30,
            "-1",
            "a" * 10_000,
            "[]",
            "urie%grosse",
        ),
        "01990000-0000-7000-8000-000000000000",
    ],
)
def test_other_words_find_nobody(support: Client, wanted: Profile, query: str) -> None:
    for path in (PEOPLE, CAREERS, JOBS):
        assert found(support, query, path) == []


def test_a_short_word_is_looked_for_at_the_beginning_of_words(support: Client, wanted: Profile) -> None:
    assert found(support, "cu") == [wanted.user]
    assert found(support, "ur") == []


def test_a_list_counts_and_shows_only_so_many(support: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory.create_batch(4)
    monkeypatch.setattr(lists, "MOST_LISTED", 3)
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    page = support.get(PEOPLE)
    assert page.context["cl"].result_count == 3
    User.objects.update(is_verified=False)
    assert "Unverified (more than 2)" in support.get(PEOPLE).content.decode()


@pytest.mark.pure
def test_masks_leave_what_tells_people_apart() -> None:
    assert masked_email("ada@example.org") == "a•••@example.org"
    assert masked_email("") == ""
    assert masked_phone("+44 20 7946 0000") == "••• 00"
    assert masked_phone(None) == masked_phone("") == ""


def test_lists_show_neither_addresses_nor_phones(root: Client) -> None:
    person = UserFactory.create(email="canary.address@example.org")
    make_profile(person, 1, email="canary.own@example.org", phone="+49 30 1234567")
    Mail.objects.create(user=person, kind="verify", address="canary.mail@example.org", next_try_at=clock.now())
    Session.objects.start(person, "Pixel")
    note("login", person)
    for path in LISTS:
        shown = root.get(path).content.decode()
        assert not re.findall(r"canary[.\w]*@|1234567", shown), path
    for path in LISTS[:4]:
        assert "c•••@example.org" in root.get(path).content.decode() or path == JOBS


# Filters ----------------------------------------------------------------------------------------------------------


def test_filters_say_how_many_there_are(support: Client) -> None:
    poor, rich = ProfileFactory.create(), make_profile(UserFactory.create(), 5)
    User.objects.filter(pk=poor.user_id).update(is_active=False)
    User.objects.filter(pk=rich.user_id).update(is_verified=False)
    score_profiles()
    failed_job(poor.user)
    expected = {
        (PEOPLE, "account", "inactive"): ("Inactive (1)", {poor.user_id}),
        (PEOPLE, "trouble", "failed-jobs"): ("Failed jobs (1)", {poor.user_id}),
        (PEOPLE, "trouble", "incomplete"): ("Profile below 80 % (1)", {poor.user_id}),
        (CAREERS, "complete", "low"): ("Below 50 % (1)", {poor.pk}),
        (CAREERS, "complete", "unknown"): ("Not computed yet (0)", set()),
        (JOBS, "status__exact", "failed"): ("Failed (1)", {Job.objects.get().pk}),
        (MAILS, "state", "waiting"): ("Waiting (0)", set()),
    }
    for (path, name, value), (words, rows) in expected.items():
        page = support.get(path, {name: value})
        assert words in page.content.decode()
        assert {row.pk for row in page.context["cl"].result_list} == rows, (path, value)
    assert support.get(PEOPLE, {"account": "nonsense"}).context["cl"].result_count == 0


# Cost -------------------------------------------------------------------------------------------------------------


def fill(many: int) -> None:
    for _ in range(many):
        person = UserFactory.create()
        profile = make_profile(person, 1)
        Session.objects.start(person, "Pixel")
        Mail.objects.create(user=person, kind="verify", address=person.email, next_try_at=clock.now())
        note("login", person)
        Job.objects.create(user=person, kind="auth_me_export", lease_until=clock.now())
        AuditEntry.objects.create(
            staff_id=person.pk,
            user_id=person.pk,
            object_kind="profiles.profile",
            object_id=str(profile.pk),
            action="view",
        )


@pytest.mark.slow
def test_lists_cost_the_same_for_one_row_and_for_a_hundred(root: Client) -> None:
    costs: dict[str, list[int]] = {path: [] for path in LISTS}
    root.get("/admin/")
    for more in (1, 2, 97):
        fill(more)
        for path in LISTS:
            with statements() as asked:
                page = root.get(path)
            costs[path].append(len(asked))
            assert len(page.context["cl"].result_list) >= min(100, more)
    assert all(len(set(each)) == 1 for each in costs.values()), costs
    # What each costs: the staff's session, account and second factor, then the rows, their number and the filters'.
    assert {path.split("/")[-2]: cost[0] for path, cost in costs.items()} == {
        "user": 10,
        "profile": 13,
        "job": 10,
        "mail": 8,
        "session": 5,
        "securityevent": 5,
        "auditentry": 5,
    }


def test_a_page_costs_the_same_for_little_and_for_much(support: Client) -> None:
    person = UserFactory.create()
    costs: dict[str, list[int]] = {"person": [], "career": []}
    support.get(f"{PEOPLE}{person.pk}/change/")
    for more in (1, 3, 15):
        for number in range(more):
            Session.objects.start(person, "Pixel")
            Mail.objects.create(user=person, kind="verify", address=person.email, next_try_at=clock.now())
            note("login", person)
            Job.objects.create(user=person, kind="auth_me_export", lease_until=clock.now())
            profile = make_profile(person, number, is_active=False)
        for name, path in (("person", f"{PEOPLE}{person.pk}/change/"), ("career", f"{CAREERS}{profile.pk}/read/")):
            with statements() as asked:
                assert support.get(path).status_code == 200
            costs[name].append(len(asked))
    assert all(len(set(each)) == 1 for each in costs.values()), costs


@pytest.mark.parametrize(
    ("which", "choice", "index"),
    [
        (AccountFilter, "inactive", "user_inactive"),
        (AccountFilter, "unverified", "user_unverified"),
        (AccountFilter, "staff", "user_staff"),
        (CompletenessFilter, "low", "profile_score"),
        (CompletenessFilter, "unknown", "profile_score"),
        (ActiveFilter, "spare", "profile_spare"),
    ],
)
def test_what_may_be_rare_is_counted_by_an_index_and_not_by_looking_at_everybody(
    which: type[lists.CountedFilter], choice: str, index: str
) -> None:
    model = User if which is AccountFilter else Profile
    rows = model._default_manager.filter(which.choice[choice][1]).order_by().values("pk")[:1_001]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # What it would do with many rows.
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = rows.explain()
    assert index in plan, plan


# Pages ------------------------------------------------------------------------------------------------------------


def test_a_persons_page_tells_all_at_a_glance_and_no_secret(support: Client) -> None:
    person = UserFactory.create(full_name="Ada <b>Canary</b>")
    profile = make_profile(person, 3, label="Main & first")
    Session.objects.start(person, "Pixel <i>9</i>")
    problem = '{"status": 422, "title": "Validation failed", "detail": "secret words", "errors": []}'
    ended = {"status": "failed", "lease_until": clock.now(), "finished_at": clock.now()}
    Job.objects.create(user=person, kind="profiles_import", problem=problem, input="secret input", **ended)
    Mail.objects.create(
        user=person, kind="reset", address=person.email, problem="The account is inactive.", next_try_at=clock.now()
    )
    note("login_failed", person)
    shown = support.get(f"{PEOPLE}{person.pk}/change/").content.decode()
    for words in (
        *("Pixel &lt;i&gt;9&lt;/i&gt;", "Main &amp; first", " %</td>", "422 Validation failed", "Set a new password"),
        *("The account is inactive.", "Login failed", "Profiles import", f"{CAREERS}{profile.pk}/read/"),
        *(person.email, "Ada &lt;b&gt;Canary&lt;/b&gt;"),
    ):
        assert words in shown, words
    assert not re.findall(r"secret|argon2|pbkdf2|Babbage|Save", shown)


def test_a_career_is_read_as_a_resume(support: Client, user: User) -> None:
    profile = make_profile(user, 2)
    custom = {"notice": "3 <b>months</b>", "car": True, "salary": {"min": 1, "currency": ["EUR", None]}}
    for position, (key, value) in enumerate(custom.items(), start=10):
        profile.customfield_set.create(key=key, value=value, position=position)
    shown = support.get(f"{CAREERS}{profile.pk}/read/").content.decode()
    for words in (
        *("30 Nov 2021", "Analytical Engines", '<dt dir="auto">notice</dt>', "3 &lt;b&gt;months&lt;/b&gt;"),
        *("yes</dd>", "min: 1<br>currency: <br>– EUR<br>– nothing", "% complete", profile.professional_summary or ""),
    ):
        assert words in shown, words
    # What others say, what an import kept aside, and JSON as it is stored.
    assert not re.findall(r"Babbage|x-rating|x-source|\{&quot;|\[&quot;", shown)
    assert support.get(f"{CAREERS}01990000-0000-7000-8000-000000000000/read/").status_code == 404
    assert support.get(f"{CAREERS}nonsense/read/").status_code == 404


def test_opening_a_page_of_somebody_is_written_down(support: Client, user: User) -> None:
    profile = make_profile(user, 1)
    job = Job.objects.create(user=user, kind="auth_me_export", lease_until=clock.now())
    for path in (f"{PEOPLE}{user.pk}/change/", f"{CAREERS}{profile.pk}/read/", f"{JOBS}{job.pk}/change/"):
        assert support.get(path).status_code == 200
    for path in (f"{PEOPLE}{user.pk}/history/", PEOPLE, f"{PEOPLE}999999/change/"):
        support.get(path)
    entries = AuditEntry.objects.order_by("id").values_list("action", "object_kind", "object_id", "user_id")
    assert list(entries) == [
        ("view", "users.user", str(user.pk), user.pk),
        ("view", "profiles.profile", str(profile.pk), user.pk),
        ("view", "profiles.job", str(job.pk), user.pk),
        ("view", "users.user", str(user.pk), user.pk),
    ]


# What a list does not tell -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "lookup"),
    [
        *((PEOPLE, lookup) for lookup in ("email__startswith", "email__regex", "password__startswith", "full_name")),
        *((CAREERS, lookup) for lookup in ("phone__startswith", "extra__contains", "user__email__startswith")),
        *((JOBS, lookup) for lookup in ("input__contains", "result__contains", "user__password__startswith")),
        ("/admin/users/session/", "token_id__gte"),
    ],
)
def test_an_address_filters_by_nothing_that_a_list_masks_or_leaves_out(
    support: Client, wanted: Profile, path: str, lookup: str
) -> None:
    assert support.get(path, {lookup: "+4"}).status_code == 400


def test_whoever_finds_more_than_can_be_shown_is_told(support: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    UserFactory.create_batch(3, full_name="Anna")
    assert "say more" not in support.get(PEOPLE, {"q": "anna"}).content.decode()
    monkeypatch.setattr(search, "MOST_FOUND", 2)
    assert "say more" in support.get(PEOPLE, {"q": "anna"}).content.decode()


def test_a_search_looks_among_the_filtered(support: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    people = UserFactory.create_batch(5, full_name="Anna")
    for each in people:
        ProfileFactory.create(user=each)
    last = people[-1]
    User.objects.filter(pk=last.pk).update(is_active=False)
    Profile.objects.filter(user=last).update(score=10)
    failed_job(last)
    # Of all that are called so the search finds two others first.
    monkeypatch.setattr(search, "MOST_FOUND", 2)
    for path, chosen in (
        (PEOPLE, {"account": "inactive"}),
        (PEOPLE, {"trouble": "failed-jobs"}),
        (CAREERS, {"complete": "low"}),
        (JOBS, {"status__exact": "failed"}),
    ):
        rows = list(support.get(path, {"q": "anna", **chosen}).context["cl"].result_list)
        assert [getattr(row, "user", row) for row in rows] == [last], path


@pytest.mark.parametrize("query", ["1" * 5_000, "word " * 5_000, "a " * 5_000])
def test_terms_beyond_all_reason_are_answered(support: Client, query: str) -> None:
    for path in (PEOPLE, CAREERS, JOBS):
        assert support.get(path, {"q": query}).status_code == 200


ODD_QUERIES = (
    *("kind__exact=%00", "action__exact=%00", "status__exact=%00", "account=%00"),
    *("q=x@", "q=@", "q=%00", "q=anna&p=2", "q=anna&p=-1", "q=anna&p=x", "p=0", "all=", "o=1.-2", "o=99", "o=x", "e=1"),
    *("q=anna&account=nonsense", "account=inactive&trouble=incomplete&q=a", "complete=", "status__exact=nonsense"),
    *("created_at__gte=x", "created_at__lt=2026-13-01", "user_id__exact=x", "user__id__exact=-1", "score__gte=x"),
    *(
        "user_id__exact=99999999999999999999",
        "score__gte=99999999999999999999",
        "_popup=1",
        "_to_field=id",
        "_facets=1",
    ),
)


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_odd_addresses_of_lists_are_answered(root: Client, wanted: Profile, query: str) -> None:
    failed_job(wanted.user)
    for path in LISTS:
        assert root.get(f"{path}?{query}").status_code in {200, 302, 400}, path


def test_no_page_leads_from_a_kind_and_an_id_elsewhere(support: Client) -> None:
    assert support.get("/admin/r/1/1/").status_code == 404


def test_the_audit_log_is_searched_by_reason_person_and_id(root: Client, wanted: Profile) -> None:
    entry = {"staff_id": 1, "user_id": wanted.user_id, "object_kind": "profiles.profile", "action": "view"}
    mine = AuditEntry.objects.create(**entry, object_id=str(wanted.pk), reason="Ticket 4711")
    AuditEntry.objects.create(**{**entry, "user_id": None}, object_id="1", reason="Another one")
    for query in ("ticket 47", "radium", str(wanted.pk)):
        assert found(root, query, "/admin/users/auditentry/") == [mine], query
    assert len(found(root, " ", "/admin/users/auditentry/")) == 2


def test_the_menu_begins_with_what_support_opens_most(root: Client) -> None:
    apps = root.get("/admin/").context["available_apps"]
    names = [model["object_name"] for app in apps for model in app["models"]]
    assert names[:3] == ["User", "Session", "Mail"]
    assert names.index("Profile") < names.index("Job") < names.index("Group")
    assert names[-1] == "DBTaskResult"
