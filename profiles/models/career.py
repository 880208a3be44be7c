"""The career: a profile, and the one gate through which it and all below it changes."""

import functools
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from profiles import limits
from profiles.modelfields import ExtraField, HttpUrlField, LinkListField
from profiles.models import usage
from profiles.models.parts import PARTS, Part
from profiles_project.database import clock
from profiles_project.database.prepared import Parameter, Prepared, PreparedUpdate
from profiles_project.database.refusals import LimitPassed, Missing, Stale, Taken
from profiles_project.database.values import SearchField, is_same, new_id
from users.models import User

P = TypeVar("P", bound=Part)
# Says whether a writer expects the profile with this id to have this version.
Expected = Callable[[uuid.UUID, int], bool]


class ProfileManager(models.Manager["Profile"]):
    """The gate: every change of a profile or of anything below it goes through `revise` or `revise_all`."""

    def find(self, pk: uuid.UUID) -> "Profile | None":
        """The profile with this id, unlocked."""
        found: Profile | None = _FOUND.first(pk=pk)
        return found

    @contextmanager
    def revise(self, pk: uuid.UUID, expected: Expected | None = None, *, by_staff: bool = False) -> "Iterator[Profile]":
        """Hands the locked profile over for a change and closes the revision: one transaction, one new version.

        What changed is what the caller set on the profile, or said with `touch()`; a revision that changed nothing
        raises nothing. Errors: Missing; Stale where it is not the `expected` one (judged under the lock); LimitPassed
        where a limit of the document or of the user is passed. Any error rolls all of it back. What is done
        `by_staff` is not refused for the bytes that the user has stored.
        """
        # No savepoint: where a caller has a transaction open, an error in here is an error of all of it.
        with transaction.atomic(savepoint=False):
            profile = self.locked(pk, by_staff=by_staff)
            _check(profile, expected)
            yield profile
            profile.close_revision()

    def locked(self, pk: uuid.UUID, *, by_staff: bool = False) -> "Profile":
        """The profile, locked, for a caller that has a transaction open and calls `close_revision` itself.

        Raises Missing.
        """
        profile = self._locked(_ONE, pk=pk).get(pk)
        if profile is None:
            raise Missing
        profile.by_staff = by_staff
        return profile

    @contextmanager
    def revise_all(self, user_id: int) -> "Iterator[dict[uuid.UUID, Profile]]":
        """`revise` for what touches several profiles of a user or how many there are: hands all of them over by id.

        The user's row is locked first, then the profiles by id, so that no two writers wait for each other.
        """
        with transaction.atomic(savepoint=False):
            User.objects.select_for_update(no_key=True).get(pk=user_id)
            profiles = self._locked(_ALL_OF_USER, user_id=user_id)
            yield profiles
            # The profile that stops being active goes first: the database allows one active profile at any moment.
            for profile in sorted(profiles.values(), key=lambda each: each.is_active):
                profile.close_revision()

    @contextmanager
    def add(self, profile: "Profile") -> "Iterator[None]":
        """Stores a new profile, whose parts the caller then stores; the user's first one is active.

        Raises LimitPassed (too many profiles, or a limit of the document or the user) and Taken (the id is in use).
        """
        with self.revise_all(profile.user_id) as others:
            if len(others) >= limits.MAX_PROFILES:
                raise LimitPassed([f"You can have at most {limits.MAX_PROFILES} profiles."])
            profile.is_active = not any(other.is_active for other in others.values())
            profile.updated_at = profile.created_at
            try:
                profile.save(force_insert=True)
            except IntegrityError as exc:
                # Under the user's lock only the id can conflict.
                raise Taken(f"The id {profile.pk} is taken already; choose another, or send none.") from exc
            profile.open_revision()
            profile.has_no_rows()
            yield
            profile.count_new()

    def activate(self, profile: "Profile", expected: Expected | None = None) -> "Profile":
        """Makes this the active one of its user's profiles: a revision of each of the two that change."""
        with self.revise_all(profile.user_id) as profiles:
            chosen = self.chosen(profiles, profile, expected)
            for other in profiles.values():
                other.is_active = other is chosen
        return chosen

    def remove(self, profile: "Profile", expected: Expected | None = None) -> None:
        """Deletes a profile with all below it; if it was the active one, the newest that remains becomes active."""
        with self.revise_all(profile.user_id) as profiles:
            chosen = self.chosen(profiles, profile, expected)
            del profiles[chosen.pk]
            chosen.delete()
            if chosen.is_active and profiles:
                max(profiles.values(), key=lambda each: (each.created_at, each.pk)).is_active = True

    def chosen(self, profiles: "dict[uuid.UUID, Profile]", profile: "Profile", expected: Expected | None) -> "Profile":
        """The profile among the locked ones. Raises Missing where it is gone, Stale where another was expected."""
        if profile.pk not in profiles:
            raise Missing
        chosen = profiles[profile.pk]
        _check(chosen, expected)
        return chosen

    def _locked(self, those: Prepared, **which: Any) -> "dict[uuid.UUID, Profile]":
        found: dict[uuid.UUID, Profile] = {row.pk: row for row in those.objects(**which)}
        for profile in found.values():
            profile.open_revision()
        return found


def _check(profile: "Profile", expected: Expected | None) -> None:
    if expected is not None and not expected(profile.pk, profile.version):
        raise Stale(profile.version)


class Profile(models.Model):
    """A master career profile: own fields here, the rest in component rows. Shape: contract 3.1."""

    # Absent is null in the document and in the database alike, so that "" never stands beside it (and DJ001 is off).
    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index of its own: the one of the list below begins with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profiles", db_index=False
    )
    label = models.CharField(max_length=100, default="Master")
    is_active = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = clock.Moment()
    updated_at = clock.Moment()

    full_name = models.CharField(max_length=100)
    email = models.EmailField(max_length=254)
    phone = models.CharField(
        max_length=32,
        null=True,
        blank=True,
        validators=[RegexValidator(r"\d", "A phone number has at least one digit.", "no_digit")],
    )
    location = models.CharField(max_length=100, null=True, blank=True)
    linkedin = HttpUrlField(max_length=200, null=True, blank=True)
    github = HttpUrlField(max_length=200, null=True, blank=True)
    website = HttpUrlField(max_length=200, null=True, blank=True)

    headline = models.CharField(max_length=220, null=True, blank=True)
    image = HttpUrlField(max_length=200, null=True, blank=True)
    # The place in its parts, beside the one line of `location`, in JSON Resume's words.
    address = models.CharField(max_length=200, null=True, blank=True)
    postal_code = models.CharField(max_length=20, null=True, blank=True)
    city = models.CharField(max_length=100, null=True, blank=True)
    region = models.CharField(max_length=100, null=True, blank=True)
    country_code = models.CharField(
        max_length=2,
        null=True,
        blank=True,
        validators=[RegexValidator(r"^[A-Z]{2}$", "Give the country's two capital letters, such as GB.", "country")],
    )
    links = LinkListField()

    professional_summary = models.TextField(max_length=2000, null=True, blank=True, validators=[MinLengthValidator(10)])
    extra = ExtraField(max_bytes=limits.MAX_PROFILE_EXTRA_BYTES)

    # Derived from the document, for support alone: search words, and completeness in percent. Every revision clears
    # the score, and the worker computes it again (`rendering.score`).
    search_key = SearchField(sources=("full_name", "email"))
    score = models.PositiveSmallIntegerField("completeness", null=True, blank=True, editable=False)
    # The bytes of the profile with all below it (`usage`), and the version that they were counted for. After a write by
    # a release that does not know these columns they are null or of another version, and the worker counts again.
    byte_count = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    bytes_version = models.PositiveIntegerField(null=True, blank=True, editable=False)

    objects: ClassVar[ProfileManager] = ProfileManager()

    PLACE = ("address", "postal_code", "city", "region", "country_code")
    PERSONAL_INFO = (
        *("full_name", "email", "phone", "location", "linkedin", "github", "website"),
        *("headline", "image", *PLACE, "links"),
    )
    REVISED = ("label", "is_active", *PERSONAL_INFO, "professional_summary", "extra")

    class Meta:
        ordering = ("created_at", "id")
        indexes = (
            models.Index(fields=["user", "created_at", "id"], name="profile_of_user"),
            models.Index(fields=["score"], name="profile_score"),
            # Support filters by the rare value.
            models.Index(fields=["-id"], condition=Q(is_active=False), name="profile_spare"),
        )
        permissions = (("activate_profile", "Can make a profile the active one of its user"),)
        constraints = (
            models.UniqueConstraint(fields=["user"], condition=Q(is_active=True), name="one_active_profile_a_user"),
            models.CheckConstraint(condition=Q(version__gte=1), name="profile_version_from_1"),
        )

    def __str__(self) -> str:
        return f"{self.label} ({self.full_name})"

    # The state of the open revision: who makes it, and what it has changed so far. Only `revise` and `touch` write it.
    _before: dict[str, Any]
    _touched: bool
    _rows: dict[type[Part], dict[uuid.UUID, Any]]
    by_staff = False

    def open_revision(self) -> None:
        """Remembers the stored values, so that closing writes only what changed."""
        self._rows = {}
        self._before = self.own_values()
        self._touched = False

    def has_no_rows(self) -> None:
        """Records that the profile has no rows yet, which saves looking for them."""
        self._rows = {model: {} for model in PARTS}

    def stored(self, model: type[P]) -> dict[uuid.UUID, P]:
        """All rows of a kind by id, in their order, as they were when the revision first asked for them."""
        if model not in self._rows:
            self._rows[model] = model.of(self)
        return self._rows[model]

    def touch(self) -> None:
        """Says that something below the profile was changed in this revision."""
        self._touched = True

    def own_values(self) -> dict[str, Any]:
        """The values of the fields that a revision can change, by name."""
        return {name: getattr(self, name) for name in self.REVISED}

    def count_new(self) -> None:
        """Count and store the bytes of a profile that was created just now. Raises LimitPassed."""
        below, total = usage.measure(self.pk, self.user_id)
        self.byte_count, self.bytes_version = usage.own_bytes(self.own_values()) + below, self.version
        usage.judge(total + self.byte_count)
        _update("byte_count", "bytes_version").run(
            pk=self.pk, byte_count=self.byte_count, bytes_version=self.bytes_version
        )

    def _count_bytes(self, values: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        """Set the bytes that the profile takes after the open revision. Raises LimitPassed.

        Only growth is judged, and only where the size before is known: deleting is never refused.
        """
        is_known = self.bytes_version == self.version
        before = self.byte_count or 0
        if self._touched:
            below, total = usage.measure(self.pk, self.user_id)
            self.byte_count = usage.own_bytes(values) + below
            is_judged = is_known and self.byte_count > before and not self.by_staff
            if is_judged:
                usage.judge(total - before + self.byte_count)
        elif is_known:
            more = sum(usage.bytes_of(value) - usage.bytes_of(self._before[name]) for name, value in changed.items())
            self.byte_count = before + more
            if more > 0 and not usage.LARGE_FIELDS.isdisjoint(changed) and not self.by_staff:
                usage.check(self.user_id, more)
        else:
            # The worker counts it.
            return
        self.bytes_version = self.version + 1

    def close_revision(self) -> None:
        """One UPDATE that raises the version, if anything changed. Raises LimitPassed."""
        values = self.own_values()
        changed = {name: value for name, value in values.items() if not is_same(value, self._before[name])}
        if not changed and not self._touched:
            return
        self._count_bytes(values, changed)
        self.version += 1
        # Never earlier than the last change, whatever this machine's clock says.
        self.updated_at = max(clock.now(), self.updated_at)
        is_usual = len(changed) <= 1
        changed |= {"version": self.version, "updated_at": self.updated_at}
        if self.bytes_version == self.version:
            changed |= {"byte_count": self.byte_count, "bytes_version": self.bytes_version}
        if not changed.keys().isdisjoint(("full_name", "email")):
            changed["search_key"] = Profile._meta.get_field("search_key").derive(self)
        if self.score is not None:
            changed["score"] = self.score = None
        if is_usual:
            _update(*changed).run(pk=self.pk, **changed)
        else:
            # Any set of columns may change, and the server should not keep a plan for each set.
            Profile.objects.filter(pk=self.pk).update(**changed)
        self.open_revision()


_PK = Parameter("pk", Profile._meta.pk)
_USER = Parameter("user_id", Profile._meta.get_field("user"))
_FOUND = Prepared(lambda: Profile.objects.filter(pk=_PK))
_ONE = Prepared(lambda: Profile.objects.select_for_update(no_key=True).filter(pk=_PK))
_ALL_OF_USER = Prepared(lambda: Profile.objects.select_for_update(no_key=True).filter(user=_USER).order_by("pk"))


@functools.cache
def _update(*columns: str) -> PreparedUpdate:
    return PreparedUpdate(lambda: Profile.objects.filter(pk=_PK), *columns)
