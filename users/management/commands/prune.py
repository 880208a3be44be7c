"""`manage.py prune`: deletes what nobody needs any more, as the worker does every minute."""

from django.core.management.base import BaseCommand

from users.maintenance import prune


class Command(BaseCommand):
    """For where no worker runs, or to see that it works."""

    help = "Deletes ended sessions, old mails, answers kept for safe retries and rows of finished tasks."

    def handle(self, *args: object, **options: object) -> None:
        rows = prune()
        self.stdout.write(f"{rows} row{'' if rows == 1 else 's'} deleted.")
