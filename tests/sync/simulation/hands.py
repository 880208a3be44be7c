"""A person's hands: they edit whatever their device shows, and every text that they type is new."""

import random
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.sync.simulation.devices import Device, Key, Values
from tests.sync.simulation.journal import Journal
from tests.sync.simulation.ledger import Ledger

# A list of texts holds 50 at most, and five devices may add to it at the same time.
LONG_LIST = 12
# Items of a kind, about.
MANY_ITEMS = 8


class Shape(NamedTuple):
    """What is edited of the items of a kind: fields with one text, and lists of texts; what each new item has beside.

    Items without `new` neither come nor go.
    """

    texts: tuple[str, ...]
    lists: tuple[str, ...] = ()
    new: Values | None = None
    # White space around a text is typed too, and stored by nobody.
    is_stripped: bool = True


SHAPES: dict[str, Shape] = {
    "experiences": Shape(
        ("title", "company", "location", "description", "industry"),
        ("achievements", "technologies"),
        {"start_date": "2020-01", "end_date": "2021"},
    ),
    "projects": Shape(("name", "description"), ("technologies",), {"start_date": "2020", "end_date": "2021"}),
    "custom_fields": Shape(("value",), (), {}, is_stripped=False),
    "skills.technical": Shape((), ("names",)),
    "profile": Shape(("professional_summary",)),
}


def first_document() -> Values:
    """The profile that all devices begin with."""
    experiences = [
        {"title": f"Post {n}", "company": "Engine", "start_date": "1842", "end_date": "1843"} for n in range(2)
    ]
    projects = [
        {"name": f"Engine {n}", "description": "Never finished", "start_date": "1833", "end_date": "1871"}
        for n in range(2)
    ]
    return {
        "professional_summary": "Mathematician and poet",
        "experiences": experiences,
        "projects": projects,
        "skills": {"technical": ["Analysis", "Poetry"]},
        "custom_fields": {"pets": "a cat"},
    }


class Hands:
    """The person at one device. `items` is what it shows, `busy` what the person is still to be asked about."""

    def __init__(self, name: str, device: Device, ledger: Ledger, journal: Journal, seed: int) -> None:
        self.name = name
        self.device = device
        self.ledger = ledger
        self.journal = journal
        self.random = random.Random(seed)  # noqa: S311  # the same in each run
        self.items: dict[Key, Values] = {}
        self.busy: set[Key] = set()
        # What was set of each item and is not stored, as far as the person can know.
        self.unsent: dict[Key, list[Values]] = defaultdict(list)
        self.number = 0

    def sync(self) -> tuple[bool, Values]:
        """Synchronise, whatever the network does, and look; whether it was done."""
        done, dump = self.device.sync(), self.look()
        if done:
            for key in self.unsent.keys() - self.busy:
                del self.unsent[key]
            self.ledger.settled(self.name, self.busy)
        return done, dump

    def look(self) -> Values:
        """See what the device shows, and what it asks."""
        dump = self.device.dump()
        kinds = [kind for kind in self.device.kinds if kind in SHAPES]
        self.items = {(kind, pk): item for kind in kinds for pk, item in dump["items"].get(kind, {}).items()}
        self.busy = {(each["yours"]["kind"], each["yours"]["id"]) for each in dump["conflicts"]}
        return dump

    def decide(self, dump: Values) -> None:
        """Answer all that the device asks."""
        before = self.items
        back = self.device.resolve_all()
        self.look()
        for each in dump["conflicts"]:
            key = each["yours"]["kind"], each["yours"]["id"]
            after = self.items.get(key) or (each["yours"]["set"] if key in back else None)
            self.journal.note(self.name, "decided", key, each, before.get(key), after)
            self.ledger.decided(self.name, each, before.get(key), after)

    def edit(self) -> None:
        """Do one thing to one item."""
        self.number += 1
        free = [key for key in sorted(self.items) if key not in self.busy]
        share = self.random.random()
        if share < 0.09 or not free:
            self._create()
            return
        key = self.random.choice(free)
        shape = SHAPES[key[0]]
        if share < 0.12 and shape.new is not None and self._count(key[0]) > 2:
            self._delete(key)
        elif shape.lists and (share < 0.5 or not shape.texts):
            self._list(key, self.random.choice(shape.lists))
        else:
            self._write(key, {self.random.choice(shape.texts): self._typed(shape)})

    def _typed(self, shape: Shape) -> str:
        text = self._text()
        return f" {text} " if shape.is_stripped and self.random.random() < 0.2 else text

    def _text(self, part: str = "") -> str:
        return f"{self.name}-e{self.number:04}{part} typed"

    def _count(self, kind: str) -> int:
        return sum(each == kind for each, _ in self.items)

    def _create(self) -> None:
        kinds = [each for each in self.device.kinds if each in SHAPES and SHAPES[each].new is not None]
        kind = self.random.choice(kinds)
        if self._count(kind) >= MANY_ITEMS and len(self.items) > len(self.busy):
            kind = min(kinds, key=self._count)
        shape = SHAPES[kind]
        pk = f"{self.name} field {self.number}" if kind == "custom_fields" else str(self._id())
        texts: Values = {name: self._text(f" {name}") for name in shape.texts}
        values = {**(shape.new or {}), **texts, **{name: [self._text(f" {name}")] for name in shape.lists}}
        self.device.create(kind, pk, values)
        self.journal.note(self.name, "created", (kind, pk), values)
        self.items[kind, pk] = values
        self.unsent[kind, pk].append(values)
        self.ledger.wrote((kind, pk), {name: values[name] for name in (*shape.texts, *shape.lists)}, {})

    def _id(self) -> uuid.UUID:
        """A UUID of version 7 by the device's clock."""
        bits = int((time.time() + self.device.clock) * 1000) << 80 | self.random.getrandbits(76)
        return uuid.UUID(int=bits & ~(0xF << 76 | 0x3 << 62) | 7 << 76 | 2 << 62)

    def _delete(self, key: Key) -> None:
        if not self.device.delete(*key):
            self.look()
            return
        self.ledger.deleted(self.name, key, self.items.pop(key), self.unsent[key])
        self.journal.note(self.name, "deleted", key)

    def _list(self, key: Key, name: str) -> None:
        before: list[str] = self.items[key].get(name) or []
        after = list(before)
        if len(after) >= LONG_LIST or (after and self.random.random() < 0.25):
            after.remove(self.random.choice(after))
        else:
            after.insert(self.random.randint(0, len(after)), self._text())
        self._write(key, {name: after})

    def _write(self, key: Key, values: Values) -> None:
        if not self.device.edit(*key, values):
            self.look()
            return
        self.journal.note(self.name, "wrote", key, values, self.items[key])
        self.ledger.wrote(key, values, self.items[key])
        self.unsent[key].append(values)
        self.items[key] = {**self.items[key], **values}


# Makes a device, of a seed, with a clock that is wrong by so many seconds.
MakeDevice = Callable[[int, float], Device]


def differences(shown: Any, stored: Any) -> list[tuple[Key, str]]:
    """What a device shows in another way than the service stores, both by kind and id: of which item, and what."""
    found = [(key, "is missing") for key in sorted(stored.keys() - shown.keys())]
    found += [(key, "is not stored") for key in sorted(shown.keys() - stored.keys())]
    for key in sorted(shown.keys() & stored.keys()):
        shape = SHAPES[key[0]]
        found += [
            (key, f"{name}: {shown[key].get(name)} is not {stored[key].get(name)}")
            for name in (*shape.texts, *shape.lists)
            if (shown[key].get(name) or None) != (stored[key].get(name) or None)
        ]
    return found
