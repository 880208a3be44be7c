from typing import Any

from django.db import migrations

from profiles_project.database.derived import refill
from profiles_project.database.postgresql.trigrams import trigram_index


def fill(apps: Any, schema_editor: Any) -> None:
    refill(apps.get_model("users", "User"))


class Migration(migrations.Migration):

    # Each batch of keys is a transaction of its own, so that nobody waits for all of them.
    atomic = False

    dependencies = [
        ('users', '0005_dashboard_indexes'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        trigram_index("users_user", "search_key"),
    ]
