"""Imports and exports of careers (docs/portability.md)."""

import io
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from profiles import tasks
from profiles.api import openapi
from profiles.api.views.base import ProfileScopedViewSet, as_json
from profiles.api.views.jobs import accepted
from profiles.api.views.replays import ImportAnswer
from profiles.career import rendering
from profiles.models import Origin, Profile
from profiles.portability import exports, imports
from profiles.portability.merging import MERGE, REPLACE
from profiles.portability.persons import OTHER, SAME
from profiles.portability.printing import HTML_STYLE_SOURCE
from profiles_project.api.conditional import IfMatch, PreconditionFailed, not_modified
from profiles_project.api.errors import ParameterInvalid
from profiles_project.api.negotiation import OwnForm
from profiles_project.api.parsers import Path, StrictJSONParser, loads_last
from profiles_project.api.preferences import prefers_async
from profiles_project.api.ratelimit import who_asks
from profiles_project.database.refusals import Missing
from profiles_project.database.values import parse_id
from profiles_project.memory import LARGE_BYTES, note_body
from profiles_project.words.languages import in_language_of, spoken
from profiles_project.words.places import one_of
from profiles_project.words.sentences import mark
from users.api.idempotency import idempotent

MODES = (MERGE, REPLACE)
JSON_RESUME = "json-resume"
# The exported page has an inline style and loads nothing.
PAGE_POLICY = f"default-src 'none'; style-src {HTML_STYLE_SOURCE}; base-uri 'none'; frame-ancestors 'none'"


class ResumeParser(StrictJSONParser):
    """JSON of a document that comes from elsewhere; the view learns which keys stand twice in it."""

    def read(self, body: bytes, context: Mapping[str, Any]) -> Any:
        value, context["view"].doubled = loads_last(body)
        return value


class BytesParser(BaseParser):
    """The bytes as they are, since their content says what they are. DRF has a class for each media type."""

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        return stream.read()


def _bytes_of(*media_types: str) -> tuple[type[BytesParser], ...]:
    return tuple(type("BytesParser", (BytesParser,), {"media_type": each}) for each in media_types)


# The second is what Windows sends.
_ZIP_TYPES = ("application/zip", "application/x-zip-compressed")
ARCHIVE_PARSERS = _bytes_of(*_ZIP_TYPES)
# YAML had two other types before it had one of its own.
_TEXT_TYPES = ("application/yaml", "application/x-yaml", "text/yaml", "application/xml", "text/xml")
FILE_PARSERS = (*ARCHIVE_PARSERS, *_bytes_of(*_TEXT_TYPES, "application/octet-stream"))
# A file of JSON is judged by its content, too.
ANY_FILE_PARSERS = (*FILE_PARSERS, *_bytes_of("application/json"))
# What every route that imports has.
_import_action = partial(action, detail=False, methods=["post"], scarce_scope="import", is_expensive=lambda _: True)


def _takes_long(request: Request) -> bool:
    return request.query_params.get("format") in {"pdf", "docx"} and not prefers_async(request)


class PortabilityActions(ProfileScopedViewSet):
    """The actions of profiles that bring careers in and out."""

    # The keys that stand twice in the document of the request.
    doubled: Sequence[Path] = ()

    @openapi.profiles_export
    @action(detail=True, is_expensive=_takes_long, content_negotiation_class=OwnForm)
    def export(self, request: Request, profile_id: str) -> HttpResponse:
        return self._exported(request, _choice(request, "format", tuple(exports.FORMATS), JSON_RESUME))

    @openapi.profiles_export_json_resume
    @action(detail=True, url_path="export/json-resume")
    def export_json_resume(self, request: Request, profile_id: str) -> HttpResponse:
        return self._exported(request, JSON_RESUME)

    def _exported(self, request: Request, name: str) -> HttpResponse:
        include = _choices(request, "include", exports.INCLUDABLE)
        form = exports.FORMATS[name]
        language = self._language(request)
        is_filed = request.method == "GET" and prefers_async(request)
        also = (name, *include, *([language] if form.is_printed else []))
        if not is_filed and (unchanged := not_modified(request, rendering.tag(self.profile, *also))):
            return unchanged
        # Only now: an export that the client has already is not made, so that it has no less of them.
        self.count("export", who_asks(request))
        if is_filed:
            return accepted(request, tasks.file_profile_export(self.profile, name, include, language))
        made = exports.exported(self.profile, form, include, language)
        response = as_json(made.rendered, *also)
        if made.missing:
            response["Missing-Fonts"] = ", ".join(made.missing)
        response["Content-Type"] = form.media_type
        response["Content-Disposition"] = f'inline; filename="resume.{form.extension}"'
        if form.is_printed:
            response["Content-Language"] = language
        if name == "html":
            response["Content-Security-Policy"] = PAGE_POLICY
        return response

    def _language(self, request: Request) -> str:
        """The language of headings and dates: the one that `?lang=` names, else the account's."""
        return _choice(request, "lang", tuple(code for code, _ in settings.LANGUAGES), self.account.language)

    @openapi.profiles_import
    @_import_action(url_path="import", parser_classes=(ResumeParser, *FILE_PARSERS))
    @idempotent(ImportAnswer())
    def import_career(self, request: Request) -> HttpResponse:
        return self._imported(request)

    @openapi.profiles_import_file
    @_import_action(url_path="import/file", parser_classes=ANY_FILE_PARSERS)
    @idempotent(ImportAnswer())
    def import_file(self, request: Request) -> HttpResponse:
        return self._imported(request)

    @openapi.profiles_import_archive
    @_import_action(url_path="import/archive", parser_classes=ARCHIVE_PARSERS)
    @idempotent(ImportAnswer())
    def import_archive(self, request: Request) -> HttpResponse:
        return self._imported(request)

    def _imported(self, request: Request) -> HttpResponse:
        # Access to the target is checked before the body is read.
        target = self._target(request)
        mode = _choice(request, "mode", MODES, MERGE)
        person = _choice(request, "person", (SAME, OTHER), SAME)
        is_dry_run = _choice(request, "dry_run", ("true", "false"), "false") == "true"
        if target is None and "If-Match" in request.headers:
            raise PreconditionFailed(mark("A new profile has no version to match yet."))
        read = self._read(target, may_be_another=person == OTHER)
        is_archive = read.source == Origin.Source.LINKEDIN
        if is_archive:
            # A small archive may unpack to a large document.
            note_body(LARGE_BYTES)
        if_match = IfMatch.of(request)
        if is_dry_run:
            body, report = tasks.rehearse_import(self.account, read, target, mode, if_match)
            return _spoken(request, body, report)
        if is_archive or prefers_async(request):
            job = tasks.file_import(
                self.account, read, request.body, profile=target, mode=mode, if_match=if_match, person=person
            )
            return accepted(request, job)
        with transaction.atomic():
            made = imports.bring(self.account, read, target, mode, if_match.matches, device=self.cause("").device)
            return _answer(request, made)

    def _read(self, into: Profile | None, *, may_be_another: bool) -> imports.Career:
        """The career in the request's body. An archive is judged by the profile that it goes `into`."""
        data, account = self.body(), self.account
        if not isinstance(data, bytes):
            return imports.from_document(data, account, self.doubled)
        # Broken bytes are told of as what they were sent as.
        is_archive = self.request.content_type.partition(";")[0].strip() in _ZIP_TYPES and not data.startswith(b"PK")
        if is_archive or self.action == "import_archive":
            return imports.from_archive(io.BytesIO(data), account, into=into, may_be_another=may_be_another)
        return imports.from_file(data, account, into=into, may_be_another=may_be_another)

    def _target(self, request: Request) -> Profile | None:
        """The profile that `?into=` names, None without it."""
        text = request.query_params.get("into")
        if text is None:
            if "mode" in request.query_params:
                raise ParameterInvalid("mode", mark("This is possible only where a profile is named to import into."))
            return None
        profile = Profile.objects.find(self._id(text))
        if profile is None:
            raise Missing.of(Profile)
        self.check_object_permissions(request, profile)
        return profile

    @staticmethod
    def _id(text: str) -> uuid.UUID:
        try:
            return parse_id(text)
        except ValueError as exc:
            raise ParameterInvalid("into", mark("This id is not valid.")) from exc


def _spoken(request: Request, body: bytes, report: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """The document and the report of an import, in the language of the one who asks."""
    with in_language_of(request) as language:
        content = imports.answer(body, imports.in_words(report))
    return spoken(HttpResponse(content, status=status, content_type="application/json"), language)


def _answer(request: Request, made: imports.Brought) -> HttpResponse:
    body = rendering.stored(made.profile.pk).body
    response = _spoken(request, body, made.report, 201 if made.is_new else 200)
    response["ETag"] = rendering.tag(made.profile)
    if made.is_new:
        response["Location"] = f"/api/v1/profiles/{made.profile.pk}"
    return response


def _choice(request: Request, name: str, known: tuple[str, ...], default: str) -> str:
    """The value of a query parameter, which must be a known one. Raises ParameterInvalid."""
    value = str(request.query_params.get(name, default))
    if value not in known:
        raise ParameterInvalid(name, one_of(known), "invalid_choice")
    return value


def _choices(request: Request, name: str, known: tuple[str, ...]) -> list[str]:
    """The known values that a comma-separated query parameter names, in their own order."""
    given = [each for text in request.query_params.getlist(name) for each in text.split(",") if each]
    if any(each not in known for each in given):
        raise ParameterInvalid(name, one_of(known), "invalid_choice")
    return [each for each in known if each in given]
