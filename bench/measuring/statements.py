"""How many statements a request sends, as PostgreSQL's own log has them; counted outside of the timed runs."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from bench import servers

REQUESTS = 20
# What a changed setting needs to reach every backend.
RELOAD_SECONDS = 0.5
# Other clients' connections that are in a statement or a transaction, or were a moment ago.
BUSY = (
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    " AND (state <> 'idle' OR state_change > clock_timestamp() - interval '50 ms')"
)
LOOKS, LOOK_SECONDS, LONGEST_REST_SECONDS = 3, 0.05, 60
STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): ")


@contextmanager
def logged(machine: servers.Machine) -> Iterator[None]:
    """Every statement goes to PostgreSQL's log inside the block."""
    machine.sql("ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()")
    time.sleep(RELOAD_SECONDS)
    try:
        yield
    finally:
        machine.sql("ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()")
        time.sleep(RELOAD_SECONDS)


def rest(machine: servers.Machine) -> None:
    """Wait until no service asks the database any more: what clients have left behind is still answered.

    TimeoutError where that never is.
    """
    with psycopg.connect(machine.database.url, autocommit=True) as connection:
        until = time.monotonic() + LONGEST_REST_SECONDS
        quiet = 0
        while quiet < LOOKS:
            if time.monotonic() > until:
                raise TimeoutError("The database does not come to rest.")
            row = connection.execute(BUSY).fetchone()
            quiet = 0 if row and row[0] else quiet + 1
            time.sleep(LOOK_SECONDS)


def count(machine: servers.Machine, work: Callable[[], object]) -> int:
    """How many statements were sent while the work was done, by whomever; inside of `logged`."""
    log = machine.database.folder / "log"
    began = log.stat().st_size
    work()
    with log.open("rb") as file:
        file.seek(began)
        return len(STATEMENT.findall(file.read().decode(errors="replace")))
