"""Devices that are processes of Node: one JSON command a line, one answer a line (tests/clients/lines.ts)."""

import json
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any, ClassVar

from tests.faults.stage import ROOT
from tests.sync.simulation.devices import Device, Key, Values

NODE = Path(sys.executable).parent / "node"
CLOSING_SECONDS = 20
# Before anything else is loaded, the clock is wrong.
WRONG_CLOCK = """
const Right = Date, offset = {milliseconds};
globalThis.Date = class extends Right {{
    constructor(...given) {{ given.length ? super(...given) : super(Right.now() + offset); }}
    static now() {{ return Right.now() + offset; }}
}};
"""


class NodeDevice(Device):
    """A device in TypeScript; `program` is its file below tests/clients."""

    program: ClassVar[str]

    def open(self, url: str, token: str, profile: str) -> None:
        clock = WRONG_CLOCK.format(milliseconds=int(self.clock * 1000))
        command: list[str | Path] = [NODE, "--import", f"data:text/javascript,{' '.join(clock.split())}", self.program]
        self.process = subprocess.Popen(
            command, cwd=ROOT / "tests" / "clients", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._do("open", url=url, token=token, profile=profile)

    def create(self, kind: str, pk: str, values: Values) -> None:
        self._do("create", kind=kind, id=pk, values=values)

    def edit(self, kind: str, pk: str, values: Values) -> bool:
        return not self._do("edit", kind=kind, id=pk, values=values).get("isStale")

    def delete(self, kind: str, pk: str) -> bool:
        return not self._do("delete", kind=kind, id=pk).get("isStale")

    def sync(self) -> bool:
        return bool(self._ask("sync")["ok"])

    def token(self, token: str) -> None:
        self._do("token", token=token)

    def dump(self) -> Values:
        return self._do("dump")

    def resolve_all(self) -> Collection[Key]:
        self._do("resolve")
        return ()

    def close(self) -> None:
        if not hasattr(self, "process"):
            return
        with self.process:
            if self.process.poll() is None:
                self._ask("close")
            try:
                self.process.wait(CLOSING_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def _do(self, command: str, **values: Any) -> Values:
        answer = self._ask(command, **values)
        if not answer["ok"]:
            raise RuntimeError(f"{self.program} {command} {values}: {answer}")
        return answer

    def _ask(self, command: str, **values: Any) -> Values:
        sent, told = self.process.stdin, self.process.stdout
        if sent is None or told is None:
            raise RuntimeError(f"{self.program} has no pipes.")
        sent.write(f"{json.dumps({'do': command, **values})}\n")
        sent.flush()
        if not (line := told.readline()):
            raise RuntimeError(f"{self.program} ended at {command}.")
        answer: Values = json.loads(line)
        return answer


class RxDevice(NodeDevice):
    """RxDB, by the adapter under clients/."""

    program = "device_rxdb.ts"


class WatermelonDevice(NodeDevice):
    """WatermelonDB, by the adapter under clients/."""

    program = "device_watermelon.ts"
