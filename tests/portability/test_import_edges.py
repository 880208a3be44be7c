"""Imports at the edges of what people and programs send: each found by trying to break them."""

import copy
import json
from typing import Any

import pytest

from profiles import tasks
from profiles.models import Job, JobFile, Origin
from tests.portability.test_import_archives import brought
from tests.portability.test_imports import IMPORT, RESUME, exported, imported, outcomes, path_of
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.documents.archives import zipped
from tests.support.jobs import ASYNC, filed, run
from users.models import User

pytestmark = pytest.mark.django_db

BASICS = {"name": "Ada Lovelace", "email": "ada@example.org"}
MODES = ("merge", "replace")


def resume(**parts: Any) -> dict[str, Any]:
    return {"basics": BASICS, **parts}


def education(**period: Any) -> dict[str, Any]:
    return resume(education=[{"institution": "MIT", "studyType": "BSc", "area": "Maths", **period}])


def skill(**detail: Any) -> dict[str, Any]:
    return resume(skills=[{"name": "Python", **detail}])


def written(api: ApiClient, **parts: Any) -> Any:
    """A profile that the person has typed."""
    info = {"full_name": "Ada", "email": "mine@example.org"}
    return api.post(f"{API}/profiles", {"personal_info": info, **parts}).json()


# What a document may hold -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("blob", ["x" * 300_000, json.loads("[" * 25 + "]" * 25)], ids=["large", "deep"])
def test_what_a_link_has_beyond_our_fields_never_refuses_the_document(api: ApiClient, blob: Any) -> None:
    document = {"basics": {**BASICS, "profiles": [{"network": "X", "blob": blob}]}}
    assert outcomes(imported(api, document))["/basics/profiles/0/blob"] == "refused"


@pytest.mark.parametrize("value", [[], {}, {"a": 1}, "in the attic"])
def test_a_key_that_looks_like_ours_is_nothing_but_a_key(api: ApiClient, value: Any) -> None:
    document = resume(work=[{"name": "N", "position": "P", "startDate": "2020"}])
    made = imported(api, document)["profile"]
    document["work"][0]["x"] = {"stored": value}
    after = imported(api, document, into=made["id"])["profile"]
    assert after["experiences"][0]["extra"] == {"x": {"stored": value}}


def test_a_version_of_any_length_is_read_or_not(api: ApiClient) -> None:
    document = resume(**{"$schema": "https://example.org/v" + "9" * 5_000 + ".0.0/schema.json"})
    assert outcomes(imported(api, document))["/$schema"] == "changed"


def test_an_item_with_many_unknown_keys_loses_some_of_them_and_not_itself(api: ApiClient) -> None:
    item = {"name": "N", "startDate": "2020", **{f"x-{number}": "x" * 1_000 for number in range(60)}}
    answer = imported(api, resume(work=[item]))
    assert answer["profile"]["experiences"][0]["company"] == "N"
    # Ten have room.
    assert answer["report"]["refused"] == 50


def test_a_report_shows_no_more_than_anybody_can_read(api: ApiClient) -> None:
    answer = imported(api, resume(**{f"x-{number}": 1 for number in range(4_000)}))
    assert answer["report"]["kept_aside"] == 4_000
    assert len(answer["report"]["parts"]) == 3_001
    assert "more entries" in answer["report"]["parts"][-1]["detail"]


def test_a_long_address_is_kept_aside_and_not_cut(api: ApiClient) -> None:
    url = "https://example.org/" + "a" * 300
    answer = imported(api, {"basics": {**BASICS, "url": url}})
    assert answer["profile"]["personal_info"]["website"] is None
    assert exported(api, answer["profile"])["basics"]["url"] == url


def test_what_is_hidden_stays_hidden_when_it_is_kept_aside(api: ApiClient) -> None:
    made = imported(api, resume(work=[{"name": "Secret Ltd", "position": "Spy", "isVisible": False}]))["profile"]
    assert "work" not in exported(api, made, "")
    assert exported(api, made, "hidden")["work"][0]["name"] == "Secret Ltd"


def test_of_what_is_too_large_together_the_largest_is_left_out(api: ApiClient) -> None:
    answer = imported(api, resume(**{"x-big": "x" * 300_000, "x-small": 1}))
    assert answer["profile"]["extra"] == {"x-small": 1}
    assert (outcomes(answer)["/x-big"], outcomes(answer)["/x-small"]) == ("refused", "kept_aside")


# Again ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"startDate": "2015", "isCurrent": True}, {"startDate": "2015", "endDate": "2019"}),
        ({"startDate": "2015", "endDate": "2018"}, {"startDate": "2015", "isCurrent": True}),
        ({"startDate": "2015", "endDate": "2018"}, {"startDate": "2019"}),
    ],
)
def test_a_period_that_changed_at_the_source_is_followed(
    api: ApiClient, mode: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    made = imported(api, education(**before))["profile"]
    now = imported(api, education(**after), into=made["id"], mode=mode)["profile"]["education"][0]
    expected = (after["startDate"], after.get("endDate"), after.get("isCurrent", False))
    assert (now["start_date"], now["end_date"], now["is_current"]) == expected


@pytest.mark.parametrize("mode", MODES)
def test_a_stand_in_takes_no_values_place(api: ApiClient, mode: str) -> None:
    document = education(startDate="2015") | {"languages": [{"language": "English", "fluency": "native"}]}
    made = imported(api, document)["profile"]
    del document["education"][0]["area"], document["languages"][0]["fluency"]
    after = imported(api, {**document, "basics": {"name": "Ada"}}, into=made["id"], mode=mode)["profile"]
    assert after["education"][0]["field_of_study"] == "Maths"
    assert after["skills"]["languages"][0]["proficiency"] == "native"
    assert after["personal_info"]["email"] == BASICS["email"]


def test_the_details_of_a_skill_follow_their_source_and_stay_cleared(api: ApiClient) -> None:
    made = imported(api, skill(level="Beginner", keywords=["a"]))["profile"]
    after = imported(api, skill(level="Expert", keywords=["a", "b"]), into=made["id"])["profile"]
    (detail,) = after["skills"]["details"]
    assert (detail["level"], detail["keywords"]) == ("Expert", ["a", "b"])
    api.patch(path_of(made), {"skills": {"details": []}})
    again = imported(api, skill(level="Expert", keywords=["a", "b"]), into=made["id"])
    assert again["profile"]["skills"]["details"] == []
    assert outcomes(again)["/skills/0"] == "refused"
    assert imported(api, skill(), into=made["id"], mode="replace")["profile"]["skills"]["details"] == []


def test_a_skill_that_is_a_soft_one_here_gets_its_details_there(api: ApiClient) -> None:
    mine = written(api, skills={"soft": ["Teaching", "\u0390"]})
    came = resume(skills=[{"name": "teaching", "level": "Master"}, {"name": "\u03aa\u0301"}])
    after = imported(api, came, into=mine["id"])["profile"]["skills"]
    assert (after["technical"], after["soft"]) == ([], ["Teaching", "\u0390"])
    assert [(each["kind"], each["level"]) for each in after["details"]] == [("soft", "Master")]


def test_custom_fields_follow_their_source_unless_the_person_wrote_or_deleted_them(api: ApiClient) -> None:
    def document(**fields: Any) -> dict[str, Any]:
        return resume(meta={"masterProfile": {"customFields": fields, "label": "Theirs"}})

    made = imported(api, document(followed=1, written=1, deleted=1))["profile"]
    api.patch(path_of(made), {"label": "Mine", "custom_fields": {"followed": 1, "written": "mine"}})
    answer = imported(api, document(followed=2, written=2, deleted=2), into=made["id"])
    assert answer["profile"]["custom_fields"] == {"followed": 2, "written": "mine"}
    assert answer["profile"]["label"] == "Mine"
    fields = "/meta/masterProfile/customFields"
    refused = {name for name, outcome in outcomes(answer).items() if outcome == "refused"}
    assert refused == {f"{fields}/written", f"{fields}/deleted", "/meta/masterProfile/label"}


def test_what_does_not_fit_beside_what_is_there_is_left_out_and_told(api: ApiClient) -> None:
    def document(key: str) -> dict[str, Any]:
        fields = {f"{key}{number}": 1 for number in range(60)}
        work = [{"name": "N", "position": "P", "startDate": "2020", key: "x" * 6_000}]
        return resume(work=work, meta={"masterProfile": {"customFields": fields}})

    made = imported(api, document("a"))["profile"]
    answer = imported(api, document("b"), into=made["id"])
    # The first forty of the new ones fit.
    assert answer["profile"]["custom_fields"] == made["custom_fields"] | {f"b{number}": 1 for number in range(40)}
    assert answer["profile"]["experiences"] == made["experiences"]
    refused = {name for name, outcome in outcomes(answer).items() if outcome == "refused"}
    assert refused == {"/work", *(f"/meta/masterProfile/customFields/b{number}" for number in range(40, 60))}


def test_what_other_sources_kept_aside_stays(api: ApiClient) -> None:
    undated = {"startDate": "2020"}
    made = imported(api, {"basics": {**BASICS, "x-motto": "onwards"}, "work": [undated]})["profile"]
    profile = "First Name,Last Name,Birth Date\nAda,L,Dec 10\n"
    jobs = "Started On\nMar 2019\n"
    brought(api, zipped({"Profile.csv": profile, "Positions.csv": jobs}), into=made["id"])
    extra = api.get(path_of(made)).json()["extra"]
    assert list(extra["work"].values()) == [{"startDate": "2019-03"}, undated]
    assert (extra["basics"]["x-motto"], extra["basics"]["birthDate"]) == ("onwards", "Dec 10")
    # It goes when it has got its company.
    after = imported(api, resume(work=[{**undated, "name": "Found Ltd"}]), into=made["id"])["profile"]
    assert list(after["extra"]["work"].values()) == [{"startDate": "2019-03"}]
    assert [each["company"] for each in after["experiences"]] == ["Found Ltd"]


@pytest.mark.parametrize(
    ("plural", "mine", "section", "came"),
    [
        (
            "volunteering",
            {"organization": "A", "role": "Driver"},
            "volunteer",
            {"organization": "A", "position": "Cook"},
        ),
        ("awards", {"title": "A", "date": "2019"}, "awards", {"title": "A", "date": "2021"}),
        (
            "experiences",
            {"company": "Navy", "title": "Officer", "start_date": "1967", "end_date": "1970"},
            "work",
            {"name": "Navy", "position": "Officer", "startDate": "1990"},
        ),
    ],
)
def test_what_contradicts_is_not_the_same(api: ApiClient, plural: str, mine: Any, section: str, came: Any) -> None:
    profile = written(api, **{plural: [mine]})
    assert len(imported(api, resume(**{section: [came]}), into=profile["id"])["profile"][plural]) == 2


def test_items_that_a_client_has_sent_without_their_ids_are_known_again(api: ApiClient) -> None:
    made = imported(api, RESUME)["profile"]
    bare = [{name: value for name, value in each.items() if name != "id"} for each in made["experiences"]]
    api.patch(path_of(made), {"experiences": bare})
    answer = imported(api, RESUME, into=made["id"])
    assert len(answer["profile"]["experiences"]) == len(bare)
    assert answer["report"]["refused"] == 0


def test_what_stays_deleted_is_not_told_as_stored(api: ApiClient) -> None:
    made = imported(api, RESUME)["profile"]
    api.delete(f"{path_of(made)}/experiences/{made['experiences'][1]['id']}")
    parts = imported(api, RESUME, into=made["id"])["report"]["parts"]
    assert [part["outcome"] for part in parts if part["pointer"] == "/work/1"] == ["refused"]


def test_what_is_remembered_does_not_grow_with_each_import(api: ApiClient) -> None:
    document = copy.deepcopy(RESUME)
    made = imported(api, document)["profile"]
    for number in range(3):
        document["work"][0] |= {"name": f"Other {number}", "position": "Other", "startDate": f"19{number}0"}
        imported(api, document, into=made["id"], mode="replace")
    assert len(Origin.objects.get().brought["lists"]["experiences"]) == len(RESUME["work"])


# Jobs -------------------------------------------------------------------------------------------------------------


def test_a_kind_of_job_that_a_worker_does_not_know_waits_for_one_that_does(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = filed(api.post(IMPORT, RESUME, headers=ASYNC))
    with monkeypatch.context() as older:
        older.delitem(tasks.PERFORM, job.kind)
        run(job)
        assert (job.status, job.attempts) == (Job.Status.QUEUED, 0)
    run(job)
    assert job.status == Job.Status.SUCCEEDED


def test_the_file_of_an_export_goes_with_its_profile(api: ApiClient, user: User) -> None:
    made = imported(api, RESUME)["profile"]
    job = filed(api.get(f"{path_of(made)}/export", headers=ASYNC))
    run(job)
    assert JobFile.objects.filter(job=job).exists()
    api.delete(path_of(made))
    assert not JobFile.objects.exists()
    assert api.get(f"{API}/jobs/{job.pk}/file").status_code == 404
