"""Whether something is a JSON Resume document at all, and none that is too large to be read."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from profiles.portability.json_resume import mapping
from profiles.portability.json_resume.mapping import is_empty
from profiles.portability.json_resume.objects import Path
from profiles_project.words.sentences import Sentence, mark, say

_VERSION = re.compile(r"/v?([0-9]{1,4})\.[0-9]+\.[0-9]+/")


class NoResume(ValueError):
    """The whole document is refused: where, a stable code, and why in one sentence."""

    def __init__(self, path: Path, code: str, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.path = path
        self.code = code


def check(resume: Any) -> None:
    """Raises NoResume for what is no JSON Resume document of version 1."""
    if not isinstance(resume, Mapping):
        raise NoResume((), "not_a_resume", mark("This is not a JSON Resume document."))
    if not resume or all(is_empty(value) for value in resume.values()):
        raise NoResume((), "empty", mark("This document is empty; there is nothing to import."))
    check_size((), None, resume)
    version = _VERSION.search(str(resume.get("$schema") or ""))
    if version and int(version[1]) > 1:
        sentence = mark("This is a document of version {version}; only version 1.0.0 of JSON Resume can be read.")
        raise NoResume(("$schema",), "schema_version", say(sentence, version=version[1]))
    if not any(name in resume for name in mapping.TOP_LEVEL if not name.startswith("$") and name != "meta"):
        sentence = mark("This is not a JSON Resume document: it has none of its sections.")
        raise NoResume((), "not_a_resume", sentence)
    if not isinstance(resume.get("basics"), Mapping):
        sentence = mark("The document has no personal information; it needs at least a name.")
        raise NoResume(("basics",), "required", sentence)


def check_size(path: Path, place: Sentence | None, raw: Sequence[Any] | Mapping[str, Any]) -> None:
    """Raises NoResume for a list of too many items, or an object of too many keys, before any of them is read."""
    is_object = isinstance(raw, Mapping)
    most = mapping.MAX_KEYS if is_object else mapping.MAX_ITEMS
    if len(raw) > most:
        sentence = say("There are {n} entries; at most {most} can be read.", n=len(raw), most=most)
        said = say("{place!c}: {sentence!l}", place=place, sentence=sentence) if place else sentence
        raise NoResume(path, "max_length", said)


def check_items(path: Path, place: Sentence | None, raw: Sequence[Any]) -> None:
    """The same for each object in a list: with each position in a company all of the company is looked at."""
    for index, each in enumerate(raw):
        if isinstance(each, Mapping):
            check_size((*path, index), place, each)
