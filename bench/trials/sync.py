"""What synchronising costs beside the requests that it stands for: in one process, on PostgreSQL and Redis.

Each pair of works is done in turn, so that both see the same machine; the promises are those of the issue that asked
for synchronising.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from statistics import median
from typing import Any

from bench.inside import API, Person, cost, service, shown

ITEMS = 1_000
PROFILES = 50


class Device(Person):
    """Somebody with a profile of usual size, one with a thousand projects, and as many profiles as one may have."""

    def __init__(self) -> None:
        from profiles.models import Experience, Project  # noqa: PLC0415  # settings come first
        from tests.support.factories import item, profile_document  # noqa: PLC0415  # as above

        super().__init__()
        self.number = 0
        self.path = f"{API}/profiles/{self.send('POST', f'{API}/profiles', profile_document(5))['id']}"
        self.large = self.new()
        for start in range(0, ITEMS, 100):
            self.send("POST", f"{self.large}/projects", [item(Project, n) for n in range(start, start + 100)])
        self.ids = [row["id"] for row in self.send("GET", self.large)["projects"]]
        self.bulk = self.new()
        self.many = self.send("POST", f"{self.bulk}/experiences", [item(Experience, n) for n in range(100)])
        for _ in range(PROFILES - 3):
            self.new()

    def unchanged(self, path: str, **headers: str) -> Callable[[], None]:
        """A request that is answered by 304."""
        tag = self.answer("GET", path)["ETag"]

        def ask() -> None:
            if self.answer("GET", path, **{"If-None-Match": tag}).status_code != 304:
                raise RuntimeError(path)

        return ask

    def state(self, path: str) -> str:
        """The state of who has seen all."""
        found = self.send("GET", f"{path}/changes?limit=1000")
        while found["has_more"]:
            found = self.send("GET", f"{path}/changes?limit=1000&since={found['state']}")
        state: str = found["state"]
        return state

    def title(self) -> str:
        """A text that nobody has written before."""
        self.number += 1
        return f"Title {self.number}"

    def miss(self) -> None:
        """The document of a version that nobody has read before, without what it takes to make it."""
        from django.core.cache import cache  # noqa: PLC0415  # settings come first

        cache.clear()
        self.send("GET", self.path)

    def patch(self) -> None:
        row = self.many[0]
        self.send("PATCH", f"{self.bulk}/experiences/{row['id']}", {"title": self.title()})

    def push(self) -> None:
        self.pushed(self.many[:1])

    def patch_all(self) -> None:
        title = self.title()
        self.send("PATCH", f"{self.bulk}/experiences", [{"id": row["id"], "title": title} for row in self.many])

    def push_all(self) -> None:
        self.pushed(self.many)

    def pushed(self, rows: Sequence[Any]) -> None:
        """Push a new title of each row, by the version that is stored."""
        title = self.title()
        changes = [
            {"kind": "experiences", "id": row["id"], "base": row["version"], "set": {"title": title}} for row in rows
        ]
        results = self.send("POST", f"{self.bulk}/changes", {"changes": changes})["results"]
        for row, told in zip(rows, results, strict=True):
            row["version"] = told["version"]

    def refresh(self) -> None:
        """Take over the versions of the items of the bulk."""
        self.many = self.send("GET", self.bulk)["experiences"]


def trials(device: Device) -> Iterator[tuple[str, Callable[[], object], Callable[[], object], int, float]]:
    """Name, what it is compared with, the work, how often each is done in a round, and the ratio that is promised."""
    document = device.unchanged(device.path)
    state = device.state(device.path)
    yield "pull without a change", document, device.unchanged(f"{device.path}/changes?since={state}"), 300, 1.1
    yield (
        "pull without a change, 200",
        document,
        partial(device.answer, "GET", f"{device.path}/changes?since={state}"),
        300,
        1.1,
    )
    seen = device.state(device.large)
    device.send("PATCH", f"{device.large}/projects/{device.ids[500]}", {"name": "Changed"})
    one = f"{device.large}/changes?since={seen}"
    sys.stdout.write(f"one changed item of {ITEMS:,}: {len(device.answer('GET', one).content):,} bytes\n")
    yield f"pull of one of {ITEMS:,} items", document, partial(device.answer, "GET", one), 200, 1.3
    yield "first pull", device.miss, partial(device.answer, "GET", f"{device.path}/changes?limit=1000"), 50, 1.2
    all_seen = device.send("GET", f"{API}/sync?limit=1000")
    while all_seen["has_more"]:
        all_seen = device.send("GET", f"{API}/sync?limit=1000&since={all_seen['state']}")
    yield (
        f"{PROFILES} profiles unchanged",
        document,
        device.unchanged(f"{API}/sync?since={all_seen['state']}"),
        200,
        2.0,
    )
    device.refresh()
    yield "push of one change", device.patch, device.push, 60, 1.3
    yield "push of 100 changes", device.patch_all, device.push_all, 10, 1.3


def main(arguments: Sequence[str]) -> int:
    """Print a line for each trial; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench sync", description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(arguments).rounds
    with service():
        device = Device()
        for name, other, work, times, most in trials(device):
            costs: tuple[list[float], list[float]] = ([], [])
            for _ in range(rounds):
                costs[0].append(cost(other, times))
                device.refresh()
                costs[1].append(cost(work, times))
            ratio = median(one / two for two, one in zip(*costs, strict=True))
            line = f"{name}: {shown(costs[1])} µs beside {shown(costs[0])}; {ratio:.3f}, promised {most}, n={rounds}"
            sys.stdout.write(f"{line}\n")
    return 0
