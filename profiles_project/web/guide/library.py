"""The pages of the guide: docs/guide, read and rendered once a process."""

import re
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import NamedTuple

from django.conf import settings

from profiles_project.web.guide.rendering import Document, read

INDEX = "index"
# Shown at /problems/ and not as a page of its own.
PROBLEMS = "problems"
# `- [short name](page.md): what it is about`, a line of text each.
_ENTRY = re.compile(r"^- \[([^\]]+)\]\(([a-z-]+)\.md\)", re.MULTILINE)


class Link(NamedTuple):
    """A page in the navigation."""

    name: str
    short: str

    @property
    def href(self) -> str:
        """Its address on the service."""
        return f"/guide/{self.name}"


class Library:
    """All documents of a folder by their names, and the order that its index gives them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.documents: Mapping[str, Document] = {name: read(text) for name, text in texts.items()}
        self.pages: Sequence[Link] = [
            Link(name, short) for short, name in _ENTRY.findall(texts[INDEX]) if name != PROBLEMS
        ]

    def page(self, name: str) -> Document | None:
        """The page of this name; None where the index names none so."""
        return self.documents[name] if name in self._places else None

    def around(self, name: str) -> tuple[Link | None, Link | None]:
        """The page before and the page behind."""
        place = self._places[name]
        before = self.pages[place - 1] if place else None
        return before, self.pages[place + 1] if place + 1 < len(self.pages) else None

    @property
    def problems(self) -> Document:
        """What the guide says of each type of problem, in a section each."""
        return self.documents[PROBLEMS]

    @cached_property
    def of_problems(self) -> Mapping[str, Document]:
        """The same, each section as a document by the type's slug."""
        _, *sections = re.split(r"^## ", self._texts[PROBLEMS], flags=re.MULTILINE)
        return {heading: read(text) for heading, _, text in (section.partition("\n") for section in sections)}

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {link.name: place for place, link in enumerate(self.pages)}


@cache
def library() -> Library:
    """The guide, read from the folder of settings.GUIDE_DIR."""
    return Library({path.stem: path.read_text(encoding="utf-8") for path in sorted(settings.GUIDE_DIR.glob("*.md"))})
