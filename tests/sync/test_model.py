"""A model of synchronising: devices pull, push and repeat at random while all other routes write, and all agree.

Whoever changes how items merge runs it for longer: `MODEL_RUNS=500 python -m pytest tests/sync/test_model.py`.
"""

import os
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from profiles.models import COMPONENTS, Component, Experience, Interest, Language, Profile, Revision
from tests.support.client import ApiClient
from tests.support.contract import API
from tests.support.factories import item, profile_document
from tests.sync.conftest import Device

pytestmark = pytest.mark.django_db

RUNS = int(os.environ.get("MODEL_RUNS", "6"))
FIRST = int(os.environ.get("MODEL_FIRST", "0"))
STEPS = 60
KINDS: dict[str, type[Component]] = {model.plural: model for model in (Experience, Language, Interest)}
WORDS = ["Ada", "ada", "Bo", "Cy", "Dé"]
KEYS = ["a", "A", "a/b", "~x.y"]
VALUES: list[Any] = [1, 1.0, True, None, "x", [], {}, {"deleted": [1], "deleted_at": 2}, ["a", {"b": None}]]


def _texts(rng: random.Random) -> list[str]:
    return [rng.choice(WORDS) for _ in range(rng.randrange(5))]


def _names(rng: random.Random) -> list[str]:
    return rng.sample(WORDS, rng.randrange(len(WORDS)))


def _info(rng: random.Random) -> dict[str, Any]:
    links = [{"network": word, "url": "https://example.org"} for word in _names(rng)[:2]]
    return rng.choice([{"phone": str(rng.randrange(3))}, {"location": rng.choice(WORDS)}, {"links": links}])


MEMBERS: dict[str, dict[str, Callable[[random.Random], Any]]] = {
    "experiences": {
        "title": lambda rng: rng.choice(WORDS),
        "company": lambda rng: f" {rng.choice(WORDS)} ",
        "technologies": _texts,
        "achievements": _texts,
        "is_current": lambda rng: rng.random() < 0.5,
        "end_date": lambda rng: rng.choice([None, "2019", "2030-01"]),
        "start_date": lambda rng: rng.choice(["2018", "2020-02", "2031"]),
        "extra": lambda rng: rng.choice([{}, {"x": 1}, {"x": True}]),
        "description": lambda rng: rng.choice([None, "", "Something"]),
    },
    "languages": {
        "name": lambda rng: rng.choice(WORDS),
        "proficiency": lambda rng: rng.choice(["native", "basic", "odd"]),
        "is_visible": lambda rng: rng.random() < 0.5,
    },
    "interests": {"name": lambda rng: rng.choice(WORDS), "keywords": _texts},
    "profile": {
        "label": lambda rng: rng.choice([*WORDS, None]),
        "personal_info": _info,
        "professional_summary": lambda rng: rng.choice([None, "A summary of words.", "Another one of them."]),
        "extra": lambda rng: rng.choice([{}, {"x": 1}]),
    },
    "custom_fields": {"value": lambda rng: rng.choice(VALUES)},
    "skills.technical": {},
    "skills.soft": {},
}


def members(rng: random.Random, kind: str) -> dict[str, Any]:
    """Some members of an item of a kind, some of them at fault."""
    names = list(MEMBERS[kind])
    if kind.startswith("skills."):
        # What is known of a skill in no list is left out.
        named = _names(rng)
        known = {name: {"level": rng.choice(WORDS), "keywords": _texts(rng)} for name in named[:2]}
        return {"names": named} | ({"details": known} if rng.random() < 0.5 else {})
    return {name: MEMBERS[kind][name](rng) for name in rng.sample(names, rng.randint(1, min(3, len(names))))}


def new_item(rng: random.Random, model: type[Component]) -> dict[str, Any]:
    """A new item, which may be the same as another one but for its id."""
    return item(model, rng.randrange(3))


@dataclass
class World:
    """A person's two profiles, devices that know the first of them, and what GET has answered at each version."""

    api: ApiClient
    rng: random.Random
    pk: str
    other: str
    devices: list[Device]
    past: dict[int, Any] = field(default_factory=dict)
    # Pushes that were stored as a whole since the log is whole.
    stored: list[list[dict[str, Any]]] = field(default_factory=list)
    used: list[tuple[str, str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    state: str | None = None
    # The newest version that the log has lost.
    forgotten: int = 0

    @property
    def path(self) -> str:
        return f"{API}/profiles/{self.pk}"

    def send(self, method: str, path: str, body: Any = None, *statuses: int, **options: Any) -> Any:
        """An answer, with one of these statuses."""
        answer = self.api.send(method, path, body, check=False, **options)
        assert answer.status_code in (statuses or (200, 201, 204)), (method, path, body, answer.content)
        return answer

    def document(self) -> Any:
        return self.send("GET", self.path).json()

    def copy(self) -> Device:
        """What the service has, by a first pull."""
        device = Device(self.api, self.path)
        device.pull(1000)
        return device

    # Other routes ----------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """A write of another route."""
        ways = [self.patch_document, self.put_document, self.bulk, self.skills, self.fields, self.order, self.restore]
        ways += [self.activate, self.trash, self.delete_items, self.restore_items]
        way = self.rng.choice(ways)
        self.told.append(way.__name__)
        way()

    def patch_document(self) -> None:
        kind = self.rng.choice(list(KINDS))
        body: dict[str, Any] = members(self.rng, "profile")
        items = [self.rng.choice([new_item(self.rng, KINDS[kind]), *self.items(kind)]) for _ in range(3)]
        lists = {kind: [each for n, each in enumerate(items) if each not in items[:n]]}
        body |= {"skills": lists} if KINDS[kind].in_skills else lists
        self.send("PATCH", self.path, body, 200, 422)

    def put_document(self) -> None:
        document = self.document()
        document["custom_fields"] = {key: self.rng.choice(VALUES) for key in self.rng.sample(KEYS, 2)}
        document["skills"] |= {"technical": _names(self.rng)[:2]}
        document["skills"].pop("details", None)
        for kind in ("experiences", "interests"):
            self.rng.shuffle(document[kind])
            document[kind] = document[kind][:4]
            if self.rng.random() < 0.5:
                document[kind] = [{**each, "id": None} for each in document[kind]]
        self.send("PUT", self.path, document, 200, 422)

    def items(self, kind: str) -> list[Any]:
        document = self.document()
        found: list[Any] = (document["skills"] if KINDS[kind].in_skills else document)[kind]
        return found

    def bulk(self) -> None:
        kind = self.rng.choice(list(KINDS))
        some = self.items(kind)[:3]
        body = [{"id": each["id"], **members(self.rng, kind)} for each in some]
        if body and self.rng.random() < 0.5:
            self.send("PATCH", f"{self.path}/{kind}", body, 200, 422)
        else:
            self.send("POST", f"{self.path}/{kind}", [new_item(self.rng, KINDS[kind])])

    def delete_items(self) -> None:
        kind = self.rng.choice(list(KINDS))
        for each in self.items(kind)[:1]:
            self.send("DELETE", f"{self.path}/{kind}/{each['id']}")

    def skills(self) -> None:
        kind = self.rng.choice(["technical", "soft"])
        method = self.rng.choice(["POST", "DELETE"])
        self.send(method, f"{self.path}/skills/{kind}", {"skills": [self.rng.choice(WORDS)]})

    def fields(self) -> None:
        key, value = self.rng.choice(KEYS), self.rng.choice(VALUES)
        if self.rng.random() < 0.6:
            self.send("POST", f"{self.path}/custom-fields", {"fields": [{"key": key, "value": value}]})
        else:
            self.send("DELETE", f"{self.path}/custom-fields", {"keys": [key]})

    def order(self) -> None:
        kind = self.rng.choice(list(KINDS))
        ids = [each["id"] for each in self.items(kind)]
        self.rng.shuffle(ids)
        self.send("PUT", f"{self.path}/{kind}/order", {"ids": ids}, 200, 422)

    def restore(self) -> None:
        version = self.rng.choice(list(self.past))
        self.send("POST", f"{self.path}/restore", {"version": version}, 200, 410)

    def restore_items(self) -> None:
        kind, pk = self.rng.choice(self.used)
        body = {"version": self.rng.choice(list(self.past)), "items": [{"kind": kind, "id": pk}]}
        self.send("POST", f"{self.path}/restore", body, 200, 410, 422)

    def activate(self) -> None:
        self.send("POST", f"{API}/profiles/{self.rng.choice([self.pk, self.other])}/activate")

    def trash(self) -> None:
        self.send("DELETE", self.path)
        self.sync()
        self.send("POST", f"{API}/profiles/trash/{self.pk}/restore")

    # What breaks the log ---------------------------------------------------------------------------------------------

    def prune(self) -> None:
        """The oldest part of the log goes."""
        self.told.append("prune")
        version = self.rng.choice(list(self.past))
        Revision.objects.filter(profile=uuid.UUID(self.pk), version__lte=version).delete()
        self.forgotten = version
        self.past = {each: document for each, document in self.past.items() if each > version}
        self.stored.clear()

    def write_without_a_log(self) -> None:
        """A release writes that knows neither the log nor versions of items."""
        self.told.append("without a log")
        profile = Profile.objects.get(pk=self.pk)
        Profile.objects.filter(pk=self.pk).update(version=profile.version + 1)
        for row in Experience.objects.filter(profile=self.pk)[:1]:
            Experience.objects.filter(pk=row.pk).update(company=self.rng.choice(WORDS))
        self.past.clear()
        self.stored.clear()

    # Devices ---------------------------------------------------------------------------------------------------------

    def pull_page(self, device: Device) -> bool:
        """One page for a device; whether there is more."""
        query: dict[str, Any] = {"limit": self.rng.choice([1, 2, 5, 1000])}
        query |= {"since": device.state} if device.state else {}
        answer = self.send("GET", f"{self.path}/changes", None, 200, 410, query=query)
        self.told.append(f"pull {answer.status_code}")
        if answer.status_code == 410:
            device.state = None
            return True
        page = answer.json()
        assert len(page["changed"]) + len(page["deleted"]) <= query["limit"]
        device.take(page)
        return bool(page["has_more"])

    def sync(self) -> Any:
        """One page of all profiles, for the device that is the last one."""
        device = self.devices[-1]
        query: dict[str, Any] = {"limit": self.rng.choice([1, 3, 1000])} | ({"since": self.state} if self.state else {})
        told = self.send("GET", f"{API}/sync", None, 200, query=query).json()
        self.state = told["state"]
        for page in told["profiles"]:
            if page["id"] == self.pk:
                device.take(page)
        return told["has_more"]

    def change(self, device: Device) -> dict[str, Any]:
        """A change of what the device has, or had."""
        rng = self.rng
        if rng.random() < 0.15 and device.order:
            kind = rng.choice(list(device.order))
            ids = rng.sample(device.order[kind], len(device.order[kind]))
            bases = [self.seen(device), *self.past, 0]
            return {"kind": kind, "base": rng.choice(bases[:1] * 3 + bases), "order": ids}
        if rng.random() < 0.2:
            kind = rng.choice(list(KINDS))
            pk = str(uuid.UUID(int=rng.getrandbits(128), version=4))
            self.used.append((kind, pk))
            return {"kind": kind, "id": pk, "base": 0, "set": new_item(rng, KINDS[kind])}
        known = [key for key in device.items if key[0] in MEMBERS]
        kind, pk = rng.choice(known + self.used[-5:] + [("custom_fields", key) for key in KEYS])
        base = device.versions.get((kind, pk), 0)
        if rng.random() < 0.15:
            base = rng.choice([0, 1, base - 1, *self.past])
        is_always = kind == "profile" or kind.startswith("skills.")
        change: dict[str, Any] = {"kind": kind, "id": pk, "base": max(base, int(is_always))}
        if rng.random() < 0.3:
            change["resolve"] = "mine"
        if rng.random() < 0.2 and kind in {*KINDS, "custom_fields"}:
            # Nobody deletes what they have not seen.
            return {**change, "base": device.versions.get((kind, pk), self.seen(device)), "delete": True}
        whole = device.items.get((kind, pk), {}) if rng.random() < 0.5 else {}
        return {**change, "set": {**whole, **members(rng, kind)}}

    def seen(self, device: Device) -> int:
        return max(device.versions.values(), default=0)

    def push(self, device: Device) -> None:
        """Some changes of a device, sent once or twice."""
        self.told.append("push")
        changes = [self.change(device) for _ in range(self.rng.randint(1, 4))]
        changes += [
            {**each, "set": members(self.rng, each["kind"])}
            for each in changes[:1]
            if "set" in each and len(changes) > 2
        ]
        before = self.copy()
        answer = self.send("POST", f"{self.path}/changes", {"changes": changes}).json()
        after = self.copy()
        self.last = answer["results"]
        self.judge(changes, answer["results"], before, after)
        assert self.send("GET", f"{self.path}/changes", query={"since": answer["state"]}).json()["changed"] == []
        if all(each["status"] in {"applied", "merged", "unchanged"} for each in answer["results"]):
            self.stored.append(changes)
        if self.rng.random() < 0.5 and not self.is_mixed(answer["results"]):
            self.repeat(changes)

    def is_mixed(self, results: Any) -> bool:
        """Whether some changes of an item were stored and others not, so that what was stored is not all of them."""
        odd = {(each["kind"], each["id"]) for each in results if each["status"] in {"conflict", "rejected"}}
        return any(sum((each["kind"], each["id"]) == key for each in results) > 1 for key in odd)

    def repeat(self, changes: list[dict[str, Any]]) -> None:
        """Send changes once more, which changes nothing."""
        before = self.document()
        answer = self.send("POST", f"{self.path}/changes", {"changes": changes}).json()
        assert self.document() == before, (changes, answer["results"])

    def judge(self, changes: Any, results: Any, before: Device, after: Device) -> None:
        """Assert that results tell what is stored, and that nothing went that nobody was told of."""
        touched: dict[tuple[str, str], set[str]] = {}
        for change, told in zip(changes, results, strict=True):
            if "order" in change:
                assert told["data"]["order"] == after.order.get(change["kind"], []), told
                continue
            key = told["kind"], told["id"]
            if not told["deleted"]:
                assert told["data"] == after.items.get(key), (change, told, after.items.get(key))
                assert told["data"] is None or told["version"] == after.versions[key], (change, told)
            touched.setdefault(key, set())
            if told["status"] in {"applied", "merged"}:
                # Skills that go take what is known of them along.
                names = {*change.get("set", ())} or {"delete"}
                touched[key] |= names | ({"details"} if "names" in names else set())
        for key, data in before.items.items():
            names = touched.get(key, set())
            if "delete" in names:
                continue
            assert key in after.items, (changes, results, key)
            assert _without(after.items[key], names) == _without(data, names), (changes, results, key)
            if not names:
                assert after.versions[key] == before.versions[key], (changes, results, key)
        assert {key for key in after.items if key not in before.items} <= touched.keys()

    # Checks ----------------------------------------------------------------------------------------------------------

    def remember(self) -> None:
        """What GET answers now, which belongs to its version alone."""
        document = self.document()
        known = self.past.setdefault(document["version"], document)
        assert known == document, self.told[-3:]

    def check_history(self) -> None:
        """The log tells all that GET has answered."""
        for version, document in self.past.items():
            if version == self.forgotten:
                continue
            assert self.send("GET", f"{self.path}/history/{version}").json() == document

    def check_devices(self) -> None:
        """Each device has what the service has."""
        truth = self.copy()
        while self.sync():
            pass
        for device in self.devices:
            while device is not self.devices[-1] and self.pull_page(device):
                pass
            assert device.items == truth.items
            assert device.versions == truth.versions
            assert {k: ids for k, ids in device.order.items() if ids} == truth.order
        _same_as_document(truth, self.document())


def _without(data: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names | {"version"}}


def _same_as_document(device: Device, document: Any) -> None:
    lists = {**document, **document["skills"]}
    for model in COMPONENTS:
        ids = device.order.get(model.plural, [])
        assert [device.items[model.plural, pk] for pk in ids] == lists[model.plural]
        assert {pk for kind, pk in device.items if kind == model.plural} == set(ids)
        assert all(device.versions[model.plural, each["id"]] == each["version"] for each in lists[model.plural])
    own = device.items["profile", document["id"]]
    assert own == {name: document[name] for name in own}
    fields = {pk: data["value"] for (kind, pk), data in device.items.items() if kind == "custom_fields"}
    assert repr(sorted(fields.items())) == repr(sorted(document["custom_fields"].items()))
    for kind in ("technical", "soft"):
        told = device.items[f"skills.{kind}", kind]
        assert told["names"] == lists[kind]
        details = [{"kind": kind, "name": name, **each} for name, each in told["details"].items()]
        assert details == [each for each in lists["details"] if each["kind"] == kind]


@pytest.mark.parametrize("seed", range(FIRST, FIRST + RUNS))
def test_devices_and_other_routes_agree_whatever_happens(api: ApiClient, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311  # repeatable
    made = [api.post(f"{API}/profiles", profile_document(2)).json()["id"] for _ in "ab"]
    path = f"{API}/profiles/{made[0]}"
    world = World(api, rng, made[0], made[1], [Device(api, path) for _ in "abc"])
    world.used = [(kind, pk) for kind, pk in world.copy().items if kind in MEMBERS]
    world.remember()
    for _ in range(STEPS):
        chance = rng.random()
        if chance < 0.35:
            world.write()
        elif chance < 0.6:
            world.push(rng.choice(world.devices))
        elif chance < 0.65 and world.stored:
            world.repeat(rng.choice(world.stored))
        elif chance < 0.95:
            device = rng.choice(world.devices)
            world.sync() if device is world.devices[-1] else world.pull_page(device)
        elif chance < 0.98:
            world.prune()
        else:
            world.write_without_a_log()
        world.remember()
    world.check_devices()
    world.check_history()
