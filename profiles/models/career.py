"""The career: a profile, its components, and the one gate through which all of it changes."""

import functools
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Length, Substr
from django.db.models.lookups import GreaterThanOrEqual
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import ValidationError

from profiles import limits, partial_dates
from profiles.modelfields import HttpUrlField, PartialDateField, StringListField, VerbatimJSONField
from profiles_project.http.conditional import IfMatch
from profiles_project.http.errors import Conflict
from profiles_project.http.prepared import Parameter, Prepared, PreparedUpdate
from profiles_project.http.values import FoldedField, new_id
from users.models import User

Rule = tuple[str, str, str]
P = TypeVar("P", bound="Part")


class ProfileManager(models.Manager["Profile"]):
    """The gate: every change of a profile or of anything below it goes through `revise` or `revise_all`."""

    def find(self, pk: uuid.UUID) -> "Profile | None":
        """The profile with this id, unlocked."""
        found: Profile | None = _FOUND.first(pk=pk)
        return found

    @contextmanager
    def revise(self, pk: uuid.UUID, if_match: IfMatch | None = None) -> "Iterator[Profile]":
        """Hands the locked profile over for a change and closes the revision: one transaction, one new version.

        What changed is what the caller set on the profile, or said with `touch()`; a revision that changed nothing
        raises nothing. Errors: Http404, PreconditionFailed (the version is judged under the lock), ValidationError
        where a limit of the document is passed. Any error rolls all of it back.
        """
        # No savepoint: where a caller has a transaction open, an error in here is an error of all of it.
        with transaction.atomic(savepoint=False):
            profile = self._locked(_ONE, pk=pk).get(pk)
            if profile is None:
                raise Http404
            if if_match is not None:
                if_match.check(profile.pk, profile.version)
            yield profile
            profile.close_revision()

    @contextmanager
    def revise_all(self, user_id: int) -> "Iterator[dict[uuid.UUID, Profile]]":
        """`revise` for what touches several profiles of a user or how many there are: hands all of them over by id.

        The user's row is locked first, then the profiles by id, so that no two writers wait for each other.
        """
        with transaction.atomic(savepoint=False):
            User.objects.select_for_update(no_key=True).get(pk=user_id)
            profiles = self._locked(_ALL_OF_USER, user_id=user_id)
            yield profiles
            # The one that ceases to be active goes first, since the database allows one active profile at any moment.
            for profile in sorted(profiles.values(), key=lambda each: each.is_active):
                profile.close_revision()

    @contextmanager
    def add(self, profile: "Profile") -> "Iterator[None]":
        """Stores a new profile, whose parts the caller then stores; the user's first one is active.

        Errors: ValidationError for one profile too many or a limit of the document, Conflict for an id that is taken.
        """
        with self.revise_all(profile.user_id) as others:
            if len(others) >= limits.MAX_PROFILES:
                raise ValidationError(f"You can have at most {limits.MAX_PROFILES} profiles.", code="limit")
            profile.is_active = not any(other.is_active for other in others.values())
            profile.updated_at = profile.created_at
            try:
                profile.save(force_insert=True)
            except IntegrityError as exc:
                # Under the user's lock nothing but the id can be in the way.
                raise Conflict(f"The id {profile.pk} is taken already; choose another, or send none.") from exc
            profile.open_revision()
            profile.has_no_rows()
            yield
            limits.check(profile.pk, PARTS)

    def activate(self, profile: "Profile", if_match: IfMatch) -> "Profile":
        """Makes this the active one of its user's profiles: a revision of each of the two that change."""
        with self.revise_all(profile.user_id) as profiles:
            chosen = self.chosen(profiles, profile, if_match)
            for other in profiles.values():
                other.is_active = other is chosen
        return chosen

    def remove(self, profile: "Profile", if_match: IfMatch) -> None:
        """Deletes a profile with all below it; if it was the active one, the newest that remains becomes active."""
        with self.revise_all(profile.user_id) as profiles:
            chosen = self.chosen(profiles, profile, if_match)
            del profiles[chosen.pk]
            chosen.delete()
            if chosen.is_active and profiles:
                max(profiles.values(), key=lambda each: (each.created_at, each.pk)).is_active = True

    def chosen(self, profiles: "dict[uuid.UUID, Profile]", profile: "Profile", if_match: IfMatch) -> "Profile":
        """The profile among the locked ones. Raises Http404 where it is gone, PreconditionFailed where it changed."""
        if profile.pk not in profiles:
            raise Http404
        chosen = profiles[profile.pk]
        if_match.check(chosen.pk, chosen.version)
        return chosen

    def _locked(self, those: Prepared, **which: Any) -> "dict[uuid.UUID, Profile]":
        found: dict[uuid.UUID, Profile] = {row.pk: row for row in those.objects(**which)}
        for profile in found.values():
            profile.open_revision()
        return found


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
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

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

    professional_summary = models.TextField(max_length=2000, null=True, blank=True, validators=[MinLengthValidator(10)])

    objects: ClassVar[ProfileManager] = ProfileManager()

    PERSONAL_INFO = ("full_name", "email", "phone", "location", "linkedin", "github", "website")
    REVISED = ("label", "is_active", *PERSONAL_INFO, "professional_summary")

    class Meta:
        ordering = ("created_at", "id")
        indexes = (models.Index(fields=["user", "created_at", "id"], name="profile_of_user"),)
        constraints = (
            models.UniqueConstraint(fields=["user"], condition=Q(is_active=True), name="one_active_profile_a_user"),
            models.CheckConstraint(condition=Q(version__gte=1), name="profile_version_from_1"),
        )

    def __str__(self) -> str:
        return f"{self.label} ({self.full_name})"

    # What the open revision has changed so far; only `revise` and `touch` write these.
    _before: dict[str, Any]
    _touched: bool
    _rows: "dict[type[Part], dict[uuid.UUID, Any]]"

    def open_revision(self) -> None:
        """Remembers the stored values, so that closing writes only what changed."""
        self._rows = {}
        self._before = {name: getattr(self, name) for name in self.REVISED}
        self._touched = False

    def has_no_rows(self) -> None:
        """Says that nothing is stored below the profile yet, so that nobody need look."""
        self._rows = {model: {} for model in PARTS}

    def stored(self, model: "type[P]") -> "dict[uuid.UUID, P]":
        """All rows of a kind by id, in their order, as they were when the revision first asked for them."""
        if model not in self._rows:
            self._rows[model] = model.of(self)
        return self._rows[model]

    def touch(self) -> None:
        """Says that something below the profile was changed in this revision."""
        self._touched = True

    def close_revision(self) -> None:
        """One UPDATE that raises the version, if anything changed. Raises ValidationError past a limit."""
        changed = {name: getattr(self, name) for name in self.REVISED if getattr(self, name) != self._before[name]}
        if not changed and not self._touched:
            return
        if self._touched:
            limits.check(self.pk, PARTS)
        self.version += 1
        # Never earlier than the last change, whatever this machine's clock says.
        self.updated_at = max(timezone.now(), self.updated_at)
        is_usual = len(changed) <= 1
        changed |= {"version": self.version, "updated_at": self.updated_at}
        if is_usual:
            _update(*changed).run(pk=self.pk, **changed)
        else:
            # There are a thousand ways to choose from the columns, and no server should keep a plan for each.
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


class Part(models.Model):
    """A row below a profile that keeps its place in its list."""

    id = models.UUIDField(primary_key=True, default=new_id)
    # No index of its own: each table has one that begins with it.
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, db_index=False)
    position = models.PositiveIntegerField()

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    # The list's name in the document, or the field whose value names it where one table holds several lists.
    plural: ClassVar[str] = ""
    list_field: ClassVar[str] = ""
    # At most this many rows a list.
    max_rows: ClassVar[int] = 1000

    class Meta:
        abstract = True
        ordering = ("position", "id")

    @classmethod
    def of(cls, profile: Profile, **which: Any) -> dict[uuid.UUID, Self]:
        """The profile's rows by id, in their order; `which` narrows them as a filter does."""
        return {row.pk: row for row in cls.objects.filter(profile=profile, **which)}

    def values(self) -> dict[str, Any]:
        """All that the row holds, without its profile."""
        return {name: getattr(self, name) for name in ("id", "position", *self.content_fields())}

    @classmethod
    @functools.cache
    def defaults(cls) -> Mapping[str, Any]:
        """The values of the content fields that nobody gave; not for changing."""
        fields = (field for field in cls._meta.concrete_fields if field.name in cls.content_fields())
        return {field.name: field.get_default() for field in fields}

    @classmethod
    @functools.cache
    def content_fields(cls) -> tuple[str, ...]:
        """The names of the fields that are the part's content, in the order of their declaration."""
        return tuple(f.name for f in cls._meta.concrete_fields if f.name not in {"id", "profile", "position"})


class Component(Part):
    """One kind of item in the career document, with routes of its own.

    A kind says its names and its fields; behaviour is the base's. `plural` names it in paths and documents, `singular`
    in the key of ids (`experience_ids`); `period` names the fields of its range, if it has one.
    """

    singular: ClassVar[str]
    period: ClassVar[tuple[str, str] | None] = None
    # Whether the document shows the list below `skills`.
    in_skills: ClassVar[bool] = False
    # Whether an item that has an `is_current` must have an end when it is false.
    end_unless_current: ClassVar[bool] = False

    class Meta(Part.Meta):
        abstract = True

    def __str__(self) -> str:
        return str(getattr(self, self.content_fields()[0]))

    def clean(self) -> None:
        """The rules between fields, for the admin's forms."""
        values = {name: getattr(self, name) for name in self.content_fields()}
        if broken := {name: text for name, text, _ in self.broken_rules(values)}:
            raise DjangoValidationError(broken)

    @classmethod
    def broken_rules(cls, values: Mapping[str, Any]) -> Iterator[Rule]:
        """Field, sentence and code of each rule of contract 3.1 that an item with these values breaks.

        A field that is missing from `values` breaks nothing: it is at fault already.
        """
        if cls.period is None:
            return
        first, last = cls.period
        start, end = values.get(first), values.get(last)
        if start and end and partial_dates.ends_before(end, start):
            yield last, f"This must not be before {first}.", "before_start"
        if "is_current" not in values or last not in values:
            return
        if values["is_current"] and end:
            yield last, f"An item that is current has no {last}.", "current_with_end"
        if cls.end_unless_current and not values["is_current"] and not end:
            yield last, f"An item that is not current needs an {last}.", "end_missing"


def period_constraints(
    name: str, start: str, end: str, *, current: bool = False, end_unless_current: bool = False
) -> tuple[models.BaseConstraint, ...]:
    """The rules of `Component.broken_rules` as check constraints of the table `name`.

    Both dates cut to the shorter one's length compare as the latest end with the earliest start
    (`partial_dates.ends_before`).
    """
    in_order = GreaterThanOrEqual(Substr(end, 1, Length(start)), Substr(start, 1, Length(end)))
    no_end = Q(**{f"{end}__isnull": True})
    constraints = [models.CheckConstraint(condition=no_end | Q(in_order), name=f"{name}_in_order")]
    if current:
        rule = Q(is_current=False) | no_end
        constraints.append(models.CheckConstraint(condition=rule, name=f"{name}_current_without_end"))
    if end_unless_current:
        rule = Q(is_current=True) | ~no_end
        constraints.append(models.CheckConstraint(condition=rule, name=f"{name}_end_unless_current"))
    return tuple(constraints)


def _index(name: str) -> tuple[models.Index]:
    return (models.Index(fields=["profile", "position"], name=f"{name}_in_profile"),)


class Experience(Component):
    """A job."""

    plural, singular = "experiences", "experience"
    period = ("start_date", "end_date")
    end_unless_current = True

    title = models.CharField(max_length=100)
    company = models.CharField(max_length=100)
    location = models.CharField(max_length=100, null=True, blank=True)
    start_date = PartialDateField()
    end_date = PartialDateField(null=True, blank=True)
    is_current = models.BooleanField(default=False)
    description = models.TextField(max_length=2000, null=True, blank=True)
    achievements = StringListField(item_max=500)
    technologies = StringListField(item_max=100)
    employment_type = models.CharField(max_length=50, null=True, blank=True)
    industry = models.CharField(max_length=100, null=True, blank=True)

    class Meta(Component.Meta):
        indexes = _index("experience")
        constraints = period_constraints("experience", "start_date", "end_date", current=True, end_unless_current=True)


class Education(Component):
    """A course of study."""

    plural, singular = "education", "education"
    period = ("start_date", "end_date")

    institution = models.CharField(max_length=100)
    degree = models.CharField(max_length=100)
    field_of_study = models.CharField(max_length=100)
    start_date = PartialDateField()
    end_date = PartialDateField(null=True, blank=True)
    is_current = models.BooleanField(default=False)
    gpa = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(4.0)])
    score = models.CharField(max_length=20, null=True, blank=True)
    honors = StringListField(item_max=200)
    description = models.TextField(max_length=2000, null=True, blank=True)

    class Meta(Component.Meta):
        verbose_name_plural = "education"
        indexes = _index("education")
        constraints = (
            *period_constraints("education", "start_date", "end_date", current=True),
            models.CheckConstraint(condition=Q(gpa__isnull=True) | Q(gpa__gte=0, gpa__lte=4), name="education_gpa"),
        )


class Project(Component):
    """Something the person made."""

    plural, singular = "projects", "project"
    period = ("start_date", "end_date")

    name = models.CharField(max_length=100)
    description = models.TextField(max_length=1000)
    technologies = StringListField(item_max=100)
    url = HttpUrlField(max_length=200, null=True, blank=True)
    start_date = PartialDateField()
    end_date = PartialDateField(null=True, blank=True)

    class Meta(Component.Meta):
        indexes = _index("project")
        constraints = period_constraints("project", "start_date", "end_date")


class Certification(Component):
    """A certificate and who gave it."""

    plural, singular = "certifications", "certification"
    in_skills = True
    period = ("date_obtained", "expiry_date")

    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=100)
    date_obtained = PartialDateField()
    expiry_date = PartialDateField(null=True, blank=True)
    credential_id = models.CharField(max_length=100, null=True, blank=True)
    url = HttpUrlField(max_length=200, null=True, blank=True)

    class Meta(Component.Meta):
        indexes = _index("certification")
        constraints = period_constraints("certification", "date_obtained", "expiry_date")


class Language(Component):
    """A language and how well the person speaks it."""

    class Proficiency(models.TextChoices):
        NATIVE = "native"
        FLUENT = "fluent"
        CONVERSATIONAL = "conversational"
        BASIC = "basic"

    plural, singular = "languages", "language"
    in_skills = True

    name = models.CharField(max_length=50)
    proficiency = models.CharField(max_length=14, choices=Proficiency.choices)

    class Meta(Component.Meta):
        indexes = _index("language")


class Skill(Part):
    """A technical or soft skill: in the document a plain string, unique without case within its kind."""

    class Kind(models.TextChoices):
        TECHNICAL = "technical"
        SOFT = "soft"

    kind = models.CharField(max_length=9, choices=Kind.choices)
    name = models.CharField(max_length=100)
    name_key = FoldedField(source="name", max_length=300)

    list_field = "kind"
    max_rows = 500

    class Meta(Part.Meta):
        constraints = (
            models.UniqueConstraint(fields=["profile", "kind", "name_key"], name="unique_skill_without_case"),
        )

    def __str__(self) -> str:
        return self.name


class CustomField(Part):
    """A key of the person's own with any JSON value."""

    key = models.CharField(max_length=50)
    value = VerbatimJSONField()

    plural = "custom_fields"
    max_rows = 100

    class Meta(Part.Meta):
        constraints = (models.UniqueConstraint(fields=["profile", "key"], name="unique_custom_field_key"),)

    def __str__(self) -> str:
        return self.key


# The kinds of component, in the order of the document. Urls, schema, admin, rendering, counts and tests derive from it.
COMPONENTS: tuple[type[Component], ...] = (Experience, Education, Project, Certification, Language)
# All that lies below a profile.
PARTS: tuple[type[Part], ...] = (*COMPONENTS, Skill, CustomField)
