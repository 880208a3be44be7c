"""`manage.py check_integrity`: whether what the service relies on holds in the whole database."""

from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from profiles.maintenance import checks
from profiles_project.management.preconditions import lacking, pending_migrations
from profiles_project.management.progress import counted
from profiles_project.management.snapshots import snapshot

# How many findings of a kind are printed.
NAMED = 20


def number(text: str) -> int:
    """A number from 0."""
    value = int(text)
    if value < 0:
        raise ValueError
    return value


class Command(BaseCommand):
    """Counts and checks, changing nothing; exit status 1 where anything is found. One moment of the database."""

    help = "Counts all rows and checks what must hold among them; changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        text = "how many rows of each table are judged by their model's own rules (default 1000)"
        parser.add_argument("--sample", type=number, default=1000, metavar="N", help=text)

    def handle(self, *args: object, **options: Any) -> None:
        if pending := pending_migrations(connection):
            raise CommandError(lacking(pending))
        every: dict[str, Callable[[], checks.Findings]] = {
            **checks.CHECKS,
            "values": partial(checks.values, options["sample"]),
        }
        with snapshot():
            for table, rows in checks.counts().items():
                self.stdout.write(f"{table}: {counted(rows)}")
            found = sum(self._run(name, check) for name, check in every.items())
        if found:
            raise CommandError(f"{counted(found, 'fault')} found.")
        self.stdout.write("All is well.")

    def _run(self, name: str, check: Callable[[], checks.Findings]) -> int:
        findings = check()
        named = list(islice(findings, NAMED))
        more = sum(1 for _ in findings)
        total = len(named) + more
        self.stdout.write(f"{name}: {counted(total, 'fault') if total else 'well'}")
        for finding in named:
            self.stdout.write(f"  {finding.table} {finding.id}: {finding.what}")
        if more:
            self.stdout.write(f"  and {more:,} more")
        return total
