"""/problems/: a page for every type of problem that the code knows, and no other."""

import ast
import json
import re

import pytest
from django.test import Client
from django.utils.html import escape
from jsonschema import Draft202012Validator

from profiles_project.api.openapi.problems import problem_types
from profiles_project.web.docs import openapi_document
from profiles_project.web.guide.library import library
from profiles_project.web.guide.problems import ANSWERED_BY, answering, example, operations
from tests.guide.conftest import AS_PERSON, GetPage
from tests.support.service.live import ROOT

PARTS = ("What happened.", "Why.", "What a client does.")


def test_every_type_has_its_three_texts_and_every_text_its_type() -> None:
    assert {*library().of_problems} == {*problem_types()}
    for slug, text in library().of_problems.items():
        assert re.findall(r"<p><strong>([^<]+)</strong>", text.html) == [*PARTS], slug


def test_every_slug_in_the_code_is_a_type() -> None:
    written = set()
    for path in [path for room in ("profiles", "users", "profiles_project") for path in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            is_slug = isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["slug"]
            if is_slug and isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                written.add(node.value.value)
    assert "in-trash" in written
    assert written - {*problem_types()} == set()


def test_every_code_of_an_import_is_a_type() -> None:
    text = "".join(path.read_text() for path in (ROOT / "profiles/portability").rglob("*.py"))
    codes = re.findall(r'(?:NotAnArchive|NoResume|NotImportable)\(\s*"([a-z_]+)"', text)
    assert len(codes) > 10
    assert {code.replace("_", "-") for code in codes} - {*problem_types()} == set()


def test_the_document_names_every_type() -> None:
    described = openapi_document()["components"]["schemas"]["ProblemDocument"]["properties"]["type"]["description"]
    assert {slug for slug in problem_types() if f"`{slug}`" not in described} == set()


@pytest.mark.parametrize("slug", sorted(problem_types()))
def test_every_page_says_what_there_is_to_know(page: GetPage, slug: str) -> None:
    problem = problem_types()[slug]
    found = page(f"/problems/{slug}")
    assert f"<h1>{escape(problem.title)}</h1>" in found.html
    assert f"https://profiles.example/problems/{slug}" in found.text
    assert str(problem.statuses[0]) in found.text
    assert all(part in found.text for part in PARTS)
    assert "Any request may be answered so." in found.text or "/api/docs#/" in found.html


@pytest.mark.parametrize("slug", sorted(problem_types()))
def test_every_example_is_a_document_of_its_type(slug: str) -> None:
    problem = problem_types()[slug]
    shown = json.loads(example(problem))
    schema = {"$ref": "#/components/schemas/ProblemDocument", "components": openapi_document()["components"]}
    assert Draft202012Validator(schema).is_valid(shown)
    assert (shown["type"], shown["title"]) == (problem.identifier, problem.title)
    assert shown["status"] in problem.statuses
    assert re.fullmatch(r"[^{}]+\.", shown["detail"])
    assert ("errors" in shown) is (shown["status"] == 422)


def test_who_answers_so_is_looked_up_in_the_document() -> None:
    assert [each.pk for each in answering(problem_types()["invalid-credentials"])] == ["auth_login"]
    assert [each.pk for each in answering(problem_types()["given-up"])] == ["jobs_retrieve"]
    for slug in ANSWERED_BY:
        assert 0 < len(answering(problem_types()[slug])) < len(operations()), slug
    # It can happen to all of them.
    assert answering(problem_types()["too-many-requests"]) == []
    assert {each.pk for each in answering(problem_types()["too-many-jobs"])} >= {"profiles_push", "profiles_import"}


def test_an_unknown_type_is_told_which_are_like_it(client: Client) -> None:
    answer = client.get("/problems/stale_versions", headers=AS_PERSON)
    assert answer.status_code == 404
    assert "/problems/stale-version" in answer.content.decode().partition("Did you mean")[2]
    for path in ("/problems/", f"/problems/{'x' * 5000}", "/problems/%00", "/problems/a/b", "/problems/<b>"):
        html = client.get(path, headers=AS_PERSON).content.decode()
        assert "<b>" not in html
    assert client.get("/problems/nothing-like-it").json()["type"].endswith("/not-found")


def test_the_list_has_all_types_below_their_statuses(page: GetPage) -> None:
    html = page("/problems/").html
    for slug, problem in problem_types().items():
        assert f'id="status-{problem.statuses[0]}"' in html.partition(f'"/problems/{slug}"')[0]
