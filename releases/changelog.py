"""CHANGELOG.md in the form of «Keep a Changelog» (https://keepachangelog.com/en/1.1.0/)."""

import re
from datetime import date
from itertools import pairwise

from releases.versions import numbers

UNRELEASED = "## [Unreleased]"
HEADINGS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
_RELEASE = re.compile(r"## \[(.*)\] - (\d{4}-\d{2}-\d{2})", re.ASCII)
_UNRELEASED = re.compile(rf"^{re.escape(UNRELEASED)}\n", re.MULTILINE)


def unreleased(text: str) -> str:
    """What stands under «Unreleased». Raises ValueError where there is no such section."""
    if not (found := _UNRELEASED.search(text)):
        raise ValueError(f"CHANGELOG.md has no section {UNRELEASED}.")
    return re.split(r"^## ", text[found.end() :], maxsplit=1, flags=re.MULTILINE)[0].strip()


def with_release(text: str, version: str, today: date) -> str:
    """The text with all that is unreleased as a release of today, and an empty section for what comes next."""
    return _UNRELEASED.sub(f"{UNRELEASED}\n\n## [{version}] - {today.isoformat()}\n", text, count=1)


def faults(text: str) -> list[str]:
    """A sentence for each thing that is not in that form."""
    sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]
    titles = [section.partition("\n")[0] for section in sections]
    found = [] if titles[:1] == [UNRELEASED] else [f"The first section is not {UNRELEASED}."]
    releases = [(title, _release(title)) for title in titles[1:]]
    found += [f"«{title}» is no release with its date." for title, release in releases if release is None]
    for newer, older in pairwise(release for _, release in releases if release):
        if newer[0] <= older[0] or newer[1] < older[1]:
            found.append(f"The release of {newer[1]} stands before one that is newer.")
    for title, section in zip(titles, sections, strict=True):
        found += [f"{title}: {each}" for each in _faults_in(section, may_be_empty=title == UNRELEASED)]
    return found


def _release(title: str) -> tuple[tuple[int, int, int], date] | None:
    """Number and day of the release that a section is headed by; None where it names none, or no day that there is."""
    if not (found := _RELEASE.fullmatch(title)):
        return None
    try:
        return numbers(found[1]), date.fromisoformat(found[2])
    except ValueError:
        return None


def _faults_in(section: str, *, may_be_empty: bool) -> list[str]:
    before, *parts = re.split(r"^### ", section.partition("\n")[2], flags=re.MULTILINE)
    headings = [part.partition("\n")[0] for part in parts]
    found = [f"«{each}» is none of {', '.join(HEADINGS)}." for each in headings if each not in HEADINGS]
    found += [f"«{each}» stands there twice." for each in HEADINGS if headings.count(each) > 1]
    found += [f"«{part.strip()}» is empty." for part in parts if not part.partition("\n")[2].strip()]
    if before.strip():
        found.append("there is text before the first heading.")
    if not parts and not may_be_empty:
        found.append("it is empty.")
    return found
