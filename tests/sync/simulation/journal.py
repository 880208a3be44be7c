"""What happened to every item, in order, to find out what became of an edit."""

import json
import time
from pathlib import Path
from typing import Any

from tests.sync.simulation.devices import Key


class Journal:
    """Lines about items: the moment, the device, what was done, and its values. For threads."""

    def __init__(self) -> None:
        self._lines: list[tuple[float, str, str, Key, Any]] = []
        # Items of which the service has refused a change, which no device should send.
        self.rejected: set[Key] = set()

    def note(self, device: str, what: str, key: Key, *values: Any) -> None:
        """Add a line."""
        self._lines.append((time.monotonic(), device, what, key, values))

    def answered(self, device: str, method: str, sent: Any, body: Any, *, arrived: bool) -> None:
        """Note each change of a push with its result, or each entry of a page."""
        way = "" if arrived else " (lost)"
        if method == "POST":
            for change, result in zip(sent["changes"], body["results"], strict=True):
                key = change["kind"], str(change.get("id"))
                self.note(device, f"pushed{way}", key, change, result)
                if result["status"] == "rejected":
                    self.rejected.add(key)
            return
        for name in ("changed", "deleted"):
            for each in body[name]:
                self.note(device, f"told{way}: {name}", (each["kind"], each["id"]), each)

    def write(self, file: Path, keys: set[Key]) -> None:
        """Write the lines about these items, of all where nobody can tell which ones they are."""
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("w") as lines:
            for line in self._lines:
                if not keys or line[3] in keys:
                    lines.write(f"{json.dumps(line)}\n")
