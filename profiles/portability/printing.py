"""Exports for people: a JSON Resume document as Markdown, as text, as a page, as a Word file and as a PDF.

What is shown, and where, is decided in `printed/readable.py`; here it is drawn in each form. Nothing is left out: the
caller has taken hidden items and references away, or not.
"""

import base64
import hashlib
import json
import math
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson
from django.template.loader import render_to_string
from django.utils import translation

from profiles.portability import kinds
from profiles.portability.printed import fonts
from profiles.portability.printed.commonmark import commonmark
from profiles.portability.printed.layouts import Json, mapping_of
from profiles.portability.printed.plain_text import plain_text
from profiles.portability.printed.readable import arrange
from profiles.portability.printed.sheets import Sheet
from profiles_project.database import clock
from profiles_project.words.wording import ENGLISH, worded

TEMPLATES = Path(__file__).parent.parent / "templates" / "profiles"
# The whole style of the page, as it stands between <style> and </style>, and what a policy calls it by: the page works
# under `default-src 'none'; style-src …` with this source, and asks for nothing else.
HTML_STYLE = (TEMPLATES / "resume.css").read_text()
HTML_STYLE_SOURCE = f"'sha256-{base64.b64encode(hashlib.sha256(HTML_STYLE.encode()).digest()).decode()}'"

TYPESETTER = Path(__file__).parent / "printed" / "typesetter.py"
# Each may take more memory than a whole web worker. A third request waits for its turn.
PDFS_AT_ONCE = threading.BoundedSemaphore(2)
PDF_WAIT_SECONDS = 5


class Room(NamedTuple):
    """How long the process that sets a PDF may take, in seconds, and how much memory it may map, in bytes."""

    seconds: float
    memory: int


# 180 MB are mapped before anything is set: in 380 MB of memory a career of 1.5 MB is set, within two seconds. A usual
# one takes 0.1 s and 70 MB.
AT_ONCE = Room(15, 560 * 2**20)
# The largest that a profile may hold (4 MiB) takes 850 MB.
IN_BACKGROUND = Room(30, 2 * 2**30)

# Paragraphs and runs of a Word file that is made at once; a usual career has 100 to 300.
WORD_AT_ONCE = 5_000

# How the process ends when its memory is used up: Rust aborts, or the kernel kills it.
OUT_OF_MEMORY = {-signal.SIGABRT, -signal.SIGKILL}


class NotPrinted(RuntimeError):
    """No PDF could be made. The sentence is for the log."""


class TooLargeForPdf(NotPrinted):
    """The document needs more memory than there is room for."""


def sheet_of(resume: Json, language: str = ENGLISH) -> Sheet:
    """The document as it is shown, with the kinds that JSON Resume lacks; headings and dates are in the language."""
    with translation.override(language):
        return arrange(resume, kinds.LAYOUTS, worded, language)


def markdown(resume: Json, language: str = ENGLISH) -> str:
    """The document as CommonMark."""
    return commonmark(sheet_of(resume, language))


def html(resume: Json, language: str = ENGLISH) -> str:
    """The document as one page that needs no other: it holds its style, and a policy that allows it nothing else."""
    sheet = sheet_of(resume, language)
    return render_to_string("profiles/resume.html", {"sheet": sheet, "style_source": HTML_STYLE_SOURCE})


def text(resume: Json, language: str = ENGLISH) -> str:
    """The document as plain text."""
    return plain_text(sheet_of(resume, language))


def docx(resume: Json, language: str = ENGLISH, most: int | None = None) -> bytes:
    """The document as a file for word processors; TooLong where it has more than `most` paragraphs and runs."""
    # Its library takes 15 MB and 0.16 s, which only those web processes pay that are asked for such a file.
    from profiles.portability.printed.word_file import word_file  # noqa: PLC0415  # as above

    return word_file(sheet_of(resume, language), most)


class Printed(NamedTuple):
    """A document, and the scripts in it (in English) for which there was no font."""

    content: bytes
    missing: tuple[str, ...] = ()


def pdf(resume: Json, made: datetime | None = None, room: Room | None = None, language: str = ENGLISH) -> Printed:
    """The document as a tagged PDF on A4; two that are made of the same document at the same second are the same.

    Typst's own fonts have the Latin, Greek, Cyrillic and Hebrew letters. For other scripts it takes Noto fonts of the
    machine (`fonts.py`), and where there is none, any other of its fonts; letters that none of them has are boxes.
    NotPrinted if there is no PDF in its room, or no turn within PDF_WAIT_SECONDS.
    """
    room = room or AT_ONCE
    second = int((made or clock.now()).timestamp())
    words = _on_a_circle(orjson.dumps(sheet_of(resume, language)).decode())
    chosen = fonts.needed(words, _country(resume))
    limits = (str(room.memory), str(math.ceil(room.seconds)))
    command = [sys.executable, "-I", str(TYPESETTER), str(TEMPLATES / "resume.typ"), str(second), *limits]
    try:
        with _folder_of(chosen) as folder:
            told = (folder, json.dumps(chosen.families), " ".join(chosen.missing))
            with _turn(), _started([*command, *told]) as process:
                # Meanwhile it loads its libraries.
                _put_fonts(folder, chosen, words)
                content = _written(process, words.encode(), room)
    except OSError as error:  # such as a full disk, or too many processes
        raise NotPrinted(f"No PDF was made: {error}") from error
    return Printed(content, chosen.missing)


def _on_a_circle(sheet: str) -> str:
    """The sheet as JSON, with marks that have no letter below them on a dotted circle, as Unicode shows such marks.

    Typst 0.15 ends with an error where some of them stand in a text from right to left that is longer than a line.
    """
    marks = "".join(letter for letter in set(sheet) if letter > "\u02ff" and unicodedata.category(letter)[0] == "M")
    return re.sub(rf'(?<=[\s"])(?=[{marks}])', "\N{DOTTED CIRCLE}", sheet) if marks else sheet


def _country(resume: Json) -> str:
    basics = mapping_of(resume.get("basics"))
    return str(mapping_of(basics.get("location")).get("countryCode") or "").upper()


@contextmanager
def _folder_of(chosen: fonts.Needed) -> Iterator[str]:
    """A folder for these fonts alone, since Typst reads whole folders; "" for none."""
    if not chosen.files:
        yield ""
        return
    with tempfile.TemporaryDirectory() as folder:
        yield folder


def _put_fonts(folder: str, chosen: fonts.Needed, text: str) -> None:
    """Put the fonts into the folder, as far as the text needs them."""
    if not folder:
        return
    # As the library of Word files: only those web processes pay for it that are asked for such a PDF.
    from profiles.portability.printed import subsets  # noqa: PLC0415  # as above

    letters = subsets.letters_of(text)
    for file in chosen.files:
        place = Path(folder, Path(file).name)
        if part := subsets.cut(file, chosen.families, letters):
            place.write_bytes(part)
        else:
            place.symlink_to(file)


@contextmanager
def _turn() -> Iterator[None]:
    if not PDFS_AT_ONCE.acquire(timeout=PDF_WAIT_SECONDS):
        raise NotPrinted(f"There was no turn within {PDF_WAIT_SECONDS} seconds.")
    try:
        yield
    finally:
        PDFS_AT_ONCE.release()


@contextmanager
def _started(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """The process that sets the sheet, which waits for it; whatever happens, it has ended behind the block."""
    pipe = subprocess.PIPE
    # A command of our own; all that people wrote goes through its standard input. No environment: no secrets.
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env={}) as process:  # noqa: S603  # the above
        try:
            yield process
        finally:
            process.kill()


def _written(process: subprocess.Popen[bytes], sheet: bytes, room: Room) -> bytes:
    """What the process that sets the sheet writes."""
    try:
        content, errors = process.communicate(sheet, room.seconds)
    except subprocess.TimeoutExpired as error:
        raise NotPrinted(f"No PDF was made within {room.seconds} seconds.") from error
    if process.returncode in OUT_OF_MEMORY:
        raise TooLargeForPdf(f"The PDF needs more than {room.memory // 2**20} MB.")
    if process.returncode:
        raise NotPrinted(f"No PDF was made, status {process.returncode}: {errors.decode(errors='replace')[-500:]}")
    return content
