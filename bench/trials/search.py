"""The support desk among a million people: each search, list, filter and page, and what the words' index costs a write.

Only the tables that these look at are filled, and the people have more names than elsewhere, as a million would.
"""

import argparse
import datetime as dt
import itertools
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from statistics import median, quantiles
from typing import Any, NamedTuple
from urllib.parse import urlencode

import psutil
import psycopg
from tqdm import tqdm

from bench import figures, report, servers
from bench.careers import data, words
from bench.careers.data import NULL, Author, Person, scatter
from bench.compare import circumstances
from bench.trials.imports import good
from profiles_project.texts import search_key
from tests.faults.load import Answer, Client

SIZE = 1_000_000
# The newest account is as old as this day, and some sessions were used up to it.
TODAY = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
PEOPLE, CAREERS = "/admin/users/user/", "/admin/profiles/profile/"
# Requests of each kind that are not counted.
WARM = 10
# Writes of each kind in a round.
WRITTEN = 100
INDEXES = {name: f"{name}_search_key_words" for name in ("users_user", "profiles_profile")}
LOGIN = """
from django.test import Client
from users.models import User
client = Client()
client.force_login(User.objects.create_superuser("root@staff.example", full_name="Root"))
print(client.cookies["sessionid"].value)
"""


def named(who: Person) -> Person:
    """The person, half of them with a double last name, of which there are 900."""
    bits = scatter(~who.number & data.MASK)
    if bits & 1:
        return who
    return who._replace(last_name=f"{who.last_name}-{words.LAST_NAMES[(bits >> 1) % len(words.LAST_NAMES)]}")


def accounts(author: Author, who: Person) -> Iterator[list[str]]:
    """A row of users: one account in a hundred is inactive, one in twenty unverified; the millionth is of today."""
    changes = {
        "is_active": author.maybe(0.99, "t"),
        "is_verified": author.maybe(0.95, "t"),
        "created_at": (TODAY - dt.timedelta(minutes=SIZE - who.number)).isoformat(" "),
    }
    # What is not is false here, and not null.
    told = {name: "f" if value == NULL else value for name, value in changes.items()}
    return _changed("users_user", author.users(named(who)), told)


def careers(author: Author, who: Person) -> Iterator[list[str]]:
    """A row of profiles: scores from 20 to 100, one in a thousand not computed."""
    score = author.maybe(0.999, str(author.chance.randint(20, 100)))
    return _changed("profiles_profile", author.profiles(named(who)), {"score": score})


def devices(author: Author, who: Person) -> Iterator[list[str]]:
    """A row of sessions: used at some time of the last hundred days."""
    used = TODAY - dt.timedelta(minutes=author.chance.randrange(100 * 24 * 60))
    return _changed("users_session", author.sessions(who), {"last_used_at": used.isoformat(" ")})


def _changed(name: str, rows: Iterable[list[str]], changes: Mapping[str, str]) -> Iterator[list[str]]:
    """The rows of a table's author with other values in some columns."""
    table = BY_NAME[name]
    columns = table.columns.split()[table.has_own_id :]
    for values in rows:
        yield list({**dict(zip(columns, values, strict=True)), **changes}.values())


BY_NAME = {table.name: table for table in data.TABLES}
WRITERS = {"profiles_profile": careers, "users_user": accounts, "users_session": devices}
TABLES = tuple(BY_NAME[name]._replace(write=write) for name, write in WRITERS.items())


class Someone(NamedTuple):
    """Whom a request is about."""

    number: int
    profile_id: str
    email: str
    full_name: str


class Case(NamedTuple):
    """A page of the desk: what it is, its address for a person, and whether the answer must lead to that person."""

    title: str
    address: Callable[[Someone, int], str]
    finds: str = ""


def searched(path: str, term: Callable[[Someone, int], str], **filters: str) -> Callable[[Someone, int], str]:
    """The address of a list for a term, among what the filters leave."""
    return lambda who, turn: f"{path}?{urlencode({'q': term(who, turn), **filters})}"


def last_name(_: Someone, turn: int) -> str:
    """A last name that many have, alone or as a part of theirs."""
    return words.LAST_NAMES[turn % len(words.LAST_NAMES)]


def double_name(_: Someone, turn: int) -> str:
    """A last name that hundreds have."""
    pairs = list(itertools.product(words.LAST_NAMES, words.LAST_NAMES))
    return "-".join(pairs[turn * 37 % len(pairs)])


def two_letters(who: Someone, turn: int) -> str:
    """The first two letters of a name."""
    return search_key((who.full_name, last_name(who, turn))[turn % 2])[:2]


TERMS: tuple[tuple[str, Callable[[Someone, int], str], bool], ...] = (
    ("a whole e-mail address", lambda who, _: who.email, True),
    ("a part of one", lambda who, _: who.email[9:18], True),
    ("a full name", lambda who, _: who.full_name, False),
    ("a last name of hundreds", double_name, False),
    ("a last name of tens of thousands", last_name, False),
    (
        "a first and a last name of thousands",
        lambda who, turn: f"{who.full_name.split()[0]} {last_name(who, turn)}",
        False,
    ),
    ("the beginnings of both names", lambda who, _: " ".join(part[:3] for part in who.full_name.split()), False),
    ("two letters", two_letters, False),
    ("one letter", lambda _, turn: "abcdefghijklmnopqrstuvwyz"[turn % 25], False),
    ("a word that everybody has", lambda _, turn: "example.org"[: 3 + turn % 9], False),
    ("that word and a last name of hundreds", lambda who, turn: f"{double_name(who, turn)} example", False),
    ("a user's id", lambda who, _: str(who.number), True),
    ("a profile's id", lambda who, _: who.profile_id, True),
    ("a word that nobody has", lambda _, turn: f"xyzzy{turn}", False),
    ("two names that nobody has together", lambda _, turn: f"Ada Alan Edith {words.LAST_NAMES[turn % 30]}", False),
    (
        "a word of everybody's letters that nobody has",
        lambda _, turn: f"example.example{'.example' * (turn % 3)}",
        False,
    ),
)
FILTERS = (
    *((PEOPLE, "account", name) for name in ("inactive", "unverified", "staff")),
    *((PEOPLE, "trouble", name) for name in ("failed-jobs", "incomplete")),
    *((CAREERS, "complete", name) for name in ("low", "middle", "high", "full", "unknown")),
    *((CAREERS, "use", name) for name in ("active", "spare")),
)

# Of what a list is filtered by while somebody is looked for.
AMONG = (
    *((PEOPLE, "account", name) for name in ("inactive", "unverified")),
    *((PEOPLE, "trouble", name) for name in ("failed-jobs", "incomplete")),
    *((CAREERS, "complete", name) for name in ("low", "high", "unknown")),
    *((CAREERS, "use", name) for name in ("active", "spare")),
)


def cases() -> Iterator[tuple[str, Case]]:
    """All that is measured, by the part of the report in which it stands."""
    for path, group in ((PEOPLE, "people"), (CAREERS, "profiles")):
        for title, term, is_found in TERMS:
            yield group, Case(title, searched(path, term), path if is_found else "")
        for _, name, choice in (each for each in AMONG if each[0] == path):
            chosen = f"a last name of tens of thousands, {name}: {choice}"
            yield group, Case(chosen, searched(path, last_name, **{name: choice}))
    yield "lists", Case("people", lambda *_: PEOPLE)
    yield "lists", Case("people, the tenth page", lambda *_: f"{PEOPLE}?p=10")
    yield "lists", Case("profiles", lambda *_: CAREERS)
    yield "lists", Case("profiles, the tenth page", lambda *_: f"{CAREERS}?p=10")
    for path, name, choice in FILTERS:
        kind = "people" if path == PEOPLE else "profiles"
        yield "lists", Case(f"{kind}, {name}: {choice}", lambda *_, at=f"{path}?{name}={choice}": at)
    yield "pages", Case("a person", lambda who, _: f"{PEOPLE}{who.number}/change/")
    yield "pages", Case("a profile, to read", lambda who, _: f"{CAREERS}{who.profile_id}/read/")
    yield "pages", Case("the dashboard again", lambda *_: "/admin/")


def session(machine: servers.Machine) -> str:
    """The cookie of a superuser's session in the admin."""
    result = subprocess.run(  # noqa: S603  # our own words
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", LOGIN],
        cwd=servers.ROOT,
        env=machine.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return f"sessionid={result.stdout.strip()}"


def someones(url: str, how_many: int) -> list[Someone]:
    """People spread over the whole database, the oldest first."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT u.id, p.id::text, u.email, u.full_name FROM users_user u"
            " JOIN profiles_profile p ON p.user_id = u.id"
            " WHERE u.id %% ((SELECT count(*) FROM profiles_profile) / %s) = 7 ORDER BY u.id LIMIT %s",
            [how_many, how_many],
        ).fetchall()
    return [Someone(*row) for row in rows]


def get(client: Client, cookie: str, address: str) -> Answer:
    """A page of the desk. LoadError where it has another status than 200."""
    return good(client.send("GET", address, headers={"Cookie": cookie}), HTTPStatus.OK)


def rows_told(content: bytes) -> int | None:
    """How many rows a list says that it has found; None where the page is no list."""
    found = re.search(rb'class="paginator".*?([0-9]+) (?:users?|profiles?)\b', content, re.DOTALL)
    return int(found[1]) if found else None


def timed(client: Client, cookie: str, case: Case, people: Sequence[Someone], times: int) -> dict[str, Any]:
    """Milliseconds of so many requests after a warm-up, each about somebody else."""
    seconds, rows = [], []
    for turn, who in enumerate(people[: WARM + times]):
        answer = get(client, cookie, case.address(who, turn))
        link = f"{PEOPLE}{who.number}/change/".encode()
        if case.finds and link not in answer.content:
            raise RuntimeError(f"{case.address(who, turn)} does not find {who.number}.")
        seconds.append(answer.seconds)
        rows.append(rows_told(answer.content))
    told = [count for count in rows[WARM:] if count is not None]
    return {**spread(seconds[WARM:]), "rows": median(told) if told else None}


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and range of some seconds, in milliseconds, and how many they are."""
    found = [each * 1_000 for each in seconds]
    late = quantiles(found, n=20, method="inclusive")[-1]
    return {"n": len(found), "p50": median(found), "p95": late, "least": min(found), "most": max(found)}


def dashboard(client: Client, cookie: str, service: servers.Service, times: int) -> dict[str, Any]:
    """Milliseconds of the front page when nothing is kept of its figures."""
    seconds = []
    for _ in range(WARM + times):
        service.flush_cache()
        seconds.append(get(client, cookie, "/admin/").seconds)
    return {**spread(seconds[WARM:]), "rows": None}


def active(url: str, targets: Sequence[data.Target]) -> list[data.Target]:
    """Those whose account is active, since the others' tokens open nothing."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT p.id::text FROM profiles_profile p JOIN users_user u ON u.id = p.user_id"
            " WHERE u.is_active AND p.id = ANY(%s)",
            [[target.profile_id for target in targets]],
        ).fetchall()
    kept = {profile_id for (profile_id,) in rows}
    return [target for target in targets if target.profile_id in kept]


def rename(client: Client, _: data.Target, turn: int) -> Answer:
    """A new name for an account, and with it new words to search."""
    name = f"{words.FIRST_NAMES[turn % 30]} {words.LAST_NAMES[turn % 29]} {turn}"
    return client.send("PATCH", "/api/v1/auth/me", {"full_name": name})


def revise(client: Client, target: data.Target, turn: int) -> Answer:
    """A new headline for a profile, which empties its score."""
    change = {"personal_info": {"headline": f"Engineer of things {turn} {time.monotonic_ns()}"}}
    return client.send("PATCH", f"/api/v1/profiles/{target.profile_id}", change)


# In this order: the second headline meets a profile that has no score any more.
WRITES: tuple[tuple[str, Callable[[Client, data.Target, int], Answer]], ...] = (
    ("an account's name", rename),
    ("a headline, where there is a score", revise),
    ("a headline, where there is none", revise),
)


def written(service: servers.Service, targets: Sequence[data.Target], *, indexed: bool) -> Iterator[dict[str, Any]]:
    """Milliseconds of each kind of write through the API, each of another person."""
    client = Client(service.port)
    for what, send in WRITES:
        seconds = []
        for turn, target in enumerate(targets):
            client.token = target.token
            seconds.append(good(send(client, target, turn), HTTPStatus.OK).seconds)
        yield {"what": what, "indexed": indexed, **spread(seconds[WARM:])}


def definitions(url: str) -> dict[str, str]:
    """The statements that make the words' indexes, by table."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT tablename, indexdef FROM pg_indexes WHERE indexname = ANY(%s)", [list(INDEXES.values())]
        ).fetchall()
    return dict(rows)


def build(machine: servers.Machine, statements: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Make the words' indexes: bytes and seconds of each, by table."""
    found = {}
    for table, statement in statements.items():
        started = time.monotonic()
        machine.sql(statement)
        taken = time.monotonic() - started
        with psycopg.connect(machine.database.url) as connection:
            row = connection.execute("SELECT pg_relation_size(%s::regclass)", [INDEXES[table]]).fetchone()
        found[table] = {"bytes": row[0] if row else 0, "seconds": taken}
    return found


def drop(machine: servers.Machine) -> dict[str, str]:
    """Drop the words' indexes; the statements to make them again, by table."""
    statements = definitions(machine.database.url)
    machine.sql(*(f"DROP INDEX {name}" for name in INDEXES.values()))
    return statements


def measure(machine: servers.Machine, size: int, times: int) -> dict[str, Any]:
    """Raw results, as bench/results keeps them. The machine's load is noted, in which other work on it would show."""
    url = machine.database.url
    statements = drop(machine)
    started = time.monotonic()
    data.generate(url, size, tables=TABLES)
    filled = time.monotonic() - started
    writes, load = list[dict[str, Any]](), [psutil.getloadavg()[0]]
    targets = active(url, data.targets(url, 3 * (WARM + WRITTEN) + WARM, machine.key))
    cookie = session(machine)
    found: list[dict[str, Any]] = []
    with machine.ours() as service:
        writes += written(service, targets[::3], indexed=False)
        indexes = build(machine, statements)
        machine.sql(*(f"VACUUM (ANALYZE) {table}" for table in INDEXES))
        client = Client(service.port)
        people = someones(url, WARM + times)
        for group, case in tqdm(list(cases()), desc="search", unit=" cases"):
            figure = timed(client, cookie, case, people, times)
            found.append({"group": group, "title": case.title, **figure})
            load.append(psutil.getloadavg()[0])
        first = dashboard(client, cookie, service, times)
        found.append({"group": "pages", "title": "the dashboard, counted anew", **first})
        writes += written(service, targets[1::3], indexed=True)
        drop(machine)
        writes += written(service, targets[2::3], indexed=False)
    return {
        **circumstances(machine),
        "size": size,
        "warm": WARM,
        "filled_seconds": filled,
        "load": [min(load), median(load), max(load)],
        "found": found,
        "writes": writes,
        "indexes": indexes,
    }


def main(arguments: Sequence[str]) -> int:
    """Measure, keep the results and write the report; 0."""
    parser = argparse.ArgumentParser(prog="python -m bench search", description=__doc__)
    parser.add_argument("--size", type=int, default=SIZE, help="how many people, with a profile each")
    parser.add_argument("--times", type=int, default=30, help="requests of each kind")
    given = parser.parse_args(arguments)
    with servers.machine() as machine:
        results = measure(machine, given.size, given.times)
    figures.save("search", results)
    for each in results["found"]:
        sys.stdout.write(f"{each['group']:9} {each['title']:50} {each['p50']:8.1f} {each['p95']:8.1f} {each['rows']}\n")
    return report.main()
