"""Cuts a release: checks that it may be, writes version, date and documents, commits and tags; it never pushes."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from releases import ACCEPTED, DOCUMENT, RELEASED, changelog, versions
from releases.breaks import breaks

CHANGELOG = "CHANGELOG.md"
WRITTEN = (versions.FILE, CHANGELOG, DOCUMENT, RELEASED, ACCEPTED)
NOTHING_ACCEPTED = """\
# Breaks since the last release that are argued for: "the sentence that the test says" = "the reason". A release empties
# this file.

# What breaks nobody, such as a document that said what the service never did.
[harmless]

# What is meant to break clients: the next release needs a new major version.
[major]
"""


class Refused(Exception):
    """No release is cut, for the reason that the text says; nothing was changed."""


def load(path: Path) -> dict[str, Any]:
    """An OpenAPI document."""
    document: dict[str, Any] = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)  # a safe one
    return document


def accepted(root: Path) -> dict[str, dict[str, str]]:
    """The breaks that are argued for, with reasons: what breaks nobody (`harmless`), and what is meant (`major`)."""
    return tomllib.loads((root / ACCEPTED).read_text())


def breaking(root: Path, today: date) -> list[str]:
    """What breaks clients of the last release; nothing before the first one."""
    is_first = not (root / RELEASED).exists()
    return [] if is_first else breaks(load(root / RELEASED), load(root / DOCUMENT), today)


def cut(root: Path, version: str, today: date, make_document: Callable[[], None]) -> None:
    """Cut the release. `make_document` writes the OpenAPI document that the code says. Raises Refused."""
    if _git(root, "status", "--porcelain"):
        raise Refused("There are changes that are not committed: commit them, or take them away.")
    _check_version(root, version)
    _check_changelog(root, version, today)
    harmless = accepted(root)["harmless"]
    found = [each for each in breaking(root, today) if each not in harmless]
    if found and versions.numbers(version)[0] == versions.numbers(versions.current(root))[0]:
        told = "\n".join(f"- {each}" for each in found)
        raise Refused(f"This breaks clients of {versions.current(root)}, so it needs a new major version:\n{told}")
    head = _git(root, "rev-parse", "HEAD")
    try:
        _write(root, version, today, make_document)
        _git(root, "add", "--", *WRITTEN)
        _git(root, "commit", "--quiet", "--message", f"Release {version}")
        _git(root, "tag", "--annotate", f"v{version}", "--message", f"Release {version}")
    except BaseException:
        # The tree was clean, so that all that differs now is what was written here.
        _git(root, "add", "--", *(name for name in WRITTEN if (root / name).exists()))
        _git(root, "reset", "--quiet", "--hard", head)
        raise


def _check_version(root: Path, version: str) -> None:
    last = versions.current(root)
    try:
        is_newer = versions.numbers(version) > versions.numbers(last)
    except ValueError as error:
        raise Refused(str(error)) from error
    if not is_newer:
        raise Refused(f"{version} is not newer than {last}, which is the last release.")
    if _git(root, "tag", "--list", f"v{version}"):
        raise Refused(f"The tag v{version} is there already.")


def _check_changelog(root: Path, version: str, today: date) -> None:
    text = (root / CHANGELOG).read_text()
    if found := changelog.faults(text):
        raise Refused("\n".join(["CHANGELOG.md is not in its form:", *(f"- {each}" for each in found)]))
    if not changelog.unreleased(text):
        raise Refused("CHANGELOG.md has nothing under «Unreleased»: say there what is new.")
    if found := changelog.faults(changelog.with_release(text, version, today)):
        raise Refused("\n".join([f"{version} of {today} does not fit into CHANGELOG.md:", *found]))


def _write(root: Path, version: str, today: date, make_document: Callable[[], None]) -> None:
    """Write all files of the release. Raises Refused where the committed document is not what the code says."""
    before = load(root / DOCUMENT)
    versions.write(root, version)
    make_document()
    now = load(root / DOCUMENT)
    if now["info"]["version"] != version or _without_version(now) != _without_version(before):
        raise Refused(f"{DOCUMENT} is not what the code says: run make schema, and look at what it changes.")
    path = root / CHANGELOG
    path.write_text(changelog.with_release(path.read_text(), version, today))
    shutil.copyfile(root / DOCUMENT, root / RELEASED)
    (root / ACCEPTED).write_text(NOTHING_ACCEPTED)


def _without_version(document: Mapping[str, Any]) -> dict[str, Any]:
    info = {name: value for name, value in document["info"].items() if name != "version"}
    return {**document, "info": info}


def _git(root: Path, *arguments: str) -> str:
    """What git says. Raises Refused with git's own words where it fails."""
    command = [shutil.which("git") or "git", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        words = re.sub(r"\s+", " ", done.stderr).strip()
        raise Refused(f"git {arguments[0]} failed: {words or done.stdout.strip()}")
    return done.stdout.strip()
