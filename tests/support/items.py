"""The items of one kind of component in one profile, as the suites over all kinds use them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from profiles.career.samples import SAMPLES
from profiles.models import COMPONENTS, Component, Experience, Language, Profile, Revision
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import item

IDS_KEYS = {kind: f"{kind.singular}_ids" for kind in COMPONENTS}
REQUIRED = {kind: set(kind.required_fields()) for kind in COMPONENTS}


@dataclass(frozen=True)
class Section:
    """The items of one kind in one profile, and the client of the profile's user."""

    api: ApiClient
    kind: type[Component]
    profile: Profile

    @property
    def profile_path(self) -> str:
        return f"{API}/profiles/{self.profile.pk}"

    @property
    def path(self) -> str:
        return f"{self.profile_path}/{self.kind.plural}"

    @property
    def first_field(self) -> str:
        """A required text, of which the sample's begins with a word that has a number after it."""
        return next(iter(SAMPLES[self.kind]))

    def item_path(self, index: int = 0) -> str:
        return f"{self.path}/{self.ids()[index]}"

    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.api.get(self.path, query={"limit": 100}).json()[self.kind.plural]
        return found

    def ids(self) -> list[str]:
        rows = self.kind._default_manager.filter(profile=self.profile).order_by("position")
        return [str(row.pk) for row in rows]

    def tag(self) -> str:
        return self.api.get(self.profile_path)["ETag"]

    def version(self) -> int:
        return Profile.objects.get(pk=self.profile.pk).version

    def required(self, number: int = 0) -> dict[str, Any]:
        """An item with nothing but its required fields."""
        whole = item(self.kind, number)
        return {name: whole[name] for name in REQUIRED[self.kind]}

    def rows(self) -> Any:
        """All that is stored of the kind, of profiles and of their history, whoever it belongs to."""
        managers = (self.kind._default_manager, Profile.with_trash, Revision.objects)
        return [list(manager.order_by("pk").values()) for manager in managers]


@contextmanager
def nothing_stored(section: Section) -> Iterator[None]:
    before = section.rows()
    yield
    assert section.rows() == before


# Views, bulk operations, pages and tags know of a kind only its model, so what they refuse is refused alike for all.
# Two kinds are enough for it: one in a list of the document's own, with a period and required dates, and one inside the
# skills, with two fields. What a kind's fields decide is asked of all kinds, and the last test asks each of them for
# one refusal of every sort.
on_two_kinds = pytest.mark.parametrize("section", [Experience, Language], ids=lambda kind: kind.plural, indirect=True)
