"""The project itself as an application: its commands, checks, templates and static files."""

from django.apps import AppConfig
from django.core.checks import Tags, register

from profiles_project.checks import check_database_is_made_for_production


class ProjectConfig(AppConfig):
    """What belongs to no single app."""

    name = "profiles_project"

    def ready(self) -> None:
        register(check_database_is_made_for_production, Tags.database, deploy=True)
