"""The route of the metrics (contract 6)."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from profiles_project.api.errors import Problem, problem_response
from profiles_project.observe.prometheus import exposition
from profiles_project.words.sentences import mark


@method_decorator([csrf_exempt, never_cache], name="dispatch")
class MetricsView(View):
    """GET /metrics: the metrics of all web processes in Prometheus' format, for clients with the token."""

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not settings.METRICS_TOKEN:
            return problem_response(request, Problem(status=404))
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not constant_time_compare(token.strip(), settings.METRICS_TOKEN) or scheme.lower() != "bearer":
            text = mark("The metrics need their own token.")
            headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
            return problem_response(request, Problem(text, status=HTTPStatus.UNAUTHORIZED, headers=headers))
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[assignment]  # never a coroutine
        return answer

    def get(self, request: HttpRequest) -> HttpResponse:
        body, content_type = exposition(request.headers.get("Accept", ""))
        return HttpResponse(body, content_type=content_type)
