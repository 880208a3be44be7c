"""The search of the guide: by section, on the server, whatever is asked for."""

import pytest
from django.test import Client

from profiles_project.web.guide.rendering import read
from profiles_project.web.guide.search import LONGEST, MOST_HITS, search
from tests.guide.conftest import GetPage, Page
from tests.support import machine


def hits(page: Page) -> list[str]:
    """Where the hits of a page lead."""
    return Page(page.html.partition('<div id="hits">')[2].partition("</article>")[0]).links


def test_a_section_is_found_by_its_words_whatever_their_case(page: GetPage) -> None:
    found = page("/guide/?q=SUNSET deprecation")
    assert "/guide/versions#when-something-goes" in hits(found)
    assert "<mark>sunset</mark>" in found.html.lower()
    assert "<mark>deprecation</mark>" in found.html.lower()


def test_what_has_a_word_in_its_heading_comes_first() -> None:
    assert search("trash")[0].href == "/guide/nothing-gets-lost#the-trash"


def test_what_is_shown_of_a_section_is_prose_where_that_has_the_word() -> None:
    section = read("# T\n\n## S\n\n```sh\ncurl undo\n```\n\nAn undo is a restore.\n").sections[1]
    assert section.text == "An undo is a restore.\ncurl undo\n"


def test_a_type_of_problem_and_an_operation_are_found(page: GetPage) -> None:
    assert "/problems/stale-version" in hits(page("/guide/?q=stale-version"))
    assert "/api/docs#/auth/auth_refresh" in hits(page("/guide/?q=auth_refresh"))
    assert "/api/docs#/custom%20fields/custom_fields_add" in hits(page("/guide/?q=custom_fields_add"))


def test_all_words_must_be_there(page: GetPage) -> None:
    assert hits(page("/guide/?q=sunset xylophone")) == []
    assert "Nothing has all of these words: «sunset xylophone»" in page("/guide/?q=sunset xylophone").text


@pytest.mark.parametrize(
    ("question", "href"),
    [
        ("How do I delete the account", "/guide/accounts-and-tokens#erase-the-account"),
        ("how to retry", "/guide/errors#wait-and-try-again"),
        ("works offline", "/guide/synchronising"),
    ],
)
def test_a_question_finds_what_it_asks_for(question: str, href: str) -> None:
    assert search(question)[0].href == href


def test_small_words_are_looked_for_where_there_are_no_others() -> None:
    assert search("what to do")[0].href == "/guide/errors#what-to-do-about-each-status"


def test_there_are_not_more_hits_than_somebody_reads() -> None:
    assert len(search("e")) == MOST_HITS


def test_a_word_with_marks_is_found_without_them() -> None:
    assert search("résumé")[0].href == search("resume")[0].href
    assert any("<mark>" in hit.excerpt for hit in search("resume"))


@pytest.mark.parametrize(
    "query", ["", "   ", "\0", "\x1b", "<script>alert(1)</script>", "'\"&<>", "a" * LONGEST, "%", "\\"]
)
def test_odd_words_are_looked_for_and_shown_as_text(client: Client, query: str) -> None:
    answer = client.get("/guide/", {"q": query})
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "<script>alert" not in html
    assert "\0" not in html
    assert Page(html).text


@pytest.mark.parametrize("query", ["x" * (LONGEST + 1), "x" * 10_000, "a" + "\u0301" * 30_000, "a" + "\u0301" * 50])
def test_what_is_too_long_is_refused_at_once_with_a_sentence(client: Client, query: str) -> None:
    # The first request makes the pages and the index of their words.
    client.get("/guide/", {"q": "resume"})
    with machine.at_most(1):
        answer = client.get("/guide/", {"q": query})
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "at most" in Page(html).text.lower()
    assert "{" not in html
    assert len(answer.content) < 10_000


def test_a_lone_half_of_a_character_is_no_fault_of_the_service(client: Client) -> None:
    assert client.get("/guide/?q=%ED%A0%80%ff").status_code == 200
    assert client.get("/guide/?q=a&q=b").status_code == 200
