"""The long run of tests/fuzz.py, on both backends."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.faults.stage import ROOT, Promise, Stage

# The phases of each run and the share of the time that it gets: each would otherwise use up all of it.
RUNS = ((("examples", "coverage", "fuzzing"), 0.7), (("stateful",), 0.3))


def fuzz(stage: Stage) -> Iterator[Promise]:
    """Requests from the OpenAPI document: no answer of 5xx and none outside the schema."""
    examples, seconds = stage.count(200, 3), stage.count(900, 30)
    # The fuzzer makes a server of its own, for development.
    environment = {name: text for name, text in os.environ.items() if name not in {"DEBUG", "DATA_DIR"}}
    for backend in ("postgresql", "sqlite"):
        for phases, share in RUNS:
            started = time.monotonic()
            options = ["--backend", backend, "--examples", str(examples), "--seconds", str(seconds * share)]
            result = subprocess.run(
                [sys.executable, "-m", "tests.fuzz", *options, "--phases", *phases],
                cwd=ROOT,
                env=environment,
                capture_output=True,
                text=True,
                timeout=seconds + 300,
                check=False,
            )
            if result.returncode:
                sys.stderr.write(result.stdout + result.stderr)
            [*_, last] = result.stdout.strip().splitlines() or ["it did not start"]
            yield Promise(f"fuzz, {backend}", last, examples, time.monotonic() - started, result.returncode == 0)
