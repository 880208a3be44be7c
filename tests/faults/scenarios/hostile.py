"""One hostile sender against the service, and what everybody else notices of it."""

import json
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple

import psutil
import psycopg

from tests.faults.load import Answer, Client, at_once
from tests.faults.stage import Program, Promise, Stage
from tests.support import hostile as crafted
from tests.support.machine import slowness

# What the service promises to everybody else meanwhile, on a machine that is not slower than usual (`slowness`).
ANSWER_SECONDS = 1.0
# The short form shares the machine's cores with the rest of the suite, and looks for a service that is stopped.
BESIDE_THE_SUITE_SECONDS = 4.0
MEMORY_MIB = 400
PAUSE_SECONDS = 0.15
LOOK_SECONDS = 2
# By then an answer is late for certain.
GIVE_UP_SECONDS = 10
# The server as it was before bodies were read outside the threads: the same application, by granian's WSGI interface.
UNPROTECTED = "profiles_project.wsgi:application"
MIB = 2**20
# The machine's limit of open files is the other side's, too.
IDLE_CONNECTIONS = 2_000


class Seen(NamedTuple):
    """What others saw during an attack: seconds of each answer, answers other than 200, MiB of the largest process."""

    seconds: list[float]
    failures: list[int]
    memory: float
    # The most seconds of an answer.
    most: float

    @property
    def kept(self) -> bool:
        """Whether nobody else noticed anything."""
        return max(self.seconds) <= self.most and not self.failures and self.memory <= MEMORY_MIB

    def figure(self) -> str:
        """As it is printed."""
        return (
            f"/health and another user's GET within {max(self.seconds):.2f} s (of {self.most:.2f}),"
            f" {len(self.failures)} of them not 200; "
            f"the largest process had {self.memory:.0f} MiB"
        )


class Watch:
    """Asks /health and, as somebody else, `path` all the time, and looks at the memory of the server's processes."""

    def __init__(self, stage: Stage, server: Program, token: str, path: str) -> None:
        self.stage = stage
        self.server = server
        anybody = Client(stage.port, seconds=GIVE_UP_SECONDS, kept=False)
        self.asked = ((anybody, "/health"), (Client(stage.port, token, seconds=GIVE_UP_SECONDS), path))
        self.answers: list[Answer] = []
        self.memory = 0.0
        self.stopping = threading.Event()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Inside, it watches."""
        threads = [threading.Thread(target=self._ask, args=each) for each in self.asked]
        threads.append(threading.Thread(target=self._weigh))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            # What is over quickly is looked at for a while all the same.
            time.sleep(LOOK_SECONDS)
            self.stopping.set()
            for thread in threads:
                thread.join()
            for client, _ in self.asked:
                client.connection.close()

    def _ask(self, client: Client, path: str) -> None:
        while not self.stopping.wait(PAUSE_SECONDS):
            self.answers.append(client.send("GET", path))

    def _weigh(self) -> None:
        while not self.stopping.wait(0.05):
            for process in self.server.family():
                with suppress(psutil.Error):
                    self.memory = max(self.memory, process.memory_info().rss / MIB)

    def seen(self) -> Seen:
        """All of it, once it has ended."""
        failures = [answer.status for answer in self.answers if answer.status != 200]
        most = (BESIDE_THE_SUITE_SECONDS if self.stage.short else ANSWER_SECONDS) * slowness()
        return Seen([answer.seconds for answer in self.answers], failures, self.memory, most)


class Attacker(NamedTuple):
    """Who attacks: a user within all limits, with a profile that is as large as it may be."""

    stage: Stage
    token: str
    profile: str

    def send(self, method: str, path: str, body: Any = None, *, token: bool = True) -> Answer:
        """One request over a connection of its own."""
        return Client(self.stage.port, self.token if token else "", kept=False, seconds=60).send(method, path, body)


Attack = Callable[[Attacker, ExitStack], Sequence[Answer]]


def _connect(port: int, text: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    if text:
        connection.sendall(text)
    return connection


def _announced(path: str, length: int) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {length}\r\n\r\n".encode()


def silent_bodies(by: Attacker, held: ExitStack) -> Sequence[Answer]:
    """Bodies that are announced and never sent: small, large, in chunks, and to routes that need none."""
    paths = ("/api/v1/auth/login", "/api/v1/profiles", "/health", "/nowhere")
    for number in range(by.stage.count(200, 24)):
        text = _announced(paths[number % 4], (5, 100_000, 9 * MIB)[number % 3])
        held.enter_context(_connect(by.stage.port, text + b"{" * (number % 2)))
    time.sleep(by.stage.count(15, 3))
    return []


def idle_connections(by: Attacker, held: ExitStack) -> Sequence[Answer]:
    """Connections that say nothing, begin a head, or were used once."""
    starts = (b"", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, IDLE_CONNECTIONS + 1_000), most), most))
    for number in range(IDLE_CONNECTIONS):
        with suppress(OSError):
            held.enter_context(_connect(by.stage.port, starts[number % 3]))
    time.sleep(by.stage.count(20, 3))
    return []


def slow_readers(by: Attacker, held: ExitStack) -> Sequence[Answer]:
    """Requests for the largest document, whose answers nobody reads."""
    head = f"GET {by.profile} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {by.token}\r\n\r\n".encode()
    for _ in range(by.stage.count(200, 40)):
        held.enter_context(_connect(by.stage.port, head))
    time.sleep(by.stage.count(15, 3))
    return []


def pdfs(by: Attacker, held: ExitStack) -> Sequence[Answer]:
    """Ten exports of the largest profile as PDF, the limit of an hour, at once."""
    return at_once([lambda: by.send("GET", f"{by.profile}/export?format=pdf")] * 10)


def whole_documents(by: Attacker, held: ExitStack) -> Sequence[Answer]:
    """Twenty whole documents of 3.5 MiB at once."""
    # Written down once: twenty threads that write JSON would keep the watching ones of this process waiting.
    document = by.send("GET", by.profile).content
    return at_once([lambda: by.send("PUT", by.profile, document)] * 20)


def large_bodies(by: Attacker, held: ExitStack) -> Sequence[Answer]:
    """Bodies of 10 MiB at once, with and without a token: faulty items, many small values, long and wide texts."""
    size = 10 * MIB - 100
    bodies = [
        crafted.faulty_skills(size),
        b'{"experiences": ' + crafted.faulty_items(size - 20) + b"}",
        b'{"custom_fields": {' + b",".join(b'"k%d":0' % number for number in range(700_000)) + b"}}",
        b'{"professional_summary": "' + crafted.combining(8 * MIB).encode() + b'"}',
        b'{"custom_fields": ' + crafted.wide_text(size - 40) + b"}",
        crafted.just_enough(size),
    ]
    calls: list[Callable[[], Answer]] = []
    for body in bodies:
        calls += [partial(by.send, "PATCH", by.profile, body)] * 2
        calls += [partial(by.send, "POST", "/api/v1/profiles", body, token=False)]
        calls += [partial(by.send, "POST", f"{by.profile}/experiences", body)]
        calls += [partial(by.send, "POST", "/api/v1/profiles/import", body)]
    return at_once(calls)


def combining_marks(by: Attacker, held: ExitStack) -> Sequence[Answer]:
    """Runs of alternating combining marks of almost 1 MiB, without an account."""
    text = "a" + "\u0301\u0323" * (120 * 1024)
    bodies: dict[str, dict[str, str]] = {
        "verify-email": {"token": text},
        "forgot-password": {"email": text},
        "login": {"email": text, "password": text},
        "refresh": {"refresh_token": text},
        "reset-password": {"token": text, "new_password": text},
        "register": {"email": text, "password": "Nanosecond1906", "full_name": text},
    }
    calls = [
        partial(by.send, "POST", f"/api/v1/auth/{route}", json.dumps(body, ensure_ascii=False).encode(), token=False)
        for route, body in bodies.items()
    ]
    return at_once(calls * by.stage.count(4, 1))


def locked_table(by: Attacker, held: ExitStack) -> Sequence[Answer]:
    """A migration holds a table that profiles are read from, and everybody asks for profiles."""
    with psycopg.connect(by.stage.database.url) as connection:
        connection.execute("LOCK TABLE profiles_experience IN ACCESS EXCLUSIVE MODE")
        return at_once([lambda: by.send("GET", f"{by.profile}/experiences")] * 40)


ATTACKS: tuple[Attack, ...] = (
    silent_bodies,
    idle_connections,
    slow_readers,
    pdfs,
    whole_documents,
    large_bodies,
    combining_marks,
    locked_table,
)


def hostile(stage: Stage) -> Iterator[Promise]:
    """Every attack against the service as it is, each on a server of its own; the control is the server without us."""
    for attack in ATTACKS:
        with besieged(stage) as siege:
            yield siege.play(attack)
    with besieged(stage, UNPROTECTED) as siege:
        control = siege.play(silent_bodies)
    yield control._replace(name=f"{control.name}, control", kept=not control.kept)


class Siege(NamedTuple):
    """A server and who attacks it."""

    stage: Stage
    server: Program
    attacker: Attacker

    def play(self, attack: Attack) -> Promise:
        """One attack, and what became of its own requests, of everybody else's, and of the processes."""
        started = time.monotonic()
        # The table of the documents is locked in one of them.
        victim = self.stage.person()["access_token"]
        path = "/api/v1/auth/me" if attack is locked_table else self.stage.profile(victim)
        watch = Watch(self.stage, self.server, victim, path)
        before = [one.pid for one in self.server.web_workers()]
        with ExitStack() as held, watch.watching():
            answers = attack(self.attacker, held)
        stayed = [one.pid for one in self.server.web_workers()] == before
        again = self.attacker.send("GET", "/api/v1/auth/me").status == 200
        seen = watch.seen()
        wrong = [answer.status for answer in answers if not _is_clear(answer)]
        told = ", ".join(f"{n} × {status}" for status, n in sorted(_counted(answers).items()))
        figure = f"{seen.figure()}; its own answers: {told or 'none'}"
        if not stayed or not again:
            figure += "; a process was lost"
        kept = seen.kept and not wrong and stayed and again
        return Promise(f"hostile, {attack.__name__}", figure, len(seen.seconds), time.monotonic() - started, kept)


@contextmanager
def besieged(stage: Stage, application: str = "") -> Iterator[Siege]:
    """The service, or `application` in its place, and a user with a profile as large as it may be."""
    with stage.serve(application, RATELIMIT_ENABLE="true", RATELIMIT_REGISTER="1000/h") as server:
        yield Siege(stage, server, _attacker(stage))


def _is_clear(answer: Answer) -> bool:
    """Whether a request of the attacker's was served or clearly refused."""
    if answer.status == 503:
        return "retry-after" in answer.headers
    return 200 <= answer.status < 500


def _counted(answers: Sequence[Answer]) -> dict[int, int]:
    return {status: sum(each.status == status for each in answers) for status in {each.status for each in answers}}


def _attacker(stage: Stage) -> Attacker:
    token = stage.person()["access_token"]
    profile = stage.profile(token)
    text = ("Did what was to be done, and wrote of it at length. " * 38)[:1900]
    items = [
        {
            "title": f"Engineer {number}",
            "company": "ACME",
            "start_date": "2019",
            "is_current": True,
            "description": text,
        }
        for number in range(900)
    ]
    projects = [
        {"name": f"Project {number}", "start_date": "2019", "end_date": None, "description": text[:990]}
        for number in range(900)
    ]
    for kind, rows in (("experiences", items), ("projects", projects)):
        for start in range(0, len(rows), 100):
            answer = stage.client(token).send("POST", f"{profile}/{kind}", rows[start : start + 100])
            assert answer.status == 201, answer.content[:500]
    return Attacker(stage, token, profile)
