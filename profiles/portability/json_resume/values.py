"""How single values of a résumé are read, whether they may be given back as they came, and their fingerprints."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from profiles.portability import dates, levels
from profiles.portability.json_resume.mapping import MAX_ITEMS, Key, is_empty
from profiles_project.texts import MOST_MARKS, NFC_SHRINKS, has_long_run, nfc, shown
from profiles_project.words.sentences import Sentence, mark, say


class Unreadable(ValueError):
    """What can't be read as the field's value: why, in one sentence."""


class NotKept(Unreadable):
    """What can't be read, and is too long to be kept aside."""


# So many characters of a text are read: one more than the longest field takes (contract 3.1), so that the API still
# finds the text too long.
_READ = NFC_SHRINKS * 2_001

# A reader returns the value to store, and a sentence on what was changed, empty where nothing was.
Read = tuple[Any, str]

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d{1,5}(?:[/?#]|$))")
# What the schema calls a date; looser than the calendar.
_SCHEMA_DATE = re.compile(r"[12]\d{3}(?:-[01]\d(?:-[0-3]\d)?)?")
UNKNOWN_FLUENCY = Sentence("conversational")
_TOO_MANY_MARKS = say("One letter has more than {n} accents or other marks; this is kept separately.", n=MOST_MARKS)
# Where in an object its text may stand, the likeliest place first.
_TEXT_MEMBERS = ("text", "name", "title", "description", "summary", "value", "content", "label")
FROM_OBJECT = mark("The text was taken out of what came.")
# In characters, of a file that stands in a document as an address.
_LONGEST_DATA = 2_000
_PICTURE = mark("A picture that stands in the document itself can't be stored; it is left out.")
_NO_NUMBER = mark("This should be a number; it is kept separately.")


def text(given: Any) -> Read:
    """A text without white space around it, in Unicode NFC. A number becomes its digits."""
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return str(given), mark("This number is stored as text.")
    if not isinstance(given, str):
        raise Unreadable(mark("This should be text; it is kept separately."))
    value = given.strip()[:_READ]
    if has_long_run(value):
        raise Unreadable(
            say("One letter has more than {n} accents or other marks; this is kept separately.", n=MOST_MARKS)
        )
    value = nfc(value)
    if value == given[:_READ]:
        return value, ""
    return value, mark("Spaces around this were removed, or its letters put in Unicode's usual form.")


def url(given: Any) -> Read:
    """An address; one without a scheme gets https, and what names a file is none."""
    value, why = text(given)
    if value[:5].lower() == "data:" and len(given) > _LONGEST_DATA:
        raise NotKept(_PICTURE)
    if _SCHEME.match(value):
        return value, why
    if not _begins_with_host(value.removeprefix("//")):
        raise Unreadable(say("«{text}» is not a web address; it is kept separately.", text=shown(value)))
    return "https://" + value.removeprefix("//"), mark("«https://» was put before this address.")


def _begins_with_host(address: str) -> bool:
    """Whether an address without a scheme begins with the name of a host, not with that of a file or a folder."""
    host = re.split(r"[/?#]", address, maxsplit=1)[0].partition(":")[0]
    *others, last = host.split(".")
    return bool(others) and all(others) and len(last) > 1 and last.lower() not in _FILES


# Endings of files that stand where an address should, of which none is a domain.
_FILES = frozenset(
    {
        *("html", "htm", "xhtml", "php", "asp", "aspx", "jsp", "jpg", "jpeg", "png", "gif", "svg", "webp", "bmp"),
        *("tif", "tiff", "heic", "pdf", "doc", "docx", "odt", "rtf", "txt", "json", "xml", "yaml", "yml", "css", "js"),
    }
)


def date(given: Any) -> Read:
    """A partial date, from the ways in which people and programs write one; None where it says «now»."""
    value, why = text(given)
    found = dates.read(value)
    if found.is_now and not found.date:
        return None, _ONGOING
    if not found.date:
        raise Unreadable(say("«{text}» can't be read as a date; it is kept separately.", text=shown(value)))
    return found.date, why if found.date == value else differently(found)


def differently(found: dates.Found) -> str:
    """What a report says of a date in another form than ours."""
    if found.is_range:
        return TWO_DATES
    return _WRITTEN_DIFFERENTLY if found.is_exact else AS_FAR


TWO_DATES = mark("This names a start and an end; each is stored in its own place.")
AS_FAR = mark("The date was read as far as it can be stored.")
_ONGOING = mark("This means that it is ongoing, so the end date is left open.")
_WRITTEN_DIFFERENTLY = mark("This date was written differently.")


def text_in(given: Any) -> str:
    """The text of a value: itself, or that of an object; "" where there is none."""
    if isinstance(given, str):
        return given.strip()
    if not isinstance(given, Mapping):
        return ""
    named = (given.get(name) for name in _TEXT_MEMBERS)
    return next((text.strip() for text in named if isinstance(text, str) and text.strip()), "") or ", ".join(
        texts_in(given)
    )


def texts_in(given: Mapping[str, Any]) -> list[str]:
    """The texts among the members of an object."""
    return [value.strip() for value in given.values() if isinstance(value, str) and value.strip()]


def texts(given: Any) -> Read:
    """A list of texts; a single one is a list of one, of an object its text counts, and what has none is left out."""
    if isinstance(given, str):
        return [text(given)[0]], mark("A single text was turned into a list.")
    if not isinstance(given, list):
        raise Unreadable(mark("This should be a list of short texts; it is kept separately."))
    if len(given) > MAX_ITEMS:
        raise Unreadable(say("A list has at most {n} texts; this one is kept separately.", n=MAX_ITEMS))
    made, why = [], ""
    for each in given:
        try:
            found = text_in(each) if isinstance(each, Mapping) else ""
            value, changed = text(found or each)
            changed = FROM_OBJECT if found else changed
            made.append(value)
            why = why or changed
        except Unreadable:
            why = mark("Some entries of this list can't be stored as text; they are left out.")
    return made, why


def flag(given: Any) -> Read:
    """True or false."""
    if not isinstance(given, bool):
        raise Unreadable(mark("This should be true or false; it is kept separately."))
    return given, ""


def number(given: Any) -> Read:
    """A number, also one that is written as a text."""
    if isinstance(given, str):
        try:
            return float(given), mark("This text is stored as a number.")
        except ValueError as error:
            raise Unreadable(_NO_NUMBER) from error
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise Unreadable(_NO_NUMBER)
    return float(given), ""


def country(given: Any) -> Read:
    """A country's two letters, as capitals."""
    value, why = text(given)
    if not _COUNTRY.fullmatch(value):
        return value, why
    return value.upper(), why if value == value.upper() else mark("The letters were capitalised.")


_COUNTRY = re.compile(r"[A-Za-z]{2}")


def fluency(given: Any) -> Read:
    """One of our four proficiencies, by the words or the scale of a free text."""
    value, why = text(given)
    proficiency = levels.read(value)
    if not proficiency:
        return UNKNOWN_FLUENCY, say("This level is not known here; it is stored as «{level}».", level=UNKNOWN_FLUENCY)
    return proficiency, why if value == proficiency else say(
        "This is stored as «{level}».", level=Sentence(proficiency)
    )


def skill_kind(given: Any) -> Read:
    """Which list of skills it belongs to."""
    if given not in ("technical", "soft"):
        raise Unreadable(mark("This should be «technical» or «soft»; it is kept separately."))
    return given, ""


def as_it_is(given: Any) -> Read:
    """Whatever it is; the API judges it."""
    return given, ""


READERS: Mapping[str, Callable[[Any], Read]] = {
    "text": text,
    "url": url,
    "date": date,
    "texts": texts,
    "flag": flag,
    "number": number,
    "country": country,
    "fluency": fluency,
    "skill_kind": skill_kind,
    "as_it_is": as_it_is,
}


def fits(key: Key, value: Any) -> bool:
    """Whether the official schema allows the value under the key."""
    if key.is_ours:
        return True
    if key.kind == "texts":
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not isinstance(value, str):
        return False
    if key.kind == "date":
        return bool(_SCHEMA_DATE.fullmatch(value))
    if key.name == "email":
        return re.fullmatch(r"[^@\s]+@[^@\s]+", value) is not None
    return key.name != "url" or (bool(_SCHEME.match(value)) and not re.search(r"\s", value))


def fingerprint(value: Any) -> str:
    """A short text that is the same for equal values and for no others; all that is empty has the same one."""
    if is_empty(value):
        return ""
    return hashlib.sha256(_written(value)).hexdigest()[:16]


def size(value: Any) -> int:
    """How many bytes a value has as JSON."""
    return len(_written(value))


def _written(value: Any) -> bytes:
    return _WRITER.encode(value).encode("utf-8", "surrogatepass")


_WRITER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))
