"""Careers that come in: an import beside a plain POST of the same profile, an archive's job, and the memory they take.

Two web processes and two workers on one PostgreSQL and one Redis, as in `bench jobs`.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import psycopg
from tqdm import tqdm

from bench import figures, report, servers
from bench.careers import data
from bench.careers.data import Target
from bench.compare import circumstances
from bench.measuring import load, memory
from bench.trials.jobs import SECONDS, unfinished, workers
from tests.faults.load import Answer, Client
from tests.faults.stage import wait_for
from tests.support.documents.archives import zipped

PROFILES = "/api/v1/profiles"
IMPORT = f"{PROFILES}/import"
ARCHIVE = {"Content-Type": "application/zip"}
ITEMS = 200
# As much text as an archive may bring, in as many items as a list may have; a description is cut at 2,000, and kept
# aside whole.
LARGEST_TEXT = 2_900_000
LARGEST_ROWS = 1_000


def good(answer: Answer, status: int) -> Answer:
    """The answer. LoadError where it has another status."""
    if answer.status != status:
        raise load.LoadError(f"{answer.status or answer.error} and not {status}: {answer.content[:300]!r}")
    return answer


def without_ids(document: Any) -> Any:
    """A document as a client sends it that has not chosen any id."""
    if isinstance(document, Mapping):
        return {name: without_ids(value) for name, value in document.items() if name != "id"}
    return [without_ids(each) for each in document] if isinstance(document, list) else document


def beside(client: Client, target: Target, times: int) -> dict[str, float]:
    """The milliseconds of a plain POST of a typical profile and of the import of its résumé, turn by turn: medians."""
    client.token = target.token
    path = f"{PROFILES}/{target.profile_id}"
    document = json.dumps(without_ids(good(client.send("GET", path), 200).json())).encode()
    resume = good(client.send("GET", f"{path}/export?include=hidden,references"), 200).content
    seconds: dict[str, list[float]] = {"post": [], "import": []}
    for _ in range(times):
        for name, where, body in (("post", PROFILES, document), ("import", IMPORT, resume)):
            answer = good(client.send("POST", where, body), 201)
            seconds[name].append(answer.seconds)
            good(client.send("DELETE", answer.headers["location"]), 204)
    found = {name: median(each) * 1_000 for name, each in seconds.items()}
    return {**found, "ratio": found["post"] / found["import"], "bytes": len(document)}


def archive(rows: int, text: int) -> bytes:
    """An archive of LinkedIn's with so many items in three lists, and so many characters of text in them."""
    each = "x" * (text // rows)
    jobs, skills = rows - rows // 4 - rows // 10, rows // 4
    files = {
        "Profile.csv": "First Name,Last Name,Headline\nMary,Somerville,Writer\n",
        "Positions.csv": "Company Name,Title,Description,Started On,Finished On\n"
        + "".join(f"Company {n},Engineer {n},{each},Mar 20{n % 20:02},Apr 20{n % 20 + 1:02}\n" for n in range(jobs)),
        "Skills.csv": "Name\n" + "".join(f"Skill {n}\n" for n in range(skills)),
        "Honors.csv": "Title,Description,Issued On\n" + "".join(f"Prize {n},,May 2018\n" for n in range(rows // 10)),
    }
    return zipped(files)


def job(machine: servers.Machine, client: Client, target: Target, body: bytes) -> dict[str, float]:
    """One import of an archive: seconds until the 202, and of the job from its start to its end. It leaves nothing."""
    client.token = target.token
    accepted = good(client.send("POST", IMPORT, body, ARCHIVE), 202)
    wait_for(lambda: not unfinished(machine.database.url), SECONDS)
    shown = good(client.send("GET", accepted.headers["location"]), 200).json()
    if shown["status"] != "succeeded":
        raise load.LoadError(f"The job has {shown['status']}: {shown['problem']}")
    with psycopg.connect(machine.database.url) as connection:
        row = connection.execute(
            "SELECT extract(epoch FROM finished_at - started_at) FROM profiles_job WHERE id = %s", [shown["id"]]
        ).fetchone()
    good(client.send("DELETE", shown["result"]["href"]), 204)
    return {"accepted": accepted.seconds, "ended": float(row[0]) if row else 0.0}


def largest(
    machine: servers.Machine, service: servers.Service, programs: Sequence[Any], target: Target, body: bytes
) -> dict[str, float]:
    """By how many bytes a web process and a worker grow for the largest archive that is taken."""
    client = Client(service.port)
    with (
        memory.growth(lambda: memory.resident(*service.program.web_workers())) as web,
        memory.growth(lambda: {pid: size for each in programs for pid, size in memory.of_tree(each).items()}) as worker,
    ):
        times = job(machine, client, target, body)
    return {**times, "web": web.most, "web_after": web.after, "worker": worker.most, "worker_after": worker.after}


def main(arguments: Sequence[str]) -> int:
    """Measure, keep the results and write the report; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench imports", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=100, help="requests of each kind a round")
    parser.add_argument("--profiles", type=int, default=500)
    given = parser.parse_args(arguments)
    found: dict[str, list[dict[str, float]]] = {"beside": [], "archive": [], "largest": []}
    large = archive(LARGEST_ROWS, LARGEST_TEXT)
    with servers.machine() as machine:
        data.generate(machine.database.url, given.profiles)
        cache = f"{machine.cache.url.rpartition('/')[0]}/0"
        with machine.ours("imports", REDIS_URL=cache) as service, workers(machine, "database") as programs:
            targets = data.targets(machine.database.url, given.rounds, machine.key)
            client = Client(service.port)
            for target in tqdm(targets, desc="imports", unit=" rounds"):
                found["beside"].append(beside(client, target, given.times))
                found["archive"].append(job(machine, client, target, archive(ITEMS, ITEMS * 500)))
                found["largest"].append(largest(machine, service, programs, target, large))
        results = {**circumstances(machine), "rounds": given.rounds, "times": given.times, "found": found}
    figures.save("imports", results)
    for name, rounds in found.items():
        sys.stdout.write(f"{name} { ({key: round(median(each[key] for each in rounds), 3) for key in rounds[0]}) }\n")
    return report.main()
