"""In which language an answer, a mail and a page speak, and that nothing else changes with it (contract 1.3)."""

import io
import json
import uuid
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from profiles.models import Experience, Job
from profiles.portability import exports, imports
from profiles_project.api.ratelimit import soon
from profiles_project.database import clock
from profiles_project.words.wording import language_of, worded_in
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import PASSWORD, item, make_profile
from tests.support.jobs import work_off
from tests.support.wording import LANGUAGES, sentence_faults
from users.emails import compose
from users.models import Mail, User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("header", "account", "language"),
    [
        (None, None, "en"),
        (None, "fr", "fr"),
        ("", "fr", "fr"),
        (" ", "fr", "fr"),
        ("de", "fr", "de"),
        ("DE", None, "de"),
        ("de-AT", None, "de"),
        ("de-AT;q=0.3, xx", None, "de"),
        ("xx, de-AT;q=0.3", "fr", "de"),
        ("xx", "fr", "en"),
        ("fr-CA, es;q=0.9", None, "fr"),
        ("es;q=0.5, fr;q=0.9", None, "fr"),
        ("en-GB, de", None, "en"),
        ("*", None, "en"),
        ("*", "es", "es"),
        ("xx, *;q=0.1", "es", "es"),
        ("de;q=0, es;q=0.1", None, "es"),
        ("de;q=0", "de", "en"),
        ("*;q=0", "de", "en"),
        ("de;q=2", None, "en"),
        ("de; fr", None, "en"),
        ("<script>", "de", "en"),
        ("de," + "x" * 10_000, None, "de"),
        ("x" * 10_000, "de", "en"),
        (",".join(["xx"] * 3_000) + ",de", None, "en"),
        ("zh-Hant-TW-x-" + "y" * 400, None, "en"),
        ("\u00fc", None, "en"),
    ],
)
def test_the_header_names_the_language_else_the_account(header: str | None, account: str | None, language: str) -> None:
    assert language_of(header, lambda: account) == language


@pytest.mark.parametrize("header", ["*", "de-AT;q=0.3, xx", "x" * 10_000, "de," * 3_000, "\u00fc"])
def test_odd_languages_are_answered_like_others(api: ApiClient, header: str) -> None:
    answer = api.post(f"{API}/profiles", {}, headers={"Accept-Language": header})
    assert answer.status_code == 422
    assert answer["Content-Language"] == ("de" if header.startswith("de") else "en")


def without_words(problem: dict[str, Any]) -> dict[str, Any]:
    errors = [{**each, "detail": ""} for each in problem.get("errors", ())]
    return {**problem, "title": "", "detail": "", "request_id": "", "errors": errors}


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_words_differ(api: ApiClient, user: User, language: str) -> None:
    path = f"{API}/profiles/{make_profile(user, 1).pk}"
    sent: list[tuple[str, str, Any]] = [
        ("POST", f"{path}/experiences", [{}, item(Experience) | {"start_date": "2021", "end_date": "2020"}]),
        ("POST", f"{API}/profiles", []),
        ("GET", f"{path}/experiences?limit=0", None),
        ("GET", f"{path}/experiences/x", None),
        ("PUT", f"{API}/profiles", {}),
        ("POST", f"{path}/restore", {"version": 9}),
    ]
    for method, where, body in sent:
        options: dict[str, Any] = {} if body is None else {"json": body}
        spoken = api.send(method, where, headers={"Accept-Language": language}, **options)
        english = api.send(method, where, **options)
        assert (spoken["Content-Language"], english["Content-Language"]) == (language, "en")
        assert "Accept-Language" in spoken["Vary"]
        assert without_words(spoken.json()) == without_words(english.json())
        assert spoken.json()["detail"] != english.json()["detail"], where
        assert spoken.json()["title"] != english.json()["title"], where


def test_what_succeeds_says_the_same_in_all_languages(api: ApiClient) -> None:
    said = [
        api.post(f"{API}/auth/resend-verification", headers={"Accept-Language": language}).json()
        for language in ("en", *LANGUAGES)
    ]
    assert all(each == said[0] for each in said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_account_has_a_language(api: ApiClient, user: User, language: str) -> None:
    assert api.get(f"{API}/auth/me").json()["language"] == "en"
    changed = api.patch(f"{API}/auth/me", {"language": language})
    assert (changed.status_code, changed.json()["language"]) == (200, language)
    # As every following request without the header does.
    path = f"{API}/profiles/{make_profile(user, 0).pk}/experiences"
    assert api.post(path, {}, headers={}).headers["Content-Language"] == language
    assert api.post(path, {}, headers={"Accept-Language": "en"}).headers["Content-Language"] == "en"
    assert json.loads(b"".join(api.get(f"{API}/auth/me/export")))["account"]["language"] == language


@pytest.mark.parametrize("wrong", ["xx", "DE", "", None, 1, "de-AT", ["de"], {}])
def test_a_language_that_is_none_of_ours_is_refused(api: ApiClient, user: User, wrong: Any) -> None:
    answer = api.patch(f"{API}/auth/me", {"language": wrong, "full_name": "Changed"}, check_request=False)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == ["/language"]
    user.refresh_from_db()
    assert (user.language, user.full_name != "Changed") == ("en", True)


def test_who_registers_in_a_language_has_it(anonymous: ApiClient) -> None:
    form = {"email": "marie@example.org", "password": PASSWORD, "full_name": "Marie Curie"}
    answer = anonymous.post(f"{API}/auth/register", form, headers={"Accept-Language": "fr-FR, fr;q=0.9"})
    assert answer.status_code == 201
    assert User.objects.get(email=form["email"]).language == "fr"


@pytest.mark.parametrize("kind", Mail.Kind.values)
def test_mails_are_written_in_the_language_of_the_account(user: User, kind: str) -> None:
    written = {}
    for language in ("en", *LANGUAGES):
        user.language = language
        message = compose(Mail(kind=kind, user=user, address=user.email), user)
        [(rich, _)] = message.alternatives
        written[language] = (message.subject, message.body.split("\n\n")[0], len(message.body.split("\n\n")))
        assert "{" not in message.body
        assert "\x1f" not in f"{message.body}{message.subject}{rich!s}"
    assert len({subject for subject, _, _ in written.values()}) == len(written)
    assert len({number for _, _, number in written.values()}) == 1


@pytest.mark.parametrize("path", ["/verify-email", "/reset-password"])
def test_the_pages_of_links_speak_the_language_of_the_browser(client: Client, path: str) -> None:
    pages = {language: client.get(path, headers={"Accept-Language": language}) for language in ("en", *LANGUAGES)}
    for language, page in pages.items():
        assert page["Content-Language"] == language
        assert f'<html lang="{language}">' in page.content.decode()
        refused = client.post(path, {"token": "x", "new_password": PASSWORD}, headers={"Accept-Language": language})
        assert refused.status_code == 400
        assert 'role="status"' in refused.content.decode()
    assert len({page.content for page in pages.values()}) == len(pages)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_links_word_what_is_wrong_with_a_password(client: Client, language: str) -> None:
    form = {"token": "x", "new_password": "a" + "\u0301" * 50}
    html = client.post("/reset-password", form, headers={"Accept-Language": language}).content.decode()
    assert html.count("30") == 1
    assert not {"\x1f", "{", "}"} & set(html)
    assert "accents or other marks" not in html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_method_that_a_page_does_not_take_is_refused_in_the_language_it_names(client: Client, language: str) -> None:
    for path in ("/guide/", "/problems/", "/health", "/"):
        answer = client.post(path, headers={"Accept-Language": language})
        assert (answer.status_code, answer["Content-Language"]) == (405, language)
        assert "Accept-Language" in answer["Vary"]
        assert answer["Allow"]


def test_a_push_that_is_sent_again_is_told_in_the_language_of_who_asks_now(api: ApiClient, user: User) -> None:
    path = f"{API}/profiles/{make_profile(user, 1).pk}/changes"
    change = {"kind": "experiences", "id": str(uuid.uuid4()), "base": 0, "set": {"title": "x" * 1_000}}
    told = {}
    for language in ("en", *LANGUAGES):
        headers = {"Idempotency-Key": "one", "Accept-Language": language}
        answer = api.post(path, {"changes": [change]}, headers=headers)
        assert (answer.status_code, answer["Content-Language"]) == (200, language)
        [result] = answer.json()["results"]
        told[language] = result["problem"]["detail"]
    assert not {"\x1f", "{"} & set("".join(told.values()))
    assert len(set(told.values())) == len(told)


def failed(user: User, problem: dict[str, Any]) -> Job:
    told = {"status": Job.Status.FAILED, "problem": json.dumps(problem), "finished_at": clock.now()}
    return Job.objects.create(user=user, kind="experiences_create", lease_until=clock.now(), **told)


def test_a_jobs_problem_is_worded_when_it_is_read(api: ApiClient, user: User) -> None:
    problem = {
        "type": "https://profiles.example/problems/validation",
        "title": "Invalid input",
        "status": 422,
        "detail": 'Use at most {n} entries.\x1f{"n": 1000}',
        "instance": "/api/v1/jobs/x",
        "request_id": "x",
        "errors": [{"pointer": "", "code": "max_length", "detail": 'Use at most {n} entries.\x1f{"n": 1000}'}],
    }
    job = failed(user, problem)
    for language, number in (("en", "1,000"), ("de", "1.000"), ("fr", "1\u202f000"), ("es", "1\u202f000")):
        for path in (f"{API}/jobs/{job.pk}", f"{API}/jobs"):
            answer = api.get(path, headers={"Accept-Language": language})
            shown = answer.json() if path.endswith(str(job.pk)) else answer.json()["jobs"][0]
            assert answer["Content-Language"] == language
            assert number in shown["problem"]["detail"].replace("\xa0", "\u202f"), shown
            assert shown["problem"]["errors"][0]["detail"] == shown["problem"]["detail"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_persons_own_data_says_what_became_of_jobs_in_the_language_of_the_account(user: User, language: str) -> None:
    sentence = 'Use at most {n} entries.\x1f{"n": 1000}'
    failed(user, {"type": "x", "title": "Invalid input", "status": 422, "detail": sentence})
    told = {"profile_id": None, "report": {"parts": [{"place": "The archive", "detail": sentence}]}}
    Job.objects.create(
        user=user,
        kind=imports.KIND,
        lease_until=clock.now(),
        status=Job.Status.SUCCEEDED,
        result=json.dumps(told),
        finished_at=clock.now(),
    )
    user.language = language
    user.save()
    said = worded_in(language, sentence)
    file = io.BytesIO()
    exports.write_archive(user, file, lambda: None)
    with zipfile.ZipFile(file) as archive:
        in_archive = json.loads(archive.read("jobs.json"))
    in_document = json.loads(b"".join(ApiClient().as_user(user).get(f"{API}/auth/me/export")))["jobs"]
    for problem, result in ((jobs[0]["problem"], jobs[1]["result"]) for jobs in (in_archive, in_document)):
        assert problem["detail"] == result["report"]["parts"][0]["detail"] == said
        assert problem["title"] == worded_in(language, "Invalid input")
        assert result["report"]["parts"][0]["place"] == worded_in(language, "The archive")


@pytest.mark.parametrize("text", ["a\x1fb", "a\x1f", "\x1f", "{0.__class__}\x1f[1]", "a\x1f{n}", "%s\x1f5\x1f{}"])
def test_a_text_that_is_no_sentence_of_ours_is_said_as_it_is(text: str) -> None:
    assert worded_in("de", text) == text


@pytest.mark.says_what_is_not_ours
def test_a_problem_that_an_earlier_release_has_stored_is_shown_as_it_is(api: ApiClient, user: User) -> None:
    problem = {"type": "x", "title": "Stale version", "status": 412, "detail": "Once {said} so.", "instance": "/x"}
    problem |= {"request_id": "x"}
    failed(user, problem)
    shown = api.get(f"{API}/jobs", headers={"Accept-Language": "de"}, check=False).json()["jobs"][0]["problem"]
    assert shown["detail"] == "Once {said} so."


@pytest.mark.parametrize("language", LANGUAGES)
def test_analytics_are_cached_and_tagged_by_language(api: ApiClient, user: User, language: str) -> None:
    path = f"{API}/profiles/{make_profile(user, 1).pk}/analytics"
    german = {"Accept-Language": language}
    english, spoken = api.get(path), api.get(path, headers=german)
    again = api.get(path, headers=german)
    assert (english["Content-Language"], spoken["Content-Language"]) == ("en", language)
    assert english["ETag"] != spoken["ETag"] == again["ETag"]
    assert "Accept-Language" in spoken["Vary"]
    assert again.content == spoken.content != english.content
    assert api.get(path).content == english.content
    steps = [{**step, "action": ""} for step in spoken.json()["next_steps"]]
    assert steps == [{**step, "action": ""} for step in english.json()["next_steps"]]
    assert spoken.json()["completeness"] == english.json()["completeness"]
    assert api.get(path, headers=german, if_none_match=spoken["ETag"]).status_code == 304
    assert api.get(path, headers=german, if_none_match=english["ETag"]).status_code == 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_change_of_a_push_is_refused_in_words(api: ApiClient, user: User, language: str) -> None:
    path = f"{API}/profiles/{make_profile(user, 0).pk}/changes"
    pk = "01990000-0000-7000-8000-000000000000"
    body = {"changes": [{"kind": "experiences", "id": pk, "base": 0, "set": {"title": " "}}]}
    answer = api.post(path, body, headers={"Accept-Language": language}, check_request=False)
    assert answer["Content-Language"] == language
    [result] = answer.json()["results"]
    [english] = api.post(path, body, check_request=False).json()["results"]
    assert english["problem"]["detail"] == "The job title is missing."
    assert result["problem"]["detail"] != english["problem"]["detail"]
    assert result["problem"]["errors"][0]["pointer"] == "/changes/0/set/title"
    # As a job, which is filed in one language and read in another.
    filed = api.post(path, body, headers={"Prefer": "respond-async"}, check_request=False)
    work_off()
    for spoken, told in ((language, result), ("en", english)):
        job = api.get(filed["Location"], headers={"Accept-Language": spoken}).json()
        assert job["result"]["results"][0]["problem"] == told["problem"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "in a few seconds"),
        (9, "in a few seconds"),
        (10, "in one minute"),
        (60, "in one minute"),
        (61, "in 2 minutes"),
        (2608, "in 44 minutes"),
        (3540, "in 59 minutes"),
        (3541, "in one hour"),
        (3600, "in one hour"),
        (3601, "in 2 hours"),
        (82_800, "in 23 hours"),
        (86_400, "in one day"),
        (86_401, "in 2 days"),
    ],
)
def test_a_person_is_told_when_to_come_back_and_never_too_early(seconds: int, words: str) -> None:
    assert worded_in("en", soon(seconds)) == words
    assert len({worded_in(language, soon(seconds)) for language in ("en", *LANGUAGES)}) == 4


def test_what_is_known_of_a_skill_is_named_by_the_skill_whatever_it_is_called(api: ApiClient, user: User) -> None:
    path = f"{API}/profiles/{make_profile(user, 0).pk}/changes"
    for skill in ("title", "details", "{0} %s"):
        given = {"names": [skill], "details": {skill: {"level": 5}}}
        change = {"kind": "skills.technical", "id": "technical", "base": 0, "set": given}
        [result] = api.post(path, {"changes": [change]}, check=False).json()["results"]
        assert result["problem"]["detail"] == f"Skill «{skill}», level: this must be text."


@pytest.mark.parametrize("details", ["x", 3, ["a"]])
def test_what_is_known_of_skills_must_have_a_form_of_its_own(api: ApiClient, user: User, details: Any) -> None:
    path = f"{API}/profiles/{make_profile(user, 0).pk}/changes"
    change = {"kind": "skills.technical", "id": "technical", "base": 0, "set": {"names": ["a"], "details": details}}
    [result] = api.post(path, {"changes": [change]}, check_request=False).json()["results"]
    assert result["problem"]["detail"] == "Details of skills: this must be a set of named fields."


@pytest.mark.parametrize("change", [{"set": 3}, {"set": ["a"]}, {"set": "a"}, {"order": 3}, {"order": {"a": 1}}, {}])
def test_a_change_of_an_odd_form_is_refused_in_words(api: ApiClient, user: User, change: dict[str, Any]) -> None:
    path = f"{API}/profiles/{make_profile(user, 0).pk}/changes"
    body = {"changes": [{"kind": "experiences", "id": str(uuid.uuid4()), "base": 0, **change}]}
    told = {}
    for language in ("en", *LANGUAGES):
        answer = api.post(path, body, headers={"Accept-Language": language}, check_request=False)
        [result] = answer.json()["results"]
        problem = result["problem"]
        assert list(sentence_faults(problem)) == []
        assert problem["detail"].count(":") == 1
        told[language] = problem["detail"]
    assert len(set(told.values())) == len(told), told


@pytest.mark.parametrize("path", ["/nothing", "/verify-email", "/guide/nothing"])
def test_a_page_asks_no_session_of_the_admin_for_its_language(client: Client, user: User, path: str) -> None:
    # Else the answer that the database is away would need the database.
    user.language = "fr"
    user.save()
    client.force_login(user)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
    assert answer["Content-Language"] == "en"
    assert len(asked) == 0
