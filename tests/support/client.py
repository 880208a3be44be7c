"""The client of the tests: every answer that it gets is held against the contract."""

import json as jsonlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.test import Client

from profiles_project.database.values import new_id
from tests.support.contract import Sent, contract
from users.models import Session, User
from users.tokens import AccessToken

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

NO_BODY: Any = object()


@contextmanager
def untraced() -> Iterator[None]:
    """Without the coverage measurement, which is for the service and would slow the judge down twice."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


class ContractViolation(AssertionError):
    """An answer that the OpenAPI document or the contract doesn't allow."""


class ApiClient:
    """Sends requests through the whole Django stack; ContractViolation where an answer breaks the contract.

    A view's unforeseen exception outside DRF is raised here too, unless ``raise_request_exception`` is false.
    Not for sharing between threads.
    """

    def __init__(self, token: str = "", *, raise_request_exception: bool = True, address: str = "127.0.0.1") -> None:
        self.token = token
        self.address = address
        self.http = Client(raise_request_exception=raise_request_exception, REMOTE_ADDR=address)

    def as_user(self, user: User) -> Self:
        """A client logged in as ``user``, with a session of its own."""
        session = Session.objects.start(user, "tests")
        return self.with_token(AccessToken.issue(session, new_id(), session.created_at))

    def anonymous(self) -> Self:
        """A client without a token."""
        return self.with_token("")

    def with_token(self, token: str) -> Self:
        """A client that sends this access token."""
        return type(self)(token, raise_request_exception=self.http.raise_request_exception, address=self.address)

    def get(self, path: str, **options: Any) -> "Response":
        return self.send("GET", path, **options)

    def head(self, path: str, **options: Any) -> "Response":
        return self.send("HEAD", path, **options)

    def options(self, path: str, **options: Any) -> "Response":
        return self.send("OPTIONS", path, **options)

    def post(self, path: str, json: Any = NO_BODY, **options: Any) -> "Response":
        return self.send("POST", path, json, **options)

    def put(self, path: str, json: Any = NO_BODY, **options: Any) -> "Response":
        return self.send("PUT", path, json, **options)

    def patch(self, path: str, json: Any = NO_BODY, **options: Any) -> "Response":
        return self.send("PATCH", path, json, **options)

    def delete(self, path: str, json: Any = NO_BODY, **options: Any) -> "Response":
        return self.send("DELETE", path, json, **options)

    def send(
        self,
        method: str,
        path: str,
        json: Any = NO_BODY,
        *,
        data: bytes = b"",
        content_type: str = "application/json",
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        if_match: str | None = None,
        if_none_match: str | None = None,
        check: bool = True,
        check_request: bool = True,
    ) -> "Response":
        """Send a request and judge the answer. The body is the JSON of ``json``, else the raw bytes of ``data``.

        ``check=False`` leaves the answer unjudged. ``check_request=False`` accepts a 2xx for a request body which the
        documented schema refuses, as contract 1.1 tolerates some.
        """
        body = data if json is NO_BODY else jsonlib.dumps(json, cls=DjangoJSONEncoder).encode()
        authorization = f"Bearer {self.token}" if self.token else None
        own = {"Authorization": authorization, "If-Match": if_match, "If-None-Match": if_none_match}
        sent_headers = {name: value for name, value in own.items() if value is not None} | dict(headers or {})
        # In a test that is one transaction, a request's own transaction becomes a savepoint, to be rolled back alone.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            response = self.http.generic(method, path, body, content_type, headers=sent_headers, query_params=query)
        if check:
            sent = Sent(method, unquote(urlsplit(path).path), body, content_type, "Authorization" in sent_headers)
            with untraced():
                faults = list(contract().faults(sent, response, check_request=check_request))
            if faults:
                shown = response.content[:2000].decode(errors="replace")
                summary = f"{method} {path} answered {response.status_code}: {shown}"
                raise ContractViolation("\n- ".join([summary, *faults]))
        return response
