"""The two readers of the API's document: they work with a token, and what is wrong in them is known."""

import json
from collections.abc import Mapping
from contextlib import closing

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.axe import Violation, grave_violations
from tests.e2e.browser import LOOKS, Look
from tests.e2e.conftest import OpenWindow, Site
from tests.e2e.shots import overflow, shoot
from tests.support.factories import PASSWORD, profile_document
from tests.support.service.live import Caller

DRAWN_MILLISECONDS = 60_000
SCROLLS = 300
MATCHES = "(element, selector) => element.matches(selector)"
# What axe-core finds inside the readers as their makers ship them: the rule, and a selector of the elements.
KNOWN: Mapping[str, frozenset[tuple[str, str]]] = {
    "docs": frozenset(
        {
            ("color-contrast", ".info .title small:not(.version-stamp) > pre"),
            ("color-contrast", ".info .title small.version-stamp > pre"),
            ("color-contrast", ".info .url"),
            ("color-contrast", ".btn.authorize > span"),
            ("color-contrast", ".opblock-summary-method"),
            ("color-contrast", ".json-schema-2020-12-expand-deep-button"),
            ("nested-interactive", ".opblock-summary-control"),
            ("select-name", "#servers"),
        }
    ),
    "redoc": frozenset(),
}


def open_docs(open_window: OpenWindow, name: str, look: Look) -> Page:
    """A reader that has drawn the first operation."""
    page = open_window(look=look).open(f"/api/{name}")
    drawn = page.locator(".opblock").first if name == "docs" else page.locator("[data-section-id]").first
    drawn.wait_for(timeout=DRAWN_MILLISECONDS)
    return page


def is_of(page: Page, violation: Violation, known: tuple[str, str]) -> bool:
    """Whether the violation is the known one."""
    rule, selector = known
    return violation.rule == rule and page.locator(violation.target).first.evaluate(MATCHES, selector)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
@pytest.mark.parametrize("name", KNOWN)
def test_what_is_wrong_in_the_readers_is_known(open_window: OpenWindow, name: str, look: Look) -> None:
    page = open_docs(open_window, name, look)
    shoot(page, name, look, whole=False)
    assert overflow(page, look) == 0
    violations = grave_violations(page)
    found = {known for known in KNOWN[name] for violation in violations if is_of(page, violation, known)}
    assert [each for each in violations if not any(is_of(page, each, known) for known in found)] == []
    assert KNOWN[name] - found == set(), "gone, and to be struck off the list"


def operation(page: Page, name: str) -> Locator:
    """The box of an operation, opened, with its fields to fill in."""
    box = page.locator(f"#operations-profiles-{name}")
    # Swagger UI draws what comes into view.
    for _ in range(SCROLLS):
        if box.count():
            break
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(100)
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
