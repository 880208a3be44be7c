"""The kinds of items that a client synchronises (contract 8): how each is found, judged, shown and stored.

An item is a flat mapping of members, which merge one by one: a member of `personal_info` is `personal_info.phone`.
"""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from rest_framework.exceptions import ErrorDetail, ValidationError

from profiles.career import bulk, serializers
from profiles.career.fields import SkillNames, custom_key
from profiles.career.past import SKILLS, State, Values
from profiles.career.sync.states import MAX_VERSION
from profiles.modelfields import StringListField, custom_value_fault
from profiles.models import COMPONENTS, Component, CustomField, Part, Profile, Skill
from profiles.models.log import OWN
from profiles.models.parts import Rule
from profiles_project.api.fields import AnyJSON, Document, NamedMembers, too_many
from profiles_project.database.values import parse_id
from profiles_project.equality import is_same
from profiles_project.texts import fold
from profiles_project.words.places import NO_FIELDS
from profiles_project.words.sentences import mark, say

Members = Mapping[str, Any]
Errors = dict[str, Any]


@dataclass
class Item:
    """An item under a push. `stored` is what it was when the push began, `now` what it is by now; None is not there."""

    kind: "Kind"
    id: str
    version: int = 0
    stored: Members | None = None
    now: Members | None = None
    row: Any = None
    # Another profile has an item of this id.
    is_taken: bool = False
    # What the client has on its device after the changes of this push that came before.
    view: dict[str, Any] = field(default_factory=dict)
    # By name the version that had stored a member of the view before this push.
    stored_with: dict[str, int] = field(default_factory=dict)
    # The client has deleted it by a change of this push, whether or not that was stored before.
    is_left: bool = False

    def saw(self, values: Mapping[str, Any], version: int = MAX_VERSION) -> None:
        """Note what the client has set, and with which version that had been stored before this push, if it had."""
        self.view |= values
        self.stored_with |= dict.fromkeys(values, version)
        self.is_left = False

    def left(self) -> None:
        """Note that the client has deleted the item, so that it has nothing of it."""
        self.view, self.stored_with, self.is_left = {}, {}, True

    def view_on(self, base: int) -> dict[str, Any]:
        """What the client has set of the item since this version, which it was shown."""
        return {name: value for name, value in self.view.items() if self.stored_with.get(name, MAX_VERSION) > base}

    @property
    def key(self) -> tuple[str, str]:
        """What names the item in a profile."""
        return self.kind.name, self.id

    @property
    def is_changed(self) -> bool:
        """Whether the push has changed it so far."""
        return not is_same(self.now, self.stored)


class Kind(ABC):
    """One kind of item; `name` is the contract's, `model` the table whose rows hold it, None for the profile's own."""

    name: str
    model: type[Part] | None
    # Whether its items come and go.
    has_items: ClassVar[bool] = True

    def text_key(self, text: str) -> str:
        """What makes the elements of its lists of texts comparable."""
        return text

    @abstractmethod
    def named(self, profile: Profile, given: str) -> str:
        """The id as it is stored. Raises ValidationError for what can't be one."""

    @abstractmethod
    def find(self, profile: Profile, ids: Collection[str]) -> Iterator[Item]:
        """The items with these ids, those of other profiles as taken."""

    @abstractmethod
    def read(self, state: State, pk: str) -> Members | None:
        """The members of an item in a state of the past."""

    @abstractmethod
    def judge(self, known: Members, given: Any) -> tuple[dict[str, Any], Errors]:
        """The members that a client has set, as they are stored, and what is wrong with the others.

        `known` are those that the item has, or that changes before this one have set.
        """

    @abstractmethod
    def form(self) -> Document:
        """The serializer that knows the names of the members."""

    def rules(self, members: Members) -> Iterable[Rule]:
        """The rules between members that an item breaks."""
        return ()

    def broken(self, members: Members) -> Errors:
        """What is wrong with the whole of an item, by member."""
        return {name: [ErrorDetail(text, code)] for name, text, code in self.rules(members)}

    def defaults(self) -> Members:
        """The members of a new item that nobody gave."""
        return {}

    def missing(self, members: Members) -> Sequence[str]:
        """Which members a new item must have and lacks."""
        return ()

    def filled(self, members: Members, names: Iterable[str]) -> Members:
        """The members, with those of these names that nobody ever gave."""
        return members

    def settled(self, members: Members) -> Members:
        """The members that an item has once these are stored."""
        return members

    def completed(self, values: Members, given: Any, base: Members) -> Members:
        """The members that a client has set, with those that it has cleared by leaving them out."""
        return values

    @abstractmethod
    def data(self, profile: Profile, item: Item, members: Members) -> dict[str, Any]:
        """The item as clients see it."""

    @abstractmethod
    def store(self, profile: Profile, items: Sequence[Item]) -> None:
        """Store what the push has changed of these."""


class OfComponent(Kind):
    """An item of a component."""

    model: type[Component]

    def __init__(self, model: type[Component]) -> None:
        self.model, self.name = model, model.plural
        fields = model._meta.concrete_fields
        self._most = {field.name: field.max_items for field in fields if isinstance(field, StringListField)}

    def named(self, profile: Profile, given: str) -> str:
        try:
            return str(parse_id(given))
        except ValueError as exc:
            raise ValidationError({"id": [ErrorDetail(mark("This id is not valid."), "invalid")]}) from exc

    def find(self, profile: Profile, ids: Collection[str]) -> Iterator[Item]:
        # In all profiles, since an id that is taken elsewhere can't be chosen.
        for row in self.model.anywhere(sorted(map(uuid.UUID, ids))):
            if row.profile_id != profile.pk:
                yield Item(self, str(row.pk), is_taken=True)
            else:
                members = self._members(row.values())
                yield Item(self, str(row.pk), max(row.version, profile.floor), members, members, row)

    def _members(self, values: Values) -> Members:
        return {name: values[name] for name in self.model.content_fields()}

    def read(self, state: State, pk: str) -> Members | None:
        row = state.rows[self.model].get(pk)
        return row and self._members(row)

    def form(self) -> Document:
        return serializers.ITEM_SERIALIZERS[self.model]()

    def judge(self, known: Members, given: Any) -> tuple[dict[str, Any], Errors]:
        values, errors = self.form().judge_fields(given, is_partial=True)
        values.pop("id", None)
        errors.pop("id", None)
        return values, errors

    def defaults(self) -> Members:
        return self.model.defaults()

    def rules(self, members: Members) -> Iterable[Rule]:
        yield from self.model.broken_rules(members)
        for name, most in self._most.items():
            if len(members[name]) > most:
                yield name, *too_many(most)

    def missing(self, members: Members) -> Sequence[str]:
        return [name for name in self.model.required_fields() if name not in members]

    def data(self, profile: Profile, item: Item, members: Members) -> dict[str, Any]:
        return {"id": item.id, "version": item.version, **members}

    def store(self, profile: Profile, items: Sequence[Item]) -> None:
        gone = [item.row for item in items if item.now is None]
        bulk.delete(profile, self.model, gone)
        there = [item for item in items if item.row and item.now is not None]
        bulk.update(profile, self.model, [(item.row, item.now or {}) for item in there])
        new = [{"id": uuid.UUID(item.id), **item.now} for item in items if not item.row and item.now is not None]
        bulk.create(profile, self.model, new)


class OfFields(Kind):
    """A custom field; its id is its key."""

    name = CustomField.plural
    model = CustomField

    def named(self, profile: Profile, given: str) -> str:
        key, wrong = custom_key(given)
        if wrong:
            raise ValidationError({"id": [ErrorDetail(*wrong)]})
        return key

    def find(self, profile: Profile, ids: Collection[str]) -> Iterator[Item]:
        for row in CustomField.of(profile, key__in=list(ids)).values():
            members = {"value": row.value}
            yield Item(self, row.key, max(row.version, profile.floor), members, members, row)

    def read(self, state: State, pk: str) -> Members | None:
        rows = (row for row in state.rows[CustomField].values() if row["key"] == pk)
        return next(({"value": row["value"]} for row in rows), None)

    def form(self) -> Document:
        return FieldItem()

    def judge(self, known: Members, given: Any) -> tuple[dict[str, Any], Errors]:
        if not isinstance(given, Mapping):
            raise ValidationError({"value": [ErrorDetail(NO_FIELDS, "invalid")]})
        if "value" not in given:
            return {}, {}
        found = custom_value_fault(given["value"])
        return {"value": given["value"]}, {"value": [ErrorDetail(*found)]} if found else {}

    def missing(self, members: Members) -> Sequence[str]:
        return [] if "value" in members else ["value"]

    def data(self, profile: Profile, item: Item, members: Members) -> dict[str, Any]:
        return dict(members)

    def store(self, profile: Profile, items: Sequence[Item]) -> None:
        bulk.delete(profile, CustomField, [item.row for item in items if item.now is None])
        there = [(item.row, item.now) for item in items if item.row and item.now is not None]
        bulk.update(profile, CustomField, there)
        new = [{"key": item.id, **item.now} for item in items if not item.row and item.now is not None]
        bulk.create(profile, CustomField, new)


class SkillKnowledge(serializers.ModelDocument):
    """What is known of a skill beyond its name."""

    shares_fields = True

    class Meta:
        model = Skill
        fields = Skill.DETAILS


class SkillKnowledgeMap(NamedMembers):
    """What is known of skills, by their names; what it does not name is cleared."""

    def __init__(self) -> None:
        super().__init__(child=SkillKnowledge(), required=False)


class SkillItem(Document):
    """The skills of one kind as one item: their names, and what is known of them."""

    names = SkillNames()
    details = SkillKnowledgeMap()


class FieldItem(Document):
    """A custom field as an item."""

    value = AnyJSON()


class OwnMembers(serializers.ProfileSerializer):
    """The profile's own members as an item: the document without its lists."""

    def member(self, name: str, data: Mapping[str, Any]) -> Any:
        field = super().member(name, data)
        return field if name in {*_OWN_SET, "id"} or (field and field.read_only) else None


class OfSkills(Kind):
    """The skills of one kind: a list of names, and what is known beside them by name."""

    model = Skill
    has_items = False
    # Before the name of a skill, without case, and that of what is known of it.
    DETAIL = "details."

    def __init__(self, name: str, skill_kind: str) -> None:
        self.name, self.skill_kind = name, skill_kind

    def text_key(self, text: str) -> str:
        return fold(text)

    def named(self, profile: Profile, given: str) -> str:
        return _fixed(given, self.skill_kind)

    def find(self, profile: Profile, ids: Collection[str]) -> Iterator[Item]:
        rows = [row.values() for row in profile.stored(Skill).values() if row.kind == self.skill_kind]
        members = self._members(rows)
        yield Item(self, self.skill_kind, profile.version_of(self.skill_kind), members, members)

    def _members(self, rows: Sequence[Values]) -> Members:
        details = {self._detail(row["name"], name): row[name] for row in rows for name in Skill.DETAILS}
        return {"names": [row["name"] for row in rows], **details}

    def _detail(self, skill: str, name: str) -> str:
        return f"{self.DETAIL}{fold(skill)}.{name}"

    def read(self, state: State, pk: str) -> Members | None:
        return self._members(state.listed(Skill, kind=self.skill_kind))

    def form(self) -> Document:
        return _SKILLS

    def judge(self, known: Members, given: Any) -> tuple[dict[str, Any], Errors]:
        values, errors = _SKILLS.judge_fields(given, is_partial=True)
        made: dict[str, Any] = {"names": values["names"]} if "names" in values else {}
        if (details := values.get("details")) is not None:
            made |= {name: _nothing(name) for name in known if name.startswith(self.DETAIL)}
            for skill, each in details.items():
                made |= {self._detail(skill, name): each.get(name, _nothing(name)) for name in Skill.DETAILS}
        return made, errors

    def rules(self, members: Members) -> Iterable[Rule]:
        if len(members["names"]) > Skill.max_rows:
            yield "names", *too_many(Skill.max_rows)

    def filled(self, members: Members, names: Iterable[str]) -> Members:
        return {**{name: _nothing(name) for name in names if name.startswith(self.DETAIL)}, **members}

    def settled(self, members: Members) -> Members:
        # Of a skill without a name here nothing is known.
        details = (self._detail(skill, name) for skill in members["names"] for name in Skill.DETAILS)
        return {"names": members["names"], **{name: members.get(name, _nothing(name)) for name in details}}

    def completed(self, values: Members, given: Any, base: Members) -> Members:
        # `details` is the whole map.
        cleared = base if "details" in given else ()
        return {**{name: _nothing(name) for name in cleared if name.startswith(self.DETAIL)}, **values}

    def data(self, profile: Profile, item: Item, members: Members) -> dict[str, Any]:
        known = ((name, self._known(members, name)) for name in members["names"])
        return {"names": members["names"], "details": {name: each for name, each in known if any(each.values())}}

    def _known(self, members: Members, skill: str) -> dict[str, Any]:
        names = ((name, self._detail(skill, name)) for name in Skill.DETAILS)
        return {name: members.get(member, _nothing(member)) for name, member in names}

    def store(self, profile: Profile, items: Sequence[Item]) -> None:
        for item in items:
            members = item.now or {}
            rows = [{"name": n, "name_key": fold(n), **self._known(members, n)} for n in members["names"]]
            existing = [row for row in profile.stored(Skill).values() if row.kind == self.skill_kind]
            bulk.replace(profile, Skill, rows, existing=existing, key="name_key", kind=self.skill_kind)


def _nothing(detail: str) -> Any:
    """What is known of a skill by this member's name where nobody has told anything."""
    return Skill.defaults()[detail.rpartition(".")[2]]


class OfProfile(Kind):
    """The profile's own members."""

    name = OWN
    model = None
    has_items = False
    INFO = "personal_info."

    def named(self, profile: Profile, given: str) -> str:
        return _fixed(given.lower(), str(profile.pk))

    def find(self, profile: Profile, ids: Collection[str]) -> Iterator[Item]:
        members = self._members({name: getattr(profile, name) for name in Profile.CONTENT})
        yield Item(self, str(profile.pk), profile.version_of(OWN), members, members)

    def _members(self, own: Mapping[str, Any]) -> Members:
        return {f"{self.INFO}{name}" if name in Profile.PERSONAL_INFO else name: own[name] for name in Profile.CONTENT}

    def read(self, state: State, pk: str) -> Members | None:
        return self._members(state.own)

    def form(self) -> Document:
        return OwnMembers()

    def judge(self, known: Members, given: Any) -> tuple[dict[str, Any], Errors]:
        if not isinstance(given, Mapping):
            raise ValidationError({"set": [ErrorDetail(NO_FIELDS, "invalid")]})
        sent = {name: given[name] for name in _OWN_SET if name in given}
        serializer = serializers.ProfileSerializer(data=sent, partial=True)
        if not serializer.is_valid():
            return {}, dict(serializer.errors)
        values = bulk.own_fields(serializer.validated_data)
        return {self.INFO + n if n in Profile.PERSONAL_INFO else n: value for n, value in values.items()}, {}

    def data(self, profile: Profile, item: Item, members: Members) -> dict[str, Any]:
        info = {name: members[self.INFO + name] for name in Profile.PERSONAL_INFO}
        own = {name: members[name] for name in Profile.CONTENT if name not in Profile.PERSONAL_INFO}
        return {**own, "is_active": profile.is_active, "personal_info": info}

    def store(self, profile: Profile, items: Sequence[Item]) -> None:
        for item in items:
            for name, value in (item.now or {}).items():
                setattr(profile, name.removeprefix(self.INFO), value)


def _fixed(given: str, only: str) -> str:
    """The one id that an item of a kind can have."""
    if given != only:
        raise ValidationError({"id": [ErrorDetail(say("The only possible id here is {id}.", id=only), "invalid")]})
    return only


_OWN_SET = (*Profile.TOP, "personal_info")
_SKILLS = SkillItem()
KINDS: dict[str, Kind] = {
    OWN: OfProfile(),
    **{model.plural: OfComponent(model) for model in COMPONENTS},
    **{name: OfSkills(name, kind) for name, kind in SKILLS.items()},
    CustomField.plural: OfFields(),
}
# For the OpenAPI document.
KIND_CHOICES = [(name, name) for name in KINDS]
