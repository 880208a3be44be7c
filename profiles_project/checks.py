"""What `manage.py check --deploy` says about this service beside Django's own checks."""

from collections.abc import Sequence

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning as CheckWarning


def check_database_is_made_for_production(
    app_configs: Sequence[AppConfig] | None, **options: object
) -> list[CheckMessage]:
    """A warning where the embedded database serves, which is fit for one machine only."""
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.sqlite3":
        return []
    return [
        CheckWarning(
            "The embedded database (SQLite) serves: web and worker must share one machine and its disk, one write "
            "happens at a time, and a backup is yours to make.",
            hint="Set DATABASE_URL=postgresql://… unless that is what you want.",
            id="profiles.W001",
        )
    ]
