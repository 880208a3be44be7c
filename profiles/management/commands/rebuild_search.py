"""`manage.py rebuild_search`: computes the keys of the support desk's search again."""

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from profiles.models import Profile
from profiles_project.database.derived import derived_fields, refill
from profiles_project.management.progress import bar, counted


class Command(BaseCommand):
    """Recomputes derived columns, such as search keys, where they are wrong."""

    help = "Computes the keys of search and uniqueness again; after a release that adds one, or when one is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count the rows that are wrong, and store nothing")

    def handle(self, *args: object, dry_run: bool, **options: object) -> None:
        for model in apps.get_models():
            if not (fields := derived_fields(model)):
                continue
            rows = model._base_manager.count()
            with bar(model._meta.db_table, rows) as progress:
                wrong = refill(model, progress.update, store=not dry_run)
            names = ", ".join(field.name for field in fields)
            done = "to mend" if dry_run else "mended"
            self.stdout.write(f"{model._meta.label} ({names}): {counted(rows)}, {wrong:,} {done}")
            if not dry_run and connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    # Many changes leave a pending list in the trigram index, which slows the search until it is merged.
                    cursor.execute(f"VACUUM (ANALYZE) {connection.ops.quote_name(model._meta.db_table)}")
        if not dry_run:
            emptied = Profile.objects.exclude(score=None).update(score=None)
            self.stdout.write(f"{Profile._meta.label} (score): {counted(emptied)} emptied for the worker")
