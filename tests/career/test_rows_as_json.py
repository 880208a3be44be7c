"""Rows that PostgreSQL gets as JSON, new ones and changed ones, are stored as they were sent."""

from typing import Any

import pytest

from profiles.maintenance.checks import sizes
from profiles.models import COMPONENTS, Component, Profile, usage
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PERSONAL_INFO, item, profile_document

pytestmark = pytest.mark.django_db

# Every field has room for it.
ODD = 'A\\b "c", {d}, NULL, \\N, %s $1 \U0001f980 é'
EXTRA = {"big": 2**53, "small": -0.5e-9, "none": None, "": [{"deep": [1, 1.0, True]}], "odd": ODD}


def texts_made_odd(kind: type[Component], sent: dict[str, Any], *also: str) -> dict[str, Any]:
    """The item with odd characters in its first text, and in these lists."""
    first = kind.content_fields()[0]
    return {**sent, first: ODD, **{name: [ODD, "2"] for name in also}}


@pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
def test_odd_texts_lists_and_nulls_are_stored_as_sent(api: ApiClient, kind: type[Component]) -> None:
    path = f"{API}/profiles/{api.post(f'{API}/profiles', {'personal_info': PERSONAL_INFO}).json()['id']}/{kind.plural}"
    lists = [name for name, value in item(kind).items() if isinstance(value, list)]
    bare = {name: value for name, value in item(kind).items() if name in kind.required_fields()}
    sent = [texts_made_odd(kind, {**item(kind), "extra": EXTRA}, *lists), bare]
    made = api.post(path, sent).json()
    told = [{name: each[name] for name in was} for each, was in zip(made, sent, strict=True)]
    assert told == sent
    assert api.get(path).json()[kind.plural] == made


@pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
@pytest.mark.parametrize("number", [1, 99], ids=["one column", "all columns"])
def test_changed_columns_are_stored_as_sent_and_others_stay(api: ApiClient, kind: type[Component], number: int) -> None:
    path = f"{API}/profiles/{api.post(f'{API}/profiles', {'personal_info': PERSONAL_INFO}).json()['id']}/{kind.plural}"
    before = api.post(path, [item(kind, each) for each in range(3)]).json()
    lists = [name for name, value in item(kind).items() if isinstance(value, list)]
    odd = texts_made_odd(kind, {"extra": EXTRA}, *lists)
    change = dict(list(odd.items())[-number:])
    answer = api.patch(path, [{**change, "id": each["id"]} for each in before[:2]])
    assert answer.status_code == 200, answer.content
    stored = api.get(path).json()[kind.plural]
    assert stored == [*({**each, **change, "version": 3} for each in before[:2]), before[2]]


@pytest.mark.parametrize("kind", COMPONENTS, ids=lambda kind: kind.plural)
def test_bytes_are_counted_from_what_is_written_as_the_database_counts_them(
    api: ApiClient, kind: type[Component], monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = f"{API}/profiles/{api.post(f'{API}/profiles', profile_document(2)).json()['id']}"
    # Measuring them would be an error.
    monkeypatch.setattr(usage, "measure", None)
    lists = [name for name, value in item(kind).items() if isinstance(value, list)]
    odd = texts_made_odd(kind, {**item(kind), "extra": EXTRA}, *lists)
    path = f"{profile}/{kind.plural}"
    first, second, third = api.post(path, [odd, item(kind, 7), odd]).json()
    assert api.patch(f"{path}/{first['id']}", {"extra": {}, **dict.fromkeys(lists)}).status_code == 200
    assert api.patch(path, [{**odd, "id": second["id"]}]).status_code == 200
    assert api.delete(f"{path}/{third['id']}").status_code == 204
    assert api.post(f"{profile}/skills/soft", {"skills": [ODD]}).status_code == 200
    assert api.post(f"{profile}/custom-fields", {"fields": [{"key": "k", "value": EXTRA}]}).status_code == 201
    document = api.get(profile).json()
    wanted = {**document, "custom_fields": {"k": None}, "skills": profile_document(3)["skills"]}
    assert api.put(profile, wanted).status_code == 200
    assert list(sizes()) == []
    [stored] = Profile.objects.all()
    assert stored.bytes_version == stored.version == 8
