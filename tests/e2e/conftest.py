"""One service with its worker, one browser, and windows that are judged when their test is over."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections
from django.test.utils import setup_databases, teardown_databases
from playwright.sync_api import Browser, StorageState
from pytest_django import DjangoDbBlocker

from tests.e2e.browser import LIGHT, Look, Window, chromium, window
from tests.e2e.shots import SHOTS
from tests.e2e.stage import Stage, set_up
from tests.support.factories import PASSWORD
from tests.support.service.live import service, worker
from tests.support.service.servers import guarded_folder


class Site(NamedTuple):
    """The running service: its address, and the folder of the mails that it has sent."""

    port: int
    mails: Path

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.port}"


class OpenWindow(Protocol):
    """Opens a window in the look, logged in to the admin as the role's staff, or as nobody."""

    def __call__(self, role: str | None = None, look: Look = LIGHT, **options: Any) -> Window: ...


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Where the screenshots are."""
    if SHOTS.is_dir():
        terminalreporter.write_line(f"{len(list(SHOTS.glob('*.png')))} screenshots are in {SHOTS}.")


@pytest.fixture(scope="session")
def database(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of a database that tests and service share, so that nothing is rolled back between tests.

    pytest-django makes one only for tests that it wraps in a transaction each.
    """
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False)
        name = settings.DATABASES["default"]["NAME"]
        yield urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def stage(database: str, cheap_settings: None) -> Stage:
    """What is in the database at first; tests that change somebody make a person of their own."""
    return set_up()


@pytest.fixture(scope="session")
def site(database: str, stage: Stage) -> Iterator[Site]:
    """The service as in production, and its worker."""
    with guarded_folder() as folder:
        mails = folder / "mails"
        mails.mkdir()
        variables = {"DEBUG": "false", "DATABASE_URL": database, "EMAIL_URL": f"filemail:///{mails}"}
        # Each test begins with counters at nought.
        variables["RATELIMIT_ENABLE"] = "true"
        variables["REDIS_URL"] = os.environ["REDIS_URL"]
        with service(folder, **variables) as port, worker(folder, **variables):
            yield Site(port, mails)


@pytest.fixture(scope="session")
def browser(site: Site) -> Iterator[Browser]:
    """One for all tests; each has windows of its own."""
    shutil.rmtree(SHOTS, ignore_errors=True)
    SHOTS.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch, chromium() as started:
        # Playwright keeps an event loop in this thread, in which Django would refuse every query.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield started
        # Beside that loop Django has opened a connection of its own, which it would forget.
        connections.close_all()


@pytest.fixture(scope="session")
def cookies() -> dict[str, StorageState]:
    """What a browser keeps after the log-in of each role."""
    return {}


@pytest.fixture
def open_window(browser: Browser, site: Site, cookies: dict[str, StorageState]) -> Iterator[OpenWindow]:
    """Opens windows, which are judged and closed after the test."""
    with ExitStack() as stack:

        def open_one(role: str | None = None, look: Look = LIGHT, **options: Any) -> Window:
            if role and role not in cookies:
                with window(browser, site.origin) as entrance:
                    log_in(entrance, f"{role}@example.org")
                    cookies[role] = entrance.context.storage_state()
            state = cookies[role] if role else None
            return stack.enter_context(window(browser, site.origin, look, storage_state=state, **options))

        yield open_one


def log_in(at: Window, email: str, password: str = PASSWORD) -> None:
    """Fill in the admin's form and send it."""
    page = at.open("/admin/login/?next=/admin/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_load_state("load")
