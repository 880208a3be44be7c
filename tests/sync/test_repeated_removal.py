"""A removal that follows an addition, sent when the answer to the addition was lost."""

from tests.sync.conftest import Device


def test_what_was_added_and_removed_again_is_gone_though_the_addition_was_stored(phone: Device) -> None:
    pk = phone.first("projects")
    phone.push(phone.change("projects", pk, technologies=[]))
    phone.pull()
    added = phone.change("projects", pk, technologies=["Ada"], description="New")
    removed = phone.change("projects", pk, technologies=[])
    assert phone.push(added)[0]["data"]["technologies"] == ["Ada"]
    first, second = phone.push(added, removed)
    assert first["status"] == "unchanged"
    assert (second["status"], second["data"]["technologies"]) == ("merged", [])
    assert second["data"]["description"] == "New"
