"""The two readers of the API's document: they work with a token, and what is wrong in them is known."""

import json
import re
from collections.abc import Mapping
from contextlib import closing

import pytest
from playwright.sync_api import Locator, Page, expect

from profiles_project.web.docs import openapi_document
from tests.e2e.axe import grave_violations
from tests.e2e.browser import LOOKS, Look
from tests.e2e.conftest import OpenWindow, Site
from tests.e2e.shots import overflow, shoot
from tests.support.factories import PASSWORD, profile_document
from tests.support.service.live import Caller

DRAWN_MILLISECONDS = 60_000
# For each violation whether it is each of the known ones, asked of the page at once: some break a rule 155 times.
MATCHES = """([violations, known]) => violations.map(({rule, target}) => {
    const element = document.querySelector(target);
    return known.map(([of, selector]) => of === rule && element.matches(selector));
})"""
# What axe-core finds inside the readers as their makers ship them: the rule, and a selector of the elements.
KNOWN: Mapping[str, frozenset[tuple[str, str]]] = {
    "docs": frozenset(
        {
            ("color-contrast", ".info .title small:not(.version-stamp) > pre"),
            ("color-contrast", ".info .title small.version-stamp > pre"),
            ("color-contrast", ".btn.authorize > span"),
            ("color-contrast", ".opblock-summary-method"),
            ("color-contrast", ".json-schema-2020-12-expand-deep-button"),
            ("nested-interactive", ".opblock-summary-control"),
            ("select-name", "#servers"),
        }
    ),
    "redoc": frozenset(),
}
# Its rows overlap, so axe-core may find no background to compare with: some releases of Chromium make it report the
# button, some make it say that it can't tell.
UNSURE = ("color-contrast", ".json-schema-2020-12-expand-deep-button")


def open_docs(open_window: OpenWindow, name: str, look: Look) -> Page:
    """A reader that has drawn the first operation."""
    page = open_window(look=look).open(f"/api/{name}")
    drawn = page.locator(".opblock").first if name == "docs" else page.locator("[data-section-id]").first
    drawn.wait_for(timeout=DRAWN_MILLISECONDS)
    return page


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("name", KNOWN)
def test_what_is_wrong_in_the_readers_is_known(open_window: OpenWindow, name: str, look: Look) -> None:
    page = open_docs(open_window, name, look)
    shoot(page, name, look, whole=False)
    assert overflow(page, look) == 0
    violations = grave_violations(page)
    known = sorted(KNOWN[name])
    matches = page.evaluate(MATCHES, [[each._asdict() for each in violations], known])
    assert [each for each, row in zip(violations, matches, strict=True) if not any(row)] == []
    sure = [(place, each) for place, each in enumerate(known) if each != UNSURE]
    gone = [each for place, each in sure if not any(row[place] for row in matches)]
    assert gone == [], "to be struck off the list"


def operation(page: Page, name: str) -> Locator:
    """The box of an operation, opened, with its fields to fill in."""
    box = page.locator(f"#operations-profiles-{name}")
    box.locator(".opblock-summary-control").click()
    box.get_by_role("button", name="Try it out").click()
    return box


def answer(box: Locator) -> tuple[str, str]:
    """Execute, and the status and body of what came back."""
    box.get_by_role("button", name="Execute").click()
    live = box.locator(".live-responses-table")
    status = live.locator(".response-col_status").last
    expect(status).to_be_visible()
    return status.inner_text().strip(), live.locator(".response-col_description .highlight-code").first.inner_text()


def test_an_operation_is_tried_out_with_a_token(open_window: OpenWindow, site: Site) -> None:
    with closing(Caller(site.port)) as caller:
        token = caller.register("docs@example.org", PASSWORD)["access_token"]
    page = open_docs(open_window, "docs", LOOKS[0])
    page.get_by_role("button", name="Authorize").first.click()
    page.locator(".modal-ux input").first.fill(token)
    page.locator(".modal-ux").get_by_role("button", name="Apply").click()
    page.locator(".modal-ux .btn-done").click()
    made = operation(page, "profiles_create")
    made.locator("textarea.body-param__text").fill(json.dumps(profile_document(1, label="From the docs")))
    status, _ = answer(made)
    assert status.startswith("201")
    status, body = answer(operation(page, "profiles_list"))
    assert status.startswith("200")
    assert "From the docs" in body
    shoot(page, "docs-tried-out", LOOKS[0], whole=False)


def test_all_operations_stand_in_the_page_and_are_found_by_their_words(open_window: OpenWindow) -> None:
    page = open_docs(open_window, "docs", LOOKS[0])
    boxes = page.locator(".opblock")
    every = sum(len(methods) for methods in openapi_document()["paths"].values())
    expect(boxes).to_have_count(every)
    field = page.get_by_label("Find operations by words")
    for words, found in {
        "TRASH restore": "profiles-trash_restore",
        "/auth/refresh": "auth-auth_refresh",
        "certifications_reorder": "certifications-certifications_reorder",
    }.items():
        field.fill(words)
        expect(page.locator(f"#operations-{found}")).to_be_visible()
        expect(boxes).to_have_count(1)
        expect(page.get_by_role("status")).to_have_text("1 operation")
    field.fill("no such thing")
    expect(boxes).to_have_count(0)
    field.fill("")
    expect(boxes).to_have_count(every)


def test_a_link_to_an_operation_opens_it(open_window: OpenWindow) -> None:
    watched = open_window()
    page = watched.open("/api/docs#/custom%20fields/custom_fields_add")
    box = page.locator("#operations-custom_fields-custom_fields_add")
    expect(box).to_have_class(re.compile("is-open"))
    expect(box).to_be_in_viewport()
    # Swagger UI warns of each link whose operation has an underscore in its id.
    watched.faults[:] = [fault for fault in watched.faults if "escaping deep link whitespace" not in fault]


def test_no_picture_of_redocs_page_is_broken(open_window: OpenWindow) -> None:
    page = open_docs(open_window, "redoc", LOOKS[0])
    expect(page.locator("img")).to_have_count(1)
    assert page.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 0)")


@pytest.mark.parametrize("name", KNOWN)
def test_the_readers_lead_to_the_guide_and_to_each_other(open_window: OpenWindow, name: str) -> None:
    page = open_docs(open_window, name, LOOKS[0])
    bar = page.get_by_role("navigation", name="Documentation")
    addresses = ["/guide/", "/problems/", "/api/docs", "/api/redoc"]
    assert [link.get_attribute("href") for link in bar.get_by_role("link").all()] == addresses
    bar.get_by_role("link", name="Guide").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Guide")
