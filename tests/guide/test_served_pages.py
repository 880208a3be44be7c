"""The guide as it is served: every link of it leads somewhere, and who has a page is told so."""

import gzip
import re
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import settings
from django.test import Client

from profiles_project.api.errors import MEDIA_TYPE
from profiles_project.web.docs import openapi_document
from profiles_project.web.guide.library import INDEX, PROBLEMS, library
from tests.guide.conftest import AS_PERSON, GetPage, Page
from tests.support.service.live import ROOT

# In the order in which somebody builds a client.
ORDER = (
    "quick-start",
    "accounts-and-tokens",
    "editing-safely",
    "bulk-and-jobs",
    "errors",
    "synchronising",
    "imports",
    "limits",
    "versions",
    "nothing-gets-lost",
    "sdks",
)


def test_every_file_is_a_page_of_the_index_in_the_agreed_order() -> None:
    names = [link.name for link in library().pages]
    assert {*names} == {*library().documents} - {INDEX, PROBLEMS}
    assert names == [name for name in ORDER if name in names]


def test_every_page_begins_with_a_title_and_what_it_is_about() -> None:
    for name, document in library().documents.items():
        assert document.title, name
        assert len(document.summary) > 40, name
        assert document.html.count("<h1>") == 1, name


def test_every_page_has_the_others_around_it(page: GetPage, addresses: list[str]) -> None:
    for address, following in zip(addresses, [*addresses[1:], ""], strict=True):
        found = page(address)
        assert {*addresses, "/problems/", "/api/docs", "/api/redoc", "/api/schema"} <= {*found.links}
        assert (f'rel="next" href="{following}"' in found.html) is bool(following)
        assert len(found.ids) == len({*found.ids}), address


def problem_addresses(page: GetPage) -> list[str]:
    return sorted({link for link in page("/problems/").links if link.startswith("/problems/") and link != "/problems/"})


def test_every_link_of_guide_and_problems_leads_somewhere(page: GetPage, addresses: list[str], client: Client) -> None:
    paths = openapi_document()["paths"].values()
    operations = {f"/{each['tags'][0]}/{each['operationId']}" for methods in paths for each in methods.values()}
    pages = {path: page(path) for path in [*addresses, "/problems/", *problem_addresses(page)]}
    links = {(path, link) for path, found in pages.items() for link in found.links}
    assert len(links) > 100
    lost = []
    for path, link in links:
        parts = urlsplit(link)
        target = parts.path or path
        if parts.netloc:
            continue
        if target == "/api/docs" and parts.fragment:
            is_there = unquote(parts.fragment) in operations
        elif target in pages:
            is_there = not parts.fragment or unquote(parts.fragment) in pages[target].ids
        else:
            is_there = client.get(target).status_code == 200
        lost += [] if is_there else [(path, link)]
    assert lost == []


def test_every_link_in_the_files_leads_somewhere_on_a_code_host() -> None:
    for name, document in library().documents.items():
        text = (settings.GUIDE_DIR / f"{name}.md").read_text()
        for target, anchor in re.findall(r"\]\(([a-z-]*)(?:\.md)?#([^)]+)\)", text):
            linked = library().documents[target or name]
            assert anchor in {section.anchor for section in linked.sections}, (name, target, anchor)
        assert document.sections


def test_what_is_deprecated_is_told_at_an_address_that_is_there(page: GetPage) -> None:
    assert "when-something-goes" in page("/guide/versions").ids


@pytest.mark.parametrize(("path", "leads_to"), [("/", "/guide/"), ("/guide", "/guide/"), ("/problems", "/problems/")])
def test_shorter_addresses_lead_there(client: Client, path: str, leads_to: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer["Location"]) == (302, leads_to)
    assert client.get("/guide/problems")["Location"] == "/problems/"


def test_a_page_is_compressed_and_who_has_it_is_told_so(client: Client) -> None:
    plain = client.get("/guide/versions")
    answer = client.get("/guide/versions", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(answer.content) == plain.content
    assert (answer["Cache-Control"], answer["Vary"]) == ("no-cache", "Accept-Encoding")
    assert answer["ETag"] != plain["ETag"]
    again = client.get("/guide/versions", headers={"If-None-Match": plain["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", plain["ETag"])
    head = client.head("/guide/versions")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", plain["ETag"])


def test_a_page_runs_nothing_but_the_services_own_files(client: Client, addresses: list[str]) -> None:
    for path in [*addresses, "/problems/", "/problems/validation", "/guide/?q=token"]:
        answer = client.get(path)
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        html = answer.content.decode()
        assert re.findall(r"<script(?! src=\"/static/)", html) == []
        assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
        assert re.findall(r"<(?:img|link|script)[^>]+(?:src|href)=\"(?!/static/)", html) == []


@pytest.mark.parametrize(
    "path", ["/guide/sinchronising", "/guide/versions/", "/guide/a/b", "/guide/index", "/guide/%00"]
)
def test_an_unknown_page_is_one_for_people_and_a_problem_for_programs(client: Client, path: str) -> None:
    answer = client.get(path, headers=AS_PERSON)
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is no page at this address." in Page(answer.content.decode()).text
    problem = client.get(path)
    assert (problem.status_code, problem["Content-Type"]) == (404, MEDIA_TYPE)
    # So that no cache gives one of them to the other.
    for each in (answer, problem):
        assert "Accept" in each["Vary"].split(", ")


def test_an_unknown_page_names_those_that_are_like_it(client: Client) -> None:
    html = client.get("/guide/sinchronising", headers=AS_PERSON).content.decode()
    assert "/guide/synchronising" in html.partition("Did you mean")[2]
    assert client.get(f"/guide/{'synchronising' * 400}", headers=AS_PERSON).status_code == 404


def test_the_image_has_the_files() -> None:
    assert "COPY docs/guide docs/guide" in (ROOT / "Dockerfile").read_text()
    assert "!docs/guide" in (ROOT / ".dockerignore").read_text().splitlines()
