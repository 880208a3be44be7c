"""Careers of other formats through the API: accepted, honest, and doubled by nothing."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from profiles.models import Job, Origin, Profile
from tests.portability.test_imports import IMPORT, ids, without_ids
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.documents.archives import LINKEDIN, zipped
from tests.support.documents.formats import DATA, FILES, MEDIA_TYPES, document, leaves, source_of
from tests.support.jobs import ASYNC, filed, run, shown
from tests.support.wording import LANGUAGES, sentence_faults

pytestmark = pytest.mark.django_db

ANY = "application/octet-stream"
NAMES = [file.name for file in FILES]


def sent(api: ApiClient, file: Path, media_type: str = ANY, **options: Any) -> Any:
    return api.post(IMPORT, data=file.read_bytes(), content_type=media_type, **options)


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_a_document_becomes_a_profile_by_its_content(api: ApiClient, file: Path) -> None:
    answer = sent(api, file)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    origin = Origin.objects.get()
    assert (origin.source, str(origin.profile_id)) == (source_of(file), made["profile"]["id"])
    assert made["report"]["mapped"] > 0
    assert all(part["pointer"] is None and part["place"] for part in made["report"]["parts"])
    # The exact same by the type that its name suggests.
    other = sent(api, file, MEDIA_TYPES[file.suffix], query={"dry_run": "true"})
    assert other.status_code == 200, other.content
    assert without_ids(other.json()["profile"]) == without_ids(made["profile"])
    assert other.json()["report"] == made["report"]


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_the_same_file_again_doubles_nothing(api: ApiClient, file: Path) -> None:
    made = sent(api, file).json()["profile"]
    again = sent(api, file, query={"into": made["id"]})
    assert again.status_code == 200, again.content
    assert without_ids(again.json()["profile"]) == without_ids(made)
    assert ids(again.json()["profile"]) == ids(made)
    assert again.json()["profile"]["version"] == made["version"]


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_every_member_is_in_the_profile_or_in_the_report(api: ApiClient, file: Path) -> None:
    made = sent(api, file).json()
    told = [str(part[name]) for part in made["report"]["parts"] for name in ("place", "detail")]
    stored = [str(value) for path, value in leaves(made["profile"])]
    names = [name for path, _ in leaves(made["profile"]["extra"]) for name in path]
    there = _bare(" ".join([*stored, *told, *names]))
    looks = {name for text in told if "no part of a career" in text for name in re.split(r"[:,.] ?", text)}
    looks |= {"Attachment", "Photo", "Attached"}
    lost = [(path, value) for path, value in leaves(document(file)) if not _is_there(path, value, there, looks)]
    assert lost == []


def _bare(text: str) -> str:
    """The letters and digits of a text without markup."""
    text = re.sub(r"</?[a-z][^<>]*>", " ", html.unescape(text))
    text = re.sub(r"\]\([^()]*\)", " ", text)
    return re.sub(r"[\W_]+", " ", text).casefold()


# Codes for what stands in words beside them; where a schema is; and the kind of a value that is stored as such.
_SAID_OTHERWISE = {"Code", "TaxonomyID", "levelNum", "CompetencyDimensionTypeCode", "ChannelCode", "UseCode", "format"}


def _is_there(path: tuple[str, ...], value: Any, there: str, looks: set[str]) -> bool:
    if value in (None, "", 0) or isinstance(value, bool) or value in ("true", "false"):
        return True
    if looks & {*path} or _SAID_OTHERWISE & {*path}:
        return True
    if any(name.removesuffix("List") in looks or name.startswith("@") for name in path):
        return True
    if "Label" in path and path[-3:-1] in {("Contact", "Country"), ("Headline", "Type")}:
        return True
    if value == "present" or path[-2:] == ("Title", "Label"):
        # Said by the lack of an end, and by the list that it is in.
        return True
    bare = _bare(str(value)).strip()
    words = bare.removeprefix("tel ").split()
    return not bare or bare in there or all(re.search(rf"\b0?{re.escape(word)}\b", there) for word in words)


def test_a_document_is_imported_by_a_job_where_that_is_preferred(api: ApiClient) -> None:
    file = DATA / "rendercv_astronomer.yaml"
    job = filed(sent(api, file, "text/yaml", headers=ASYNC))
    run(job)
    result = shown(api, job)["result"]
    assert api.get(result["href"]).json()["label"] == "RenderCV"
    assert result["report"]["mapped"] > 10


def test_a_dry_run_stores_nothing(api: ApiClient) -> None:
    answer = sent(api, DATA / "europass_passport.xml", "text/xml", query={"dry_run": "true"})
    assert answer.status_code == 200
    assert answer.json()["profile"]["personal_info"]["full_name"] == "Carlo Vento"
    assert not Profile.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.parametrize("media_type", ["application/x-yaml", "application/xml", ANY])
def test_json_resume_is_read_whatever_it_is_called(api: ApiClient, media_type: str) -> None:
    text = b"basics:\n  name: Ada Quay\n  name: Ada Key\nwork:\n  - {name: Mill, startDate: 2018-03-01}\n"
    answer = api.post(IMPORT, data=text, content_type=media_type)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["profile"]["personal_info"]["full_name"] == "Ada Key"
    assert made["profile"]["experiences"][0]["start_date"] == "2018-03-01"
    assert {"pointer": "/basics/name", "place": None, "outcome": "refused"}.items() <= {
        **next(part for part in made["report"]["parts"] if part["outcome"] == "refused")
    }.items()


def test_linkedins_archive_is_known_by_its_content(api: ApiClient) -> None:
    assert filed(api.post(IMPORT, data=zipped(LINKEDIN), content_type=ANY)).kind == "profiles_import"


REFUSED = [
    (b"%PDF-1.7\n...", "unsupported-file", "PDF"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "unsupported-file", "Word"),
    (b"PK\x03\x04....word/document.xml....", "unsupported-file", "Word"),
    (b"PK\x03\x04mimetypeapplication/vnd.oasis.opendocument.text", "unsupported-file", "OpenDocument"),
    (b"{\\rtf1 Ada}", "unsupported-file", "RTF"),
    (b"\x89PNG\r\n\x1a\n....", "unsupported-file", "picture"),
    (b"\xff\xd8\xff\xe0....", "unsupported-file", "picture"),
    (b"\x00\x00\x00\x18ftypheic", "unsupported-file", "picture"),
    (b"<!DOCTYPE html><html></html>", "unsupported-file", "web page"),
    (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "unsupported-file", "DOCTYPE"),
    (b"<rss><channel/></rss>", "unsupported-file", "rss"),
    (b"<SkillsPassport><LearnerInfo></SkillsPassport>", "broken", "line 1"),
    (b"cv: [", "broken", "YAML"),
    (b"a: &x [1]\nb: *y\n", "broken", "y"),
    (b"? [1]\n: 2\n", "broken", "list"),
    (b"\xff\xfe\xfa", "broken", "XML"),
    (b"basics: \xff", "broken", "UTF-8"),
    (b"  \n", "empty", "empty"),
    (b"Ada Quay\nKeeper", "unsupported-file", "plain text"),
    (b"First Name,Last Name\nAda,Quay\n", "unsupported-file", "plain text"),
    (b"- a\n- b\n", "not-a-resume", "JSON Resume"),
    (b"[" * 33 + b"]" * 33, None, "deep"),
    (b"a: " + b"[" * 40, "too-large", "deep"),
    (b"<a>" * 40, "too-large", "deep"),
    (b"<SkillsPassport><LearnerInfo/></SkillsPassport>", "required", "name"),
    (b'{"content": {"basics": {}}}', "unsupported-file", "YAMLResume"),
    (
        json.dumps({"profile": {"heading": "P"}, "work": {"heading": "W"}, "objective": {"heading": "O"}}).encode(),
        "unsupported-version",
        "Reactive Resume v2",
    ),
    (
        json.dumps({"data": {"profile": {"heading": "P"}, "work": {"heading": "W"}}, "theme": {}}).encode(),
        "unsupported-version",
        "Reactive Resume v1",
    ),
]


@pytest.mark.parametrize("declared", ["application/json", "application/xml", ANY])
def test_a_file_is_known_by_its_content_whatever_it_is_declared_to_be(api: ApiClient, declared: str) -> None:
    body = b'{"basics": {"name": "Ada Quay", "name": "Ada Keeper"}}'
    answer = api.post(f"{API}/profiles/import/file", data=body, content_type=declared)
    assert answer.status_code == 201, answer.content
    assert answer.json()["profile"]["personal_info"]["full_name"] == "Ada Keeper"


@pytest.mark.parametrize(("body", "slug", "word"), REFUSED, ids=[repr(body[:24]) for body, _, _ in REFUSED])
def test_what_is_not_read_is_refused_by_its_name(api: ApiClient, body: bytes, slug: str | None, word: str) -> None:
    answer = api.post(IMPORT, data=body, content_type=ANY)
    problem = answer.json()
    assert answer.status_code == (422 if slug else 400), problem
    assert slug is None or problem["type"].endswith(f"/{slug}"), problem
    assert word in problem["detail"]
    assert not list(sentence_faults(problem))
    assert not Profile.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_and_reports_are_in_the_language_of_who_asks(api: ApiClient, language: str) -> None:
    for body in (b"%PDF-1.7", (DATA / "reactive_resume_v4_planner.json").read_bytes()):
        english, spoken = (
            api.post(
                IMPORT,
                data=body,
                content_type=ANY,
                query={"dry_run": "true"},
                headers={"Accept-Language": reader},
            ).json()
            for reader in ("en", language)
        )
        here, there = (
            [answer["detail"]] if "detail" in answer else [part["detail"] for part in answer["report"]["parts"]]
            for answer in (english, spoken)
        )
        assert all(one != other for one, other in zip(here, there, strict=True))
