"""Writes bench/RESULTS.md and bench/results.svg from the raw results in bench/results, and prints a comparison."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from bench import figures
from bench.figures import CONNECTIONS, GOALS, OURS, Range
from bench.measuring.spent import PARTS
from bench.works import WORKS

HERE = Path(__file__).resolve().parent
# What was found out by hand: profiles of the code, what was tried, why a goal is out of reach.
NOTES = HERE / "notes.md"
TITLES = {work.name: work.title for work in WORKS.values()}
INK, GRID, MARK = "#1f2933", "#c7d0d9", "#c2410c"
BARS = {CONNECTIONS[0]: "#2563a8", CONNECTIONS[1]: "#7fb0de"}

# Of work in the background: what, the goal, the measurement and how its figure is made of one round.
JOB_FIGURES: tuple[tuple[str, str, str, Callable[[Mapping[str, float]], float]], ...] = (
    ("a large job is accepted after, s", "", "large", lambda one: one["accepted"]),
    ("and has ended so long after that, s", "≤ 2", "large", lambda one: one["ended"]),
    ("many jobs are filed after, s", "", "many", lambda one: one["filed"]),
    ("and done after, s", "", "many", lambda one: one["ended"]),
    ("items a second", "≥ 3,000", "many", lambda one: one["rate"]),
    ("p99 of GET, hit, alone, ms", "", "beside", lambda one: one["alone"]),
    ("while jobs are done, ms", "", "beside", lambda one: one["meanwhile"]),
    ("relative to alone", "≤ 2", "beside", lambda one: one["meanwhile"] / one["alone"]),
    ("items a second meanwhile", "", "beside", lambda one: one["items"]),
    ("an upload of 10 MB makes a web process grow by, MB", "≤ 60", "upload", lambda one: one["most"] / 1e6),
    ("of which stay, MB", "", "upload", lambda one: one["after"] / 1e6),
)


# Of imports, likewise.
IMPORT_FIGURES: tuple[tuple[str, str, str, Callable[[Mapping[str, float]], float]], ...] = (
    ("a plain POST of a typical profile, ms", "", "beside", lambda one: one["post"]),
    ("the import of its résumé, ms", "", "beside", lambda one: one["import"]),
    ("imports a second, relative to plain POSTs", "≥ 0.5", "beside", lambda one: one["ratio"]),
    ("an archive with 200 items is accepted after, s", "", "archive", lambda one: one["accepted"]),
    ("and imported so long after its job's start, s", "≤ 2", "archive", lambda one: one["ended"]),
    ("the largest archive is accepted after, s", "", "largest", lambda one: one["accepted"]),
    ("and imported so long after its job's start, s", "", "largest", lambda one: one["ended"]),
    ("a web process grows by, MB", "≤ 30", "largest", lambda one: one["web"] / 1e6),
    ("of which stay, MB", "", "largest", lambda one: one["web_after"] / 1e6),
    ("a worker grows by, MB", "≤ 30", "largest", lambda one: one["worker"] / 1e6),
    ("of which stay, MB", "", "largest", lambda one: one["worker_after"] / 1e6),
)

# What is searched, by the headings of their tables.
SEARCHES = {"people": "A search among people", "profiles": "A search among profiles"}

HEAD = """# Results of the comparison

Written by `make bench`; the raw figures lie in `bench/results`. Two workers of each service, PostgreSQL, Redis and the
load generator share one machine, so that the ratios say more than the absolute figures. Every run of one service has
a run of each other one in the same round, in an order that rotates; a ratio is taken within a round, and shown are the
median, and in brackets the smallest and the largest. Every answer's status is looked at while warming up, and none may
be wrong.

The peer is the service that a competent person would write with FastAPI, async SQLAlchemy, asyncpg and pydantic
(`bench/peer`): the same routes, checks, database, tables and tokens. The naive one is Django REST framework with nested
ModelSerializers (`bench/naive`). Neither keeps history, as ours does with every write. The floor (`bench/floor`) is a
bare WSGI function on our server: one prepared look-up, then a 304 or the document out of Redis, and nothing else.
"""
STATEMENTS = "As PostgreSQL logs them, BEGIN and COMMIT included, of requests outside of the timed runs."
CPU = (
    "CPU is user's and system's time of all processes in milliseconds a request: of the service, PostgreSQL and Redis"
    " together, then each. Ratios above 1 speak for ours."
)
REPEAT = """## To repeat it

    make bench                                   # the comparison, then this report
    .venv/bin/python -m bench compare --rounds 1 --seconds 2 --work hit     # a short look at one work
    .venv/bin/python -m bench compare --go-on    # with what a run that was broken off did not get to
    .venv/bin/python -m bench compare --short    # all of it once, on few profiles, to see whether it works
    .venv/bin/python -m bench costs              # CPU time in process
    .venv/bin/python -m bench growth             # 1,000, 100,000 and 1,000,000 profiles
    .venv/bin/python -m bench jobs               # work in the background
    .venv/bin/python -m bench imports            # careers that come in
    .venv/bin/python -m bench search             # the support desk among a million people
    .venv/bin/python -m bench report             # this report anew, from bench/results

The load comes from wrk, which must be installed (on Debian: `apt-get install wrk`); pgbench and PgBouncer are
measured where they are installed (`postgresql-client`, which needs `postgresql` on some systems, and `pgbouncer`).
"""


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)) + "\n"


def goals(results: Mapping[str, Any]) -> str:
    """The goals, each with its verdict."""
    rows = [(each.text, each.goal, each.measured, each.word) for each in figures.verdicts(results, TITLES)]
    return table(["", "goal", "measured", ""], rows)


def works(results: Mapping[str, Any]) -> Iterator[str]:
    """A table for each work: what every service did."""
    runs = results["runs"]
    head = [
        "connections",
        "",
        "requests a second",
        "ours against it",
        "CPU, ms",
        "its against ours",
        "p50, ms",
        "p99, ms",
    ]
    for name, title in TITLES.items():
        rows = [
            _row(runs, name, connections, service)
            for connections in sorted({run["connections"] for run in runs if run["work"] == name})
            for service in figures.services(runs, name)
        ]
        if rows:
            yield f"### {title}\n\n{table(head, rows)}"


def _row(runs: Sequence[figures.Run], name: str, connections: int, service: str) -> Sequence[str]:
    """What a service did at so many connections."""
    which = {"work": name, "connections": connections, "service": service}
    rate = Range.of(figures.values(runs, "rate", **which)).text(0)
    ratios = [each(runs, name, connections, service) for each in (figures.ratio, figures.cpu_ratio)]
    rates, times = (f"{found.text()}×" if found and service != OURS else "" for found in ratios)
    p50, p99 = (_milliseconds(figures.values(runs, field, **which)) for field in ("p50", "p99"))
    return (str(connections), service, rate, rates, _cpu(runs, which), times, p50, p99)


def _cpu(runs: Sequence[figures.Run], which: Mapping[str, Any]) -> str:
    """The CPU time of all processes with its range, and what of it are the service's, PostgreSQL's and Redis'."""
    found = figures.cpu(runs, **which)
    parts = figures.values(runs, "cpu", **which)
    if not found:
        return ""
    shares = " + ".join(f"{Range.of([each[name] for each in parts]).median:.2f}" for name in PARTS)
    return f"{Range.of(found).text()} = {shares}"


def statements(results: Mapping[str, Any]) -> str:
    """A table of the statements that a request sends, by work and service."""
    found = {(each["work"], each["service"]): each["a_request"] for each in results.get("statements", ())}
    names = list(dict.fromkeys(service for _, service in found))
    rows = [
        (title, *(f"{found[work, name]:g}" if (work, name) in found else "" for name in names))
        for work, title in TITLES.items()
        if any((work, name) in found for name in names)
    ]
    return table(["", *names], rows) if rows else ""


def _milliseconds(found: Sequence[float]) -> str:
    return Range.of(found).text(1) if found else ""


def circumstances(results: Mapping[str, Any]) -> str:
    """What it was measured on."""
    versions = ", ".join(f"{name} {number}" for name, number in results["versions"].items() if number)
    settings = ", ".join(f"{name} {value}" for name, value in results["postgresql"].items())
    return (
        f"Taken {results['taken'].replace('T', ', ').replace('+00:00', ' UTC')}, on {results['cores']} cores"
        f" ({results['processor']}) and {results['memory_bytes'] / 2**30:.0f} GiB, {results['system']}.\n\n"
        f"{versions}.\n\nPostgreSQL's settings: {settings}.\n"
    )


def comparison(results: Mapping[str, Any]) -> str:
    """The part of the report that `compare` measured."""
    told = (
        f"{results['rounds']} rounds of {results['seconds']:g} s at each number of connections, on"
        f" {results['profiles']:,} profiles: 8 experiences, 3 education, 5 projects, 20 skills, 3 languages, 3"
        " certifications, 2 interests, a volunteering, an award, a publication and 4 custom fields each, 17 to 19 kB as"
        " JSON, and three entries of the log. Ours counts requests against its limits, which no run reaches."
    )
    memory = "; ".join(f"{name} {size / 1e6:.0f} MB" for name, size in results["memory"].items())
    return "\n".join(
        [
            f"{told}\n\n{circumstances(results)}",
            f"![Requests a second relative to the others](results.svg)\n\n## Goals\n\n{goals(results)}",
            f"Resident size of the largest worker: {memory}.\n",
            f"## Statements a request\n\n{STATEMENTS}\n\n{statements(results)}",
            f"## Works\n\n{CPU}\n",
            *works(results),
        ]
    )


def growth(results: Mapping[str, Any]) -> str:
    """The part of the report that `growth` measured."""
    sizes = [size["profiles"] for size in results["sizes"]]
    loads = [
        f"{size['rows']:,} rows in {size['seconds']:.0f} s for {size['profiles']:,} profiles"
        for size in results["sizes"]
    ]
    head = [f"{size:,} profiles" for size in sizes]
    time = (
        f"### Time\n\nMedian latency in milliseconds; behind the comma the ratio to {sizes[0]:,} profiles, measured in"
        f" turn with them (median and range of the rounds). The goal is at most"
        f" {figures.MAX_GROWTH}; what is above it is bold.\n"
    )
    parts = (
        "## Growth\n",
        f"One database, filled up in steps by COPY, with VACUUM and ANALYZE: {'; '.join(loads)}. {results['told']}\n",
        circumstances(results),
        "### Size\n\nOf each table and of its indexes, in bytes a profile.\n",
        table(["", *head], list(_room(results["sizes"]))),
        time,
        table(["", "kind, connections", *head], list(_costs(results, sizes))),
    )
    return "\n".join(parts)


def _room(sizes: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    yield ("whole database", *(f"{size['database_bytes'] / figures.MIB:,.0f} MiB" for size in sizes))
    yield ("its share", *(f"{size['database_bytes'] / size['profiles'] / 1024:.1f} KiB" for size in sizes))
    for name in sizes[-1]["tables"]:
        found = [size["tables"][name] for size in sizes]
        yield (name, *(f"{one['table']:,.0f} + {one['indexes']:,.0f}" for one in found))


def _costs(results: Mapping[str, Any], sizes: Sequence[int]) -> Iterator[Sequence[str]]:
    for name, title in results["titles"].items():
        for kind, connections in results["kinds"]:
            which = {"work": name, "kind": kind, "connections": connections}
            yield title, f"{kind}, {connections}", *(_cost(results["runs"], size, sizes[0], which) for size in sizes)


def _cost(runs: Sequence[figures.Run], size: int, first: int, which: Mapping[str, Any]) -> str:
    mine, other = (figures.values(runs, "p50", size=size, service=str(count), **which) for count in (size, first))
    shown = f"{Range.of(mine).median:.2f}"
    if size == first:
        return shown
    found = Range.of([one / two for one, two in zip(mine, other, strict=True)])
    mark = "" if found.median <= figures.MAX_GROWTH else "**"
    return f"{shown}, {mark}{found.text()}×{mark}"


def jobs(results: Mapping[str, Any]) -> str:
    """The part of the report that `jobs` measured."""
    rows = []
    for title, goal, name, made in JOB_FIGURES:
        shown = [Range.of([made(each) for each in found[name]]).text(2) for found in results["backends"].values()]
        rows.append((title, goal, *shown))
    told = (
        f"Two web processes and two workers, {results['rounds']} rounds. A large job has 1,000 experiences; the many"
        " are 1,000 jobs of 100 items, filed by 16 clients at once, counted from the first request to the last job's"
        " end. The upload is a job whose request has just under 10 MiB, most of it in members that are ignored."
    )
    head = ["", "goal", *(f"tasks by {name}" for name in results["backends"])]
    return "\n".join((f"## Work in the background\n\n{told}\n", table(head, rows), circumstances(results)))


def imports(results: Mapping[str, Any]) -> str:
    """The part of the report that `imports` measured."""
    found = results["found"]
    rows = [
        (title, goal, Range.of([made(each) for each in found[name]]).text(2))
        for title, goal, name, made in IMPORT_FIGURES
    ]
    told = (
        f"One client, {results['rounds']} rounds; plain POST and import {results['times']} times in turn a round, of a"
        " generated profile and of its export, each profile deleted again. The largest archive has 1,000 items and as"
        " much text as an archive may bring."
    )
    return "\n".join(
        (f"## Careers that come in\n\n{told}\n", table(["", "goal", "measured"], rows), circumstances(results))
    )


def search(results: Mapping[str, Any]) -> str:
    """The part of the report that `search` measured."""
    found = results["found"]
    searches = [each for each in found if each["group"] in SEARCHES]
    slow = [each for each in searches if each["p50"] >= figures.MAX_SEARCH_MILLISECONDS]
    slowest = max(each["p50"] for each in searches if each not in slow)
    above = "; ".join(f"{each['title']}, among {each['group']}: {each['p50']:,.0f} ms" for each in slow)
    least, middle, most = results["load"]
    told = (
        f"{results['size']:,} people with a profile and a session each (nothing below the profiles), filled in"
        f" {results['filled_seconds']:.0f} s; a superuser in the admin, one request after the other over real HTTP,"
        f" each about somebody else, after {results['warm']} that are not counted. Milliseconds. Rows are what the list"
        " says it has found, the median; its count ends at 10,000. The machine's load was"
        f" {middle:.1f} ({least:.1f} – {most:.1f}) on {results['cores']} cores, this one's own included.\n\n"
        f"The goal is a median below {figures.MAX_SEARCH_MILLISECONDS} ms for every search:"
        f" {len(searches) - len(slow)} of {len(searches)} reach it, the slowest of them with"
        f" {slowest:.0f} ms. **Not reached**: {above or 'none'}.\n"
    )
    head = ["", "n", "rows", "p50", "p95", "range"]
    parts = [f"## The support desk\n\n{told}"]
    for group, title in (*SEARCHES.items(), ("lists", "Lists and filters"), ("pages", "Pages")):
        shown = [each if group != "pages" else {**each, "rows": None} for each in found if each["group"] == group]
        rows = [(each["title"], *_spread(each)) for each in shown]
        parts.append(f"### {title}\n\n{table(head, rows)}")
    writes = [
        (f"{each['what']}, {'with' if each['indexed'] else 'without'}", *_spread(each)) for each in results["writes"]
    ]
    parts.append(f"### Writes (PATCH) with and without the words' index, in this order\n\n{table(head, writes)}")
    sizes = "; ".join(
        f"{name}: {each['bytes'] / figures.MIB:.0f} MiB, built in {each['seconds']:.1f} s"
        for name, each in results["indexes"].items()
    )
    return "\n".join((*parts, f"The words' indexes: {sizes}.\n", circumstances(results)))


def _spread(found: Mapping[str, Any]) -> Sequence[str]:
    """A measurement as a row has it."""
    rows = "" if found.get("rows") is None else f"{found['rows']:,.0f}"
    shown = (f"{found[name]:.1f}" for name in ("p50", "p95"))
    return (str(found["n"]), rows, *shown, f"{found['least']:.1f} – {found['most']:.1f}")


def plot(results: Mapping[str, Any], path: Path) -> None:
    """Draw the ratios of the goals as bars with their ranges, the goals as marks, on a light ground of its own."""
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "bench", "font.family": "sans-serif"})
    figure = Figure(figsize=(9, 0.62 * len(GOALS) + 1.2), facecolor="white", layout="constrained")
    axes = figure.subplots()
    for place, goal in enumerate(GOALS):
        for shift, connections in zip((-0.2, 0.2), CONNECTIONS, strict=True):
            found = figures.ratio(results["runs"], goal.work, connections, goal.other, of=goal.of)
            if found:
                _bar(axes, place + shift, found, BARS[connections])
        axes.plot([goal.ratio] * 2, [place - 0.42, place + 0.42], color=MARK, linewidth=2)
    labels = [f"{TITLES[goal.work]}\nagainst {goal.against(TITLES)}" for goal in GOALS]
    axes.set_yticks(range(len(GOALS)), labels, fontsize=8.5)
    axes.invert_yaxis()
    axes.margins(x=0.08, y=0.01)
    axes.set_xlabel("requests a second, relative to the other one (bars: medians, lines: ranges)", color=INK)
    axes.tick_params(colors=INK)
    axes.grid(axis="x", color=GRID, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    legend: list[Any] = [Patch(color=color, label=f"{count} connections") for count, color in BARS.items()]
    legend.append(Line2D([], [], color=MARK, linewidth=2, label="goal"))
    axes.legend(handles=legend, fontsize=8.5, frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None})


def _bar(axes: Any, place: float, found: Range, color: str) -> None:
    axes.barh(place, found.median, 0.36, color=color)
    spread = [[found.median - found.low], [found.high - found.median]]
    axes.errorbar(found.median, place, xerr=spread, color=INK, linewidth=1.2, capsize=2.5)
    text = {"textcoords": "offset points", "va": "center", "fontsize": 8, "color": INK}
    axes.annotate(f"{found.median:.2f}", (found.high, place), (5, 0), **text)


def show(results: Mapping[str, Any]) -> None:
    """Print a comparison."""
    sys.stdout.write("\n".join([*works(results), statements(results), goals(results)]))


def main(arguments: Sequence[str] = ()) -> int:
    """Write the report from all the results that are kept; 0."""
    argparse.ArgumentParser(prog="python -m bench report", description=main.__doc__).parse_args(arguments)
    write(HERE, figures.saved("compare"))
    return 0


def write(folder: Path, compared: Mapping[str, Any] | None) -> None:
    """Write the report with this comparison, and with all other results that are kept."""
    parts = [HEAD]
    if compared:
        plot(compared, folder / "results.svg")
        parts.append(comparison(compared))
    others = {"growth": growth, "jobs": jobs, "imports": imports, "search": search}
    for name, told in others.items():
        if found := figures.saved(name):
            parts.append(told(found))
    if NOTES.exists():
        parts.append(NOTES.read_text())
    (folder / "RESULTS.md").write_text("\n".join([*parts, REPEAT]))
