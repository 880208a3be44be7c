"""ZIP archives for tests, made of folders or of texts, and what LinkedIn's reader says of them."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from profiles.portability.linkedin import Archive, NotAnArchive, Note, read
from profiles_project.words.sentences import mark
from profiles_project.words.wording import worded

DATA = Path(__file__).parent.parent.parent / "data"
# One invented person's archive, and the same person's archive of some years later.
LINKEDIN = DATA / "linkedin"
LINKEDIN_LATER = DATA / "linkedin_later"
# The smallest file of a career.
PERSON = "First Name,Last Name\nInes,Marrow\n"


def zipped(files: Path | Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of a folder's files, or of texts by their names in the archive; the same bytes each time."""
    if isinstance(files, Path):
        files = {path.relative_to(files).as_posix(): path.read_bytes() for path in files.rglob("*") if path.is_file()}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, text in sorted(files.items()):
            # A ZipInfo has a fixed date, and a method only if it is told.
            archive.writestr(zipfile.ZipInfo(name), text, compress_type=method)
    return made.getvalue()


def read_zip(data: bytes) -> Archive:
    """What LinkedIn's reader makes of an archive, with its places and sentences in words."""
    made = read(io.BytesIO(data))
    notes = [Note(worded(note.place), note.outcome, worded(note.detail)) for note in made.notes]
    return Archive(
        made.document, {path: worded(place) for path, place in made.places.items()}, notes, made.rows, made.names
    )


def read_file(name: str, text: str | bytes) -> Archive:
    """The same for an archive of one file."""
    return read_zip(zipped({name: text}))


def items(name: str, text: str, part: str) -> list[dict[str, Any]]:
    """The items of a part of the document that one file makes."""
    found: list[dict[str, Any]] = read_file(name, text).document[part]
    return found


def refusal(data: bytes) -> NotAnArchive:
    """Why an archive is refused; its sentence is one for a person."""
    with pytest.raises(NotAnArchive) as caught:
        read_zip(data)
    sentence = worded(str(caught.value))
    assert sentence.endswith(".")
    assert "\n" not in sentence
    return NotAnArchive(caught.value.code, mark(sentence))
