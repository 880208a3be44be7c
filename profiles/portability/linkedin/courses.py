"""Courses of an archive that belong to an education in it."""

import re
from typing import NamedTuple

from profiles.portability.linkedin.notes import Item, Note, Place
from profiles_project.texts import shown
from profiles_project.words.sentences import mark, say

_MOVED = mark("This is stored among the courses of «{school}».")
_WORD = re.compile(r"\w+")


def among_education(
    courses: list[tuple[Place, Item]], education: list[tuple[Place, Item]], notes: list[Note]
) -> list[tuple[Place, Item]]:
    """Puts each course whose school the archive names among the courses of that education, and returns the others."""
    others = []
    schools = [_School.of(item) for _, item in education]
    for place, course in courses:
        told = _told(course)
        school = next((each.item for each in schools if told and each.has(told)), None)
        if school is None:
            others.append((place, course))
            continue
        # The number before the name, as in JSON Resume's own example.
        school.setdefault("courses", []).append(" - ".join(course[key] for key in ("number", "name") if key in course))
        notes.append(Note(place.said, "changed", say(_MOVED, school=shown(school["institution"]))))
    return others


class _School(NamedTuple):
    """An education, the words of its school's name, and all words that name it."""

    item: Item
    name: set[str]
    words: set[str]

    @classmethod
    def of(cls, item: Item) -> "_School":
        name = _words(item.get("institution", ""))
        return cls(item, name, name | _words(item.get("studyType", "")) | _words(item.get("area", "")))

    def has(self, told: set[str]) -> bool:
        """Whether a course of which this is told is of this education."""
        return bool(self.name) and self.name <= told <= self.words


def _told(course: Item) -> set[str]:
    """The words that say of which education a course is, none where it says more that would be lost there."""
    if "name" not in course or not course.keys() <= {"name", "number", "associatedWith"}:
        return set()
    return _words(course.get("associatedWith", ""))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
