"""What leaves the service whole: a profile in the forms that others read, and all of a person's data (contract 2)."""

import json
import logging
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import IO, Any, NamedTuple

import orjson
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import translation

from profiles.career import rendering
from profiles.models import Job, Origin, Profile, Revision
from profiles.portability import kinds, outcomes, printing
from profiles.portability.json_resume import HIDDEN, REFERENCES, write
from profiles.portability.printed import fonts
from profiles.portability.printed.sheets import TooLong
from profiles_project.api.errors import Unavailable
from profiles_project.database import clock
from profiles_project.words.sentences import mark, say
from profiles_project.words.wording import ENGLISH
from users.exports import account_document
from users.models import User

logger = logging.getLogger(__name__)

# What an export leaves out unless it is asked for.
INCLUDABLE = (HIDDEN, REFERENCES)


class Format(NamedTuple):
    """A form of export: how it is written, from a JSON Resume document in a language, and what it is called."""

    media_type: str
    extension: str
    write: Callable[[Mapping[str, Any], str], bytes | printing.Printed]
    # How a job writes it, where a job may take more time and memory.
    write_in_background: Callable[[Mapping[str, Any], str], bytes | printing.Printed] | None = None
    # Whether it has headings and dates for people, which are in a language.
    is_printed: bool = True


class NoPdf(Unavailable):
    """503: the PDF was not made in time, or of a document so large or odd that it can't be set."""

    slug = "no-pdf"
    title = mark("No PDF")
    default_detail = mark("The PDF could not be made; please try again, or choose another format.")


def _pdf(resume: Mapping[str, Any], language: str, room: printing.Room | None = None) -> printing.Printed:
    try:
        return printing.pdf(resume, room=room, language=language)
    except printing.TooLargeForPdf as exc:
        raise NoPdf(TOO_LARGE) from exc
    except printing.NotPrinted as exc:
        # Its text may quote what was to be set.
        logger.error("no PDF was made: %s", type(exc.__cause__ or exc).__name__)  # noqa: TRY400  # as above
        raise NoPdf from exc


TOO_LARGE = mark(
    "This profile is too long for an instant PDF; ask for one in the background, or choose another format."
)


class NoWordFile(Unavailable):
    """503: the document is so long that a Word file of it is made in the background only."""

    slug = "no-word-file"
    title = mark("No Word file")
    default_detail = mark(
        "This profile is too long for an instant Word file; ask for one in the background, or choose another format."
    )


def _docx(resume: Mapping[str, Any], language: str) -> bytes:
    try:
        return printing.docx(resume, language, printing.WORD_AT_ONCE)
    except TooLong as exc:
        raise NoWordFile from exc


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# By their names in `?format=`.
FORMATS = {
    "json-resume": Format("application/json", "json", lambda resume, _: rendering.render(resume), is_printed=False),
    "markdown": Format("text/markdown; charset=utf-8", "md", lambda *given: printing.markdown(*given).encode()),
    "html": Format("text/html; charset=utf-8", "html", lambda *given: printing.html(*given).encode()),
    "text": Format("text/plain; charset=utf-8", "txt", lambda *given: printing.text(*given).encode()),
    "docx": Format(WORD, "docx", _docx, printing.docx),
    "pdf": Format("application/pdf", "pdf", _pdf, partial(_pdf, room=printing.IN_BACKGROUND)),
}
ARCHIVE = Format("application/zip", "zip", lambda resume, _: rendering.render(resume), is_printed=False)
# Up to so many bytes an archive is made in memory, beyond them in a temporary file.
IN_MEMORY_BYTES = 4 * 2**20
# Revisions that are read together; one may have overwritten a whole document.
REVISIONS_AT_ONCE = 20


class Exported(NamedTuple):
    """A profile in some form, and the scripts in it (in English) that its reader won't see for want of a font."""

    rendered: rendering.Rendered
    missing: tuple[str, ...] = ()


def exported(
    profile: Profile,
    form: Format,
    include: Collection[str] = (),
    language: str = ENGLISH,
    *,
    in_background: bool = False,
) -> Exported:
    """The profile in that form. Of what is INCLUDABLE it holds only what `include` names."""
    current = rendering.current(profile)
    writer = form.write_in_background if in_background and form.write_in_background else form.write
    made = writer(write(json.loads(current.body), kinds.SECTIONS, include=include), language)
    printed = made if isinstance(made, printing.Printed) else printing.Printed(made)
    return Exported(rendering.Rendered(current.profile, printed.content), printed.missing)


def warnings(missing: Iterable[str]) -> list[str]:
    """What to tell the reader of a document in which letters of these scripts may be boxes."""
    return [
        say("There is no font for {script} here; its letters may be shown as boxes.", script=fonts.script_name(script))
        for script in missing
    ]


def job_document(job: Job) -> dict[str, Any]:
    """All that is kept of a job, with what it was given; its sentences are in the language that is active."""
    kept = ("id", "kind", "profile_id", "status", "created_at", "started_at", "finished_at")
    return {
        **{name: getattr(job, name) for name in kept},
        "input": json.loads(job.input) if job.input else None,
        "result": outcomes.result(job),
        "problem": outcomes.problem(job),
    }


def own_data(user: User) -> dict[str, Any]:
    """Everything stored about the user as one document, in the language of the account."""
    profiles = Profile.with_trash.filter(user=user)
    with translation.override(user.language):
        jobs = [job_document(job) for job in user.jobs.order_by("id")]
    return {
        "exported_at": clock.now(),
        **account_document(user),
        "jobs": jobs,
        "imports": [origin_document(origin) for origin in _origins(user)],
        "profiles": rendering.documents(Profile.objects.filter(user=user)),
        "trash": [trashed_document(each) for each in rendering.each(profiles.filter(deleted_at__isnull=False))],
        "history": _histories(profiles),
    }


def origin_document(origin: Origin) -> dict[str, Any]:
    """What is remembered of an import."""
    return {name: getattr(origin, name) for name in ("profile_id", "source", "created_at", "updated_at", "brought")}


def trashed_document(rendered: rendering.Rendered) -> dict[str, Any]:
    """A profile in the trash, with the time at which it was deleted."""
    return {**json.loads(rendered.body), "deleted_at": rendered.profile.deleted_at}


def _entries(entries: "QuerySet[Revision]") -> Any:
    """Revisions, newest first, with what each has overwritten as the text that is stored.

    Who of the staff made one is their own affair.
    """
    kept = ("version", "created_at", "actor", "action", "device", "reverts")
    stored = entries.annotate(stored=Cast("changes", TextField()))
    return stored.order_by("-version").values(*kept, "stored", "profile_id", "born")


def _entry(values: dict[str, Any]) -> dict[str, Any]:
    hidden = {"stored", "profile_id", "born"}
    shown = {name: value for name, value in values.items() if name not in hidden}
    return {**shown, "changes": orjson.Fragment(values["stored"])}


def _histories(profiles: "QuerySet[Profile]") -> list[dict[str, Any]]:
    """The history of each of the profiles, in two statements."""
    known = {(profile.pk, profile.born): profile.pk for profile in profiles.only("created_at")}
    found: dict[uuid.UUID, list[Any]] = {pk: [] for pk in known.values()}
    for values in _entries(Revision.objects.filter(profile__in=profiles.order_by().values("pk"))):
        # Not those of an earlier profile with the same id.
        if pk := known.get((values["profile_id"], values["born"])):
            found[pk].append(_entry(values))
    return [{"profile_id": pk, "revisions": revisions} for pk, revisions in found.items()]


def revision_documents(profile: Profile) -> Iterator[dict[str, Any]]:
    """The history of a profile, the newest first, some revisions in memory at a time."""
    entries = _entries(Revision.objects.filter(profile=profile.pk, born=profile.born))
    page = list(entries[:REVISIONS_AT_ONCE])
    while page:
        yield from map(_entry, page)
        page = list(entries.filter(version__lt=page[-1]["version"])[:REVISIONS_AT_ONCE])


def _origins(user: User) -> "QuerySet[Origin]":
    return Origin.objects.filter(profile__user=user).order_by("id")


def write_archive(user: User, file: IO[bytes], step: Callable[[], None]) -> None:
    """Writes everything stored about the user as a ZIP of JSON files.

    One profile or job is in memory at a time, and of history some revisions. `step` is called after each profile, those
    in the trash included.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"exported_at": clock.now(), **account_document(user)}.items():
            archive.writestr(f"{name}.json", rendering.render(content))
        archive.writestr("imports.json", rendering.render([origin_document(origin) for origin in _origins(user)]))
        with translation.override(user.language):
            _write_list(archive, "jobs.json", map(job_document, user.jobs.order_by("id").iterator()))
        for profile in Profile.with_trash.filter(user=user).only("created_at"):
            _write_profile(archive, profile)
            step()


def _write_profile(archive: zipfile.ZipFile, profile: Profile) -> None:
    """Write a profile's document and its history. A profile that was deleted for good meanwhile is left out."""
    for rendered in rendering.each(Profile.with_trash.filter(pk=profile.pk)):
        if rendered.profile.deleted_at is None:
            archive.writestr(f"profiles/{profile.pk}.json", rendered.body)
        else:
            archive.writestr(f"trash/{profile.pk}.json", rendering.render(trashed_document(rendered)))
        _write_list(archive, f"history/{profile.pk}.json", revision_documents(profile))


def _write_list(archive: zipfile.ZipFile, name: str, documents: Iterable[Mapping[str, Any]]) -> None:
    """Write a JSON list, one document at a time."""
    entry = zipfile.ZipInfo(name, clock.now().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(entry, "w") as file:
        file.write(b"[")
        for number, document in enumerate(documents):
            file.write(b"," * (number > 0) + rendering.render(document))
        file.write(b"]")


@contextmanager
def archive_of(user: User, step: Callable[[], None]) -> Iterator[IO[bytes]]:
    """The archive as a file to read from its beginning, which nobody else can find."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as file:
        write_archive(user, file, step)
        file.seek(0)
        yield file
