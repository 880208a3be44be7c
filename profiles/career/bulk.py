"""The bulk engine: how validated rows become component rows. One item is a list of one.

Every function works inside an open revision of the profile (`Profile.objects.revise`) and issues a number of
statements that does not depend on the number of rows.
"""

import functools
import uuid
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import TextField

from profiles.modelfields import VerbatimJSONField, compact_json
from profiles.models import COMPONENTS, PARTS, CustomField, Part, Profile, Skill
from profiles_project.api.renderers import JSONRenderer
from profiles_project.database.prepared import Parameter, Prepared, PreparedSQL
from profiles_project.database.refusals import Missing, Taken
from profiles_project.database.values import new_id
from profiles_project.equality import is_same
from profiles_project.texts import fold
from profiles_project.words.sentences import say

P = TypeVar("P", bound=Part)
# Two and a half times what one request may send.
ROWS_A_STATEMENT = 250
Row = Mapping[str, Any]


def named(profile: Profile, model: type[P], ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, P]:
    """The profile's rows with these ids. Raises Missing for the first id that is not among them."""
    wanted = list(dict.fromkeys(ids))
    found = model.named(profile, wanted)
    for place, pk in enumerate(wanted):
        if pk not in found:
            raise Missing(say("Entry {n} is no longer in this profile.", n=place + 1), pk)
    return found


def create(profile: Profile, model: type[Part], rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Appends rows to the end of their list; what is stored, in the order given. Raises Taken for a taken id."""
    if not rows:
        return []
    last = _last(model).rows(profile=profile.pk)
    start = last[0][0] + 1 if last else 0
    made = [_complete(profile, model, {**row, "position": start + index}) for index, row in enumerate(rows)]
    # In a list no place is taken twice.
    insert(profile, model, made, chosen=_chosen(rows), length=start + len(rows))
    return made


def reinstate(profile: Profile, model: type[P], rows: Sequence[Row], *, existing: Sequence[P]) -> None:
    """Puts complete rows, each with its place, in the place of the existing ones. Raises Taken for an id in use by now.

    A row that trades its name with another one is deleted and made again, since names are unique at any moment.
    """
    wanted = {row["id"]: row for row in rows if row["id"]}
    stay = {
        row.pk: row
        for row in existing
        if row.pk in wanted and all(getattr(row, name) == wanted[row.pk][name] for name in model.unique_fields)
    }
    delete(profile, model, [row for row in existing if row.pk not in stay])
    update(profile, model, [(row, wanted[pk]) for pk, row in stay.items()])
    made = [_complete(profile, model, row) for row in rows if row["id"] not in stay]
    insert(profile, model, made, chosen=_chosen(made))


def _chosen(rows: Sequence[Row]) -> bool:
    """Whether the client chose the id of any new row."""
    return any(row.get("id") for row in rows)


@functools.cache
def _last(model: type[Part]) -> Prepared:
    """The highest position in a list, if the list has any row."""
    mine = model.objects.filter(profile=Parameter("profile", model._meta.get_field("profile")))
    return Prepared(lambda: mine.order_by("-position").values_list("position")[:1])


def _complete(profile: Profile, model: type[Part], values: Row) -> dict[str, Any]:
    """All values of a row that is not stored yet; it has an id of ours where the client chose none."""
    return {**model.defaults(), **values, "id": values.get("id") or new_id(), "version": profile.next_version}


def insert(
    profile: Profile, model: type[Part], rows: Sequence[Row], *, chosen: bool, length: int | None = None
) -> None:
    """Stores new rows, complete ones. Raises Taken where a `chosen` id is taken, in this profile or in any other.

    `length` says how many rows their list has then at most, where that is known without counting them.
    """
    if not rows:
        return
    try:
        # In a savepoint, so that the transaction can still find which id it was. Ids that we generate never collide.
        with transaction.atomic(savepoint=chosen):
            if connection.vendor == "postgresql":
                _write_as_json(_insertion(model), profile, model, rows)
            else:
                model.objects.bulk_create([model(profile=profile, **row) for row in rows])
    except IntegrityError as exc:
        if not chosen:
            raise
        ids = [row["id"] for row in rows]
        for pk in model.objects.filter(pk__in=ids).values_list("pk", flat=True)[:1]:
            raise Taken.of(pk) from exc
        raise
    profile.changes.created(model, rows, length)


def _write_as_json(statement: PreparedSQL, profile: Profile, model: type[Part], rows: Sequence[Row]) -> None:
    """A statement with one parameter: a hundred new rows cost a fifth of `bulk_create`, which binds each value.

    A thousand are sent in several, since the text of the largest ones would be in memory five times over at once.
    """
    for start in range(0, len(rows), ROWS_A_STATEMENT):
        part = rows[start : start + ROWS_A_STATEMENT]
        texts = [{**row, **{name: compact_json(row[name]) for name in _texts(model) if name in row}} for row in part]
        statement.run(profile_id=profile.pk, rows=JSONRenderer().render(texts).decode())


@functools.cache
def _texts(model: type[Part]) -> Sequence[str]:
    """The fields that store JSON as text, so that it stays as it was sent."""
    return [field.name for field in model._meta.concrete_fields if isinstance(field, VerbatimJSONField)]


def _from_json(fields: Iterable[Any]) -> str:
    """Rows of these fields, from a parameter of JSON. Types have no lengths: a cast to a length truncates silently."""
    types = ", ".join(f'"{each.column}" {str(each.rel_db_type(connection)).partition("(")[0]}' for each in fields)
    return f"json_to_recordset(%s) AS row({types})"


def _parameters(model: type[Part]) -> tuple[Parameter, Parameter]:
    """The profile, and the rows."""
    return Parameter("profile_id", model._meta.get_field("profile")), Parameter("rows", TextField())


@functools.cache
def _insertion(model: type[Part]) -> PreparedSQL:
    fields = [field for field in model._meta.concrete_fields if field.name != "profile"]
    columns = ", ".join(f'"{field.column}"' for field in fields)

    def sql() -> str:
        table = f'"{model._meta.db_table}"'
        return f"INSERT INTO {table} (profile_id, {columns}) SELECT %s, {columns} FROM {_from_json(fields)}"  # noqa: S608  # the model's own names

    return PreparedSQL(sql, *_parameters(model))


@functools.cache
def _overwriting(model: type[Part], *names: str) -> PreparedSQL:
    """The statement that writes these columns of rows that are there."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]

    def sql() -> str:
        table = f'"{model._meta.db_table}"'
        columns = ", ".join(f'"{field.column}" = row."{field.column}"' for field in fields)
        source = _from_json([model._meta.pk, *fields])
        return f"UPDATE {table} SET {columns} FROM {source} WHERE {table}.profile_id = %s AND {table}.id = row.id"  # noqa: S608  # as above

    profile_id, rows = _parameters(model)
    return PreparedSQL(sql, rows, profile_id)


def update(profile: Profile, model: type[P], changes: Sequence[tuple[P, Row]]) -> list[P]:
    """Gives each stored row what is sent for it, and writes the columns that changed of the rows that did."""
    columns: set[str] = set()
    changed: dict[uuid.UUID, P] = {}
    for row, values in changes:
        if before := _overwrite(row, values, profile.next_version):
            columns |= before.keys()
            changed[row.pk] = row
            profile.changes.overwritten(row, before)
    if changed:
        _write(profile, model, [changed[pk] for pk in sorted(changed)], columns)
    return [row for row, _ in changes]


def _write(profile: Profile, model: type[P], rows: Sequence[P], columns: set[str]) -> None:
    """Stores what stands in these columns of rows by now."""
    if connection.vendor == "postgresql":
        # The server keeps a plan for each set of columns: where it is more than one and its version, all are written.
        names = sorted(columns) if len(columns - {"version"}) == 1 else model.all_fields()[1:]
        values = [{name: getattr(row, name) for name in ("id", *names)} for row in rows]
        _write_as_json(_overwriting(model, *names), profile, model, values)
    else:
        model.objects.bulk_update(rows, sorted(columns))


def _overwrite(row: Part, values: Row, version: int) -> dict[str, Any]:
    """Set the values that differ; what stood there before. A row whose content changed is of this version then."""
    before = {}
    for name, value in values.items():
        if name not in {"id", "version"} and not is_same(stored := getattr(row, name), value):
            before[name] = stored
            setattr(row, name, value)
    if before.keys() - {"position"}:
        before["version"] = row.version
        row.version = version
    return before


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
    delete(profile, model, [row for name, row in known.items() if name not in named_keys])
    changes, made = [], []
    for position, row in enumerate(rows):
        if (same := known.get(row.get(key))) is not None:
            changes.append((same, {**row, "position": position}))
        else:
            made.append({**common, **row, "position": position})
    update(profile, model, changes)
    complete = [_complete(profile, model, row) for row in made]
    insert(profile, model, complete, chosen=_chosen(made), length=len(rows))


def delete(profile: Profile, model: type[P], rows: Iterable[P]) -> None:
    """Deletes rows of the profile, as they are stored."""
    gone = {row.pk: row for row in rows}
    if not gone:
        return
    model.objects.filter(profile=profile, pk__in=sorted(gone)).delete()
    profile.changes.deleted(model, gone.values())


def reorder(profile: Profile, model: type[P], rows: Sequence[P]) -> None:
    """Stores the order in which the rows are given."""
    update(profile, model, [(row, {"position": position}) for position, row in enumerate(rows)])


def own_fields(values: Row) -> dict[str, Any]:
    """The profile's own fields that a valid document contains, by the names of the model."""
    own = {**values.get("personal_info", {})}
    own |= {name: values[name] for name in Profile.TOP if name in values}
    # A profile always has a label: null leaves it what it is.
    return {name: value for name, value in own.items() if name != "label" or value is not None}


def set_own_fields(profile: Profile, values: Row) -> None:
    """Sets the profile's own fields that a valid document contains."""
    for name, value in own_fields(values).items():
        setattr(profile, name, value)


def store(profile: Profile, values: Row) -> None:
    """Replaces each list of the profile that a valid document contains."""
    for model in COMPONENTS:
        if not model.in_skills and model.plural in values:
            replace(profile, model, values[model.plural], existing=profile.stored(model).values())
    if "skills" in values:
        store_skills(profile, values["skills"])
    if CustomField.plural in values:
        existing = profile.stored(CustomField).values()
        # A map has no order: some clients send its keys in another one than they got.
        places = {row.key: row.position for row in existing}
        rows = sorted(values[CustomField.plural], key=lambda row: places.get(row["key"], inf))
        replace(profile, CustomField, rows, existing=existing, key="key")


def store_skills(profile: Profile, values: Row | None) -> None:
    """Replaces the lists of skills that were sent, and their details. Null clears all of them."""
    lists = (*Skill.Kind.values, *(model.plural for model in COMPONENTS if model.in_skills))
    values = {name: [] for name in lists} if values is None else values
    for kind in Skill.Kind.values:
        existing = [row for row in profile.stored(Skill).values() if row.kind == kind]
        names = values[kind] if kind in values else [row.name for row in existing]
        if kind in values or "details" in values:
            rows: list[Row] = [{"name": name, "name_key": fold(name)} for name in names]
            if "details" in values:
                rows = _detailed(rows, kind, values["details"])
            replace(profile, Skill, rows, existing=existing, key="name_key", kind=kind)
    for model in COMPONENTS:
        if model.in_skills and model.plural in values:
            replace(profile, model, values[model.plural], existing=profile.stored(model).values())


def _detailed(rows: Sequence[Row], kind: str, details: Sequence[Row]) -> list[Row]:
    """The skills of a kind, each with what was sent of it, or with nothing where it isn't among the `details`."""
    nothing = {name: Skill.defaults()[name] for name in Skill.DETAILS}
    sent = {
        fold(each["name"]): {name: each[name] for name in Skill.DETAILS if name in each}
        for each in details
        if each["kind"] == kind
    }
    return [{**row, **sent.get(row["name_key"], nothing)} for row in rows]


def add_skills(profile: Profile, kind: str, names: Sequence[str]) -> tuple[int, list[str]]:
    """Appends the new skills. Returns their number and all names of the kind."""
    stored = list(Skill.of(profile, kind=kind).values())
    known = {row.name_key for row in stored}
    new = [{"kind": kind, "name": name, "name_key": fold(name)} for name in names if fold(name) not in known]
    create(profile, Skill, new)
    return len(new), [row.name for row in stored] + [row["name"] for row in new]


def remove_skills(profile: Profile, kind: str, names: Sequence[str]) -> tuple[int, list[str]]:
    """Deletes the named skills. Returns how many there were, and the remaining names."""
    stored = list(Skill.of(profile, kind=kind).values())
    unwanted = {fold(name) for name in names}
    gone = [row for row in stored if row.name_key in unwanted]
    delete(profile, Skill, gone)
    return len(gone), [row.name for row in stored if row.name_key not in unwanted]


def copy(source: Profile, target: Profile) -> None:
    """Copies all rows below a profile to a new one, with new ids."""
    for model in PARTS:
        rows = [_complete(target, model, {**row.values(), "id": None}) for row in model.of(source).values()]
        insert(target, model, rows, chosen=False)
