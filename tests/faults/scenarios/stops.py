"""The server told to stop under load: every change that is stored was answered."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

from tests.faults.load import Answer, load
from tests.faults.stage import Promise, Stage, wait_for

KEPT_CLIENTS = 8
NEW_CLIENTS = 8
LOAD_SECONDS = 0.5
# Answers after which every process has loaded what it needs.
WARM = 100


def sigterm(stage: Stage) -> Iterator[Promise]:
    """SIGTERM under load, on kept connections and new ones; the control kills a server that answers late."""
    with stage.serve():
        token = stage.person()["access_token"]
        paths = [stage.profile(token) for _ in range(KEPT_CLIENTS + NEW_CLIENTS)]
    for name, is_control, rounds in (
        ("sigterm", False, stage.count(10, 2)),
        ("sigterm control, SIGKILL", True, stage.count(5, 2)),
    ):
        started = time.monotonic()
        seen = Counter[str]()
        for _ in range(rounds):
            seen += _stop_under_load(stage, token, paths, kill=is_control)
        dropped = max(seen["stored but not answered"], seen["read but not answered"])
        kept = dropped > 0 if is_control else dropped == 0 and seen["exit 0"] == rounds
        figure = ", ".join(f"{number} {what}" for what, number in sorted(seen.items()))
        yield Promise(name, f"{dropped} dropped ({figure})", seen["answered"], time.monotonic() - started, kept)


def _stop_under_load(stage: Stage, token: str, paths: list[str], *, kill: bool) -> Counter[str]:
    """What became of the requests of one round, counted."""
    before = _versions(stage, paths)
    server = stage.start_server("tests.faults.controls.lingering:application" if kill else "")
    read_before = _lines(server.log.read_text())
    with load([_changer(stage, token, path, kept=n < KEPT_CLIENTS) for n, path in enumerate(paths)]) as running:
        wait_for(lambda: len(running.answers) > WARM)
        time.sleep(LOAD_SECONDS)
        server.family()
        if kill:
            server.kill()
        else:
            server.end()
        time.sleep(0.2)
    answered = Counter(f"answered {answer.status}" for answer in running.answers if answer.status)
    unanswered = Counter(answer.error for answer in running.answers if not answer.status)
    successes = answered["answered 200"]
    total = sum(answered.values())
    stored = sum(_versions(stage, paths)) - sum(before)
    found = Counter(
        {
            "answered": total,
            "answered otherwise than 200": total - successes,
            "stored but not answered": stored - successes,
            # The server writes a line for each request that it has read to its end.
            "read but not answered": max(0, _lines(server.log.read_text()) - read_before - total),
            f"exit {server.process.returncode}": 1,
        }
    )
    return found + unanswered


def _changer(stage: Stage, token: str, path: str, *, kept: bool) -> Callable[[], Answer]:
    """Changes the profile, each time to something new, so that each answer of 200 is one version."""
    client = stage.client(token, kept=kept)
    numbers = count(time.monotonic_ns())
    return lambda: client.send("PATCH", path, {"label": f"Label {next(numbers)}"})


def _versions(stage: Stage, paths: list[str]) -> list[int]:
    ids = [path.rpartition("/")[2] for path in paths]
    rows = stage.sql("SELECT version FROM profiles_profile WHERE id = ANY(%s::uuid[]) ORDER BY id", ids)
    return [version for (version,) in rows]


def _lines(log: str) -> int:
    """How many requests the log has a line of."""
    return sum('"profiles.access"' in line for line in log.splitlines())
