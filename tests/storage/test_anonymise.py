"""A copy for testing: nothing that anybody wrote is left in it, and all that the service relies on holds."""

import json
import math
import time
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.models import Value
from django.db.models.functions import Cast, Concat
from psycopg.conninfo import make_conninfo

from profiles.career import history
from profiles.maintenance import anonymising, checks, columns
from profiles.maintenance.anonymising import without_triggers
from profiles.maintenance.columns import COLUMNS, Fate, unclassified, years_before
from profiles.maintenance.inventions import Inventor
from profiles.modelfields import HttpUrlField, LinkListField, PartialDateField, VerbatimJSONField
from profiles.models import PARTS, CustomField, Experience, Job, Origin, Profile, Revision, Skill
from profiles.models.log import Changes
from profiles_project.database import clock
from profiles_project.database.derived import derived_fields
from profiles_project.database.values import FoldedField
from profiles_project.texts import fold
from tests.platform.test_commands import Service
from tests.storage.test_backup import FILL, differing, of_lines, run
from tests.support.filling import NAMES, fill
from tests.support.service.servers import postgresql
from users.models import Mail, Session, User

CANARY = "zqxcanary"
# Columns of text in which nobody can write: what stands in them is the service's own or an administrator's.
OURS = {
    "users_securityevent.kind": "one of our words",
    "profiles_job.kind": "the name of a request",
    "profiles_origin.source": "one of our words",
    "profiles_revision.action": "the name of a request",
    "users_mail.failure": "one of our sentences",
    "profiles_profile.country_code": "two letters, refused by the database otherwise",
    "profiles_profile.versions": "numbers by the names of our lists",
    "auth_group.name": "the name of a role",
    "auth_permission.name": "Django's words",
    "auth_permission.codename": "Django's words",
    "django_content_type.app_label": "the name of an app",
    "django_content_type.model": "the name of a table",
}
CANARIES: dict[type[models.Field[Any, Any]], Any] = {
    LinkListField: [{"network": CANARY, "username": CANARY, "url": f"https://{CANARY}.example/"}],
    VerbatimJSONField: {CANARY: [CANARY, {"a": f"https://{CANARY}.example/"}]},
    models.JSONField: [CANARY, f"{CANARY} {CANARY}"],
    HttpUrlField: f"https://{CANARY}.example/{CANARY}",
    models.BinaryField: CANARY.encode(),
}


def with_canaries() -> set[str]:
    """Puts the canary into every column that takes it; the columns."""
    filled = set()
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            name = f"{model._meta.db_table}.{field.column}"
            kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
            takes_it = isinstance(field, kinds) and not isinstance(field, PartialDateField)
            if takes_it and not (name in OURS or field.choices or field.primary_key):
                with without_triggers("default", model._meta.db_table):
                    model._base_manager.update(**{field.name: canary(model, field)})
                filled.add(name)
    return filled


def canary(model: type[models.Model], field: Any) -> Any:
    """What the column takes of it."""
    if isinstance(field, models.EmailField):
        return Concat(Value(CANARY), Cast("pk", models.CharField()), Value(f"@{CANARY}.example"))
    if isinstance(field, FoldedField) or field.name == "key":
        return Concat(Value(CANARY), Cast("pk", models.CharField()))
    if model is Job and field.name in {"input", "result", "problem"}:
        return json.dumps({"detail": CANARY})
    if field.name == "phone":
        return f"{CANARY} 1"
    kind = next((kind for kind in type(field).__mro__ if kind in CANARIES), None)
    # Twice where there must be ten characters.
    return CANARY * (1 + (field.name == "professional_summary")) if kind is None else CANARIES[kind]


def columns_with(word: str) -> set[str]:
    """The columns in which it stands, of all tables that the database has."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # every table there is
            names = [column.name if hasattr(column, "name") else column[0] for column in cursor.description]
            for row in cursor.fetchall():
                texts = [
                    bytes(each).decode("latin-1") if isinstance(each, (bytes, memoryview)) else str(each)
                    for each in row
                ]
                found |= {f"{table}.{name}" for name, text in zip(names, texts, strict=True) if word in text.lower()}
    return found


def anonymise(seed: str = "a seed") -> None:
    """Do it to the test's own database, which the command itself would refuse."""
    assert list(anonymising.anonymise("default", Inventor(seed)))


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_no_word_that_stood_in_any_column_is_left_and_the_database_is_well() -> None:
    fill()
    expected = with_canaries()
    assert columns_with(CANARY) == expected
    assert len(expected) > 80
    anonymise()
    assert columns_with(CANARY) == set()
    call_command("check_integrity")
    if connection.vendor == "sqlite":
        path = Path(connection.settings_dict["NAME"])
        files = [path, *path.parent.glob(f"{path.name}-*")]
        assert [each.name for each in files if CANARY.encode() in each.read_bytes().lower()] == []


def overwritten() -> dict[int, dict[str, Any]]:
    """Logs, of each profile, that all its values were overwritten or deleted; the entries' `changes` by key."""
    for profile in Profile.with_trash.all():
        changes = Changes()
        for part in PARTS:
            stored = list(part.of(profile).values())
            for row in stored[:1]:
                changes.overwritten(row, {k: v for k, v in row.values().items() if k not in {"id", "position"}})
            changes.deleted(part, stored[1:])
        changes.remembered("linkedin", {CANARY: CANARY})
        changes.remembered("json-resume", None)
        own = {name: getattr(profile, name) for name in Profile.CONTENT}
        entry = {"version": profile.version + 1, "created_at": clock.now(), "action": "x", "device": CANARY}
        made = {**json.loads(changes.entry(own, {})), CANARY: CANARY}
        Revision.objects.create(profile=profile, born=profile.born, changes=made, **entry)
    return dict(Revision.objects.filter(action="x").values_list("pk", "changes"))


@pytest.mark.django_db(transaction=True)
def test_no_word_of_what_was_overwritten_is_left_and_its_form_is() -> None:
    fill(1)
    with_canaries()
    Revision.objects.all().delete()
    before = overwritten()
    found = [column for column, text in told(before) if CANARY in text]
    assert len(set(found)) > 60
    anonymise()
    assert columns_with(CANARY) == set()
    for pk, old in before.items():
        del old[CANARY]
        new = Revision.objects.get(pk=pk).changes
        assert new.keys() == old.keys()
        assert new["origins"] == {"linkedin": {}, "json-resume": None}
        for part in PARTS:
            name = str(part._meta.model_name)
            assert rebuilt(new.get(name, {})) == rebuilt(old.get(name, {})), name
        assert new["profile"].keys() == old["profile"].keys()
        for row in new["skill"].get("deleted", ()):
            assert row["name_key"] == fold(row["name"])


def told(changes: Mapping[int, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Each value that was overwritten or deleted, as text, by table and column."""
    for change in changes.values():
        yield from ((f"profile.{column}", str(value)) for column, value in change["profile"].items())
        for part in PARTS:
            table = change.get(str(part._meta.model_name), {})
            for row in (*table.get("changed", {}).values(), *table.get("deleted", ())):
                yield from ((f"{part._meta.model_name}.{column}", str(value)) for column, value in row.items())


def rebuilt(change: Any) -> Any:
    """What must stay of the changes of a table: ids, positions, members, versions."""
    members = {pk: sorted(each) for pk, each in change.get("changed", {}).items()}
    deleted = [(each["id"], each["position"], each["version"], sorted(each)) for each in change.get("deleted", ())]
    return change.get("created"), change.get("moved"), members, deleted


@pytest.mark.django_db(transaction=True)
def test_history_can_be_told_and_restored_from_in_the_copy() -> None:
    fill(1)
    anonymise()
    [profile] = Profile.with_trash.filter(deleted_at__isnull=False)
    assert profile.version == 3
    for version in (1, 2, 3):
        document = json.loads(history.rendered(profile.pk, version).body)
        assert (document["version"], len(document["experiences"])) == (version, 1 if version > 1 else 2)
    changed = history.diff(profile.pk, 1, 2)
    assert {"profile", "experiences", "skills.soft", "custom_fields"} <= {each.kind for each in changed}
    assert list(checks.logs()) == []


def rows(*names: type[models.Model]) -> dict[str, dict[Any, dict[str, Any]]]:
    """The values of all rows of these tables."""
    return {
        model._meta.label: {row["pk"]: row for row in model._base_manager.values("pk", *fields(model))}
        for model in names
    }


def fields(model: type[models.Model]) -> list[str]:
    """The names of a table's columns."""
    return [field.attname for field in model._meta.concrete_fields]


REWRITTEN = [apps.get_model(label) for label, fates in COLUMNS.items() if not isinstance(fates, Fate)]


# Made by makers that look at nothing but the row's key, or are looked at in a test of their own.
FREE = {
    columns.overwritten,
    columns.email,
    columns.only_text,
    columns.password,
    columns.result,
    columns.problem,
    columns.status,
}


def fates(model: type[models.Model]) -> dict[str, Any]:
    """What becomes of each column of a table that is rewritten."""
    found = COLUMNS[model._meta.label]
    assert not isinstance(found, Fate)
    return {name: found.get(name, Fate.KEPT) for name in fields(model)}


def kept(model: type[models.Model]) -> list[str]:
    """The columns that stay as they are."""
    derived = {field.name for field in derived_fields(model)}
    return [name for name, fate in fates(model).items() if fate is Fate.KEPT and name not in derived]


def shaped(model: type[models.Model]) -> list[str]:
    """The columns whose new values are like the old ones."""
    return [
        name for name, fate in fates(model).items() if not isinstance(fate, (Fate, columns.Always)) and fate not in FREE
    ]


def shape(value: Any) -> Any:
    """What must stay of a value: whether there is one, how long it is, how many things it has and of which type."""
    if isinstance(value, dict):
        return [shape(each) for each in value.values()]
    if isinstance(value, list):
        return [shape(each) for each in value]
    if isinstance(value, str) and not value.startswith("http"):
        return len(value)
    return type(value)


@pytest.mark.django_db(transaction=True)
def test_what_is_invented_has_the_shape_of_what_was_there() -> None:
    fill()
    before = rows(*REWRITTEN)
    anonymise()
    after = rows(*REWRITTEN)
    for model in REWRITTEN:
        label = model._meta.label
        assert after[label].keys() == before[label].keys()
        for pk, old in before[label].items():
            new = after[label][pk]
            assert {name: new[name] for name in kept(model)} == {name: old[name] for name in kept(model)}
            for name in shaped(model):
                assert shape(new[name]) == shape(old[name]), (label, name)
    changed = [
        *(
            (Profile, name)
            for name in ("full_name", "email", "phone", "location", "website", "professional_summary", "links")
        ),
        *((Experience, name) for name in ("title", "company", "achievements", "start_date", "extra", "url")),
        *(
            (CustomField, "value"),
            (CustomField, "key"),
            (Skill, "name"),
            (User, "full_name"),
            (User, "email"),
            (User, "password"),
        ),
    ]
    for model, name in changed:
        both = [(before[model._meta.label][pk][name], new[name]) for pk, new in after[model._meta.label].items()]
        assert [old for old, new in both if old and old == new] == [], (model, name)


@pytest.mark.django_db(transaction=True)
def test_what_could_act_on_people_is_gone() -> None:
    users = fill()
    anonymise()
    assert not Session.objects.exists()
    assert not Mail.objects.filter(sent_at=None, problem="").exists()
    assert not Job.objects.unfinished().exists()
    assert [origin.brought for origin in Origin.objects.all()] == [{} for _ in users]
    user = User.objects.get(pk=users[0].pk)
    assert not user.has_usable_password()
    assert user.mails.latest("pk").address == user.email
    scripts = [unicodedata.name(each.full_name[0]).split()[0] for each in User.objects.order_by("pk")]
    assert scripts == [unicodedata.name(name[0]).split()[0] for name in NAMES]
    experience = Experience.objects.earliest("pk")
    assert experience.end_date is not None
    # The samples' years, all of a profile moved by the same number.
    assert int(experience.end_date[:4]) - int(experience.start_date[:4]) == 2021 - 2019


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_gives_the_same_values_and_no_other_does() -> None:
    fill(1)
    found = []
    for seed in ("one", "one", "other"):
        anonymise(seed)
        found.append(rows(User, Skill, CustomField)["users.User"])
    assert found[0] == found[1]
    assert found[0].keys() == found[2].keys()
    assert not any(found[0][pk]["full_name"] == found[2][pk]["full_name"] for pk in found[0])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one database a file")
@pytest.mark.django_db(transaction=True)
def test_a_transaction_of_another_database_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {name.lower(): connection.settings_dict[name] for name in ("USER", "PASSWORD", "HOST", "PORT")}
    elsewhere = make_conninfo(dbname="postgres", **parts)
    statements = (
        "SET default_statistics_target = 1000",
        "CREATE TABLE gone AS SELECT n, n::text AS word FROM generate_series(1, 50000) AS n",
        "ANALYZE gone",
        "RESET default_statistics_target",
        "DROP TABLE gone",
        # As autovacuum does it at times.
        "VACUUM pg_toast.pg_toast_2619",
    )
    sleep, pauses = time.sleep, []
    with psycopg.connect(elsewhere) as other:
        other.execute("CREATE TEMPORARY TABLE held ()")

        def end_it(seconds: float) -> None:
            pauses.append(seconds)
            other.rollback()
            sleep(seconds)

        monkeypatch.setattr(time, "sleep", end_it)
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            anonymising._rewrite_files(cursor)
    assert pauses


def test_the_table_says_what_becomes_of_every_column_of_every_model(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unclassified() == []
    users = dict(COLUMNS["users.User"])  # type: ignore[arg-type]  # a mapping, as the next line would tell
    del users["full_name"]
    monkeypatch.setattr(columns, "COLUMNS", {**COLUMNS, "users.User": {**users, "nickname": Fate.KEPT}})
    assert unclassified() == ["users.User.full_name is missing", "users.User.nickname is no column"]
    without = {label: fates for label, fates in COLUMNS.items() if label != "users.Mail"}
    monkeypatch.setattr(columns, "COLUMNS", without)
    assert unclassified() == ["users.Mail is missing"]
    with pytest.raises(CommandError, match=r"columns\.py must say what becomes of these: users\.Mail is missing\."):
        call_command("anonymise", "--database-url", "sqlite:////nowhere")


# Inventing ---------------------------------------------------------------------------------------------------------

INVENTOR = Inventor("a seed")
TEXTS = [
    "x",
    "Go",
    "Ada Lovelace",
    "Zoë",
    "ß" * 9,
    "Мария Кюри",
    "王小明",
    "Δημήτρης",
    "דוד",
    "مريم",
    "ひらがな",
    "🙂",
    "🙂 é",
]


@pytest.mark.pure
@pytest.mark.parametrize("old", [*TEXTS, "a b\nc" * 1000, "é" * 5000])
def test_a_text_is_as_long_as_the_old_one_and_has_no_more_bytes(old: str) -> None:
    new = INVENTOR.text(old, "place")
    assert len(new) == len(old)
    assert len(new.encode()) <= len(old.encode())
    assert new == new.strip() == unicodedata.normalize("NFC", new)
    # The letters are of the old one's script.
    letter = next((each for each in old if each.isalpha() and not each.isascii()), "a")
    if len(old) > 1 and letter != "a" and old != "🙂 é":
        assert unicodedata.name(letter).split()[0] in {
            unicodedata.name(each).split()[0] for each in new if each.isalpha()
        }
    assert new != INVENTOR.text(old, "other place") or len(old) < 3


@pytest.mark.pure
@pytest.mark.parametrize(
    "old",
    [
        0,
        1,
        -7,
        62000,
        2**53,
        0.5,
        1e300,
        1.7976931348623157e308,
        5e-324,
        True,
        None,
        "",
        [],
        {},
        {"a": 1, "b": 2},
        {chr(code): code for code in range(97, 123)},
        {"": {"": [{"x": None}]}},
        "https://a.example/b",
        "http://a.b",
    ],
)
def test_json_keeps_its_form(old: Any) -> None:
    new = INVENTOR.json(old, "place")
    assert shape(new) == shape(old)
    assert type(new) is type(old)
    if isinstance(old, float):
        assert math.isfinite(new)
    if type(old) is int:
        assert abs(new) <= abs(old)


@pytest.mark.pure
@pytest.mark.parametrize(
    ("old", "years", "new"),
    [
        ("2021", 3, "2018"),
        ("2021-03", 1, "2020-03"),
        ("2020-02-29", 1, "2019-02-28"),
        ("2024-02-29", 4, "2020-02-29"),
        ("1002-05-06", 3, "1000-01-01"),
        ("1002", 3, "1000"),
    ],
)
def test_dates_move_by_whole_years(old: str, years: int, new: str) -> None:
    assert years_before(old, years) == new


# The command -------------------------------------------------------------------------------------------------------

PASSWORD = "Correct-Horse-8"
LOG_IN = f"from users.models import User; assert all(u.check_password('{PASSWORD}') for u in User.objects.all())"


def fill_rows(service: Service) -> None:
    """Fill the service's migrated database."""
    filled = service.call("shell", "--verbosity=0", "--command", FILL)
    assert filled.returncode == 0, filled.stderr


@pytest.mark.own_servers
def test_a_restored_dump_becomes_a_copy_for_testing_and_the_original_stays_as_it_is(tmp_path: Path) -> None:
    dump, plain = tmp_path / "live.dump", tmp_path / "copy.sql"
    with postgresql() as server:
        live = Service(tmp_path, DATABASE_URL=server.url)
        assert live.call("migrate").returncode == 0
        fill_rows(live)
        before = live.call("table_hashes").stdout
        run("pg_dump", "--format=custom", f"--file={dump}", server.url)
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute("CREATE DATABASE copy TEMPLATE template0")
        copy_url = urlsplit(server.url)._replace(path="/copy").geturl()
        run("pg_restore", "--exit-on-error", f"--dbname={copy_url}", dump)
        copy = Service(tmp_path, DATABASE_URL=copy_url)
        command = ("anonymise", "--database-url", copy_url)

        assert "the service's own database (DATABASE_URL)" in live.refusal("anonymise", "--database-url", server.url)
        other_spelling = server.url.replace("127.0.0.1", "localhost")
        assert "under another address" in live.refusal("anonymise", "--database-url", other_spelling, "--yes")
        # Nobody sits at the keyboard.
        assert "give --yes" in live.refusal(*command)
        tried = live.call(*command, "--dry-run")
        assert "users_user: 5 rows would be rewritten" in tried.stdout.splitlines()
        assert copy.call("table_hashes").stdout == before

        done = live.call(*command, "--yes", "--seed", "a seed", "--password", PASSWORD)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines()[:-1] == [line.replace("would be ", "") for line in tried.stdout.splitlines()]
        assert live.call("table_hashes").stdout == before
        run("pg_dump", "--format=plain", f"--file={plain}", copy_url)
        text = plain.read_text()
        assert [
            word for word in ("Lovelace", "Zoë", "Мария", "王小明", "person0@", "Punched", "Pixel") if word in text
        ] == []
        assert copy.call("check_integrity").returncode == 0
        assert copy.call("shell", "--verbosity=0", "--command", LOG_IN).returncode == 0
        gone = {name for name, rows in of_lines(copy.call("table_hashes").stdout).items() if rows.startswith("0 ")}
        assert gone == {
            model._meta.db_table for model in apps.get_models() if COLUMNS[model._meta.label] is Fate.REMOVED
        }
        kept = {"auth_group", "auth_permission", "django_content_type", "django_migrations", "users_user_groups"}
        assert not kept & differing(of_lines(before), of_lines(copy.call("table_hashes").stdout))


@pytest.mark.own_servers
def test_of_sqlite_a_copy_alone_is_rewritten(tmp_path: Path) -> None:
    live = Service(tmp_path / "data")
    live.migrate_sqlite()
    fill_rows(live)
    source, target, link = tmp_path / "data" / "db.sqlite3", tmp_path / "copy.sqlite3", tmp_path / "link.sqlite3"
    before = live.call("table_hashes").stdout
    target.write_bytes(source.read_bytes())
    link.hardlink_to(source)
    for path, refusal in (
        (source, "the service's own database (DATABASE_URL)"),
        (link, "under another address"),
        (tmp_path / "none.sqlite3", "There is no file"),
    ):
        assert refusal in live.refusal("anonymise", "--yes", "--database-url", f"sqlite:///{path}")
    assert "must begin with" in live.refusal("anonymise", "--yes", "--database-url", "mysql://a/b")
    empty = tmp_path / "empty.sqlite3"
    empty.touch()
    assert "lacks" in live.refusal("anonymise", "--yes", "--database-url", f"sqlite:///{empty}")
    away = f"postgresql://u:p@127.0.0.1:{live.port}/name"
    assert "The copy cannot be used" in live.refusal("anonymise", "--yes", "--database-url", away)
    done = live.call("anonymise", "--database-url", f"sqlite:///{target}", "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert live.call("table_hashes").stdout == before
    assert b"Lovelace" not in target.read_bytes()
    assert Service(tmp_path, DATABASE_URL=f"sqlite:///{target}").call("check_integrity").returncode == 0
