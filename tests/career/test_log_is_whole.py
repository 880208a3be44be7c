"""Every write below a profile is in the log, which triggers of PostgreSQL itself look after."""

import copy
import random
from functools import partial

import pytest
from django.db import connection

from profiles.models import PARTS, Profile, Revision
from tests.career.test_history import EVENTS, Life
from tests.support.client import ApiClient
from tests.support.concurrency import at_once
from tests.support.contract import contract
from tests.support.factories import UserFactory, make_profile
from users.models import User

TABLES = {model._meta.db_table: str(model._meta.model_name) for model in PARTS}
WATCH = """
CREATE TABLE seen (profile uuid, version int, name text, op text, id uuid);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE row record;
BEGIN
    IF TG_OP = 'DELETE' THEN row := OLD; ELSE row := NEW; END IF;
    INSERT INTO seen SELECT row.profile_id, version, TG_TABLE_NAME, TG_OP, row.id
        FROM profiles_profile WHERE id = row.profile_id;
    RETURN NULL;
END $$;
"""


@pytest.fixture
def watched(db: None) -> None:
    """Notes each row below a profile that is written, with the version that the profile had before."""
    if connection.vendor != "postgresql":
        pytest.skip("the triggers are PostgreSQL's")
    with connection.cursor() as cursor:
        cursor.execute(WATCH)
        for table in TABLES:
            cursor.execute(
                f"CREATE TRIGGER watch AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION note()"
            )


def unlogged() -> set[tuple[str, str, str, int]]:
    """What the triggers have seen and the log does not tell: table, operation and id, and the version before."""
    logged = set()
    for revision in Revision.objects.all():
        before = revision.version - 1 if revision.version > 1 else 1
        for name, change in revision.changes.items():
            if name not in TABLES.values():
                continue
            logged |= {(name, "INSERT", pk, before) for pk in change.get("created", ())}
            logged |= {(name, "DELETE", row["id"], before) for row in change.get("deleted", ())}
            moved, _ = change.get("moved", ((), ()))
            logged |= {(name, "UPDATE", pk, before) for pk in (*change.get("changed", ()), *moved)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, op, id, version FROM seen")
        return {(TABLES[name], op, str(pk), version) for name, op, pk, version in cursor.fetchall()} - logged


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("seed", range(5))
def test_no_write_gets_past_the_log(seed: int, anonymous: ApiClient) -> None:
    life = Life(anonymous.as_user(UserFactory.create()), random.Random(seed))  # noqa: S311  # nothing secret
    for event in life.chance.sample(EVENTS, len(EVENTS)):
        event(life, copy.deepcopy(life.note()))
    life.send("POST", "/duplicate")
    resume = {"basics": {"name": "Ada"}, "languages": [{"language": "Breton", "fluency": "native"}]}
    assert life.client.post(f"/api/v1/profiles/import?into={life.path.rpartition('/')[2]}", resume).status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM seen")
        assert cursor.fetchall()[0][0] > 50
    assert unlogged() == set()


@pytest.mark.usefixtures("watched")
def test_a_write_past_the_gate_is_noticed(user: User) -> None:
    make_profile(user, 1)
    assert unlogged() != set()


@pytest.mark.django_db(transaction=True)
def test_two_writers_and_a_restore_at_once_lose_nothing() -> None:
    contract()
    user = UserFactory.create()
    clients = [ApiClient().as_user(user) for _ in range(3)]
    path = f"/api/v1/profiles/{make_profile(user, 1).pk}"
    clients[0].patch(path, {"label": "Start"})
    for number in range(5):
        version = clients[0].get(path).json()["version"]
        requests = [
            ("POST", f"{path}/awards", {"title": f"Award {number}"}),
            ("PATCH", path, {"professional_summary": f"The summary of round {number}"}),
            ("POST", f"{path}/restore", {"version": version}),
        ]
        calls = [
            partial(client.send, method, address, json=body)
            for client, (method, address, body) in zip(clients, requests, strict=True)
        ]
        answers = at_once(*calls)
        assert {answer.status_code for answer in answers} <= {200, 201}
        newest = clients[0].get(path).json()["version"]
        versions = [clients[0].get(f"{path}/history/{each}").json() for each in range(version, newest + 1)]
        assert any(f"Award {number}" in [row["title"] for row in each["awards"]] for each in versions)
        assert any(each["professional_summary"] == f"The summary of round {number}" for each in versions)
    profile = Profile.objects.get()
    assert Revision.objects.filter(profile=profile).count() == profile.version - profile.boundary
