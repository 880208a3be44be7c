"""What goes of history and trash (contract 7), and when.

Whatever deletes an entry of the log holds the lock of its profile, whose `log_bytes` go down by what went. Profiles
that somebody else has locked are passed by, until a later turn.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar, NamedTuple

from django.db import transaction
from django.db.models import F, Min, QuerySet, Sum
from django.db.models.functions import Coalesce

from profiles.models import Profile, Revision, log, usage
from profiles.models.trash import KEPT_IN_LOG, KEPT_IN_TRASH, KEPT_VERSIONS
from profiles_project.database import clock
from profiles_project.pruning import BATCH, Rule

# Profiles whose entries one look at the log tells apart, and how many such looks a turn has: 10,000 profiles a minute.
PAGE = 1_000
PAGES_A_TURN = 10
# Only who has a log of so many bytes is looked at for storing too much: the other logs, at most 50 of a person, have
# room in what `usage` sets aside.
LARGE_LOG = 64 * 2**10
# A turn looks further back than to the one before it.
LOOK_BACK = dt.timedelta(minutes=5)
# A turn that finds more leaves the rest to the next one, so that what else is due does not wait for long.
ENTRIES_A_TURN = 20_000
PURGED_AT_ONCE, PURGES_A_TURN = 20, 25
# Keys of entries that are read together, to be deleted in batches: finding the first ones takes as long as finding all.
READ_AT_ONCE = 50_000


def _purged() -> "QuerySet[Profile]":
    """The profiles whose time in the trash is over."""
    return Profile.with_trash.filter(deleted_at__lt=clock.now() - KEPT_IN_TRASH)


class Trash:
    """Deletes profiles whose time in the trash is over, with all below them."""

    model: ClassVar[type[Profile]] = Profile
    table: ClassVar[str] = Profile._meta.db_table

    def count(self) -> int:
        """How many profiles may go now."""
        return _purged().count()

    def delete(self) -> Iterator[int]:
        """Delete them some at a time, giving their number each time."""
        while deleted := self._delete_some():
            yield deleted

    def turn(self) -> int:
        """Delete what may go, at most 500 of them, and return how many."""
        return sum(islice(self.delete(), PURGES_A_TURN))

    def _delete_some(self) -> int:
        with transaction.atomic():
            # One that is being taken out of the trash is locked, and no longer found afterwards.
            free = _purged().select_for_update(skip_locked=True).order_by("pk")
            keys = list(free.values_list("pk", flat=True)[:PURGED_AT_ONCE])
            Profile.with_trash.filter(pk__in=keys).only("pk").delete()
        return len(keys)


class Life(NamedTuple):
    """A profile that the log tells of, and the oldest version told; of several with the same id each has its own."""

    profile_id: uuid.UUID
    born: int
    oldest: int


@dataclass(frozen=True)
class Page:
    """What may go of the entries of some profiles: lives whose profile is gone, and entries that are old enough.

    `large` has the people among the profiles' owners who have a large log.
    """

    orphans: list[Life]
    old: "QuerySet[Revision]"
    large: set[int]

    def delete(self) -> Iterator[int]:
        """Delete all of it batch by batch, giving the number of entries of each."""
        for life in self.orphans:
            yield from _delete_orphans(life)
        yield from _delete(self.old)

    def count(self) -> int:
        """How many entries may go."""
        orphans = (Revision.objects.filter(profile=life.profile_id, born=life.born) for life in self.orphans)
        return self.old.count() + sum(rows.count() for rows in orphans)


def _look(after: uuid.UUID | None) -> tuple[Page, uuid.UUID | None]:
    """The page behind a profile's id, or the first one; and where the next page begins, if there is one.

    The lives come from the index of the log alone, in its order.
    """
    entries = Revision.objects.filter(profile_id__gt=after) if after else Revision.objects.all()
    found = entries.order_by("profile_id", "born").values_list("profile_id", "born").annotate(oldest=Min("version"))
    lives = [Life(*row) for row in found[:PAGE]]
    if len(lives) < PAGE:
        return _page(lives), None
    # The last id may have more lives than the page has room for.
    last = lives[-1].profile_id
    whole = [life for life in lives if life.profile_id != last] or lives
    return _page(whole), whole[-1].profile_id


def _page(lives: Collection[Life]) -> Page:
    keys = {life.profile_id for life in lives}
    rows = Profile.with_trash.filter(pk__in=keys).only("user_id", "version", "created_at", "deleted_at", "log_bytes")
    profiles = {profile.pk: profile for profile in rows}
    orphans, long = [], []
    for life in lives:
        profile = profiles.get(life.profile_id)
        if profile is None or profile.born != life.born:
            orphans.append(life)
        elif profile.version - life.oldest >= KEPT_VERSIONS and not _is_purged(profile):
            long.append(life.profile_id)
    # Entries of an earlier profile with the id of a later one are no part of that one's `log_bytes`.
    earlier = [life.born for life in orphans if life.profile_id in profiles]
    large = {profile.user_id for profile in profiles.values() if profile.log_bytes >= LARGE_LOG}
    return Page(orphans, _old().filter(profile__in=long).exclude(born__in=earlier), large)


def _is_purged(profile: Profile) -> bool:
    return profile.deleted_at is not None and profile.deleted_at < clock.now() - KEPT_IN_TRASH


def _old() -> "QuerySet[Revision]":
    """The entries that are old enough, and not among the last ones of their profile."""
    before = clock.now() - KEPT_IN_LOG
    return Revision.objects.filter(created_at__lt=before, version__lte=F("profile__version") - KEPT_VERSIONS)


def _delete(entries: "QuerySet[Revision]") -> Iterator[int]:
    """Delete entries whose profiles are there, the oldest first, giving the number of each batch."""
    locked: set[uuid.UUID] = set()
    while found := list(_first(entries.exclude(profile__in=locked))):
        for start in range(0, len(found), BATCH):
            some = found[start : start + BATCH]
            number, free = log.forget(pk for _, pk in some)
            locked |= {profile_id for profile_id, _ in some} - free
            yield number


def _first(entries: "QuerySet[Revision]") -> Any:
    return entries.order_by("profile_id", "version").values_list("profile_id", "pk")[:READ_AT_ONCE]


def _delete_orphans(life: Life) -> Iterator[int]:
    """Delete the entries of a profile that is gone; nobody adds to them, and no profile counts their bytes."""
    rows = Revision.objects.filter(profile=life.profile_id, born=life.born).order_by("pk")
    while keys := list(rows.values_list("pk", flat=True)[:BATCH]):
        Revision.objects.filter(pk__in=keys).delete()
        yield len(keys)


# Bytes --------------------------------------------------------------------------------------------------------------


def _past_limit(users: Collection[int]) -> Iterator[tuple[int, int]]:
    """Those of these people who store too much even when their trash is purged, and how many bytes too much."""
    for user, excess in usage.past_limit(users).items():
        sizes = _purged().filter(user=user).aggregate(all=Sum(F("log_bytes") + Coalesce("byte_count", 0)))
        yield user, excess - (sizes["all"] or 0)


def _make_room(users: Collection[int]) -> Iterator[int]:
    """Delete history of those of these people who store too much, giving the number of entries of each batch.

    The oldest entries of the profile with the most go first, however young they are.
    """
    for user, excess in _past_limit(users):
        left = excess
        for profile_id in _by_bytes(user):
            while left > 0 and (some := _oldest(profile_id, left)):
                number, free = log.forget(some)
                yield number
                if not free:
                    # The next profile gives what this one can't.
                    break
                left -= sum(some.values())


def _by_bytes(user: int) -> list[uuid.UUID]:
    mine = Profile.with_trash.filter(user=user, log_bytes__gt=0).order_by("-log_bytes", "pk")
    return list(mine.values_list("pk", flat=True))


def _oldest(profile_id: uuid.UUID, wanted: int) -> dict[int, int]:
    """The bytes of at most BATCH of the profile's oldest entries, by key."""
    entries = Revision.objects.filter(profile=profile_id)
    return dict(log.oldest(entries, wanted, BATCH))


def _count_excess(user: int, excess: int) -> int:
    """How many entries of a person who stores so many bytes too much must go beside those that are old."""
    purged = _purged().filter(user=user)
    old = _old().filter(profile__user=user).exclude(profile__in=purged)
    left = excess - (old.aggregate(all=Sum(log.SIZE))["all"] or 0)
    number = 0
    for profile_id in _by_bytes(user):
        entries = Revision.objects.filter(profile=profile_id).exclude(profile__in=purged)
        sizes = dict(log.oldest(entries.exclude(pk__in=old.values("pk")), left))
        number += len(sizes)
        left -= sum(sizes.values())
    return number


# The log ------------------------------------------------------------------------------------------------------------


class History:
    """Deletes the entries of the log that are past their time, have no room, or have lost their profile.

    The worker's turn looks at the next profiles, goes on from there in the next turn, and starts over after the last
    one: of a million profiles each is looked at every 100 minutes. Who has just written a large log past the limit of
    bytes is looked at in each turn.
    """

    model: ClassVar[type[Revision]] = Revision
    table: ClassVar[str] = Revision._meta.db_table

    def __init__(self) -> None:
        self._after: uuid.UUID | None = None
        self._since: dt.datetime | None = None

    def count(self) -> int:
        """How many entries may go now, of all profiles."""
        number = Revision.objects.filter(profile__in=_purged()).count()
        large: set[int] = set()
        for page in self._pages():
            number += page.count()
            large |= page.large
        return number + sum(_count_excess(user, excess) for user, excess in _past_limit(large))

    def delete(self) -> Iterator[int]:
        """Delete them batch by batch, giving the number of entries of each."""
        yield from self._of_purged()
        large: set[int] = set()
        for page in self._pages():
            yield from page.delete()
            large |= page.large
        yield from _make_room(large)

    def turn(self) -> int:
        """Delete those of the people who have written lately, and of the next profiles. Returns how many."""
        number = 0
        for deleted in self._some():
            number += deleted
            if number >= ENTRIES_A_TURN:
                break
        return number

    def _some(self) -> Iterator[int]:
        yield from _make_room(self._lately())
        yield from self._of_purged()
        for _ in range(PAGES_A_TURN):
            page, after = _look(self._after)
            yield from page.delete()
            yield from _make_room(page.large)
            self._after = after
            if after is None:
                return

    def _of_purged(self) -> Iterator[int]:
        """Those of profiles that are about to be purged, so that no statement deletes a whole long history."""
        yield from _delete(Revision.objects.filter(profile__in=_purged()))

    def _pages(self) -> Iterator[Page]:
        page, after = _look(None)
        yield page
        while after is not None:
            page, after = _look(after)
            yield page

    def _lately(self) -> set[int]:
        """The people who have changed a profile with a large log since the last turn."""
        now = clock.now()
        since = (self._since or now) - LOOK_BACK
        self._since = now
        changed = Revision.objects.filter(created_at__gte=since).values("profile")
        large = Profile.with_trash.filter(log_bytes__gte=LARGE_LOG, pk__in=changed)
        return set(large.values_list("user_id", flat=True))


# The log first, so that what a profile is purged with is counted and goes in batches.
RULES: tuple[Rule, ...] = (History(), Trash())
