"""Documents in which something is hidden, said twice, half said or enormous: nothing of them is lost, shown or slow."""

import io
import json
import time
from typing import Any

import pytest
from docx import Document

from profiles.limits import MAX_PROFILE_EXTRA_BYTES
from profiles.models import Origin
from profiles.portability import dates, imports, kinds
from profiles.portability.formats import recognising, rich_text
from profiles.portability.formats.refusing import Refused
from profiles.portability.json_resume import NoResume, Reading
from profiles.portability.json_resume.values import fingerprint
from profiles.portability.printing import docx, markdown
from profiles.portability.rereading import Rereading
from tests.portability.test_imports import IMPORT, imported, outcomes, told
from tests.support import machine
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.jobs import ASYNC, filed, run, shown

pytestmark = pytest.mark.django_db

ANY = "application/octet-stream"
BASICS = {"name": "Nora Feldmark", "email": "nora@example.com"}
PRINTED = ("html", "markdown", "text")


def resume(**parts: Any) -> Any:
    return {"basics": BASICS, **parts}


def sent(api: ApiClient, document: Any) -> Any:
    """The answer to a file of whatever format, a good one."""
    body = document if isinstance(document, str) else json.dumps(document)
    answer = api.post(IMPORT, data=body.encode(), content_type=ANY)
    assert answer.status_code == 201, answer.content
    return answer.json()


def printed(api: ApiClient, answer: Any, *forms: str, **query: str) -> str:
    """The profile of an answer in each of these forms."""
    made = []
    for form in forms or PRINTED:
        got = api.get(f"{API}/profiles/{answer['profile']['id']}/export", query={"format": form, **query})
        assert got.status_code == 200, (form, got.content[:300])
        made.append(got.content.decode(errors="replace"))
    return "\n".join(made)


def everything(answer: Any) -> str:
    return json.dumps(answer, ensure_ascii=False)


def version_4(**sections: Any) -> Any:
    """An export of Reactive Resume 4."""
    basics = {"name": "Nora", "email": "n@example.com", "url": {"href": "", "label": ""}, "customFields": []}
    return {"basics": basics, "metadata": {}, "sections": sections}


def job_of_version_4(**values: Any) -> Any:
    item = {"id": "1", "visible": True, "company": "Quay", "position": "Clerk", "url": {"href": "", "label": ""}}
    return version_4(experience={"items": [{**item, **values}]})


# What is hidden -----------------------------------------------------------------------------------------------------


def test_what_is_hidden_in_reactive_resume_is_in_no_export_unless_it_is_asked_for(api: ApiClient) -> None:
    def custom(name: str, *, visible: bool) -> Any:
        return {"name": "Custom Section", "visible": True, "items": [{"id": "i", "visible": visible, "name": name}]}

    document = version_4(
        summary={"id": "summary", "visible": False, "content": "<p>SECRETSUMMARY of mine</p>"},
        profiles={"items": [{"id": "1", "visible": False, "network": "Club", "username": "secretuser"}]},
        custom={"c1": custom("Open", visible=True), "c2": custom("SECRETITEM", visible=False)},
    )
    document["basics"]["picture"] = {"url": "https://x.example/hiddenphoto.png", "effects": {"hidden": True}}
    answer = sent(api, document)
    secrets = ("SECRETSUMMARY", "secretuser", "SECRETITEM", "hiddenphoto")
    assert all(secret in everything(answer["profile"]) for secret in secrets)
    shown = printed(api, answer, *PRINTED, "json-resume")
    assert [secret for secret in secrets if secret in shown] == []
    assert "Open" in shown
    assert "secretuser" in printed(api, answer, "json-resume", include="hidden")


def test_references_of_other_formats_are_printed_only_where_they_are_asked_for(api: ApiClient) -> None:
    yaml = "cv:\n  name: Nora\n  sections:\n    references:\n      - 'Dr. THIRDPERSON, +49 30 1234567'\n"
    passport = {
        "Identification": {"PersonName": {"FirstName": "N", "Surname": "F"}},
        "Achievement": [{"Title": {"Code": "references"}, "Description": "<p>Dr. THIRDPERSON, +49</p>"}],
    }
    for document in (yaml, {"SkillsPassport": {"LearnerInfo": passport}}):
        answer = sent(api, document)
        assert "THIRDPERSON" not in printed(api, answer)
        assert "THIRDPERSON" in printed(api, answer, "text", include="references")


# What is said twice, or in another shape ----------------------------------------------------------------------------


def test_what_a_company_says_and_its_positions_say_otherwise_stays_with_the_first(api: ApiClient) -> None:
    positions = [
        {"position": "A", "summary": "a", "startDate": "2015", "endDate": "2016"},
        {"position": "B", "summary": "b", "startDate": "2016", "endDate": "2017"},
    ]
    company = {"name": "Quay", "position": "Master", "summary": "Both.", "startDate": "1999-01", "group": "Ports"}
    answer = imported(api, resume(work=[{**company, "positions": positions}]))
    first, second = answer["profile"]["experiences"]
    assert first["extra"]["ofCompany"] == {"position": "Master", "summary": "Both.", "startDate": "1999-01"}
    assert (first["extra"]["group_"], first["extra"]["group"]) == ("Ports", second["extra"]["group"])
    assert "ofCompany" not in second["extra"]


@pytest.mark.parametrize("display", [12345, ["Harbour"], {"text": "Harbour"}, True])
def test_a_place_in_one_line_that_is_no_text_is_kept(api: ApiClient, display: Any) -> None:
    answer = imported(api, {"basics": {**BASICS, "location": {"city": "X", "display": display}}})
    assert answer["profile"]["extra"]["basics"]["location"]["displayAsItCame"] == display


def test_a_picture_within_the_document_takes_nothing_else_along(api: ApiClient) -> None:
    image = "data:image/png;base64," + "A" * 300_000
    answer = imported(api, {"basics": {**BASICS, "image": image}, "patents": [{"title": "Float"}]})
    assert answer["profile"]["extra"]["patents"] == [{"title": "Float"}]
    assert told(answer)["/basics/image"] == [
        ("refused", "A picture that stands in the document itself can't be stored; it is left out.")
    ]


def test_two_first_names_are_both_the_persons(api: ApiClient) -> None:
    xml = (
        "<SkillsPassport><LearnerInfo><Identification><PersonName><FirstName>Anna</FirstName><FirstName>Maria</FirstName>"
        "<Surname>Fell</Surname></PersonName></Identification></LearnerInfo></SkillsPassport>"
    )
    assert sent(api, xml)["profile"]["personal_info"]["full_name"] == "Anna Maria Fell"


def test_an_address_of_version_4_that_is_a_text_is_the_address(api: ApiClient) -> None:
    job = sent(api, job_of_version_4(date="2019", url="https://quay.example"))["profile"]["experiences"][0]
    assert job["url"] == "https://quay.example"


def test_whether_a_skill_is_there_is_no_level(api: ApiClient) -> None:
    answer = imported(api, resume(skills={"Python": True, "Java": False}))
    assert "False" not in everything(answer["profile"]["skills"])


def test_many_parts_without_a_field_are_told_of_together(api: ApiClient) -> None:
    answer = imported(api, resume(work=[{"name": "Quay", "position": "Clerk", **{f"k{n}": n for n in range(200)}}]))
    assert ("kept_aside", "There are no fields for 200 parts of this; exports will include them.") in told(answer)[
        "/work/0"
    ]


# Periods ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("since 2018", "2018", None),
        ("seit 2018", "2018", None),
        ("depuis mars 2018", "2018-03", None),
        ("ab 03/2018", "2018-03", None),
        ("с 2018", "2018", None),
        ("2018 -", "2018", None),
        ("Mar 2018 –", "2018-03", None),
        ("until 2020", None, "2020"),
        ("bis 2020", None, "2020"),
        ("- 2020", None, "2020"),
        ("from 2018 to 2020", "2018", "2020"),
        ("2019", "2019", "2019"),
    ],
)
def test_a_period_of_which_one_end_is_named(api: ApiClient, text: str, start: str | None, end: str | None) -> None:
    job = sent(api, job_of_version_4(date=text))["profile"]["experiences"][0]
    assert (job["start_date"], job["end_date"], job["is_current"]) == (start, end, end is None)


@pytest.mark.parametrize("text", ["-", "–", "—", "..."])
def test_a_dash_for_an_end_is_an_end_that_nobody_knows(api: ApiClient, text: str) -> None:
    answer = imported(api, resume(work=[{"name": "Q", "position": "P", "startDate": "2010", "endDate": text}]))
    job = answer["profile"]["experiences"][0]
    assert (job["end_date"], job["is_current"]) == (None, False)


def test_what_goes_on_says_so_in_education_and_projects_too(api: ApiClient) -> None:
    period = {"startDate": "2018", "endDate": "present"}
    document = resume(
        education=[{"institution": "Q", "studyType": "B", "area": "C", **period}], projects=[{"name": "p", **period}]
    )
    profile = imported(api, document)["profile"]
    assert profile["education"][0]["is_current"] is True
    assert profile["projects"][0]["is_ongoing"] is True


def test_volunteering_with_an_end_that_cannot_be_read_does_not_go_on(api: ApiClient) -> None:
    item = {"organization": "Quay", "position": "Helper", "startDate": "2018", "endDate": "a while ago"}
    assert "present" not in printed(api, imported(api, resume(volunteer=[item])))


# Texts --------------------------------------------------------------------------------------------------------------


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Led R&amp;D.\n\n- built X\n- built Y", "Led R&D.\n\n- built X\n- built Y"),
        ("Did <u>this</u>:\n\n- built X\n  - <b>in time</b>", "Did this:\n\n- built X\n  - **in time**"),
        ("If x<y and z>0 then <b>x</b>", "If x<y and z>0 then **x**"),
        ("A List<String> &amp; a <o:p>word</o:p>", "A List<String> & a word"),
        ("<p>a\nb</p>", "a b"),
    ],
)
def test_a_text_with_few_marks_of_html_stays_a_text(text: str, expected: str) -> None:
    assert rich_text.markdown(text) == expected


@pytest.mark.parametrize("text", ["<p>array</p><![0]>", "<p>a</p><![CDATA[b", "<p>a</p><!x><!-", "<p>a</p></ x"])
def test_broken_html_is_printed_in_each_form(api: ApiClient, text: str) -> None:
    answer = imported(api, resume(work=[{"name": "Q", "position": "P", "startDate": "2018", "summary": text}]))
    assert "a" in printed(api, answer, *PRINTED, "docx", "pdf")


@pytest.mark.pure
def test_an_exclamation_mark_before_a_link_makes_no_picture() -> None:
    text = "<b>x</b>!<a href='https://b.example/p.png'>there</a>"
    made = markdown(resume(work=[{"name": "Q", "position": "P", "summary": text}]))
    assert "\\![there](<https://b.example/p.png>)" in made


# Files --------------------------------------------------------------------------------------------------------------


def test_what_a_number_would_change_stays_a_text(api: ApiClient) -> None:
    yaml = (
        "basics: {name: Nora, email: n@example.com}\nwork:\n- {name: Q, position: P, startDate: 2020.10}\n"
        "certificates:\n- {name: C, issuer: I, credentialId: 12e45, date: 2019.10}\n"
    )
    profile = sent(api, yaml)["profile"]
    assert profile["experiences"][0]["start_date"] == "2020-10"
    assert profile["skills"]["certifications"][0]["credential_id"] == "12e45"


def test_a_key_that_overrides_one_of_a_merge_stands_there_once(api: ApiClient) -> None:
    yaml = "x: &b {position: Dev, name: Q}\nbasics: {name: Nora}\nwork:\n- <<: *b\n  position: Lead\n"
    answer = sent(api, yaml)
    assert [job["title"] for job in answer["profile"]["experiences"]] == ["Lead"]
    assert "more than once" not in everything(answer["report"])


@pytest.mark.parametrize("headline", ["I write <html> by hand", "Reads %PDF-1.7 and <!doctype html>"])
def test_a_document_may_speak_of_other_kinds_of_files(api: ApiClient, headline: str) -> None:
    document = {"basics": {**BASICS, "label": headline}}
    sent(api, f"cv:\n  name: Nora\n  headline: {json.dumps(headline)}\n")
    job = filed(api.post(IMPORT, document, headers=ASYNC))
    run(job)
    assert shown(api, job)["status"] == "succeeded"


def test_a_file_in_utf_16_is_read(api: ApiClient) -> None:
    answer = api.post(IMPORT, data=json.dumps(resume()).encode("utf-16"), content_type=ANY)
    assert answer.status_code == 201, answer.content


# What is enormous ---------------------------------------------------------------------------------------------------


@pytest.mark.pure
@pytest.mark.parametrize(
    "document",
    [
        {"basics": BASICS, "sections": {}, **{f"k{n}": n for n in range(2_000)}},
        {"basics": {**BASICS, **{f"k{n}": n for n in range(2_000)}}, "sections": {}},
        {"basics": BASICS, "sections": {"custom": {f"c{n}": {"name": "c", "items": [1]} for n in range(2_000)}}},
        {"cv": {"name": "x", "sections": {"summary": ["x"] * 2_000}}},
    ],
)
def test_a_document_with_more_parts_than_a_career_has_is_refused_before_it_is_translated(document: Any) -> None:
    with pytest.raises(Refused) as caught:
        recognising.of_document(document)
    assert caught.value.code == "too_large"


@pytest.mark.pure
def test_positions_count_among_the_items_of_their_list() -> None:
    job = {"name": "A", "positions": [{"position": "x"}] * 600}
    with pytest.raises(NoResume) as caught:
        Reading(resume(work=[job, job]), kinds.SECTIONS, account_email="a@example.com")
    assert (caught.value.code, caught.value.path) == ("max_length", ("work",))


@pytest.mark.pure
def test_what_a_company_has_beyond_our_fields_is_not_said_with_each_position() -> None:
    job = {"name": "A", "note": "x" * 50_000, **{f"k{n}": n for n in range(900)}}
    job["positions"] = [{"position": f"P{n}"} for n in range(1_000)]
    reading = Reading(resume(work=[job]), kinds.SECTIONS, account_email="a@example.com")
    first, *others = reading.items["work"]
    assert len(first.unknown) > 900
    assert all(len(each.unknown) == 1 for each in others)


@pytest.mark.pure
def test_a_company_with_more_parts_than_can_be_read_is_refused_before_its_positions_are_made() -> None:
    job = {"name": "A", **{f"k{n}": n for n in range(20_000)}, "positions": [{"position": "x"}] * 900}
    with pytest.raises(NoResume) as caught:
        Reading(resume(work=[job]), kinds.SECTIONS, account_email="a@example.com")
    assert (caught.value.code, caught.value.path) == ("max_length", ("work", 0))


def seconds(work: Any) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


@pytest.mark.pure
@pytest.mark.parametrize(
    "work",
    [
        lambda n: rich_text.markdown("<b>x</b><" + "a" * n),
        lambda n: rich_text.markdown("<b>x</b>" + "<b" * (n // 2)),
        lambda n: dates.read_period("2018 " + "- " * (n // 100)),
    ],
)
def test_texts_that_never_end_take_no_more_than_their_length(work: Any) -> None:
    """Four times the text took sixteen times as long."""
    small, large = (min(seconds(lambda n=n: work(n)) for _ in range(3)) for n in (20_000, 80_000))
    assert large <= max(8 * small, 0.05)


@pytest.mark.pure
def test_many_tags_of_yaml_are_refused() -> None:
    with pytest.raises(Refused) as caught:
        recognising.recognise(b"".join(b"%%TAG !%d! t:x\n" % n for n in range(100)) + b"---\ncv: {name: x}\n")
    assert caught.value.code == "too_large"


@pytest.mark.pure
def test_each_address_of_a_word_file_is_one_relationship() -> None:
    items = [{"name": f"P{n}", "url": f"https://p.example/{n % 5}"} for n in range(20)]
    rels = Document(io.BytesIO(docx(resume(projects=items)))).part.rels.values()
    addresses = [each.target_ref for each in rels if each.is_external]
    assert sorted(addresses) == [*(f"https://p.example/{n}" for n in range(5)), "mailto:nora@example.com"]


# What was kept aside ------------------------------------------------------------------------------------------------


def test_a_strange_key_among_what_was_kept_aside_stops_nothing(api: ApiClient) -> None:
    profile = imported(api, resume(certificates=[{"issuer": "", "name": ""}]))["profile"]
    kept = {**profile["extra"].get("certificates", {}), "1" * 5_000: {}}
    answer = api.patch(f"{API}/profiles/{profile['id']}", {"extra": {**profile["extra"], "certificates": kept}})
    assert answer.status_code == 200, answer.content
    assert Rereading().turn() == 0


def test_a_position_that_was_kept_aside_stays_where_it_stood(api: ApiClient) -> None:
    profile = imported(api, resume(work=[{"foo": 1}, {"name": "x", "position": "y"}]))["profile"]
    job = {"positions": [{"position": "A"}, {"summary": "zz"}]}
    api.patch(f"{API}/profiles/{profile['id']}", {"extra": {**profile["extra"], "work": {"0": job}}})
    origin = Origin.objects.get()
    origin.brought = {**origin.brought, "aside": {"work": [fingerprint(job)]}}
    origin.save()
    assert Rereading().turn() == 1
    now = api.get(f"{API}/profiles/{profile['id']}").json()
    assert "zz" in everything(now["extra"]["work"])
    assert [job["title"] for job in now["experiences"]] == ["A", "y"], now["extra"]


# What is too much of it ---------------------------------------------------------------------------------------------


def nested(levels: int) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = [value]
    return value


def refused(answer: Any) -> list[str]:
    return [place for place, outcome in outcomes(answer).items() if outcome == "refused"]


def test_one_part_that_is_nested_too_deep_takes_no_other_along(api: ApiClient) -> None:
    basics = {**BASICS, "hobby": "kites", "location": {"city": "Aarhus", "floor": 3}, "profiles": ["nonsense"]}
    document = {"basics": basics, "patents": [{"title": "A kite"}], "deep": nested(29), "work": [{"x": 1}, {"y": 2}]}
    answer = sent(api, document)
    stored = answer["profile"]["extra"]
    assert stored["patents"] == [{"title": "A kite"}]
    assert stored["work"] == {"0": {"x": 1}, "1": {"y": 2}}
    assert stored["basics"]["hobby"] == "kites"
    assert "deep" not in stored
    assert refused(answer) == ["/deep"]


@pytest.mark.parametrize(
    ("part", "place"),
    [
        ({"work": [{"x": nested(27)}, {"y": 2}]}, "/work/0"),
        ({"meta": {"x": nested(28)}}, "/meta"),
        ({"meta": {"masterProfile": {"unknown": {"x": nested(28), "y": 1}}}}, "/meta/masterProfile/unknown/x"),
        ({"basics": {**BASICS, "profiles": [{"odd": nested(26)}, {"odd": 1}]}}, "/basics/profiles/0"),
        ({"basics": {**BASICS, "location": {"odd": nested(28), "floor": 3}}}, "/basics/location/odd"),
        ({"basics": {**BASICS, "odd": nested(28), "floor": 3}}, "/basics/odd"),
    ],
)
def test_a_part_that_is_nested_too_deep_is_left_out_wherever_it_stands(api: ApiClient, part: Any, place: str) -> None:
    document = {**resume(), "patents": ["A kite"], **part}
    answer = sent(api, document)
    assert refused(answer) == [place]
    assert [told["outcome"] for told in answer["report"]["parts"] if told["pointer"] == place] == ["refused"]
    assert answer["profile"]["extra"]["patents"] == ["A kite"]


def test_of_parts_that_are_too_large_together_the_largest_are_left_out(api: ApiClient) -> None:
    large = {f"large{n}": "x" * 60_000 for n in range(6)}
    answer = sent(api, {**resume(), "small": "kept", **large})
    stored = answer["profile"]["extra"]
    assert stored["small"] == "kept"
    assert set(refused(answer)) == {f"/{name}" for name in large.keys() - stored.keys()}
    assert 0 < len(refused(answer)) < 6


def test_of_many_parts_that_are_too_large_together_no_more_are_left_out_than_must_be(api: ApiClient) -> None:
    answer = sent(api, resume(**{f"part{n}": "x" * 1_000 for n in range(400)}))
    size = len(json.dumps(answer["profile"]["extra"], separators=(",", ":")))
    assert MAX_PROFILE_EXTRA_BYTES - 2_000 < size <= MAX_PROFILE_EXTRA_BYTES
    assert answer["report"]["refused"] == 400 - len(answer["profile"]["extra"])


@pytest.mark.parametrize("holder", ["top", "unknown"])
def test_very_many_parts_are_left_out_in_no_time(holder: str) -> None:
    parts = {f"part{n}": "x" * 40 for n in range(9_900)}
    document = resume(**parts) if holder == "top" else resume(meta={"masterProfile": {"unknown": parts}})
    with machine.at_most(6):
        reading = imports.read(document, "nora@example.com")
    assert 0 < len(reading.extra()) < len(parts)


def test_a_custom_field_that_cannot_be_stored_is_named(api: ApiClient) -> None:
    answer = sent(api, resume(meta={"masterProfile": {"customFields": {"n" * 60: 1, "fine": 2}}}))
    assert answer["profile"]["custom_fields"] == {"fine": 2}
    assert refused(answer) == ["/meta/masterProfile/customFields/" + "n" * 60]


def test_a_long_line_of_a_place_is_cut_and_kept(api: ApiClient) -> None:
    line = "By the old harbour, " * 8
    answer = sent(api, resume(basics={**BASICS, "location": {"display": line, "city": "Aarhus"}}))
    assert answer["profile"]["personal_info"]["location"] == line[:99].rstrip() + "…"
    assert answer["profile"]["extra"]["basics"]["location"] == {"displayAsItCame": line.strip()}
    ((outcome, sentence),) = told(answer)["/basics/location/display"]
    assert outcome == "changed"
    assert "100" in sentence


def test_of_too_many_custom_fields_the_first_are_stored(api: ApiClient) -> None:
    fields = {f"field {n}": n for n in range(101)}
    answer = sent(api, resume(meta={"masterProfile": {"customFields": fields}}))
    assert answer["profile"]["custom_fields"] == {f"field {n}": n for n in range(100)}
    ((outcome, sentence),) = told(answer)["/meta/masterProfile/customFields"]
    assert outcome == "refused"
    assert "100" in sentence


def into(api: ApiClient, answer: Any, document: Any) -> Any:
    """The answer to a second document of the same person into the profile of the first."""
    body = json.dumps(document).encode()
    query = {"into": answer["profile"]["id"], "mode": "merge"}
    again = api.post(IMPORT, data=body, content_type=ANY, query=query)
    assert again.status_code == 200, again.content
    return again.json()


def test_what_has_no_room_beside_what_is_stored_is_told_and_takes_nothing_small_along(api: ApiClient) -> None:
    stored = {f"old{n}": "x" * 1_000 for n in range(240)}
    made = sent(api, resume(**stored, work=[{"x": 1}]))
    new = {f"new{n}": "y" * 1_000 for n in range(40)}
    company = {"positions": [{"long": "z" * 2_000}, {"short": 1}]}
    odd = {"basics": {**BASICS, "hobby": "kites"}, "work": [{"x": 1}, {"long": "z" * 2_000}, company]}
    answer = into(api, made, {**resume(**new, small=1), **odd})
    extra = answer["profile"]["extra"]
    assert stored.items() <= extra.items()
    assert (extra["small"], extra["basics"]["hobby"]) == (1, "kites")
    assert extra["work"] == {"0": {"x": 1}, "2.positions.1": {"short": 1}}
    assert 10 < len(extra.keys() & new.keys()) < 25
    gone = new.keys() - extra.keys()
    assert set(refused(answer)) == {"/work/1", "/work/2/positions/0", *(f"/{name}" for name in gone)}
    assert {outcomes(answer)[f"/{name}"] for name in new.keys() - gone} == {"kept_aside"}


def test_custom_fields_that_have_no_room_beside_those_of_a_profile_are_told_one_by_one(api: ApiClient) -> None:
    def fields(*numbers: int) -> Any:
        return resume(meta={"masterProfile": {"customFields": {f"f{n}": n for n in numbers}}})

    made = sent(api, fields(*range(98)))
    answer = into(api, made, fields(*range(95, 103)))
    assert answer["profile"]["custom_fields"] == {f"f{n}": n for n in range(100)}
    assert refused(answer) == [f"/meta/masterProfile/customFields/f{n}" for n in (100, 101, 102)]


def test_a_section_of_a_known_kind_leaves_its_title_with_its_items(api: ApiClient) -> None:
    item = {"id": "i", "hidden": False, "company": "Quay", "position": "Chair", "period": "2018 - 2020"}
    section = {"id": "s", "title": "Boards", "type": "experience", "hidden": False, "columns": 1, "items": [item]}
    document = {"basics": BASICS, "sections": {}, "customSections": [section], "picture": {}, "metadata": {}}
    answer = sent(api, document)
    (job,) = answer["profile"]["experiences"]
    assert (job["title"], job["extra"]["customSection"]) == ("Chair", "Boards")
    assert "Boards" in api.get(f"{API}/profiles/{answer['profile']['id']}/export").content.decode()
