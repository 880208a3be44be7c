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
UNLIMITED = "ours, rate limits off"
PEER_WITH_LINE = "peer with a line and an id"
FLOOR = "floor"
POOLED = "ours behind PgBouncer"
MAX_WORKER_BYTES = 150_000_000
MAX_START_SECONDS = 2.0
MAX_GROWTH = 1.2
MAX_SEARCH_MILLISECONDS = 200
MIB = 2**20

Run = Mapping[str, Any]


class Goal(NamedTuple):
    """How many times as many requests a second as the other one does shall be done.

    Of the same work, unless `of` names another one of the same rounds.
    """

    work: str
    other: str
    ratio: float
    of: str = ""

    def against(self, titles: Mapping[str, str]) -> str:
        """What it is compared with, in words."""
        return titles[self.of] if self.of else self.other


GOALS = (
    Goal("hit", PEER, 12),
    Goal("hit", PEER_WITH_REDIS, 1.6),
    Goal("hit", FLOOR, 0.35),
    Goal("hit8000", PEER, 12),
    Goal("hit8000", PEER_WITH_REDIS, 1.6),
    Goal("unchanged", PEER, 1.6),
    Goal("unchanged", PEER_WITH_LINE, 1.8),
    Goal("unchanged", FLOOR, 0.4),
    Goal("miss", PEER, 3.5),
    Goal("analytics", PEER, 5),
    Goal("patch", PEER, 2),
    Goal("post", PEER, 1.1),
    Goal("post100", PEER, 1.1),
    Goal("push20", OURS, 0.8, "patch20"),
    Goal("pull20", OURS, 2, "hit1000"),
)
# Milliseconds of CPU time that a request shall take at most in the process, its line in the log included.
COSTS = {"unchanged": 0.22, "hit": 0.24, "miss": 0.6, "post": 0.95, "post100": 3.0}


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


def values(runs: Sequence[Run], field: str, **which: Any) -> list[Any]:
    """A field of the runs that have these values, in the order of their rounds."""
    found = [run for run in runs if all(run[name] == value for name, value in which.items())]
    in_order = sorted(found, key=lambda run: int(run["round"]))
    return [run[field] for run in in_order if run.get(field) is not None]


def ratio(runs: Sequence[Run], work: str, connections: int, other: str, *, of: str = "") -> Range | None:
    """How many times as many requests a second ours did as the other one in the same round; None if not measured.

    The other one did the work `of`, or the same one.
    """
    mine, theirs = (
        values(runs, "rate", work=name, connections=connections, service=who)
        for name, who in ((work, OURS), (of or work, other))
    )
    if not mine or not theirs:
        return None
    return Range.of([one / two for one, two in zip(mine, theirs, strict=True)])


def cpu(runs: Sequence[Run], **which: Any) -> list[float]:
    """Milliseconds of CPU time of all processes for a request, by round."""
    return [sum(parts.values()) for parts in values(runs, "cpu", **which)]


def cpu_ratio(runs: Sequence[Run], work: str, connections: int, other: str) -> Range | None:
    """How many times as much CPU time as ours the other one took for a request in the same round."""
    mine, theirs = (cpu(runs, work=work, connections=connections, service=name) for name in (OURS, other))
    if not mine or not theirs:
        return None
    return Range.of([two / one for one, two in zip(mine, theirs, strict=True)])


def services(runs: Sequence[Run], work: str) -> list[str]:
    """Who did the work, in the order of their first runs."""
    return list(dict.fromkeys(run["service"] for run in runs if run["work"] == work))


def verdicts(results: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[Verdict]:
    """Every goal of the comparison that something was measured for; `titles` names the works."""
    for name, costs in results.get("costs", {}).items():
        if name in COSTS:
            found = Range.of(costs)
            text = f"{titles[name]}, CPU time in process (n={len(costs)})"
            yield Verdict(text, f"≤ {COSTS[name]:g} ms", f"{found.text(3)} ms", found.median <= COSTS[name])
    yield from _rates(results["runs"], titles)
    yield from _slowest(results["runs"], titles)
    memory = results["memory"].get(OURS)
    if memory:
        text = "Resident size of a web worker under load"
        yield Verdict(text, "≤ 150 MB", f"{memory / 1e6:.0f} MB", memory <= MAX_WORKER_BYTES)
    starts = results["starts"].get(OURS)
    if starts:
        found = Range.of(starts)
        text = f"Start to first answer (n={len(starts)})"
        yield Verdict(text, "≤ 2 s", f"{found.text()} s", found.median <= MAX_START_SECONDS)


def _rates(runs: Sequence[Run], titles: Mapping[str, str]) -> Iterator[Verdict]:
    for goal in GOALS:
        for connections in CONNECTIONS:
            found = ratio(runs, goal.work, connections, goal.other, of=goal.of)
            if found:
                text = f"{titles[goal.work]}, {connections} connections, against {goal.against(titles)}"
                yield Verdict(text, f"≥ {goal.ratio:g}×", f"{found.text()}×", found.median >= goal.ratio)


def _slowest(runs: Sequence[Run], titles: Mapping[str, str]) -> Iterator[Verdict]:
    for work, title in titles.items():
        ours, peer = (values(runs, "p99", work=work, connections=CROWD, service=name) for name in (OURS, PEER))
        if ours and peer:
            measured = f"{Range.of(ours).text(1)} ms"
            goal_text = f"< {Range.of(peer).text(1)} ms"
            text = f"{title}, p99 at {CROWD} connections, against {PEER}"
            yield Verdict(text, goal_text, measured, median(ours) < median(peer))
