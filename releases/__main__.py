"""``python -m releases 1.2.0``, which is what ``make release VERSION=1.2.0`` calls."""

import argparse
import subprocess
import sys
from datetime import UTC, datetime

from releases import DOCUMENT, ROOT
from releases.cutting import Refused, cut

_SPECTACULAR = ["manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", DOCUMENT]


def _make_document() -> None:
    """Write the OpenAPI document as `make schema` does, by another process, which knows the new version."""
    done = subprocess.run([sys.executable, *_SPECTACULAR], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Refused(f"The OpenAPI document can't be made:\n{done.stderr.strip()}")


def main() -> int:
    """The command; its exit status is 1 where no release was cut."""
    parser = argparse.ArgumentParser(prog="make release", description="Cuts a release: commits and tags it.")
    parser.add_argument("version", help="such as 1.2.0")
    version = parser.parse_args().version
    try:
        cut(ROOT, version, datetime.now(UTC).date(), _make_document)
    except Refused as refusal:
        sys.stderr.write(f"No release was cut. {refusal}\n")
        return 1
    sys.stdout.write(f"Release {version} is committed and tagged v{version}. Look at it (git show), then push both.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
