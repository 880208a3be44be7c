"""A live service, and devices with the Python client whose network a test can disturb."""

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients.device_python import PythonDevice
from tests.support.factories import profile_document
from tests.support.service.live import DATABASE, Caller, service


class Network(httpx.BaseTransport):
    """The way to the service. `sent` holds the changes of each push; the next request meets `before` and `after`."""

    def __init__(self) -> None:
        self.way = httpx.HTTPTransport()
        self.sent: list[list[dict[str, Any]]] = []
        self.before: Callable[[], httpx.Response | None] | None = None
        self.after: Callable[[], None] | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The service's answer, where a test lets request and answer pass."""
        before, self.before = self.before, None
        if before and (answer := before()):
            return answer
        if request.method == "POST":
            self.sent.append(httpx.Response(200, content=request.read()).json()["changes"])
        answer = self.way.handle_request(request)
        after, self.after = self.after, None
        if after:
            answer.read()
            after()
        return answer

    def close(self) -> None:
        """Close the connections."""
        self.way.close()


def lost() -> None:
    """What happens to an answer that never arrives."""
    raise httpx.ReadError("the connection broke")


@dataclass
class Place:
    """A profile at the service, and the devices of its owner."""

    port: int
    folder: Path
    caller: Caller
    profile: str
    devices: dict[str, PythonDevice] = field(default_factory=dict)
    networks: dict[str, Network] = field(default_factory=dict)

    def device(self, name: str) -> PythonDevice:
        """A device that has pulled nothing yet; the same file again where it was there before."""
        if name in self.devices:
            self.devices[name].close()
        network = self.networks[name] = Network()
        device = PythonDevice(self.folder / f"{self.profile}-{name}.db", transport=network)
        self.devices[name] = device.open(self.url, self.caller.token, self.profile)
        return device

    @property
    def url(self) -> str:
        """Where the API is."""
        return f"http://127.0.0.1:{self.port}/api/v1"

    def send(self, method: str, path: str = "", body: Any = None) -> Any:
        """The service's answer to a request about the profile."""
        answer = self.caller.send(method, f"/profiles/{self.profile}{path}", body)
        assert answer.status < 300, answer
        return answer.json

    def first(self, kind: str) -> str:
        """The id of the first item of a list, as it is stored."""
        return str(self.send("GET")[kind][0]["id"])

    def stored(self, kind: str, pk: str) -> dict[str, Any] | None:
        """An item as it is stored, None where there is none."""
        found: list[dict[str, Any]] = self.send("GET")[kind]
        return next((each for each in found if each["id"] == pk), None)

    def prune(self) -> None:
        """Let the service forget its whole history."""
        with sqlite3.connect(self.folder / DATABASE, timeout=30) as database:
            database.execute("DELETE FROM profiles_revision")
        database.close()

    def assert_all_alike(self) -> None:
        """Hold what each device shows against what the service has, after all have synchronised."""
        assert all(device.sync() for _ in range(2) for device in self.devices.values())
        stored = self.send("GET")
        for name, device in self.devices.items():
            dump = device.dump()
            assert (dump["pending"], dump["conflicts"]) == (0, []), name
            own = dump["items"].pop("profile")[self.profile]
            assert own == {member: stored[member] for member in own}, name
            for kind in ("technical", "soft"):
                assert dump["items"].pop(f"skills.{kind}")[kind]["names"] == stored["skills"][kind]
            fields = {key: each["value"] for key, each in dump["items"].pop("custom_fields", {}).items()}
            assert fields == stored["custom_fields"]
            lists = {**stored, **stored["skills"]}
            for kind, items in dump["items"].items():
                assert list(items.values()) == lists[kind], (name, kind)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """Port and folder of a service that these tests share."""
    folder = tmp_path_factory.mktemp("service")
    with service(folder, RATELIMIT_ENABLE="false") as port:
        yield port, folder


@pytest.fixture
def place(server: tuple[int, Path]) -> Iterator[Place]:
    """A profile of a new person, with two rows in each list."""
    port, folder = server
    caller = Caller(port)
    caller.register(f"{uuid.uuid4().hex}@example.org", "Analytical1843")
    profile = caller.send("POST", "/profiles", profile_document(2)).json["id"]
    place = Place(port, folder, caller, profile)
    yield place
    for device in place.devices.values():
        device.close()
    caller.close()


@pytest.fixture
def phone(place: Place) -> PythonDevice:
    """A device that has the profile."""
    device = place.device("phone")
    assert device.sync()
    return device


@pytest.fixture
def tablet(place: Place) -> PythonDevice:
    """Another one."""
    device = place.device("tablet")
    assert device.sync()
    return device
