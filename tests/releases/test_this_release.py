"""The tree as a release: its version is one, its changelog is in form, and it breaks no client of the last release."""

import json
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.conf import settings
from django.test import Client

from profiles_project import VERSION
from profiles_project.observe.prometheus import Constants
from releases import DOCUMENT, RELEASED, ROOT, changelog, versions
from releases.cutting import CHANGELOG, accepted, breaking, load

pytestmark = pytest.mark.pure

TODAY = datetime.now(UTC).date()
IS_RELEASED = (ROOT / RELEASED).exists()


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in project["project"]
    assert "version" in project["project"]["dynamic"]
    module, _, name = project["tool"]["setuptools"]["dynamic"]["version"]["attr"].rpartition(".")
    assert getattr(import_module(module), name) == VERSION == versions.current(ROOT)
    assert versions.numbers(VERSION)


def test_all_that_tell_the_version_tell_this_one() -> None:
    assert load(ROOT / DOCUMENT)["info"]["version"] == VERSION
    assert settings.SPECTACULAR_SETTINGS["VERSION"] == VERSION
    served = Client().get("/api/schema", headers={"Accept": "application/json"})
    assert json.loads(served.content)["info"]["version"] == VERSION
    build = next(iter(Constants().collect()))
    assert [sample.labels["version"] for sample in build.samples] == [VERSION]


def test_the_version_is_known_without_anything_else() -> None:
    """The image has neither pyproject.toml nor the tools that read it."""
    code = f"import sys, profiles_project; assert profiles_project.VERSION == '{VERSION}'; print(*sys.modules)"
    command = [sys.executable, "-S", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"django", "setuptools", "importlib.metadata"} & set(done.stdout.split())


def test_the_changelog_is_in_its_form_and_knows_this_version() -> None:
    text = (ROOT / CHANGELOG).read_text()
    assert changelog.faults(text) == []
    told = re.findall(r"^## \[(\d.*)\]", text, re.MULTILINE)
    assert told[:1] == ([VERSION] if IS_RELEASED else [])


def test_the_document_of_this_version_is_kept_from_its_first_release_on() -> None:
    assert (versions.numbers(VERSION) >= (1, 0, 0)) == IS_RELEASED
    if IS_RELEASED:
        assert load(ROOT / RELEASED)["info"]["version"] == VERSION


@pytest.mark.skipif(not IS_RELEASED, reason="no release was cut yet, so that there is none to compare with")
def test_it_breaks_no_client_of_the_last_release() -> None:
    """But for what is argued for in releases/accepted.toml (docs/releasing.md)."""
    argued = {sentence for sentences in accepted(ROOT).values() for sentence in sentences}
    found = [each for each in breaking(ROOT, TODAY) if each not in argued]
    assert not found, "\n".join(found)


def test_what_is_argued_for_is_something_that_breaks() -> None:
    argued = accepted(ROOT)
    assert set(argued) == {"harmless", "major"}
    found = breaking(ROOT, TODAY)
    reasons = [pair for sentences in argued.values() for pair in sentences.items()]
    assert [sentence for sentence, reason in reasons if sentence not in found or not reason.strip()] == []
