"""`python -m tests.support.service.dying POINT`: the worker, killed by itself when a first job comes to that point."""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import django
from django.core.management import call_command

# Where a run dies: module, the class in it if any, function, and whether before or after it.
POINTS: dict[str, tuple[str, str, str, bool]] = {
    "before it is claimed": ("profiles.models.jobs", "Job", "claim", False),
    "after it was claimed": ("profiles.models.jobs", "Job", "claim", True),
    "before its rows are written": ("profiles.career.bulk", "", "insert", False),
    "after its rows were written": ("profiles.career.bulk", "", "insert", True),
    "before its success is written": ("profiles.models.jobs", "Job", "succeed", False),
    "before it commits": ("profiles.models.jobs", "Job", "succeed", True),
    "after it has committed": ("profiles.tasks", "", "_perform", True),
}


def dying(original: Callable[..., Any], *, after: bool) -> Callable[..., Any]:
    """The function, and the end of the process before or after it."""

    def died(*args: Any, **kwargs: Any) -> Any:
        if after:
            original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    return died


def main(point: str) -> None:
    """Run the worker until it dies."""
    django.setup()
    module, owner, name, after = POINTS[point]
    # Only now can the modules be imported, which have models in them.
    place: Any = __import__(module, fromlist=["_"])
    place = getattr(place, owner) if owner else place
    setattr(place, name, dying(getattr(place, name), after=after))
    call_command("worker")


if __name__ == "__main__":
    main(sys.argv[1])
