"""Every SDK that `make sdks` tries is complete and told of. The SDKs themselves are tried there."""

import json
import re
from pathlib import Path

import pytest

from tests.sdks.generators import ROOT, SDKS, SOURCES, STEPS, Sdk

pytestmark = pytest.mark.pure

each_sdk = pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.name)
# Folders that are no SDK: what several share, and what is installed.
OTHERS = {"shared", "node_modules", ".venv"}


def scenario_of(sdk: Sdk) -> Path:
    """The file of the scenario that somebody wrote."""
    (found,) = (SOURCES / sdk.name).rglob("[sS]cenario.*")
    return found


def test_every_folder_is_an_sdk_that_is_tried() -> None:
    folders = {path.name for path in SOURCES.iterdir() if path.is_dir()} - OTHERS
    assert folders == {sdk.name for sdk in SDKS}


@each_sdk
def test_an_sdk_is_told_of_in_the_readme(sdk: Sdk) -> None:
    table, _, commands = (ROOT / "docs" / "guide" / "sdks.md").read_text().partition("## In one command")
    assert f"| `{sdk.name}` |" in table
    assert f"# {sdk.name};" in commands


@each_sdk
def test_a_scenario_does_every_step(sdk: Sdk) -> None:
    if sdk.scenario is None:
        pytest.skip("it is only checked")
    text = scenario_of(sdk).read_text()
    missing = [step for step in STEPS if not re.search(rf"""done\(['"]{step}['"]\)""", text)]
    assert not missing


@each_sdk
def test_what_an_sdk_shares_is_there(sdk: Sdk) -> None:
    assert [name for name in sdk.shared if not (SOURCES / "shared" / name).is_file()] == []


def test_installed_packages_are_pinned_with_checksums_and_name_no_registry() -> None:
    packages = json.loads((SOURCES / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package and "resolved" not in package for name, package in packages.items() if name)
    requirements = (SOURCES / "requirements.txt").read_text()
    pinned = re.findall(r"^[a-z][\w.-]*(?:\[[\w,-]+\])?==", requirements, re.MULTILINE)
    assert pinned
    assert len(re.findall(r"^\S+==.*\\\n    --hash=sha256:", requirements, re.MULTILINE)) == len(pinned)
    assert "index-url" not in requirements
