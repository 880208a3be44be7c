"""A kind of component is one thing: added as docs/architecture.md says, it is on every surface of the service."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = ("profiles", "profiles_project", "users", "tests")
LINKED = ("manage.py", "pyproject.toml", "staticfiles", "docs")
STEPS = (ROOT / "docs" / "architecture.md").read_text().partition("## Add a kind")[2].partition("\n## ")[0]
# Of a person's own; what commands write does not count.
MOST_LINES = 30

pytestmark = [pytest.mark.own_servers]


class Addition(NamedTuple):
    """What the documentation tells to write: the file, whether before or after a line, how that begins, the lines."""

    name: str
    where: str
    line: str
    text: str

    def write(self, project: Path) -> None:
        """Do so."""
        file = project / self.name
        lines = file.read_text().splitlines(keepends=True)
        [place] = [index for index, line in enumerate(lines) if line.strip().startswith(self.line)]
        # Two blank lines stand between classes.
        lines.insert(place + (self.where == "after"), f"{self.text}\n\n" if "class " in self.text else self.text)
        file.write_text("".join(lines))


def additions() -> list[Addition]:
    told = r"in `([\w/.]+)`, (before|after) `([^`]+)`:\n\n```\w+\n(.*?)```\n"
    return [Addition(*each) for each in re.findall(told, STEPS, re.DOTALL)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project that may be changed."""
    for name in COPIED:
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "e2e", "faults")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in LINKED:
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "tests" / "npm" / "node_modules").symlink_to(ROOT / "tests" / "npm" / "node_modules")
    return tmp_path


def run(project: Path, *command: str) -> str:
    """What a command prints in the copy, on a database of its own; the test fails where the command does."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
    variables = {**kept, "TEST_BACKEND": "sqlite", "DEBUG": "true", "DATA_DIR": str(project / "var")}
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def test_a_kind_that_is_added_as_the_documentation_says_is_on_every_surface(project: Path) -> None:
    written = additions()
    assert written
    for addition in written:
        addition.write(project)
    lines = sum(len(addition.text.splitlines()) for addition in written)
    assert f"is {lines} lines in three places and two commands" in STEPS.replace("\n", " ")
    assert (lines <= MOST_LINES, len(written)) == (True, 3), lines
    assert "+ Create model Patent" in run(project, "manage", "makemigrations", "profiles", "--name", "patents")
    assert "No changes detected" in run(project, "manage", "makemigrations", "--check", "--dry-run")
    # What fails is told by name: each test there is a surface.
    run(project, "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=short", "tests/support/new_kind.py")
