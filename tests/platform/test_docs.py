"""The documentation says what the code does."""

import re
from pathlib import Path

from django.conf import settings
from django.core.management import get_commands
from django.urls import get_resolver

from profiles.career.completeness import SECTIONS

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = {path.name: path.read_text() for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))}


def test_the_weights_of_completeness_stand_in_the_documentation_as_in_the_code() -> None:
    rows = re.findall(r"^\| (\w+) \| (\d+) \|", DOCS["completeness.md"], re.MULTILINE)
    assert {name: int(weight) for name, weight in rows} == {name: each.weight for name, each in SECTIONS.items()}


def test_the_guide_tells_the_default_of_each_rate_limit_that_clients_meet() -> None:
    text = (ROOT / "docs/guide/limits.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|[^|]*\| ([\d,]+) an? (minute|hour) \|", text, re.MULTILINE)
    told = {scope: f"{most.replace(',', '')}/{window[0]}" for scope, most, window in rows}
    # Only the admin asks for codes of a second factor.
    assert told == {scope: rate for scope, rate in settings.RATELIMITS.items() if scope != "otp"}


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
