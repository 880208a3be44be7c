"""What leaves the service whole: a profile in the forms that others read, and all of a person's data (contract 2)."""

import json
import logging
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, Any, NamedTuple

from django.db.models import QuerySet

from profiles.career import rendering
from profiles.models import Job, Origin, Profile
from profiles.portability import kinds, printing
from profiles.portability.json_resume import HIDDEN, REFERENCES, write
from profiles_project.api.errors import Unavailable
from profiles_project.database import clock
from profiles_project.database.refusals import Missing
from users.exports import account_document
from users.models import User

logger = logging.getLogger(__name__)

# What an export leaves out unless it is asked for.
INCLUDABLE = (HIDDEN, REFERENCES)


class Format(NamedTuple):
    """A form of export: how it is written, from a JSON Resume document, and what it is called."""

    media_type: str
    extension: str
    write: Callable[[Mapping[str, Any]], bytes]
    # How a job writes it, where a job may take more time and memory.
    write_in_background: Callable[[Mapping[str, Any]], bytes] | None = None


class NoPdf(Unavailable):
    """503: the PDF was not made in time, or of a document so large or odd that it can't be set."""

    slug = "no-pdf"
    title = "No PDF"
    default_detail = "The PDF could not be made; please try again, or take another format."


def _pdf(resume: Mapping[str, Any], room: printing.Room | None = None) -> bytes:
    try:
        return printing.pdf(resume, room=room)
    except printing.TooLargeForPdf as exc:
        raise NoPdf(TOO_LARGE) from exc
    except printing.NotPrinted as exc:
        # Its text may quote what was to be set.
        logger.error("no PDF was made: %s", type(exc.__cause__ or exc).__name__)  # noqa: TRY400  # as above
        raise NoPdf from exc


TOO_LARGE = (
    "This career is too large for a PDF while you wait; ask for one in the background (Prefer: respond-async), or take "
    "another format."
)

# By their names in `?format=`.
FORMATS = {
    "json-resume": Format("application/json", "json", rendering.render),
    "markdown": Format("text/markdown; charset=utf-8", "md", lambda resume: printing.markdown(resume).encode()),
    "html": Format("text/html; charset=utf-8", "html", lambda resume: printing.html(resume).encode()),
    "pdf": Format("application/pdf", "pdf", _pdf, partial(_pdf, room=printing.IN_BACKGROUND)),
}
ARCHIVE = Format("application/zip", "zip", rendering.render)
# Up to so many bytes an archive is made in memory, beyond them in a temporary file.
IN_MEMORY_BYTES = 4 * 2**20


def exported(
    profile: Profile, form: Format, include: Collection[str] = (), *, in_background: bool = False
) -> rendering.Rendered:
    """The profile in that form. Of what is INCLUDABLE it holds only what `include` names."""
    current = rendering.current(profile)
    writer = form.write_in_background if in_background and form.write_in_background else form.write
    return rendering.Rendered(current.profile, writer(write(json.loads(current.body), kinds.SECTIONS, include=include)))


def job_document(job: Job) -> dict[str, Any]:
    """All that is kept of a job, with what it was given."""
    kept = ("id", "kind", "profile_id", "status", "created_at", "started_at", "finished_at")
    texts = ("input", "result", "problem")
    return {
        **{name: getattr(job, name) for name in kept},
        **{name: json.loads(text) if (text := getattr(job, name)) else None for name in texts},
    }


def own_data(user: User) -> dict[str, Any]:
    """Everything stored about the user as one document."""
    return {
        "exported_at": clock.now(),
        **account_document(user),
        "jobs": [job_document(job) for job in user.jobs.order_by("id")],
        "imports": [origin_document(origin) for origin in _origins(user)],
        "profiles": rendering.documents(Profile.objects.filter(user=user)),
    }


def origin_document(origin: Origin) -> dict[str, Any]:
    """What is remembered of an import."""
    return {name: getattr(origin, name) for name in ("profile_id", "source", "created_at", "updated_at", "brought")}


def _origins(user: User) -> "QuerySet[Origin]":
    return Origin.objects.filter(profile__user=user).order_by("id")


def write_archive(user: User, file: IO[bytes], step: Callable[[], None]) -> None:
    """Writes everything stored about the user as a ZIP of JSON files; one profile or job is in memory at a time.

    `step` is called after each profile.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"exported_at": clock.now(), **account_document(user)}.items():
            archive.writestr(f"{name}.json", rendering.render(content))
        archive.writestr("imports.json", rendering.render([origin_document(origin) for origin in _origins(user)]))
        entry = zipfile.ZipInfo("jobs.json", clock.now().timetuple()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w") as jobs:
            for number, job in enumerate(user.jobs.order_by("id").iterator()):
                jobs.write(b"," if number else b"[")
                jobs.write(rendering.render(job_document(job)))
            # There is at least one job: the one that makes the archive.
            jobs.write(b"]")
        for pk in Profile.objects.filter(user=user).values_list("pk", flat=True):
            # A profile that was deleted meanwhile is left out.
            with suppress(Missing):
                archive.writestr(f"profiles/{pk}.json", rendering.stored(pk).body)
            step()


@contextmanager
def archive_of(user: User, step: Callable[[], None]) -> Iterator[IO[bytes]]:
    """The archive as a file to read from its beginning, which nobody else can find."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES) as file:
        write_archive(user, file, step)
        file.seek(0)
        yield file
