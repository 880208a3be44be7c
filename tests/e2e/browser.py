"""Debian's Chromium, and windows of it that are watched: what a page must not do is noted and judged at the end."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = (
    "--headless=new",
    "--no-sandbox",  # which Chromium needs where root starts it; it opens pages of our own service alone
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # What a page asks of another host is noted, and goes nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
ANSWER_MILLISECONDS = 15_000
# Chromium's own line about an answer that is judged by its status.
STATUS_LINE = re.compile(r"Failed to load resource: the server responded with a status of \d+")


class Look(NamedTuple):
    """How a person sees the pages: the colours, and the size of the window in CSS pixels."""

    name: str
    colors: str
    width: int
    height: int

    @property
    def is_phone(self) -> bool:
        """Whether fingers touch it."""
        return self.width < 600


LIGHT = Look("light", "light", 1280, 900)
DARK = Look("dark", "dark", 1280, 900)
PHONE = Look("phone", "light", 390, 844)
PHONE_DARK = Look("phone-dark", "dark", 390, 844)
LOOKS = (LIGHT, DARK, PHONE, PHONE_DARK)


class Window:
    """A page in a browser context of its own, at a service's ``origin``, and a list of what went wrong in it."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self.context = context
        self.origin = origin
        self.faults: list[str] = []
        self.allowed: set[int] = set()
        self.statuses: set[int] = set()
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self.faults.append(f"error in the page: {error.error}"))
        context.on("request", self._note_request)
        context.on("requestfailed", self._note_failure)
        context.on("response", self._note_response)
        self.page: Page = context.new_page()

    def open(self, path: str) -> Page:
        """Go to an address of the service, and return the page when it has come with all that it loads."""
        self.page.goto(self.origin + path, wait_until="load")
        return self.page

    def expect(self, *statuses: int) -> None:
        """Say which answers of 400 and above belong to the test; each of them must come."""
        self.allowed |= set(statuses)

    def judge(self) -> None:
        """Fail if a page did what it must not."""
        missing = self.allowed - self.statuses
        assert not self.faults, "\n".join(self.faults)
        assert not missing, f"answers that were expected and did not come: {missing}"

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not STATUS_LINE.match(message.text):
            self.faults.append(f"console: {message.text} ({message.location.get('url')})")

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and f"{address.scheme}://{address.netloc}" != self.origin:
            self.faults.append(f"request to another host: {request.url}")

    def _note_failure(self, request: Request) -> None:
        # Whoever clicks on before all of a page has come aborts the rest.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"request failed: {request.method} {request.url}: {request.failure}")

    def _note_response(self, response: Response) -> None:
        self.statuses.add(response.status)
        if response.status >= 400 and response.status not in self.allowed:
            self.faults.append(f"answer of {response.status}: {response.request.method} {response.url}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser, closed with the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, origin: str, look: Look = LIGHT, **options: Any) -> Iterator[Window]:
    """A watched window, judged at the end of a block that did not fail; ``options`` are those of a new context."""
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.colors,  # type: ignore[arg-type]  # one of Playwright's literals
        has_touch=look.is_phone,
        is_mobile=look.is_phone,
        reduced_motion="reduce",
        **options,
    )
    context.set_default_timeout(ANSWER_MILLISECONDS)
    try:
        watched = Window(context, origin)
        yield watched
        watched.judge()
    finally:
        context.close()
