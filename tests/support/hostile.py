"""Bodies by which one sender tries to hold up the service for everybody, each of about as many bytes as asked for.

Every one is a whole JSON text or a text in it. What they cost without a limit stands in docs/faults.md.
"""

import json
from typing import Any

# Of two classes that a normal form must put in order, so that each is moved past all before it.
ALTERNATING = "\u0301\u0323"
MIB = 2**20


def combining(size: int) -> str:
    """A text of combining marks that alternate, which takes a normal form quadratic time."""
    return ALTERNATING * (size // len(ALTERNATING.encode()))


def token(size: int) -> bytes:
    """The body of POST /auth/verify-email, and of its like, whose token is such a text."""
    return encoded({"token": combining(size)})


def content_type(size: int) -> str:
    """A Content-Type whose parameter Python reads in quadratic time."""
    return 'application/json; a="' + ";" * size


def faulty_items(size: int) -> bytes:
    """A list of objects that lack all their fields."""
    return _listed(b"{}", size)


def faulty_names(size: int) -> bytes:
    """The body of POST …/skills/technical, whose names are numbers."""
    return b'{"skills": ' + _listed(b"0", size) + b"}"


def faulty_skills(size: int) -> bytes:
    """A document whose list of technical skills holds numbers."""
    return b'{"skills": {"technical": ' + _listed(b"0", size) + b"}}"


def faulty_fields(size: int) -> bytes:
    """The body of POST …/custom-fields, whose entries are numbers."""
    return b'{"fields": ' + _listed(b"0", size) + b"}"


def many_brackets(size: int) -> bytes:
    """Lists of empty lists: of all JSON what takes most memory for its length."""
    return _listed(b"[]", size)


def just_enough(size: int) -> bytes:
    """Objects of one key each, as many as are read at all, and a text that fills the rest."""
    items = b'{"a":0},' * 249_000
    return b"[" + items + b'"' + b"x" * max(0, size - len(items)) + b'"]'


def long_key(size: int) -> bytes:
    """A map of custom fields with one endless key."""
    return encoded({"k" * size: 1})


def wide_text(size: int) -> bytes:
    """A map of custom fields with one endless text, of which each character takes four bytes of memory."""
    return encoded({"a": "\U0001f600" + "x" * size})


def faulty_resume(size: int) -> bytes:
    """A JSON Resume document with as many links as fit, each without anything that could be stored."""
    return b'{"basics": {"name": "Mallory", "profiles": ' + _listed(b"0", size) + b"}}"


def talkative_resume(size: int) -> bytes:
    """A JSON Resume document with keys that nobody knows, each of which a report has to tell of."""
    keys = b",".join(b'"%x":0' % number for number in range(min(size // 10, 240_000)))
    return b'{"basics": {"name": "Mallory",' + keys + b"}}"


def encoded(value: Any) -> bytes:
    """JSON as clients write it, in UTF-8."""
    return json.dumps(value, ensure_ascii=False).encode()


def _listed(item: bytes, size: int) -> bytes:
    return b"[" + (item + b",") * max(0, (size - 100) // (len(item) + 1)) + item + b"]"
