"""What the suites over all kinds of components start from."""

import pytest

from profiles.models import COMPONENTS, Component
from tests.support.client import ApiClient
from tests.support.factories import make_item, make_profile
from tests.support.items import Section
from users.models import User


@pytest.fixture(params=COMPONENTS, ids=lambda kind: kind.plural)
def section(request: pytest.FixtureRequest, api: ApiClient, user: User) -> Section:
    """Three items of a kind, for each kind."""
    return Section(api, request.param, make_profile(user, 3))


@pytest.fixture
def elsewhere(section: Section, other_user: User) -> list[Component]:
    """An item of the same kind in another profile of the user, and one in another person's."""
    own = make_profile(section.profile.user, 0, label="Other")
    return [make_item(own, section.kind, 8), make_item(make_profile(other_user, 0), section.kind, 9)]
