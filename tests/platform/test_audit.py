"""What `make audit` says of what pip-audit found."""

from typing import Any

import pytest

from tests.audit import CLEAN, NOT_LOOKED_UP, VULNERABLE, report

pytestmark = pytest.mark.pure

SOUND = {"name": "sound", "version": "1.0", "vulns": []}
SKIPPED = {"name": "skipped", "skip_reason": "Dependency not found"}
FAULTY = {"name": "faulty", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}


@pytest.mark.parametrize(
    ("packages", "status", "summary"),
    [
        ([SOUND, SOUND], CLEAN, "2 packages, 2 looked up, 0 vulnerabilities."),
        ([SOUND, FAULTY], VULNERABLE, "2 packages, 2 looked up, 1 vulnerabilities."),
        ([SKIPPED, FAULTY], VULNERABLE, "2 packages, 1 looked up, 1 vulnerabilities."),
        ([SOUND, SKIPPED], NOT_LOOKED_UP, "2 packages, 1 looked up, 0 vulnerabilities."),
        ([], NOT_LOOKED_UP, "0 packages, 0 looked up, 0 vulnerabilities."),
    ],
)
def test_it_passes_only_where_every_package_was_looked_up(packages: Any, status: int, summary: str) -> None:
    found, lines = report(packages)
    assert found == status
    assert summary in lines
    assert any("could not be reached" in line for line in lines) == (SKIPPED in packages or not packages)
