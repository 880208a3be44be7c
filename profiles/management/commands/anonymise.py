"""`manage.py anonymise`: makes a copy of the database fit for testing, with nobody's data in it."""

import secrets
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError, CommandParser

from profiles.maintenance import anonymising
from profiles.maintenance.columns import unclassified
from profiles.maintenance.inventions import Inventor
from profiles_project.management.copies import COPY, use_copy
from profiles_project.management.progress import counted


class Command(BaseCommand):
    """Rewrites the copy that --database-url names, never the service's own database; one line a table."""

    help = "Replaces all personal data in a copy of the database by invented ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--database-url", required=True, metavar="URL", help="the copy, which is rewritten")
        parser.add_argument("--yes", action="store_true", help="don't ask for the name of the copy")
        parser.add_argument("--seed", help="gives the same values each time; keep it secret (default: a new one)")
        parser.add_argument("--password", help="of all users then; without it nobody can log in by password")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be done")

    def handle(self, *args: object, **options: Any) -> None:
        if unknown := unclassified():
            raise CommandError(f"profiles/maintenance/columns.py must say what becomes of these: {', '.join(unknown)}.")
        name = use_copy(options["database_url"])
        if options["dry_run"]:
            for work in anonymising.plan(COPY):
                self.stdout.write(f"{work.model._meta.db_table}: {counted(work.rows)} would be {work.what}")
            return
        if not options["yes"]:
            self._ask(name)
        for work in anonymising.anonymise(COPY, Inventor(options["seed"] or secrets.token_hex(32))):
            self.stdout.write(f"{work.model._meta.db_table}: {counted(work.rows)} {work.what}")
        if options["password"]:
            anonymising.set_password(COPY, make_password(options["password"]))
        self.stdout.write(f"{name} holds nobody's data now.")

    def _ask(self, name: str) -> None:
        try:
            typed = input(f"Everything personal in {name} will be lost. Type its name to go on: ")
        except EOFError as error:
            raise CommandError("Nobody answered: give --yes where nobody can.") from error
        if typed.strip() != name:
            raise CommandError("That is not its name; nothing was changed.")
