"""Safe retries: a POST that is sent twice with one `Idempotency-Key` has one effect and one answer (contract 1.5).

A record keeps only what cannot be rebuilt. A document is rendered again when the request is repeated.
"""

import functools
import hashlib
import re
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson
from django.db import OperationalError, connection, transaction
from django.db.models import OuterRef, Subquery, Sum
from django.http import HttpResponse
from psycopg.errors import LockNotAvailable
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from profiles_project.api.errors import RETRY_AFTER_SECONDS, Conflict, ParameterInvalid, Problem
from profiles_project.api.renderers import JSONRenderer
from profiles_project.database import clock
from profiles_project.database.sizes import octets
from profiles_project.words.languages import spoken
from profiles_project.words.sentences import mark, say
from users.models import IdempotencyRecord, User

HEADER = "Idempotency-Key"
LONGEST_KEY = 255
# The most bytes of all records of a user; the oldest are deleted first.
MAX_BYTES = 8 * 2**20
# The most records of a user that one request deletes.
FORGET_AT_ONCE = 100
# How long the second of two requests waits for the first one.
WAIT_SECONDS = 5

Handler = TypeVar("Handler", bound=Callable[..., Any])


class UnderWay(Conflict):
    """409: the first request with this key has not ended yet."""

    slug = "request-under-way"
    title = mark("Request under way")
    default_detail = mark("The same request is still under way; please try again in a moment.")

    def __init__(self) -> None:
        super().__init__(headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


class DeletedSince(Problem):
    """410: the request had its effect when it was sent first, and some or all of what it made was deleted since."""

    status_code = 410
    slug = "deleted-since"
    title = mark("Deleted in the meantime")
    default_detail = mark(
        "This request was already carried out when it was first sent; some or all of what it created has since been"
        " deleted."
    )


class Made(NamedTuple):
    """A rebuilt body with its `ETag`, whether both are those of the first answer, and its language if it has one."""

    body: bytes
    tag: str
    is_first: bool
    language: str = ""


class Remaking(Protocol):
    """How a route's answers are reduced to what a record keeps, and rebuilt from it."""

    def kept(self, response: Any) -> Any:
        """What a record keeps of an answer: a small JSON value of its shape that names what was created.

        None where the request had no effect, so that a repetition is carried out again.
        """

    def made(self, view: Any, kept: Any, tag: str) -> Made:
        """The current answer, rebuilt from what was kept and the first `ETag`.

        Raises DeletedSince where what was created is gone.
        """


def idempotent(remaking: Remaking | None = None) -> Callable[[Handler], Handler]:
    """Decorates a POST method of a private view: keeps the first answer under the request's `Idempotency-Key`.

    The record and the effect commit together. A refusal is an exception, and so leaves neither. Without a `remaking`
    the answer is small and kept whole. So is every 202, since its job is not filed again.
    """

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def keyed(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
            if (key := _key(request)) is None:
                return handler(view, request, *args, **kwargs)
            with transaction.atomic():
                record, is_first = _claim(view.account, key, _fingerprint(request))
                if not is_first:
                    return _replayed(view, record, remaking)
                response = handler(view, request, *args, **kwargs)
                plain = _plain(response)
                _keep(record, response, plain, remaking)
            return plain

        return keyed  # type: ignore[return-value]  # the same signature, which wraps() does not tell

    return decorate


def _keep(record: IdempotencyRecord, response: Any, plain: HttpResponse, remaking: Remaking | None) -> None:
    """Store the answer, or what it is rebuilt from. Older records of the user make room for it."""
    record.status, record.body, record.headers = plain.status_code, plain.content, dict(plain.items())
    if remaking is not None and plain.status_code != HTTPStatus.ACCEPTED:
        if (kept := remaking.kept(response)) is None:
            record.delete()
            return
        record.body, record.is_made_anew = JSONRenderer().render(kept), True
    record.save(update_fields=["status", "body", "headers", "is_made_anew"])
    _forget_oldest(record, record.kept_bytes + len(record.body) - MAX_BYTES)  # type: ignore[attr-defined]  # by _claim


def _forget_oldest(mine: IdempotencyRecord, excess: int) -> None:
    """Delete the oldest records of the user but this one until so many bytes are free."""
    if excess <= 0:
        return
    others = IdempotencyRecord.objects.filter(user_id=mine.user_id).exclude(pk=mine.pk).order_by("pk")
    oldest: list[uuid.UUID] = []
    for pk, size in others.values_list("pk", octets("body", more=IdempotencyRecord.ROW_BYTES))[:FORGET_AT_ONCE]:
        if excess <= 0:
            break
        oldest.append(pk)
        excess -= size
    # Skips locked rows, so that two requests that make room at once don't wait for each other.
    free = IdempotencyRecord.objects.filter(pk__in=oldest).select_for_update(skip_locked=True)
    IdempotencyRecord.objects.filter(pk__in=[*free.values_list("pk", flat=True)]).delete()


def _key(request: Request) -> str | None:
    """The request's key, None where it has none. Raises ParseError for an invalid one."""
    key = request.headers.get(HEADER)
    if key is not None and not re.fullmatch(rf"[ -~]{{1,{LONGEST_KEY}}}", key):
        raise ParseError(
            say("The key for safe retries must be 1 to {n} unaccented letters, digits or symbols.", n=LONGEST_KEY)
        )
    return key


def _fingerprint(request: Request) -> str:
    """A hash of method, path with query, and body: equal for a repeated request. The token may differ between tries."""
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
        records.filter(created_at__lt=clock.now() - IdempotencyRecord.KEEP).delete()
        IdempotencyRecord.objects.bulk_create([mine], ignore_conflicts=True)
        _limit_waiting("DEFAULT")
    except OperationalError as exc:
        if isinstance(exc.__cause__, LockNotAvailable):
            raise UnderWay from exc
        raise
    stored = records.annotate(kept_bytes=_bytes_of_records()).first()
    if stored is None:
        # The record was deleted between the two statements: its account was erased, or it had expired.
        raise UnderWay
    if stored.fingerprint != fingerprint:
        raise ParameterInvalid(HEADER, mark("This key was used for another request; choose a new one."), "reused")
    return stored, stored.pk == mine.pk


def _bytes_of_records() -> Subquery:
    """The bytes of all records of the same user, as a subquery."""
    same = IdempotencyRecord.objects.filter(user=OuterRef("user")).order_by().values("user")
    return Subquery(same.annotate(total=Sum(octets("body", more=IdempotencyRecord.ROW_BYTES))).values("total"))


def _limit_waiting(limit: str) -> None:
    """Set how long this transaction waits for a lock. SQLite has one lock, taken when the transaction begins."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {limit}")


def _plain(response: HttpResponse | Response) -> HttpResponse:
    """The response, rendered to the bytes that will be stored."""
    if not isinstance(response, Response):
        return response
    others = {name: value for name, value in response.items() if name != "Content-Type"}
    if response.data is None:
        return _stored(b"", response.status_code, others)
    body = JSONRenderer().render(response.data)
    return _stored(body, response.status_code, {**others, "Content-Type": "application/json"})


def _stored(body: bytes, status: int, headers: Mapping[str, str]) -> HttpResponse:
    """The answer of these parts alone; Django would name a media type where there is nothing to name it of."""
    response = HttpResponse(body, status=status, headers=headers)
    if not body:
        del response["Content-Type"]
    return response


def _replayed(view: Any, record: IdempotencyRecord, remaking: Remaking | None) -> HttpResponse:
    """The answer of a record. A record of the previous release has the whole body."""
    response = _stored(bytes(record.body), record.status, record.headers)
    is_first = True
    if record.is_made_anew and remaking is not None:
        made = remaking.made(view, orjson.loads(response.content), response["ETag"])
        response.content, response["ETag"], is_first = made.body, made.tag, made.is_first
        if made.language:
            spoken(response, made.language)
    response["Idempotency-Replayed"] = "true" if is_first else "current"
    return response
