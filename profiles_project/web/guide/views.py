"""GET /guide/ and /problems/: pages that are made once a process, and what is found for a query."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.views.generic import View

from profiles_project.api.openapi.problems import problem_types
from profiles_project.api.views import NotFoundView
from profiles_project.web.guide import files, problems
from profiles_project.web.guide.library import INDEX, library
from profiles_project.web.guide.rendering import read
from profiles_project.web.guide.search import LONGEST, query_fault, search
from profiles_project.web.kept import Kept, answer

HTML = "text/html; charset=utf-8"
# Kept by browsers, and asked for by its tag: a new release shows at once.
CACHED = {"Cache-Control": "no-cache"}

_missing = NotFoundView.as_view()


def _page(template: str, **context: Any) -> Kept:
    """A page in the frame that all of them have."""
    frame = {"pages": library().pages, "longest": LONGEST}
    return Kept.of(render_to_string(f"guide/{template}.html", {**frame, **context}))


@cache
def _guide_page(name: str) -> Kept:
    document = library().documents[name or INDEX]
    before, after = library().around(name) if name else (None, library().pages[0])
    return _page("page", place=f"/guide/{name}", document=document, before=before, after=after)


@cache
def _problem_list() -> Kept:
    groups: dict[int, list[Any]] = {}
    for each in problem_types().values():
        groups.setdefault(each.statuses[0], []).append(each)
    statuses = [(HTTPStatus(status), types) for status, types in groups.items()]
    summary = "All types of problems that an answer may have, and what a client does about each."
    introduction = library().problems
    return _page(
        "problems", place="/problems/", title="Problems", summary=summary, statuses=statuses, introduction=introduction
    )


@cache
def _problem_page(slug: str) -> Kept:
    problem = problem_types()[slug]
    by_tag: dict[str, list[problems.Operation]] = {}
    for each in problems.answering(problem):
        by_tag.setdefault(each.tag, []).append(each)
    return _page(
        "problem",
        place="/problems/",
        title=problem.title,
        summary=library().of_problems[slug].summary,
        problem=problem,
        text=library().of_problems[slug],
        example=read(f"```json\n{problems.example(problem)}\n```\n").html,
        by_tag=by_tag,
        has_errors_page=library().page("errors") is not None,
    )


def _found(query: str) -> tuple[Kept, int]:
    """The page of hits, with its status."""
    fault = query_fault(query)
    hits = [] if fault else search(query)
    shown = query[:LONGEST].replace("\0", "")
    page = _page("search", place="", title="Search", query=shown, fault=fault, hits=hits)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK


def _not_found(request: HttpRequest, near: Mapping[str, str]) -> HttpResponseBase:
    """A page with what is like it for a person, the usual problem document for a program."""
    if "text/html" in request.headers.get("Accept", ""):
        page = _page("missing", place="", title="Not found", near=near)
        response: HttpResponseBase = answer(request, page, HTML, status=HTTPStatus.NOT_FOUND, headers=CACHED)
    else:
        response = _missing(request)
    patch_vary_headers(response, ["Accept"])
    return response


class _Pages(View, ABC):
    """Answers with a page made once, else with what `near` finds for the name."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, name: str = "") -> HttpResponseBase:
        """The page of this name."""
        if page := self.page(name):
            return answer(request, page, HTML, headers=CACHED)
        return _not_found(request, self.near(name))

    @abstractmethod
    def page(self, name: str) -> Kept | None:
        """The page, None where there is none of this name."""

    @abstractmethod
    def near(self, name: str) -> Mapping[str, str]:
        """Addresses of pages with like names, and what they are called."""


class GuideView(_Pages):
    """GET /guide/ and /guide/{name}; with `q` it shows where the words stand."""

    def get(self, request: HttpRequest, name: str = "") -> HttpResponseBase:
        query = request.GET.get("q")
        if name or query is None:
            return super().get(request, name)
        page, status = _found(query.strip())
        return answer(request, page, HTML, status=status, headers=CACHED)

    def page(self, name: str) -> Kept | None:
        return _guide_page(name) if not name or library().page(name) else None

    def near(self, name: str) -> Mapping[str, str]:
        links = {link.name: link for link in library().pages}
        return {links[each].href: links[each].short for each in get_close_matches(name[:60], links, n=3, cutoff=0.4)}


class ClientView(View):
    """GET /guide/clients/{path}: a file that developers of apps copy; without a path all of them in a ZIP."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, path: str = "") -> HttpResponseBase:
        """The file."""
        if not path:
            return answer(request, files.archive(), "application/zip", headers=CACHED)
        if content := files.text(path):
            return answer(request, content, "text/plain; charset=utf-8", headers=CACHED)
        return _not_found(request, {f"/guide/{files.ARCHIVE}": "All clients to copy"})


class ProblemsView(_Pages):
    """GET /problems/ and /problems/{slug}."""

    def page(self, name: str) -> Kept | None:
        if not name:
            return _problem_list()
        return _problem_page(name) if name in problem_types() else None

    def near(self, name: str) -> Mapping[str, str]:
        return {f"/problems/{each.slug}": f"{each.title} ({each.slug})" for each in problems.near(name)}
