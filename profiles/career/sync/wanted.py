"""What a push asks for: its changes, each judged for its form by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from profiles.career.serializers import JOB_LIMIT
from profiles.career.sync.kinds import KIND_CHOICES, KINDS, OfComponent
from profiles.career.sync.states import MAX_VERSION
from profiles.career.sync.trails import Key
from profiles.models.parts import Rule
from profiles_project.api.fields import AnyJSON, Choice, Document, Flag, Items, NamedMembers, Text, WholeNumber
from profiles_project.words.sentences import mark

# How a change may ask for a conflict to be settled.
RESOLUTIONS = ["mine"]


@dataclass
class Change:
    """A change of a push, and its place there.

    It sets members (`given`, which the item's kind judges), deletes an item, or puts a list in order. `faults` is what
    is wrong with its form, by member, in place of all that.
    """

    place: int
    kind: str
    id: str | None = None
    base: int = 0
    given: Any = None
    is_deletion: bool = False
    order: Sequence[Any] | None = None
    # Whether the client's values hold where both sides changed a member.
    is_mine: bool = False
    faults: Any = None
    # The members that are set, as they are stored, and what is wrong with the others.
    values: dict[str, Any] = field(default_factory=dict)
    errors: Any = None

    @property
    def key(self) -> Key:
        """The item that it changes."""
        return self.kind, self.id or ""


@extend_schema_field({"type": "array", "items": {"type": "string", "format": "uuid"}})
class Order(serializers.ListField):
    """The ids of a list; what is none is passed over."""

    child = AnyJSON()
    default_error_messages = {"not_a_list": mark("This must be a list.")}


class ChangeBody(Document):
    """One change: `set` members of an item or `delete` it, or put a list in `order`."""

    kind = Choice(KIND_CHOICES)
    id = Text(
        max_length=255,
        required=False,
        allow_null=True,
        help_text="The item's; of skills their kind, of a custom field its key.",
    )
    base = WholeNumber(min_value=0, max_value=MAX_VERSION, help_text="The version that was changed; 0 for a new item.")
    set = NamedMembers(child=AnyJSON(), required=False, help_text="The members that were changed.")
    delete = Flag(required=False)
    order = Order(required=False, help_text="The ids of a component's list.")
    resolve = Choice(
        RESOLUTIONS,
        required=False,
        allow_null=True,
        help_text="`mine`: yours holds where both changed a member.",
    )

    def member(self, name: str, data: Mapping[str, Any]) -> Any:
        """The members of `set` are those of the item's kind."""
        kind = KINDS.get(str(data.get("kind"))) if name == "set" else None
        return kind.form() if kind else super().member(name, data)

    def broken_rules(self, values: Mapping[str, Any], errors: Mapping[str, Any]) -> list[Rule]:
        ways = ("set", "delete", "order")
        if any(name in errors for name in ways):
            return []
        asked = [name for name in ways if values.get(name, False) is not False]
        if len(asked) != 1:
            return [("set", mark("A change has either new values, a deletion or an order."), "one_of")]
        if asked == ["order"]:
            is_list = isinstance(KINDS.get(values.get("kind", "")), OfComponent)
            return [] if is_list or "kind" in errors else [("kind", mark("This list has no order."), "invalid")]
        return [] if values.get("id") or "id" in errors else [("id", "", "required")]


class _Changes(Items):
    """The changes, which are judged one by one, so that one at fault stops none of the others."""

    def to_internal_value(self, data: Any) -> Any:
        return self.sized(data)


class PushBody(Document):
    """Changes that were made off line, in the order in which they were made."""

    changes = _Changes(child=ChangeBody(), min_length=1, max_length=JOB_LIMIT)


def changes_in(sent: Sequence[Any]) -> list[Change]:
    """The changes of a push, those at fault with their faults."""
    return [_change(place, each) for place, each in enumerate(sent)]


def _change(place: int, sent: Any) -> Change:
    try:
        values, errors = _FORM.judge(sent, is_partial=False)
    except ValidationError as exc:
        return Change(place, "", faults=exc.detail)
    kind = values.get("kind", "")
    if errors:
        return Change(place, kind, values.get("id"), faults=errors)
    return Change(
        place,
        kind,
        values.get("id"),
        values["base"],
        given=values.get("set"),
        is_deletion=bool(values.get("delete")),
        order=values.get("order"),
        is_mine=values.get("resolve") == "mine",
    )


_FORM = ChangeBody()
