"""The career: a profile, and the one gate through which it and all below it changes."""

import datetime as dt
import functools
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.core.validators import MinLengthValidator, RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from profiles import limits
from profiles.modelfields import ExtraField, HttpUrlField, LinkListField
from profiles.models import log, usage
from profiles.models.log import OWN, Actor, Cause, Changes
from profiles.models.parts import PARTS, Part
from profiles_project.database import clock
from profiles_project.database.prepared import Parameter, Prepared, PreparedUpdate, Together
from profiles_project.database.refusals import InTrash, LimitPassed, Missing, Stale, Taken
from profiles_project.database.values import SearchField, new_id
from profiles_project.equality import is_same
from profiles_project.words.sentences import mark, say
from users.models import User

P = TypeVar("P", bound=Part)
# Says whether a writer expects the profile with this id to have this version.
Expected = Callable[[uuid.UUID, int], bool]
ById = dict[uuid.UUID, "Profile"]


class ProfileManager(models.Manager["Profile"]):
    """The gate: every change of a profile or of anything below it goes through `revise` or `revise_all`.

    It knows no profile that lies in the trash, but for the methods that name it. Profiles in either place:
    `Profile.with_trash`.
    """

    def get_queryset(self) -> "models.QuerySet[Profile]":
        return super().get_queryset().filter(deleted_at=None)

    def find(self, pk: uuid.UUID) -> "Profile | None":
        """The profile with this id, unlocked."""
        found: Profile | None = _FOUND.first(pk=pk)
        return found

    @contextmanager
    def revise(self, pk: uuid.UUID, cause: Cause, expected: Expected | None = None) -> "Iterator[Profile]":
        """Hands the locked profile over for a change and closes the revision: one transaction, one new version.

        What changed is what the caller set on the profile, or what the bulk engine noted in its `changes`; a revision
        that changed nothing raises nothing. Errors: Missing; Stale where it is not the `expected` one (judged under the
        lock); LimitPassed where a limit of the document or of the user is passed. Any error rolls all of it back. What
        support does is not refused for the bytes that the user has stored.
        """
        # No savepoint: where a caller has a transaction open, an error in here is an error of all of it.
        with transaction.atomic(savepoint=False):
            profile = self.locked(pk, cause)
            _check(profile, expected)
            yield profile
            profile.close_revision()

    def locked(self, pk: uuid.UUID, cause: Cause) -> "Profile":
        """The profile, locked, for a caller that has a transaction open and calls `close_revision` itself.

        Raises Missing.
        """
        profile = self._locked(_ONE, cause, pk=pk).get(pk)
        if profile is None:
            raise Missing.of(Profile)
        return profile

    @contextmanager
    def revise_all(self, user_id: int, cause: Cause) -> "Iterator[dict[uuid.UUID, Profile]]":
        """`revise` for what touches several profiles of a user or how many there are: hands all of them over by id.

        The user's row is locked first, then the profiles by id, so that no two writers wait for each other.
        """
        with self._revise_all(user_id, cause) as (profiles, _):
            yield profiles

    @contextmanager
    def _revise_all(self, user_id: int, cause: Cause) -> "Iterator[tuple[ById, ById]]":
        """The user's profiles, and those of them that lie in the trash."""
        with transaction.atomic(savepoint=False):
            User.objects.select_for_update(no_key=True).get(pk=user_id)
            profiles = self._locked(_ALL_OF_USER, cause, user_id=user_id)
            trash = {pk: profile for pk, profile in profiles.items() if profile.deleted_at}
            for profile in trash.values():
                # A release that knows no trash may have made it the active one, in whose place another is to come.
                profile.is_active = False
                profile.close_revision()
            yield {pk: profile for pk, profile in profiles.items() if pk not in trash}, trash
            # The profile that stops being active goes first: the database allows one active profile at any moment.
            for profile in sorted(profiles.values(), key=lambda each: each.is_active):
                profile.close_revision()

    @contextmanager
    def add(self, profile: "Profile", cause: Cause) -> "Iterator[None]":
        """Stores a new profile, whose parts the caller then stores; the user's first one is active.

        Raises LimitPassed (too many profiles, or a limit of the document or the user), InTrash (the id is that of a
        profile in the user's trash) and Taken (the id is in use).
        """
        with self._revise_all(profile.user_id, cause) as (others, trash):
            if profile.pk in trash:
                raise InTrash(profile.pk)
            _check_number(others)
            profile.is_active = not any(other.is_active for other in others.values())
            profile.updated_at = profile.created_at
            profile.log_version = profile.version
            try:
                profile.save(force_insert=True)
            except IntegrityError as exc:
                # Under the user's lock only the id can conflict.
                raise Taken.of(profile.pk) from exc
            profile.open_revision(cause, is_new=True)
            yield
            profile.close_creation()

    def activate(self, profile: "Profile", cause: Cause, expected: Expected | None = None) -> "Profile":
        """Makes this the active one of its user's profiles: a revision of each of the two that change."""
        with self.revise_all(profile.user_id, cause) as profiles:
            chosen = self.chosen(profiles, profile, expected)
            for other in profiles.values():
                other.is_active = other is chosen
        return chosen

    def remove(self, profile: "Profile", cause: Cause, expected: Expected | None = None) -> "Profile":
        """Puts a profile into the trash; if it was the active one, the newest that remains becomes active."""
        with self.revise_all(profile.user_id, cause) as profiles:
            chosen = self.chosen(profiles, profile, expected)
            del profiles[chosen.pk]
            chosen.deleted_at = clock.now()
            if chosen.is_active and profiles:
                max(profiles.values(), key=lambda each: (each.created_at, each.pk)).is_active = True
            chosen.is_active = False
        return chosen

    def take_out(self, profile: "Profile", cause: Cause, expected: Expected | None = None) -> "Profile":
        """Takes a profile out of the trash; it is active if no other is. Raises Missing, Stale and LimitPassed."""
        with self._revise_all(profile.user_id, cause) as (others, trash):
            chosen = self.chosen(trash, profile, expected)
            _check_number(others)
            chosen.deleted_at = None
            chosen.is_active = not any(other.is_active for other in others.values())
        return chosen

    def purge(self, profile: "Profile", cause: Cause, expected: Expected | None = None) -> None:
        """Deletes a profile in the trash for good, with its history. Raises Missing where it is gone, and Stale."""
        with transaction.atomic(savepoint=False):
            User.objects.select_for_update(no_key=True).get(pk=profile.user_id)
            self.chosen(self._locked(_IN_TRASH, cause, pk=profile.pk), profile, expected).delete()

    def chosen(self, profiles: "ById", profile: "Profile", expected: Expected | None) -> "Profile":
        """The profile among the locked ones. Raises Missing where it is gone, Stale where another was expected."""
        if profile.pk not in profiles:
            raise Missing.of(Profile)
        chosen = profiles[profile.pk]
        _check(chosen, expected)
        return chosen

    def _locked(self, those: Prepared, cause: Cause, **which: Any) -> "ById":
        found: ById = {row.pk: row for row in those.objects(**which)}
        for profile in found.values():
            profile.open_revision(cause)
        return found


def _check_number(profiles: "ById") -> None:
    if len(profiles) >= limits.MAX_PROFILES:
        raise LimitPassed([say("You can have at most {n} profiles.", n=limits.MAX_PROFILES)])


def _check(profile: "Profile", expected: Expected | None) -> None:
    if expected is not None and not expected(profile.pk, profile.version):
        raise Stale(profile.version, profile)


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
        validators=[RegexValidator(r"\d", mark("A phone number has at least one digit."), "no_digit")],
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
        validators=[
            RegexValidator(r"^[A-Z]{2}$", mark("Give the country's two capital letters, such as GB."), "country")
        ],
    )
    links = LinkListField()

    professional_summary = models.TextField(max_length=2000, null=True, blank=True, validators=[MinLengthValidator(10)])
    # What a program made of the summary.
    enhanced_professional_summary = models.TextField(max_length=2000, null=True, blank=True)
    extra = ExtraField(max_bytes=limits.MAX_PROFILE_EXTRA_BYTES)

    # Derived from the document, for support alone: search words, and completeness in percent. Every revision clears
    # the score, and the worker computes it again (`rendering.score`).
    search_key = SearchField(sources=("full_name", "email"))
    score = models.PositiveSmallIntegerField("completeness", null=True, blank=True, editable=False)
    # The bytes of the profile with all below it (`usage`), and the version that they were counted for. After a write by
    # a release that does not know these columns they are null or of another version, and the worker counts again.
    byte_count = models.PositiveBigIntegerField(null=True, blank=True, editable=False)
    bytes_version = models.PositiveIntegerField(null=True, blank=True, editable=False)

    # When it went to the trash.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The last version that the log tells of, and the last one that it does not tell of: that of a release without a
    # log. What was before that one is not to be had again, and no item is shown with an older version.
    log_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    boundary = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    # What the log of the profile takes.
    log_bytes = models.PositiveBigIntegerField(default=0, db_default=0, editable=False)
    # With which version the own members and each list (of skills: what it holds, of items: which, in which order)
    # changed last, by name. What is not named has never changed since the boundary.
    versions = models.JSONField(default=dict, db_default={}, blank=True, editable=False)

    objects: ClassVar[ProfileManager] = ProfileManager()
    with_trash: ClassVar[models.Manager["Profile"]] = models.Manager()

    PLACE = ("address", "postal_code", "city", "region", "country_code")
    PERSONAL_INFO = (
        *("full_name", "email", "phone", "location", "linkedin", "github", "website"),
        *("headline", "image", *PLACE, "links"),
    )
    SUMMARIES = ("professional_summary", "enhanced_professional_summary")
    # The content that the document shows at its top, as it is stored.
    TOP = ("label", *SUMMARIES, "extra")
    LOG = ("log_version", "log_bytes", "versions")
    CONTENT = (*TOP, *PERSONAL_INFO)
    REVISED = (*CONTENT, "is_active", "deleted_at")

    class Meta:
        ordering = ("created_at", "id")
        indexes = (
            models.Index(fields=["user", "created_at", "id"], name="profile_of_user"),
            models.Index(fields=["score"], name="profile_score"),
            # Support filters by the rare value.
            models.Index(fields=["-id"], condition=Q(is_active=False), name="profile_spare"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="profile_in_trash"),
        )
        permissions = (
            ("activate_profile", "Can make a profile the active one of its user"),
            ("restore_profile", "Can restore an earlier version of a profile"),
            ("take_out_profile", "Can take a profile out of the trash"),
        )
        constraints = (
            models.UniqueConstraint(fields=["user"], condition=Q(is_active=True), name="one_active_profile_a_user"),
            models.CheckConstraint(condition=Q(version__gte=1), name="profile_version_from_1"),
        )

    def __str__(self) -> str:
        return f"{self.label} ({self.full_name})"

    # The state of the open revision: who makes it, and what it has changed so far. `revise` opens and closes it.
    cause: Cause
    # What the bulk engine has done to the rows below.
    changes: Changes
    # The version that the revision makes, if it changes anything.
    next_version: int
    _before: dict[str, Any]
    _rows: dict[type[Part], dict[uuid.UUID, Any]]

    def open_revision(self, cause: Cause, *, is_new: bool = False) -> None:
        """Remembers the stored values, so that closing writes only what changed. A new profile has no rows yet."""
        self.cause = cause
        self.changes = Changes()
        self.next_version = self.version if is_new else self.version + 1
        self._rows = {model: {} for model in PARTS} if is_new else {}
        self._before = self.own_values()

    @property
    def born(self) -> int:
        """When it was created, in microseconds since 1970."""
        return log.born_at(self.created_at)

    @property
    def floor(self) -> int:
        """The version below which none of an item is shown: a release without a log may have changed it until then."""
        return self.boundary if self.log_version == self.version else self.version

    def version_of(self, name: str) -> int:
        """The version with which the own members (`OWN`) or the list by this name changed last, as clients are told."""
        known: int = self.versions.get(name, 0)
        return max(known, self.floor, 1)

    @property
    def has_changed(self) -> bool:
        """Whether the open revision has changed anything so far."""
        return bool(self.changes) or any(not is_same(v, self._before[name]) for name, v in self.own_values().items())

    def stored(self, model: type[P]) -> dict[uuid.UUID, P]:
        """All rows of a kind by id, in their order, as they were when the revision first asked for them."""
        if model not in self._rows:
            self._rows[model] = model.of(self)
        return self._rows[model]

    def own_values(self) -> dict[str, Any]:
        """The values of the fields that a revision can change, by name."""
        return {name: getattr(self, name) for name in self.REVISED}

    def close_creation(self) -> None:
        """Count and store the bytes of a profile that was created just now, and log it. Raises LimitPassed."""
        below, total = usage.measure(self.pk, self.user_id)
        self.byte_count, self.bytes_version = usage.own_bytes(self.own_values()) + below, self.version
        usage.judge(total.content + self.byte_count)
        self.versions = self._versions(self.CONTENT)
        entry = self.changes.entry({}, {})
        log.make_room(self, usage.excess(total, self.byte_count + log.size_of(self.cause, entry)))
        self.log_bytes = log.size_of(self.cause, entry)
        columns = ("byte_count", "bytes_version", "versions", "log_bytes")
        self._write({name: getattr(self, name) for name in columns}, entry)

    def close_revision(self) -> None:
        """One UPDATE that raises the version and one entry of the log, if anything changed. Raises LimitPassed."""
        values = self.own_values()
        changed = {name: value for name, value in values.items() if not is_same(value, self._before[name])}
        if not changed and not self.changes:
            return
        entry = self.changes.entry({name: _as_logged(self._before[name]) for name in changed}, self._boundary())
        self._count_bytes(values, changed, entry)
        self.version = self.log_version = self.next_version
        # Never earlier than the last change, whatever this machine's clock says.
        self.updated_at = max(clock.now(), self.updated_at)
        self.versions = self._versions(changed)
        self.log_bytes += log.size_of(self.cause, entry)
        is_usual = len(changed) <= 1
        changed |= {name: getattr(self, name) for name in ("version", "updated_at", *self.LOG)}
        if self.boundary == self.version - 1:
            changed["boundary"] = self.boundary
        if self.bytes_version == self.version:
            changed |= {"byte_count": self.byte_count, "bytes_version": self.bytes_version}
        if not changed.keys().isdisjoint(("full_name", "email")):
            changed["search_key"] = Profile._meta.get_field("search_key").derive(self)
        if self.score is not None:
            changed["score"] = self.score = None
        if is_usual:
            self._write(changed, entry)
        else:
            # Any set of columns may change, and the server should not keep a plan for each set.
            logged = log.values_of(self, entry)
            log.insertion(*logged).run(**logged)
            Profile.with_trash.filter(pk=self.pk).update(**changed)
        self.open_revision(self.cause)

    def _write(self, columns: Mapping[str, Any], entry: str) -> None:
        """Store these columns and the entry of the log."""
        logged = log.values_of(self, entry)
        # What both have is the version.
        _update_and_log(tuple(columns), tuple(logged)).run(pk=self.pk, **{**logged, **columns})

    def _boundary(self) -> dict[str, Any]:
        """What the log says of the version before where a release without a log wrote it: when that was."""
        if self.log_version == self.version:
            return {}
        self.boundary = self.version
        return {"updated_at": self.updated_at.isoformat()}

    def _versions(self, changed: Iterable[str]) -> dict[str, int]:
        """`versions` after a revision that changed these of the own fields."""
        names = [*self.changes.lists, *((OWN,) if changed else ())]
        return {**self.versions, **dict.fromkeys(names, self.next_version)}

    def _count_bytes(self, values: Mapping[str, Any], changed: Mapping[str, Any], entry: str) -> None:
        """Set the bytes that the profile takes after the open revision. Raises LimitPassed.

        Only growth is judged, and only where the size before is known: deleting is never refused. What the log takes
        is not refused either: where it is too much, older entries make room.
        """
        is_known = self.bytes_version == self.version
        before = self.byte_count or 0
        is_judged = is_known and self.cause.actor != Actor.SUPPORT
        size = log.size_of(self.cause, entry)
        total = None
        if is_known:
            own = sum(usage.bytes_of(value) - usage.bytes_of(self._before[name]) for name, value in changed.items())
            self.byte_count = before + own + self.changes.bytes
        if self.changes and not (is_known and self._surely_fits()):
            below, total = usage.measure(self.pk, self.user_id)
            self.byte_count = usage.own_bytes(values) + below
        more = (self.byte_count or 0) - before
        if total is None and (self.changes or size > log.SMALL_BYTES or not usage.LARGE_FIELDS.isdisjoint(changed)):
            total = usage.total_of(self.user_id)
        if total is not None:
            if is_judged and more > 0:
                usage.judge(total.content + more)
            log.make_room(self, usage.excess(total, more + size))
        if not is_known and not self.changes:
            # The worker counts it.
            return
        self.bytes_version = self.next_version

    def _surely_fits(self) -> bool:
        """Whether no limit of the lists can be passed, as far as the open revision's own changes tell."""
        most = limits.MAX_DOCUMENT_BYTES
        return not self.changes.may_be_too_long and usage.ROW_BYTES <= (self.byte_count or 0) <= most


def _as_logged(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value


_PK = Parameter("pk", Profile._meta.pk)
_USER = Parameter("user_id", Profile._meta.get_field("user"))
_FOUND = Prepared(lambda: Profile.objects.filter(pk=_PK))
_ONE = Prepared(lambda: Profile.objects.select_for_update(no_key=True).filter(pk=_PK))
_IN_TRASH = Prepared(lambda: Profile.with_trash.select_for_update().filter(pk=_PK, deleted_at__isnull=False))
_ALL_OF_USER = Prepared(lambda: Profile.with_trash.select_for_update(no_key=True).filter(user=_USER).order_by("pk"))


@functools.cache
def _update(*columns: str) -> PreparedUpdate:
    return PreparedUpdate(lambda: Profile.with_trash.filter(pk=_PK), *columns)


@functools.cache
def _update_and_log(columns: tuple[str, ...], logged: tuple[str, ...]) -> Together:
    return Together(log.insertion(*logged), _update(*columns))
