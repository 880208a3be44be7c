"""How many statements a request sends, as PostgreSQL's own log has them; counted outside of the timed runs."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bench import servers

REQUESTS = 20
# What a changed setting needs to reach every backend.
RELOAD_SECONDS = 0.5
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


def count(machine: servers.Machine, work: Callable[[], object]) -> int:
    """How many statements were sent while the work was done, by whomever; inside of `logged`."""
    log = machine.database.folder / "log"
    began = log.stat().st_size
    work()
    with log.open("rb") as file:
        file.seek(began)
        return len(STATEMENT.findall(file.read().decode(errors="replace")))
