"""Known vulnerabilities in the pinned packages: ``python -m tests.audit``, which is what ``make audit`` calls.

pip-audit by itself reports «none found» where it could look nothing up. Here that is a failure of its own.
"""

import json
import subprocess
import sys
from typing import Any

from tests.support.service.live import ROOT

COMMAND = ["-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner", "off", "--format", "json"]
FILES = ["-r", "requirements.txt", "-r", "requirements-dev.txt"]
CLEAN, VULNERABLE, NOT_LOOKED_UP = range(3)


def report(packages: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """The exit status and the lines to print, for the packages of pip-audit's JSON."""
    unknown = [package for package in packages if "skip_reason" in package]
    found = [(package, fault) for package in packages for fault in package.get("vulns", [])]
    lines = [
        f"{package['name']} {package['version']}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'none'}"
        for package, fault in found
    ]
    lines.append(f"{len(packages)} packages, {len(packages) - len(unknown)} looked up, {len(found)} vulnerabilities.")
    if unknown or not packages:
        lines.append("The vulnerability service could not be reached for the others, so nothing is known of them.")
    if found:
        return VULNERABLE, lines
    return (NOT_LOOKED_UP if unknown or not packages else CLEAN), lines


def main() -> int:
    """The command; its exit status is one of the three above."""
    run = subprocess.run([sys.executable, *COMMAND, *FILES], cwd=ROOT, capture_output=True, text=True, check=False)
    # Where the service cannot be reached at all, pip-audit ends with an error instead of a document.
    packages = json.loads(run.stdout)["dependencies"] if run.stdout.startswith("{") else []
    status, lines = report(packages)
    sys.stdout.write("\n".join(lines) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
