"""What all viewsets of profiles have in common."""

import hashlib
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from django.db.models import Model
from django.http import HttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSetMixin

from profiles import tasks
from profiles.api.authentication import ProfileJWTAuthentication
from profiles.api.permissions import IsOwner
from profiles.api.views.jobs import accepted
from profiles.career import rendering, serializers
from profiles.career.operations import Operation
from profiles.models import Actor, Cause, Profile
from profiles.models.log import DEVICE_LENGTH
from profiles_project.api.conditional import IfMatch, not_modified, tagged
from profiles_project.api.errors import ParameterInvalid, faults, to_problem
from profiles_project.api.preferences import prefers_async
from profiles_project.api.ratelimit import ScopeThrottle, who_asks
from profiles_project.database.refusals import Missing, Stale
from profiles_project.database.values import parse_id
from users.api.views import PrivateView

# How many profiles a page has where the request names no number.
PROFILES_PAGE = 20


def path_uuid(text: str, model: type[Model]) -> uuid.UUID:
    """The UUID of a path, which names one of this kind. Raises Missing for any other text."""
    try:
        return parse_id(text)
    except ValueError:
        raise Missing.of(model) from None


def as_json(rendered: rendering.Rendered, *also: str, status: int = 200) -> HttpResponse:
    """A rendered document with its `ETag`; `also` as in `rendering.tag`."""
    response = HttpResponse(rendered.body, status=status, content_type="application/json")
    response["ETag"] = rendering.tag(rendered.profile, *also)
    return response


def list_answer(request: Request, page: Response) -> HttpResponse:
    """A page of profiles with its `ETag`, or the 304. A list has no version, so its tag is a hash of its content."""
    tag = f'"list.{hashlib.sha256(rendering.render(page.data)).hexdigest()[:32]}"'
    return not_modified(request, tag) or tagged(page, tag)


class BulkThrottle(ScopeThrottle):
    """Counts requests that write many items in a scope of their own."""

    def scope_of(self, request: Request, view: Any) -> str:
        return "bulk" if view.is_bulk() else super().scope_of(request, view)


class ProfileScopedViewSet(ViewSetMixin, PrivateView):
    """The base of all routes below a profile: 404 where it does not exist, 403 where it is somebody else's."""

    authentication_classes = (ProfileJWTAuthentication,)
    permission_classes = (IsAuthenticated, IsOwner)
    throttle_classes = (BulkThrottle,)
    profile: Profile
    # The query parameter by which a DELETE may name its items in place of a body.
    query_name = ""

    def find(self) -> None:
        own: Profile | None = getattr(self.session, "own", None)
        profile = own or Profile.objects.find(path_uuid(self.kwargs["profile_id"], Profile))
        if profile is None:
            raise Missing.of(Profile)
        self.check_object_permissions(self.request, profile)
        self.profile = profile

    def handle_exception(self, exc: Exception) -> Response:
        """The answer to an exception. A 412 has the `ETag` of the profile as it is now."""
        if isinstance(exc, Stale) and (problem := to_problem(exc)):
            problem.headers["ETag"] = rendering.tag(exc.about)
            exc = problem
        return super().handle_exception(exc)

    def is_bulk(self) -> bool:
        """Whether the request writes many items, as far as can be told without parsing its body."""
        return False

    def count_items(self) -> None:
        if not self.is_bulk():
            return
        named = self.request.query_params.getlist(self.query_name) if self.request.method == "DELETE" else []
        if named:
            items = sum(value.count(",") + 1 for value in named)
        else:
            data = self.request.data
            lists = [data, *data.values()] if isinstance(data, dict) else [data]
            items = sum(len(each) for each in lists if isinstance(each, list))
        self.count("bulk_items", who_asks(self.request), max(1, items))

    def cause(self, action: str) -> Cause:
        """The person as who makes a revision by this operation."""
        return Cause(Actor.YOU, action, self.session.user_agent[:DEVICE_LENGTH])

    def revise(self, action: str) -> AbstractContextManager[Profile]:
        """The profile, locked for a change by this operation that the request's `If-Match` allows."""
        return Profile.objects.revise(self.profile.pk, self.cause(action), IfMatch.of(self.request).matches)

    def carry_out(
        self,
        operation: Operation,
        data: Any,
        *,
        limit: int = serializers.BULK_LIMIT,
        show: Callable[[Profile], Response] | None = None,
    ) -> Response:
        """Carry out a bulk write, or file a job for it where it is large or the client prefers that.

        `show` makes the answer where that is not what the operation returns.
        """
        if operation.size(data) > limit or prefers_async(self.request):
            job = tasks.file_operation(self.profile, operation, data, IfMatch.of(self.request))
            return accepted(self.request, job)
        body, profile = operation.carry_out(partial(self.revise, operation.kind), operation.judge(data))
        return show(profile) if show else self.answer(body, profile, status=operation.status)

    def named_in_query_or_body(self, operation: Operation) -> Any:
        """The items that a DELETE names, by `?name=a&name=b` or by its body, in the form of the body.

        `?name=` names none.
        """
        if not (given := self.request.query_params.getlist(self.query_name)):
            return self.body()
        named = {operation.list_name: [] if given == [""] else given}
        try:
            operation.judge(named)
        except ValidationError as exc:
            _, code, text = next(faults(exc.detail))
            raise ParameterInvalid(self.query_name, text, code) from exc
        return named

    def answer(self, data: Any, profile: Profile, status: int = 200) -> Response:
        """The response with this data and the profile's `ETag`."""
        return tagged(Response(data, status=status), rendering.tag(profile))

    def section(self, name: str) -> Response:
        """A section of the document, with the `ETag` of the profile."""
        rendered = rendering.current(self.profile)
        return self.answer(rendered.section(name), rendered.profile)

    def not_modified(self) -> HttpResponse | None:
        """The 304, if the client has this version already."""
        return not_modified(self.request, rendering.tag(self.profile))
