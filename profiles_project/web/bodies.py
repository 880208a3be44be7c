"""The limits of request bodies, and reading them where the server has not done so (contract 1.1)."""

import io
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from profiles_project.api.errors import Problem, TooLarge, problem_response
from profiles_project.memory import note_body
from profiles_project.words.sentences import mark, say

MIB = 2**20
BODY_LIMIT = 1 * MIB
# A whole career is sent below this path, and staff save profiles with a thousand form fields in the admin.
LARGE_BODY_LIMIT = 10 * MIB
LARGE_BODY_PATHS = ("/api/v1/profiles/", "/admin/")
LARGE_BODY_EXACT = "/api/v1/profiles"
# What is refused is read all the same up to here, since a client that is still sending cannot hear the answer.
DRAIN_LIMIT = 16 * MIB
CHUNK = 64 * 1024
# Where the server's environment has a body that it has read, and the problem with which it refuses the request.
READ_BODY = "profiles.body"
REFUSAL = "profiles.refusal"


class TruncatedBody(Problem):
    """400: the connection broke off before the whole body was there."""

    status_code = 400
    default_detail = mark("The connection broke off before everything had arrived; please try again.")


def body_limit(path: str) -> int:
    """How many bytes the body of a request to `path` may have."""
    is_large = path == LARGE_BODY_EXACT or path.startswith(LARGE_BODY_PATHS)
    return LARGE_BODY_LIMIT if is_large else BODY_LIMIT


def too_large(limit: int) -> TooLarge:
    """The refusal of a body above its limit, in bytes."""
    return TooLarge(say("This is too large to send; the limit is {n} MiB.", n=limit // MIB))


class RequestBodyMiddleware:
    """Reads the body before anything else sees it: chunked or not, and never past its limit.

    Django behind WSGI takes a body without Content-Length for an empty one; here it is read to its end. `manage.py
    serve` has read it already, or has refused the request (profiles_project/serving), which is answered here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refusal: Problem | None = request.META.get(REFUSAL)
        if refusal is not None:
            return _closing(request, refusal)
        try:
            body = request.META.get(READ_BODY)
            if body is None:
                body = self._read(request)
        except TooLarge as problem:
            return _closing(request, problem)
        except (OSError, UnreadablePostError):
            return problem_response(request, TruncatedBody())
        if body:
            note_body(len(body))
            request.META["CONTENT_LENGTH"] = str(len(body))
            request._stream = io.BytesIO(body)  # noqa: SLF001  # Django has no public way
            # So that it can still be asked for when a parser has read it.
            request._body = body  # noqa: SLF001  # as above
            request._read_started = False  # type: ignore[attr-defined]  # noqa: SLF001  # as above
        return self.get_response(request)

    def _read(self, request: HttpRequest) -> bytes | None:
        """The body, or None where the request has none. Raises TooLarge after draining, OSError if it breaks off."""
        declared = _content_length(request)
        chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
        if not chunked and not declared:
            return None
        limit = body_limit(request.path)
        stream = request.META["wsgi.input"]
        total = DRAIN_LIMIT if chunked else min(declared, DRAIN_LIMIT)
        # Its value shares its memory, where a list of parts would need room for all of them twice.
        kept, count = io.BytesIO(), 0
        while count < total and (part := stream.read(min(CHUNK, total - count))):
            count += len(part)
            if count <= limit:
                kept.write(part)
        if count > limit or declared > limit:
            raise too_large(limit)
        if not chunked and count < declared:
            raise OSError
        return kept.getvalue()


def _closing(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The refusal of a request whose body was not read to its end, so that the connection is of no use any more."""
    response = problem_response(request, problem)
    response["Connection"] = "close"
    return response


def _content_length(request: HttpRequest) -> int:
    try:
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0
