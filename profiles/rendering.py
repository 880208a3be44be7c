"""The documents that clients see, made from rows; the body of a whole profile is kept by its version."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.core.cache import cache
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from rest_framework.renderers import JSONRenderer

from profiles import completeness
from profiles.models import COMPONENTS, PARTS, Component, CustomField, Part, Profile, Skill
from profiles_project.http.conditional import FORMAT, entity_tag

# How long a body that nobody asks for stays in the cache.
CACHE_SECONDS = 24 * 60 * 60
# Between reading the version and reading the rows somebody may write; that often it is tried without a lock.
OPTIMISTIC_READS = 3


def tag(profile: Profile, *also: str) -> str:
    """The profile's `ETag` at its version; `also` names what else a representation depends on.

    The time of creation is part of it: a client may delete a profile and choose the same id again.
    """
    return entity_tag(profile.pk, profile.version, _born(profile), *also)


def _born(profile: Profile) -> str:
    return format(int(profile.created_at.timestamp() * 1_000_000), "x")


def _cache_key(profile: Profile) -> str:
    return f"profile:{profile.user_id}:{profile.pk}:{profile.version}:{FORMAT}:{_born(profile)}"


def item_fields(model: type[Component]) -> tuple[str, ...]:
    """The names of an item's members."""
    return ("id", *model.content_fields())


def item(row: Component) -> dict[str, Any]:
    """An item of a component as the document shows it."""
    return {name: getattr(row, name) for name in item_fields(type(row))}


def _rows(model: type[Part], profiles: Sequence[Profile], *fields: str) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """The rows of a kind by profile, in their order, each as a dict of these fields; one statement."""
    found: dict[uuid.UUID, list[dict[str, Any]]] = {profile.pk: [] for profile in profiles}
    for row in model.objects.filter(profile__in=list(found)).values("profile_id", *fields):
        found[row.pop("profile_id")].append(row)
    return found


def _skills(names: Sequence[Mapping[str, str]], below: Mapping[str, Any]) -> dict[str, Any]:
    by_kind = {kind: [row["name"] for row in names if row["kind"] == kind] for kind in Skill.Kind.values}
    return {**by_kind, **below}


def skills(profile: Profile) -> dict[str, Any]:
    """The skills section."""
    below = {m.plural: _rows(m, [profile], *item_fields(m))[profile.pk] for m in COMPONENTS if m.in_skills}
    return _skills(_rows(Skill, [profile], "kind", "name")[profile.pk], below)


def custom_fields(profile: Profile) -> dict[str, Any]:
    """The map of custom fields."""
    return dict(CustomField.objects.filter(profile=profile).values_list("key", "value"))


def _own(profile: Profile) -> dict[str, Any]:
    """The members that the profile's row itself holds."""
    return {
        "id": profile.pk,
        "user_id": profile.user_id,
        "label": profile.label,
        "is_active": profile.is_active,
        "version": profile.version,
        "created_at": profile.created_at,
        "updated_at": profile.updated_at,
        "personal_info": {name: getattr(profile, name) for name in Profile.PERSONAL_INFO},
        "professional_summary": profile.professional_summary,
    }


def document(profile: Profile) -> dict[str, Any]:
    """The whole document (contract 3.1) of a profile whose revision is open or was just closed."""
    return documents([profile])[0]


def documents(profiles: Sequence[Profile]) -> list[dict[str, Any]]:
    """The whole documents of profiles, in as many statements as one takes."""
    items = {model: _rows(model, profiles, *item_fields(model)) for model in COMPONENTS}
    names = _rows(Skill, profiles, "kind", "name")
    fields = _rows(CustomField, profiles, "key", "value")

    def lists(profile: Profile, *, in_skills: bool) -> dict[str, Any]:
        return {model.plural: items[model][profile.pk] for model in COMPONENTS if model.in_skills is in_skills}

    return [
        {
            **_own(profile),
            "skills": _skills(names[profile.pk], lists(profile, in_skills=True)),
            **lists(profile, in_skills=False),
            "custom_fields": {row["key"]: row["value"] for row in fields[profile.pk]},
        }
        for profile in profiles
    ]


def body(profile: Profile) -> bytes:
    """The document as JSON, from the cache where this version was rendered before.

    `profile` is moved on to the version that the body shows, should somebody have written in between. Raises Http404
    where it was deleted in between.
    """
    kept = cache.get(_cache_key(profile))
    if kept is not None:
        return cast("bytes", kept)
    try:
        return _render_anew(profile)
    except Profile.DoesNotExist as exc:
        raise Http404 from exc


def _render_anew(profile: Profile) -> bytes:
    for _ in range(OPTIMISTIC_READS):
        rendered = render(document(profile))
        key = _cache_key(profile)
        profile.refresh_from_db()
        if _cache_key(profile) == key:
            cache.set(key, rendered, CACHE_SECONDS)
            return rendered
    with transaction.atomic():
        profile.refresh_from_db(from_queryset=Profile.objects.select_for_update(no_key=True))
        return render(document(profile))


def render(data: Any) -> bytes:
    """JSON as every answer has it."""
    return JSONRenderer().render(data)


def with_counts(profiles: "QuerySet[Profile]") -> "QuerySet[Profile]":
    """The profiles, each with how many rows every list of it has, in one statement."""
    return profiles.annotate(
        **{f"count_of_{name}": _count(model, which) for name, model, which in _lists()},
    )


def _lists() -> Iterable[tuple[str, type[Part], dict[str, str]]]:
    for model in PARTS:
        if model is Skill:
            yield from ((kind, model, {"kind": kind}) for kind in Skill.Kind.values)
        else:
            yield model.plural, model, {}


def _count(model: type[Part], which: Mapping[str, str]) -> Any:
    rows = model.objects.filter(profile=OuterRef("pk"), **which).order_by()
    return Coalesce(Subquery(rows.values("profile").annotate(count=Count("pk")).values("count")), 0)


def summary(profile: Profile) -> dict[str, Any]:
    """A profile of `with_counts` as lists show it."""
    own = {name: value for name, value in _own(profile).items() if name != "user_id"}
    return {**own, "counts": {name: getattr(profile, f"count_of_{name}") for name, _, _ in _lists()}}


def analytics(profile: Profile, whole: Mapping[str, Any], today: dt.date) -> dict[str, Any]:
    """Contract 5, for the profile's whole document on a day."""
    return {"profile_id": profile.pk, **completeness.analyse(whole, today)}
