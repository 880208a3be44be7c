"""`manage.py table_hashes`: rows and hash of each table, to compare a database with its backup or its copy."""

import hashlib

from django.core.management.base import BaseCommand
from django.db import DEFAULT_DB_ALIAS

from profiles_project.management.hashing import other_tables, table_hash, tables
from profiles_project.management.progress import bar
from profiles_project.management.snapshots import snapshot


class Command(BaseCommand):
    """One line a table: name, rows, SHA-256; the last one is of all tables. Equal lines mean equal contents."""

    help = "Prints the number of rows and a SHA-256 of the contents of each table."

    def handle(self, *args: object, **options: object) -> None:
        whole = hashlib.sha256()
        total = 0
        with snapshot():
            for name, model in tables().items():
                with bar(name, model._base_manager.count()) as progress:
                    found = table_hash(model, DEFAULT_DB_ALIAS, progress.update)
                line = f"{name} {found.rows} {found.digest}"
                whole.update(f"{line}\n".encode())
                total += found.rows
                self.stdout.write(line)
            for name in other_tables(DEFAULT_DB_ALIAS):
                self.stderr.write(f"{name} is no table of the service and was left out.")
        self.stdout.write(f"all {total} {whole.hexdigest()}")
