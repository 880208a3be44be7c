"""A profile on its way out: as a JSON Resume document, and for people as Markdown, page and PDF."""

import io
import re
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from profiles.models import Job, Profile, Reference
from profiles.portability import exports, printing
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.documents.resumes import validate
from tests.support.factories import UserFactory, make_profile
from tests.support.jobs import ASYNC, below, filed, run, shown
from users.models import User

pytestmark = pytest.mark.django_db

FORMS = {
    "json-resume": ("application/json", "json"),
    "markdown": ("text/markdown; charset=utf-8", "md"),
    "html": ("text/html; charset=utf-8", "html"),
    "text": ("text/plain; charset=utf-8", "txt"),
    "docx": (exports.WORD, "docx"),
    "pdf": ("application/pdf", "pdf"),
}


@pytest.fixture
def profile(user: User) -> Profile:
    """A profile with two items in each list, all of them hidden."""
    return make_profile(user, 2, full_name="Ada Lovelace-Canary")


JSON = "application/json"


def export(api: ApiClient, profile: Profile, **query: str) -> Any:
    return api.get(below(profile, "/export"), query=query)


def text_of(answer: Any) -> str:
    """What a person reads of an export."""
    if answer["Content-Type"] == "application/pdf":
        return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    if answer["Content-Type"] == exports.WORD:
        return " ".join(paragraph.text for paragraph in Document(io.BytesIO(answer.content)).paragraphs)
    found: str = answer.content.decode()
    return found


@pytest.mark.parametrize("name", FORMS)
def test_each_form_shows_the_person_and_says_what_it_is(api: ApiClient, profile: Profile, name: str) -> None:
    answer = export(api, profile, format=name, include="hidden")
    media_type, extension = FORMS[name]
    assert answer.status_code == 200
    assert answer["Content-Type"] == media_type
    assert answer["Content-Disposition"] == f'inline; filename="resume.{extension}"'
    text = re.sub(r"\\(.)", r"\1", text_of(answer))
    assert "Ada Lovelace-Canary" in text
    assert "Analytical Engines" in text


@pytest.mark.parametrize("name", FORMS)
def test_what_is_hidden_and_what_tells_of_others_is_left_out_unless_it_is_asked_for(
    api: ApiClient, profile: Profile, name: str
) -> None:
    Reference.objects.filter(profile=profile).update(is_visible=True)
    plain, whole = export(api, profile, format=name), export(api, profile, format=name, include="hidden,references")
    for word in ("Engineer 0", "understands the machine"):
        assert word not in text_of(plain)
        assert word in re.sub(r"\s+", " ", text_of(whole))
    hidden = text_of(export(api, profile, format=name, include="hidden"))
    assert "Engineer 0" in hidden
    assert "understands the machine" not in hidden


def test_the_plain_export_is_a_valid_resume(api: ApiClient, profile: Profile) -> None:
    for include in ("", "hidden", "references", "references,hidden"):
        validate(export(api, profile, include=include).json())


def test_the_plain_export_has_a_route_of_its_own(api: ApiClient, profile: Profile) -> None:
    for include in ("", "hidden"):
        by_format = export(api, profile, include=include)
        own = api.get(below(profile, "/export/json-resume"), query={"include": include} if include else {})
        assert (own.content, own["ETag"], own["Content-Type"]) == (by_format.content, by_format["ETag"], JSON)


def test_a_tag_names_version_form_and_what_is_included(api: ApiClient, profile: Profile) -> None:
    answers = [export(api, profile, format=name, include=i) for name in FORMS for i in ("", "hidden", "references")]
    tags = [answer["ETag"] for answer in answers]
    assert len(set(tags)) == len(tags)
    path = below(profile, "/export")
    again = api.get(
        path, query={"format": "html"}, headers={"If-None-Match": export(api, profile, format="html")["ETag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    # A tag of any part serves for a write.
    assert api.patch(below(profile, ""), {"label": "New"}, if_match=tags[0]).status_code == 200
    assert api.get(path, headers={"If-None-Match": tags[0]}).status_code == 200


def test_head_says_what_get_would(api: ApiClient, profile: Profile) -> None:
    head = api.head(below(profile, "/export"), query={"format": "markdown"}, headers=ASYNC)
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Type"] == FORMS["markdown"][0]
    assert not Job.objects.exists()


def test_the_page_may_load_nothing_but_its_own_style(api: ApiClient, profile: Profile) -> None:
    policy = export(api, profile, format="html")["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ({"format": "doc"}, "Format: this value can't be used here."),
        ({"format": ""}, "Format: this value can't be used here."),
        (
            {"include": "hidden,all"},
            "Parts to be shown: this value can't be used here.",
        ),
    ],
)
def test_a_parameter_that_cannot_be_is_named(api: ApiClient, profile: Profile, query: Any, detail: str) -> None:
    answer = export(api, profile, **query)
    assert answer.status_code == 422
    assert answer.json()["detail"] == detail


@pytest.mark.parametrize("accept", ["text/html", "application/pdf", "nonsense"])
def test_the_parameter_decides_and_not_what_a_browser_would_rather_have(
    api: ApiClient, profile: Profile, accept: str
) -> None:
    answer = api.get(below(profile, "/export"), headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("name", FORMS)
def test_a_job_makes_the_same_file(api: ApiClient, profile: Profile, name: str) -> None:
    query = {"format": name, "include": "hidden"}
    job = filed(api.get(below(profile, "/export"), query=query, headers=ASYNC))
    run(job)
    result = shown(api, job)["result"]
    made = api.get(result["href"])
    now = export(api, profile, **query)
    content = made.getvalue()
    assert len(content) == result["size"] == int(made["Content-Length"])
    assert (made["Content-Type"], result["media_type"]) == (FORMS[name][0], FORMS[name][0])
    assert made["Content-Disposition"].endswith(f'.{FORMS[name][1]}"')
    # It carries the second in which it was made.
    assert content == now.content or name == "pdf"


def test_a_pdf_that_is_not_made_is_a_503(api: ApiClient, profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "AT_ONCE", printing.Room(0.001, 2**30))
    answer = export(api, profile, format="pdf")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/no-pdf")
    assert answer.json()["detail"] == exports.NoPdf.default_detail


def test_a_word_file_of_a_long_career_is_made_by_a_job_alone(
    api: ApiClient, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "WORD_AT_ONCE", 3)
    answer = export(api, profile, format="docx")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/no-word-file")
    assert answer.json()["detail"] == exports.NoWordFile.default_detail
    job = filed(api.get(below(profile, "/export"), query={"format": "docx"}, headers=ASYNC))
    run(job)
    assert shown(api, job)["status"] == "succeeded"


def test_somebody_elses_profile_is_refused_and_a_missing_one_is_not_found(profile: Profile) -> None:
    other = ApiClient().as_user(UserFactory.create())
    assert export(other, profile).status_code == 403
    assert other.get(f"{API}/profiles/01990000-0000-7000-8000-000000000000/export").status_code == 404
