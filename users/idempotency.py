"""Safe retries: a POST that is sent twice with one `Idempotency-Key` has one effect and one answer (contract 1.5)."""

import datetime as dt
import functools
import hashlib
import re
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.http import HttpResponse
from psycopg.errors import LockNotAvailable
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from profiles_project.http import clock
from profiles_project.http.errors import RETRY_AFTER_SECONDS, Conflict, ParameterInvalid
from profiles_project.http.renderers import JSONRenderer
from users.models import IdempotencyRecord, User

HEADER = "Idempotency-Key"
KEEP = dt.timedelta(hours=24)
# How long the second of two requests waits for the first one.
WAIT_SECONDS = 5

Handler = TypeVar("Handler", bound=Callable[..., Any])


class UnderWay(Conflict):
    """409: the first request with this key has not ended yet."""

    slug = "request-under-way"
    title = "Request under way"
    default_detail = "The same request is still under way; please try again in a moment."

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def idempotent(handler: Handler) -> Handler:
    """For the POST method of a view of logged-in people: remembers the first answer under the request's key.

    The record and the effect commit together. A refusal is raised by the method, and so leaves neither.
    """

    @functools.wraps(handler)
    def keyed(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        if (key := _key(request)) is None:
            return handler(view, request, *args, **kwargs)
        with transaction.atomic():
            record, is_first = _claim(view.account, key, _fingerprint(request))
            if not is_first:
                return _replayed(record)
            response = _plain(handler(view, request, *args, **kwargs))
            record.status, record.body, record.headers = response.status_code, response.content, dict(response.items())
            record.save(update_fields=["status", "body", "headers"])
        return response

    return keyed  # type: ignore[return-value]  # the same signature, which wraps() does not tell


def _key(request: Request) -> str | None:
    """The request's key, None where it has none. Raises ParseError for one that is no key."""
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(r"[ -~]{1,255}", key):
        raise ParseError(f"{HEADER} must be 1 to 255 printable ASCII characters.")
    return key


def _fingerprint(request: Request) -> str:
    """What makes a request the same one: method, path with its query, and body. The token may change between tries."""
    parts = (str(request.method).encode(), request.get_full_path().encode(), request.body)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _claim(user: User, key: str, fingerprint: str) -> tuple[IdempotencyRecord, bool]:
    """The record of the key and whether this request is the first that carries it.

    The unique constraint decides: a second request waits at its INSERT until the first one's transaction has ended.
    Raises UnderWay where that takes too long, ParameterInvalid where the key belongs to another request.
    """
    mine = IdempotencyRecord(user=user, key=key, fingerprint=fingerprint)
    records = IdempotencyRecord.objects.filter(user=user, key=key)
    try:
        _limit_waiting(f"'{WAIT_SECONDS}s'")
        records.filter(created_at__lt=clock.now() - KEEP).delete()
        IdempotencyRecord.objects.bulk_create([mine], ignore_conflicts=True)
        _limit_waiting("DEFAULT")
    except OperationalError as exc:
        if isinstance(exc.__cause__, LockNotAvailable):
            raise UnderWay from exc
        raise
    stored = records.first()
    if stored is None:
        # The record was deleted between the two statements, with its account or because its day was over.
        raise UnderWay
    if stored.fingerprint != fingerprint:
        raise ParameterInvalid(HEADER, "This key was used for another request; choose a new one.", "reused")
    return stored, stored.pk == mine.pk


def _limit_waiting(limit: str) -> None:
    """How long this transaction's next statements wait for a lock; SQLite has one lock, taken at its beginning."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {limit}")


def _plain(response: HttpResponse | Response) -> HttpResponse:
    """The response with the very bytes that will be stored."""
    if not isinstance(response, Response):
        return response
    others = {name: value for name, value in response.items() if name != "Content-Type"}
    body = JSONRenderer().render(response.data)
    return HttpResponse(body, status=response.status_code, content_type="application/json", headers=others)


def _replayed(record: IdempotencyRecord) -> HttpResponse:
    response = HttpResponse(bytes(record.body), status=record.status, headers=record.headers)
    response["Idempotency-Replayed"] = "true"
    return response
