"""A change that repeats what an earlier one of the same push was refused is refused or stored, and not passed over."""

import pytest

from tests.sync.conftest import Device

pytestmark = pytest.mark.django_db


def test_the_same_value_twice_is_in_conflict_twice(phone: Device, tablet: Device) -> None:
    pk = phone.first("experiences")
    mine = phone.change("experiences", pk, title="Mine")
    tablet.push(tablet.change("experiences", pk, title="Theirs"))
    assert [result["status"] for result in phone.push(mine, mine)] == ["conflict", "conflict"]


def test_a_value_that_was_refused_holds_where_it_comes_again_on_top_of_what_is_stored(
    phone: Device, tablet: Device
) -> None:
    pk = phone.first("experiences")
    mine = phone.change("experiences", pk, title="Mine")
    tablet.push(tablet.change("experiences", pk, title="Theirs"))
    first, second = phone.push(mine, {**mine, "base": 2})
    assert (first["status"], second["status"]) == ("conflict", "applied")
    assert second["data"]["title"] == "Mine"
