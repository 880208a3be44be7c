"""Version numbers by the rules of Semantic Versioning, without its forms for previews."""

import re
from pathlib import Path

# The one place where the version of the service stands, and how.
FILE = "profiles_project/__init__.py"
_LINE = re.compile(r'^VERSION = "(.*)"$', re.MULTILINE)
_NUMBER = r"(0|[1-9]\d*)"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}", re.ASCII)


def numbers(version: str) -> tuple[int, int, int]:
    """Major, minor and patch. Raises ValueError for what is no version."""
    if not (found := _VERSION.fullmatch(version)):
        raise ValueError(f"«{version}» is no version: three numbers are, as in 1.4.0 (https://semver.org).")
    return int(found[1]), int(found[2]), int(found[3])


def current(root: Path) -> str:
    """The version of the last release, as the file has it."""
    (version,) = _LINE.findall((root / FILE).read_text())
    return str(version)


def write(root: Path, version: str) -> None:
    """Put another version in its place."""
    path = root / FILE
    path.write_text(_LINE.sub(f'VERSION = "{version}"', path.read_text()))
