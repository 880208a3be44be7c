"""Statements that are translated once: by one thread, for all threads, with the values of each run."""

import threading
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import F, QuerySet
from django.test.utils import CaptureQueriesContext

from profiles.career.samples import SAMPLES
from profiles.models import Experience, Profile
from profiles_project.database.prepared import OneOf, Parameter, Parameters, Prepared, PreparedSQL, PreparedUpdate
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.factories import ProfileFactory, UserFactory, make_profile
from tests.support.jobs import below
from users.models import User

PK = Parameter("pk", Profile._meta.get_field("id"))
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps no prepared statements")


def labelled() -> Prepared:
    return Prepared(lambda: Profile.objects.filter(pk=PK).annotate(shout=F("label")))


@pytest.mark.django_db
def test_a_query_finds_what_its_values_say_each_time() -> None:
    query = labelled()
    first, second = ProfileFactory.create(label="One"), ProfileFactory.create(label="Two %")
    for _ in range(3):
        assert [query.first(pk=each.pk).shout for each in (first, second)] == ["One", "Two %"]
    assert query.first(pk=first.pk) == first
    assert query.objects(pk=Experience().pk) == []


@pytest.mark.django_db
def test_an_object_is_as_the_orm_reads_it() -> None:
    stored = make_profile(ProfileFactory.create().user, 1)
    found, expected = labelled().first(pk=stored.pk), Profile.objects.get(pk=stored.pk)
    fields = [field.attname for field in Profile._meta.concrete_fields]
    assert [getattr(found, name) for name in fields] == [getattr(expected, name) for name in fields]
    assert (found._state.adding, found._state.db) == (expected._state.adding, expected._state.db)
    assert (found, found.user) == (expected, expected.user)


@pytest.mark.django_db
def test_what_a_query_leaves_out_loads_when_it_is_asked_for() -> None:
    stored = make_profile(ProfileFactory.create().user, 1)
    found = Prepared(lambda: Profile.objects.filter(pk=PK).only("version")).first(pk=stored.pk)
    assert found.get_deferred_fields() >= {"label", "user_id"}
    with CaptureQueriesContext(connection) as queries:
        assert (found.pk, found.version) == (stored.pk, stored.version)
    assert len(queries) == 0
    assert found.label == stored.label


@pytest.mark.django_db
def test_numbers_of_any_size_and_nulls_are_found_by_one_statement() -> None:
    """A number is sent in two, four or eight bytes, and a statement is prepared for one of them."""
    small, middle, large = (UserFactory.create(pk=pk) for pk in (7, 40_000, 3_000_000_000))
    by_id = Prepared(lambda: User.objects.filter(pk=Parameter("pk", User._meta.pk)))
    for user in (small, middle, large, small):
        assert by_id.first(pk=user.pk) == user
    stamp = PreparedUpdate(lambda: Profile.objects.filter(pk=PK), "byte_count")
    profile = ProfileFactory.create()
    for size in (None, 5, 70_000, None, 2**40):
        assert stamp.run(pk=profile.pk, byte_count=size) == 1
        profile.refresh_from_db()
        assert profile.byte_count == size


@pytest.mark.django_db
def test_people_with_small_and_with_large_ids_write_over_one_connection() -> None:
    for pk in (6_762, 47_266, 2**31 + 5):
        user = UserFactory.create(pk=pk)
        profile = make_profile(user, 0)
        answer = ApiClient().as_user(user).post(below(profile, "/experiences"), SAMPLES[Experience])
        assert answer.status_code == 201, answer.content


@pytest.mark.django_db
def test_an_update_writes_its_columns_and_says_how_many_rows_there_were() -> None:
    update = PreparedUpdate(lambda: Profile.objects.filter(pk=PK), "label", "version")
    profile, other = ProfileFactory.create(label="Old"), ProfileFactory.create(label="Other")
    assert update.run(pk=profile.pk, label="New", version=7) == 1
    assert update.run(pk=Experience().pk, label="New", version=7) == 0
    profile.refresh_from_db()
    other.refresh_from_db()
    assert (profile.label, profile.version, other.label) == ("New", 7, "Other")


@pytest.mark.django_db(transaction=True)
def test_threads_that_need_a_new_query_at_once_make_it_once() -> None:
    profile = ProfileFactory.create()
    made: list[QuerySet[Profile]] = []
    several_came = threading.Event()

    def build() -> "QuerySet[Profile]":
        made.append(Profile.objects.filter(pk=PK))
        # The others have the time to come in, too, if they can.
        several_came.wait(0.2)
        return made[-1]

    query = Prepared(build)
    assert at_once(*[lambda: query.first(pk=profile.pk)] * 5) == [profile] * 5
    assert len(made) == 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_fault_of_the_server_is_djangos_own_and_the_connection_goes_on() -> None:
    """Fatal in a transaction, as with a cursor; what is prepared outlives the rollback."""
    query = labelled()
    profile = ProfileFactory.create()
    broken = PreparedSQL(lambda: "SELECT 1 / %s::int", Parameter("by", Profile._meta.get_field("version")))
    insert = PreparedSQL(lambda: "INSERT INTO profiles_profile SELECT * FROM profiles_profile WHERE id = %s", PK)
    assert query.first(pk=profile.pk) == profile
    with pytest.raises(IntegrityError), transaction.atomic():
        insert.run(pk=profile.pk)
    with pytest.raises(Exception, match="division by zero"), transaction.atomic():
        broken.run(by=0)
    assert query.first(pk=profile.pk) == profile
    assert broken.run(by=1) == 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_prepared_statement_that_is_a_transactions_first_is_part_of_it() -> None:
    profile = ProfileFactory.create(label="Old")
    update = PreparedUpdate(lambda: Profile.objects.filter(pk=PK), "label")
    with transaction.atomic():
        update.run(pk=profile.pk, label="New")
        transaction.set_rollback(True)
    profile.refresh_from_db()
    assert profile.label == "Old"


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_a_database_error_and_the_next_request_has_a_new_one() -> None:
    query = labelled()
    profile = ProfileFactory.create()
    assert query.first(pk=profile.pk) == profile

    def end_the_other(process: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [process])

    process = connection.connection.info.backend_pid
    at_once(lambda: end_the_other(process))
    with pytest.raises(OperationalError):
        query.first(pk=profile.pk)
    connection.close_if_unusable_or_obsolete()
    assert query.first(pk=profile.pk) == profile


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_kept_connection_that_the_server_ended_is_seen_before_it_is_used() -> None:
    profile = ProfileFactory.create()
    query = labelled()
    assert query.first(pk=profile.pk) == profile
    process = connection.connection.info.backend_pid

    def end_the_other() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])

    at_once(end_the_other)
    # As at the beginning of a request.
    connection.close_if_unusable_or_obsolete()
    assert query.first(pk=profile.pk) == profile


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_after_a_migration_that_changes_a_column_the_next_try_succeeds() -> None:
    profile = ProfileFactory.create()
    query = labelled()

    def widen(length: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE profiles_profile ALTER COLUMN label TYPE varchar({length})")

    assert query.first(pk=profile.pk) == profile
    try:
        widen(101)
        with pytest.raises(OperationalError, match="schema has changed"):
            query.first(pk=profile.pk)
        assert query.first(pk=profile.pk) == profile
    finally:
        widen(100)
    # The very plan that came after is out of date as well now, and so forgotten.
    connection.close()
    assert query.first(pk=profile.pk) == profile


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_behind_a_pooler_nothing_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = ProfileFactory.create()
    connection.ensure_connection()
    monkeypatch.setattr(connection, "prepares", False)
    monkeypatch.setattr(connection, "_prepared", {})
    for _ in range(3):
        assert labelled().first(pk=profile.pk) == profile
    assert connection._prepared == {}  # type: ignore[attr-defined]  # our engine's
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%shout%%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_one_text_finds_any_number_of_ids() -> None:
    query = Prepared(lambda: Profile.objects.filter(OneOf(F("pk"), Parameters("ids", Profile._meta.pk))))
    ids = [ProfileFactory.create().pk for _ in range(4)]
    for number in (0, 1, 3):
        assert {each.pk for each in query.objects(ids=[*ids[:number], Experience().pk])} == set(ids[:number])
