"""The gate that every text passes before anything is done whose time grows faster than the text.

Normal forms take quadratic time where marks that combine stand in a row, and hold the interpreter meanwhile. So a text
is judged by its length first, then by its longest run of such marks, and only then normalised, compared or stored.
Whatever takes texts in asks `fault` here, whether they come in bodies, queries, forms or imports. What an address on
the web, or the name of a link, may not hold beside that is judged here too.
"""

import re
import unicodedata
from itertools import chain, takewhile

from profiles_project.words.sentences import mark, say

# As many as Unicode's stream-safe text has (UAX #15, section 13). No language writes more than a few on one letter.
MOST_MARKS = 30
# One character of the normal form C stands for four of a text at most: the longest canonical decomposition has four.
NFC_SHRINKS = 4
# Two halfwidth signs of katakana become marks in the form in which support searches (NFKD).
_MARKS_ELSEWHERE = "\uff9e\uff9f"
_FIRST_MARK = "\u0300"
# Letters and signs of the western alphabets, which no normal form C changes in any order.
_LATIN = re.compile(r"[\u0001-\u02ff\u2010-\u2027]*")
# They turn round the order in which what follows is shown, so that an address reads as another one.
_DIRECTION_MARK = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
# Whose host it is, with a user's name before it and a port behind it.
_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_PORT = re.compile(r":([0-9]+)$")
_LAST_PORT = 65535

# A sentence and a stable code.
TextFault = tuple[str, str]


def fault(text: str, longest: int) -> TextFault | None:
    """Why a text may not be normalised, None where it may: it is too long in any form, or marks run too long in it.

    `longest` is the number of characters that its normal form may have. Whether it has more is for the caller to say
    afterwards, since a text that is a little longer may be short enough in that form.
    """
    if len(text) > NFC_SHRINKS * longest:
        return too_long(longest)
    if has_long_run(text):
        return say("A letter can have at most {n} accents or other marks.", n=MOST_MARKS), "combining_marks"
    return None


def too_long(longest: int) -> TextFault:
    """The fault of a text of more than `longest` characters."""
    return say("Use at most {n} characters.", n=longest), "max_length"


def direction_fault(text: str) -> TextFault | None:
    """Why a name or an address may not be stored, None where it may: marks of writing direction stand in it."""
    if not text.isascii() and _DIRECTION_MARK.search(text):
        return mark("Characters that change the direction of writing can't be used here."), "direction_marks"
    return None


def address_fault(url: str) -> TextFault | None:
    """Why an http or https URL may mislead or lead nowhere, None where it does neither."""
    if url.isascii() and "@" not in url and url.find(":", len("https:")) < 0:
        # It has neither, as nearly all have.
        return None
    if found := direction_fault(url):
        return found
    authority = _AUTHORITY.match(url)
    if authority and "@" in authority[1]:
        text = mark("A web address can't have a user name in it; leave out the name and the @.")
        return text, "user_name"
    port = authority and _PORT.search(authority[1])
    # No longer number is turned into one: Python refuses thousands of digits.
    if port and (len(port[1]) > len(str(_LAST_PORT)) or int(port[1]) > _LAST_PORT):
        return say("The number after the colon can be at most {n}.", n=str(_LAST_PORT)), "port"
    return None


def has_long_run(text: str) -> bool:
    """Whether more than MOST_MARKS marks stand in a row. Takes time in proportion to the length."""
    # Most texts are ASCII, which has no marks, or too short for so many.
    if text.isascii() or len(text) <= MOST_MARKS:
        return False
    # Of each run that is too long, one of these characters is a part.
    sample = text[MOST_MARKS :: MOST_MARKS + 1]
    if sample.isascii() or max(sample) < _FIRST_MARK:
        return False
    return any(_has_long_run_around(text, place) for place in range(MOST_MARKS, len(text), MOST_MARKS + 1))


def _has_long_run_around(text: str, place: int) -> bool:
    if not _is_mark(text[place]):
        return False
    before = takewhile(_is_mark, reversed(text[place - MOST_MARKS : place]))
    behind = takewhile(_is_mark, text[place + 1 : place + 1 + MOST_MARKS])
    return 1 + sum(1 for _ in chain(before, behind)) > MOST_MARKS


def _is_mark(letter: str) -> bool:
    # Category M has all characters with a combining class, and others that a letter carries.
    return unicodedata.category(letter)[0] == "M" or letter in _MARKS_ELSEWHERE


def nfc(text: str) -> str:
    """The text in Unicode normal form C, the one form in which texts are stored."""
    return unicodedata.normalize("NFC", text)


def is_normal(text: str) -> bool:
    """Whether a text has passed the gate and is in normal form C as it stands."""
    return bool(_LATIN.fullmatch(text)) or not (has_long_run(text) or nfc(text) != text)


def fold(text: str) -> str:
    """The key under which texts are equal without case: «Straße» and «STRASSE» have the same.

    Made in Python, since the `lower()` of PostgreSQL and that of SQLite differ.
    """
    return nfc(nfc(text).casefold())


def search_key(*texts: str) -> str:
    """The texts as support searches them: without case and without marks above or below a letter, one space between.

    «Jürgen  Groß» and «JURGEN GROSS» have the same. Those who type a name may not know how its owner writes it.
    """
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", " ".join(texts)) if not unicodedata.combining(letter)
    )
    return " ".join(nfc(bare.casefold()).split())


def shown(text: str, length: int = 80) -> str:
    """A text of somebody's, short and on one line, for a sentence."""
    text = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[: length + 1])
    return text if len(text) <= length else text[: length - 1] + "…"
