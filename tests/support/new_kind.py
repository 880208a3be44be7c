"""The surfaces that a kind of component must reach, tried on one that the service does not have.

Not collected with the other tests: `tests/career/test_new_kind.py` runs this file in a copy of the project to which the
kind was added as docs/architecture.md says.
"""

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from pypdf import PdfReader

from profiles.career.samples import SAMPLES, change
from profiles.maintenance import anonymising
from profiles.maintenance.columns import unclassified
from profiles.maintenance.inventions import Inventor
from profiles.models import COMPONENTS, Profile
from tests.portability.test_imports import exported, imported, outcomes, without_ids
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.documents.resumes import validate
from tests.support.factories import item, make_item, make_profile, profile_document, shown
from tests.support.staff import client_of, in_role, superuser
from users.models import User

# Its words have translations only when somebody has written them.
pytestmark = [pytest.mark.django_db, pytest.mark.says_what_is_not_ours]

KIND = COMPONENTS[-1]
FIRST = KIND.content_fields()[0]
SAMPLE = SAMPLES[KIND]


def path(profile: Any, *below: str) -> str:
    return "/".join((f"{API}/profiles/{profile['id'] if isinstance(profile, dict) else profile.pk}", *below))


def texts(value: Any) -> list[str]:
    """Every text of the sample, as it is printed: dates and addresses look different there."""
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, str) and not each[:4].isdecimal() and "://" not in each]


SHOWN = [text for value in SAMPLE.values() for text in texts(value)]


def test_items_alone_and_many_at_once(api: ApiClient, user: User) -> None:
    place = path(make_profile(user, 0), KIND.plural)
    one: dict[str, Any] = api.post(place, item(KIND, 0)).json()
    others: list[dict[str, Any]] = api.post(place, [item(KIND, n) for n in (1, 2)]).json()
    assert api.get(place).json()[KIND.plural] == [one, *others]
    # The profile's first version had none of them, the second the first item, and the third all.
    assert (one["version"], [each["version"] for each in others]) == (2, [3, 3])
    assert api.patch(f"{place}/{one['id']}", change(KIND)).json() == one | change(KIND) | {"version": 4}
    assert api.patch(place, [{"id": one["id"], FIRST: "Another"}]).json()[0][FIRST] == "Another"
    assert api.put(f"{place}/{one['id']}", one).json() == one | change(KIND) | one | {"version": 6}
    order = [each["id"] for each in reversed([one, *others])]
    assert [each["id"] for each in api.put(f"{place}/order", {"ids": order}).json()[KIND.plural]] == order
    assert api.post(place, [item(KIND)] * 101).status_code == 202
    assert api.delete(f"{place}/{one['id']}").status_code == 204
    assert api.delete(place, {f"{KIND.singular}_ids": order[:2]}).status_code == 204
    assert api.get(place).json()[KIND.plural] == []


def test_the_document_takes_and_shows_it(api: ApiClient) -> None:
    made = api.post(f"{API}/profiles", profile_document(2)).json()
    assert made[KIND.plural] == [shown(item(KIND, n), each["id"]) for n, each in enumerate(made[KIND.plural])]
    assert len(made[KIND.plural]) == 2
    first = made[KIND.plural][0]
    changed = api.patch(path(made), {KIND.plural: [first | change(KIND)]}).json()
    assert changed[KIND.plural] == [first | change(KIND) | {"version": 2}]
    assert api.put(path(made), made | {KIND.plural: []}).json()[KIND.plural] == []
    copy = api.post(path(api.post(f"{API}/profiles", profile_document(2)).json(), "duplicate"), {}).json()
    assert len(copy[KIND.plural]) == 2


def test_lists_of_profiles_count_it(api: ApiClient, user: User) -> None:
    make_profile(user, 3)
    [row] = api.get(f"{API}/profiles").json()["profiles"]
    assert row["counts"][KIND.plural] == 3
    assert api.get(path(row, "analytics")).status_code == 200


def test_an_export_has_it_below_meta_and_an_import_brings_it_back(api: ApiClient) -> None:
    made = api.post(f"{API}/profiles", profile_document(2)).json()
    resume = exported(api, made)
    validate(resume)
    assert len(resume["meta"]["masterProfile"]["lists"][KIND.plural]) == 2
    again = imported(api, resume)
    assert without_ids(again["profile"][KIND.plural]) == without_ids(made[KIND.plural])
    # What the factories put into `extra` is no field of the kind.
    told = {pointer for pointer in outcomes(again) if KIND.plural in pointer}
    assert told == {f"/meta/masterProfile/lists/{KIND.plural}/{index}/x-rating" for index in range(2)}
    assert exported(api, again["profile"]) == resume
    assert imported(api, resume, into=again["profile"]["id"])["profile"] == again["profile"]
    into_another = imported(api, resume, into=made["id"], mode="replace")["profile"]
    assert [each["id"] for each in into_another[KIND.plural]] == [each["id"] for each in made[KIND.plural]]


def test_what_is_hidden_stays_at_home(api: ApiClient, user: User) -> None:
    profile = make_profile(user, 0)
    make_item(profile, KIND, 1)
    assert "lists" not in api.get(path(profile, "export")).json().get("meta", {}).get("masterProfile", {})


def test_an_import_mends_what_is_wrong_and_keeps_aside_what_it_cannot_mend(api: ApiClient) -> None:
    right, without = {**SAMPLE, FIRST: "x" * 5_000, "x-own": 1}, {"x-own": 2}
    lists = {KIND.plural: [right, without, "no object"], "unheard": []}
    resume = {"basics": {"name": "Ada"}, "meta": {"masterProfile": {"lists": lists}}}
    answer = imported(api, resume)
    [kept] = answer["profile"][KIND.plural]
    assert kept[FIRST].startswith("xxx")
    assert kept["extra"]["x-own"] == 1
    place = "/meta/masterProfile/lists"
    told = outcomes(answer)
    assert told[f"{place}/{KIND.plural}/0/{FIRST}"] == "changed"
    assert [told[f"{place}/{KIND.plural}/{index}"] for index in (1, 2)] == ["kept_aside"] * 2
    assert told[f"{place}/unheard"] == "refused"
    back = exported(api, answer["profile"])["meta"]["masterProfile"]["lists"][KIND.plural]
    assert back[1:] == [without]


@pytest.mark.parametrize("form", ["markdown", "html", "pdf"])
def test_it_is_printed(api: ApiClient, user: User, form: str) -> None:
    profile = make_profile(user, 0)
    make_item(profile, KIND, **{FIRST: SAMPLE[FIRST]}, is_visible=True)
    content = api.get(path(profile, "export"), query={"format": form}, check=False).content
    if form == "pdf":
        content = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).encode()
    printed = "".join(content.decode().replace("\\", "").split())
    heading = str(KIND._meta.verbose_name_plural).capitalize()
    assert [text for text in (heading, *SHOWN) if "".join(text.split()) not in printed] == []


def test_the_admin_shows_it(user: User) -> None:
    profile = make_profile(user, 2)
    support = client_of(in_role("Support"))
    assert support.get("/admin/profiles/profile/").status_code == 200
    read = support.get(f"/admin/profiles/profile/{profile.pk}/read/").content.decode()
    form = client_of(superuser()).get(f"/admin/profiles/profile/{profile.pk}/change/").content.decode()
    assert [text for text in SHOWN if text not in read] == []
    assert f"{KIND._meta.model_name}_set-0-{FIRST}" in form


def test_a_persons_own_data_has_it_and_erasure_takes_it(api: ApiClient, user: User) -> None:
    make_profile(user, 2)
    own = json.dumps(json.loads(api.get(f"{API}/auth/me/export").content))
    assert [text for text in SHOWN if json.dumps(text)[1:-1] not in own] == []
    Profile.objects.filter(user=user).delete()
    assert KIND.objects.count() == 0


def test_the_openapi_document_shows_it(api: ApiClient) -> None:
    document = SchemaGenerator().get_schema(request=None, public=True)
    operations = {each["operationId"] for routes in document["paths"].values() for each in routes.values()}
    named = ("list", "reorder", "bulk_create", "bulk_update", "bulk_partial_update", "bulk_delete", "retrieve")
    assert {f"{KIND.plural}_{name}" for name in named} <= operations
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


@pytest.mark.django_db(transaction=True)
def test_a_copy_without_anybodys_data_has_none_of_it(user: User) -> None:
    make_profile(user, 2)
    assert unclassified() == []
    assert list(anonymising.anonymise("default", Inventor("a seed")))
    left = json.dumps(list(KIND.objects.values(*SAMPLE)), default=str, ensure_ascii=False)
    assert [text for text in SHOWN if text in left] == []
    call_command("check_integrity")
