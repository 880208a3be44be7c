"""Lists in pages: contract 1.6."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from profiles_project.api.errors import ParameterInvalid
from profiles_project.words.sentences import say

MAX_LIMIT = 100
# The largest offset that both databases take.
MAX_OFFSET = 2**31 - 1
MAX_DIGITS = len(str(MAX_OFFSET))


def whole_number(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    """A whole number in the query. Raises ParameterInvalid where it is none, or outside."""
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and lowest <= int(text) <= highest):
        raise ParameterInvalid(
            name,
            say("This must be a whole number from {lowest} to {highest}.", lowest=lowest, highest=highest),
            "out_of_range",
        )
    return int(text)


def _link(request: Request, relation: str, limit: int, offset: int) -> str:
    query = {**request.query_params.dict(), "limit": limit, "offset": offset}
    return f'<{request.path}?{urlencode(query)}>; rel="{relation}"'


def paginate(
    request: Request,
    rows: "QuerySet[Any, Any] | Sequence[Any]",
    key: str,
    render: Callable[[Any], Any],
    *,
    default_limit: int = 50,
) -> Response:
    """One page of `rows` under `key`, each rendered by `render`, with `pagination` and the `Link` header.

    `limit` (1 to 100) and `offset` (from 0) come from the query; ParameterInvalid (422) where they are outside.
    """
    limit = whole_number(request, "limit", default_limit, 1, MAX_LIMIT)
    offset = whole_number(request, "offset", 0, 0, MAX_OFFSET)
    total = rows.count() if isinstance(rows, QuerySet) else len(rows)
    page = [render(row) for row in rows[offset : offset + limit]]
    has_next, has_previous = offset + limit < total, offset > 0
    response = Response(
        {
            key: page,
            "pagination": {
                "total": total,
                "limit": limit,
                "offset": offset,
                "has_next": has_next,
                "has_previous": has_previous,
            },
        }
    )
    links = []
    if has_next:
        links.append(_link(request, "next", limit, offset + limit))
    if has_previous:
        links.append(_link(request, "prev", limit, max(0, offset - limit)))
    if links:
        response["Link"] = ", ".join(links)
    return response
