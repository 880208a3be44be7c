"""Whether all that one JSON schema of an OpenAPI document allows is allowed by another, and what is not."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any, NamedTuple

Part = Mapping[str, Any]
# By JSON type, whatever Python reads it as.
_OF_VALUES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
# Formats whose values another format has, too.
_NARROW = {("int32", "int64"), ("float", "double")}
_LOWEST = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_HIGHEST = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
# What each value is within where nothing is said.
_NO_BOUND = {"minLength": 0, "minItems": 0, "minProperties": 0}
_EQUAL = (
    *("pattern", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType"),
    *("not", "if", "then", "else", "contains", "minContains", "maxContains", "prefixItems", "unevaluatedItems"),
    *("dependentRequired", "dependentSchemas", "patternProperties", "unevaluatedProperties"),
)
_ALTERNATIVES = ("oneOf", "anyOf")
# What may stand beside alternatives and says nothing of values.
_WORDS = {"default", "deprecated", "description", "discriminator", "readOnly", "title", "writeOnly"}
# Under which an alternative keeps the reference that it was.
_NAMED = "x-named"
# The day from which a part that was announced to go may be gone.
SUNSET = "x-sunset"


class Direction(Enum):
    """Which way a value goes, and so which of two schemas must fit the other; the value is how a fault says it."""

    TAKEN = "in requests"
    GIVEN = "in answers"


def was_to_go(part: Part, today: date) -> bool:
    """Whether it was announced that this part is gone today."""
    sunset = part.get(SUNSET)
    return bool(part.get("deprecated") and sunset) and date.fromisoformat(str(sunset)) <= today


class _Fault(NamedTuple):
    """What is wrong, from the place on where it is; `root` is the schema that the place is in, or empty."""

    root: str
    rest: str


@dataclass
class Schemas:
    """Compares schemas of an old and a new document; what was compared once is not compared again."""

    old: Part
    new: Part
    today: date
    _known: dict[tuple[str, str, Direction], list[_Fault]] = field(default_factory=dict)

    def faults(self, label: str, old: Part, new: Part, direction: Direction) -> list[str]:
        """A sentence for each way in which clients of the old schema are broken by the new one.

        It begins with the name of the schema that is at fault, or, where that has none, with the label.
        """
        return [f"{each.root or label}{each.rest}" for each in self._below("", old, new, direction)]

    def _below(self, place: str, old: Part, new: Part, direction: Direction) -> list[_Fault]:
        key = (json.dumps(old, default=str), json.dumps(new, default=str), direction)
        if key not in self._known:
            # A schema that refers to itself fits as far as the rest of it does.
            self._known[key] = []
            self._known[key] = list(self._compared(old, new, direction))
        name = _name(old) if "$ref" in old and "$ref" in new else ""
        rest = "" if name else place
        return [each if each.root else _Fault(name, f"{rest}{each.rest}") for each in self._known[key]]

    def _compared(self, old: Part, new: Part, direction: Direction) -> Iterator[_Fault]:
        is_taken = direction is Direction.TAKEN
        default = _merged(self.old, old).get("default")
        if is_taken and default is not None and _merged(self.new, new).get("default") != default:
            yield _Fault("", " has another default.")
        narrow, wide = _alternatives(self.old, old), _alternatives(self.new, new)
        if not is_taken:
            narrow, wide = wide, narrow
        for value in [each for form in narrow for each in _apart(form)]:
            alike = [other for other in wide if _is_of_type(value["type"], other["type"])]
            pairs = [(value, other) if is_taken else (other, value) for other in alike]
            if pairs:
                # What it fits best is what it is meant to be.
                yield from min((list(self._one(*pair, direction)) for pair in pairs), key=len)
            else:
                verb = "may no longer" if is_taken else "may now"
                yield _Fault("", f" {verb} be of {value['type'] or 'any'} type {direction.value}.")

    def _one(self, old: Part, new: Part, direction: Direction) -> Iterator[_Fault]:
        """Compares two schemas of one type each, without alternatives."""
        if _NAMED in old and _NAMED in new:
            yield from self._below("", old[_NAMED], new[_NAMED], direction)
            return
        yield from (_Fault("", each) for each in _values(old, new, direction))
        formats = (old.get("format"), new.get("format"))
        if _clash(*(formats if direction is Direction.TAKEN else reversed(formats))):
            yield _Fault("", f" has {formats[1] or 'any'} format now {direction.value}, not {formats[0] or 'any'}.")
        if direction is Direction.TAKEN:
            yield from (_Fault("", each) for each in _bounds(old, new))
        if "items" in old or "items" in new:
            yield from self._below("[]", old.get("items", {}), new.get("items", {}), direction)
        yield from self._members(old, new, direction)
        yield from self._others(old, new, direction)

    def _members(self, old: Part, new: Part, direction: Direction) -> Iterator[_Fault]:
        hidden = "readOnly" if direction is Direction.TAKEN else "writeOnly"
        before = {name: each for name, each in old.get("properties", {}).items() if not each.get(hidden)}
        now = {name: each for name, each in new.get("properties", {}).items() if not each.get(hidden)}
        for name, member in before.items():
            if name in now:
                yield from self._below(f".{name}", member, now[name], direction)
            elif not was_to_go(_merged(self.old, member), self.today):
                yield _Fault("", f".{name} is gone {direction.value}.")
        required, needed = set(old.get("required", ())), set(new.get("required", ()))
        if direction is Direction.TAKEN:
            more = sorted((needed - required) & now.keys())
            yield from (_Fault("", f".{name} is required now in requests.") for name in more)
        else:
            fewer = sorted((required - needed) & before.keys() & now.keys())
            yield from (_Fault("", f".{name} may be absent now in answers.") for name in fewer)

    def _others(self, old: Part, new: Part, direction: Direction) -> Iterator[_Fault]:
        """Compares what objects hold beside their named members."""
        before, now = (each.get("additionalProperties", True) for each in (old, new))
        if direction is Direction.TAKEN and before is not False and now is False:
            yield _Fault("", " takes no other members now in requests.")
        if direction is Direction.TAKEN and "propertyNames" in new:
            yield from self._below(", names of members", old.get("propertyNames", {}), new["propertyNames"], direction)
        if before is not False and now is not False:
            pair = [{} if each is True else each for each in (before, now)]
            yield from self._below(".*", pair[0], pair[1], direction)


def _name(reference: Part) -> str:
    """What the schema is called that a reference stands for."""
    return str(reference["$ref"].rpartition("/")[2])


def _is_of_type(narrow: str | None, wide: str | None) -> bool:
    return wide in {None, narrow} or (narrow, wide) == ("integer", "number")


def _values(old: Part, new: Part, direction: Direction) -> Iterator[str]:
    """Compares enumerations and constants."""
    is_taken = direction is Direction.TAKEN
    narrow, wide = map(_listed, (old, new) if is_taken else (new, old))
    if wide is None:
        return
    if narrow is None:
        yield f" is {'one of a few values' if is_taken else 'any value'} now {direction.value}."
        return
    change = "is gone" if is_taken else "is new"
    yield from (f": the value {each!r} {change} {direction.value}." for each in narrow if each not in wide)


def _listed(schema: Part) -> list[Any] | None:
    """The values that a schema lists, those of its type alone, or None where it lists none."""
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    return values and [each for each in values if schema["type"] in {None, _type_of(each)}]


def _apart(schema: Part) -> list[dict[str, Any]]:
    """A schema for each value that this one lists, since the other may list them in several alternatives."""
    listed = _listed(schema)
    return [dict(schema)] if listed is None else [{**schema, "const": each} for each in listed]


def _type_of(value: Any) -> str:
    return _OF_VALUES.get(type(value), "null")


def _clash(narrow: str | None, wide: str | None) -> bool:
    return wide not in {None, narrow} and (narrow, wide) not in _NARROW


def _bounds(old: Part, new: Part) -> Iterator[str]:
    """Compares what values of requests are held to."""
    narrower = [name for name in _LOWEST if name in new and new[name] > old.get(name, _NO_BOUND.get(name, -math.inf))]
    narrower += [name for name in _HIGHEST if name in new and new[name] < old.get(name, math.inf)]
    other = [name for name in _EQUAL if name in new and new[name] not in (old.get(name), False)]
    yield from (f" has another {name} in requests, {new[name]}." for name in [*narrower, *other])


def _alternatives(document: Part, schema: Part) -> list[dict[str, Any]]:
    """The forms that a value may have: schemas of one type each (None: any), without references and alternatives."""
    whole = _merged(document, schema)
    kind = next((name for name in _ALTERNATIVES if whole.get(name)), None)
    if kind is None:
        return [{**whole, "type": each} for each in _types(whole)]
    rest = {name: value for name, value in whole.items() if name != kind}
    forms = [_joined(rest, _merged(document, each)) for each in whole[kind]]
    if rest.keys() <= _WORDS:
        # Such a form is compared by its name, under which faults in it are told.
        forms = [
            {**form, _NAMED: each} if each.keys() == {"$ref"} else form
            for form, each in zip(forms, whole[kind], strict=True)
        ]
    return [alternative for form in forms for alternative in _alternatives(document, form)]


def _types(schema: Part) -> Iterable[str | None]:
    """The types that a schema allows, those that it says or that follow from what else it says."""
    said = schema.get("type")
    if isinstance(said, str):
        return [said]
    listed = _listed({**schema, "type": None})
    of_values = None if listed is None else dict.fromkeys(map(_type_of, listed))
    if said is not None:
        return [each for each in said if of_values is None or each in of_values]
    return of_values or (["object"] if "properties" in schema else [None])


def _merged(document: Part, schema: Part) -> dict[str, Any]:
    """A schema with what it refers to and all parts of an `allOf` in one."""
    parts = list(schema.get("allOf", ()))
    if "$ref" in schema:
        parts.append(document["components"]["schemas"][_name(schema)])
    whole = {name: value for name, value in schema.items() if name not in {"$ref", "allOf"}}
    for part in parts:
        whole = _joined(_merged(document, part), whole)
    return whole


def _joined(first: Part, second: Part) -> dict[str, Any]:
    """Two schemas that both hold, the second before the first where they say the same thing."""
    joined = {**first, **second}
    if "properties" in first and "properties" in second:
        joined["properties"] = {**first["properties"], **second["properties"]}
    if "required" in first and "required" in second:
        joined["required"] = [*first["required"], *second["required"]]
    return joined
