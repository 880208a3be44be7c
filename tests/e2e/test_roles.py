"""What a role can't do it can't reach by URL either."""

import pytest

from tests.e2e.conftest import OpenWindow
from tests.e2e.pages import PAGES
from tests.e2e.stage import Stage

# Pages of superusers alone.
SUPERUSERS = ("user-add", "groups", "group-add", "tasks")


@pytest.mark.parametrize("role", ["support", "lead"])
@pytest.mark.parametrize("name", PAGES)
def test_staff_see_the_pages_of_their_role_alone(open_window: OpenWindow, stage: Stage, name: str, role: str) -> None:
    at = open_window(role)
    if name in SUPERUSERS:
        at.expect(403)
    response = at.page.goto(at.origin + PAGES[name](stage))
    assert response is not None
    assert response.status == (403 if name in SUPERUSERS else 200)
