"""The example documents are really there, the schema judges as it should, and differences are found."""

import copy
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from tests.support.documents.resumes import NPM, SCHEMA, Example, differences, examples, is_resume
from tests.support.documents.strategies import json_values

pytestmark = pytest.mark.pure

DATA = Path(__file__).parent.parent / "data"
EXAMPLES = examples()
# How many documents each package ships that no package before it ships.
SHIPPED = {
    "@jsonresume/schema": 4,
    "fresh-resume-starter": 1,
    "fresh-test-resumes": 5,
    "jsonresume-theme-autumn": 1,
    "jsonresume-theme-caffeine": 1,
    "jsonresume-theme-macchiato": 1,
    "jsonresume-theme-microdata": 1,
    "jsonresume-theme-modern": 1,
    "jsonresume-theme-onepage": 1,
    "jsonresume-theme-stackoverflow": 1,
    "jsonresume-theme-student": 1,
    "resume-schema": 1,
}
# Examples that the official schema itself refuses: empty texts for what wasn't known, an address without a scheme,
# and keys of a draft.
INVALID = {
    ("fresh-test-resumes", "src/jrs/empty.json"),
    ("fresh-test-resumes", "src/jrs/richard-hendriks.json"),
    ("jsonresume-theme-macchiato", "resume.json"),
    ("jsonresume-theme-modern", "resume.json"),
    ("jsonresume-theme-stackoverflow", "docs/sample.resume.json"),
    ("resume-schema", "sample.resume.json"),
}


def test_every_package_ships_the_examples_that_it_is_there_for() -> None:
    assert Counter(example.package for example in EXAMPLES) == SHIPPED


def test_no_content_stands_among_the_examples_twice() -> None:
    for number, one in enumerate(EXAMPLES):
        assert all(differences(one.document, other.document) for other in EXAMPLES[number + 1 :])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.package}/{example.path}")
def test_the_schema_allows_the_examples_but_for_those_known_to_break_it(example: Example) -> None:
    assert SCHEMA.is_valid(example.document) is ((example.package, example.path) not in INVALID)


@pytest.mark.parametrize("name", ["ada", "grace", "minimal"])
def test_our_own_samples_keep_to_the_schema(name: str) -> None:
    document = json.loads((DATA / f"{name}.resume.json").read_text())
    assert is_resume(document)
    assert [error.message for error in SCHEMA.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("basics", "is_valid"),
    [
        ({"url": "https://example.org/a?b=c#d"}, True),
        ({"url": "mailto:ada@example.org"}, True),
        ({"url": "https://example.org/%C3%A9"}, True),
        ({"url": "example.org"}, False),
        ({"url": "https://example.org/a b"}, False),
        ({"url": "https://example.org/é"}, False),
        ({"url": "https://example.org/%zz"}, False),
        ({"url": "https:"}, False),
        ({"url": ""}, False),
        ({"url": None}, False),
        ({"email": "ada@example.org"}, True),
        ({"email": "ada"}, False),
    ],
)
def test_the_schema_checks_the_formats_of_addresses(basics: dict[str, Any], is_valid: bool) -> None:  # noqa: FBT001  # a table's column
    assert SCHEMA.is_valid({"basics": basics}) is is_valid


@pytest.mark.parametrize("date", ["2021", "2021-03", "2021-03-15"])
def test_the_schema_allows_a_certificate_the_dates_of_everything_else(date: str) -> None:
    assert SCHEMA.is_valid({"certificates": [{"date": date}], "awards": [{"date": date}]})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"basics": {"name": "Ada"}}, True),
        ({"basics": {"label": "Engineer"}, "x": 1}, True),
        ({"work": []}, True),
        ({"basics": {}}, False),
        ({"basics": "Ada", "skills": []}, False),
        ({"title": "Engineer", "company": "Engines", "skills": [{"name": "Go"}]}, False),
        ({"name": "Ada", "employment": {"history": []}, "projects": [], "languages": []}, False),
        ([{"basics": {"name": "Ada"}}], False),
    ],
)
def test_a_resume_is_known_by_its_shape(value: Any, expected: bool) -> None:  # noqa: FBT001  # a table's column
    assert is_resume(value) is expected


def test_the_packages_are_pinned_and_the_lock_names_no_registry() -> None:
    wanted = json.loads((NPM / "package.json").read_text())
    lock = (NPM / "package-lock.json").read_text()
    # And the one that tests/e2e runs.
    assert set(wanted["dependencies"]) == {*SHIPPED, "axe-core"}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted["dependencies"].values())
    locked = {name: package for name, package in json.loads(lock)["packages"].items() if name}
    assert all("resolved" not in package and "integrity" in package for package in locked.values())
    assert "://" not in lock


@pytest.mark.parametrize(
    ("before", "after", "pointers"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, []),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        (1, 1.0, []),
        (1, 2, [""]),
        (1, True, [""]),
        (None, False, [""]),
        ([], {}, [""]),
        ({}, None, [""]),
        ({"a": None}, {}, ["/a"]),
        ({}, {"a": None}, ["/a"]),
        ({"a": ["x", "y"]}, {"a": ["y"]}, ["/a/0", "/a/1"]),
        ({"a/b": 1, "c~d": 2}, {"a/b": 2}, ["/a~1b", "/c~0d"]),
        ({"a": {"0": 1}}, {"a": [1]}, ["/a"]),
        ({"": {"": 1}}, {"": {"": 2}}, ["//"]),
    ],
)
def test_differences_are_named_by_json_pointers(before: Any, after: Any, pointers: list[str]) -> None:
    assert differences(before, after) == pointers


@given(json_values)
def test_a_value_does_not_differ_from_its_copy(value: Any) -> None:
    assert differences(value, copy.deepcopy(value)) == []


@given(json_values, json_values, st.booleans())
def test_values_without_a_difference_are_the_same_json(one: Any, other: Any, nested: bool) -> None:  # noqa: FBT001  # drawn
    before, after = ({"a": [one]}, {"a": [other]}) if nested else (one, other)
    is_same = json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)
    assert (differences(before, after) == []) is is_same
