"""Raw figures, written down as they come, so that a comparison that was broken off can go on."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

# What tells one run from all others.
PLACE = ("work", "connections", "round", "service")


class Journal:
    """A file of JSON lines: first what was asked for, then each finding with its kind ("runs", "statements" …)."""

    def __init__(self, path: Path, asked: Mapping[str, Any], *, go_on: bool) -> None:
        """Begin anew, or go on where the file ends. SystemExit where there is none, or other things were asked for."""
        self.path = path
        self.found: dict[str, list[Any]] = {}
        if go_on:
            self._read(json.loads(json.dumps(asked)))
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asked) + "\n")

    def _read(self, asked: Mapping[str, Any]) -> None:
        if not self.path.exists():
            raise SystemExit(f"There is nothing to go on with: {self.path} is missing.")
        first, *lines = self.path.read_text().splitlines(keepends=True)
        if json.loads(first) != asked:
            raise SystemExit(f"{self.path} was begun with other options: {first.strip()}")
        for line in lines:
            # What was broken off in the middle has no end of line.
            if line.endswith("\n"):
                kind, finding = json.loads(line)
                self.found.setdefault(kind, []).append(finding)
        self.path.write_text("".join([first, *(line for line in lines if line.endswith("\n"))]))

    def add(self, kind: str, finding: Any) -> None:
        """Keep a finding."""
        self.found.setdefault(kind, []).append(finding)
        with self.path.open("a") as file:
            file.write(json.dumps([kind, finding], ensure_ascii=False) + "\n")

    def of(self, kind: str) -> list[Any]:
        """All findings of a kind."""
        return self.found.get(kind, [])

    def has_run(self, place: Sequence[Any]) -> bool:
        """Whether there is a run of this work, connections, round and service."""
        return any([run[name] for name in PLACE] == list(place) for run in self.of("runs"))

    def runs(self) -> list[Any]:
        """All runs, those of a round that was broken off and done again only once: as they were the last time."""
        last = {tuple(run[name] for name in PLACE): run for run in self.of("runs")}
        return list(last.values())
