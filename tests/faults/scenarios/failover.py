"""A database that takes no changes for a while, as a standby does between a failover and its promotion."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

import psycopg
from psycopg import sql

from tests.faults.load import Answer, load
from tests.faults.stage import Promise, Stage

CLIENTS = 8
BACK_SECONDS = 2.0
CLINGING = "tests.faults.controls.clinging:application"


def read_only(stage: Stage) -> Iterator[Promise]:
    """The server read-only under load, and no more; the control keeps its connections."""
    with stage.serve():
        yield from _turn(stage, "read_only", stage.count(5, 1))
    with stage.serve(CLINGING):
        [_, after] = _turn(stage, "read_only control, connections kept", 1)
        yield after._replace(kept=not after.kept)


def _turn(stage: Stage, name: str, rounds: int) -> Iterator[Promise]:
    started = time.monotonic()
    callers = [_caller(stage, writes=bool(number % 2)) for number in range(CLIENTS)]
    during, late, slowest, total = Counter[str](), 0, 0.0, 0
    for _ in range(rounds):
        with load(callers) as running:
            time.sleep(1)
            _set(stage, is_read_only=True)
            time.sleep(2)
            _set(stage, is_read_only=False)
            back = time.monotonic()
            time.sleep(BACK_SECONDS + stage.count(3, 1))
        total += len(running.answers)
        during += Counter(_kind(answer) for answer in running.answers if not 200 <= answer.status < 300)
        late += sum(answer.status != 200 for answer in running.between(back + BACK_SECONDS, time.monotonic()))
        failures = [answer.end - back for answer in running.answers if answer.end > back and answer.status != 200]
        slowest = max(slowest, max(failures, default=0.0))
    refusals = during.pop("503 with Retry-After", 0)
    figure = f"{refusals} answers of 503 with Retry-After, other failures: {dict(during) or 'none'}"
    lasted = time.monotonic() - started
    yield Promise(f"{name}: answers", figure, total, lasted, refusals > 0 and not during)
    figure = f"last failure {slowest:.2f} s after it was back, {late} later than {BACK_SECONDS:.0f} s"
    yield Promise(f"{name}: afterwards", figure, total, lasted, not late)


def _set(stage: Stage, *, is_read_only: bool) -> None:
    """Make new sessions read-only or not. Those that are there end when it begins, as by a failover, and not after."""
    own = "-c default_transaction_read_only=off"
    with psycopg.connect(stage.database.url, autocommit=True, options=own) as connection:
        state = sql.SQL("on" if is_read_only else "off")
        connection.execute(sql.SQL("ALTER ROLE CURRENT_USER SET default_transaction_read_only = {}").format(state))
        if is_read_only:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )


def _caller(stage: Stage, *, writes: bool) -> Callable[[], Answer]:
    token = stage.person()["access_token"]
    path, client, numbers = stage.profile(token), stage.client(token), count()
    if writes:
        return lambda: client.send("PATCH", path, {"label": f"Label {next(numbers)}"})
    return lambda: client.send("GET", path)


def _kind(answer: Answer) -> str:
    if answer.status == 503 and answer.headers.get("retry-after"):
        return "503 with Retry-After"
    return str(answer.status) if answer.status else answer.error
