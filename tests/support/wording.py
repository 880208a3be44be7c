"""What every sentence must be that people read, and which sentences can be said in all languages."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent.parent
LANGUAGES = ("de", "fr", "es")
# What only programs read: a key, an index, a JSON Pointer, the name of a type, a place that nothing was put into.
FOR_PROGRAMS = re.compile(
    r"[a-z]_[a-z]|\[\d*\]|(?<![\w/:.])/[\w~-]+/|\b(?:UUID|URI|[Ss]tring|[Oo]bject|[Aa]rray|[Bb]oolean|[Ii]nteger|null|None)\b|[{}\x1f]"
)
# What somebody else has named, and addresses that stand as examples.
GIVEN = re.compile(r"«[^»]*»|„[^“]*“|https?://\S*|application/\S*")


def catalog(language: str) -> Catalog:
    """The translations into a language."""
    path = ROOT / "profiles_project" / "locale" / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


@functools.cache
def known_sentences() -> frozenset[str]:
    """The English sentences and phrases that have translations."""
    return frozenset(id_ for message in catalog(LANGUAGES[0]) for id_ in _ids(message.id))


def _ids(found: Any) -> tuple[str, ...]:
    return found if isinstance(found, tuple) else (found,)


def sentence_faults(problem: dict[str, Any]) -> Iterator[str]:
    """Which sentences of a problem document are none for people."""
    for text in (problem["detail"], *(error["detail"] for error in problem.get("errors", ()))):
        if found := FOR_PROGRAMS.search(GIVEN.sub("", text)):
            yield f"{found[0]!r} is no word for people: {text!r}"
        if not text.endswith(".") or not text[:1].isprintable() or text[:1].islower():
            yield f"this is no whole sentence: {text!r}"
