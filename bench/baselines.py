"""What the database alone does: the document's statement by pgbench, and 100 rows a transaction by COPY."""

import itertools
import json
import multiprocessing
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any

import psycopg

from bench.careers.data import TABLES, Target, uuid7
from bench.careers.words import escape
from bench.measuring.load import LoadError, Measured
from bench.works import experiences

PROCESSES = 2
ITEMS = 100
# What a new process needs to come up; then all of them begin at the same moment.
HEAD_START_SECONDS = 3
# Which profile it is, pgbench draws by its number.
CHOSEN = "(SELECT id FROM profiles_profile WHERE user_id = :number)"


def pgbench(url: str, statement: str, people: int, *, connections: int, seconds: float) -> Measured:
    """The statement, prepared, for profiles drawn at random; `%s` stands in it for the profile's id.

    FileNotFoundError where pgbench is not installed; LoadError where it fails.
    """
    program = shutil.which("pgbench")
    if program is None:
        raise FileNotFoundError("pgbench")
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.sql")
        script.write_text(f"\\set number random(1, {people})\n{statement.replace('%s', CHOSEN)};\n")
        command = [program, "--no-vacuum", "--protocol=prepared", f"--file={script}", f"--client={connections}"]
        command += [f"--jobs={min(PROCESSES, connections)}", f"--time={max(1, round(seconds))}", url]
        result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own words
    rate = re.search(r"tps = ([0-9.]+)", result.stdout)
    mean = re.search(r"latency average = ([0-9.]+) ms", result.stdout)
    done = re.search(r"transactions actually processed: ([0-9]+)", result.stdout)
    if result.returncode or not (rate and mean and done):
        raise LoadError(f"pgbench failed: {result.stderr[-2000:] or result.stdout}")
    return Measured(int(done[1]), float(rate[1]), None, None, float(mean[1]))


def copy(url: str, targets: Sequence[Target], *, connections: int, seconds: float) -> Measured:
    """100 experiences a transaction, each time for another profile, in two processes with half the connections each."""
    context = multiprocessing.get_context("spawn")
    each = connections // PROCESSES
    begin = time.time() + HEAD_START_SECONDS
    with ProcessPoolExecutor(PROCESSES, context) as processes:
        shares = [
            processes.submit(_copy, url, targets[part::PROCESSES], each, begin, begin + seconds)
            for part in range(PROCESSES)
        ]
        times = [one for share in shares for one in share.result()]
    # In milliseconds; the connections work all the time, each on one transaction after the other.
    return Measured(len(times), len(times) / seconds, median(times), quantiles(times, n=100)[98], fmean(times))


def _copy(url: str, targets: Sequence[Target], connections: int, *period: float) -> list[float]:
    """The times of the transactions that one process did in the period, in milliseconds."""
    rows = [_columns(item) for item in experiences(ITEMS)]
    times: list[float] = []
    parts = [(url, targets[part::connections], rows, period, times) for part in range(connections)]
    threads = [threading.Thread(target=_copy_in_turn, args=part) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _copy_in_turn(
    url: str, targets: Sequence[Target], rows: list[str], period: tuple[float, float], times: list[float]
) -> None:
    columns = ", ".join(TABLES[0].columns.split())
    statement = f"COPY {TABLES[0].name} ({columns}) FROM STDIN".encode()
    begin, end = period
    with psycopg.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        time.sleep(max(0, begin - time.time()))
        for target in itertools.cycle(targets):
            started = time.time()
            if started >= end:
                return
            with cursor.copy(statement) as copying:
                copying.write("".join(_lines(target.profile_id, rows)))
            times.append((time.time() - started) * 1000)


def _lines(profile_id: str, rows: list[str]) -> Iterator[str]:
    now = int(time.time() * 1000)
    for index, row in enumerate(rows):
        yield f"{uuid7(now, index, random.getrandbits(64))}\t{profile_id}\t{8 + index}\t{row}"


def _columns(item: dict[str, Any]) -> str:
    """An experience's columns after `position`, as a line of COPY's text format."""
    return "\t".join(_column(item[name]) for name in TABLES[0].columns.split()[3:]) + "\n"


def _column(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return escape(json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value)
