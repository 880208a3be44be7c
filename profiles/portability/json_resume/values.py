"""How single values of a résumé are read, whether they may be given back as they came, and their fingerprints."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from profiles.partial_dates import parse
from profiles.portability.json_resume.mapping import MAX_ITEMS, Key, is_empty
from profiles_project.texts import MOST_MARKS, NFC_SHRINKS, has_long_run, nfc
from profiles_project.words.sentences import Sentence, mark, say


class Unreadable(ValueError):
    """What can't be read as the field's value: why, in one sentence."""


# So many characters of a text are read: one more than the longest field takes (contract 3.1), so that the API still
# finds the text too long.
_READ = NFC_SHRINKS * 2_001

# A reader returns the value to store, and a sentence on what was changed, empty where nothing was.
Read = tuple[Any, str]

_SCHEME = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d{1,5}(?:[/?#]|$))")
# What the schema calls a date; looser than the calendar.
_SCHEMA_DATE = re.compile(r"[12]\d{3}(?:-[01]\d(?:-[0-3]\d)?)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LOOSE_DATES = (
    # 2014-06-29T00:00:00Z, of which the letters are small here
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})[t ].*"),
    # 2014/06/29, 2014.6
    re.compile(r"(?P<year>\d{4})[/.](?P<month>\d{1,2})(?:[/.](?P<day>\d{1,2}))?"),
    # 2014-6
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?"),
    # 06/2014
    re.compile(r"(?P<month>\d{1,2})[/.-](?P<year>\d{4})"),
    # June 2014, Jun. 29, 2014
    re.compile(r"(?P<name>[a-z]{3,9})\.?\s+(?:(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+)?(?P<year>\d{4})"),
    # 29 June 2014
    re.compile(r"(?P<day>\d{1,2})\.?\s+(?P<name>[a-z]{3,9})\.?,?\s+(?P<year>\d{4})"),
)
_NOW = frozenset({"present", "now", "current", "currently", "today", "ongoing", "to date", "-", "–", "—"})
# Each proficiency with the words that mean it, in the order in which they are looked for.
_FLUENCIES = (
    ("native", ("native", "mother tongue", "bilingual", "first language", "muttersprache", "c2")),
    ("basic", ("elementary", "basic", "beginner", "novice", "limited", "a1", "a2", "some")),
    ("fluent", ("fluent", "full professional", "advanced", "proficient", "expert", "master", "c1")),
    ("conversational", ("conversational", "professional", "working", "intermediate", "good", "b1", "b2")),
)
UNKNOWN_FLUENCY = Sentence("conversational")
_TOO_MANY_MARKS = say("One letter has more than {n} accents or other marks; this is kept separately.", n=MOST_MARKS)
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
    """An address; one without a scheme gets https."""
    value, why = text(given)
    if _SCHEME.match(value):
        return value, why
    return "https://" + value.removeprefix("//"), mark("«https://» was put before this address.")


def date(given: Any) -> Read:
    """A partial date, from the ways in which people and programs write one. An end that is now is None."""
    value, why = text(given)
    try:
        return parse(value), why
    except ValueError:
        pass
    if means_now(value):
        return None, mark("This means that it is ongoing, so the end date is left open.")
    for form in _LOOSE_DATES:
        if found := form.fullmatch(value.lower()):
            return _loose_date(found, value)
    raise Unreadable(mark("This can't be read as a date; it is kept separately."))


def means_now(given: str) -> bool:
    """Whether the text of an end says that it is still to come."""
    return given.strip().lower() in _NOW


def _loose_date(found: re.Match[str], value: str) -> Read:
    parts = found.groupdict()
    name = (parts.get("name") or "")[:3]
    month = _MONTHS.index(name) + 1 if name in _MONTHS else int(parts.get("month") or 0)
    day = f"-{int(parts['day']):02}" if parts.get("day") else ""
    try:
        return parse(f"{parts['year']}-{month:02}{day}"), mark("This date was written differently.")
    except ValueError as error:
        raise Unreadable(mark("There is no such date; it is kept separately.")) from error


def texts(given: Any) -> Read:
    """A list of texts; a single one is a list of one, and what is no text is left out."""
    if isinstance(given, str):
        return [text(given)[0]], mark("A single text was turned into a list.")
    if not isinstance(given, list):
        raise Unreadable(mark("This should be a list of short texts; it is kept separately."))
    if len(given) > MAX_ITEMS:
        raise Unreadable(say("A list has at most {n} texts; this one is kept separately.", n=MAX_ITEMS))
    made, why = [], ""
    for each in given:
        try:
            value, changed = text(each)
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
    return value.upper(), why if value == value.upper() else mark("The letters were capitalised.")


def fluency(given: Any) -> Read:
    """One of our four proficiencies, by the words of a free text."""
    value, why = text(given)
    words = value.lower()
    for proficiency, signs in _FLUENCIES:
        if any(sign in words for sign in signs):
            return proficiency, why if value == proficiency else say(
                "This is stored as «{level}».", level=Sentence(proficiency)
            )
    return UNKNOWN_FLUENCY, say("This level is not known here; it is stored as «{level}».", level=UNKNOWN_FLUENCY)


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
    written = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()[:16]
