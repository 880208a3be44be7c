"""The CPU time that a run takes of all processes: steadier than rates where a machine does other work besides."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil

# Those of the service itself, PostgreSQL's and Redis'.
PARTS = ("service", "database", "cache")


@dataclass
class Spent:
    """Seconds of CPU time, user's and system's, by part."""

    seconds: dict[str, float] = field(default_factory=dict)


def seconds(roots: Iterable[psutil.Process]) -> float:
    """What these processes and all below them have taken so far.

    What has ended counts with its parent, who waited for it, so that nothing is lost when a backend of PostgreSQL ends.
    """
    total = 0.0
    for root in roots:
        for one in [root, *root.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
    return total


@contextmanager
def spent(**parts: Iterable[psutil.Process]) -> Iterator[Spent]:
    """What the processes of each part take inside the block; filled in when it has ended."""
    before = {name: seconds(roots) for name, roots in parts.items()}
    found = Spent()
    yield found
    found.seconds = {name: seconds(roots) - before[name] for name, roots in parts.items()}
