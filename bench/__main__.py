"""`python -m bench [compare | costs | growth | history | jobs | imports | search | keeping | sync | report]`:
measures and reports.

Without a word it compares. `python -m bench compare --help` lists the options of a measurement.
"""

import sys
from collections.abc import Callable, Sequence

from bench import compare, report
from bench.trials import costs, growth, history, imports, jobs, keeping, search, sync

COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "compare": compare.main,
    "costs": costs.main,
    "growth": growth.main,
    "history": history.main,
    "jobs": jobs.main,
    "imports": imports.main,
    "search": search.main,
    "keeping": keeping.main,
    "sync": sync.main,
    "report": report.main,
}

HELP = frozenset({"-h", "--help"})


def main() -> int:
    """Do what the command line says; its exit status."""
    name, *arguments = sys.argv[1:] or ["compare"]
    if name.startswith("-") and name not in HELP:
        name, arguments = "compare", sys.argv[1:]
    if name in HELP:
        sys.stdout.write(f"{__doc__}\n")
        return 0
    if name not in COMMANDS:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return COMMANDS[name](arguments)


if __name__ == "__main__":
    sys.exit(main())
