"""Rebuilds the answers of routes below /profiles when a request is repeated (contract 1.5).

A record keeps JSON of its answer's shape with ids alone. The previous release, which sends a record's body as it is,
thereby still answers something that a client can read.
"""

import uuid
from contextlib import AbstractContextManager, suppress
from functools import partial
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils import translation
from rest_framework.response import Response

from profiles.career import history, rendering
from profiles.career.sync.pushes import PushChanges, in_words
from profiles.models import Profile, Skill
from profiles.portability import imports
from profiles_project.database.refusals import Forgotten, Missing
from profiles_project.memory import LARGE_BYTES
from profiles_project.words.languages import in_language_of
from users.api.idempotency import DeletedSince, Made

# An import's report can't be rebuilt. Of a larger one only the counts are kept.
MAX_REPORT_BYTES = 32 * 2**10


def _named(tag: str) -> tuple[str, str, str]:
    """Id, version and time of creation in a tag of `rendering.tag`, of any format number."""
    pk, version, _, born, *_ = tag.strip('"').split(".")
    return pk, version, born


def _reference(tag: str) -> dict[str, Any]:
    """What a record keeps of a document."""
    pk, version, _ = _named(tag)
    return {"id": pk, "version": int(version)}


def _made(profile: Profile, body: bytes, tag: str) -> Made:
    """A rebuilt answer whose first one had that tag. Raises DeletedSince where the id belongs to a newer profile."""
    now = rendering.tag(profile)
    (_, version, born), (_, first_version, first_born) = _named(now), _named(tag)
    if born != first_born:
        # Created later under the id of a deleted one.
        raise DeletedSince
    return Made(body, now, is_first=version == first_version)


class DocumentAnswer:
    """A whole document."""

    def kept(self, response: HttpResponse) -> Any:
        return _reference(response["ETag"])

    def made(self, view: Any, kept: Any, tag: str) -> Made:
        rendered = self.document(view, kept)
        return _made(rendered.profile, rendered.body, tag)

    def document(self, view: Any, kept: Any) -> rendering.Rendered:
        """The document at the version that was kept, or as it is now where that version is no longer to be had."""
        pk = uuid.UUID(kept["id"])
        profile = Profile.objects.find(pk)
        if profile is None or profile.user_id != view.account.pk:
            raise DeletedSince
        # A long log is not walked: that takes long, and nothing counts repeated requests among the expensive ones.
        if profile.version != kept["version"] and profile.log_bytes <= LARGE_BYTES:
            with suppress(Forgotten, Missing):
                return history.rendered(pk, kept["version"])
        return _stored(pk)


def _locked(view: Any) -> AbstractContextManager[Profile]:
    """The profile of the address, which nobody changes meanwhile. `If-Match` was judged when the request came first."""
    return Profile.objects.revise(view.profile.pk, view.cause(""))


def _stored(pk: uuid.UUID) -> rendering.Rendered:
    try:
        return rendering.stored(pk)
    except Missing:
        raise DeletedSince from None


class ImportAnswer(DocumentAnswer):
    """A document and the report of the import that made it. A dry run has made nothing, and is done again."""

    def kept(self, response: HttpResponse) -> Any:
        if "ETag" not in response:
            return None
        report = orjson.loads(response.content)["report"]
        if len(rendering.render(report)) > MAX_REPORT_BYTES:
            with translation.override(response["Content-Language"]):
                report = imports.counts_alone(report)
        return {"profile": _reference(response["ETag"]), "report": report}

    def made(self, view: Any, kept: Any, tag: str) -> Made:
        rendered = self.document(view, kept["profile"])
        return _made(rendered.profile, imports.answer(rendered.body, kept["report"]), tag)


class ItemsAnswer:
    """New items, one or a list. Raises DeletedSince where any is gone, since places in the list would no longer fit."""

    def kept(self, response: Response) -> Any:
        made = response.data
        return [{"id": each["id"]} for each in made] if isinstance(made, list) else {"id": made["id"]}

    def made(self, view: Any, kept: Any, tag: str) -> Made:
        ids = [uuid.UUID(each["id"]) for each in (kept if isinstance(kept, list) else [kept])]
        # Locked, so that items and tag belong to one version.
        with _locked(view) as profile:
            found = view.model.named(profile, ids)
        if len(found) < len(ids):
            raise DeletedSince
        items = [rendering.item(profile, view.model, found[pk].values()) for pk in ids]
        return _made(profile, rendering.render(items if isinstance(kept, list) else items[0]), tag)


class SkillsAnswer:
    """What became of the skills that were sent, and all names of their kind."""

    def kept(self, response: Response) -> Any:
        return {"message": response.data["message"]}

    def made(self, view: Any, kept: Any, tag: str) -> Made:
        kind: Skill.Kind = view.kind
        with _locked(view) as profile:
            names = [row.name for row in Skill.of(profile, kind=kind).values()]
        return _made(profile, rendering.render({**kept, kind.value: names}), tag)


class PushAnswer:
    """What became of the changes of a push. They are judged anew, which stores nothing twice."""

    def kept(self, response: Response) -> Any:
        return {}

    def made(self, view: Any, kept: Any, tag: str) -> Made:
        operation = PushChanges()
        # `If-Match` was judged when the request came first.
        revise = partial(Profile.objects.revise, view.profile.pk, view.cause(operation.kind))
        body, profile = operation.carry_out(revise, operation.judge(view.body()))
        with in_language_of(view.request) as language:
            told = rendering.render(in_words(body))
        return Made(told, rendering.tag(profile), is_first=False, language=language)
