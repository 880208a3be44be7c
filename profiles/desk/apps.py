"""Django's admin application with the site of the support desk in place of its own."""

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.utils.module_loading import import_string


class DeskConfig(AdminConfig):
    """Keeps the name `django.contrib.admin`, by which Django and others know it."""

    default_site = "profiles.desk.site.DeskSite"

    def ready(self) -> None:
        super().ready()
        # django-otp's page shows secrets, which nobody may read.
        admin.site.unregister(import_string("django_otp.plugins.otp_totp.models.TOTPDevice"))
