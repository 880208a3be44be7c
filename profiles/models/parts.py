"""What lies below a profile: the components, skills and custom fields, a table for each kind."""

import functools
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import orjson
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Substr
from django.db.models.lookups import GreaterThanOrEqual

from profiles import limits, partial_dates
from profiles.modelfields import (
    ExtraField,
    HttpUrlField,
    PartialDateField,
    StringListField,
    VerbatimJSONField,
    compact_json,
)
from profiles_project.database.prepared import OneOf, Parameter, Parameters, Prepared
from profiles_project.database.values import FoldedField, new_id
from profiles_project.words.sentences import mark

if TYPE_CHECKING:
    from profiles.models.career import Profile

Rule = tuple[str, str, str]


class Part(models.Model):
    """A row below a profile that keeps its place in its list."""

    id = models.UUIDField(primary_key=True, default=new_id)
    # No index of its own: each table has one that begins with it.
    profile = models.ForeignKey("profiles.Profile", on_delete=models.CASCADE, db_index=False)
    position = models.PositiveIntegerField()
    # The profile's version with which the content last changed; 0 where a release wrote it that knows no versions of
    # items. What is shown is never below `Profile.floor`.
    version = models.PositiveIntegerField(default=0, db_default=0, editable=False)

    objects: ClassVar[models.Manager[Any]] = models.Manager()

    # The list's name in the document, or the field whose value names it where one table holds several lists.
    plural: ClassVar[str] = ""
    list_field: ClassVar[str] = ""
    # Whether clients know the version of the list, and none of its rows.
    is_list_versioned: ClassVar[bool] = False
    # Which fields tell a row from all others of its profile, beside its id.
    unique_fields: ClassVar[tuple[str, ...]] = ()
    # At most this many rows a list.
    max_rows: ClassVar[int] = 1000
    # Content that each kind has alike.
    shared_fields: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True
        ordering = ("position", "id")

    @classmethod
    def of(cls, profile: "Profile", **which: Any) -> dict[uuid.UUID, Self]:
        """The profile's rows by id, in their order; `which` narrows them as a filter does."""
        rows = cls.objects.filter(profile=profile, **which) if which else cls._all().objects(profile=profile.pk)
        return {row.pk: row for row in rows}

    @classmethod
    def named(cls, profile: "Profile", ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Self]:
        """Those of the profile's rows that have one of these ids, by id."""
        return {row.pk: row for row in cls._named().objects(profile=profile.pk, ids=ids)}

    @classmethod
    def anywhere(cls, ids: Collection[uuid.UUID]) -> list[Self]:
        """The rows with these ids, of whatever profile."""
        return cls._anywhere().objects(ids=ids)

    @classmethod
    def bytes_in(cls, rows: Collection[Mapping[str, Any]]) -> int:
        """The bytes of the texts among these values of rows, as `limits.sizes` counts them when they are stored."""
        plain, verbatim, lists = _texts(cls)
        texts = [value for row in rows for name in plain if (value := row.get(name))]
        texts += [compact_json(row[name]) for row in rows for name in verbatim if name in row]
        listed = [row[name] for row in rows for name in lists if name in row]
        # Both databases write a blank after each comma of a list, and orjson none.
        size = sum([len(orjson.dumps(each)) + max(len(each) - 1, 0) for each in listed])
        return size + len("".join(texts).encode())

    @classmethod
    @functools.cache
    def _all(cls) -> Prepared:
        return Prepared(lambda: cls.objects.filter(profile=_PROFILE))

    @classmethod
    @functools.cache
    def _named(cls) -> Prepared:
        return Prepared(lambda: cls.objects.filter(OneOf(F("pk"), _IDS), profile=_PROFILE))

    @classmethod
    @functools.cache
    def _anywhere(cls) -> Prepared:
        return Prepared(lambda: cls.objects.filter(OneOf(F("pk"), _IDS)))

    def values(self) -> dict[str, Any]:
        """All that the row holds, without its profile."""
        return {name: getattr(self, name) for name in self.all_fields()}

    @classmethod
    @functools.cache
    def all_fields(cls) -> tuple[str, ...]:
        """The names of all fields but the profile."""
        return ("id", "position", "version", *cls.content_fields())

    @classmethod
    def list_of(cls, values: Mapping[str, Any]) -> str:
        """The name of the list that a row with these values belongs to."""
        return str(values[cls.list_field]) if cls.list_field else cls.plural

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
        names = [f.name for f in cls._meta.concrete_fields if f.name not in {"id", "profile", "position", "version"}]
        # What all kinds have stands last, although the base declares it first.
        return tuple(sorted(names, key=lambda name: name in cls.shared_fields))

    @classmethod
    @functools.cache
    def required_fields(cls) -> tuple[str, ...]:
        """The names of the content fields that must be given: they have neither a default nor an empty value."""
        needed = {field.name for field in cls._meta.concrete_fields if not field.blank and not field.has_default()}
        return tuple(name for name in cls.content_fields() if name in needed)


_PROFILE, _IDS = Parameter("profile", models.UUIDField()), Parameters("ids", models.UUIDField())


@functools.cache
def _texts(model: type[Part]) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """The names of the fields with texts: with plain ones, with JSON as text, and with lists."""
    fields = limits.texts(model)
    lists = [name for name, field in fields.items() if isinstance(field, models.JSONField)]
    verbatim = [name for name, field in fields.items() if isinstance(field, VerbatimJSONField)]
    return [name for name in fields if name not in {*lists, *verbatim}], verbatim, lists


class Component(Part):
    """One kind of item in the career document, with routes of its own.

    A kind says its names and its fields; behaviour is the base's. `plural` names it in paths and documents, `singular`
    in the key of ids (`experience_ids`); `period` names the fields of its range, if it has one.
    """

    singular: ClassVar[str]
    period: ClassVar[tuple[str, str] | None] = None
    # What is said of a range whose end lies before its start.
    ends_too_early: ClassVar[str] = mark("This is before the start.")
    # By which sets of fields an item is known again, the surest first (`identities`).
    identity: ClassVar[tuple[tuple[str, ...], ...]] = ()
    # Whether the document shows the list below `skills`.
    in_skills: ClassVar[bool] = False
    # Other names of fields, which apps in the field use.
    aliases: ClassVar[Mapping[str, str]] = {}
    # Which fields a new item must name although they may be null: nobody knows the date then.
    named_if_unknown: ClassVar[tuple[str, ...]] = ()
    # Whether it tells of other people: only the owner sees it then, in no count and in no support view.
    is_private: ClassVar[bool] = False
    shared_fields = ("is_visible", "extra")

    is_visible = models.BooleanField(default=True, db_default=True)
    extra = ExtraField()

    class Meta(Part.Meta):
        abstract = True

    def __str__(self) -> str:
        return str(getattr(self, self.content_fields()[0]))

    @classmethod
    @functools.cache
    def required_fields(cls) -> tuple[str, ...]:
        """The names of the content fields that a new item must name, some of which may be null."""
        needed = {*super().required_fields(), *cls.named_if_unknown}
        return tuple(name for name in cls.content_fields() if name in needed)

    @classmethod
    def schema_name(cls) -> str:
        """What the OpenAPI document calls an item."""
        return cls.__name__

    @classmethod
    @functools.cache
    def identities(cls) -> tuple[tuple[str, ...], ...]:
        """By which sets of fields an item that comes without its id is known again, the surest first.

        A client's list is matched by the first set alone. An import goes on to the others, which count only where no
        two items share their values.
        """
        first = cls.content_fields()[:1]
        return cls.identity or (cls.required_fields() or first, first)

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
            yield last, cls.ends_too_early, "before_start"
        if "is_current" not in values or last not in values:
            return
        if values["is_current"] and end:
            yield last, mark("Leave the end date empty while this is still going on."), "current_with_end"


def period_constraints(name: str, start: str, end: str, *, current: bool = False) -> tuple[models.BaseConstraint, ...]:
    """The rules of `Component.broken_rules` as check constraints of the table `name`.

    Both dates cut to the shorter one's length compare as the latest end with the earliest start
    (`partial_dates.ends_before`). A date that nobody knows is in order with any other.
    """
    in_order = GreaterThanOrEqual(Substr(end, 1, Length(start)), Substr(start, 1, Length(end)))
    no_end = Q(**{f"{end}__isnull": True})
    constraints = [models.CheckConstraint(condition=no_end | Q(in_order), name=f"{name}_in_order")]
    if current:
        rule = Q(is_current=False) | no_end
        constraints.append(models.CheckConstraint(condition=rule, name=f"{name}_current_without_end"))
    return tuple(constraints)


def _index(name: str) -> tuple[models.Index]:
    return (models.Index(fields=["profile", "position"], name=f"{name}_in_profile"),)


class Experience(Component):
    """A job."""

    plural, singular = "experiences", "experience"
    period = ("start_date", "end_date")
    named_if_unknown = ("start_date",)
    identity = (("company", "title", "start_date"), ("company", "start_date"), ("company", "title"))

    title = models.CharField(max_length=100)
    company = models.CharField(max_length=100)
    location = models.CharField(max_length=100, null=True, blank=True)
    start_date = PartialDateField(null=True, blank=True)
    end_date = PartialDateField(null=True, blank=True)
    is_current = models.BooleanField(default=False)
    description = models.TextField(max_length=2000, null=True, blank=True)
    achievements = StringListField(item_max=500)
    technologies = StringListField(item_max=100)
    employment_type = models.CharField(max_length=50, null=True, blank=True)
    industry = models.CharField(max_length=100, null=True, blank=True)
    url = HttpUrlField(max_length=200, null=True, blank=True)
    company_description = models.CharField(max_length=500, null=True, blank=True)
    # What a program made of the description.
    enhanced_description = models.TextField(max_length=2000, null=True, blank=True)

    class Meta(Component.Meta):
        indexes = _index("experience")
        constraints = period_constraints("experience", "start_date", "end_date", current=True)


class Education(Component):
    """A course of study."""

    plural, singular = "education", "education"
    period = ("start_date", "end_date")
    named_if_unknown = ("start_date",)
    identity = (
        ("institution", "degree", "field_of_study", "start_date"),
        ("institution", "degree", "field_of_study"),
        ("institution", "start_date"),
    )

    institution = models.CharField(max_length=100)
    degree = models.CharField(max_length=100)
    field_of_study = models.CharField(max_length=100)
    start_date = PartialDateField(null=True, blank=True)
    end_date = PartialDateField(null=True, blank=True)
    is_current = models.BooleanField(default=False)
    gpa = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0.0), MaxValueValidator(4.0)])
    score = models.CharField(max_length=20, null=True, blank=True)
    honors = StringListField(item_max=200)
    description = models.TextField(max_length=2000, null=True, blank=True)
    url = HttpUrlField(max_length=200, null=True, blank=True)
    courses = StringListField(item_max=200, db_default=[])

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
    identity = (("name", "start_date"), ("name",))
    aliases = {"github_url": "repository_url"}

    name = models.CharField(max_length=100)
    description = models.TextField(max_length=1000)
    technologies = StringListField(item_max=100)
    url = HttpUrlField(max_length=200, null=True, blank=True)
    start_date = PartialDateField(null=True, blank=True)
    end_date = PartialDateField(null=True, blank=True)
    highlights = StringListField(item_max=500, db_default=[])
    roles = StringListField(item_max=100, db_default=[])
    entity = models.CharField(max_length=100, null=True, blank=True)
    type = models.CharField(max_length=50, null=True, blank=True)
    enhanced_description = models.TextField(max_length=2000, null=True, blank=True)
    repository_url = HttpUrlField(max_length=200, null=True, blank=True)
    is_ongoing = models.BooleanField(default=False, db_default=False)

    class Meta(Component.Meta):
        indexes = _index("project")
        constraints = period_constraints("project", "start_date", "end_date")


class Certification(Component):
    """A certificate and who gave it."""

    plural, singular = "certifications", "certification"
    in_skills = True
    period = ("date_obtained", "expiry_date")
    ends_too_early = mark("This is before the date of issue.")
    named_if_unknown = ("date_obtained",)
    identity = (("name", "issuer", "date_obtained"), ("name", "issuer"))

    name = models.CharField(max_length=200)
    issuer = models.CharField(max_length=100)
    date_obtained = PartialDateField(null=True, blank=True)
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
    identity = (("name",),)

    name = models.CharField(max_length=50)
    proficiency = models.CharField(max_length=14, choices=Proficiency.choices)

    class Meta(Component.Meta):
        indexes = _index("language")


class Volunteering(Component):
    """Work for nothing but its cause."""

    plural, singular = "volunteering", "volunteering"
    period = ("start_date", "end_date")
    identity = (("organization", "role", "start_date"), ("organization", "role"), ("organization", "start_date"))

    organization = models.CharField(max_length=100)
    role = models.CharField(max_length=100, null=True, blank=True)
    url = HttpUrlField(max_length=200, null=True, blank=True)
    start_date = PartialDateField(null=True, blank=True)
    end_date = PartialDateField(null=True, blank=True)
    summary = models.TextField(max_length=2000, null=True, blank=True)
    highlights = StringListField(item_max=500)

    class Meta(Component.Meta):
        verbose_name_plural = "volunteering"
        indexes = _index("volunteering")
        constraints = period_constraints("volunteering", "start_date", "end_date")


class Award(Component):
    """A prize or an honour."""

    plural, singular = "awards", "award"
    identity = (("title", "date"), ("title",))

    title = models.CharField(max_length=200)
    date = PartialDateField(null=True, blank=True)
    awarder = models.CharField(max_length=100, null=True, blank=True)
    summary = models.TextField(max_length=2000, null=True, blank=True)

    class Meta(Component.Meta):
        indexes = _index("award")


class Publication(Component):
    """Something the person has published."""

    plural, singular = "publications", "publication"
    identity = (("name", "publisher"), ("name",))

    name = models.CharField(max_length=200)
    publisher = models.CharField(max_length=100, null=True, blank=True)
    release_date = PartialDateField(null=True, blank=True)
    url = HttpUrlField(max_length=200, null=True, blank=True)
    summary = models.TextField(max_length=2000, null=True, blank=True)

    class Meta(Component.Meta):
        indexes = _index("publication")


class Interest(Component):
    """What the person likes to do."""

    plural, singular = "interests", "interest"
    identity = (("name",),)

    name = models.CharField(max_length=100)
    keywords = StringListField(item_max=100)

    class Meta(Component.Meta):
        indexes = _index("interest")


class Reference(Component):
    """What somebody else says of the person."""

    plural, singular = "references", "reference"
    is_private = True
    identity = (("name", "reference"), ("name",))

    name = models.CharField(max_length=100)
    reference = models.TextField(max_length=2000, null=True, blank=True)

    class Meta(Component.Meta):
        indexes = _index("reference")

    @classmethod
    def schema_name(cls) -> str:
        # A Reference is something else in OpenAPI, and so in the generators of clients.
        return "ProfessionalReference"


class Skill(Part):
    """A technical or soft skill: in the document a plain string, unique without case within its kind.

    What else is known of it stands under `details`, for those of which something is.
    """

    class Kind(models.TextChoices):
        TECHNICAL = "technical"
        SOFT = "soft"

    kind = models.CharField(max_length=9, choices=Kind.choices)
    name = models.CharField(max_length=100)
    name_key = FoldedField(source="name", max_length=300)
    level = models.CharField(max_length=50, null=True, blank=True)
    keywords = StringListField(item_max=100, db_default=[])
    extra = ExtraField()

    DETAILS = ("level", "keywords", "extra")

    list_field = "kind"
    is_list_versioned = True
    unique_fields = ("kind", "name_key")
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
    unique_fields = ("key",)
    max_rows = 100

    class Meta(Part.Meta):
        constraints = (models.UniqueConstraint(fields=["profile", "key"], name="unique_custom_field_key"),)

    def __str__(self) -> str:
        return self.key


# The kinds of component, in the order of the document. Everything that handles kinds derives from it.
COMPONENTS: tuple[type[Component], ...] = (
    Experience,
    Education,
    Project,
    Certification,
    Language,
    Volunteering,
    Award,
    Publication,
    Interest,
    Reference,
)
# All that lies below a profile.
PARTS: tuple[type[Part], ...] = (*COMPONENTS, Skill, CustomField)
