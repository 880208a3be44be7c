"""What revisions have done, in people's words, without what the desk shows of nobody."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from profiles.career.past import SKILLS, Change, State, title_of
from profiles.desk.wording import lines, words
from profiles.models import COMPONENTS, Actor, CustomField, Profile, Revision
from profiles.models.log import OWN

# What tells of other people is its owner's to read: not even that it changed is shown.
PRIVATE = frozenset(model.plural for model in COMPONENTS if model.is_private)
MODELS: Mapping[str, Any] = {OWN: Profile, **{m.plural: m for m in COMPONENTS}, CustomField.plural: CustomField}
DONE = {"created": "added", "changed": "changed", "deleted": "deleted", "moved": "put into another order"}
EMPTY: tuple[Any, ...] = (None, "", [], {})
# What operations are called where their own names would say little.
CALLED = {
    "profiles_update": "Whole profile sent",
    "profiles_partial_update": "Changed",
    "profiles_import": "Import",
    "support_change": "Mended",
}
ACTIVATIONS = frozenset({"profiles_activate", "support_make_active", "profiles_delete"})


@dataclass(frozen=True)
class Difference:
    """A field and its values before and after, as lines to read; none where there is no value."""

    name: str
    before: list[str]
    after: list[str]


@dataclass(frozen=True)
class Told:
    """What was done to one item or list; `differences` are empty where only the names of the fields are known."""

    what: str
    title: str
    done: str
    fields: tuple[str, ...]
    differences: tuple[Difference, ...] = ()

    @property
    def has_before(self) -> bool:
        """Whether there was anything before: a column for it would be empty otherwise."""
        return self.done != DONE["created"]

    @property
    def has_after(self) -> bool:
        """Whether there is anything after, as above."""
        return self.done != DONE["deleted"]


def told(changes: Iterable[Change], titles: Mapping[str, str] | None = None) -> list[Told]:
    """Changes as staff may read them; `titles` names the items of a list whose order has changed, by id."""
    return [_told(change, titles or {}) for change in map(_visible, changes) if change is not None]


def titles_of(*states: State | None) -> dict[str, str]:
    """What people call the items of these states, by id."""
    kinds = [model for model in COMPONENTS if not model.is_private]
    rows = ((model, pk, row) for state in states if state for model in kinds for pk, row in state.rows[model].items())
    return {pk: title_of(model, row) for model, pk, row in rows}


def _visible(change: Change) -> Change | None:
    """A change without what imports kept aside; None where nothing of it may be shown."""
    if change.kind in PRIVATE:
        return None
    if isinstance(change.fields, Mapping):
        values = {name: _bare(change.kind, each) for name, each in change.fields.items() if name != "extra"}
        fields: Any = {name: each for name, each in values.items() if each["before"] != each["after"]}
    else:
        fields = [name for name in change.fields if name != "extra"]
    is_nothing = change.op == "changed" and not fields
    return None if is_nothing else change._replace(fields=fields)


def _bare(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    # In a field of their own people may call a key as they like.
    return dict(values) if kind == CustomField.plural else {side: _filled(value) for side, value in values.items()}


def _filled(value: Any) -> Any:
    """A value with what is filled in of its members, and without what imports kept aside."""
    if isinstance(value, dict):
        members = {name: _filled(each) for name, each in value.items() if name != "extra"}
        return {name: each for name, each in members.items() if each not in EMPTY}
    return [_filled(each) for each in value] if isinstance(value, list) else value


def _told(change: Change, titles: Mapping[str, str]) -> Told:
    differences: tuple[Difference, ...] = ()
    if isinstance(change.fields, Mapping):
        differences = tuple(_difference(change.kind, name, each, titles) for name, each in change.fields.items())
    # Of what is new or gone every field is; its list of names would say nothing.
    names = tuple(_name(change.kind, name) for name in change.fields) if change.op == "changed" else ()
    return Told(_what(change), _title(change), DONE[change.op], names, differences)


def _what(change: Change) -> str:
    if change.kind == OWN:
        return "The profile itself"
    if change.kind in SKILLS:
        return str(change.title)
    options = MODELS[change.kind]._meta
    return str(options.verbose_name_plural if change.id is None else options.verbose_name).capitalize()


def _title(change: Change) -> str:
    return "" if change.kind == OWN or change.kind in SKILLS else change.title or ""


def _field(kind: str, name: str) -> Any:
    try:
        return MODELS[kind]._meta.get_field(name.removeprefix("personal_info."))
    except (KeyError, FieldDoesNotExist):
        return None


def _name(kind: str, name: str) -> str:
    field = _field(kind, name)
    return str(field.verbose_name) if field else words(name).lower()


def _difference(kind: str, name: str, values: Mapping[str, Any], titles: Mapping[str, str]) -> Difference:
    before, after = (_lines(kind, name, values[side], titles) for side in ("before", "after"))
    return Difference(_name(kind, name).capitalize(), before, after)


def _lines(kind: str, name: str, value: Any, titles: Mapping[str, str]) -> list[str]:
    """A value as lines; nothing for whatever is empty."""
    if value in EMPTY:
        return []
    if name == "order":
        return [titles.get(pk, "…") for pk in value]
    choices = dict(getattr(_field(kind, name), "choices", None) or ())
    return [str(choices[value])] if isinstance(value, str) and value in choices else lines(value)


# What a revision as a whole has done, and who -------------------------------------------------------------------------


def deed(entry: Revision, own: Mapping[str, Any]) -> str:
    """What a revision did, in words; `own` is what it has overwritten of the profile's own fields."""
    if entry.version == 1:
        return "Made by an import" if entry.actor == Actor.IMPORT else "Made"
    if "deleted_at" in own:
        return "Taken out of the trash" if own["deleted_at"] else "Put into the trash"
    if entry.reverts:
        return f"Version {entry.reverts} restored"
    if "is_active" in own and entry.action in ACTIVATIONS:
        return "No longer the active one" if own["is_active"] else "Made the active one"
    if entry.action.startswith(tuple(PRIVATE)):
        return "Changed"
    return CALLED.get(entry.action) or words(entry.action.removeprefix("support_").removeprefix("profiles_"))


def who(entry: Any, *, with_names: bool) -> str:
    """Who made a revision. Which colleague it was only for who may read it in the audit log, too: `entry.by`."""
    if entry.actor == Actor.SUPPORT and with_names and entry.staff_id:
        return f"Support: {entry.by or 'erased'} ({entry.staff_id})"
    who = Actor(entry.actor).label if entry.actor in Actor.values else words(entry.actor)
    return f"{who}, with {entry.device}" if entry.device else str(who)
