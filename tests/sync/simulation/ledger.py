"""What every person has done on every device, and what must have become of it in the end.

Every edit writes a text of its own, so that a text tells its edit. A text of a field may be replaced, an element of a
list removed and an item deleted on a device that showed it, or by the answer to a question that did. Whatever else is
not there in the end is lost.
"""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sync.simulation.devices import Key, Values

Items = Mapping[Key, Values]
Field = tuple[Key, str]


@dataclass
class Verdict:
    """What is wrong in the end, in words, and how many deletions could be judged."""

    lost: list[tuple[Key, str]] = field(default_factory=list)
    back: list[tuple[Key, str]] = field(default_factory=list)
    deletions: int = 0

    @property
    def items(self) -> set[Key]:
        """The items with which something is wrong."""
        return {key for key, _ in (*self.lost, *self.back)}


class Ledger:
    """The edits of all devices, each noted at the moment at which it is made. For threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._written: dict[Field, set[str]] = defaultdict(set)
        self._added: dict[Field, set[str]] = defaultdict(set)
        # By field: each text with those that it knowingly replaced.
        self._over: dict[Field, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._removed: dict[Field, set[str]] = defaultdict(set)
        # Texts that may be anywhere or nowhere: given up with a deletion or an answer, lists that were asked about.
        self._given_up: dict[Field, set[str]] = defaultdict(set)
        self._asked: dict[Field, set[str]] = defaultdict(set)
        # What those who deleted an item have seen in it: by device while it may yet be undone, and for good.
        self._burying: dict[str, dict[Key, list[Values]]] = defaultdict(dict)
        self._buried: dict[Field, set[str]] = defaultdict(set)
        self._deleters: dict[Key, set[str]] = defaultdict(set)
        # Items that somebody has decided to keep or to bring back.
        self._kept: set[Key] = set()

    def wrote(self, key: Key, values: Values, seen: Values) -> None:
        """A person has set these texts and lists in an item that they saw like this."""
        with self._lock:
            for name, value in values.items():
                place, before = (key, name), seen.get(name)
                if isinstance(value, list):
                    self._added[place] |= set(_texts(value)) - set(_texts(before))
                    self._removed[place] |= set(_texts(before)) - set(_texts(value))
                else:
                    self._written[place] |= set(_texts(value))
                    self._replaced(place, value, before)

    def deleted(self, device: str, key: Key, seen: Values, unsent: Iterable[Values]) -> None:
        """A person has deleted an item that they saw like this, and with it what they had set and not sent."""
        with self._lock:
            self._deleters[key].add(device)
            self._burying[device][key] = [seen]
            for values in unsent:
                self._note(self._given_up, key, values)

    def settled(self, device: str, asking: Collection[Key]) -> None:
        """A device has nothing left to send, but what it asks the person about these items."""
        with self._lock:
            for key in self._burying[device].keys() - set(asking):
                for seen in self._burying[device].pop(key):
                    self._note(self._buried, key, seen)

    def decided(self, device: str, question: Values, before: Values | None, after: Values | None) -> None:
        """A person was asked about an item that the device showed like this, and now shows like that."""
        yours, stored = question["yours"], (question["stored"] or {}).get("data") or {}
        key = yours["kind"], yours["id"]
        mine = yours.get("set") or {}
        with self._lock:
            is_about_life = question.get("isDeleted") or not mine or device in self._deleters.get(key, ())
            if after is None:
                # Deleted here all the same, which may yet be undone: then what they decided to keep holds.
                for name, fields in (question.get("conflict") or {}).items():
                    self._replaced((key, name), fields["yours"], fields["stored"])
                self._note(self._given_up, key, mine)
                self._burying[device].setdefault(key, []).extend((mine, stored, before or {}))
                return
            self._burying[device].pop(key, None)
            if is_about_life:
                self._kept.add(key)
            for name, fields in (question.get("conflict") or {}).items():
                now = after.get(name)
                for each in (fields["yours"], fields["stored"], (before or {}).get(name)):
                    if isinstance(each, list):
                        self._asked[key, name] |= set(_texts(each))
                        self._removed[key, name] |= set(_texts(each)) - set(_texts(now))
                    elif now is None:
                        # Nothing holds, knowingly.
                        self._given_up[key, name] |= set(_texts(each))
                    else:
                        self._replaced((key, name), now, each)

    def _replaced(self, place: Field, text: Any, before: Any) -> None:
        for one in _texts(text):
            self._over[place][one] |= set(_texts(before)) - {one}

    def _note(self, book: dict[Field, set[str]], key: Key, seen: Values) -> None:
        for name, value in seen.items():
            book[key, name] |= set(_texts(value))

    # In the end ---------------------------------------------------------------------------------------------------

    def judged(self, items: Items) -> Verdict:
        """What is wrong with these items, when all devices have nothing left to send."""
        verdict = Verdict()
        for place, texts in self._written.items():
            lost = texts - self._known(place, self._there(place, items) | self._let_go(place))
            verdict.lost += [(place[0], f"{place[1]}: {text}") for text in sorted(lost)]
        for place, added in self._added.items():
            there = self._there(place, items)
            lost = added - there - self._removed[place] - self._let_go(place)
            verdict.lost += [(place[0], f"{place[1]}: {text}") for text in sorted(lost)]
            if place[0] not in self._kept:
                back = (there & self._removed[place]) - self._asked[place]
                verdict.back += [(place[0], f"{place[1]}: {text}") for text in sorted(back)]
        judged = set(self._deleters) - self._kept
        verdict.deletions = len(judged)
        verdict.back += [(key, "all of it") for key in sorted(judged) if key in items]
        return verdict

    def _there(self, place: Field, items: Items) -> set[str]:
        key, name = place
        return set(_texts(items[key].get(name))) if key in items else set()

    def _let_go(self, place: Field) -> set[str]:
        return self._buried[place] | self._given_up[place]

    def _known(self, place: Field, ends: Iterable[str]) -> set[str]:
        """The texts that led to these, one replaced by the next."""
        known: set[str] = set()
        left = list(ends)
        while left:
            if (text := left.pop()) not in known:
                known.add(text)
                left += self._over[place].get(text, ())
        return known


def _texts(value: Any) -> list[str]:
    """The texts of a value, as the service stores them."""
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value.strip()] if isinstance(value, str) else []
