"""What stands before Django: who gets a thread, what slow senders may hold, and what of a request reaches Django."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from profiles_project.api.addresses import client_network, nearest
from profiles_project.api.errors import Problem, Unavailable
from profiles_project.serving import lanes as lanes_module
from profiles_project.serving.budget import Budget, Holding
from profiles_project.serving.environ import environment
from profiles_project.serving.lanes import Lanes, Work
from profiles_project.serving.senders import Sender, limits, sender_of
from tests.faults.load import Client, at_once
from tests.support.factories import PASSWORD, PERSONAL_INFO
from tests.support.service.live import service

MIB = 2**20


# Memory -----------------------------------------------------------------------------------------------------------


def holding(sender: str, lost: list[str], name: str) -> Holding:
    return Holding(sender, lambda: lost.append(name))


@pytest.mark.pure
def test_where_memory_runs_out_the_sender_that_holds_the_most_loses_its_largest_body() -> None:
    lost: list[str] = []
    budget = Budget(100)
    greedy = [holding("greedy", lost, "small"), holding("greedy", lost, "large")]
    budget.take(greedy[0], 30)
    budget.take(greedy[1], 40)
    modest = holding("modest", lost, "modest")
    budget.take(modest, 50)
    assert lost == ["large"]
    assert greedy[1].is_lost
    assert budget.total == 80
    # What is lost counts no more, whatever still comes of it.
    budget.take(greedy[1], 40)
    assert budget.total == 80


@pytest.mark.pure
def test_what_was_given_back_makes_room() -> None:
    lost: list[str] = []
    budget = Budget(100)
    first, second = holding("a", lost, "first"), holding("b", lost, "second")
    budget.take(first, 90)
    budget.release(first)
    budget.release(first)
    budget.take(second, 90)
    assert (lost, budget.total) == ([], 90)


# Threads ----------------------------------------------------------------------------------------------------------


class Bench:
    """Work that ends when it is told to, and what became of it."""

    def __init__(self, threads: int) -> None:
        self.lanes = Lanes(threads, "test")
        self.begun: list[str] = []
        self.refused: list[str] = []
        self.gates: dict[str, threading.Event] = {}
        self.lock = threading.Lock()

    def place(self, name: str, sender: str, **most: int) -> None:
        gate = self.gates[name] = threading.Event()

        def run() -> None:
            with self.lock:
                self.begun.append(name)
            gate.wait(10)

        def refuse(problem: Problem) -> None:
            assert isinstance(problem, Unavailable)
            self.refused.append(name)

        self.lanes.place(Work(run, refuse, sender, f"{sender} 1", [(sender, 2), *most.items()]))

    def end(self, name: str) -> None:
        self.gates[name].set()

    def wait_for(self, count: int) -> list[str]:
        until = time.monotonic() + 5
        while len(self.begun) < count and time.monotonic() < until:
            time.sleep(0.005)
        # Nothing more comes.
        time.sleep(0.05)
        return self.begun


@pytest.mark.pure
def test_one_sender_does_not_get_all_threads() -> None:
    bench = Bench(3)
    for number in range(4):
        bench.place(f"hog {number}", "hog")
    assert bench.wait_for(2) == ["hog 0", "hog 1"]
    bench.place("other", "other")
    assert bench.wait_for(3)[-1] == "other"


@pytest.mark.pure
def test_slow_work_of_one_kind_leaves_threads_to_the_rest() -> None:
    bench = Bench(3)
    bench.place("first", "a", documents=1)
    bench.place("second", "b", documents=1)
    bench.place("quick", "c")
    assert bench.wait_for(2) == ["first", "quick"]
    bench.end("first")
    assert bench.wait_for(3)[-1] == "second"


@pytest.mark.pure
def test_of_those_that_wait_the_sender_with_the_fewest_threads_is_next() -> None:
    bench = Bench(2)
    bench.place("hog 0", "hog")
    bench.place("other 0", "other")
    bench.wait_for(2)
    bench.place("hog 1", "hog")
    bench.place("newcomer", "newcomer")
    bench.end("other 0")
    assert bench.wait_for(3)[-1] == "newcomer"
    bench.end("newcomer")
    assert bench.wait_for(4)[-1] == "hog 1"


@pytest.mark.pure
def test_nobody_waits_for_a_thread_longer_than_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "WAIT_SECONDS", 0.3)
    bench = Bench(1)
    bench.place("first", "a")
    bench.wait_for(1)
    bench.place("late", "b")
    until = time.monotonic() + 5
    while not bench.refused and time.monotonic() < until:
        time.sleep(0.01)
    assert bench.refused == ["late"]
    bench.end("first")
    bench.place("next", "b")
    assert bench.wait_for(2) == ["first", "next"]


@pytest.mark.pure
def test_more_than_could_have_their_turn_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "MOST_WAITING", 1)
    bench = Bench(1)
    for name, sender in (("first", "a"), ("waits", "hog"), ("too many", "hog")):
        bench.place(name, sender)
    bench.wait_for(1)
    assert bench.refused == ["too many"]


@pytest.mark.pure
def test_where_too_many_wait_a_newcomer_takes_the_place_of_whoever_has_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes_module, "MOST_WAITING", 3)
    bench = Bench(1)
    bench.place("first", "hog")
    bench.wait_for(1)
    for number in range(5):
        bench.place(f"hog {number}", "hog")
    bench.place("newcomer", "newcomer")
    assert bench.refused == ["hog 3", "hog 4", "hog 2"]
    for name in ("first", "hog 0", "hog 1"):
        bench.end(name)
    assert bench.wait_for(4)[-1] == "newcomer"


# Who it is --------------------------------------------------------------------------------------------------------


class Headers:
    """granian's headers of a request, lines in their order."""

    def __init__(self, *lines: tuple[str, str]) -> None:
        self.lines = lines

    def items(self) -> list[tuple[str, str]]:
        return list(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.lines if key == name), None)

    def get_all(self, name: str) -> list[str]:
        return [value for key, value in self.lines if key == name]


class Scope:
    """granian's scope of a request."""

    def __init__(self, *lines: tuple[str, str], path: str = "/api/v1/profiles") -> None:
        self.headers = Headers(*lines)
        self.path = path
        self.method, self.query_string, self.scheme, self.http_version = "GET", "", "http", "1.1"
        self.server, self.client = "127.0.0.1:8000", "10.0.0.9:4711"


@pytest.mark.pure
@pytest.mark.parametrize(
    ("forwarded", "trusted", "expected"),
    [
        (["9.9.9.9"], 0, "10.0.0.9"),
        (["1.1.1.1, 2.2.2.2"], 1, "2.2.2.2"),
        # The hop of the proxy stands in a line of its own, before or after the client's.
        (["1.1.1.1", "2.2.2.2"], 1, "2.2.2.2"),
        (["1.1.1.1", "2.2.2.2, 3.3.3.3"], 2, "2.2.2.2"),
        (["1.1.1.1"], 2, "10.0.0.9"),
    ],
)
def test_hops_are_counted_from_the_right_over_all_lines(
    forwarded: list[str], trusted: int, expected: str, settings: Any
) -> None:
    settings.TRUSTED_PROXY_COUNT = trusted
    lines = [("x-forwarded-for", value) for value in forwarded] + [("x_forwarded_for", "6.6.6.6")]
    made = environment(Scope(*lines), b"")
    assert client_network(made["REMOTE_ADDR"], made["HTTP_X_FORWARDED_FOR"], trusted) == expected
    assert sender_of(Scope(*lines)).network == expected


@pytest.mark.pure
@pytest.mark.parametrize(
    ("lines", "trusted", "expected"),
    [
        (["http"], 1, "http"),
        # A client's own before the proxy's, in one line or in two.
        (["https, http"], 1, "http"),
        (["https", "http"], 1, "http"),
        (["https", "https, http"], 2, "https"),
        # The inner proxy has replaced what the outer one wrote.
        (["https"], 2, "https"),
    ],
)
def test_the_scheme_is_that_which_a_proxy_of_ours_was_asked_by(
    lines: list[str], trusted: int, expected: str, settings: Any
) -> None:
    settings.TRUSTED_PROXY_COUNT = trusted
    sent = [("x-forwarded-proto", value) for value in lines] + [("x_forwarded_proto", "https")]
    assert environment(Scope(*sent), b"")["HTTP_X_FORWARDED_PROTO"] == expected
    assert nearest(",".join(lines), trusted) == expected


@pytest.mark.pure
def test_no_header_with_an_underscore_reaches_django(settings: Any) -> None:
    made = environment(Scope(("x_forwarded_for", "1.1.1.1"), ("idempotency_key", "a"), ("if_match", "b")), b"")
    assert not [name for name in made if name.startswith("HTTP_")]


@pytest.mark.pure
def test_a_made_up_token_shares_nobody_elses_threads() -> None:
    honest = Scope(("authorization", "Bearer e30.eyJzdWIiOiI3In0.c2ln"))
    forged = Scope(("authorization", "Bearer e30.eyJzdWIiOiI3In0.bm9uZQ"))
    forged.client = "10.0.0.66:1"
    assert sender_of(honest) == ("10.0.0.9", "10.0.0.9 7")
    assert sender_of(forged) == ("10.0.0.66", "10.0.0.66 7")
    for odd in ("Bearer", "Bearer a.b.c", "Bearer e30.bnVsbA.x", "Bearer " + "a" * 10_000, "Basic x"):
        assert sender_of(Scope(("authorization", odd))) == ("10.0.0.9", "10.0.0.9 ")


@pytest.mark.pure
@pytest.mark.parametrize(
    ("path", "size", "kind"),
    [
        ("/api/v1/profiles/0190/export", 0, "documents"),
        ("/api/v1/profiles/import", 10, "documents"),
        ("/api/v1/profiles/0190", MIB, "documents"),
        ("/api/v1/auth/login", 10, "passwords"),
        ("/admin/login/", 10, "passwords"),
        ("/api/v1/profiles/0190", 10, ""),
    ],
)
def test_slow_work_is_known_before_it_has_a_thread(path: str, size: int, kind: str) -> None:
    known = dict(limits(Scope(path=path), size, Sender("network", "me")))
    assert ("documents" in known, "passwords" in known) == (kind == "documents", kind == "passwords")


@pytest.mark.pure
def test_many_made_up_names_of_one_network_leave_a_thread_to_another() -> None:
    bench = Bench(3)
    for number in range(5):
        run = threading.Event()
        bench.gates[f"fake {number}"] = run
        work = Work(lambda gate=run: gate.wait(5), lambda _: None, "network", f"fake {number}", [("network", 2)])  # type: ignore[misc]  # its default
        bench.lanes.place(work)
    bench.place("other", "other")
    assert bench.wait_for(1) == ["other"]
    for gate in bench.gates.values():
        gate.set()


# The server itself ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The service with little patience."""
    folder = Path(tmp_path_factory.mktemp("serving"))
    with service(folder, SENDER_GRACE_SECONDS="1", TRUSTED_PROXY_COUNT="1", SECURE_SSL_REDIRECT="false") as port:
        yield port


def exchange(port: int, *parts: bytes, pause: float = 0.0, end: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Send the parts with pauses between them; status, headers in lower case and body of the answer."""
    with closing(socket.create_connection(("127.0.0.1", port), timeout=20)) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)
        if end:
            connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as file:
            status = int(file.readline().split()[1])
            headers = dict[str, str]()
            while line := file.readline().strip():
                name, _, value = line.decode().partition(":")
                headers[name.lower()] = value.strip()
            length = int(headers.get("content-length", 0))
            return status, headers, file.read(length)


def post(path: str, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers]
    if not any(line.startswith("Transfer") for line in headers):
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@pytest.mark.own_servers
@pytest.mark.parametrize("length", [10, 200_000])
def test_a_body_that_does_not_come_is_answered_and_the_connection_closed(port: int, length: int) -> None:
    status, headers, body = exchange(port, post("/api/v1/auth/login", b"{", length=length))
    assert (status, headers["connection"]) == (408, "close")
    assert json.loads(body)["type"].endswith("/request-timeout")


@pytest.mark.own_servers
def test_a_body_that_comes_too_slowly_is_answered(port: int) -> None:
    parts = [b"3\r\n   \r\n"] * 3
    head = post("/api/v1/auth/login", b"", "Transfer-Encoding: chunked")
    status, _, _ = exchange(port, head, *parts, pause=0.25)
    assert status == 408


@pytest.mark.own_servers
def test_a_slow_but_steady_sender_is_served(port: int) -> None:
    document = json.dumps({"email": "a@example.org", "password": "x" * 20_000, "more": "y" * 20_000}).encode()
    pieces = [document[start : start + 4_096] for start in range(0, len(document), 4_096)]
    status, _, body = exchange(port, post("/api/v1/auth/login", b"", length=len(document)), *pieces, pause=0.05)
    assert status in {401, 422}, body


@pytest.mark.own_servers
def test_a_body_in_chunks_is_read_to_its_end(port: int) -> None:
    document = b'{"email": "a@example.org", "password": "Wrong-1-Password"}'
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (document[:20], document[20:])) + b"0\r\n\r\n"
    status, _, body = exchange(port, post("/api/v1/auth/login", b"", "Transfer-Encoding: chunked") + chunks)
    assert (status, json.loads(body)["type"][-19:]) == (401, "invalid-credentials")


@pytest.mark.own_servers
def test_a_body_that_breaks_off_is_told_apart(port: int) -> None:
    status, _, body = exchange(port, post("/api/v1/auth/login", b'{"a', length=50), end=True)
    assert status == 400
    assert "broke off" in json.loads(body)["detail"]


@pytest.mark.own_servers
def test_the_answer_to_a_body_above_its_limit_reaches_its_sender(port: int) -> None:
    status, headers, _ = exchange(port, post("/api/v1/auth/login", b" " * (5 * MIB)))
    assert (status, headers["connection"]) == (413, "close")


@pytest.mark.own_servers
def test_a_header_that_no_text_can_be_made_of_is_there_all_the_same(port: int) -> None:
    status, _, body = exchange(
        port, post("/api/v1/auth/me", b"{}", "Authorization: Bearer \xe9").replace(b"\xc3\xa9", b"\xe9")
    )
    assert (status, json.loads(body)["status"]) == (401, 401)


@pytest.mark.own_servers
def test_a_large_answer_comes_whole(port: int) -> None:
    with urlopen(Request(f"http://127.0.0.1:{port}/api/schema"), timeout=20) as answer:
        content = answer.read()
        assert int(answer.headers["Content-Length"]) == len(content) > 256 * 1024
    status, headers, content = exchange(
        port, b"HEAD /api/schema HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    )
    assert (status, content) == (200, b"")
    assert int(headers["content-length"]) > 256 * 1024


@pytest.mark.own_servers
def test_who_does_not_read_large_answers_holds_no_thread(port: int) -> None:
    held = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in range(20)]
    try:
        for connection in held:
            connection.sendall(b"GET /api/schema HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 20)
        time.sleep(1)
        assert exchange(port, b"GET /api/docs HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")[0] == 200
    finally:
        for connection in held:
            connection.close()


@pytest.mark.own_servers
def test_more_large_requests_of_one_user_than_may_be_are_told_so_at_once_in_one_process(port: int) -> None:
    person = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada Lovelace"}
    token = Client(port, kept=False).send("POST", "/api/v1/auth/register", person).json()["access_token"]
    client = Client(port, token, kept=False)
    # Each of another profile, since what was made once is kept.
    made = [client.send("POST", "/api/v1/profiles", {"personal_info": PERSONAL_INFO}).json()["id"] for _ in range(6)]
    paths = [f"/api/v1/profiles/{profile}/export?format=pdf" for profile in made]
    answers = at_once([partial(Client(port, token, kept=False).send, "GET", path) for path in paths])
    refused = [answer for answer in answers if answer.status != 200]
    assert 1 <= len(refused) <= 4
    for answer in refused:
        # A 503 would say that the service is busy, which is not so.
        assert answer.status == 429
        assert answer.json()["type"].endswith("/too-many-under-way")
