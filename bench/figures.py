"""What the measured runs say: ratios of paired rounds, and whether the goals are reached. Knows no server."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

RESULTS = Path(__file__).resolve().parent / "results"
CONNECTIONS = (16, 64)
# The number of connections at which the slowest answers are compared.
CROWD = 64
OURS = "ours"
PEER = "peer"
PEER_WITH_REDIS = "peer with Redis"
NAIVE = "naive DRF"
PGBENCH = "pgbench, the bare statement"
COPY = "COPY, no service"
LIMITED = "ours, rate limits on"
POOLED = "ours behind PgBouncer"
MAX_WORKER_BYTES = 150_000_000
MAX_START_SECONDS = 2.0
MAX_GROWTH = 1.2
MAX_SEARCH_MILLISECONDS = 200
MIB = 2**20

Run = Mapping[str, Any]


class Goal(NamedTuple):
    """How many times as many requests a second as the other one does shall be done."""

    work: str
    other: str
    ratio: float


GOALS = (
    Goal("hit", PEER, 7),
    Goal("hit", PEER_WITH_REDIS, 1.3),
    Goal("miss", PEER, 4),
    Goal("miss", PGBENCH, 0.25),
    Goal("unchanged", PEER, 1.8),
    Goal("analytics", PEER, 3),
    Goal("patch", PEER, 1),
    Goal("post", PEER, 1),
    Goal("post100", PEER, 2),
    Goal("post100", COPY, 0.3),
)


class Range(NamedTuple):
    """The median of some figures, the smallest and the largest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> "Range":
        """Of at least one figure."""
        return cls(median(figures), min(figures), max(figures))

    def text(self, digits: int = 2) -> str:
        """As a table shows it."""
        shown = f"{self.median:,.{digits}f}"
        return f"{shown} ({self.low:,.{digits}f} – {self.high:,.{digits}f})"


class Verdict(NamedTuple):
    """A goal beside what was measured."""

    text: str
    goal: str
    measured: str
    reached: bool

    @property
    def word(self) -> str:
        """The verdict in words."""
        return "reached" if self.reached else "**not reached**"


def save(name: str, results: Any) -> None:
    """Keep raw results in bench/results."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def saved(name: str) -> Any:
    """Raw results that were kept, or None."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else None


def values(runs: Sequence[Run], field: str, **which: Any) -> list[float]:
    """A field of the runs that have these values, in the order of their rounds."""
    found = [run for run in runs if all(run[name] == value for name, value in which.items())]
    return [run[field] for run in sorted(found, key=lambda run: int(run["round"])) if run[field] is not None]


def ratio(runs: Sequence[Run], work: str, connections: int, ours: str, other: str) -> Range | None:
    """How many times as many requests a second ours did as the other one in the same round; None if not measured."""
    pair = [values(runs, "rate", work=work, connections=connections, service=name) for name in (ours, other)]
    if not all(pair):
        return None
    return Range.of([mine / theirs for mine, theirs in zip(*pair, strict=True)])


def services(runs: Sequence[Run], work: str) -> list[str]:
    """Who did the work, in the order of their first runs."""
    return list(dict.fromkeys(run["service"] for run in runs if run["work"] == work))


def verdicts(results: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[Verdict]:
    """Every goal of the comparison that something was measured for; `titles` names the works."""
    runs = results["runs"]
    for goal in GOALS:
        for connections in CONNECTIONS:
            found = ratio(runs, goal.work, connections, OURS, goal.other)
            if found:
                text = f"{titles[goal.work]}, {connections} connections, against {goal.other}"
                yield Verdict(text, f"≥ {goal.ratio:g}×", f"{found.text()}×", found.median >= goal.ratio)
    for work, title in titles.items():
        ours, peer = (values(runs, "p99", work=work, connections=CROWD, service=name) for name in (OURS, PEER))
        if ours and peer:
            measured = f"{Range.of(ours).text(1)} ms"
            goal_text = f"≤ {Range.of(peer).text(1)} ms"
            text = f"{title}, p99 at {CROWD} connections, against {PEER}"
            yield Verdict(text, goal_text, measured, median(ours) <= median(peer))
    memory = results["memory"].get(OURS)
    if memory:
        text = "Resident size of a web worker under load"
        yield Verdict(text, "≤ 150 MB", f"{memory / 1e6:.0f} MB", memory <= MAX_WORKER_BYTES)
    starts = results["starts"].get(OURS)
    if starts:
        found = Range.of(starts)
        text = f"Start to first answer (n={len(starts)})"
        yield Verdict(text, "≤ 2 s", f"{found.text()} s", found.median <= MAX_START_SECONDS)
