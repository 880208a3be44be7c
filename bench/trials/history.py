"""What the log costs a write, and what it takes to go back: in one process, on PostgreSQL and Redis.

Each work is done with the log and without it in turn, so that both see the same machine. Without it means that no entry
is written; all else, the versions of items included, is the same.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from statistics import median
from typing import Any
from unittest.mock import patch

from bench.inside import API, Person, cost, service, shown

ITEM = {"title": "Engineer", "company": "Analytical Engines", "start_date": "2019", "is_current": True}
REVISIONS = 1_000
PROFILES = 20
# How often a work is done in a round.
TIMES = {"PATCH": 200, "POST of 100": 12, "PUT of the whole document": 40}


class Writer(Person):
    """Somebody who changes a profile, and one that items are added to."""

    def __init__(self) -> None:
        super().__init__()
        self.path = self.new()
        self.send("POST", f"{self.path}/experiences", [{**ITEM, "description": "x" * 300}] * 20)
        self.document = self.send("GET", self.path)
        self.target, self.number = self.new(), 0

    def patch(self) -> None:
        self.number += 1
        self.send("PATCH", self.path, {"label": f"Label {self.number}"})

    def put(self) -> None:
        self.number += 1
        self.send("PUT", self.path, {**self.document, "label": f"Label {self.number}"})

    def post(self) -> None:
        self.send("POST", f"{self.target}/experiences", [ITEM] * 100)

    def empty(self) -> None:
        """Make room for more items."""
        self.send("PATCH", self.target, {"experiences": []})


@contextmanager
def without_log() -> Iterator[None]:
    """No entry is written, and none is made room for."""
    from profiles.models import career  # noqa: PLC0415  # settings come first

    def update_alone(columns: tuple[str, ...], _: tuple[str, ...]) -> Any:
        return career._update(*columns)  # noqa: SLF001  # without the log around it

    with patch.object(career, "_update_and_log", update_alone):
        yield


def writes(person: Writer, rounds: int) -> Iterator[str]:
    """A line for each work: what it costs without the log and with it."""
    works = {"PATCH": person.patch, "POST of 100": person.post, "PUT of the whole document": person.put}
    for name, work in works.items():
        plain, logged = [], []
        cost(work, 3)
        person.empty()
        for _ in range(rounds):
            with without_log():
                plain.append(cost(work, TIMES[name] // 2))
            person.empty()
            logged.append(cost(work, TIMES[name] // 2))
            person.empty()
        ratio = median(with_log / without for without, with_log in zip(plain, logged, strict=True))
        yield f"{name}: {shown(plain)} µs without, {shown(logged)} µs with the log; {ratio:.3f}, n={rounds}"


def reads(person: Writer) -> Iterator[str]:
    """A line for each way to look back, of a profile with a thousand revisions."""
    for _ in range(PROFILES - 2):
        person.new()
    ids = [row["id"] for row in person.document["experiences"]]
    for number in range(REVISIONS):
        person.send("PATCH", f"{person.path}/experiences/{ids[number % 20]}", {"description": f"{number} " + "y" * 300})
    version = person.send("GET", person.path)["version"]
    for name, path in {
        f"a version {REVISIONS:,} revisions back": f"{person.path}/history/{version - REVISIONS}",
        "a page of 50 revisions": f"{person.path}/history?limit=50",
        f"a list of {PROFILES} profiles": f"{API}/profiles",
    }.items():
        taken = [cost(partial(person.send, "GET", path), 1) / 1e3 for _ in range(15)]
        yield f"{name}: {shown(taken)} ms, n={len(taken)}"


def main(arguments: Sequence[str]) -> int:
    """Print all of it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench history", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(arguments).rounds
    with service():
        person = Writer()
        for line in (*writes(person, rounds), *reads(person)):
            sys.stdout.write(f"{line}\n")
    return 0
