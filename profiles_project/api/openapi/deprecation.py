"""What of the API is to go: declared once, told in answers and in the OpenAPI document (contract 6).

    @deprecated(Deprecation(since=date(2027, 1, 4), sunset=date(2028, 1, 4), link="/guide/versions#words"))
    @operation(...)
    def get(...)

    @deprecates(words=Deprecation(...))
    class ThingSerializer(Document)

An operation tells it in each answer, a member of a request in the answers to requests that have it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Any, TypeVar, cast

from django.utils.http import http_date
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers

from profiles_project.api.strictness import members

F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S", bound=type[serializers.BaseSerializer[Any]])
# The extension by which the document says from which day on a deprecated part may be gone.
SUNSET = "x-sunset"
# All serializers that deprecate members; while there are none, requests are not looked at.
_declared: set[type] = set()


@dataclass(frozen=True)
class Deprecation:
    """Since when a part of the API is not to be used any more, when it may go, and where its successor is described.

    Raises ValueError for less than 12 months between the two days.
    """

    since: date
    sunset: date
    link: str

    def __post_init__(self) -> None:
        if self.sunset < (earliest := _a_year_after(self.since)):
            raise ValueError(f"What is deprecated on {self.since} must live until {earliest}, not {self.sunset}.")


def _a_year_after(day: date) -> date:
    is_leap_day = (day.month, day.day) == (2, 29)
    return date(day.year + 1, 3, 1) if is_leap_day else day.replace(year=day.year + 1)


def deprecated(deprecation: Deprecation) -> Callable[[F], F]:
    """Declares a view's method deprecated."""

    def declared(method: F) -> F:
        made: Any = extend_schema(deprecated=True, extensions={SUNSET: deprecation.sunset.isoformat()})(method)
        made.deprecation = deprecation
        return cast("F", made)

    return declared


def deprecates(**by_member: Deprecation) -> Callable[[S], S]:
    """Declares members of a serializer deprecated, by their names."""

    def declared(serializer: S) -> S:
        made: Any = serializer
        made.deprecations = {**getattr(serializer, "deprecations", {}), **by_member}
        _declared.add(serializer)
        return serializer

    return declared


def mark(serializer: Any, properties: dict[str, Any]) -> None:
    """Say of each deprecated member in its schema that it is. Raises ValueError for one that there is not."""
    for name, deprecation in getattr(serializer, "deprecations", {}).items():
        if name not in serializer.fields:
            raise ValueError(f"{type(serializer).__name__} deprecates {name}, which is no member of it.")
        if name in properties:
            told = {"deprecated": True, SUNSET: deprecation.sunset.isoformat()}
            properties[name] = {**properties[name], **told}


def of_method(method: Any) -> list[Deprecation]:
    """The deprecation of a view's method, if it is deprecated."""
    found = getattr(method, "deprecation", None)
    return [found] if found else []


def of_members(body: Any, data: Any) -> list[Deprecation]:
    """The deprecations of the members in a request's data, which the operation's body describes."""
    found = [getattr(each.holder, "deprecations", {}).get(each.path[-1]) for each in members(body, data)]
    return [each for each in dict.fromkeys(found) if each]


def may_use(body: Any) -> bool:
    """Whether a body has members that are deprecated, so that a request must be looked at.

    A bare schema, or one for each media type, declares nothing.
    """
    return bool(_declared) and not isinstance(body, Mapping) and _deprecates(body)


@cache
def _deprecates(body: Any) -> bool:
    """Whether a serializer, a field or anything in it deprecates members."""
    if isinstance(body, PolymorphicProxySerializer):
        forms: Any = body.serializers
        return any(map(_deprecates, forms))
    known = body() if isinstance(body, type) else body
    if getattr(known, "deprecations", None):
        return True
    below = [known.child] if hasattr(known, "child") else getattr(known, "fields", {}).values()
    return any(map(_deprecates, below))


def headers(deprecations: Iterable[Deprecation], present: Mapping[str, str]) -> dict[str, str]:
    """`Deprecation` (RFC 9745), `Sunset` (RFC 8594) and `Link`: of several the earliest days, and all links."""
    told = list(deprecations)
    links = dict.fromkeys(f'<{each.link}>; rel="deprecation"' for each in told)
    there = [present["Link"]] if "Link" in present else []
    return {
        "Deprecation": f"@{_seconds(min(each.since for each in told))}",
        "Sunset": http_date(_seconds(min(each.sunset for each in told))),
        "Link": ", ".join([*there, *links]),
    }


def _seconds(day: date) -> int:
    """The beginning of a day in UTC, in seconds since 1970."""
    return int(datetime.combine(day, time(), UTC).timestamp())
