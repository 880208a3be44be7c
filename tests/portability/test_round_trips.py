"""What comes in goes out again, less what the report names: of public examples, and of whatever hypothesis draws."""

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis.extra.django import TestCase

from profiles.portability.json_resume.mapping import (
    BASICS,
    LOCATION,
    OURS_IN_META,
    PROFILES,
    SKILLS,
    SUMMARIES,
    Key,
)
from profiles.portability.kinds import SECTIONS
from profiles.portability.linkedin import BASICS as OF_BASICS, FILES
from tests.portability.test_imports import exported, imported, told, without_ids
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.documents.resumes import Example, differences, examples, validate
from tests.support.documents.strategies import careers, resumes
from tests.support.factories import UserFactory
from users.models import User

# One has empty texts alone, its name too.
NAMELESS = "src/jrs/empty.json"
EXAMPLES = [example for example in examples() if example.path != NAMELESS]


def leaves(value: Any, at: str) -> Iterator[str]:
    """The pointers of all values below a pointer that hold no others."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not members:
        yield at
    for step, each in members:
        yield from leaves(each, f"{at}/{step}")


def at(value: Any, pointer: str) -> Any:
    """The value at a pointer, None where there is none."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value.get(key)
        else:
            value = value[int(key)] if isinstance(value, list) and int(key) < len(value) else None
    return value


def untold(resume: Any, out: Any, answer: Any) -> list[str]:
    """The pointers at which a résumé and its export differ and of which the report says nothing."""
    report, out = told(answer), copy.deepcopy(out)
    # What had to move, which the report says of what is moved.
    ours = out.get("meta", {}).get(OURS_IN_META, {})
    unknown = ours.get("unknown", {})
    for name in unknown.keys() & resume.keys():
        del unknown[name]
    for holder, name in ((ours, "unknown"), (out.get("meta", {}), OURS_IN_META), (out, "meta")):
        if holder.get(name) == {}:
            del holder[name]
    for pointer, parts in report.items():
        if re.fullmatch(r"(/basics/profiles|/\w+)/\d+", pointer) and parts[-1][0] == "kept_aside":
            _put_back(resume, out, pointer)
    found = [leaf for one in differences(resume, out) for leaf in leaves(at(resume, one) or at(out, one), one)]
    return [one for one in found if not any(one == named or one.startswith(f"{named}/") for named in report)]


def _put_back(resume: Any, out: Any, pointer: str) -> None:
    """What was kept aside and may not be given back, so that what follows it stands at the same place in both."""
    holder, _, index = pointer.rpartition("/")
    items = at(out, holder)
    if items is None:
        items = []
        parent, _, name = holder.rpartition("/")
        at(out, parent)[name] = items
    if items[int(index) : int(index) + 1] != [at(resume, pointer)]:
        items.insert(int(index), at(resume, pointer))


@pytest.mark.django_db
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.package}/{example.path}")
def test_every_public_example_comes_out_again_less_what_the_report_names(api: ApiClient, example: Example) -> None:
    answer = imported(api, example.document)
    out = exported(api, answer["profile"])
    validate(out)
    assert untold(example.document, out, answer) == []


@pytest.mark.django_db
def test_a_difference_that_the_report_does_not_name_is_found(api: ApiClient, user: User) -> None:
    """The control of the tests here."""
    answer = imported(api, EXAMPLES[0].document)
    out = exported(api, answer["profile"])
    out["work"][0]["position"] = "Somebody else"
    del out["basics"]["phone"]
    assert sorted(untold(EXAMPLES[0].document, out, answer)) == ["/basics/phone", "/work/0/position"]


class TestAnything(TestCase):
    """Hypothesis wants no fixtures of a function."""

    def setUp(self) -> None:
        self.api = ApiClient().as_user(UserFactory.create())

    @settings(max_examples=80)
    @given(resume=resumes())
    @pytest.mark.slow
    def test_every_document_comes_out_again_less_what_the_report_names(self, resume: Any) -> None:
        answer = imported(self.api, resume)
        out = exported(self.api, answer["profile"])
        validate(out)
        assert untold(resume, out, answer) == []
        again = imported(self.api, resume, into=answer["profile"]["id"])["profile"]
        assert again == answer["profile"]
        self.api.delete(f"{API}/profiles/{again['id']}")

    @settings(max_examples=80)
    @given(career=careers())
    @pytest.mark.slow
    def test_every_profile_comes_back_from_its_export(self, career: Any) -> None:
        profile = self.api.post(f"{API}/profiles", career).json()
        out = exported(self.api, profile)
        validate(out)
        again = imported(self.api, out)["profile"]
        assert without_ids(again) == without_ids(profile)
        for each in (profile, again):
            self.api.delete(f"{API}/profiles/{each['id']}")


# The documentation ------------------------------------------------------------------------------------------------

PORTABILITY = (Path(__file__).resolve().parent.parent.parent / "docs" / "portability.md").read_text()


def mapping_rows() -> Iterator[tuple[str, str, str]]:
    """What the table of the documentation must say, of the code: key, field, how it is read."""
    groups: list[tuple[str, str, tuple[Key, ...]]] = [
        ("basics.", "personal_info.", BASICS),
        ("basics.location.", "personal_info.", LOCATION),
        ("basics.profiles[].", "personal_info.links[].", PROFILES),
    ]
    for section in (*(each for each in SECTIONS if not each.is_ours), SKILLS):
        inside = "skills." if section.in_skills else ""
        where = "skills.details" if section.plural == "skills" else inside + section.plural
        groups.append((f"{section.name}[].", f"{where}[].", section.keys))
    for before, where, keys in groups:
        for key in keys:
            name = " or ".join((f"`{before}{key.name}`", *(f"`{other}`" for other in key.also)))
            field = key.field if key.field in SUMMARIES else where + key.field
            yield f"**{name}**" if key.is_ours else name, f"`{field}`", key.kind


@pytest.mark.pure
def test_the_table_in_the_documentation_is_the_one_in_the_code() -> None:
    table = PORTABILITY.partition("## Field by field")[2].partition("Besides, by rules")[0]
    rows = re.findall(r"^\| (.+?) \| (`.+?`) \| (\w+) \|$", table, re.MULTILINE)
    assert rows == list(mapping_rows())


@pytest.mark.pure
def test_the_files_of_linkedins_archive_stand_in_the_documentation_with_what_becomes_of_them() -> None:
    table = PORTABILITY.partition("## LinkedIn")[2]
    rows = re.findall(r"^\| ([A-Z][\w ]+)\.csv \| (\w+): (.+?) \|$", table, re.MULTILINE)
    assert rows == [
        (name, "basics" if kind.part in OF_BASICS else kind.part, ", ".join(dict.fromkeys(kind.columns.values())))
        for name, kind in FILES.items()
    ]
