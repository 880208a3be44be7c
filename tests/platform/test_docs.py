"""The documentation says what the code does, and the sessions of README and guide work as they are printed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import get_resolver

from profiles.career.completeness import SECTIONS
from tests.support.service.live import service, worker

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = {path.name: path.read_text() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))}
GUIDE = {path.stem: path.read_text() for path in ROOT.glob("docs/guide/*.md")}
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="the sessions are written for curl")


def test_the_weights_of_completeness_stand_in_the_documentation_as_in_the_code() -> None:
    rows = re.findall(r"^\| (\w+) \| (\d+) \|", DOCS["completeness.md"], re.MULTILINE)
    assert {name: int(weight) for name, weight in rows} == {name: each.weight for name, each in SECTIONS.items()}


def test_every_command_of_the_makefile_is_explained_in_the_readme_or_in_operations() -> None:
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets
    text = DOCS["README.md"] + DOCS["operations.md"]
    assert [name for name in targets if f"make {name}" not in text] == []


def test_every_command_of_ours_is_named_in_the_documentation() -> None:
    ours = [name for name, app in get_commands().items() if app in {"profiles", "users", "profiles_project"}]
    assert ours
    assert [name for name in ours if not re.search(rf"\b{name}\b", DOCS["operations.md"])] == []


def test_every_route_beside_the_api_is_named_in_the_documentation() -> None:
    text = DOCS["README.md"] + DOCS["operations.md"]
    routes = [str(pattern.pattern) for pattern in get_resolver().url_patterns]
    beside = [route.rstrip("/") for route in routes if route and not route.startswith("api/v1")]
    assert [route for route in beside if f"/{route}" not in text] == []


def test_links_between_documents_lead_somewhere() -> None:
    links = [
        (path, target)
        for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text())
    ]
    # Those of the guide into the service itself are looked up there (tests/guide/test_served_pages.py).
    files = [(path, to) for path, to in links if "://" not in to and not to.startswith("/")]
    missing = [(path.name, to) for path, to in files if not (path.parent / to).exists()]
    assert missing == []


def run_session(text: str, port: int, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run all shell lines of a document in order, against the service at the port."""
    session = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    environment = {**os.environ, "PORT": str(port), "TMPDIR": str(folder)}
    command = ["/bin/sh", "-euc", session]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)


@pytest.mark.own_servers
@needs_curl
def test_the_readmes_session_works_as_it_is_printed(tmp_path: Path) -> None:
    with service(tmp_path) as port, worker(tmp_path):
        done = run_session(DOCS["README.md"], port, tmp_path)
    assert '"years_of_experience":' in done.stdout
    assert '"label":"For museums"' in done.stdout
    assert '"status": 412' in done.stdout
    assert '"op":"deleted","title":"Senior mathematician"' in done.stdout
    assert re.search(r'"version":5,"created_at":.*"title":"Senior mathematician"', done.stdout)
    assert '"progress":{"done":500,"total":500}' in done.stderr
    assert "It was there already; nothing to update." in done.stdout
    assert '"place":"Positions.csv, row 2","outcome":"mapped"' in done.stderr
    assert "# Grace Adeyemi-Holt" in done.stdout
    assert (tmp_path / "resume.pdf").read_bytes().startswith(b"%PDF")
    assert '"status": 422' not in done.stdout


@pytest.mark.own_servers
@needs_curl
def test_the_guides_session_about_history_works_as_it_is_printed(tmp_path: Path) -> None:
    with service(tmp_path) as port:
        told = run_session(GUIDE["nothing-gets-lost"], port, tmp_path).stdout
    # Undone by version 3, done again by 4, of which the list tells both.
    assert [f'"action":"profiles_restore","reverts":{version}' in told for version in (1, 2, 3)] == [True, True, False]
    assert '"id":"teacher","op":"created"' in told
    assert '"version":5,"title":"Translator"' in told
    assert '"deleted_at":' in told
    assert '"version":7,"created_at":' in told
    # The only refusal is the one that the page shows.
    assert re.findall(r'"status": (\d+)', told) == ["409"]
    assert "problems/in-trash" in told


@pytest.mark.own_servers
@needs_curl
def test_the_guides_session_about_synchronising_works_as_it_is_printed(tmp_path: Path) -> None:
    with service(tmp_path) as port:
        told = run_session(GUIDE["synchronising"], port, tmp_path).stdout
    assert '"full":true' in told
    assert re.search(r'"deleted":\[\{"kind":"languages","id":"[^"]+","version":3\}\]', told)
    assert re.findall(r"(\d{3})$", told, re.MULTILINE) == ["304"]
    statuses = re.findall(r'"status": ?"(\w+)"', told)
    assert statuses == [*["applied"] * 5, "conflict", "applied", "conflict", "applied"]
    assert '"name":"German"' in told
    assert '"conflict":{"name":{"base":"French","yours":"Norman","stored":"Breton"}}' in told
    # The only refusal is the one that the page shows.
    assert re.findall(r'"status": ?(\d+)', told) == ["412"]
    assert '"current":' in told
