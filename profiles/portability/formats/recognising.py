"""Which format a document is, by its content alone; what a file is called or declared to be often says something else.

Whatever is not read is refused by the name of what it looks like, with what to send instead.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from profiles.portability.formats import (
    europass,
    europass_candidate,
    fresh,
    reactive_resume,
    rendercv,
    xml_text,
    yaml_text,
)
from profiles.portability.formats.refusing import TOO_DEEP, TOO_MANY_IN_ONE, Refused
from profiles.portability.formats.translating import Translation
from profiles_project.api.parsers import MAX_DEPTH, depth_exceeds, loads_last
from profiles_project.texts import shown
from profiles_project.words.sentences import Sentence, mark, say

LINKEDIN, JSON_RESUME = "linkedin", "json-resume"
REACTIVE_RESUME, FRESH, RENDERCV, EUROPASS = "reactive-resume", "fresh", "rendercv", "europass"

Path = tuple[str | int, ...]

_SEND = mark(
    "This is {what}, which can't be read; please send a file with data, such as JSON Resume, LinkedIn's archive, or"
    " the export of Reactive Resume, RenderCV or Europass."
)
_PDF = mark(
    "This is a PDF, which shows a CV and doesn't say what its parts are; please send a file with data instead, such as"
    " JSON Resume, LinkedIn's archive, or the XML that Europass attaches to its PDFs."
)
_VERSION = mark(
    "This is a Reactive Resume v{version} file; please open it in a newer version, and export it from there."
)
_OTHER_XML = mark("This is XML of another kind («{name}»); of XML only Europass CVs can be read.")
_NOTHING = mark("This file is empty.")
# What the first bytes of a file say that is no document of ours.
_SIGNATURES: Sequence[tuple[bytes, Sentence]] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", mark("an old Word file (.doc)")),
    (b"{\\rtf", mark("an RTF file")),
    (b"\x89PNG\r\n\x1a\n", mark("a picture")),
    (b"\xff\xd8\xff", mark("a picture")),
    (b"GIF87a", mark("a picture")),
    (b"GIF89a", mark("a picture")),
    (b"II*\x00", mark("a picture")),
    (b"MM\x00*", mark("a picture")),
    (b"\x1f\x8b", mark("a compressed file (.gz)")),
    (b"7z\xbc\xaf\x27\x1c", mark("a compressed file (.7z)")),
    (b"Rar!\x1a\x07", mark("a compressed file (.rar)")),
)
_BRANDS = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif", b"WEBP")
# What a ZIP has in it that is a document of an office program.
_IN_ZIPS: Sequence[tuple[bytes, Sentence]] = (
    (b"word/document.xml", mark("a Word file (.docx)")),
    (b"application/vnd.oasis.opendocument", mark("an OpenDocument file")),
    (b"Index/Document.iwa", mark("a Pages file")),
    (b"xl/workbook.xml", mark("a table (.xlsx)")),
)
# At the beginning alone: a text may speak of HTML.
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.{0,400}?-->\s*)?<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE | re.DOTALL
)
_PDF_SIGN = re.compile(rb"(?:\xef\xbb\xbf)?\s*%PDF-")
_BEGIN = 1024
# Of one list or object, before a translation goes through it.
MAX_PARTS_OF_ONE = 1_000
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Recognised(NamedTuple):
    """Of which source a file is, and its document; None for LinkedIn's archive.

    `doubled` are the paths of keys that stand twice in one object.
    """

    source: str
    document: Any = None
    translation: Translation | None = None
    doubled: Sequence[Path] = ()


def recognise(body: bytes) -> Recognised:
    """What a file is. Raises Refused for one that isn't read, and what `loads_last` raises for broken JSON."""
    body = _in_utf8(body)
    if not body.strip():
        raise Refused("empty", _NOTHING)
    if body[:2] == b"PK":
        if found := next((what for sign, what in _IN_ZIPS if sign in body), None):
            raise Refused("unsupported_file", say(_SEND, what=found))
        return Recognised(LINKEDIN)
    _refuse_known(body)
    bare = body[:_BEGIN].removeprefix(_BOMS[0]).lstrip()
    if bare[:1] in {b"{", b"["}:
        document, doubled = loads_last(body)
        return of_document(document, doubled)
    if bare[:1] == b"<" or body[:2] in _BOMS:
        return _of_xml(*xml_text.loads(body))
    document, doubled = yaml_text.loads(body)
    if depth_exceeds(document, MAX_DEPTH):
        raise Refused("too_large", say(TOO_DEEP, n=MAX_DEPTH))
    if isinstance(document, str):
        raise Refused("unsupported_file", say(_SEND, what=mark("a plain text")))
    return of_document(document, doubled)


def _in_utf8(body: bytes) -> bytes:
    """The file as UTF-8 where it is what Windows calls Unicode. XML says itself how it is written."""
    if body[:2] not in _BOMS:
        return body
    try:
        text = body.decode("utf-16")
    except UnicodeDecodeError:
        return body
    return body if text.lstrip().startswith("<") else text.encode()


def _refuse_known(body: bytes) -> None:
    """Raises Refused for files of other programs."""
    begin = body[:_BEGIN]
    if _PDF_SIGN.match(begin):
        raise Refused("unsupported_file", _PDF)
    what = next((what for sign, what in _SIGNATURES if begin.startswith(sign)), None)
    if what is None and any(brand in begin[4:16] for brand in _BRANDS):
        what = mark("a picture")
    if what is None and _HTML.match(begin):
        what = mark("a web page")
    if what:
        raise Refused("unsupported_file", say(_SEND, what=what))


def _of_xml(name: str, value: Any) -> Recognised:
    members = value if isinstance(value, dict) else {}
    _check_sizes(members)
    if name == "SkillsPassport":
        return Recognised(EUROPASS, value, europass.read_passport(europass.like_json(members)))
    if name == "Candidate":
        return Recognised(EUROPASS, value, europass_candidate.read(members))
    raise Refused("unsupported_file", say(_OTHER_XML, name=shown(name)))


# In this order: the first that a document is.
_READERS: Sequence[tuple[Callable[[Mapping[str, Any]], Any], str, Callable[[Mapping[str, Any]], Translation]]] = (
    (europass.is_passport, EUROPASS, lambda document: europass.read_passport(document["SkillsPassport"])),
    (rendercv.is_rendercv, RENDERCV, rendercv.read),
    (reactive_resume.version_of, REACTIVE_RESUME, reactive_resume.read),
    (fresh.is_fresh, FRESH, fresh.read),
)
_OLDEST_READ = 3
# Formats that are known and not read: the members that tell them, and what they are called.
_NOT_READ: Sequence[tuple[Callable[[Mapping[str, Any]], bool], Sentence]] = (
    (lambda document: _has(document, "content", "basics"), mark("a YAMLResume file")),
    (lambda document: "aboutMe" in document and "experience" in document, mark("a file of Manfred (MAC)")),
)


def _check_sizes(document: Mapping[str, Any]) -> None:
    """Raises Refused where a list or an object has more parts than that of any CV."""
    left: list[Any] = [document]
    while left:
        holder = left.pop()
        if len(holder) > MAX_PARTS_OF_ONE:
            raise Refused("too_large", say(TOO_MANY_IN_ONE, n=MAX_PARTS_OF_ONE))
        left += [
            part for part in (holder.values() if isinstance(holder, dict) else holder) if isinstance(part, dict | list)
        ]


def _has(document: Mapping[str, Any], holder: str, name: str) -> bool:
    inner = document.get(holder)
    return isinstance(inner, Mapping) and name in inner


def of_document(document: Any, doubled: Sequence[Path] = ()) -> Recognised:
    """What a document is that was read from JSON or YAML; JSON Resume where it is nothing else that is known."""
    if isinstance(document, Mapping) and "basics" in document and "sections" not in document:
        return Recognised(JSON_RESUME, document, None, doubled)
    if isinstance(document, Mapping):
        version = reactive_resume.version_of(document)
        if 0 < version < _OLDEST_READ:
            raise Refused("unsupported_version", say(_VERSION, version=str(version)))
        for is_it, source, read in _READERS:
            if is_it(document):
                _check_sizes(document)
                return Recognised(source, document, read(document), doubled)
        if found := next((what for tells, what in _NOT_READ if tells(document)), None):
            raise Refused("unsupported_file", say(_SEND, what=found))
    return Recognised(JSON_RESUME, document, None, doubled)
