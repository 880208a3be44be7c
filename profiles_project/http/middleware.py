"""What every request passes before Django routes it: an id, and a body that was read within its limit."""

import io
import logging
from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from profiles_project.http.context import request_id
from profiles_project.http.errors import MEDIA_TYPE, InternalError, Problem, TooLarge, problem_response, to_problem
from profiles_project.http.values import new_id

logger = logging.getLogger(__name__)

MIB = 2**20
BODY_LIMIT = 1 * MIB
# A whole career is sent below this path, and staff save profiles with a thousand form fields in the admin.
LARGE_BODY_LIMIT = 10 * MIB
LARGE_BODY_PATHS = ("/api/v1/profiles/", "/admin/")
LARGE_BODY_EXACT = "/api/v1/profiles"
# What is refused is read all the same up to here, since a client that is still sending cannot hear the answer.
DRAIN_LIMIT = 16 * MIB
CHUNK = 64 * 1024

Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives each request an id, and each failure outside the views a problem document."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.set(str(new_id()))
        try:
            response = self._answer(request)
            response["X-Request-ID"] = request_id.get()
            return response
        finally:
            request_id.reset(token)

    def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            # Checked here, since under DEBUG Django's own answer is a page with settings in it.
            return problem_response(request, BadHost())
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and response.get("Content-Type") != MEDIA_TYPE:
            # Django's own views refuse a method without a word.
            return problem_response(request, Problem(status=405, headers={"Allow": response["Allow"]}))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Called by Django for what a view outside DRF raised; the admin keeps Django's own pages."""
        if request.path.startswith("/admin/"):
            return None
        problem = to_problem(exception)
        if problem is None:
            logger.error("unforeseen error", exc_info=exception)
            problem = InternalError()
        return problem_response(request, problem)


class BadHost(Problem):
    """400: a Host header that this service does not answer to."""

    status_code = 400
    default_detail = "The Host header names a host that this service does not serve."


class RequestBodyMiddleware:
    """Reads the body before anything else sees it: chunked or not, and never past its limit (contract 1.1).

    Django behind WSGI takes a body without Content-Length for an empty one; here it is read to its end.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            body = self._read(request)
        except TooLarge as problem:
            response: HttpResponse = problem_response(request, problem)
            response["Connection"] = "close"
            return response
        except (OSError, UnreadablePostError):
            return problem_response(request, TruncatedBody())
        if body is not None:
            request.META["CONTENT_LENGTH"] = str(len(body))
            request._stream = io.BytesIO(body)  # noqa: SLF001  # Django has no public way
            request._read_started = False  # type: ignore[attr-defined]  # noqa: SLF001
        return self.get_response(request)

    def _read(self, request: HttpRequest) -> bytes | None:
        """The body, or None where the request has none. Raises TooLarge after draining, OSError if it breaks off."""
        declared = _content_length(request)
        chunked = "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
        if not chunked and not declared:
            return None
        large = request.path == LARGE_BODY_EXACT or request.path.startswith(LARGE_BODY_PATHS)
        limit = LARGE_BODY_LIMIT if large else BODY_LIMIT
        stream = request.META["wsgi.input"]
        total = DRAIN_LIMIT if chunked else min(declared, DRAIN_LIMIT)
        kept, count = [], 0
        while count < total and (part := stream.read(min(CHUNK, total - count))):
            count += len(part)
            if count <= limit:
                kept.append(part)
        if count > limit or declared > limit:
            raise TooLarge(f"The request body is larger than {limit // MIB} MiB.")
        if not chunked and count < declared:
            raise OSError
        return b"".join(kept)


def _content_length(request: HttpRequest) -> int:
    try:
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


class TruncatedBody(Problem):
    """400: the connection broke off before the whole body was there."""

    status_code = 400
    default_detail = "The request body ended before its announced length."
