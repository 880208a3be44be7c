"""Every failure as a problem document (RFC 9457), whatever raised it: contract 1.3."""

import errno
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any, NamedTuple

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError as DjangoValidationError,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from profiles_project.api.renderers import PROBLEM_JSON
from profiles_project.database.refusals import Expired, Forgotten, InTrash, LimitPassed, Refusal, Stale, Taken
from profiles_project.database.unfit import is_unfit, name_of
from profiles_project.observe.context import request_id
from profiles_project.words.languages import in_language_of, spoken
from profiles_project.words.places import Path, said_at, shown
from profiles_project.words.sentences import either, mark, say
from profiles_project.words.wording import worded

logger = logging.getLogger(__name__)

MEDIA_TYPE = PROBLEM_JSON
# An identifier, not an address to fetch: the same on every deployment, so that clients may compare it as it stands.
TYPE_BASE = "https://profiles.example/problems/"
RETRY_AFTER_SECONDS = 2
# The error numbers of a machine without free files, disk or memory.
EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.ENOMEM}
# The most faults in one answer; judging a list stops there (contract 1.3).
MOST_FAULTS = 100

# The problems without a class of their own, by status: slug, title and the default sentence.
BY_STATUS: dict[int, tuple[str, str, str]] = {
    400: ("bad-request", mark("Unreadable request"), mark("The request could not be read.")),
    401: ("unauthenticated", mark("Not authenticated"), mark("Please log in.")),
    403: ("forbidden", mark("Access denied"), mark("Access denied: this does not belong to you.")),
    404: ("not-found", mark("Not found"), mark("There is nothing at this address.")),
    405: ("method-not-allowed", mark("Method not allowed"), mark("This address does not support that method.")),
    406: ("not-acceptable", mark("Not acceptable"), mark("Answers are available only as application/json.")),
    408: ("request-timeout", mark("Request timeout"), mark("The request did not arrive in time; please try again.")),
    409: ("conflict", mark("Conflict"), mark("The request conflicts with what is stored.")),
    410: ("gone", mark("Gone"), mark("What was here has been permanently deleted.")),
    412: ("stale-version", mark("Stale version"), mark("The profile has changed since you read it.")),
    413: ("too-large", mark("Request too large"), mark("The request is too large.")),
    415: ("unsupported-media-type", mark("Unsupported media type"), mark("Send this as application/json.")),
    422: ("validation", mark("Invalid input"), mark("The input is not valid.")),
    429: ("too-many-requests", mark("Too many requests"), mark("Too many requests; please wait a moment.")),
    500: ("internal", mark("Internal error"), mark("Something went wrong on our side; it has been noted.")),
    503: (
        "unavailable",
        mark("Service unavailable"),
        mark("The service is busy or restarting; please try again in a moment."),
    ),
}


class Problem(exceptions.APIException):
    """A refusal with a problem type of its own.

    Subclasses set `status_code` and, where the status alone does not say which problem it is, `slug`, `title` and
    `default_detail`; one whose objects choose their `slug` names all of them in `slugs`. `headers` go to the response,
    further keywords become members of the document.
    """

    slug: str | None = None
    slugs: Collection[str] = ()
    title: str | None = None
    default_detail: Any = None

    def __init__(
        self,
        detail: str | None = None,
        *,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        if status is not None:
            self.status_code = status
        super().__init__(detail or self.default_detail or BY_STATUS[self.status_code][2])
        self.headers = dict(headers or {})
        self.members = members


class Conflict(Problem):
    """409: what was asked for contradicts what is stored."""

    status_code = 409


class IdInTrash(Conflict):
    """409: the id belongs to a profile in the user's own trash."""

    slug = "in-trash"
    title = mark("In the trash")


class NoLongerKept(Problem):
    """410: a version that was there once, and is no longer kept."""

    status_code = 410
    slug = "no-longer-kept"
    title = mark("No longer kept")
    default_detail = mark("This version is no longer kept.")


class StateExpired(Problem):
    """410: a state of synchronising that is older than history is kept."""

    status_code = 410
    slug = "state-expired"
    title = mark("Out of date")
    default_detail = mark("This device has been offline too long; it has to load everything again.")


class TooLarge(Problem):
    """413: a request body above its limit, refused before it is parsed."""

    status_code = 413


class Unavailable(Problem):
    """503: a server that the answer depends on is away. The client may try again."""

    status_code = 503

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


class ParameterInvalid(exceptions.ValidationError):
    """422: a query parameter at fault, named by `parameter` instead of a pointer into the body."""

    def __init__(self, parameter: str, detail: str, code: str = "invalid") -> None:
        super().__init__(detail, code)
        self.parameter = parameter


def pointer(path: Path) -> str:
    """The RFC 6901 pointer of a path of keys and indexes; a key that is too long for that is cut."""
    return "".join("/" + shown(step).replace("~", "~0").replace("/", "~1") for step in path)


def faults(detail: Any, path: Path = ()) -> Iterator[tuple[Path, str, str]]:
    """Path, code and sentence of each fault in DRF's nested error detail.

    DRF's shape changes with its release (lists of dicts became dicts by index in 3.18): only this function knows it.
    """
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from faults(value, path if key == api_settings.NON_FIELD_ERRORS_KEY else (*path, key))
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            yield from faults(value, (*path, index) if isinstance(value, (dict, list)) else path)
    else:
        yield path, str(getattr(detail, "code", None) or "invalid"), str(detail)


class About(NamedTuple):
    """What a request's body is about, for sentences about faults in it.

    `within` names the list or object that the body is, and of the way to a fault so many steps are not named.
    """

    within: str = ""
    unnamed: int = 0


def _validation_problem(exc: exceptions.ValidationError, about: About) -> Problem:
    is_parameter = isinstance(exc, ParameterInvalid)
    items = list(islice(faults(exc.detail), MOST_FAULTS + 1)) or [((), "invalid", BY_STATUS[422][2])]
    errors, sentences = [], []
    for path, code, text in items[:MOST_FAULTS]:
        place = (exc.parameter,) if isinstance(exc, ParameterInvalid) else path[about.unnamed :]
        said = said_at(place, code, text, "" if is_parameter else about.within)
        where = {"parameter": place[0]} if is_parameter else {"pointer": pointer(path)}
        errors.append({**where, "code": code, "detail": said.below})
        sentences.append(said.alone)
    more: dict[str, Any] = {"more": True} if len(items) > MOST_FAULTS else {}
    return Problem(sentences[0], status=422, errors=errors, **more)


NOTHING = About()


def _refusal_problem(exc: Refusal) -> Problem:
    """What a refusal of the models means to a client."""
    if isinstance(exc, LimitPassed):
        return _validation_problem(exceptions.ValidationError([*exc.sentences], code="limit"), About())
    if isinstance(exc, Stale):
        current = {} if exc.current is None else {"current": exc.current}
        return Problem(exc.sentence or None, status=412, version=exc.version, **current)
    if isinstance(exc, Forgotten):
        return NoLongerKept(exc.sentence or None)
    if isinstance(exc, Expired):
        return StateExpired()
    if isinstance(exc, InTrash):
        return IdInTrash(exc.sentence, id=str(exc.pk))
    identified: dict[str, Any] = {} if exc.pk is None else {"id": str(exc.pk)}
    return Problem(exc.sentence or None, status=409 if isinstance(exc, Taken) else 404, **identified)


def is_unavailable(exc: BaseException) -> bool:
    """Whether the exception means that the database is unavailable."""
    return isinstance(exc, (OperationalError, InterfaceError)) or is_unfit(exc.__cause__)


def _shortage(exc: BaseException) -> Unavailable | None:
    """The 503 for an unavailable database or an exhausted machine, after logging it; None for other exceptions."""
    if is_unavailable(exc):
        logger.error("database unavailable: %s", name_of(exc.__cause__ or exc))
        return Unavailable()
    if isinstance(exc, OSError) and exc.errno in EXHAUSTED:
        logger.error("the machine has run out: %s", errno.errorcode[exc.errno])
        return Unavailable()
    return None


def to_problem(exc: BaseException, about: About = NOTHING) -> Problem | None:
    """The problem that an exception means to a client; None for an unforeseen one."""
    if isinstance(exc, Problem):
        return exc
    if isinstance(exc, Refusal):
        return _refusal_problem(exc)
    if isinstance(exc, DjangoValidationError):
        exc = exceptions.ValidationError(exc.messages, code=exc.code)
    if isinstance(exc, exceptions.ValidationError):
        return _validation_problem(exc, about)
    if shortage := _shortage(exc):
        return shortage
    status = _status_of(exc)
    if status is None:
        return None
    # For these statuses our views and parsers raise DRF's exceptions with sentences of ours, which say more.
    says_more = isinstance(exc, exceptions.APIException) and status in {400, 401, 413, 415}
    is_own = says_more and not isinstance(exc, exceptions.NotAuthenticated)
    detail = str(getattr(exc, "detail", "")) if is_own else None
    sources = (("WWW-Authenticate", "auth_header"), ("Retry-After", "wait"))
    headers = {header: str(getattr(exc, source)) for header, source in sources if getattr(exc, source, None)}
    return Problem(detail, status=status, headers=headers)


def _status_of(exc: BaseException) -> int | None:
    """The HTTP status of the exceptions of Django and DRF that carry no problem of ours."""
    if isinstance(exc, exceptions.APIException):
        return exc.status_code if exc.status_code in BY_STATUS else 400
    if isinstance(exc, RequestDataTooBig):
        return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if isinstance(exc, (SuspiciousOperation, UnreadablePostError)):
        return HTTPStatus.BAD_REQUEST
    if isinstance(exc, Http404):
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.FORBIDDEN if isinstance(exc, PermissionDenied) else None


class InternalError(Problem):
    """500: an unforeseen error. What happened goes to the log, never to the client."""

    status_code = 500


def document(problem: Problem, path: str) -> dict[str, Any]:
    """The problem document for a request to `path`, whose sentences are still to be worded (`in_words`)."""
    slug, title, _ = BY_STATUS[problem.status_code]
    return {
        "type": TYPE_BASE + (problem.slug or slug),
        "title": problem.title or title,
        "status": problem.status_code,
        "detail": str(problem.detail),
        "instance": path,
        "request_id": request_id.get(),
        **problem.members,
    }


def in_words(problem: Mapping[str, Any]) -> dict[str, Any]:
    """The problem document with its sentences in the language that is active."""
    said: dict[str, Any] = {
        **problem,
        **{name: worded(problem[name]) for name in ("title", "detail") if name in problem},
    }
    if "errors" in problem:
        said["errors"] = [{**each, "detail": worded(each["detail"])} for each in problem["errors"]]
    return said


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> JsonResponse:
    """DRF's EXCEPTION_HANDLER: answers every exception of a view, the unforeseen ones too."""
    request: Request = context["request"]
    if type(exc) is exceptions.UnsupportedMediaType:
        # DRF's own, which repeats what was sent and does not say what is taken.
        types = _any_of(context["view"].parser_classes)
        exc = Problem(say("Send this as {types}.", types=types), status=415)
    elif type(exc) is exceptions.NotAcceptable:
        types = _any_of(context["view"].renderer_classes)
        exc = Problem(say("Answers are available only as {types}.", types=types), status=406)
    problem = to_problem(exc, About(getattr(context.get("view"), "body_label", "")))
    if problem is None:
        logger.error("unforeseen error in %s", type(context.get("view")).__name__, exc_info=exc)
        problem = InternalError()
    set_rollback()
    # Made here and not by the view's renderer, since a problem is JSON whatever the view's answers are.
    return problem_response(request, problem)


def _any_of(classes: Iterable[Any]) -> str:
    """The media types of parsers or renderers."""
    return either(list(dict.fromkeys(each.media_type for each in classes)))


def problem_response(request: HttpRequest | Request, problem: Problem) -> JsonResponse:
    """The problem as a plain Django response, in the language of the one who asks."""
    with in_language_of(request) as language:
        body = in_words(document(problem, request.path))
    response = JsonResponse(body, status=problem.status_code, headers=problem.headers, content_type=MEDIA_TYPE)
    return spoken(response, language)
