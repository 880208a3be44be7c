"""The reference client in Python (clients/python) as a device of the simulation."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.clients.device_python import PythonDevice
from tests.sync.simulation.devices import ANSWER_SECONDS, Device, Key, Values

T = TypeVar("T")


class PythonClient(Device):
    """The client, with its copy in a file. The person decides for theirs half of the times."""

    kinds = ("experiences", "projects", "custom_fields", "skills.technical", "profile")

    def open(self, url: str, token: str, profile: str) -> None:
        self.folder = tempfile.TemporaryDirectory()
        # Its database belongs to one thread.
        self.thread = ThreadPoolExecutor(1)
        self.device = PythonDevice(Path(self.folder.name) / "profile.sqlite3")
        self._do(self.device.open, url, token, profile)
        self.device.client.http.timeout = httpx.Timeout(ANSWER_SECONDS)

    def _do(self, call: Callable[..., T], *values: Any) -> T:
        return self.thread.submit(call, *values).result()

    def create(self, kind: str, pk: str, values: Values) -> None:
        self._do(self.device.create, kind, pk, values)

    def edit(self, kind: str, pk: str, values: Values) -> bool:
        self._do(self.device.edit, kind, pk, values)
        return True

    def delete(self, kind: str, pk: str) -> bool:
        self._do(self.device.delete, kind, pk)
        return True

    def sync(self) -> bool:
        return self._do(self.device.sync)

    def token(self, token: str) -> None:
        self._do(self.device.token, token)

    def dump(self) -> Values:
        dump = self._do(self.device.dump)
        return {**dump, "conflicts": [_shown(question) for question in dump["conflicts"]]}

    def resolve_all(self) -> Collection[Key]:
        return self._do(self._resolve)

    def _resolve(self) -> Collection[Key]:
        back = set()
        # One answer an item.
        answers: dict[Key, bool] = defaultdict(lambda: self.random.random() < 0.5)
        for question in self.device.client.questions():
            if question["conflict"]:
                is_mine = answers[question["kind"], question["id"]]
                self.device.client.resolve(question, mine=is_mine)
                if is_mine and question["deleted"]:
                    back.add((question["kind"], question["id"]))
        return back

    def close(self) -> None:
        if hasattr(self, "device"):
            self._do(self.device.close)
            self.thread.shutdown()
            self.folder.cleanup()


def _shown(question: dict[str, Any]) -> Values:
    """A question of the client as devices tell it."""
    named = {"kind": question["kind"], "id": question["id"], "base": question["base"]}
    stored = {"version": question["version"], "data": question["data"]}
    told = {"conflict": question["conflict"], "isDeleted": question["deleted"]}
    return {"yours": {**named, **question["change"]}, "stored": stored, **told}
