"""How fast this machine is now, for the few tests that bound how much work something may be."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

# What a loop of a million additions takes on a machine of usual speed. A shared one may need twice that at times.
LOOP_SECONDS = 0.083


def slowness() -> float:
    """How many times as slow as a machine of usual speed this one is now; 1 for a faster one."""
    return max(1.0, min(_loop() for _ in range(5)) / LOOP_SECONDS)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Bound what is done in it to that many seconds of this process's CPU, on a machine of usual speed.

    The bound is for work that grows with the square of what is sent, which takes minutes. It is no measurement:
    choose it several times as large as what is needed.
    """
    began = time.process_time()
    yield
    spent = time.process_time() - began
    assert spent < seconds or spent < seconds * slowness(), f"{spent:.1f} s of CPU"


def _loop() -> float:
    began = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number
    return time.process_time() - began
