from typing import Any

from django.db import migrations

POSTGRESQL = """
    CREATE FUNCTION keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM users_auditentry) THEN
            RAISE EXCEPTION 'The audit log is not emptied.' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER keep_audit_log BEFORE TRUNCATE ON users_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_log()
"""


def keep_audit_log(apps: Any, schema_editor: Any) -> None:
    # SQLite knows no TRUNCATE.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)


def drop_function(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION keep_audit_log() CASCADE")


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0007_second_factor_notice'),
    ]

    operations = [
        migrations.RunPython(keep_audit_log, drop_function),
    ]
