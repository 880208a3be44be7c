"""`manage.py prune`: deletes what nobody needs any more, as the worker does every minute."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from profiles_project.management.progress import bar, counted
from profiles_project.pruning import rules


class Command(BaseCommand):
    """For where no worker runs, or to see what it would delete; one line a table."""

    help = (
        "Deletes ended sessions and jobs, old mails and security events, answers kept for safe retries, rows of"
        " finished tasks, and history and trash past their time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say how many rows would go")

    def handle(self, *args: object, **options: Any) -> None:
        ending = "to delete" if options["dry_run"] else "deleted"
        total = 0
        for rule in rules():
            rows = rule.count()
            if not options["dry_run"]:
                with bar(rule.table, rows) as progress:
                    rows = 0
                    for deleted in rule.delete():
                        progress.update(deleted)
                        rows += deleted
            self.stdout.write(f"{rule.table}: {counted(rows)} {ending}")
            total += rows
        self.stdout.write(f"All: {counted(total)} {ending}")
