"""Renders the documents that clients see. The body of a whole profile is cached by its version."""

import datetime as dt
import json
import uuid
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.core.cache import cache
from django.db.models import Case, Count, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import Exact
from django.utils import translation

from profiles.career import completeness
from profiles.career.jsonlists import JSONMap, JSONObjects, JSONValues
from profiles.models import COMPONENTS, PARTS, Component, CustomField, Part, Profile, Skill
from profiles_project.api.conditional import entity_tag
from profiles_project.api.renderers import JSONRenderer
from profiles_project.caching import sealed
from profiles_project.caching.localcache import Recent
from profiles_project.database.prepared import Parameter, Prepared
from profiles_project.database.refusals import Missing
from profiles_project.observe.metrics import recorder
from profiles_project.words.wording import worded

# How long an unread body stays in the cache.
CACHE_SECONDS = 24 * 60 * 60
# What this process has shown last.
recent = Recent(settings.RECENT_BODIES_BYTES)


def tag(profile: Profile, *also: str) -> str:
    """The profile's `ETag` at its version; `also` names what else a representation depends on.

    The time of creation is part of it: a client may delete a profile and choose the same id again.
    """
    return entity_tag(profile.pk, profile.version, FORMAT, format(profile.born, "x"), *also)


def item_fields(model: type[Component]) -> tuple[str, ...]:
    """The names of an item's members."""
    return ("id", "version", *model.content_fields())


def item(profile: Profile, model: type[Component], values: Mapping[str, Any]) -> dict[str, Any]:
    """An item as the document shows it, from all values of its row."""
    return floored(profile.floor, {name: values[name] for name in item_fields(model)})


def floored(floor: int, shown: dict[str, Any]) -> dict[str, Any]:
    """An item with the version that is shown, none below the profile's floor."""
    shown["version"] = max(shown["version"], floor)
    return shown


# Incremented where the document comes to mean something else by the same members.
MEANING = 3


def format_number(components: Sequence[type[Component]]) -> str:
    """The number of the document's format: another one with each member that is new, renamed or gone.

    So no client and no cache takes a document without a new member for a current one.
    """
    members = [Profile.PERSONAL_INFO, Skill.DETAILS, *((model.plural, *item_fields(model)) for model in components)]
    return str(zlib.crc32(repr((MEANING, members)).encode()))


FORMAT = format_number(COMPONENTS)


def below(model: type[Part], **which: Any) -> "QuerySet[Any]":
    """The rows of a kind below the profile of the query around it."""
    return model.objects.filter(profile=OuterRef("pk"), **which)


# `Profile.floor` for the profile of the query around it.
_FLOOR = Case(
    When(Exact(OuterRef("log_version"), OuterRef("version")), then=OuterRef("boundary")), default=OuterRef("version")
)


def items(model: type[Component], **which: Any) -> JSONObjects:
    """The list of a kind below the profile of the query around it, as documents show it."""
    return versioned(below(model, **which), *item_fields(model))


def versioned(rows: "QuerySet[Any]", *columns: str) -> JSONObjects:
    """Rows below the profile of the query around it, each with the version that is shown."""
    return JSONObjects(rows, *columns, version=Greatest("version", _FLOOR))


# What the database makes of the rows below a profile, each in the document's order: the lists of the skills section,
# and the other lists with the map of custom fields.
DETAILED = below(Skill).exclude(level=None, keywords=[], extra={}).order_by("-kind", "position", "id")
_SKILLS = {
    **{kind: JSONValues(below(Skill, kind=kind), "name") for kind in Skill.Kind.values},
    "details": JSONObjects(DETAILED, "kind", "name", *Skill.DETAILS),
    **{model.plural: items(model) for model in COMPONENTS if model.in_skills},
}
_OTHERS = {
    **{model.plural: items(model) for model in COMPONENTS if not model.in_skills},
    CustomField.plural: JSONMap(below(CustomField), "key", "value"),
}


def _with_lists(profiles: "QuerySet[Profile]") -> "QuerySet[Profile]":
    """The profiles, each with all its lists as JSON text; one statement."""
    # Prefixed, since some lists have the name of a relation of the model.
    return profiles.annotate(**{f"list_of_{name}": made for name, made in (_SKILLS | _OTHERS).items()})


class Rendered(NamedTuple):
    """A profile and the body that shows it, of one version."""

    profile: Profile
    body: bytes

    def section(self, name: str) -> Any:
        """The value of a member of the document."""
        return json.loads(self.body)[name]


def _rendered(profile: Profile) -> Rendered:
    """The whole document (contract 3.1) of a profile of `_with_lists`."""
    return Rendered(profile, render({**own(profile), "skills": _made(profile, _SKILLS), **_made(profile, _OTHERS)}))


def _made(profile: Profile, names: Iterable[str]) -> dict[str, orjson.Fragment]:
    """The lists of these names, as the JSON text that the database has made of each."""
    return {name: orjson.Fragment(getattr(profile, f"list_of_{name}")) for name in names}


def own(profile: Profile) -> dict[str, Any]:
    """The members of the document that the profile's row itself holds."""
    return {
        "id": profile.pk,
        "user_id": profile.user_id,
        "label": profile.label,
        "is_active": profile.is_active,
        "version": profile.version,
        "created_at": profile.created_at,
        "updated_at": profile.updated_at,
        "personal_info": {name: getattr(profile, name) for name in Profile.PERSONAL_INFO},
        **{name: getattr(profile, name) for name in Profile.SUMMARIES},
        "extra": profile.extra,
    }


_DOCUMENT = Prepared(lambda: _with_lists(Profile.objects.filter(pk=Parameter("pk", Profile._meta.pk))))


def stored(pk: uuid.UUID) -> Rendered:
    """A profile as it is stored, or as the open transaction has made it. Raises Missing where there is none."""
    profile = _DOCUMENT.first(pk=pk)
    if profile is None:
        raise Missing.of(Profile)
    return _rendered(profile)


def current(profile: Profile) -> Rendered:
    """The profile's document, of its version or of a newer one if somebody has written since it was read.

    From the cache where this version was rendered before. Raises Missing where the profile was deleted in between.
    """
    return _kept("document", profile, lambda: stored(profile.pk))


def _kept(name: str, profile: Profile, make: Callable[[], Rendered], day: str = "", language: str = "") -> Rendered:
    """The kept body of that name if it is of this version and day, else a new one, which is kept.

    In this process for a moment, where it is asked for first, and under a MAC in the cache.
    """
    key = _cache_key(profile, *filter(None, (name, language)))
    also = list(filter(None, (day, language)))
    mark = _mark(profile, *also)
    body = recent.get(key, mark) or _cached(key, mark)
    recorder().cache_read(name, hit=body is not None)
    if body is not None:
        return Rendered(profile, body)
    made = make()
    mark = _mark(made.profile, *also)
    recent.put(key, mark, made.body)
    sealed.keep(key, mark + made.body, CACHE_SECONDS)
    return made


def _cached(key: str, mark: bytes) -> bytes | None:
    """The body in the cache, if it has this mark; this process keeps it then."""
    content = sealed.kept(key)
    if content is None or not content.startswith(mark):
        return None
    body = content[len(mark) :]
    recent.put(key, mark, body)
    return body


def _mark(profile: Profile, *also: str) -> bytes:
    """The prefix of a cached body: which profile it is, and at which version."""
    return tag(profile, *also).encode() + b"\n"


def _cache_key(profile: Profile, *name: str) -> str:
    return f"profile:{profile.user_id}:{profile.pk}:{':'.join(name)}"


def forget(profiles: Iterable[Profile]) -> None:
    """Delete cached bodies of profiles that were deleted, once the deletion has committed.

    Other processes keep theirs for less than a minute, where nothing reaches them any more.
    """
    names = [("document",), *(("analytics", language) for language, _ in settings.LANGUAGES)]
    keys = [_cache_key(profile, *name) for profile in profiles for name in names]
    recent.forget(keys)
    cache.delete_many(keys)


def each(profiles: "QuerySet[Profile]") -> Iterator[Rendered]:
    """The documents of profiles as they are stored, in one statement."""
    return map(_rendered, _with_lists(profiles))


def documents(profiles: "QuerySet[Profile]") -> list[dict[str, Any]]:
    """The whole documents of profiles, in one statement."""
    return [json.loads(rendered.body) for rendered in each(profiles)]


def score(profiles: "QuerySet[Profile]", today: dt.date) -> dict[uuid.UUID, int]:
    """How complete the profiles are, in percent by their ids, in one statement."""
    made = ((rendered.profile.pk, json.loads(rendered.body)) for rendered in each(profiles))
    return {pk: completeness.analyse(document, today)["completeness"]["overall"] for pk, document in made}


def render(data: Any) -> bytes:
    """JSON as every answer has it."""
    return JSONRenderer().render(data)


def with_counts(profiles: "QuerySet[Profile]") -> "QuerySet[Profile]":
    """The profiles with the number of rows in each list, in one statement."""
    return profiles.annotate(
        **{f"count_of_{name}": _count(model, which) for name, model, which in _lists()},
    )


def _lists() -> Iterable[tuple[str, type[Part], dict[str, str]]]:
    for model in PARTS:
        if model is Skill:
            yield from ((kind, model, {"kind": kind}) for kind in Skill.Kind.values)
        elif not getattr(model, "is_private", False):
            yield model.plural, model, {}


def _count(model: type[Part], which: Mapping[str, str]) -> Any:
    rows = model.objects.filter(profile=OuterRef("pk"), **which).order_by()
    return Coalesce(Subquery(rows.values("profile").annotate(count=Count("pk")).values("count")), 0)


def summary(profile: Profile) -> dict[str, Any]:
    """A profile of `with_counts` as lists show it."""
    # What an import kept aside may tell of other people.
    hidden = {"user_id", "extra", "enhanced_professional_summary"}
    shown = {name: value for name, value in own(profile).items() if name not in hidden}
    return {**shown, "counts": {name: getattr(profile, f"count_of_{name}") for name, _, _ in _lists()}}


def analytics(profile: Profile, today: dt.date, language: str) -> Rendered:
    """The analytics (contract 5) of a profile on a day, in a language."""

    def make() -> Rendered:
        fresh, body = current(profile)
        found = completeness.analyse(json.loads(body), today)
        with translation.override(language):
            return Rendered(fresh, render({"profile_id": fresh.pk, **completeness.said(found, worded)}))

    return _kept("analytics", profile, make, today.isoformat(), language)
