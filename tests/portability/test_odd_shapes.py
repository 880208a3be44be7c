"""Résumés as they really come: no wrong member takes its item along, and what can be understood is."""

from typing import Any

import pytest

from tests.portability.test_imports import exported, imported, told
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.jobs import filed, run, shown

pytestmark = pytest.mark.django_db

BASICS = {"name": "Nora Feldmark", "email": "nora@example.com"}
QUAY = {"name": "Quay Ltd", "position": "Clerk", "startDate": "2018"}


def brought(api: ApiClient, **resume: Any) -> Any:
    """The profile that a résumé becomes."""
    return imported(api, {"basics": BASICS, **resume})["profile"]


def outcomes(api: ApiClient, **resume: Any) -> dict[str, list[str]]:
    """What became of each part that is not simply stored, by its pointer."""
    report = told(imported(api, {"basics": BASICS, **resume}))
    found = {at: [outcome for outcome, _ in parts if outcome != "mapped"] for at, parts in report.items()}
    return {at: each for at, each in found.items() if each and at != "/$schema"}


def test_an_item_without_a_date_is_an_item(api: ApiClient) -> None:
    made = brought(
        api,
        work=[{"name": "Quay Ltd", "position": "Clerk", "startDate": "", "endDate": ""}],
        education=[{"institution": "Quay College", "area": "Weaving", "studyType": "BA", "startDate": None}],
        projects=[{"name": "Kite atlas", "description": "Maps", "url": ""}],
        certificates=[{"name": "First aid", "issuer": "Red Kite", "date": "long ago"}],
    )
    (job,), (school,), (certificate,) = made["experiences"], made["education"], made["skills"]["certifications"]
    assert (job["start_date"], job["end_date"], job["is_current"]) == (None, None, False)
    assert (school["start_date"], certificate["date_obtained"]) == (None, None)
    assert certificate["extra"]["date"]["given"] == "long ago"
    assert len(made["projects"]) == 1


@pytest.mark.parametrize(
    ("dates", "stored"),
    [
        ({"startDate": "2018-03-01T00:00:00.000Z", "endDate": None}, ("2018-03-01", None, True)),
        ({"startDate": "2018年3月", "endDate": "2020年4月"}, ("2018-03", "2020-04", False)),
        ({"startDate": "2016-03", "endDate": "Dez. 2019"}, ("2016-03", "2019-12", False)),
        ({"startDate": "2012-01", "endDate": "Summer 2015"}, ("2012-01", "2015", False)),
        ({"startDate": "2012-01", "endDate": "a while ago"}, ("2012-01", None, False)),
        ({"startDate": "2012-01", "endDate": "bis heute"}, ("2012-01", None, True)),
        ({"startDate": "2018 - 2020"}, ("2018", "2020", False)),
        ({"startDate": "Mar 2018 – heute"}, ("2018-03", None, True)),
        ({"startDate": "2018 - 2020", "endDate": "2019-05"}, ("2018", "2019-05", False)),
        ({"endDate": "2018 - 2020"}, ("2018", "2020", False)),
        ({"startDate": "present"}, (None, None, True)),
        ({"startDate": ["2018"], "endDate": {"year": "2020"}}, ("2018", "2020", False)),
    ],
)
def test_a_period_is_what_its_texts_say(api: ApiClient, dates: Any, stored: tuple[Any, ...]) -> None:
    (job,) = brought(api, work=[{"name": "Quay Ltd", "position": "Clerk", **dates}])["experiences"]
    assert (job["start_date"], job["end_date"], job["is_current"]) == stored


def test_both_ends_of_a_range_come_out_again(api: ApiClient) -> None:
    made = brought(api, work=[{**QUAY, "startDate": "2018 - 2020"}], awards=[{"title": "Cake", "date": "2018-2020"}])
    out = exported(api, made)
    assert (out["work"][0]["startDate"], out["work"][0]["endDate"], out["awards"][0]["date"]) == (
        "2018",
        "2020",
        "2018",
    )


def test_texts_in_the_place_of_objects_are_entries(api: ApiClient) -> None:
    made = brought(api, skills=["Excel", {"name": "Word"}], interests=["Kites"], languages=["German"])
    assert made["skills"]["technical"] == ["Excel", "Word"]
    assert [each["name"] for each in (*made["interests"], *made["skills"]["languages"])] == ["Kites", "German"]


def test_a_text_in_the_place_of_a_list_is_an_entry(api: ApiClient) -> None:
    made = brought(api, skills="Go、Java", interests="Cricket, Carnatic music", awards="n/a")
    assert (made["skills"]["technical"], made["interests"][0]["name"]) == (["Go、Java"], "Cricket, Carnatic music")
    assert made["awards"] == []


def test_what_is_no_list_at_all_is_kept_and_follows_its_source(api: ApiClient) -> None:
    made = brought(api, work="since 2015 at the quay", awards=True)
    assert made["extra"]["work"] == {"given": "since 2015 at the quay"}
    assert made["extra"]["awards"] == {"given": True}
    again = imported(api, {"basics": BASICS, "work": "nowhere"}, into=made["id"])["profile"]
    assert again["extra"]["work"] == {"given": "nowhere"}
    then = imported(api, {"basics": BASICS, "work": [QUAY]}, into=made["id"])["profile"]
    assert ("work" in then["extra"], len(then["experiences"])) == (False, 1)


def test_the_name_of_a_country_is_kept_and_not_capitalised(api: ApiClient) -> None:
    basics = {**BASICS, "location": {"countryCode": "Россия"}}
    assert outcomes(api, basics=basics) == {"/basics/location/countryCode": ["kept_aside"]}


def test_what_is_kept_aside_of_a_text_is_that_text(api: ApiClient) -> None:
    made = brought(api, skills=[{"name": "Word"}, "Excel", "excel"])
    assert made["extra"]["skills"] == {"2": "excel"}


def test_an_object_in_the_place_of_a_list_is_one(api: ApiClient) -> None:
    made = brought(
        api,
        work=QUAY,
        skills={"Tools": ["Git", "Make"], "Excel": "expert"},
        languages={"German": "C1"},
        basics={**BASICS, "profiles": {"GitHub": "https://github.com/nora", "Mastodon": "nora"}},
    )
    assert [job["company"] for job in made["experiences"]] == ["Quay Ltd"]
    details = {each["name"]: (each["level"], each["keywords"]) for each in made["skills"]["details"]}
    assert details == {"Tools": (None, ["Git", "Make"]), "Excel": ("expert", [])}
    assert [(each["name"], each["proficiency"]) for each in made["skills"]["languages"]] == [("German", "fluent")]
    links = [(link["network"], link["username"], link["url"]) for link in made["personal_info"]["links"]]
    assert links == [("GitHub", None, "https://github.com/nora"), ("Mastodon", "nora", None)]


def test_lists_and_objects_in_the_place_of_texts_are_put_together(api: ApiClient) -> None:
    made = brought(
        api,
        basics={**BASICS, "summary": ["One paragraph.", "Two."], "url": {"label": "", "href": "https://example.org"}},
        work=[
            {
                **QUAY,
                "position": ["Clerk", "Singer"],
                "location": {"city": "Aarhus", "countryCode": "DK"},
                "highlights": [{"text": "Counted boats"}, "Sang", {"n": 1}],
            }
        ],
    )
    (job,) = made["experiences"]
    assert made["professional_summary"] == "One paragraph.\n\nTwo."
    assert made["personal_info"]["website"] == "https://example.org"
    assert (job["title"], job["location"]) == ("Clerk, Singer", "Aarhus, DK")
    assert job["achievements"] == ["Counted boats", "Sang"]


def test_the_name_of_a_file_is_no_address(api: ApiClient) -> None:
    basics = {**BASICS, "image": "portrait.jpeg", "url": "index.html"}
    made = brought(api, basics=basics)
    assert (made["personal_info"]["image"], made["personal_info"]["website"]) == (None, None)
    assert made["extra"]["basics"]["url"]["given"] == "index.html"
    assert outcomes(api, basics=basics) == {"/basics/image": ["kept_aside"], "/basics/url": ["kept_aside"]}


@pytest.mark.parametrize("address", ["example.org", "www.example.org/a.html", "//example.org/a", "example.org:8080/x"])
def test_a_host_without_a_scheme_is_an_address(api: ApiClient, address: str) -> None:
    made = brought(api, basics={**BASICS, "url": address})
    assert made["personal_info"]["website"] == f"https://{address.removeprefix('//')}"


def test_several_positions_in_one_company_say_that_they_belong_together(api: ApiClient) -> None:
    quay = {
        "name": "Quay Ltd",
        "location": "Aarhus",
        "positions": [
            {"position": "Chief clerk", "startDate": "2019"},
            {"title": "Clerk", "startDate": "2015", "endDate": "2019", "summary": "Kept books."},
        ],
    }
    alone = {**QUAY, "name": "Kite Ltd", "positions": [{"position": "Singer"}]}
    made = brought(api, work=[quay, alone])
    first, second, third = made["experiences"]
    assert [(job["title"], job["company"], job["location"]) for job in (first, second)] == [
        ("Chief clerk", "Quay Ltd", "Aarhus"),
        ("Clerk", "Quay Ltd", "Aarhus"),
    ]
    assert (first["start_date"], first["is_current"], second["end_date"]) == ("2019", True, "2019")
    assert first["extra"]["group"] == second["extra"]["group"]
    assert (third["title"], third["start_date"]) == ("Singer", "2018")
    assert third["extra"] == {"ofCompany": {"position": "Clerk"}}
    # What belongs together still does after a way through a file.
    again = imported(api, exported(api, made))["profile"]
    assert [job["extra"] for job in again["experiences"]] == [job["extra"] for job in made["experiences"]]
    assert outcomes(api, work=[quay, alone]) == {
        "/work/0": ["changed"],
        "/work/1": ["changed"],
        "/work/1/positions/0/ofCompany": ["kept_aside"],
    }


def test_of_a_key_that_stands_twice_the_last_one_counts(api: ApiClient) -> None:
    body = (
        b'{"basics": {"name": "Nora", "name": "Nora Feldmark", "email": "nora@example.com"},'
        b' "skills": [{"name": "Knots", "level": "Good", "level": "Master"}], "x": {"a": 1, "a": [{"b": 2, "b": 3}]}}'
    )
    answer = api.post(f"{API}/profiles/import", data=body, content_type="application/json").json()
    assert answer["profile"]["personal_info"]["full_name"] == "Nora Feldmark"
    assert answer["profile"]["skills"]["details"][0]["level"] == "Master"
    refused = {part["pointer"] for part in answer["report"]["parts"] if part["outcome"] == "refused"}
    assert refused == {"/basics/name", "/skills/0/level", "/x/a", "/x/a/0/b"}
    # Everywhere else it is refused.
    answer = api.post(f"{API}/profiles", data=b'{"label": "a", "label": "b"}', content_type="application/json")
    assert answer.status_code == 400


def test_a_job_reads_a_key_that_stands_twice_alike(api: ApiClient) -> None:
    body = b'{"basics": {"name": "Nora", "name": "Nora Feldmark"}}'
    headers = {"prefer": "respond-async"}
    job = filed(api.post(f"{API}/profiles/import", data=body, content_type="application/json", headers=headers))
    run(job)
    parts = shown(api, job)["result"]["report"]["parts"]
    assert [part["pointer"] for part in parts if part["outcome"] == "refused"] == ["/basics/name"]


def test_a_link_without_a_network_is_named_after_its_address(api: ApiClient) -> None:
    made = brought(api, basics={**BASICS, "profiles": [{"url": "https://www.xing.com/profile/nora"}, "nora@social"]})
    assert [link["network"] for link in made["personal_info"]["links"]] == ["xing.com", "Not given"]
