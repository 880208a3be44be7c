"""`manage.py prune`: deletes what nobody needs any more, as the worker does every minute."""

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    """For where no worker runs, or to see that it works."""

    help = (
        "Deletes ended sessions and jobs, old mails and security events, answers kept for safe retries and rows of"
        " finished tasks."
    )

    def handle(self, *args: object, **options: object) -> None:
        rows = sum(import_string(path)() for path in settings.PRUNE)
        self.stdout.write(f"{rows} row{'' if rows == 1 else 's'} deleted.")
