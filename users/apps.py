"""The app of accounts, their sessions and the mails sent to them."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    """Registers the app, and its security scheme with the schema generator."""

    name = "users"
    default_auto_field = "django.db.models.BigAutoField"
