"""The app that keeps master career profiles."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ProfilesConfig(AppConfig):
    """Registers the app, and makes the roles of the staff whenever the database was migrated."""

    name = "profiles"
    verbose_name = "Career profiles"

    def ready(self) -> None:
        # Models can be imported from here on.
        from profiles.desk.roles import make_roles  # noqa: PLC0415  # as above

        # After the last app, when Django has made the rights of all of them.
        post_migrate.connect(make_roles, sender=list(apps.get_app_configs())[-1])
