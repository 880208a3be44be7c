"""How long history and trash are kept (contract 7): by days, by number, by bytes, and no longer than their profile."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Sum
from pytest_django import Settings

from profiles.maintenance import keeping
from profiles.maintenance.keeping import History, Trash
from profiles.models import Actor, Cause, Profile, Revision, log, usage
from profiles.models.trash import KEPT_IN_LOG, KEPT_IN_TRASH, KEPT_VERSIONS
from profiles_project.database import clock
from tests.support.client import ApiClient
from tests.support.concurrency import at_once, held
from tests.support.factories import ProfileFactory, UserFactory, make_profile, profile_document
from users.models import User

PROFILES = "/api/v1/profiles"
DAY = dt.timedelta(days=1)
NOW_OLD = KEPT_IN_LOG + DAY


def with_log(user: User, versions: int, old: int = 0, size: int = 0) -> Profile:
    """A profile with so many entries of so many bytes more, the first ones older than entries are kept."""
    profile: Profile = ProfileFactory.create(user=user, version=versions, log_version=versions)
    now = clock.now()
    Revision.objects.bulk_create(
        Revision(
            profile=profile,
            born=profile.born,
            version=number,
            created_at=now - NOW_OLD if number <= old else now,
            actor=Actor.YOU,
            action="profiles_update",
            changes={"profile": {"label": "x" * size}},
        )
        for number in range(1, versions + 1)
    )
    Profile.with_trash.filter(pk=profile.pk).update(log_bytes=taken(profile))
    profile.refresh_from_db()
    return profile


def taken(profile: Profile) -> int:
    """The bytes of a profile's entries."""
    total: int = Revision.objects.filter(profile=profile).aggregate(all=Sum(log.SIZE))["all"] or 0
    return total


def kept(profile: Profile) -> list[int]:
    """The versions that the log tells of, having looked at what the profile says of their bytes."""
    assert Profile.with_trash.get(pk=profile.pk).log_bytes == taken(profile)
    return list(Revision.objects.filter(profile=profile).order_by("version").values_list("version", flat=True))


def numbers(first: int, last: int) -> list[int]:
    return list(range(first, last + 1))


# Days and number ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("versions", "old", "first"),
    [
        # All are old, and the last 50 stay all the same.
        (KEPT_VERSIONS + 9, KEPT_VERSIONS + 9, 10),
        # Of more than 50, only those that are old go.
        (KEPT_VERSIONS + 9, 4, 5),
        (KEPT_VERSIONS, KEPT_VERSIONS, 1),
        (KEPT_VERSIONS + 9, 0, 1),
    ],
)
def test_old_entries_go_but_the_last_fifty(user: User, versions: int, old: int, first: int) -> None:
    profile = with_log(user, versions, old)
    history = History()
    assert history.count() == first - 1
    assert history.turn() == first - 1
    assert kept(profile) == numbers(first, versions)
    assert history.count() == history.turn() == 0


@pytest.mark.django_db
def test_the_history_that_is_left_is_whole(api: ApiClient) -> None:
    path = f"{PROFILES}/{api.post(PROFILES, profile_document(1)).json()['id']}"
    for number in range(2, KEPT_VERSIONS + 4):
        api.patch(path, {"label": f"Label {number}"})
    Revision.objects.filter(version__lte=3).update(created_at=clock.now() - NOW_OLD)
    assert History().turn() == 3
    assert api.get(f"{path}/history/3").status_code == 410
    for version in (4, 5, KEPT_VERSIONS + 3):
        answer = api.get(f"{path}/history/{version}")
        assert (answer.status_code, answer.json()["label"]) == (200, f"Label {version}")
    assert kept(Profile.objects.get()) == numbers(4, KEPT_VERSIONS + 3)


@pytest.mark.django_db
def test_many_entries_go_in_batches(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "BATCH", 4)
    profiles = [with_log(user, KEPT_VERSIONS + 5, 5) for _ in range(2)]
    assert list(History().delete()) == [4, 4, 2]
    assert [kept(profile) for profile in profiles] == [numbers(6, KEPT_VERSIONS + 5)] * 2


@pytest.mark.django_db
def test_a_turn_goes_on_where_the_last_one_ended(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAGE", 2)
    monkeypatch.setattr(keeping, "PAGES_A_TURN", 2)
    for _ in range(5):
        with_log(user, KEPT_VERSIONS + 1, 1)
    history = History()
    # The last of a full page may have further entries behind it, and is looked at in the next one.
    assert [history.turn() for _ in range(4)] == [2, 2, 1, 0]
    with_log(user, KEPT_VERSIONS + 1, 1)
    assert sum(history.turn() for _ in range(4)) == 1


@pytest.mark.django_db
def test_a_turn_leaves_the_rest_of_a_backlog_to_the_next(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BATCH": 2, "ENTRIES_A_TURN": 4, "PAGE": 2, "PURGED_AT_ONCE": 1, "PURGES_A_TURN": 2}.items():
        monkeypatch.setattr(keeping, name, value)
    profiles = [with_log(user, KEPT_VERSIONS + 3, 3) for _ in range(3)]
    history = History()
    assert [history.turn() for _ in range(4)] == [5, 4, 0, 0]
    assert [kept(profile) for profile in profiles] == [numbers(4, KEPT_VERSIONS + 3)] * 3
    for _ in range(3):
        ProfileFactory.create(user=user, is_active=False, deleted_at=clock.now() - KEPT_IN_TRASH - DAY)
    assert [Trash().turn() for _ in range(3)] == [2, 1, 0]


@pytest.mark.django_db
def test_what_an_earlier_profile_with_the_id_left_is_not_taken_off_a_later_one(user: User) -> None:
    profile = with_log(user, 3)
    entry = {"actor": Actor.YOU, "action": "x", "created_at": clock.now(), "changes": {}}
    earlier = Revision.objects.create(profile=profile, born=1, version=1, **entry)
    assert log.forget([earlier.pk]) == (1, {profile.pk})
    assert kept(profile) == [1, 2, 3]


@pytest.mark.django_db
def test_a_look_costs_the_same_number_of_statements_for_any_number_of_profiles(
    user: User, django_assert_num_queries: Any
) -> None:
    with_log(user, KEPT_VERSIONS, 9)
    history = History()
    with django_assert_num_queries(4):
        history.turn()
    for _ in range(4):
        with_log(user, KEPT_VERSIONS, 9)
    with django_assert_num_queries(4):
        history.turn()


# Locks ----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="there one write happens at a time")
def test_what_somebody_writes_to_is_passed_by(user: User) -> None:
    busy, idle = (with_log(user, KEPT_VERSIONS + 2, 2) for _ in range(2))
    trashed = ProfileFactory.create(user=user, is_active=False, deleted_at=clock.now() - KEPT_IN_TRASH - DAY)
    both = [busy.pk, trashed.pk]
    with held(lambda: list(Profile.with_trash.select_for_update(no_key=True).filter(pk__in=both))):
        assert sum(History().delete()) == 2
        assert Trash().turn() == 0
    assert (len(kept(busy)), len(kept(idle))) == (KEPT_VERSIONS + 2, KEPT_VERSIONS)
    assert sum(History().delete()) == 2
    assert Trash().turn() == 1


@pytest.mark.django_db(transaction=True)
def test_writers_and_two_that_prune_at_once_lose_no_byte_of_the_count(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "BATCH", 3)
    profile = with_log(user, KEPT_VERSIONS + 40, 40)

    def write() -> int:
        for number in range(20):
            with Profile.objects.revise(profile.pk, Cause(Actor.YOU, "profiles_update")) as revised:
                revised.label = f"Label {number}"
        return 0

    def prune() -> int:
        return sum(sum(History().delete()) for _ in range(10))

    _, *deleted = at_once(write, prune, prune)
    assert sum(deleted) + sum(History().delete()) == 40
    assert kept(profile) == numbers(41, KEPT_VERSIONS + 60)


# Bytes ----------------------------------------------------------------------------------------------------------------


def limited(settings: Settings, user: User, excess: int) -> None:
    """Set the limit so that the user stores so many bytes too much."""
    total = usage.total_of(user.pk)
    settings.USER_BYTES_LIMIT = usage.SET_ASIDE_BYTES + total.content + total.history - excess


@pytest.mark.django_db
@pytest.mark.parametrize("act", [History.turn, lambda history: sum(history.delete())], ids=["turn", "command"])
def test_who_stores_too_much_loses_the_oldest_entries_of_the_longest_history(
    user: User, settings: Settings, act: Any
) -> None:
    shorter, longer = with_log(user, 20, size=9_000), with_log(user, 30, size=9_000)
    other = with_log(UserFactory.create(), 30, size=9_000)
    limited(settings, user, 25_000)
    assert History().count() == 3
    assert act(History()) == 3
    # Young as they are, and fewer than 50.
    assert kept(longer) == numbers(4, 30)
    assert (kept(shorter), kept(other)) == (numbers(1, 20), numbers(1, 30))
    assert usage.past_limit([user.pk]) == {}


@pytest.mark.django_db
def test_where_the_longest_history_is_not_enough_the_next_one_goes_too(
    user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "BATCH", 4)
    shorter, longer = with_log(user, 8, size=9_000), with_log(user, 9, size=9_000)
    limited(settings, user, longer.log_bytes + 5_000)
    assert History().count() == 10
    assert sum(History().delete()) == 10
    assert (kept(longer), kept(shorter)) == ([], numbers(2, 8))


@pytest.mark.django_db
def test_what_goes_by_age_or_with_the_trash_is_counted_once(user: User, settings: Settings) -> None:
    profile = with_log(user, KEPT_VERSIONS + 10, 10, size=9_000)
    purged = with_log(user, 10, size=9_000)
    Profile.with_trash.filter(pk=purged.pk).update(deleted_at=clock.now() - KEPT_IN_TRASH - DAY, byte_count=100)
    freed = taken(purged) + 100 + 10 * (profile.log_bytes // (KEPT_VERSIONS + 10))
    limited(settings, user, freed + 5_000)
    assert History().count() == 10 + 10 + 1
    assert sum(History().delete()) == 10 + 10 + 1
    assert kept(profile) == numbers(12, KEPT_VERSIONS + 10)


@pytest.mark.django_db
def test_small_writes_past_the_limit_make_room_within_a_turn(
    user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No page reaches the profile.
    monkeypatch.setattr(keeping, "PAGES_A_TURN", 0)
    profile = with_log(user, 20, size=9_000)
    Profile.objects.filter(pk=profile.pk).update(byte_count=600, bytes_version=20)
    limited(settings, user, 0)
    with Profile.objects.revise(profile.pk, Cause(Actor.YOU, "profiles_update")) as revised:
        revised.label = "Another"
    assert len(kept(profile)) == 21
    assert History().turn() == 1
    assert kept(profile) == numbers(2, 21)


# Trash and orphans ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_lies_in_the_trash_for_thirty_days_is_purged_with_all_below_it(api: ApiClient, user: User) -> None:
    def deleted(ago: dt.timedelta) -> uuid.UUID:
        pk = uuid.UUID(api.post(PROFILES, profile_document(2)).json()["id"])
        api.delete(f"{PROFILES}/{pk}")
        Profile.with_trash.filter(pk=pk).update(deleted_at=clock.now() - ago)
        return pk

    old, young = deleted(KEPT_IN_TRASH + DAY), deleted(KEPT_IN_TRASH - DAY)
    used = make_profile(user)
    assert (History().count(), Trash().count()) == (2, 1)
    assert list(History().delete()) == [2]
    assert list(Trash().delete()) == [1]
    assert set(Profile.with_trash.values_list("pk", flat=True)) == {young, used.pk}
    for relation in Profile._meta.related_objects:
        assert not relation.related_model._base_manager.filter(profile=old).exists()
    assert api.post(f"{PROFILES}/trash/{young}/restore").status_code == 200
    assert api.post(f"{PROFILES}/trash/{old}/restore").status_code == 404


@pytest.mark.django_db
def test_purging_goes_some_at_a_time(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PURGED_AT_ONCE", 2)
    for _ in range(3):
        ProfileFactory.create(user=user, is_active=False, deleted_at=clock.now() - KEPT_IN_TRASH - DAY)
    assert list(Trash().delete()) == [2, 1]


def without_a_log(profile: Profile) -> None:
    """Delete a profile as a release does that knows no log."""
    for relation in Profile._meta.related_objects:
        if relation.related_model is not Revision:
            relation.related_model._base_manager.filter(profile=profile).delete()
    Profile.with_trash.filter(pk=profile.pk)._raw_delete(Profile.with_trash.db)


@pytest.mark.django_db
@pytest.mark.parametrize("act", [History.turn, lambda history: sum(history.delete())], ids=["turn", "command"])
def test_entries_without_their_profile_go(user: User, act: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "BATCH", 2)
    gone, again, kept_profile = (with_log(user, 3) for _ in range(3))
    for profile in (gone, again):
        without_a_log(profile)
    # A later one with the same id, whose own entries stay.
    later = ProfileFactory.create(pk=again.pk, user=user)
    entry = {"actor": Actor.YOU, "action": "profiles_create", "created_at": clock.now(), "changes": {}}
    Revision.objects.create(profile=later, born=later.born, version=1, **entry)
    Profile.objects.filter(pk=later.pk).update(log_bytes=taken(later) - 3 * (kept_profile.log_bytes // 3))
    assert History().count() == 6
    assert act(History()) == 6
    assert (kept(later), kept(kept_profile)) == ([1], [1, 2, 3])


@pytest.mark.django_db
def test_lives_of_one_id_across_two_pages_are_all_found(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAGE", 3)
    profiles = sorted((with_log(user, 1) for _ in range(3)), key=lambda each: each.pk)
    entry = {"actor": Actor.YOU, "action": "x", "created_at": clock.now(), "changes": {}}
    for profile in profiles:
        Revision.objects.create(profile=profile, born=1, version=1, **entry)
    assert sum(History().delete()) == 3
    assert [kept(profile) for profile in profiles] == [[1]] * 3


# The plans ------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="PostgreSQL tells plans in full")
def test_no_turn_reads_the_whole_log(django_capture_on_commit_callbacks: Any, user: User) -> None:
    profiles = [with_log(user, 60, 5) for _ in range(20)]
    with connection.cursor() as cursor:
        # So few rows would be read faster without an index.
        cursor.execute("ANALYZE profiles_revision")
    plans = [explained(query) for query in statements(profiles)]
    assert [plan for plan in plans if "Seq Scan on profiles_revision" in plan] == []


def statements(profiles: Sequence[Profile]) -> list[Any]:
    """What a turn asks of the log."""
    lives = Revision.objects.filter(profile_id__gt=profiles[0].pk).order_by("profile_id", "born")
    page, _ = keeping._look(None)
    return [
        lives.values_list("profile_id", "born")[: keeping.PAGE],
        keeping._first(page.old),
        Revision.objects.filter(profile__in=keeping._purged()),
        Revision.objects.filter(created_at__gte=clock.now()).values("profile"),
    ]


def explained(query: Any) -> str:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        return str(query.explain())


# The command ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_says_how_many_rows_of_which_table_go(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    with_log(user, KEPT_VERSIONS + 2, 2)
    ProfileFactory.create(user=user, is_active=False, deleted_at=clock.now() - KEPT_IN_TRASH - DAY)
    call_command("prune", "--dry-run")
    lines = capsys.readouterr().out.splitlines()
    assert {"profiles_revision: 2 rows to delete", "profiles_profile: 1 row to delete"} <= set(lines)
    assert Revision.objects.count() == KEPT_VERSIONS + 2
