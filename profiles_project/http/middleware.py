"""What every request passes before Django routes it: an id, a log line, and a body that was read within its limit."""

import io
import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.cache import patch_vary_headers

from profiles_project.http.context import request_id, user_id
from profiles_project.http.errors import MEDIA_TYPE, InternalError, Problem, TooLarge, problem_response, to_problem
from profiles_project.http.logs import write_event
from profiles_project.http.memory import note_body
from profiles_project.http.metrics import Recorder, recorder
from profiles_project.http.pages import API
from profiles_project.http.tracing import NO_SPAN, RequestSpan, tracer
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
# What a method may be called in a log line; a client may send any word.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# What a load balancer asks, by whatever address it knows this machine. The answers hold no link, and are the same for
# everybody.
HEALTH = frozenset({"/health", "/health/ready"})
# What machines ask every few seconds.
PROBES = frozenset({"/health", "/health/ready", "/metrics"})
UNCOUNTED = Recorder()

Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives each request an id and a log line, and each failure outside the views a problem document."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tokens = request_id.set(str(new_id())), user_id.set(None)
        try:
            if request.path in PROBES:
                return self._observed(request, UNCOUNTED, NO_SPAN)
            return self._observed(request, recorder(), tracer().request(request.META))
        finally:
            request_id.reset(tokens[0])
            user_id.reset(tokens[1])

    def _observed(self, request: HttpRequest, counter: Recorder, span: RequestSpan) -> HttpResponse:
        """The answer, told to metrics, traces and log by its route, never by its address, which may hold anything."""
        began = time.perf_counter()
        counter.request_began()
        try:
            with span:
                response = self._answer(request)
                response["X-Request-ID"] = request_id.get()
                _guard(request, response)
                seconds = time.perf_counter() - began
                method = request.method if request.method in METHODS else "other"
                route, status = _route(request), response.status_code
                span.answered(method, route, status, request_id.get())
                _log(method, route, status, seconds)
            counter.request_answered(method, route, status, seconds)
            return response
        finally:
            counter.request_left()

    def _answer(self, request: HttpRequest) -> HttpResponse:
        if request.path in HEALTH:
            # For Django's own middleware, which asks for it too.
            request.get_host = lambda: "localhost"  # type: ignore[method-assign]  # of this request alone
        try:
            request.get_host()
        except DisallowedHost:
            # Checked here, since under DEBUG Django's own answer is a page with settings in it.
            return problem_response(request, BadHost())
        response = self.get_response(request)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and response.get("Content-Type") != MEDIA_TYPE:
            # Django's own views refuse a method without a word. Filled in here, so that the headers stay.
            response.content = problem_response(request, Problem(status=405)).content
            response["Content-Type"] = MEDIA_TYPE
            response["Content-Length"] = str(len(response.content))
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]) -> None:
        """Called by Django when the route is known. In the admin, the session's user is the one who asks."""
        if request.path.startswith("/admin/"):
            user_id.set(request.user.pk)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Called by Django for what a view outside DRF raised; the admin keeps Django's own pages."""
        if request.path.startswith("/admin/"):
            return None
        problem = to_problem(exception)
        if problem is None:
            logger.error("unforeseen error", exc_info=exception)
            problem = InternalError()
        return problem_response(request, problem)


def _guard(request: HttpRequest, response: HttpResponse) -> None:
    """Set what the views set themselves, on answers that did not come from a view."""
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.path.startswith(API):
        response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    if request.path.startswith("/admin/"):
        response.headers.setdefault("Cache-Control", "no-store")
    if request.path.startswith(API) and "Authorization" in request.headers:
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ["Authorization"])


def _log(method: str, route: str, status: int, seconds: float) -> None:
    # Whoever asks for the metrics and does not get them is worth a line.
    is_quiet = route in PROBES and status not in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND}
    write_event(
        "profiles.access",
        "request",
        level=logging.DEBUG if is_quiet else logging.INFO,
        method=method,
        route=route,
        status=status,
        duration_ms=round(seconds * 1000, 1),
    )


def _route(request: HttpRequest) -> str:
    """The pattern that the address fits, such as `/api/v1/profiles/<profile_id>`."""
    if request.path == "/":
        return "/"
    # The last pattern of all is empty and fits what no route serves.
    if request.resolver_match and request.resolver_match.route:
        return f"/{request.resolver_match.route}"
    return f"{settings.STATIC_URL}*" if request.path.startswith(settings.STATIC_URL) else "unmatched"


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
        large = request.path == LARGE_BODY_EXACT or request.path.startswith(LARGE_BODY_PATHS)
        limit = LARGE_BODY_LIMIT if large else BODY_LIMIT
        stream = request.META["wsgi.input"]
        total = DRAIN_LIMIT if chunked else min(declared, DRAIN_LIMIT)
        # Its value shares its memory, where a list of parts would need room for all of them twice.
        kept, count = io.BytesIO(), 0
        while count < total and (part := stream.read(min(CHUNK, total - count))):
            count += len(part)
            if count <= limit:
                kept.write(part)
        if count > limit or declared > limit:
            raise TooLarge(f"The request body is larger than {limit // MIB} MiB.")
        if not chunked and count < declared:
            raise OSError
        return kept.getvalue()


def _content_length(request: HttpRequest) -> int:
    try:
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


class TruncatedBody(Problem):
    """400: the connection broke off before the whole body was there."""

    status_code = 400
    default_detail = "The request body ended before its announced length."
