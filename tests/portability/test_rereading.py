"""What earlier imports kept aside comes in by itself once it can be read, by a revision like any other."""

from typing import Any

import pytest

from profiles import tasks
from profiles.models import Origin, Profile
from profiles.portability.json_resume import reading
from profiles.portability.rereading import Rereading, bring_in
from profiles_project.words.sentences import say
from tests.portability.test_imports import exported, imported
from tests.support.client import ApiClient
from tests.support.contract import API

pytestmark = pytest.mark.django_db

BASICS = {"name": "Nora Feldmark", "email": "nora@example.com"}
CERTIFICATES = [
    {"name": "Knots", "issuer": "Quay College", "date": "2017"},
    {"name": "First aid", "issuer": "Red Kite", "date": ""},
    {"name": "Ropes", "issuer": "Quay College", "date": "2019"},
    {"issuer": "Nobody"},
]


@pytest.fixture
def kept(api: ApiClient, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A profile of a release that kept certificates without a date aside."""
    complete = reading._complete  # what that release did differently

    def with_a_date(section: Any, part: Any) -> str:
        if section.name == "certificates" and not part.values.get("date_obtained"):
            return say("«{text}» can't be read as a date; it is kept separately.", text="")
        return complete(section, part)

    with monkeypatch.context() as earlier:
        earlier.setattr(reading, "_complete", with_a_date)
        made = imported(api, {"basics": BASICS, "certificates": [*CERTIFICATES[:3], {"name": "", "issuer": ""}]})
    assert names(made["profile"]) == ["Knots", "Ropes"]
    return made["profile"]


def names(profile: Any) -> list[str]:
    """The certificates of a document."""
    return [each["name"] for each in profile["skills"]["certifications"]]


def now(api: ApiClient, profile: Any) -> Any:
    """The document as it is by now."""
    return api.get(f"{API}/profiles/{profile['id']}").json()


def test_what_was_kept_aside_comes_in_at_its_place_and_once(api: ApiClient, kept: Any) -> None:
    assert Rereading().turn() == 1
    after = now(api, kept)
    assert names(after) == ["Knots", "First aid", "Ropes"]
    assert after["skills"]["certifications"][1]["date_obtained"] is None
    assert after["version"] == kept["version"] + 1
    entry = api.get(f"{API}/profiles/{kept['id']}/history").json()["revisions"][0]
    assert entry["actor"]["kind"] == "import"
    assert [each["kind"] for each in entry["changes"] if each["op"] == "created"] == ["certifications"]
    # What can't be read by now stays.
    assert after["extra"]["certificates"] == {"3": {"name": "", "issuer": ""}}
    assert Rereading().turn() == 0
    assert now(api, kept)["version"] == after["version"]


def test_the_next_import_knows_it_again(api: ApiClient, kept: Any) -> None:
    bring_in(Profile.objects.get(pk=kept["id"]).pk)
    before = now(api, kept)
    answer = api.post(
        f"{API}/profiles/import?into={kept['id']}",
        {"basics": BASICS, "certificates": [*CERTIFICATES[:3], {"name": "", "issuer": ""}]},
    )
    assert answer.json()["profile"]["skills"] == before["skills"]
    # Who deletes it does not get it again.
    pk = before["skills"]["certifications"][1]["id"]
    assert api.delete(f"{API}/profiles/{kept['id']}/certifications/{pk}").status_code == 204
    answer = api.post(f"{API}/profiles/import?into={kept['id']}", {"basics": BASICS, "certificates": CERTIFICATES[:3]})
    assert names(answer.json()["profile"]) == ["Knots", "Ropes"]


def test_what_a_person_has_changed_meanwhile_stays(api: ApiClient, kept: Any) -> None:
    path = f"{API}/profiles/{kept['id']}"
    api.patch(path, {"personal_info": {"full_name": "Nora Quay"}})
    bring_in(Profile.objects.get(pk=kept["id"]).pk)
    answer = api.post(f"{API}/profiles/import?into={kept['id']}", {"basics": BASICS})
    assert answer.json()["profile"]["personal_info"]["full_name"] == "Nora Quay"


def test_exports_have_it_once(api: ApiClient, kept: Any) -> None:
    bring_in(Profile.objects.get(pk=kept["id"]).pk)
    certificates = exported(api, kept)["certificates"]
    assert [each["name"] for each in certificates] == ["Knots", "First aid", "Ropes", ""]
    assert "date" not in certificates[1]


def test_profiles_without_anything_kept_are_left_alone(api: ApiClient) -> None:
    made = imported(api, {"basics": BASICS, "certificates": CERTIFICATES[:1]})["profile"]
    assert Origin.objects.count() == 1
    assert (tasks.read_kept_again(), Rereading().turn()) == (0, 0)
    assert now(api, made)["version"] == made["version"]
