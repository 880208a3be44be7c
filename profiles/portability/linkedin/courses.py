"""Courses of an archive that belong to an education in it."""

import re

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
    for place, course in courses:
        school = next((item for _, item in education if _belongs(course, item)), None)
        if school is None:
            others.append((place, course))
            continue
        # The number before the name, as in JSON Resume's own example.
        school.setdefault("courses", []).append(" - ".join(course[key] for key in ("number", "name") if key in course))
        notes.append(Note(place.said, "changed", say(_MOVED, school=shown(school["institution"]))))
    return others


def _belongs(course: Item, education: Item) -> bool:
    """Whether a course is told to be of this education, and says nothing that would be lost there."""
    if "name" not in course or not course.keys() <= {"name", "number", "associatedWith"}:
        return False
    told = _words(course.get("associatedWith", ""))
    school = _words(education.get("institution", ""))
    known = school | _words(education.get("studyType", "")) | _words(education.get("area", ""))
    return bool(school) and school <= told <= known


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
