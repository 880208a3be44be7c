"""All routes: the API, its documentation, health, the admin; and an answer for every other address."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views import defaults
from django.views.csrf import csrf_failure
from django.views.generic import RedirectView

from profiles_project.api.errors import InternalError, Problem, problem_response
from profiles_project.api.views import NotFoundView
from profiles_project.web.docs import RedocView, SchemaView, SwaggerView
from profiles_project.web.guide.urls import problems
from profiles_project.web.health import HealthView, ReadyView
from profiles_project.web.scrape import MetricsView
from users.api.pages import ResetPasswordPage, VerifyEmailPage


def _to(address: str) -> Any:
    """A view that sends browsers on to another address."""
    return RedirectView.as_view(url=address, http_method_names=["get", "head"])


# Looked through in this order: first what is asked for most.
urlpatterns = [
    path("api/v1/", include("profiles.api.urls")),
    path("api/v1/auth/", include("users.api.urls")),
    path("", _to("/guide/")),
    path("guide", _to("/guide/")),
    path("guide/", include("profiles_project.web.guide.urls")),
    path("problems", _to("/problems/")),
    path("problems/", include(problems)),
    path("api/schema", SchemaView.as_view(), name="schema"),
    path("api/docs", SwaggerView.as_view(), name="docs"),
    path("api/redoc", RedocView.as_view(), name="redoc"),
    path("verify-email", VerifyEmailPage.as_view()),
    path("reset-password", ResetPasswordPage.as_view()),
    path("health", HealthView.as_view()),
    path("health/ready", ReadyView.as_view()),
    path("metrics", MetricsView.as_view()),
    path("admin", RedirectView.as_view(url="/admin/")),
    path("admin/", admin.site.urls),
    # Under DEBUG Django answers unknown addresses with a page of its own; this one answers first.
    re_path(r"", NotFoundView.as_view()),
]


def is_for_staff(request: HttpRequest) -> bool:
    """Whether the answer is for somebody in the admin, who needs a page, and no document for programs."""
    return request.path.startswith("/admin/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400: what it refused before a view was found, or an address that the admin does not take."""
    if is_for_staff(request):
        return defaults.bad_request(request, exception)
    return problem_response(request, Problem(status=400))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    if is_for_staff(request):
        return defaults.permission_denied(request, exception)
    return problem_response(request, Problem(status=403))


def without_csrf_token(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW: a form that was open while somebody logged in."""
    if is_for_staff(request):
        return csrf_failure(request, reason)
    return problem_response(request, Problem(status=403))


def internal_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: what failed outside the views, and the log has."""
    if is_for_staff(request):
        return defaults.server_error(request)
    return problem_response(request, InternalError())


handler400 = bad_request
handler403 = forbidden
handler500 = internal_error
