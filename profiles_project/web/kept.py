"""Answers that are the same for everybody: made once, sent plain or compressed, with a tag."""

import gzip
import hashlib
from collections.abc import Mapping
from typing import NamedTuple, Self

from django.http import HttpRequest, HttpResponse
from django.http.request import MediaType
from django.utils.cache import patch_vary_headers
from rest_framework.request import Request

from profiles_project.api.conditional import not_modified


class Kept(NamedTuple):
    """A body as it is sent, plain and compressed, and what it is known by."""

    plain: bytes
    compressed: bytes
    digest: str

    @classmethod
    def of(cls, text: bytes | str) -> Self:
        """Compresses a body. All processes make the same bytes of it, since the time does not go in."""
        plain = text.encode() if isinstance(text, str) else text
        return cls(plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:32])


def answer(
    request: HttpRequest | Request,
    kept: Kept,
    content_type: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """The body in the form that the client reads, or 304 where it has that already."""
    is_compressed = _takes_gzip(request)
    tag = f'"{kept.digest}{"-gzip" if is_compressed else ""}"'
    response = not_modified(request, tag) if status == 200 else None  # noqa: PLR2004  # only what is found is kept
    if response is None:
        body = kept.compressed if is_compressed else kept.plain
        told = {"ETag": tag, **(headers or {}), **({"Content-Encoding": "gzip"} if is_compressed else {})}
        response = HttpResponse(body, status=status, content_type=content_type, headers=told)
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _takes_gzip(request: HttpRequest | Request) -> bool:
    """Whether the client reads what is compressed by gzip, which a `q` of 0 denies (RFC 9110, 12.5.3)."""
    try:
        codings = [MediaType(each) for each in request.headers.get("Accept-Encoding", "").split(",")]
    except ValueError:
        # Longer than any header of a client.
        return False
    return any(coding.main_type.strip().lower() == "gzip" and coding.quality > 0 for coding in codings)
