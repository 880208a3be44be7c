"""A large request costs a web process little memory, which goes back to the system (real server, its resident size)."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Self

import psutil
import pytest

from profiles.models import Experience
from tests.support import hostile
from tests.support.factories import PERSONAL_INFO, item
from tests.support.service.live import Caller, service

pytestmark = pytest.mark.own_servers

MEGABYTE = 1_000_000
UPLOAD_BYTES = 10 * 2**20 - 1024
SECONDS = 60


def web_process() -> psutil.Process:
    """The process of the service that answers: the one below this one that listens."""
    below = psutil.Process().children(recursive=True)
    return next(one for one in below if any(each.status == psutil.CONN_LISTEN for each in one.net_connections("tcp")))


def large_body() -> bytes:
    """1,000 experiences of together just under 10 MiB, most of it in members that nobody knows."""
    items = [item(Experience, number) for number in range(1000)]
    room = (UPLOAD_BYTES - len(json.dumps(items))) // len(items) - len(', "note": ""')
    return json.dumps([{**each, "note": "x" * room} for each in items]).encode()


class Peak:
    """The largest figure of a function while the block runs."""

    def __init__(self, figure: Callable[[], int]) -> None:
        self.figure = figure
        self.most = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        while not self.done.wait(0.005):
            self.most = max(self.most, self.figure())

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.done.set()
        self.thread.join()


def test_ten_megabytes_that_are_uploaded_cost_sixty_at_most_and_they_go_again(tmp_path: Path) -> None:
    body = large_body()
    with service(tmp_path) as port, closing(Caller(port)) as caller:
        caller.register("ada@example.org", "Correct-Horse-7")
        path = f"/profiles/{caller.send('POST', '/profiles', {'personal_info': PERSONAL_INFO}).json['id']}/experiences"
        assert caller.send("POST", path, [item(Experience)]).status == 201
        process = web_process()
        before = process.memory_info().rss
        with Peak(lambda: process.memory_info().rss) as peak:
            # With the one that is there it is one too many, which is known only after all of it was judged and written.
            assert caller.send("POST", path, body).status == 422
        assert peak.most - before <= 60 * MEGABYTE
        deadline = time.monotonic() + SECONDS
        while process.memory_info().rss - before > 15 * MEGABYTE and time.monotonic() < deadline:
            time.sleep(0.1)
        assert process.memory_info().rss - before <= 15 * MEGABYTE, (peak.most - before) / MEGABYTE


def test_refused_bodies_of_one_sender_at_once_leave_a_process_small(tmp_path: Path) -> None:
    """Each has as many parts as are parsed at all. Without `let_go` the process had 618 MiB."""
    body = hostile.just_enough(UPLOAD_BYTES)
    with service(tmp_path) as port, closing(Caller(port)) as caller:
        caller.register("mallory@example.org", "Correct-Horse-7")
        path = f"/profiles/{caller.send('POST', '/profiles', {'personal_info': PERSONAL_INFO}).json['id']}/experiences"
        statuses: list[int] = []

        def send() -> None:
            with closing(Caller(port)) as one:
                one.token = caller.token
                statuses.extend(one.send("POST", path, body).status for _ in range(2))

        process = web_process()
        senders = [threading.Thread(target=send) for _ in range(6)]
        with Peak(lambda: process.memory_info().rss) as peak:
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
        assert set(statuses) <= {422, 429, 503}
        assert 422 in statuses
        assert peak.most <= 400 * 2**20
