"""The base of all our API views."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import cache, cached_property
from typing import Any, ClassVar, TypeVar

from django.utils.cache import patch_vary_headers
from rest_framework import views
from rest_framework.exceptions import ParseError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from profiles_project.api import strictness
from profiles_project.api.errors import Problem
from profiles_project.api.openapi import deprecation
from profiles_project.api.preferences import STRICT, prefers_strict
from profiles_project.api.ratelimit import ScopeThrottle, Usage, count, headers, who_asks
from profiles_project.api.underway import expensive
from profiles_project.memory import LARGE_BYTES, let_go
from profiles_project.words.sentences import mark

S = TypeVar("S", bound=BaseSerializer[Any])


@cache
def _one_each(classes: tuple[type[Any], ...]) -> list[Any]:
    """An instance of each of these classes, which serves all requests."""
    return [each() for each in classes]


def has_large_body(request: Any) -> bool:
    """Whether it takes a web process long, and much of its memory."""
    return int(request.META.get("CONTENT_LENGTH") or 0) > LARGE_BYTES


class APIView(views.APIView):
    """What every route does alike: limits, bodies, OPTIONS, cache headers.

    `throttle_scope` is the scope of settings.RATELIMITS in which requests count, `scarce_scope` one in which those
    count that are carried out. `is_expensive` tells whether a request is one of those of which a user has few under way
    (contract 1.7). `body_label` names the list that a request's body is, for the sentences of faults in it.
    """

    throttle_classes = (ScopeThrottle,)
    throttle_scope = "default"
    scarce_scope = ""
    is_expensive: Callable[[Request], bool] = staticmethod(has_large_body)
    body_label = ""
    _own_headers: ClassVar[dict[Any, dict[str, str]]] = {}

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # A view serves one request: what it has counted, and what it must give back at the end.
        self.usages: list[Usage] = []
        self.held = ExitStack()
        # Which of the request's preferences were honoured, beside those that the answer itself names.
        self.honoured: list[str] = []
        # What of all that it asks for is deprecated.
        self.deprecations: list[deprecation.Deprecation] = []

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with self.held:
            response = super().dispatch(request, *args, **kwargs)
            if has_large_body(request):
                let_go(self.request)
            return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Called by DRF before the method: who asks, whether they may, how often they did, what it is about."""
        if request.method == "OPTIONS":
            # It says nothing about anybody, so it asks nobody who they are.
            self._negotiate(request)
            return
        self.deprecations += deprecation.of_method(self._method)
        super().initial(request, *args, **kwargs)
        self.find()
        if request.user.is_authenticated and self.is_expensive(request):
            self.held.enter_context(expensive(request.user.pk))
        self.check_strictly()
        self.look_for_deprecated()
        if self.scarce_scope:
            # Only now: who may have ten in an hour has none less for a wrong address or for two at once.
            self.count(self.scarce_scope, who_asks(request))
        self.count_items()

    # None of ours keeps anything of a request, so that all share them.

    def get_authenticators(self) -> list[Any]:
        return _one_each(tuple(self.authentication_classes))

    def get_throttles(self) -> list[Any]:
        return _one_each(tuple(self.throttle_classes))

    def get_parsers(self) -> list[Any]:
        return _one_each(tuple(self.parser_classes))

    def get_renderers(self) -> list[Any]:
        return _one_each(tuple(self.renderer_classes))

    def get_content_negotiator(self) -> Any:
        return _one_each((self.content_negotiation_class,))[0]

    @property
    def default_response_headers(self) -> dict[str, str]:
        """`Allow` and the like; class and route say what they are."""
        which = type(self), tuple(getattr(self, "action_map", None) or ())
        if which not in self._own_headers:
            self._own_headers[which] = super().default_response_headers
        return self._own_headers[which].copy()

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:  # noqa: FBT001, FBT002  # as DRF has it
        # Where there is nothing to give any Accept will do (contract 6).
        known = getattr(self._method, "known", None)
        return super().perform_content_negotiation(request, force=force or bool(known and known.gives_nothing))

    def find(self) -> None:
        """Find what the request is about. Raises Missing and PermissionDenied."""

    def check_strictly(self) -> None:
        """Refuse what nobody knows, where the client prefers that. Raises a 422."""
        known = getattr(self._method, "known", None)
        if known and prefers_strict(self.request):
            self.honoured.append(STRICT)
            strictness.check(self.request, known, has_body=self.has_body)

    def look_for_deprecated(self) -> None:
        """Note which deprecated members the request's body has."""
        body = getattr(getattr(self._method, "known", None), "body", None)
        if deprecation.may_use(body):
            self.deprecations += deprecation.of_members(body, self.request.data)

    @cached_property
    def _method(self) -> Any:
        """What answers a request of this method, None where nothing does."""
        return getattr(self, str(self.request.method).lower(), None)

    @property
    def has_body(self) -> bool:
        """Whether anything was sent as the request's body."""
        return self.request.META.get("CONTENT_LENGTH") not in {None, "", "0"}

    def count_items(self) -> None:
        """Count what the request's body holds, now that it is known whom it is for and that they may."""

    def count(self, scope: str, whose: str, cost: int = 1) -> None:
        """Count the request in a scope. Raises TooManyRequests past its limit."""
        count(self.request, self.usages, scope, whose, cost)

    def body(self, *, optional: bool = False) -> Any:
        """The parsed body. An absent one is 400, or `{}` where it is `optional`."""
        if not self.has_body:
            if optional:
                return {}
            raise ParseError(mark("Nothing was sent, but something is required."))
        return self.request.data

    def read(self, serializer_class: type[S], *, optional_body: bool = False) -> S:
        """The serializer of the request's body, valid; its faults are 422."""
        serializer = serializer_class(data=self.body(optional=optional_body))
        serializer.is_valid(raise_exception=True)
        return serializer

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Which methods there are, and nothing else."""
        return Response(status=204)

    def _negotiate(self, request: Request) -> None:
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request, force=True)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        # RFC 6749, 5.1: what hands out tokens is stored nowhere. All else may be kept by its owner and asked again.
        has_token = "Authorization" in request.headers
        response["Cache-Control"] = "private, no-cache" if has_token else "no-store"
        patch_vary_headers(response, ["Authorization"])
        if self.honoured:
            own = [response["Preference-Applied"]] if "Preference-Applied" in response else []
            response["Preference-Applied"] = ", ".join([*own, *self.honoured])
        found = deprecation.headers(self.deprecations, response) if self.deprecations else {}
        for name, value in {**headers(self.usages), **found}.items():
            response[name] = value
        return response


class NotFoundView(APIView):
    """The answer of every address that no route serves."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self._negotiate(request)
        raise Problem(status=404)
