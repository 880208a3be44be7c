"""Entity tags and conditional requests (RFC 9110, section 13) over a versioned document: contract 1.4."""

import uuid
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from rest_framework.request import Request
from rest_framework.response import Response

from profiles_project.api.errors import Problem


class PreconditionFailed(Problem):
    """412: `If-Match` names a version of what does not exist yet."""

    status_code = 412


def entity_tag(document_id: uuid.UUID, version: int, *also: str) -> str:
    """The `ETag` of a document at a version; `also` names what else the representation depends on, its format first."""
    return f'"{".".join((str(document_id), str(version), *also))}"'


def _opaque(tag: str) -> str:
    """The part of a tag that is compared: weakness and what a compressing proxy appends do not count."""
    return tag.removeprefix("W/").strip('"').removesuffix("-gzip").removesuffix("-br")


@dataclass(frozen=True)
class IfMatch:
    """The `If-Match` of a request; `tags` is None where it has none."""

    tags: tuple[str, ...] | None

    @classmethod
    def of(cls, request: Request) -> "IfMatch":
        """Reads the header. One that holds no tag at all matches nothing."""
        header = request.headers.get("If-Match")
        return cls(None if header is None else tuple(parse_etags(header)))

    def matches(self, document_id: uuid.UUID, version: int) -> bool:
        """Whether a tag names this id and version; a tag of any part of the document does."""
        if self.tags is None or "*" in self.tags:
            return True
        wanted = [str(document_id), str(version)]
        return any(_opaque(tag).split(".")[:2] == wanted for tag in self.tags)

    def split(self, part_id: uuid.UUID) -> tuple["IfMatch", "IfMatch"]:
        """The tags that name this part of the document (its id and a version, nothing else), and all others.

        No header at all is among the others.
        """
        if self.tags is None:
            return IfMatch(()), self
        of_part = tuple(tag for tag in self.tags if _names(tag, part_id))
        return IfMatch(of_part), IfMatch(tuple(tag for tag in self.tags if tag not in of_part))


def _names(tag: str, part_id: uuid.UUID) -> bool:
    first, *others = _opaque(tag).split(".")
    return first == str(part_id) and len(others) == 1


def not_modified(request: HttpRequest | Request, tag: str) -> HttpResponse | None:
    """The 304 for a request whose `If-None-Match` names `tag` (weak comparison), else None."""
    header = request.headers.get("If-None-Match")
    if header is None or request.method not in {"GET", "HEAD"}:
        return None
    if header != tag and "*" not in (tags := parse_etags(header)) and _opaque(tag) not in map(_opaque, tags):
        return None
    response = HttpResponse(status=304)
    response["ETag"] = tag
    del response["Content-Type"]
    return response


def tagged(response: Response, tag: str) -> Response:
    """The response with its `ETag`."""
    response["ETag"] = tag
    return response
