"""The bulk engine: how validated rows become component rows. One item is a list of one.

Every function works inside an open revision of the profile (`Profile.objects.revise`) and issues a number of
statements that does not depend on the number of rows.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Max
from rest_framework.exceptions import NotFound

from profiles.models import COMPONENTS, PARTS, CustomField, Part, Profile, Skill
from profiles_project.http.errors import Conflict
from profiles_project.http.values import fold, new_id

P = TypeVar("P", bound=Part)
Row = Mapping[str, Any]


def named(profile: Profile, model: type[P], ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, P]:
    """The profile's rows with these ids. Raises NotFound for the first id that is not among them."""
    wanted = list(dict.fromkeys(ids))
    found = model.of(profile, pk__in=sorted(wanted))
    for pk in wanted:
        if pk not in found:
            raise NotFound(f"This profile has no {model._meta.verbose_name} with the id {pk}.")
    return found


def create(profile: Profile, model: type[P], rows: Sequence[Row], **common: Any) -> list[P]:
    """Appends rows to the end of their list and returns them in the order given. Raises Conflict for a taken id."""
    if not rows:
        return []
    last = model.objects.filter(profile=profile).aggregate(last=Max("position"))["last"]
    start = 0 if last is None else last + 1
    made = [_new(profile, model, start + index, {**common, **row}) for index, row in enumerate(rows)]
    insert(profile, model, made)
    return made


def _new(profile: Profile, model: type[P], position: int, values: Row) -> P:
    """A row that is not stored yet; it has an id of ours where the client chose none."""
    given = {name: value for name, value in values.items() if name != "id" or value is not None}
    return model(profile=profile, position=position, **given)


def insert(profile: Profile, model: type[P], made: Sequence[P]) -> None:
    """Stores new rows. Raises Conflict where an id is taken, in this profile or in any other."""
    if not made:
        return
    try:
        # In a savepoint, so that the transaction can still say which id it was.
        with transaction.atomic():
            model.objects.bulk_create(made)
    except IntegrityError as exc:
        ids = [row.pk for row in made]
        for pk in model.objects.filter(pk__in=ids).values_list("pk", flat=True)[:1]:
            raise Conflict(f"The id {pk} is taken already; choose another, or send none.") from exc
        raise
    profile.touch()


def update(profile: Profile, model: type[P], changes: Sequence[tuple[P, Row]]) -> list[P]:
    """Gives each stored row what is sent for it, and writes the columns that changed of the rows that did."""
    columns: set[str] = set()
    # Compared by their texts, since to Python 1, 1.0 and True are equal, and in a custom field they are not.
    changed: dict[uuid.UUID, P] = {}
    for row, values in changes:
        for name, value in values.items():
            if name != "id" and repr(getattr(row, name)) != repr(value):
                setattr(row, name, value)
                columns.add(name)
                changed[row.pk] = row
    if changed:
        in_order = [changed[pk] for pk in sorted(changed)]
        model.objects.bulk_update(in_order, sorted(columns))
        profile.touch()
    return [row for row, _ in changes]


def replace(
    profile: Profile,
    model: type[P],
    rows: Sequence[Row],
    *,
    existing: Iterable[P],
    key: str = "id",
    **common: Any,
) -> None:
    """Makes `rows` the whole list: known ones are updated in place, new ones created, those left out deleted.

    A row is known where its `key` is that of one of the `existing` rows.
    """
    known = {getattr(row, key): row for row in existing}
    named_keys = {row.get(key) for row in rows}
    delete(profile, model, [row.pk for name, row in known.items() if name not in named_keys])
    changes, made = [], []
    for position, row in enumerate(rows):
        if (same := known.get(row.get(key))) is not None:
            changes.append((same, {**row, "position": position}))
        else:
            made.append(_new(profile, model, position, {**common, **row}))
    update(profile, model, changes)
    insert(profile, model, made)


def delete(profile: Profile, model: type[P], ids: Sequence[uuid.UUID]) -> None:
    """Deletes rows of the profile by id."""
    if not ids:
        return
    count, _ = model.objects.filter(profile=profile, pk__in=sorted(ids)).delete()
    if count:
        profile.touch()


def reorder(profile: Profile, model: type[P], rows: Sequence[P]) -> None:
    """Gives the rows the places in which they stand."""
    update(profile, model, [(row, {"position": position}) for position, row in enumerate(rows)])


def set_own_fields(profile: Profile, values: Row) -> None:
    """Gives a profile the own fields that a valid document sends."""
    own = {**values.get("personal_info", {})}
    own |= {name: values[name] for name in ("label", "professional_summary") if name in values}
    if "label" in own and own["label"] is None:
        own["label"] = Profile._meta.get_field("label").get_default()
    for name, value in own.items():
        setattr(profile, name, value)


def store(profile: Profile, values: Row) -> None:
    """Gives a stored profile each list that a valid document sends, as the whole list."""
    for model in COMPONENTS:
        if not model.in_skills and model.plural in values:
            replace(profile, model, values[model.plural], existing=profile.stored(model).values())
    if "skills" in values:
        store_skills(profile, values["skills"])
    if CustomField.plural in values:
        existing = profile.stored(CustomField).values()
        replace(profile, CustomField, values[CustomField.plural], existing=existing, key="key")


def store_skills(profile: Profile, values: Row | None) -> None:
    """Gives a profile the lists of skills that were sent; null clears all of them."""
    lists = (*Skill.Kind.values, *(model.plural for model in COMPONENTS if model.in_skills))
    values = {name: [] for name in lists} if values is None else values
    for kind in Skill.Kind.values:
        if kind in values:
            rows = [{"name": name, "name_key": fold(name)} for name in values[kind]]
            existing = [row for row in profile.stored(Skill).values() if row.kind == kind]
            replace(profile, Skill, rows, existing=existing, key="name_key", kind=kind)
    for model in COMPONENTS:
        if model.in_skills and model.plural in values:
            replace(profile, model, values[model.plural], existing=profile.stored(model).values())


def add_skills(profile: Profile, kind: str, names: Sequence[str]) -> tuple[int, list[str]]:
    """Appends the skills that are not there yet; how many these were, and all names of the kind."""
    stored = list(Skill.of(profile, kind=kind).values())
    known = {row.name_key for row in stored}
    made = create(profile, Skill, [{"name": name} for name in names if fold(name) not in known], kind=kind)
    return len(made), [row.name for row in (*stored, *made)]


def remove_skills(profile: Profile, kind: str, names: Sequence[str]) -> tuple[int, list[str]]:
    """Deletes the skills that are there; how many these were, and the names that remain."""
    stored = list(Skill.of(profile, kind=kind).values())
    unwanted = {fold(name) for name in names}
    gone = [row.pk for row in stored if row.name_key in unwanted]
    delete(profile, Skill, gone)
    return len(gone), [row.name for row in stored if row.name_key not in unwanted]


def copy(source: Profile, target: Profile) -> None:
    """Gives a new profile a copy of all that lies below another, with ids of its own."""
    for model in PARTS:
        rows = list(model.of(source).values())
        for row in rows:
            row.pk, row.profile = new_id(), target
        insert(target, model, rows)
