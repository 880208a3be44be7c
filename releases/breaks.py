"""What of a new OpenAPI document breaks clients of an older one.

A schema fits another where the other allows all that it allows. In a request the old schema must fit the new one: what
clients send is still taken. In an answer the new schema must fit the old one: what clients get is what they expect.
Bounds, patterns and new members of answers are left out of the latter, as docs/guide/versions.md says.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from releases.schemas import Direction, Schemas, was_to_go

Part = Mapping[str, Any]
# By place and name.
Parameters = dict[tuple[str, str], Part]
JSON = "application/json"
# What an operation without security asks for: one way of asking, which needs nothing.
_ANONYMOUS: list[dict[str, Any]] = [{}]
# Where a document without servers says that the service is.
_SERVERS = [{"url": "/"}]
# A job in place of the answer: a client that knows no jobs gets one only for what was refused before, or by asking.
_ACCEPTED = "202"


def breaks(old: Part, new: Part, today: date) -> list[str]:
    """One sentence for each thing that breaks clients of the old document, in order of appearance, each once.

    What the old document announced to go on a day that has come is no break.
    """
    return list(dict.fromkeys(_Comparison(old, new, today).all()))


def _form(path: str) -> str:
    """A path without the names of its parameters, which no client sends."""
    return re.sub(r"\{[^}]*\}", "{}", path)


@dataclass
class _Comparison:
    old: Part
    new: Part
    today: date
    schemas: Schemas = field(init=False)

    def __post_init__(self) -> None:
        self.schemas = Schemas(self.old, self.new, self.today)

    def all(self) -> Iterator[str]:
        operations = {(_form(path), method): pair for path, method, *pair in _operations(self.new)}
        for path, method, item, operation in _operations(self.old):
            name = f"{method.upper()} {path}"
            if now := operations.get((_form(path), method)):
                yield from self._operation(name, (item, operation), (now[0], now[1]))
            elif not was_to_go(operation, self.today):
                yield f"{name} is gone."
        yield from self._security_schemes()
        now_at = [server["url"] for server in self.new.get("servers", _SERVERS)]
        for server in self.old.get("servers", _SERVERS):
            if server["url"] not in now_at:
                yield f"The server {server['url']} is gone."

    def _operation(self, name: str, old: tuple[Part, Part], new: tuple[Part, Part]) -> Iterator[str]:
        before, now = old[1], new[1]
        if before.get("operationId") != now.get("operationId"):
            yield f"{name} has another operationId, by which generated clients call it."
        if before.get("tags", ())[:1] != now.get("tags", ())[:1]:
            yield f"{name} has another first tag, after which generated clients name the class that it is in."
        yield from self._security(name, before, now)
        yield from self._parameters(name, self._named(self.old, old), self._named(self.new, new))
        body_before = self._resolved(self.old, before.get("requestBody"))
        yield from self._body(name, body_before, self._resolved(self.new, now.get("requestBody")))
        yield from self._answers(name, before.get("responses", {}), now.get("responses", {}))

    def _security(self, name: str, before: Part, now: Part) -> Iterator[str]:
        old = before.get("security", self.old.get("security")) or _ANONYMOUS
        new = now.get("security", self.new.get("security")) or _ANONYMOUS
        if not all(any(_is_enough(had, needed) for needed in new) for had in old):
            yield f"{name} asks for more security than before."

    def _security_schemes(self) -> Iterator[str]:
        schemes = self.new.get("components", {}).get("securitySchemes", {})
        for name, scheme in self.old.get("components", {}).get("securitySchemes", {}).items():
            if _without_words(scheme) != _without_words(schemes.get(name, {})):
                yield f"The security scheme {name} is gone or another."

    def _named(self, document: Part, pair: tuple[Part, Part]) -> Parameters:
        """The parameters of an operation, its own before its path's."""
        found: Parameters = {}
        listed = [self._resolved(document, each) for part in pair for each in part.get("parameters", ())]
        for parameter in listed:
            place, name = parameter["in"], parameter["name"]
            found[place, name.lower() if place == "header" else name] = parameter
        return found

    def _parameters(self, name: str, old: Parameters, new: Parameters) -> Iterator[str]:
        # The names of those in the path are in no request.
        places = {place for place in (*old, *new) if place[0] != "path"}
        for place in sorted(places):
            label = f"{name}: the {place[0]} parameter {place[1]}"
            before, now = old.get(place), new.get(place)
            if now is None:
                if not was_to_go(before or {}, self.today):
                    yield f"{label} is gone."
            elif now.get("required") and not (before or {}).get("required"):
                yield f"{label} is required now."
            if before and now:
                yield from self._parameter(label, before, now)
        in_path = [[each for place, each in part.items() if place[0] == "path"] for part in (old, new)]
        for before, now in zip(*in_path, strict=False):
            yield from self._parameter(f"{name}: the path parameter {before['name']}", before, now)

    def _parameter(self, label: str, before: Part, now: Part) -> Iterator[str]:
        if _spelling(before) != _spelling(now):
            yield f"{label} is written in another way (style, explode, content)."
        yield from self.schemas.faults(label, before.get("schema", {}), now.get("schema", {}), Direction.TAKEN)

    def _body(self, name: str, before: Part, now: Part) -> Iterator[str]:
        label = f"{name}: the request's body"
        if now.get("required") and not before.get("required"):
            yield f"{label} is required now."
        if before and not now:
            yield f"{label} is gone."
        elif before:
            yield from self._contents(label, before, now, Direction.TAKEN)

    def _answers(self, name: str, before: Part, now: Part) -> Iterator[str]:
        for status, answer in before.items():
            label = f"{name}: the answer {status}"
            if status in now:
                old, new = self._resolved(self.old, answer), self._resolved(self.new, now[status])
                yield from self._contents(label, old, new, Direction.GIVEN)
                yield from self._headers(label, old.get("headers", {}), new.get("headers", {}))
            elif _is_success(status):
                yield f"{label} is gone."
        for status in now:
            if _is_success(status) and status not in before and status != _ACCEPTED:
                yield f"{name}: the answer {status} is new, and no client expects it."

    def _contents(self, label: str, before: Part, now: Part, direction: Direction) -> Iterator[str]:
        contents = now.get("content", {})
        for media_type, content in before.get("content", {}).items():
            named = label if media_type == JSON else f"{label} as {media_type}"
            if media_type not in contents:
                yield f"{named} is gone."
                continue
            schema = contents[media_type].get("schema", {})
            yield from self.schemas.faults(named, content.get("schema", {}), schema, direction)

    def _headers(self, label: str, before: Part, now: Part) -> Iterator[str]:
        for name, header in before.items():
            named = f"{label}: the header {name}"
            if name not in now:
                yield f"{named} is gone."
                continue
            old, new = self._resolved(self.old, header), self._resolved(self.new, now[name])
            if old.get("required") and not new.get("required"):
                yield f"{named} may be absent now."
            yield from self.schemas.faults(named, old.get("schema", {}), new.get("schema", {}), Direction.GIVEN)

    @staticmethod
    def _resolved(document: Part, part: Part | None) -> Part:
        """What a reference stands for, or the part itself; an absent one is empty."""
        while part and "$ref" in part:
            _, kind, name = part["$ref"].removeprefix("#/").split("/")
            part = document["components"][kind][name]
        return part or {}


def _operations(document: Part) -> Iterator[tuple[str, str, Part, Part]]:
    """Path, method, what all methods of the path share, and the operation."""
    for path, item in document["paths"].items():
        yield from ((path, method, item, each) for method, each in item.items() if isinstance(each, Mapping))


def _is_success(status: str) -> bool:
    return status[0] in "23"


def _is_enough(had: Part, needed: Part) -> bool:
    """Whether what clients send for one requirement serves another: each of its schemes with all of its scopes."""
    return all(name in had and set(scopes) <= set(had[name]) for name, scopes in needed.items())


def _spelling(parameter: Part) -> tuple[str, bool, list[str]]:
    """How a parameter's lists and objects are written, or in which media type."""
    style = parameter.get("style", "form" if parameter["in"] in {"query", "cookie"} else "simple")
    return style, parameter.get("explode", style == "form"), sorted(parameter.get("content", ()))


def _without_words(part: Part) -> dict[str, Any]:
    return {name: value for name, value in part.items() if name != "description"}
