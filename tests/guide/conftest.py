"""What the tests of the guide share."""

from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from django.test import Client

import profiles_project.urls  # noqa: F401  # with the routes come all types of problems, as when a request comes
from profiles_project.web.guide.library import library


class Page(HTMLParser):
    """What a page has: its links, the ids in it, its text, and which elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [str(found["id"])] if "id" in found else []
        self.links += [str(found["href"])] if tag == "a" else []

    def handle_data(self, data: str) -> None:
        self.text += data


GetPage = Callable[[str], Page]
# As a browser asks.
AS_PERSON = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def page(client: Client) -> GetPage:
    """The page at an address, which must be there."""

    def get(path: str) -> Page:
        answer = client.get(path, headers=AS_PERSON)
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8"), path
        return Page(answer.content.decode())

    return get


@pytest.fixture
def addresses() -> list[str]:
    """Of all pages of the guide."""
    return ["/guide/", *(link.href for link in library().pages)]
