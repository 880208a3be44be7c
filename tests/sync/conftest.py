"""What the tests of synchronising start from: a profile, and devices that pull and push its changes."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import profile_document


@dataclass
class Device:
    """A device with its own copy of a profile, by kind and id, and the state that it has seen."""

    api: ApiClient
    path: str
    state: str | None = None
    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    versions: dict[tuple[str, str], int] = field(default_factory=dict)
    order: dict[str, list[str]] = field(default_factory=dict)

    def pull(self, limit: int = 500) -> list[dict[str, Any]]:
        """All pages that there are."""
        pages = []
        while True:
            query: dict[str, Any] = {"limit": limit} | ({"since": self.state} if self.state else {})
            answer = self.api.get(f"{self.path}/changes", query=query)
            assert answer.status_code == 200, answer.content
            self.take(page := answer.json())
            pages.append(page)
            if not page["has_more"]:
                return pages

    def take(self, page: dict[str, Any]) -> None:
        """Bring the own copy to what a page says."""
        if page["full"]:
            self.items, self.versions, self.order = {}, {}, {}
        for each in page["changed"]:
            self.items[each["kind"], each["id"]] = each["data"]
            self.versions[each["kind"], each["id"]] = each["version"]
        for each in page["deleted"]:
            self.items.pop((each["kind"], each["id"]), None)
            self.versions.pop((each["kind"], each["id"]), None)
        self.order |= page["order"]
        self.state = page["state"]

    def push(self, *changes: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
        """The results of these changes."""
        answer = self.api.post(f"{self.path}/changes", {"changes": list(changes)}, **options)
        assert answer.status_code == 200, answer.content
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    def change(self, kind: str, pk: str, **members: Any) -> dict[str, Any]:
        """A change of an item as this device has it."""
        return {"kind": kind, "id": pk, "base": self.versions.get((kind, pk), 0), "set": members}

    def first(self, kind: str) -> str:
        """The id of the first item of a kind."""
        return next(pk for each, pk in self.items if each == kind)

    def document(self) -> dict[str, Any]:
        """The document as the own copy has it, without what no item tells."""
        own = next(data for (kind, _), data in self.items.items() if kind == "profile")
        lists = {kind: [self.items[kind, pk] for pk in ids] for kind, ids in self.order.items() if ids}
        fields = {pk: data["value"] for (kind, pk), data in self.items.items() if kind == "custom_fields"}
        names = {kind: self.items[f"skills.{kind}", kind]["names"] for kind in ("technical", "soft")}
        return {**own, **lists, "custom_fields": fields, "skills": names}


@pytest.fixture
def path(api: ApiClient) -> str:
    """The address of a profile with three rows in each list, at version 1."""
    return f"{API}/profiles/{api.post(f'{API}/profiles', profile_document(3)).json()['id']}"


@pytest.fixture
def phone(api: ApiClient, path: str) -> Device:
    """A device that has pulled the profile."""
    device = Device(api, path)
    device.pull()
    return device


@pytest.fixture
def tablet(api: ApiClient, path: str) -> Device:
    """Another one."""
    device = Device(api, path)
    device.pull()
    return device


def same_as_stored(device: Device) -> None:
    """Assert that the device's copy is what the service has."""
    stored = device.api.get(device.path).json()
    mine = device.document()
    skills = {**stored, **stored["skills"]}
    for name, value in mine.items():
        if name == "skills":
            assert value == {kind: stored["skills"][kind] for kind in value}
        else:
            assert value == skills[name], name
    kinds = {kind for kind, _ in device.items}
    for name, value in skills.items():
        if isinstance(value, list) and name not in {"technical", "soft", "details"}:
            assert len(value) == sum(kind == name for kind, _ in device.items), name
    assert {"profile", "skills.technical", "skills.soft"} <= kinds


def version(device: Device) -> int:
    """The version of the profile as it is stored."""
    found: int = device.api.get(device.path).json()["version"]
    return found


def stored(device: Device, kind: str, pk: str) -> dict[str, Any]:
    """An item as it is stored."""
    found: dict[str, Any] = device.api.get(f"{device.path}/{kind}/{pk}").json()
    return found


def one(device: Device, change: dict[str, Any], **options: Any) -> dict[str, Any]:
    """The result of one change."""
    (result,) = device.push(change, **options)
    return result
