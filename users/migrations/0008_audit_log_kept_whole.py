from typing import Any

from django.db import migrations

POSTGRESQL = """
    CREATE FUNCTION keep_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        has_entries boolean;
    BEGIN
        -- By its number, since its name alone may be that of somebody's temporary table.
        EXECUTE 'SELECT EXISTS (SELECT FROM ' || TG_RELID::regclass || ')' INTO has_entries;
        IF has_entries THEN
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
