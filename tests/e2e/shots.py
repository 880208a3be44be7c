"""Screenshots of pages, and what is asked of a page in every look."""

from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.axe import Violation, grave_violations
from tests.e2e.browser import Look
from tests.support.service.live import ROOT

SHOTS = ROOT / "var" / "e2e"


def shoot(page: Page, name: str, look: Look, *, whole: bool = True) -> Path:
    """The whole page, else what the window shows of it, as a picture in ``SHOTS``."""
    path = SHOTS / f"{name}-{look.name}.png"
    # Playwright's own changes to caret and animations would be a style in the page, which its policy refuses.
    page.screenshot(path=path, full_page=whole, animations="allow", caret="initial")
    return path


def overflow(page: Page, look: Look) -> int:
    """By how many CSS pixels the page is wider than the window; a list may scroll inside it."""
    return max(0, int(page.evaluate("document.scrollingElement.scrollWidth")) - look.width)


def inspect(page: Page, name: str, look: Look) -> list[Violation]:
    """Take the picture, refuse a page that is wider than its window, and return axe-core's grave violations."""
    shoot(page, name, look)
    wider = overflow(page, look)
    assert not wider, f"{name} is {wider} pixels wider than its window ({look.name})"
    return grave_violations(page)
