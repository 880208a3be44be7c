"""`python -m tests.sync.simulation [kind …]`: runs the simulation for some kinds of clients, and what it must find."""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from tests.faults.__main__ import say
from tests.faults.stage import Stage, server_versions, stage
from tests.sync.simulation.controls import CONTROLS, ByTime
from tests.sync.simulation.devices import PlainDevice
from tests.sync.simulation.hands import MakeDevice
from tests.sync.simulation.nodes import RxDevice, WatermelonDevice
from tests.sync.simulation.pythons import PythonClient
from tests.sync.simulation.world import Outcome, Plan, World, mortal_service, times

KINDS: dict[str, MakeDevice] = {
    "plain": PlainDevice,
    "python": PythonClient,
    "rxdb": RxDevice,
    "watermelon": WatermelonDevice,
}
# What of a run's counts is a column of the table.
COLUMNS = ("pushes", "merged", "conflict", "unchanged", "lost answers", "partitions", "kills", "holds", "410")
SHOWN_FAULTS = 5
# Edits of a device of a control.
ENOUGH_TO_LOSE = 200


class Total:
    """The figures of all runs of a kind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.outcomes: list[Outcome] = []
        self.seen: Counter[str] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Count a run, and tell of it."""
        self.outcomes.append(outcome)
        self.seen.update(outcome.seen)
        verdict = "kept" if outcome.is_kept else "BROKEN"
        found = f"{outcome.lost} lost, {len(outcome.verdict.back)} back, {outcome.differing} devices differ"
        say(f"{self.name}, seed {outcome.seed}: {found}; {outcome.edits} edits, {outcome.seconds:.0f} s, {verdict}")
        unsent = (f"{name} has {n} unsent" for name, n in outcome.unsent.items() if n)
        faults = (
            *unsent,
            *outcome.verdict.lost,
            *outcome.verdict.back,
            *(t for f in outcome.differences.values() for t in f),
        )
        for fault in faults[:SHOWN_FAULTS]:
            say(f"    {fault}")

    @property
    def is_kept(self) -> bool:
        """Whether every run was."""
        return all(outcome.is_kept for outcome in self.outcomes)

    def row(self) -> str:
        """The kind's row of the table."""
        sums = [
            str(sum(outcome.edits for outcome in self.outcomes)),
            str(sum(outcome.lost for outcome in self.outcomes)),
            str(sum(len(outcome.verdict.back) for outcome in self.outcomes)),
            str(sum(outcome.differing for outcome in self.outcomes)),
            str(sum(outcome.verdict.deletions for outcome in self.outcomes)),
        ]
        seconds = f"{sum(outcome.seconds for outcome in self.outcomes):.0f}"
        cells = [self.name, str(len(self.outcomes)), *sums, *(str(self.seen[name]) for name in COLUMNS), seconds]
        return f"| {' | '.join(cells)} |"


def table(totals: Sequence[Total]) -> Iterator[str]:
    """The table of all kinds, for docs/faults.md."""
    names = ("client", "seeds", "edits", "lost", "back", "differing", "deletions", *COLUMNS, "s")
    yield f"| {' | '.join(names)} |"
    yield f"|{' --- |' * len(names)}"
    for total in totals:
        yield total.row()


def play(on: Stage, name: str, options: argparse.Namespace, until: float) -> Total:
    """Run a kind with as many of the seeds as there is time for."""
    total = Total(name)
    is_control = name in CONTROLS
    edits = min(options.edits, ENOUGH_TO_LOSE) if is_control else options.edits
    plan = Plan(edits=edits, devices=options.devices)
    seeds = options.control_seeds if is_control else options.seeds
    for seed in range(options.first, options.first + seeds):
        if time.monotonic() > until:
            say(f"{name}: no time for seed {seed} and what follows")
            break
        world = World(on, (KINDS | CONTROLS)[name], plan, seed)
        outcome = world.play()
        total.add(outcome)
        if options.journals and not outcome.is_kept:
            file = options.journals / f"{name.replace(':', '')}-{seed}.jsonl"
            world.journal.write(file, outcome.items | world.journal.rejected)
    return total


def versions() -> str:
    """What the figures were measured on."""
    packages = ("Django", "djangorestframework", "granian", "psycopg")
    shown = [f"Python {sys.version.split()[0]}", *(f"{name} {version(name)}" for name in packages)]
    return ", ".join([*shown, f"PostgreSQL {server_versions()[0]}", f"{os.cpu_count()} cores"])


def main() -> int:
    """Run what was asked for; 1 if something was lost, or a control lost nothing."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync.simulation", description=__doc__)
    parser.add_argument("kind", nargs="*", help=f"of {', '.join((*KINDS, *CONTROLS))}; all of them if none is named")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--edits", type=int, default=500, help="of each device")
    parser.add_argument("--devices", type=int, default=5)
    parser.add_argument("--control-seeds", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=120, help="after which no further seed is begun")
    parser.add_argument(
        "--journals", type=Path, help="a folder for what happened to items with which something is wrong"
    )
    options = parser.parse_args()
    if unknown := set(options.kind) - {*KINDS, *CONTROLS}:
        parser.error(f"there is no kind {', '.join(sorted(unknown))}")
    chosen = options.kind or [*KINDS, *CONTROLS]
    until = time.monotonic() + 60 * options.minutes
    totals, kept = [], True
    with tempfile.TemporaryDirectory() as folder, stage() as on, mortal_service(on):
        os.environ |= {"DEBUG": "true", "DATA_DIR": folder}
        ByTime.times = lambda profile: times(on, profile)
        for name in chosen:
            total = play(on, name, options, until)
            kept &= total.is_kept != (name in CONTROLS)
            totals.append(total)
    for line in table(totals):
        say(line)
    say(f"{versions()}: {'kept' if kept else 'BROKEN'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
