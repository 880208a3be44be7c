"""`Prefer: handling=strict`: keys and query parameters that nobody knows are refused (contract 1.1)."""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any, NamedTuple

from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.request import Request

from profiles_project.api.errors import MOST_FAULTS, Problem, pointer
from profiles_project.api.fields import Document
from profiles_project.words.places import Path, shown
from profiles_project.words.sentences import mark

CODE = "unknown"


class Known(NamedTuple):
    """What an operation takes, as the OpenAPI document describes it: its body, and the names of query parameters.

    It also knows whether the operation gives nothing back (204).
    """

    body: Any
    parameters: frozenset[str]
    gives_nothing: bool = False


class Nothing(Document):
    """The body of a request that needs none: it has no members."""


def check(request: Request, known: Known, *, has_body: bool) -> None:
    """Raises a 422 that names each key and each query parameter that the operation does not know."""
    parameters = (name for name in request.query_params if name not in known.parameters)
    body = Nothing if known.body is None else known.body
    keys = unknown_keys(body, request.data) if has_body else iter(())
    found = list(islice(chain(map(_parameter_fault, parameters), map(_key_fault, keys)), MOST_FAULTS + 1))
    if not found:
        return
    more: dict[str, Any] = {"more": True} if len(found) > MOST_FAULTS else {}
    raise Problem(found[0]["detail"], status=422, errors=found[:MOST_FAULTS], **more)


def _parameter_fault(name: str) -> dict[str, str]:
    return {
        "parameter": shown(name),
        "code": CODE,
        "detail": mark("The address contains an unknown parameter."),
    }


def _key_fault(path: Path) -> dict[str, str]:
    return {"pointer": pointer(path), "code": CODE, "detail": mark("The request contains an unknown field.")}


class Member(NamedTuple):
    """A key in a request's data: where it stands, the serializer of its object, and its field, if it is known."""

    path: Path
    holder: Any
    field: Any


def unknown_keys(known: Any, data: Any) -> Iterator[Path]:
    """The places of keys in a value that its serializer or field does not know; what takes any JSON knows all."""
    return (each.path for each in members(known, data) if each.field is None)


def members(known: Any, data: Any, path: Path = ()) -> Iterator[Member]:
    """The keys in a value, and in all that is in it, as far as its serializer or field describes its objects."""
    known = _form(known, data)
    if isinstance(data, list):
        child = getattr(known, "child", None)
        for index, each in enumerate(data if child is not None else ()):
            yield from members(child, each, (*path, index))
    elif isinstance(data, Mapping):
        yield from _in_object(known, data, path)


def _in_object(known: Any, data: Mapping[str, Any], path: Path) -> Iterator[Member]:
    for name, value in data.items():
        place = (*path, name)
        if isinstance(known, serializers.DictField):
            yield from members(known.child, value, place)
        elif isinstance(known, serializers.Serializer):
            field = known.member(name, data) if isinstance(known, Document) else known.fields.get(name)
            yield Member(place, known, field)
            if field is not None and not field.read_only:
                yield from members(field, value, place)


def _form(known: Any, data: Any) -> Any:
    """The serializer or field that judges a value, where a description allows for several."""
    if isinstance(known, PolymorphicProxySerializer):
        forms: Any = known.serializers
        known = forms[0]
        if isinstance(data, list):
            known = next((form for form in forms if isinstance(form, serializers.ListSerializer)), known)
    known = known() if isinstance(known, type) else known
    # A single item may be sent where a list is described.
    is_single = isinstance(known, serializers.ListSerializer) and isinstance(data, Mapping)
    return known.child if is_single else known
