"""`python -m tests.faults [scenario …] [--short]`: runs the scenarios and prints one line per promise."""

import argparse
import os
import sys
import tempfile
import time
import traceback
from importlib import import_module
from importlib.metadata import version

import django

from tests.faults.stage import Stage, server_versions, stage

# Scenario and module, in the order of their importance.
SCENARIOS = {
    "lost_updates": "writers",
    "wrong_bytes": "distrust",
    "clocks": "clocks",
    "read_only": "failover",
    "refresh_race": "writers",
    "sigterm": "stops",
    "postgres_restart": "outages",
    "redis_outage": "outages",
    "kill9_web": "kills",
    "kill9_worker": "kills",
    "kill9_jobs": "kills",
    "logs_without_personal_data": "logs",
    "idempotency": "writers",
    "user_bytes": "hoarding",
    "permissions": "permissions",
    "fuzz": "fuzzing",
    "hostile": "hostile",
}


def say(line: str) -> None:
    """Print the line at once, since the next one may take minutes."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(name: str, on: Stage) -> bool:
    """Play one scenario; whether every promise of it was kept."""
    kept = True
    started = time.monotonic()
    try:
        for promise in getattr(import_module(f"tests.faults.scenarios.{SCENARIOS[name]}"), name)(on):
            say(promise.line())
            kept &= promise.kept
    except Exception:  # noqa: BLE001  # a scenario that can't go on has not kept its promise, and the others have their turn
        traceback.print_exc()
        say(f"{name}: it did not come to its end, BROKEN")
        kept = False
    say(f"  ({name} took {time.monotonic() - started:.0f} s)")
    return kept


def versions() -> str:
    """What the figures were measured on."""
    postgres, cache = server_versions()
    packages = {"Django": "django", "DRF": "djangorestframework", "granian": "granian", "psycopg": "psycopg"}
    shown = [f"Python {sys.version.split()[0]}", *(f"{name} {version(of)}" for name, of in packages.items())]
    return ", ".join([*shown, f"PostgreSQL {postgres}", f"Redis {cache}", f"{os.cpu_count()} cores"])


def main() -> int:
    """Run what was asked for; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}; all of them if none is named")
    parser.add_argument("--short", action="store_true", help="few tries, to see that the scenarios run")
    options = parser.parse_args()
    if unknown := set(options.scenario) - set(SCENARIOS):
        parser.error(f"there is no scenario {', '.join(sorted(unknown))}")
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        # Some scenarios derive from the service's own tables, which need its settings; nothing of it runs in here.
        os.environ |= {"DEBUG": "true", "DATA_DIR": folder, "DJANGO_SETTINGS_MODULE": "profiles_project.settings"}
        django.setup()
        for name in options.scenario or SCENARIOS:
            with stage(short=options.short) as on:
                kept &= run(name, on)
    say(versions())
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
