"""Middleware of every request: gives it an id and a log line."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from opentelemetry.trace import INVALID_SPAN, Span

from profiles_project.api.errors import MEDIA_TYPE, InternalError, Problem, problem_response, to_problem
from profiles_project.database.values import new_id
from profiles_project.observe.context import request_id, user_id
from profiles_project.observe.logs import write_event
from profiles_project.observe.metrics import recorder
from profiles_project.observe.tracing import note_answer, request_span
from profiles_project.web.pages import API
from profiles_project.words.languages import spoken
from profiles_project.words.sentences import mark

logger = logging.getLogger(__name__)

# The methods that a log line names; a client may send any word.
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked by load balancers under any Host header. The answers contain no link and are the same for everybody.
HEALTH = frozenset({"/health", "/health/ready"})
# Routes that machines ask every few seconds.
PROBES = frozenset({"/health", "/health/ready", "/metrics"})

Handler = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives each request an id and a log line, and each failure outside the views a problem document."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tokens = request_id.set(str(new_id())), user_id.set(None)
        try:
            if request.path in PROBES:
                return self._observed(request, INVALID_SPAN, is_counted=False)
            with recorder().in_progress.track_inprogress(), request_span(request.META) as span:
                return self._observed(request, span, is_counted=True)
        finally:
            request_id.reset(tokens[0])
            user_id.reset(tokens[1])

    def _observed(self, request: HttpRequest, span: Span, *, is_counted: bool) -> HttpResponse:
        """The answer, told to metrics, traces and log by its route, never by its address, which may hold anything."""
        began = time.perf_counter()
        response = self._answer(request)
        response["X-Request-ID"] = request_id.get()
        _guard(request, response)
        seconds = time.perf_counter() - began
        method = request.method if request.method in METHODS else "other"
        route, status = _route(request), response.status_code
        note_answer(span, method, route, status, request_id.get())
        _log(method, route, status, seconds)
        if is_counted:
            recorder().request_answered(method, route, status, seconds)
        return response

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
            problem = problem_response(request, Problem(status=405))
            response.content = problem.content
            response["Content-Type"] = MEDIA_TYPE
            spoken(response, problem["Content-Language"])
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
        if "Authorization" not in response.get("Vary", ""):
            patch_vary_headers(response, ["Authorization"])


def _log(method: str, route: str, status: int, seconds: float) -> None:
    # Refused requests for metrics are logged.
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
    default_detail = mark("This service is not available at that address.")
