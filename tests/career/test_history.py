"""History (contract 7): each version as it was, how versions differ, and what was there, restored."""

import copy
import os
import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from profiles.models import COMPONENTS, Component
from tests.support.client import ApiClient
from tests.support.factories import UserFactory, item, profile_document

pytestmark = pytest.mark.django_db
# The suite runs twice, on PostgreSQL and SQLite. Beside it: HISTORY_EXAMPLES=5000.
EXAMPLES = int(os.environ.get("HISTORY_EXAMPLES", "100"))


def _some(chance: random.Random, rows: list[Any], most: int = 3) -> list[Any]:
    return chance.sample(rows, min(len(rows), chance.randint(1, most)))


class Life:
    """A profile that many things happen to; `documents` has what GET answered at each version."""

    def __init__(self, client: ApiClient, chance: random.Random) -> None:
        self.client = client
        self.chance = chance
        self.path = f"/api/v1/profiles/{client.post('/api/v1/profiles', profile_document(2)).json()['id']}"
        self.number = 0
        self.documents: dict[int, Any] = {}
        self.note()

    def note(self) -> dict[str, Any]:
        """Read the document, and remember it by its version."""
        document: dict[str, Any] = self.client.get(self.path).json()
        self.documents[document["version"]] = document
        return document

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """A request that may be refused, but is answered."""
        options = {} if body is None else {"json": body}
        answer = self.client.send(method, f"{self.path}{path}", **options)
        assert answer.status_code < 500, answer.content
        return answer

    def happen(self) -> None:
        """One of the things that clients do."""
        document = copy.deepcopy(self.note())
        self.number += 1
        self.chance.choice(EVENTS)(self, document)
        self.note()

    def kind(self) -> type[Component]:
        return self.chance.choice(COMPONENTS)

    def rows(self, document: Mapping[str, Any], kind: type[Component]) -> list[Any]:
        where = document["skills"] if kind.in_skills else document
        rows: list[Any] = where[kind.plural]
        return rows


def _add(life: Life, document: Any) -> None:
    kind = life.kind()
    life.send("POST", f"/{kind.plural}", [item(kind, life.number * 10 + n) for n in range(life.chance.randint(1, 3))])


def _change(life: Life, document: Any) -> None:
    kind = life.kind()
    if rows := life.rows(document, kind):
        first = kind.content_fields()[0]
        changes = [
            {"id": row["id"], first: f"{row[first]}"[:20] + f" {life.number}"} for row in _some(life.chance, rows)
        ]
        life.send("PATCH", f"/{kind.plural}", changes)


def _delete(life: Life, document: Any) -> None:
    kind = life.kind()
    if rows := life.rows(document, kind):
        life.send("DELETE", f"/{kind.plural}?ids=" + ",".join(row["id"] for row in _some(life.chance, rows)))


def _order(life: Life, document: Any) -> None:
    kind = life.kind()
    ids = [row["id"] for row in life.rows(document, kind)]
    life.chance.shuffle(ids)
    life.send("PUT", f"/{kind.plural}/order", {"ids": ids})


def _put(life: Life, document: Any) -> None:
    """A whole document as an old app sends it: something is gone, something new, all of it in another order."""
    for kind in life.chance.sample(COMPONENTS, 3):
        rows = life.rows(document, kind)
        life.chance.shuffle(rows)
        del rows[life.chance.randint(0, len(rows)) :]
        rows.append(item(kind, life.number))
    life.send("PUT", "", document)


def _own(life: Life, document: Any) -> None:
    changes = [
        {"label": f"Label {life.number}"},
        {"personal_info": {"location": f"Place {life.number}", "links": []}},
        {"professional_summary": life.chance.choice([None, f"A summary with the number {life.number}"])},
        {"extra": {"x": life.number}},
    ]
    life.send("PATCH", "", life.chance.choice(changes))


def _skills(life: Life, document: Any) -> None:
    kind = life.chance.choice(["technical", "soft"])
    names = [f"Skill {life.chance.randint(0, 9)}" for _ in range(2)]
    life.send(life.chance.choice(["POST", "DELETE"]), f"/skills/{kind}", {"skills": names})


def _detailed_skills(life: Life, document: Any) -> None:
    names = [f"skill {number}" for number in life.chance.sample(range(10), 4)]
    details = [{"kind": "soft", "name": names[0], "level": f"Level {life.number}"}]
    life.send("PUT", "/skills", {"soft": names, "details": details})


def _fields(life: Life, document: Any) -> None:
    key = f"key {life.chance.randint(0, 4)}"
    if life.chance.random() < 0.3:
        life.send("DELETE", "/custom-fields", {"keys": [key]})
    elif life.chance.random() < 0.3:
        life.send("PUT", "/custom-fields", {key: life.number, "other": None})
    else:
        life.send("POST", "/custom-fields", {"fields": [{"key": key, "value": {"n": life.number}}]})


def _restore(life: Life, document: Any) -> None:
    version = life.chance.choice(list(life.documents))
    answer = life.send("POST", "/restore", {"version": version})
    assert answer.status_code == 200, answer.content
    assert _content(answer.json()) == _content(life.documents[version])


def _restore_some(life: Life, document: Any) -> None:
    version = life.chance.choice(list(life.documents))
    before, kind = life.documents[version], life.kind()
    items = [{"kind": kind.plural, "id": row["id"]} for row in life.rows(before, kind)[:2]]
    items += [{"kind": "custom_fields", "id": key} for key in before["custom_fields"]]
    items += life.chance.sample(
        [{"kind": "skills.soft", "id": "soft"}, {"kind": "profile", "id": before["id"]}], life.chance.randint(0, 2)
    )
    if items:
        answer = life.send("POST", "/restore", {"version": version, "items": items})
        assert answer.status_code == 200, answer.content


def _trash(life: Life, document: Any) -> None:
    life.send("DELETE", "")
    answer = life.client.post(f"/api/v1/profiles/trash/{document['id']}/restore")
    assert answer.status_code == 200, answer.content


EVENTS: list[Callable[[Life, Any], None]] = [
    *(_add, _change, _delete, _order, _put, _own, _skills, _detailed_skills, _fields),
    *(_restore, _restore_some, _trash),
]


def _content(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document without its versions and times."""
    gone = {"version", "updated_at", "is_active"}

    def bare(value: Any) -> Any:
        if isinstance(value, list):
            return [bare(each) for each in value]
        if isinstance(value, dict):
            return {name: bare(each) for name, each in value.items() if name not in gone}
        return value

    made: dict[str, Any] = bare(document)
    return made


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32))
def test_every_version_is_rebuilt_as_get_answered_it(seed: int, anonymous: ApiClient) -> None:
    life = Life(anonymous.as_user(UserFactory.create()), random.Random(seed))  # noqa: S311  # nothing secret
    for _ in range(life.chance.randint(1, 12)):
        life.happen()
    for version, document in life.documents.items():
        assert life.client.get(f"{life.path}/history/{version}").json() == document, version
    revisions = life.client.get(f"{life.path}/history?limit=100").json()["revisions"]
    newest = max(life.documents)
    assert [each["version"] for each in revisions] == list(range(newest, 0, -1))


def test_a_restore_of_a_restore_is_the_identity(anonymous: ApiClient) -> None:
    life = Life(anonymous.as_user(UserFactory.create()), random.Random(7))  # noqa: S311  # nothing secret
    for _ in range(10):
        life.happen()
    before = life.note()
    life.send("POST", "/restore", {"version": 1})
    restored = life.send("POST", "/restore", {"version": before["version"]}).json()
    assert _content(restored) == _content(before)
