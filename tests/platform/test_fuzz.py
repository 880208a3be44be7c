"""A short run of the fuzzer (tests/fuzz.py) against the production server, and whether the fuzzer can fail."""

import subprocess
import sys

import pytest

from tests.fuzz import Figures
from tests.support.service.live import ROOT

SECONDS = 30


@pytest.mark.own_servers
def test_no_request_made_from_the_document_is_answered_outside_of_it() -> None:
    # The coverage phase alone takes minutes; it belongs to the long run, as do more examples of each operation.
    options = ["--backend", "sqlite", "--examples", "4", "--seconds", str(SECONDS)]
    run = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *options, "--phases", "examples", "fuzzing", "stateful"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS * 3,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-2000:]
    sys.stdout.write(run.stdout.splitlines()[-1] + "\n")


def figures(*statuses: int) -> Figures:
    """The figures of a run that got these answers."""
    found = Figures()
    for status in statuses:
        found.count("fuzzing", "profiles_list", status)
    return found


@pytest.mark.pure
def test_a_run_that_was_refused_nearly_everywhere_has_failed() -> None:
    assert figures(200, 201, 422).verdict() == []
    assert len(figures(200, *[401] * 19).verdict()) == 1
    assert len(figures().verdict()) == 1


@pytest.mark.pure
def test_a_run_with_a_broken_check_has_failed() -> None:
    broken = figures(200, 204)
    broken.failures["not_a_server_error"] = "GET /profiles answered 500"
    assert broken.verdict() == ["GET /profiles answered 500"]
